//! What can be done: people's acts on GitHub, and the levers of the playground.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::ci;
use super::state::{ACTOR_COOKIE, Page};
use crate::base::{CommentId, IssueNumber, Millis};
use crate::domain::tasks::boxes;
use crate::sandbox::github::{ActRefused, CallMatcher, Fault, FaultRule, Person};
use crate::sandbox::model::{self, Turn};

type Shared = State<Arc<Page>>;

/// How often in a row the model is overloaded.
const OVERLOADS: usize = 3;

/// Everything a form of the page may send; each act reads what it needs.
#[derive(Deserialize)]
pub(super) struct Input {
    /// The page to come back to.
    #[serde(default)]
    back: Back,
    #[serde(default)]
    login: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    /// A ready-made comment; it wins over `text`.
    #[serde(default)]
    say: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    minutes: i64,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    ci: String,
    /// `+` or `-` and the marker of a box.
    #[serde(default, rename = "box")]
    toggle: String,
}

/// The page that a form stood on.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Back(String);

impl Back {
    /// Back to where the form stood; only to this page.
    pub(super) fn redirect(&self) -> Response {
        let ours = self.0.starts_with('/') && !self.0.starts_with("//");
        let clean = self.0.chars().all(|it| !it.is_control() && it != '\\');
        Redirect::to(if ours && clean { &self.0 } else { "/" }).into_response()
    }
}

