//! What people ask for in a review of what was built becomes one task, at most three times.
//!
//! ```text
//! Ready -- changes requested --> Ready, with a box
//!   | fix: the open threads of people with write, and the words of the command
//!   v
//! Working on `review-1` -> green: an answer in each thread -> Testing -> Reviewing -> Ready
//! ```

use std::ops::ControlFlow::{self, Break, Continue};

use crate::domain::command::Command;
use crate::domain::handoff::Trigger;
use crate::domain::permission::Place;
use crate::domain::tier::Complexity;
use crate::domain::workflow::always::refusal;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::event::Actor;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::review::{Review, ReviewSays};
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{REVIEW_ROUNDS_MAX, Then, Work, is_review_task, review_task};
use crate::domain::workflow::working;

/// The threads of the pull request that nobody resolved and that people with write began. Where the
/// server does not tell what is resolved, those that Baton has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Nothing turns on them.
    NotRead,
    /// GitHub could not be asked.
    Unknown,
    /// So many are open.
    Open(usize),
}

/// Checks a review of what waits for people. Of whatever is not a request for changes by somebody
/// who may have it built, nothing follows.
pub(super) fn reviewed<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    review: &Review,
) -> ControlFlow<Decision, Draft<'a>> {
    let command = Command::Fix { text: String::new() };
    match &review.says {
        ReviewSays::Approves { .. } | ReviewSays::Dismissed { .. } => {
            Break(draft.ignored(Ignored::NotForThisStage))
        }
        ReviewSays::RequestsChanges { .. }
            if refusal(&draft, by, Place::BatonPullRequest, &command, "fix").is_some() =>
        {
            Break(draft.ignored(Ignored::NoRight))
        }
        ReviewSays::RequestsChanges { .. } => {
            draft.person_acted();
            Continue(draft)
        }
    }
}

/// Offers to have built what a review asks for: an edit, no comment.
pub(super) fn offer(mut draft: Draft<'_>, work: &Work) -> Decision {
    if let Some(why) = nothing_to_offer(work) {
        return draft.ignored(why);
    }
    draft.state.stage = Stage::Ready { work: Work { fix_offered: true, ..work.clone() } };
    draft.refresh_status();
    draft.done()
}

/// Keeps the offer until what is ready was looked at once more.
pub(super) fn offer_later(mut draft: Draft<'_>) -> Decision {
    let Stage::Inspecting { work, then: Then::Ready, .. } = &mut draft.state.stage else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    if let Some(why) = nothing_to_offer(work) {
        return draft.ignored(why);
    }
    work.fix_offered = true;
    draft.refresh_status();
    draft.done()
}

fn nothing_to_offer(work: &Work) -> Option<Ignored> {
    if work.fix_offered {
        return Some(Ignored::NothingNew);
    }
    if work.adopted.is_some() {
        return Some(Ignored::NothingDepends);
    }
    (REVIEW_ROUNDS_MAX <= work.fixes).then_some(Ignored::NoRoundLeft)
}

/// Makes the open threads and the words of the command one task, and starts a run on it.
pub(super) fn begin(
    mut draft: Draft<'_>,
    work: &Work,
    wish: &Wish<'_>,
    (text, round): (&str, Option<u8>),
) -> Decision {
    if let Some(obstacle) = obstacle(&draft, work, (text, round)) {
        return wish.refuse(draft, obstacle);
    }
    let mut work = work.clone();
    work.fixes += 1;
    work.fix_offered = false;
    let task = review_task(work.fixes);
    work.task = Some(task.clone());
    work.lent = work.by_hand;
    // Whatever people had to point at needs the care of ordinary work.
    work.tier = Complexity::Medium.tier();
    work.reds = 0;
    work.escalations = 0;
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    working::build(&mut draft, work, task, Trigger::Review);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

fn obstacle(draft: &Draft<'_>, work: &Work, (text, round): (&str, Option<u8>)) -> Option<Refused> {
    // What the review is about stands on their branch, where Baton never writes.
    if let Some(number) = work.adopted {
        return Some(Unbuilt::Adopted { number }.into());
    }
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    if !draft.facts.policy.planner_available {
        return Some(Refused::NoModel);
    }
    if REVIEW_ROUNDS_MAX <= work.fixes {
        return Some(Unbuilt::NoRoundLeft.into());
    }
    if round.is_some_and(|it| it != work.fixes + 1) {
        return Some(Unbuilt::OldBox.into());
    }
    let why = match draft.facts.threads {
        Threads::NotRead | Threads::Unknown => Unbuilt::ThreadsUnread,
        // Where people broke the checks, these say what to mend.
        Threads::Open(0) if text.trim().is_empty() && draft.state.stage.is_ready() => {
            Unbuilt::NothingToFix
        }
        Threads::Open(_) => return None,
    };
    Some(why.into())
}

/// The active task is done: where it was what a review asked for, each thread is answered.
pub(super) fn answer(draft: &mut Draft<'_>, work: &Work) {
    if let Some(task) = work.task.as_ref().filter(|it| is_review_task(it)) {
        draft.push(Effect::AnswerThreads { task: task.clone(), checked: !work.unchecked });
    }
}
