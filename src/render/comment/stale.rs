//! The question about a plan whose files changed on its base branch since it was made.

use crate::base::MicroUsd;
use crate::domain::buttons;
use crate::domain::workflow::Tick;
use crate::render::comment::posts::start_text;
use crate::render::comment::{mention, name, some_of};

/// The question as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleNews {
    /// Who approved or wanted to start the plan.
    pub login: String,
    /// Its revision.
    pub revision: u16,
    /// The mark of what changed.
    pub mark: String,
    /// The base branch, as code.
    pub branch: String,
    /// The changed files, as code.
    pub changed: Vec<String>,
    /// How many files the plan names.
    pub of: usize,
    /// What building it would cost, low and high, with what that rests on.
    pub estimate: Option<(MicroUsd, MicroUsd, String)>,
    /// What the issue may cost in all.
    pub limit: MicroUsd,
    /// What became of it.
    pub answer: StaleAnswer,
}

/// What became of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaleAnswer {
    /// It waits.
    Open,
    /// The plan was started as it is.
    Started {
        /// By whom, by login.
        by: Option<String>,
    },
    /// Somebody asked for the next revision.
    Refreshed {
        /// Who, by login.
        by: Option<String>,
    },
    /// Other files changed since, and a newer question stands.
    AskedAnew,
    /// A later revision has taken the plan's place.
    Replaced {
        /// The newest.
        newest: u16,
    },
    /// Nothing is asked any more.
    Past,
}

/// What changed, and how to go on.
pub fn stale(news: &StaleNews) -> String {
    let StaleNews { login, revision, branch, changed, of, .. } = news;
    let n = changed.len();
    let files = if *of == 1 { "file" } else { "files" };
    format!(
        "### Plan revision {revision} is stale\n\n{}, the plan is stale: {n} of {of} {files} that it \
         names changed on {branch} since it was made: {}.\n\n{}\n",
        mention(login),
        some_of(changed),
        answer(news)
    )
}

fn answer(news: &StaleNews) -> String {
    let by = |by: &Option<String>| by.as_deref().map_or("somebody", name).to_owned();
    match &news.answer {
        StaleAnswer::Open => open(news),
        StaleAnswer::Started { by: who } => {
            format!("✔ Started all the same by {}.", by(who))
        }
        StaleAnswer::Refreshed { by: who } => {
            format!("✔ The next revision was asked for by {}.", by(who))
        }
        StaleAnswer::AskedAnew => {
            "Something else changed since: it is asked anew below.".to_owned()
        }
        StaleAnswer::Replaced { newest } => format!("✔ Revision {newest} took its place."),
        StaleAnswer::Past => {
            "This waits for no answer any more: the status comment says what holds now.".to_owned()
        }
    }
}

fn open(news: &StaleNews) -> String {
    let (revision, mark) = (news.revision, news.mark.clone());
    let anyway = Tick::Anyway { revision, mark: mark.clone() };
    let anyway =
        buttons::line(&anyway, &start_text("Start anyway", news.estimate.as_ref(), news.limit));
    let refresh = Tick::Refresh { revision, mark };
    let text = format!("Refresh: plan again on {} as it is now", news.branch);
    let refresh = buttons::line(&refresh, &text);
    let branch = &news.branch;
    format!(
        "The approval is recorded, and nothing is built before somebody chooses:\n\n{anyway}\n\
         {refresh}\n\n`/baton implement --anyway` starts it as it is, too; with `manual` it is yours \
         to build. It builds on the commit that the plan was made on, so its pull request may \
         conflict with {branch}. *Refresh*, or `/baton revise` and what should be different, makes the \
         next revision, which needs an approval of its own."
    )
}
