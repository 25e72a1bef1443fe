//! `Testing` and `Reviewing`: all tasks are done, and before people look two specialists do.
//!
//! ```text
//! test-agent -> finds nothing -> review-agent -> finds nothing -> Ready
//!      \-> finds work -> Working with one task, `findings` -> green -> test-agent
//! ```
//!
//! The review is Opus's where plan or difference touch security. What they find is built at most
//! twice; then a person decides. Somebody may also ask for one look alone, at what is ready or at what
//! people build by hand; it goes back to where it was asked for.

use crate::base::Sha;
use crate::domain::command::TaskAct;
use crate::domain::handoff::{Trigger, escalation, within_bounds};
use crate::domain::security::SecurityConcern;
use crate::domain::tier::{Complexity, Tier};
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Effect};
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::fix;
use crate::domain::workflow::paused;
use crate::domain::workflow::ready;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, RunFailure, Stage};
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, FINDINGS, Inspector, Then, Work};
use crate::domain::workflow::working;

/// So often what was found is built before a person decides (`workflow.md`, `Testing`).
const ROUNDS_MAX: u8 = 2;

/// What the stage carries, its run aside.
#[derive(Clone)]
pub(super) struct Looking {
    /// What was done.
    pub(super) work: Work,
    /// Who looks.
    pub(super) by: Inspector,
    /// Where it goes on when nothing is found.
    pub(super) then: Then,
}

