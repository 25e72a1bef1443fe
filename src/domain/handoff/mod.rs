//! Handing work from one run to the next: why, how often, and what the successor knows.
//!
//! The successor starts a fresh conversation (`domain.md`, "Handoff"). What it does not find in
//! its [`Handoff`] it does not know, so the value holds everything and the prompt made of it
//! (`render::handoff`) leaves out the least important first.
//!
//! `record` says which change of runs is a handoff at all, `outcome` what came of it.
//!
//! Triggers compare tiers, never model ids. How often they may fire is bounded in `bounds`; who
//! counts is the caller, who has the history.

mod bounds;
mod outcome;
mod record;
mod trigger;
mod work_state;

pub use self::bounds::{
    Bound, Counts, ESCALATIONS_PER_TASK_MAX, UNPLANNED_PER_ISSUE_MAX, within_bounds,
};
pub use self::outcome::{By, Executed, Over, Recovered, Sign, Trace, executed, recovered};
pub use self::record::{Hand, idle, is_handoff, reason, trigger_of};
pub use self::trigger::{Trigger, escalation, poke_after, stuck_after};
pub use self::work_state::{Progress, TaskLine, WorkState, task_lines};

use crate::base::{IssueNumber, MicroUsd, Sha};
use crate::domain::plan::Plan;
use crate::domain::report::Note;
use crate::domain::tasks::{Board, BoardTask};
use crate::domain::tier::Tier;
use crate::domain::verdict::Verdict;

/// What a successor is told.
#[derive(Clone, Copy, Debug)]
pub struct Handoff<'a> {
    /// Why the work changes hands.
    pub trigger: Trigger,
    /// The same in one sentence with its numbers: "No activity for 20 minutes on t3."
    pub reason: &'a str,
    /// What the person said who asked for it; often nothing.
    pub said_why: &'a str,
    /// Who worked before.
    pub from: Party<'a>,
    /// Who goes on.
    pub to: Party<'a>,
    /// The how-manieth handoff of the issue this is, from 1.
    pub number: u32,
    /// What the issue has cost so far.
    pub spent: MicroUsd,
    /// `owner/name`.
    pub repository: &'a str,
    /// The issue.
    pub issue: IssueNumber,
    /// Its title, as its author wrote it.
    pub title: &'a str,
    /// Where the branch stands.
    pub git: &'a GitState,
    /// The approved plan, from the store and never from the branch (trust rule 8).
    pub plan: &'a Plan,
    /// All tasks, with their states.
    pub board: &'a Board,
    /// The task to go on with; `None` when there is none.
    pub task: Option<&'a BoardTask>,
    /// STATE.md as a value.
    pub state: &'a WorkState,
    /// What the predecessor noted last: done, remaining, blockers, decisions.
    pub note: Option<&'a Note>,
    /// What is red, with its log.
    pub failing: &'a [FailingJob],
    /// What people with the right asked for beside the plan, oldest first.
    pub instructions: &'a [String],
}

/// One side of a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party<'a> {
    /// What it is for: `planner`, `implementer`, `test-agent`, …
    pub role: &'a str,
    /// Its rung.
    pub tier: Tier,
    /// The model that was asked for or, of a predecessor, that answered.
    pub model: &'a str,
}

/// Where the branch stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitState {
    /// The branch.
    pub branch: String,
    /// Its head.
    pub head: Option<Sha>,
    /// The head's subject line. Foreign text when a person pushed.
    pub subject: String,
    /// Files that differ from the base, as paths.
    pub changed: Vec<String>,
    /// What the CI says about the head.
    pub ci: Option<Verdict>,
}

/// A failing CI job and what its log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingJob {
    /// The check's name. Foreign text.
    pub name: String,
    /// `verdict::excerpt` of its log; empty when there is no log to be had.
    pub log: String,
}
