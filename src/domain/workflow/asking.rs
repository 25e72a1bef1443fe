//! `Asking`: a run is parked until people answer: a planner's for days, an implementer's for one.

use crate::base::{Millis, RunId, Sha};
use crate::domain::command::{Answer, TaskAct};
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::refused::{Refused, Unapproved, Unbuilt};
use crate::domain::workflow::state::{Block, PlanRef, RunFailure, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::working;

/// How long after the last missing answer the run goes on, so that a slip can be corrected
/// (`domain.md`, Questions).
pub(super) const RESUME_AFTER: Millis = Millis::seconds(20);

/// What the stage carries.
pub(super) struct Asking<'a> {
    pub(super) run: &'a RunId,
    pub(super) plan: &'a Option<PlanRef>,
    pub(super) round: u8,
    pub(super) questions: u8,
    pub(super) answered: u8,
    pub(super) work: &'a Option<Work>,
}

/// Answers `event` in `Asking`.
pub(super) fn answer(mut draft: Draft<'_>, stage: Asking<'_>, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Reviewed { .. }
        | Event::Answered { .. } => wished(draft, stage, event),
        Event::TimerDue { kind, .. } => timer(draft, stage, *kind),
        Event::RunReported { report, .. } => reported(draft, report),
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.was_not_posted();
            draft.block(Block::Telling);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Run } => {
            draft.block(Block::Run(RunFailure::Unreadable));
            draft.done()
        }
        // Whatever is answered, there is no branch any more to build on.
        Event::BranchDeleted if stage.work.is_some() => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        // What the answers lead to could not be pushed anywhere.
        Event::EffectFailed { purpose: Purpose::Publish } if stage.work.is_some() => {
            draft.block(Block::Publishing);
            draft.done()
        }
        Event::Pushed { sha, by_bot: false, .. } => pushed(draft, &stage, sha),
        Event::TickedInFile { tasks, reopened } => ticked_in_file(draft, &stage, (tasks, reopened)),
        // They belong to what stood before this run, and its plan is published anew.
        Event::EffectFailed { purpose: Purpose::Publish | Purpose::Courtesy }
        | Event::BranchDeleted
        | Event::Pushed { .. } => draft.ignored(Ignored::NothingDepends),
        Event::CiConcluded { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Nothing here depends on one push; people who push again and again build it themselves.
fn pushed(mut draft: Draft<'_>, stage: &Asking<'_>, sha: &Sha) -> Decision {
    let work = stage.work.clone().filter(|it| working::is_pushed_at(&draft, it));
    let Some(work) = work else { return draft.ignored(Ignored::NothingDepends) };
    draft.person_acted();
    working::make_way(draft, work, &Doing::ByHand, sha)
}

/// What a run says that is parked.
fn reported(mut draft: Draft<'_>, report: &Report) -> Decision {
    match report {
        Report::Failed { why } => {
            draft.run_failed(*why);
            draft.done()
        }
        Report::NearLimit | Report::Costly => {
            draft.refresh_status();
            draft.done()
        }
        // A second report of the same questions says nothing new.
        Report::Questions { .. } | Report::Waits => draft.ignored(Ignored::NothingNew),
        Report::Plan { .. }
        | Report::Noted
        | Report::Outgrown
        | Report::TaskDone
        | Report::Findings { .. }
        | Report::OverLimit
        | Report::Pushed { .. }
        | Report::PushRefused { .. }
        | Report::ApprovalsStand => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(mut draft: Draft<'_>, stage: Asking<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(answers) => answered(draft, stage, &wish, answers),
        Want::Revise(text) => {
            if let Some(refused) = wish.comes_too_late_to_include() {
                return wish.refuse(draft, refused);
            }
            wish.joins(&mut draft);
            draft.push(Effect::TellRun { run: stage.run.clone(), text: text.to_owned() });
            resume(draft, &stage)
        }
        Want::Approve { .. } | Want::Unapprove | Want::Reject if stage.work.is_some() => {
            wish.refuse(draft, Refused::QuestionsOpen)
        }
        Want::Approve { .. } | Want::Unapprove | Want::Reject => {
            let before = stage.plan.as_ref().map(|it| it.revision);
            wish.refuse(draft, Unapproved::BeingWritten { before })
        }
        Want::Implement { manual, .. } => match stage.work.clone().filter(|_| manual) {
            Some(work) => working::to_people(draft, work, &wish),
            None => wish.refuse(draft, Refused::QuestionsOpen),
        },
        Want::Task { id, act } => match stage.work.clone() {
            Some(work) => task(draft, &stage, work, &wish, (id, act)),
            None => wish.refuse(draft, Unbuilt::NotBuilding),
        },
        Want::Look(_) | Want::Handoff(_) | Want::Allow(_) | Want::Plan { .. } | Want::Retry => {
            wish.refuse(draft, Refused::QuestionsOpen)
        }
    }
}

/// Somebody settles or reopens a task while its run, or another's, waits for an answer. Where it is
/// the task that is being built, nobody needs the answer any more.
fn task(
    mut draft: Draft<'_>,
    stage: &Asking<'_>,
    mut work: Work,
    wish: &Wish<'_>,
    (id, act): (&str, TaskAct),
) -> Decision {
    if let Err(refused) = work.set(&draft.facts.tasks, id, act) {
        return wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() });
    }
    wish.seen(&mut draft);
    settled(&mut draft, stage, work);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Ticks that somebody pushed in the plan's file count like those in the status comment.
fn ticked_in_file(
    mut draft: Draft<'_>,
    stage: &Asking<'_>,
    ticks: (&[String], &[String]),
) -> Decision {
    let Some(mut work) = stage.work.clone() else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    if !working::ticked(&draft, &mut work, ticks) {
        return draft.ignored(Ignored::NothingNew);
    }
    settled(&mut draft, stage, work);
    draft.status();
    draft.done()
}

/// What follows when somebody settled or reopened a task: the question stays open, unless it was
/// about that one.
fn settled(draft: &mut Draft<'_>, stage: &Asking<'_>, work: Work) {
    if let Some(work) = working::settle(draft, work) {
        draft.state.stage = Stage::Asking {
            run: stage.run.clone(),
            plan: stage.plan.clone(),
            round: stage.round,
            questions: stage.questions,
            answered: stage.answered,
            work: Some(work),
        };
    }
}

fn answered(
    mut draft: Draft<'_>,
    stage: Asking<'_>,
    wish: &Wish<'_>,
    answers: &[Answer],
) -> Decision {
    if answers.is_empty() || answers.iter().any(|it| bit(it.question, stage.questions).is_none()) {
        return wish.refuse(draft, Refused::NoSuchQuestion { open: stage.questions });
    }
    let bits = answers.iter().filter_map(|it| bit(it.question, stage.questions));
    let now_answered = bits.fold(stage.answered, |all, bit| all | bit);
    wish.joins(&mut draft);
    draft.push(Effect::RecordAnswers {
        run: stage.run.clone(),
        round: stage.round,
        answers: answers.to_vec(),
        by: wish.by.login.clone(),
    });
    draft.push(Effect::ShowAnswers { run: stage.run.clone(), round: stage.round });
    draft.state.stage = Stage::Asking {
        run: stage.run.clone(),
        plan: stage.plan.clone(),
        round: stage.round,
        questions: stage.questions,
        answered: now_answered,
        work: stage.work.clone(),
    };
    if is_complete(now_answered, stage.questions) {
        draft.timer(TimerKind::Resume, RESUME_AFTER);
    }
    draft.status();
    draft.done()
}

pub(super) fn is_complete(answered: u8, questions: u8) -> bool {
    answered.count_ones() == u32::from(questions)
}

/// The bit of question `n` (from 1) of `questions`; a round has at most three, a byte has eight.
fn bit(n: u8, questions: u8) -> Option<u8> {
    if n == 0 || questions < n {
        return None;
    }
    1_u8.checked_shl(u32::from(n) - 1)
}

fn timer(mut draft: Draft<'_>, stage: Asking<'_>, kind: TimerKind) -> Decision {
    match kind {
        TimerKind::Resume => resume(draft, &stage),
        TimerKind::Remind if is_complete(stage.answered, stage.questions) => {
            draft.ignored(Ignored::NothingNew)
        }
        TimerKind::Remind => draft.remind(),
        TimerKind::GiveUp => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        TimerKind::Stuck
        | TimerKind::Ci
        | TimerKind::Poke
        | TimerKind::Note
        | TimerKind::Start
        | TimerKind::Closed => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Lets the run go on with the answers it has; open questions it decides itself.
fn resume(mut draft: Draft<'_>, stage: &Asking<'_>) -> Decision {
    let run = stage.run.clone();
    draft.push(Effect::ResumeRun { run: run.clone(), round: stage.round });
    draft.enter(match stage.work {
        Some(work) => Stage::Working { work: work.clone(), doing: Doing::Building { run } },
        None => Stage::Planning { run, plan: stage.plan.clone(), rounds: stage.round },
    });
    draft.status();
    draft.done()
}
