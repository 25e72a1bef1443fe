//! The files that a plan names, as they stand on the base branch now against the commit that the
//! plan was made on.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Sha, Timestamp};
use crate::domain::command::Command;
use crate::domain::permission::Right;
use crate::domain::plan::Plan;
use crate::domain::workflow::{
    BaseNow, Event, PlanAtHead, Request, Review, ReviewSays, Stale, Standing, State, Tick,
    stale_asked,
};
use crate::engine::Engine;
use crate::engine::ingest::Subject;
use crate::engine::plan_head::turns_on_the_plan;
use crate::engine::view::read_plan;
use crate::github::client::{GitHubError, ReadPort, TreeEntry};
use crate::store::{CommitError, InboxRow, PlanRow};

/// What became of the files, or the time to ask again.
pub(super) enum BaseRead {
    Known(BaseNow),
    AskAgain { at: Timestamp, why: String },
}

impl Engine {
    /// Compares the files if `events` turn on it. What an edited plan at the head keeps from being
    /// approved needs no look at the base.
    pub(super) async fn base_now(
        &self,
        row: &InboxRow,
        subject: &Subject,
        (events, head): (&[Event], &PlanAtHead),
    ) -> Result<BaseRead, CommitError> {
        let state = &subject.state;
        let Some(plan) = state.stage.unpaused().plan_that_waits() else {
            return Ok(BaseRead::Known(BaseNow::NotRead));
        };
        let starts = *head == PlanAtHead::Same && events.iter().any(may_start);
        if !starts && !events.iter().any(|it| may_refresh(it, state)) {
            return Ok(BaseRead::Known(BaseNow::NotRead));
        }
        let Some(made) = self.store.plan(subject.key, i64::from(plan.revision)).await? else {
            return Ok(BaseRead::Known(BaseNow::Unknown));
        };
        Ok(match self.compared(subject, &made).await {
            Ok(base) => BaseRead::Known(base),
            Err(error) => match self.ask_again_at(row, subject.installation, &error).await? {
                Some(at) => BaseRead::AskAgain { at, why: error.to_string() },
                None => BaseRead::Known(BaseNow::Unknown),
            },
        })
    }

    /// One call where the base branch has not moved.
    async fn compared(&self, subject: &Subject, made: &PlanRow) -> Result<BaseNow, GitHubError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let branch = match &subject.repository.default_branch {
            Some(branch) => branch.clone(),
            None => reader.repository().await?.default_branch_or(None),
        };
        let Some(now) = reader.branch_head(&branch).await? else { return Ok(BaseNow::Unknown) };
        if now == made.base_sha {
            return Ok(BaseNow::Same);
        }
        let Some(plan) = read_plan(made) else { return Ok(BaseNow::Unknown) };
        let files = standing(&reader, named(&plan), (&made.base_sha, &now)).await?;
        Ok(Stale::of(&branch, files).map_or(BaseNow::Same, BaseNow::Stale))
    }
}

/// The files that a plan and its tasks name. People may have edited the tasks alone.
fn named(plan: &Plan) -> BTreeSet<&str> {
    let files = plan.files.iter().map(|it| it.path.as_str());
    files.chain(plan.tasks.iter().flat_map(|it| &it.files).map(String::as_str)).collect()
}

/// What stands at each path in two commits. A tree that is too large for GitHub to list is asked
/// for these paths one by one; then a mode that changed alone does not show.
pub(super) async fn standing(
    reader: &ReadPort,
    paths: BTreeSet<&str>,
    (before, now): (&Sha, &Sha),
) -> Result<Vec<Standing>, GitHubError> {
    let (old, new) = (reader.tree(before).await?, reader.tree(now).await?);
    if old.truncated || new.truncated {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let before = reader.file_at(path, before).await?.map(|it| it.blob.to_string());
            let now = reader.file_at(path, now).await?.map(|it| it.blob.to_string());
            files.push((path.to_owned(), before, now));
        }
        return Ok(files);
    }
    let [old, new] = [old, new].map(|tree| -> BTreeMap<String, String> {
        let entry = |it: TreeEntry| (it.path, format!("{:?} {}", it.kind, it.sha));
        tree.entries.into_iter().map(entry).collect()
    });
    let file = |path: &str| (path.to_owned(), old.get(path).cloned(), new.get(path).cloned());
    Ok(paths.into_iter().map(file).collect())
}

/// Whether an event approves the plan that waits, or could start it. A push and a merge turn on the
/// plan, too, and start nothing.
pub(super) fn may_start(event: &Event) -> bool {
    turns_on_the_plan(event) && !matches!(event, Event::Pushed { .. } | Event::PlanMerged { .. })
}

/// Whether an event changes a plan that people were told is stale: then its planner is told which
/// files changed.
fn may_refresh(event: &Event, state: &State) -> bool {
    let (Event::Ticked { by, tick: Tick::Refresh { .. } }
    | Event::Asked { by, request: Request::Command(Command::Revise { .. }), .. }
    | Event::Reviewed { by, review: Review { says: ReviewSays::RequestsChanges { .. }, .. } }) =
        event
    else {
        return false;
    };
    stale_asked(state).is_some() && Right::Write <= by.right
}
