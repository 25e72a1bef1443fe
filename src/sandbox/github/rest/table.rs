//! Every route: what it is called, what it asks for, who answers.

use super::super::world::{Level, World};
use super::access::Needs;
use super::answer::{Answer, Refusal};
use super::request::{Request, decode};
use super::{
    actions, app, checks, comments, compare, contents, git_data, git_refs, graphql, issues, labels,
    merges, pulls, reactions, repositories, review_comments, reviews, statuses,
};
use Level::{Read, Write};
use Needs::{App, Installation, Nothing, Permission};

/// Answers one request.
pub(super) type Handler = fn(&mut World, &Request) -> Result<Answer, Refusal>;

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// `{name}` is one segment, `{*name}` many.
    pub(super) template: &'static str,
    pub(super) needs: Needs,
    pub(super) handler: Handler,
}

/// A route that fits a call, with what its path names.
pub(super) struct Found {
    pub(super) route: &'static Route,
    pub(super) params: Vec<(&'static str, String)>,
}

/// The first route that fits. `{*name}` takes what is left of the path, up to the literal segments
/// that the template has behind it: a branch's name holds slashes.
pub(super) fn find(method: &str, path: &str) -> Option<Found> {
    ROUTES
        .iter()
        .filter(|it| it.method == method)
        .find_map(|route| params(route.template, path).map(|params| Found { route, params }))
}

fn params(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let mut rest = path.trim_matches('/');
    let mut parts = template.trim_start_matches('/').split('/');
    while let Some(part) = parts.next() {
        let name = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        if let Some(name) = name.and_then(|it| it.strip_prefix('*')) {
            let behind: String = parts.map(|it| format!("/{it}")).collect();
            params.push((name, decode(rest.strip_suffix(&behind)?)));
            return Some(params);
        }
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        match name {
            _ if segment.is_empty() => return None,
            Some(name) => params.push((name, decode(segment))),
            None if segment == part => {}
            None => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some(params)
}

const METADATA: Needs = Permission(&[("metadata", Read)]);
const ISSUES_READ: Needs = Permission(&[("issues", Read), ("pull_requests", Read)]);
const ISSUES_WRITE: Needs = Permission(&[("issues", Write), ("pull_requests", Write)]);
const NEW_ISSUE: Needs = Permission(&[("issues", Write)]);
const PULLS_READ: Needs = Permission(&[("pull_requests", Read)]);
const PULLS_WRITE: Needs = Permission(&[("pull_requests", Write)]);
const CONTENTS_READ: Needs = Permission(&[("contents", Read)]);
const CONTENTS_WRITE: Needs = Permission(&[("contents", Write)]);
const CHECKS_READ: Needs = Permission(&[("checks", Read)]);
const CHECKS_WRITE: Needs = Permission(&[("checks", Write)]);
const STATUSES_READ: Needs = Permission(&[("statuses", Read)]);
const STATUSES_WRITE: Needs = Permission(&[("statuses", Write)]);
const ACTIONS_READ: Needs = Permission(&[("actions", Read)]);
const ACTIONS_WRITE: Needs = Permission(&[("actions", Write)]);

macro_rules! routes {
    ($($method:ident $template:literal $needs:ident $($handler:ident)::+;)*) => {
        &[$(Route {
            method: stringify!($method),
            template: $template,
            needs: $needs,
            handler: $($handler)::+,
        }),*]
    };
}

/// The surface. Literal segments stand before parameters in the same place.
const ROUTES: &[Route] = routes! {
    GET "/app" App app::show;
    GET "/app/installations" App app::installations;
    GET "/app/installations/{installation_id}" App app::installation;
    POST "/app/installations/{installation_id}/access_tokens" App app::create_token;
    GET "/app/hook/deliveries" App app::deliveries;
    GET "/app/hook/deliveries/{delivery_id}" App app::delivery;
    POST "/app/hook/deliveries/{delivery_id}/attempts" App app::redeliver;
    GET "/repos/{owner}/{repo}/installation" App app::installation_of_repository;
    GET "/installation/repositories" Installation app::repositories;
    GET "/rate_limit" Installation app::rate_limit;
    POST "/graphql" Installation graphql::serve;
    POST "/api/graphql" Installation graphql::serve;
    GET "/repositories/{repository_id}" METADATA repositories::show;
    GET "/repos/{owner}/{repo}" METADATA repositories::show;
    GET "/repos/{owner}/{repo}/collaborators/{username}/permission" METADATA repositories::permission;
    GET "/repos/{owner}/{repo}/labels" ISSUES_READ labels::list;
    POST "/repos/{owner}/{repo}/labels" ISSUES_WRITE labels::create;
    GET "/repos/{owner}/{repo}/labels/{name}" ISSUES_READ labels::show;
    DELETE "/repos/{owner}/{repo}/labels/{name}" ISSUES_WRITE labels::delete;
    GET "/repos/{owner}/{repo}/issues" ISSUES_READ issues::list;
    POST "/repos/{owner}/{repo}/issues" NEW_ISSUE issues::create;
    GET "/repos/{owner}/{repo}/issues/comments" ISSUES_READ comments::list_all;
    GET "/repos/{owner}/{repo}/issues/comments/{comment_id}" ISSUES_READ comments::show;
    PATCH "/repos/{owner}/{repo}/issues/comments/{comment_id}" ISSUES_WRITE comments::edit;
    DELETE "/repos/{owner}/{repo}/issues/comments/{comment_id}" ISSUES_WRITE comments::delete;
    GET "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions" ISSUES_READ reactions::of_comment;
    POST "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions" ISSUES_WRITE reactions::to_comment;
    DELETE "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}" ISSUES_WRITE reactions::off_comment;
    GET "/repos/{owner}/{repo}/issues/{issue_number}" ISSUES_READ issues::show;
    PATCH "/repos/{owner}/{repo}/issues/{issue_number}" ISSUES_WRITE issues::edit;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/comments" ISSUES_READ comments::list;
    POST "/repos/{owner}/{repo}/issues/{issue_number}/comments" ISSUES_WRITE comments::create;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/labels" ISSUES_READ labels::of_issue;
    POST "/repos/{owner}/{repo}/issues/{issue_number}/labels" ISSUES_WRITE labels::add;
    PUT "/repos/{owner}/{repo}/issues/{issue_number}/labels" ISSUES_WRITE labels::replace;
    DELETE "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}" ISSUES_WRITE labels::remove;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/reactions" ISSUES_READ reactions::of_issue;
    POST "/repos/{owner}/{repo}/issues/{issue_number}/reactions" ISSUES_WRITE reactions::to_issue;
    DELETE "/repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}" ISSUES_WRITE reactions::off_issue;
    GET "/repos/{owner}/{repo}/pulls" PULLS_READ pulls::list;
    POST "/repos/{owner}/{repo}/pulls" PULLS_WRITE pulls::create;
    GET "/repos/{owner}/{repo}/pulls/comments" PULLS_READ review_comments::list_all;
    GET "/repos/{owner}/{repo}/pulls/comments/{comment_id}" PULLS_READ review_comments::show;
    PATCH "/repos/{owner}/{repo}/pulls/comments/{comment_id}" PULLS_WRITE review_comments::edit;
    DELETE "/repos/{owner}/{repo}/pulls/comments/{comment_id}" PULLS_WRITE review_comments::delete;
    GET "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions" PULLS_READ reactions::of_review_comment;
    POST "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions" PULLS_WRITE reactions::to_review_comment;
    DELETE "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}" PULLS_WRITE reactions::off_review_comment;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}" PULLS_READ pulls::show;
    PATCH "/repos/{owner}/{repo}/pulls/{pull_number}" PULLS_WRITE pulls::edit;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/comments" PULLS_READ review_comments::list;
    POST "/repos/{owner}/{repo}/pulls/{pull_number}/comments" PULLS_WRITE review_comments::create;
    POST "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies" PULLS_WRITE review_comments::reply;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/reviews" PULLS_READ reviews::list;
    POST "/repos/{owner}/{repo}/pulls/{pull_number}/reviews" PULLS_WRITE reviews::create;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}" PULLS_READ reviews::show;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments" PULLS_READ reviews::comments;
    PUT "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals" PULLS_WRITE reviews::dismiss;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/files" PULLS_READ compare::pull_files;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/commits" PULLS_READ compare::pull_commits;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/merge" PULLS_READ merges::show;
    PUT "/repos/{owner}/{repo}/pulls/{pull_number}/merge" CONTENTS_WRITE merges::merge;
    POST "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers" PULLS_WRITE pulls::ask_reviewers;
    GET "/repos/{owner}/{repo}/rules/branches/{*branch}" METADATA merges::rules;
    GET "/repos/{owner}/{repo}/compare/{*basehead}" CONTENTS_READ compare::show;
    GET "/repos/{owner}/{repo}/git/ref/{*ref}" CONTENTS_READ git_refs::show;
    GET "/repos/{owner}/{repo}/git/matching-refs/{*ref}" CONTENTS_READ git_refs::matching;
    POST "/repos/{owner}/{repo}/git/refs" CONTENTS_WRITE git_refs::create;
    PATCH "/repos/{owner}/{repo}/git/refs/{*ref}" CONTENTS_WRITE git_refs::update;
    DELETE "/repos/{owner}/{repo}/git/refs/{*ref}" CONTENTS_WRITE git_refs::delete;
    POST "/repos/{owner}/{repo}/git/blobs" CONTENTS_WRITE git_data::create_blob;
    GET "/repos/{owner}/{repo}/git/blobs/{sha}" CONTENTS_READ git_data::blob;
    POST "/repos/{owner}/{repo}/git/trees" CONTENTS_WRITE git_data::create_tree;
    GET "/repos/{owner}/{repo}/git/trees/{*sha}" CONTENTS_READ git_data::tree;
    POST "/repos/{owner}/{repo}/git/commits" CONTENTS_WRITE git_data::create_commit;
    GET "/repos/{owner}/{repo}/git/commits/{sha}" CONTENTS_READ git_data::commit;
    GET "/repos/{owner}/{repo}/branches" CONTENTS_READ contents::branches;
    GET "/repos/{owner}/{repo}/branches/{*branch}" CONTENTS_READ contents::branch;
    GET "/repos/{owner}/{repo}/commits" CONTENTS_READ contents::commits;
    GET "/repos/{owner}/{repo}/commits/{*ref}/check-runs" CHECKS_READ checks::of_commit;
    GET "/repos/{owner}/{repo}/commits/{*ref}/check-suites" CHECKS_READ checks::suites;
    GET "/repos/{owner}/{repo}/commits/{*ref}/status" STATUSES_READ statuses::combined;
    GET "/repos/{owner}/{repo}/commits/{*ref}/statuses" STATUSES_READ statuses::list;
    POST "/repos/{owner}/{repo}/statuses/{sha}" STATUSES_WRITE statuses::create;
    POST "/repos/{owner}/{repo}/check-runs" CHECKS_WRITE checks::create;
    GET "/repos/{owner}/{repo}/check-runs/{check_run_id}" CHECKS_READ checks::show;
    PATCH "/repos/{owner}/{repo}/check-runs/{check_run_id}" CHECKS_WRITE checks::update;
    GET "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations" CHECKS_READ checks::annotations;
    GET "/repos/{owner}/{repo}/check-suites/{check_suite_id}" CHECKS_READ checks::suite;
    GET "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs" CHECKS_READ checks::of_suite;
    GET "/repos/{owner}/{repo}/actions/runs" ACTIONS_READ actions::runs;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}" ACTIONS_READ actions::run;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs" ACTIONS_READ actions::jobs;
    GET "/repos/{owner}/{repo}/actions/jobs/{job_id}" ACTIONS_READ actions::job;
    GET "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs" ACTIONS_READ actions::logs;
    POST "/repos/{owner}/{repo}/actions/jobs/{job_id}/rerun" ACTIONS_WRITE actions::rerun;
    GET "/job-logs/{owner}/{repo}/{job_id}" Nothing actions::log;
    GET "/repos/{owner}/{repo}/commits/{*ref}" CONTENTS_READ contents::commit;
    GET "/repos/{owner}/{repo}/contents" CONTENTS_READ contents::show;
    GET "/repos/{owner}/{repo}/contents/{*path}" CONTENTS_READ contents::show;
    GET "/repos/{owner}/{repo}/tarball" CONTENTS_READ contents::tarball;
    GET "/repos/{owner}/{repo}/tarball/{*ref}" CONTENTS_READ contents::tarball;
    GET "/codeload/{owner}/{repo}/legacy.tar.gz/{*ref}" Nothing contents::codeload;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &str, path: &str, expected: Option<(&str, &[(&str, &str)])>) {
        let found = find(method, path);
        let template = found.as_ref().map(|it| it.route.template);
        assert_eq!(template, expected.map(|it| it.0));
        let params = found.map(|it| it.params).unwrap_or_default();
        let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(params, expected.map(|it| it.1).unwrap_or_default());
    }

    #[test]
    fn routes_are_found() {
        let repo = [("owner", "o"), ("repo", "r")];
        let with = |name, value| [repo[0], repo[1], (name, value)];
        check("GET", "/repos/o/r", Some(("/repos/{owner}/{repo}", &repo)));
        check(
            "GET",
            "/repos/o/r/issues/comments/7",
            Some(("/repos/{owner}/{repo}/issues/comments/{comment_id}", &with("comment_id", "7"))),
        );
        check(
            "GET",
            "/repos/o/r/issues/7/comments",
            Some((
                "/repos/{owner}/{repo}/issues/{issue_number}/comments",
                &with("issue_number", "7"),
            )),
        );
        check(
            "GET",
            "/repos/o/r/git/ref/heads/baton/1-a",
            Some(("/repos/{owner}/{repo}/git/ref/{*ref}", &with("ref", "heads/baton/1-a"))),
        );
        check(
            "GET",
            "/repos/o/r/labels/complexity%3A%20trivial",
            Some(("/repos/{owner}/{repo}/labels/{name}", &with("name", "complexity: trivial"))),
        );
        check("POST", "/graphql", Some(("/graphql", &[])));
        check("GET", "/graphql", None);
        check(
            "GET",
            "/repos/o/r/commits/baton/1-a/check-runs",
            Some(("/repos/{owner}/{repo}/commits/{*ref}/check-runs", &with("ref", "baton/1-a"))),
        );
        check("PUT", "/repos/o/r", None);
        check("GET", "/repos/o", None);
        check("GET", "/repos/o/r/issues/1/comments/x/y", None);
    }
}
