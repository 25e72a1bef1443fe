//! A stale plan: files that it names changed on the base branch after it was made.
//!
//! An approval of such a plan is recorded like any other, but nothing starts by it until somebody
//! who may start has been asked, once for each set of changes:
//!
//! ```text
//! approve, implement, … ─▶ asked, with two boxes ─▶ start anyway ─▶ Working
//!                               │    │
//!                               │    └─▶ refresh ─▶ Planning, on the base as it is now
//!                               └─▶ more files change: asked again
//! ```
//!
//! A question is known by a [mark](Stale::mark) of what changed, not by the head of the base
//! branch: commits that touch nothing the plan names ask nothing and answer nothing.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::workflow::decision::{Decision, Draft, Origin};
use crate::domain::workflow::effect::{Effect, Post};
use crate::domain::workflow::event::ControlLabel;
use crate::domain::workflow::shown::is_out_of_reach;
use crate::domain::workflow::state::{PlanRef, Stage, State};
use crate::domain::workflow::wish::Wish;

/// So many hex digits are a mark: enough to tell the changes of one plan apart.
const MARK_DIGITS: usize = 12;
/// How many changed files are named to a planner that brings a plan up to date.
const TOLD_MAX: usize = 50;

/// What a planner is told when somebody ticks *Refresh*.
pub(super) const REFRESH: &str = "Bring the plan up to date with its base branch, which went on since the plan was made. Read \
     anew what it rests on, and keep what still holds.";

/// The files that a plan names, on the base branch now against the commit that it was made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseNow {
    /// Nobody looked: the event does not turn on it.
    NotRead,
    /// They are what they were.
    Same,
    /// Some of them changed.
    Stale(Stale),
    /// GitHub could not be asked.
    Unknown,
}

/// What changed of the files that a plan names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// Stands for exactly these changes: 12 hex digits.
    pub mark: String,
    /// The base branch.
    pub branch: String,
    /// The changed files, in order. Foreign text.
    pub changed: Vec<String>,
    /// How many files the plan names.
    pub of: usize,
}

/// The question that people were asked about a stale plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StaleAsked {
    /// The revision it is about.
    pub revision: u16,
    /// The mark of what had changed.
    pub mark: String,
}

/// Which changes somebody who starts a plan knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knows<'a> {
    /// None.
    Nothing,
    /// Those of the question that stands.
    WhatWasAsked,
    /// Those with this mark.
    These(&'a str),
}

/// A file that a plan names: its path, and what stood there at the plan's commit and stands there
/// now, by object id and kind.
pub type Standing = (String, Option<String>, Option<String>);

impl Stale {
    /// What changed among `files`; `None` when nothing did. A file that the plan creates and that
    /// somebody else created meanwhile has changed, too.
    pub fn of(branch: &str, mut files: Vec<Standing>) -> Option<Stale> {
        files.sort();
        let of = files.len();
        files.retain(|(_, before, now)| before != now);
        let mut hash = Sha256::new();
        for (path, _, now) in &files {
            hash.update(format!("{path}\n{}\n", now.as_deref().unwrap_or_default()));
        }
        let mark = hex::encode(hash.finalize()).chars().take(MARK_DIGITS).collect();
        let changed: Vec<String> = files.into_iter().map(|it| it.0).collect();
        let branch = branch.to_owned();
        (!changed.is_empty()).then_some(Stale { mark, branch, changed, of })
    }

    /// Whether `text` has the form of a mark: what comes back in a box was in people's hands.
    pub fn is_mark(text: &str) -> bool {
        let is_digit = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        text.len() == MARK_DIGITS && text.bytes().all(is_digit)
    }
}

impl Knows<'_> {
    /// Whether whoever starts a plan at `now` was told of just these changes.
    pub(super) fn of(self, asked: Option<&StaleAsked>, now: &Stale) -> bool {
        let is_asked = asked.is_some_and(|it| it.mark == now.mark);
        match self {
            Knows::Nothing => false,
            Knows::WhatWasAsked => is_asked,
            Knows::These(mark) => is_asked && mark == now.mark,
        }
    }
}

