//! `baton try`: plans an issue against a checkout on this machine. The checkout becomes the first
//! commit of a repository in a GitHub in a box, and the service plans there as it does on GitHub:
//! there is no second planning path.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::base::{Clock, IssueKey, IssueNumber, MicroUsd, Millis};
use crate::cli::checkout::{self, Checkout, CheckoutError};
use crate::cli::terminal::{escaped, plain};
use crate::cli::world::{Bill, MovableClock, Setup, World, WorldError};
use crate::sandbox::github::{ActRefused, Person, Role};
use crate::settings::{self, BadSettings};
use crate::store::{IssueRow, StoreError};

/// How long to sleep at most before looking again, when a real model is waited for.
const NAP: Millis = Millis::seconds(1);
/// Nothing that planning waits for takes longer; reminders to people do.
const SOON: Millis = Millis::hours(1);
/// How often questions are answered: a run has two rounds of them.
const ANSWERS_MAX: usize = 4;
/// The width of what Baton said, when it did not plan.
const WIDTH: usize = 100;
/// An issue file may be this large; GitHub takes 65,536 characters.
const ISSUE_BYTES_MAX: u64 = 262_144;

/// Plan an issue against a local checkout: prints the plan and its price.
///
/// Nothing in the checkout is changed and GitHub is not called. With ANTHROPIC_API_KEY set, Claude
/// plans, at most $2.00 a run; without it a model in a box does, which knows little but costs
/// nothing. Questions are answered with "decide yourself".
#[derive(Args, Debug)]
pub struct TryArgs {
    /// The checkout.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The issue: a file, or its text. The first line is the title.
    #[arg(long, value_name = "FILE|TEXT")]
    issue: String,
}

