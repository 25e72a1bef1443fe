//! Which branch the work of an issue stands on. Its name is chosen once and kept. A plan that was
//! merged alone takes its branch with it: the work goes on at the next one, which is made from the
//! merge commit when the plan is committed there.
//!
//! The merge is noted when it is heard of, and the note is taken away when the next branch is
//! named: in between the merged tree is what approvals are held against, and what happens to the
//! old branch is nobody's business any more.

use crate::base::{IssueKey, IssueNumber, Sha};
use crate::domain::plan::place::BranchName;
use crate::engine::Engine;
use crate::engine::ingest::read_state;
use crate::store::StoreError;

/// The handle of a plan that was merged alone: its pull request, the merge commit and the number of
/// the branch that follows, apart by blanks.
const MERGED: &str = "plan-merged";
/// The handle of the commit that the branch was made from, where that is not the plan's base.
pub(super) const BRANCH_BASE: &str = "branch-base";
/// The handle of the commit that the plan was made on which the branch holds. A later revision may
/// never have reached it.
pub(super) const PLANNED_ON: &str = "planned-on";
/// The handle of the branch's number within its life; the first has none.
const BRANCH_ROUND: &str = "branch-round";
/// The handle of the pull request in which the plan was merged alone, and of the revision it was.
const MERGED_IN: &str = "plan-merged-in";

/// A plan that was merged alone, and whose next branch is not there yet.
pub(super) struct MergedPlan {
    /// The pull request it was merged with.
    pub(super) pull_request: IssueNumber,
    /// The commit that the merge made on the base branch.
    pub(super) commit: Sha,
    /// The number of the branch that follows.
    pub(super) round: u16,
}

impl Engine {
    /// Notes that the plan was merged alone. Noting it twice is noting it once.
    pub(super) async fn plan_was_merged(
        &self,
        issue: IssueKey,
        pull_request: IssueNumber,
        commit: &Sha,
    ) -> Result<(), StoreError> {
        let round = self.branch_round(issue).await?.saturating_add(1);
        let note = format!("{pull_request} {commit} {round}");
        self.store.save_handle(issue, MERGED, &note).await
    }

    /// The plan that was merged alone, until its next branch is named.
    pub(super) async fn merged_plan(
        &self,
        issue: IssueKey,
    ) -> Result<Option<MergedPlan>, StoreError> {
        let note = self.store.handle(issue, MERGED).await?.unwrap_or_default();
        Ok(read(&note))
    }

    /// Whether what happens on `branch` still concerns the issue's work.
    pub(super) async fn is_at_work_on(
        &self,
        issue: IssueKey,
        branch: &str,
    ) -> Result<bool, StoreError> {
        let is_merged = self.merged_plan(issue).await?.is_some();
        Ok(!is_merged && self.store.handle(issue, "branch").await?.as_deref() == Some(branch))
    }

    /// Goes on to the next branch after the plan was merged alone. A crash in between repeats the
    /// same: the note goes last.
    pub(super) async fn next_branch(
        &self,
        issue: IssueKey,
        revision: u16,
    ) -> Result<(), StoreError> {
        let Some(merged) = self.merged_plan(issue).await? else { return Ok(()) };
        let name = self.branch_name(issue, merged.round).await?;
        for (kind, value) in [
            ("branch", name.as_str()),
            (BRANCH_BASE, merged.commit.as_str()),
            (BRANCH_ROUND, &merged.round.to_string()),
            (MERGED_IN, &format!("{} {revision}", merged.pull_request)),
            ("pull-request", ""),
            (MERGED, ""),
        ] {
            self.store.save_handle(issue, kind, value).await?;
        }
        Ok(())
    }

    /// The name of the issue's first branch.
    pub(super) async fn first_branch(&self, issue: IssueKey) -> Result<BranchName, StoreError> {
        self.branch_name(issue, 1).await
    }

    /// The commit that the branch was made from, `base` unless the plan was merged since.
    pub(super) async fn branch_base(&self, issue: IssueKey, base: &Sha) -> Result<Sha, StoreError> {
        let stored = self.store.handle(issue, BRANCH_BASE).await?;
        Ok(stored.filter(|it| !it.is_empty()).map_or(base.clone(), Sha))
    }

    /// The commit that the plan was made on which the branch holds. What was committed before this
    /// was kept is taken to be the revision before `revision`.
    pub(super) async fn planned_on(
        &self,
        issue: IssueKey,
        revision: i64,
    ) -> Result<Option<Sha>, StoreError> {
        let stored = self.store.handle(issue, PLANNED_ON).await?;
        match stored.filter(|it| !it.is_empty()) {
            Some(sha) => Ok(Some(Sha(sha))),
            None => Ok(self.store.plan(issue, revision - 1).await?.map(|it| it.base_sha)),
        }
    }

    /// The pull request in which this revision of the plan was merged alone, if it was.
    pub(super) async fn merged_in(
        &self,
        issue: IssueKey,
        revision: u16,
    ) -> Result<Option<IssueNumber>, StoreError> {
        let stored = self.store.handle(issue, MERGED_IN).await?.unwrap_or_default();
        let (number, merged) = stored.split_once(' ').unwrap_or_default();
        let is_it = merged == revision.to_string();
        Ok(number.parse().ok().filter(|_| is_it).map(IssueNumber))
    }

    async fn branch_round(&self, issue: IssueKey) -> Result<u16, StoreError> {
        let stored = self.store.handle(issue, BRANCH_ROUND).await?;
        Ok(stored.and_then(|it| it.parse().ok()).unwrap_or(1))
    }

    async fn branch_name(&self, issue: IssueKey, round: u16) -> Result<BranchName, StoreError> {
        let row = self.store.load_issue(issue).await?;
        let life = row.as_ref().map(read_state).transpose()?.map_or(1, |it| it.life);
        let title = self.secrets.redact(&row.map(|it| it.title).unwrap_or_default());
        Ok(BranchName::of(issue.number, &title, life, round))
    }
}

fn read(note: &str) -> Option<MergedPlan> {
    let mut parts = note.split(' ');
    let (pull_request, commit, round) = (parts.next()?, parts.next()?, parts.next()?);
    Some(MergedPlan {
        pull_request: IssueNumber(pull_request.parse().ok()?),
        commit: Sha(commit.to_owned()),
        round: round.parse().ok()?,
    })
}
