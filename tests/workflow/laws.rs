//! The laws of the machine, as far as its stages go today, asserted for one step. The numbers are
//! those of the design's list.

use std::collections::BTreeSet;

use baton::base::RunId;
use baton::domain::command::Command;
use baton::domain::permission::Right;
use baton::domain::workflow::{
    Actor, Ask, COMMENT_ALLOWANCE, Decision, Effect, Event, Facts, Ignored, PlanAtHead, Post,
    Purpose, Reaction, RelatedNews, Report, Request, Stage, State, Stop, TimerKind, Verdict, Work,
    decide,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::counters::{self, Tally};
use super::said::{self, ordered};
use super::waiting::somebody_is_next;
use super::words::{NOW, ends_the_run};
use super::{changed, conversation, merged, not_started, pauses, pushed, related, stale};

/// A state with what the engine would remember beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) state: State,
    /// The timers that are armed for the state's epoch.
    pub(super) timers: BTreeSet<TimerKind>,
    /// How often the work changed hands, counted from what was done.
    pub(super) tally: Tally,
}

impl Node {
    /// With nothing armed and nothing counted.
    pub(super) fn new(state: State) -> Node {
        Node { state, timers: BTreeSet::new(), tally: Tally::default() }
    }
}

/// One step of the machine.
pub(super) struct Step<'a> {
    pub(super) before: &'a Node,
    pub(super) event: &'a Event,
    pub(super) facts: &'a Facts,
    pub(super) decision: &'a Decision,
}

/// Whether a law holds, and if not, which and why.
pub(super) type Held = Result<(), String>;

macro_rules! law {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}
pub(super) use law;

/// Asserts every law for one step and returns where it leads.
pub(super) fn check(step: &Step<'_>) -> Result<Node, String> {
    runs(step)?;
    conversation::closing(step)?;
    late_reports(step)?;
    rights(step)?;
    approvals(step)?;
    changed::law_of_changed_plans(step)?;
    conversation::refusals(step)?;
    conversation::repetitions(step)?;
    ends(step)?;
    verdicts(step)?;
    comments(step)?;
    order(step)?;
    kept_before_the_stop(step)?;
    money(step)?;
    pauses::law(step)?;
    stale::law_of_stale(step)?;
    related::law(step)?;
    pushed::law_of_pushed(step)?;
    pushed::law_of_what_is_on_its_way(step)?;
    pushed::law_of_what_is_paid(step)?;
    merged::law(step)?;
    let state = step.decision.state.clone();
    let after = Node { state, timers: timers(step)?, tally: counters::counted(step)? };
    somebody_is_next(&after)?;
    not_started::law(step, &after)?;
    Ok(after)
}

/// Laws 1, 5 and 18: at most one live run, started only when none is; only the live run is told,
/// resumed, stopped; the state says what the effects did.
fn runs(step: &Step<'_>) -> Held {
    let mut live: Option<RunId> = step.before.state.stage.live_run().cloned();
    let over = match step.event {
        // A push that was on its way when its plan was changed is told by a run that is over.
        Event::RunReported { run, report } => live.as_ref() == Some(run) && ends_the_run(report),
        _ => false,
    };
    if over && step.decision.verdict == Verdict::Done {
        live = None;
    }
    for effect in &step.decision.effects {
        match effect {
            Effect::StartRun { run, .. } => {
                law!(live.is_none(), "law 1: a run starts while one is live");
                let owed = pauses::owed_run(step.before);
                let known = *run == step.facts.fresh_run || owed == Some(run);
                law!(known, "law 1: a run starts under an old id");
                live = Some(run.clone());
            }
            Effect::StopRun { run } => {
                law!(live.as_ref() == Some(run), "law 1: a run is stopped that is not live");
                live = None;
            }
            Effect::TellRun { run, .. }
            | Effect::AskForNote { run }
            | Effect::ResumeRun { run, .. }
            | Effect::HoldRun { run }
            | Effect::ReleaseRun { run }
            | Effect::RecordAnswers { run, .. }
            | Effect::ShowAnswers { run, .. } => {
                law!(live.as_ref() == Some(run), "law 1: a run is addressed that is not live");
            }
            _ => {}
        }
    }
    let said = step.decision.state.stage.live_run();
    law!(live.as_ref() == said, "law 1: {live:?} is live, but the state says {said:?}");
    Ok(())
}

