//! `Paused`: nothing is started and nothing is spent, until somebody resumes it.
//!
//! The stage that was paused stays inside and answers what happens meanwhile (ticks, answers,
//! pushes, verdicts, what the run said with its last turn), so that nothing is lost. What it would
//! begin is kept as *owed* and begins with the resume:
//!
//! ```text
//! Working(Checking) -- pause --> Paused(Working(Checking))
//!                                   | red: once more with the log
//!                                   v
//!                                Paused(Working(Building), owed: that run)
//!                                   | resume
//!                                   v
//!                                Working(Building), and the run starts
//! ```
//!
//! A live run is laid down after its present turn, with its transcript; it is still the live one.
//! An end, and a call for a person, end the pause. Only a call because of checks stays inside: they
//! may still speak, and that begins nothing before the resume.

use serde::{Deserialize, Serialize};

use crate::base::{MicroUsd, RunId, Timestamp, UserId};
use crate::domain::budget::OverLimit;
use crate::domain::handoff::Trigger;
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::answer_in;
use crate::domain::workflow::asking::{RESUME_AFTER, is_complete};
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Origin, Verdict};
use crate::domain::workflow::effect::{Ask, Effect, Post, Reaction};
use crate::domain::workflow::event::{Actor, Ci, Event, Purpose, Report};
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::state::{Block, Stage, State};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::{TimerKind, timers};
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::Doing;

/// Why nothing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// The next call of the run could pass a limit on money.
    Budget,
    /// Somebody asked for it by command.
    Person,
    /// Somebody asked for it by label, which is on as long as it lasts.
    Label,
    /// Nothing was seen for two weeks of what people build by hand.
    Quiet,
    /// Whoever runs the server has stopped everything here.
    Halted,
    /// The installation is suspended, and nothing there can be read or written.
    Suspended,
}

/// What would have begun while work was paused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "owed", rename_all = "snake_case")]
pub enum Owed {
    /// The run that the wrapped stage names.
    Run {
        /// What it is for.
        role: Role,
        /// The rung its model is taken from.
        tier: Tier,
        /// What it is asked to do.
        ask: Ask,
    },
    /// The push of what the run that the wrapped stage names has built.
    Push {
        /// The task it was about.
        task: String,
    },
}

/// What an issue costs and may cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Whether the comment that asks has booked a cost already.
    pub booked: bool,
    /// The issue's limit as it is now.
    pub limit: MicroUsd,
    /// What is booked and set aside under it.
    pub used: MicroUsd,
    /// The limit that the run met, which waits for it to be raised.
    pub met: Option<Met>,
}

/// The limit that stopped a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// The run.
    pub run: RunId,
    /// The limit, and what the next call could have cost.
    pub over: OverLimit,
}

/// What a run may cost from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimit {
    /// The run.
    pub run: RunId,
    /// Its limit.
    pub limit: MicroUsd,
}

/// Why something about pauses and limits was turned down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unpaused", rename_all = "snake_case")]
pub enum Unpaused {
    /// It would begin something, and work is paused.
    Paused,
    /// There is nothing to pause.
    NothingToPause,
    /// Nothing is paused.
    NotPaused,
    /// More is spent, or set aside, than the limit asked for.
    BelowSpent {
        /// The limit asked for.
        limit: MicroUsd,
        /// What is spent or set aside.
        used: MicroUsd,
    },
    /// A limit for the month, above the issue's, is lower.
    AboveCeiling {
        /// The limit asked for.
        limit: MicroUsd,
        /// The most that it may be.
        ceiling: MicroUsd,
    },
}

impl Owed {
    /// Whether a run is owed: then the one that the wrapped stage names has not begun.
    pub(super) fn is_run(owed: Option<&Owed>) -> bool {
        match owed {
            Some(Owed::Run { .. }) => true,
            Some(Owed::Push { .. }) | None => false,
        }
    }
}

impl From<Unpaused> for Refused {
    fn from(why: Unpaused) -> Refused {
        Refused::Pause { why }
    }
}

