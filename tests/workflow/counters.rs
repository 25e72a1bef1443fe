//! What is counted while a plan is built: red verdicts, escalations, handoffs. The counts are kept
//! here a second time, from the effects alone, and a small walk goes through everything that moves
//! them; the big one leaves them out to stay finite.

use baton::base::Sha;
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::policy::{EscalateOn, Policy};
use baton::domain::security::SecurityConcern;
use baton::domain::tier::{Role, Tier};
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, FINDINGS, Facts, Inspector, Purpose, Report, Request,
    RunFailure, Stage, Then, TimerKind, Verdict, Work, is_review_task,
};

use super::alike::{few_names, work_of};
use super::laws::{Node, Step, actor, law};
use super::not_started::is_late;
use super::pushed::{forget_what_is_pushed, was_looked_at};
use super::walk::{Happening, LIVE, Scope, Walk, given};
use super::words::{
    ann, approve, asks, concludes, facts, gives_up, got_nowhere, head, implement, plan, pushed,
    reports, revise, says_answers, task, tasks, ticks_task,
};

/// Red verdicts of one task in a row after which a stronger model takes over at the latest
/// (`2_consecutive`).
const REDS: u8 = 2;
/// Law 7.
const ESCALATIONS: u8 = 2;
const HANDOFFS: u8 = 6;
/// Rounds of findings (`workflow.md`, `Testing`).
const ROUNDS: u8 = 2;

/// Rounds of what reviews ask for (`product.md`, Review by people).
const REVIEWS: u8 = 3;

/// How often the work changed hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tally {
    /// Red verdicts of the active task on commits of runs, since it last went up a rung.
    reds: u8,
    /// How often the active task was handed to a stronger model by itself.
    escalations: u8,
    /// How often the work changed hands though no plan foresaw it, over all its plans.
    handoffs: u8,
}

/// Laws 7 and 16 for one step, and the counts after it.
pub(super) fn counted(step: &Step<'_>) -> Result<Tally, String> {
    let said = step.decision.state.handoffs;
    let lives = step.before.state.life < step.decision.state.life;
    let handoffs = if lives { 0 } else { step.before.tally.handoffs };
    let Some(after) = step.decision.state.stage.work() else {
        law!(
            said == handoffs,
            "law 7: {handoffs} of the issue's handoffs, and the state says {said}"
        );
        // A task whose changes wait behind a changed plan is the same task when it goes on.
        let kept = step.decision.state.built.as_ref().is_some_and(|it| it.awaits.is_some());
        let of_task = if kept { step.before.tally } else { Tally::default() };
        return Ok(Tally { handoffs, ..of_task });
    };
    law!(after.rounds <= ROUNDS, "findings are built too often");
    law!(after.fixes <= REVIEWS, "reviews are built too often");
    let is_paused = |it: &Stage| matches!(it, Stage::Paused { .. });
    if is_paused(&step.before.state.stage) || is_paused(&step.decision.state.stage) {
        // What is owed begins with the resume, so nothing can be counted from the effects here.
        let (reds, escalations) = (after.reds, after.escalations);
        return Ok(Tally { reds, escalations, handoffs: said });
    }
    let tally = match step.before.state.stage.work() {
        Some(before) => went_on(step, before, after)?,
        None => Tally { handoffs, ..kept(step, after) },
    };
    let said = Tally { reds: after.reds, escalations: after.escalations, handoffs: said };
    let same = match subject(&step.decision.state.stage) {
        (None, None) => said.handoffs == tally.handoffs,
        (Some(_), _) | (_, Some(_)) => said == tally,
    };
    law!(same, "law 7: {tally:?} was counted, but the state says {said:?}");
    law!(tally.escalations <= ESCALATIONS, "law 7: a task goes up too often");
    law!(tally.handoffs <= HANDOFFS, "law 7: an issue changes hands too often");
    Ok(tally)
}

/// The counts of a task that waited behind a changed plan, where it goes on.
fn kept(step: &Step<'_>, after: &Work) -> Tally {
    let before = &step.before.state;
    let built = before.built.as_ref().filter(|it| it.awaits.is_some());
    let task = built.and_then(|it| it.work.as_ref()?.task.as_ref());
    match task.is_some() && task == after.task.as_ref() {
        true => step.before.tally,
        false => Tally::default(),
    }
}

