//! The plan as a Markdown file, and back.
//!
//! A [`PlanDocument`] (what the planner submitted, and what Baton knows about it) becomes a
//! [`PlanFile`]: prose that is kept to the letter, and tasks that are values. [`write()`] turns a
//! plan file into text and [`read`] turns text into a plan file, also after people edited it:
//! `write(read(text)) == text` for everything Baton wrote, ticked or not.
//!
//! | in the file | is the truth for |
//! |---|---|
//! | the task table | id, title, phase, blocked by, complexity, tier |
//! | the `### t1 …` sections | kind, files, acceptance, verify, and notes people add |
//! | the checklist | what is ticked; a line without a row makes a task |
//! | the other sections | what they say: [`read_plan`] makes the plan of them that models get |
//! | sections and text that people add | themselves, and reach the models as they are |
//!
//! Texts of the model pass `text.rs` once, on their way into the plan file, and cannot leave their
//! place: no heading of theirs stands beside ours, no comment, no image, no further cell.

mod compose;
mod read;
mod read_plan;
mod read_tasks;
mod text;
mod write;

pub use self::read::{ReadFault, read};
pub use self::read_plan::read_plan;
pub use self::text::{code, inline, prose};
pub use self::write::write;

use crate::base::{MicroUsd, Timestamp};
use crate::domain::plan::{Fault, Plan, TaskKind, Verify};
use crate::domain::tier::{Complexity, Tier};

/// Longest plan file: what Baton posts and commits at most (GitHub's own limit for a comment is
/// 65,536 characters, and a plan is quoted there).
pub const PLAN_FILE_CHARS_MAX: usize = 60_000;

/// A plan and what Baton knows about it: everything that is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanDocument {
    /// The issue's number, or its key such as `pan-31`.
    pub issue: String,
    /// The issue's title, as its author wrote it.
    pub title: String,
    /// Counts from 1.
    pub revision: u32,
    /// The model that answered as planner.
    pub planner: String,
    /// What the planning has cost so far.
    pub cost: MicroUsd,
    /// When the plan was submitted.
    pub date: Timestamp,
    /// The plan, checked.
    pub plan: Plan,
}

/// A plan file as people see and edit it. Texts are Markdown of one line, except where said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFile {
    /// Baton's own bookkeeping; `None` where a person removed or broke it.
    pub front: Option<FrontMatter>,
    /// The sections in their order.
    pub parts: Vec<Part>,
    /// The tasks in the order of the table.
    pub tasks: Vec<PlanTask>,
}

/// The front matter of a plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontMatter {
    /// The issue's number or key.
    pub issue: String,
    /// Counts from 1.
    pub revision: u32,
    /// The model that answered as planner.
    pub planner: String,
    /// What the planning cost, as people read it.
    pub cost: String,
    /// The day of submission, `2026-11-21`.
    pub date: String,
}

/// One section of a plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Markdown with its heading, kept to the letter.
    Prose(String),
    /// The Implementation Plan: the table and a section per task, after whatever text people put
    /// there.
    Tasks(String),
    /// The Checklist, after whatever text people put there.
    Checklist(String),
}

/// One task of a plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTask {
    /// `t1`, `t2`, …
    pub id: String,
    /// What is done.
    pub title: String,
    /// The phase it belongs to; may be empty.
    pub phase: String,
    /// Ids of the tasks that come first.
    pub blocked_by: Vec<String>,
    /// How hard it is.
    pub complexity: Complexity,
    /// The tier that does it.
    pub tier: Tier,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// The files it touches, as plain paths.
    pub files: Vec<String>,
    /// What must be true when it is done.
    pub acceptance: Vec<String>,
    /// How that is checked, as plain text.
    pub verify: Verify,
    /// What people added to the task's section, Markdown of several lines.
    pub notes: String,
    /// Whether its box is ticked.
    pub done: bool,
}

/// The Markdown of a plan.
pub fn markdown(document: &PlanDocument) -> String {
    write(&PlanFile::of(document))
}

/// What to tell the planner when a rendered plan is longer than Baton may post.
pub fn size_fault(markdown: &str) -> Option<Fault> {
    let n_chars = markdown.chars().count();
    (PLAN_FILE_CHARS_MAX < n_chars).then(|| {
        let says = format!(
            "has {n_chars} characters as Markdown; at most {PLAN_FILE_CHARS_MAX} can be read. \
             Shorten it, or plan the first part only and put the rest under out_of_scope"
        );
        Fault::new("", says)
    })
}

#[cfg(test)]
mod tests;
