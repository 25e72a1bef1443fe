//! The exhaustive walk: breadth first over every reachable state, every event in each, with the
//! facts that matter to it, and every law after each step.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use baton::base::{Millis, RunId, Sha};
use baton::domain::command::{Command, Rung};
use baton::domain::handoff::Trigger;
use baton::domain::policy::Policy;
use baton::domain::security::SecurityConcern;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, AsksYes, Block, Ci, ControlLabel, Doing, Event, Facts, Owed, PlanAtHead, PlanRef, Report,
    RunFailure, Stage, State, Then, TimerKind, Work, decide, is_review_task,
};

use super::counters::Tally;
use super::deeds::{deeds, ticked_in_file, whom_a_pause_tells_apart};
use super::laws::{self, Node, Step};
use super::pushed::name_one_head;
use super::related;
use super::stale_words::deeds_on_stale;
use super::words::{
    CI, NOW, PURPOSES, ann, approve, asks, concludes, edited_into, everybody, facts, facts_at_head,
    facts_without_ci, gives_up, head, implement, pushed_by, reports, robo, ticks, ticks_task, tom,
};

/// The live run's name in a walked state; a run that starts is called `fresh` until it is
/// normalised to this.
pub(super) const LIVE: &str = "live";
pub(super) const REVISIONS_MAX: u16 = 2;
const ROUNDS_MAX: u8 = 2;

#[test]
fn the_laws_hold_in_every_reachable_state_for_every_event() {
    let everything = Scope {
        deeds: deeds(&everybody()),
        deeds_in_a_pause: deeds(&whom_a_pause_tells_apart()),
        happenings,
        normal,
        nodes_max: 200_000,
    };
    let walk = Walk::through(&everything);
    // A walk that goes nowhere finds nothing: fewer than these means that a door was shut.
    let least = [
        ("Seen", 40),
        ("Planning", 300),
        ("Asking", 500),
        ("Planned", 100),
        ("Working", 100),
        ("HandingOver", 10),
        ("Testing", 10),
        ("Reviewing", 10),
        ("Ready", 10),
        ("Done", 5),
        ("Paused", 250),
        ("Blocked", 300),
        ("Stopped", 2_000),
    ];
    for (name, least) in least {
        let n = walk.reached(|it| it.state.stage.name() == name);
        assert!(least <= n, "{name} was reached in {n} forms only");
    }
    assert!(1_000_000 < walk.n_steps, "the walk made {} steps only", walk.n_steps);
}

/// What a walk goes through.
pub(super) struct Scope {
    /// What can happen in every state, with the facts that matter to it.
    pub(super) deeds: Vec<(Event, Facts)>,
    /// What can happen instead while work is paused.
    pub(super) deeds_in_a_pause: Vec<(Event, Facts)>,
    /// What can happen in this one beside that.
    pub(super) happenings: fn(&Node) -> Vec<(Event, Facts)>,
    /// The same state under the walk's few names, without what the walk is not about.
    pub(super) normal: fn(Node) -> Node,
    /// More states than this mean that something grows without end.
    pub(super) nodes_max: usize,
}

/// A node that was reached: from which, by what.
type Found = (usize, String, Node);

/// Where a walk has been.
pub(super) struct Walk {
    nodes: Vec<Node>,
    /// How each node was first reached: from which, by what.
    reached: Vec<Option<(usize, String)>>,
    n_steps: usize,
}

impl Walk {
    /// Goes from an untouched issue to every state that `scope` leads to, and asserts every law in
    /// each step. All states that are equally far away are looked at side by side.
    pub(super) fn through(scope: &Scope) -> Walk {
        let first = (scope.normal)(Node::new(State::new()));
        let mut walk = Walk { nodes: vec![first.clone()], reached: vec![None], n_steps: 0 };
        let mut known = HashSet::from([first]);
        let mut level = 0..1;
        while !level.is_empty() {
            let next = walk.nodes.len();
            for (n_steps, found) in walk.look_around(level, scope, &known) {
                walk.n_steps += n_steps;
                for (i, event, node) in found {
                    if known.insert(node.clone()) {
                        assert!(
                            walk.nodes.len() < scope.nodes_max,
                            "no end after {}",
                            walk.path(i)
                        );
                        walk.nodes.push(node);
                        walk.reached.push(Some((i, event)));
                    }
                }
            }
            level = next..walk.nodes.len();
        }
        walk
    }

