//! A pull request beyond its conversation: what it holds, what was checked, who reviewed it and
//! how, and what a visitor can do about that.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::acts::{Back, actor, finish, unix};
use super::ci::{self, Check};
use super::markdown::{Flavour, html};
use super::pages::{COMMITS_MAX, short, subject};
use super::state::Page;
use super::views::Frame;
use crate::base::{CommentId, IssueNumber};
use crate::sandbox::github::{
    CommitView, IssueView, PullView, ReviewState, ReviewView, ThreadView,
};

type Shared = State<Arc<Page>>;

/// How many lines of the diff stand above a comment on one of them.
const HUNK_LINES: usize = 4;

/// What a pull request has beside its conversation.
pub(super) struct Pull {
    pub(super) head: String,
    pub(super) base: String,
    /// Short name, subject, author.
    pub(super) commits: Vec<(String, String, String)>,
    pub(super) files: Vec<String>,
    /// What was checked at its last commit.
    pub(super) checks: Vec<Check>,
    /// Whether the visitor has write, and may press buttons and resolve threads.
    pub(super) may_write: bool,
    /// Whether the visitor can say that it is ready …
    pub(super) can_be_ready: bool,
    /// … or merge it.
    pub(super) can_merge: bool,
    /// Oldest first.
    pub(super) reviews: Vec<Review>,
    pub(super) threads: Vec<Thread>,
}

/// A review that somebody submitted.
pub(super) struct Review {
    pub(super) author: String,
    /// What it says of the pull request, as part of a sentence.
    pub(super) said: &'static str,
    pub(super) commit: String,
    pub(super) html: String,
}

/// Comments on a line.
pub(super) struct Thread {
    /// Its first comment.
    pub(super) id: i64,
    pub(super) path: String,
    pub(super) line: Option<usize>,
    /// The line and those above it, as GitHub shows them.
    pub(super) hunk: String,
    pub(super) outdated: bool,
    pub(super) resolved: bool,
    /// Author, whether it is a bot, text.
    pub(super) comments: Vec<(String, bool, String)>,
}

impl Pull {
    /// The pull request as the visitor of `frame` sees it.
    pub(super) fn of(page: &Page, issue: &IssueView, pull: &PullView, frame: &Frame) -> Pull {
        let repo = page.repo();
        let base = repo.commits(&pull.base);
        let own =
            repo.commits(&pull.head).into_iter().filter(|it| base.iter().all(|b| b.sha != it.sha));
        let commits: Vec<_> = own.take(COMMITS_MAX).collect();
        let mut files: Vec<String> = commits.iter().flat_map(|it| it.files.clone()).collect();
        files.sort();
        files.dedup();
        let line = |it: CommitView| (short(it.sha.as_str()), subject(&it.message), it.author);
        let may_act = issue.open && frame.may_write;
        let text = |body: &str| html(body, Flavour::Comment, &frame.repository);
        Pull {
            head: pull.head.clone(),
            base: pull.base.clone(),
            commits: commits.into_iter().map(line).collect(),
            files,
            checks: ci::checks(&repo, &pull.head_sha),
            may_write: frame.may_write,
            can_be_ready: may_act && pull.draft,
            can_merge: may_act && !pull.draft,
            reviews: repo.reviews(issue.number).iter().map(|it| Review::of(it, text)).collect(),
            threads: repo
                .threads(issue.number)
                .iter()
                .filter_map(|it| Thread::of(it, text))
                .collect(),
        }
    }
}

impl Review {
    fn of(view: &ReviewView, text: impl Fn(&str) -> String) -> Review {
        Review {
            author: view.author.clone(),
            said: match view.state {
                ReviewState::Approved => "approves",
                ReviewState::ChangesRequested => "requests changes",
                ReviewState::Commented => "comments",
                ReviewState::Dismissed => "reviewed; that was dismissed",
            },
            commit: short(view.commit.as_str()),
            html: text(&view.body),
        }
    }
}

