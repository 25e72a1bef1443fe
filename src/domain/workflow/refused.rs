//! Why a request was turned down.

use serde::{Deserialize, Serialize};

use crate::base::IssueNumber;
use crate::domain::permission::Refusal;
use crate::domain::workflow::paused::Unpaused;

/// Why the work on an approved plan was not begun, changed or handed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unbuilt", rename_all = "snake_case")]
pub enum Unbuilt {
    /// Nothing is being built here.
    NotBuilding,
    /// It is being built already.
    AlreadyBuilding,
    /// It is being built, by people.
    ByHand,
    /// It is being built, but nothing runs: a person is waited for.
    PersonNeeded,
    /// Everything is built, and specialists look at it.
    LookedAt,
    /// All tasks are done.
    AllDone,
    /// The board of tasks says no.
    Task {
        /// Its sentence.
        sentence: String,
    },
    /// The work was merged already.
    Merged,
    /// There is no model above or below.
    NoSuchRung,
    /// No change with that hash waits.
    NoSuchChange,
    /// What reviews ask for is built when all tasks are done, and not before.
    NotReady,
    /// No thread is open, and nothing else was asked for.
    NothingToFix,
    /// The threads could not be read.
    ThreadsUnread,
    /// What reviews ask for was built as often as it may be.
    NoRoundLeft,
    /// The box belonged to an earlier round.
    OldBox,
    /// The head of the branch could not be read, and its checks are what all of it rests on.
    HeadUnread,
    /// The plan's file on the branch is not the plan that work would go on by, nor another one.
    PlanFile {
        /// What is wrong with it.
        sentence: String,
    },
    /// GitHub could not be asked for the plan's file, by which work would go on.
    PlanUnread,
    /// Files that the plan names changed on its base, and people were asked how to go on.
    Stale {
        /// How many.
        changed: usize,
        /// Of how many.
        of: usize,
    },
    /// Work goes on in a pull request of people's own, whose branch is theirs alone.
    Adopted {
        /// Its number.
        number: IssueNumber,
    },
    /// Nothing is built that could be looked at.
    NothingBuilt,
    /// What is built does not rest: it is being built, or waits for a person.
    NotAtRest,
    /// Somebody looks at it already.
    AlreadyLooking,
}

impl From<Unbuilt> for Refused {
    fn from(why: Unbuilt) -> Refused {
        Refused::Work { why }
    }
}

/// Why an approval was not given or not taken back (`trust.md`, rule 8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unapproved", rename_all = "snake_case")]
pub enum Unapproved {
    /// There is no plan to approve yet.
    NoPlan,
    /// It is being written, or changed.
    BeingWritten {
        /// The revision that is being changed.
        before: Option<u16>,
    },
    /// The plan does not stand on GitHub just now.
    NotOut,
    /// The approval names another revision than the newest.
    OtherRevision {
        /// The newest.
        newest: u16,
    },
    /// The approval names no revision, and the newest was announced after it was given.
    AnnouncedLater {
        /// The newest.
        newest: u16,
    },
    /// Somebody changed the plan file since this revision was announced: what they made of it waits in
    /// its place.
    Edited {
        /// The newest revision announced.
        newest: u16,
    },
    /// The plan file cannot be read as a plan.
    Invalid {
        /// Where and why.
        sentence: String,
    },
    /// The plan file is gone from its branch.
    Missing,
    /// GitHub could not be asked for the plan file.
    Unread,
    /// GitHub could not be asked what became of the files that the plan names.
    BaseUnread,
    /// The review that approves was made on another commit than the newest.
    OtherCommit,
    /// No approval is there to take back.
    NotApproved,
}

impl From<Unapproved> for Refused {
    fn from(why: Unapproved) -> Refused {
        Refused::Approval { why }
    }
}

/// Why a request was turned down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum Refused {
    /// The actor may not.
    Right {
        /// The command or label.
        what: String,
        /// What the table says.
        refusal: Refusal,
    },
    /// The actor's right could not be read.
    RightUnknown {
        /// The command or label.
        what: String,
    },
    /// No such command.
    Unknown {
        /// The nearest one.
        nearest: Option<String>,
    },
    /// The command's options do not fit.
    Malformed {
        /// What is wrong and what to write.
        sentence: String,
    },
    /// The issue has no text to plan from.
    EmptyIssue,
    /// The issue is closed.
    ClosedIssue,
    /// There is no key for a model.
    NoModel,
    /// A run is at work.
    AlreadyPlanning,
    /// Questions are open.
    QuestionsOpen,
    /// There is no plan to change.
    NoPlan,
    /// There is a plan; a new one needs words.
    PlanWaits,
    /// An approval cannot be given, or taken back, as things stand.
    Approval {
        /// Why.
        why: Unapproved,
    },
    /// No question is open, or none with that number.
    NoSuchQuestion {
        /// How many are open in this round; 0 when none.
        open: u8,
    },
    /// Answering would spend, so somebody with write has to give the answer.
    AnswerHeld,
    /// The work on an approved plan does not allow it.
    Work {
        /// Why.
        why: Unbuilt,
    },
    /// What pauses, or what the issue may cost, does not allow it.
    Pause {
        /// Why.
        why: Unpaused,
    },
    /// The comments of a review could not be read.
    ReviewUnread,
    /// The operator has stopped everything here.
    Halted,
    /// The same was answered to them here within the hour.
    AskedLately,
    /// The comment has booked a cost already.
    CostBooked,
    /// Nothing failed.
    NothingToRetry,
    /// Nothing runs, and nothing waits.
    NothingToStop,
    /// Work has ended; a retry starts it again.
    Ended,
}
