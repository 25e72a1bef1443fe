//! What somebody with the right wants of a stage, whether they wrote a command, set a label or
//! answered a question.

use crate::base::{CommentId, MicroUsd, Timestamp};
use crate::domain::command::{Answer, Command, Rung, TaskAct};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::decision::{Decision, Draft, Origin};
use crate::domain::workflow::effect::{Ask, Effect, Reaction};
use crate::domain::workflow::event::{Actor, ControlLabel, Event, Request, Tick};
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::review::{Review, ReviewSays};
use crate::domain::workflow::stale::{Knows, REFRESH};
use crate::domain::workflow::state::{PlanRef, Stage};
use crate::domain::workflow::work::Inspector;

/// So many digits of a change's content, or of a commit, stand under the call and name it.
pub const YES_DIGITS: usize = 12;

/// A wish whose right was checked in `always`.
pub(super) struct Wish<'a> {
    pub(super) by: &'a Actor,
    /// Where it was made.
    pub(super) origin: Origin,
    /// When it was made; a run reads the words of that moment.
    pub(super) at: Timestamp,
    pub(super) want: Want<'a>,
    /// Outsiders' comments that a planner shall read for it.
    pub(super) include: &'a [CommentId],
}

/// What is wanted.
pub(super) enum Want<'a> {
    Plan {
        model: Option<Tier>,
        budget: Option<MicroUsd>,
        text: &'a str,
    },
    Answer(&'a [Answer]),
    Revise(&'a str),
    Approve {
        revision: Option<u16>,
        start: bool,
    },
    Implement {
        manual: bool,
        model: Option<Tier>,
        /// Whether it starts a stale plan as it is.
        anyway: bool,
    },
    Handoff(Rung),
    Task {
        id: &'a str,
        act: TaskAct,
    },
    Allow(&'a str),
    /// With the round that a box names.
    Fix {
        text: &'a str,
        round: Option<u8>,
    },
    Look(Inspector),
    Unapprove,
    Reject,
    Retry,
}

impl<'a> Wish<'a> {
    /// The wish in `event`, if it carries one that stages answer. What does not say itself when it
    /// was made, was when it `arrived`: what Baton announced while it looked into a label must not
    /// count as known to whoever set it (`trust.md`, rule 8).
    pub(super) fn of(event: &'a Event, arrived: Timestamp) -> Option<Wish<'a>> {
        match event {
            Event::Asked { by, comment, at, request: Request::Command(command), place: _ } => {
                let want = Want::of(command)?;
                let include = included(command);
                Some(Wish { by, origin: Origin::Comment(*comment), at: *at, want, include })
            }
            Event::Labelled { by, label } => {
                let want = Want::by_label(*label, true)?;
                Some(Wish { by, origin: Origin::Label(*label), at: arrived, want, include: &[] })
            }
            Event::Unlabelled { by, label } => {
                let want = Want::by_label(*label, false)?;
                Some(Wish { by, origin: Origin::Label(*label), at: arrived, want, include: &[] })
            }
            Event::Ticked { by, tick } => {
                let origin = Origin::Tick(tick.clone());
                Some(Wish { by, origin, at: arrived, want: Want::of_tick(tick), include: &[] })
            }
            Event::FixAsked { by, spot, at, text } => {
                let want = Want::Fix { text, round: None };
                Some(Wish { by, origin: Origin::at(*spot), at: *at, want, include: &[] })
            }
            Event::Answered { by, comment, answers } => {
                let origin = Origin::Comment(*comment);
                Some(Wish { by, origin, at: arrived, want: Want::Answer(answers), include: &[] })
            }
            Event::Reviewed { by, review: Review { at, says } } => {
                let want = match says {
                    ReviewSays::RequestsChanges { text } => Want::Revise(text.as_deref()?),
                    ReviewSays::Approves { .. } => Want::Approve { revision: None, start: false },
                    ReviewSays::Dismissed { .. } => Want::Unapprove,
                };
                Some(Wish { by, origin: Origin::Review, at: *at, want, include: &[] })
            }
            Event::Asked {
                request: Request::Unknown { .. } | Request::Malformed { .. }, ..
            }
            | Event::Opened
            | Event::Edited
            | Event::Pushed { .. }
            | Event::Closed
            | Event::Reopened { .. }
            | Event::Gone
            | Event::RunReported { .. }
            | Event::TimerDue { .. }
            | Event::CiConcluded { .. }
            | Event::TickedInFile { .. }
            | Event::StatusEdited
            | Event::EffectFailed { .. }
            | Event::BranchDeleted
            | Event::PullRequestClosed { .. }
            | Event::PlanMerged { .. }
            | Event::RelatedPull { .. }
            | Event::Locked { .. }
            | Event::Halted
            | Event::Uninstalled
            | Event::Suspended
            | Event::Unsuspended => None,
        }
    }

    /// Says that a run which is under way reads no other comments any more, where the wish would
    /// join it and names some: what somebody asked for is never dropped in silence.
    pub(super) fn comes_too_late_to_include(&self) -> Option<Refused> {
        let sentence = "`--include` is for the beginning of a run, and one is under way. Write what \
                        matters of the comment in your own words, or give `/baton revise` again \
                        once the plan is ready.";
        (!self.include.is_empty()).then(|| Refused::Malformed { sentence: sentence.to_owned() })
    }

    pub(super) fn refuse(&self, draft: Draft<'_>, refusal: impl Into<Refused>) -> Decision {
        draft.refuse(self.by, &self.origin, refusal.into())
    }

    /// Which changes of a stale plan's files it knows of.
    pub(super) fn knows(&self) -> Knows<'_> {
        if let Origin::Tick(Tick::Anyway { mark, .. }) = &self.origin {
            return Knows::These(mark);
        }
        let is_told = matches!(self.want, Want::Implement { anyway: true, .. });
        if is_told { Knows::WhatWasAsked } else { Knows::Nothing }
    }

    /// Says "seen" on the comment that carries the wish.
    pub(super) fn seen(&self, draft: &mut Draft<'_>) {
        draft.react_to(&self.origin, Reaction::Eyes);
    }

    /// Says "seen" on a comment that joins the live run.
    pub(super) fn joins(&self, draft: &mut Draft<'_>) {
        self.seen(draft);
        if let Some(comment) = self.comment() {
            draft.joined_by(comment);
        }
    }

    /// Says "it ended well" there.
    pub(super) fn done(&self, draft: &mut Draft<'_>) {
        draft.react_to(&self.origin, Reaction::Rocket);
    }

    /// Keeps the yes to a change or a commit, and shows it where it was asked for.
    pub(super) fn says_yes(&self, draft: &mut Draft<'_>, hash: String) {
        let (digits, by) = (hash.chars().take(YES_DIGITS).collect(), self.by.login.clone());
        draft.push(Effect::KeepYes { hash, by: by.clone() });
        draft.push(Effect::ShowCall { hash: digits, by: Some(by) });
    }

    /// The comment that carries it, if one does.
    pub(super) fn comment(&self) -> Option<CommentId> {
        match self.origin {
            Origin::Comment(comment) => Some(comment),
            Origin::Label(_) | Origin::Tick(_) | Origin::Review | Origin::Line(_) => None,
        }
    }

    /// Starts a planning run, unless something stands in the way that only a person can change.
    /// Without a chosen `tier`, by command or by label, a new plan gets the planner's own, and what
    /// changes or repeats earlier work stays on the rung of that work.
    pub(super) fn start(
        &self,
        mut draft: Draft<'_>,
        ask: Ask,
        tier: Option<Tier>,
        plan: Option<PlanRef>,
    ) -> Decision {
        if let Some(obstacle) = obstacle(&draft, &ask) {
            return self.refuse(draft, obstacle);
        }
        let earlier = match ask {
            Ask::Plan { .. } => None,
            Ask::Revise { .. } | Ask::Again | Ask::Task { .. } | Ask::Inspect { .. } => {
                draft.state.tier
            }
        };
        let tier = tier.or(draft.state.override_tier).or(earlier);
        let tier = tier.unwrap_or(Role::Planner.tier());
        let run = draft.facts.fresh_run.clone();
        self.seen(&mut draft);
        draft.state.requester = Some(self.by.id);
        draft.asked_in(self.comment());
        draft.state.tier = Some(tier);
        if let Want::Plan { model: Some(chosen), .. } = self.want {
            draft.chose_tier(earlier.unwrap_or(Role::Planner.tier()), chosen, How::Option);
        }
        draft.push(Effect::StartRun {
            run: run.clone(),
            role: Role::Planner,
            tier,
            ask,
            requester: self.by.id,
            at: self.at,
        });
        if let (Some(_), Some(plan)) = (draft.state.stage.approved(), &plan) {
            draft.approval_is_void(plan.revision);
        }
        draft.enter(Stage::Planning { run, plan, rounds: 0 });
        draft.status();
        draft.done()
    }

    /// Starts a run that changes `plan`. A limit for such a run has no place to stand yet, and a
    /// limit on money is never dropped in silence.
    pub(super) fn revise(
        &self,
        draft: Draft<'_>,
        plan: &PlanRef,
        text: &str,
        terms: (Option<Tier>, Option<MicroUsd>),
    ) -> Decision {
        let (tier, budget) = terms;
        if budget.is_some() {
            let sentence = "`--budget` limits a new plan, and there is one already. Write \
                            `/baton revise` and what should change, without it."
                .to_owned();
            return self.refuse(draft, Refused::Malformed { sentence });
        }
        let include = self.include.to_vec();
        let ask = Ask::Revise { revision: plan.revision, text: text.to_owned(), include };
        self.start(draft, ask, tier, Some(plan.clone()))
    }

    /// What keeps a run that changes the plan from starting.
    pub(super) fn obstacle_to_revise(&self, draft: &Draft<'_>) -> Option<Refused> {
        let ask = Ask::Revise { revision: 0, text: String::new(), include: Vec::new() };
        obstacle(draft, &ask)
    }

    /// Publishes a plan again that is stored already: nothing is paid for it.
    pub(super) fn publish_again(&self, mut draft: Draft<'_>, plan: &PlanRef) -> Decision {
        if !draft.facts.open {
            return self.refuse(draft, Refused::ClosedIssue);
        }
        self.seen(&mut draft);
        draft.state.requester = Some(self.by.id);
        draft.asked_in(self.comment());
        draft.publish(plan.clone());
        draft.done()
    }
}

impl<'a> Want<'a> {
    /// What putting a label `on` says, or taking it off, if stages answer it.
    fn by_label(label: ControlLabel, on: bool) -> Option<Want<'a>> {
        match (label, on) {
            (ControlLabel::Plan, true) => Some(Want::Plan { model: None, budget: None, text: "" }),
            (ControlLabel::Approved, true) => Some(Want::Approve { revision: None, start: false }),
            (ControlLabel::Approved, false) => Some(Want::Unapprove),
            (ControlLabel::Manual, manual) => {
                Some(Want::Implement { manual, model: None, anyway: false })
            }
            (ControlLabel::Plan, false)
            | (ControlLabel::Pause | ControlLabel::Complexity(_) | ControlLabel::Model(_), _) => {
                None
            }
        }
    }

    fn of_tick(tick: &'a Tick) -> Want<'a> {
        match tick {
            Tick::Approve { revision } => Want::Approve { revision: Some(*revision), start: false },
            Tick::Start { revision } => Want::Approve { revision: Some(*revision), start: true },
            Tick::Anyway { revision, .. } => {
                Want::Approve { revision: Some(*revision), start: true }
            }
            Tick::Refresh { .. } => Want::Revise(REFRESH),
            Tick::Task { id, on: true } => Want::Task { id, act: TaskAct::Done },
            Tick::Task { id, on: false } => Want::Task { id, act: TaskAct::Reopen },
            Tick::Allow { hash } => Want::Allow(hash),
            Tick::Fix { round } => Want::Fix { text: "", round: Some(*round) },
        }
    }

    fn of(command: &'a Command) -> Option<Want<'a>> {
        match command {
            Command::Plan { model, budget, text, include: _ } => {
                Some(Want::Plan { model: *model, budget: *budget, text })
            }
            Command::Answer { answers } => Some(Want::Answer(answers)),
            Command::Revise { text, include: _ } => Some(Want::Revise(text)),
            Command::Approve { revision, start } => {
                Some(Want::Approve { revision: *revision, start: *start })
            }
            Command::Implement { manual, model, anyway } => {
                Some(Want::Implement { manual: *manual, model: *model, anyway: *anyway })
            }
            Command::Handoff { to, .. } => Some(Want::Handoff(*to)),
            Command::Task { id, act } => Some(Want::Task { id, act: *act }),
            Command::Allow { hash } => Some(Want::Allow(hash)),
            Command::Fix { text } => Some(Want::Fix { text, round: None }),
            Command::Test => Some(Want::Look(Inspector::TestAgent)),
            Command::Review => Some(Want::Look(Inspector::ReviewAgent)),
            Command::Unapprove => Some(Want::Unapprove),
            Command::Reject => Some(Want::Reject),
            Command::Retry => Some(Want::Retry),
            Command::Route { .. }
            | Command::Status
            | Command::Cost
            | Command::CostAdd { .. }
            | Command::Stop
            | Command::Pause
            | Command::Resume
            | Command::Budget { .. }
            | Command::Help { .. } => None,
        }
    }
}

/// The comments that a command names for a planner to read.
fn included(command: &Command) -> &[CommentId] {
    match command {
        Command::Plan { include, .. } | Command::Revise { include, .. } => include,
        Command::Route { .. }
        | Command::Answer { .. }
        | Command::Approve { .. }
        | Command::Implement { .. }
        | Command::Task { .. }
        | Command::Handoff { .. }
        | Command::Fix { .. }
        | Command::Allow { .. }
        | Command::Budget { .. }
        | Command::Pause
        | Command::Resume
        | Command::Test
        | Command::Review
        | Command::Unapprove
        | Command::Reject
        | Command::Status
        | Command::Cost
        | Command::CostAdd { .. }
        | Command::Stop
        | Command::Retry
        | Command::Help { .. } => &[],
    }
}

fn obstacle(draft: &Draft<'_>, ask: &Ask) -> Option<Refused> {
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    if !draft.facts.policy.planner_available {
        return Some(Refused::NoModel);
    }
    match ask {
        Ask::Plan { text, .. } if !draft.facts.has_text && text.trim().is_empty() => {
            Some(Refused::EmptyIssue)
        }
        // What is changed or repeated had something to start from.
        Ask::Plan { .. }
        | Ask::Revise { .. }
        | Ask::Again
        | Ask::Task { .. }
        | Ask::Inspect { .. } => None,
    }
}
