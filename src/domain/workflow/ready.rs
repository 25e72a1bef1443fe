//! `Ready`: all tasks are done, and the pull request waits for people to review and merge it.

use crate::base::Sha;
use crate::domain::command::TaskAct;
use crate::domain::workflow::always;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::event::{Event, Purpose};
use crate::domain::workflow::fix;
use crate::domain::workflow::inspecting;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Then, Work};
use crate::domain::workflow::working;

/// Answers `event` in `Ready`.
pub(super) fn answer(mut draft: Draft<'_>, work: &Work, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, work, event),
        Event::Reviewed { .. } => fix::offer(draft, work),
        Event::TimerDue { kind: TimerKind::Remind, .. } => draft.remind(),
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        // The merge that may have closed the issue may have taken the branch with it, and the last
        // commit is not wanted any more: nobody is called to either.
        Event::BranchDeleted if !draft.facts.open => always::end(draft, Stop::Closed),
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish } => unfinished(draft, work),
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.refresh_status();
            draft.done()
        }
        Event::Pushed { sha, by_bot, .. } => pushed(draft, work, (sha, *by_bot)),
        Event::EffectFailed { purpose: Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue {
            kind:
                TimerKind::Stuck
                | TimerKind::Resume
                | TimerKind::Ci
                | TimerKind::Poke
                | TimerKind::Note
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// The last commit did not get through; the work itself stands on the branch. The call to review stood
/// behind that commit and was dropped with it: this one takes the place that was kept for it.
fn unfinished(mut draft: Draft<'_>, work: &Work) -> Decision {
    let work = Work { told_ready: false, ..work.clone() };
    draft.state.stage = Stage::Ready { work };
    draft.was_not_posted();
    if !draft.facts.open {
        return always::end(draft, Stop::Closed);
    }
    draft.block(Block::Publishing);
    draft.done()
}

/// What people push on top is checked and looked at like everything else.
fn pushed(mut draft: Draft<'_>, work: &Work, (sha, by_bot): (&Sha, bool)) -> Decision {
    if !by_bot {
        draft.person_acted();
    }
    let doing = Doing::Checking { sha: sha.clone(), theirs: true };
    draft.enter(Stage::Working { work: work.clone(), doing });
    draft.refresh_status();
    draft.done()
}

fn wished(draft: Draft<'_>, work: &Work, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act } => task(draft, work, &wish, (id, act)),
        Want::Fix { text, round } => fix::begin(draft, work, &wish, (text, round)),
        Want::Plan { .. }
        | Want::Revise(_)
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Handoff(_)
        | Want::Implement { .. } => wish.refuse(draft, Unbuilt::AllDone),
        Want::Look(by) => inspecting::asked(draft, work.clone(), &wish, (by, Then::Ready)),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}

/// A task is reopened, and building goes on; there is nothing else left to settle.
pub(super) fn task(
    mut draft: Draft<'_>,
    work: &Work,
    wish: &Wish<'_>,
    (id, act): (&str, TaskAct),
) -> Decision {
    let mut work = work.clone();
    let sentence = match (work.set(&draft.facts.tasks, id, act), act) {
        (Ok(()), TaskAct::Reopen) => {
            draft.stop_live_run();
            return working::resume(draft, work, wish);
        }
        (Ok(()), TaskAct::Done | TaskAct::Skip) => {
            format!("{id} is a line for the review; there is nothing to settle.")
        }
        (Err(refused), _) => refused.to_string(),
    };
    wish.refuse(draft, Unbuilt::Task { sentence })
}
