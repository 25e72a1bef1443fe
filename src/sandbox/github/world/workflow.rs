//! Workflow runs, their jobs, commit statuses, and how the repository's CI behaves.

use std::collections::BTreeMap;

use super::check::Conclusion;
use crate::base::{Sha, Timestamp, UserId};

/// What the repository's workflow does when a branch is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiBehaviour {
    /// There is none: nothing runs.
    Silent,
    /// Its jobs are queued and wait for somebody to start and conclude them.
    Manual,
    /// Its jobs pass at once.
    Green,
    /// Its first job fails at once with this log; the others pass.
    Red {
        /// What the job printed.
        log: String,
    },
    /// Its first job fails so on the next pushes; then all pass.
    RedFor {
        /// How many pushes.
        pushes: u8,
        /// What the job printed.
        log: String,
    },
    /// GitHub begins none of its jobs: the run waits, or it has ended at once.
    NoJobs {
        /// How it has ended; `None` while it waits.
        ended: Option<Conclusion>,
    },
}

/// How CI behaves, by branch.
#[derive(Clone, Debug)]
pub(crate) struct Ci {
    /// Branch name, or its beginning with `*` behind it; the last that fits holds.
    pub rules: Vec<(String, CiBehaviour)>,
    /// The names of the workflow's jobs.
    pub jobs: Vec<String>,
}

impl Default for Ci {
    fn default() -> Ci {
        Ci { rules: Vec::new(), jobs: vec!["test".to_owned()] }
    }
}

impl Ci {
    pub(crate) fn on(&self, branch: &str) -> CiBehaviour {
        let rule = self.rules.iter().rev().find(|it| fits(&it.0, branch));
        rule.map_or(CiBehaviour::Silent, |it| it.1.clone())
    }

    /// How CI behaves on a push that happens now: a failure that passes is one push nearer to its
    /// end.
    pub(crate) fn on_push(&mut self, branch: &str) -> CiBehaviour {
        let behaviour = self.on(branch);
        let rule = self.rules.iter_mut().rev().find(|it| fits(&it.0, branch));
        if let Some((_, rule)) = rule
            && let CiBehaviour::RedFor { pushes, log } = &behaviour
        {
            let (pushes, log) = (pushes.saturating_sub(1), log.clone());
            *rule = match pushes {
                0 => CiBehaviour::Green,
                _ => CiBehaviour::RedFor { pushes, log },
            };
        }
        behaviour
    }
}

/// Whether a branch is what a rule is about.
fn fits(pattern: &str, branch: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => branch.starts_with(beginning),
        None => branch == pattern,
    }
}

/// One run of the workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkflowRun {
    /// Its id.
    pub id: i64,
    /// Its check suite.
    pub suite: i64,
    /// It counts the runs of the workflow from 1.
    pub number: i64,
    /// It counts the tries of this run from 1.
    pub attempt: i64,
    /// The branch that was pushed.
    pub branch: String,
    /// The commit.
    pub head_sha: Sha,
    /// Who pushed.
    pub actor: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// When this try began.
    pub started_at: Timestamp,
}

/// One job of a run: its check run has the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// The run.
    pub run: i64,
    /// The try of the run it belongs to.
    pub attempt: i64,
    /// What it printed.
    pub log: String,
}

/// All runs of the repository's one workflow.
#[derive(Debug, Default)]
pub(crate) struct Workflows {
    /// The workflow's id, once it ran.
    pub id: i64,
    /// Runs by id, which is by age.
    pub runs: BTreeMap<i64, WorkflowRun>,
    /// Jobs by the id of their check run.
    pub jobs: BTreeMap<i64, Job>,
}

/// What a commit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusState {
    /// It could not be found out.
    Error,
    /// No.
    Failure,
    /// Not yet.
    Pending,
    /// Yes.
    Success,
}

impl StatusState {
    /// The API's name for it.
    pub fn name(self) -> &'static str {
        match self {
            StatusState::Error => "error",
            StatusState::Failure => "failure",
            StatusState::Pending => "pending",
            StatusState::Success => "success",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<StatusState> {
        let all =
            [StatusState::Error, StatusState::Failure, StatusState::Pending, StatusState::Success];
        all.into_iter().find(|it| it.name() == name)
    }
}

/// A status of a commit: statuses are never changed, the newest of a context holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitStatus {
    /// Its id.
    pub id: i64,
    /// The commit.
    pub sha: Sha,
    /// What it is about.
    pub context: String,
    /// What it says.
    pub state: StatusState,
    /// What it says in words.
    pub description: Option<String>,
    /// Where its details are.
    pub target_url: Option<String>,
    /// Who set it.
    pub creator: UserId,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(branch: &str, expected: CiBehaviour) {
        let rules = [
            ("*", CiBehaviour::Green),
            ("baton/*", CiBehaviour::Manual),
            ("baton/1-a", CiBehaviour::Silent),
        ];
        let rules = rules.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        assert_eq!(Ci { rules, ..Ci::default() }.on(branch), expected);
    }

    #[test]
    fn the_last_rule_that_fits_holds() {
        check("main", CiBehaviour::Green);
        check("baton/2-b", CiBehaviour::Manual);
        check("baton/1-a", CiBehaviour::Silent);
        assert_eq!(Ci::default().on("main"), CiBehaviour::Silent);
    }
}
