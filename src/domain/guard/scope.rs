//! What an approved plan allows, as far as the guard asks.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::plan::{FileAction, Plan};
use crate::domain::tier::Complexity;

/// Lines expected for each file of a plan at the least: tasks are rated by difficulty, and a
/// simple task over many files is still long.
const LINES_PER_FILE: usize = 60;

/// What the guard takes from a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanScope {
    files: BTreeMap<String, FileAction>,
    dependencies: BTreeSet<String>,
    settings: BTreeSet<String>,
    lines: usize,
}

impl PlanScope {
    /// The scope of a whole plan. A plan gives no number of lines, so they are estimated from its
    /// tasks and files.
    pub fn of(plan: &Plan) -> PlanScope {
        let by_task = plan.tasks.iter().map(|it| lines_of(it.complexity)).sum::<usize>();
        let by_file = plan.files.len() * LINES_PER_FILE;
        PlanScope {
            files: plan.files.iter().map(|it| (it.path.clone(), it.action)).collect(),
            dependencies: plan.dependencies.iter().map(|it| normal_name(&it.name)).collect(),
            settings: plan.configuration.iter().flat_map(|it| settings_in(it)).collect(),
            lines: by_task.max(by_file),
        }
    }

    /// The same scope with more files to modify: those that people named when they asked for
    /// changes to what is already there.
    pub fn with_files<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> PlanScope {
        for path in paths {
            self.files.entry(path.to_owned()).or_insert(FileAction::Modify);
            self.lines += LINES_PER_FILE;
        }
        self
    }

    /// What the plan says happens to a file; `None` when it does not name it.
    pub fn action(&self, path: &str) -> Option<FileAction> {
        self.files.get(path).copied()
    }

    /// The files the plan names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether the plan names a dependency. Registries do not tell `_` from `-`, nor case.
    pub fn names_dependency(&self, name: &str) -> bool {
        self.dependencies.contains(&normal_name(name))
    }

    /// Whether the plan names a variable of the environment under its configuration.
    pub fn names_setting(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    /// About how many lines the work takes, added and removed together.
    pub fn lines(&self) -> usize {
        self.lines
    }
}

/// How many lines a task of this level changes when it is large for its level.
fn lines_of(level: Complexity) -> usize {
    match level {
        Complexity::Trivial => 30,
        Complexity::Simple => 120,
        Complexity::Medium => 350,
        Complexity::Complex => 800,
        Complexity::Expert => 1_500,
    }
}

/// A package's name as registries compare it, without the version suffix of Go modules.
pub(super) fn normal_name(name: &str) -> String {
    let lower = name.trim().to_lowercase().replace('_', "-");
    let is_version = |it: &str| {
        it.strip_prefix('v')
            .is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()))
    };
    match lower.rsplit_once('/') {
        Some((module, version)) if is_version(version) => module.to_owned(),
        Some(_) | None => lower,
    }
}

/// Words that look like a variable of the environment.
fn settings_in(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    let is_setting = |it: &&str| {
        3 <= it.len()
            && it.starts_with(|c: char| c.is_ascii_uppercase())
            && !it.contains(|c: char| c.is_ascii_lowercase())
    };
    words.filter(is_setting).map(str::to_owned).collect()
}