/// The counts of work that was there before.
fn went_on(step: &Step<'_>, before: &Work, after: &Work) -> Result<Tally, String> {
    let same_task = subject(&step.before.state.stage) == subject(&step.decision.state.stage);
    law!(before.rounds <= after.rounds, "rounds of findings are forgotten");
    law!(before.fixes <= after.fixes, "rounds of reviews are forgotten");
    let mut tally = match same_task {
        true => step.before.tally,
        false => Tally { handoffs: step.before.tally.handoffs, ..Tally::default() },
    };
    if is_red(step) {
        tally.reds += 1;
    }
    // Whom it is handed to waits for what people pushed.
    if after.beneath && is_handoff(step.event) && step.decision.verdict == Verdict::Done {
        tally.reds = 0;
    }
    let failed = failed(step) || is_red(step) && reds(step) <= tally.reds;
    let mut went_up = false;
    let renewed = is_renewed(step);
    // How often what did not begin is ordered is held in `not_started`.
    let late = is_late(step);
    asked_before(step, before)?;
    for effect in &step.decision.effects {
        if let Effect::StartRun { ask: Ask::Inspect { .. }, role, tier, .. } = effect {
            law!(!same_task || failed || late, "the same look again for nothing");
            went_up = same_task && before.tier < *tier;
            if !same_task {
                let (first, unplanned) = first_look(*role, step.facts.security, tally.handoffs);
                law!(*tier == first, "{role:?} begins on {tier}, not on {first}");
                tally.handoffs += u8::from(unplanned);
            }
        }
        let Effect::StartRun { ask: Ask::Task { task, trigger, .. }, tier, .. } = effect else {
            continue;
        };
        law!(after.task.as_ref() == Some(task), "a run builds {task}, the state {:?}", after.task);
        law!(after.tier == *tier, "a run is on {tier}, the state says {}", after.tier);
        if actor(step.event).is_some() || was_asked(step) || was_looked_at(step) {
            if is_handoff(step.event) || was_asked(step) {
                tally.reds = 0;
            }
            continue;
        }
        // Each run that nobody asked for follows from something that can happen so often only.
        if late {
            continue;
        }
        law!(!same_task || failed || is_red(step) || renewed, "law 7: work runs in a circle");
        law!(same_task || is_next(before, after), "law 7: work runs in a circle");
        if same_task {
            law!(before.tier <= *tier, "law 16: down from {} in the middle of a task", before.tier);
            law!(!failed || before.tier < *tier, "law 16: the same model goes on");
            went_up = before.tier < *tier;
            law!(!went_up || failed, "law 16: up for nothing");
            law!(!went_up || trigger.counts_to_bound(), "law 16: up because of {trigger:?}");
            law!(
                !renewed || before.tier == *tier,
                "law 16: {tier} goes on in a fresh conversation"
            );
            let again = if renewed { Trigger::Context } else { Trigger::TestFailure };
            law!(went_up || *trigger == again, "again because of {trigger:?}");
        }
    }
    if failed {
        let (counts, may) = (step.before.tally, may_go_up(step, before));
        law!(went_up == may, "law 7: {counts:?} on {}, and it went up: {went_up}", before.tier);
        let called = matches!(step.decision.state.stage, Stage::Blocked { .. });
        law!(went_up || called, "law 7: nobody is called");
    }
    if went_up {
        tally.reds = 0;
        tally.escalations += 1;
    }
    // A fresh conversation of the same model is no other try: the reds stay.
    tally.handoffs += u8::from(went_up || renewed);
    Ok(tally)
}

/// Whether another task follows because the one before it is settled.
fn is_next(before: &Work, after: &Work) -> bool {
    // Only a person's push is checked without a task, and a person has reopened one since. Of
    // findings there are so many rounds only.
    let is_extra = |it: &str| it == FINDINGS || is_review_task(it);
    // Somebody settled it while its changes were on their way to the branch.
    let settled = |it: &String| before.done.contains(it) || before.skipped.contains(it);
    before.done.len() < after.done.len()
        || before.rounds < after.rounds
        || before.task.as_deref().is_none_or(is_extra)
        || before.task.as_ref().is_some_and(settled)
}

