//! What a run changed goes to the issue's branch: judged by the diff guard, on top of whatever
//! stands there, with the plan's ticks and STATE.md riding along.

use std::collections::BTreeSet;

use serde_json::json;

use crate::base::{IssueKey, RunId, Sha};
use crate::domain::diff::ChangeHash;
use crate::domain::diff::{ChangeKind, ChangeSet, FileChange, FileMode};
use crate::domain::guard::{OutsidePolicy, PlanScope, PushGate, Yes, guard, push_gate};
use crate::domain::permission::Right;
use crate::domain::plan::Plan;
use crate::domain::plan::checklist::with_tick;
use crate::domain::plan::place::{completed_path, plan_path, state_path};
use crate::domain::report::Note;
use crate::domain::tasks::{Board, TaskState};
use crate::domain::workflow::{Doing, FINDINGS, Report, RunFailure, Stage, is_review_task};
use crate::engine::internal::Internal;
use crate::engine::perform::finish::yes_handle;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::planner::{StoredBrief, TaskResult, changed_between, changed_of, revision_of};
use crate::engine::view::WorkNow;
use crate::engine::{
    APPROVALS, ASKS_YES, CHANGED_FILES, Engine, GUARD_FINDINGS, OUTSIDE, OVERTAKEN_FILES,
    PUSHED_FILES,
};
use crate::github::BatonRef;
use crate::github::client::{self, Committed, EntryKind, Tree};
use crate::render::state_md;
use crate::store::{PlanRow, StoreError};

/// How often a moved branch is followed before the effect is tried again later.
const MOVED_TRIES: usize = 3;
/// Writes of one commit: its tree, itself, its branch.
const COMMIT_WRITES: i64 = 3;
/// What is pushed.
pub(super) struct Push<'a> {
    pub(super) run: &'a RunId,
    pub(super) task: &'a str,
    pub(super) result: TaskResult,
    row: PlanRow,
    plan: Plan,
    pub(super) board: Board,
}

impl Engine {
    /// Judges what a run changed and commits it to the issue's branch.
    pub(super) async fn push_changes(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        task: &str,
    ) -> Result<Done, NotDone> {
        let push = self.push_of(performance, run, task).await?;
        let branch = self.branch(performance).await?;
        let Some(head) = performance.reader.branch_head(branch.as_str()).await? else {
            return self.without_branch(performance).await;
        };
        if let Some(sha) = self.landed(performance, &push, (&branch, &head)).await? {
            return self.stands_by_own_commit(performance, &push, sha).await;
        }
        self.is_not_done(performance).await?;
        self.is_not_noted_as_merged(performance).await?;
        if !self.is_on_its_way(performance.issue(), run).await? {
            return Err(NotDone::Needless("nobody waits for these changes any more"));
        }
        if self.kill_switch.stops(performance.claimed.installation) {
            return Ok(self.laid_down(performance, run));
        }
        let changes = &push.result.changes;
        if changes.is_empty() {
            return Ok(self.stands_on_branch(performance, &push, head));
        }
        let scope = self.scope_of(performance, &push).await?;
        let verdict = guard(changes, &scope);
        let findings = (GUARD_FINDINGS.to_owned(), json!(verdict.findings).to_string());
        let standing = self.standing(performance).await?;
        let yes = self.yes_to(performance, &changes.hash()).await?;
        let gate =
            push_gate(&changes.hash(), &verdict, &standing, OutsidePolicy::Ask, yes.as_ref());
        let parked = match gate {
            PushGate::Open => None,
            PushGate::Ask { hash, outside, .. } => Some((true, hash, outside)),
            PushGate::Refused { .. } => Some((false, changes.hash(), Vec::new())),
        };
        if let Some((needs_yes, hash, outside)) = parked {
            let asks = if needs_yes {
                format!("{hash} {run}", hash = hash.as_str())
            } else {
                String::new()
            };
            let report = Report::PushRefused { needs_yes, hash: hash.as_str().to_owned() };
            let mut done = self.reported(performance, &push, report);
            let outside = (OUTSIDE.to_owned(), json!(outside).to_string());
            done.handles.extend([findings, outside, (ASKS_YES.to_owned(), asks)]);
            return Ok(done);
        }
        let mut done = self.commit_changes(performance, &push, &branch, head).await?;
        done.handles.push(findings);
        Ok(done)
    }