/// What the stage carries.
pub(super) struct Paused<'a> {
    pub(super) why: Pause,
    pub(super) wrapped: &'a Stage,
    pub(super) owed: &'a Option<Owed>,
}

/// Answers `event` in `Paused`.
pub(super) fn answer(mut draft: Draft<'_>, paused: &Paused<'_>, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, paused, event),
        // It is a fact where work waits for people, and asks for something where a plan does.
        Event::Reviewed { .. } if paused.wrapped.is_ready() => applied(draft, paused, event),
        Event::Reviewed { .. } => wished(draft, paused, event),
        // Nobody can go on while everything is stopped, so nobody is late.
        Event::TimerDue { kind: TimerKind::Remind | TimerKind::GiveUp, .. }
            if draft.facts.policy.halted =>
        {
            let same = draft.state.stage.clone();
            draft.enter(same);
            draft.done()
        }
        Event::TimerDue { kind: TimerKind::Remind, .. } => draft.remind(),
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        Event::TimerDue {
            kind:
                TimerKind::Stuck
                | TimerKind::Resume
                | TimerKind::Poke
                | TimerKind::Note
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::Halted => draft.ignored(Ignored::NotForThisStage),
        // It waits already.
        Event::RunReported { report: Report::OverLimit, .. } => draft.ignored(Ignored::NothingNew),
        // Here it is the call at a limit that did not get through.
        Event::EffectFailed { purpose: Purpose::Tell } if has_no_news(paused.wrapped) => {
            draft.refresh_status();
            draft.done()
        }
        Event::RunReported { .. }
        | Event::TimerDue { kind: TimerKind::Ci, .. }
        | Event::CiConcluded { .. }
        | Event::Pushed { .. }
        | Event::TickedInFile { .. }
        | Event::BranchDeleted
        | Event::EffectFailed { .. }
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => applied(draft, paused, event),
    }
}

/// Lays work down at somebody's word or label. A second one changes only what keeps it: a label
/// that is on goes on to hold it.
pub(super) fn pause(mut draft: Draft<'_>, by: &Actor, origin: &Origin) -> Decision {
    let why = match origin {
        Origin::Label(_) => Pause::Label,
        Origin::Comment(_) | Origin::Tick(_) | Origin::Review | Origin::Line(_) => Pause::Person,
    };
    let before = draft.state.stage.clone();
    if let Stage::Paused { wrapped, owed, why: earlier } = before {
        let why = if earlier == Pause::Label { Pause::Label } else { why };
        let paused = Stage::Paused { why, wrapped, owed };
        let has_no_clock = earlier == Pause::Suspended;
        draft.react_to(origin, Reaction::Eyes);
        match has_no_clock {
            true => draft.enter(paused),
            false => draft.state.stage = paused,
        }
    } else if before.is_ready() && !draft.facts.open {
        // It waits for the merge that may have closed the issue, and for nothing else.
        return draft.refuse(by, origin, Refused::ClosedIssue);
    } else if goes_on_by_itself(&before) {
        draft.react_to(origin, Reaction::Eyes);
        lay_down(&mut draft, why, None);
    } else {
        return draft.refuse(by, origin, Unpaused::NothingToPause.into());
    }
    draft.react_to(origin, Reaction::Rocket);
    draft.status();
    draft.done()
}

/// Whether a stage would go on without a word of a person, or wait for one that has a clock: that is
/// what a pause is for. Also where people were called because of checks, which may speak late.
pub(super) fn goes_on_by_itself(stage: &Stage) -> bool {
    match stage {
        Stage::Blocked { why: Block::Ci(_), .. } => true,
        Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. } => true,
        Stage::Seen
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => false,
    }
}

/// Lays the stage down with all that is in it. A live run stays the live one, at its present turn.
pub(super) fn lay_down(draft: &mut Draft<'_>, why: Pause, owed: Option<Owed>) {
    let wrapped = Box::new(draft.state.stage.clone());
    if let Some(run) = wrapped.live_run() {
        draft.push(Effect::HoldRun { run: run.clone() });
    }
    draft.enter(Stage::Paused { why, wrapped, owed });
}