/// Whoever is found silent or too large while it can still speak is asked where it stands, as long as
/// somebody may follow; else a person is called.
fn asked_before(step: &Step<'_>, before: &Work) -> Result<(), String> {
    let (may, trigger) = match (falls_silent(step), outgrows(step)) {
        (true, _) => (may_go_up(step, before), Trigger::Stuck),
        (false, true) => (step.before.tally.handoffs < HANDOFFS, Trigger::Context),
        (false, false) => return Ok(()),
    };
    let after = &step.decision.state.stage;
    let asked = match after {
        Stage::HandingOver { to, trigger: why, .. } if *why == trigger => {
            (before.tier < *to) == (trigger == Trigger::Stuck)
        }
        _ => false,
    };
    law!(asked == may, "law 7: on {} after {:?}: {asked}", before.tier, step.before.tally);
    let called = matches!(after, Stage::Blocked { .. });
    law!(asked || called, "law 7: nobody is called");
    Ok(())
}

/// On which rung a specialist begins, and whether that is a handoff that no plan foresaw.
fn first_look(role: Role, concern: Option<SecurityConcern>, handoffs: u8) -> (Tier, bool) {
    match (role, concern) {
        (Role::ReviewAgent, Some(SecurityConcern::Planned)) => (Tier::Opus, false),
        (Role::ReviewAgent, Some(SecurityConcern::Built)) if handoffs < HANDOFFS => {
            (Tier::Opus, true)
        }
        (Role::ReviewAgent, Some(SecurityConcern::Built) | None) => (Tier::Sonnet, false),
        (Role::TestAgent, _) => (Tier::Haiku, false),
        (Role::Planner | Role::Implementer, _) => panic!("{role:?} looks at what was built"),
    }
}

/// What the live or newest run is about: a task, or somebody's look at all of them and where that
/// leads.
fn subject(stage: &Stage) -> (Option<&str>, Option<(Inspector, Then)>) {
    let task = stage.work().and_then(|it| it.task.as_deref());
    match stage {
        Stage::Inspecting { by, then, .. } => (task, Some((*by, *then))),
        _ => (task, None),
    }
}

/// Whether the commit of a run was red, also after people were called because it said nothing.
fn is_red(step: &Step<'_>) -> bool {
    let doing = match &step.before.state.stage {
        Stage::Working { doing, .. } => Some(doing),
        Stage::Blocked { why: Block::Ci(told), held } if *told != Ci::Red => held.awaits.as_ref(),
        _ => None,
    };
    match (doing, step.event) {
        (
            Some(Doing::Checking { sha: head, theirs: false }),
            Event::CiConcluded { sha, ci: Ci::Red },
        ) => head == sha,
        _ => false,
    }
}

/// How many reds the policy waits for.
fn reds(step: &Step<'_>) -> u8 {
    match step.facts.policy.escalate_on {
        EscalateOn::TwoConsecutive => REDS,
        EscalateOn::AnyFailure => 1,
    }
}

/// Whether the active run reports that its conversation is nearly too large.
fn outgrows(step: &Step<'_>) -> bool {
    let stage = &step.before.state.stage;
    let Event::RunReported { run, report: Report::Outgrown } = step.event else { return false };
    let builds = matches!(stage, Stage::Working { doing: Doing::Building { .. }, .. });
    builds && stage.live_run() == Some(run)
}

/// Whether the same model goes on in a fresh conversation now.
fn is_renewed(step: &Step<'_>) -> bool {
    let stage = &step.before.state.stage;
    matches!(stage, Stage::HandingOver { trigger: Trigger::Context, .. }) && ends_handing(step)
}

/// Whether a stronger model may take over by itself.
fn may_go_up(step: &Step<'_>, before: &Work) -> bool {
    let counts = step.before.tally;
    let bounded = counts.escalations < ESCALATIONS && counts.handoffs < HANDOFFS;
    bounded && before.tier != Tier::Opus
}

/// Whether the active run is found silent while it can still be asked where it stands.
fn falls_silent(step: &Step<'_>) -> bool {
    let builds =
        matches!(step.before.state.stage, Stage::Working { doing: Doing::Building { .. }, .. });
    let silent = matches!(
        step.event,
        Event::TimerDue { kind: TimerKind::Stuck, epoch } if *epoch == step.before.state.epoch
    );
    builds && silent
}

/// Whether what goes on now is what a person asked for before.
fn was_asked(step: &Step<'_>) -> bool {
    let stage = &step.before.state.stage;
    let asked = matches!(stage, Stage::HandingOver { trigger: Trigger::Manual, .. });
    asked && ends_handing(step)
}

