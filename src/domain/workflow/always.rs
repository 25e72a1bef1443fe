//! What all stages answer alike: the score, ends that come from outside, late reports, rights, and
//! the commands that only read.

use std::ops::ControlFlow::{self, Break, Continue};

use crate::base::CommentId;
use crate::domain::command::{self, Command, TaskAct};
use crate::domain::permission::{Asker, Permit, Place, Refusal};
use crate::domain::policy::Mode;
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Origin};
use crate::domain::workflow::effect::{Effect, Post, Reaction};
use crate::domain::workflow::event::{Actor, Event, Purpose, Request, Spot, Tick};
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::shown::show_work;
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::{MERGE_WAITS, TimerKind};
use crate::domain::workflow::work::Then;
use crate::domain::workflow::{
    entered, labels, laid_down, limit, merged, paused, related, review, starting,
};

/// Breaks with the answer to `event` if it is the same in every stage; otherwise the stage goes on
/// with the draft, and the actor's right is already checked.
pub(super) fn answer<'a>(mut draft: Draft<'a>, event: &Event) -> ControlFlow<Decision, Draft<'a>> {
    match event {
        Event::Opened | Event::Edited if !is_ended(&draft) => Break(scored(draft)),
        Event::Locked { on: true } => Break(draft.ignored(Ignored::Locked)),
        Event::Locked { on: false } if !draft.state.has_status => {
            Break(draft.ignored(Ignored::NothingNew))
        }
        // What could not be said meanwhile is said now.
        Event::Locked { on: false } => {
            draft.refresh_status();
            Break(draft.done())
        }
        Event::Halted => Break(laid_down::halted(draft)),
        Event::Suspended => Break(laid_down::suspended(draft)),
        Event::Unsuspended => Break(laid_down::unsuspended(draft)),
        Event::Uninstalled => Break(end(draft, Stop::Uninstalled)),
        Event::Gone => Break(end(draft, Stop::Gone)),
        Event::Closed => Break(closed(draft)),
        // Nothing begins on what was closed a moment ago.
        Event::Pushed { elsewhere, .. }
            if !draft.facts.open && is_ready(&draft) && related::is_head(&draft, *elsewhere) =>
        {
            Break(end(draft, Stop::Closed))
        }
        Event::PullRequestClosed { .. } | Event::PlanMerged { .. } | Event::BranchDeleted => {
            plan_left(draft, event)
        }
        Event::StatusEdited if !draft.state.has_status => Break(draft.ignored(Ignored::NothingNew)),
        Event::StatusEdited => Break(written_anew(draft)),
        Event::RunReported { run, .. } if draft.state.stage.heard_run() != Some(run) => {
            Break(draft.ignored(Ignored::NotLiveRun))
        }
        Event::TimerDue { epoch, .. } if *epoch != draft.state.epoch => {
            Break(draft.ignored(Ignored::OldEpoch))
        }
        Event::TimerDue { kind: TimerKind::Start, .. } => Break(starting::late(draft)),
        Event::TimerDue { kind: TimerKind::Closed, .. } if draft.facts.open => {
            Break(draft.ignored(Ignored::NothingNew))
        }
        Event::TimerDue { kind: TimerKind::Closed, .. } => Break(end(draft, Stop::Closed)),
        Event::EffectFailed { purpose: Purpose::Courtesy } => {
            Break(draft.ignored(Ignored::NothingDepends))
        }
        Event::Labelled { by, label } => labels::labelled(draft, by, *label),
        Event::Unlabelled { by, label } => labels::unlabelled(draft, by, *label),
        Event::Ticked { by, tick } => ticked(draft, by, tick),
        Event::Asked { by, comment, .. } if is_repeated(&draft, event) => {
            Break(draft.refuse(by, &Origin::Comment(*comment), Refused::AskedLately))
        }
        Event::Asked { by, comment, place, request, .. } => {
            asked(draft, by, *comment, *place, request)
        }
        Event::Answered { by, comment, .. } => answered(draft, by, *comment),
        Event::FixAsked { by, spot, .. } => fix_asked(draft, by, *spot),
        Event::Reviewed { by, review } => review::reviewed(draft, by, review),
        Event::RelatedPull { number, news } => Break(related::answer(draft, *number, news)),
        Event::Opened
        | Event::Edited
        | Event::Reopened { .. }
        | Event::Pushed { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { purpose: Purpose::Publish | Purpose::Tell | Purpose::Run } => {
            Continue(draft)
        }
    }
}