    /// What may be touched without asking: what the approved plan names, and in a round that people
    /// asked for also what those with write named there, because that is their word as the plan is.
    ///
    /// A finding is a model's, and what the model read may have led it there: it widens nothing that
    /// people approved, and counts only for files that Baton's own pushes changed: each passed the
    /// guard or a person's yes (`trust.md`, rules 2 and 3). Every other rule of the guard holds for all of these files.
    async fn scope_of(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
    ) -> Result<PlanScope, NotDone> {
        let issue = performance.issue();
        let mut named = BTreeSet::new();
        if is_review_task(push.task) {
            let round = self.review_round(issue, push.task).await?;
            named = round.map(|it| it.named_files()).unwrap_or_default();
        } else if push.task == FINDINGS {
            let ours = self.files_of(issue, PUSHED_FILES).await?;
            named = self.found_files(issue).await?;
            named.retain(|it| ours.contains(it));
        }
        Ok(PlanScope::of(&push.plan).with_files(named.iter().map(String::as_str)))
    }

    async fn push_of<'a>(
        &self,
        performance: &Performance<'_>,
        run: &'a RunId,
        task: &'a str,
    ) -> Result<Push<'a>, NotDone> {
        let never = |why: &str| NotDone::Never(why.to_owned());
        let issue = performance.issue();
        let stored = self.store.load_run(run).await?;
        let stored = stored.ok_or_else(|| never("the run is not known"))?;
        let result = stored.result.ok_or_else(|| never("the run left no changes"))?;
        let result: TaskResult = serde_json::from_value(result)
            .map_err(|_| never("its changes were written by another version"))?;
        let brief: StoredBrief = serde_json::from_value(stored.brief)
            .map_err(|_| never("its brief was written by another version"))?;
        let built_by = revision_of(&brief).ok_or_else(|| never("the run built no task"))?;
        // The plan may have changed since: what is approved now decides what may go in.
        let subject = self.subject_of(issue).await?;
        let work = subject.as_ref().and_then(|it| it.state.stage.work());
        let revision = work.map_or(built_by, |it| it.plan.revision);
        let row = self.store.plan(issue, i64::from(revision)).await?;
        let row = row.ok_or_else(|| never("the plan is not stored"))?;
        let plan: Plan = serde_json::from_value(row.plan.clone())
            .map_err(|_| never("the plan was written by another version"))?;
        let board = self.board_of(issue, &plan).await?;
        Ok(Push { run, task, result, row, plan, board })
    }

    /// Whether what this run built is still to reach the branch: somebody may have stopped the work,
    /// or changed its plan, since the push was ordered.
    async fn is_on_its_way(&self, issue: IssueKey, run: &RunId) -> Result<bool, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage.unpaused().clone());
        let pushes = |it: &Stage| match it {
            Stage::Working { doing: Doing::Pushing { run: now }, .. } => now == run,
            Stage::Working {
                doing: Doing::Building { .. } | Doing::Checking { .. } | Doing::ByHand,
                ..
            }
            | Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => false,
        };
        Ok(stage.as_ref().is_some_and(pushes))
    }

    /// Whoever runs this server has stopped everything: nothing is pushed, and the issue is told.
    fn laid_down(&self, performance: &Performance<'_>, run: &RunId) -> Done {
        let claimed = performance.claimed;
        let row = self.halted_news(run.as_str(), claimed.installation, claimed.issue);
        Done { handles: Vec::new(), internal: Some(row) }
    }

    /// The yes that somebody gave to exactly these changes. The machine lets only people with write
    /// give one, and checks it then.
    async fn yes_to(
        &self,
        performance: &Performance<'_>,
        hash: &ChangeHash,
    ) -> Result<Option<Yes>, NotDone> {
        let said = self.store.handle(performance.issue(), &yes_handle(hash.as_str())).await?;
        Ok(said.filter(|it| !it.is_empty()).map(|by| Yes {
            hash: hash.clone(),
            by,
            right: Right::Write,
        }))
    }

    /// Commits on top of the head, also when somebody pushed meanwhile, unless they touched the
    /// same files: what they did stands, and a fresh run fits in.
    async fn commit_changes(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        branch: &BatonRef,
        mut head: Sha,
    ) -> Result<Done, NotDone> {
        let message = self.commit_message(push, &performance.claimed.key);
        for _ in 0..MOVED_TRIES {
            let result = &push.result;
            let between = (&result.base_sha, &head);
            let paths = touched(&result.changes);
            let theirs = changed_of(&performance.reader, between, paths).await?;
            if !theirs.is_empty() {
                let (issue, theirs) = (performance.issue(), json!(theirs).to_string());
                self.store.save_handle(issue, OVERTAKEN_FILES, &theirs).await?;
                let report = Report::Failed { why: RunFailure::Overtaken };
                return Ok(self.reported(performance, push, report));
            }
            let files = self.files(performance, push, &head).await?;
            if let Some(why) = self.approvals_in_the_way(performance, branch).await? {
                return Ok(self.kept_back(performance, push, why));
            }
            self.about_to_write(performance, COMMIT_WRITES).await?;
            let committed = performance.writer.commit_files(branch, &head, &message, &files);
            match committed.await? {
                Committed::Done(sha) => {
                    return self.stands_by_own_commit(performance, push, sha).await;
                }
                Committed::Unchanged => return Ok(self.stands_on_branch(performance, push, head)),
                Committed::HeadMoved { head: Some(now) } => head = now,
                Committed::HeadMoved { head: None } => {
                    return self.without_branch(performance).await;
                }
            }
        }
        let why = "the branch moved each time while it was written".to_owned();
        Err(NotDone::Later { until: self.clock.now(), why })
    }

    /// Nothing is pushed where the branch is gone. GitHub may have deleted it with the merge of the
    /// plan: then the changes go to the next one.
    async fn without_branch(&self, performance: &Performance<'_>) -> Result<Done, NotDone> {
        self.is_not_noted_as_merged(performance).await?;
        if let Some(number) = self.pull_request(performance.issue()).await? {
            self.is_not_merged(performance, number).await?;
        }
        Err(NotDone::Never("the plan's branch is gone".to_owned()))
    }

    async fn is_not_noted_as_merged(&self, performance: &Performance<'_>) -> Result<(), NotDone> {
        match self.merged_plan(performance.issue()).await? {
            Some(_) => Err(NotDone::Needless("the plan was merged: they go to the next branch")),
            None => Ok(()),
        }
    }

    /// Everything the commit holds: the run's changes, the plan's ticks, STATE.md.
    async fn files(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        head: &Sha,
    ) -> Result<Vec<client::FileChange>, NotDone> {
        let tree = performance.reader.tree(head).await?;
        let mut files = Vec::new();
        for change in push.result.changes.files() {
            files.extend(written(change, &tree)?);
        }
        let number = performance.issue().number.to_string();
        files.extend(self.ticked_plan(performance, push, &tree).await?);
        let made_from = self.branch_base(performance.issue(), &push.row.base_sha).await?;
        let since = changed_between(&performance.reader, &made_from, head).await?;
        let path = state_path(&number);
        let content = self.state(performance, push, since).await?;
        files.push(client::FileChange::Write { path, content, mode: client::FileMode::Regular });
        Ok(files)
    }

    /// The plan file as it stands at the head, with the boxes of tasks as the board has them; nothing
    /// where nothing changes. What people edited in it stays, and so do the boxes of what is for the
    /// review. A plan that was completed before goes back to the active ones.
    async fn ticked_plan(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        tree: &Tree,
    ) -> Result<Vec<client::FileChange>, NotDone> {
        let number = performance.issue().number.to_string();
        let (path, completed) = (plan_path(&number), completed_path(&number));
        let find = |path: &String| tree.entries.iter().find(|it| it.path == *path);
        let Some(file) = find(&path).or_else(|| find(&completed)) else { return Ok(Vec::new()) };
        let bytes = performance.reader.blob(&file.sha).await?;
        let Ok(before) = String::from_utf8(bytes) else { return Ok(Vec::new()) };
        let built = push.board.tasks().iter().filter(|it| it.is_for_implementer());
        let content = built.fold(before.clone(), |text, task| {
            with_tick(&text, task.id(), task.state == TaskState::Done).unwrap_or(text)
        });
        let moves_back = file.path == completed;
        let mut changes = Vec::new();
        if moves_back || content != before {
            let mode = client::FileMode::Regular;
            changes.push(client::FileChange::Write { path, content, mode });
        }
        if moves_back {
            changes.push(client::FileChange::Delete { path: completed });
        }
        Ok(changes)
    }

    async fn state(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        mut files_changed: Vec<String>,
    ) -> Result<String, NotDone> {
        let changes = push.result.changes.files();
        files_changed.extend(changes.iter().map(|it| it.path.clone()));
        files_changed.sort();
        files_changed.dedup();
        let now = WorkNow {
            position: format!("{} is built and pushed.", push.task),
            files_changed,
            tests: "The CI of this commit has not spoken yet.".to_owned(),
            last_action: format!("The changes of {} were committed.", push.task),
            next_step: "The CI of this commit decides whether the task is done.".to_owned(),
        };
        let state = self.work_state(performance.issue(), &push.plan, &push.board, now).await?;
        let note = self.note_with_inherited(performance.issue(), push).await?;
        let text = state_md::with_note(&state, note.as_ref());
        Ok(self.secrets.redact(&text))
    }

    /// What the run noted, with what was decided by those before it on the same task.
    async fn note_with_inherited(
        &self,
        issue: IssueKey,
        push: &Push<'_>,
    ) -> Result<Option<Note>, StoreError> {
        let own = push.result.note.clone();
        let left = self.inherited(issue, push.run, push.task).await?;
        Ok(match left.and_then(|it| it.note) {
            Some(earlier) => Some(own.unwrap_or_default().after(&earlier)),
            None => own,
        })
    }

    /// What is reported and remembered of changes that stand on the branch by Baton's own commit,
    /// also when its answer was lost and it was found there.
    async fn stands_by_own_commit(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        sha: Sha,
    ) -> Result<Done, NotDone> {
        let mut done = self.stands_on_branch(performance, push, sha.clone());
        done.handles.push(("plan-commit".to_owned(), sha.to_string()));
        for kind in [CHANGED_FILES, PUSHED_FILES] {
            let mut files = self.files_of(performance.issue(), kind).await?;
            files.extend(push.result.changes.files().iter().map(|it| it.path.clone()));
            files.sort();
            files.dedup();
            done.handles.push((kind.to_owned(), json!(files).to_string()));
        }
        done.handles.extend(self.code_pushed(performance).await?);
        Ok(done)
    }

    fn stands_on_branch(&self, performance: &Performance<'_>, push: &Push<'_>, sha: Sha) -> Done {
        let mut done = self.reported(performance, push, Report::Pushed { sha });
        done.handles.push((ASKS_YES.to_owned(), String::new()));
        done
    }

    /// What was built waits beside the branch, whole: a retry pushes it without another run.
    fn kept_back(&self, performance: &Performance<'_>, push: &Push<'_>, why: String) -> Done {
        let mut done = self.reported(performance, push, Report::ApprovalsStand);
        let parked = format!("{} {}", push.result.changes.hash().as_str(), push.run);
        done.handles.push((ASKS_YES.to_owned(), parked));
        done.handles.push((APPROVALS.to_owned(), why));
        done
    }

    fn reported(&self, performance: &Performance<'_>, push: &Push<'_>, report: Report) -> Done {
        let claimed = performance.claimed;
        let id = format!("effect/{}/pushed", claimed.key);
        let internal = Internal::RunReported { run: push.run.clone(), report };
        let row = internal.to_row(id, claimed.installation, claimed.issue, self.clock.now());
        Done { handles: Vec::new(), internal: Some(row) }
    }
}

