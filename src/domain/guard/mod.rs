//! The *diff guard*: what a change set may not do, or not without a person (`trust.md` rules 2, 3,
//! 4, 10).
//!
//! A run's changes are judged before every push, by rules that see only the change set and what
//! the approved plan names. [`guard`] is total and pure; each finding says where, by which rule,
//! and in one sentence why:
//!
//! - *refused*: never pushed. No yes helps; the run is told and does it another way.
//! - *ask*: parked until a person with write says yes to exactly this change set.
//!
//! [`push_gate`] joins the verdict with the outside-text rule and with the yes that a person gave.
//!
//! The guard finds what is known to be dangerous or careless. It is no sandbox: code that is pushed
//! runs in the repository's CI, and no pattern finds every way to misuse that. What outsiders
//! wrote is therefore never pushed on the guard's word alone ([`outside()`]).
//!
//! Give it what the *agent* changed, before the service adds its own plan and state files.

mod dependencies;
mod entries;
mod hooks;
mod locks;
mod outside;
mod place;
mod reads;
mod scope;
mod size;
mod text;
mod weakened;

pub use self::entries::is_batons_own;
pub use self::outside::{
    OutsidePolicy, OutsideText, PushGate, ReadText, Standing, Yes, effective, outside, push_gate,
};
pub use self::scope::PlanScope;

use serde::{Deserialize, Serialize};

use crate::domain::diff::{ChangeSet, FileChange, Sign};

/// Findings of one rule in one file that are told one by one. More would bury the others, and the
/// first are enough to see what is meant.
const FINDINGS_PER_RULE_MAX: usize = 3;

/// What the guard says about a change set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was found, the refused first, then by path and line.
    pub findings: Vec<Finding>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The file, as the change set names it: a model's word, to be escaped like any other.
    pub path: String,
    /// The line in the new text (of a removed line: in the old), where one line is meant.
    pub line: Option<usize>,
    /// The rule.
    pub rule: Rule,
    /// What follows.
    pub severity: Severity,
    /// What is wrong, as a whole sentence without the path. It may quote names from the change.
    pub sentence: String,
}

/// What follows from a finding, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A person with write decides.
    Ask,
    /// It is never pushed.
    Refused,
}

impl Severity {
    /// The word on pages and in the corpus.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Ask => "ask",
            Severity::Refused => "refused",
        }
    }
}

/// The rules, in the order in which they are documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A path that is not one plain file inside the repository.
    UnsafePath,
    /// A workflow of GitHub Actions.
    Workflow,
    /// A file that instructs agents or acts on developers' machines.
    InstructionFile,
    /// A file whose contents no model reads.
    SecretFile,
    /// Baton's own plan, state, task or ignore file.
    BatonFile,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
    /// Content that is not text.
    Binary,
    /// A configuration of another CI system.
    CiFile,
    /// Something that package managers, builds or editors run by themselves.
    Hook,
    /// A dependency that the plan does not name.
    UnplannedDependency,
    /// A dependency that does not come from the usual registry.
    DependencySource,
    /// A host or checksum in a lock file that was not there before.
    LockSource,
    /// A test or build file that reads the environment.
    EnvironmentRead,
    /// A test or build file that reads credentials.
    SecretRead,
    /// Environment or credentials read beside a call to the network.
    Exfiltration,
    /// Something downloaded and run at once.
    DownloadAndRun,
    /// A test file that goes.
    DeletedTest,
    /// A test that checks less than before.
    WeakenedTest,
    /// A file that the plan does not name, or not for this.
    UnplannedFile,
    /// Far more lines than the plan's tasks need.
    TooManyLines,
    /// Something with the shape of a secret.
    Secret,
    /// Characters that nobody sees.
    HiddenText,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Rule; 23] = [
        Rule::UnsafePath,
        Rule::Workflow,
        Rule::InstructionFile,
        Rule::SecretFile,
        Rule::BatonFile,
        Rule::Symlink,
        Rule::Submodule,
        Rule::Binary,
        Rule::CiFile,
        Rule::Hook,
        Rule::UnplannedDependency,
        Rule::DependencySource,
        Rule::LockSource,
        Rule::EnvironmentRead,
        Rule::SecretRead,
        Rule::Exfiltration,
        Rule::DownloadAndRun,
        Rule::DeletedTest,
        Rule::WeakenedTest,
        Rule::UnplannedFile,
        Rule::TooManyLines,
        Rule::Secret,
        Rule::HiddenText,
    ];

    /// Its name in findings, logs and documents.
    pub fn name(self) -> &'static str {
        match self {
            Rule::UnsafePath => "unsafe-path",
            Rule::Workflow => "workflow",
            Rule::InstructionFile => "instruction-file",
            Rule::SecretFile => "secret-file",
            Rule::BatonFile => "baton-file",
            Rule::Symlink => "symlink",
            Rule::Submodule => "submodule",
            Rule::Binary => "binary",
            Rule::CiFile => "ci-file",
            Rule::Hook => "hook",
            Rule::UnplannedDependency => "unplanned-dependency",
            Rule::DependencySource => "dependency-source",
            Rule::LockSource => "lock-source",
            Rule::EnvironmentRead => "environment-read",
            Rule::SecretRead => "secret-read",
            Rule::Exfiltration => "exfiltration",
            Rule::DownloadAndRun => "download-and-run",
            Rule::DeletedTest => "deleted-test",
            Rule::WeakenedTest => "weakened-test",
            Rule::UnplannedFile => "unplanned-file",
            Rule::TooManyLines => "too-many-lines",
            Rule::Secret => "secret",
            Rule::HiddenText => "hidden-text",
        }
    }
}