/// The pull request that holds the plan was closed or merged, or lost its branch.
fn plan_left<'a>(draft: Draft<'a>, event: &Event) -> ControlFlow<Decision, Draft<'a>> {
    // Work that goes on elsewhere does not end with what holds the plan.
    if related::is_elsewhere(&draft) {
        return Break(related::without_the_plan(draft));
    }
    let is_end = has_plan(&draft) && !is_ended(&draft);
    if let Event::PullRequestClosed { merged: is_merged } = event {
        // GitHub closes a pull request together with its branch; a person is called already.
        if !is_merged && lost_its_branch(&draft) {
            return Break(draft.ignored(Ignored::NothingNew));
        }
        if *is_merged && is_built(&draft) {
            return Break(end_with_merge(draft));
        }
        if is_end {
            return Break(end(draft, Stop::of_plan(*is_merged)));
        }
    }
    if matches!(event, Event::PlanMerged { .. }) {
        if merged::is_whole(&draft) {
            return Break(end_with_merge(draft));
        }
        // Where no plan waits and nothing is built, who merged it does not matter.
        if is_end && !merged::goes_on(&draft.state.stage) {
            return Break(end(draft, Stop::PlanMerged));
        }
    }
    Continue(draft)
}

/// The issue was closed. Work that people may merge waits a moment: the merge may have closed it.
fn closed(mut draft: Draft<'_>) -> Decision {
    if let Stage::Inspecting { work, then: Then::Ready, .. } = draft.state.stage.clone() {
        // Nobody has a closed issue looked at: it waits as it did before somebody asked for that.
        draft.stop_live_run();
        draft.asked_in(None);
        draft.enter(Stage::Ready { work });
        draft.refresh_status();
    }
    if !is_ready(&draft) {
        return end(draft, Stop::Closed);
    }
    draft.timer(TimerKind::Closed, MERGE_WAITS);
    draft.done()
}

fn is_ready(draft: &Draft<'_>) -> bool {
    matches!(draft.state.stage, Stage::Ready { .. })
}

/// Baton's own texts say what holds, whatever somebody made of them.
fn written_anew(mut draft: Draft<'_>) -> Decision {
    draft.refresh_status();
    show_work(&mut draft);
    draft.done()
}

pub(super) fn is_ended(draft: &Draft<'_>) -> bool {
    matches!(draft.state.stage, Stage::Stopped { .. } | Stage::Done { .. })
}

/// Whether what was merged was built by an approved plan: then that is the end of it, wherever the
/// work stands (law 6), unless that is in a pull request of people's own.
fn is_built(draft: &Draft<'_>) -> bool {
    draft.state.is_begun() && draft.state.stage.work().is_none_or(|it| it.adopted.is_none())
}

/// The work was merged: an end.
pub(super) fn end_with_merge(mut draft: Draft<'_>) -> Decision {
    let Some(plan) = draft.state.stage.plan().cloned() else {
        return draft.ignored(Ignored::NothingNew);
    };
    draft.stop_live_run();
    draft.asked_in(None);
    draft.enter(Stage::Done { plan });
    // Whoever merged it acted.
    draft.person_acted();
    draft.post(Post::Merged);
    draft.status();
    draft.done()
}

fn is_asking(draft: &Draft<'_>) -> bool {
    matches!(draft.state.stage.unpaused(), Stage::Asking { .. })
}

/// Whether a reader asks again for what they were answered within the hour.
fn is_repeated(draft: &Draft<'_>, event: &Event) -> bool {
    draft.facts.answered_lately && event.once_an_hour().is_some()
}

fn has_plan(draft: &Draft<'_>) -> bool {
    draft.state.stage.plan().is_some()
}

fn lost_its_branch(draft: &Draft<'_>) -> bool {
    matches!(draft.state.stage, Stage::Blocked { why: Block::BranchDeleted, .. })
}

/// Shows the level of the issue's present text as loudly as the mode allows, and brings a status
/// comment that is there up to date: it shows the analysis, and that a run read other words.
fn scored(mut draft: Draft<'_>) -> Decision {
    let mode = draft.facts.policy.mode;
    let level = draft.state.override_level.unwrap_or(draft.facts.level);
    if Mode::Quiet < mode && draft.state.shown_level != Some(level) {
        draft.state.shown_level = Some(level);
        draft.push(Effect::ShowLevel { level });
    }
    match mode {
        Mode::Suggest => draft.status(),
        Mode::Quiet | Mode::Observe => draft.refresh_status(),
    }
    match (draft.is_idle(), mode) {
        (false, _) => draft.done(),
        (true, Mode::Quiet) => draft.ignored(Ignored::Quiet),
        (true, Mode::Observe | Mode::Suggest) => draft.ignored(Ignored::NothingNew),
    }
}

