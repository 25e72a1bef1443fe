//! `Stopped`: an end. It is left by reopening the issue or by a retry only.

use crate::domain::workflow::blocked;
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Verdict};
use crate::domain::workflow::effect::{Ask, Effect, Reaction};
use crate::domain::workflow::event::{Actor, Event};
use crate::domain::workflow::held::Held;
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::working;
use crate::domain::workflow::{merged, planned};

/// Answers `event` in `Stopped`.
pub(super) fn answer(mut draft: Draft<'_>, why: Stop, held: &Held, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, why, held, event),
        Event::Reopened { .. } if why.is_by_closing() => {
            match working::finished(&draft, held).filter(|_| held.blocked.is_none()) {
                Some(work) => working::finish(&mut draft, work),
                None => draft.go_back_to(held),
            }
            draft.refresh_status();
            draft.done()
        }
        Event::PullRequestClosed { merged } if ends_again(why, held, *merged) => {
            end_again(draft, Stop::of_plan(*merged), held.clone())
        }
        Event::PlanMerged { by } if why.is_by_closing() && outlives_its_merge(held) => {
            merged_while_closed(draft, why, held, by)
        }
        Event::PlanMerged { .. } if ends_again(why, held, true) => {
            end_again(draft, Stop::PlanMerged, merged::without_its_head(held.clone()))
        }
        // What is pushed meanwhile is what a retry judges.
        Event::Pushed { sha, code, .. } => remembers(draft, why, held.pushed((sha, *code))),
        Event::RunReported { report, .. } => remembers(draft, why, held.reported(report)),
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::TimerDue { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::Reviewed { .. }
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
        | Event::Unsuspended => draft.ignored(Ignored::Ended),
    }
}

/// Whether a merge of the plan leaves something to go back to: work, or a plan that waited.
fn outlives_its_merge(held: &Held) -> bool {
    let waited = |it: Block| it.leaves_the_plan() || it == Block::BranchDeleted;
    let is_plan = held.plan.is_some() && !held.run && held.blocked.is_none_or(waited);
    held.work.is_some() || is_plan
}

/// The merge may be what closed the issue, and is told of behind that: whoever reopens it finds what
/// they would have found had it been told of first.
fn merged_while_closed(mut draft: Draft<'_>, why: Stop, held: &Held, by: &Actor) -> Decision {
    let without_its_head = merged::without_its_head(held.clone());
    let held = match (&held.work, &held.plan) {
        (Some(_), _) => without_its_head,
        (None, Some(plan)) => match planned::accepted(&draft, plan, held.approved, by) {
            Some((_, approved)) => Held { approved, blocked: None, ..without_its_head },
            None => return end_again(draft, Stop::PlanMerged, without_its_head),
        },
        (None, None) => return draft.ignored(Ignored::Ended),
    };
    draft.state.stage = Stage::Stopped { why, held };
    draft.refresh_status();
    draft.done()
}

/// Still the same end, but what a retry finds is no longer an open pull request.
fn end_again(mut draft: Draft<'_>, why: Stop, held: Held) -> Decision {
    draft.state.stage = Stage::Stopped { why, held: held.ended_by(why) };
    draft.refresh_status();
    draft.done()
}

/// It is over, and what somebody would go back to has changed.
fn remembers(mut draft: Draft<'_>, why: Stop, held: Option<Held>) -> Decision {
    let Some(held) = held else { return draft.ignored(Ignored::Ended) };
    draft.state.stage = Stage::Stopped { why, held };
    draft.done()
}

/// Whether the end of the plan's pull request is news for work that has ended otherwise.
fn ends_again(why: Stop, held: &Held, merged: bool) -> bool {
    match why {
        Stop::Person | Stop::Closed | Stop::ClosedElsewhere | Stop::Unanswered | Stop::Halted => {
            held.plan.is_some()
        }
        Stop::PlanClosed | Stop::Rejected => merged && held.plan.is_some(),
        Stop::PlanMerged | Stop::Gone | Stop::Uninstalled | Stop::Suspended => false,
    }
}

fn wished(draft: Draft<'_>, why: Stop, held: &Held, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::Ended);
    };
    match wish.want {
        Want::Retry => retry(draft, why, held, &wish),
        Want::Plan { .. }
        | Want::Revise(_)
        | Want::Answer(_)
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Implement { .. }
        | Want::Handoff(_)
        | Want::Task { .. }
        | Want::Fix { .. }
        | Want::Look(_)
        | Want::Allow(_) => {
            let why = if draft.facts.open { Refused::Ended } else { Refused::ClosedIssue };
            wish.refuse(draft, why)
        }
    }
}

/// Goes back to what stood when work ended. Work whose pull request was closed has an open one
/// again before anything else: at its end nobody could merge it.
fn retry(draft: Draft<'_>, why: Stop, held: &Held, wish: &Wish<'_>) -> Decision {
    let mut decision = go_back(draft, why, held, wish);
    let is_closed = matches!(why, Stop::PlanClosed | Stop::Rejected);
    let goes_on = decision.verdict == Verdict::Done;
    let is_opened = |it: &Effect| matches!(it, Effect::UpsertPullRequest { .. });
    if let (Some(work), true) = (&held.work, is_closed && goes_on)
        && !decision.effects.iter().any(is_opened)
    {
        let is_seen = |it: &Effect| matches!(it, Effect::React { with: Reaction::Eyes, .. });
        let behind = decision.effects.iter().position(|it| !is_seen(it)).unwrap_or(0);
        let revision = work.plan.revision;
        decision.effects.insert(behind, Effect::UpsertPullRequest { revision });
    }
    decision
}

/// Whether people ended the change of a plan, or what it came to: the plan before it stands as it did,
/// and nobody pays to come back to it.
fn gave_a_revision_up(why: Stop, held: &Held) -> bool {
    let was_revised = held.run || held.blocked.is_some_and(Block::leaves_the_plan);
    let plan_alone = held.plan.is_some() && held.work.is_none();
    plan_alone && was_revised && !why.is_an_interruption()
}

/// A run starts again, a plan whose pull request is no longer open is published again, and anything
/// else waits where it waited, which costs nothing.
fn go_back(mut draft: Draft<'_>, why: Stop, held: &Held, wish: &Wish<'_>) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    let held = &if gave_a_revision_up(why, held) {
        Held { run: false, blocked: None, ..held.clone() }
    } else {
        held.clone()
    };
    if let Some(block) = held.blocked {
        return blocked::retry(draft, block, held, wish);
    }
    if let Some(work) = &held.work {
        return working::take_up(draft, work, held, wish);
    }
    if held.run {
        return wish.start(draft, Ask::Again, None, held.plan.clone());
    }
    match &held.plan {
        Some(plan) if matches!(why, Stop::PlanClosed | Stop::Rejected | Stop::PlanMerged) => {
            wish.publish_again(draft, plan)
        }
        Some(_) | None => {
            wish.seen(&mut draft);
            draft.go_back_to(held);
            wish.done(&mut draft);
            draft.refresh_status();
            draft.done()
        }
    }
}