    /// What is found from each of these nodes and not known, on every core of the machine.
    fn look_around(
        &self,
        level: Range<usize>,
        scope: &Scope,
        known: &HashSet<Node>,
    ) -> Vec<(usize, Vec<Found>)> {
        let n_cores = thread::available_parallelism().map_or(1, NonZero::get);
        let of_a_core = |core: usize| {
            let mut found = HashMap::new();
            let n_steps = level.clone().skip(core).step_by(n_cores);
            let n_steps = n_steps.map(|i| self.look_from(i, scope, known, &mut found)).sum();
            (n_steps, found.into_iter().map(|(node, (i, event))| (i, event, node)).collect())
        };
        thread::scope(|scope| {
            let cores: Vec<_> =
                (0..n_cores).map(|core| scope.spawn(move || of_a_core(core))).collect();
            let joined = cores.into_iter().map(|it| it.join());
            joined.map(|it| it.unwrap_or_else(|broken| resume_unwind(broken))).collect()
        })
    }

    /// Lets everything happen in node `i`, and asserts the laws. Tells how much that was.
    fn look_from(
        &self,
        i: usize,
        scope: &Scope,
        known: &HashSet<Node>,
        found: &mut HashMap<Node, (usize, String)>,
    ) -> usize {
        let node = &self.nodes[i];
        if let Err(broken) = laws::reads_back(&node.state) {
            panic!("{broken}");
        }
        let deeds = match node.state.stage {
            Stage::Paused { .. } => &scope.deeds_in_a_pause,
            _ => &scope.deeds,
        };
        let happenings = (scope.happenings)(node);
        for (event, facts) in deeds.iter().chain(&happenings) {
            let decision = decide(&node.state, event, facts, NOW);
            let step = Step { before: node, event, facts, decision: &decision };
            let after = match laws::check(&step) {
                Ok(after) if after == *node => continue,
                Ok(after) => (scope.normal)(after),
                Err(broken) => panic!(
                    "{broken}\n  after {}\n  in {node:?}\n  at {event:?}\n  with {facts:?}\n  came \
                     {decision:?}",
                    self.path(i)
                ),
            };
            if after != *node && !known.contains(&after) && !found.contains_key(&after) {
                if let Err(broken) = laws::reads_back(&decision.effects) {
                    panic!("{broken}");
                }
                found.insert(after, (i, event.name().to_owned()));
            }
        }
        deeds.len() + happenings.len()
    }

    /// How many states of this kind there are.
    pub(super) fn reached(&self, is_one: impl Fn(&Node) -> bool) -> usize {
        self.nodes.iter().filter(|it| is_one(it)).count()
    }

    /// The events that first led to node `i`.
    fn path(&self, mut i: usize) -> String {
        let mut names = Vec::new();
        while let Some((from, event)) = &self.reached[i] {
            names.push(event.clone());
            i = *from;
        }
        names.reverse();
        names.join(", ")
    }
}

