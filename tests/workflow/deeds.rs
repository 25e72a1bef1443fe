//! What people can do in any state, with the facts that matter to it.

use baton::base::MicroUsd;
use baton::domain::budget::Scope as Purse;
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::permission::{Place, Right};
use baton::domain::policy::{Mode, Policy};
use baton::domain::tier::{Complexity, Tier};
use baton::domain::workflow::{Actor, ControlLabel, Event, Facts, Money, Request, Threads};

use super::stale_words::{changed_into, implement_anyway, ticks_anyway, ticks_refresh};
use super::walk::{LIVE, REVISIONS_MAX};
use super::words::{
    allow, ann, answer, approve, approve_revision, asks, asks_there, budget, budget_more, by_hand,
    eve, every_fix, every_review, facts, facts_at_limit, facts_by_review, facts_in,
    facts_that_start, fix, head, implement, labels, mia, nobody, ora, paid, plan, plan_for,
    plan_on, plan_saying, requests, requests_changes, reviews, revise, robo, says_answers, task,
    ticks, ticks_allow, ticks_start, ticks_task, tom,
};

/// Who may do what is the same where work is paused or over as elsewhere; these are all that such a
/// stage itself can tell apart: with the right, without, whoever asked and lost it, and a bot.
pub(super) fn whom_rest_tells_apart() -> Vec<Actor> {
    vec![ann(), tom(), Actor { right: Right::Read, ..ann() }, robo()]
}

/// What these people can do in any state, each with the facts that matter to it.
pub(super) fn deeds(people: &[Actor]) -> Vec<(Event, Facts)> {
    let mut deeds = Vec::new();
    for mode in Mode::ALL {
        for event in [Event::Opened, Event::Edited] {
            deeds.push((event, facts_in(mode)));
        }
    }
    for by in people {
        deeds.extend(acts(by).into_iter().map(|event| (event, facts())));
    }
    let lately = Facts { answered_lately: true, ..facts() };
    for by in [ann(), tom(), ora(), eve(), nobody(), robo()] {
        for command in [Command::Help { command: None }, Command::Status, Command::Cost, plan()] {
            deeds.push((asks(by.clone(), command), lately.clone()));
        }
    }
    let booked = Facts { money: Money { booked: true, ..Money::default() }, ..facts() };
    for by in [ann(), eve(), robo()] {
        deeds.push((asks(by, paid()), booked.clone()));
    }
    for scope in [Purse::Run, Purse::Issue, Purse::RepositoryDay] {
        let facts = facts_at_limit(scope, LIVE);
        for command in [budget(4), budget(5), budget(500), budget_more(5)] {
            deeds.push((asks(mia(), command), facts.clone()));
        }
        deeds.push((asks(mia(), budget_more(5)), Facts { open: false, ..facts }));
    }
    for by in [Actor { told: true, ..mia() }, ann(), eve(), robo()] {
        deeds.push((asks(by, budget_more(5)), facts()));
    }
    for by in [ann(), Actor { told: true, ..ann() }, tom(), robo()] {
        deeds.extend(
            every_review().into_iter().map(|it| (reviews(by.clone(), it), facts_by_review())),
        );
    }
    deeds.push((requests_changes(Actor { unchecked: true, ..nobody() }, "no"), facts()));
    for threads in [Threads::NotRead, Threads::Unknown, Threads::Open(0)] {
        let facts = || Facts { threads, ..facts() };
        deeds.extend(every_fix(&ann()).into_iter().map(|event| (event, facts())));
    }
    for by in [ann(), tom(), robo()] {
        for event in [asks(by.clone(), approve()), ticks(by, 1)] {
            deeds.push((event, facts_that_start()));
        }
    }
    for event in spending(&ann()) {
        deeds.extend(obstacles().into_iter().map(|facts| (event.clone(), facts)));
    }
    deeds
}

/// Facts under which nothing starts, and those under which it does only with words.
fn obstacles() -> Vec<Facts> {
    vec![
        Facts { open: false, ..facts() },
        Facts { policy: Policy { planner_available: false, ..Policy::default() }, ..facts() },
        Facts { has_text: false, ..facts() },
        Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() },
    ]
}

