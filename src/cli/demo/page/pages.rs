//! What can be read.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::markdown::{Flavour, html};
use super::pull::Pull;
use super::runs::runs;
use super::samples;
use super::state::Page;
use super::views::{
    File, Files, Frame, Issue, List, Missing, NewIssue, Remark, Row, Spot, show, state, when,
};
use crate::base::{IssueKey, IssueNumber};
use crate::domain::workflow::{self, Stage};
use crate::sandbox::github::{IssueView, PullView};
use crate::store::StoreError;

type Shared = State<Arc<Page>>;

/// How many commits a page lists.
pub(super) const COMMITS_MAX: usize = 20;
/// How many files a page lists.
const FILES_MAX: usize = 2_000;

/// What a visitor sends along.
struct Visit<'a> {
    cookies: &'a str,
    path: &'a str,
    is_refresh: bool,
}

impl<'a> Visit<'a> {
    fn of(headers: &'a HeaderMap, uri: &'a Uri) -> Visit<'a> {
        Visit {
            cookies: headers.get(header::COOKIE).and_then(|it| it.to_str().ok()).unwrap_or(""),
            path: uri.path(),
            is_refresh: headers.contains_key("x-refresh"),
        }
    }

    async fn frame(&self, page: &Page, tab: &'static str) -> Result<Frame, StoreError> {
        let spot = Spot { tab, path: self.path, is_refresh: self.is_refresh };
        Frame::of(page, self.cookies, spot).await
    }
}

/// The issues.
pub(super) async fn home(State(page): Shared) -> Redirect {
    Redirect::to(&format!("/{}/issues", page.repo().full_name()))
}

/// Grows whenever something happened; the script asks for it.
pub(super) async fn pulse(State(page): Shared) -> String {
    let github = &page.world.github;
    let turns = page.world.model.as_ref().map_or(0, |it| it.books().len());
    format!("{}.{}.{turns}", github.call_count(), github.pending_deliveries())
}

