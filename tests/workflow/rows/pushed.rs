//! What people push while they are called is judged before anything begins on it.

use baton::base::{RunId, Sha};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, AsksYes, Block, Ci, Doing, Effect, Event, Facts, Held, Ignored, PlanAtHead, Post, Purpose,
    Refused, Report, RunFailure, Stage, Unbuilt, Work,
};

use crate::workflow::related::adopted;
use crate::workflow::rows::changed_plans::{stages_with_work, stops_the_run};
use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    Story, allow, ann, asks, building, building_by_hand, by_hand, checking, concludes, edited_into,
    eve, facts, facts_at_head, fails, fix, gives_up, head, implement, pushed, pushed_by, pushing,
    ready, reports, task, ticks_task,
};

/// The head that somebody pushed.
fn theirs() -> Sha {
    Sha("b".repeat(40))
}

fn says(ci: Ci) -> Event {
    Event::CiConcluded { sha: theirs(), ci }
}

fn retry(story: Story) -> Story {
    story.then(asks(ann(), Command::Retry))
}

/// What may not be pushed, whether a yes helps or not.
fn kept_back(needs_yes: bool) -> Story {
    pushing().then(reports("fresh", Report::PushRefused { needs_yes, hash: "abc".to_owned() }))
}

/// Task t1 was red on every rung.
fn out_of_rungs() -> Story {
    let red = |story: Story| {
        let pushed = reports("fresh", Report::Pushed { sha: head() });
        story.then(reports("fresh", Report::TaskDone)).then(pushed).then(concludes(Ci::Red))
    };
    let story = red(red(red(red(red(red(building()))))));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::OutOfRungs, .. }));
    story
}

/// What was found was built as often as it may be.
fn findings() -> Story {
    let finds = || reports("fresh", Report::Findings { ask_for_work: true });
    let mends = |story: Story| {
        let pushed = reports("fresh", Report::Pushed { sha: head() });
        story.then(reports("fresh", Report::TaskDone)).then(pushed).then(concludes(Ci::Green))
    };
    let story = checking().then(asks(ann(), task("t3", TaskAct::Skip)));
    let story = story.then(ticks_task(ann(), "t2", true)).then(concludes(Ci::Green));
    let story = mends(mends(story.then(finds())).then(finds())).then(finds());
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Findings, .. }));
    story
}

/// Every call for a person with task t1 still to be built.
fn every_call() -> Vec<Story> {
    vec![
        out_of_rungs(),
        kept_back(true),
        kept_back(false),
        building().then(fails(RunFailure::MoneyLimit)),
        building().then(Event::Closed).then(Event::Reopened { by: eve() }),
    ]
}

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

fn work(story: &Story) -> Work {
    story.stage().work().expect("the work is lost").clone()
}

#[track_caller]
fn waits_for_theirs(story: &Story) {
    let Stage::Working { doing, .. } = story.stage() else { panic!("{:?}", story.last) };
    assert_eq!(*doing, Doing::Checking { sha: theirs(), theirs: true });
    assert!(!starts(story), "{:?}", story.effects());
}

#[track_caller]
fn builds(story: &Story, expected: &str, trigger: Trigger) {
    let (_, ask, _) = started(story);
    let of = Ask::Task { revision: 1, task: expected.to_owned(), trigger };
    assert_eq!(ask, of);
}

#[test]
fn a_retry_looks_at_what_was_pushed_before_it_builds_on_it() {
    for story in every_call() {
        let before = work(&story);
        let story = story.then(pushed());
        is(&story, "Blocked");
        let story = retry(story);
        waits_for_theirs(&story);
        let story = story.then(says(Ci::Green));
        builds(&story, "t1", Trigger::Manual);
        let after = work(&story);
        assert_eq!((after.tier, after.escalations), (before.tier, before.escalations));
        assert!(!after.done.contains("t1") && !after.unchecked, "{after:?}");
        // The commit of the run is the task's own again.
        let story = story.then(reports("fresh", Report::TaskDone));
        let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
        assert!(work(&story.then(concludes(Ci::Green))).done.contains("t1"));
    }
}

#[test]
fn what_was_pushed_and_fails_waits_for_people() {
    for story in every_call() {
        let story = retry(story.then(pushed())).then(says(Ci::Red));
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::Ci(Ci::Red), .. }));
        assert!(!starts(&story), "{:?}", story.effects());
        builds(&retry(story), "t1", Trigger::Manual);
    }
}

