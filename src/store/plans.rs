//! Plans, one row per revision.

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{IssueKey, RunId, Sha, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::runs::RunRow;
use crate::store::{ClaimError, CommitError, LaneLease, Store, StoreError};

/// A plan that a run submitted.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Its revision: [`Store::next_revision`] before the run ends. Only one run is live, so nobody
    /// takes it in between.
    pub revision: i64,
    /// The content hash that approvals are bound to.
    pub hash: String,
    /// The plan, as submitted.
    pub plan: Value,
    /// The plan file.
    pub markdown: String,
    /// The commit it was planned on.
    pub base_sha: Sha,
}

/// A stored plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    /// The issue it is for.
    pub issue: IssueKey,
    /// Its revision, from 1.
    pub revision: i64,
    /// Its content hash.
    pub hash: String,
    /// The plan, as submitted.
    pub plan: Value,
    /// The plan file.
    pub markdown: String,
    /// The run that wrote it.
    pub run: RunId,
    /// The commit it was planned on.
    pub base_sha: Sha,
    /// When.
    pub created: Timestamp,
}

impl Store {
    /// The revision the issue's next plan gets, from 1.
    ///
    /// # Errors
    /// The database's.
    pub async fn next_revision(&self, issue: IssueKey) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "SELECT COALESCE(MAX(revision), 0) + 1 AS revision FROM plans
             WHERE repository_id = $1 AND number = $2",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_one(&mut *self.read().await?)
        .await?;
        row.int("revision")
    }

    /// The newest plan of an issue.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest_plan(&self, issue: IssueKey) -> Result<Option<PlanRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM plans WHERE repository_id = $1 AND number = $2
             ORDER BY revision DESC LIMIT 1",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(plan_row).transpose()
    }

    /// One revision of an issue's plan.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan(
        &self,
        issue: IssueKey,
        revision: i64,
    ) -> Result<Option<PlanRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM plans WHERE repository_id = $1 AND number = $2 AND revision = $3",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .bind(revision)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(plan_row).transpose()
    }
}

impl Store {
    /// Keeps a plan that people made of `before` by editing its file. Until the machine has
    /// decided upon the edit, a later one takes its place, and so it does with a plan that a run
    /// left there and that the machine never took up: nothing of what stood there stays.
    ///
    /// People approve what stands here, so only the worker that decides may write it: under its
    /// lease, and upon the version of the issue that it has read.
    ///
    /// # Errors
    /// [`CommitError::LostLease`] when another worker has the lane, [`CommitError::LostRace`] when
    /// the issue changed: nothing was written.
    pub async fn save_edited_plan(
        &self,
        (lease, version): (&LaneLease, i64),
        before: &PlanRow,
        plan: &NewPlan,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let mut tx = self.write().await?;
        lease.check(&mut tx).await?;
        let as_read = sqlx::query(
            "UPDATE issues SET version = version
             WHERE repository_id = $1 AND number = $2 AND version = $3",
        )
        .bind(before.issue.repository.0)
        .bind(before.issue.number.0)
        .bind(version)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if as_read != 1 {
            return Err(CommitError::LostRace);
        }
        sqlx::query(
            "INSERT INTO plans (repository_id, number, revision, hash, plan, markdown, run_id,
                                base_sha, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (repository_id, number, revision) DO UPDATE SET
                 hash = excluded.hash, plan = excluded.plan, markdown = excluded.markdown,
                 run_id = excluded.run_id, base_sha = excluded.base_sha,
                 created_ms = excluded.created_ms",
        )
        .bind(before.issue.repository.0)
        .bind(before.issue.number.0)
        .bind(plan.revision)
        .bind(plan.hash.as_str())
        .bind(plan.plan.to_string())
        .bind(storable(&plan.markdown))
        .bind(before.run.as_str())
        .bind(plan.base_sha.as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

pub(super) async fn write_plan(
    connection: &mut AnyConnection,
    run: &RunRow,
    plan: &NewPlan,
    now: Timestamp,
) -> Result<(), ClaimError> {
    let written = sqlx::query(
        "INSERT INTO plans (repository_id, number, revision, hash, plan, markdown, run_id, base_sha,
                            created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (repository_id, number, revision) DO NOTHING",
    )
    .bind(run.issue.repository.0)
    .bind(run.issue.number.0)
    .bind(plan.revision)
    .bind(plan.hash.as_str())
    .bind(plan.plan.to_string())
    .bind(storable(&plan.markdown))
    .bind(run.id.as_str())
    .bind(plan.base_sha.as_str())
    .bind(now.0)
    .execute(connection)
    .await?
    .rows_affected();
    if written == 1 {
        Ok(())
    } else {
        Err(ClaimError::Conflict(format!("plan revision {} of {}", plan.revision, run.issue)))
    }
}

fn plan_row(row: &AnyRow) -> Result<PlanRow, StoreError> {
    Ok(PlanRow {
        issue: row.issue()?,
        revision: row.int("revision")?,
        hash: row.text("hash")?,
        plan: row.json("plan")?,
        markdown: row.text("markdown")?,
        run: RunId(row.text("run_id")?),
        base_sha: Sha(row.text("base_sha")?),
        created: row.at("created_ms")?,
    })
}
