//! What all stages answer alike: ends that come from outside, late reports, rights, and the
//! commands that only read.

use crate::base::CommentId;
use crate::domain::command::{self, Command};
use crate::domain::permission::{Asker, Permit, Place, Right};
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Effect, Post, Reaction, Refused};
use crate::domain::workflow::event::{Actor, ControlLabel, Event, Purpose, Request};
use crate::domain::workflow::state::{Stage, Stop};

/// Answers `event` if its answer is the same in every stage; otherwise gives the draft back, with
/// the actor's right already checked.
pub(super) fn answer<'a>(mut draft: Draft<'a>, event: &Event) -> Result<Decision, Draft<'a>> {
    match event {
        Event::Uninstalled => Ok(end(draft, Stop::Uninstalled, false)),
        Event::Gone => Ok(end(draft, Stop::Gone, false)),
        Event::Suspended => Ok(end(draft, Stop::Suspended, false)),
        Event::Closed => Ok(end(draft, Stop::Closed, true)),
        Event::RunReported { run, .. } if draft.state.stage.live_run() != Some(run) => {
            Ok(draft.ignored(Ignored::NotLiveRun))
        }
        Event::TimerDue { epoch, .. } if *epoch != draft.state.epoch => {
            Ok(draft.ignored(Ignored::OldEpoch))
        }
        Event::EffectFailed { purpose: Purpose::Courtesy } => {
            Ok(draft.ignored(Ignored::NothingDepends))
        }
        Event::Labelled { by, label } => labelled(draft, by, *label),
        Event::Unlabelled { by, label } => Ok(unlabelled(draft, by, *label)),
        Event::Asked { by, comment, place, request, .. } => {
            asked(draft, by, *comment, *place, request)
        }
        Event::Answered { by, .. } if by.bot => Ok(draft.ignored(Ignored::ByBot)),
        Event::Answered { .. } => {
            draft.person_acted();
            Err(draft)
        }
        Event::Opened
        | Event::Edited
        | Event::Reopened { .. }
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { purpose: Purpose::Publish | Purpose::Tell | Purpose::Run }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. } => Err(draft),
    }
}

fn end(mut draft: Draft<'_>, why: Stop, reachable: bool) -> Decision {
    if matches!(draft.state.stage, Stage::Stopped { .. }) {
        return draft.ignored(Ignored::Ended);
    }
    draft.stop(why);
    if reachable {
        draft.refresh_status();
    }
    draft.done()
}

fn labelled<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    label: ControlLabel,
) -> Result<Decision, Draft<'a>> {
    if by.bot {
        return Ok(draft.ignored(Ignored::ByBot));
    }
    match label {
        ControlLabel::Plan => {
            draft.person_acted();
            let command = Command::Plan { model: None, budget: None, text: String::new() };
            match refusal(&draft, by, Place::Issue, &command, "the label `baton:plan`") {
                Some(refusal) => Ok(draft.refuse(by, None, refusal)),
                None => Err(draft),
            }
        }
        ControlLabel::Complexity(_) if by.right < Right::Triage => {
            Ok(draft.ignored(Ignored::NotForThisStage))
        }
        ControlLabel::Complexity(level) if draft.state.override_level == Some(level) => {
            Ok(draft.ignored(Ignored::NothingNew))
        }
        ControlLabel::Complexity(level) => {
            draft.person_acted();
            draft.state.override_level = Some(level);
            draft.state.shown_level = Some(level);
            draft.push(Effect::ShowLevel { level });
            draft.refresh_status();
            Ok(draft.done())
        }
    }
}

fn unlabelled(mut draft: Draft<'_>, by: &Actor, label: ControlLabel) -> Decision {
    match label {
        ControlLabel::Complexity(_) if by.bot => draft.ignored(Ignored::ByBot),
        ControlLabel::Complexity(level) if draft.state.override_level == Some(level) => {
            draft.state.override_level = None;
            draft.state.shown_level = None;
            draft.refresh_status();
            draft.done()
        }
        ControlLabel::Plan | ControlLabel::Complexity(_) => draft.ignored(Ignored::NothingNew),
    }
}

/// Checks the right once, for every command, and answers those that every stage answers alike.
fn asked<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    comment: CommentId,
    place: Place,
    request: &Request,
) -> Result<Decision, Draft<'a>> {
    if by.bot {
        return Ok(draft.ignored(Ignored::ByBot));
    }
    draft.person_acted();
    let command = match request {
        Request::Command(command) => command,
        Request::Unknown { nearest } => {
            let nearest = nearest.map(str::to_owned);
            return Ok(draft.refuse(by, Some(comment), Refused::Unknown { nearest }));
        }
        Request::Malformed { sentence, .. } => {
            let sentence = sentence.clone();
            return Ok(draft.refuse(by, Some(comment), Refused::Malformed { sentence }));
        }
    };
    if let Some(refusal) = refusal(&draft, by, place, command, command.name()) {
        return Ok(draft.refuse(by, Some(comment), refusal));
    }
    match command {
        Command::Route { tokens } => Ok(reply(draft, comment, Post::Analysis { tokens: *tokens })),
        Command::Help { command } => {
            Ok(reply(draft, comment, Post::Help { command: command.clone() }))
        }
        Command::Cost => Ok(reply(draft, comment, Post::Cost)),
        Command::Status => {
            draft.react(comment, Reaction::Eyes);
            draft.status();
            draft.react(comment, Reaction::Rocket);
            Ok(draft.done())
        }
        Command::Stop if matches!(draft.state.stage, Stage::Stopped { .. }) => {
            Ok(draft.refuse(by, Some(comment), Refused::Ended))
        }
        Command::Stop => {
            draft.react(comment, Reaction::Eyes);
            draft.stop(Stop::Person);
            draft.react(comment, Reaction::Rocket);
            draft.status();
            Ok(draft.done())
        }
        Command::Plan { .. } | Command::Answer { .. } | Command::Revise { .. } | Command::Retry => {
            Err(draft)
        }
    }
}

fn reply(mut draft: Draft<'_>, comment: CommentId, post: Post) -> Decision {
    draft.react(comment, Reaction::Eyes);
    draft.post(post);
    draft.react(comment, Reaction::Rocket);
    draft.refresh_status();
    draft.done()
}

/// Why `by` may not, if they may not: by the one table of commands.
fn refusal(
    draft: &Draft<'_>,
    by: &Actor,
    place: Place,
    command: &Command,
    what: &str,
) -> Option<Refused> {
    let requester = draft.state.requester == Some(by.id);
    let asker = Asker { right: by.right, requester, author: by.author };
    let what = what.to_owned();
    match command::may(asker, command, place) {
        Ok(Permit::Now) => None,
        Ok(Permit::Held) => Some(Refused::AnswerHeld),
        Err(_) if by.unchecked => Some(Refused::RightUnknown { what }),
        Err(refusal) => Some(Refused::Right { what, refusal }),
    }
}
