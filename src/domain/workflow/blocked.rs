//! `Blocked`: a person has to do something that Baton names.

use crate::domain::command::TaskAct;
use crate::domain::workflow::decision::{Decision, Draft, Ignored, PlanAtHead, Verdict};
use crate::domain::workflow::effect::Ask;
use crate::domain::workflow::event::{Ci, Event, Purpose};
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::fix;
use crate::domain::workflow::handing;
use crate::domain::workflow::held::Held;
use crate::domain::workflow::planned::{self, reject};
use crate::domain::workflow::refused::{Refused, Unapproved, Unbuilt};
use crate::domain::workflow::state::{Block, PlanRef, Stage};
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::working::{self, checking};

impl Block {
    /// Whether a plan that was announced before stands as it did: no more than its change came to
    /// nothing.
    pub(super) fn leaves_the_plan(self) -> bool {
        match self {
            Block::Run(_) | Block::Stuck | Block::Telling | Block::Interrupted => true,
            Block::Publishing
            | Block::BranchDeleted
            | Block::NeedsYes
            | Block::GuardRefused
            | Block::Approvals
            | Block::Ci(_)
            | Block::Findings
            | Block::OutOfRungs
            | Block::Bound(_)
            | Block::PlanFile
            | Block::NotStarted => false,
        }
    }
}