/// Whether a run that is handed over has said what it had to say, or its time for that is up.
fn ends_handing(step: &Step<'_>) -> bool {
    match step.event {
        Event::TimerDue { kind: TimerKind::Note, epoch } => *epoch == step.before.state.epoch,
        Event::RunReported {
            report: Report::Noted | Report::Questions { .. } | Report::OverLimit,
            ..
        } => step.decision.verdict == Verdict::Done,
        Event::RunReported { report, .. } if got_nowhere(report) => {
            step.decision.verdict == Verdict::Done
        }
        _ => false,
    }
}

/// Whether the active run got nowhere, and has no more to say.
fn failed(step: &Step<'_>) -> bool {
    let builds = match &step.before.state.stage {
        Stage::HandingOver { trigger: Trigger::Stuck, .. } => return ends_handing(step),
        Stage::Working { doing: Doing::Building { .. } | Doing::Pushing { .. }, .. } => true,
        Stage::Inspecting { .. } => false,
        _ => return false,
    };
    match step.event {
        Event::TimerDue { kind: TimerKind::Stuck, epoch } => {
            !builds && *epoch == step.before.state.epoch
        }
        Event::RunReported { report, .. } if got_nowhere(report) => {
            step.decision.verdict == Verdict::Done
        }
        _ => false,
    }
}

fn is_handoff(event: &Event) -> bool {
    let Event::Asked { request: Request::Command(command), .. } = event else { return false };
    matches!(command, Command::Handoff { .. })
}

#[test]
fn the_counted_laws_hold_however_often_work_changes_hands() {
    let counted =
        Scope { deeds: deeds(), deeds_at_rest: Vec::new(), happenings, normal, nodes_max: 400_000 };
    let walk = Walk::through(&counted);
    let least = [
        ("handed over", walk.reached(|it| matches!(it.state.stage, Stage::HandingOver { .. }))),
        ("two escalations", walk.reached(|it| it.tally.escalations == ESCALATIONS)),
        (
            "a fresh conversation",
            walk.reached(|it| {
                matches!(it.state.stage, Stage::HandingOver { trigger: Trigger::Context, .. })
            }),
        ),
        (
            "a review by Opus",
            walk.reached(|it| {
                let stage = &it.state.stage;
                let reviews = matches!(stage, Stage::Inspecting { by: Inspector::ReviewAgent, .. });
                reviews && stage.work().is_some_and(|it| it.tier == Tier::Opus)
            }),
        ),
        ("six handoffs", walk.reached(|it| it.tally.handoffs == HANDOFFS)),
        (
            "findings twice",
            walk.reached(|it| it.state.stage.work().is_some_and(|it| it.rounds == ROUNDS)),
        ),
        ("findings a third time", walk.reached(|it| is_blocked(it, Block::Findings))),
        ("one red", walk.reached(|it| it.tally.reds == 1)),
        ("no comment left", walk.reached(|it| it.state.allowance == 0)),
        ("no rung left", walk.reached(|it| is_blocked(it, Block::OutOfRungs))),
        ("a person's red", walk.reached(|it| is_blocked(it, Block::Ci(Ci::Red)))),
    ];
    for (what, n) in least {
        assert!(3 <= n, "{what}: in {n} forms only");
    }
}

fn is_blocked(node: &Node, because: Block) -> bool {
    matches!(node.state.stage, Stage::Blocked { why, .. } if why == because)
}

/// Everything that is counted stays, and nothing else does.
fn normal(node: Node) -> Node {
    let mut node = few_names(node);
    let state = &mut node.state;
    state.joined.clear();
    state.asked_in = None;
    if state.stage.work().is_some() {
        // How it grows is seen before there is work.
        state.allowance = state.allowance.min(2);
    }
    node.tally.reds = node.tally.reds.min(REDS);
    forget_what_is_pushed(&mut state.stage);
    let is_looked_at = matches!(state.stage, Stage::Inspecting { .. });
    if let Some(work) = work_of(&mut state.stage) {
        work.reds = work.reds.min(REDS);
        (work.told_ready, work.unchecked, work.overtaken) = (false, false, false);
        if 0 < work.rounds {
            // How often work changes hands is counted before anything is found; what is found is
            // counted by itself.
            state.handoffs = 0;
            node.tally.handoffs = 0;
        }
        if work.task.is_none() && !is_looked_at {
            // The next task begins anew.
            (work.tier, work.reds, work.escalations) = (Tier::Haiku, 0, 0);
        }
    }
    node
}

