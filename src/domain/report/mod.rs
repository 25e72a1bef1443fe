//! What an agent reports through its tools: a note, a finished task, findings.
//!
//! Like a plan, a report is a structured value that a tool takes, never free text. `schema` offers
//! it, `parse_*` reads it strictly: everything that is wrong comes back at once, in sentences that
//! the model can act on.
//!
//! Reports are a model's words. They decide nothing by themselves: a task that is reported done is
//! done when its commit is green, and findings make work only inside their bounds.

mod parse;
mod schema;

pub use self::parse::{parse_findings, parse_note, parse_task_done};
pub use self::schema::{note_tool, report_findings_tool, task_done_tool};

use serde::{Deserialize, Serialize};

/// The tool by which an implementer notes its state.
pub const NOTE: &str = "note";

/// The tool by which an implementer says that its task is done.
pub const TASK_DONE: &str = "task_done";

/// The tool by which test-agent and review-agent report.
pub const REPORT_FINDINGS: &str = "report_findings";

/// Where the work stands, in the words of who does it. A later note replaces an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Where the work stands, one or two sentences.
    pub position: String,
    /// What is to be done next.
    pub next_step: String,
    /// How the task is being solved.
    #[serde(default)]
    pub approach: String,
    /// What of the task is done.
    #[serde(default)]
    pub done: Vec<String>,
    /// What of the task remains.
    #[serde(default)]
    pub remaining: Vec<String>,
    /// What stands in the way.
    #[serde(default)]
    pub blockers: Vec<String>,
    /// What was decided that the plan left open.
    #[serde(default)]
    pub decisions: Vec<NotedDecision>,
}

impl Note {
    /// This note behind an earlier one on the same task. What was decided and how the task is solved
    /// holds on until it is said otherwise; everything else is of its moment.
    pub fn after(mut self, earlier: &Note) -> Note {
        let still = |it: &&NotedDecision| {
            !self.decisions.iter().any(|now| now.question.trim() == it.question.trim())
        };
        let mut decisions: Vec<NotedDecision> =
            earlier.decisions.iter().filter(still).cloned().collect();
        decisions.append(&mut self.decisions);
        self.decisions = decisions;
        if self.approach.trim().is_empty() {
            self.approach.clone_from(&earlier.approach);
        }
        self
    }
}

/// A decision that the plan left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotedDecision {
    /// What was open.
    pub question: String,
    /// What was decided, and why.
    pub answer: String,
}

/// A task is done, says the implementer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDone {
    /// What was changed.
    pub summary: String,
    /// How it was checked against the acceptance lines.
    pub verified: String,
}

/// What a specialist found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The result in one or two sentences.
    pub summary: String,
    /// The plan's acceptance lines, each judged.
    pub acceptance: Vec<AcceptanceLine>,
    /// What should change, worst first; empty when nothing should.
    pub findings: Vec<Finding>,
}

impl Findings {
    /// Whether the work goes back to an implementer: an acceptance line is not met, or something
    /// worse than minor was found. What is minor or cannot be told is shown to people.
    pub fn ask_for_work(&self) -> bool {
        self.unmet().next().is_some()
            || self.findings.iter().any(|it| it.severity != Severity::Minor)
    }

    /// The acceptance lines that do not hold.
    pub fn unmet(&self) -> impl Iterator<Item = &AcceptanceLine> {
        self.acceptance.iter().filter(|it| it.met == Met::No)
    }
}

/// One acceptance line of the plan, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceLine {
    /// The task's id.
    pub task: String,
    /// The line, as the plan says it.
    pub line: String,
    /// Whether it holds.
    pub met: Met,
    /// What shows it: a test, a place in the code, a CI check.
    pub evidence: String,
}

/// Whether an acceptance line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Met {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It cannot be told from what can be read; a person must look.
    Unknown,
}

impl Met {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Met::Yes => "yes",
            Met::No => "no",
            Met::Unknown => "unknown",
        }
    }
}

/// Something that should change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub kind: FindingKind,
    /// The file; absent when it is about no single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line there, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong, and what follows from it.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// How bad a finding is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It must not be merged: wrong, unsafe, or not what was asked.
    Blocker,
    /// It should be mended before a merge.
    Major,
    /// It may stay.
    Minor,
}

impl Severity {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Blocker => "blocker",
            Severity::Major => "major",
            Severity::Minor => "minor",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// An acceptance line is not met.
    Acceptance,
    /// The change does other, more or less than the plan says.
    Plan,
    /// The change does not fit how the repository is built.
    Architecture,
    /// It is wrong: a fault in the code.
    Correctness,
    /// It is unsafe.
    Security,
    /// A test fails, is missing, or proves nothing.
    Tests,
}

impl FindingKind {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::Acceptance => "acceptance",
            FindingKind::Plan => "plan",
            FindingKind::Architecture => "architecture",
            FindingKind::Correctness => "correctness",
            FindingKind::Security => "security",
            FindingKind::Tests => "tests",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
