//! What people and bots do with checks: buttons, re-runs, statuses.

use super::super::acts::NewStatus;
use super::super::world::{Role, StatusState};
use super::{ActRefused, Person, Result};
use crate::base::Sha;

impl Person {
    /// Presses a button of the App's check.
    ///
    /// # Errors
    /// Without write, or when the check has no such button.
    pub fn presses(&self, check: i64, identifier: &str) -> Result<()> {
        let mut world = self.allowed(Role::Write)?;
        let run = world.repo(self.repository).checks.runs.get(&check);
        let run = run.ok_or(ActRefused::Missing("check"))?;
        if run.actions.iter().all(|it| it.identifier != identifier) {
            return Err(ActRefused::Missing("button"));
        }
        world.ask_check(self.repository, check, self.actor(), Some(identifier));
        Ok(())
    }

    /// Asks for a check again: a workflow's job runs anew, any other App is told.
    ///
    /// # Errors
    /// Without write, or when there is no such check.
    pub fn reruns(&self, check: i64) -> Result<()> {
        let mut world = self.allowed(Role::Write)?;
        if !world.repo(self.repository).checks.runs.contains_key(&check) {
            return Err(ActRefused::Missing("check"));
        }
        if world.repo(self.repository).workflows.jobs.contains_key(&check) {
            world.rerun_job(self.repository, check, false);
        } else {
            world.ask_check(self.repository, check, self.actor(), None);
        }
        Ok(())
    }

    /// Sets a commit's status, as bots and services with write do.
    ///
    /// # Errors
    /// Without write, or when there is no such commit.
    pub fn sets_status(
        &self,
        sha: &Sha,
        context: &str,
        state: StatusState,
        description: &str,
    ) -> Result<i64> {
        let mut world = self.allowed(Role::Write)?;
        world.repo(self.repository).git.commit(sha)?;
        let new = NewStatus {
            sha: sha.clone(),
            context: context.to_owned(),
            state,
            description: Some(description.to_owned()).filter(|it| !it.is_empty()),
            target_url: None,
        };
        Ok(world.set_status(self.repository, self.actor(), new))
    }
}