/// Ends the issue's work for a reason that nobody is asked about.
pub(super) fn end(mut draft: Draft<'_>, why: Stop) -> Decision {
    if is_ended(&draft) {
        return draft.ignored(Ignored::Ended);
    }
    // An installation that comes back should find its untouched issues as it left them.
    if why == Stop::Uninstalled && draft.state.stage == Stage::Seen {
        return draft.ignored(Ignored::NothingDepends);
    }
    draft.stop(why);
    if !why.is_out_of_reach() {
        draft.refresh_status();
    }
    draft.done()
}

/// Checks the right of an order that is no comment of the conversation: a label, a tick, words in a
/// review.
pub(super) fn ordered<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    origin: Origin,
    command: &Command,
    what: &str,
) -> ControlFlow<Decision, Draft<'a>> {
    // A label or a box stands where Baton put it, so only the right is to be checked.
    let place = command.spec().rule.places.first().copied().unwrap_or(Place::Issue);
    match refusal(&draft, by, place, command, what) {
        Some(refusal) => Break(draft.refuse(by, &origin, refusal)),
        None if draft.facts.policy.halted && may_spend(command) => {
            Break(draft.refuse(by, &origin, Refused::Halted))
        }
        None => {
            draft.person_acted();
            Continue(draft)
        }
    }
}

fn ticked<'a>(draft: Draft<'a>, by: &Actor, tick: &Tick) -> ControlFlow<Decision, Draft<'a>> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    let origin = Origin::Tick(tick.clone());
    match tick {
        Tick::Approve { revision } => {
            let command = Command::Approve { revision: Some(*revision), start: false };
            ordered(draft, by, origin, &command, "approving by the box")
        }
        Tick::Start { revision } => {
            let command = Command::Approve { revision: Some(*revision), start: true };
            ordered(draft, by, origin, &command, "starting by the box")
        }
        Tick::Anyway { revision, .. } => {
            let command = Command::Approve { revision: Some(*revision), start: true };
            ordered(draft, by, origin, &command, "starting anyway by the box")
        }
        Tick::Refresh { revision, .. } => {
            let command = Command::Revise { text: String::new(), include: Vec::new() };
            let waits = matches!(
                draft.state.stage.unpaused(),
                Stage::Planned { plan, .. } if plan.revision == *revision
            );
            match ordered(draft, by, origin.clone(), &command, "refreshing by the box") {
                Continue(draft) if !waits => {
                    Break(draft.refuse(by, &origin, Unbuilt::OldBox.into()))
                }
                goes_on @ Continue(_) => goes_on,
                Break(decision) => Break(decision),
            }
        }
        Tick::Task { id, on } => {
            let act = if *on { TaskAct::Done } else { TaskAct::Reopen };
            let command = Command::Task { id: id.clone(), act };
            ordered(draft, by, origin, &command, "ticking a task")
        }
        Tick::Allow { hash } => {
            let command = Command::Allow { hash: hash.clone() };
            ordered(draft, by, origin, &command, "saying yes by the box")
        }
        Tick::Fix { .. } => {
            let command = Command::Fix { text: String::new() };
            ordered(draft, by, origin, &command, "having the review addressed")
        }
    }
}

/// The words of a review or of a comment on a line that have a review built.
fn fix_asked<'a>(draft: Draft<'a>, by: &Actor, spot: Spot) -> ControlFlow<Decision, Draft<'a>> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    let command = Command::Fix { text: String::new() };
    ordered(draft, by, Origin::at(spot), &command, command.name())
}

/// A comment without a command counts while questions are open, and only from people who may
/// answer; the author is told why theirs does not, everybody else just talks.
fn answered<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    comment: CommentId,
) -> ControlFlow<Decision, Draft<'a>> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    if is_ended(&draft) {
        return Break(draft.ignored(Ignored::Ended));
    }
    if !is_asking(&draft) {
        return Break(draft.ignored(Ignored::NotForThisStage));
    }
    let command = Command::Answer { answers: Vec::new() };
    match refusal(&draft, by, Place::Issue, &command, command.name()) {
        Some(Refused::Right { .. }) => Break(draft.ignored(Ignored::NoRight)),
        Some(refusal) => Break(draft.refuse(by, &Origin::Comment(comment), refusal)),
        None if draft.facts.policy.halted => {
            Break(draft.refuse(by, &Origin::Comment(comment), Refused::Halted))
        }
        None => {
            draft.person_acted();
            Continue(draft)
        }
    }
}

