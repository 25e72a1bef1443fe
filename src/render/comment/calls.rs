//! The call for a person: what happened and to whom, and what they can do.

use std::fmt::Write;

use crate::base::MicroUsd;
use crate::domain::buttons;
use crate::domain::tier::Role;
use crate::domain::workflow::{Block, Ci, FINDINGS, RunFailure, Stage, Tick, is_review_task};
use crate::render::comment::{capitalised, said_to};

/// Whose run a sentence is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worker {
    /// The planner.
    Planner,
    /// Whoever builds a task.
    Builder {
        /// The task's id.
        task: String,
    },
    /// The test-agent.
    Tester,
    /// The review-agent.
    Reviewer,
    /// Nobody but Baton: all tasks are settled, and the work is being closed.
    Baton,
}

impl Worker {
    /// Who works in a stage, or worked when it was left for a person; `role` is the newest run's.
    pub fn of(stage: &Stage, role: Option<Role>) -> Worker {
        match (stage.work().map(|it| it.task.clone()), role) {
            (Some(Some(task)), _) => Worker::Builder { task },
            (Some(None), Some(Role::TestAgent)) => Worker::Tester,
            (Some(None), Some(Role::ReviewAgent)) => Worker::Reviewer,
            (Some(None), Some(Role::Planner | Role::Implementer) | None) => Worker::Baton,
            (None, _) => Worker::Planner,
        }
    }

    /// The subject of a sentence.
    fn subject(&self) -> String {
        match self {
            Worker::Planner => "the planner".to_owned(),
            Worker::Builder { task } if task == FINDINGS => {
                "the model that mends what was found".to_owned()
            }
            Worker::Builder { task } if is_review_task(task) => {
                "the model that does what the review asks for".to_owned()
            }
            Worker::Builder { task } => format!("the model that builds task {task}"),
            Worker::Tester => "the test-agent".to_owned(),
            Worker::Reviewer => "the review-agent".to_owned(),
            Worker::Baton => "Baton".to_owned(),
        }
    }

    /// What a run of theirs is for.
    fn duty(&self) -> String {
        match self {
            Worker::Planner => "plan this issue".to_owned(),
            Worker::Builder { task } => format!("build task {task}"),
            Worker::Tester => "test this work".to_owned(),
            Worker::Reviewer => "review this work".to_owned(),
            Worker::Baton => "finish this work".to_owned(),
        }
    }

    /// What a run of theirs is doing, behind the name of its model.
    pub(super) fn does(&self) -> String {
        match self {
            Worker::Planner => "has read the repository".to_owned(),
            Worker::Builder { task } if task == FINDINGS => "mends what was found".to_owned(),
            Worker::Builder { task } if is_review_task(task) => {
                "does what the review asks for".to_owned()
            }
            Worker::Builder { task } => format!("builds task {task}"),
            Worker::Tester => "tests this work".to_owned(),
            Worker::Reviewer => "reviews this work".to_owned(),
            Worker::Baton => "finishes this work".to_owned(),
        }
    }

    /// What a run that ended early did without.
    fn without(&self) -> &'static str {
        match self {
            Worker::Planner => "without submitting a plan",
            Worker::Builder { .. } => "without finishing the task",
            Worker::Tester | Worker::Reviewer => "without a report",
            Worker::Baton => "without finishing the work",
        }
    }
}

/// A call for a person: what happened, what was done, what they can do. Where a yes of theirs is
/// enough, `asks` are the digits that it is bound to. Where the work rested while somebody had it
/// looked at, it `rests` again at a word.
pub fn blocked(
    why: Block,
    (who, rests): (&Worker, bool),
    person: Option<&str>,
    details: Option<&str>,
    asks: Option<&str>,
    spent: MicroUsd,
) -> String {
    let says = said_to(person, &block_sentence(why, who));
    let mut out = format!("### Baton needs a person\n\n{says}\n");
    if let Some(details) = details.map(str::trim).filter(|it| !it.is_empty()) {
        let end = if details.ends_with(|it: char| it.is_alphanumeric()) { "." } else { "" };
        let _ = write!(out, "\n{}{end}\n", capitalised(details));
    }
    let remedy = if rests { AT_REST } else { block_remedy(why, who) };
    let _ = match asks.and_then(|it| yes(why, it)) {
        Some(yes) => write!(out, "\n{remedy} {yes}\n\nSpent on this issue: {spent}.\n"),
        None => write!(out, "\n{remedy} Spent on this issue: {spent}.\n"),
    };
    out
}

