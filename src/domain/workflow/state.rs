//! Where one issue stands. Small on purpose (ids and saturating counters, no text), so that every
//! reachable state can be walked.

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, RunId, UserId};
use crate::domain::handoff::{Bound, Counts, Trigger};
use crate::domain::tier::{Complexity, Tier};
use crate::domain::workflow::built;
use crate::domain::workflow::event::Ci;
use crate::domain::workflow::held::Held;
use crate::domain::workflow::paused::{Owed, Pause};
use crate::domain::workflow::stale::StaleAsked;
use crate::domain::workflow::starting::Starting;
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::work::{Doing, Inspector, Then, Work};

/// How many new comments Baton may post without a person's act in between: status, questions, plan
/// ready. The end is the fourth, and its place is kept (`workflow.md`, law 11).
pub const COMMENT_ALLOWANCE: u8 = 3;

/// How many comments are told that what they had a part in ended well, so that a state stays small.
/// A planning run asks two rounds of at most three questions.
pub(super) const JOINED_MAX: usize = 8;

/// Everything Baton remembers of one issue between two events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct State {
    /// The stage and what belongs to it.
    pub stage: Stage,
    /// Grows when the stage's variant or its run changes; a timer speaks only to its epoch.
    pub epoch: u32,
    /// New comments left until a person acts again.
    pub allowance: u8,
    /// The newest plan revision, 0 before the first.
    pub revision: u16,
    /// Who asked for what runs now, or asked last: the one person to call.
    pub requester: Option<UserId>,
    /// The comment that asked for the live run, or for the plan whose publishing was ordered last:
    /// it gets the closing reaction.
    pub asked_in: Option<CommentId>,
    /// The comments that had a part in it since (answers, words for the run): they too are told
    /// when it ended well.
    #[serde(default)]
    pub joined: Vec<CommentId>,
    /// The level a person set by label; the scorer no longer decides.
    pub override_level: Option<Complexity>,
    /// The tier a person set by label: what begins next begins on it.
    #[serde(default)]
    pub override_tier: Option<Tier>,
    /// The level shown on the issue by Baton's own label.
    pub shown_level: Option<Complexity>,
    /// Whether there is, or should be, a status comment.
    pub has_status: bool,
    /// The rung the newest run was started on: a retry or a revision stays on it, so that what
    /// somebody asked of a cheaper model is not done again by a dearer one.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// How often the issue's work changed hands in this life though no plan foresaw it: over all its
    /// plans, because what is bounded is what one issue may cost without a person (law 7).
    #[serde(default)]
    pub handoffs: u8,
    /// What was built by an earlier revision of the plan, while a changed one is written or waits for
    /// people.
    #[serde(flatten, with = "built::stored")]
    pub built: Option<Held>,
    /// Which life of the issue this is, from 1: one that was reopened after its work was merged
    /// begins another.
    #[serde(default = "first_life")]
    pub life: u8,
    /// The question that stands about the plan, whose base has gone on.
    #[serde(default)]
    pub stale_asked: Option<StaleAsked>,
    /// Whether nothing was seen for days of what people build by hand.
    #[serde(default)]
    pub quiet: bool,
    /// Whether the plan's own branch or pull request went while people built in theirs.
    #[serde(default)]
    pub plan_gone: bool,
    /// The run that follows another and may not have begun.
    #[serde(default)]
    pub starting: Option<Starting>,
}

/// States that were stored before lives were counted are in their first.
fn first_life() -> u8 {
    1
}

