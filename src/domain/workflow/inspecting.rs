//! `Testing` and `Reviewing`: all tasks are done, and before people look two specialists do.
//!
//! ```text
//! test-agent -> finds nothing -> review-agent -> finds nothing -> Ready
//!      \-> finds work -> Working with one task, `findings` -> green -> test-agent
//! ```
//!
//! The review is Opus's where plan or difference touch security. What they find is built at most
//! twice; then a person decides.

use crate::domain::handoff::{Trigger, escalation, within_bounds};
use crate::domain::security::SecurityConcern;
use crate::domain::tier::{Complexity, Tier};
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Effect};
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::paused;
use crate::domain::workflow::ready;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, RunFailure, Stage};
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, FINDINGS, Inspector, Work};
use crate::domain::workflow::working;

/// So often what was found is built before a person decides (`workflow.md`, `Testing`).
const ROUNDS_MAX: u8 = 2;

/// Answers `event` in `Testing` or `Reviewing`.
pub(super) fn answer(mut draft: Draft<'_>, work: &Work, by: Inspector, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, work, event),
        Event::RunReported { report, .. } => reported(draft, work.clone(), by, report),
        Event::Pushed { sha, by_bot, .. } => {
            if !by_bot {
                draft.person_acted();
            }
            // What is looked at is no longer what stands there.
            draft.stop_live_run();
            let doing = Doing::Checking { sha: sha.clone(), theirs: true };
            draft.enter(Stage::Working { work: work.clone(), doing });
            draft.refresh_status();
            draft.done()
        }
        Event::TimerDue { kind: TimerKind::Stuck, .. } => {
            look_stronger(&mut draft, work.clone(), by, Block::Stuck);
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Run } => {
            working::block(&mut draft, work.clone(), Block::Run(RunFailure::Unreadable));
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish | Purpose::Tell | Purpose::Courtesy } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue {
            kind:
                TimerKind::Resume
                | TimerKind::Remind
                | TimerKind::GiveUp
                | TimerKind::Ci
                | TimerKind::Poke
                | TimerKind::Note
                | TimerKind::Start,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::Reviewed { .. }
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
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// All tasks are settled: the first specialist looks, or people at once where there is no model.
pub(super) fn begin(draft: &mut Draft<'_>, work: Work) {
    match draft.facts.policy.planner_available {
        true => inspect(draft, work, Inspector::TestAgent),
        false => working::finish(draft, work),
    }
}

/// A specialist begins, on the rung of its role.
fn inspect(draft: &mut Draft<'_>, mut work: Work, by: Inspector) {
    work.task = None;
    work.reds = 0;
    work.tier = by.role().tier();
    work.escalations = 0;
    if by == Inspector::ReviewAgent {
        strengthen(draft, &mut work);
    }
    look(draft, work, by);
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
fn look(draft: &mut Draft<'_>, work: Work, by: Inspector) {
    let run = draft.facts.fresh_run.clone();
    draft.push(Effect::StartRun {
        run: run.clone(),
        role: by.role(),
        tier: work.tier,
        ask: Ask::Inspect { revision: work.plan.revision },
        requester: draft.state.requester.unwrap_or(work.approved),
        at: draft.now,
    });
    draft.enter(Stage::Inspecting { work, by, run });
    draft.status();
}

fn reported(mut draft: Draft<'_>, work: Work, by: Inspector, report: &Report) -> Decision {
    match report {
        Report::Findings { ask_for_work: false } => match by.next() {
            Some(next) => inspect(&mut draft, work, next),
            None => working::finish(&mut draft, work),
        },
        Report::Findings { ask_for_work: true } => found(&mut draft, work),
        Report::Failed { why } => failed(&mut draft, work, by, *why),
        Report::Waits | Report::NearLimit => {
            draft.refresh_status();
            return draft.done();
        }
        Report::OverLimit => {
            paused::over_limit(&mut draft);
            return draft.done();
        }
        Report::Questions { .. }
        | Report::Noted
        | Report::Costly
        | Report::Outgrown
        | Report::Plan { .. }
        | Report::TaskDone
        | Report::Pushed { .. }
        | Report::PushRefused { .. }
        | Report::ApprovalsStand => return draft.ignored(Ignored::NotForThisStage),
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
fn failed(draft: &mut Draft<'_>, work: Work, by: Inspector, why: RunFailure) {
    draft.run_gave_up();
    match working::got_nowhere(why) {
        true => look_stronger(draft, work, by, Block::Run(why)),
        false => working::block(draft, work, Block::Run(why)),
    }
}

/// The same specialist looks again one rung up, within the bounds; beyond them a person is called
/// because of `otherwise`.
fn look_stronger(draft: &mut Draft<'_>, mut work: Work, by: Inspector, otherwise: Block) {
    let Some(tier) = escalation(work.tier) else {
        working::block(draft, work, otherwise);
        return;
    };
    if within_bounds(Trigger::Stuck, work.tier, tier, draft.state.counts(&work)).is_err() {
        working::block(draft, work, Block::OutOfRungs);
        return;
    }
    draft.stop_live_run();
    work.tier = tier;
    work.escalations = work.escalations.saturating_add(1);
    draft.state.count_handoff();
    look(draft, work, by);
}

fn wished(draft: Draft<'_>, work: &Work, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act } => ready::task(draft, work, &wish, (id, act)),
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
        | Want::Retry => wish.refuse(draft, Unbuilt::LookedAt),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}
