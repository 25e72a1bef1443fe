//! What stands on the branch that is built on, as whoever begins there finds it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::base::{IssueNumber, Sha};
use crate::domain::guard::is_batons_own;
use crate::engine::plan_base::standing;
use crate::engine::planner::brief::Order;
use crate::engine::planner::snapshot::Trouble;
use crate::engine::planner::task::never;
use crate::engine::related::adopted;
use crate::engine::{CHANGED_FILES, Engine};
use crate::github::client::{EntryKind, GitHubError, ReadPort, Tree, TreeEntry};

/// The branch as a run finds it.
pub(super) struct Built {
    /// Its name.
    pub(super) branch: String,
    /// Where it points to.
    pub(super) head: Sha,
    /// The paths that differ from the plan's base.
    pub(super) changed: Vec<String>,
}

impl Engine {
    /// Reads the branch, against the commit that the plan was made at.
    pub(super) async fn built(&self, order: &Order<'_>, base: &Sha) -> Result<Built, Trouble> {
        let branch = self.store.handle(order.issue, "branch").await;
        let branch = branch.map_err(|it| self.database(&it))?;
        let branch = branch.ok_or_else(|| never("the plan has no branch yet"))?;
        let reader = self.reader(order.installation, order.repository);
        let trouble = |it| self.github_trouble(&it);
        // Of a plan that was merged alone the merge counts, until its next branch stands.
        let merged = self.merged_plan(order.issue).await.map_err(|it| self.database(&it))?;
        let head = match merged {
            Some(merged) => Some(merged.commit),
            None => reader.branch_head(&branch).await.map_err(trouble)?,
        };
        let head = head.ok_or_else(|| never("the plan's branch is gone"))?;
        let changed = self.changed_there(order, (base, &head)).await?;
        Ok(Built { branch, head, changed })
    }

    /// Reads what a specialist looks at, and the commit that it was made from: Baton's branch, or the
    /// pull request of people's own that the work goes on in.
    pub(super) async fn to_look_at(
        &self,
        order: &Order<'_>,
        planned_on: &Sha,
    ) -> Result<(Sha, Built), Trouble> {
        let subject = self.subject_of(order.issue).await.map_err(|it| self.database(&it))?;
        if let Some(number) = subject.as_ref().and_then(adopted) {
            return self.built_by_people(order, number).await;
        }
        let made_from = self.branch_base(order.issue, planned_on).await;
        let made_from = made_from.map_err(|it| self.database(&it))?;
        let built = self.built(order, &made_from).await?;
        Ok((made_from, built))
    }

    /// Reads a pull request of people's own, against the commit at which it left the branch it goes to.
    async fn built_by_people(
        &self,
        order: &Order<'_>,
        number: IssueNumber,
    ) -> Result<(Sha, Built), Trouble> {
        let reader = self.reader(order.installation, order.repository);
        let trouble = |it| self.github_trouble(&it);
        let pull = reader.pull_request(number).await.map_err(trouble)?;
        let (Some(base), Some(head)) = (pull.base_sha, pull.head_sha) else {
            return Err(never("the pull request shows no commits"));
        };
        let compared = reader.compare(&base, &head).await.map_err(trouble)?.known();
        let left_at = compared.and_then(|it| it.merge_base).unwrap_or(base);
        let changed = self.changed_there(order, (&left_at, &head)).await?;
        Ok((left_at, Built { branch: pull.head_ref, head, changed }))
    }

    /// Reads what was changed, and keeps it for those who ask later.
    async fn changed_there(
        &self,
        order: &Order<'_>,
        (base, head): (&Sha, &Sha),
    ) -> Result<Vec<String>, Trouble> {
        let reader = self.reader(order.installation, order.repository);
        let changed = changed_between(&reader, base, head).await;
        let changed = changed.map_err(|it| self.github_trouble(&it))?;
        let kept = json!(changed).to_string();
        let kept = self.store.save_handle(order.issue, CHANGED_FILES, &kept).await;
        kept.map_err(|it| self.database(&it))?;
        Ok(changed)
    }
}

/// The paths that differ between two commits, Baton's own files aside.
pub(in crate::engine) async fn changed_between(
    reader: &ReadPort,
    base: &Sha,
    head: &Sha,
) -> Result<Vec<String>, GitHubError> {
    if base == head {
        return Ok(Vec::new());
    }
    let (base, head) = (reader.tree(base).await?, reader.tree(head).await?);
    Ok(differing(&base, &head))
}

/// Which of `paths` differ between two commits, Baton's own files aside.
pub(in crate::engine) async fn changed_of(
    reader: &ReadPort,
    (base, head): (&Sha, &Sha),
    mut paths: BTreeSet<&str>,
) -> Result<Vec<String>, GitHubError> {
    if base == head {
        return Ok(Vec::new());
    }
    paths.retain(|it| !is_batons_own(it));
    let files = standing(reader, paths, (base, head)).await?;
    let changed = files.into_iter().filter(|(_, before, now)| before != now);
    Ok(changed.map(|(path, ..)| path).collect())
}

/// Whether a branch that was made from `base` holds nothing but Baton's own files beside it. Of a
/// tree that is too large for GitHub to list whole nobody knows.
pub(in crate::engine) async fn is_untouched(
    reader: &ReadPort,
    base: &Sha,
    head: &Sha,
) -> Result<bool, GitHubError> {
    let (base, head) = (reader.tree(base).await?, reader.tree(head).await?);
    Ok(!base.truncated && !head.truncated && differing(&base, &head).is_empty())
}

/// Sorted; by object id and kind, so that a mode alone is a difference too.
fn differing(base: &Tree, head: &Tree) -> Vec<String> {
    let files = |tree: &Tree| -> BTreeMap<String, TreeEntry> {
        let files = tree.entries.iter().filter(|it| it.kind != EntryKind::Directory);
        files.map(|it| (it.path.clone(), it.clone())).collect()
    };
    let (base, head) = (files(base), files(head));
    let same = |a: &TreeEntry, b: &TreeEntry| a.sha == b.sha && a.kind == b.kind;
    let paths = base.keys().chain(head.keys().filter(|it| !base.contains_key(*it)));
    let mut paths: Vec<String> = paths
        .filter(|it| match (base.get(*it), head.get(*it)) {
            (Some(a), Some(b)) => !same(a, b),
            (Some(_), None) | (None, Some(_)) | (None, None) => true,
        })
        .filter(|it| !is_batons_own(it))
        .cloned()
        .collect();
    paths.sort();
    paths
}