/// The run's next call could pass a limit: it has laid itself down, and people are asked once.
pub(super) fn over_limit(draft: &mut Draft<'_>) {
    let wrapped = Box::new(draft.state.stage.clone());
    draft.enter(Stage::Paused { why: Pause::Budget, wrapped, owed: None });
    draft.post(Post::OverLimit { person: draft.state.requester });
    draft.status();
}

/// Lays work down that people build by hand, because nothing was seen of it for so long. It is not
/// ended: what they have built counts, and somebody takes it up again.
pub(super) fn out_of_sight(mut draft: Draft<'_>) -> Decision {
    let wrapped = Box::new(draft.state.stage.clone());
    draft.enter(Stage::Paused { why: Pause::Quiet, wrapped, owed: None });
    draft.status();
    draft.done()
}

/// Goes on with what is paused, at somebody's word or because they took the label off.
pub(super) fn resume(mut draft: Draft<'_>, by: &Actor, origin: &Origin) -> Decision {
    if let Some(obstacle) = obstacle(&draft) {
        return draft.refuse(by, origin, obstacle);
    }
    draft.react_to(origin, Reaction::Eyes);
    go_on(&mut draft, by.id);
    draft.react_to(origin, Reaction::Rocket);
    draft.status();
    draft.done()
}

/// What keeps the paused work from going on.
pub(super) fn obstacle(draft: &Draft<'_>) -> Option<Refused> {
    let Stage::Paused { wrapped, owed, .. } = &draft.state.stage else {
        return Some(Unpaused::NotPaused.into());
    };
    let calls_a_model = wrapped.live_run().is_some() || Owed::is_run(owed.as_ref());
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    (calls_a_model && !draft.facts.policy.planner_available).then_some(Refused::NoModel)
}

