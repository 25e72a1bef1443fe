//! One repository as a page or an assertion reads it: plain values, names instead of ids.

mod checks;
mod reviews;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use self::checks::{CheckView, StatusView};
pub use self::reviews::{ReviewView, ThreadCommentView, ThreadView};
use super::world::{
    AccountKind, BranchRules, Comment, Issue, Pull, Reaction, Repository, Role, World,
};
use super::{Person, lock};
use crate::base::{CommentId, IssueNumber, RepositoryId, Sha, Timestamp, UserId};

/// Somebody's reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionView {
    /// Whose.
    pub by: String,
    /// `eyes`, `rocket`, `confused`, …
    pub content: &'static str,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    /// Its id.
    pub id: CommentId,
    /// Who wrote it.
    pub author: String,
    /// Its text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who reacted how, oldest first.
    pub reactions: Vec<ReactionView>,
}

/// What makes an issue a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullView {
    /// The branch it comes from.
    pub head: String,
    /// That branch's last known commit.
    pub head_sha: Sha,
    /// The branch it goes to.
    pub base: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it was merged.
    pub merged: bool,
}

/// An issue or pull request with its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueView {
    /// Its number.
    pub number: IssueNumber,
    /// The title.
    pub title: String,
    /// The text; empty when there is none.
    pub body: String,
    /// Who opened it.
    pub author: String,
    /// Whether it is open.
    pub open: bool,
    /// The names of its labels, in the order they were put there.
    pub labels: Vec<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Who reacted how to the issue's own text.
    pub reactions: Vec<ReactionView>,
    /// Its comments, oldest first.
    pub comments: Vec<CommentView>,
    /// Set when it is a pull request.
    pub pull: Option<PullView>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitView {
    /// Its name.
    pub sha: Sha,
    /// Who wrote it.
    pub author: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Subject, blank line, body.
    pub message: String,
    /// The commits before it.
    pub parents: Vec<Sha>,
    /// The paths it changed.
    pub files: Vec<String>,
}

/// One repository of a sandbox GitHub.
#[derive(Clone)]
pub struct Place {
    world: Arc<Mutex<World>>,
    id: RepositoryId,
}

impl Place {
    pub(super) fn new(world: Arc<Mutex<World>>, id: RepositoryId) -> Place {
        Place { world, id }
    }

    /// The repository's id.
    pub fn id(&self) -> RepositoryId {
        self.id
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        self.read(|_, it| it.full_name())
    }

    /// The default branch.
    pub fn default_branch(&self) -> String {
        self.read(|_, it| it.default_branch.clone())
    }

    /// The folder that `git --git-dir` reads.
    pub fn git_dir(&self) -> PathBuf {
        self.read(|_, it| it.git.folder().to_owned())
    }

    /// A person with this role here, or without any. The account is made when it is new.
    pub fn person(&self, login: &str, role: Option<Role>) -> Person {
        self.member(login, AccountKind::User, role)
    }

    /// Another App's account, `<slug>[bot]`, with a role here.
    pub fn bot(&self, slug: &str, role: Role) -> Person {
        self.member(&format!("{slug}[bot]"), AccountKind::Bot, Some(role))
    }

    /// A person with a role that the organisation made up, and what it is based on
    /// (`docs.github.com/organizations`, "About custom repository roles").
    pub fn person_with_custom_role(&self, login: &str, role: &str, base: Role) -> Person {
        let person = self.person(login, Some(base));
        let mut world = lock(&self.world);
        world.repo_mut(self.id).custom_roles.insert(person.id(), role.to_owned());
        drop(world);
        person
    }

    /// Whether draft pull requests may be made here; private repositories on free plans refuse
    /// them with 422.
    pub fn allow_drafts(&self, allowed: bool) {
        lock(&self.world).repo_mut(self.id).drafts_allowed = allowed;
    }

    /// Checks that must have passed before something is merged into a branch, and the slug of the
    /// App that each must come from.
    pub fn requires_checks(&self, branch: &str, checks: &[(&str, Option<&str>)]) {
        let mut world = lock(&self.world);
        let named: Vec<(String, Option<i64>)> = checks
            .iter()
            .map(|(name, app)| ((*name).to_owned(), app.map(|it| world.ensure_app(it))))
            .collect();
        self.rules(&mut world, branch).checks = named;
    }

    /// How many people with write must approve before something is merged into a branch, and
    /// whether a push takes approvals back.
    pub fn requires_reviews(&self, branch: &str, count: usize, dismiss_stale: bool) {
        let mut world = lock(&self.world);
        let rules = self.rules(&mut world, branch);
        (rules.reviews, rules.dismiss_stale) = (count, dismiss_stale);
    }

    /// Whether a merge tells of the issues it closes before it tells of itself: GitHub promises
    /// neither order.
    pub fn closes_issues_first(&self, first: bool) {
        lock(&self.world).repo_mut(self.id).issues_close_first = first;
    }

    /// One issue or pull request.
    pub fn issue(&self, number: IssueNumber) -> Option<IssueView> {
        self.read(|world, it| it.issues.get(&number).map(|issue| issue_view(world, it, issue)))
    }

