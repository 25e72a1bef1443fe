//! What the templates show.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::ci::{self, Lever};
use super::log::{self, LogLine};
use super::markdown::{Flavour, html, html_with_buttons};
use super::pull::Pull;
use super::runs::Run;
use super::state::Page;
use crate::base::Clock;
use crate::cli::world::Bill;
use crate::domain::tasks::boxes::known_boxes;
use crate::sandbox::github::{CommentView, IssueView, ReactionView};
use crate::store::StoreError;

/// What stands around every page.
pub(super) struct Frame {
    pub(super) repository: String,
    pub(super) tab: &'static str,
    /// Where this page is, to come back to.
    pub(super) path: String,
    pub(super) actor: String,
    /// Whether the visitor has write.
    pub(super) may_write: bool,
    /// Login, role, whether it is the visitor.
    pub(super) cast: Vec<(String, &'static str, bool)>,
    pub(super) issues_open: usize,
    pub(super) pulls_open: usize,
    pub(super) now: String,
    pub(super) notice: Option<String>,
    pub(super) paid: bool,
    pub(super) ci: Vec<Lever>,
    pub(super) log: Vec<LogLine>,
    pub(super) notifications: usize,
    pub(super) comments: usize,
    pub(super) pulls: usize,
    pub(super) calls: usize,
    pub(super) writes: usize,
    pub(super) model_calls: i64,
    pub(super) spent: String,
}

impl Frame {
    /// Gathers the frame; a notice is shown once, and not to the script that refreshes.
    pub(super) async fn of(
        page: &Page,
        cookies: &str,
        place: Spot<'_>,
    ) -> Result<Frame, StoreError> {
        let repo = page.repo();
        let member = page.actor(cookies);
        let (actor, may_write) = (member.login.clone(), member.may_write);
        let bill = Bill::of(&page.world).await?;
        let now = page.world.clock.now().iso();
        Ok(Frame {
            repository: repo.full_name(),
            tab: place.tab,
            path: place.path.to_owned(),
            cast: page
                .cast
                .iter()
                .map(|it| (it.login.clone(), it.about, it.login == actor))
                .collect(),
            actor,
            may_write,
            issues_open: repo.issues().iter().filter(|it| it.open).count(),
            pulls_open: repo.pulls().iter().filter(|it| it.open).count(),
            now: format!("{} {} UTC", &now[..10], &now[11..16]),
            notice: if place.is_refresh { None } else { page.take_notice() },
            paid: page.paid,
            ci: ci::levers(&repo),
            log: log::lines(page).await?,
            notifications: bill.notifications(),
            comments: bill.comments,
            pulls: bill.pulls,
            calls: bill.calls,
            writes: bill.writes,
            model_calls: bill.model_calls,
            spent: bill.spent.to_string(),
        })
    }
}

/// Where the visitor is.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) tab: &'static str,
    pub(super) path: &'a str,
    /// Asked for by the script, not by a person.
    pub(super) is_refresh: bool,
}

/// A list of issues or pull requests.
#[derive(Template)]
#[template(path = "demo/list.html")]
pub(super) struct List {
    pub(super) frame: Frame,
    pub(super) title: &'static str,
    pub(super) empty: &'static str,
    pub(super) rows: Vec<Row>,
}

/// One of them.
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) author: String,
    pub(super) when: String,
    pub(super) labels: Vec<String>,
    pub(super) comments: usize,
}

impl Row {
    pub(super) fn of(issue: &IssueView) -> Row {
        Row {
            number: issue.number.0,
            title: issue.title.clone(),
            kind: if issue.pull.is_some() { "pull" } else { "issues" },
            state: state(issue),
            author: issue.author.clone(),
            when: when(&issue.created_at.iso()),
            labels: issue.labels.clone(),
            comments: issue.comments.len(),
        }
    }
}

/// The form for a new issue.
#[derive(Template)]
#[template(path = "demo/new.html")]
pub(super) struct NewIssue {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) body: String,
    /// Number, title.
    pub(super) samples: Vec<(usize, &'static str)>,
}

/// One issue or pull request.
#[derive(Template)]
#[template(path = "demo/issue.html")]
pub(super) struct Issue {
    pub(super) frame: Frame,
    pub(super) number: i64,
    pub(super) title: String,
    pub(super) state: &'static str,
    pub(super) is_open: bool,
    pub(super) labels: Vec<String>,
    /// Labels that can be added.
    pub(super) offered: Vec<String>,
    pub(super) opening: Remark,
    pub(super) comments: Vec<Remark>,
    pub(super) pull: Option<Pull>,
    pub(super) runs: Vec<Run>,
    /// Ready-made comments.
    pub(super) phrases: Vec<&'static str>,
}

