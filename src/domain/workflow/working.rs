//! `Working`: the approved plan is being built, task by task.
//!
//! ```text
//! take the next task -> Building -> Pushing -> Checking -> green: the task is done, take the next
//!                          ^                      | red: once more with the log, then one rung up
//!                          +----------------------+
//! ```
//!
//! `ByHand` has no run: people's ticks, commands and pushes settle the tasks. Work goes there and
//! back at somebody's word (`by_hand`).

mod by_hand;
pub(super) mod checking;
mod people;
mod taken_up;

pub(super) use self::by_hand::{is_pushed_at, make_way, seen, to_baton, to_people, wants_the_head};
pub(super) use self::people::{revise, settle, settled_by_person};
pub(super) use self::taken_up::{finished, go_on, is_left_to_people, take_up};

use self::people::{came_through, wished};
use crate::base::{RunId, Sha};
use crate::domain::command::TaskAct;
use crate::domain::handoff::{Trigger, escalation, within_bounds};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Effect, Post};
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::handing::{self, Handing};
use crate::domain::workflow::inspecting;
use crate::domain::workflow::paused;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, RunFailure, Stage};
use crate::domain::workflow::timer::{CI_LOOK, TimerKind};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Work};

/// Answers `event` in `Working`.
pub(super) fn answer(mut draft: Draft<'_>, work: &Work, doing: &Doing, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, work, doing, event),
        Event::RunReported { report, .. } => reported(draft, work.clone(), doing, report),
        Event::CiConcluded { sha, ci } => {
            checking::concluded(draft, work.clone(), doing, (sha, *ci))
        }
        Event::Pushed { sha, by_bot, code, .. } => {
            if !by_bot {
                draft.person_acted();
            }
            pushed(draft, work.clone(), doing, (sha, *by_bot, *code))
        }
        Event::TickedInFile { tasks, reopened } => {
            ticked_in_file(draft, work.clone(), doing, (tasks, reopened))
        }
        Event::TimerDue { kind, .. } => timer(draft, work.clone(), doing, *kind),
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
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::Reviewed { .. }
        | Event::StatusEdited
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Begins to build a plan that is approved as it stands, with what is built of it. Where an earlier
/// revision left nothing to build, the head is judged before anybody looks at it.
pub(super) fn start(
    mut draft: Draft<'_>,
    wish: &Wish<'_>,
    (mut work, built): (Work, Option<Doing>),
    model: Option<Tier>,
) -> Decision {
    if !work.by_hand && !draft.facts.policy.planner_available {
        return wish.refuse(draft, Refused::NoModel);
    }
    let head = || draft.facts.head.clone().map(|sha| Doing::Checking { sha, theirs: true });
    let is_whole = draft.state.built.is_some() && work.board(&draft.facts.tasks).is_complete();
    let built = match built {
        None if is_whole => match head() {
            None => return wish.refuse(draft, Unbuilt::HeadUnread),
            there @ Some(_) => there,
        },
        Some(Doing::Checking { .. }) if is_left_to_people(&draft, &work) => None,
        // A model can be kept for the task that waits, and not for one that is not chosen yet.
        Some(Doing::Checking { .. }) if model.is_some() && work.task.is_none() && !is_whole => {
            work.unchecked = true;
            None
        }
        built @ (Some(_) | None) => built,
    };
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    draft.asked_in(None);
    draft.push(Effect::ShowPlanNews { revision: work.plan.revision });
    match built {
        Some(doing) => taken_up::bring_to_its_end(&mut draft, work, doing, model),
        None => next(&mut draft, work, (Trigger::PlanningComplete, model)),
    }
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Takes up again what failed or was stopped, on the tier that a person chose by label, if one did.
pub(super) fn retry(draft: Draft<'_>, work: Work, wish: &Wish<'_>) -> Decision {
    if wants_the_head(&draft, &work, &Doing::ByHand) {
        return by_hand::look_again(draft, work, wish);
    }
    let tier = draft.state.override_tier.unwrap_or(work.tier);
    resume(draft, Work { tier, ..work }, wish)
}

/// Goes on with work that was laid down: its active task begins again with a fresh run.
pub(super) fn resume(draft: Draft<'_>, work: Work, wish: &Wish<'_>) -> Decision {
    resume_on(draft, work, wish, None)
}

/// The same on the model that somebody names for it.
fn resume_on(
    mut draft: Draft<'_>,
    mut work: Work,
    wish: &Wish<'_>,
    model: Option<Tier>,
) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    if work.is_batons() && !draft.facts.policy.planner_available {
        return wish.refuse(draft, Refused::NoModel);
    }
    // What people settled meanwhile is not built once more.
    let active = work.task.clone();
    let active = active.filter(|it| !work.is_settled(it));
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    match active {
        Some(task) if work.is_batons() => {
            work.tier = model.unwrap_or(work.tier);
            build(&mut draft, work, task, Trigger::Manual);
        }
        Some(_) | None => next(&mut draft, work, (Trigger::Manual, model)),
    }
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Pushes a parked change again, now with somebody's yes.
pub(super) fn push_again(
    mut draft: Draft<'_>,
    work: Work,
    run: RunId,
    wish: &Wish<'_>,
) -> Decision {
    let Some(task) = work.task.clone() else { return wish.refuse(draft, Unbuilt::NotBuilding) };
    let work = Work { beneath: false, ..work };
    draft.state.requester = Some(wish.by.id);
    draft.push(Effect::PushChanges { run: run.clone(), task });
    draft.enter(Stage::Working { work, doing: Doing::Pushing { run } });
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Takes up what comes next: the next ready task, or the look at all of them.
pub(super) fn next(
    draft: &mut Draft<'_>,
    mut work: Work,
    (trigger, model): (Trigger, Option<Tier>),
) {
    work.beneath = false;
    if work.board(&draft.facts.tasks).is_complete() {
        inspecting::begin(draft, work);
        return;
    }
    if work.by_hand {
        draft.enter(Stage::Working { work, doing: Doing::ByHand });
        return;
    }
    match work.take_next(&draft.facts.tasks) {
        Some(task) => {
            if let Some(chosen) = model {
                draft.chose_tier(work.tier, chosen, How::Option);
            }
            work.tier = model.or(draft.state.override_tier).unwrap_or(work.tier);
            build(draft, work, task, trigger);
        }
        // A graph without a circle has a ready task while any is open; what is not one is stuck.
        None => block(draft, work, Block::OutOfRungs),
    }
}

/// Starts a fresh run on the active task.
pub(super) fn build(draft: &mut Draft<'_>, work: Work, task: String, trigger: Trigger) {
    let work = Work { beneath: false, ..work };
    let run = draft.facts.fresh_run.clone();
    let requester = draft.state.requester.unwrap_or(work.approved);
    draft.push(Effect::StartRun {
        run: run.clone(),
        role: Role::Implementer,
        tier: work.tier,
        ask: Ask::Task { revision: work.plan.revision, task, trigger },
        requester,
        at: draft.now,
    });
    draft.enter(Stage::Working { work, doing: Doing::Building { run } });
}

/// Nothing is left to do: the pull request is made ready for people, unless it is one of their own,
/// where Baton writes nothing. They are called once; when somebody's push was looked at later, the
/// status comment says so.
pub(super) fn finish(draft: &mut Draft<'_>, mut work: Work) {
    let revision = work.plan.revision;
    let is_news = !work.told_ready;
    work.told_ready = true;
    if work.adopted.is_none() {
        draft.push(Effect::FinishPlan { revision });
    }
    draft.enter(Stage::Ready { work });
    if is_news {
        let person = draft.state.requester;
        draft.post_the_end(Post::Ready { person });
    }
}

/// Calls a person; the work is kept.
pub(super) fn block(draft: &mut Draft<'_>, work: Work, why: Block) {
    let doing = Doing::ByHand;
    draft.stop_live_run();
    // What is held is the work as it stands now, not as it stood before this event.
    draft.state.stage = Stage::Working { work, doing };
    draft.run_is_over(why);
}

fn reported(mut draft: Draft<'_>, work: Work, doing: &Doing, report: &Report) -> Decision {
    match (report, doing) {
        (Report::TaskDone, Doing::Building { run }) => {
            let run = run.clone();
            let Some(task) = work.task.clone() else {
                return draft.ignored(Ignored::NotForThisStage);
            };
            draft.push(Effect::PushChanges { run: run.clone(), task });
            draft.enter(Stage::Working { work, doing: Doing::Pushing { run } });
        }
        (Report::Pushed { sha }, Doing::Pushing { .. }) => {
            came_through(&mut draft, work, sha);
        }
        (Report::PushRefused { needs_yes, .. }, Doing::Pushing { .. }) => {
            let why = if *needs_yes { Block::NeedsYes } else { Block::GuardRefused };
            block(&mut draft, work, why);
        }
        (Report::ApprovalsStand, Doing::Pushing { .. }) => {
            block(&mut draft, work, Block::Approvals);
        }
        (Report::Failed { why }, Doing::Building { .. } | Doing::Pushing { .. }) => {
            failed(&mut draft, work, *why);
        }
        (Report::Questions { .. }, Doing::Building { run }) => {
            let run = run.clone();
            draft.enter(Stage::Asking {
                run: run.clone(),
                plan: Some(work.plan.clone()),
                round: 1,
                questions: 1,
                answered: 0,
                work: Some(work),
            });
            draft.post_unless_last(Post::Questions { run, round: 1 });
            draft.status();
        }
        (Report::Outgrown, Doing::Building { run }) => {
            handing::renew(&mut draft, work, run.clone());
        }
        (Report::Waits | Report::NearLimit | Report::Costly, _) => draft.refresh_status(),
        (Report::OverLimit, Doing::Building { .. }) => paused::over_limit(&mut draft),
        (
            Report::Plan { .. }
            | Report::Noted
            | Report::TaskDone
            | Report::Pushed { .. }
            | Report::PushRefused { .. }
            | Report::ApprovalsStand
            | Report::Questions { .. }
            | Report::Findings { .. }
            | Report::OverLimit
            | Report::Outgrown
            | Report::Failed { .. },
            Doing::Building { .. } | Doing::Pushing { .. } | Doing::Checking { .. } | Doing::ByHand,
        ) => return draft.ignored(Ignored::NotForThisStage),
    }
    draft.done()
}

/// A run ended without its task: one that got nowhere is followed by a stronger model, anything
/// else needs a person.
fn failed(draft: &mut Draft<'_>, work: Work, why: RunFailure) {
    draft.run_gave_up();
    match got_nowhere(why) {
        true => escalate(draft, work, (Trigger::Stuck, Block::Run(why))),
        false if why == RunFailure::Overtaken => taken_up::overtaken(draft, work),
        false => block(draft, work, Block::Run(why)),
    }
}

/// Whether a run ended because its model did not get the work done, so that another one may. What
/// else ends a run would end the next one, too: money, the provider, a refusal, the repository.
pub(super) fn got_nowhere(why: RunFailure) -> bool {
    match why {
        RunFailure::NoProgress
        | RunFailure::TurnLimit
        | RunFailure::TokenLimit
        | RunFailure::TimeLimit => true,
        RunFailure::PlanRefused
        | RunFailure::MoneyLimit
        | RunFailure::ModelRefused
        | RunFailure::ProviderLimit
        | RunFailure::ProviderDown
        | RunFailure::ProviderRejected
        | RunFailure::UnknownPrice
        | RunFailure::EmptyRepository
        | RunFailure::Unreadable
        | RunFailure::NotIncluded
        | RunFailure::Overtaken => false,
    }
}

/// Hands the active task to the next tier, within the bounds; beyond them a person is called
/// because of `otherwise`.
pub(super) fn escalate(draft: &mut Draft<'_>, work: Work, (trigger, otherwise): (Trigger, Block)) {
    match next_rung(draft, &work, (trigger, otherwise)) {
        Ok(tier) => {
            pass_on(draft, work, tier, trigger);
            draft.status();
        }
        Err(why) => block(draft, work, why),
    }
}

/// The same while the run can still speak: it is asked where it stands before it is stopped.
fn relieve(draft: &mut Draft<'_>, work: Work, run: RunId) {
    let trigger = Trigger::Stuck;
    match next_rung(draft, &work, (trigger, Block::Stuck)) {
        Ok(to) => handing::begin(draft, Handing { work, run, to, trigger }),
        Err(why) => block(draft, work, why),
    }
}

/// The tier that follows by itself, or why a person is called.
fn next_rung(
    draft: &Draft<'_>,
    work: &Work,
    (trigger, otherwise): (Trigger, Block),
) -> Result<Tier, Block> {
    let tier = escalation(work.tier).ok_or(otherwise)?;
    let counts = draft.state.counts(work);
    within_bounds(trigger, work.tier, tier, counts).map_err(Block::Bound)?;
    Ok(tier)
}

/// Gives the active task to a fresh run on `tier`. No run is live.
pub(super) fn pass_on(draft: &mut Draft<'_>, mut work: Work, tier: Tier, trigger: Trigger) {
    let Some(task) = work.task.clone() else {
        block(draft, work, Block::OutOfRungs);
        return;
    };
    let goes_up = work.tier < tier;
    work.tier = tier;
    // A fresh conversation of the same model is no other try at what the checks refused.
    if trigger != Trigger::Context {
        work.reds = 0;
    }
    if trigger.counts_to_bound() {
        work.escalations = work.escalations.saturating_add(u8::from(goes_up));
        draft.state.count_handoff();
    }
    build(draft, work, task, trigger);
}

/// A person's push wins: its CI is the one that counts now, and after two in a short time the
/// building is theirs.
fn pushed(
    draft: Draft<'_>,
    work: Work,
    doing: &Doing,
    (sha, by_bot, code): (&Sha, bool, bool),
) -> Decision {
    if !by_bot && is_pushed_at(&draft, &work) {
        return make_way(draft, work, doing, sha);
    }
    match doing {
        Doing::Checking { .. } => checking::another_head(draft, work, doing, (sha, code)),
        // Their ticks came before their push.
        Doing::ByHand if wants_the_head(&draft, &work, doing) => {
            checking::another_head(draft, work, doing, (sha, true))
        }
        Doing::ByHand if !by_bot => by_hand::pushed(draft, work),
        Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand => {
            draft.ignored(Ignored::NothingNew)
        }
    }
}

/// Ticks that somebody pushed in the plan's file count like ticks in the status comment.
fn ticked_in_file(
    mut draft: Draft<'_>,
    mut work: Work,
    doing: &Doing,
    ticks: (&[String], &[String]),
) -> Decision {
    if !ticked(&draft, &mut work, ticks) {
        return draft.ignored(Ignored::NothingNew);
    }
    settled_by_person(&mut draft, work, doing);
    draft.done()
}

/// Settles what was ticked and opens what was unticked, as far as the board allows; tells whether
/// anything was.
pub(super) fn ticked(
    draft: &Draft<'_>,
    work: &mut Work,
    (tasks, reopened): (&[String], &[String]),
) -> bool {
    let done = tasks.iter().map(|id| (id, TaskAct::Done));
    let open = reopened.iter().map(|id| (id, TaskAct::Reopen));
    let known = &draft.facts.tasks;
    0 < done.chain(open).filter(|(id, act)| work.set(known, id, *act).is_ok()).count()
}

fn timer(mut draft: Draft<'_>, work: Work, doing: &Doing, kind: TimerKind) -> Decision {
    match (kind, doing) {
        (TimerKind::Stuck, Doing::Building { run }) => {
            relieve(&mut draft, work, run.clone());
            draft.status();
            draft.done()
        }
        // Nothing is done to the run: people read how long it has been silent.
        (TimerKind::Poke, Doing::Building { .. }) => {
            draft.refresh_status();
            draft.done()
        }
        (TimerKind::Stuck, Doing::Pushing { .. }) => {
            draft.block(Block::Publishing);
            draft.done()
        }
        // Whoever looks at the checks arms it anew; without them it must not be the last one.
        (TimerKind::Ci, Doing::Checking { .. }) => {
            draft.timer(TimerKind::Ci, CI_LOOK);
            draft.done()
        }
        (TimerKind::Remind, Doing::ByHand) => by_hand::unseen(draft),
        (TimerKind::GiveUp, Doing::ByHand) => paused::out_of_sight(draft),
        (
            TimerKind::Stuck
            | TimerKind::Remind
            | TimerKind::GiveUp
            | TimerKind::Resume
            | TimerKind::Ci
            | TimerKind::Poke
            | TimerKind::Note
            | TimerKind::Start
            | TimerKind::Closed,
            Doing::Building { .. } | Doing::Pushing { .. } | Doing::Checking { .. } | Doing::ByHand,
        ) => draft.ignored(Ignored::NotForThisStage),
    }
}
