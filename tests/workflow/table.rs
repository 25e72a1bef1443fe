//! `docs/WORKFLOW.md` is written from the code: this renders it and compares. When the machine
//! changes, the new page is left beside the build; it is read line by line before it is copied.

use std::fmt::Write;
use std::fs;

use baton::base::{MicroUsd, Millis};
use baton::domain::budget::Scope;
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::policy::Mode;
use baton::domain::tier::{Complexity, Tier};
use baton::domain::workflow::{
    Actor, Ask, BaseNow, ControlLabel, Decision, Effect, Event, Facts, Owed, PlanAtHead, Post,
    Purpose, Reaction, Report, Request, ReviewSays, RunFailure, Spot, Stage, Threads, TimerKind,
    Verdict,
};

use super::deeds::ticked_in_file;
use super::reasons::refusal;
use super::stages_table::{Begin, stages};
use super::stale_words::{
    changed_into, facts_at_base, implement_anyway, ticks_anyway, ticks_refresh,
};
use super::words::{
    CI, LINE, NOW, allow, ann, answer, approve, approve_revision, asks, budget, budget_more,
    by_hand, concludes, edited_into, eve, facts, facts_at_head, facts_at_limit, facts_by_review,
    facts_in, facts_that_start, fix, fix_in, gives_up, head, implement, labels, mia, ora, paid,
    plan, plan_for, plan_saying, pushed, pushed_by, reports, requests, requests_changes,
    review_approves, reviews, revise, robo, says_answers, task, ticks, ticks_allow, ticks_fix,
    ticks_start, ticks_task, tom,
};
use super::{labels_table, looks_table, related};

const PAGE: &str = "docs/WORKFLOW.md";
const INTRODUCTION: &str = include_str!("introduction.md");

#[test]
fn the_page_about_the_workflow_is_true() {
    let page = page();
    if fs::read_to_string(PAGE).is_ok_and(|it| it == page) {
        return;
    }
    let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/WORKFLOW.md");
    fs::write(fresh, page).unwrap();
    panic!(
        "{PAGE} is not what the machine does. Read `diff {PAGE} {fresh}` line by line; when each \
         line is what you want, `cp {fresh} {PAGE}`."
    );
}

/// An event's name, and what becomes of it.
type Row = (String, String);

/// The introduction, then what every stage answers alike, then what each answers by itself. Events
/// that come to the same share a line, so that the page can be read.
fn page() -> String {
    let stages: Vec<_> = stages()
        .into_iter()
        .chain(looks_table::stages())
        .map(|(title, about, story)| (title, about, rows(&story)))
        .collect();
    let alike = |row: &Row| stages.iter().all(|(_, _, rows)| rows.contains(row));
    let (everywhere, _): (Vec<Row>, Vec<Row>) =
        stages[0].2.iter().cloned().partition(|row| alike(row));
    let mut out = INTRODUCTION.to_owned();
    write_table(&mut out, "In every stage", "", &everywhere);
    for (title, about, rows) in &stages {
        let own: Vec<Row> = rows.iter().filter(|row| !alike(row)).cloned().collect();
        write_table(&mut out, title, about, &own);
    }
    out
}

fn rows(story: &Begin) -> Vec<Row> {
    let row = |(name, event, facts): (String, Event, Facts)| {
        let before = story().given(facts);
        let from = before.stage().name();
        let after = before.then(event);
        let decision = after.last();
        (name, format!("{} | {}", outcome(from, decision), done(decision)))
    };
    events(story).into_iter().map(row).collect()
}

fn write_table(out: &mut String, title: &str, about: &str, rows: &[Row]) {
    let _ = write!(out, "\n## {title}\n\n");
    if !about.is_empty() {
        let _ = write!(out, "{about}\n\n");
    }
    let _ = write!(out, "| event | outcome | effects |\n|---|---|---|\n");
    let mut outcomes: Vec<&str> = Vec::new();
    for (_, outcome) in rows {
        if !outcomes.contains(&outcome.as_str()) {
            outcomes.push(outcome);
        }
    }
    for outcome in outcomes {
        let same = rows.iter().filter(|(_, it)| it == outcome);
        let names: Vec<&str> = same.map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(out, "| {} | {outcome} |", names.join("; "));
    }
}

