//! The exhaustive walk: breadth first over every reachable state, every event in each, with the
//! facts that matter to it, and every law after each step.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread;

use baton::base::{Millis, RunId, Sha};
use baton::domain::command::{Command, Rung};
use baton::domain::policy::Policy;
use baton::domain::security::SecurityConcern;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    AsksYes, Ci, ControlLabel, Event, Facts, PlanAtHead, Report, RunFailure, Stage, State,
    TimerKind, decide,
};

use super::alike::normal;
use super::deeds::{deeds, ticked_in_file, whom_rest_tells_apart};
use super::laws::{self, Node, Step};
use super::related;
use super::stale_words::deeds_on_stale;
use super::words::{
    CI, NOW, PURPOSES, ann, approve, asks, concludes, edited_into, everybody, facts, facts_at_head,
    facts_without_ci, gives_up, head, implement, pushed_by, pushed_plan, reports, robo, ticks,
    ticks_task, tom,
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
        deeds_at_rest: deeds(&whom_rest_tells_apart()),
        happenings,
        normal,
        nodes_max: 100_000,
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
    /// What can happen instead where work is paused or over.
    pub(super) deeds_at_rest: Vec<(Event, Facts)>,
    /// What can happen in this one beside that.
    pub(super) happenings: fn(&Node) -> Vec<Happening>,
    /// The same state under the walk's few names, without what the walk is not about.
    pub(super) normal: fn(Node) -> Node,
    /// More states than this mean that something grows without end.
    pub(super) nodes_max: usize,
}

/// What can happen in one state. Many share their facts, which take longer to make than a step.
pub(super) type Happening = (Event, Rc<Facts>);

/// These events, each with these facts.
pub(super) fn given(events: impl IntoIterator<Item = Event>, facts: Facts) -> Vec<Happening> {
    let facts = Rc::new(facts);
    events.into_iter().map(|event| (event, Rc::clone(&facts))).collect()
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
            Stage::Paused { .. } | Stage::Stopped { .. } => &scope.deeds_at_rest,
            _ => &scope.deeds,
        };
        let happenings = (scope.happenings)(node);
        let deeds_here = deeds.iter().map(|(event, facts)| (event, facts));
        let happenings_here = happenings.iter().map(|(event, facts)| (event, &**facts));
        for (event, facts) in deeds_here.chain(happenings_here) {
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

/// What can happen in `node` without a person, or whoever did it.
pub(super) fn happenings(node: &Node) -> Vec<Happening> {
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
        Event::Unsuspended,
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
    events.extend(related::happenings());
    let mut happenings = given(events, facts());
    for facts in heads(node) {
        happenings.extend(given(deeds_at_a_head(node), facts));
    }
    let halted = Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() };
    let nothing_found = reports(LIVE, Report::Findings { ask_for_work: false });
    happenings.extend(given([concludes(Ci::Green), nothing_found], halted));
    happenings.extend(known_beside(LIVE).into_iter().chain(known_of_branches(node)));
    let asks_yes = Some(AsksYes { run: RunId::from(LIVE), hash: "abc".to_owned() });
    let commands = [Command::Allow { hash: "abc".to_owned() }, Command::Retry];
    let asked = commands.map(|command| asks(ann(), command));
    happenings.extend(given(asked, Facts { asks_yes, ..facts() }));
    happenings
}

/// What rests on the plan that stands at the head.
fn deeds_at_a_head(node: &Node) -> Vec<Event> {
    let mut deeds: Vec<Event> = [ann(), tom(), robo()].map(|by| Event::PlanMerged { by }).into();
    deeds.extend(
        [(false, false), (true, false), (false, true)]
            .map(|(forced, by_bot)| pushed_by(forced, by_bot)),
    );
    deeds.push(pushed_plan());
    let opus = Command::handoff(Rung::To(Tier::Opus));
    let commands = [approve(), implement(), Command::Retry, Command::Resume, opus];
    deeds.extend(commands.map(|command| asks(ann(), command)));
    deeds.push(Event::Unlabelled { by: ann(), label: ControlLabel::Pause });
    deeds.extend([ticks_task(ann(), "t1", true), ticks(ann(), node.state.revision)]);
    deeds
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
fn known_of_branches(node: &Node) -> Vec<Happening> {
    without_the_head().into_iter().chain(deeds_on_stale(&node.state.stage)).collect()
}

/// What people may settle or take up again while nobody can read the head of the branch.
fn without_the_head() -> Vec<Happening> {
    let mut events: Vec<Event> = ["t1", "t2"].map(|it| ticks_task(ann(), it, true)).into();
    let tasks = vec!["t1".to_owned(), "t2".to_owned()];
    events.push(Event::TickedInFile { tasks, reopened: Vec::new() });
    events.push(asks(ann(), Command::Retry));
    let mut happenings = given(events, Facts { head: None, ..facts() });
    let gone = Facts { head: None, ..facts_at_head(PlanAtHead::Missing) };
    happenings.extend(given([asks(ann(), Command::Retry)], gone));
    happenings
}

/// What facts alone make another event of.
fn known_beside(run: &str) -> Vec<Happening> {
    let mut happenings = Vec::new();
    for concern in [SecurityConcern::Planned, SecurityConcern::Built] {
        let nothing = reports(run, Report::Findings { ask_for_work: false });
        happenings.extend(given([nothing], Facts { security: Some(concern), ..facts() }));
    }
    let pushes = [false, true].map(|by_bot| pushed_by(false, by_bot));
    happenings.extend(given(pushes, Facts { pushed_lately: true, ..facts() }));
    happenings.extend(given([concludes(Ci::Unverified)], facts_without_ci()));
    happenings
}