#[test]
fn a_task_that_people_settled_by_a_push_is_followed_when_that_passes() {
    for story in every_call() {
        let story = story.then(pushed()).then(asks(ann(), task("t1", TaskAct::Done)));
        waits_for_theirs(&story);
        let green = story.then(says(Ci::Green));
        assert!(work(&green).done.contains("t1") && !work(&green).unchecked);
        builds(&green, "t2", Trigger::TaskComplete);
    }
    // Where it fails, a word of theirs looks again, and their yes goes on.
    let red = || {
        let settled = asks(ann(), task("t1", TaskAct::Done));
        out_of_rungs().then(pushed()).then(settled).then(says(Ci::Red))
    };
    waits_for_theirs(&retry(red()));
    let story = red().then(asks(ann(), allow(&theirs().0)));
    builds(&story, "t2", Trigger::TaskComplete);
    assert!(work(&story).unchecked);
}

#[test]
fn a_task_settled_while_that_is_looked_at_waits_for_it() {
    for settled in [asks(ann(), task("t1", TaskAct::Done)), ticks_task(ann(), "t1", true)] {
        let story = retry(out_of_rungs().then(pushed())).then(settled);
        waits_for_theirs(&story);
        builds(&story.then(says(Ci::Green)), "t2", Trigger::TaskComplete);
    }
}

#[test]
fn specialists_look_at_what_was_mended_behind_its_checks() {
    let story = retry(findings().then(pushed()));
    waits_for_theirs(&story);
    is(&story.then(says(Ci::Green)), "Testing");
    is(&retry(findings()), "Testing");
}

#[test]
fn whoever_hands_the_task_on_or_back_waits_for_it_too() {
    let to = |tier| asks(ann(), Command::handoff(Rung::To(tier)));
    let story = building().then(fails(RunFailure::MoneyLimit)).then(pushed()).then(to(Tier::Opus));
    waits_for_theirs(&story);
    let story = story.then(says(Ci::Green));
    assert_eq!((started(&story).0, work(&story).task.as_deref()), (Tier::Opus, Some("t1")));
    let by_people = || building_by_hand().then(gives_up(Purpose::Publish)).then(pushed());
    let story = by_people().then(asks(ann(), implement()));
    waits_for_theirs(&story);
    builds(&story.then(says(Ci::Green)), "t1", Trigger::TaskComplete);
    // The model that they name is kept for the task that waits.
    let on = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let refused_push = Report::PushRefused { needs_yes: true, hash: "abc".to_owned() };
    let story = pushing().then(asks(ann(), by_hand())).then(reports("fresh", refused_push));
    let story = story.then(pushed()).then(asks(ann(), on));
    waits_for_theirs(&story);
    let story = story.then(says(Ci::Green));
    assert_eq!((started(&story).0, work(&story).task.as_deref()), (Tier::Opus, Some("t1")));
    // Their own last tick waits for the checks, and nothing before it.
    let story = retry(by_people());
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
    let policy = Policy { planner_available: false, ..Policy::default() };
    let story = building().then(fails(RunFailure::MoneyLimit)).then(pushed());
    let story = story.given(Facts { policy, ..facts() }).then(to(Tier::Opus));
    refused(&story, &Refused::NoModel);
}

/// A model that is named for no task in particular cannot be kept until the checks have spoken.
#[test]
fn what_goes_on_without_its_checks_says_so() {
    let on = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let by_people = building_by_hand().then(gives_up(Purpose::Publish)).then(pushed());
    let story = by_people.then(asks(ann(), on));
    assert_eq!(started(&story).0, Tier::Opus);
    assert!(work(&story).unchecked);
    // Their word for a task whose checks failed, never spoke or were not waited for.
    let settled = || asks(ann(), task("t1", TaskAct::Done));
    for (story, trigger) in [
        (out_of_rungs(), Trigger::Manual),
        (checking().then(concludes(Ci::Silent)), Trigger::Manual),
        (checking(), Trigger::TaskComplete),
    ] {
        let story = story.then(settled());
        builds(&story, "t2", trigger);
        assert!(work(&story).unchecked, "{:?}", story.last);
    }
    let story = building().then(fails(RunFailure::MoneyLimit)).then(settled());
    assert!(!work(&story).unchecked, "nothing of it was pushed");
}

