//! What the machine wants done, as data. The engine stores these in the transaction that stores
//! the new state, and performs them afterwards; each may be performed twice without harm.

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, MicroUsd, ReviewCommentId, RunId, Timestamp, UserId};
use crate::domain::command::Answer;
use crate::domain::handoff::Trigger;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::event::{ControlLabel, Purpose};
use crate::domain::workflow::feedback::Feedback;
use crate::domain::workflow::paused::RunLimit;
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::stale::Stale;
use crate::domain::workflow::state::Block;
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::TimerKind;

/// Answers that were ordered before commits were taken without checks followed passed ones.
fn passed() -> bool {
    true
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// React to the comment that asked.
    React {
        /// The comment.
        comment: CommentId,
        /// With what.
        with: Reaction,
    },
    /// React to the comment on a line that asked.
    ReactOnLine {
        /// The comment.
        comment: ReviewCommentId,
        /// With what.
        with: Reaction,
    },
    /// Answer in each thread that a round of review comments was about, with the commit.
    AnswerThreads {
        /// The task that they became.
        task: String,
        /// Whether the checks have passed on it.
        #[serde(default = "passed")]
        checked: bool,
    },
    /// Show the level by the one `complexity: …` label.
    ShowLevel {
        /// The level.
        level: Complexity,
    },
    /// Take a control label off again: its sender had no right to set it, or what it said no
    /// longer holds.
    DropLabel {
        /// The label.
        label: ControlLabel,
    },
    /// Take the other labels of this one's group off: one of each group at a time.
    DropOthers {
        /// The label that stays.
        label: ControlLabel,
    },
    /// Render the status comment from the newest state and post or edit it.
    UpsertStatus,
    /// Post a new comment.
    Post {
        /// What it says.
        post: Post,
    },
    /// Start a run.
    StartRun {
        /// Its id.
        run: RunId,
        /// What it is for.
        role: Role,
        /// The rung its model is taken from.
        tier: Tier,
        /// What was asked.
        ask: Ask,
        /// Who asked, and pays from their share.
        requester: UserId,
        /// The moment whose words the run reads.
        at: Timestamp,
    },
    /// Give a live run a person's words; they join its next turn.
    TellRun {
        /// The run.
        run: RunId,
        /// The words.
        text: String,
    },
    /// Ask a run that is handed over to note where it stands.
    AskForNote {
        /// The run.
        run: RunId,
    },
    /// Keep where the work stands as a run of it leaves: STATE.md with its note, and what it changed
    /// and did not hand in. Always before the run is stopped.
    Capture {
        /// The run.
        run: RunId,
    },
    /// Keep answers to a run's questions.
    RecordAnswers {
        /// The run.
        run: RunId,
        /// The round they belong to.
        round: u8,
        /// The answers.
        answers: Vec<Answer>,
        /// Whose they are.
        by: String,
    },
    /// Show in the questions' comment what was taken as their answers.
    ShowAnswers {
        /// The run.
        run: RunId,
        /// The round.
        round: u8,
    },
    /// Let a parked run go on with the answers it has.
    ResumeRun {
        /// The run.
        run: RunId,
        /// The round that ends.
        round: u8,
    },
    /// Stop a run; what it says later is kept and changes nothing.
    StopRun {
        /// The run.
        run: RunId,
    },
    /// Lay a live run down after its present turn; nobody takes it up until it is let go on.
    HoldRun {
        /// The run.
        run: RunId,
    },
    /// Let a run that was laid down go on where it stands.
    ReleaseRun {
        /// The run.
        run: RunId,
    },
    /// Keep what somebody said the issue may cost.
    SetBudget {
        /// The limit from now on.
        limit: MicroUsd,
        /// The limit of the run that waits, when it is the one that stopped it.
        run: Option<RunLimit>,
    },
    /// Book what somebody paid outside Baton.
    BookCost {
        /// The comment that says so; it books once.
        comment: CommentId,
        /// How much.
        amount: MicroUsd,
        /// What it was for, in their words.
        text: String,
        /// Their login.
        by: String,
    },
    /// Remember what a person chose over what was computed.
    RecordFeedback {
        /// What.
        feedback: Feedback,
    },
    /// Commit the plan and STATE.md to the branch.
    CommitPlan {
        /// The revision.
        revision: u16,
    },
    /// Open the draft pull request of the plan, or bring its body up to date.
    UpsertPullRequest {
        /// The revision.
        revision: u16,
    },
    /// Guard the changes of a run that says its task is done, and commit them to the branch.
    PushChanges {
        /// The run.
        run: RunId,
        /// The task it was about.
        task: String,
    },
    /// Keep a person's yes to a change, or to a commit as it is.
    KeepYes {
        /// The change's content hash, or the commit.
        hash: String,
        /// Their login.
        #[serde(default)]
        by: String,
    },
    /// Show in the call for a person what became of its box.
    ShowCall {
        /// The digits that the box is bound to.
        hash: String,
        /// Who said yes; nobody, where a tick is taken back.
        by: Option<String>,
    },
    /// Commit the end of the work: the plan to its place among completed ones, STATE.md dropped;
    /// and mark the pull request as the one that closes the issue.
    FinishPlan {
        /// The approved revision.
        revision: u16,
    },
    /// Show in the announcement of a plan where its approval stands.
    ShowPlanNews {
        /// The revision announced.
        revision: u16,
    },
    /// Show in the check run of a plan where its approval stands; the first time, make it.
    ShowPlanCheck {
        /// The revision announced.
        revision: u16,
    },
    /// Show in the question about a stale plan what became of it.
    ShowStale {
        /// The revision it is about.
        revision: u16,
        /// The mark of what had changed.
        mark: String,
    },
    /// Show in the pull request how far the work is.
    ShowWork {
        /// The approved revision.
        revision: u16,
    },
    /// Close the plan's pull request.
    ClosePullRequest,
    /// Arm a timer of the current epoch.
    SetTimer {
        /// Which.
        kind: TimerKind,
        /// When.
        due: Timestamp,
    },
    /// Disarm all timers of the issue.
    CancelTimers,
}

