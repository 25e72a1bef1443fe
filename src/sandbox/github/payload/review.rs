//! Reviews and comments on lines.

use serde_json::{Value, json};

use super::super::acts::find_line;
use super::super::world::{Pull, Repository, Review, ReviewComment, Side, World};
use super::issue::reactions_json;
use super::{author_association, extend, node_id};
use crate::sandbox::git::moved_line;

/// Where a comment stands in the diff as it is now.
#[derive(Clone, Copy, Default)]
struct Standing {
    line: Option<usize>,
    start: Option<usize>,
    position: Option<usize>,
}

impl World {
    /// A review as REST answers it: the state in capitals.
    pub(crate) fn review_json(&self, repository: &Repository, review: &Review) -> Value {
        let pull_url = format!("{}/pulls/{}", self.repository_url(repository), review.pull);
        let page = repository.issues.get(&review.pull).map(|it| self.issue_page(repository, it));
        let page = format!("{}#pullrequestreview-{}", page.unwrap_or_default(), review.id);
        json!({
            "id": review.id,
            "node_id": node_id("PRR", review.id),
            "user": self.user_json(review.author),
            "body": review.body,
            "state": review.state.name(),
            "html_url": page,
            "pull_request_url": pull_url,
            "author_association": author_association(repository, review.author),
            "_links": { "html": { "href": page }, "pull_request": { "href": pull_url } },
            "submitted_at": review.at.iso(),
            "commit_id": review.commit,
        })
    }

    /// A review as webhooks tell it: the state in lower case, and no text as `null`.
    pub(crate) fn told_review_json(&self, repository: &Repository, review: &Review) -> Value {
        let mut json = self.review_json(repository, review);
        let body = Some(&review.body).filter(|it| !it.is_empty());
        let state = review.state.name().to_lowercase();
        extend(&mut json, json!({ "state": state, "body": body }));
        json
    }

    /// A comment on lines. `line` and `position` are `null` once the lines are gone; `original_…`
    /// stay as they were.
    pub(crate) fn review_comment_json(
        &self,
        repository: &Repository,
        comment: &ReviewComment,
    ) -> Value {
        let repository_url = self.repository_url(repository);
        let url = format!("{repository_url}/pulls/comments/{}", comment.id);
        let pull_url = format!("{repository_url}/pulls/{}", comment.pull);
        let issue = repository.issues.get(&comment.pull);
        let page = issue.map(|it| self.issue_page(repository, it)).unwrap_or_default();
        let page = format!("{page}#discussion_r{}", comment.id);
        let pull = issue.and_then(|it| it.pull.as_ref());
        let now = pull.map(|it| standing(repository, comment, it)).unwrap_or_default();
        let lines = comment.lines.as_ref();
        let outdated = lines.is_some() && now.line.is_none();
        let commit = pull.filter(|_| !outdated).map_or(&comment.commit, |it| &it.head_sha);
        let side = lines.map_or(Side::Right, |it| it.side).name();
        let start_side = lines.and_then(|it| it.start).map(|_| side);
        let mut json = json!({
            "url": url,
            "pull_request_review_id": comment.review,
            "id": comment.id,
            "node_id": node_id("PRRC", comment.id),
            "diff_hunk": comment.hunk,
            "path": comment.path,
            "commit_id": commit,
            "original_commit_id": comment.commit,
            "user": self.user_json(comment.author),
            "body": comment.body,
            "created_at": comment.created_at.iso(),
            "updated_at": comment.updated_at.iso(),
            "html_url": page,
            "pull_request_url": pull_url,
            "author_association": author_association(repository, comment.author),
            "_links": {
                "self": { "href": url },
                "html": { "href": page },
                "pull_request": { "href": pull_url },
            },
            "reactions": reactions_json(&url, &comment.reactions),
        });
        extend(
            &mut json,
            json!({
                "position": now.position,
                "original_position": lines.map_or(1, |it| it.position),
                "line": now.line,
                "original_line": lines.map(|it| it.last),
                "start_line": now.start,
                "original_start_line": lines.and_then(|it| it.start),
                "side": side,
                "start_side": start_side,
                "subject_type": if lines.is_some() { "line" } else { "file" },
            }),
        );
        if let Some(root) = comment.reply_to {
            extend(&mut json, json!({ "in_reply_to_id": root }));
        }
        json
    }

    /// Whether the lines of a comment are gone.
    pub(crate) fn is_outdated(&self, repository: &Repository, comment: &ReviewComment) -> bool {
        let pull = repository.issues.get(&comment.pull).and_then(|it| it.pull.as_ref());
        let now = pull.map(|it| standing(repository, comment, it)).unwrap_or_default();
        comment.lines.is_some() && now.line.is_none()
    }
}

/// Follows the lines from the commit they were commented at to the head.
fn standing(repository: &Repository, comment: &ReviewComment, pull: &Pull) -> Standing {
    let Some(lines) = &comment.lines else { return Standing::default() };
    let git = &repository.git;
    let same = comment.commit == pull.head_sha || lines.side == Side::Left;
    let moved = |line: usize| -> Option<usize> {
        if same {
            return Some(line);
        }
        let text = |commit| {
            let entry = git.entry_at(commit, &comment.path).ok()??;
            String::from_utf8(git.blob(&entry.sha).ok()?).ok()
        };
        moved_line(&text(&comment.commit)?, &text(&pull.head_sha)?, line)
    };
    let fork = git.merge_base(&pull.base_sha, &pull.head_sha).ok().flatten();
    let files = git.file_changes(fork.as_ref(), &pull.head_sha).unwrap_or_default();
    let hunks = files.into_iter().find(|it| it.path == comment.path).and_then(|it| it.hunks);
    let Some(line) = moved(lines.last) else { return Standing::default() };
    let hunks = hunks.unwrap_or_default();
    let Some((_, _, position)) = find_line(&hunks, lines.side, line) else {
        return Standing::default();
    };
    Standing { line: Some(line), start: lines.start.and_then(moved), position: Some(position) }
}
