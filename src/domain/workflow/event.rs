//! What can happen to an issue, in the domain's words. Rights are already facts here.

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, IssueNumber, ReviewCommentId, RunId, Sha, Timestamp, UserId};
use crate::domain::command::{Answer, Command};
use crate::domain::permission::{Place, Right};
use crate::domain::tier::{Complexity, Tier};
use crate::domain::workflow::related::RelatedNews;
use crate::domain::workflow::review::{Review, ReviewSays};
use crate::domain::workflow::state::RunFailure;
use crate::domain::workflow::timer::TimerKind;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The issue was opened.
    Opened,
    /// The issue's title or body changed.
    Edited,
    /// Somebody put one of Baton's control labels on.
    Labelled {
        /// Who.
        by: Actor,
        /// Which.
        label: ControlLabel,
    },
    /// Somebody took one of Baton's control labels off.
    Unlabelled {
        /// Who.
        by: Actor,
        /// Which.
        label: ControlLabel,
    },
    /// Somebody ticked one of Baton's boxes.
    Ticked {
        /// Who.
        by: Actor,
        /// Which.
        tick: Tick,
    },
    /// Somebody reviewed the plan's pull request, or dismissed a review.
    Reviewed {
        /// Who.
        by: Actor,
        /// What it says.
        review: Review,
    },
    /// Somebody wants what the review asks for built, in a review or in a comment on a line.
    FixAsked {
        /// Who.
        by: Actor,
        /// Where.
        spot: Spot,
        /// When it was written.
        at: Timestamp,
        /// What else they say.
        text: String,
    },
    /// Something was pushed, not by Baton: to the plan's branch, or to the pull request of people's
    /// own that the work goes on in.
    Pushed {
        /// The commit that stands there now.
        sha: Sha,
        /// Whether it stands in that pull request, and not on the plan's branch.
        elsewhere: bool,
        /// Whether history was rewritten.
        forced: bool,
        /// Whether a bot did it.
        by_bot: bool,
        /// Whether it may have changed anything beside Baton's own files: the plan is nothing that
        /// checks can break.
        code: bool,
    },
    /// The issue was closed.
    Closed,
    /// The issue was opened again.
    Reopened {
        /// Who.
        by: Actor,
    },
    /// The issue was deleted or transferred.
    Gone,
    /// Somebody addressed Baton in a comment.
    Asked {
        /// Who.
        by: Actor,
        /// The comment.
        comment: CommentId,
        /// When it was written: a run reads the words of this moment.
        at: Timestamp,
        /// Where the comment stands.
        place: Place,
        /// What was understood.
        request: Request,
    },
    /// A comment without a command answers open questions.
    Answered {
        /// Who.
        by: Actor,
        /// The comment.
        comment: CommentId,
        /// The answers read from it.
        answers: Vec<Answer>,
    },
    /// A run has something to say.
    RunReported {
        /// Which run.
        run: RunId,
        /// What.
        report: Report,
    },
    /// The CI of a commit came to an end.
    CiConcluded {
        /// The commit.
        sha: Sha,
        /// How.
        ci: Ci,
    },
    /// Somebody changed Baton's own text, in the status comment or in the pull request.
    StatusEdited,
    /// A person's push set or took away ticks in the plan's file.
    TickedInFile {
        /// The ids of tasks that were ticked.
        tasks: Vec<String>,
        /// The ids of tasks whose tick was taken away.
        reopened: Vec<String>,
    },
    /// A timer is due.
    TimerDue {
        /// Which.
        kind: TimerKind,
        /// The epoch it was set in.
        epoch: u32,
    },
    /// An effect was given up after all its tries.
    EffectFailed {
        /// What it was for.
        purpose: Purpose,
    },
    /// The plan's branch was deleted.
    BranchDeleted,
    /// The plan's pull request was closed.
    PullRequestClosed {
        /// Whether it was merged.
        merged: bool,
    },
    /// The plan's pull request was merged while nothing but the plan was in it.
    PlanMerged {
        /// Who merged it.
        by: Actor,
    },
    /// Something happened to a pull request of people's own that names the issue, or did.
    RelatedPull {
        /// Its number.
        number: IssueNumber,
        /// What.
        news: RelatedNews,
    },
    /// The issue's conversation was locked or unlocked.
    Locked {
        /// Whether it is locked now.
        on: bool,
    },
    /// The operator has stopped everything here, and work was found.
    Halted,
    /// The App was uninstalled, or lost or left the repository.
    Uninstalled,
    /// The installation was suspended.
    Suspended,
    /// It is suspended no more.
    Unsuspended,
}

/// Who did it, with what the facts say about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The numeric id.
    pub id: UserId,
    /// The login, for the sentence that answers them.
    pub login: String,
    /// Their right in the repository, read freshly.
    pub right: Right,
    /// Whether the right could not be read: then it counts as none, and the refusal says so.
    pub unchecked: bool,
    /// Whether it is a bot.
    pub bot: bool,
    /// Whether they opened the issue.
    pub author: bool,
    /// Whether they were already told within the hour why they were refused here.
    pub told: bool,
}

