//! Pull requests of people's own: the words for them, the laws about them, and a walk of their own,
//! since the large one forgets which of them is adopted.

use baton::base::{IssueNumber, Sha};
use baton::domain::command::Command;
use baton::domain::permission::Right;
use baton::domain::workflow::{
    Actor, Ci, Doing, Effect, Event, Purpose, RelatedNews, Report, RunFailure, Stage, Stop, Then,
    TimerKind, Verdict,
};

use super::alike::{few_names, work_of};
use super::laws::{Held, Node, Step, law};
use super::pushed::forget_what_is_pushed;
use super::walk::{LIVE, Scope, Walk, given};
use super::words::{
    Story, ann, approve, asks, asks_there, building_by_hand, by_hand, concludes, facts, gives_up,
    head, implement, nobody, plan, pushed, reports, revise, robo, ticks_fix, ticks_task, tom,
};

/// The pull request that people open first, and another one.
pub(super) const FIRST: IssueNumber = IssueNumber(31);
pub(super) const SECOND: IssueNumber = IssueNumber(32);

/// Somebody opens, edits or pushes one that names the issue.
pub(super) fn names(by: Actor, number: IssueNumber) -> Event {
    Event::RelatedPull { number, news: RelatedNews::Named { by } }
}

pub(super) fn merges(number: IssueNumber, closes: bool) -> Event {
    Event::RelatedPull { number, news: RelatedNews::Merged { closes } }
}

pub(super) fn leaves(number: IssueNumber) -> Event {
    Event::RelatedPull { number, news: RelatedNews::Left }
}

/// What stands at the end of it.
pub(super) fn their_head() -> Sha {
    Sha("e".repeat(40))
}

/// Somebody pushes to it.
pub(super) fn pushed_there(by_bot: bool) -> Event {
    let sha = their_head();
    Event::Pushed { sha, elsewhere: true, forced: false, by_bot, code: true }
}

/// Its checks have spoken.
pub(super) fn concludes_there(ci: Ci) -> Event {
    Event::CiConcluded { sha: their_head(), ci }
}

/// People build in a pull request of their own.
pub(super) fn adopted() -> Story {
    building_by_hand().then(names(ann(), FIRST))
}

/// All that can happen to them, as far as the machine can tell it apart.
pub(super) fn happenings() -> Vec<Event> {
    let unread = Actor { unchecked: true, ..nobody() };
    let mut events: Vec<Event> =
        [ann(), tom(), robo(), unread].map(|by| names(by, FIRST)).into_iter().collect();
    events.extend([names(ann(), SECOND), pushed_there(false), pushed_there(true)]);
    for number in [FIRST, SECOND] {
        events.extend([merges(number, true), merges(number, false), leaves(number)]);
    }
    events
}

/// The rows of the page about the workflow.
pub(super) fn rows() -> Vec<(String, Event)> {
    let row = |name: &str, event: Event| (name.to_owned(), event);
    vec![
        row("pull request 31 names the issue, by write", names(ann(), FIRST)),
        row("pull request 32 names the issue, by write", names(ann(), SECOND)),
        row("pull request 31 names the issue, by triage", names(tom(), FIRST)),
        row("pull request 31 names the issue, by a bot", names(robo(), FIRST)),
        row("pull request 31 merged", merges(FIRST, false)),
        row("pull request 31 merged, which closes the issue", merges(FIRST, true)),
        row("pull request 32 merged, which closes the issue", merges(SECOND, true)),
        row("push to pull request 31", pushed_there(false)),
        row("push to pull request 31, by a bot", pushed_there(true)),
        row("pull request 31 closed", leaves(FIRST)),
        row("pull request 32 closed", leaves(SECOND)),
    ]
}

/// Which pull request work goes on in, wherever it stands.
fn adopted_in(stage: &Stage) -> Option<IssueNumber> {
    stage.work().and_then(|it| it.adopted)
}