/// The same state under the walk's few names, and without what is counted of the work.
fn normal(node: Node) -> Node {
    let mut node = few_names(node);
    node.tally = Tally::default();
    let state = &mut node.state;
    // Whether people were told of their own silence changes nothing that follows.
    (state.quiet, state.plan_gone) = (false, false);
    // How often the work of an issue changed hands has a walk of its own, in `counters`.
    state.handoffs = 0;
    if state.stage.work().is_some() || matches!(state.stage, Stage::Paused { .. }) {
        // What an issue was before it was built does not matter any more.
        state.override_level = None;
        state.shown_level = None;
        state.joined.clear();
    }
    let is_asked =
        matches!(&state.stage, Stage::Inspecting { then, .. } if *then != Then::OnItsWay);
    if !is_asked && (state.stage.work().is_some() || matches!(state.stage, Stage::Paused { .. })) {
        state.asked_in = None;
    }
    // Only how a run begins rests on the rung before it, and the rows hold that.
    if !matches!(state.stage, Stage::Planning { .. }) {
        state.tier = None;
    }
    // So does a tier that somebody chose by label.
    if state.stage != Stage::Seen {
        state.override_tier = None;
    }
    match &state.stage {
        // Here the allowance grows and shrinks; elsewhere none, one and more are all there is.
        Stage::Seen | Stage::Planning { .. } | Stage::Planned { .. } => {}
        // What it wraps has been walked by itself; here it matters what the pause makes of it.
        Stage::Paused { .. } => {
            state.allowance = state.allowance.min(1);
            node.timers.insert(TimerKind::Remind);
            forget_rounds(&mut state.stage);
        }
        Stage::Stopped { held, .. } => {
            let most = if held.work.is_some() { 1 } else { 2 };
            state.allowance = state.allowance.min(most);
            (state.override_level, state.shown_level) = (None, None);
        }
        _ => state.allowance = state.allowance.min(2),
    }
    name_one_head(&mut state.stage);
    // What was built by an earlier revision matters where a plan waits, and there it is one task.
    let waits = matches!(state.stage, Stage::Planned { .. } | Stage::Planning { .. });
    state.built = state.built.take().filter(|_| waits).map(one_task);
    if let Some(work) = work_of(&mut state.stage) {
        (work.tier, work.reds, work.escalations) = (Tier::Haiku, 0, 0);
        (work.rounds, work.told_ready, work.fixes, work.made_way) = (0, false, 0, false);
        // Where work goes on in a pull request of people's own has a walk of its own, in `related`.
        work.adopted = None;
        work.unchecked = false;
        // Only what a review asks for can be lent.
        work.lent &= work.task.as_deref().is_some_and(is_review_task);
    }
    if let Stage::HandingOver { to, trigger, .. } = &mut state.stage {
        (*to, *trigger) = (Tier::Sonnet, Trigger::Stuck);
    }
    node
}

/// Work by the first revision, of which one task is done or none.
fn one_task(work: Work) -> Work {
    let mut work = Work { task: None, tier: Tier::Haiku, by_hand: false, ..work };
    work.plan = PlanRef { revision: 1, hash: "hash 1".to_owned() };
    work.done.retain(|it| it == "t1");
    work.skipped.clear();
    (work.reds, work.escalations, work.fix_offered) = (0, 0, false);
    (work.rounds, work.told_ready, work.fixes, work.made_way) = (0, false, 0, false);
    work.lent = false;
    work
}

/// How often a paused planner has asked is counted where it is not paused.
fn forget_rounds(stage: &mut Stage) {
    match stage {
        Stage::Paused { wrapped, .. } => forget_rounds(wrapped),
        Stage::Planning { rounds, .. } => *rounds = 0,
        Stage::Asking { round, .. } => *round = 1,
        _ => {}
    }
}

/// One epoch, one name for the live run, one failure for all that a run may report.
pub(super) fn few_names(mut node: Node) -> Node {
    let state = &mut node.state;
    state.epoch = 1;
    rename(&mut state.stage);
    // How often an issue has lived decides nothing but names.
    state.life = 1;
    // Whether people were told half-way of a silence changes nothing that follows.
    node.timers.remove(&TimerKind::Poke);
    // Runs that do not begin have a walk of their own, in `not_started`; elsewhere they do.
    node.timers.remove(&TimerKind::Start);
    state.starting = None;
    match &mut state.stage {
        Stage::Blocked { why, .. } => *why = one_failure(*why),
        Stage::Stopped { held, .. } => held.blocked = held.blocked.map(one_failure),
        _ => {}
    }
    node
}

