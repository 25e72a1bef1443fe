//! Every webhook carries every field that GitHub documents for it.
//!
//! The tables are ours, written from GitHub's webhook documentation; `name:object` is a field that
//! holds an object of another line. `published` holds the same story against GitHub's own examples.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Conclusion, ReviewState, Role, StatusState};
use super::Bed;
use crate::base::{IssueNumber, Sha};

/// The fields of each object.
const OBJECTS: &[(&str, &str)] = &[
    (
        "user",
        "login id node_id avatar_url gravatar_id url html_url followers_url following_url gists_url \
         starred_url subscriptions_url organizations_url repos_url events_url received_events_url \
         type site_admin",
    ),
    (
        "organization",
        "login id node_id url repos_url events_url hooks_url issues_url members_url \
         public_members_url avatar_url description",
    ),
    (
        "repository",
        "id node_id name full_name private owner:user html_url description fork url forks_url \
         keys_url collaborators_url teams_url hooks_url issue_events_url events_url assignees_url \
         branches_url tags_url blobs_url git_tags_url git_refs_url trees_url statuses_url \
         languages_url stargazers_url contributors_url subscribers_url subscription_url \
         commits_url git_commits_url comments_url issue_comment_url contents_url compare_url \
         merges_url archive_url downloads_url issues_url pulls_url milestones_url \
         notifications_url labels_url releases_url deployments_url created_at updated_at pushed_at \
         git_url ssh_url clone_url svn_url homepage size stargazers_count watchers_count language \
         has_issues has_projects has_downloads has_wiki has_pages forks_count mirror_url archived \
         open_issues_count license forks open_issues watchers default_branch is_template \
         web_commit_signoff_required topics visibility custom_properties disabled",
    ),
    (
        "app",
        "id slug node_id owner:user name description external_url html_url created_at updated_at",
    ),
    ("label", "id node_id url name color default description"),
    ("reactions", "url total_count +1 -1 laugh confused heart hooray eyes rocket"),
    (
        "issue",
        "url repository_url labels_url comments_url events_url html_url id node_id number title \
         user:user assignees milestone comments created_at updated_at closed_at \
         author_association active_lock_reason body reactions:reactions labels state locked \
         assignee timeline_url state_reason performed_via_github_app",
    ),
    (
        "comment",
        "url html_url issue_url id node_id user:user created_at updated_at author_association \
         performed_via_github_app body reactions:reactions",
    ),
    (
        "pull",
        "url id node_id html_url diff_url patch_url issue_url number state locked title user:user \
         body created_at updated_at closed_at merged_at merge_commit_sha assignee assignees \
         requested_reviewers requested_teams labels milestone commits_url review_comments_url \
         review_comment_url comments_url statuses_url head:end base:end _links author_association \
         auto_merge active_lock_reason draft merged mergeable rebaseable mergeable_state merged_by \
         comments review_comments maintainer_can_modify commits additions deletions changed_files",
    ),
    (
        "simple_pull",
        "url id node_id html_url diff_url patch_url issue_url number state locked title user:user \
         body created_at updated_at closed_at merged_at merge_commit_sha assignee assignees \
         requested_reviewers requested_teams labels milestone draft commits_url \
         review_comments_url review_comment_url comments_url statuses_url head:end base:end _links \
         author_association auto_merge active_lock_reason",
    ),
    (
        "review",
        "id node_id user:user body commit_id submitted_at state html_url pull_request_url \
         author_association _links",
    ),
    (
        "review_comment",
        "url pull_request_review_id id node_id diff_hunk path position original_position commit_id \
         original_commit_id user:user body created_at updated_at html_url pull_request_url \
         author_association _links reactions:reactions start_line original_start_line start_side \
         line original_line side subject_type",
    ),
    (
        "check_app",
        "id slug node_id owner:user name description external_url html_url created_at updated_at \
         permissions events",
    ),
    (
        "check_run",
        "id node_id head_sha external_id url html_url details_url status conclusion started_at \
         completed_at output:output name check_suite:suite app:check_app pull_requests",
    ),
    ("output", "title summary text annotations_count annotations_url"),
    (
        "suite",
        "id node_id head_branch head_sha status conclusion url before after pull_requests \
         app:check_app created_at updated_at",
    ),
    (
        "full_suite",
        "id node_id head_branch head_sha status conclusion url before after pull_requests \
         app:check_app created_at updated_at rerequestable latest_check_runs_count check_runs_url \
         head_commit:simple_commit",
    ),
    ("simple_commit", "id tree_id message timestamp author:author committer:author"),
    ("requested_action", "identifier"),
    (
        "workflow_run",
        "id name node_id check_suite_id check_suite_node_id head_branch head_sha path run_number \
         run_attempt event display_title status conclusion workflow_id url html_url pull_requests \
         created_at updated_at actor:user triggering_actor:user run_started_at jobs_url logs_url \
         check_suite_url artifacts_url cancel_url rerun_url previous_attempt_url workflow_url \
         head_commit:simple_commit repository:repository head_repository:repository",
    ),
    ("workflow", "id node_id name path state created_at updated_at url html_url badge_url"),
    ("end", "label ref sha user:user repo:repository"),
    (
        "commit",
        "id tree_id distinct message timestamp url author:author committer:author added \
         removed modified",
    ),
    ("author", "name email"),
    ("pusher", "name email"),
    (
        "installation",
        "id account:user repository_selection access_tokens_url repositories_url html_url app_id \
         target_id target_type permissions events created_at updated_at single_file_name \
         has_multiple_single_files single_file_paths app_slug suspended_at suspended_by",
    ),
    ("installation_line", "id node_id"),
    ("hook", "type id name active events config updated_at created_at url ping_url deliveries_url"),
    ("body_from", "body:from"),
    ("title_from", "title:from"),
    ("transfer", "new_issue:issue new_repository:repository"),
    ("renamed", "repository:renamed_repository"),
    ("renamed_repository", "name:from"),
    ("from", "from"),
];

