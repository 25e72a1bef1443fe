//! Where each issue stands, the repositories they stand in, and the ids of what Baton made there.

use crate::base::{InstallationId, IssueKey, IssueNumber, RepositoryId, Timestamp, UserId};
use crate::domain::incoming::Repository;
use crate::store::columns::{Columns, storable};
use crate::store::{Store, StoreError};

/// An issue as it was last committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRow {
    /// Which issue.
    pub issue: IssueKey,
    /// The installation it belongs to.
    pub installation: InstallationId,
    /// The repository's owner now.
    pub owner: String,
    /// The repository's name now.
    pub name: String,
    /// Grows by one with every decision.
    pub version: i64,
    /// How often it was opened, from 1.
    pub life: i64,
    /// The name of the stage.
    pub stage: String,
    /// The workflow's state, JSON.
    pub state: String,
    /// The issue as GitHub last showed it, JSON.
    pub snapshot: String,
    /// Its title.
    pub title: String,
    /// When it was last decided upon.
    pub updated: Timestamp,
}

impl Store {
    /// The issue as it was last committed; `None` when nothing was decided about it yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn load_issue(&self, issue: IssueKey) -> Result<Option<IssueRow>, StoreError> {
        let row = sqlx::query(
            "SELECT i.*, r.owner AS owner, r.name AS name
             FROM issues i JOIN repositories r ON r.repository_id = i.repository_id
             WHERE i.repository_id = $1 AND i.number = $2",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(IssueRow {
            issue: row.issue()?,
            installation: row.installation()?,
            owner: row.text("owner")?,
            name: row.text("name")?,
            version: row.int("version")?,
            life: row.int("life")?,
            stage: row.text("stage")?,
            state: row.text("state")?,
            snapshot: row.text("snapshot")?,
            title: row.text("title")?,
            updated: row.at("updated_ms")?,
        }))
    }

    /// The issues of this name, with the installation of each. GitHub's names differ in more than
    /// case; one that was given up and taken anew is two repositories.
    ///
    /// # Errors
    /// The database's.
    pub async fn issues_named(
        &self,
        (owner, name): (&str, &str),
        number: IssueNumber,
    ) -> Result<Vec<(InstallationId, IssueKey)>, StoreError> {
        let rows = sqlx::query(
            "SELECT i.repository_id, i.number, i.installation_id
             FROM issues i JOIN repositories r ON r.repository_id = i.repository_id
             WHERE LOWER(r.owner) = LOWER($1) AND LOWER(r.name) = LOWER($2) AND i.number = $3
             ORDER BY i.repository_id",
        )
        .bind(storable(owner))
        .bind(storable(name))
        .bind(number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|it| Ok((it.installation()?, it.issue()?))).collect()
    }

    /// Remembers a repository as a webhook names it now: its name and owner may have changed, its
    /// id has not. What the webhook does not say (the default branch) keeps its last value. Nearly
    /// always nothing has changed, and then nothing is written.
    ///
    /// # Errors
    /// The database's.
    pub async fn save_repository(
        &self,
        installation: InstallationId,
        repository: &Repository,
    ) -> Result<(), StoreError> {
        // Nearly every delivery names it as it is stored: looking takes no turn from the writer.
        if let Some(stored) = self.load_repository(repository.id).await?
            && says_the_same(&stored, installation, repository)
        {
            return Ok(());
        }
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO repositories
                (repository_id, installation_id, owner, name, default_branch, private)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (repository_id) DO UPDATE
                SET installation_id = excluded.installation_id, owner = excluded.owner,
                    name = excluded.name, private = excluded.private,
                    default_branch = COALESCE(excluded.default_branch, repositories.default_branch)
                WHERE excluded.installation_id <> repositories.installation_id
                   OR excluded.owner <> repositories.owner OR excluded.name <> repositories.name
                   OR excluded.private <> repositories.private
                   OR COALESCE(excluded.default_branch, '')
                        NOT IN ('', COALESCE(repositories.default_branch, ''))",
        )
        .bind(repository.id.0)
        .bind(installation.0)
        .bind(storable(&repository.owner))
        .bind(storable(&repository.name))
        .bind(repository.default_branch.as_deref().map(storable))
        .bind(i64::from(repository.private))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// A repository and the installation it was last seen in.
    ///
    /// # Errors
    /// The database's.
    pub async fn load_repository(
        &self,
        repository: RepositoryId,
    ) -> Result<Option<(InstallationId, Repository)>, StoreError> {
        let row = sqlx::query("SELECT * FROM repositories WHERE repository_id = $1")
            .bind(repository.0)
            .fetch_optional(&mut *self.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let repository = Repository {
            id: repository,
            owner: row.text("owner")?,
            name: row.text("name")?,
            default_branch: row.maybe_text("default_branch")?,
            private: row.flag("private")?,
        };
        Ok(Some((row.installation()?, repository)))
    }

    /// The issues of a repository that Baton holds a state of, oldest number first.
    ///
    /// # Errors
    /// The database's.
    pub async fn issues_of_repository(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<IssueKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT repository_id, number FROM issues WHERE repository_id = $1 ORDER BY number",
        )
        .bind(repository.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(Columns::issue).collect()
    }

    /// The issues of an installation that Baton holds a state of.
    ///
    /// # Errors
    /// The database's.
    pub async fn issues_of_installation(
        &self,
        installation: InstallationId,
    ) -> Result<Vec<IssueKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT repository_id, number FROM issues WHERE installation_id = $1
             ORDER BY repository_id, number",
        )
        .bind(installation.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(Columns::issue).collect()
    }

    /// Whether this person was told a refusal on this issue at `since` or later.
    ///
    /// # Errors
    /// The database's.
    pub async fn refusal_told(
        &self,
        issue: IssueKey,
        user: UserId,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT told_ms FROM refusals
             WHERE repository_id = $1 AND number = $2 AND user_id = $3 AND told_ms >= $4",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .bind(user.0)
        .bind(since.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        Ok(row.is_some())
    }

    /// The id of a thing Baton made for this issue: a comment, a branch, a pull request.
    ///
    /// # Errors
    /// The database's.
    pub async fn handle(&self, issue: IssueKey, kind: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT value FROM handles WHERE repository_id = $1 AND number = $2 AND kind = $3",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .bind(kind)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(|it| it.text("value")).transpose()
    }

    /// All handles of an issue as (kind, value), by kind.
    ///
    /// # Errors
    /// The database's.
    pub async fn handles(&self, issue: IssueKey) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query(
            "SELECT kind, value FROM handles WHERE repository_id = $1 AND number = $2
             ORDER BY kind",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|it| Ok((it.text("kind")?, it.text("value")?))).collect()
    }

    /// The issues of a repository that have a handle of this kind, by number.
    ///
    /// # Errors
    /// The database's.
    pub async fn issues_with_handle(
        &self,
        repository: RepositoryId,
        kind: &str,
    ) -> Result<Vec<IssueKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT number FROM handles WHERE repository_id = $1 AND kind = $2 AND value <> ''
             ORDER BY number",
        )
        .bind(repository.0)
        .bind(kind)
        .fetch_all(&mut *self.read().await?)
        .await?;
        let key = |number| IssueKey { repository, number: IssueNumber(number) };
        rows.iter().map(|it| Ok(key(it.int("number")?))).collect()
    }

    /// Remembers the id of a thing; a new value replaces the old one.
    ///
    /// # Errors
    /// The database's.
    pub async fn save_handle(
        &self,
        issue: IssueKey,
        kind: &str,
        value: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        put_handle(&mut tx, issue, kind, value).await?;
        Ok(tx.commit().await?)
    }
}

/// Whether a webhook tells nothing new of a repository. Not to say the default branch is nothing new.
fn says_the_same(
    (installation, stored): &(InstallationId, Repository),
    told_installation: InstallationId,
    told: &Repository,
) -> bool {
    *installation == told_installation
        && stored.owner == told.owner
        && stored.name == told.name
        && stored.private == told.private
        && (told.default_branch.is_none() || stored.default_branch == told.default_branch)
}

pub(super) async fn drop_handle(
    connection: &mut sqlx::AnyConnection,
    issue: IssueKey,
    kind: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM handles WHERE repository_id = $1 AND number = $2 AND kind = $3")
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .bind(kind)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn put_handle(
    connection: &mut sqlx::AnyConnection,
    issue: IssueKey,
    kind: &str,
    value: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO handles (repository_id, number, kind, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repository_id, number, kind) DO UPDATE SET value = excluded.value",
    )
    .bind(issue.repository.0)
    .bind(issue.number.0)
    .bind(kind)
    .bind(storable(value))
    .execute(connection)
    .await?;
    Ok(())
}
