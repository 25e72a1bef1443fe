//! Runs of GitHub's own CI: workflow runs, their jobs, and what a job wrote.

use std::time::Duration;

use serde::Deserialize;

use super::call::Call;
use super::connection::{Answer, part};
use super::error::{GitHubError, classify};
use super::pages::{Listed, Pages};
use super::port::{Port, ReadPort};
use super::tokens::Purpose;
use super::told::{Told, Untold, unknown};
use super::transport::read;
use crate::base::{JobId, Sha, Timestamp, WorkflowRunId};
use crate::domain::incoming::{CiState, Conclusion};
use crate::github::lenient::{List, Number, Object, Text};
use crate::github::wire::{ci_state, instant};

/// Pages read at most: a commit with more than 500 runs, or a run with more than 500 jobs, is read
/// in part.
const PAGES_MAX: usize = 5;

/// How much of a log is kept: the end of it, where failures stand.
const LOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How much of a log is read to reach its end.
const LOG_BYTES_READ_MAX: usize = 256 * 1024 * 1024;

/// The longest that reading a log may take.
const LOG_TIMEOUT: Duration = Duration::from_secs(120);

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRun {
    /// Its id.
    pub id: WorkflowRunId,
    /// The workflow's name.
    pub name: String,
    /// The commit it ran on.
    pub sha: Sha,
    /// The branch it ran for.
    pub branch: Option<String>,
    /// What started it, as in `push`.
    pub event: String,
    /// How far it is.
    pub state: CiState,
    /// Which try it is, from 1: a second one that passes was a flake.
    pub attempt: u32,
    /// When its last change was.
    pub updated_at: Option<Timestamp>,
    /// Its page, for links.
    pub url: Option<String>,
}

/// A job of a workflow run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its name, which is also its check run's.
    pub name: String,
    /// How far it is.
    pub state: CiState,
    /// The names of its steps that failed.
    pub failed_steps: Vec<String>,
    /// Which try it belongs to, from 1.
    pub attempt: u32,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Its page, for links.
    pub url: Option<String>,
}

/// The end of what a job wrote. Foreign text, and it may hold secrets that GitHub did not mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTail {
    /// Whole lines, each as GitHub keeps it, with its time before it.
    pub text: String,
    /// Whether this is all of it; if not, the beginning is missing.
    pub whole: bool,
}

impl ReadPort {
    /// The workflow runs on a commit, newest first.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn workflow_runs(&self, sha: &Sha) -> Result<Told<Listed<WorkflowRun>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/actions/runs").query("head_sha", sha);
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: Object<WireRuns>| {
                let runs = it.0.unwrap_or_default().workflow_runs.0;
                runs.into_iter().map(WireRun::read).collect()
            },
            key: |it: &WorkflowRun| it.id,
        };
        let mut told = self.actions().ask_pages(&call, None, pages).await?;
        if let Told::Known(listed) = &mut told {
            // Some servers ignore the filter.
            listed.items.retain(|it| it.sha == *sha);
        }
        Ok(told)
    }

    /// The jobs of a workflow run's last try.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn jobs(&self, run: WorkflowRunId) -> Result<Told<Listed<Job>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/actions/runs/{run}/jobs").with("run", run);
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: Object<WireJobs>| {
                let jobs = it.0.unwrap_or_default().jobs.0;
                jobs.into_iter().map(WireJob::read).collect()
            },
            key: |it: &Job| it.id,
        };
        self.actions().ask_pages(&call.query("filter", "latest"), None, pages).await
    }

    /// The end of a job's log, at most 4 MiB.
    ///
    /// GitHub answers with the address of another host, which gets no token.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Network`] also after two minutes; [`GitHubError::Unexpected`] for a redirect
    /// that must not be followed.
    pub async fn job_log(&self, job: JobId) -> Result<Told<LogTail>, GitHubError> {
        let port = self.actions();
        let outcome = tokio::time::timeout(LOG_TIMEOUT, log(&port, job)).await;
        outcome.unwrap_or(Err(GitHubError::Network { maybe_done: false }))
    }

    fn actions(&self) -> Port {
        self.port.through(Purpose::ReadActions)
    }
}