/// One row per event. People have write access where nothing else is said.
fn events(story: &Begin) -> Vec<(String, Event, Facts)> {
    let mut rows = Vec::new();
    let mut row =
        |name: &str, event: Event, facts: Facts| rows.push((name.to_owned(), event, facts));
    for mode in Mode::ALL {
        row(
            &format!("issue opened or edited, mode {}", mode.name()),
            Event::Edited,
            facts_in(mode),
        );
    }
    for (name, event) in wishes() {
        row(name, event, facts());
    }
    for (name, event) in labels_table::rows().into_iter().chain(looks_table::rows()) {
        row(&name, event, facts());
    }
    row("`plan`, issue empty", asks(ann(), plan()), Facts { has_text: false, ..facts() });
    row("`retry`, issue closed", asks(ann(), Command::Retry), Facts { open: false, ..facts() });
    for (name, event) in others() {
        row(name, event, facts());
    }
    for (name, event, facts) in stale_rows(story().stage()) {
        row(&name, event, facts);
    }
    for (name, head) in [
        ("as announced", PlanAtHead::Same),
        ("edited", edited_into(2)),
        ("not a plan", PlanAtHead::Invalid("line 3: no".to_owned())),
        ("gone", PlanAtHead::Missing),
        ("not to be read", PlanAtHead::Unknown),
    ] {
        let facts = facts_at_head(head);
        row(&format!("`approve`, plan at the head {name}"), asks(ann(), approve()), facts.clone());
        let merged = Event::PlanMerged { by: ann() };
        row(&format!("plan merged by hand, plan in the tree {name}"), merged, facts.clone());
        row(&format!("push, plan at the head {name}"), pushed(), facts.clone());
        row(&format!("`retry`, plan at the head {name}"), asks(ann(), Command::Retry), facts);
    }
    let forced = pushed_by(true, false);
    row("push that rewrites history, plan as announced", forced, facts());
    let later = Facts { announced: Some((1, NOW + Millis(1))), ..facts() };
    row("`approve`, where that starts", asks(ann(), approve()), facts_that_start());
    row("`approve`, announced later", asks(ann(), approve()), later);
    let lately = Facts { answered_lately: true, ..facts() };
    for (name, scope) in [
        ("the issue's limit", Scope::Issue),
        ("the run's limit", Scope::Run),
        ("a limit of the day", Scope::RepositoryDay),
    ] {
        let facts = facts_at_limit(scope, "fresh");
        let name = format!("`budget +5` by maintain, met {name}");
        row(&name, asks(mia(), budget_more(5)), facts);
    }
    let facts_of_issue = facts_at_limit(Scope::Issue, "fresh");
    row("`budget 4` by maintain, $4.90 used", asks(mia(), budget(4)), facts_of_issue.clone());
    row("`budget 500` by maintain", asks(mia(), budget(500)), facts_of_issue);
    for (name, threads) in [("none", Threads::Open(0)), ("unread", Threads::Unknown)] {
        row(&format!("`fix`, open threads: {name}"), fix(ann(), ""), Facts { threads, ..facts() });
    }
    for (name, says) in [
        ("review approves", ReviewSays::Approves { at_head: true }),
        ("review of an older commit approves", ReviewSays::Approves { at_head: false }),
        ("ann's review dismissed", ReviewSays::Dismissed { reviewer: Some(ann().id) }),
    ] {
        let name = format!("{name}, where reviews approve");
        row(&name, reviews(ann(), says), facts_by_review());
    }
    row("`cost` by a reader, answered within the hour", asks(eve(), Command::Cost), lately);
    rows.extend(happenings(story));
    rows
}