/// A plan of two tasks, the second behind the first.
fn two_tasks() -> Facts {
    Facts { tasks: tasks().into_iter().take(2).collect(), ..facts() }
}

/// What the one maintainer can do.
fn deeds() -> Vec<(Event, Facts)> {
    let commands = [
        plan(),
        approve(),
        implement(),
        Command::Retry,
        Command::handoff(Rung::Up),
        Command::handoff(Rung::Down),
        Command::handoff(Rung::To(Tier::Haiku)),
        revise(),
        task("t1", TaskAct::Reopen),
        task("t2", TaskAct::Skip),
    ];
    let mut deeds: Vec<Event> = commands.into_iter().map(|it| asks(ann(), it)).collect();
    deeds.extend([
        ticks_task(ann(), "t1", true),
        ticks_task(ann(), "t2", true),
        says_answers(ann(), &[1]),
        pushed(),
    ]);
    deeds.into_iter().map(|it| (it, two_tasks())).collect()
}

/// What runs, CI and time do.
fn happenings(node: &Node) -> Vec<Happening> {
    let stage = &node.state.stage;
    let mut events: Vec<Event> = match stage {
        Stage::Planning { .. } => {
            vec![reports(LIVE, Report::Plan { revision: 1, hash: "hash 1".to_owned() })]
        }
        Stage::Working { doing: Doing::Building { .. }, .. } => vec![
            reports(LIVE, Report::TaskDone),
            reports(LIVE, Report::Questions { count: 1 }),
            reports(LIVE, Report::Outgrown),
            reports(LIVE, Report::Failed { why: RunFailure::TurnLimit }),
            reports(LIVE, Report::Failed { why: RunFailure::MoneyLimit }),
        ],
        Stage::HandingOver { .. } => vec![
            reports(LIVE, Report::Noted),
            reports(LIVE, Report::TaskDone),
            reports(LIVE, Report::Questions { count: 1 }),
            reports(LIVE, Report::Failed { why: RunFailure::TurnLimit }),
            reports(LIVE, Report::Failed { why: RunFailure::MoneyLimit }),
        ],
        Stage::Working { doing: Doing::Pushing { .. }, .. } => vec![
            reports(LIVE, Report::Pushed { sha: head() }),
            reports(LIVE, Report::PushRefused { needs_yes: true, hash: "abc".to_owned() }),
            reports(LIVE, Report::Failed { why: RunFailure::TimeLimit }),
        ],
        // The head, which may be a person's by now, and a commit that was left behind.
        Stage::Working { doing: Doing::Checking { sha, .. }, .. } => {
            [sha.clone(), Sha("c".repeat(40))]
                .into_iter()
                .flat_map(|sha| {
                    [Ci::Green, Ci::Red, Ci::Silent]
                        .map(|ci| Event::CiConcluded { sha: sha.clone(), ci })
                })
                .collect()
        }
        Stage::Inspecting { .. } => vec![
            reports(LIVE, Report::Findings { ask_for_work: false }),
            reports(LIVE, Report::Findings { ask_for_work: true }),
            reports(LIVE, Report::Failed { why: RunFailure::TurnLimit }),
            reports(LIVE, Report::Failed { why: RunFailure::MoneyLimit }),
        ],
        _ => Vec::new(),
    };
    events.extend([Purpose::Publish, Purpose::Tell].map(gives_up));
    let epoch = node.state.epoch;
    events.extend(node.timers.iter().map(|kind| Event::TimerDue { kind: *kind, epoch }));
    events.push(Event::TimerDue { kind: TimerKind::Stuck, epoch: 0 });
    let mut happenings = given(events, two_tasks());
    if let Stage::Inspecting { .. } = stage {
        for concern in [SecurityConcern::Planned, SecurityConcern::Built] {
            let facts = Facts { security: Some(concern), ..two_tasks() };
            let nothing_found = reports(LIVE, Report::Findings { ask_for_work: false });
            happenings.extend(given([nothing_found], facts));
        }
    }
    let policy = Policy { escalate_on: EscalateOn::AnyFailure, ..Policy::default() };
    happenings.extend(given([concludes(Ci::Red)], Facts { policy, ..two_tasks() }));
    happenings
}