/// Checks the right once, for every command, and answers those that every stage answers alike.
fn asked<'a>(
    mut draft: Draft<'a>,
    by: &Actor,
    comment: CommentId,
    place: Place,
    request: &Request,
) -> ControlFlow<Decision, Draft<'a>> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    let origin = Origin::Comment(comment);
    let command = match request {
        Request::Command(command) => command,
        Request::Unknown { nearest } => {
            let nearest = nearest.map(str::to_owned);
            return Break(draft.refuse(by, &origin, Refused::Unknown { nearest }));
        }
        Request::Malformed { sentence, .. } => {
            let sentence = sentence.clone();
            return Break(draft.refuse(by, &origin, Refused::Malformed { sentence }));
        }
    };
    if let Some(refusal) = refusal(&draft, by, place, command, command.name()) {
        return Break(draft.refuse(by, &origin, refusal));
    }
    if draft.facts.policy.halted && may_spend(command) {
        return Break(draft.refuse(by, &origin, Refused::Halted));
    }
    draft.person_acted();
    match command {
        Command::Route { tokens } => {
            Break(reply(draft, comment, Post::Analysis { tokens: *tokens }))
        }
        Command::Help { command } => {
            Break(reply(draft, comment, Post::Help { command: command.clone() }))
        }
        Command::Cost => Break(reply(draft, comment, Post::Cost)),
        Command::CostAdd { amount, text } => {
            Break(entered::book(draft, by, comment, (*amount, text)))
        }
        Command::Status => {
            draft.react(comment, Reaction::Eyes);
            draft.status();
            draft.react(comment, Reaction::Rocket);
            Break(draft.done())
        }
        Command::Stop => Break(stop(draft, by, comment)),
        Command::Pause => Break(paused::pause(draft, by, &origin)),
        Command::Resume => Break(paused::resume(draft, by, &origin)),
        Command::Budget { change } => Break(limit::change(draft, by, comment, *change)),
        Command::Plan { .. }
        | Command::Answer { .. }
        | Command::Revise { .. }
        | Command::Approve { .. }
        | Command::Implement { .. }
        | Command::Handoff { .. }
        | Command::Task { .. }
        | Command::Fix { .. }
        | Command::Allow { .. }
        | Command::Test
        | Command::Review
        | Command::Unapprove
        | Command::Reject
        | Command::Retry => Continue(draft),
    }
}

fn stop(mut draft: Draft<'_>, by: &Actor, comment: CommentId) -> Decision {
    let obstacle: Option<Refused> = match &draft.state.stage {
        // An end that only a retry leaves would be one for nothing.
        Stage::Seen => Some(Refused::NothingToStop),
        Stage::Done { .. } => Some(Unbuilt::Merged.into()),
        Stage::Stopped { .. } => Some(Refused::Ended),
        Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. } => None,
    };
    if let Some(obstacle) = obstacle {
        return draft.refuse(by, &Origin::Comment(comment), obstacle);
    }
    draft.react(comment, Reaction::Eyes);
    draft.stop(Stop::Person);
    draft.react(comment, Reaction::Rocket);
    draft.refresh_status();
    draft.done()
}

fn reply(mut draft: Draft<'_>, comment: CommentId, post: Post) -> Decision {
    let shows_cost = post == Post::Cost;
    draft.react(comment, Reaction::Eyes);
    draft.post(post);
    draft.react(comment, Reaction::Rocket);
    if shows_cost {
        draft.refresh_status();
    }
    draft.done()
}

/// Whether a command may lead to a call of a model. An approval alone is a record, and taking
/// something back or ending it costs nothing.
fn may_spend(command: &Command) -> bool {
    match command {
        Command::Plan { .. }
        | Command::Answer { .. }
        | Command::Revise { .. }
        | Command::Approve { start: true, .. }
        | Command::Implement { .. }
        | Command::Task { .. }
        | Command::Handoff { .. }
        | Command::Fix { .. }
        | Command::Allow { .. }
        | Command::Budget { .. }
        | Command::Test
        | Command::Review
        | Command::Resume
        | Command::Retry => true,
        Command::Approve { start: false, .. }
        | Command::Unapprove
        | Command::Reject
        | Command::Route { .. }
        | Command::Status
        | Command::Cost
        | Command::CostAdd { .. }
        | Command::Stop
        | Command::Pause
        | Command::Help { .. } => false,
    }
}

/// Why `by` may not, if they may not: by the one table of commands.
pub(super) fn refusal(
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
        Err(refusal @ Refusal::WrongPlace { .. }) => Some(Refused::Right { what, refusal }),
        Ok(Permit::Held) | Err(Refusal::TooLittle { .. }) if by.unchecked => {
            Some(Refused::RightUnknown { what })
        }
        // Where no question is open, the stage says so: there is nothing to hold.
        Ok(Permit::Held) if !is_asking(draft) => None,
        Ok(Permit::Held) => Some(Refused::AnswerHeld),
        Err(refusal @ Refusal::TooLittle { .. }) => Some(Refused::Right { what, refusal }),
    }
}
