//! The one sentence that somebody who was turned down gets: what was refused, why, and what they
//! or somebody else can do.

use crate::base::IssueNumber;
use crate::domain::command::spec;
use crate::domain::permission::{Place, Refusal, Right};
use crate::domain::workflow::{REVIEW_ROUNDS_MAX, Refused, Unapproved, Unbuilt, Unpaused};
use crate::render::comment::held::WHY_HELD;
use crate::render::comment::mention;

/// What is said to a second amount in one comment.
const COST_BOOKED: &str = "this comment has booked a cost already. One comment books one amount, so that nothing counts \
     twice; write another comment for another amount.";

/// The sentence for `login`. `repository` is `owner/name`.
pub fn refused(login: &str, repository: &str, issue: IssueNumber, refusal: &Refused) -> String {
    let who = mention(login);
    format!("{who}, {}\n", sentence(repository, issue, refusal))
}

fn sentence(repository: &str, issue: IssueNumber, refusal: &Refused) -> String {
    match refusal {
        Refused::Right { what, refusal } => right((repository, issue), what, refusal),
        Refused::RightUnknown { what } => format!(
            "{} was not done: your right in {repository} could not be read from GitHub just now. \
             Please try again in a minute.",
            quoted(what)
        ),
        Refused::Unknown { nearest: Some(nearest) } => {
            format!("that is not a command. Did you mean `/baton {nearest}`?")
        }
        Refused::Unknown { nearest: None } => {
            "that is not a command. `/baton help` lists them.".to_owned()
        }
        Refused::Malformed { sentence } => sentence.clone(),
        Refused::EmptyIssue => "the issue is empty, so there is nothing to plan. Say in its \
             description what should change and how you will know that it is done, then write \
             `/baton plan` again."
            .to_owned(),
        Refused::ClosedIssue => {
            "the issue is closed. Reopen it first; nothing was started.".to_owned()
        }
        Refused::NoModel => "planning needs ANTHROPIC_API_KEY in the settings of this Baton; \
             `/baton route` works without."
            .to_owned(),
        Refused::AlreadyPlanning => "a planning run is at work already; the status comment shows \
             its cost. `/baton revise` gives it your words, `/baton stop` ends it."
            .to_owned(),
        Refused::QuestionsOpen => "a run waits for answers to its questions above. Answer \
             with `1: …`, or let it decide with `/baton revise decide yourself`."
            .to_owned(),
        Refused::NoPlan => "there is no plan to change yet. `/baton plan` makes one.".to_owned(),
        Refused::PlanWaits => "a plan is ready above. `/baton revise` and what should be \
             different changes it."
            .to_owned(),
        Refused::Approval { why } => unapproved(why),
        Refused::NoSuchQuestion { open } => no_such_question(*open),
        Refused::AnswerHeld => WHY_HELD.to_owned(),
        Refused::Work { why } => unbuilt(why),
        Refused::Pause { why } => unpaused(why),
        Refused::ReviewUnread => "the comments of your review could not be read from GitHub just \
             now, so nothing was started. Write `/baton revise` and what should change."
            .to_owned(),
        Refused::Halted => {
            "whoever runs this server has stopped Baton here, so nothing is started and nothing \
             is spent until they lift it. `/baton status` and `/baton cost` answer."
                .to_owned()
        }
        Refused::CostBooked => COST_BOOKED.to_owned(),
        Refused::AskedLately => {
            "the same was answered here within the hour, and the answer stands \
             above. Without triage access you get it once an hour."
                .to_owned()
        }
        Refused::NothingToRetry => {
            "nothing failed here, so there is nothing to try again.".to_owned()
        }
        Refused::NothingToStop => "nothing runs or waits here that could be stopped.".to_owned(),
        Refused::Ended => {
            "work on this issue has ended. `/baton retry` takes it up again.".to_owned()
        }
    }
}

fn no_such_question(open: u8) -> String {
    match open {
        0 => "no question is open here.".to_owned(),
        1 => "there is one question here, number 1. Answer with `1: …` or `1a`.".to_owned(),
        n => format!("the questions are numbered 1 to {n}. Answer with `1: …` or `1a`."),
    }
}

const HEAD_UNREAD: &str = "the head of the branch, whose checks decide what follows, could not be \
    read from GitHub just now. Please try again in a minute.";

// Why no specialist looks now at somebody's word.
const NOTHING_BUILT: &str = "nothing is built here yet that could be looked at. `/baton implement` \
    begins, once there is a plan.";
const NOT_AT_REST: &str = "a look can be asked for where the work is ready for review, or while \
    people build it by hand. Otherwise Baton looks by itself once all tasks are done.";
