//! The plan's file no longer says what is being built: wherever the work stands, nothing more is
//! built before people have settled it (`trust.md`, rule 8; law 4).
//!
//! ```text
//! a push -> another plan: the next revision, which waits for an approval
//!        -> no plan any more: people are called, and the approved one is kept
//!             -> mended -> retry: the work goes on where it stood
//!        -> nobody can read it: people are called, and it is read when they go on
//! ```
//!
//! Every stage of the work hears of pushes. What has ended hears of nothing, so whoever takes work
//! up again is held against what stands at the head at that moment.

use std::ops::ControlFlow::{self, Break, Continue};

use crate::base::{Sha, Timestamp};
use crate::domain::command::Command;
use crate::domain::permission::Right;
use crate::domain::workflow::built;
use crate::domain::workflow::decision::{
    Decision, Draft, Facts, Ignored, Origin, PlanAtHead, Verdict,
};
use crate::domain::workflow::effect::{Effect, Post, Reaction};
use crate::domain::workflow::event::{Actor, ControlLabel, Event, Request};
use crate::domain::workflow::merged;
use crate::domain::workflow::paused::Pause;
use crate::domain::workflow::refused::Unbuilt;
use crate::domain::workflow::related;
use crate::domain::workflow::state::{Block, PlanRef, Stage, State};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Then, Work};
use crate::domain::workflow::working;

/// What is wrong with a plan's file that is not there.
pub const NO_FILE: &str = "it is no longer on its branch";

/// Breaks with the answer to a push that changed the plan under the work of `stage`, or may have
/// mended it; otherwise the stage goes on with the draft.
pub(super) fn pushed<'a>(
    stage: &Stage,
    mut draft: Draft<'a>,
    event: &Event,
) -> ControlFlow<Decision, Draft<'a>> {
    let (Event::Pushed { sha, elsewhere: false, by_bot, code, .. }, Some(work)) =
        (event, heard_of(stage))
    else {
        return Continue(draft);
    };
    let is_broken = matches!(stage, Stage::Blocked { why: Block::PlanFile, .. });
    match &draft.facts.plan_at_head {
        PlanAtHead::Edited(plan) => {
            if !by_bot {
                draft.person_acted();
            }
            let plan = plan.clone();
            let facts = draft.facts;
            let mut decision = edited(draft, plan);
            // Whoever edits the plan pushes upon what was built.
            decision.state = built::told(&decision.state, event, facts).unwrap_or(decision.state);
            Break(decision)
        }
        // What people build elsewhere rests on no file here.
        PlanAtHead::Invalid(_) | PlanAtHead::Missing if work.adopted.is_some() => {
            Break(related::without_the_plan(draft))
        }
        PlanAtHead::Invalid(_) | PlanAtHead::Missing if !is_broken => {
            if !by_bot {
                draft.person_acted();
            }
            Break(laid_down(draft, (stage, work), Some((sha, *code)), Block::PlanFile))
        }
        // It may be another plan by now, and nothing more is built before somebody can read it.
        PlanAtHead::NotRead | PlanAtHead::Unknown if goes_on_unread(stage, work) => {
            if !by_bot {
                draft.person_acted();
            }
            Break(laid_down(draft, (stage, work), Some((sha, *code)), Block::Interrupted))
        }
        // People are called already; what is wrong may be another thing now, or nothing.
        PlanAtHead::Same
        | PlanAtHead::Invalid(_)
        | PlanAtHead::Missing
        | PlanAtHead::NotRead
        | PlanAtHead::Unknown
            if is_broken =>
        {
            draft.refresh_status();
            Break(if draft.is_idle() { draft.ignored(Ignored::NothingNew) } else { draft.done() })
        }
        PlanAtHead::Same
        | PlanAtHead::Invalid(_)
        | PlanAtHead::Missing
        | PlanAtHead::NotRead
        | PlanAtHead::Unknown => Continue(draft),
    }
}

/// The work that goes on in a stage, or would by a word. A pause answers through what it wraps, and
/// without its branch there is no file.
fn heard_of(stage: &Stage) -> Option<&Work> {
    let is_deaf = matches!(
        stage,
        Stage::Paused { .. }
            | Stage::Stopped { .. }
            | Stage::Blocked { why: Block::BranchDeleted, .. }
    );
    stage.work().filter(|_| !is_deaf)
}

