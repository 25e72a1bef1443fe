//! `baton handoffs`: the record of handoffs, as JSON lines, from the database that `baton serve`
//! keeps. Nothing is written, so it may be asked while the service runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::app;
use crate::base::{Clock as _, IssueKey, IssueNumber, SystemClock, Timestamp};
use crate::domain::hygiene::redact_secrets;
use crate::engine::{outcome_of, prompt_of};
use crate::render::handoff::{Circumstances, HandoffEvent, Hands};
use crate::settings::{self, BadSettings};
use crate::store::{HandoffRow, HandoffSide, Store, StoreError};

/// How many handoffs are read at once.
const PAGE: i64 = 200;

/// Print each change of hands between models as one JSON object a line.
///
/// Reads the database that `baton serve` keeps (BATON_DATA_DIR or DATABASE_URL), also while it
/// runs, and changes nothing in it. Fields: time, issue, run (the successor's), from and to (role,
/// tier, requested and actual model), trigger, reason, context (task, idle_minutes,
/// cost_micro_usd), executed (whether the successor began), recovered (by `activity`, `task` or
/// `person`, else `no`). What is not known yet is null. Oldest first.
#[derive(Args, Debug)]
pub struct HandoffsArgs {
    /// Only the handoffs of this issue.
    #[arg(long, value_name = "OWNER/REPO#N")]
    issue: Option<IssueName>,
    /// Add `prompt`: what the successor was told at its start.
    #[arg(long)]
    prompts: bool,
}

/// An issue as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IssueName {
    owner: String,
    name: String,
    number: IssueNumber,
}

impl std::str::FromStr for IssueName {
    type Err = String;

    fn from_str(text: &str) -> Result<IssueName, String> {
        let parsed = || {
            let (repository, number) = text.split_once('#')?;
            let (owner, name) = repository.split_once('/')?;
            let is_part = |it: &str| !it.is_empty() && !it.contains(['/', ' ']);
            let number: i64 = number.parse().ok().filter(|it| 0 < *it)?;
            (is_part(owner) && is_part(name)).then(|| IssueName {
                owner: owner.to_owned(),
                name: name.to_owned(),
                number: IssueNumber(number),
            })
        };
        parsed().ok_or_else(|| "write it as OWNER/REPO#N, for example acme/api#12".to_owned())
    }
}

/// Why nothing is printed, or not all. Each says what to do.
#[derive(Debug, thiserror::Error)]
enum HandoffsError {
    #[error(transparent)]
    Settings(#[from] BadSettings),
    #[error(
        "{0}. Set BATON_DATA_DIR or DATABASE_URL to what `baton serve` runs with, and let it have \
         started once"
    )]
    NoStore(StoreError),
    #[error("{owner}/{name}#{number} is not known here: Baton has had nothing to do with it",
        owner = .0.owner, name = .0.name, number = .0.number)]
    UnknownIssue(IssueName),
    #[error(transparent)]
    Store(StoreError),
    #[error("the handoffs cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

impl From<StoreError> for HandoffsError {
    fn from(error: StoreError) -> HandoffsError {
        match error {
            StoreError::Absent { .. } => HandoffsError::NoStore(error),
            StoreError::NewerSchema { .. }
            | StoreError::OlderSchema { .. }
            | StoreError::Migrate(_)
            | StoreError::Locked { .. }
            | StoreError::Place { .. }
            | StoreError::Database(_)
            | StoreError::Unreadable { .. }
            | StoreError::Closed
            | StoreError::Group(_) => HandoffsError::Store(error),
        }
    }
}