/// The stages of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// Scored; waits for someone with the right to ask.
    Seen,
    /// A planning run is live.
    Planning {
        /// The live run.
        run: RunId,
        /// The plan before it, when it revises one.
        plan: Option<PlanRef>,
        /// How many rounds of questions it has asked.
        rounds: u8,
    },
    /// The run is parked until people answer.
    Asking {
        /// The parked run, still live.
        run: RunId,
        /// The plan before it, when it revises one.
        plan: Option<PlanRef>,
        /// The round of questions, from 1.
        round: u8,
        /// How many questions it has.
        questions: u8,
        /// One bit per question that has an answer.
        answered: u8,
        /// The work that goes on with the answers; a planning run has none.
        #[serde(default)]
        work: Option<Work>,
    },
    /// A plan is committed and waits for people.
    Planned {
        /// The plan announced.
        plan: PlanRef,
        /// Who approved it, with exactly this content.
        #[serde(default)]
        approved: Option<UserId>,
    },
    /// The approved plan is being built.
    Working {
        /// How far it is.
        work: Work,
        /// What is going on with the active task.
        doing: Doing,
    },
    /// The active task changes hands: its run is asked where it stands before it is stopped.
    HandingOver {
        /// How far it is, on the rung of the live run.
        work: Work,
        /// The live run.
        run: RunId,
        /// The rung of the run that follows.
        to: Tier,
        /// Why.
        trigger: Trigger,
    },
    /// All tasks are done, and a specialist looks at what was built.
    Inspecting {
        /// What was done.
        work: Work,
        /// Who looks.
        by: Inspector,
        /// The live run.
        run: RunId,
        /// Where it goes on when nothing is found.
        #[serde(default)]
        then: Then,
    },
    /// All tasks are done; the pull request waits for people.
    Ready {
        /// What was done.
        work: Work,
    },
    /// The work was merged: an end.
    Done {
        /// The plan that was built.
        plan: PlanRef,
    },
    /// Nothing is started and nothing is spent until somebody resumes it.
    Paused {
        /// Why.
        why: Pause,
        /// Where it stands all the same; what happens meanwhile is applied there.
        wrapped: Box<Stage>,
        /// What would have begun meanwhile.
        #[serde(default)]
        owed: Option<Owed>,
    },
    /// A person has to do something that Baton names.
    Blocked {
        /// What is wrong.
        why: Block,
        /// What a retry goes back to.
        held: Held,
    },
    /// An end.
    Stopped {
        /// Who or what ended it.
        why: Stop,
        /// What a retry or reopening goes back to.
        held: Held,
    },
}

/// A plan by revision and content hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanRef {
    /// Its revision, from 1.
    pub revision: u16,
    /// SHA-256 of its content, 64 hex digits.
    pub hash: String,
}

/// Why a person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The run ended without a plan.
    Run(RunFailure),
    /// The run's model was silent for longer than its tier may be.
    Stuck,
    /// GitHub did not take the plan's commit or pull request.
    Publishing,
    /// GitHub did not take the questions or the news of the plan.
    Telling,
    /// Somebody deleted the plan's branch.
    BranchDeleted,
    /// The plan's file on the branch is gone, or cannot be read as a plan, while it is built.
    PlanFile,
    /// The guard found something in the changes that only a person may let pass.
    NeedsYes,
    /// The guard found something in the changes that is never pushed.
    GuardRefused,
    /// Approvals of the plan stand on its pull request, and Baton cannot dismiss them.
    Approvals,
    /// The branch's CI says nothing that Baton can go by.
    Ci(Ci),
    /// What was built was looked at, and what was found is for people to mend: they build it, or it
    /// was mended as often as it may be.
    Findings,
    /// The strongest model did not get the task done.
    OutOfRungs,
    /// The work changed hands by itself as often as it may.
    Bound(Bound),
    /// Work was laid down with its issue, and is taken up by a person only.
    Interrupted,
    /// Neither the run that was ordered nor the one in its place began.
    NotStarted,
}

/// Why a run ended without a plan. The details for people stand with the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunFailure {
    /// Three submitted plans failed their checks.
    PlanRefused,
    /// It used its turns without submitting.
    TurnLimit,
    /// It used its tokens without submitting.
    TokenLimit,
    /// It used its time without submitting.
    TimeLimit,
    /// The next call could have passed a limit on money.
    MoneyLimit,
    /// It repeated itself, or answered without doing anything.
    NoProgress,
    /// The model declined the task.
    ModelRefused,
    /// The provider's own spending limit is reached.
    ProviderLimit,
    /// The provider was not reachable for hours.
    ProviderDown,
    /// The provider did not accept the key, the model or the request.
    ProviderRejected,
    /// The model has no price, so no limit on money can be held.
    UnknownPrice,
    /// The repository has no commit yet.
    EmptyRepository,
    /// The repository could not be read.
    Unreadable,
    /// A comment that its command includes cannot be read.
    NotIncluded,
    /// Somebody changed the same files while it worked.
    Overtaken,
}

impl State {
    /// An issue nobody has touched yet.
    pub fn new() -> State {
        State {
            stage: Stage::Seen,
            epoch: 0,
            allowance: COMMENT_ALLOWANCE,
            revision: 0,
            requester: None,
            asked_in: None,
            joined: Vec::new(),
            override_level: None,
            override_tier: None,
            shown_level: None,
            has_status: false,
            tier: None,
            handoffs: 0,
            built: None,
            life: 1,
            stale_asked: None,
            quiet: false,
            plan_gone: false,
            starting: None,
        }
    }