#[test]
fn a_yes_pushes_what_waited_and_that_settles_its_task() {
    let asks_yes = Some(AsksYes { run: "fresh".into(), hash: "abc".to_owned() });
    let story = kept_back(true).then(pushed()).given(Facts { asks_yes, ..facts() });
    let story = story.then(asks(ann(), allow("abc")));
    assert!(story.effects().iter().any(|it| matches!(it, Effect::PushChanges { .. })));
    let story = story.given(facts()).then(reports("fresh", Report::Pushed { sha: head() }));
    assert!(work(&story.then(concludes(Ci::Green))).done.contains("t1"));
}

#[test]
fn it_is_remembered_through_an_end_and_behind_a_broken_plan() {
    let story = findings().then(asks(ann(), Command::Stop)).then(pushed());
    waits_for_theirs(&retry(story));
    let story = building().then(asks(ann(), Command::Stop)).then(pushed());
    builds(&retry(story).then(says(Ci::Green)), "t1", Trigger::Manual);
    let broken = kept_back(false).given(facts_at_head(PlanAtHead::Missing)).then(pushed());
    assert!(matches!(broken.stage(), Stage::Blocked { why: Block::PlanFile, .. }));
    let head = Some(theirs());
    waits_for_theirs(&retry(broken.given(Facts { head, ..facts() })));
}

#[test]
fn nothing_is_remembered_without_a_branch_or_a_news() {
    let gone = || building().then(Event::BranchDeleted);
    ignored(&gone().then(pushed()), Ignored::NotForThisStage);
    ignored(&gone().then(asks(ann(), Command::Stop)).then(pushed()), Ignored::Ended);
    ignored(&out_of_rungs().then(pushed()).then(pushed()), Ignored::NotForThisStage);
    let story = out_of_rungs();
    let before = story.state.allowance;
    let story = story.then(pushed_by(false, true));
    assert_eq!(story.state.allowance, before, "a bot is nobody");
    waits_for_theirs(&retry(story));
    let story = out_of_rungs().then(pushed()).given(facts_at_head(edited_into(2))).then(pushed());
    is(&story, "Planned");
}

/// States that were stored under the old name read.
#[test]
fn the_old_name_of_what_is_awaited_reads() {
    let Stage::Blocked { held, .. } = out_of_rungs().then(pushed()).state.stage else { panic!() };
    let stored = serde_json::to_string(&held).unwrap();
    let old = stored.replace("\"awaits\"", "\"checking\"");
    assert_ne!(old, stored);
    assert_eq!(serde_json::from_str::<Held>(&old).unwrap(), held);
}

#[test]
fn what_people_lent_to_baton_waits_for_the_checks_of_their_push() {
    let story = ready().then(fix(ann(), "now")).then(fails(RunFailure::ProviderDown));
    let story = story.then(asks(ann(), task("t1", TaskAct::Reopen))).then(pushed());
    let story = retry(story);
    let Stage::Working { doing: Doing::Checking { theirs: true, .. }, .. } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    let story = story.then(says(Ci::Green));
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "review-1"));
}

/// What nobody could read may be another plan: nothing is built on before somebody has.
#[test]
fn a_push_that_could_not_be_read_stops_the_work_and_calls_a_person_once() {
    for head in [PlanAtHead::Unknown, PlanAtHead::NotRead] {
        for story in stages_with_work() {
            let waits = matches!(
                story.stage(),
                Stage::Blocked { why, .. } if !matches!(why, Block::Ci(_))
            );
            let (work, live) = (story.stage().work().cloned(), story.stage().live_run().is_some());
            let story = story.given(facts_at_head(head.clone())).then(pushed());
            is(&story, "Blocked");
            let kept = |it: Work| Work { beneath: false, ..it };
            assert_eq!(story.stage().work().cloned().map(kept), work.map(kept));
            assert_eq!(stops_the_run(&story), live);
            let (why, person) = (Block::Interrupted, Some(ann().id));
            let call = Post::Blocked { why, person };
            let expected = if waits { vec![] } else { vec![&call] };
            assert_eq!(posts(&story), expected);
            let story = retry(story);
            refused(&story, &Unbuilt::PlanUnread);
            let story = retry(story.given(facts()));
            assert!(waits || story.stage().name() != "Blocked", "{:?}", story.last);
        }
        let laid_down = pushing().given(facts_at_head(head.clone())).then(pushed());
        let push = Effect::PushChanges { run: RunId::from("fresh"), task: "t1".to_owned() };
        let again = retry(laid_down.given(facts()));
        assert!(again.effects().contains(&push), "what was built is paid for again");
        // Of what people build elsewhere nothing rests on that file.
        let elsewhere = adopted().given(facts_at_head(head)).then(pushed());
        is(&elsewhere, "Working");
    }
}
