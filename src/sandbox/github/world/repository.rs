//! A repository: its people, its issues, its git.

use std::collections::BTreeMap;

use super::{
    BranchRules, Checks, Ci, Comment, CommitStatus, Issue, Label, Review, ReviewComment, Role,
    StatusState, Workflows,
};
use crate::base::{CommentId, IssueNumber, RepositoryId, Sha, Timestamp, UserId};
use crate::sandbox::git;

/// One repository.
#[derive(Debug)]
pub(crate) struct Repository {
    /// The id that survives renames.
    pub id: RepositoryId,
    /// The owner's login.
    pub owner: String,
    /// The name without the owner.
    pub name: String,
    /// Whether strangers cannot read it.
    pub private: bool,
    /// The default branch.
    pub default_branch: String,
    /// Its commits.
    pub git: git::Repository,
    /// Since when.
    pub created_at: Timestamp,
    /// The last push.
    pub pushed_at: Timestamp,
    /// Who may do what.
    pub roles: BTreeMap<UserId, Role>,
    /// Its labels, oldest first.
    pub labels: Vec<Label>,
    /// Issues and pull requests by number.
    pub issues: BTreeMap<IssueNumber, Issue>,
    /// Comments by id, which is by age.
    pub comments: BTreeMap<CommentId, Comment>,
    /// Reviews of pull requests, oldest first.
    pub reviews: Vec<Review>,
    /// Comments on lines by id, which is by age.
    pub review_comments: BTreeMap<CommentId, ReviewComment>,
    /// Check suites and runs.
    pub checks: Checks,
    /// Commit statuses, oldest first.
    pub statuses: Vec<CommitStatus>,
    /// Runs of its workflow.
    pub workflows: Workflows,
    /// How its workflow behaves.
    pub ci: Ci,
    /// What branches ask for before a merge, by name.
    pub rules: BTreeMap<String, BranchRules>,
    /// Whether a merge tells of the issues it closes before it tells of itself.
    pub issues_close_first: bool,
    /// Where issues went that were transferred away.
    pub transferred: BTreeMap<IssueNumber, (RepositoryId, IssueNumber)>,
    /// The names of roles that the organisation made up; `roles` holds what each is based on.
    pub custom_roles: BTreeMap<UserId, String>,
    /// Whether draft pull requests may be made; private repositories on free plans refuse them.
    pub drafts_allowed: bool,
    /// How many numbers were given out; a deleted issue's number is not given again.
    pub last_number: i64,
}

impl Repository {
    /// `owner/name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Gives somebody one of the five roles, or takes theirs away.
    pub(crate) fn give_role(&mut self, user: UserId, role: Option<Role>) {
        self.custom_roles.remove(&user);
        match role {
            Some(role) => self.roles.insert(user, role),
            None => self.roles.remove(&user),
        };
    }

    /// The label of this name.
    pub(crate) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|it| it.name.to_lowercase() == name.to_lowercase())
    }

    /// An issue's labels, in the order they were put there.
    pub(crate) fn labels_of(&self, issue: &Issue) -> Vec<&Label> {
        issue.labels.iter().filter_map(|id| self.labels.iter().find(|it| it.id == *id)).collect()
    }

    /// The comments of one issue, oldest first.
    pub(crate) fn comments_of(&self, issue: IssueNumber) -> impl Iterator<Item = &Comment> {
        self.comments.values().filter(move |it| it.issue == issue)
    }

    /// Whether the newest status of a context says yes.
    pub(crate) fn status_is_good(&self, sha: &Sha, context: &str) -> bool {
        let mut statuses = self.statuses.iter();
        let newest = statuses.rfind(|it| it.sha == *sha && it.context == context);
        newest.is_some_and(|it| it.state == StatusState::Success)
    }

    /// The comments that began a thread of a pull request, oldest first.
    pub(crate) fn threads_of(&self, pull: IssueNumber) -> impl Iterator<Item = &ReviewComment> {
        self.review_comments.values().filter(move |it| it.pull == pull && it.reply_to.is_none())
    }

    /// The comments of the thread that this one began, itself first.
    pub(crate) fn comments_of_thread(
        &self,
        root: CommentId,
    ) -> impl Iterator<Item = &ReviewComment> {
        self.review_comments.values().filter(move |it| it.id == root || it.reply_to == Some(root))
    }

    /// The comment that began the thread of this one.
    pub(crate) fn thread_of(&self, comment: CommentId) -> Option<CommentId> {
        let comment = self.review_comments.get(&comment)?;
        Some(comment.reply_to.unwrap_or(comment.id))
    }

    #[expect(clippy::unwrap_used, reason = "callers looked the comment up under the same lock")]
    pub(crate) fn review_comment_mut(&mut self, id: CommentId) -> &mut ReviewComment {
        self.review_comments.get_mut(&id).unwrap()
    }

    #[expect(clippy::unwrap_used, reason = "callers looked the issue up under the same lock")]
    pub(crate) fn issue_mut(&mut self, number: IssueNumber) -> &mut Issue {
        self.issues.get_mut(&number).unwrap()
    }

    #[expect(clippy::unwrap_used, reason = "callers looked the comment up under the same lock")]
    pub(crate) fn comment_mut(&mut self, id: CommentId) -> &mut Comment {
        self.comments.get_mut(&id).unwrap()
    }
}