const ALREADY_LOOKING: &str = "it is looked at just now. When that is done, the status comment says \
    what was found, and you can ask again.";

// Where nobody can be handed the task.
const BY_HAND: &str = "people build this, so there is no model to change. `/baton implement` gives \
    what is left back to Baton.";

fn unbuilt(why: &Unbuilt) -> String {
    match why {
        Unbuilt::ByHand => BY_HAND.to_owned(),
        Unbuilt::NotBuilding => "nothing is being built here just now. `/baton implement` begins, \
             once there is a plan."
            .to_owned(),
        Unbuilt::AlreadyBuilding => {
            "the plan is being built already; the status comment shows how \
             far it is. `/baton revise` goes back to the plan, `/baton stop` ends it."
                .to_owned()
        }
        Unbuilt::PersonNeeded => "the plan is being built, but a person is needed before it goes \
             on; the call above says what for. `/baton retry` goes on, `/baton revise` goes back to \
             the plan, `/baton stop` ends it."
            .to_owned(),
        Unbuilt::LookedAt => "all tasks are done, and two specialists look at them before people do. \
             `/baton task` with a task and `reopen` takes one up again, `/baton stop` ends it."
            .to_owned(),
        Unbuilt::AllDone => {
            "all tasks of the plan are done, and the pull request waits for people. \
             `/baton task` with a task and `reopen` takes one up again."
                .to_owned()
        }
        Unbuilt::Task { sentence } => sentence.clone(),
        Unbuilt::Merged => {
            "this work was merged, so there is nothing left to do. Reopen the issue, or \
             open a new one, for what is missing."
                .to_owned()
        }
        Unbuilt::NoSuchRung => {
            "there is no such model: the task is on the last rung already.".to_owned()
        }
        Unbuilt::NoSuchChange => {
            "no change or commit with these digits waits for a yes.".to_owned()
        }
        Unbuilt::NotReady => {
            "what a review asks for is built when all tasks are done and the pull \
             request waits for people. Before that, `/baton revise` changes the plan."
                .to_owned()
        }
        Unbuilt::NothingToFix => "no thread of somebody with write access is open on the pull \
             request. Comment on a line, or say what to do: `/baton fix` and your words."
            .to_owned(),
        Unbuilt::ThreadsUnread => "the threads of the pull request could not be read from GitHub \
             just now, so nothing was started. Please try again in a minute."
            .to_owned(),
        Unbuilt::NoRoundLeft => format!(
            "what reviews asked for was built {REVIEW_ROUNDS_MAX} times for this plan, which is as \
             often as it may be. Push what is missing to the branch, or take a task up again with \
             `/baton task`."
        ),
        Unbuilt::HeadUnread => HEAD_UNREAD.to_owned(),
        Unbuilt::Adopted { number } => format!(
            "people build this in #{number}, and what they did there stands on a branch that \
             Baton never writes. Merge it, or close it first: then Baton goes on at its own branch."
        ),
        Unbuilt::OldBox => "that box is past: the status comment shows what holds now.".to_owned(),
        Unbuilt::PlanFile { sentence } => format!(
            "nothing goes on, because the plan's file on the branch does not read as a plan: \
             {sentence}. Mend it there, then write it again."
        ),
        Unbuilt::PlanUnread => "the plan's file could not be read from GitHub just now, so \
             nothing goes on. Please try again in a minute."
            .to_owned(),
        Unbuilt::Stale { changed, of } => stale(*changed, *of),
        Unbuilt::NothingBuilt => NOTHING_BUILT.to_owned(),
        Unbuilt::NotAtRest => NOT_AT_REST.to_owned(),
        Unbuilt::AlreadyLooking => ALREADY_LOOKING.to_owned(),
    }
}

fn stale(changed: usize, of: usize) -> String {
    format!(
        "the plan is stale: {changed} of {of} files that it names changed on the base branch, so \
         nothing was started. The question above has the choice; `/baton implement --anyway` \
         starts it as it is, and `/baton revise` makes the next revision."
    )
}

fn unpaused(why: &Unpaused) -> String {
    match why {
        Unpaused::Paused => "work here is paused, so nothing was started. `/baton resume` goes on \
             with it; then ask again."
            .to_owned(),
        Unpaused::NothingToPause => "nothing runs or waits here that could be paused.".to_owned(),
        Unpaused::NotPaused => {
            "nothing is paused here. `/baton retry` tries again what failed or was stopped."
                .to_owned()
        }
        Unpaused::BelowSpent { limit, used } => format!(
            "a limit of {limit} is less than this issue has cost already: {used} is spent or set \
             aside. The limit stays as it was."
        ),
        Unpaused::AboveCeiling { limit, ceiling } => format!(
            "a limit of {limit} for one issue is more than may be spent here in a month \
             ({ceiling}). The limit stays as it was."
        ),
    }
}

