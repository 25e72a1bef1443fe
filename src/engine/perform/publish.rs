//! The plan's commit: everything under `baton/**`, nothing forced.

use crate::base::{EffectKey, IssueKey, IssueNumber, Millis, Sha};
use crate::domain::plan::hash::ContentHash;
use crate::domain::plan::place::{plan_path, state_path};
use crate::engine::Engine;
use crate::engine::branches::{BRANCH_BASE, PLANNED_ON};
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::plan_head::{plan_text_at, without_fault};
use crate::engine::planner::is_untouched;
use crate::engine::view::replaced_edit;
use crate::github::BatonRef;
use crate::github::client::{BranchCreated, Commit, GitHubError, NewFile};
use crate::store::{PlanRow, StoreError};

/// The trailer by which a commit is found again (`workflow.md`, Keys).
pub(super) const KEY_TRAILER: &str = "Baton-Key";
/// How far back a commit is looked for.
pub(super) const COMMITS_SEARCHED: u8 = 20;
/// How often a moved branch is followed before the effect is tried again later, and when.
const MOVED_TRIES: usize = 3;
const MOVED_PAUSE: Millis = Millis::minutes(1);
/// Writes of one commit: its tree, itself, its branch.
const COMMIT_WRITES: i64 = 3;

/// What a plan's commit may stand on.
struct Ground {
    /// The commit that the branch is made from where it does not exist yet.
    base: Sha,
    /// The base, where the plan was made on another one than the plan that the branch holds.
    moved: Option<MovedBase>,
}

/// A base branch that went on between two revisions.
struct MovedBase {
    /// The commit that the branch was made from, or took in last.
    from: Sha,
    /// The commit that the plan was made on.
    to: Sha,
}

/// A commit of a plan.
struct Written {
    sha: Sha,
    branch: BatonRef,
    /// The commit of the base branch that the branch stands on now.
    stands_on: Sha,
    /// The commit on the branch before this one; none where this one made the branch.
    before: Option<Sha>,
}

impl Ground {
    /// The parents of a commit on `head`: with the base where the branch can take it in.
    async fn parents(
        &self,
        performance: &Performance<'_>,
        head: &Sha,
    ) -> Result<Vec<Sha>, NotDone> {
        let Some(moved) = &self.moved else { return Ok(vec![head.clone()]) };
        let is_free = is_untouched(&performance.reader, &moved.from, head).await?;
        let taken_in = is_free.then(|| moved.to.clone());
        Ok([head.clone()].into_iter().chain(taken_in).collect())
    }

    /// A commit on a branch that stood before.
    fn written(&self, sha: Sha, branch: BatonRef, parents: &[Sha]) -> Written {
        let stands_on = match &self.moved {
            Some(moved) if parents.contains(&moved.to) => moved.to.clone(),
            Some(moved) => moved.from.clone(),
            None => self.base.clone(),
        };
        Written { sha, branch, stands_on, before: parents.first().cloned() }
    }
}

impl Engine {
    /// Commits the plan and STATE.md to the issue's branch, on top of whatever stands there.
    pub(super) async fn commit_plan(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(plan) = self.store.plan(issue, i64::from(revision)).await? else {
            return Err(NotDone::Never("the plan is not stored".to_owned()));
        };
        self.next_branch(issue, revision).await?;
        let branch = self.branch(performance).await?;
        let ground = self.ground(issue, &plan).await?;
        let number = issue.number.to_string();
        let state = self.state_file(issue, performance.claimed.installation, &plan).await?;
        let files = vec![
            NewFile { path: plan_path(&number), content: self.secrets.redact(&plan.markdown) },
            NewFile { path: state_path(&number), content: self.secrets.redact(&state) },
        ];
        let message = commit_message(issue.number, revision, &performance.claimed.key);
        for _ in 0..MOVED_TRIES {
            let written = self.commit_files(performance, &branch, &ground, &files, &message).await;
            match written {
                Ok(written) => {
                    let mut done = committed(&plan, &ground, &written);
                    let replaced = self.edit_replaced(performance, &plan, &written).await?;
                    let kind = replaced_edit(revision);
                    done.handles.extend(replaced.map(|it| (kind, it.to_string())));
                    return Ok(done);
                }
                Err(NotDone::GitHub(GitHubError::NotFastForward)) => {}
                Err(other) => return Err(other),
            }
        }
        let why = "the branch moved each time while it was written".to_owned();
        Err(NotDone::Later { until: self.clock.now() + MOVED_PAUSE, why })
    }