/// Answers `event` in `Testing` or `Reviewing`.
pub(super) fn answer(mut draft: Draft<'_>, looking: Looking, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, &looking, event),
        Event::RunReported { report, .. } => reported(draft, looking, report),
        Event::Pushed { sha, by_bot, .. } => pushed(draft, looking, sha, *by_bot),
        Event::TickedInFile { tasks, reopened } => {
            ticked_in_file(draft, &looking, (tasks, reopened))
        }
        Event::Reviewed { .. } => fix::offer_later(draft),
        Event::TimerDue { kind: TimerKind::Stuck, .. } => {
            look_stronger(&mut draft, looking, Block::Stuck);
            draft.done()
        }
        // Nothing is done to the run: people read how long it has been silent.
        Event::TimerDue { kind: TimerKind::Poke, .. } => {
            draft.refresh_status();
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Run } => {
            call_a_person(&mut draft, looking, Block::Run(RunFailure::Unreadable));
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish } => unpublished(draft, looking),
        Event::EffectFailed { purpose: Purpose::Tell | Purpose::Courtesy } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue {
            kind:
                TimerKind::Resume
                | TimerKind::Remind
                | TimerKind::GiveUp
                | TimerKind::Ci
                | TimerKind::Note
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
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

/// What people push is looked at anew; whoever asked while people build wants to know how it stands,
/// and not how it ends.
fn pushed(mut draft: Draft<'_>, looking: Looking, sha: &Sha, by_bot: bool) -> Decision {
    if !by_bot {
        draft.person_acted();
    }
    let builds_on = looking.then == Then::ByHand;
    if builds_on && !working::wants_the_head(&draft, &looking.work, &Doing::ByHand) {
        return draft.ignored(Ignored::NothingNew);
    }
    draft.asked_in(None);
    // What is looked at is no longer what stands there.
    draft.stop_live_run();
    let doing = Doing::Checking { sha: sha.clone(), theirs: true };
    draft.enter(Stage::Working { work: looking.work, doing });
    draft.refresh_status();
    draft.done()
}

/// Nothing of a look itself is committed: what did not get through is the end of the work that was
/// ready, or the next branch of what people build.
fn unpublished(mut draft: Draft<'_>, looking: Looking) -> Decision {
    if looking.then == Then::OnItsWay {
        return draft.ignored(Ignored::NothingDepends);
    }
    call_a_person(&mut draft, looking, Block::Publishing);
    draft.done()
}

/// Only where people build on meanwhile there is anything left to tick.
fn ticked_in_file(
    mut draft: Draft<'_>,
    looking: &Looking,
    ticks: (&[String], &[String]),
) -> Decision {
    if looking.then != Then::ByHand {
        return draft.ignored(Ignored::NotForThisStage);
    }
    let mut work = looking.work.clone();
    if !working::ticked(&draft, &mut work, ticks) {
        return draft.ignored(Ignored::NothingNew);
    }
    settled(&mut draft, work);
    draft.done()
}

/// All tasks are settled: the first specialist looks, or people at once where there is no model.
pub(super) fn begin(draft: &mut Draft<'_>, work: Work) {
    match draft.facts.policy.planner_available {
        true => inspect(draft, work, (Inspector::TestAgent, Then::OnItsWay)),
        false => working::finish(draft, work),
    }
}

/// Somebody asks for one look at what stands there now.
pub(super) fn asked(
    mut draft: Draft<'_>,
    work: Work,
    wish: &Wish<'_>,
    (by, then): (Inspector, Then),
) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    if !draft.facts.policy.planner_available {
        return wish.refuse(draft, Refused::NoModel);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    // The comment is told how it ended when somebody has looked.
    draft.asked_in(wish.comment());
    inspect(&mut draft, work, (by, then));
    draft.done()
}

/// A specialist begins, on the rung of its role.
fn inspect(draft: &mut Draft<'_>, mut work: Work, (by, then): (Inspector, Then)) {
    work.task = None;
    work.reds = 0;
    work.tier = by.role().tier();
    work.escalations = 0;
    if by == Inspector::ReviewAgent {
        strengthen(draft, &mut work);
    }
    look(draft, Looking { work, by, then });
}

/// What touches security is reviewed by the strongest model. Where only what was built says so, that
/// is a handoff that no plan foresaw; beyond the bound the review stays on its rung, and behind it
/// people look anyway.
fn strengthen(draft: &mut Draft<'_>, work: &mut Work) {
    let (trigger, to) = (Trigger::SecurityConcern, Tier::Opus);
    let is_free = within_bounds(trigger, work.tier, to, draft.state.counts(work)).is_ok();
    match draft.facts.security {
        Some(SecurityConcern::Planned) => work.tier = to,
        Some(SecurityConcern::Built) if is_free => {
            work.tier = to;
            draft.state.count_handoff();
        }
        Some(SecurityConcern::Built) | None => {}
    }
}

/// Starts a specialist's run on the work's rung.
fn look(draft: &mut Draft<'_>, looking: Looking) {
    let Looking { work, by, then } = looking;
    let run = draft.facts.fresh_run.clone();
    draft.push(Effect::StartRun {
        run: run.clone(),
        role: by.role(),
        tier: work.tier,
        ask: Ask::Inspect { revision: work.plan.revision },
        requester: draft.state.requester.unwrap_or(work.approved),
        at: draft.now,
    });
    draft.enter(Stage::Inspecting { work, by, run, then });
    draft.status();
}

fn reported(mut draft: Draft<'_>, looking: Looking, report: &Report) -> Decision {
    let Looking { work, by, then } = looking.clone();
    if matches!((report, then), (Report::Findings { .. }, Then::Ready | Then::ByHand)) {
        draft.ended_well();
        draft.asked_in(None);
    }
    match (report, then) {
        (Report::Findings { .. }, Then::ByHand) => {
            draft.enter(Stage::Working { work, doing: Doing::ByHand });
        }
        (Report::Findings { ask_for_work: false }, Then::Ready) => {
            draft.enter(Stage::Ready { work });
        }
        (Report::Findings { ask_for_work: false }, Then::OnItsWay) => match by.next() {
            Some(next) => inspect(&mut draft, work, (next, Then::OnItsWay)),
            None => working::finish(&mut draft, work),
        },
        (Report::Findings { ask_for_work: true }, Then::OnItsWay | Then::Ready) => {
            found(&mut draft, work);
        }
        (Report::Failed { why }, _) => failed(&mut draft, looking, *why),
        (Report::Waits | Report::NearLimit, _) => {
            draft.refresh_status();
            return draft.done();
        }
        (Report::OverLimit, _) => {
            paused::over_limit(&mut draft);
            return draft.done();
        }
        (
            Report::Questions { .. }
            | Report::Noted
            | Report::Costly
            | Report::Outgrown
            | Report::Plan { .. }
            | Report::TaskDone
            | Report::Pushed { .. }
            | Report::PushRefused { .. }
            | Report::ApprovalsStand,
            _,
        ) => return draft.ignored(Ignored::NotForThisStage),
    }
    draft.status();
    draft.done()
}

/// What was found becomes one task. Work that people do by hand is theirs to mend, too.
fn found(draft: &mut Draft<'_>, mut work: Work) {
    draft.forget_run();
    if work.by_hand || ROUNDS_MAX <= work.rounds {
        working::block(draft, work, Block::Findings);
        return;
    }
    work.rounds += 1;
    work.task = Some(FINDINGS.to_owned());
    // What slipped through once needs the care of ordinary work, however small each point is.
    work.tier = Tier::max(Complexity::Medium.tier(), work.tier);
    work.reds = 0;
    work.escalations = 0;
    working::build(draft, work, FINDINGS.to_owned(), Trigger::Findings);
}

/// A run ended without a report: one that got nowhere is followed by a stronger model, anything
/// else needs a person.
fn failed(draft: &mut Draft<'_>, looking: Looking, why: RunFailure) {
    draft.run_gave_up();
    match working::got_nowhere(why) {
        true => look_stronger(draft, looking, Block::Run(why)),
        false => call_a_person(draft, looking, Block::Run(why)),
    }
}

/// Calls a person: the look came to nothing. What was ready before it is so again at a word, at no
/// cost.
pub(super) fn call_a_person(
    draft: &mut Draft<'_>,
    Looking { work, by: _, then }: Looking,
    why: Block,
) {
    match then {
        Then::OnItsWay | Then::ByHand => working::block(draft, work, why),
        Then::Ready => {
            draft.stop_live_run();
            draft.state.stage = Stage::Ready { work };
            draft.run_is_over(why);
        }
    }
}

/// The same specialist looks again one rung up, within the bounds; beyond them a person is called
/// because of `otherwise`.
fn look_stronger(draft: &mut Draft<'_>, mut looking: Looking, otherwise: Block) {
    let work = &mut looking.work;
    let Some(tier) = escalation(work.tier) else {
        call_a_person(draft, looking, otherwise);
        return;
    };
    let counts = draft.state.counts(work);
    if let Err(bound) = within_bounds(Trigger::Stuck, work.tier, tier, counts) {
        call_a_person(draft, looking, Block::Bound(bound));
        return;
    }
    draft.stop_live_run();
    work.tier = tier;
    work.escalations = work.escalations.saturating_add(1);
    draft.state.count_handoff();
    look(draft, looking);
}

/// A person settled or reopened a task while people build and a specialist looks: the look goes on,
/// unless nothing is open any more: then the checks of the head decide, or of the next one where it
/// could not be read.
fn settled(draft: &mut Draft<'_>, now: Work) {
    let is_last = working::wants_the_head(draft, &now, &Doing::ByHand);
    if is_last && draft.facts.head.is_some() {
        draft.stop_live_run();
        draft.asked_in(None);
        working::settled_by_person(draft, now, &Doing::ByHand);
        return;
    }
    if let Stage::Inspecting { work, .. } = &mut draft.state.stage {
        *work = now;
    }
    draft.status();
}

fn task(
    mut draft: Draft<'_>,
    looking: &Looking,
    wish: &Wish<'_>,
    (id, act): (&str, TaskAct),
) -> Decision {
    if looking.then != Then::ByHand {
        draft.asked_in(None);
        return ready::task(draft, &looking.work, wish, (id, act));
    }
    let mut work = looking.work.clone();
    if let Err(refused) = work.set(&draft.facts.tasks, id, act) {
        return wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() });
    }
    if working::wants_the_head(&draft, &work, &Doing::ByHand) && draft.facts.head.is_none() {
        return wish.refuse(draft, Unbuilt::HeadUnread);
    }
    wish.seen(&mut draft);
    settled(&mut draft, work);
    wish.done(&mut draft);
    draft.done()
}