/// Runs the verb: the record goes to `out`, what went wrong to `err`.
pub fn run(args: &HandoffsArgs, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let printed = match runtime {
        Ok(runtime) => runtime.block_on(print(args, out)),
        Err(problem) => Err(problem.into()),
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(err, "baton handoffs: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn print(args: &HandoffsArgs, out: &mut dyn Write) -> Result<(), HandoffsError> {
    let place = settings::place_from_environment()?;
    let store = Store::open_to_read(&app::database(&place.database, &place.data_dir)).await?;
    let (prompts, now) = (args.prompts, SystemClock.now());
    let mut printer = Printer { store: &store, prompts, now, names: BTreeMap::new(), out };
    match &args.issue {
        Some(issue) => printer.print_issue(issue).await?,
        None => printer.print_all().await?,
    }
    printer.out.flush()?;
    store.close().await;
    Ok(())
}

struct Printer<'a> {
    store: &'a Store,
    prompts: bool,
    now: Timestamp,
    /// Owner and name of each issue's repository, as far as they were looked up.
    names: BTreeMap<IssueKey, (String, String)>,
    out: &'a mut dyn Write,
}

impl Printer<'_> {
    async fn print_issue(&mut self, issue: &IssueName) -> Result<(), HandoffsError> {
        let known = self.store.issues_named((&issue.owner, &issue.name), issue.number).await?;
        if known.is_empty() {
            return Err(HandoffsError::UnknownIssue(issue.clone()));
        }
        for (installation, key) in known {
            let rows = self.store.handoffs(installation, key).await?;
            self.print_rows(&rows).await?;
        }
        Ok(())
    }

    async fn print_all(&mut self) -> Result<(), HandoffsError> {
        let mut last = None;
        loop {
            let rows = self.store.handoffs_after(last.as_ref(), PAGE).await?;
            self.print_rows(&rows).await?;
            last = rows.into_iter().next_back();
            if last.is_none() {
                return Ok(());
            }
        }
    }

    async fn print_rows(&mut self, rows: &[HandoffRow]) -> Result<(), HandoffsError> {
        for row in rows {
            let mut event = self.event(row).await?;
            if self.prompts {
                let run = self.store.load_run(&row.decided.to.run).await?;
                // Masked when it was stored; whoever exports it hands it on, so it is looked over
                // once more.
                let prompt = run.as_ref().and_then(prompt_of).map(|it| redact_secrets(&it));
                event = event.told(prompt);
            }
            writeln!(self.out, "{}", event.json_line())?;
        }
        Ok(())
    }

    async fn event(&mut self, row: &HandoffRow) -> Result<HandoffEvent, HandoffsError> {
        if !self.names.contains_key(&row.issue) {
            let issue = self.store.load_issue(row.issue).await?;
            let name = issue.map_or_else(Default::default, |it| (it.owner, it.name));
            self.names.insert(row.issue, name);
        }
        let (owner, name) = &self.names[&row.issue];
        let outcome = outcome_of(self.store, row, self.now).await?;
        let it = &row.decided;
        let to = Hands { requested: outcome.model, actual: outcome.answered, ..hands(&it.to) };
        let event = HandoffEvent::new(
            row.at,
            ((owner, name), row.issue.number),
            &it.to.run,
            (hands(&it.from), to),
            (it.cause.clone(), it.reason.clone()),
            Circumstances::new(it.task.clone(), it.idle, it.spent),
        );
        Ok(event.came_to(outcome.executed, outcome.recovered))
    }
}

fn hands(side: &HandoffSide) -> Hands {
    Hands {
        role: side.role.clone(),
        tier: side.tier.clone(),
        requested: side.model.clone(),
        actual: side.answered.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str, i64)>) {
        let read = text.parse::<IssueName>().ok();
        let read = read.as_ref().map(|it| (it.owner.as_str(), it.name.as_str(), it.number.0));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn an_issue_is_named_as_on_github() {
        check("acme/api#12", Some(("acme", "api", 12)));
        check("Acme/my.repo-1#1", Some(("Acme", "my.repo-1", 1)));
        let none = ["", "12", "#12", "api#12", "acme/api", "acme/api#", "acme/api#x"];
        for text in none {
            check(text, None);
        }
        for text in ["acme/api#0", "acme/api#-1", "/api#1", "acme/#1", "a/b/c#1", "a b/c#1"] {
            check(text, None);
        }
    }
}