/// What helps after a look that was asked for and came to nothing.
const AT_REST: &str = "`/baton retry` goes back to where the work stood; then `/baton test` or \
    `/baton review` asks for another look.";

/// What a call says of the plan before a revision that came to nothing.
pub fn still_stands(revision: u16) -> String {
    format!(
        "\nPlan revision {revision} stands as it did: `/baton approve` and `/baton implement` go on \
         with it, and nothing is paid for that again.\n"
    )
}

/// The box of the yes that goes on, with what to write instead.
fn yes(why: Block, digits: &str) -> Option<String> {
    let (begins, text) = match why {
        Block::NeedsYes => {
            ("To push exactly these changes", format!("Push these changes (content `{digits}`)"))
        }
        Block::Ci(_) => {
            ("To go on without them", format!("Go on without checks (commit `{digits}`)"))
        }
        Block::Run(_)
        | Block::Stuck
        | Block::Publishing
        | Block::Telling
        | Block::BranchDeleted
        | Block::PlanFile
        | Block::GuardRefused
        | Block::Approvals
        | Block::Findings
        | Block::OutOfRungs
        | Block::Bound(_)
        | Block::Interrupted
        | Block::NotStarted => return None,
    };
    let line = buttons::line(&Tick::Allow { hash: digits.to_owned() }, &text);
    Some(format!("{begins}, tick this or write `/baton allow {digits}`:\n\n{line}"))
}

/// What happened, in one sentence.
pub(super) fn block_sentence(why: Block, who: &Worker) -> String {
    let subject = who.subject();
    let sentence = match why {
        Block::Run(failure) => return failure_sentence(failure, who),
        Block::Stuck => {
            return format!(
                "{subject} has shown no sign of life for as long as its model may, so the run was \
                 stopped."
            );
        }
        Block::NotStarted => {
            return format!(
                "{subject} did not begin within five minutes, and neither did the one that was \
                 ordered in its place."
            );
        }
        Block::Publishing => match who {
            Worker::Planner => {
                "the plan is written, but GitHub did not take its commit or its pull request."
            }
            Worker::Builder { task } => {
                return format!("task {task} is built, but GitHub did not take its commit.");
            }
            Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "all tasks are done, but GitHub did not take the last commit or the pull request's \
                 new text."
            }
        },
        Block::Telling => "GitHub did not take Baton's comment, so the run was stopped.",
        Block::BranchDeleted => "the branch with the plan was deleted.",
        Block::PlanFile => {
            "the plan's file on the branch is gone or no longer reads as a plan, so nothing is built."
        }
        Block::NeedsYes => {
            "the task is built, and its changes wait for a person's yes. Nothing was pushed."
        }
        Block::GuardRefused => {
            "the task is built, and its changes hold something that Baton never pushes."
        }
        Block::Approvals => {
            "the task is built, but nothing was pushed: approvals of the plan would count for its \
             code, and Baton could not dismiss them."
        }
        Block::Ci(ci) => ci_sentence(ci),
        Block::Findings => match who {
            Worker::Builder { task } if is_review_task(task) => {
                "the building was left to people before what the review asks for was done."
            }
            Worker::Builder { .. } => {
                "the building was left to people before what was found was mended."
            }
            Worker::Planner | Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "what was built was looked at, and what was found there is for people to mend."
            }
        },
        Block::OutOfRungs => "the strongest model did not get the task done, so nothing runs.",
        Block::Bound(bound) => return bound.to_string(),
        Block::Interrupted => match who {
            Worker::Planner => "planning was interrupted and waits for somebody to go on.",
            Worker::Builder { .. } | Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "building was interrupted and waits for somebody to go on."
            }
        },
    };
    sentence.to_owned()
}

