//! Model runs. At most one is live per issue (a partial unique index holds it); a live one is
//! `ready` to be worked on, `waiting` for people, or in `backoff` after provider trouble.

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{InstallationId, IssueKey, RunId, Timestamp, UserId};
use crate::store::columns::{Columns as _, storable};
use crate::store::inbox::insert_internal;
use crate::store::plans::write_plan;
use crate::store::questions::write_question;
use crate::store::transcript::{go_on, is_unheard};
use crate::store::{Claim, ClaimError, NewInternal, NewPlan, NewQuestion, Store, StoreError};

/// How often a claim that lost to faster workers looks again before it lets the next poll do it.
const CLAIM_TRIES_MAX: usize = 16;

/// A run to be started.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id: the key of the effect that starts it, so that a repeated start is one run.
    pub id: RunId,
    /// The issue it works for.
    pub issue: IssueKey,
    /// The installation it acts in.
    pub installation: InstallationId,
    /// What it is for.
    pub role: String,
    /// The tier that was asked for.
    pub tier: String,
    /// The model that was asked for.
    pub model: String,
    /// Whose order it follows.
    pub requester: UserId,
    /// What it is told at the start.
    pub brief: Value,
    /// Its limits on turns, time, tokens and money.
    pub limits: Value,
    /// The time of the start.
    pub now: Timestamp,
}

/// What became of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// The run is ready.
    New,
    /// It was started before.
    Known,
    /// Another run of this issue is live; this one was not started.
    OtherLive(RunId),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Somebody may work on it once it is due.
    Ready,
    /// It waits for people.
    Waiting,
    /// It waits for the provider.
    Backoff,
    /// It ended as it should.
    Finished,
    /// It ended at a limit or an error.
    Failed,
    /// It was stopped.
    Stopped,
}

impl RunStatus {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Ready => "ready",
            RunStatus::Waiting => "waiting",
            RunStatus::Backoff => "backoff",
            RunStatus::Finished => "finished",
            RunStatus::Failed => "failed",
            RunStatus::Stopped => "stopped",
        }
    }

    /// Whether the run may still act.
    pub fn is_live(self) -> bool {
        match self {
            RunStatus::Ready | RunStatus::Waiting | RunStatus::Backoff => true,
            RunStatus::Finished | RunStatus::Failed | RunStatus::Stopped => false,
        }
    }

    fn from_column(name: &str) -> Result<RunStatus, StoreError> {
        [
            RunStatus::Ready,
            RunStatus::Waiting,
            RunStatus::Backoff,
            RunStatus::Finished,
            RunStatus::Failed,
            RunStatus::Stopped,
        ]
        .into_iter()
        .find(|it| it.name() == name)
        .ok_or_else(|| StoreError::unreadable("run status", name))
    }
}

/// A stored run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// The issue it works for.
    pub issue: IssueKey,
    /// The installation it acts in.
    pub installation: InstallationId,
    /// What it is for.
    pub role: String,
    /// The tier that was asked for.
    pub tier: String,
    /// The model that was asked for.
    pub model: String,
    /// Whose order it follows.
    pub requester: UserId,
    /// What it was told at the start.
    pub brief: Value,
    /// Its limits.
    pub limits: Value,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it stands there, where there is a reason.
    pub reason: Option<String>,
    /// Whether a worker has ever taken it up.
    pub taken_up: bool,
    /// Not to be claimed before this.
    pub due: Timestamp,
    /// When it last showed activity.
    pub activity: Timestamp,
    /// When it was started.
    pub created: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// What it came to beside a plan, in the words of whoever ended it.
    pub result: Option<Value>,
}

/// The right to work on a run. Only a claim makes one.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    /// The run.
    pub run: RunRow,
    owner: String,
    fence: i64,
}

/// How a run is laid down without ending.
#[derive(Clone, Debug)]
pub struct Parking {
    /// `Ready`, `Waiting` or `Backoff`.
    pub status: RunStatus,
    /// Not to be claimed before this; a waiting run is claimed as soon as it is woken.
    pub due: Timestamp,
    /// Why, for people.
    pub reason: Option<String>,
    /// What the issue is told.
    pub internal: Option<NewInternal>,
    /// Questions that it waits for.
    pub questions: Vec<NewQuestion>,
}

/// How a run ends by itself.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// `Finished` or `Failed`.
    pub status: RunStatus,
    /// Why, for people.
    pub reason: Option<String>,
    /// What the issue is told.
    pub internal: NewInternal,
    /// The plan it submitted.
    pub plan: Option<NewPlan>,
    /// What it came to beside a plan.
    pub result: Option<Value>,
}