/// The fields of each event, beside those that all events of a repository have.
const EVENTS: &[(&str, &str)] = &[
    ("issues.opened", "issue:issue"),
    ("issues.edited", "issue:issue changes:title_from"),
    ("issues.labeled", "issue:issue label:label"),
    ("issues.unlabeled", "issue:issue label:label"),
    ("issues.closed", "issue:issue"),
    ("issues.reopened", "issue:issue"),
    ("issues.locked", "issue:issue"),
    ("issues.unlocked", "issue:issue"),
    ("issues.transferred", "issue:issue changes:transfer"),
    ("issues.deleted", "issue:issue"),
    ("issue_comment.created", "issue:issue comment:comment"),
    ("issue_comment.edited", "issue:issue comment:comment changes:body_from"),
    ("issue_comment.deleted", "issue:issue comment:comment"),
    ("label.created", "label:label"),
    ("label.deleted", "label:label"),
    ("pull_request.opened", "number pull_request:pull"),
    ("pull_request.edited", "number pull_request:pull changes:title_from"),
    ("pull_request.labeled", "number pull_request:pull label:label"),
    ("pull_request.unlabeled", "number pull_request:pull label:label"),
    ("pull_request.synchronize", "number before after pull_request:pull"),
    ("pull_request.closed", "number pull_request:pull"),
    ("pull_request.reopened", "number pull_request:pull"),
    ("pull_request.ready_for_review", "number pull_request:pull"),
    ("pull_request.converted_to_draft", "number pull_request:pull"),
    ("pull_request.review_requested", "number pull_request:pull requested_reviewer:user"),
    ("repository.renamed", "changes:renamed"),
    ("pull_request_review.submitted", "review:review pull_request:simple_pull"),
    ("pull_request_review.dismissed", "review:review pull_request:simple_pull"),
    ("pull_request_review_comment.created", "comment:review_comment pull_request:simple_pull"),
    (
        "pull_request_review_comment.edited",
        "comment:review_comment pull_request:simple_pull changes:body_from",
    ),
    ("pull_request_review_comment.deleted", "comment:review_comment pull_request:simple_pull"),
    ("check_run.created", "check_run:check_run"),
    ("check_run.completed", "check_run:check_run"),
    ("check_run.rerequested", "check_run:check_run"),
    ("check_run.requested_action", "check_run:check_run requested_action:requested_action"),
    ("check_suite.requested", "check_suite:full_suite"),
    ("check_suite.completed", "check_suite:full_suite"),
    ("workflow_run.requested", "workflow_run:workflow_run workflow:workflow"),
    ("workflow_run.in_progress", "workflow_run:workflow_run workflow:workflow"),
    ("workflow_run.completed", "workflow_run:workflow_run workflow:workflow"),
    (
        "status",
        "id sha name avatar_url target_url context description state commit branches created_at \
         updated_at",
    ),
    (
        "push",
        "ref before after created deleted forced base_ref compare commits head_commit:commit \
         pusher:pusher",
    ),
    ("create", "ref ref_type master_branch description pusher_type"),
    ("delete", "ref ref_type pusher_type"),
    ("installation.created", "installation:installation repositories requester"),
    ("installation.suspend", "installation:installation repositories requester"),
    ("installation.unsuspend", "installation:installation repositories requester"),
    ("installation.new_permissions_accepted", "installation:installation repositories requester"),
    ("installation.deleted", "installation:installation repositories requester"),
    (
        "installation_repositories.added",
        "installation:installation repository_selection repositories_added repositories_removed \
         requester",
    ),
    (
        "installation_repositories.removed",
        "installation:installation repository_selection repositories_added repositories_removed \
         requester",
    ),
    ("ping", "zen hook_id hook:hook"),
];