/// What somebody wrote.
pub(super) struct Remark {
    pub(super) id: i64,
    pub(super) author: String,
    pub(super) is_bot: bool,
    pub(super) when: String,
    pub(super) edited: bool,
    pub(super) html: String,
    pub(super) source: String,
    pub(super) may_edit: bool,
    /// Whether it has boxes that the visitor can click.
    pub(super) has_buttons: bool,
    /// Sign, meaning, who.
    pub(super) reactions: Vec<(&'static str, &'static str, String)>,
}

impl Remark {
    pub(super) fn opening(issue: &IssueView, frame: &Frame) -> Remark {
        Remark {
            id: 0,
            author: issue.author.clone(),
            is_bot: issue.author.ends_with("[bot]"),
            when: when(&issue.created_at.iso()),
            edited: false,
            html: html(&issue.body, Flavour::Comment, &frame.repository),
            source: issue.body.clone(),
            may_edit: issue.author == frame.actor,
            has_buttons: false,
            reactions: reactions(&issue.reactions),
        }
    }

    /// Boxes under a bot's words are buttons for whom GitHub lets edit them.
    pub(super) fn of(comment: &CommentView, frame: &Frame) -> Remark {
        let is_bot = comment.author.ends_with("[bot]");
        let has_buttons = is_bot && frame.may_write && !known_boxes(&comment.body).is_empty();
        let repository = &frame.repository;
        let html = match has_buttons {
            true => html_with_buttons(&comment.body, repository, &format!("boxes-{}", comment.id)),
            false => html(&comment.body, Flavour::Comment, repository),
        };
        Remark {
            id: comment.id.0,
            author: comment.author.clone(),
            is_bot,
            when: when(&comment.created_at.iso()),
            edited: comment.updated_at != comment.created_at,
            html,
            source: comment.body.clone(),
            may_edit: comment.author == frame.actor,
            has_buttons,
            reactions: reactions(&comment.reactions),
        }
    }
}

/// The files of a branch or commit.
#[derive(Template)]
#[template(path = "demo/files.html")]
pub(super) struct Files {
    pub(super) frame: Frame,
    pub(super) at: String,
    /// Name, whether it is shown.
    pub(super) branches: Vec<(String, bool)>,
    pub(super) files: Vec<String>,
    /// Short name, subject, author, when.
    pub(super) commits: Vec<(String, String, String, String)>,
}

/// One file.
#[derive(Template)]
#[template(path = "demo/file.html")]
pub(super) struct File {
    pub(super) frame: Frame,
    pub(super) at: String,
    pub(super) path: String,
    /// Markdown, rendered.
    pub(super) rendered: Option<String>,
    /// Number and text.
    pub(super) lines: Vec<(usize, String)>,
    pub(super) text: String,
    /// Whether it is a branch's, and the visitor may push there.
    pub(super) can_edit: bool,
}

/// A page that could not be shown.
#[derive(Template)]
#[template(path = "demo/missing.html")]
pub(super) struct Missing {
    pub(super) what: String,
}

/// A template as an answer.
pub(super) fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown.\n").into_response()
        }
    }
}

/// `open`, `closed`, `draft` or `merged`.
pub(super) fn state(issue: &IssueView) -> &'static str {
    match &issue.pull {
        Some(pull) if pull.merged => "merged",
        _ if !issue.open => "closed",
        Some(pull) if pull.draft => "draft",
        Some(_) | None => "open",
    }
}

/// `Nov 20, 09:00` would need a calendar; the ISO form's parts do.
pub(super) fn when(iso: &str) -> String {
    let (date, time) = iso.split_once('T').unwrap_or((iso, ""));
    format!("{date} {}", time.get(..5).unwrap_or_default())
}

fn reactions(all: &[ReactionView]) -> Vec<(&'static str, &'static str, String)> {
    let sign = |content: &str| match content {
        "eyes" => ("👀", "seen"),
        "rocket" => ("🚀", "done"),
        "confused" => ("😕", "refused or not understood"),
        "+1" => ("👍", "thumbs up"),
        "-1" => ("👎", "thumbs down"),
        _ => ("•", "reaction"),
    };
    let view = |it: &ReactionView| {
        let (sign, meaning) = sign(it.content);
        (sign, meaning, it.by.clone())
    };
    all.iter().map(view).collect()
}