impl Verdict {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The gravest of the findings; `None` when there is none.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|it| it.severity).max()
    }

    /// The findings of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |it| it.severity == severity)
    }
}

/// Judges what an agent changed against what the approved plan names.
pub fn guard(set: &ChangeSet, scope: &PlanScope) -> Verdict {
    let mut found = Found::default();
    for change in set.files() {
        found.path = change.path.clone();
        entries::look(change, &mut found);
        hooks::look(change, &mut found);
        dependencies::look(change, scope, &mut found);
        locks::look(change, &mut found);
        reads::look(change, scope, &mut found);
        weakened::look(change, set, scope, &mut found);
        text::look(change, &mut found);
    }
    size::look(set, scope, &mut found);
    found.verdict()
}

/// Findings in the making, about the file at `path`.
#[derive(Default)]
struct Found {
    path: String,
    findings: Vec<Finding>,
}

impl Found {
    fn refuse(&mut self, rule: Rule, line: Option<usize>, sentence: impl Into<String>) {
        self.add(Severity::Refused, rule, line, sentence.into());
    }

    fn ask(&mut self, rule: Rule, line: Option<usize>, sentence: impl Into<String>) {
        self.add(Severity::Ask, rule, line, sentence.into());
    }

    fn add(&mut self, severity: Severity, rule: Rule, line: Option<usize>, sentence: String) {
        let finding = Finding { path: self.path.clone(), line, rule, severity, sentence };
        let alike =
            |it: &&Finding| it.path == finding.path && it.rule == rule && it.severity == severity;
        let is_full = FINDINGS_PER_RULE_MAX <= self.findings.iter().filter(alike).count();
        if !is_full && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn verdict(mut self) -> Verdict {
        self.findings.sort_by(|a, b| {
            let key = |it: &Finding| (it.path.clone(), it.line, it.rule);
            b.severity.cmp(&a.severity).then_with(|| key(a).cmp(&key(b)))
        });
        Verdict { findings: self.findings }
    }
}

/// The added lines of a change, with their numbers.
fn added(change: &FileChange) -> Vec<(usize, &str)> {
    let lines = change.lines().into_iter().filter(|it| it.sign == Sign::Added);
    lines.map(|it| (it.number, it.text)).collect()
}

/// A name from the change as a sentence may quote it: nothing that could be markup or an order.
fn quoted(name: &str) -> String {
    let keep = |it: &char| it.is_alphanumeric() || "@._-/:+".contains(*it);
    let name: String = name.chars().filter(keep).take(80).collect();
    format!("`{name}`")
}

#[cfg(test)]
mod tests;
