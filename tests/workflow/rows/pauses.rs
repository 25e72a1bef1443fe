//! `Paused`: what happens meanwhile counts, and nothing begins.

use baton::base::{MicroUsd, Millis, RunId, Sha, UserId};
use baton::domain::budget::Scope;
use baton::domain::command::{BudgetChange, Command, Rung};
use baton::domain::policy::Policy;
use baton::domain::tier::Role;
use baton::domain::workflow::{
    Actor, Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Owed, Pause, Post, Purpose,
    Refused, Report, RunFailure, RunLimit, Stage, TimerKind, Unpaused,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, allow, ann, answer, asking, asks, at_limit, budget, budget_more, building,
    building_by_hand, checking, concludes, edited_into, facts, facts_at_head, facts_at_limit,
    gives_up, head, implement, mia, paused, plan, planned, planning, pushed, pushed_plan, pushing,
    ready, reports, revise, submits, ticks_task, tom,
};

fn pause(story: Story) -> Story {
    story.then(asks(ann(), Command::Pause))
}

fn resume(story: Story) -> Story {
    story.then(asks(ann(), Command::Resume))
}

#[track_caller]
fn inside(story: &Story) -> (&Stage, Pause, Option<&Owed>) {
    match story.stage() {
        Stage::Paused { why, wrapped, owed } => (wrapped, *why, owed.as_ref()),
        other => panic!("{other:?}"),
    }
}

fn has(story: &Story, effect: &Effect) -> bool {
    story.effects().contains(effect)
}

#[test]
fn a_live_run_is_held_and_let_go_on() {
    let run = RunId::from("fresh");
    let story = paused();
    assert!(has(&story, &Effect::HoldRun { run: run.clone() }), "{:?}", story.effects());
    let story = resume(story);
    assert!(has(&story, &Effect::ReleaseRun { run }), "{:?}", story.effects());
    assert_eq!(*story.stage(), *planning().stage());
    let due = NOW + Millis::minutes(30);
    assert!(has(&story, &Effect::SetTimer { kind: TimerKind::Stuck, due }));
}

#[test]
fn every_stage_that_goes_on_comes_back_as_it_was() {
    for begin in [planning, asking, planned, building, pushing, checking, building_by_hand, ready] {
        let story = pause(begin());
        is(&story, "Paused");
        assert_eq!(*resume(story).stage(), *begin().stage());
    }
}

#[test]
fn what_does_not_go_on_is_not_paused() {
    refused(&pause(Story::new()), &Unpaused::NothingToPause);
    refused(&pause(planned().then(Event::BranchDeleted)), &Unpaused::NothingToPause);
    refused(&pause(planning().then(asks(ann(), Command::Stop))), &Unpaused::NothingToPause);
    refused(&resume(planning()), &Unpaused::NotPaused);
}

#[test]
fn pausing_twice_is_pausing_once() {
    let once = paused();
    let stage = once.stage().clone();
    assert_eq!(*pause(once).stage(), stage);
    let owes = pause(checking()).then(concludes(Ci::Red));
    let stage = owes.stage().clone();
    assert_eq!(*pause(owes).stage(), stage);
    // Somebody's pause outlasts a raised limit.
    let story = pause(at_limit()).given(facts_at_limit(Scope::Issue, "fresh"));
    let story = story.then(asks(mia(), budget_more(5)));
    assert_eq!(inside(&story).1, Pause::Person);
}

#[test]
fn a_verdict_counts_and_what_it_leads_to_is_owed() {
    let story = pause(checking()).then(concludes(Ci::Red));
    let (wrapped, _, owed) = inside(&story);
    assert!(matches!(wrapped, Stage::Working { doing: Doing::Building { .. }, .. }));
    assert!(matches!(owed, Some(Owed::Run { .. })), "{owed:?}");
    assert_eq!(story.stage().live_run(), None);
    let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
    assert!(!story.effects().iter().any(starts), "{:?}", story.effects());
    let late = story.then(reports("fresh", Report::TaskDone));
    ignored(&late, Ignored::NotLiveRun);
    let story = resume(late);
    is(&story, "Working");
    assert_eq!(started(&story).2, UserId(1));
}

/// Whoever pushes the fix while the work is paused pays for no model that makes it again.
#[test]
fn what_people_push_is_judged_before_a_run_that_red_checks_are_owed() {
    let owes = || pause(checking()).then(concludes(Ci::Red));
    let theirs = Sha("b".repeat(40));
    let story = owes().then(pushed());
    let (wrapped, _, owed) = inside(&story);
    let judged = Doing::Checking { sha: theirs.clone(), theirs: true };
    assert!(matches!(wrapped, Stage::Working { doing, .. } if *doing == judged), "{wrapped:?}");
    assert_eq!(owed, None);
    begins_nothing(&story);
    let looks = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Ci, .. });
    assert!(story.effects().iter().any(looks), "{:?}", story.effects());
    let story = resume(story);
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    let story = story.then(Event::CiConcluded { sha: theirs, ci: Ci::Green });
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
    // What changes no more than the plan's file mends nothing.
    let story = owes().then(pushed_plan());
    assert!(matches!(inside(&story).2, Some(Owed::Run { .. })), "{:?}", story.last);
}