/// Whether work could go on though nobody knows which plan stands at the head. Where a person is
/// called for it, it is read when they go on.
fn goes_on_unread(stage: &Stage, work: &Work) -> bool {
    let is_called = matches!(
        stage,
        Stage::Blocked { why, .. } if !matches!(why, Block::Ci(_))
    );
    !is_called && work.adopted.is_none()
}

/// Building stops: the plan that somebody made of the approved one waits for people.
pub(super) fn edited(mut draft: Draft<'_>, plan: PlanRef) -> Decision {
    let revision = plan.revision;
    draft.stop_live_run();
    draft.state.revision = revision;
    draft.push(Effect::UpsertPullRequest { revision });
    draft.enter(Stage::Planned { plan, approved: None });
    draft.post(Post::PlanReady { revision });
    draft.status();
    draft.done()
}

/// The plan alone was merged, and what stands in the merged tree is not known to be what is built:
/// nothing more is built before somebody has looked.
pub(super) fn merged_unread(
    mut draft: Draft<'_>,
    (stage, work): (&Stage, &Work),
    why: Block,
) -> Decision {
    if let (Stage::Blocked { why: Block::PlanFile, held }, Block::PlanFile) = (stage, why) {
        let held = merged::without_its_head(held.clone());
        draft.state.stage = Stage::Blocked { why, held };
        draft.refresh_status();
        return draft.done();
    }
    laid_down(draft, (stage, work), None, why)
}