/// What a run was asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Plan the issue.
    Plan {
        /// What else the asker said.
        text: String,
        /// A limit below the configured one.
        budget: Option<MicroUsd>,
        /// Outsiders' comments that it shall read too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<CommentId>,
    },
    /// Change the plan of this revision.
    Revise {
        /// The revision to change.
        revision: u16,
        /// What should change.
        text: String,
        /// Outsiders' comments that it shall read too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<CommentId>,
    },
    /// Do again what the last run was asked.
    Again,
    /// Build one task of the approved plan.
    Task {
        /// The approved revision.
        revision: u16,
        /// The task's id.
        task: String,
        /// Why this run begins.
        trigger: Trigger,
    },
    /// Look at what was built by the approved plan.
    Inspect {
        /// The approved revision.
        revision: u16,
    },
}

/// The reactions Baton uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Seen.
    Eyes,
    /// It ended well.
    Rocket,
    /// Refused or not understood.
    Confused,
}

/// The comments Baton posts, apart from the status comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "post", rename_all = "snake_case")]
pub enum Post {
    /// The router analysis.
    Analysis {
        /// Tokens left in the asker's session, when given.
        tokens: Option<u64>,
    },
    /// The commands, or one.
    Help {
        /// The command to explain.
        command: Option<String>,
    },
    /// What the issue has cost.
    Cost,
    /// A run's questions.
    Questions {
        /// The run.
        run: RunId,
        /// The round.
        round: u8,
    },
    /// A plan is ready.
    PlanReady {
        /// The revision.
        revision: u16,
    },
    /// Files that an approved plan names changed on its base: how to go on.
    Stale {
        /// The revision.
        revision: u16,
        /// Who approved or wanted to start it.
        login: String,
        /// What changed.
        stale: Stale,
    },
    /// All tasks are done.
    Ready {
        /// The one person to call.
        person: Option<UserId>,
    },
    /// The work was merged.
    Merged,
    /// A person is needed.
    Blocked {
        /// Why.
        why: Block,
        /// The one person to call.
        person: Option<UserId>,
    },
    /// A limit on money stopped the run, which waits.
    OverLimit {
        /// The one person to call.
        person: Option<UserId>,
    },
    /// The issue has another limit.
    BudgetSet {
        /// Which.
        limit: MicroUsd,
        /// Whether the run that waited goes on with it.
        goes_on: bool,
    },
    /// Work ended because nobody answered.
    Ended {
        /// Why.
        why: Stop,
        /// The one person to call.
        person: Option<UserId>,
    },
    /// Questions or a plan still wait.
    Reminder {
        /// The one person to call.
        person: Option<UserId>,
    },
    /// Why somebody was refused.
    Refused {
        /// To whom.
        login: String,
        /// Why.
        refusal: Refused,
    },
}