    /// The commit whose edit of the plan's file this revision wrote over: it came while the planner
    /// worked, so no revision has it. It stays in the branch's history, and they are told.
    async fn edit_replaced(
        &self,
        performance: &Performance<'_>,
        plan: &PlanRow,
        written: &Written,
    ) -> Result<Option<Sha>, NotDone> {
        let issue = performance.issue();
        let Some(commit) = &written.before else { return Ok(None) };
        let ours = self.store.handle(issue, "plan-commit").await?;
        if ours.as_deref() == Some(commit.as_str()) {
            return Ok(None);
        }
        let Some(before) = self.store.plan(issue, plan.revision - 1).await? else {
            return Ok(None);
        };
        let text = match plan_text_at(&performance.reader, issue, commit).await {
            Ok(text) => text,
            Err(error) if error.retryable() => return Err(error.into()),
            // The commit stands: a server that does not show the file gives no reason to undo it.
            Err(_) => None,
        };
        let known = [before.hash.as_str(), plan.hash.as_str()];
        let is_edit = text.is_some_and(|it| !known.contains(&ContentHash::of(&it).as_str()));
        Ok(is_edit.then(|| commit.clone()))
    }

    /// What a plan's commit may stand on.
    async fn ground(&self, issue: IssueKey, plan: &PlanRow) -> Result<Ground, StoreError> {
        let base = self.branch_base(issue, &plan.base_sha).await?;
        let before = self.planned_on(issue, plan.revision).await?;
        let moved = match before.filter(|it| *it != plan.base_sha) {
            Some(before) => {
                let from = self.branch_base(issue, &before).await?;
                let to = plan.base_sha.clone();
                (from != to).then_some(MovedBase { from, to })
            }
            None => None,
        };
        Ok(Ground { base, moved })
    }

    /// The issue's branch: chosen once and stored, so that a changed title does not move it.
    pub(super) async fn branch(&self, performance: &Performance<'_>) -> Result<BatonRef, NotDone> {
        let issue = performance.issue();
        let stored = self.store.handle(issue, "branch").await?;
        let name = match stored {
            Some(name) => name,
            None => self.first_branch(issue).await?.as_str().to_owned(),
        };
        BatonRef::parse(&name).map_err(|error| NotDone::Never(error.to_string()))
    }