/// Laws 2 and 8: whoever is no longer listened to changes nothing.
fn late_reports(step: &Step<'_>) -> Held {
    let verdict = &step.decision.verdict;
    match step.event {
        Event::RunReported { run, .. } if !pushed::is_heard(&step.before.state, run) => {
            law!(*verdict == Verdict::Ignored(Ignored::NotLiveRun), "law 2: {verdict:?}");
        }
        Event::TimerDue { epoch, .. } if *epoch != step.before.state.epoch => {
            law!(*verdict == Verdict::Ignored(Ignored::OldEpoch), "law 8: {verdict:?}");
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn actor(event: &Event) -> Option<&Actor> {
    match event {
        Event::Labelled { by, .. }
        | Event::Unlabelled { by, .. }
        | Event::Ticked { by, .. }
        | Event::Reviewed { by, .. }
        | Event::FixAsked { by, .. }
        | Event::Reopened { by }
        | Event::RelatedPull { news: RelatedNews::Named { by }, .. }
        | Event::Asked { by, .. }
        | Event::Answered { by, .. } => Some(by),
        _ => None,
    }
}

/// Laws 3 and 19: what spends, commits or moves a stage follows from somebody with that right, or
/// from time or a run.
fn rights(step: &Step<'_>) -> Held {
    let decision = step.decision;
    let starts = decision.effects.iter().any(|it| matches!(it, Effect::StartRun { .. }));
    let Some(by) = actor(step.event) else {
        // Time, CI and a run go on with what somebody with the right has started.
        let goes_on =
            step.before.state.stage.work().is_some() && step.before.state.requester.is_some();
        law!(!starts || goes_on, "law 3: a run starts though nobody asked");
        return Ok(());
    };
    let is_fact = matches!(step.event, Event::Reopened { .. });
    if by.bot && !is_fact {
        law!(matches!(decision.verdict, Verdict::Ignored(_)), "law 19: a bot is heard");
        return Ok(());
    }
    let strong = decision.effects.iter().any(|it| {
        matches!(
            it,
            Effect::StartRun { .. }
                | Effect::TellRun { .. }
                | Effect::AskForNote { .. }
                | Effect::BookCost { .. }
                | Effect::RecordAnswers { .. }
                | Effect::ShowAnswers { .. }
                | Effect::ResumeRun { .. }
                | Effect::CommitPlan { .. }
                | Effect::UpsertPullRequest { .. }
        )
    });
    law!(!strong || (Right::Write <= by.right && !by.bot), "law 3: {by:?} may not do this");
    let moved = decision.state.stage.name() != step.before.state.stage.name();
    let may_stop = Right::Triage <= by.right || step.before.state.requester == Some(by.id);
    let stops = may_stop && matches!(ordered(step.event), Some(Command::Stop | Command::Pause));
    law!(
        !moved || is_fact || stops || Right::Write <= by.right,
        "law 3: {by:?} may not move a stage"
    );
    let mut told = decision.state.clone();
    told.allowance = step.before.state.allowance;
    told.has_status = step.before.state.has_status;
    law!(
        told == step.before.state || is_fact || stops || Right::Triage <= by.right,
        "law 3: {by:?} changes what is known of the issue"
    );
    if let Event::Answered { .. } = step.event {
        let quiet = by.right < Right::Write && !by.author && !by.unchecked;
        law!(
            !quiet || matches!(decision.verdict, Verdict::Ignored(_)),
            "law 3: plain words of somebody without the right yield something"
        );
    }
    said::forbidden_is_refused(step, by)
}

/// Laws 4 and 19: an approval is given by a person with write, to exactly the plan at the head of
/// the branch, and outlives no other plan.
fn approvals(step: &Step<'_>) -> Held {
    let held = |state: &State| match &state.stage {
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } if held.work.is_none() => {
            held.approved.map(|by| (by, held.plan.clone()))
        }
        stage => match stage.work() {
            Some(work) => Some((work.approved, Some(work.plan.clone()))),
            None => stage.approved().map(|by| (by, stage.plan().cloned())),
        },
    };
    let Some(after) = held(&step.decision.state) else { return Ok(()) };
    law!(after.1.is_some(), "law 4: an approval of nothing");
    if held(&step.before.state).as_ref() == Some(&after) {
        return Ok(());
    }
    let by = match step.event {
        Event::PlanMerged { by } => Some(by),
        event => actor(event),
    };
    let Some(by) = by else { return Err("law 4: approved by nobody".to_owned()) };
    law!(!by.bot && Right::Write <= by.right, "law 19: {by:?} approves");
    law!(by.id == after.0, "law 4: {by:?} approves for somebody else");
    law!(step.facts.plan_at_head == PlanAtHead::Same, "law 4: approved unseen");
    // The merge may have closed it.
    let by_merge = matches!(step.event, Event::PlanMerged { .. });
    law!(step.facts.open || by_merge, "law 4: approved on a closed issue");
    law!(step.before.state.stage.plan() == after.1.as_ref(), "law 4: another plan is approved");
    Ok(())
}

pub(super) fn command(event: &Event) -> Option<&Command> {
    match event {
        Event::Asked { request: Request::Command(command), .. } => Some(command),
        _ => None,
    }
}

/// Laws 5 and 6: `stop` ends everything at once; an end is left by reopening or retry only.
fn ends(step: &Step<'_>) -> Held {
    let is_end = |it: &Stage| matches!(it, Stage::Stopped { .. } | Stage::Done { .. });
    let before_ended = is_end(&step.before.state.stage);
    let after_ended = is_end(&step.decision.state.stage);
    let done = step.decision.verdict == Verdict::Done;
    if command(step.event) == Some(&Command::Stop) && done {
        law!(after_ended, "law 5: stop does not stop");
    }
    if let (Some(Command::Stop), Some(by)) = (command(step.event), actor(step.event)) {
        let may = Right::Triage <= by.right || step.before.state.requester == Some(by.id);
        let nothing = before_ended || step.before.state.stage == Stage::Seen;
        law!(done == (may && !by.bot && !nothing), "law 5: {by:?} cannot stop");
    }
    if before_ended && !after_ended {
        let retried = command(step.event) == Some(&Command::Retry);
        let closed = matches!(
            step.before.state.stage,
            Stage::Stopped { why: Stop::Closed | Stop::ClosedElsewhere, .. }
        );
        let reopened = closed && matches!(step.event, Event::Reopened { .. });
        let done = matches!(step.before.state.stage, Stage::Done { .. });
        let again = matches!(step.event, Event::Reopened { by } if done && !by.bot);
        law!(retried || reopened || again, "law 6: an end is left");
    }
    if before_ended && after_ended {
        let same = step.decision.state.stage == step.before.state.stage;
        let plan_ends = matches!(
            step.event,
            Event::PullRequestClosed { .. } | Event::PlanMerged { .. } | Event::RelatedPull { .. }
        );
        // What is to be judged when somebody goes on may change; what was held does not.
        let held = |it: &State| {
            let same =
                |it: &Work| Work { beneath: false, by_hand: false, made_way: false, ..it.clone() };
            let work = it.stage.work().map(same);
            (work, it.stage.plan().cloned())
        };
        let is_fact = matches!(step.event, Event::Pushed { .. } | Event::RunReported { .. });
        let remembers = is_fact && held(&step.before.state) == held(&step.decision.state);
        // Whoever takes back what they said is heard where it would count again.
        let taken_back = matches!(step.event, Event::Unlabelled { .. } | Event::Reviewed { .. })
            && held(&step.before.state) == held(&step.decision.state);
        let still = same || plan_ends || remembers || taken_back;
        law!(still, "law 6: an end ends again and forgets what it held");
    }
    let unreachable = matches!(step.event, Event::Gone | Event::Closed);
    // Its merge may have closed the issue, and is told of next.
    let waits_for = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Closed, .. });
    let merges = step.before.state.stage.is_ready() && step.decision.effects.iter().any(waits_for);
    law!(!unreachable || after_ended || merges, "law 18: what is gone goes on");
    Ok(())
}