/// Why there is no plan. Each says what to do.
#[derive(Debug, thiserror::Error)]
enum TryError {
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    #[error("the issue is empty; its first line is the title, the rest says what is wanted")]
    EmptyIssue,
    #[error("{path} cannot be read: {source}")]
    IssueFile { path: String, source: std::io::Error },
    #[error(transparent)]
    Settings(#[from] BadSettings),
    #[error(transparent)]
    World(#[from] WorldError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the GitHub in a box refused: {0}")]
    Act(#[from] ActRefused),
    #[error("there is no plan. Baton says:\n\n{0}")]
    NoPlan(String),
    #[error("the plan cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

/// Runs the verb: the plan goes to `out`, everything about it to `err`.
pub fn run(args: &TryArgs, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(plan(args, out, err)),
        Err(problem) => Err(problem.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(err, "baton try: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn plan(args: &TryArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), TryError> {
    let (title, body) = read_issue(&args.issue)?;
    let Checkout { name, files } = checkout::read(&args.path)?;
    let model = settings::model_from_environment()?;
    let planner = match &model {
        Some(_) => "Claude plans, with your ANTHROPIC_API_KEY.",
        None => {
            "A model in a box plans, because ANTHROPIC_API_KEY is not set. It reads your files, \
             but it is no model: take the plan as an example of the form. Its price is what the \
             same calls would cost; nothing is spent."
        }
    };
    writeln!(err, "{planner}")?;
    let mut setup = Setup::sample(Arc::new(MovableClock::running()));
    (setup.repository, setup.files, setup.model) = (name, files, model);
    let world = World::start(setup).await?;
    let person = world.github.person("you", Role::Maintain);
    let number = person.opens(&title, &body)?;
    person.comments(number, "/baton plan")?;
    let markdown = settle(&world, &person, number, err).await?;
    let bill = Bill::of(&world).await?;
    out.write_all(escaped(&markdown).as_bytes())?;
    out.flush()?;
    writeln!(err, "\nThe plan took {} model calls and {}.", bill.model_calls, bill.spent)?;
    Ok(())
}

/// Works until there is a plan, or until only a person could go on.
async fn settle(
    world: &World,
    person: &Person,
    number: IssueNumber,
    err: &mut dyn Write,
) -> Result<String, TryError> {
    let key = IssueKey { repository: world.github.repo().id(), number };
    let mut answers = 0;
    let mut told = MicroUsd::ZERO;
    loop {
        let moved = world.step().await?;
        let row = world.engine.store.load_issue(key).await?;
        let stage = row.as_ref().map_or("", |it: &IssueRow| it.stage.as_str());
        if stage == "Planned"
            && let Some(plan) = world.engine.store.newest_plan(key).await?
        {
            return Ok(plan.markdown);
        }
        if world.model.is_none() {
            told = tell_progress(world, told, err).await?;
        }
        if moved {
            continue;
        }
        let now = world.clock.now();
        match world.next_due().await? {
            Some(due) if due <= now + SOON => {
                let wait = Millis((due - now).0.max(1));
                match world.model {
                    Some(_) => world.pass(wait),
                    None => tokio::time::sleep(wait.min(NAP).to_std()).await,
                }
            }
            Some(_) | None if stage == "Asking" && answers < ANSWERS_MAX => {
                answers += 1;
                person.comments(number, "/baton revise decide yourself")?;
                writeln!(err, "Baton asked a question; it is told to decide itself.")?;
            }
            Some(_) | None => return Err(TryError::NoPlan(last_words(world, number))),
        }
    }
}

/// What was spent so far, whenever it grew.
async fn tell_progress(
    world: &World,
    told: MicroUsd,
    err: &mut dyn Write,
) -> Result<MicroUsd, TryError> {
    let bill = Bill::of(world).await?;
    if told < bill.spent {
        writeln!(err, "  {} calls, {} so far", bill.model_calls, bill.spent)?;
    }
    Ok(bill.spent)
}

/// What Baton wrote last.
fn last_words(world: &World, number: IssueNumber) -> String {
    let issue = world.github.repo().issue(number);
    let comments = issue.map(|it| it.comments).unwrap_or_default();
    let own = comments.iter().filter(|it| it.author.ends_with("[bot]"));
    match own.max_by_key(|it| it.updated_at) {
        Some(comment) => plain(&comment.body, WIDTH).join("\n"),
        None => "nothing".to_owned(),
    }
}

/// Whether there is a file of this name, or there should be: one word with a folder or an ending
/// is no issue's text.
fn is_file(given: &str) -> bool {
    let path = Path::new(given);
    let is_one_word = !given.is_empty() && !given.contains(char::is_whitespace);
    let is_name = path.components().count() > 1 || path.extension().is_some();
    !given.contains('\n') && (path.is_file() || is_one_word && is_name)
}

/// Title and body of the issue: a file when there is one of this name, else the text itself.
fn read_issue(given: &str) -> Result<(String, String), TryError> {
    let path = Path::new(given);
    let failed = |source| TryError::IssueFile { path: given.to_owned(), source };
    let text = match is_file(given) {
        true => {
            let length = std::fs::metadata(path).map_err(failed)?.len();
            if ISSUE_BYTES_MAX < length {
                return Err(failed(std::io::Error::other("it is too large for an issue")));
            }
            String::from_utf8_lossy(&std::fs::read(path).map_err(failed)?).into_owned()
        }
        false => given.to_owned(),
    };
    if !text.chars().any(char::is_alphanumeric) {
        return Err(TryError::EmptyIssue);
    }
    let (title, body) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
    Ok((title.trim_start_matches('#').trim().to_owned(), body.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: Option<(&str, &str)>) {
        let found = read_issue(given).ok();
        let expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned()));
        assert_eq!(found, expected, "{given:?}");
    }

    #[test]
    fn the_first_line_is_the_title() {
        check("Add a cache", Some(("Add a cache", "")));
        check("# Add a cache\n\nAnswers are slow.\n", Some(("Add a cache", "Answers are slow.")));
        check("", None);
        check(" \n#\n", None);
    }

    #[test]
    fn a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issue.md");
        std::fs::write(&path, "Title\nBody \u{fffd}").unwrap();
        check(path.to_str().unwrap(), Some(("Title", "Body \u{fffd}")));
        for missing in ["issue.md", "notes/issue"] {
            let told = read_issue(missing).unwrap_err().to_string();
            assert!(told.starts_with(&format!("{missing} cannot be read: ")), "{told}");
        }
    }
}