/// What may start a run.
fn spending(by: &Actor) -> Vec<Event> {
    let ask = |command| asks(by.clone(), command);
    vec![
        ask(plan()),
        ask(plan_saying("small")),
        ask(revise()),
        ask(Command::Retry),
        ask(Command::Resume),
        labels(by.clone()),
        requests_changes(by.clone(), "smaller"),
        fix(by.clone(), "now"),
    ]
}

/// What a person can do.
fn acts(by: &Actor) -> Vec<Event> {
    let label = ControlLabel::Complexity(Complexity::Expert);
    let mut acts = spending(by);
    let commands = [
        plan_on(Tier::Sonnet),
        plan_for(MicroUsd::dollars(1), ""),
        plan_for(MicroUsd::dollars(1), "small"),
        answer(&[1]),
        answer(&[1, 2]),
        answer(&[9]),
        answer(&[]),
        Command::Route { tokens: None },
        Command::Help { command: None },
        Command::Status,
        Command::Cost,
        paid(),
        Command::Stop,
        Command::Pause,
    ];
    acts.extend(commands.into_iter().map(|it| asks(by.clone(), it)));
    acts.extend([
        requests(by.clone(), Request::Unknown { nearest: Some("plan") }),
        requests(by.clone(), Request::Malformed { name: "plan", sentence: "no".to_owned() }),
        says_answers(by.clone(), &[2]),
        says_answers(by.clone(), &[1, 2]),
        says_answers(by.clone(), &[9]),
        Event::Labelled { by: by.clone(), label },
        Event::Unlabelled { by: by.clone(), label },
        Event::Unlabelled { by: by.clone(), label: ControlLabel::Plan },
        Event::Reopened { by: by.clone() },
    ]);
    acts.extend([
        asks_there(by.clone(), Command::Test),
        asks_there(by.clone(), Command::Review),
        asks(by.clone(), implement()),
        asks(by.clone(), by_hand()),
        asks(by.clone(), implement_anyway(false)),
        asks(by.clone(), Command::Approve { revision: None, start: true }),
        asks(by.clone(), Command::handoff(Rung::Up)),
        asks(by.clone(), Command::handoff(Rung::Down)),
        asks(by.clone(), Command::handoff(Rung::To(Tier::Opus))),
        asks(by.clone(), Command::Allow { hash: "abc".to_owned() }),
        asks(by.clone(), allow(&head().0)),
        ticks_allow(by.clone(), &head().0[..12]),
        asks(by.clone(), task("t1", TaskAct::Done)),
        asks(by.clone(), task("t2", TaskAct::Skip)),
        asks(by.clone(), task("t9", TaskAct::Done)),
        ticks_task(by.clone(), "t1", true),
        ticks_task(by.clone(), "t1", false),
        ticks_task(by.clone(), "t2", true),
    ]);
    acts.extend(every_fix(by));
    acts.extend([Command::Unapprove, Command::Reject].map(|it| asks(by.clone(), it)));
    let model = ControlLabel::Model(Tier::Opus);
    for label in [ControlLabel::Approved, ControlLabel::Pause, ControlLabel::Manual, model] {
        acts.push(Event::Labelled { by: by.clone(), label });
        acts.push(Event::Unlabelled { by: by.clone(), label });
    }
    for revision in 1..=REVISIONS_MAX {
        acts.push(asks(by.clone(), approve_revision(revision)));
        acts.push(ticks(by.clone(), revision));
        acts.push(ticks_start(by.clone(), revision));
        acts.push(ticks_anyway(by.clone(), revision, &changed_into("2")));
        acts.push(ticks_refresh(by.clone(), revision, &changed_into("2")));
    }
    if let Event::Asked { by, comment, at, request, .. } = asks(by.clone(), Command::Retry) {
        let place = Place::OtherPullRequest;
        acts.push(Event::Asked { by, comment, at, place, request });
    }
    acts
}

/// Somebody's push sets and takes away ticks in the plan's file.
pub(super) fn ticked_in_file(tasks: &[&str], reopened: &[&str]) -> Event {
    let ids = |of: &[&str]| of.iter().map(|it| (*it).to_owned()).collect();
    Event::TickedInFile { tasks: ids(tasks), reopened: ids(reopened) }
}
