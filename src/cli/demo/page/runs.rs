//! The runs of an issue with what each was told, and which of them took over from another.

use super::state::Page;
use crate::base::{Clock as _, IssueKey};
use crate::domain::hygiene::redact_secrets;
use crate::domain::tier::Tier;
use crate::engine::{outcome_of, prompt_of};
use crate::store::{HandoffOutcome, HandoffRow, RunRow, RunStatus, StoreError};

/// A run as the page shows it.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) time: String,
    /// "Opus planner".
    pub(super) who: String,
    pub(super) model: String,
    pub(super) status: &'static str,
    /// Why it stands there.
    pub(super) reason: String,
    pub(super) handoff: Option<Handoff>,
    /// What it was told, and how many characters that is.
    pub(super) prompt: String,
    pub(super) characters: usize,
}

/// How a run took over.
pub(super) struct Handoff {
    pub(super) trigger: String,
    pub(super) from: String,
    pub(super) reason: String,
    pub(super) executed: &'static str,
    pub(super) recovered: &'static str,
}

/// The runs of an issue, oldest first.
///
/// # Errors
/// The database's.
pub(super) async fn runs(page: &Page, issue: IssueKey) -> Result<Vec<Run>, StoreError> {
    let store = &page.world.engine.store;
    let runs = store.runs(issue).await?;
    let handoffs = match page.world.github.installation_id() {
        Some(installation) => store.handoffs(installation, issue).await?,
        None => Vec::new(),
    };
    let now = page.world.clock.now();
    let mut told = Vec::new();
    for run in &runs {
        let handoff = match handoffs.iter().find(|it| it.decided.to.run == run.id) {
            Some(row) => Some(Handoff::of(row, &outcome_of(store, row, now).await?)),
            None => None,
        };
        told.push(Run::of(run, handoff));
    }
    Ok(told)
}

impl Run {
    fn of(run: &RunRow, handoff: Option<Handoff>) -> Run {
        let prompt = prompt_of(run).map(|it| redact_secrets(&it)).unwrap_or_default();
        Run {
            id: run.id.to_string(),
            time: run.created.time_of_day(),
            who: who(&run.tier, &run.role),
            model: run.model.clone(),
            status: match run.status {
                RunStatus::Ready => "at work",
                RunStatus::Waiting => "waits for people",
                RunStatus::Backoff => "waits for the provider",
                RunStatus::Finished => "finished",
                RunStatus::Failed => "failed",
                RunStatus::Stopped => "stopped",
            },
            reason: run.reason.clone().unwrap_or_default(),
            handoff,
            characters: prompt.chars().count(),
            prompt,
        }
    }
}

impl Handoff {
    fn of(row: &HandoffRow, outcome: &HandoffOutcome) -> Handoff {
        let decided = &row.decided;
        Handoff {
            trigger: decided.cause.clone(),
            from: who(&decided.from.tier, &decided.from.role),
            reason: decided.reason.clone(),
            executed: match outcome.executed {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not yet",
            },
            recovered: match outcome.recovered.as_deref() {
                Some("activity") => "yes, at work",
                Some("task") => "yes, done",
                Some("person") => "yes, by a person",
                Some(_) => "no",
                None => "not yet",
            },
        }
    }
}

fn who(tier: &str, role: &str) -> String {
    match tier.parse::<Tier>() {
        Ok(tier) => format!("{} {role}", tier.title()),
        // Another version's name for a rung.
        Err(_) => format!("{tier} {role}"),
    }
}