/// One name for the live run, and one reason for a run that is owed.
fn rename(stage: &mut Stage) {
    match stage {
        Stage::Planning { run, .. }
        | Stage::Asking { run, .. }
        | Stage::HandingOver { run, .. }
        | Stage::Inspecting { run, .. }
        | Stage::Working { doing: Doing::Building { run } | Doing::Pushing { run }, .. } => {
            *run = RunId::from(LIVE);
        }
        Stage::Paused { wrapped, owed, .. } => {
            rename(wrapped);
            if let Some(Owed::Run { tier, ask: Ask::Task { trigger, .. }, .. }) = owed {
                (*tier, *trigger) = (Tier::Haiku, Trigger::Manual);
            }
        }
        _ => {}
    }
}

/// The work that a stage carries, to be changed.
pub(super) fn work_of(stage: &mut Stage) -> Option<&mut Work> {
    match stage {
        Stage::Working { work, .. }
        | Stage::HandingOver { work, .. }
        | Stage::Inspecting { work, .. }
        | Stage::Ready { work } => Some(work),
        Stage::Paused { wrapped, .. } => work_of(wrapped),
        Stage::Asking { work, .. } => work.as_mut(),
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.work.as_mut(),
        _ => None,
    }
}

fn one_failure(why: Block) -> Block {
    match why {
        Block::Run(_) => Block::Run(RunFailure::Unreadable),
        other => other,
    }
}

/// What can happen in `node` without a person, or whoever did it.
fn happenings(node: &Node) -> Vec<(Event, Facts)> {
    let mut events = vec![
        Event::Closed,
        Event::Gone,
        Event::BranchDeleted,
        Event::PullRequestClosed { merged: true },
        Event::PullRequestClosed { merged: false },
        Event::Locked { on: true },
        Event::Locked { on: false },
        Event::Halted,
        Event::Uninstalled,
        Event::Suspended,
    ];
    events.extend(PURPOSES.map(gives_up));
    events.extend(TimerKind::ALL.map(|kind| Event::TimerDue { kind, epoch: 0 }));
    let armed = node.timers.iter().chain(&[TimerKind::Poke]);
    events.extend(armed.map(|kind| Event::TimerDue { kind: *kind, epoch: node.state.epoch }));
    for run in [LIVE, "old"] {
        events.extend(told_by(run, node));
    }
    events.extend(CI.map(concludes));
    events.push(Event::CiConcluded { sha: Sha("c".repeat(40)), ci: Ci::Green });
    events.push(Event::StatusEdited);
    events.push(ticked_in_file(&["t1", "t2"], &[]));
    events.push(ticked_in_file(&[], &["t1"]));
    let mut happenings: Vec<_> = events.into_iter().map(|event| (event, facts())).collect();
    for facts in heads(node) {
        for by in [ann(), tom(), robo()] {
            happenings.push((Event::PlanMerged { by }, facts.clone()));
        }
        for (forced, by_bot) in [(false, false), (true, false), (false, true)] {
            happenings.push((pushed_by(forced, by_bot), facts.clone()));
        }
        happenings.push((asks(ann(), approve()), facts.clone()));
        happenings.push((asks(ann(), implement()), facts.clone()));
        let opus = Command::Handoff { to: Rung::To(Tier::Opus) };
        for command in [Command::Retry, Command::Resume, opus] {
            happenings.push((asks(ann(), command), facts.clone()));
        }
        let pause = ControlLabel::Pause;
        happenings.push((Event::Unlabelled { by: ann(), label: pause }, facts.clone()));
        happenings.push((ticks_task(ann(), "t1", true), facts.clone()));
        happenings.push((ticks(ann(), node.state.revision), facts));
    }
    let halted = Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() };
    happenings.push((concludes(Ci::Green), halted.clone()));
    happenings.push((reports(LIVE, Report::Findings { ask_for_work: false }), halted));
    happenings.extend(known_beside(LIVE).into_iter().chain(known_of_branches(node)));
    happenings.extend(related::all());
    let asks_yes = Some(AsksYes { run: RunId::from(LIVE), hash: "abc".to_owned() });
    for command in [Command::Allow { hash: "abc".to_owned() }, Command::Retry] {
        let asks_yes = asks_yes.clone();
        happenings.push((asks(ann(), command), Facts { asks_yes, ..facts() }));
    }
    happenings
}