fn ci_sentence(ci: Ci) -> &'static str {
    match ci {
        Ci::Green => "the checks have passed.",
        Ci::Red => "the checks failed on a commit that a person pushed.",
        Ci::Unverified => {
            "no check spoke within five minutes of the push, so nobody knows whether that commit is \
             sound."
        }
        Ci::Unproven => {
            "the check by which the plan verifies this task did not pass within five minutes of the \
             push."
        }
        Ci::Silent => "a check has been open for an hour.",
        Ci::NeedsPerson => "a check waits for a person, or ended without saying how.",
    }
}

fn failure_sentence(failure: RunFailure, who: &Worker) -> String {
    let (subject, without) = (who.subject(), who.without());
    let sentence = match failure {
        RunFailure::PlanRefused => {
            let work = if *who == Worker::Planner { "a plan" } else { "its work" };
            return format!("{subject} submitted {work} three times, and each failed its checks.");
        }
        RunFailure::TurnLimit => return format!("{subject} used all its turns {without}."),
        RunFailure::TokenLimit => {
            return format!("{subject} read more than its token limit {without}.");
        }
        RunFailure::TimeLimit => return format!("{subject} used all its time {without}."),
        RunFailure::MoneyLimit => {
            "the next model call could have passed a limit on money, so it was not made."
        }
        RunFailure::NoProgress => {
            return format!("{subject} was not getting on, so the run was stopped.");
        }
        RunFailure::ModelRefused => return format!("the model declined to {}.", who.duty()),
        RunFailure::ProviderLimit => {
            "the model provider's own spending limit is reached; it lasts until the first of next \
             month or until somebody raises it there."
        }
        RunFailure::ProviderDown => "the model provider has not answered for six hours.",
        RunFailure::ProviderRejected => {
            "the model provider did not accept the request: its key, the model's name or the \
             request itself."
        }
        RunFailure::UnknownPrice => {
            "the configured model has no known price, and without one no limit on money can be \
             held, so it was not called."
        }
        RunFailure::EmptyRepository => {
            return format!(
                "the repository has no commit yet, so there is no code to {}.",
                match who {
                    Worker::Planner => "plan for",
                    Worker::Builder { .. } | Worker::Tester | Worker::Reviewer | Worker::Baton =>
                        "work on",
                }
            );
        }
        RunFailure::Unreadable => "the repository could not be read.",
        RunFailure::NotIncluded => {
            "a comment that the command includes cannot be read, so nothing was started."
        }
        RunFailure::Overtaken => {
            "somebody changed the same files while the run worked, so its changes were not pushed."
        }
    };
    sentence.to_owned()
}

fn block_remedy(why: Block, who: &Worker) -> &'static str {
    match why {
        Block::Run(failure) => failure_remedy(failure, who),
        Block::Stuck | Block::Telling => "`/baton retry` starts a fresh run.",
        Block::Publishing => match who {
            Worker::Planner => {
                "Check branch rules and the App's permissions, then write `/baton retry`: the plan \
                 is kept and nothing is paid again."
            }
            Worker::Builder { .. } => {
                "Check branch rules and the App's permissions, then write `/baton retry`: what was \
                 built is kept and nothing is paid again. Where that does not help, `/baton \
                 handoff` and a tier has the task built anew."
            }
            Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "Check branch rules and the App's permissions, then write `/baton retry`: the work \
                 is kept and nothing is paid again."
            }
        },
        Block::NeedsYes | Block::GuardRefused => {
            "`/baton retry` builds the task anew; `/baton stop` ends it."
        }
        Block::Approvals => {
            "Dismiss them on the pull request, or give the App the permission to write pull \
             requests, then write `/baton retry`: what was built is kept and nothing is paid again."
        }
        Block::Ci(Ci::Red) => match who {
            Worker::Planner | Worker::Builder { .. } => {
                "Baton goes on when they pass, after a re-run or another push. `/baton retry` lets \
                 it build that once more."
            }
            Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "Baton goes on when they pass, after a re-run or another push, and `/baton retry` \
                 looks at them again at no cost."
            }
        },
        Block::Ci(Ci::Green | Ci::Unverified | Ci::Unproven | Ci::Silent | Ci::NeedsPerson) => {
            "Baton goes on by itself when the checks speak after all, and `/baton retry` looks at \
             them again at no cost."
        }
        Block::Findings => {
            "Mend it on the branch and write `/baton retry`, which waits for its checks and looks \
             again; or merge it as it is: that is yours to decide."
        }
        Block::OutOfRungs | Block::Bound(_) => rungs_remedy(who),
        Block::NotStarted => {
            "`/baton retry` tries once more. Where that does not help, the log of this server says \
             why no run begins."
        }
        Block::Interrupted => match who {
            Worker::Planner => "`/baton retry` starts a fresh run; `/baton stop` ends it.",
            Worker::Builder { .. } | Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "`/baton retry` goes on with the task; `/baton stop` ends it."
            }
        },
        Block::PlanFile => {
            "Mend it on the branch and write `/baton retry`, which goes on where the work stood. \
             Where the file was deleted, that puts it back, and it waits for a new approval. \
             `/baton revise` and what should be different makes another plan."
        }
        Block::BranchDeleted => {
            "`/baton retry` commits the plan again at no cost; `/baton stop` ends it."
        }
    }
}