/// What happens without a person: runs, checks, time, and GitHub's own news.
fn happenings(story: &Begin) -> Vec<(String, Event, Facts)> {
    let mut rows = Vec::new();
    let mut row =
        |name: &str, event: Event, facts: Facts| rows.push((name.to_owned(), event, facts));
    let before = story();
    let run = before.stage().heard_run().map_or("gone", |it| it.as_str()).to_owned();
    for (name, report) in [
        ("run asks", Report::Questions { count: 2 }),
        ("run waits for its provider", Report::Waits),
        ("run meets a limit on money", Report::OverLimit),
        ("run nears the issue's limit", Report::NearLimit),
        ("run costs twice its estimate", Report::Costly),
        ("run outgrows its conversation", Report::Outgrown),
        ("run notes", Report::Noted),
        ("run submits plan", Report::Plan { revision: 2, hash: "hash 2".to_owned() }),
        ("run says its task is done", Report::TaskDone),
        ("run finds nothing", Report::Findings { ask_for_work: false }),
        ("run finds work", Report::Findings { ask_for_work: true }),
        ("changes pushed", Report::Pushed { sha: head() }),
        ("changes need a yes", refused_push(true)),
        ("changes refused", refused_push(false)),
        ("approvals of the plan stand", Report::ApprovalsStand),
        ("run failed", Report::Failed { why: RunFailure::MoneyLimit }),
        ("run used its turns", Report::Failed { why: RunFailure::TurnLimit }),
    ] {
        row(name, reports(&run, report), facts());
    }
    for ci in CI {
        row(&format!("checks: {ci:?}").to_lowercase(), concludes(ci), facts());
    }
    row("task t1 ticked in the file", in_file(), facts());
    row("status comment edited", Event::StatusEdited, facts());
    for kind in TimerKind::ALL {
        let event = Event::TimerDue { kind, epoch: before.state.epoch };
        row(&format!("timer: {}", kind.name()), event, facts());
    }
    let epoch = before.state.epoch;
    let closed = Event::TimerDue { kind: TimerKind::Closed, epoch };
    row("timer: closed, and the issue is", closed, Facts { open: false, ..facts() });
    for (name, purpose) in [
        ("given up: commit or pull request", Purpose::Publish),
        ("given up: questions, news, call", Purpose::Tell),
        ("given up: start or word to a run", Purpose::Run),
        ("given up: anything else", Purpose::Courtesy),
    ] {
        row(name, gives_up(purpose), facts());
    }
    for event in [
        Event::BranchDeleted,
        Event::PullRequestClosed { merged: true },
        Event::PullRequestClosed { merged: false },
        Event::Closed,
        Event::Reopened { by: ann() },
        Event::Gone,
        Event::Locked { on: true },
        Event::Locked { on: false },
        Event::Halted,
        Event::Suspended,
        Event::Unsuspended,
        Event::Uninstalled,
    ] {
        row(event.name(), event.clone(), facts());
    }
    rows.extend(related::rows().into_iter().map(|(name, event)| (name, event, facts())));
    rows
}

/// What a base that went on makes of starting and approving a plan that waits.
fn stale_rows(stage: &Stage) -> Vec<(String, Event, Facts)> {
    let start = Command::Approve { revision: None, start: true };
    let mut rows = Vec::new();
    if !matches!(stage.unpaused(), Stage::Planned { .. }) {
        return rows;
    }
    for (base, now) in [
        ("files changed on the base", BaseNow::Stale(changed_into("2"))),
        ("other files changed on the base", BaseNow::Stale(changed_into("3"))),
        ("base not to be read", BaseNow::Unknown),
    ] {
        for (name, event) in [
            ("`approve`", asks(ann(), approve())),
            ("`approve --start`", asks(ann(), start.clone())),
            ("`implement`", asks(ann(), implement())),
            ("`implement manual`", asks(ann(), by_hand())),
            ("`implement --anyway`", asks(ann(), implement_anyway(false))),
            ("box \"start now\" ticked", ticks_start(ann(), 1)),
            ("box \"start anyway\" ticked", ticks_anyway(ann(), 1, &changed_into("2"))),
            ("box \"refresh\" ticked", ticks_refresh(ann(), 1, &changed_into("2"))),
        ] {
            rows.push((format!("{name}, {base}"), event, facts_at_base(now.clone())));
        }
    }
    rows
}

fn refused_push(needs_yes: bool) -> Report {
    Report::PushRefused { needs_yes, hash: "abc".to_owned() }
}

fn in_file() -> Event {
    ticked_in_file(&["t1"], &[])
}