/// The question about `revision` that stands, if one does.
pub fn asked(state: &State) -> Option<&StaleAsked> {
    let asked = state.stale_asked.as_ref()?;
    match state.stage.unpaused() {
        Stage::Planned { plan, .. } if plan.revision == asked.revision => Some(asked),
        Stage::Planned { .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => None,
    }
}

/// Records the approval of a stale plan and asks how to go on. What was `to_start` has not, so the
/// comment that asked for it is told nothing yet, and a label that says so comes off.
pub(super) fn ask(
    mut draft: Draft<'_>,
    wish: &Wish<'_>,
    plan: &PlanRef,
    (stale, to_start): (&Stale, bool),
) -> Decision {
    let revision = plan.revision;
    wish.seen(&mut draft);
    if draft.state.stage.approved().is_none() {
        draft.chose_tiers_of_table();
    }
    let by = draft.state.stage.approved().unwrap_or(wish.by.id);
    draft.state.stage = Stage::Planned { plan: plan.clone(), approved: Some(by) };
    draft.state.stale_asked = Some(StaleAsked { revision, mark: stale.mark.clone() });
    draft.push(Effect::ShowPlanNews { revision });
    if let Origin::Label(label @ ControlLabel::Manual) = wish.origin {
        draft.push(Effect::DropLabel { label });
    }
    let login = wish.by.login.clone();
    draft.post(Post::Stale { revision, login, stale: stale.clone() });
    if !to_start {
        wish.done(&mut draft);
    }
    draft.status();
    draft.done()
}

/// The words for a planner that changes a plan, and which of its files changed meanwhile: as data,
/// for their names are other people's.
pub(super) fn told(text: &str, base: &BaseNow) -> String {
    let BaseNow::Stale(stale) = base else { return text.to_owned() };
    let named: Vec<&String> = stale.changed.iter().take(TOLD_MAX).collect();
    let list = serde_json::json!(named);
    let more = match stale.changed.len().saturating_sub(TOLD_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{text}\n\nOf the {} files that the plan names, these are no longer what they were when it \
         was made: {list}{more}.",
        stale.of
    )
}

/// Closes the question that a decision has answered or left behind, behind everything else that it
/// wants: no stage has to think of it.
pub(super) fn follow(before: &State, mut decision: Decision) -> Decision {
    let was = asked(before).cloned();
    let is = asked(&decision.state).cloned();
    if let Some(was) = was
        && is.as_ref() != Some(&was)
        && !is_out_of_reach(&decision.state.stage)
    {
        let StaleAsked { revision, mark } = was;
        decision.effects.push(Effect::ShowStale { revision, mark });
    }
    decision.state.stale_asked = is;
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths with what stood there and stands there now, `-` for nothing, to those that changed.
    #[track_caller]
    fn check(files: &[(&str, &str, &str)], expected: Option<(&[&str], usize)>) {
        let entry = |it: &str| (it != "-").then(|| it.to_owned());
        let files = files.iter().map(|(path, a, b)| ((*path).to_owned(), entry(a), entry(b)));
        let found = Stale::of("main", files.collect()).map(|it| (it.changed, it.of));
        let expected =
            expected.map(|(names, of)| (names.iter().map(|it| (*it).to_owned()).collect(), of));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_changed_of_the_files_that_a_plan_names() {
        check(&[], None);
        check(&[("a", "1", "1"), ("b", "-", "-")], None);
        check(&[("b", "1", "2"), ("a", "1", "1")], Some((&["b"], 2)));
        check(&[("b", "1", "-"), ("a", "-", "1")], Some((&["a", "b"], 2)));
    }

    fn mark(files: &[(&str, &str, &str)]) -> String {
        let files = files
            .iter()
            .map(|(path, a, b)| ((*path).to_owned(), Some((*a).to_owned()), Some((*b).to_owned())));
        Stale::of("main", files.collect()).unwrap().mark
    }

    #[test]
    fn a_mark_stands_for_what_changed_and_for_nothing_else() {
        let one = mark(&[("a", "1", "2"), ("b", "1", "1")]);
        assert!(Stale::is_mark(&one), "{one}");
        assert_eq!(one, mark(&[("b", "3", "3"), ("a", "1", "2")]));
        assert_ne!(one, mark(&[("a", "1", "3"), ("b", "1", "1")]));
        assert_ne!(one, mark(&[("a", "1", "2"), ("b", "1", "2")]));
    }

    #[test]
    fn a_mark_from_a_box_has_its_form_or_is_none() {
        assert!(Stale::is_mark("0123456789ab"));
        for no in ["", "0123456789a", "0123456789abc", "0123456789AB", "0123456789a/", "…"] {
            assert!(!Stale::is_mark(no), "{no}");
        }
    }

    #[test]
    fn changed_files_are_told_as_data() {
        let standing = ("a\" b".to_owned(), None, Some("1".to_owned()));
        let stale = Stale::of("main", vec![standing]).unwrap();
        let told = told("Do it.", &BaseNow::Stale(stale));
        assert!(told.starts_with("Do it.\n\nOf the 1 files"), "{told}");
        assert!(told.ends_with(r#": ["a\" b"]."#), "{told}");
        assert_eq!(super::told("Do it.", &BaseNow::Unknown), "Do it.");
    }
}
