//! What stood when work ended early or was left for a person: whoever goes back finds it, and does
//! not pay once more for what was there already.

use serde::{Deserialize, Serialize};

use crate::base::{RunId, Sha, UserId};
use crate::domain::workflow::event::Report;
use crate::domain::workflow::state::{Block, PlanRef, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::work::{Doing, Then, Work};

/// What stood when work ended early.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Held {
    /// Whether a run was live, so that a retry starts one again.
    pub run: bool,
    /// The plan that had been announced.
    pub plan: Option<PlanRef>,
    /// Who had approved that plan.
    #[serde(default)]
    pub approved: Option<UserId>,
    /// The work that was going on.
    #[serde(default)]
    pub work: Option<Work>,
    /// What a person was needed for, when work ended while it was blocked: going back finds it
    /// blocked still.
    #[serde(default)]
    pub blocked: Option<Block>,
    /// The head whose checks were awaited, or said nothing that helps: they may still speak. Or what
    /// people pushed since, whose checks are looked at before anything begins on it. Or the run
    /// whose changes were on their way to the branch.
    #[serde(default, alias = "checking")]
    pub awaits: Option<Doing>,
    /// Whether the work was ready for people: then nobody has to look at it again.
    #[serde(default)]
    pub ready: bool,
}

impl Held {
    /// What is left to go back to after this end: the branch of a merged plan may be gone.
    pub(super) fn ended_by(self, why: Stop) -> Held {
        match (why, self.blocked) {
            (Stop::PlanMerged, Some(Block::BranchDeleted)) => Held { blocked: None, ..self },
            (_, Some(_) | None) => self,
        }
    }

    /// What is left to go back to where a person is needed because of `why`: neither a head nor what
    /// was looked at outlives its branch. A push that GitHub did not take does: it is built and paid,
    /// and whoever mended the cause has it made once more.
    pub(super) fn left_by(self, why: Block) -> Held {
        match why {
            Block::BranchDeleted => Held { awaits: None, ready: false, ..self },
            Block::Run(_)
            | Block::Stuck
            | Block::Publishing
            | Block::Telling
            | Block::NeedsYes
            | Block::GuardRefused
            | Block::Approvals
            | Block::Ci(_)
            | Block::Findings
            | Block::OutOfRungs
            | Block::Bound(_)
            | Block::PlanFile
            | Block::NotStarted
            | Block::Interrupted => self,
        }
    }

    /// The run whose changes were on their way to the branch. They may have come through.
    pub(super) fn pushing(&self) -> Option<&RunId> {
        match &self.awaits {
            Some(Doing::Pushing { run }) => Some(run),
            Some(Doing::Building { .. } | Doing::Checking { .. } | Doing::ByHand) | None => None,
        }
    }

    /// The same after that run's report, if its changes came through: they are not pushed again.
    pub(super) fn reported(&self, report: &Report) -> Option<Held> {
        let (Report::Pushed { sha }, Some(_)) = (report, self.pushing()) else { return None };
        let doing = Doing::Checking { sha: sha.clone(), theirs: false };
        Some(Held { awaits: Some(doing), ..self.clone() })
    }

    /// The same after a push, if that makes another head the one to be judged. Where none was to be,
    /// the task that was being built is none of what stands there, and there is nothing to judge unless
    /// they pushed `code`. What waits for a new branch is built from its plan alone.
    pub(super) fn pushed(&self, (sha, code): (&Sha, bool)) -> Option<Held> {
        let theirs = match &self.awaits {
            Some(Doing::Checking { theirs, .. }) => *theirs || code,
            Some(Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand) | None => code,
        };
        if self.awaits.is_none() && !code {
            return None;
        }
        let is_lost = self.blocked == Some(Block::BranchDeleted);
        let mut work = self.work.clone().filter(|_| self.pushing().is_none() && !is_lost)?;
        work.beneath |= self.awaits.is_none() && !self.ready;
        let doing = Doing::Checking { sha: sha.clone(), theirs };
        let of_checks = |it: &Block| matches!(it, Block::Ci(_));
        let blocked = self.blocked.filter(|it| !of_checks(it));
        let (work, awaits) = (Some(work), Some(doing));
        let held = Held { awaits, work, blocked, ready: false, ..self.clone() };
        (held != *self).then_some(held)
    }
}

impl Stage {
    /// What a later retry goes back to when work ends in this stage.
    pub fn held(&self) -> Held {
        match self {
            Stage::Blocked { why, held } => Held { blocked: Some(*why), ..held.clone() },
            Stage::Stopped { held, .. } => held.clone(),
            Stage::Paused { wrapped, .. } => wrapped.held(),
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. } => Held {
                run: self.live_run().is_some(),
                plan: self.plan().cloned(),
                approved: self.approved(),
                work: self.work().cloned(),
                blocked: None,
                awaits: self.awaits().cloned(),
                ready: self.is_ready(),
            },
        }
    }

    /// Whether work that waits for a person rested before: it was ready, or people build it by hand. A
    /// retry goes back to that. What was found, or did not get through, is another matter.
    pub fn rested(&self) -> bool {
        let Stage::Blocked { why, held } = self.unpaused() else { return false };
        let is_by_hand = || held.work.as_ref().is_some_and(|it| it.by_hand && it.task.is_none());
        let is_told = matches!(why, Block::Findings | Block::Publishing);
        !is_told && (held.ready || is_by_hand())
    }

    /// Whether work has ended, or a person is called, while an approval waits to be built upon.
    pub(super) fn holds_an_approval(&self) -> bool {
        let is_laid_down = matches!(self, Stage::Blocked { .. } | Stage::Stopped { .. });
        is_laid_down && self.work().is_none() && self.held().approved.is_some()
    }

    /// Whether people may merge it: also while somebody has it looked at once more.
    pub fn is_ready(&self) -> bool {
        matches!(self, Stage::Ready { .. } | Stage::Inspecting { then: Then::Ready, .. })
    }

    /// What of the active task is built already, and only has to be pushed or judged.
    fn awaits(&self) -> Option<&Doing> {
        match self {
            Stage::Working {
                doing: doing @ (Doing::Pushing { .. } | Doing::Checking { .. }),
                ..
            } => Some(doing),
            Stage::Working { doing: Doing::Building { .. } | Doing::ByHand, .. }
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
            | Stage::Stopped { .. } => None,
        }
    }
}