/// Answers `event` in `Blocked`.
pub(super) fn answer(mut draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Reviewed { .. }
        | Event::Answered { .. } => wished(draft, why, held, event),
        // The call for a person did not get through: the status comment has to say it.
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.refresh_status();
            draft.done()
        }
        Event::PlanMerged { by } => match &held.plan {
            Some(plan) => planned::merged(draft, plan, held.approved, by),
            None => draft.ignored(Ignored::NotForThisStage),
        },
        Event::EffectFailed { purpose: Purpose::Publish | Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::CiConcluded { sha, ci } => match at_checks(why, held) {
            Some((work, doing, told)) => {
                checking::concluded_late(draft, (work, doing), told, (sha, *ci))
            }
            None => draft.ignored(Ignored::NotForThisStage),
        },
        Event::Pushed { sha, by_bot, code, .. } => {
            let is_checked = at_checks(why, held).is_some();
            let waits = draft.before().stage.plan_that_waits();
            if let Some(plan) = waits.filter(|_| !is_checked && is_edited(&draft)) {
                // A plan that waits counts the act itself.
                return as_planned(draft, plan, held, event);
            }
            if !by_bot {
                draft.person_acted();
            }
            match at_checks(why, held) {
                Some((work, doing, _)) => {
                    checking::another_head(draft, work.clone(), doing, (sha, *code))
                }
                // Without its branch nothing of the work is left to judge.
                None if why == Block::BranchDeleted => draft.ignored(Ignored::NotForThisStage),
                None => remembers(draft, why, held.pushed((sha, *code))),
            }
        }
        Event::RunReported { report, .. } => remembers(draft, why, held.reported(report)),
        Event::TickedInFile { tasks, reopened } => {
            ticked_in_file(draft, why, held, (tasks, reopened))
        }
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::TimerDue { .. }
        | Event::StatusEdited
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Whether people changed the plan in its file.
fn is_edited(draft: &Draft<'_>) -> bool {
    matches!(draft.facts.plan_at_head, PlanAtHead::Edited(_))
}

/// People are called still, and what they would go back to has changed.
fn remembers(mut draft: Draft<'_>, why: Block, held: Option<Held>) -> Decision {
    let Some(held) = held else { return draft.ignored(Ignored::NotForThisStage) };
    draft.state.stage = Stage::Blocked { why, held };
    draft.done()
}

/// What was checked when people were called because of the checks, and what these had said.
fn at_checks(why: Block, held: &Held) -> Option<(&Work, &Doing, Ci)> {
    let Block::Ci(told) = why else { return None };
    Some((held.work.as_ref()?, held.awaits.as_ref()?, told))
}

/// Whether no task is left to build.
fn is_all_settled(draft: &Draft<'_>, work: &Work) -> bool {
    work.task.is_none() && work.board(&draft.facts.tasks).is_complete()
}

/// People settle tasks in the plan's file while they are called: nothing begins by that, and what
/// they settled is not built when somebody goes on.
fn ticked_in_file(
    mut draft: Draft<'_>,
    why: Block,
    held: &Held,
    ticks: (&[String], &[String]),
) -> Decision {
    let Some(mut work) = held.work.clone() else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    if !working::ticked(&draft, &mut work, ticks) {
        return draft.ignored(Ignored::NothingNew);
    }
    // What is built of a task and only has to be pushed is brought to its end with it.
    let is_on_its_way = held.pushing().is_some();
    work.task = work.task.clone().filter(|it| is_on_its_way || !work.is_settled(it));
    draft.state.stage = Stage::Blocked { why, held: Held { work: Some(work), ..held.clone() } };
    draft.refresh_status();
    draft.done()
}

fn wished(draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    if let Some(work) = &held.work {
        return wished_of_work(draft, (why, work), held, &wish);
    }
    match (&wish.want, &held.plan) {
        (Want::Plan { model, budget, text }, Some(plan)) if !text.trim().is_empty() => {
            wish.revise(draft, plan, text, (*model, *budget))
        }
        (Want::Plan { model, budget, text }, plan) => {
            let (text, include) = ((*text).to_owned(), wish.include.to_vec());
            let ask = Ask::Plan { text, budget: *budget, include };
            wish.start(draft, ask, *model, plan.clone())
        }
        (Want::Revise(text), Some(plan)) => wish.revise(draft, plan, text, (None, None)),
        (Want::Revise(_), None) => wish.refuse(draft, Refused::NoPlan),
        (Want::Retry, _) => retry(draft, why, held, &wish),
        (
            Want::Approve { .. } | Want::Unapprove | Want::Implement { .. } | Want::Reject,
            Some(plan),
        ) if why.leaves_the_plan() => as_planned(draft, plan, held, event),
        (Want::Reject, Some(_)) => reject(draft, &wish),
        (Want::Approve { .. } | Want::Unapprove | Want::Implement { .. }, Some(_)) => {
            wish.refuse(draft, Unapproved::NotOut)
        }
        (Want::Approve { .. } | Want::Unapprove | Want::Implement { .. } | Want::Reject, None) => {
            wish.refuse(draft, Unapproved::NoPlan)
        }
        (Want::Handoff(_) | Want::Task { .. }, _) => wish.refuse(draft, Unbuilt::NotBuilding),
        (Want::Fix { .. }, _) => wish.refuse(draft, Unbuilt::NotReady),
        (Want::Look(_), _) => wish.refuse(draft, Unbuilt::NothingBuilt),
        (Want::Allow(_), _) => wish.refuse(draft, Unbuilt::NoSuchChange),
        (Want::Answer(_), _) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// A revision that came to nothing left the plan before it where it stood: what people say to that one
/// is answered as if nobody had asked for another. Where it waits on, it has the time of any plan.
fn as_planned(mut draft: Draft<'_>, plan: &PlanRef, held: &Held, event: &Event) -> Decision {
    let from = (draft.before(), draft.facts, draft.now);
    draft.state.stage = Stage::Planned { plan: plan.clone(), approved: held.approved };
    let decision = planned::answer(draft, plan, held.approved, event);
    let stage = decision.state.stage.clone();
    let has_its_time = decision.state.epoch != from.0.epoch;
    let waits_on = decision.verdict == Verdict::Done && matches!(stage, Stage::Planned { .. });
    if has_its_time || !waits_on {
        return decision;
    }
    let mut draft = Draft::upon(decision, from);
    draft.enter(stage);
    draft.done()
}

/// Somebody says yes to the change that waits: to that one, as it was shown.
fn allow(mut draft: Draft<'_>, work: &Work, wish: &Wish<'_>, hash: &str) -> Decision {
    if draft.facts.asks_yes.as_ref().is_none_or(|it| !it.hash.starts_with(hash)) {
        return wish.refuse(draft, Unbuilt::NoSuchChange);
    }
    let Some(asked) = draft.facts.asks_yes.clone() else {
        return wish.refuse(draft, Unbuilt::NoSuchChange);
    };
    wish.seen(&mut draft);
    wish.says_yes(&mut draft, asked.hash);
    working::push_again(draft, work.clone(), asked.run, wish)
}

/// Somebody settles or reopens a task of work that waits for them. It goes on with the next one when
/// that is the task that was being built; any other is noted, and what people were called for still
/// waits: no model is paid again for a task that nobody spoke of. What is built of a task that they
/// call done goes to the branch first, and it goes on without that when they say so once more.
fn task(
    mut draft: Draft<'_>,
    (why, work): (Block, &Work),
    held: &Held,
    wish: &Wish<'_>,
    (id, act): (&str, TaskAct),
) -> Decision {
    let mut work = work.clone();
    // With nothing left to settle, whoever says so once more goes on without the checks.
    let once_more = act == TaskAct::Done && work.done.contains(id);
    if once_more && is_all_settled(&draft, &work) && matches!(why, Block::Ci(_)) {
        return working::resume(draft, Work { unchecked: true, ..work }, wish);
    }
    let is_active = work.task.as_deref() == Some(id);
    let waits_to_be_pushed = held.pushing().is_some() || why == Block::Approvals;
    let is_left = once_more && is_active && waits_to_be_pushed;
    if let (false, Err(refused)) = (is_left, work.set(&draft.facts.tasks, id, act)) {
        return wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() });
    }
    if is_active && act == TaskAct::Done && waits_to_be_pushed && !is_left {
        return retry(draft, why, &Held { work: Some(work), ..held.clone() }, wish);
    }
    if is_active && work.is_settled(id) {
        work.settled_by_word();
        return working::go_on((draft, wish), (why, work), held, None);
    }
    wish.seen(&mut draft);
    draft.state.stage = Stage::Blocked { why, held: Held { work: Some(work), ..held.clone() } };
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Somebody has Baton mend what a person broke: the task at hand goes on with what failed, and where
/// there is none that Baton builds, it is a task of its own, like what a review asks for.
fn mend(
    draft: Draft<'_>,
    (why, held): (Block, &Held),
    wish: &Wish<'_>,
    asked: (&str, Option<u8>),
) -> Decision {
    match at_checks(why, held) {
        Some((work, _, Ci::Red)) if work.task.is_some() && work.is_batons() => {
            working::resume(draft, work.clone(), wish)
        }
        Some((work, _, Ci::Red)) => fix::begin(draft, work, wish, asked),
        Some(_) | None => wish.refuse(draft, Unbuilt::NotReady),
    }
}

/// What a person can do about work that waits for them.
fn wished_of_work(
    mut draft: Draft<'_>,
    (why, work): (Block, &Work),
    held: &Held,
    wish: &Wish<'_>,
) -> Decision {
    match &wish.want {
        Want::Retry => retry(draft, why, held, wish),
        Want::Revise(text) => wish.revise(draft, &work.plan, text, (None, None)),
        Want::Plan { text, model, budget } if !text.trim().is_empty() => {
            wish.revise(draft, &work.plan, text, (*model, *budget))
        }
        Want::Handoff(to) => match (to, work.task.is_some() && work.is_batons()) {
            (_, false) => wish.refuse(draft, Unbuilt::PersonNeeded),
            (to, true) => match handing::rung(*to, work.tier) {
                Some(tier) => {
                    draft.chose_tier(work.tier, tier, How::Handoff);
                    let work = Work { tier, reds: 0, ..work.clone() };
                    working::go_on((draft, wish), (why, work), held, None)
                }
                None => wish.refuse(draft, Unbuilt::NoSuchRung),
            },
        },
        Want::Task { id, act } => task(draft, (why, work), held, wish, (id, *act)),
        Want::Fix { text, round } => mend(draft, (why, held), wish, (text, *round)),
        Want::Allow(hash) if why == Block::NeedsYes => allow(draft, work, wish, hash),
        Want::Allow(digits) => match at_checks(why, held) {
            Some((work, doing, _)) => checking::taken(draft, (work, doing), digits, wish),
            None => wish.refuse(draft, Unbuilt::NoSuchChange),
        },
        Want::Look(_) => wish.refuse(draft, Unbuilt::NotAtRest),
        // What waits for a person is theirs to build, or to leave to Baton again.
        Want::Implement { manual, model, anyway: _ } if *manual == work.is_batons() => {
            if let Some(number) = work.adopted {
                return wish.refuse(draft, Unbuilt::Adopted { number });
            }
            let made_way = work.made_way && *manual;
            let work = Work { by_hand: *manual, made_way, lent: false, ..work.clone() };
            match work.board(&draft.facts.tasks).is_complete() {
                true => changes_hands(draft, why, Held { work: Some(work), ..held.clone() }, wish),
                // What is built already goes to the branch, whoever builds from here on.
                false if held.pushing().is_some() => working::take_up(draft, &work, held, wish),
                false if why == Block::Approvals => {
                    retry(draft, why, &Held { work: Some(work), ..held.clone() }, wish)
                }
                false => working::go_on((draft, wish), (why, work), held, *model),
            }
        }
        Want::Plan { .. }
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Implement { .. } => wish.refuse(draft, Unbuilt::PersonNeeded),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// Who builds changes where no task is left to build: people do it from here on, and what they were
/// called for still waits; or Baton goes on with that, as by a retry. Nobody looks at what the checks
/// have not passed.
fn changes_hands(mut draft: Draft<'_>, why: Block, held: Held, wish: &Wish<'_>) -> Decision {
    if held.work.as_ref().is_none_or(|it| !it.by_hand) {
        return retry(draft, why, &held, wish);
    }
    wish.seen(&mut draft);
    draft.state.stage = Stage::Blocked { why, held };
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Publishing is tried again as it was, and so is a push that only approvals kept back; anything
/// else starts the run again.
pub(super) fn retry(mut draft: Draft<'_>, why: Block, held: &Held, wish: &Wish<'_>) -> Decision {
    if let (Block::Approvals, Some(work)) = (why, &held.work)
        && let Some(parked) = draft.facts.asks_yes.clone()
    {
        wish.seen(&mut draft);
        return working::push_again(draft, work.clone(), parked.run, wish);
    }
    // What failed for good is mended by a run that has a task; anything else is looked at again, and
    // so is what people pushed behind a task that they settled.
    if let Some((work, doing, told)) = at_checks(why, held)
        && (told != Ci::Red || work.beneath && work.task.is_none() || is_all_settled(&draft, work))
    {
        return checking::look_again(draft, work, doing, wish);
    }
    if let (Block::PlanFile, Some(work), Some(Doing::Checking { .. })) =
        (why, &held.work, &held.awaits)
        && !working::is_left_to_people(&draft, work)
    {
        return checking::look_at_the_head(draft, work, wish);
    }
    if let (Some(work), false) = (&held.work, why == Block::BranchDeleted) {
        return match why {
            Block::Ci(_) => working::retry(draft, work.clone(), wish),
            Block::Run(_)
            | Block::Stuck
            | Block::Publishing
            | Block::Telling
            | Block::BranchDeleted
            | Block::NeedsYes
            | Block::GuardRefused
            | Block::Approvals
            | Block::Findings
            | Block::OutOfRungs
            | Block::Bound(_)
            | Block::PlanFile
            | Block::NotStarted
            | Block::Interrupted => working::take_up(draft, work, held, wish),
        };
    }
    match (why, &held.plan) {
        (Block::Publishing | Block::BranchDeleted, Some(plan)) => wish.publish_again(draft, plan),
        (Block::Publishing | Block::BranchDeleted, None)
        | (
            Block::Run(_)
            | Block::Stuck
            | Block::Telling
            | Block::NeedsYes
            | Block::GuardRefused
            | Block::Approvals
            | Block::PlanFile
            | Block::Ci(_)
            | Block::Findings
            | Block::OutOfRungs
            | Block::Bound(_)
            | Block::Interrupted
            | Block::NotStarted,
            _,
        ) => wish.start(draft, Ask::Again, None, held.plan.clone()),
    }
}