    /// All issues without the pull requests, oldest first.
    pub fn issues(&self) -> Vec<IssueView> {
        self.list(|it| it.pull.is_none())
    }

    /// All pull requests, oldest first.
    pub fn pulls(&self) -> Vec<IssueView> {
        self.list(|it| it.pull.is_some())
    }

    /// The names of the repository's labels.
    pub fn labels(&self) -> Vec<String> {
        self.read(|_, it| it.labels.iter().map(|label| label.name.clone()).collect())
    }

    /// All branches with their commits, by name.
    pub fn branches(&self) -> Vec<(String, Sha)> {
        self.read(|_, it| it.git.branches().unwrap_or_default())
    }

    /// The paths of all files at a branch or commit.
    pub fn files(&self, at: &str) -> Vec<String> {
        self.read(|_, it| {
            let tree = it.git.resolve(at, &it.default_branch);
            let tree = tree.and_then(|sha| it.git.tree_of(&sha).ok());
            let entries = tree.and_then(|sha| it.git.entries(&sha, true).ok()).unwrap_or_default();
            let files =
                entries.into_iter().filter(|it| it.mode != crate::sandbox::git::Mode::Directory);
            files.map(|it| it.name).collect()
        })
    }

    /// A file's text at a branch or commit.
    pub fn file(&self, at: &str, path: &str) -> Option<String> {
        self.read(|_, it| {
            let sha = it.git.resolve(at, &it.default_branch)?;
            let entry = it.git.entry_at(&sha, path).ok()??;
            let bytes = it.git.blob(&entry.sha).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        })
    }

    /// The commits of a branch, newest first.
    pub fn commits(&self, at: &str) -> Vec<CommitView> {
        self.read(|_, it| {
            let sha = it.git.resolve(at, &it.default_branch);
            let log = sha.and_then(|sha| it.git.log(&sha).ok()).unwrap_or_default();
            log.into_iter()
                .map(|(sha, commit)| {
                    let changes = it.git.changes(commit.parents.first(), &sha);
                    CommitView {
                        author: commit.author.name,
                        at: commit.committer.at,
                        message: commit.message,
                        parents: commit.parents,
                        files: changes.unwrap_or_default().into_iter().map(|it| it.path).collect(),
                        sha,
                    }
                })
                .collect()
        })
    }

    fn read<T>(&self, reader: impl FnOnce(&World, &Repository) -> T) -> T {
        let world = lock(&self.world);
        reader(&world, world.repo(self.id))
    }

    fn rules<'a>(&self, world: &'a mut World, branch: &str) -> &'a mut BranchRules {
        let id = world.next_id();
        let rules = &mut world.repo_mut(self.id).rules;
        let fresh = BranchRules { id, ..BranchRules::default() };
        rules.entry(branch.to_owned()).or_insert(fresh)
    }

    fn list(&self, wanted: impl Fn(&Issue) -> bool) -> Vec<IssueView> {
        self.read(|world, it| {
            let found = it.issues.values().filter(|issue| wanted(issue));
            found.map(|issue| issue_view(world, it, issue)).collect()
        })
    }

    fn member(&self, login: &str, kind: AccountKind, role: Option<Role>) -> Person {
        let mut world = lock(&self.world);
        let user = world.ensure_account(login, kind);
        world.repo_mut(self.id).give_role(user, role);
        Person::new(Arc::clone(&self.world), self.id, user)
    }
}

fn issue_view(world: &World, repository: &Repository, issue: &Issue) -> IssueView {
    IssueView {
        number: issue.number,
        title: issue.title.clone(),
        body: issue.body.clone().unwrap_or_default(),
        author: login(world, issue.author),
        open: issue.is_open(),
        labels: repository.labels_of(issue).into_iter().map(|it| it.name.clone()).collect(),
        created_at: issue.created_at,
        reactions: reaction_views(world, &issue.reactions),
        comments: repository.comments_of(issue.number).map(|it| comment_view(world, it)).collect(),
        pull: issue.pull.as_ref().map(pull_view),
    }
}

fn comment_view(world: &World, comment: &Comment) -> CommentView {
    CommentView {
        id: comment.id,
        author: login(world, comment.author),
        body: comment.body.clone(),
        created_at: comment.created_at,
        updated_at: comment.updated_at,
        reactions: reaction_views(world, &comment.reactions),
    }
}

fn pull_view(pull: &Pull) -> PullView {
    PullView {
        head: pull.head_ref.clone(),
        head_sha: pull.head_sha.clone(),
        base: pull.base_ref.clone(),
        draft: pull.draft,
        merged: pull.merged.is_some(),
    }
}

fn reaction_views(world: &World, reactions: &[Reaction]) -> Vec<ReactionView> {
    let view = |it: &Reaction| ReactionView { by: login(world, it.by), content: it.kind.name() };
    reactions.iter().map(view).collect()
}

fn login(world: &World, user: UserId) -> String {
    world.accounts.get(&user).map_or_else(|| "ghost".to_owned(), |it| it.login.clone())
}
