//! `HandingOver`: the active task changes hands while its run can still speak.
//!
//! ```text
//! ask for a note -> it comes, or 30 s pass -> capture -> stop the predecessor -> start the successor
//!              \-> the task is done after all: its changes are pushed, nothing changes hands
//! ```
//!
//! The order is fixed: what the predecessor leaves is kept before it is stopped, and the successor
//! starts behind that. The counts of the work grow only when it has really changed hands.

use crate::base::{RunId, Sha};
use crate::domain::command::Rung;
use crate::domain::handoff::{Trigger, escalation, within_bounds};
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, RunFailure, Stage};
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::working;

/// What the stage carries.
#[derive(Clone)]
pub(super) struct Handing {
    /// The work, on the predecessor's rung.
    pub(super) work: Work,
    /// The predecessor, still live.
    pub(super) run: RunId,
    /// The successor's rung.
    pub(super) to: Tier,
    /// Why the task changes hands.
    pub(super) trigger: Trigger,
}

impl Handing {
    fn stage(self) -> Stage {
        let Handing { work, run, to, trigger } = self;
        Stage::HandingOver { work, run, to, trigger }
    }
}

/// Answers `event` in `HandingOver`.
pub(super) fn answer(mut draft: Draft<'_>, handing: Handing, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, handing, event),
        Event::RunReported { report, .. } => reported(draft, handing, report),
        Event::TimerDue { kind: TimerKind::Note, .. } => {
            succeed(&mut draft, handing);
            draft.done()
        }
        Event::Pushed { sha, by_bot: false, .. } => pushed(draft, handing, sha),
        Event::Pushed { .. } => draft.ignored(Ignored::NothingNew),
        Event::TickedInFile { tasks, reopened } => {
            let mut work = handing.work.clone();
            if !working::ticked(&draft, &mut work, (tasks, reopened)) {
                return draft.ignored(Ignored::NothingNew);
            }
            settled(&mut draft, Handing { work, ..handing });
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish } => {
            draft.block(Block::Publishing);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Run } => {
            draft.block(Block::Run(RunFailure::Unreadable));
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Tell | Purpose::Courtesy } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue {
            kind:
                TimerKind::Stuck
                | TimerKind::Poke
                | TimerKind::Resume
                | TimerKind::Remind
                | TimerKind::GiveUp
                | TimerKind::Ci
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::Halted
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Reviewed { .. }
        | Event::StatusEdited
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// The successor begins at the head as it finds it, unless people push again and again: then they
/// build it.
fn pushed(mut draft: Draft<'_>, handing: Handing, sha: &Sha) -> Decision {
    if !working::is_pushed_at(&draft, &handing.work) {
        return draft.ignored(Ignored::NothingNew);
    }
    draft.person_acted();
    working::make_way(draft, handing.work, &Doing::ByHand, sha)
}

/// The run is asked where it stands, and has a moment to say so.
pub(super) fn begin(draft: &mut Draft<'_>, handing: Handing) {
    draft.push(Effect::AskForNote { run: handing.run.clone() });
    draft.enter(handing.stage());
    draft.status();
}

/// The task goes to a fresh conversation on the same rung, within the bounds; beyond them a person
/// is called.
pub(super) fn renew(draft: &mut Draft<'_>, work: Work, run: RunId) {
    let (trigger, to) = (Trigger::Context, work.tier);
    match within_bounds(trigger, work.tier, to, draft.state.counts(&work)) {
        Ok(()) => begin(draft, Handing { work, run, to, trigger }),
        Err(bound) => working::block(draft, work, Block::Bound(bound)),
    }
}

/// The successor takes over: what the predecessor leaves is kept, then it is stopped, then the
/// successor starts.
fn succeed(draft: &mut Draft<'_>, handing: Handing) {
    let Handing { work, run: _, to, trigger } = handing;
    draft.stop_live_run();
    working::pass_on(draft, work, to, trigger);
    draft.status();
}

fn reported(mut draft: Draft<'_>, handing: Handing, report: &Report) -> Decision {
    match report {
        // What it asks is not waited for, and neither is money for one more word of it: the
        // successor goes on by the plan.
        Report::Noted | Report::Questions { .. } | Report::OverLimit => {
            succeed(&mut draft, handing);
        }
        Report::Failed { why } if working::got_nowhere(*why) => {
            draft.run_gave_up();
            succeed(&mut draft, handing);
        }
        // What ended it would end the successor, too: no hand is counted, and a person is called.
        Report::Failed { why } => {
            draft.run_gave_up();
            working::block(&mut draft, handing.work, Block::Run(*why));
        }
        Report::TaskDone => {
            let Some(task) = handing.work.task.clone() else {
                return draft.ignored(Ignored::NotForThisStage);
            };
            let Handing { work, run, .. } = handing;
            draft.push(Effect::PushChanges { run: run.clone(), task });
            draft.enter(Stage::Working { work, doing: Doing::Pushing { run } });
            draft.status();
        }
        Report::Waits | Report::NearLimit | Report::Costly => draft.refresh_status(),
        // It is on its way to a fresh conversation already.
        Report::Outgrown => return draft.ignored(Ignored::NothingNew),
        Report::Plan { .. }
        | Report::Pushed { .. }
        | Report::PushRefused { .. }
        | Report::Findings { .. }
        | Report::ApprovalsStand => return draft.ignored(Ignored::NotForThisStage),
    }
    draft.done()
}

fn wished(draft: Draft<'_>, handing: Handing, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    let work = &handing.work;
    match wish.want {
        Want::Task { id, act } => {
            let mut draft = draft;
            let mut work = work.clone();
            if let Err(refused) = work.set(&draft.facts.tasks, id, act) {
                return wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() });
            }
            wish.seen(&mut draft);
            settled(&mut draft, Handing { work, ..handing });
            wish.done(&mut draft);
            draft.done()
        }
        Want::Handoff(to) => redirect(draft, handing, &wish, to),
        Want::Revise(text) => working::revise(draft, work, &wish, (text, None, None)),
        Want::Plan { text, model, budget } if !text.trim().is_empty() => {
            working::revise(draft, work, &wish, (text, model, budget))
        }
        Want::Implement { manual: true, .. } => working::to_people(draft, work.clone(), &wish),
        Want::Plan { .. }
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Implement { .. }
        | Want::Retry => wish.refuse(draft, Unbuilt::AlreadyBuilding),
        Want::Look(_) => wish.refuse(draft, Unbuilt::NotAtRest),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// What follows when somebody settled or reopened a task: the handoff goes on, unless its own task
/// is settled by that.
fn settled(draft: &mut Draft<'_>, handing: Handing) {
    if let Some(work) = working::settle(draft, handing.work.clone()) {
        draft.state.stage = Handing { work, ..handing }.stage();
    }
    draft.status();
}

/// A person names another successor. The note is asked for already, and its time runs on.
fn redirect(mut draft: Draft<'_>, handing: Handing, wish: &Wish<'_>, to: Rung) -> Decision {
    let Some(to) = rung(to, handing.to) else { return wish.refuse(draft, Unbuilt::NoSuchRung) };
    wish.seen(&mut draft);
    draft.chose_tier(handing.to, to, How::Handoff);
    draft.state.requester = Some(wish.by.id);
    draft.state.stage = Handing { to, trigger: Trigger::Manual, ..handing }.stage();
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// The rung that a person means, seen from the one on which the work stands or is going to stand.
pub(super) fn rung(wanted: Rung, from: Tier) -> Option<Tier> {
    match wanted {
        Rung::To(tier) => Some(tier),
        Rung::Up => escalation(from),
        Rung::Down => Tier::ALL.into_iter().rev().find(|it| *it < from),
    }
}
