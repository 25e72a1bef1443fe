//! Reviews that people submit on the pull request of a plan.
//!
//! A request for changes is what `/baton revise` is: by whoever may write, while the plan waits or
//! is being changed. An approval of the pull request is none of the plan, because it would count for
//! the code that comes onto it later (`trust.md`, rule 1), unless the operator says otherwise; then
//! it approves the plan that stands at its very commit, and dismissing it takes that back. Reviews by
//! anybody else are not answered (law 3).

use std::ops::ControlFlow::{self, Break, Continue};

use crate::base::{Timestamp, UserId};
use crate::domain::command::Command;
use crate::domain::permission::Place;
use crate::domain::workflow::always::{is_ended, refusal};
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Origin};
use crate::domain::workflow::event::Actor;
use crate::domain::workflow::fix;
use crate::domain::workflow::planned;
use crate::domain::workflow::refused::{Refused, Unapproved};
use crate::domain::workflow::state::Stage;

/// A review of the plan's pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// When it was submitted.
    pub at: Timestamp,
    /// What it says.
    pub says: ReviewSays,
}

/// What became of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewSays {
    /// Something has to change.
    RequestsChanges {
        /// Its text and its comments on lines; `None` if they could not be read.
        text: Option<String>,
    },
    /// It approves.
    Approves {
        /// Whether it was made on the commit that the branch points to.
        at_head: bool,
    },
    /// It counts no more.
    Dismissed {
        /// Who had written it.
        reviewer: Option<UserId>,
    },
}

impl Stage {
    /// Whether a review is about the plan: it stands on GitHub and waits, or is being changed.
    pub fn has_plan_in_review(&self) -> bool {
        let stage = self.unpaused();
        if stage.plan_that_waits().is_some() {
            return true;
        }
        match stage {
            Stage::Planning { plan, .. } | Stage::Asking { plan, work: None, .. } => plan.is_some(),
            Stage::Seen
            | Stage::Planned { .. }
            | Stage::Asking { work: Some(_), .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => false,
        }
    }
}

/// Checks a review where a plan waits. Whoever may not give the command that it stands for is not
/// heard, and not answered: people review what they like.
pub(super) fn reviewed<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    review: &Review,
) -> ControlFlow<Decision, Draft<'a>> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    let is_dismissed = matches!(review.says, ReviewSays::Dismissed { .. });
    let is_of_what_is_held = is_dismissed && draft.state.stage.holds_an_approval();
    if is_ended(&draft) && !is_of_what_is_held {
        return Break(draft.ignored(Ignored::Ended));
    }
    if draft.state.stage.unpaused().is_ready() {
        return fix::reviewed(draft, by, review);
    }
    if !draft.state.stage.has_plan_in_review() && !is_of_what_is_held {
        return Break(draft.ignored(Ignored::NotForThisStage));
    }
    let (command, what) = match &review.says {
        ReviewSays::RequestsChanges { .. } => (
            Command::Revise { text: String::new(), include: Vec::new() },
            "requesting changes in a review",
        ),
        // What is being changed is not what was looked at.
        ReviewSays::Approves { .. } | ReviewSays::Dismissed { .. }
            if !waits(&draft) && !is_of_what_is_held =>
        {
            return Break(draft.ignored(Ignored::NotForThisStage));
        }
        ReviewSays::Approves { .. } | ReviewSays::Dismissed { .. }
            if !draft.facts.policy.approve_by_review =>
        {
            return Break(draft.ignored(Ignored::ReviewsApproveNothing));
        }
        ReviewSays::Approves { .. } => {
            (Command::Approve { revision: None, start: false }, "approving by a review")
        }
        ReviewSays::Dismissed { reviewer } if !is_approval(&draft, *reviewer, review.at) => {
            return Break(draft.ignored(Ignored::NothingDepends));
        }
        ReviewSays::Dismissed { .. } => (Command::Unapprove, "dismissing a review"),
    };
    match refusal(&draft, by, Place::BatonPullRequest, &command, what) {
        Some(unknown @ Refused::RightUnknown { .. }) => {
            return Break(draft.refuse(by, &Origin::Review, unknown));
        }
        Some(_) => return Break(draft.ignored(Ignored::NoRight)),
        None => {}
    }
    let obstacle = match &review.says {
        ReviewSays::RequestsChanges { .. } if draft.facts.policy.halted => Some(Refused::Halted),
        ReviewSays::RequestsChanges { text: None } => Some(Refused::ReviewUnread),
        ReviewSays::RequestsChanges { text: Some(text) } if text.trim().is_empty() => {
            return Break(draft.ignored(Ignored::SaysNothing));
        }
        ReviewSays::Approves { at_head: false } => Some(Unapproved::OtherCommit.into()),
        ReviewSays::RequestsChanges { .. }
        | ReviewSays::Approves { at_head: true }
        | ReviewSays::Dismissed { .. } => None,
    };
    if let Some(obstacle) = obstacle {
        return Break(draft.refuse(by, &Origin::Review, obstacle));
    }
    draft.person_acted();
    if is_of_what_is_held { planned::taken_back(draft) } else { Continue(draft) }
}

/// Whether the plan's approval is this person's, and the review was submitted on the present
/// revision: a request for changes would have made another one, so what they take back is that
/// approval.
fn is_approval(draft: &Draft<'_>, reviewer: Option<UserId>, at: Timestamp) -> bool {
    let approved = draft.state.stage.held().approved;
    let is_under_this_revision = draft
        .facts
        .announced
        .is_some_and(|(revision, announced)| revision == draft.state.revision && announced <= at);
    approved.is_some() && approved == reviewer && is_under_this_revision
}

fn waits(draft: &Draft<'_>) -> bool {
    draft.state.stage.unpaused().plan_that_waits().is_some()
}
