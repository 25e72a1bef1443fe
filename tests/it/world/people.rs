//! The people of a world. What they do with `.await` settles before it returns; everything a
//! [`Person`] of the sandbox can do they can do too, and the test settles the world itself.

use std::ops::Deref;

use baton::base::{CommentId, IssueNumber};
use baton::sandbox::github::{Person, Role};

use super::World;

/// Somebody who acts on GitHub.
pub(crate) struct Inhabitant<'w> {
    pub(crate) person: Person,
    world: &'w World,
}

impl Deref for Inhabitant<'_> {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

impl World {
    /// Somebody with maintain.
    pub(crate) fn maintainer(&self, login: &str) -> Inhabitant<'_> {
        self.member(login, Role::Maintain)
    }

    /// Somebody with admin.
    pub(crate) fn admin(&self, login: &str) -> Inhabitant<'_> {
        self.member(login, Role::Admin)
    }

    /// Somebody with triage.
    pub(crate) fn triager(&self, login: &str) -> Inhabitant<'_> {
        self.member(login, Role::Triage)
    }

    /// Somebody with this role.
    pub(crate) fn member(&self, login: &str, role: Role) -> Inhabitant<'_> {
        Inhabitant { person: self.github.person(login, role), world: self }
    }

    /// Somebody from outside.
    pub(crate) fn stranger(&self, login: &str) -> Inhabitant<'_> {
        Inhabitant { person: self.github.stranger(login), world: self }
    }

    /// Another App with write.
    pub(crate) fn bot(&self, slug: &str) -> Inhabitant<'_> {
        Inhabitant { person: self.github.bot(slug, Role::Write), world: self }
    }
}

impl Inhabitant<'_> {
    /// Opens an issue.
    pub(crate) async fn opens(&self, title: &str, body: &str) -> IssueNumber {
        let number = self.person.opens(title, body).unwrap();
        self.world.settles().await;
        number
    }

    /// Comments.
    pub(crate) async fn says(&self, issue: IssueNumber, text: &str) -> CommentId {
        let id = self.person.comments(issue, text).unwrap();
        self.world.settles().await;
        id
    }

    /// Changes a comment.
    pub(crate) async fn edits(&self, comment: CommentId, text: &str) {
        self.person.edits_comment(comment, text).unwrap();
        self.world.settles().await;
    }

    /// Ticks the box that says `text`, in the newest comment on the issue that has it.
    pub(crate) async fn ticks(&self, issue: IssueNumber, text: &str) {
        self.has_ticked(issue, text);
        self.world.settles().await;
    }

    /// The same by somebody who has no more than triage when Baton hears of it: whoever has not
    /// even write cannot edit what another wrote.
    pub(crate) async fn ticks_and_leaves(&self, issue: IssueNumber, text: &str) {
        self.has_ticked(issue, text);
        self.world.admin("root").sets_role(&self.person, Some(Role::Triage)).unwrap();
        self.world.settles().await;
    }

    fn has_ticked(&self, issue: IssueNumber, text: &str) {
        let open = |line: &str| line.starts_with("- [ ]") && line.contains(text);
        let comments = self.world.github.repo().issue(issue).unwrap().comments;
        let comment = comments.iter().rev().find(|it| it.body.lines().any(open));
        let comment = comment.expect("no comment has such a box");
        let lines = comment.body.lines().map(|line| match open(line) {
            true => line.replacen("[ ]", "[x]", 1),
            false => line.to_owned(),
        });
        let ticked = lines.collect::<Vec<_>>().join("\n");
        self.person.edits_comment(comment.id, &ticked).unwrap();
    }

    /// Takes a label off.
    pub(crate) async fn takes_off(&self, issue: IssueNumber, label: &str) {
        self.person.unlabels(issue, label).unwrap();
        self.world.settles().await;
    }

    /// Puts a label on.
    pub(crate) async fn puts(&self, issue: IssueNumber, label: &str) {
        self.person.labels(issue, label).unwrap();
        self.world.settles().await;
    }
}