fn wishes() -> Vec<(&'static str, Event)> {
    let command = |it| asks(ann(), it);
    vec![
        ("`plan`", command(plan())),
        ("`plan` with words", command(plan_saying("smaller"))),
        ("`plan --budget 1` with words", command(plan_for(MicroUsd::dollars(1), "smaller"))),
        ("label `baton:plan`", labels(ann())),
        ("`answer 2 …`", command(answer(&[2]))),
        ("`answer 9 …`", command(answer(&[9]))),
        ("comment `2: …`", says_answers(ann(), &[2])),
        ("`revise`", command(revise())),
        ("`approve 1`", command(approve_revision(1))),
        ("`approve 2`", command(approve_revision(2))),
        ("box \"approve 1\" ticked", ticks(ann(), 1)),
        ("box \"start now\" ticked", ticks_start(ann(), 1)),
        ("box \"start anyway\" ticked", ticks_anyway(ann(), 1, &changed_into("2"))),
        ("box \"refresh\" ticked", ticks_refresh(ann(), 1, &changed_into("2"))),
        ("label `baton:approved`", Event::Labelled { by: ann(), label: ControlLabel::Approved }),
        (
            "label `baton:approved` taken off",
            Event::Unlabelled { by: ann(), label: ControlLabel::Approved },
        ),
        ("`unapprove`", command(Command::Unapprove)),
        ("review asks for changes", requests_changes(ann(), "smaller")),
        ("review asks for changes and names none", requests_changes(ann(), "")),
        ("review approves", review_approves(ann())),
        ("`approve --start`", command(Command::Approve { revision: None, start: true })),
        ("`implement`", command(implement())),
        ("`implement manual`", command(by_hand())),
        ("`escalate`", command(Command::handoff(Rung::Up))),
        ("`downgrade`", command(Command::handoff(Rung::Down))),
        ("`handoff opus`", command(Command::handoff(Rung::To(Tier::Opus)))),
        ("`task t1 done`", command(task("t1", TaskAct::Done))),
        ("`task t1 reopen`", command(task("t1", TaskAct::Reopen))),
        ("`task t1 skip`", command(task("t1", TaskAct::Skip))),
        ("task t1 ticked", ticks_task(ann(), "t1", true)),
        ("task t1 unticked", ticks_task(ann(), "t1", false)),
        ("`fix` on the pull request", fix(ann(), "")),
        ("`fix` in a comment on a line", fix_in(LINE, ann())),
        ("`fix` in a review", fix_in(Spot::Review, ann())),
        ("box \"let Baton address the review\" ticked", ticks_fix(ann(), 1)),
        ("`allow`", command(Command::Allow { hash: "abc".to_owned() })),
        ("`allow` of the head", command(allow(&head().0))),
        ("yes to the head ticked", ticks_allow(ann(), &head().0[..12])),
        ("`reject`", command(Command::Reject)),
        ("`retry`", command(Command::Retry)),
        ("`pause`", command(Command::Pause)),
        ("`resume`", command(Command::Resume)),
        ("`budget 9`", command(budget(9))),
        ("`stop`", command(Command::Stop)),
        ("`route`", command(Command::Route { tokens: None })),
        ("`status`", command(Command::Status)),
        ("`cost`", command(Command::Cost)),
        ("`cost add 4`", command(paid())),
        ("`help`", command(Command::Help { command: None })),
    ]
}

/// What is asked by people who may not, or cannot be understood.
fn others() -> Vec<(&'static str, Event)> {
    let expert = ControlLabel::Complexity(Complexity::Expert);
    vec![
        ("unknown command", requests(ann(), Request::Unknown { nearest: Some("plan") })),
        ("`plan` by triage", asks(tom(), plan())),
        ("`plan` by triage, told before", asks(Actor { told: true, ..tom() }, plan())),
        ("`plan` by a reader", asks(eve(), plan())),
        ("`plan` by a bot", asks(robo(), plan())),
        ("`approve` by triage", asks(tom(), approve())),
        ("plan merged by somebody without the right", Event::PlanMerged { by: tom() }),
        ("plan merged by a bot", Event::PlanMerged { by: robo() }),
        ("box \"approve 1\" ticked by triage", ticks(tom(), 1)),
        ("box \"approve 1\" ticked by a bot", ticks(robo(), 1)),
        ("review asks for changes, by triage", requests_changes(tom(), "smaller")),
        ("review asks for changes, by a bot", requests_changes(robo(), "smaller")),
        ("`fix` by triage, in a comment on a line", fix_in(LINE, tom())),
        ("`fix` by a bot, in a review", fix_in(Spot::Review, robo())),
        ("`stop` by triage", asks(tom(), Command::Stop)),
        ("`answer 2 …` by the author, who may read", asks(ora(), answer(&[2]))),
        ("comment `2: …` by a reader", says_answers(eve(), &[2])),
        ("label `complexity: expert` by triage", Event::Labelled { by: tom(), label: expert }),
        ("label `complexity: expert` by a bot", Event::Labelled { by: robo(), label: expert }),
        ("report of a run that is not live", reports("old", Report::Questions { count: 1 })),
    ]
}

