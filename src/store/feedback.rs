//! What people chose over what was computed, written in the transaction of the decision.

use sqlx::AnyConnection;

use crate::base::{InstallationId, IssueKey, RepositoryId, Timestamp, UserId};
use crate::store::columns::Columns as _;
use crate::store::{Commit, Store, StoreError};

/// A choice to be kept. All its words are Baton's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFeedback {
    /// Who chose.
    pub by: UserId,
    /// What the choice is about: `level` or `tier`.
    pub about: &'static str,
    /// What was computed.
    pub computed: &'static str,
    /// What was chosen.
    pub chosen: &'static str,
    /// In what form: `label`, `option`, `handoff`, `table`.
    pub how: &'static str,
}

/// A choice as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackRow {
    /// The issue.
    pub issue: i64,
    /// Who chose.
    pub by: UserId,
    /// What the choice is about.
    pub about: String,
    /// What was computed.
    pub computed: String,
    /// What was chosen.
    pub chosen: String,
    /// In what form.
    pub how: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// What people chose in a repository, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn feedback(
        &self,
        installation: InstallationId,
        repository: RepositoryId,
    ) -> Result<Vec<FeedbackRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, user_id, about, computed, chosen, how, at_ms FROM feedback
             WHERE installation_id = $1 AND repository_id = $2 ORDER BY at_ms, inbox_id, seq",
        )
        .bind(installation.0)
        .bind(repository.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(FeedbackRow {
                    issue: row.int("number")?,
                    by: UserId(row.int("user_id")?),
                    about: row.text("about")?,
                    computed: row.text("computed")?,
                    chosen: row.text("chosen")?,
                    how: row.text("how")?,
                    at: Timestamp(row.int("at_ms")?),
                })
            })
            .collect()
    }

    /// How many issues of a repository people overrode, and how many there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn overridden(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<(i64, i64), StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(DISTINCT number) FROM feedback
                     WHERE installation_id = $1 AND repository_id = $2) AS chosen,
                    (SELECT COUNT(*) FROM issues
                     WHERE installation_id = $1 AND repository_id = $2) AS known",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .fetch_one(&mut *self.read().await?)
        .await?;
        Ok((row.int("chosen")?, row.int("known")?))
    }
}

pub(super) async fn write_feedback(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
    (seq, feedback): (i64, &NewFeedback),
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO feedback (inbox_id, seq, installation_id, repository_id, number, user_id, about,
                               computed, chosen, how, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(commit.row.id.as_str())
    .bind(seq)
    .bind(commit.state.installation.0)
    .bind(commit.issue.repository.0)
    .bind(commit.issue.number.0)
    .bind(feedback.by.0)
    .bind(feedback.about)
    .bind(feedback.computed)
    .bind(feedback.chosen)
    .bind(feedback.how)
    .bind(commit.now.0)
    .execute(connection)
    .await?;
    Ok(())
}
