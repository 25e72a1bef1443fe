//! The second classification: what a plan says about the issue that its text could not.
//!
//! At issue time the level is a prior. When a plan is there, files, schema changes and the task
//! graph are known, and the level is taken from them (`domain.md`, "Classified twice").

use crate::domain::plan::Plan;
use crate::domain::tier::Complexity;

/// Files from which the level is raised, most first: over 20 complex, over 10 medium, over 3
/// simple (`domain.md`, "Complexity").
const FILE_LEVELS: [(usize, Complexity); 3] =
    [(20, Complexity::Complex), (10, Complexity::Medium), (3, Complexity::Simple)];

/// Phrases in a plan's summary or decisions that put it into an architecture context. Single
/// words such as "system" stand in every plan and tell nothing.
const ARCHITECTURE_PHRASES: [&str; 7] = [
    "architectur",
    "redesign",
    "module boundar",
    "service topology",
    "system design",
    "distributed",
    "new subsystem",
];

/// Files from which an architecture context makes a plan complex.
const ARCHITECTURE_FILES_MIN: usize = 6;

/// The level of the work that a plan describes, and the reasons for that level: the highest of
/// what its files, its tasks and its schema changes ask for.
pub fn complexity_of(plan: &Plan) -> (Complexity, Vec<String>) {
    let mut signals: Vec<(Complexity, String)> = Vec::new();
    let n_files = plan.files.len();
    let by_files = FILE_LEVELS.into_iter().find(|(over, _)| *over < n_files);
    if let Some((_, level)) = by_files {
        signals.push((level, format!("{n_files} files in the plan")));
    }
    if !plan.database_changes.is_empty() {
        signals.push((Complexity::Medium, "a schema change".to_owned()));
    }
    if is_architecture(plan)
        && (ARCHITECTURE_FILES_MIN <= n_files || !plan.database_changes.is_empty())
    {
        let with = if plan.database_changes.is_empty() {
            format!("{n_files} files")
        } else {
            "a schema change".to_owned()
        };
        signals.push((Complexity::Complex, format!("an architecture change with {with}")));
    }
    let hardest = plan.tasks.iter().map(|it| it.complexity).max();
    if let Some(hardest) = hardest {
        let ids = plan.tasks.iter().filter(|it| it.complexity == hardest).map(|it| it.id.as_str());
        let ids: Vec<&str> = ids.collect();
        let what = if ids.len() == 1 { "task" } else { "tasks" };
        let shown = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = if 3 < ids.len() { ", …" } else { "" };
        signals.push((hardest, format!("{hardest} {what} {shown}{more}")));
    }
    let level = signals.iter().map(|(level, _)| *level).max().unwrap_or(Complexity::Simple);
    let reasons = signals.into_iter().filter(|(it, _)| *it == level).map(|(_, why)| why).collect();
    (level, reasons)
}

/// The change of level that a plan brings, as people read it: "medium → complex: 24 files in the
/// plan". `None` when the plan confirms the level.
pub fn reclassified(prior: Complexity, plan: &Plan) -> Option<String> {
    let (level, reasons) = complexity_of(plan);
    (level != prior).then(|| format!("{prior} → {level}: {}", reasons.join(", ")))
}

fn is_architecture(plan: &Plan) -> bool {
    let decisions = plan.decisions.iter().map(|it| it.decision.as_str());
    decisions.chain([plan.summary.as_str()]).any(|text| {
        let text = text.to_lowercase();
        ARCHITECTURE_PHRASES.iter().any(|it| text.contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::example;
    use crate::domain::plan::{FileAction, FileChange};

    /// A plan of one task with that many files; `prior` is the level at issue time.
    #[track_caller]
    fn check(
        n_files: usize,
        change: impl FnOnce(&mut Plan),
        prior: Complexity,
        expected: Option<&str>,
    ) {
        let mut plan = example();
        plan.files = (0..n_files)
            .map(|i| FileChange {
                path: format!("src/f{i}.rs"),
                action: FileAction::Create,
                reason: "New.".into(),
            })
            .collect();
        plan.database_changes.clear();
        plan.tasks.truncate(1);
        plan.tasks[0].complexity = Complexity::Trivial;
        change(&mut plan);
        assert_eq!(reclassified(prior, &plan).as_deref(), expected);
    }

    #[test]
    fn files_raise_the_level() {
        use Complexity::{Medium, Simple, Trivial};
        check(3, |_| (), Trivial, None);
        check(3, |_| (), Medium, Some("medium → trivial: trivial task t1"));
        check(4, |_| (), Trivial, Some("trivial → simple: 4 files in the plan"));
        check(10, |_| (), Simple, None);
        check(11, |_| (), Simple, Some("simple → medium: 11 files in the plan"));
        check(20, |_| (), Medium, None);
        check(21, |_| (), Medium, Some("medium → complex: 21 files in the plan"));
    }

    #[test]
    fn schema_architecture_and_tasks_raise_it_too() {
        use Complexity::{Complex, Expert, Simple};
        let schema = |plan: &mut Plan| plan.database_changes = vec!["Table x".into()];
        check(2, schema, Simple, Some("simple → medium: a schema change"));
        let architecture = |plan: &mut Plan| plan.summary = "An architectural change".into();
        check(5, architecture, Simple, None);
        check(
            6,
            architecture,
            Simple,
            Some("simple → complex: an architecture change with 6 files"),
        );
        check(
            1,
            |plan| plan.tasks[0].complexity = Expert,
            Complex,
            Some("complex → expert: expert task t1"),
        );
    }
}
