//! Reviews of a pull request, and the threads on its lines.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::error::GitHubError;
use super::pages::{Listed, Pages};
use super::port::{Port, ReadPort};
use super::told::{Told, Untold};
use crate::base::{IssueNumber, ReviewCommentId};
use crate::domain::incoming::{ReviewCommentSnapshot, ReviewSnapshot};
use crate::github::lenient::{Flag, List, Number, Object, Text};
use crate::github::wire::{WireReview, WireReviewComment};

/// Pages read at most: 1,000 reviews or comments on lines are more than anybody reads.
const PAGES_MAX: usize = 10;

/// Which threads are resolved, 100 at a time. `databaseId` does not hold the newer ids.
const THREADS: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { isResolved isOutdated comments(first: 1) { nodes { id: fullDatabaseId } } }
      }
    }
  }
}";

/// Whether it must be known which threads are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// A server in trouble is an error: it may tell soon.
    Needed,
    /// It has been in trouble for long enough, so it is done without them.
    IfTold,
}

/// A thread on a line of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewThread {
    /// Its first comment, which names the thread.
    pub id: ReviewCommentId,
    /// Its comments, oldest first.
    pub comments: Vec<ReviewCommentSnapshot>,
    /// Whether somebody resolved it; `None` where there is no GraphQL, which alone tells.
    pub resolved: Option<bool>,
    /// Whether its lines changed since.
    pub outdated: bool,
}

impl ReadPort {
    /// The reviews of a pull request, oldest first.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn reviews(
        &self,
        number: IssueNumber,
    ) -> Result<Told<Listed<ReviewSnapshot>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/{number}/reviews");
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: List<WireReview>| it.0.into_iter().map(WireReview::snapshot).collect(),
            key: |it: &ReviewSnapshot| it.id,
        };
        self.port.ask_pages(&call.with("number", number), None, pages).await
    }

    /// The comments on the lines of a pull request, oldest first.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn review_comments(
        &self,
        number: IssueNumber,
    ) -> Result<Told<Listed<ReviewCommentSnapshot>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/{number}/comments");
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: List<WireReviewComment>| {
                it.0.into_iter().map(WireReviewComment::snapshot).collect()
            },
            key: |it: &ReviewCommentSnapshot| it.id,
        };
        self.port.ask_pages(&call.with("number", number), None, pages).await
    }

    /// A comment on a line as it is now.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if it was deleted.
    pub async fn review_comment(
        &self,
        id: ReviewCommentId,
    ) -> Result<ReviewCommentSnapshot, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/comments/{id}").with("id", id);
        snapshot(self.port.fetch(&call).await?)
    }

    /// The threads on the lines of a pull request, in the order of their first comments. Which of
    /// them are resolved is told by GraphQL only; where that has trouble, `marks` says what to do.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn review_threads(
        &self,
        number: IssueNumber,
        marks: Marks,
    ) -> Result<Told<Listed<ReviewThread>>, GitHubError> {
        let comments = match self.review_comments(number).await? {
            Told::Known(comments) => comments,
            Told::Unknown(why) => return Ok(Told::Unknown(why)),
        };
        let mut threads: Vec<ReviewThread> = Vec::new();
        let mut places = HashMap::new();
        for comment in comments.items {
            let id = comment.thread();
            let place = *places.entry(id).or_insert(threads.len());
            if place == threads.len() {
                let comments = Vec::new();
                threads.push(ReviewThread { id, comments, resolved: None, outdated: false });
            }
            if let Some(thread) = threads.get_mut(place) {
                thread.comments.push(comment);
            }
        }
        if threads.is_empty() {
            return Ok(Told::Known(Listed { items: threads, complete: comments.complete }));
        }
        let marks = match thread_marks(&self.port, number).await {
            Err(GitHubError::Server(_)) if marks == Marks::IfTold => Vec::new(),
            other => other?.known().unwrap_or_default(),
        };
        for thread in &mut threads {
            if let Some(mark) = marks.iter().find(|it| it.first() == Some(thread.id)) {
                thread.resolved = mark.is_resolved.0;
                thread.outdated = mark.is_outdated.is_set();
            }
        }
        Ok(Told::Known(Listed { items: threads, complete: comments.complete }))
    }
}

async fn thread_marks(
    port: &Port,
    number: IssueNumber,
) -> Result<Told<Vec<WireThread>>, GitHubError> {
    let (mut threads, mut after) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let name = port.name();
        let variables = json!({
            "owner": name.owner, "name": name.repo, "number": number, "after": after,
        });
        let answer = match port.graphql::<WireAnswer>(THREADS, variables).await {
            // Somebody else's repository took over the name; the token does not reach it.
            Err(GitHubError::NotFound) => Told::Unknown(Untold::NotOffered),
            other => other?,
        };
        let page = match answer {
            Told::Known(answer) => answer.threads().unwrap_or_default(),
            Told::Unknown(why) => return Ok(Told::Unknown(why)),
        };
        threads.extend(page.nodes.0);
        let info = page.page_info.0.unwrap_or_default();
        after = info.end_cursor.0.filter(|_| info.has_next_page.is_set());
        if after.is_none() {
            break;
        }
    }
    Ok(Told::Known(threads))
}

pub(super) fn snapshot(comment: WireReviewComment) -> Result<ReviewCommentSnapshot, GitHubError> {
    comment.snapshot().ok_or_else(|| GitHubError::unexpected("a review comment without an id"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireAnswer {
    repository: Object<WireRepository>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireRepository {
    pull_request: Object<WirePull>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WirePull {
    review_threads: Object<WireThreads>,
}

impl WireAnswer {
    fn threads(self) -> Option<WireThreads> {
        self.repository.0?.pull_request.0?.review_threads.0
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireThreads {
    page_info: Object<WirePageInfo>,
    nodes: List<WireThread>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WirePageInfo {
    has_next_page: Flag,
    end_cursor: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireThread {
    is_resolved: Flag,
    is_outdated: Flag,
    comments: Object<WireComments>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireComments {
    nodes: List<WireNode>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireNode {
    id: Number,
}

impl WireThread {
    fn first(&self) -> Option<ReviewCommentId> {
        self.comments.0.as_ref()?.nodes.0.first()?.id.0.map(ReviewCommentId)
    }
}