#[track_caller]
fn begins_nothing(story: &Story) {
    is(story, "Paused");
    let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
    assert!(!story.effects().iter().any(starts), "{:?}", story.effects());
}

/// What the status says: nothing is started and nothing is spent until the resume.
#[test]
fn checks_that_help_nobody_end_no_pause_and_begin_nothing_when_they_speak_late() {
    let told = pause(checking()).then(concludes(Ci::Silent));
    assert!(matches!(posts(&told)[..], [Post::Blocked { .. }]), "{:?}", told.effects());
    let unclear = || checking().then(concludes(Ci::Silent));
    for story in [told, pause(unclear())] {
        let (wrapped, _, owed) = inside(&story);
        let calls = matches!(wrapped, Stage::Blocked { why: Block::Ci(Ci::Silent), .. });
        assert!(calls && owed.is_none(), "{:?}", story.stage());
        let story = story.then(concludes(Ci::Silent));
        ignored(&story, Ignored::NothingNew);
        let story = story.then(concludes(Ci::Green));
        begins_nothing(&story);
        assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
        assert!(matches!(inside(&story).2, Some(Owed::Run { .. })), "{:?}", story.stage());
        let story = resume(story);
        is(&story, "Working");
        assert!(matches!(started(&story).1, Ask::Task { .. }));
    }
    begins_nothing(&pause(unclear()).then(asks(ann(), allow(&head().0[..12]))));
    begins_nothing(&pause(unclear()).then(pushed()));
    refused(&pause(unclear()).then(asks(ann(), Command::Retry)), &Unpaused::Paused);
    assert_eq!(*resume(pause(unclear())).stage(), *unclear().stage());
}

#[test]
fn a_run_that_was_owed_and_is_not_wanted_any_more_never_begins() {
    let story = pause(checking()).then(concludes(Ci::Red));
    let story = story.then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true));
    let (wrapped, _, owed) = inside(&story);
    assert!(matches!(wrapped, Stage::Inspecting { .. }), "{wrapped:?}");
    assert!(matches!(owed, Some(Owed::Run { role: Role::TestAgent, .. })), "{owed:?}");
    let stops = |it: &Effect| matches!(it, Effect::StopRun { .. });
    assert!(!story.effects().iter().any(stops), "{:?}", story.effects());
}

#[test]
fn another_model_is_chosen_once_it_goes_on() {
    let story = pause(building()).then(asks(ann(), Command::handoff(Rung::Up)));
    refused(&story, &Unpaused::Paused);
}

#[test]
fn what_was_owed_of_a_plan_goes_with_the_plan() {
    let story = pause(checking()).then(concludes(Ci::Red));
    let story = story.given(facts_at_head(edited_into(2))).then(pushed());
    let (wrapped, _, owed) = inside(&story);
    assert!(matches!(wrapped, Stage::Planned { .. }), "{wrapped:?}");
    assert_eq!(owed, None);
}

#[test]
fn whoever_resumes_asks_for_what_begins() {
    let zoe = Actor { id: UserId(9), login: "zoe".to_owned(), ..ann() };
    let story = pause(checking()).then(concludes(Ci::Red)).then(asks(zoe, Command::Resume));
    assert_eq!((started(&story).2, story.state.requester), (UserId(9), Some(UserId(9))));
}

#[test]
fn nothing_is_resumed_on_a_closed_issue_or_without_the_model_it_needs() {
    let closed = || Facts { open: false, ..facts() };
    let no_model = Policy { planner_available: false, ..Policy::default() };
    let without = || Facts { policy: no_model.clone(), ..facts() };
    let owes = || pause(checking()).then(concludes(Ci::Red));
    for story in [paused(), pause(planned()), owes()] {
        refused(&resume(story.given(closed())), &Refused::ClosedIssue);
    }
    for story in [paused(), owes()] {
        refused(&resume(story.given(without())), &Refused::NoModel);
    }
    is(&resume(pause(planned()).given(without())), "Planned");
}

#[test]
fn what_the_last_turn_built_is_pushed_with_the_resume() {
    let story = pause(building()).then(reports("fresh", Report::TaskDone));
    assert!(matches!(inside(&story).2, Some(Owed::Push { .. })));
    let story = resume(story);
    let push = Effect::PushChanges { run: RunId::from("fresh"), task: "t1".to_owned() };
    assert!(has(&story, &push), "{:?}", story.effects());
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::Checking { .. }, .. }));
}

#[test]
fn answers_count_and_the_run_goes_on_after_the_resume() {
    let story = pause(asking()).then(asks(ann(), answer(&[1, 2])));
    let resumes = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Resume, .. });
    assert!(!story.effects().iter().any(resumes), "{:?}", story.effects());
    let story = resume(story);
    is(&story, "Asking");
    assert!(story.effects().iter().any(resumes), "{:?}", story.effects());
}