/// The list of issues.
pub(super) async fn issues(
    State(page): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failed> {
    let frame = Visit::of(&headers, &uri).frame(&page, "issues").await?;
    let rows = page.repo().issues().iter().rev().map(Row::of).collect();
    let empty = "No issue yet. Open one and see what Baton makes of it.";
    Ok(show(&List { frame, title: "Issues", empty, rows }))
}

/// The list of pull requests.
pub(super) async fn pulls(
    State(page): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failed> {
    let frame = Visit::of(&headers, &uri).frame(&page, "pulls").await?;
    let rows = page.repo().pulls().iter().rev().map(Row::of).collect();
    let empty = "No pull request yet. A plan brings one.";
    Ok(show(&List { frame, title: "Pull requests", empty, rows }))
}

/// Which sample fills the form.
#[derive(Deserialize)]
pub(super) struct Filled {
    #[serde(default)]
    sample: usize,
}

/// The form for a new issue.
pub(super) async fn new_issue(
    State(page): Shared,
    headers: HeaderMap,
    uri: Uri,
    Query(filled): Query<Filled>,
) -> Result<Response, Failed> {
    let frame = Visit::of(&headers, &uri).frame(&page, "issues").await?;
    let is_sample_repository = page.repo().full_name().ends_with("/helpdesk");
    let all = if is_sample_repository { samples::ALL.as_slice() } else { &[] };
    let sample = filled.sample.checked_sub(1).and_then(|it| all.get(it));
    Ok(show(&NewIssue {
        frame,
        title: sample.map(|it| it.0.to_owned()).unwrap_or_default(),
        body: sample.map(|it| it.1.to_owned()).unwrap_or_default(),
        samples: all.iter().enumerate().map(|(at, it)| (at + 1, it.0)).collect(),
    }))
}

/// An issue or pull request.
pub(super) async fn issue(
    State(page): Shared,
    Path((_, _, number)): Path<(String, String, i64)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failed> {
    let Some(issue) = page.repo().issue(IssueNumber(number)) else {
        return Ok(missing(&format!("There is no #{number}.")));
    };
    let tab = if issue.pull.is_some() { "pulls" } else { "issues" };
    let frame = Visit::of(&headers, &uri).frame(&page, tab).await?;
    let key = IssueKey { repository: page.repo().id(), number: built_for(&issue) };
    let stage = stage(&page, key).await?;
    let offered = offered_labels(&page, &issue);
    Ok(show(&Issue {
        number,
        state: state(&issue),
        is_open: issue.open,
        opening: Remark::opening(&issue, &frame),
        comments: issue.comments.iter().map(|it| Remark::of(it, &frame)).collect(),
        pull: issue.pull.as_ref().map(|it| Pull::of(&page, &issue, it, &frame)),
        runs: runs(&page, key).await?,
        phrases: samples::phrases(stage.as_ref()),
        labels: issue.labels,
        title: issue.title,
        offered,
        frame,
    }))
}

/// The issue itself, or the one that a pull request of Baton's is for.
fn built_for(issue: &IssueView) -> IssueNumber {
    let own = |pull: &PullView| {
        pull.head.strip_prefix("baton/")?.split_once('-')?.0.parse().ok().map(IssueNumber)
    };
    issue.pull.as_ref().and_then(own).unwrap_or(issue.number)
}

/// Where the issue stands; `None` before Baton saw it.
async fn stage(page: &Page, key: IssueKey) -> Result<Option<Stage>, StoreError> {
    let row = page.world.engine.store.load_issue(key).await?;
    let state = row.and_then(|it| serde_json::from_str::<workflow::State>(&it.state).ok());
    Ok(state.map(|it| it.stage))
}

fn offered_labels(page: &Page, issue: &IssueView) -> Vec<String> {
    let mut names: Vec<String> = samples::LABELS.iter().map(|it| (*it).to_owned()).collect();
    names.extend(page.repo().labels());
    names.sort();
    names.dedup();
    names.retain(|it| !issue.labels.contains(it));
    names
}

/// The files of a branch or commit, or one of them.
pub(super) async fn tree(
    State(page): Shared,
    Path((_, _, rest)): Path<(String, String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failed> {
    let visit = Visit::of(&headers, &uri);
    let repo = page.repo();
    let (at, path) = split(&page, &rest);
    if path.is_empty() {
        let frame = visit.frame(&page, "files").await?;
        let mut files = repo.files(&at);
        if files.is_empty() && repo.commits(&at).is_empty() {
            return Ok(missing(&format!("There is no branch or commit `{at}` with files.")));
        }
        files.truncate(FILES_MAX);
        let branches = repo.branches().into_iter().map(|it| (it.0.clone(), it.0 == at)).collect();
        let commits = repo.commits(&at).into_iter().take(COMMITS_MAX);
        let commits = commits.map(|it| {
            (short(it.sha.as_str()), subject(&it.message), it.author, when(&it.at.iso()))
        });
        return Ok(show(&Files { commits: commits.collect(), frame, at, branches, files }));
    }
    let Some(text) = repo.file(&at, &path) else {
        return Ok(missing(&format!("There is no file `{path}` at `{at}`.")));
    };
    let frame = visit.frame(&page, "files").await?;
    let branches = repo.branches();
    let can_edit = frame.may_write && branches.iter().any(|it| it.0 == at);
    let is_markdown = path.ends_with(".md");
    let rendered = is_markdown.then(|| html(&text, Flavour::File, &frame.repository));
    let lines = text.lines().enumerate().map(|(at, it)| (at + 1, it.to_owned())).collect();
    Ok(show(&File { frame, at, path, rendered, lines, text, can_edit }))
}

/// A branch may hold slashes: the longest one that fits is meant, else the first part.
fn split(page: &Page, rest: &str) -> (String, String) {
    let branches = page.repo().branches().into_iter().map(|it| it.0);
    let fitting = branches.filter(|it| {
        rest.strip_prefix(it.as_str()).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
    });
    let at = fitting.max_by_key(String::len);
    let at = at.unwrap_or_else(|| rest.split('/').next().unwrap_or_default().to_owned());
    let path = rest[at.len()..].trim_matches('/').to_owned();
    (at, path)
}

/// Why a page cannot be shown.
pub(super) struct Failed(StoreError);

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let text = format!("The service's database failed: {}\n", self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}

/// 404 with a way back.
pub(super) fn missing(what: &str) -> Response {
    let page = Missing { what: what.to_owned() };
    (StatusCode::NOT_FOUND, Html(page.render().unwrap_or_default())).into_response()
}

/// For every other address.
pub(super) async fn nothing_here() -> Response {
    missing("There is nothing at this address in the playground.")
}

/// A commit's short name.
pub(super) fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}

/// The first line of a commit's message.
pub(super) fn subject(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