/// The labels that mean something to Baton when a person sets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlLabel {
    /// `baton:plan`.
    Plan,
    /// `baton:approved`.
    Approved,
    /// `baton:pause`.
    Pause,
    /// `baton:manual`.
    Manual,
    /// `complexity: <level>`.
    Complexity(Complexity),
    /// `model: <tier>`.
    Model(Tier),
}

impl ControlLabel {
    /// Reads a label's name; blanks and case do not matter. `None` for one that means nothing to
    /// Baton, such as a level or a tier that there is not.
    pub fn parse(name: &str) -> Option<ControlLabel> {
        let name: String = name.to_lowercase().split_whitespace().collect();
        match name.as_str() {
            "baton:plan" => Some(ControlLabel::Plan),
            "baton:approved" => Some(ControlLabel::Approved),
            "baton:pause" => Some(ControlLabel::Pause),
            "baton:manual" => Some(ControlLabel::Manual),
            other => match other.strip_prefix("model:") {
                Some(tier) => tier.parse().ok().map(ControlLabel::Model),
                None => {
                    other.strip_prefix("complexity:")?.parse().ok().map(ControlLabel::Complexity)
                }
            },
        }
    }

    /// Whether it stands for an order that is given once: what becomes of the label later does not
    /// take it back. The others say how things are, as long as they are on.
    pub fn is_order(self) -> bool {
        match self {
            ControlLabel::Plan => true,
            ControlLabel::Approved
            | ControlLabel::Pause
            | ControlLabel::Manual
            | ControlLabel::Complexity(_)
            | ControlLabel::Model(_) => false,
        }
    }
}

/// A box that somebody ticked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tick", rename_all = "snake_case")]
pub enum Tick {
    /// "Approve plan", under the announcement of a revision.
    Approve {
        /// That revision.
        revision: u16,
    },
    /// "Start now", under the announcement of a revision that is approved.
    Start {
        /// That revision.
        revision: u16,
    },
    /// "Start anyway", in the question about a stale plan.
    Anyway {
        /// The revision it is about.
        revision: u16,
        /// The mark of what had changed.
        mark: String,
    },
    /// "Refresh", in the same question.
    Refresh {
        /// The revision it is about.
        revision: u16,
        /// The mark of what had changed.
        mark: String,
    },
    /// A task in the status comment.
    Task {
        /// Its id.
        id: String,
        /// Whether it is ticked now.
        on: bool,
    },
    /// The yes under a call for a person: to a change, or to a commit as it is.
    Allow {
        /// The first digits of the change's content, or of the commit.
        hash: String,
    },
    /// "Let Baton address the review", in the status comment.
    Fix {
        /// The round that it would be.
        round: u8,
    },
}

/// Where on the pull request something was asked for, its conversation aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// In the text of a review.
    Review,
    /// In a comment on a line.
    Line(ReviewCommentId),
}

/// What the CI says of a commit, as far as a stage turns on it (`domain.md`, CI verdict).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ci {
    /// What counts has passed.
    Green,
    /// Something that counts has failed.
    Red,
    /// Nothing spoke within five minutes of the push.
    Unverified,
    /// Nothing failed, and the check that the plan names for the task did not pass.
    Unproven,
    /// Something was still open after an hour.
    Silent,
    /// Something waits for a person, or ended without saying how.
    NeedsPerson,
}

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A command.
    Command(Command),
    /// Our prefix with a word that is no command.
    Unknown {
        /// The nearest command, if one is near.
        nearest: Option<&'static str>,
    },
    /// A command whose options do not fit.
    Malformed {
        /// The command.
        name: &'static str,
        /// What is wrong and what to write.
        sentence: String,
    },
}

/// What a run reports when it ends or parks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Report {
    /// It asked, and is parked.
    Questions {
        /// How many.
        count: u8,
    },
    /// It was asked where it stands, noted that, and is parked.
    Noted,
    /// Its provider has no capacity; it goes on by itself.
    Waits,
    /// Its next call could pass a limit on money; it waits at this turn.
    OverLimit,
    /// The issue's limit is used up to four fifths.
    NearLimit,
    /// It costs more than twice what was estimated, and has changed nothing since it passed the
    /// estimate.
    Costly,
    /// Its conversation has nearly the size at which a fresh one is cheaper; it waits at this turn.
    Outgrown,
    /// It submitted a plan that passed its checks; the plan is stored.
    Plan {
        /// The revision it is stored under.
        revision: u16,
        /// Its content hash.
        hash: String,
    },
    /// Its task is done; its changes are stored with it and not pushed yet.
    TaskDone,
    /// Its changes stand on the branch.
    Pushed {
        /// The commit, or the head where there was nothing to commit.
        sha: Sha,
    },
    /// The guard did not let its changes pass.
    PushRefused {
        /// Whether a person's yes lets them pass.
        needs_yes: bool,
        /// The content hash of the changes.
        hash: String,
    },
    /// It looked at what was built.
    Findings {
        /// Whether something has to be mended before people look.
        ask_for_work: bool,
    },
    /// Approvals of the plan would count for its changes and could not be dismissed, so these wait
    /// beside the branch.
    ApprovalsStand,
    /// It ended without one.
    Failed {
        /// Why.
        why: RunFailure,
    },
}

