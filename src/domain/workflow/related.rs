//! Pull requests that people open by themselves and that name the issue.
//!
//! While people build by hand, the first of them by somebody with write is adopted: work goes on
//! there, its head is the one that is judged and looked at, its merge is the end of the work (law 6),
//! and Baton writes nothing there and does not build beside it. Another one is shown as related and
//! moves nothing, until its merge closes the issue: then the work ended elsewhere. What bots and
//! people without write open moves nothing at all, and a fork's pull request is never adopted
//! (`workflow.md`, Two pull requests).

use std::ops::ControlFlow::{self, Break, Continue};

use crate::base::IssueNumber;
use crate::domain::permission::Right;
use crate::domain::workflow::always::end_with_merge;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::event::{Actor, Event};
use crate::domain::workflow::held::Held;
use crate::domain::workflow::merged::without_its_head;
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::work::{Doing, Then, Work};
use crate::domain::workflow::working;

/// What happened to such a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelatedNews {
    /// It is open, comes from this repository and names the issue.
    Named {
        /// Who opened, edited, reopened or pushed it.
        by: Actor,
    },
    /// It was merged.
    Merged {
        /// Whether that closes the issue.
        closes: bool,
    },
    /// It was closed without merging, or names the issue no longer.
    Left,
}

/// Answers what happened to pull request `number`, in every stage.
pub(super) fn answer(draft: Draft<'_>, number: IssueNumber, news: &RelatedNews) -> Decision {
    match news {
        RelatedNews::Named { by } => named(draft, number, by),
        RelatedNews::Merged { .. } if is_adopted(&draft, number) => {
            let mut decision = end_with_merge(draft);
            // What holds the plan is merged no more.
            decision.effects.push(Effect::ClosePullRequest);
            decision
        }
        RelatedNews::Merged { closes: true } => closed_elsewhere(draft),
        RelatedNews::Left if is_adopted(&draft, number) => left(draft),
        RelatedNews::Merged { closes: false } | RelatedNews::Left => listed(draft),
    }
}

fn named(mut draft: Draft<'_>, number: IssueNumber, by: &Actor) -> Decision {
    if by.bot {
        return draft.ignored(Ignored::ByBot);
    }
    if by.right < Right::Write {
        return draft.ignored(Ignored::NoRight);
    }
    match by_hand(&mut draft.state.stage) {
        Some(work) if work.adopted.is_none() => {
            work.adopted = Some(number);
            is_seen(&mut draft);
            draft.refresh_status();
            draft.done()
        }
        Some(work) if work.adopted == Some(number) => match is_seen(&mut draft) {
            true => draft.done(),
            false => draft.ignored(Ignored::NothingNew),
        },
        Some(_) => listed(draft),
        None => draft.ignored(Ignored::NotByHand),
    }
}

/// What happens in the adopted one is a sign of people's work, where that has a clock.
fn is_seen(draft: &mut Draft<'_>) -> bool {
    let Stage::Working { work, doing: Doing::ByHand } = draft.state.stage.clone() else {
        return false;
    };
    working::seen(draft, work);
    true
}

/// The adopted one is gone, and people go on by hand: what stood there is neither judged nor looked
/// at any longer, and it waits for nobody.
fn left(mut draft: Draft<'_>) -> Decision {
    let stage = without_theirs(draft.state.stage.clone());
    match is_about_the_head(draft.state.stage.unpaused()) {
        true => {
            draft.stop_live_run();
            draft.asked_in(None);
            draft.enter(stage);
        }
        false => draft.state.stage = stage,
    }
    draft.refresh_status();
    draft.done()
}

/// Whether a stage is about the head that stands there, and about nothing else.
fn is_about_the_head(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Working { doing: Doing::Checking { .. }, .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
    )
}

/// The stage without the adopted pull request and its head.
fn without_theirs(mut stage: Stage) -> Stage {
    if let Some(work) = work_in(&mut stage) {
        work.adopted = None;
    }
    match stage {
        Stage::Working { work, doing: Doing::Checking { .. } }
        | Stage::Inspecting { work, .. }
        | Stage::Ready { work } => {
            let work = Work { beneath: false, ..work };
            Stage::Working { work, doing: Doing::ByHand }
        }
        Stage::Paused { why, wrapped, owed } => {
            let owed = owed.filter(|_| !is_about_the_head(&wrapped));
            Stage::Paused { why, wrapped: Box::new(without_theirs(*wrapped)), owed }
        }
        Stage::Blocked { why, held } => {
            let held = Held { ready: false, ..without_its_head(held) };
            Stage::Blocked { why, held }
        }
        Stage::Stopped { why, held } => {
            let held = Held { ready: false, ..without_its_head(held) };
            Stage::Stopped { why, held }
        }
        Stage::Working {
            doing: Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand,
            ..
        }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::HandingOver { .. }
        | Stage::Done { .. } => stage,
    }
}