/// What helps where no stronger model is left.
fn rungs_remedy(who: &Worker) -> &'static str {
    match who {
        // What is no task of the plan is none that somebody could settle.
        Worker::Builder { task } if task == FINDINGS || is_review_task(task) => {
            "Mend it on the branch, then write `/baton implement manual` and `/baton retry`, which \
             looks at what stands there; or try once more with `/baton retry` alone."
        }
        Worker::Planner | Worker::Builder { .. } => {
            "Mend it on the branch and write `/baton task` with the task and `done`, which goes on \
             when its checks pass, change the plan with `/baton revise`, or try once more with \
             `/baton retry`."
        }
        Worker::Tester | Worker::Reviewer | Worker::Baton => {
            "Try once more with `/baton retry`, or merge it as it is: that is yours to decide."
        }
    }
}

fn failure_remedy(failure: RunFailure, who: &Worker) -> &'static str {
    match failure {
        RunFailure::Overtaken => "`/baton retry` builds the task anew on what stands there now.",
        RunFailure::PlanRefused
        | RunFailure::TurnLimit
        | RunFailure::TokenLimit
        | RunFailure::TimeLimit
        | RunFailure::NoProgress
        | RunFailure::ModelRefused => match who {
            Worker::Planner => {
                "Make the issue smaller or more exact and write `/baton retry`, which starts a \
                 fresh run with its own limit."
            }
            Worker::Builder { .. } => {
                "`/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier \
                 gives the task to another model, and `/baton revise` and what should be different \
                 changes the plan."
            }
            Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "`/baton retry` starts a fresh run with its own limit."
            }
        },
        RunFailure::MoneyLimit => match who {
            Worker::Planner => {
                "`/baton plan` starts a fresh run with the server's limit for one run; `--budget` \
                 can only lower it. A limit per day or month begins anew with the next one (UTC); \
                 the others are settings of this server."
            }
            Worker::Builder { .. } | Worker::Tester | Worker::Reviewer | Worker::Baton => {
                "`/baton retry` starts a fresh run with the server's limit for one run. A limit \
                 per day or month begins anew with the next one (UTC); the others are settings of \
                 this server."
            }
        },
        RunFailure::ProviderLimit
        | RunFailure::ProviderDown
        | RunFailure::ProviderRejected
        | RunFailure::UnknownPrice => {
            "Once whoever runs this Baton has mended that, `/baton retry` starts again."
        }
        RunFailure::NotIncluded => {
            "Give the command again with links of comments that people wrote on this issue, or \
             without `--include`."
        }
        RunFailure::EmptyRepository => "Push a first commit, then write `/baton retry`.",
        RunFailure::Unreadable => {
            "Check that the App may read the repository's contents, then write `/baton retry`."
        }
    }
}

#[cfg(test)]
mod tests;
