//! Why somebody is refused, in the few words that the page about the workflow has room for.

use baton::domain::workflow::{Refused, Unapproved, Unbuilt, Unpaused};

pub(super) fn refusal(why: &Refused) -> String {
    match why {
        Refused::Right { refusal, .. } => refusal.to_string(),
        Refused::RightUnknown { .. } => "the right could not be read".to_owned(),
        Refused::Unknown { .. } => "no such command".to_owned(),
        Refused::Malformed { sentence } => sentence.clone(),
        Refused::EmptyIssue => "the issue is empty".to_owned(),
        Refused::ClosedIssue => "the issue is closed".to_owned(),
        Refused::NoModel => "no model can be called".to_owned(),
        Refused::AlreadyPlanning => "a run is at work".to_owned(),
        Refused::QuestionsOpen => "questions are open".to_owned(),
        Refused::NoPlan => "there is no plan to change".to_owned(),
        Refused::PlanWaits => "a plan waits; say what should change".to_owned(),
        Refused::NoSuchQuestion { open: 0 } => "no question is open".to_owned(),
        Refused::NoSuchQuestion { open } => format!("the questions are 1 to {open}"),
        Refused::AnswerHeld => "somebody with write has to give the answer".to_owned(),
        Refused::Approval { why } => unapproved(why),
        Refused::Work { why } => unbuilt(why),
        Refused::Pause { why } => unpaused(why),
        Refused::ReviewUnread => "its comments could not be read".to_owned(),
        Refused::Halted => "everything is stopped".to_owned(),
        Refused::CostBooked => "the comment has booked one".to_owned(),
        Refused::AskedLately => "answered within the hour".to_owned(),
        Refused::NothingToRetry => "nothing failed".to_owned(),
        Refused::NothingToStop => "nothing runs or waits".to_owned(),
        Refused::Ended => "work has ended; retry takes it up".to_owned(),
    }
}

fn unbuilt(why: &Unbuilt) -> String {
    match why {
        Unbuilt::ByHand => "people build it".to_owned(),
        Unbuilt::NotBuilding => "nothing is being built".to_owned(),
        Unbuilt::AlreadyBuilding => "it is being built".to_owned(),
        Unbuilt::PersonNeeded => "a person is needed before it goes on".to_owned(),
        Unbuilt::LookedAt => "specialists look at it".to_owned(),
        Unbuilt::AllDone => "all tasks are done".to_owned(),
        Unbuilt::Task { sentence } => sentence.clone(),
        Unbuilt::Merged => "it was merged".to_owned(),
        Unbuilt::NoSuchRung => "there is no such rung".to_owned(),
        Unbuilt::NotReady => "it is not ready for reviews".to_owned(),
        Unbuilt::NothingToFix => "no thread is open".to_owned(),
        Unbuilt::ThreadsUnread => "the threads could not be read".to_owned(),
        Unbuilt::NoRoundLeft => "three rounds were built".to_owned(),
        Unbuilt::HeadUnread => "the head of the branch could not be read".to_owned(),
        Unbuilt::Adopted { number } => format!("people build it in #{number}"),
        Unbuilt::OldBox => "the box is past".to_owned(),
        Unbuilt::PlanFile { .. } => "the plan's file does not read as a plan".to_owned(),
        Unbuilt::PlanUnread => "the plan's file could not be read".to_owned(),
        Unbuilt::Stale { changed, of } => format!("{changed} of {of} files changed on the base"),
        Unbuilt::NoSuchChange => "no such change waits".to_owned(),
        Unbuilt::NothingBuilt => "nothing is built yet".to_owned(),
        Unbuilt::NotAtRest => "the work does not rest".to_owned(),
        Unbuilt::AlreadyLooking => "somebody looks already".to_owned(),
    }
}

fn unpaused(why: &Unpaused) -> String {
    match why {
        Unpaused::Paused => "work is paused; resume goes on".to_owned(),
        Unpaused::NothingToPause => "there is nothing to pause".to_owned(),
        Unpaused::NotPaused => "nothing is paused".to_owned(),
        Unpaused::BelowSpent { .. } => "more is spent".to_owned(),
        Unpaused::AboveCeiling { .. } => "a month may cost less".to_owned(),
    }
}

fn unapproved(why: &Unapproved) -> String {
    match why {
        Unapproved::NoPlan => "there is no plan to approve yet".to_owned(),
        Unapproved::BeingWritten { before: None } => "the plan is being written".to_owned(),
        Unapproved::BeingWritten { before: Some(revision) } => {
            format!("plan revision {revision} is being changed")
        }
        Unapproved::NotOut => "the plan does not stand on GitHub".to_owned(),
        Unapproved::OtherRevision { newest } => format!("revision {newest} is the newest"),
        Unapproved::AnnouncedLater { newest } => format!("revision {newest} was announced later"),
        Unapproved::Edited { .. } => "the plan's file was edited since".to_owned(),
        Unapproved::Invalid { .. } => "the plan's file does not read".to_owned(),
        Unapproved::Missing => "the plan's file is gone".to_owned(),
        Unapproved::Unread => "the plan's file could not be read".to_owned(),
        Unapproved::BaseUnread => "the base could not be compared".to_owned(),
        Unapproved::OtherCommit => "it was made on an older commit".to_owned(),
        Unapproved::NotApproved => "it is not approved".to_owned(),
    }
}