/// What a run reports.
fn told_by(run: &str, node: &Node) -> Vec<Event> {
    let mut events = Vec::new();
    let next = (node.state.revision + 1).min(REVISIONS_MAX);
    let hash = format!("hash {next}");
    events.push(reports(run, Report::Plan { revision: next, hash }));
    events.push(reports(run, Report::Failed { why: RunFailure::MoneyLimit }));
    events.push(reports(run, Report::Waits));
    events.push(reports(run, Report::OverLimit));
    events.push(reports(run, Report::NearLimit));
    events.push(reports(run, Report::Costly));
    events.push(reports(run, Report::Outgrown));
    events.push(reports(run, Report::Noted));
    events.push(reports(run, Report::TaskDone));
    for ask_for_work in [false, true] {
        events.push(reports(run, Report::Findings { ask_for_work }));
    }
    events.push(reports(run, Report::Pushed { sha: head() }));
    for needs_yes in [true, false] {
        events.push(reports(run, Report::PushRefused { needs_yes, hash: "abc".to_owned() }));
    }
    events.push(reports(run, Report::ApprovalsStand));
    events.push(reports(run, Report::Failed { why: RunFailure::TurnLimit }));
    let rounds = match node.state.stage.unpaused() {
        Stage::Planning { rounds, .. } => *rounds,
        _ => 0,
    };
    if rounds < ROUNDS_MAX {
        events.push(reports(run, Report::Questions { count: 2 }));
    }
    events
}

/// What may stand at the head of the plan's branch, and what may have been announced.
fn heads(node: &Node) -> Vec<Facts> {
    let next = (node.state.revision + 1).min(REVISIONS_MAX);
    let mut heads: Vec<Facts> = [
        PlanAtHead::NotRead,
        PlanAtHead::Same,
        edited_into(next),
        PlanAtHead::Invalid("line 3: no".to_owned()),
        PlanAtHead::Missing,
        PlanAtHead::Unknown,
    ]
    .map(|head| Facts { announced: Some((node.state.revision, NOW)), ..facts_at_head(head) })
    .into();
    heads.push(Facts { announced: None, ..facts() });
    heads.push(Facts { next_branch: true, ..facts() });
    heads.push(Facts { announced: Some((node.state.revision, NOW + Millis(1))), ..facts() });
    heads
}

/// What the work's branch and its base make another event of.
fn known_of_branches(node: &Node) -> Vec<(Event, Facts)> {
    without_the_head().into_iter().chain(deeds_on_stale(&node.state.stage)).collect()
}

/// What people may settle or take up again while nobody can read the head of the branch.
fn without_the_head() -> Vec<(Event, Facts)> {
    let ticks = ["t1", "t2"].map(|it| ticks_task(ann(), it, true));
    let file =
        Event::TickedInFile { tasks: vec!["t1".to_owned(), "t2".to_owned()], reopened: Vec::new() };
    let events = ticks.into_iter().chain([file, asks(ann(), Command::Retry)]);
    let gone = Facts { head: None, ..facts_at_head(PlanAtHead::Missing) };
    let unread = events.map(|it| (it, Facts { head: None, ..facts() }));
    unread.chain([(asks(ann(), Command::Retry), gone)]).collect()
}

/// What facts alone make another event of.
fn known_beside(run: &str) -> Vec<(Event, Facts)> {
    let concerns = [SecurityConcern::Planned, SecurityConcern::Built].into_iter();
    let touching = concerns.map(|it| Facts { security: Some(it), ..facts() });
    let nothing = || reports(run, Report::Findings { ask_for_work: false });
    let lately = || Facts { pushed_lately: true, ..facts() };
    let pushes = [false, true].map(|by_bot| (pushed_by(false, by_bot), lately()));
    let unverified = (concludes(Ci::Unverified), facts_without_ci());
    touching.map(|it| (nothing(), it)).chain(pushes).chain([unverified]).collect()
}