async fn log(port: &Port, job: JobId) -> Result<Told<LogTail>, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/actions/jobs/{job}/logs").with("job", job);
    let answer = match port.open(&call).await {
        // There is no token for it.
        Err(GitHubError::Forbidden(_)) => return Ok(unknown(&call, Untold::NotAllowed)),
        other => other?,
    };
    if !answer.status().is_success() {
        let reply = read(answer).await?;
        let error = || classify(&reply, port.app().transport().now());
        return port.untold(&reply).map(|why| unknown(&call, why)).ok_or_else(error);
    }
    Ok(match tail(answer).await? {
        Some(tail) => Told::Known(tail),
        None => unknown(&call, Untold::TooLarge),
    })
}

/// The end of an answer; `None` if the end is out of reach.
async fn tail(mut answer: Answer) -> Result<Option<LogTail>, GitHubError> {
    let (mut bytes, mut total) = (Vec::new(), 0);
    while let Some(part) = part(&mut answer).await? {
        total += part.len();
        if LOG_BYTES_READ_MAX < total {
            return Ok(None);
        }
        bytes.extend_from_slice(&part);
        if 2 * LOG_BYTES_MAX < bytes.len() {
            bytes.drain(..bytes.len() - LOG_BYTES_MAX);
        }
    }
    bytes.drain(..bytes.len().saturating_sub(LOG_BYTES_MAX));
    let whole = bytes.len() == total;
    if !whole {
        // Half a line would be half a word, or half a secret that nobody masks.
        let line = bytes.iter().position(|it| *it == b'\n').map_or(bytes.len(), |it| it + 1);
        bytes.drain(..line);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(LogTail { text: text.trim_start_matches('\u{feff}').to_owned(), whole }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRuns {
    workflow_runs: List<WireRun>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRun {
    id: Number,
    name: Text,
    head_sha: Text,
    head_branch: Text,
    event: Text,
    status: Text,
    conclusion: Text,
    run_attempt: Number,
    updated_at: Text,
    html_url: Text,
}

impl WireRun {
    fn read(self) -> Option<WorkflowRun> {
        Some(WorkflowRun {
            id: WorkflowRunId(self.id.0?),
            name: self.name.or_empty(),
            sha: Sha(self.head_sha.0?),
            branch: self.head_branch.0,
            event: self.event.or_empty(),
            state: ci_state(&self.status, &self.conclusion),
            attempt: attempt(self.run_attempt),
            updated_at: instant(&self.updated_at),
            url: self.html_url.0,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireJobs {
    jobs: List<WireJob>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireJob {
    id: Number,
    name: Text,
    status: Text,
    conclusion: Text,
    steps: List<WireStep>,
    run_attempt: Number,
    completed_at: Text,
    html_url: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireStep {
    name: Text,
    status: Text,
    conclusion: Text,
}

impl WireJob {
    fn read(self) -> Option<Job> {
        let failed = |it: &WireStep| match ci_state(&it.status, &it.conclusion) {
            CiState::Ended(Conclusion::Failure | Conclusion::TimedOut) => true,
            CiState::Open | CiState::Ended(_) => false,
        };
        let steps = self.steps.0.into_iter().filter(failed);
        Some(Job {
            id: JobId(self.id.0?),
            name: self.name.or_empty(),
            state: ci_state(&self.status, &self.conclusion),
            failed_steps: steps.filter_map(|it| it.name.0).collect(),
            attempt: attempt(self.run_attempt),
            completed_at: instant(&self.completed_at),
            url: self.html_url.0,
        })
    }
}

fn attempt(number: Number) -> u32 {
    number.0.and_then(|it| u32::try_from(it).ok()).unwrap_or(1)
}