/// Law 10: what changes nothing has a named reason, and what has one changes nothing.
fn verdicts(step: &Step<'_>) -> Held {
    let changed = step.decision.state != step.before.state || !step.decision.effects.is_empty();
    match &step.decision.verdict {
        Verdict::Done => law!(changed, "law 10: done, but nothing changed"),
        Verdict::Refused(_) => {}
        Verdict::Ignored(why) => {
            law!(!changed, "law 10: ignored, but something changed");
            law!(!why.reason().is_empty(), "law 10: no reason");
        }
    }
    Ok(())
}

/// Law 11, as a sum over any path: comments so far + allowance ≤ first allowance + acts so far.
/// So there are at most four without an act, and each act allows at most one more.
fn comments(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let posts = step.decision.effects.iter().filter(|it| matches!(it, Effect::Post { .. }));
    let first_status = !before.has_status && step.decision.effects.contains(&Effect::UpsertStatus);
    let new = posts.count() + usize::from(first_status);
    law!(first_status == (after.has_status && !before.has_status), "the status comment is lost");
    let is_act = matches!(
        step.event,
        Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Labelled { .. }
            | Event::Unlabelled { .. }
            | Event::Ticked { .. }
            | Event::Reviewed { .. }
            | Event::FixAsked { .. }
    );
    // Given up means that a comment counted before was never posted.
    let given_back = match (step.event, before.stage.unpaused()) {
        (
            Event::EffectFailed { purpose: Purpose::Publish },
            Stage::Planned { .. } | Stage::Ready { .. },
        )
        | (Event::EffectFailed { purpose: Purpose::Tell }, Stage::Asking { .. }) => 1,
        _ => 0,
    };
    let person = actor(step.event).is_some_and(|it| !it.bot);
    let pushed = matches!(step.event, Event::Pushed { by_bot: false, .. });
    let merged = matches!(step.event, Event::PlanMerged { by } if !by.bot);
    let ends = matches!(after.stage, Stage::Done { .. }) && before.stage != after.stage;
    let acts = usize::from(is_act && person || pushed || merged || ends);
    // The place of the call to review is kept, and it is made once for all of the work.
    let is_called = |it: &Effect| matches!(it, Effect::Post { post: Post::Ready { .. } });
    let calls = step.decision.effects.iter().filter(|it| is_called(it)).count();
    let told = |it: &Stage| it.work().is_some_and(|it| it.told_ready);
    law!(
        calls == 0 || !told(&before.stage) && told(&after.stage),
        "law 11: called twice to review"
    );
    law!(calls <= 1, "law 11: called twice at once");
    let allowed = usize::from(before.allowance) + given_back + acts + calls;
    law!(new + usize::from(after.allowance) <= allowed, "law 11: {new} new comments");
    let planning = matches!(after.stage, Stage::Planning { .. });
    law!(!planning || 0 < after.allowance, "a run could ask, and nobody would read it");
    law!(after.allowance <= COMMENT_ALLOWANCE + 1, "law 11: the allowance grows without end");
    Ok(())
}

