//! What comments and files show of an issue, gathered from the store.

mod costs;
mod plan;
mod posted;
mod questions;
mod scorecard;
mod security;
mod stale;
mod work;

pub(super) use self::plan::{
    PlanCheck, PlanCheckHandle, PlanFacts, plan_news, read_plan, replaced_edit,
};
pub(super) use self::posted::PostedHandle;
pub(super) use self::stale::StaleHandle;
pub(super) use self::work::WorkNow;

use crate::base::{InstallationId, IssueKey, MicroUsd, Millis, RunId, Timestamp, UserId};
use crate::domain::classify::Tokens;
use crate::domain::cost;
use crate::domain::hygiene;
use crate::domain::incoming::Repository;
use crate::domain::route::{self, RouterSettings, TokenPrice};
use crate::domain::session;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::{Block, Pause, Stage};
use crate::engine::facts::issue_facts;
use crate::engine::ingest::Subject;
use crate::engine::planner::{Patience, StoredBrief, text_hash};
use crate::engine::{APPROVALS, Engine, TROUBLE};
use crate::github::client::{ReadPort, Target, WritePort};
use crate::render::analysis;
use crate::render::comment::{self, IssueView, Reminds, RunView, SecurityView, Waiting, Worker};
use crate::render::plan::code;
use crate::store::{self, CommitError, RunRow, RunStatus, StoreError};

/// The name people write after `@` when the server does not say how the App is called.
const DEFAULT_SLUG: &str = "baton";

impl Engine {
    /// Reads one repository.
    pub(super) fn reader(&self, installation: InstallationId, repository: &Repository) -> ReadPort {
        self.github.reader(target(installation, repository))
    }

    /// Writes the few things Baton may write in one repository.
    pub(super) fn writer(
        &self,
        installation: InstallationId,
        repository: &Repository,
    ) -> WritePort {
        self.github.writer(target(installation, repository))
    }

    /// How the App is called.
    pub(super) async fn slug(&self) -> String {
        let identity = self.github.identity().await.ok();
        identity.and_then(|it| it.slug).unwrap_or_else(|| DEFAULT_SLUG.to_owned())
    }

    /// Everything the status comment shows; `None` for an issue that is not known.
    pub(super) async fn issue_view(
        &self,
        issue: IssueKey,
    ) -> Result<Option<IssueView>, StoreError> {
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let run = self.runs_of_the_life(issue).await?.pop();
        let brief = run.as_ref().and_then(brief_of);
        // Nothing can be said of a run whose transcript was deleted.
        let run = run.filter(|_| !brief.as_ref().is_some_and(StoredBrief::is_forgotten));
        let costs = self.cost_lines(subject.installation, issue).await?;
        let view = IssueView {
            issue: issue.number,
            spent: costs.iter().map(|it| it.amount).sum(),
            run: match &run {
                Some(run) => Some(self.run_view(run, brief.as_ref()).await?),
                None => None,
            },
            plan: self.plan_link(&subject).await?,
            tasks: self.task_views(&subject).await?,
            approved_by: self.login_of(issue, subject.state.stage.approved()).await?,
            analysis: analysis::details(&self.analyse(&subject, None)),
            reports: self.report_views(issue).await?,
            related: self.related_views(issue).await?,
            ended_with: self.ended_with(issue).await?,
            handoffs: self.handoff_lines(&subject).await?,
            security: self.touches_security(issue, &subject.state).await?.map(|it| SecurityView {
                concern: it.concern,
                paths: it.paths.iter().map(|it| code(it)).collect(),
            }),
            costs,
            entered: self.entered_lines(subject.installation, issue).await?,
            limit: self.issue_limit(issue).await?,
            met: self.met_limit(issue).await?.map(|it| it.over),
            plan_fault: self.plan_fault(issue).await?,
            text_changed: matches!(
                subject.state.stage.unpaused(),
                Stage::Planning { .. } | Stage::Asking { .. } | Stage::Planned { .. }
            ) && brief.is_some_and(|it| it.text_hash != text_hash(&subject.snapshot)),
            state: subject.state,
        };
        Ok(Some(view))
    }

    async fn run_view(
        &self,
        run: &RunRow,
        brief: Option<&StoredBrief>,
    ) -> Result<RunView, StoreError> {
        let entries = self.store.entries(&run.id).await?;
        let is_answer = |it: &&store::Entry| it.entry["entry"] == "answered";
        let waits_for_github = self
            .store
            .handle(run.issue, Patience::Repository.handle())
            .await?
            .is_some_and(|it| !it.is_empty());
        let whom = if waits_for_github { Waiting::GitHub } else { Waiting::Provider };
        Ok(RunView {
            role: Role::named(&run.role),
            tier: run.tier.parse().unwrap_or(Tier::Opus),
            limit: match self.own_run_limit(&run.id).await? {
                Some(limit) => limit,
                None => brief.map_or(self.policy.limits.run, |it| it.money),
            },
            turns: entries.iter().filter(is_answer).count(),
            worked: worked(run.created, &entries),
            silent: match run.status {
                RunStatus::Ready => self.clock.now() - run.activity,
                RunStatus::Waiting
                | RunStatus::Backoff
                | RunStatus::Finished
                | RunStatus::Failed
                | RunStatus::Stopped => Millis(0),
            },
            costly: brief.and_then(|it| costly(it, &entries)),
            waits: (run.status == RunStatus::Backoff).then_some((whom, run.due)),
        })
    }