fn unapproved(why: &Unapproved) -> String {
    match why {
        Unapproved::NoPlan => "there is no plan to approve yet. `/baton plan` makes one; \
             its announcement shows how to approve it."
            .to_owned(),
        Unapproved::BeingWritten { before: None } => {
            "the plan is being written, so there is none to approve yet. Its announcement shows how \
             to approve it."
                .to_owned()
        }
        Unapproved::BeingWritten { before: Some(revision) } => format!(
            "the plan is being changed, so there is none to approve just now; the announcement of \
             the next revision shows how. `/baton stop` and then `/baton retry` goes back to \
             revision {revision}."
        ),
        Unapproved::NotOut => "the plan does not stand on GitHub just now, so it cannot be \
             approved. The status comment says what is missing; `/baton retry` publishes it again."
            .to_owned(),
        Unapproved::OtherRevision { newest } => format!(
            "that is not the newest revision. Revision {newest} is; read it, then write \
             `/baton approve {newest}`."
        ),
        Unapproved::AnnouncedLater { newest } => format!(
            "revision {newest} was announced after you wrote that, so your approval may mean an \
             earlier one. Read it, then write `/baton approve {newest}`."
        ),
        Unapproved::Edited { newest } => format!(
            "the plan's file was changed on its branch since revision {newest} was announced, so \
             nothing was approved. The change is the next revision: read its announcement, then \
             approve that one."
        ),
        Unapproved::Invalid { sentence } => format!(
            "the plan's file cannot be read as a plan, so it was not approved: {sentence}. Mend it \
             on the branch, or write `/baton revise` and what should change."
        ),
        Unapproved::Missing => "the plan's file is no longer on its branch, so it cannot be \
             approved. Put it back, or write `/baton revise` and what should change."
            .to_owned(),
        Unapproved::Unread => "the plan's file could not be read from GitHub just now, so \
             nothing was approved. Please try again in a minute."
            .to_owned(),
        Unapproved::BaseUnread => {
            "what became of the plan's files on the base branch could not be read \
             from GitHub just now, so nothing was approved. Please try again in a minute."
                .to_owned()
        }
        Unapproved::OtherCommit => {
            "your review was made on an older commit than the plan's branch \
             has now, so nothing was approved. Review the newest one, or write `/baton approve`."
                .to_owned()
        }
        Unapproved::NotApproved => {
            "the plan is not approved, so there is nothing to take back.".to_owned()
        }
    }
}

fn right((repository, issue): (&str, IssueNumber), what: &str, refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooLittle { needed, has } => format!(
            "{} needs {} access to {repository} (you have {}). Somebody who has it can do it for \
             you.",
            quoted(what),
            needed.name(),
            if *has == Right::None { "none" } else { has.name() }
        ),
        Refusal::WrongPlace { place: Place::Issue } => format!(
            "{} does not work on an issue. Write it on the issue's pull request instead.",
            quoted(what)
        ),
        Refusal::WrongPlace { place } => {
            let is_for_issues = spec(what).is_none_or(|it| it.rule.places.contains(&Place::Issue));
            let there = match is_for_issues {
                // Only Baton's own pull request belongs to an issue that is known.
                true if *place == Place::BatonPullRequest => format!("issue #{issue}"),
                true => "the issue".to_owned(),
                false => "the pull request that Baton opened for the issue".to_owned(),
            };
            let place = place.title();
            format!("{} does not work on {place}. Write it on {there} instead.", quoted(what))
        }
    }
}