/// Law 12: the same call gives the same decision, with its effects in the one order.
fn order(step: &Step<'_>) -> Held {
    let again = decide(&step.before.state, step.event, step.facts, NOW);
    law!(again == *step.decision, "law 12: decided otherwise the second time");
    let effects = &step.decision.effects;
    let place = |find: fn(&Effect) -> bool| effects.iter().position(find);
    let cancel = place(|it| matches!(it, Effect::CancelTimers));
    let set = place(|it| matches!(it, Effect::SetTimer { .. }));
    let stop = place(|it| matches!(it, Effect::StopRun { .. }));
    let start = place(|it| matches!(it, Effect::StartRun { .. }));
    law!(stop.is_none() || start.is_none() || stop < start, "law 12: started before the stop");
    let commit = place(|it| matches!(it, Effect::CommitPlan { .. }));
    let pull = place(|it| matches!(it, Effect::UpsertPullRequest { .. }));
    let ready = place(|it| matches!(it, Effect::Post { post: Post::PlanReady { .. } }));
    let eyes = place(|it| matches!(it, Effect::React { with: Reaction::Eyes, .. }));
    law!(set.is_none() || cancel < set, "law 12: timers are set, then cancelled");
    law!(stop.is_none() || cancel.is_none() || stop < cancel, "law 12: timers before the run");
    // A plan that somebody edited on its branch stands there already.
    let found = matches!(step.facts.plan_at_head, PlanAtHead::Edited(_));
    let edited = found || matches!(step.event, Event::Pushed { .. });
    // Work whose pull request was closed gets another one when it is taken up again.
    let reopens = matches!(
        &step.before.state.stage,
        Stage::Stopped { why: Stop::PlanClosed | Stop::Rejected, held } if held.work.is_some()
    );
    let has_branch = commit.is_some() || edited || reopens;
    law!(has_branch || pull.is_none(), "law 12: a plan without its branch");
    let after = &step.decision.state.stage;
    let goes_on = reopens && !matches!(after, Stage::Stopped { .. } | Stage::Done { .. });
    law!(!goes_on || pull.is_some(), "work goes on behind a closed pull request");
    law!(commit <= pull, "law 12: a pull request before its branch");
    // Where the call at a limit took the last comment, the status comment says it.
    let paused = matches!(step.before.state.stage, Stage::Paused { .. });
    let silent = (edited || paused) && step.before.state.allowance == 0;
    // What was announced before its merge is not announced again.
    let known = matches!(step.event, Event::PlanMerged { .. })
        && effects.iter().any(|it| matches!(it, Effect::ShowPlanNews { .. }));
    let known = known || reopens || merged::is_behind(step);
    law!(pull.is_some() == ready.is_some() || silent || known, "law 12: published and not told");
    law!(ready.is_none() || pull <= ready, "law 12: told before published");
    let inside = |it: &Effect| {
        matches!(
            it,
            Effect::Capture { .. } | Effect::StopRun { .. } | Effect::RecordFeedback { .. }
        )
    };
    law!(eyes.is_none_or(|it| effects[..it].iter().all(inside)), "law 12: seen is said late");
    let statuses = effects.iter().filter(|it| matches!(it, Effect::UpsertStatus)).count();
    law!(statuses <= 1, "law 12: the status comment is written twice");
    Ok(())
}