/// Breaks with the answer to a push that is not of the head of the work in `stage`: people who build
/// in a pull request of their own may push to the plan's branch as well, and one that was let go is
/// nothing to the work any more. A pause answers through what it wraps.
pub(super) fn beside<'a>(
    stage: &Stage,
    mut draft: Draft<'a>,
    event: &Event,
) -> ControlFlow<Decision, Draft<'a>> {
    let Event::Pushed { elsewhere, by_bot, .. } = event else { return Continue(draft) };
    if matches!(stage, Stage::Paused { .. }) || is_head(&draft, *elsewhere) {
        return Continue(draft);
    }
    if *by_bot || *elsewhere || !is_seen(&mut draft) {
        return Break(draft.ignored(Ignored::NothingDepends));
    }
    draft.person_acted();
    Break(draft.done())
}

/// Whether what was pushed, to a pull request of people's own or to the plan's branch, is the head of
/// the work.
pub(super) fn is_head(draft: &Draft<'_>, elsewhere: bool) -> bool {
    let is_theirs = draft.state.stage.work().is_some_and(|it| it.adopted.is_some());
    is_theirs == elsewhere
}

/// Another one is shown, or shown no longer.
fn listed(mut draft: Draft<'_>) -> Decision {
    if draft.state.stage.work().is_none_or(|it| !it.by_hand) {
        return draft.ignored(Ignored::NothingDepends);
    }
    draft.refresh_status();
    match draft.is_idle() {
        true => draft.ignored(Ignored::NothingDepends),
        false => draft.done(),
    }
}

/// Its merge closes the issue, which GitHub tells by itself, before or after.
fn closed_elsewhere(mut draft: Draft<'_>) -> Decision {
    match draft.state.stage.clone() {
        Stage::Stopped { why: Stop::Closed, held } => {
            draft.state.stage = Stage::Stopped { why: Stop::ClosedElsewhere, held };
        }
        Stage::Stopped { .. } | Stage::Done { .. } => return draft.ignored(Ignored::Ended),
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. } => draft.stop(Stop::ClosedElsewhere),
    }
    draft.refresh_status();
    draft.done()
}

/// Whether the work goes on in a pull request of people's own, and has not ended.
pub(super) fn is_elsewhere(draft: &Draft<'_>) -> bool {
    let is_over = matches!(draft.state.stage, Stage::Stopped { .. } | Stage::Done { .. });
    !is_over && draft.state.stage.work().is_some_and(|it| it.adopted.is_some())
}

/// The branch or the pull request that holds the plan is no longer there for the work. It goes on
/// where it goes on; should that be left, the plan is published again first.
pub(super) fn without_the_plan(mut draft: Draft<'_>) -> Decision {
    if draft.state.plan_gone {
        return draft.ignored(Ignored::NothingNew);
    }
    draft.state.plan_gone = true;
    draft.done()
}

fn is_adopted(draft: &Draft<'_>, number: IssueNumber) -> bool {
    draft.state.stage.work().is_some_and(|it| it.adopted == Some(number))
}

impl Stage {
    /// Whether people build by hand just now, paused or not, so that a pull request of theirs is
    /// theirs to build in. What a run builds for them (a review, or what was on its way when they took
    /// over) is brought to its end first, with its checks: their head does not hold that task.
    pub fn may_adopt(&self) -> bool {
        match self.unpaused() {
            Stage::Working { work, doing: Doing::ByHand } => work.by_hand,
            Stage::Working { work, doing: Doing::Checking { .. } } => {
                work.by_hand && work.task.is_none()
            }
            Stage::Inspecting { then, .. } => *then == Then::ByHand,
            Stage::Working { doing: Doing::Building { .. } | Doing::Pushing { .. }, .. }
            | Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::HandingOver { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => false,
        }
    }
}

/// The work that people do by hand just now.
fn by_hand(stage: &mut Stage) -> Option<&mut Work> {
    match stage.may_adopt() {
        true => work_in(stage),
        false => None,
    }
}

/// The work on the approved plan, to be changed.
fn work_in(stage: &mut Stage) -> Option<&mut Work> {
    match stage {
        Stage::Working { work, .. }
        | Stage::HandingOver { work, .. }
        | Stage::Inspecting { work, .. }
        | Stage::Ready { work } => Some(work),
        Stage::Asking { work, .. } => work.as_mut(),
        Stage::Paused { wrapped, .. } => work_in(wrapped),
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.work.as_mut(),
        Stage::Seen | Stage::Planning { .. } | Stage::Planned { .. } | Stage::Done { .. } => None,
    }
}
