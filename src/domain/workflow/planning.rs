//! `Planning`: a planning run is live.

use crate::base::RunId;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Effect, Post, Reaction, Refused, TimerKind};
use crate::domain::workflow::event::{Event, Report};
use crate::domain::workflow::state::{Block, PlanRef, Stage, Stop};
use crate::domain::workflow::wish::{Want, Wish};

/// What the stage carries.
pub(super) struct Planning<'a> {
    pub(super) run: &'a RunId,
    pub(super) plan: &'a Option<PlanRef>,
    pub(super) rounds: u8,
}

/// Answers `event` in `Planning`.
pub(super) fn answer(mut draft: Draft<'_>, stage: Planning<'_>, event: &Event) -> Decision {
    match event {
        Event::RunReported { report, .. } => reported(draft, stage, report),
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, stage, event)
        }
        Event::Edited => {
            draft.refresh_status();
            draft.done()
        }
        Event::TimerDue { kind: TimerKind::Stuck, .. } => {
            draft.block(Block::Stuck);
            draft.done()
        }
        Event::EffectFailed { .. } => {
            draft.block(Block::Telling);
            draft.done()
        }
        Event::PullRequestClosed { merged } if stage.plan.is_some() => {
            draft.stop(if *merged { Stop::PlanMerged } else { Stop::PlanClosed });
            draft.refresh_status();
            draft.done()
        }
        Event::Opened
        | Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::TimerDue { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn reported(mut draft: Draft<'_>, stage: Planning<'_>, report: &Report) -> Decision {
    match report {
        Report::Questions { count } => {
            let round = stage.rounds.saturating_add(1);
            let run = stage.run.clone();
            draft.enter(Stage::Asking {
                run: run.clone(),
                plan: stage.plan.clone(),
                round,
                questions: *count,
                answered: 0,
            });
            draft.post(Post::Questions { run, round });
        }
        Report::Plan { revision, hash } => {
            let revision = *revision;
            draft.state.revision = revision;
            draft.push(Effect::CommitPlan { revision });
            draft.push(Effect::UpsertPullRequest { revision });
            draft.enter(Stage::Planned { plan: PlanRef { revision, hash: hash.clone() } });
            draft.post(Post::PlanReady { revision });
            draft.react_to_asker(Reaction::Rocket);
        }
        Report::Failed { why } => draft.block(Block::Run(*why)),
    }
    draft.status();
    draft.done()
}

fn wished(mut draft: Draft<'_>, stage: Planning<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Revise(text) => {
            if let Some(comment) = wish.comment {
                draft.react(comment, Reaction::Eyes);
            }
            draft.push(Effect::TellRun { run: stage.run.clone(), text: text.to_owned() });
            draft.status();
            draft.done()
        }
        Want::Answer(_) if matches!(event, Event::Answered { .. }) => {
            draft.ignored(Ignored::NotForThisStage)
        }
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Plan { .. } | Want::Retry => wish.refuse(draft, Refused::AlreadyPlanning),
    }
}