    /// How often `work` changed hands by itself so far.
    pub(super) fn counts(&self, work: &Work) -> Counts {
        Counts { task_escalations: work.escalations, issue_unplanned: self.handoffs }
    }

    /// It changes hands once more though no plan foresaw it.
    pub(super) fn count_handoff(&mut self) {
        self.handoffs = self.handoffs.saturating_add(1);
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl Stage {
    /// The name in history, pages and the generated table.
    pub fn name(&self) -> &'static str {
        match self {
            Stage::Seen => "Seen",
            Stage::Planning { .. } => "Planning",
            Stage::Asking { .. } => "Asking",
            Stage::Planned { .. } => "Planned",
            Stage::Working { .. } => "Working",
            Stage::HandingOver { .. } => "HandingOver",
            Stage::Inspecting { by: Inspector::TestAgent, .. } => "Testing",
            Stage::Inspecting { by: Inspector::ReviewAgent, .. } => "Reviewing",
            Stage::Ready { .. } => "Ready",
            Stage::Done { .. } => "Done",
            Stage::Paused { .. } => "Paused",
            Stage::Blocked { .. } => "Blocked",
            Stage::Stopped { .. } => "Stopped",
        }
    }

    /// Where the issue stands, paused or not.
    pub fn unpaused(&self) -> &Stage {
        match self {
            Stage::Paused { wrapped, .. } => wrapped.unpaused(),
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => self,
        }
    }

    /// The run that is live: it alone is listened to.
    pub fn live_run(&self) -> Option<&RunId> {
        match self {
            Stage::Planning { run, .. }
            | Stage::Asking { run, .. }
            | Stage::HandingOver { run, .. }
            | Stage::Inspecting { run, .. }
            | Stage::Working { doing: Doing::Building { run }, .. } => Some(run),
            Stage::Paused { wrapped, owed, .. } if !Owed::is_run(owed.as_ref()) => {
                wrapped.live_run()
            }
            Stage::Working {
                doing: Doing::Pushing { .. } | Doing::Checking { .. } | Doing::ByHand,
                ..
            }
            | Stage::Paused { .. }
            | Stage::Seen
            | Stage::Planned { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => None,
        }
    }

    /// The run that is listened to: the live one, and one that ended until its changes stand on
    /// the branch, also where work was laid down meanwhile.
    pub fn heard_run(&self) -> Option<&RunId> {
        match self {
            Stage::Working { doing: Doing::Pushing { run }, .. } => Some(run),
            Stage::Paused { wrapped, owed, .. } if !Owed::is_run(owed.as_ref()) => {
                wrapped.heard_run()
            }
            Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.pushing(),
            Stage::Working {
                doing: Doing::Building { .. } | Doing::Checking { .. } | Doing::ByHand,
                ..
            }
            | Stage::Paused { .. }
            | Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. } => self.live_run(),
        }
    }

    /// The work on the approved plan, while there is any.
    pub fn work(&self) -> Option<&Work> {
        match self {
            Stage::Working { work, .. }
            | Stage::HandingOver { work, .. }
            | Stage::Inspecting { work, .. }
            | Stage::Ready { work } => Some(work),
            Stage::Asking { work, .. } => work.as_ref(),
            Stage::Paused { wrapped, .. } => wrapped.work(),
            Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.work.as_ref(),
            Stage::Seen | Stage::Planning { .. } | Stage::Planned { .. } | Stage::Done { .. } => {
                None
            }
        }
    }

    /// The plan that had been announced when this stage began.
    pub fn plan(&self) -> Option<&PlanRef> {
        match self {
            Stage::Planning { plan, .. } | Stage::Asking { plan, .. } => plan.as_ref(),
            Stage::Planned { plan, approved: _ } | Stage::Done { plan } => Some(plan),
            Stage::Working { work, .. }
            | Stage::HandingOver { work, .. }
            | Stage::Inspecting { work, .. }
            | Stage::Ready { work } => Some(&work.plan),
            Stage::Paused { wrapped, .. } => wrapped.plan(),
            Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.plan.as_ref(),
            Stage::Seen => None,
        }
    }

    /// Who approved the plan that waits.
    pub fn approved(&self) -> Option<UserId> {
        match self {
            Stage::Planned { approved, .. } => *approved,
            Stage::Paused { wrapped, .. } => wrapped.approved(),
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => None,
        }
    }
}