impl Thread {
    fn of(view: &ThreadView, text: impl Fn(&str) -> String) -> Option<Thread> {
        let comment = |it: &crate::sandbox::github::ThreadCommentView| {
            (it.author.clone(), it.author.ends_with("[bot]"), text(&it.body))
        };
        let above = view.hunk.lines().count().saturating_sub(HUNK_LINES);
        let hunk: Vec<&str> = view.hunk.lines().skip(above).collect();
        Some(Thread {
            id: view.comments.first()?.id.0,
            path: view.path.clone(),
            line: view.line,
            hunk: hunk.join("\n"),
            outdated: view.outdated,
            resolved: view.resolved,
            comments: view.comments.iter().map(comment).collect(),
        })
    }
}

/// A review as the form sends it.
#[derive(Deserialize)]
pub(super) struct NewReview {
    #[serde(default)]
    back: Back,
    verdict: Verdict,
    #[serde(default)]
    text: String,
    /// The file of a comment on a line; empty when there is none.
    #[serde(default)]
    file: String,
    /// The line in the new text, from 1.
    #[serde(default)]
    line: String,
    /// What is said of that line.
    #[serde(default)]
    remark: String,
}

/// What a review says of the pull request.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Comment,
    Approve,
    Request,
}

impl Verdict {
    fn state(self) -> ReviewState {
        match self {
            Verdict::Comment => ReviewState::Commented,
            Verdict::Approve => ReviewState::Approved,
            Verdict::Request => ReviewState::ChangesRequested,
        }
    }
}

/// Reviews a pull request, with a comment on a line if one is filled in.
pub(super) async fn review(
    State(page): Shared,
    Path(number): Path<i64>,
    headers: HeaderMap,
    Form(input): Form<NewReview>,
) -> Response {
    let remark = unix(&input.remark);
    let line = input.line.trim().parse::<usize>().unwrap_or(0);
    let wanted = !remark.trim().is_empty();
    if wanted && (input.file.is_empty() || line == 0) {
        page.notify("A comment on a line needs its file and the line's number.".to_owned());
        return input.back.redirect();
    }
    let remarks = [(input.file.as_str(), line, remark.as_str())];
    let remarks = if wanted { &remarks[..] } else { &[] };
    let actor = actor(&page, &headers);
    let text = unix(&input.text);
    let done = actor.reviews_with(IssueNumber(number), input.verdict.state(), &text, remarks);
    finish(&page, &input.back, done.map(|_| ()))
}

/// What is done to a thread.
#[derive(Deserialize)]
pub(super) struct OnThread {
    #[serde(default)]
    back: Back,
    #[serde(default)]
    text: String,
}

/// Answers in a thread, resolves it, or opens it again.
pub(super) async fn on_thread(
    State(page): Shared,
    Path((id, act)): Path<(i64, String)>,
    headers: HeaderMap,
    Form(input): Form<OnThread>,
) -> Response {
    let (actor, id) = (actor(&page, &headers), CommentId(id));
    let done = match act.as_str() {
        "answer" if input.text.trim().is_empty() => {
            page.notify("An answer needs some text.".to_owned());
            Ok(())
        }
        "answer" => actor.answers_in_thread(id, &unix(&input.text)).map(|_| ()),
        "resolve" => actor.resolves_thread(id, true),
        "reopen" => actor.resolves_thread(id, false),
        _ => Ok(()),
    };
    finish(&page, &input.back, done)
}

/// A button of a check.
#[derive(Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    back: Back,
    button: String,
}

/// Presses a button of a check.
pub(super) async fn press(
    State(page): Shared,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Form(input): Form<Pressed>,
) -> Response {
    let done = actor(&page, &headers).presses(id, &input.button);
    finish(&page, &input.back, done)
}

/// A file as a visitor wants it.
#[derive(Deserialize)]
pub(super) struct NewText {
    #[serde(default)]
    back: Back,
    branch: String,
    path: String,
    #[serde(default)]
    text: String,
}

/// Commits a file to its branch and pushes it, as the pencil on GitHub does.
pub(super) async fn push(
    State(page): Shared,
    headers: HeaderMap,
    Form(input): Form<NewText>,
) -> Response {
    let message = format!("Update {}", input.path);
    let files = [(input.path.as_str(), Some(unix(&input.text)))];
    let files: Vec<(&str, Option<&str>)> = files.iter().map(|it| (it.0, it.1.as_deref())).collect();
    let done = actor(&page, &headers).pushes(&input.branch, &files, &message);
    finish(&page, &input.back, done.map(|_| ()))
}
