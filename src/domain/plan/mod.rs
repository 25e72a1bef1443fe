//! The plan: the structured value a planner submits, never free Markdown.
//!
//! [`schema::input_schema`] offers it as a tool, [`parse_submission`] reads what came,
//! [`check`] refuses what cannot be built, [`lint`] warns of what will go badly, and
//! [`complexity_of`] classifies the issue a second time. [`hash`], [`checklist`] and [`place`] are
//! about the file the plan becomes; its text is made and read back by `render::plan`.

pub mod checklist;
pub mod graph;
pub mod hash;
pub mod paths;
pub mod place;
pub mod schema;
mod check;
mod complexity;
mod edited;
mod lint;
mod submission;
mod words;

pub use self::check::{Base, Fault, PLAN_TASKS_MAX, check, is_task_id};
pub use self::complexity::{complexity_of, reclassified};
pub use self::edited::Addition;
pub use self::lint::{Warning, lint};
pub(in crate::domain) use self::submission::faults_of_form;
pub use self::submission::parse_submission;
pub(in crate::domain) use self::words::has_content;

use serde::{Deserialize, Serialize};

use crate::domain::tier::{Complexity, Tier};

/// What a planner submits with the tool `submit_plan`, or what people made of it by editing its
/// file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What will be built, in two or three sentences.
    pub summary: String,
    /// Decisions taken, each with what was weighed.
    #[serde(default)]
    pub decisions: Vec<PlanDecision>,
    /// Architecture overview, Markdown without headings.
    pub architecture: String,
    /// Technical specifications, Markdown without headings.
    pub specifications: String,
    /// Every file the work touches.
    pub files: Vec<FileChange>,
    /// Schema changes, one sentence each.
    #[serde(default)]
    pub database_changes: Vec<String>,
    /// New dependencies.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
    /// Settings and environment the change needs.
    #[serde(default)]
    pub configuration: Vec<String>,
    /// Code of this repository to follow.
    #[serde(default)]
    pub examples: Vec<CodeExample>,
    /// Cases that are easy to miss.
    #[serde(default)]
    pub edge_cases: Vec<String>,
    /// The task graph.
    pub tasks: Vec<Task>,
    /// How the work is tested.
    pub testing: Testing,
    /// How it reaches users.
    pub rollout: Rollout,
    /// What may go wrong.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// What belongs to it.
    #[serde(default)]
    pub in_scope: Vec<String>,
    /// What does not.
    #[serde(default)]
    pub out_of_scope: Vec<String>,
    /// What the implementer must not do.
    #[serde(default)]
    pub do_not: Vec<String>,
    /// How people will know that it is done.
    pub success_criteria: Vec<String>,
    /// Documents and issues worth reading.
    #[serde(default)]
    pub references: Vec<String>,
    /// What people wrote into the plan's file that is none of the above. No planner submits it
    /// (the schema does not offer it), and no file is made of it: it stands in people's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additions: Vec<Addition>,
}

/// A decision with what was weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDecision {
    /// What was decided.
    pub decision: String,
    /// Why.
    pub rationale: String,
    /// What else was possible.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// What it costs.
    #[serde(default)]
    pub trade_offs: String,
}

/// A file the work touches, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// What happens to it.
    pub action: FileAction,
    /// Why.
    pub reason: String,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileAction {
    /// It does not exist at the base commit and will.
    Create,
    /// It exists and changes.
    Modify,
    /// It exists and goes.
    Delete,
}

impl FileAction {
    /// All of them.
    pub const ALL: [FileAction; 3] = [FileAction::Create, FileAction::Modify, FileAction::Delete];

    /// The word in prompts and in the plan's file.
    pub fn word(self) -> &'static str {
        match self {
            FileAction::Create => "create",
            FileAction::Modify => "modify",
            FileAction::Delete => "delete",
        }
    }
}

/// A new dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Its name in the package registry.
    pub name: String,
    /// Its version or range.
    pub version: String,
    /// Why it is needed.
    pub why: String,
}

/// Code of this repository that the implementer should follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeExample {
    /// Where it stands at the base commit.
    pub path: String,
    /// First line, from 1.
    pub from_line: u32,
    /// Last line, included.
    pub to_line: u32,
    /// What to take from it.
    pub copy: String,
}

/// One task of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// A short id, `t1`, `t2`, …
    pub id: String,
    /// What is done, as an order.
    pub title: String,
    /// The phase it belongs to.
    #[serde(default)]
    pub phase: String,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// How hard it is.
    pub complexity: Complexity,
    /// The tier that people wrote into the plan's table, where it is another than its level asks
    /// for. The schema does not offer it: no model chooses who builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// The files it touches, all of them named in the plan.
    #[serde(default)]
    pub files: Vec<String>,
    /// Ids of the tasks that come first.
    #[serde(default)]
    pub blocked_by: Vec<String>,
    /// What must be true when it is done.
    pub acceptance: Vec<String>,
    /// How that is checked.
    pub verify: Verify,
}

impl Task {
    /// The tier that builds it: the one that people wrote into the plan, else that of its level.
    pub fn tier(&self) -> Tier {
        self.tier.unwrap_or_else(|| self.complexity.tier())
    }
}

/// What kind of work a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// Product code.
    Implement,
    /// Tests.
    Test,
    /// Documentation.
    Docs,
    /// Something a reviewer looks at.
    Review,
}

/// How a task is checked. Written `{"command": "cargo test"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// The name of a CI check.
    Check(String),
    /// A command. It is shown to people and never run by Baton.
    Command(String),
    /// Nothing can check it, and why.
    None(String),
}

/// How the work is tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testing {
    /// The strategy.
    pub strategy: String,
    /// What a person should try by hand.
    #[serde(default)]
    pub manual_checks: Vec<String>,
}

/// How the work reaches users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Feature flags, or why there is none.
    pub flags: String,
    /// Steps from few to all.
    pub gradual: String,
    /// What to watch.
    pub monitoring: String,
}

/// Something that may go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// What.
    pub risk: String,
    /// What is done about it.
    pub mitigation: String,
}

#[cfg(test)]
pub(crate) mod tests;