/// What an effect was for, as far as its failure matters to a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Commit of the plan, or its pull request.
    Publish,
    /// The questions, the news of a plan, or a call for a person.
    Tell,
    /// A reaction, a label, the status comment, a reply: nothing depends on it.
    Courtesy,
    /// Starting, telling or resuming a run.
    Run,
}

impl Event {
    /// Who asks by which command, where the same is answered once an hour only: a command that
    /// everybody may give who can read, from somebody without triage access. Each answer is a
    /// comment that others are told of, and nobody else stands between them and a stranger.
    pub fn once_an_hour(&self) -> Option<(UserId, &'static str)> {
        let Event::Asked { by, request: Request::Command(command), .. } = self else {
            return None;
        };
        let for_readers = command.spec().rule.least < Right::Triage;
        let limited = for_readers && by.right < Right::Triage && !by.bot;
        limited.then(|| (by.id, command.name()))
    }

    /// The name in history and in the generated table.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened => "issue opened",
            Event::Edited => "issue edited",
            Event::Labelled { .. } => "labelled",
            Event::Unlabelled { .. } => "unlabelled",
            Event::Ticked { tick: Tick::Approve { .. }, .. } => "approve ticked",
            Event::Ticked { tick: Tick::Start { .. }, .. } => "start ticked",
            Event::Ticked { tick: Tick::Anyway { .. }, .. } => "start anyway ticked",
            Event::Ticked { tick: Tick::Refresh { .. }, .. } => "refresh ticked",
            Event::Ticked { tick: Tick::Fix { .. }, .. } => "fix ticked",
            Event::Ticked { tick: Tick::Allow { .. }, .. } => "yes ticked",
            Event::FixAsked { .. } => "fix",
            Event::Ticked { tick: Tick::Task { on: true, .. }, .. } => "task ticked",
            Event::Ticked { tick: Tick::Task { on: false, .. }, .. } => "task unticked",
            Event::Reviewed { review, .. } => match review.says {
                ReviewSays::RequestsChanges { .. } => "changes requested",
                ReviewSays::Approves { .. } => "review approves",
                ReviewSays::Dismissed { .. } => "review dismissed",
            },
            Event::Pushed { by_bot: false, .. } => "pushed",
            Event::Pushed { by_bot: true, .. } => "pushed by a bot",
            Event::Closed => "issue closed",
            Event::Reopened { .. } => "issue reopened",
            Event::Gone => "issue gone",
            Event::Asked { request, .. } => match request {
                Request::Command(command) => command.name(),
                Request::Unknown { .. } => "unknown command",
                Request::Malformed { .. } => "malformed command",
            },
            Event::Answered { .. } => "answered",
            Event::RunReported { report, .. } => match report {
                Report::Questions { .. } => "run asks",
                Report::Noted => "run notes",
                Report::Waits => "run waits",
                Report::OverLimit => "run meets a limit on money",
                Report::NearLimit => "run nears the issue's limit",
                Report::Costly => "run costs twice its estimate",
                Report::Outgrown => "run outgrows its conversation",
                Report::Plan { .. } => "run submits plan",
                Report::TaskDone => "task done",
                Report::Pushed { .. } => "changes pushed",
                Report::PushRefused { .. } => "changes refused",
                Report::Findings { ask_for_work: false } => "run finds nothing",
                Report::Findings { ask_for_work: true } => "run finds work",
                Report::ApprovalsStand => "approvals stand",
                Report::Failed { .. } => "run failed",
            },
            Event::CiConcluded { .. } => "ci concluded",
            Event::StatusEdited => "status comment edited",
            Event::TickedInFile { .. } => "ticked in the file",
            Event::TimerDue { kind, .. } => kind.name(),
            Event::EffectFailed { .. } => "effect given up",
            Event::BranchDeleted => "branch deleted",
            Event::PullRequestClosed { merged: true } => "plan merged",
            Event::PullRequestClosed { merged: false } => "plan closed",
            Event::PlanMerged { .. } => "merge of the plan",
            Event::RelatedPull { news, .. } => match news {
                RelatedNews::Named { .. } => "pull request names the issue",
                RelatedNews::Merged { .. } => "related pull request merged",
                RelatedNews::Left => "related pull request gone",
            },
            Event::Locked { on: true } => "conversation locked",
            Event::Locked { on: false } => "conversation unlocked",
            Event::Halted => "kill switch",
            Event::Uninstalled => "uninstalled",
            Event::Suspended => "suspended",
            Event::Unsuspended => "unsuspended",
        }
    }
}