/// Building stops, and a person is called. Where a head was judged and is there still, the one that
/// stands there then is judged first when work goes on; what is built and not yet on the branch is
/// pushed then, and not built once more.
fn laid_down(
    mut draft: Draft<'_>,
    (stage, work): (&Stage, &Work),
    pushed: Option<(&Sha, bool)>,
    why: Block,
) -> Decision {
    let mut work = work.clone();
    let judged = || pushed.map(|(sha, _)| Doing::Checking { sha: sha.clone(), theirs: true });
    let awaits = match stage {
        Stage::Working { doing: doing @ Doing::Pushing { .. }, .. } => Some(doing.clone()),
        Stage::Working { doing: Doing::Checking { .. }, .. }
        | Stage::Inspecting { then: Then::OnItsWay | Then::Ready, .. }
        | Stage::Ready { .. } => judged(),
        Stage::Blocked { why: Block::NeedsYes | Block::Approvals, .. } => {
            draft.facts.asks_yes.clone().map(|it| Doing::Pushing { run: it.run })
        }
        Stage::Blocked { held, .. } => {
            let held = match pushed {
                Some(pushed) => held.pushed(pushed).unwrap_or_else(|| held.clone()),
                None => merged::without_its_head(held.clone()),
            };
            work = held.work.unwrap_or(work);
            held.awaits
        }
        Stage::Working { doing: Doing::Building { .. } | Doing::ByHand, .. }
        | Stage::Inspecting { then: Then::ByHand, .. }
        | Stage::HandingOver { .. }
        | Stage::Asking { .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Planned { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Stopped { .. } => None,
    };
    working::block(&mut draft, work, why);
    if let Stage::Blocked { held, .. } = &mut draft.state.stage {
        held.awaits = awaits;
    }
    draft.done()
}

/// Whether `event` may take up work again that has ended, waits for a person or is paused, at the
/// word of somebody who may build, or because what laid it down is lifted. Then the plan at the head
/// is read, and decides.
pub fn takes_up(state: &State, event: &Event) -> bool {
    let is_suspended = matches!(state.stage, Stage::Paused { why: Pause::Suspended, .. });
    let is_lifted = *event == Event::Unsuspended && is_suspended && state.stage.work().is_some();
    is_lifted || taker(state, event).is_some()
}

/// Who takes work up again, and where they say so. A limit that is raised is no word about the work.
fn taker<'a>(state: &State, event: &'a Event) -> Option<(&'a Actor, Origin)> {
    state.stage.work()?;
    let is_paused = matches!(state.stage, Stage::Paused { .. });
    let is_laid_down = matches!(state.stage, Stage::Blocked { .. } | Stage::Stopped { .. });
    let (by, origin) =
        if let Event::Asked { by, comment, request: Request::Command(command), .. } = event {
            let goes_on = match is_paused {
                true => *command == Command::Resume,
                false => is_laid_down && begins(command),
            };
            goes_on.then_some((by, Origin::Comment(*comment)))
        } else if let Event::FixAsked { by, spot, .. } = event {
            is_laid_down.then(|| (by, Origin::at(*spot)))
        } else if let Event::Ticked { by, tick } = event {
            is_laid_down.then(|| (by, Origin::Tick(tick.clone())))
        } else if let Event::Labelled { by, label: label @ ControlLabel::Manual }
        | Event::Unlabelled { by, label: label @ ControlLabel::Manual } = event
        {
            is_laid_down.then_some((by, Origin::Label(*label)))
        } else if let Event::Unlabelled { by, label: label @ ControlLabel::Pause } = event {
            is_paused.then_some((by, Origin::Label(*label)))
        } else {
            None
        }?;
    (Right::Write <= by.right && !by.bot).then_some((by, origin))
}

/// Whether a command takes up work that has ended or waits for a person.
fn begins(command: &Command) -> bool {
    matches!(
        command,
        Command::Retry
            | Command::Handoff { .. }
            | Command::Task { .. }
            | Command::Implement { .. }
            | Command::Allow { .. }
            | Command::Fix { .. }
    )
}

/// The decision upon `state`, unless it takes work up again by another plan than the one at the
/// head.
pub(super) fn held_against(
    (state, event): (&State, &Event),
    facts: &Facts,
    now: Timestamp,
    decision: Decision,
) -> Decision {
    let is_to_go_on = |decision| goes_on(decision) || asks_for_the_head(decision, facts);
    let Some((by, origin)) = taker(state, event).filter(|_| is_to_go_on(&decision)) else {
        return decision;
    };
    let mut draft = Draft::new(state, facts, now);
    let obstacle = match &facts.plan_at_head {
        PlanAtHead::Same => return decision,
        PlanAtHead::Edited(plan) => {
            draft.person_acted();
            draft.react_to(&origin, Reaction::Eyes);
            draft.state.requester = Some(by.id);
            return edited(draft, plan.clone());
        }
        PlanAtHead::Missing => match put_back(draft, event) {
            Break(decision) => return decision,
            Continue(same) => {
                draft = same;
                Unbuilt::PlanFile { sentence: NO_FILE.to_owned() }
            }
        },
        PlanAtHead::Invalid(sentence) => Unbuilt::PlanFile { sentence: sentence.clone() },
        PlanAtHead::NotRead | PlanAtHead::Unknown => Unbuilt::PlanUnread,
    };
    // A label that is off already cannot be taken back.
    match matches!(event, Event::Unlabelled { .. }) {
        true => draft.ignored(Ignored::CannotGoOn),
        false => draft.refuse(by, &origin, obstacle.into()),
    }
}

/// Whether work that stood still is to go on.
fn goes_on(decision: &Decision) -> bool {
    let stage = &decision.state.stage;
    let stands = matches!(stage, Stage::Blocked { .. } | Stage::Stopped { .. });
    decision.verdict == Verdict::Done && stage.work().is_some() && !stands
}

/// Whether work would go on if its head could be read: where the branch is gone there is none, and a
/// retry puts that back.
fn asks_for_the_head(decision: &Decision, facts: &Facts) -> bool {
    let is_gone = facts.plan_at_head == PlanAtHead::Missing && facts.head.is_none();
    is_gone && decision.verdict == Verdict::Refused(Unbuilt::HeadUnread.into())
}

/// A retry puts a plan back whose file is gone, and it waits for people anew. What was built went
/// with the branch where that is gone, too.
fn put_back<'a>(mut draft: Draft<'a>, event: &Event) -> ControlFlow<Decision, Draft<'a>> {
    let is_retry = matches!(event, Event::Asked { request: Request::Command(Command::Retry), .. });
    let wish = Wish::of(event, draft.facts.arrived).filter(|_| is_retry);
    let (Some(wish), Some(plan)) = (wish, draft.before().stage.plan()) else {
        return Continue(draft);
    };
    let is_gone = draft.facts.head.is_none();
    draft.person_acted();
    let mut decision = wish.publish_again(draft, plan);
    if is_gone {
        decision.state.lose_built();
    }
    Break(decision)
}
