//! The objects that can be read: repositories, branches, pull requests with their threads.

use serde_json::{Map, Value, json};

use super::super::super::payload::node_id;
use super::super::super::world::{Issue, Level, Pull, Repository, ReviewComment, World};
use super::super::access::{self, Identity, Needs};
use super::super::request::Request;
use super::shape::Fault;
use super::syntax::Field;
use crate::base::{IssueNumber, RepositoryId, Sha};

/// The world as one caller's token reaches it.
pub(super) struct Reach<'a> {
    pub(super) world: &'a World,
    pub(super) identity: Identity,
}

impl<'a> Reach<'a> {
    pub(super) fn new(world: &'a World, request: &Request) -> Reach<'a> {
        let identity = match &request.token {
            Some(token) => Identity::Installation(token.clone()),
            None => Identity::Nobody,
        };
        Reach { world, identity }
    }

    /// Whether the token has one of these permissions in a repository.
    pub(super) fn may(
        &self,
        repository: RepositoryId,
        permissions: &'static [(&'static str, Level)],
        reads: bool,
    ) -> bool {
        let needs = Needs::Permission(permissions);
        access::admit(self.world, needs, &self.identity, Some(repository), reads).is_ok()
    }

    pub(super) fn repository(&self, full_name: &str) -> Option<&'a Repository> {
        let (owner, name) = full_name.split_once('/')?;
        let found = self.world.repository(owner, name)?;
        self.may(found.id, &[("metadata", Level::Read)], true).then_some(found)
    }

    /// The pull request with this node id.
    pub(super) fn pull(&self, id: &str) -> Option<(&'a Repository, &'a Issue, &'a Pull)> {
        let all = self.world.repositories.values();
        let pulls = all.flat_map(|repo| {
            let issues = repo.issues.values();
            issues.filter_map(move |it| it.pull.as_ref().map(|pull| (repo, it, pull)))
        });
        let mut fitting = pulls.filter(|it| node_id("PR", it.2.id) == id);
        let found = fitting.next()?;
        self.may(found.0.id, &[("pull_requests", Level::Read)], true).then_some(found)
    }

    /// The branch with this node id.
    pub(super) fn branch(&self, id: &str) -> Option<(&'a Repository, String)> {
        self.world.repositories.values().find_map(|repo| {
            let heads = repo.git.branches().ok()?;
            let found = heads.into_iter().find(|(name, _)| node_id("REF", name) == id)?;
            self.may(repo.id, &[("contents", Level::Read)], true).then_some((repo, found.0))
        })
    }

    pub(super) fn pull_object(&self, repo: &Repository, issue: &Issue, pull: &Pull) -> Value {
        let state = match (issue.is_open(), pull.merged.is_some()) {
            (true, _) => "OPEN",
            (false, true) => "MERGED",
            (false, false) => "CLOSED",
        };
        let threads: Vec<Value> =
            repo.threads_of(issue.number).map(|it| self.thread(repo, it)).collect();
        json!({
            "__typename": "PullRequest",
            "id": node_id("PR", pull.id),
            "databaseId": pull.id,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body.clone().unwrap_or_default(),
            "state": state,
            "isDraft": pull.draft,
            "merged": pull.merged.is_some(),
            "url": self.world.issue_page(repo, issue),
            "headRefName": pull.head_ref,
            "headRefOid": pull.head_sha,
            "baseRefName": pull.base_ref,
            "baseRefOid": pull.base_sha,
            "reviewThreads": connection("PullRequestReviewThreadConnection", threads),
        })
    }

    fn thread(&self, repo: &Repository, root: &ReviewComment) -> Value {
        let line = self.world.review_comment_json(repo, root)["line"].clone();
        let comment = |it: &ReviewComment| {
            let user = self.world.accounts.get(&it.author);
            let author = user.map(|it| {
                json!({ "__typename": it.kind.name(), "login": it.login.trim_end_matches("[bot]") })
            });
            json!({
                "__typename": "PullRequestReviewComment",
                "id": node_id("PRRC", it.id),
                "databaseId": it.id,
                // A BigInt, which GitHub writes as a text.
                "fullDatabaseId": it.id.to_string(),
                "body": it.body,
                "author": author,
                "path": it.path,
                "createdAt": it.created_at.iso(),
            })
        };
        let comments = repo.comments_of_thread(root.id).map(comment).collect();
        json!({
            "__typename": "PullRequestReviewThread",
            "id": node_id("PRRT", root.id),
            "isResolved": root.resolved_by.is_some(),
            "isOutdated": self.world.is_outdated(repo, root),
            "path": root.path,
            "line": line,
            "originalLine": root.lines.as_ref().map(|it| it.last),
            "comments": connection("PullRequestReviewCommentConnection", comments),
        })
    }

    pub(super) fn repository_object(&self, repo: &Repository) -> Value {
        let branch = &repo.default_branch;
        let default = repo.git.branch(branch).map(|sha| self.ref_object(branch, &sha));
        json!({
            "__typename": "Repository",
            "id": node_id("R", repo.id),
            "databaseId": repo.id,
            "name": repo.name,
            "nameWithOwner": repo.full_name(),
            "isPrivate": repo.private,
            "url": format!("{}/{}", self.world.web_url, repo.full_name()),
            "defaultBranchRef": default,
        })
    }

    pub(super) fn ref_object(&self, branch: &str, sha: &Sha) -> Value {
        json!({
            "__typename": "Ref",
            "id": node_id("REF", branch),
            "name": branch,
            "prefix": "refs/heads/",
            "target": { "__typename": "Commit", "oid": sha, "id": node_id("C", sha) },
        })
    }

    pub(super) fn commit_object(&self, repo: &Repository, sha: &Sha) -> Value {
        json!({
            "__typename": "Commit",
            "id": node_id("C", sha),
            "oid": sha,
            "url": format!("{}/{}/commit/{sha}", self.world.web_url, repo.full_name()),
        })
    }
}

/// The fields of a repository that take arguments; `None` for all others.
pub(super) fn field_of_repository(
    reach: &Reach<'_>,
    object: &Map<String, Value>,
    field: &Field,
) -> Option<Result<Value, Fault>> {
    let repo = reach.repository(object.get("nameWithOwner")?.as_str()?)?;
    match field.name.as_str() {
        "pullRequest" => {
            let number = field.arguments.get("number").and_then(Value::as_i64).unwrap_or(0);
            let issue = repo.issues.get(&IssueNumber(number));
            let pull = issue.and_then(|it| it.pull.as_ref().map(|pull| (it, pull)));
            Some(match pull {
                Some((issue, pull)) => Ok(reach.pull_object(repo, issue, pull)),
                None => Err(Fault::new(
                    "NOT_FOUND",
                    format!("Could not resolve to a PullRequest with the number of {number}."),
                )),
            })
        }
        "ref" => {
            let name = field.arguments.get("qualifiedName").and_then(Value::as_str);
            let name = name.unwrap_or_default().trim_start_matches("refs/heads/");
            let sha = repo.git.branch(name);
            Some(Ok(sha.map_or(Value::Null, |sha| reach.ref_object(name, &sha))))
        }
        _ => None,
    }
}

fn connection(kind: &str, nodes: Vec<Value>) -> Value {
    json!({ "__typename": kind, "nodes": nodes })
}