#[test]
fn a_plan_of_the_last_turn_is_published() {
    let story = paused().then(submits(1));
    assert!(matches!(inside(&story).0, Stage::Planned { .. }));
    assert!(has(&story, &Effect::CommitPlan { revision: 1 }));
}

#[test]
fn nobody_takes_for_started_what_is_paused() {
    for command in [plan(), Command::Retry, implement()] {
        refused(&paused().then(asks(ann(), command)), &Unpaused::Paused);
    }
    let start = Command::Approve { revision: None, start: true };
    refused(&pause(planned()).then(asks(ann(), start)), &Unpaused::Paused);
    refused(&pause(planned()).then(asks(ann(), revise())), &Unpaused::Paused);
    refused(&pause(asking()).then(asks(ann(), revise())), &Unpaused::Paused);
    let told = paused().then(asks(ann(), revise()));
    assert!(told.effects().iter().any(|it| matches!(it, Effect::TellRun { .. })));
}

#[test]
fn an_end_and_a_call_for_a_person_end_the_pause() {
    is(&paused().then(asks(tom(), Command::Stop)), "Stopped");
    is(&paused().then(Event::Closed), "Stopped");
    is(&paused().then(Event::Uninstalled), "Stopped");
    is(&pause(checking()).then(Event::PullRequestClosed { merged: true }), "Done");
    is(&pause(planned()).then(Event::BranchDeleted), "Blocked");
    let unread = Report::Failed { why: RunFailure::Unreadable };
    let story = paused().then(reports("fresh", unread));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Run(_), .. }));
    is(&paused().waits(TimerKind::GiveUp), "Stopped");
    assert_eq!(posts(&paused().waits(TimerKind::Remind)).len(), 1);
}

#[test]
fn a_limit_is_told_once_and_the_run_waits() {
    let story = at_limit();
    assert_eq!(inside(&story).1, Pause::Budget);
    assert_eq!(posts(&story), [&Post::OverLimit { person: Some(UserId(1)) }]);
    let story = story.then(reports("fresh", Report::OverLimit));
    ignored(&story, Ignored::NothingNew);
    let story = story.then(gives_up(Purpose::Tell));
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
}

/// Whether `change` lets a run that met a limit of `scope` go on, and what its own limit becomes.
#[track_caller]
fn check_budget(scope: Scope, change: Command, goes_on: bool, run_limit: Option<i64>) {
    let story = at_limit().given(facts_at_limit(scope, "fresh")).then(asks(mia(), change));
    is(&story, if goes_on { "Planning" } else { "Paused" });
    let set = story.effects().iter().find_map(|it| match it {
        Effect::SetBudget { run, .. } => Some(run.clone()),
        _ => None,
    });
    let expected = run_limit.map(MicroUsd);
    let expected = expected.map(|limit| RunLimit { run: RunId::from("fresh"), limit });
    assert_eq!(set, Some(expected));
}

#[test]
fn a_raised_limit_lets_go_on_what_it_stopped() {
    check_budget(Scope::Issue, budget_more(5), true, None);
    check_budget(Scope::Issue, budget(6), true, None);
    check_budget(Scope::Issue, budget(5), false, None);
    check_budget(Scope::Run, budget_more(5), true, Some(10_000_000));
    check_budget(Scope::Run, budget(9), true, Some(9_000_000));
    check_budget(Scope::Run, budget(5), false, Some(5_000_000));
    let exactly = |limit| Command::Budget { change: BudgetChange::To(MicroUsd(limit)) };
    check_budget(Scope::Issue, exactly(5_200_000), true, None);
    // The run's own limit is never lowered.
    check_budget(Scope::Run, exactly(4_900_000), false, Some(5_000_000));
    check_budget(Scope::RepositoryDay, budget_more(5), false, None);
    let closed = Facts { open: false, ..facts_at_limit(Scope::Issue, "fresh") };
    is(&at_limit().given(closed).then(asks(mia(), budget_more(5))), "Paused");
    // Another run met it.
    let other = at_limit().given(facts_at_limit(Scope::Issue, "other"));
    is(&other.then(asks(mia(), budget_more(5))), "Paused");
}

#[test]
fn a_limit_stays_within_what_is_spent_and_what_a_month_may_cost() {
    let ask = |command| {
        at_limit().given(facts_at_limit(Scope::Issue, "fresh")).then(asks(mia(), command))
    };
    let (limit, used) = (MicroUsd::dollars(4), MicroUsd(4_900_000));
    refused(&ask(budget(4)), &Unpaused::BelowSpent { limit, used });
    let (limit, ceiling) = (MicroUsd::dollars(201), MicroUsd::dollars(200));
    refused(&ask(budget(201)), &Unpaused::AboveCeiling { limit, ceiling });
    let all = Command::Budget { change: BudgetChange::By(MicroUsd(i64::MAX)) };
    let limit = MicroUsd(i64::MAX);
    refused(&ask(all), &Unpaused::AboveCeiling { limit, ceiling });
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    let merged = merged.then(asks(mia(), budget(9)));
    refused(&merged, &Refused::from(baton::domain::workflow::Unbuilt::Merged));
}