/// Returns to the wrapped stage, and starts what it wants. What begins only now is asked for by
/// whoever resumes it.
pub(super) fn go_on(draft: &mut Draft<'_>, by: UserId) {
    let Stage::Paused { wrapped, owed, .. } = draft.state.stage.clone() else { return };
    match (owed, wrapped.heard_run().cloned()) {
        (Some(Owed::Run { role, tier, ask }), Some(run)) => {
            draft.state.requester = Some(by);
            let at = draft.now;
            draft.push(Effect::StartRun { run, role, tier, ask, requester: by, at });
        }
        (Some(Owed::Push { task }), Some(run)) => draft.push(Effect::PushChanges { run, task }),
        (None, Some(run)) if wrapped.live_run().is_some() => {
            draft.push(Effect::ReleaseRun { run });
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    let answered = match wrapped.as_ref() {
        Stage::Asking { answered, questions, .. } => is_complete(*answered, *questions),
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => false,
    };
    draft.enter(*wrapped);
    if answered {
        draft.timer(TimerKind::Resume, RESUME_AFTER);
    }
}

/// Whether the wrapped stage waits for no comment of its own to get through.
fn has_no_news(wrapped: &Stage) -> bool {
    matches!(wrapped, Stage::Planning { .. } | Stage::Working { .. } | Stage::Inspecting { .. })
}

/// What people want of paused work: what begins something is turned down, so that nobody takes a
/// run for started that is not; what says how things are counts.
fn wished(draft: Draft<'_>, paused: &Paused<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    let begins = match &wish.want {
        // A label that is off cannot be turned down; what it begins is owed.
        Want::Implement { .. } => !matches!(event, Event::Unlabelled { .. }),
        Want::Plan { .. }
        | Want::Look(_)
        | Want::Retry
        // The run it would take the task from cannot be asked where it stands.
        | Want::Handoff(_)
        | Want::Approve { start: true, .. } => true,
        Want::Fix { .. } => {
            let is_red =
                matches!(paused.wrapped, Stage::Blocked { why: Block::Ci(Ci::Red), .. });
            is_red || paused.wrapped.is_ready()
        }
        // A planner reads the words with its next turn.
        Want::Revise(_) => !matches!(paused.wrapped, Stage::Planning { .. }),
        Want::Approve { start: false, .. }
        | Want::Answer(_)
        | Want::Task { .. }
        | Want::Allow(_)
        | Want::Unapprove
        | Want::Reject => false,
    };
    if begins {
        return wish.refuse(draft, Unpaused::Paused);
    }
    applied(draft, paused, event)
}

/// Applies what happened to the wrapped stage, through its own answer.
fn applied(draft: Draft<'_>, paused: &Paused<'_>, event: &Event) -> Decision {
    let outside = draft.before();
    let judged = judged_anew(paused, event);
    let wrapped = judged.as_ref().unwrap_or(paused.wrapped);
    let before = State { stage: wrapped.clone(), ..outside.clone() };
    let mut inside = Draft::new(&before, draft.facts, draft.now);
    inside.state = State { stage: wrapped.clone(), ..draft.state };
    let decision = answer_in(wrapped, inside, event);
    match decision.verdict {
        Verdict::Done => kept(draft.now, paused, decision),
        Verdict::Refused(_) | Verdict::Ignored(_) => {
            let state = State { stage: outside.stage.clone(), ..decision.state };
            Decision { state, ..decision }
        }
    }
}

/// The wrapped stage without the run that red checks would have begun, where people pushed since: that
/// may have mended it, and nobody pays for a failure that is gone before the new head is judged.
fn judged_anew(paused: &Paused<'_>, event: &Event) -> Option<Stage> {
    let Event::Pushed { sha, elsewhere: false, code: true, .. } = event else { return None };
    let Some(Owed::Run { ask: Ask::Task { trigger: Trigger::TestFailure, .. }, .. }) = paused.owed
    else {
        return None;
    };
    let Stage::Working { work, doing: Doing::Building { .. } } = paused.wrapped else {
        return None;
    };
    let doing = Doing::Checking { sha: sha.clone(), theirs: true };
    Some(Stage::Working { work: work.clone(), doing })
}

/// Keeps the wrapped stage's new state inside, and what it would begin as owed. An end needs no pause,
/// and neither does what waits for a person whom Baton has called.
pub(super) fn kept(now: Timestamp, paused: &Paused<'_>, decision: Decision) -> Decision {
    let Decision { mut state, effects, verdict } = decision;
    let has_begun = !Owed::is_run(paused.owed.as_ref());
    let never_begun = if has_begun { None } else { paused.wrapped.live_run() };
    let stays = goes_on_by_itself(&state.stage);
    let moved = effects.contains(&Effect::CancelTimers);
    let same_run = paused.wrapped.heard_run() == state.stage.heard_run();
    let mut owed = paused.owed.clone().filter(|_| same_run);
    let mut done = Vec::with_capacity(effects.len());
    for effect in effects {
        let stops = matches!(
            &effect,
            Effect::Capture { run } | Effect::StopRun { run } if Some(run) == never_begun
        );
        // Only looking at the checks goes on; the pause has its own clock.
        let arms = matches!(
            &effect,
            Effect::SetTimer { kind, .. } if stays && (moved || *kind != TimerKind::Ci)
        );
        if let Effect::StartRun { role, tier, ask, .. } = effect {
            owed = Some(Owed::Run { role, tier, ask });
        } else if let Effect::PushChanges { task, run: _ } = effect {
            owed = Some(Owed::Push { task });
        } else if !stops && !arms {
            done.push(effect);
        }
    }
    if stays {
        let (why, wrapped) = (paused.why, Box::new(state.stage));
        state.stage = Stage::Paused { why, wrapped, owed };
        let entered = done.iter().rposition(|it| *it == Effect::CancelTimers);
        if let Some(entered) = entered {
            let armed = timers(&state.stage, state.tier).into_iter();
            let armed = armed.map(|(kind, after)| Effect::SetTimer { kind, due: now + after });
            done.splice(entered + 1..entered + 1, armed);
        }
    }
    Decision { state, effects: done, verdict }
}