/// Only a person with write has a pull request adopted, the first one, while people build by hand;
/// nothing of Baton's is built beside it; and its merge is the end from everywhere (law 6).
pub(super) fn law(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state.stage, &step.decision.state.stage);
    let (was, is) = (adopted_in(before), adopted_in(after));
    let builds = step.decision.effects.iter().any(|it| {
        matches!(it, Effect::PushChanges { .. } | Effect::FinishPlan { .. })
            || matches!(it, Effect::StartRun { role, .. } if role.name() == "implementer")
    });
    law!(is.is_none() || !builds, "Baton builds beside {is:?}");
    let Event::RelatedPull { number, news } = step.event else {
        law!(is == was || is.is_none(), "adopted by {:?}", step.event);
        return Ok(());
    };
    match news {
        RelatedNews::Named { by } => {
            let may = !by.bot && Right::Write <= by.right;
            let is_open = match before.unpaused() {
                Stage::Working { work, doing: Doing::ByHand } => work.by_hand,
                Stage::Working { work, doing: Doing::Checking { .. } } => {
                    work.by_hand && work.task.is_none()
                }
                Stage::Inspecting { then, .. } => *then == Then::ByHand,
                _ => false,
            };
            let expected = if may && is_open { was.or(Some(*number)) } else { was };
            law!(is == expected, "law 3: {by:?} names {number}, and {is:?} is adopted");
            law!(may || step.decision.verdict != Verdict::Done, "law 3: {by:?} is heard");
            law!(after.name() == before.name(), "naming moves {}", before.name());
        }
        RelatedNews::Merged { .. } if was == Some(*number) => {
            law!(matches!(after, Stage::Done { .. }), "law 6: merged, and not done");
        }
        RelatedNews::Merged { closes } => {
            let elsewhere = matches!(after, Stage::Stopped { why: Stop::ClosedElsewhere, .. });
            let ended = matches!(before, Stage::Stopped { .. } | Stage::Done { .. });
            law!(!closes || ended || elsewhere, "closed elsewhere, and it goes on");
            law!(*closes || after.name() == before.name(), "a merge beside it moves it");
        }
        RelatedNews::Left => law!(is == was.filter(|it| it != number), "{was:?} became {is:?}"),
    }
    Ok(())
}

#[test]
fn the_laws_hold_wherever_work_goes_on_in_a_pull_request_of_peoples_own() {
    let scope = Scope {
        deeds: deeds().into_iter().map(|it| (it, facts())).collect(),
        deeds_at_rest: deeds().into_iter().map(|it| (it, facts())).collect(),
        happenings: |node| given(around(node), facts()),
        normal,
        nodes_max: 60_000,
    };
    let walk = Walk::through(&scope);
    for name in ["Working", "Testing", "Reviewing", "Ready", "Paused", "Blocked", "Stopped"] {
        let is_one = |it: &Node| it.state.stage.name() == name;
        let n = walk.reached(|it| is_one(it) && adopted_in(&it.state.stage).is_some());
        assert!(0 < n, "nothing is adopted in {name}");
    }
    assert!(0 < walk.reached(|it| it.state.stage.name() == "Done"), "nothing was merged");
}

/// What the one maintainer can do.
fn deeds() -> Vec<Event> {
    let commands = [
        plan(),
        approve(),
        implement(),
        by_hand(),
        revise(),
        Command::Retry,
        Command::Stop,
        Command::Pause,
        Command::Resume,
    ];
    let mut deeds: Vec<Event> = commands.into_iter().map(|it| asks(ann(), it)).collect();
    deeds.extend([
        ticks_task(ann(), "t1", true),
        ticks_task(ann(), "t2", true),
        ticks_task(ann(), "t2", false),
        ticks_fix(ann(), 1),
        asks_there(ann(), Command::Test),
        asks_there(ann(), Command::Review),
        Event::Reopened { by: ann() },
        pushed(),
    ]);
    deeds
}

/// What happens around it.
fn around(node: &Node) -> Vec<Event> {
    let mut events = happenings();
    events.extend([
        Event::Closed,
        Event::BranchDeleted,
        Event::PullRequestClosed { merged: true },
        Event::PullRequestClosed { merged: false },
        Event::CiConcluded { sha: head(), ci: Ci::Green },
        concludes(Ci::Red),
        concludes_there(Ci::Green),
        concludes_there(Ci::Red),
        reports(LIVE, Report::Plan { revision: 1, hash: "hash 1".to_owned() }),
        reports(LIVE, Report::TaskDone),
        reports(LIVE, Report::Pushed { sha: head() }),
        reports(LIVE, Report::Findings { ask_for_work: false }),
        reports(LIVE, Report::Findings { ask_for_work: true }),
        reports(LIVE, Report::Failed { why: RunFailure::MoneyLimit }),
    ]);
    events.extend([Purpose::Publish, Purpose::Tell].map(gives_up));
    let epoch = node.state.epoch;
    let mine = [TimerKind::Stuck, TimerKind::GiveUp, TimerKind::Ci];
    events.extend(mine.map(|kind| Event::TimerDue { kind, epoch }));
    events
}

/// Which pull request is adopted stays; what is counted elsewhere does not.
fn normal(node: Node) -> Node {
    let mut node = few_names(node);
    node.tally = super::counters::Tally::default();
    let state = &mut node.state;
    state.allowance = state.allowance.min(1);
    state.joined.clear();
    (state.asked_in, state.tier, state.handoffs, state.quiet) = (None, None, 0, false);
    if matches!(state.stage, Stage::Planning { .. }) {
        state.allowance = 2;
    }
    forget_what_is_pushed(&mut state.stage);
    if let Some(work) = work_of(&mut state.stage) {
        (work.unchecked, work.overtaken) = (false, false);
        (work.tier, work.reds, work.escalations) = (baton::domain::tier::Tier::Haiku, 0, 0);
        (work.rounds, work.told_ready) = (0, false);
        (work.fixes, work.made_way) = (0, false);
    }
    node
}