const OF_REPOSITORIES: &str =
    "repository:repository organization:organization installation:installation_line";

#[tokio::test]
async fn webhooks_carry_every_documented_field() {
    let bed = Bed::new().await;
    let url = bed.github.hook_url().unwrap();
    bed.github.set_hook_url(&url);
    everything_happens(&bed).await;
    let received = bed.webhooks().await;
    let mut seen = BTreeSet::new();
    for it in &received {
        let name = it.name();
        let (_, fields) =
            EVENTS.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("{name}"));
        let missing = missing(&it.body, &format!("{fields} sender:user"));
        assert_eq!(missing, Vec::<String>::new(), "{name}");
        if it.body.get("repository").is_some() {
            let missing = self::missing(&it.body, OF_REPOSITORIES);
            assert_eq!(missing, Vec::<String>::new(), "{name}");
        }
        seen.insert(name);
    }
    let all: BTreeSet<String> = EVENTS.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(seen, all, "the story below makes every event");
    let apps: Vec<&Value> = received
        .iter()
        .map(|it| &it.body["comment"]["performed_via_github_app"])
        .filter(|it| it.is_object())
        .collect();
    assert!(!apps.is_empty());
    assert!(apps.iter().all(|it| missing(it, object("app")).is_empty()));
}

/// The paths that a value lacks.
fn missing(value: &Value, fields: &str) -> Vec<String> {
    let mut lacking = Vec::new();
    for field in fields.split_whitespace() {
        let (name, kind) = field.split_once(':').unwrap_or((field, ""));
        match value.get(name) {
            None => lacking.push(name.to_owned()),
            // A push that deletes has no head commit.
            Some(Value::Null) if name == "head_commit" => {}
            Some(inner) if !kind.is_empty() => {
                let inner = missing(inner, object(kind));
                lacking.extend(inner.into_iter().map(|it| format!("{name}.{it}")));
            }
            Some(_) => {}
        }
    }
    lacking
}