/// A command in code; a label's description as it is.
fn quoted(what: &str) -> String {
    match spec(what).is_some() || !what.contains(' ') {
        true => format!("`/baton {what}`"),
        false => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn on_batons_own_pull_request_the_issue_is_named() {
        let (what, place) = ("plan".to_owned(), Place::BatonPullRequest);
        let refusal = Refused::Right { what, refusal: Refusal::WrongPlace { place } };
        let text = refused("dev", "acme/api", IssueNumber(7), &refusal);
        assert!(text.ends_with(" Write it on issue #7 instead.\n"), "{text}");
    }

    #[test]
    fn a_refusal_is_one_sentence_that_helps() {
        let what = || "plan".to_owned();
        let sentence = "`--budget` needs an amount such as `1.50`.".to_owned();
        let text = [
            Refused::Right {
                what: what(),
                refusal: Refusal::TooLittle { needed: Right::Write, has: Right::Triage },
            },
            Refused::Right {
                what: "the label `baton:plan`".to_owned(),
                refusal: Refusal::TooLittle { needed: Right::Write, has: Right::None },
            },
            Refused::Right {
                what: what(),
                refusal: Refusal::WrongPlace { place: Place::OtherPullRequest },
            },
            Refused::RightUnknown { what: what() },
            Refused::Unknown { nearest: Some("plan".to_owned()) },
            Refused::Unknown { nearest: None },
            Refused::Malformed { sentence },
            Refused::EmptyIssue,
            Refused::ClosedIssue,
            Refused::NoModel,
            Refused::AlreadyPlanning,
            Refused::QuestionsOpen,
            Refused::NoPlan,
            Refused::PlanWaits,
            Refused::NoSuchQuestion { open: 0 },
            Refused::NoSuchQuestion { open: 1 },
            Refused::NoSuchQuestion { open: 3 },
            Refused::AnswerHeld,
            Refused::ReviewUnread,
            Unapproved::OtherCommit.into(),
            Refused::NothingToRetry,
            Refused::NothingToStop,
            Refused::Ended,
        ]
        .iter()
        .map(|it| refused("dev", "acme/api", IssueNumber(7), it))
        .collect::<String>();
        assert_snapshot!(text, @"
        @dev, `/baton plan` needs write access to acme/api (you have triage). Somebody who has it can do it for you.
        @dev, the label `baton:plan` needs write access to acme/api (you have none). Somebody who has it can do it for you.
        @dev, `/baton plan` does not work on another pull request. Write it on the issue instead.
        @dev, `/baton plan` was not done: your right in acme/api could not be read from GitHub just now. Please try again in a minute.
        @dev, that is not a command. Did you mean `/baton plan`?
        @dev, that is not a command. `/baton help` lists them.
        @dev, `--budget` needs an amount such as `1.50`.
        @dev, the issue is empty, so there is nothing to plan. Say in its description what should change and how you will know that it is done, then write `/baton plan` again.
        @dev, the issue is closed. Reopen it first; nothing was started.
        @dev, planning needs ANTHROPIC_API_KEY in the settings of this Baton; `/baton route` works without.
        @dev, a planning run is at work already; the status comment shows its cost. `/baton revise` gives it your words, `/baton stop` ends it.
        @dev, a run waits for answers to its questions above. Answer with `1: …`, or let it decide with `/baton revise decide yourself`.
        @dev, there is no plan to change yet. `/baton plan` makes one.
        @dev, a plan is ready above. `/baton revise` and what should be different changes it.
        @dev, no question is open here.
        @dev, there is one question here, number 1. Answer with `1: …` or `1a`.
        @dev, the questions are numbered 1 to 3. Answer with `1: …` or `1a`.
        @dev, thank you; because an answer lets the run spend, somebody with write access has to give it: by ticking its box, or by repeating it.
        @dev, the comments of your review could not be read from GitHub just now, so nothing was started. Write `/baton revise` and what should change.
        @dev, your review was made on an older commit than the plan's branch has now, so nothing was approved. Review the newest one, or write `/baton approve`.
        @dev, nothing failed here, so there is nothing to try again.
        @dev, nothing runs or waits here that could be stopped.
        @dev, work on this issue has ended. `/baton retry` takes it up again.
        ");
    }

    #[test]
    fn a_refusal_names_what_does_go_on() {
        let refusals: [Refused; 4] = [
            Unbuilt::PersonNeeded.into(),
            Unbuilt::LookedAt.into(),
            Unapproved::BeingWritten { before: None }.into(),
            Unapproved::BeingWritten { before: Some(1) }.into(),
        ];
        let text = refusals
            .iter()
            .map(|it| refused("dev", "acme/api", IssueNumber(7), it))
            .collect::<String>();
        assert_snapshot!(text, @"
        @dev, the plan is being built, but a person is needed before it goes on; the call above says what for. `/baton retry` goes on, `/baton revise` goes back to the plan, `/baton stop` ends it.
        @dev, all tasks are done, and two specialists look at them before people do. `/baton task` with a task and `reopen` takes one up again, `/baton stop` ends it.
        @dev, the plan is being written, so there is none to approve yet. Its announcement shows how to approve it.
        @dev, the plan is being changed, so there is none to approve just now; the announcement of the next revision shows how. `/baton stop` and then `/baton retry` goes back to revision 1.
        ");
    }
}
