//! The installation that a delivery belongs to. GitHub names it in each payload; servers that leave
//! it out are asked, and what is stored of the repository is asked before them.

use crate::base::InstallationId;
use crate::domain::incoming::{Incoming, Repository};
use crate::engine::Engine;
use crate::engine::handle::{ROW_TRIES_MAX, row_pause};
use crate::engine::ingest::{Ingested, ignored};
use crate::engine::pause::pause_of;
use crate::github::client::GitHubError;
use crate::store::{InboxRow, IssueRow, Outcome, StoreError};

impl Engine {
    /// The installation: from the payload, else from what is stored of the issue or the repository,
    /// else asked of GitHub.
    pub(super) async fn installation(
        &self,
        row: &InboxRow,
        incoming: &Incoming,
        stored: Option<&IssueRow>,
    ) -> Result<Result<InstallationId, Ingested>, StoreError> {
        if let Some(installation) = incoming.installation.or(stored.map(|it| it.installation)) {
            return Ok(Ok(installation));
        }
        let Some(repository) = &incoming.repository else {
            return Ok(Err(ignored("the payload names no installation")));
        };
        if let Some((installation, _)) = self.store.load_repository(repository.id).await? {
            return Ok(Ok(installation));
        }
        let error = match self.asked_installation(repository).await {
            Ok(installation) => return Ok(Ok(installation)),
            Err(error) => error,
        };
        if error.retryable() && row.attempts < ROW_TRIES_MAX {
            let now = self.clock.now();
            let until = pause_of(&error, now).unwrap_or(now + row_pause(row));
            return Ok(Err(Ingested::PutOff { until, why: error.to_string() }));
        }
        let name = format!("{}/{}", repository.owner, repository.name);
        tracing::warn!(
            delivery = %row.delivery_id,
            repository = name,
            %error,
            "a delivery names no installation and none is found, so it is not handled"
        );
        let outcome = if error == GitHubError::NotFound {
            Outcome::Ignored("the App is not installed on this repository".to_owned())
        } else if error.retryable() {
            Outcome::Failed(format!("the installation could not be found: {error}"))
        } else {
            Outcome::Ignored(format!("nobody tells its installation: {error}"))
        };
        Ok(Err(Ingested::Finished { outcome, internal: Vec::new() }))
    }

    /// The installation as GitHub tells it: the repository's, else the only one there is. A server
    /// that knows neither call is believed to have none.
    async fn asked_installation(
        &self,
        repository: &Repository,
    ) -> Result<InstallationId, GitHubError> {
        let error = match self.github.installation_of(&repository.owner, &repository.name).await {
            Err(error) if !error.retryable() => error,
            other => return other,
        };
        match self.github.only_installation(&repository.owner).await {
            Ok(Some(installation)) => Ok(installation),
            Err(trouble) if trouble.retryable() => Err(trouble),
            Ok(None) | Err(_) => Err(error),
        }
    }
}
