//! What programs say about a commit: check runs and statuses.

use std::collections::HashSet;

use serde::Deserialize;

use super::call::Call;
use super::error::GitHubError;
use super::pages::{Listed, Pages};
use super::port::ReadPort;
use super::tokens::Purpose;
use super::told::{Told, Untold};
use crate::base::{AppId, CheckRunId, Sha, Timestamp};
use crate::domain::incoming::{Account, CiState, StatusState};
use crate::github::lenient::{List, Number, Object, Text};
use crate::github::wire::{WireCheckRun, WireUser, instant, status_state};

/// Pages read at most: GitHub itself keeps 1,000 check runs, and 1,000 statuses per context.
const PAGES_MAX: usize = 10;

/// A check run, with what its App shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// Its id.
    pub id: CheckRunId,
    /// Its name.
    pub name: String,
    /// The commit it is about.
    pub sha: Sha,
    /// The App that made it.
    pub app: Option<AppId>,
    /// What its App keeps with it; for Baton's own the key of the effect that made it.
    pub external_id: Option<String>,
    /// How far it is.
    pub state: CiState,
    /// The headline of what it shows.
    pub title: Option<String>,
    /// What it shows, in Markdown. Written by whoever runs the App: foreign text.
    pub summary: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Its page, for links.
    pub url: Option<String>,
}

/// The newest status of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What reported.
    pub context: String,
    /// What it says.
    pub state: StatusState,
    /// One sentence beside it. Foreign text.
    pub description: Option<String>,
    /// Who set it, where the server says.
    pub creator: Option<Account>,
    /// When it was set.
    pub at: Option<Timestamp>,
    /// Where to read on.
    pub url: Option<String>,
}

impl ReadPort {
    /// The check runs of a commit, of all Apps: the newest of each name and suite.
    ///
    /// # Errors
    ///
    /// Only what any call can meet; [`GitHubError::Unprocessable`] for an unknown commit.
    pub async fn check_runs(&self, sha: &Sha) -> Result<Told<Listed<CheckRun>>, GitHubError> {
        self.check_runs_by(sha, None).await
    }

    /// Like [`ReadPort::check_runs`], only those of one name. Baton's own are found again so.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn check_runs_named(
        &self,
        sha: &Sha,
        name: &str,
    ) -> Result<Told<Listed<CheckRun>>, GitHubError> {
        let mut told = self.check_runs_by(sha, Some(name)).await?;
        if let Told::Known(listed) = &mut told {
            // Some servers ignore the filter.
            listed.items.retain(|it| it.name == name);
        }
        Ok(told)
    }

    async fn check_runs_by(
        &self,
        sha: &Sha,
        name: Option<&str>,
    ) -> Result<Told<Listed<CheckRun>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/commits/{sha}/check-runs").with("sha", sha);
        let call = call.query("filter", "latest");
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: Object<WireCheckRuns>| {
                let runs = it.0.unwrap_or_default().check_runs.0;
                runs.into_iter().map(check_run).collect()
            },
            key: |it: &CheckRun| it.id,
        };
        let named = name.map(|it| ("check_name", it.to_owned()));
        self.port.through(Purpose::ReadChecks).ask_pages(&call, named, pages).await
    }

    /// The newest status of each context of a commit.
    ///
    /// They are read from the list, which says who set them; a server without it is asked for its
    /// summary.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn statuses(&self, sha: &Sha) -> Result<Told<Listed<Status>>, GitHubError> {
        let port = self.port.through(Purpose::ReadStatuses);
        let list = Call::get("/repos/{owner}/{repo}/commits/{sha}/statuses").with("sha", sha);
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: List<WireStatus>| it.0.into_iter().map(WireStatus::read).collect(),
            key,
        };
        let mut told = port.ask_pages(&list, None, pages).await?;
        if told == Told::Unknown(Untold::NotOffered) {
            let summary = Call::get("/repos/{owner}/{repo}/commits/{sha}/status").with("sha", sha);
            let pages = Pages {
                most: PAGES_MAX,
                items: |it: Object<WireSummary>| {
                    let statuses = it.0.unwrap_or_default().statuses.0;
                    statuses.into_iter().map(WireStatus::read).collect()
                },
                key,
            };
            told = port.ask_pages(&summary, None, pages).await?;
        }
        Ok(told.map(newest))
    }
}

/// A status and its id: the newer one of a context is another status.
type Dated = (Option<i64>, Status);

fn key(it: &Dated) -> (Option<i64>, String) {
    (it.0, it.1.context.clone())
}

/// The first of each context, since the newest come first.
fn newest(listed: Listed<Dated>) -> Listed<Status> {
    let mut seen = HashSet::new();
    let items = listed.items.into_iter().map(|it| it.1);
    let items = items.filter(|it| seen.insert(it.context.clone())).collect();
    Listed { items, complete: listed.complete }
}

fn check_run(wire: WireCheckRun) -> Option<CheckRun> {
    let (started_at, completed_at) = (instant(&wire.started_at), instant(&wire.completed_at));
    let url = wire.html_url.0.clone();
    let mut wire = wire;
    let output = wire.output.0.take().unwrap_or_default();
    let it = wire.snapshot()?;
    Some(CheckRun {
        id: it.id,
        name: it.name,
        sha: it.sha,
        app: it.app,
        external_id: it.external_id,
        state: it.state,
        title: output.title.0,
        summary: output.summary.0,
        started_at,
        completed_at,
        url,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCheckRuns {
    check_runs: List<WireCheckRun>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSummary {
    statuses: List<WireStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireStatus {
    id: Number,
    context: Text,
    state: Text,
    description: Text,
    target_url: Text,
    creator: Object<WireUser>,
    created_at: Text,
    updated_at: Text,
}

impl WireStatus {
    fn read(self) -> Option<Dated> {
        let status = Status {
            context: self.context.0.unwrap_or_else(|| "default".to_owned()),
            state: status_state(&self.state),
            description: self.description.0.filter(|it| !it.is_empty()),
            creator: self.creator.0.and_then(WireUser::account),
            at: instant(&self.updated_at).or_else(|| instant(&self.created_at)),
            url: self.target_url.0.filter(|it| !it.is_empty()),
        };
        Some((self.id.0, status))
    }
}