    /// Writes one commit with `files` on the branch's head, or on the base where the branch does
    /// not exist yet, and moves the branch there. Finds the commit of an earlier try by its key.
    ///
    /// A plan that was made anew on a later base takes that base into its branch, by a commit with
    /// both as parents, as long as nothing but Baton's own files stands there: what is built begins
    /// where the planner has read, and nobody's work is touched.
    async fn commit_files(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
        ground: &Ground,
        files: &[NewFile],
        message: &str,
    ) -> Result<Written, NotDone> {
        let head = performance.reader.branch_head(branch.as_str()).await?;
        if head.is_some()
            && let Some(sha) = self.find_commit(performance, branch).await?
        {
            let parents = performance.reader.commit(&sha).await?.parents;
            return Ok(ground.written(sha, branch.clone(), &parents));
        }
        if head.is_some() {
            self.is_not_done(performance).await?;
        }
        let parents = match &head {
            Some(head) => ground.parents(performance, head).await?,
            None => vec![ground.base.clone()],
        };
        let newest = parents.last().unwrap_or(&ground.base);
        let newest_tree = performance.reader.commit(newest).await?.tree;
        // A server that leaves the tree out takes the commit in its place, as git itself does.
        let base_tree = newest_tree.clone().unwrap_or_else(|| newest.clone());
        self.about_to_write(performance, COMMIT_WRITES).await?;
        let tree = performance.writer.create_tree(&base_tree, files).await?;
        if let (Some(head), [_]) = (&head, parents.as_slice())
            && newest_tree.as_ref() == Some(&tree)
        {
            // The very files stand there already, as after a pull request that failed alone.
            return Ok(ground.written(head.clone(), branch.clone(), &parents));
        }
        let on: Vec<&Sha> = parents.iter().collect();
        let sha = performance.writer.create_commit(message, &tree, &on).await?;
        if head.is_some() {
            performance.writer.update_branch(branch, &sha).await?;
            return Ok(ground.written(sha, branch.clone(), &parents));
        }
        let branch = self.create_branch(performance, branch, &sha).await?;
        let stands_on = ground.base.clone();
        Ok(Written { sha, branch, stands_on, before: None })
    }

    /// Makes the branch, under its other name where its own cannot be had.
    async fn create_branch(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
        sha: &Sha,
    ) -> Result<BatonRef, NotDone> {
        match performance.writer.create_branch(branch, sha).await? {
            BranchCreated::Created => Ok(branch.clone()),
            BranchCreated::Exists(_) => Err(GitHubError::NotFastForward.into()),
            BranchCreated::Blocked => {
                // From here on the other name is the issue's branch, whatever becomes of this try.
                let fallback = branch.fallback();
                let issue = performance.issue();
                self.store.save_handle(issue, "branch", fallback.as_str()).await?;
                match performance.writer.create_branch(&fallback, sha).await? {
                    BranchCreated::Created => Ok(fallback),
                    BranchCreated::Exists(_) | BranchCreated::Blocked => {
                        let why = "the branch exists under its other name".to_owned();
                        Err(NotDone::Later { until: self.clock.now(), why })
                    }
                }
            }
        }
    }

    pub(super) async fn find_commit(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
    ) -> Result<Option<Sha>, NotDone> {
        let commits = performance.reader.commits(branch.as_str(), COMMITS_SEARCHED).await?;
        Ok(newest_with(&commits, &format!("{KEY_TRAILER}: {}", performance.claimed.key)))
    }
}

/// The newest of the commits, which come newest first, that has this trailer.
pub(super) fn newest_with(commits: &[Commit], trailer: &str) -> Option<Sha> {
    let ours = commits.iter().find(|it| it.message.lines().any(|line| line == trailer));
    ours.map(|it| it.sha.clone())
}

/// What is remembered of a plan's commit.
fn committed(plan: &PlanRow, ground: &Ground, written: &Written) -> Done {
    let mut handles = vec![
        ("branch".to_owned(), written.branch.as_str().to_owned()),
        ("plan-commit".to_owned(), written.sha.to_string()),
        (PLANNED_ON.to_owned(), plan.base_sha.to_string()),
        without_fault(),
    ];
    if ground.moved.is_some() {
        handles.push((BRANCH_BASE.to_owned(), written.stands_on.to_string()));
    }
    Done { handles, internal: None }
}

/// The message of the commit that ends the work.
pub(super) fn finish_message(issue: IssueNumber, key: &EffectKey) -> String {
    format!("docs: complete the plan for issue {issue}\n\n{KEY_TRAILER}: {key}\n")
}

/// The subject names the issue and the revision only: titles are shell input in other people's
/// workflows (trust rule 4).
fn commit_message(issue: IssueNumber, revision: u16, key: &EffectKey) -> String {
    format!("docs: plan for issue {issue}, revision {revision}\n\n{KEY_TRAILER}: {key}\n")
}