    /// The router analysis as a comment.
    pub(super) async fn analysis_comment(
        &self,
        issue: IssueKey,
        tokens: Option<u64>,
    ) -> Result<Option<String>, StoreError> {
        let subject = self.subject_of(issue).await?;
        let Some(subject) = subject else { return Ok(None) };
        let (chosen, known) = self.store.overridden(subject.installation, issue).await?;
        let text = analysis::comment(&self.analyse(&subject, tokens));
        Ok(Some(text + &analysis::overrides(chosen, known)))
    }

    fn analyse(&self, subject: &Subject, tokens: Option<u64>) -> route::Analysis {
        let mut facts = issue_facts(&subject.snapshot);
        facts.tokens = tokens.map(Tokens::left);
        facts.explicit = subject
            .state
            .override_level
            .map(|level| (level, crate::domain::classify::ExplicitSource::Label));
        route::analyse(&facts, &router_settings(self.clock.now()))
    }

    /// What the issue has cost in all its lives.
    pub(super) async fn spent(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<MicroUsd, StoreError> {
        let rows = self.store.cost_of_issue(installation, issue).await?;
        Ok(rows.iter().map(|it| it.amount).sum())
    }

    /// The login of the one person to call, as it was when they asked.
    pub(super) async fn login_of(
        &self,
        issue: IssueKey,
        person: Option<UserId>,
    ) -> Result<Option<String>, StoreError> {
        let Some(person) = person else { return Ok(None) };
        self.store.handle(issue, &login_handle(person)).await
    }

    /// What people should know of a failure beside its kind, made harmless.
    pub(super) async fn failure_details(
        &self,
        issue: IssueKey,
        why: Block,
    ) -> Result<Option<String>, StoreError> {
        if matches!(why, Block::NeedsYes | Block::GuardRefused) {
            return self.guard_findings(issue).await;
        }
        if why == Block::Findings {
            let reports = self.report_views(issue).await?;
            return Ok(Some(comment::reports(&reports)).filter(|it| !it.is_empty()));
        }
        if why == Block::PlanFile {
            return self.plan_fault(issue).await;
        }
        if why == Block::Approvals {
            let reason = self.store.handle(issue, APPROVALS).await?;
            return Ok(reason.map(|it| hygiene::defang(&it, &[])));
        }
        if let Block::Ci(_) = why {
            return self.ci_details(issue).await;
        }
        if let Block::OutOfRungs | Block::Bound(_) = why {
            return self.red_details(issue).await;
        }
        if !matches!(why, Block::Run(_)) {
            return Ok(None);
        }
        // What kept the newest run from beginning is newer than how the one before it ended.
        let trouble = self.store.handle(issue, TROUBLE).await?.filter(|it| !it.is_empty());
        let reason = match trouble {
            Some(trouble) => Some(trouble),
            None => {
                let run = self.store.newest_run(issue).await?;
                run.filter(|it| it.status == RunStatus::Failed).and_then(|it| it.reason)
            }
        };
        Ok(reason.filter(|it| !it.is_empty()).map(|it| hygiene::defang(&it, &[])))
    }

    /// Whether people are still waited for to answer this round of this run.
    pub(super) async fn asks_now(
        &self,
        issue: IssueKey,
        run: &RunId,
        round: u8,
    ) -> Result<bool, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage.unpaused().clone());
        Ok(matches!(
            stage,
            Some(Stage::Asking { run: now, round: at, .. }) if now == *run && at == round
        ))
    }

    /// Whether this run is asked for its last note.
    pub(super) async fn is_handed_over(
        &self,
        issue: IssueKey,
        run: &RunId,
    ) -> Result<bool, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        Ok(matches!(stage, Some(Stage::HandingOver { run: now, .. }) if now == *run))
    }

    /// Who worked when the issue was left for a person because of `why`; `None` when it no longer
    /// waits for that.
    pub(super) async fn blocked_worker(
        &self,
        issue: IssueKey,
        stage: &Stage,
        why: Block,
    ) -> Result<Option<Worker>, StoreError> {
        let blocked = stage.unpaused();
        if !matches!(blocked, Stage::Blocked { why: now, .. } if *now == why) {
            return Ok(None);
        }
        let run = self.store.newest_run(issue).await?;
        let role = run.and_then(|it| Role::named(&it.role));
        Ok(Some(Worker::of(blocked, role)))
    }

    /// The level that the issue's label is to show.
    pub(super) async fn shown_level(
        &self,
        issue: IssueKey,
    ) -> Result<Option<Complexity>, StoreError> {
        Ok(self.subject_of(issue).await?.and_then(|it| it.state.shown_level))
    }

    /// The last gate of everything that is posted or committed: no secret leaves, nothing is too
    /// long.
    pub(super) fn bounded(&self, body: &str) -> String {
        hygiene::truncate_markdown(&self.secrets.redact(body), hygiene::BODY_CHARS_MAX)
    }

    /// What a reminder is about.
    pub(super) async fn reminds_of(&self, issue: IssueKey) -> Result<Reminds, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        Ok(match stage {
            Some(Stage::Asking { .. }) => Reminds::Questions,
            Some(Stage::Paused { .. }) => Reminds::Pause,
            Some(Stage::Ready { .. }) => Reminds::Ready,
            Some(
                Stage::Seen
                | Stage::Planning { .. }
                | Stage::Planned { .. }
                | Stage::Working { .. }
                | Stage::HandingOver { .. }
                | Stage::Inspecting { .. }
                | Stage::Done { .. }
                | Stage::Blocked { .. }
                | Stage::Stopped { .. },
            )
            | None => Reminds::Plan,
        })
    }

    /// Whether the issue is paused because of a limit on money.
    pub(super) async fn waits_at_a_limit(&self, issue: IssueKey) -> Result<bool, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        Ok(matches!(stage, Some(Stage::Paused { why: Pause::Budget, .. })))
    }

    /// The level the scorer gives the issue's present text, or a person's label.
    fn level_of(&self, subject: &Subject) -> Complexity {
        let scored = crate::engine::facts::level(&subject.snapshot);
        subject.state.override_level.unwrap_or(scored)
    }

    pub(super) async fn subject_of(&self, issue: IssueKey) -> Result<Option<Subject>, StoreError> {
        self.stored_subject(issue).await.map_err(|error| match error {
            CommitError::Store(error) => error,
            CommitError::LostLease | CommitError::LostRace => StoreError::Closed,
        })
    }
}

