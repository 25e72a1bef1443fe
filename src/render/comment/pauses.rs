//! Pauses and limits on money, in words: why nothing goes on, what it would take, and what a new
//! limit means.

use std::fmt::Write as _;

use crate::base::MicroUsd;
use crate::domain::budget::{OverLimit, Scope, Standing, standing};
use crate::domain::workflow::{Doing, Pause, Stage};
use crate::render::comment::costs::total_entered;
use crate::render::comment::status::IssueView;
use crate::render::comment::{capitalised, said_to};

/// A call for a person at a limit on money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverLimitNews {
    /// The one person to call.
    pub person: Option<String>,
    /// The limit, and what the next call could have cost.
    pub over: OverLimit,
    /// What the issue may cost as it is now.
    pub issue_limit: MicroUsd,
}

/// The answer to a new limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetNews {
    /// What the issue may cost now.
    pub limit: MicroUsd,
    /// What it has cost, with what is set aside.
    pub used: MicroUsd,
    /// Whether the run that waited goes on.
    pub goes_on: bool,
    /// The most that reading its conversation again costs.
    pub cold: Option<MicroUsd>,
    /// The limit that a run waits at all the same.
    pub met: Option<OverLimit>,
}

/// What a reminder is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminds {
    /// Open questions.
    Questions,
    /// A plan.
    Plan,
    /// Work that waits to be reviewed and merged.
    Ready,
    /// Paused work.
    Pause,
}

/// A limit stopped a run, which waits: what people can do. Posted once; everything else about it
/// is an edit of the status comment.
pub fn over_limit(news: &OverLimitNews) -> String {
    let over = &news.over;
    let mut out = format!(
        "### Paused at a limit on money\n\n{} That call was not made; the run waits at this very \
         turn, and nothing is spent while it waits.\n\n",
        said_to(news.person.as_deref(), &met_sentence(over))
    );
    let more = MicroUsd::dollars(5);
    match over.scope {
        Scope::Issue => {
            let _ = writeln!(
                out,
                "- `/baton budget +5` raises the limit of this issue to {}, and the run goes on \
                 where it stands. It needs maintain access.",
                over.limit + more
            );
        }
        Scope::Run => {
            let _ = writeln!(
                out,
                "- `/baton budget +5` raises the limit of this run to {} and the limit of this \
                 issue to {}, and the run goes on where it stands. It needs maintain access.",
                over.limit + more,
                news.issue_limit + more
            );
        }
        Scope::RequesterDay
        | Scope::RepositoryDay
        | Scope::InstallationMonth
        | Scope::ServerMonth => {
            let _ = writeln!(
                out,
                "- `/baton resume` tries again: once the {} is over (UTC), or as soon as whoever \
                 runs this Baton has raised that limit.",
                period(over.scope)
            );
        }
    }
    out.push_str(
        "- `/baton stop` ends the work. What it has cost stays on the bill.\n\nWithout a word from \
         anybody it is ended after 30 days.\n",
    );
    out
}

/// A call for a person because of what happened while work is paused.
pub fn while_paused(call: &str) -> String {
    format!("{call}\nWork here is paused: nothing of that begins before `/baton resume`.\n")
}

/// What a new limit means.
pub fn budget_set(news: &BudgetNews) -> String {
    let mut out =
        format!("This issue may cost {} in all now; {} of that is used.", news.limit, news.used);
    if news.goes_on {
        out.push_str(" The run goes on at the very turn where it stopped.");
        if let Some(cold) = news.cold {
            let _ = write!(
                out,
                " The provider's cache of its conversation is cold by now: reading it again costs \
                 at most {cold}."
            );
        }
    } else if let Some(over) = &news.met {
        let _ = write!(out, " That is not enough for the run that waits: {}", met_sentence(over));
        if !is_issue_or_run(over.scope) {
            let _ = write!(
                out,
                " This limit begins anew with the next {} (UTC); then `/baton resume` goes on.",
                period(over.scope)
            );
        }
    }
    out.push('\n');
    out
}

/// A reminder that something waits.
pub fn reminder(person: Option<&str>, of: Reminds) -> String {
    let sentence = match of {
        Reminds::Questions => {
            "the questions above have waited for a week. In another week the run is stopped; \
             `/baton stop` ends it now."
        }
        Reminds::Plan => {
            "the plan has waited for two weeks. In about two more it is set aside; `/baton revise` \
             and what should be different changes it, `/baton stop` ends it now."
        }
        Reminds::Ready => {
            "the pull request has waited for a review or its merge for two weeks. In about two more \
             Baton no longer looks after it; it stays open, and its merge still counts. \
             `/baton stop` ends the work now."
        }
        Reminds::Pause => {
            "work here has been paused for two weeks. In about two more it is ended; `/baton \
             resume` goes on with it, `/baton stop` ends it now."
        }
    };
    format!("{}\n", said_to(person, sentence))
}