fn object(name: &str) -> &'static str {
    OBJECTS.iter().find(|it| it.0 == name).unwrap_or_else(|| panic!("no object {name}")).1
}

async fn reviewed(bed: &Bed, pull: IssueNumber) {
    let bob = bed.github.person("bob", Role::Write);
    bob.converts_to_draft(pull).unwrap();
    bob.marks_ready(pull).unwrap();
    let reviewers = json!({ "reviewers": ["bob"] });
    bed.call("POST", &format!("/pulls/{pull}/requested_reviewers"), reviewers).await;
    let review = bob.reviews(pull, ReviewState::Approved, "Good").unwrap();
    bob.dismisses_review(review).unwrap();
    let comment = bob.comments_on_line(pull, "a", 1, "Why?").unwrap();
    let reply = bob.answers_in_thread(comment, "So").unwrap();
    bob.edits_review_comment(comment, "Why not?").unwrap();
    bed.call("DELETE", &format!("/pulls/comments/{reply}"), Value::Null).await;
}

async fn checked(bed: &Bed, sha: &Sha) {
    let bob = bed.github.person("bob", Role::Write);
    bed.github.repo().ci_concludes(sha, "test", Conclusion::Success, "").unwrap();
    bob.sets_status(sha, "deploy", StatusState::Pending, "").unwrap();
    let button = json!({ "label": "Go", "description": "Goes", "identifier": "go" });
    let body = json!({ "name": "plan", "head_sha": sha, "actions": [button] });
    let (_, check) = bed.call("POST", "/check-runs", body).await;
    let id = check["id"].as_i64().unwrap();
    bob.presses(id, "go").unwrap();
    bob.reruns(id).unwrap();
}

pub(super) async fn everything_happens(bed: &Bed) {
    let ada = bed.github.person("ada", Role::Admin);
    let issue = ada.opens_with_labels("A", "a", &["bug"]).unwrap();
    ada.unlabels(issue, "bug").unwrap();
    ada.edits_issue(issue, Some("B"), Some("b")).unwrap();
    let comment = ada.comments(issue, "c").unwrap();
    ada.edits_comment(comment, "d").unwrap();
    bed.call("POST", "/issues/1/comments", json!({ "body": "by the App" })).await;
    bed.call("DELETE", "/labels/bug", Value::Null).await;
    ada.deletes_comment(comment).unwrap();
    ada.closes(issue).unwrap();
    ada.reopens(issue).unwrap();
    ada.locks(issue).unwrap();
    ada.unlocks(issue).unwrap();
    ada.deletes_issue(issue).unwrap();
    let first = ada.pushes("work", &[("a", Some("1"))], "One").unwrap();
    let pull = ada.opens_pull("work", "Work", "").unwrap();
    ada.labels(pull, "bug").unwrap();
    ada.unlabels(pull, "bug").unwrap();
    ada.edits_issue(pull, Some("B"), None).unwrap();
    reviewed(bed, pull).await;
    checked(bed, &first).await;
    ada.pushes("work", &[("b", Some("2"))], "Two").unwrap();
    ada.force_pushes("work", &first).unwrap();
    ada.closes(pull).unwrap();
    ada.reopens(pull).unwrap();
    ada.merges(pull).unwrap();
    ada.deletes_branch("work").unwrap();
    bed.github.add_repository("site", false, Vec::new()).unwrap();
    let site = bed.github.repo_named("site").unwrap().person("ada", Some(Role::Admin));
    let moving = ada.opens("Elsewhere", "").unwrap();
    ada.transfers_issue(moving, &bed.github.repo_named("site").unwrap()).unwrap();
    ada.renames_repository("desk").unwrap();
    site.selects_repository().unwrap();
    site.withdraws_repository().unwrap();
    ada.suspends_app(true).unwrap();
    ada.suspends_app(false).unwrap();
    ada.grants(Default::default()).unwrap();
    ada.removes_app().unwrap();
    ada.installs_app().unwrap();
}