impl Effect {
    /// The name in logs, metrics and the outbox.
    pub fn name(&self) -> &'static str {
        match self {
            Effect::React { .. } => "react",
            Effect::ReactOnLine { .. } => "react on a line",
            Effect::AnswerThreads { .. } => "answer threads",
            Effect::ShowLevel { .. } => "show level",
            Effect::DropLabel { .. } => "drop label",
            Effect::DropOthers { .. } => "drop other labels",
            Effect::UpsertStatus => "upsert status",
            Effect::Post { .. } => "post",
            Effect::StartRun { .. } => "start run",
            Effect::TellRun { .. } => "tell run",
            Effect::AskForNote { .. } => "ask for a note",
            Effect::Capture { .. } => "capture",
            Effect::RecordAnswers { .. } => "record answers",
            Effect::ShowAnswers { .. } => "show answers",
            Effect::ResumeRun { .. } => "resume run",
            Effect::StopRun { .. } => "stop run",
            Effect::HoldRun { .. } => "hold run",
            Effect::ReleaseRun { .. } => "release run",
            Effect::SetBudget { .. } => "set budget",
            Effect::BookCost { .. } => "book cost",
            Effect::RecordFeedback { .. } => "record feedback",
            Effect::CommitPlan { .. } => "commit plan",
            Effect::UpsertPullRequest { .. } => "upsert pull request",
            Effect::PushChanges { .. } => "push changes",
            Effect::KeepYes { .. } => "keep yes",
            Effect::ShowCall { .. } => "show call",
            Effect::FinishPlan { .. } => "finish plan",
            Effect::ShowPlanNews { .. } => "show plan news",
            Effect::ShowPlanCheck { .. } => "show plan check",
            Effect::ShowStale { .. } => "show stale question",
            Effect::ShowWork { .. } => "show work",
            Effect::ClosePullRequest => "close pull request",
            Effect::SetTimer { .. } => "set timer",
            Effect::CancelTimers => "cancel timers",
        }
    }

    /// The run without which nothing depends on it.
    pub fn about_run(&self) -> Option<&RunId> {
        let (Effect::StartRun { run, .. }
        | Effect::TellRun { run, .. }
        | Effect::ResumeRun { run, .. }
        | Effect::HoldRun { run }
        | Effect::ReleaseRun { run, .. }) = self
        else {
            return None;
        };
        Some(run)
    }

    /// What depends on it when it is given up.
    pub fn purpose(&self) -> Purpose {
        match self {
            Effect::CommitPlan { .. }
            | Effect::UpsertPullRequest { .. }
            | Effect::PushChanges { .. }
            | Effect::FinishPlan { .. } => Purpose::Publish,
            Effect::Post { post } => match post {
                Post::Questions { .. }
                | Post::PlanReady { .. }
                | Post::Stale { .. }
                | Post::Ready { .. }
                | Post::OverLimit { .. }
                | Post::Blocked { .. } => Purpose::Tell,
                Post::Analysis { .. }
                | Post::Help { .. }
                | Post::Cost
                | Post::BudgetSet { .. }
                | Post::Ended { .. }
                | Post::Merged
                | Post::Reminder { .. }
                | Post::Refused { .. } => Purpose::Courtesy,
            },
            Effect::React { .. }
            | Effect::ReactOnLine { .. }
            | Effect::AnswerThreads { .. }
            | Effect::ShowLevel { .. }
            | Effect::DropLabel { .. }
            | Effect::DropOthers { .. }
            | Effect::ShowAnswers { .. }
            | Effect::ShowCall { .. }
            | Effect::ShowPlanNews { .. }
            | Effect::ShowPlanCheck { .. }
            | Effect::ShowStale { .. }
            | Effect::ShowWork { .. }
            // Work has ended whether it is closed or not, and people can close it.
            | Effect::ClosePullRequest
            | Effect::UpsertStatus
            // A successor goes on without a note as well, and a run must end all the same.
            | Effect::AskForNote { .. }
            | Effect::Capture { .. }
            // The stage has moved on before a run is stopped, and no longer listens to it.
            | Effect::StopRun { .. } => Purpose::Courtesy,
            Effect::StartRun { .. }
            | Effect::TellRun { .. }
            | Effect::RecordAnswers { .. }
            | Effect::ResumeRun { .. }
            | Effect::HoldRun { .. }
            | Effect::ReleaseRun { .. }
            | Effect::RecordFeedback { .. }
            | Effect::SetBudget { .. }
            | Effect::BookCost { .. }
            | Effect::KeepYes { .. }
            | Effect::SetTimer { .. }
            | Effect::CancelTimers => Purpose::Run,
        }
    }
}
