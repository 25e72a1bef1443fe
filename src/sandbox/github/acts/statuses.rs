//! Commit statuses.

use super::super::world::{Actor, CommitStatus, StatusState, World};
use crate::base::{RepositoryId, Sha};

/// A new status.
#[derive(Clone, Debug)]
pub(crate) struct NewStatus {
    pub(crate) sha: Sha,
    pub(crate) context: String,
    pub(crate) state: StatusState,
    pub(crate) description: Option<String>,
    pub(crate) target_url: Option<String>,
}

impl World {
    /// Sets a commit's status. The event has no action: every status is new.
    pub(crate) fn set_status(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        new: NewStatus,
    ) -> i64 {
        let (id, at) = (self.next_id(), self.now());
        let status = CommitStatus {
            id,
            sha: new.sha,
            context: new.context,
            state: new.state,
            description: new.description,
            target_url: new.target_url,
            creator: actor.user,
            at,
        };
        let body = self.told_status_json(self.repo(repository), &status);
        self.repo_mut(repository).statuses.push(status);
        self.emit("status", None, repository, actor, body);
        id
    }
}
