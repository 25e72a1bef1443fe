//! What somebody with the right wants of a stage, whether they wrote a command, set a label or
//! answered a question.

use crate::base::{CommentId, MicroUsd, Timestamp};
use crate::domain::command::{Answer, Command};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::effect::{Ask, Effect, Reaction, Refused};
use crate::domain::workflow::event::{Actor, ControlLabel, Event, Request};
use crate::domain::workflow::state::{PlanRef, Stage};

/// A wish whose right was checked in `always`.
pub(super) struct Wish<'a> {
    pub(super) by: &'a Actor,
    /// The comment that carries it; a label has none.
    pub(super) comment: Option<CommentId>,
    /// When it was made; a run reads the words of that moment.
    pub(super) at: Timestamp,
    pub(super) want: Want<'a>,
}

/// What is wanted.
pub(super) enum Want<'a> {
    Plan { model: Option<Tier>, budget: Option<MicroUsd>, text: &'a str },
    Answer(&'a [Answer]),
    Revise(&'a str),
    Retry,
}

impl<'a> Wish<'a> {
    /// The wish in `event`, if it carries one that stages answer.
    pub(super) fn of(event: &'a Event, now: Timestamp) -> Option<Wish<'a>> {
        match event {
            Event::Asked { by, comment, at, request: Request::Command(command), place: _ } => {
                let want = Want::of(command)?;
                Some(Wish { by, comment: Some(*comment), at: *at, want })
            }
            Event::Labelled { by, label: ControlLabel::Plan } => {
                let want = Want::Plan { model: None, budget: None, text: "" };
                Some(Wish { by, comment: None, at: now, want })
            }
            Event::Answered { by, comment, answers } => {
                Some(Wish { by, comment: Some(*comment), at: now, want: Want::Answer(answers) })
            }
            Event::Asked {
                request: Request::Unknown { .. } | Request::Malformed { .. }, ..
            }
            | Event::Labelled { label: ControlLabel::Complexity(_), .. }
            | Event::Opened
            | Event::Edited
            | Event::Unlabelled { .. }
            | Event::Closed
            | Event::Reopened { .. }
            | Event::Gone
            | Event::RunReported { .. }
            | Event::TimerDue { .. }
            | Event::EffectFailed { .. }
            | Event::BranchDeleted
            | Event::PullRequestClosed { .. }
            | Event::Uninstalled
            | Event::Suspended => None,
        }
    }

    pub(super) fn refuse(&self, draft: Draft<'_>, refusal: Refused) -> Decision {
        draft.refuse(self.by, self.comment, refusal)
    }

    /// Starts a planning run, unless something stands in the way that only a person can change.
    pub(super) fn start(
        &self,
        mut draft: Draft<'_>,
        ask: Ask,
        tier: Option<Tier>,
        plan: Option<PlanRef>,
    ) -> Decision {
        if let Some(obstacle) = obstacle(&draft) {
            return self.refuse(draft, obstacle);
        }
        if let Some(comment) = self.comment {
            draft.react(comment, Reaction::Eyes);
        }
        let run = draft.facts.fresh_run.clone();
        draft.state.requester = Some(self.by.id);
        draft.state.asked_in = self.comment;
        draft.push(Effect::StartRun {
            run: run.clone(),
            role: Role::Planner,
            tier: tier.unwrap_or(Role::Planner.tier()),
            ask,
            requester: self.by.id,
            at: self.at,
        });
        draft.enter(Stage::Planning { run, plan, rounds: 0 });
        draft.status();
        draft.done()
    }
}

impl<'a> Want<'a> {
    fn of(command: &'a Command) -> Option<Want<'a>> {
        match command {
            Command::Plan { model, budget, text } => {
                Some(Want::Plan { model: *model, budget: *budget, text })
            }
            Command::Answer { answers } => Some(Want::Answer(answers)),
            Command::Revise { text } => Some(Want::Revise(text)),
            Command::Retry => Some(Want::Retry),
            Command::Route { .. }
            | Command::Status
            | Command::Cost
            | Command::Stop
            | Command::Help { .. } => None,
        }
    }
}

fn obstacle(draft: &Draft<'_>) -> Option<Refused> {
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    if !draft.facts.policy.planner_available {
        return Some(Refused::NoModel);
    }
    if !draft.facts.has_text {
        return Some(Refused::EmptyIssue);
    }
    None
}
