//! Law 3, the other way round: whatever form an order has (a command, a label, a box), what the table
//! of commands forbids is refused.

use baton::domain::command::{Command, Rung, TaskAct, may};
use baton::domain::permission::{Asker, Permit, Place, Right};
use baton::domain::workflow::{Actor, ControlLabel, Event, Request, Tick, Verdict};

use super::laws::{Held, Step, law};

/// The command that says the same as `event`, if somebody orders something by it.
pub(super) fn ordered(event: &Event) -> Option<Command> {
    let implement = |manual| Command::Implement { manual, model: None, anyway: false };
    match event {
        Event::Asked { request: Request::Command(command), .. } => Some(command.clone()),
        Event::Labelled { label, .. } => match label {
            ControlLabel::Plan => Some(Command::Plan {
                model: None,
                budget: None,
                text: String::new(),
                include: Vec::new(),
            }),
            ControlLabel::Approved => Some(Command::Approve { revision: None, start: false }),
            ControlLabel::Pause => Some(Command::Pause),
            ControlLabel::Manual => Some(implement(true)),
            ControlLabel::Model(tier) => Some(Command::handoff(Rung::To(*tier))),
            ControlLabel::Complexity(_) => None,
        },
        Event::Unlabelled { label: ControlLabel::Pause, .. } => Some(Command::Resume),
        Event::Unlabelled { label: ControlLabel::Manual, .. } => Some(implement(false)),
        Event::Ticked { tick: Tick::Refresh { .. }, .. } => {
            Some(Command::Revise { text: String::new(), include: Vec::new() })
        }
        Event::Ticked { tick: Tick::Start { .. } | Tick::Anyway { .. }, .. } => {
            Some(Command::Approve { revision: None, start: true })
        }
        Event::Ticked { tick: Tick::Approve { .. }, .. } => {
            Some(Command::Approve { revision: None, start: false })
        }
        Event::Ticked { tick: Tick::Task { id, .. }, .. } => {
            Some(Command::Task { id: id.clone(), act: TaskAct::Done })
        }
        Event::Ticked { tick: Tick::Allow { hash }, .. } => {
            Some(Command::Allow { hash: hash.clone() })
        }
        Event::FixAsked { .. } | Event::Ticked { tick: Tick::Fix { .. }, .. } => {
            Some(Command::Fix { text: String::new() })
        }
        _ => None,
    }
}

/// What is forbidden is refused; a label that is taken off without the right changes nothing.
pub(super) fn forbidden_is_refused(step: &Step<'_>, by: &Actor) -> Held {
    // Nobody is answered for a review, but it does nothing.
    if let Event::Reviewed { .. } = step.event {
        let allowed = by.right >= Right::Write || step.decision.verdict != Verdict::Done;
        law!(allowed, "law 3: a review of {by:?} is heard");
        return Ok(());
    }
    let Some(command) = ordered(step.event) else { return Ok(()) };
    let place = match step.event {
        Event::Asked { place, .. } => *place,
        Event::FixAsked { .. } | Event::Ticked { tick: Tick::Fix { .. }, .. } => {
            Place::BatonPullRequest
        }
        _ => Place::Issue,
    };
    let requester = step.before.state.requester == Some(by.id);
    let asker = Asker { right: by.right, requester, author: by.author };
    let allowed = may(asker, &command, place) == Ok(Permit::Now);
    let verdict = &step.decision.verdict;
    if let Event::Unlabelled { .. } = step.event {
        let nothing = matches!(verdict, Verdict::Ignored(_));
        law!(allowed || nothing, "law 3: {by:?} takes {} back", command.name());
        return Ok(());
    }
    law!(
        allowed || by.bot || matches!(verdict, Verdict::Refused(_)),
        "law 3: {} by {by:?} is not refused",
        command.name()
    );
    Ok(())
}
