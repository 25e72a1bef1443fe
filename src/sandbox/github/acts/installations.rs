//! What the owner of an account does with the App.

use serde_json::{Value, json};

use super::super::world::{Actor, Installation, Permissions, World};
use crate::base::{InstallationId, RepositoryId, UserId};

impl World {
    /// Installs the App on an account, for these repositories.
    pub(crate) fn install(
        &mut self,
        account: UserId,
        repositories: &[RepositoryId],
        actor: Actor,
    ) -> InstallationId {
        let id = InstallationId(self.next_id());
        let mut installation = Installation::new(id, account, self.now());
        installation.repositories.extend(repositories);
        self.installations.insert(id, installation);
        self.tell(id, "created", actor);
        id
    }

    /// Removes the App; its tokens stop working.
    pub(crate) fn uninstall(&mut self, id: InstallationId, actor: Actor) {
        self.tell(id, "deleted", actor);
        self.installations.remove(&id);
        self.tokens.retain(|_, it| it.installation != id);
    }

    /// Suspends the App, or lifts the suspension.
    pub(crate) fn suspend(&mut self, id: InstallationId, actor: Actor, suspended: bool) {
        let now = self.now();
        if let Some(it) = self.installations.get_mut(&id) {
            it.suspended = suspended.then_some((now, actor.user));
            it.updated_at = now;
            self.tell(id, if suspended { "suspend" } else { "unsuspend" }, actor);
        }
    }

    /// Changes what the App may do; tokens that exist lose what is taken away.
    pub(crate) fn grant(&mut self, id: InstallationId, actor: Actor, permissions: Permissions) {
        let now = self.now();
        if let Some(it) = self.installations.get_mut(&id) {
            it.permissions = permissions;
            it.updated_at = now;
            self.tell(id, "new_permissions_accepted", actor);
        }
    }

    /// Gives the App a repository, or takes one away.
    pub(crate) fn select_repository(
        &mut self,
        id: InstallationId,
        actor: Actor,
        repository: RepositoryId,
        selected: bool,
    ) {
        let Some(it) = self.installations.get_mut(&id) else { return };
        let changed = match selected {
            true => it.repositories.insert(repository),
            false => it.repositories.remove(&repository),
        };
        if !changed {
            return;
        }
        let line = self.repository_line_json(self.repo(repository));
        let (added, removed) = if selected { (vec![line], vec![]) } else { (vec![], vec![line]) };
        let action = if selected { "added" } else { "removed" };
        let details = json!({
            "repository_selection": "selected",
            "repositories_added": added,
            "repositories_removed": removed,
            "requester": null,
        });
        self.emit_installation("installation_repositories", action, id, actor, details);
    }

    fn tell(&mut self, id: InstallationId, action: &'static str, actor: Actor) {
        let Some(installation) = self.installations.get(&id) else { return };
        let lines: Vec<Value> = installation
            .repositories
            .iter()
            .map(|it| self.repository_line_json(self.repo(*it)))
            .collect();
        let details = json!({ "repositories": lines, "requester": null });
        self.emit_installation("installation", action, id, actor, details);
    }
}