/// The paths that the changes read or write.
fn touched(changes: &ChangeSet) -> BTreeSet<&str> {
    changes.files().iter().flat_map(|it| [it.path.as_str(), it.path_before()]).collect()
}

/// One change as the client writes it. A file that is there keeps its mode.
fn written(change: &FileChange, tree: &Tree) -> Result<Vec<client::FileChange>, NotDone> {
    let path = change.path.clone();
    let gone = |path: &str| client::FileChange::Delete { path: path.to_owned() };
    let Some(after) = &change.after else { return Ok(vec![gone(&path)]) };
    let Some(content) = after.text().map(str::to_owned) else {
        return Err(NotDone::Never("a change is not text".to_owned()));
    };
    let before = tree.entries.iter().find(|it| it.path == change.path_before());
    let was_executable = before.is_some_and(|it| it.kind == EntryKind::Executable);
    let mode = match was_executable || change.mode == FileMode::Executable {
        true => client::FileMode::Executable,
        false => client::FileMode::Regular,
    };
    let write = client::FileChange::Write { path, content, mode };
    Ok(match &change.kind {
        ChangeKind::Moved { from } => vec![gone(from), write],
        ChangeKind::Created | ChangeKind::Modified | ChangeKind::Deleted => vec![write],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_file_keeps_its_mode() {
        let entry = client::TreeEntry {
            path: "run.sh".to_owned(),
            kind: EntryKind::Executable,
            sha: Sha("1".to_owned()),
            size: Some(1),
        };
        let tree = Tree { sha: Sha("2".to_owned()), entries: vec![entry], truncated: false };
        let files = written(&FileChange::moved("run.sh", "bin/run.sh", "a\n", "b\n"), &tree);
        let expected = [
            client::FileChange::Delete { path: "run.sh".to_owned() },
            client::FileChange::Write {
                path: "bin/run.sh".to_owned(),
                content: "b\n".to_owned(),
                mode: client::FileMode::Executable,
            },
        ];
        assert_eq!(files.unwrap(), expected);
    }
}