/// Law 12 of a change of hands (`domain.md`, STATE.md): what a run of the work leaves is kept right
/// before it is stopped, or where it gave up by itself; once, and never for another reason.
fn kept_before_the_stop(step: &Step<'_>) -> Held {
    let effects = &step.decision.effects;
    let works = step.before.state.stage.work().is_some();
    let mut kept = 0;
    for (at, effect) in effects.iter().enumerate() {
        match effect {
            Effect::Capture { run } => {
                kept += 1;
                law!(works, "law 12: nothing is left where nothing was built");
                let stops = effects.get(at + 1) == Some(&Effect::StopRun { run: run.clone() });
                law!(stops || gives_up(step), "law 12: kept while the run goes on");
            }
            // What never began leaves nothing.
            Effect::StopRun { run } if works && !not_started::is_late(step) => {
                let keeps = at.checked_sub(1).and_then(|it| effects.get(it));
                let is_kept = keeps == Some(&Effect::Capture { run: run.clone() });
                law!(is_kept, "law 12: stopped before it was kept what it leaves");
            }
            Effect::StartRun { .. } => {
                let later = effects[at..].iter().any(|it| matches!(it, Effect::Capture { .. }));
                law!(!later, "law 12: kept behind the start of the successor");
            }
            _ => {}
        }
    }
    law!(kept <= 1, "law 12: kept {kept} times");
    Ok(())
}

/// Whether the run reports that it ended without what was wanted of it.
fn gives_up(step: &Step<'_>) -> bool {
    matches!(step.event, Event::RunReported { report: Report::Failed { .. }, .. })
}

/// Law 20, as far as the machine goes: a run is started in the name of who asked, and a limit that
/// somebody set is in it.
fn money(step: &Step<'_>) -> Held {
    for effect in &step.decision.effects {
        let Effect::StartRun { ask, requester, .. } = effect else { continue };
        let asked = step.before.state.requester;
        let by = actor(step.event).map(|it| it.id).or(asked);
        law!(by == Some(*requester), "law 20: {requester:?} pays for what {by:?} asked");
        law!(step.decision.state.requester == by, "law 15: somebody else will be called");
        if let Some(Command::Plan { budget: Some(limit), .. }) = command(step.event) {
            let kept = matches!(ask, Ask::Plan { budget: Some(it), .. } if it == limit);
            law!(kept, "law 20: the limit of {limit} is lost");
        }
        let policy = &step.facts.policy;
        let opened = step.facts.open && policy.planner_available && !policy.halted;
        law!(opened, "a run starts on a closed issue or without a model");
    }
    Ok(())
}

/// Law 14.
pub(super) fn reads_back<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Held {
    let text = serde_json::to_string(value).map_err(|it| it.to_string())?;
    let read: T = serde_json::from_str(&text).map_err(|it| format!("law 14: {it}: {text}"))?;
    law!(read == *value, "law 14: reads back as something else: {text}");
    Ok(())
}

/// Law 8: the timers after the step. The epoch grows when the stage's variant or its run changes,
/// and then the old ones are disarmed.
fn timers(step: &Step<'_>) -> Result<BTreeSet<TimerKind>, String> {
    let (before, after) = (&step.before.state, &step.decision.state);
    let mut armed = step.before.timers.clone();
    if let Event::TimerDue { kind, epoch } = step.event
        && *epoch == before.epoch
    {
        armed.remove(kind);
    }
    let mut cancelled = false;
    for effect in &step.decision.effects {
        match effect {
            Effect::CancelTimers => {
                armed.clear();
                cancelled = true;
            }
            Effect::SetTimer { kind, due } => {
                law!(NOW < *due, "law 8: a timer in the past");
                armed.insert(*kind);
            }
            _ => {}
        }
    }
    let same_run = before.stage.live_run() == after.stage.live_run();
    let moved = before.stage.name() != after.stage.name() || !same_run;
    law!(!moved || before.epoch != after.epoch, "law 8: a new stage in the old epoch");
    law!(cancelled == (before.epoch != after.epoch), "law 8: old timers outlive their epoch");
    Ok(armed)
}