/// Becomes somebody else.
pub(super) async fn become_somebody(State(page): Shared, Form(input): Form<Input>) -> Response {
    let mut response = input.back.redirect();
    let member = page.cast.iter().find(|it| it.login == input.login);
    let cookie =
        member.map(|it| format!("{ACTOR_COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", it.login));
    if let Some(cookie) = cookie.and_then(|it| HeaderValue::from_str(&it).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Opens an issue.
pub(super) async fn open_issue(
    State(page): Shared,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Response {
    if input.title.trim().is_empty() {
        page.notify("An issue needs a title.".to_owned());
        return input.back.redirect();
    }
    match actor(&page, &headers).opens(input.title.trim(), &unix(&input.text)) {
        Ok(number) => {
            let to = format!("/{}/issues/{number}", page.repo().full_name());
            Redirect::to(&to).into_response()
        }
        Err(refused) => {
            page.notify(sentence(&refused));
            input.back.redirect()
        }
    }
}

/// Comments on an issue or pull request.
pub(super) async fn comment(
    State(page): Shared,
    Path(number): Path<i64>,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Response {
    let text = if input.say.is_empty() { unix(&input.text) } else { input.say.clone() };
    if text.trim().is_empty() {
        page.notify("A comment needs some text.".to_owned());
        return input.back.redirect();
    }
    let done = actor(&page, &headers).comments(IssueNumber(number), &text).map(|_| ());
    finish(&page, &input.back, done)
}

/// What the buttons of an issue do.
pub(super) async fn on_issue(
    State(page): Shared,
    Path((number, act)): Path<(i64, String)>,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Response {
    let (actor, number) = (actor(&page, &headers), IssueNumber(number));
    let done = match act.as_str() {
        "close" => actor.closes(number),
        "reopen" => actor.reopens(number),
        "label" if !input.label.trim().is_empty() => actor.labels(number, input.label.trim()),
        "ready" => actor.marks_ready(number),
        "merge" => actor.merges(number).map(|_| ()),
        "unlabel" => actor.unlabels(number, &input.label),
        "edit" => {
            let title = Some(input.title.trim()).filter(|it| !it.is_empty());
            actor.edits_issue(number, title, Some(&unix(&input.text)))
        }
        _ => Ok(()),
    };
    finish(&page, &input.back, done)
}

/// Edits or deletes a comment, or ticks a box in it.
pub(super) async fn on_comment(
    State(page): Shared,
    Path((id, act)): Path<(i64, String)>,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Response {
    let (actor, id) = (actor(&page, &headers), CommentId(id));
    let done = match act.as_str() {
        "edit" => actor.edits_comment(id, &unix(&input.text)),
        "delete" => actor.deletes_comment(id),
        "tick" => match ticked(&page, id, &input.toggle) {
            Some(body) => actor.edits_comment(id, &body),
            None => {
                page.notify(
                    "This box is not there any more; look at the comment again.".to_owned(),
                );
                Ok(())
            }
        },
        _ => Ok(()),
    };
    finish(&page, &input.back, done)
}

/// The comment's text with that box set, all else as it is.
fn ticked(page: &Page, id: CommentId, toggle: &str) -> Option<String> {
    let (sign, marker) = toggle.split_at_checked(1)?;
    let issues = page.repo().issues().into_iter().chain(page.repo().pulls());
    let body = issues.flat_map(|it| it.comments).find(|it| it.id == id)?.body;
    let known = boxes::known_boxes(&body).into_iter().map(|it| it.marker);
    let marker = known.into_iter().find(|it| it.to_string() == marker)?;
    boxes::with_box(&body, &marker, sign == "+")
}

/// Lets CI behave like this on Baton's branches.
pub(super) async fn ci(State(page): Shared, Form(input): Form<Input>) -> Response {
    page.notify(ci::set(&page.repo(), &input.ci).to_owned());
    input.back.redirect()
}

/// Lets time pass at once.
pub(super) async fn warp(State(page): Shared, Form(input): Form<Input>) -> Response {
    let minutes = input.minutes.clamp(0, 31 * 24 * 60);
    page.world.pass(Millis::minutes(minutes));
    page.notify(format!("{} passed.", length(minutes)));
    input.back.redirect()
}

/// Lets something go wrong.
pub(super) async fn fault(State(page): Shared, Form(input): Form<Input>) -> Response {
    let github = &page.world.github;
    let next_comment = || CallMatcher::call("POST", "/issues/{issue_number}/comments");
    let told = match (input.fault.as_str(), &page.world.model) {
        ("overload", Some(model)) => {
            model.opus().will(vec![Turn::fault(model::Fault::Overloaded); OVERLOADS]);
            "The next 3 calls to Opus are answered 529: overloaded. Baton waits and tries again."
        }
        ("overload", None) => "The real model is used here; nobody can overload it from this page.",
        ("comment-lost", _) => {
            github.fault(FaultRule::once(next_comment(), Fault::unicorn_after(502)));
            "GitHub will write Baton's next comment and answer 502 all the same. Baton looks for it \
             before it tries again, so it appears once."
        }
        ("limit", _) => {
            github.fault(FaultRule::once(next_comment(), Fault::secondary_limit(60)));
            "GitHub will refuse Baton's next comment for 60 seconds. Baton waits that long; warp \
             time to see it go on."
        }
        ("clear", _) => {
            github.clear_faults();
            "GitHub works again."
        }
        _ => "There is no such fault.",
    };
    page.notify(told.to_owned());
    input.back.redirect()
}

/// Who the visitor is.
pub(super) fn actor(page: &Page, headers: &HeaderMap) -> Person {
    let cookies = headers.get(header::COOKIE).and_then(|it| it.to_str().ok()).unwrap_or("");
    page.actor(cookies).person.clone()
}

/// Says what was refused, and goes back.
pub(super) fn finish(page: &Page, back: &Back, done: Result<(), ActRefused>) -> Response {
    if let Err(refused) = done {
        page.notify(sentence(&refused));
    }
    back.redirect()
}

fn sentence(refused: &ActRefused) -> String {
    format!("GitHub refuses: {refused}.")
}

/// Forms send `\r\n`; GitHub keeps what it gets, people at a terminal send `\n`.
pub(super) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn length(minutes: i64) -> String {
    match (minutes / 1_440, minutes % 1_440) {
        (0, 1) => "One minute".to_owned(),
        (0, minutes) => format!("{minutes} minutes"),
        (1, 0) => "One day".to_owned(),
        (days, 0) => format!("{days} days"),
        (days, minutes) => format!("{days} days and {minutes} minutes"),
    }
}