fn outcome(from: &str, decision: &Decision) -> String {
    match &decision.verdict {
        Verdict::Ignored(why) => format!("ignored: {}", why.reason()),
        Verdict::Refused(why) => format!("refused: {}", refusal(why)),
        Verdict::Done => match &decision.state.stage {
            Stage::Blocked { why, .. } if from != "Blocked" => format!("→ **Blocked** ({why:?})"),
            Stage::Blocked { why, .. } => format!("stays ({why:?})"),
            Stage::Stopped { why, .. } if from != "Stopped" => format!("→ **Stopped** ({why:?})"),
            Stage::Stopped { why, .. } => format!("stays ({why:?})"),
            Stage::Paused { wrapped, owed, .. } => {
                let owed = match owed {
                    Some(Owed::Run { .. }) => ", a run is owed",
                    Some(Owed::Push { .. }) => ", a push is owed",
                    None => "",
                };
                let moved = if from == "Paused" { "stays" } else { "→ **Paused**" };
                format!("{moved} ({}{owed})", wrapped.name())
            }
            stage if stage.name() == from => "stays".to_owned(),
            stage => format!("→ **{}**", stage.name()),
        },
    }
}

fn done(decision: &Decision) -> String {
    decision.effects.iter().map(effect).collect::<Vec<_>>().join(", ")
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::React { with: Reaction::Eyes, .. } => "eyes".to_owned(),
        Effect::React { with: Reaction::Rocket, .. } => "rocket".to_owned(),
        Effect::React { with: Reaction::Confused, .. } => "confused".to_owned(),
        Effect::ReactOnLine { with, .. } => format!("{with:?} on the line").to_lowercase(),
        Effect::ShowLevel { level } => format!("show level {level}"),
        Effect::Post { post } => format!("post {}", post_name(post)),
        Effect::SetTimer { kind, due } => {
            format!("set timer {} ({})", kind.name(), length(*due - NOW))
        }
        Effect::StartRun { tier, ask: Ask::Task { task, trigger, .. }, .. } => {
            format!("start {tier} on {task} ({})", trigger.name())
        }
        Effect::CommitPlan { revision } => format!("commit plan {revision}"),
        other => other.name().to_owned(),
    }
}

fn length(time: Millis) -> String {
    let (second, minute, day) = (Millis::seconds(1).0, Millis::minutes(1).0, Millis::days(1).0);
    match time.0 {
        ms if ms % day == 0 => format!("{} d", ms / day),
        ms if ms % minute == 0 => format!("{} min", ms / minute),
        ms => format!("{} s", ms / second),
    }
}

fn post_name(post: &Post) -> &'static str {
    match post {
        Post::Analysis { .. } => "analysis",
        Post::Help { .. } => "help",
        Post::Cost => "cost",
        Post::Questions { .. } => "questions",
        Post::PlanReady { .. } => "plan ready",
        Post::Stale { .. } => "question about a stale plan",
        Post::Ready { .. } => "ready",
        Post::Merged => "merged",
        Post::Blocked { .. } => "call for a person",
        Post::OverLimit { .. } => "call at a limit",
        Post::BudgetSet { .. } => "new limit",
        Post::Ended { .. } => "end",
        Post::Reminder { .. } => "reminder",
        Post::Refused { .. } => "refusal",
    }
}