impl Store {
    /// Starts a run, once per id.
    ///
    /// # Errors
    /// The database's.
    pub async fn start_run(&self, run: &NewRun) -> Result<Started, StoreError> {
        let mut tx = self.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO runs (run_id, repository_id, number, installation_id, role, tier, model,
                               requester_id, brief, limits, status, due_ms, activity_ms, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'ready', $11, $11, $11)
             ON CONFLICT DO NOTHING",
        )
        .bind(run.id.as_str())
        .bind(run.issue.repository.0)
        .bind(run.issue.number.0)
        .bind(run.installation.0)
        .bind(run.role.as_str())
        .bind(run.tier.as_str())
        .bind(run.model.as_str())
        .bind(run.requester.0)
        .bind(run.brief.to_string())
        .bind(run.limits.to_string())
        .bind(run.now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        if inserted == 1 {
            return Ok(Started::New);
        }
        if self.load_run(&run.id).await?.is_some() {
            return Ok(Started::Known);
        }
        // The other run may have ended in between; then the repeated start will find room.
        let other = self.live_run(run.issue).await?;
        Ok(Started::OtherLive(other.map_or_else(|| run.id.clone(), |it| it.id)))
    }

    /// A run by its id.
    ///
    /// # Errors
    /// The database's.
    pub async fn load_run(&self, run: &RunId) -> Result<Option<RunRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM runs WHERE run_id = $1")
            .bind(run.as_str())
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.as_ref().map(run_row).transpose()
    }

    /// The run of an issue that was started last.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest_run(&self, issue: IssueKey) -> Result<Option<RunRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM runs WHERE repository_id = $1 AND number = $2
             ORDER BY created_ms DESC, run_id DESC LIMIT 1",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(run_row).transpose()
    }

    /// All runs of an issue, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs(&self, issue: IssueKey) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM runs WHERE repository_id = $1 AND number = $2
             ORDER BY created_ms, run_id",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(run_row).collect()
    }

    /// The live run of an issue.
    ///
    /// # Errors
    /// The database's.
    pub async fn live_run(&self, issue: IssueKey) -> Result<Option<RunRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM runs WHERE repository_id = $1 AND number = $2
             AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(run_row).transpose()
    }

    /// Claims the run that has been due longest.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim_run(&self, claim: Claim<'_>) -> Result<Option<ClaimedRun>, StoreError> {
        for _ in 0..CLAIM_TRIES_MAX {
            // Looking takes no turn from the writer; the claim itself proves that the run is free.
            let oldest = sqlx::query(
                "SELECT run_id FROM runs
                 WHERE status IN ('ready', 'backoff') AND due_ms <= $1 AND leased_until_ms <= $1
                   AND held = 0
                 ORDER BY due_ms, created_ms, run_id LIMIT 1",
            )
            .bind(claim.now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?;
            let Some(oldest) = oldest else { return Ok(None) };
            let mut tx = self.write().await?;
            let claimed = sqlx::query(
                "UPDATE runs SET owner = $2, fence = fence + 1, leased_until_ms = $3,
                                 status = 'ready', reason = NULL
                 WHERE run_id = $4 AND status IN ('ready', 'backoff') AND due_ms <= $1
                   AND leased_until_ms <= $1 AND held = 0
                 RETURNING *",
            )
            .bind(claim.now.0)
            .bind(claim.worker)
            .bind(claim.until())
            .bind(oldest.text("run_id")?)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            if let Some(row) = claimed {
                let (owner, fence) = (claim.worker.to_owned(), row.int("fence")?);
                return Ok(Some(ClaimedRun { run: run_row(&row)?, owner, fence }));
            }
        }
        Ok(None)
    }

    /// Holds the run until `until`.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when it was stopped or another worker has it.
    pub async fn renew_run(&self, run: &ClaimedRun, until: Timestamp) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        sqlx::query("UPDATE runs SET leased_until_ms = $1 WHERE run_id = $2")
            .bind(until.0)
            .bind(run.run.id.as_str())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Notes a sign of life (a turn, a tool call, a heartbeat). Of an ended run it changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_activity(&self, run: &RunId, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE runs SET activity_ms = $1 WHERE run_id = $2 AND activity_ms < $1
             AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(at.0)
        .bind(run.as_str())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Lays the run down: its transcript stays, the claim ends. A run that was told something it has
    /// not read does not wait for people: it stays ready, and what it wanted to ask is not asked.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when it was stopped or another worker has it.
    pub async fn park_run(&self, run: &ClaimedRun, parking: &Parking) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        // A separate statement after the lock: it sees what was told until now, on PostgreSQL too.
        let unheard = is_unheard(&mut tx, &run.run.id).await?;
        let goes_on = unheard && parking.status == RunStatus::Waiting;
        let status = if goes_on { RunStatus::Ready } else { parking.status };
        sqlx::query(
            "UPDATE runs SET status = $1, due_ms = $2, reason = $3, owner = NULL,
                             leased_until_ms = 0
             WHERE run_id = $4",
        )
        .bind(status.name())
        .bind(parking.due.0)
        .bind(parking.reason.as_deref().map(storable))
        .bind(run.run.id.as_str())
        .execute(&mut *tx)
        .await?;
        if !goes_on {
            for question in &parking.questions {
                write_question(&mut tx, &run.run, question).await?;
            }
            if let Some(event) = &parking.internal {
                insert_internal(&mut tx, &self.ids, event).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Ends the run, keeps its plan and its result, and tells the issue, all or nothing. A plan does
    /// not come out while people's words to its run are unread: the run goes on with those.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when it was stopped or another worker has it;
    /// [`ClaimError::Conflict`] when the plan's revision exists already.
    pub async fn finish_run(
        &self,
        run: &ClaimedRun,
        end: &RunEnd,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        if end.plan.is_some() && is_unheard(&mut tx, &run.run.id).await? {
            go_on(&mut tx, &run.run.id, now).await?;
            return Ok(tx.commit().await?);
        }
        end_run(&mut tx, &run.run.id, end.status, end.reason.as_deref(), now).await?;
        if let Some(plan) = &end.plan {
            write_plan(&mut tx, &run.run, plan, now).await?;
        }
        if let Some(result) = &end.result {
            sqlx::query("UPDATE runs SET result = $1 WHERE run_id = $2")
                .bind(result.to_string())
                .bind(run.run.id.as_str())
                .execute(&mut *tx)
                .await?;
        }
        insert_internal(&mut tx, &self.ids, &end.internal).await?;
        Ok(tx.commit().await?)
    }

    /// Stops a run: its worker's next write is refused. Stopping an ended or unknown run changes
    /// nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn stop_run(
        &self,
        run: &RunId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        end_run(&mut tx, run, RunStatus::Stopped, Some(reason), now).await?;
        Ok(tx.commit().await?)
    }
}

/// Locks the run for this transaction and refuses a stale claim.
pub(super) async fn hold(
    connection: &mut AnyConnection,
    run: &ClaimedRun,
) -> Result<(), ClaimError> {
    let held = sqlx::query(
        "UPDATE runs SET owner = owner WHERE run_id = $1 AND owner = $2 AND fence = $3
         AND status IN ('ready', 'waiting', 'backoff')",
    )
    .bind(run.run.id.as_str())
    .bind(run.owner.as_str())
    .bind(run.fence)
    .execute(connection)
    .await?
    .rows_affected();
    if held == 1 { Ok(()) } else { Err(ClaimError::Stale) }
}

async fn end_run(
    connection: &mut AnyConnection,
    run: &RunId,
    status: RunStatus,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE runs SET status = $1, reason = $2, finished_ms = $3, owner = NULL
         WHERE run_id = $4 AND status IN ('ready', 'waiting', 'backoff')",
    )
    .bind(status.name())
    .bind(reason.map(storable))
    .bind(now.0)
    .bind(run.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) fn run_row(row: &AnyRow) -> Result<RunRow, StoreError> {
    Ok(RunRow {
        id: RunId(row.text("run_id")?),
        issue: row.issue()?,
        installation: row.installation()?,
        role: row.text("role")?,
        tier: row.text("tier")?,
        model: row.text("model")?,
        requester: UserId(row.int("requester_id")?),
        brief: row.json("brief")?,
        limits: row.json("limits")?,
        status: RunStatus::from_column(&row.text("status")?)?,
        reason: row.maybe_text("reason")?,
        taken_up: 0 < row.int("fence")?,
        due: row.at("due_ms")?,
        activity: row.at("activity_ms")?,
        created: row.at("created_ms")?,
        finished: row.maybe_int("finished_ms")?.map(Timestamp),
        result: row.maybe_json("result")?,
    })
}
