//! People's roles, and the App's installation.

use super::super::lock;
use super::super::world::{Permissions, Role};
use super::{ActRefused, Person, Result};
use crate::base::{InstallationId, UserId};

impl Person {
    /// Their login.
    pub fn login(&self) -> String {
        lock(&self.world).accounts[&self.user].login.clone()
    }

    /// Their id.
    pub fn id(&self) -> UserId {
        self.user
    }

    /// Gives somebody a role, or takes it away.
    ///
    /// # Errors
    /// Without admin.
    pub fn sets_role(&self, of: &Person, role: Option<Role>) -> Result<()> {
        let mut world = self.allowed(Role::Admin)?;
        world.repo_mut(self.repository).give_role(of.user, role);
        Ok(())
    }

    /// Renames the repository. Its old name leads to it until another repository takes it.
    ///
    /// # Errors
    /// Without admin, or when the owner has a repository of this name.
    pub fn renames_repository(&self, name: &str) -> Result<()> {
        let mut world = self.allowed(Role::Admin)?;
        let owner = world.repo(self.repository).owner.clone();
        if world.repository(&owner, name).is_some() {
            let why = format!("The repository {owner}/{name} already exists.");
            return Err(ActRefused::Refused(why));
        }
        world.rename_repository(self.repository, self.actor(), name);
        Ok(())
    }

    /// Suspends the App, or lifts the suspension.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn suspends_app(&self, suspended: bool) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.suspend(id, self.actor(), suspended);
        Ok(())
    }

    /// Installs the App on the organisation, for this repository.
    ///
    /// # Errors
    /// Without admin.
    pub fn installs_app(&self) -> Result<InstallationId> {
        let mut world = self.allowed(Role::Admin)?;
        let owner = world.app.owner;
        Ok(world.install(owner, &[self.repository], self.actor()))
    }

    /// Removes the App.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn removes_app(&self) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.uninstall(id, self.actor());
        Ok(())
    }

    /// Takes this repository away from the App.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn withdraws_repository(&self) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.select_repository(id, self.actor(), self.repository, false);
        Ok(())
    }

    /// Gives the App this repository beside those it has.
    ///
    /// # Errors
    /// Without admin, or when the App is installed nowhere.
    pub fn selects_repository(&self) -> Result<()> {
        let mut world = self.allowed(Role::Admin)?;
        let id = world.installations.keys().next().copied();
        let id = id.ok_or(ActRefused::Missing("installation"))?;
        world.select_repository(id, self.actor(), self.repository, true);
        Ok(())
    }

    /// Changes what the App may do.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn grants(&self, permissions: Permissions) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.grant(id, self.actor(), permissions);
        Ok(())
    }
}
