//! Issues, comments, labels, reactions.

use super::super::Place;
use super::super::acts::{IssueEdit, NewIssue, Subject};
use super::super::world::{ReactionKind, Role};
use super::{ActRefused, Person, Result};
use crate::base::{CommentId, IssueNumber};

impl Person {
    /// Opens an issue.
    ///
    /// # Errors
    /// When the repository is private and they have no role.
    pub fn opens(&self, title: &str, body: &str) -> Result<IssueNumber> {
        self.opens_with_labels(title, body, &[])
    }

    /// Opens an issue with labels on it; without triage GitHub leaves the labels out.
    ///
    /// # Errors
    /// When the repository is private and they have no role.
    pub fn opens_with_labels(
        &self,
        title: &str,
        body: &str,
        labels: &[&str],
    ) -> Result<IssueNumber> {
        let mut world = self.allowed(Role::Read)?;
        let may_label = Some(Role::Triage) <= self.role(&world);
        let labels = labels.iter().filter(|_| may_label).map(|it| (*it).to_owned()).collect();
        let new = NewIssue { title: title.to_owned(), body: Some(body.to_owned()), labels };
        Ok(world.open_issue(self.repository, self.actor(), new))
    }

    /// Changes an issue's title or body; `None` stays. The author may, and people with write.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn edits_issue(
        &self,
        number: IssueNumber,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<()> {
        let mut world = self.on_issue(number, Role::Write, true)?;
        let edit =
            IssueEdit { title: title.map(str::to_owned), body: body.map(|it| Some(it.to_owned())) };
        world.edit_issue(self.repository, number, self.actor(), edit);
        Ok(())
    }

    /// Writes a comment.
    ///
    /// # Errors
    /// When there is no such issue, or it is locked and they have no write.
    pub fn comments(&self, number: IssueNumber, body: &str) -> Result<CommentId> {
        let world = self.on_issue(number, Role::Read, false)?;
        let locked = world.repo(self.repository).issues[&number].locked;
        drop(world);
        let mut world = self.allowed(if locked { Role::Write } else { Role::Read })?;
        Ok(world.add_comment(self.repository, number, self.actor(), body.to_owned()))
    }

    /// Changes a comment. Its author may, and people with write: that is how a box is ticked.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn edits_comment(&self, id: CommentId, body: &str) -> Result<()> {
        let mut world = self.on_comment(id)?;
        world.edit_comment(self.repository, id, self.actor(), body.to_owned());
        Ok(())
    }

    /// Deletes a comment. Its author may, and people with write.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn deletes_comment(&self, id: CommentId) -> Result<()> {
        let mut world = self.on_comment(id)?;
        world.delete_comment(self.repository, id, self.actor());
        Ok(())
    }

    /// Reacts to a comment.
    ///
    /// # Errors
    /// When there is no such comment.
    pub fn reacts(&self, id: CommentId, kind: ReactionKind) -> Result<()> {
        let mut world = self.allowed(Role::Read)?;
        if !world.repo(self.repository).comments.contains_key(&id) {
            return Err(ActRefused::Missing("comment"));
        }
        world.react(self.repository, Subject::Comment(id), self.actor(), kind);
        Ok(())
    }

    /// Puts a label on an issue or pull request, making it first if it is new.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue.
    pub fn labels(&self, number: IssueNumber, label: &str) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        world.add_labels(self.repository, number, self.actor(), &[label.to_owned()]);
        Ok(())
    }

    /// Takes a label off.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue, or the label is not on it.
    pub fn unlabels(&self, number: IssueNumber, label: &str) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        let repository = world.repo(self.repository);
        let label = repository.label(label).map(|it| it.id);
        let present = label.filter(|it| repository.issues[&number].labels.contains(it));
        let label = present.ok_or(ActRefused::Missing("label"))?;
        world.remove_label(self.repository, number, self.actor(), label);
        Ok(())
    }

    /// Closes an issue or pull request as completed. Its author may, and people with triage.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn closes(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, true)?;
        world.close_issue(self.repository, number, self.actor(), "completed");
        Ok(())
    }

    /// Opens a closed issue or pull request again. Its author may, and people with triage.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn reopens(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, true)?;
        world.reopen_issue(self.repository, number, self.actor());
        Ok(())
    }

    /// Locks a conversation: from then on only people with write may comment.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue.
    pub fn locks(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        world.lock_issue(self.repository, number, self.actor(), true);
        Ok(())
    }

    /// Opens a locked conversation again.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue.
    pub fn unlocks(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        world.lock_issue(self.repository, number, self.actor(), false);
        Ok(())
    }

    /// Closes an issue as not planned. Its author may, and people with triage.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn closes_as_not_planned(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, true)?;
        world.close_issue(self.repository, number, self.actor(), "not_planned");
        Ok(())
    }

    /// Moves an issue to another repository and says its number there. It needs write in both.
    ///
    /// # Errors
    /// Without write, when there is no such issue, or when it is a pull request.
    pub fn transfers_issue(&self, number: IssueNumber, to: &Place) -> Result<IssueNumber> {
        let there = Person { repository: to.id(), ..self.clone() };
        drop(there.allowed(Role::Write)?);
        let mut world = self.on_issue(number, Role::Write, false)?;
        if world.repo(self.repository).issues[&number].pull.is_some() {
            return Err(ActRefused::Missing("issue"));
        }
        Ok(world.transfer_issue(self.repository, number, self.actor(), to.id()))
    }

    /// Deletes an issue for good.
    ///
    /// # Errors
    /// Without admin, or when there is no such issue.
    pub fn deletes_issue(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Admin, false)?;
        world.delete_issue(self.repository, number, self.actor());
        Ok(())
    }
}