fn wished(draft: Draft<'_>, looking: &Looking, event: &Event) -> Decision {
    let work = &looking.work;
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act } => task(draft, looking, &wish, (id, act)),
        Want::Look(_) => wish.refuse(draft, Unbuilt::AlreadyLooking),
        Want::Fix { .. } if looking.then == Then::Ready => {
            wish.refuse(draft, Unbuilt::AlreadyLooking)
        }
        // It is as ready while somebody looks as it was before.
        Want::Revise(_) | Want::Plan { .. } if looking.then == Then::Ready => {
            wish.refuse(draft, Unbuilt::AllDone)
        }
        Want::Implement { manual: false, model, .. } if looking.then == Then::ByHand => {
            let mut draft = draft;
            draft.stop_live_run();
            draft.asked_in(None);
            working::to_baton(draft, work.clone(), &wish, model)
        }
        Want::Revise(text) => working::revise(draft, work, &wish, (text, None, None)),
        Want::Plan { text, model, budget } if !text.trim().is_empty() => {
            working::revise(draft, work, &wish, (text, model, budget))
        }
        Want::Plan { .. }
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Implement { .. }
        | Want::Handoff(_)
        | Want::Retry => wish.refuse(draft, how_it_stands(looking.then)),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// What to say to whoever wants something that a look leaves no room for: the same as without it,
/// where somebody asked for that one.
fn how_it_stands(then: Then) -> Unbuilt {
    match then {
        Then::OnItsWay => Unbuilt::LookedAt,
        Then::Ready => Unbuilt::AllDone,
        Then::ByHand => Unbuilt::AlreadyBuilding,
    }
}
