//! Pull requests.

use serde_json::{Value, json};

use super::super::world::{AccountKind, Issue, Pull, Repository, ReviewComment, World};
use super::{add_urls, author_association, extend, node_id};
use crate::base::Sha;

/// What a pull request changes, as its page counts it.
#[derive(Default)]
struct Size {
    commits: usize,
    files: usize,
    additions: usize,
    deletions: usize,
}

impl World {
    /// A pull request as lists show it.
    pub(crate) fn pull_json(&self, repository: &Repository, issue: &Issue, pull: &Pull) -> Value {
        let repository_url = self.repository_url(repository);
        let url = format!("{repository_url}/pulls/{}", issue.number);
        let issue_url = format!("{repository_url}/issues/{}", issue.number);
        let page = self.issue_page(repository, issue);
        let labels = repository.labels_of(issue);
        let reviewers: Vec<Value> = pull.reviewers.iter().map(|it| self.user_json(*it)).collect();
        let mut json = json!({
            "url": url,
            "id": pull.id,
            "node_id": node_id("PR", pull.id),
            "html_url": page,
            "diff_url": format!("{page}.diff"),
            "patch_url": format!("{page}.patch"),
            "issue_url": issue_url,
            "number": issue.number,
            "state": if issue.is_open() { "open" } else { "closed" },
            "locked": issue.locked,
            "title": issue.title,
            "user": self.user_json(issue.author),
            "body": issue.body,
            "created_at": issue.created_at.iso(),
            "updated_at": issue.updated_at.iso(),
            "closed_at": issue.closed.map(|(at, _)| at.iso()),
            "merged_at": pull.merged.as_ref().map(|it| it.at.iso()),
            "merge_commit_sha": pull.merged.as_ref().map(|it| &it.sha),
            "assignee": null,
            "assignees": [],
            "requested_reviewers": reviewers,
            "requested_teams": [],
            "labels": labels.iter().map(|it| self.label_json(repository, it)).collect::<Vec<_>>(),
            "milestone": null,
            "draft": pull.draft,
            "head": self.head_json(repository, pull),
            "base": self.end_json(repository, &pull.base_ref, &pull.base_sha),
            "author_association": author_association(repository, issue.author),
            "auto_merge": null,
            "active_lock_reason": null,
        });
        let comments_url = format!("{issue_url}/comments");
        let statuses_url = format!("{repository_url}/statuses/{}", pull.head_sha);
        add_urls(&mut json, &url, &[("commits", "/commits"), ("review_comments", "/comments")]);
        let review_comment_url = format!("{repository_url}/pulls/comments{{/number}}");
        let link = |href: &str| json!({ "href": href });
        extend(
            &mut json,
            json!({
                "review_comment_url": review_comment_url,
                "comments_url": comments_url,
                "statuses_url": statuses_url,
                "_links": {
                    "self": link(&url),
                    "html": link(&page),
                    "issue": link(&issue_url),
                    "comments": link(&comments_url),
                    "review_comments": link(&format!("{url}/comments")),
                    "review_comment": link(&review_comment_url),
                    "commits": link(&format!("{url}/commits")),
                    "statuses": link(&statuses_url),
                },
            }),
        );
        json
    }

    /// A pull request alone, and as webhooks carry it.
    pub(crate) fn full_pull_json(
        &self,
        repository: &Repository,
        issue: &Issue,
        pull: &Pull,
    ) -> Value {
        let mut json = self.pull_json(repository, issue, pull);
        let size = size(repository, pull).unwrap_or_default();
        let of_this = |it: &&ReviewComment| it.pull == issue.number;
        let review_comments = repository.review_comments.values().filter(of_this).count();
        extend(
            &mut json,
            json!({
                "merged": pull.merged.is_some(),
                // GitHub computes these later and says null until then.
                "mergeable": null,
                "rebaseable": null,
                "mergeable_state": if pull.draft { "draft" } else { "unknown" },
                "merged_by": pull.merged.as_ref().map(|it| self.user_json(it.by)),
                "comments": repository.comments_of(issue.number).count(),
                "review_comments": review_comments,
                "maintainer_can_modify": false,
                "commits": size.commits,
                "additions": size.additions,
                "deletions": size.deletions,
                "changed_files": size.files,
            }),
        );
        json
    }

    /// A fork's branch stands in its own repository, of somebody else.
    fn head_json(&self, repository: &Repository, pull: &Pull) -> Value {
        let mut head = self.end_json(repository, &pull.head_ref, &pull.head_sha);
        let Some(fork) = &pull.fork else { return head };
        let user = self.user_json(fork.owner);
        let login = user["login"].as_str().unwrap_or_default().to_owned();
        head["label"] = format!("{login}:{}", pull.head_ref).into();
        let full_name = format!("{login}/{}", repository.name);
        let place = json!({
            "id": fork.id,
            "node_id": node_id("R", fork.id),
            "full_name": full_name,
            "owner": user,
            "fork": true,
        });
        extend(&mut head["repo"], place);
        head["user"] = user;
        head
    }

    fn end_json(&self, repository: &Repository, branch: &str, sha: &Sha) -> Value {
        let owner = self.account(&repository.owner);
        let mut repo = self.repository_json(repository);
        extend(
            &mut repo,
            json!({
                "allow_squash_merge": true,
                "allow_merge_commit": true,
                "allow_rebase_merge": false,
                "allow_auto_merge": false,
                "allow_update_branch": false,
                "delete_branch_on_merge": false,
                "merge_commit_message": "PR_TITLE",
                "merge_commit_title": "MERGE_MESSAGE",
                "squash_merge_commit_message": "COMMIT_MESSAGES",
                "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
                "use_squash_pr_title_as_default": false,
            }),
        );
        let user = owner.map(|it| self.user_json(it.id));
        debug_assert!(owner.is_none_or(|it| it.kind != AccountKind::Bot), "bots own nothing");
        json!({
            "label": format!("{}:{branch}", repository.owner),
            "ref": branch,
            "sha": sha,
            "user": user,
            "repo": repo,
        })
    }
}

fn size(repository: &Repository, pull: &Pull) -> Option<Size> {
    let git = &repository.git;
    let base = git.log(&pull.base_sha).ok()?;
    let head = git.log(&pull.head_sha).ok()?;
    let is_new = |sha: &Sha| base.iter().all(|(it, _)| it != sha);
    let fork = git.merge_base(&pull.base_sha, &pull.head_sha).ok()?;
    let files = git.file_changes(fork.as_ref(), &pull.head_sha).ok()?;
    Some(Size {
        commits: head.iter().filter(|(sha, _)| is_new(sha)).count(),
        files: files.len(),
        additions: files.iter().map(|it| it.additions).sum(),
        deletions: files.iter().map(|it| it.deletions).sum(),
    })
}