/// Why nothing goes on, in the headline.
pub(super) fn short(why: Pause) -> &'static str {
    match why {
        Pause::Budget => "at a limit on money",
        Pause::Person | Pause::Label => "by a person",
        Pause::Quiet => "waits for a person",
        Pause::Halted => "everything is stopped",
        Pause::Suspended => "was suspended",
    }
}

/// Why nothing goes on, for the status comment.
pub(super) fn sentence(view: &IssueView, why: Pause) -> String {
    match (why, &view.met) {
        (Pause::Person, _) => {
            "Somebody paused this. Nothing is started and nothing is spent until \
             `/baton resume`; ticks, answers, pushes and checks still count."
                .to_owned()
        }
        (Pause::Label, _) => {
            "Somebody paused this with the label `baton:pause`. Nothing is started and nothing \
             is spent until it is taken off or somebody writes `/baton resume`; ticks, answers, \
             pushes and checks still count."
                .to_owned()
        }
        (Pause::Quiet, _) => {
            "People build this with their own tools, and for two weeks no tick and \
             no push was seen, so it is paused. Nothing is lost: `/baton resume` goes on with it, \
             and ticks, pushes and checks still count."
                .to_owned()
        }
        (Pause::Halted, _) => {
            "Whoever runs this server has stopped Baton here. What was going on waits at its very \
             turn, and nothing is spent. When that is lifted, `/baton resume` goes on with it; \
             until then pushes and checks count, ticks and answers do not."
                .to_owned()
        }
        (Pause::Suspended, _) => {
            "The App's installation was suspended meanwhile, and what was going on waits at its \
             very turn. `/baton resume` goes on with it."
                .to_owned()
        }
        (Pause::Budget, Some(over)) if is_issue_or_run(over.scope) => format!(
            "{} Nothing is spent while it waits. `/baton budget +5` raises the limit and goes on.",
            capitalised(&met_sentence(over))
        ),
        (Pause::Budget, Some(over)) => format!(
            "{} Nothing is spent while it waits. `/baton resume` tries again once the {} is over \
             (UTC).",
            capitalised(&met_sentence(over)),
            period(over.scope)
        ),
        (Pause::Budget, None) => "A limit on money is reached. Nothing is spent while it waits; \
             `/baton resume` tries again."
            .to_owned(),
    }
}

/// What the status comment says when nothing was seen for days of what people build.
pub(super) fn quiet(view: &IssueView) -> Option<&'static str> {
    view.state.quiet.then_some(
        "For three days no tick and no push was seen here. After two weeks without any the work is \
         paused; the next one starts that time anew.",
    )
}

/// The warning at four fifths of the issue's limit; a run that waits at it says more.
pub(super) fn near_limit(view: &IssueView) -> Option<String> {
    let used = view.spent + total_entered(&view.entered);
    match standing(Some(view.limit), used) {
        Standing::Free => None,
        Standing::Warned | Standing::Spent => Some(format!(
            "{} % of what this issue may cost ({}) is used. `/baton budget` changes that limit.",
            percent(used, view.limit),
            view.limit
        )),
    }
}

/// What the status comment says of a run that builds, costs far more than was estimated and gets
/// nowhere. It goes on: its limits end it.
pub(super) fn costly(view: &IssueView) -> Option<String> {
    let Stage::Working { doing: Doing::Building { .. }, .. } = view.state.stage else {
        return None;
    };
    let run = view.run.as_ref()?;
    let (spent, estimate) = run.costly?;
    Some(format!(
        "This run has cost {spent}, more than twice what was estimated for its task ({estimate}), \
         and has changed nothing since. Its limit of {} ends it; `/baton escalate` or `/baton stop` \
         do so now.",
        run.limit
    ))
}

fn percent(used: MicroUsd, limit: MicroUsd) -> i128 {
    i128::from(used.0) * 100 / i128::from(limit.0).max(1)
}

/// Which limit, what of it is used, what the call could cost.
fn met_sentence(over: &OverLimit) -> String {
    let OverLimit { scope, limit, used, asked } = over;
    format!(
        "the limit for {} is {limit}, {used} of it is used, and the next call could cost {asked}.",
        scope.title()
    )
}

fn is_issue_or_run(scope: Scope) -> bool {
    match scope {
        Scope::Run | Scope::Issue => true,
        Scope::RequesterDay
        | Scope::RepositoryDay
        | Scope::InstallationMonth
        | Scope::ServerMonth => false,
    }
}

fn period(scope: Scope) -> &'static str {
    match scope {
        Scope::InstallationMonth | Scope::ServerMonth => "month",
        Scope::Run | Scope::Issue | Scope::RequesterDay | Scope::RepositoryDay => "day",
    }
}
