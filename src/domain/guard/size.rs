//! Rules about how far a change goes beyond its plan.

use super::{Found, PlanScope, Rule, locks};
use crate::domain::diff::{ChangeKind, ChangeSet, FileChange};
use crate::domain::plan::FileAction;

/// Up to so many times the expected lines nobody is asked: an estimate by task is coarse.
const LINES_FACTOR: usize = 3;

/// Changes below so many lines are read in a few minutes, whatever was expected.
const LINES_FREE: usize = 400;

/// Looks at the whole change set.
pub(super) fn look(set: &ChangeSet, scope: &PlanScope, found: &mut Found) {
    for change in set.files() {
        found.path = change.path.clone();
        look_at_file(change, scope, found);
    }
    let counted = |it: &&FileChange| {
        let planned_deletion = scope.action(&it.path) == Some(FileAction::Delete);
        !locks::is_lock(&it.path) && !planned_deletion
    };
    let sizes = set.files().iter().filter(counted).map(|it| {
        let counts = it.counts();
        (counts.added + counts.removed, it)
    });
    let sizes: Vec<(usize, &FileChange)> = sizes.collect();
    let total: usize = sizes.iter().map(|it| it.0).sum();
    let most = (scope.lines() * LINES_FACTOR).max(LINES_FREE);
    if most < total
        && let Some((_, largest)) = sizes.iter().max_by_key(|it| it.0)
    {
        found.path = largest.path.clone();
        let says = format!(
            "The change has {total} lines where the plan's tasks take about {}; this file has the \
             most.",
            scope.lines()
        );
        found.ask(Rule::TooManyLines, None, says);
    }
}

fn look_at_file(change: &FileChange, scope: &PlanScope, found: &mut Found) {
    if locks::is_lock(&change.path) && change.kind != ChangeKind::Deleted && follows_plan(scope) {
        return;
    }
    for path in [change.path_before(), &change.path] {
        let says = match (scope.action(path), &change.kind) {
            (None, ChangeKind::Moved { from }) if from == path => {
                "The plan does not name the place it is moved from."
            }
            (None, ChangeKind::Created) => "It is created, and the plan does not name it.",
            (None, ChangeKind::Modified) => "It is modified, and the plan does not name it.",
            (None, ChangeKind::Deleted) => "It is deleted, and the plan does not name it.",
            (None, ChangeKind::Moved { .. }) => "The plan does not name the place it is moved to.",
            (Some(FileAction::Create | FileAction::Modify), ChangeKind::Deleted) => {
                "It is deleted, and the plan keeps it."
            }
            (Some(FileAction::Delete), ChangeKind::Created | ChangeKind::Modified) => {
                "It is written, and the plan deletes it."
            }
            (
                Some(FileAction::Create | FileAction::Modify),
                ChangeKind::Created | ChangeKind::Modified | ChangeKind::Moved { .. },
            )
            | (Some(FileAction::Delete), ChangeKind::Deleted | ChangeKind::Moved { .. }) => {
                continue;
            }
        };
        found.ask(Rule::UnplannedFile, None, says);
    }
}

/// A lock file changes with its manifest, and plans often name only that one.
fn follows_plan(scope: &PlanScope) -> bool {
    scope.paths().any(super::dependencies::is_manifest)
}