/// What a run has cost and what was estimated, if it costs far more and gets nowhere.
fn costly(brief: &StoredBrief, entries: &[store::Entry]) -> Option<(MicroUsd, MicroUsd)> {
    let estimate = brief.estimate?;
    let read = |it: &store::Entry| serde_json::from_value(it.entry.clone()).ok();
    let entries: Vec<session::Entry> = entries.iter().filter_map(read).collect();
    let spent = session::costly_without_progress(&brief.session, &entries, estimate)?;
    Some((spent, estimate))
}

/// The time that was the run's own: up to each answer and each reading of tools. What passed until
/// people said something, or until the run was taken up again, was not.
fn worked(created: Timestamp, entries: &[store::Entry]) -> Millis {
    let mut since = created;
    let mut worked = Millis(0);
    for entry in entries {
        let kind = &entry.entry["entry"];
        if kind == "answered" || kind == "tools_ran" {
            worked.0 += (entry.at - since).0.max(0);
        }
        since = entry.at;
    }
    worked
}

/// The handle under which a requester's login is kept.
pub(super) fn login_handle(person: UserId) -> String {
    format!("login/{person}")
}

fn target(installation: InstallationId, repository: &Repository) -> Target {
    Target {
        installation,
        repository: repository.id,
        owner: repository.owner.clone(),
        name: repository.name.clone(),
    }
}

fn brief_of(run: &RunRow) -> Option<StoredBrief> {
    serde_json::from_value(run.brief.clone()).ok()
}

/// The documented defaults with today's list prices.
pub fn router_settings(now: Timestamp) -> RouterSettings {
    let prices = Tier::ALL.map(|tier| {
        let model = cost::models_of(tier).first()?;
        let rates = cost::rates(model, now)?;
        Some(TokenPrice { input: rates.input, output: rates.output })
    });
    RouterSettings { prices, ..RouterSettings::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Entries by kind and by the minute, of a run that began at minute 0.
    #[track_caller]
    fn check(entries: &[(&str, i64)], minutes: i64) {
        let at = |minute| Timestamp(0) + Millis::minutes(minute);
        let entry = |(seq, (kind, minute)): (i64, &(&str, i64))| store::Entry {
            seq,
            entry: json!({ "entry": kind }),
            at: at(*minute),
        };
        let entries: Vec<store::Entry> = (0..).zip(entries).map(entry).collect();
        assert_eq!(worked(at(0), &entries), Millis::minutes(minutes));
    }

    #[test]
    fn waiting_is_no_work() {
        check(&[], 0);
        check(&[("answered", 2), ("tools_ran", 3), ("answered", 5)], 5);
        // It asked, and three hours later somebody answered.
        check(&[("answered", 2), ("told", 182), ("answered", 184)], 4);
        // The provider was overloaded, or the process was down.
        check(&[("answered", 2), ("resumed", 62), ("answered", 63)], 3);
        // It waits still.
        check(&[("answered", 2), ("told", 90)], 2);
        // A clock that was set back takes nothing away.
        check(&[("answered", 2), ("answered", 1), ("answered", 3)], 4);
    }
}
