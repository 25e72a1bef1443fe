//! A plan that people change while it is built: what is done stays done.

use baton::base::{RunId, Sha};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::plan::Task;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, AsksYes, Block, Ci, ControlLabel, Doing, Effect, Event, Facts, Ignored, PlanAtHead,
    PlanRef, Post, Report, RunFailure, Stage, Unbuilt, Verdict, Work,
};

use super::{first_plan, ignored, is, posts, refused, started};
use crate::workflow::deeds::ticked_in_file;
use crate::workflow::words::{
    Story, ann, approve_revision, asks, asks_questions, building, building_by_hand, by_hand,
    checking, concludes, edited_into, facts, facts_at_head, fails, handing, head, implement,
    planned, pushed, pushed_plan, pushing, ready, reports, reviewing, revise, submits, task, tasks,
    testing, ticks_task, tom,
};

/// Task t1 is done, and a run is at t2.
fn second_task() -> Story {
    building().then(ticks_task(ann(), "t1", true))
}

/// Somebody edited the plan meanwhile, and it waits as revision 2.
fn edited() -> Story {
    second_task().given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts())
}

/// Revision 2 is approved and started.
fn started_again(story: Story) -> Story {
    story.then(asks(ann(), approve_revision(2))).then(asks(ann(), implement()))
}

#[track_caller]
fn begins_with(story: &Story, expected: &str) {
    let Ask::Task { revision, task, trigger } = started(story).1 else { panic!("no task") };
    assert_eq!((revision, task.as_str(), trigger), (2, expected, Trigger::PlanningComplete));
    assert_eq!(story.state.built, None, "it is kept twice");
}

fn done(story: &Story) -> Vec<&str> {
    story.stage().work().into_iter().flat_map(|it| &it.done).map(String::as_str).collect()
}

#[test]
fn an_edited_plan_is_built_on_from_where_it_stood() {
    let story = edited();
    is(&story, "Planned");
    let story = started_again(story);
    begins_with(&story, "t2");
    assert_eq!(done(&story), ["t1"]);
}

#[test]
fn a_revised_plan_is_built_on_from_where_it_stood() {
    let story = second_task().then(asks(ann(), revise()));
    is(&story, "Planning");
    begins_with(&started_again(story.then(submits(2))), "t2");
    let called = second_task().then(fails(RunFailure::MoneyLimit)).then(asks(ann(), revise()));
    begins_with(&started_again(called.then(submits(2))), "t2");
}

#[test]
fn a_task_that_was_changed_is_open_again() {
    let changed = |change: fn(&mut Task)| {
        let mut tasks = tasks();
        change(&mut tasks[0]);
        started_again(edited().given(Facts { tasks, ..facts() }))
    };
    begins_with(&changed(|it| it.title = "Do it otherwise".to_owned()), "t1");
    begins_with(&changed(|it| it.acceptance.push("It is fast.".to_owned())), "t1");
    // Where a task stands and how hard it is taken to be undoes nothing.
    begins_with(&changed(|it| it.phase = "Later".to_owned()), "t2");
}

#[test]
fn a_plan_edited_twice_is_held_against_what_was_built() {
    let story = edited().given(facts_at_head(edited_into(3))).then(pushed_plan()).given(facts());
    let story = story.then(asks(ann(), approve_revision(3))).then(asks(ann(), implement()));
    assert_eq!(done(&story), ["t1"]);
}

/// Somebody edits the plan, or has it revised.
fn every_change() -> [fn(Story) -> Story; 2] {
    [
        |it| it.given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts()),
        |it| it.then(asks(ann(), revise())).then(submits(2)),
    ]
}

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

#[test]
fn what_is_built_and_not_pushed_is_pushed_by_a_changed_plan() {
    for change in every_change() {
        let story = started_again(change(pushing()));
        let run = RunId::from("fresh");
        let Stage::Working { work, doing } = story.stage() else { panic!("{:?}", story.last) };
        assert_eq!(*doing, Doing::Pushing { run: run.clone() });
        assert_eq!((work.plan.revision, work.task.as_deref()), (2, Some("t1")));
        let push = Effect::PushChanges { run, task: "t1".to_owned() };
        assert!(story.effects().contains(&push) && !starts(&story), "{:?}", story.effects());
        assert_eq!(story.state.built, None);
    }
}

#[test]
fn what_is_built_and_not_judged_is_judged_by_a_changed_plan() {
    for change in every_change() {
        let story = started_again(change(checking()));
        let Stage::Working { doing: Doing::Checking { sha, .. }, .. } = story.stage() else {
            panic!("{:?}", story.last)
        };
        assert_eq!(*sha, head(), "what stands there now");
        assert!(!starts(&story), "{:?}", story.effects());
        let story = story.then(concludes(Ci::Green));
        assert_eq!(done(&story), ["t1"]);
        assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
    }
}

#[test]
fn a_push_that_comes_through_while_the_plan_is_changed_is_not_made_again() {
    let story = pushing().then(asks(ann(), revise()));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    assert_eq!(*story.verdict(), Verdict::Done);
    let story = started_again(story.then(submits(2)));
    let judged = Doing::Checking { sha: head(), theirs: false };
    assert!(matches!(story.stage(), Stage::Working { doing, .. } if *doing == judged));
    assert!(!starts(&story), "{:?}", story.effects());
}

#[test]
fn a_task_that_the_plan_changed_is_built_again_and_so_is_what_went_with_its_branch() {
    let changed = |at: usize| -> Vec<Task> {
        let mut changed = tasks();
        changed[at].title = "Do it otherwise".to_owned();
        changed
    };
    for story in [pushing(), checking()] {
        let story = every_change()[1](story);
        let facts = Facts { tasks: changed(0), ..facts() };
        begins_with(&started_again(story.given(facts)), "t1");
    }
    let facts = Facts { tasks: changed(1), ..facts() };
    assert!(!starts(&started_again(every_change()[1](checking()).given(facts))));
    let gone = checking().then(asks(ann(), revise())).then(Event::BranchDeleted);
    begins_with(&started_again(gone.then(submits(2))), "t1");
}

/// Whoever had the plan changed because their own commit fails wants the task built.
#[test]
fn a_head_that_people_broke_is_not_waited_for_by_a_changed_plan() {
    let story = checking().then(pushed());
    let red = Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Red };
    let story = story.then(red).then(asks(ann(), revise())).then(submits(2));
    begins_with(&started_again(story), "t1");
}

#[test]
fn what_was_skipped_and_the_bounds_of_the_work_outlive_a_revision() {
    let skips = |id| asks(ann(), task(id, TaskAct::Skip));
    let story = building().then(skips("t3")).then(skips("t2"));
    let mut story = story.given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts());
    let built = story.state.built.as_mut().unwrap().work.as_mut().unwrap();
    (built.rounds, built.fixes, built.told_ready) = (2, 3, true);
    let story = started_again(story);
    begins_with(&story, "t1");
    let work = story.stage().work().unwrap();
    assert!(work.skipped.contains("t2"), "{work:?}");
    assert_eq!((work.rounds, work.fixes, work.told_ready), (2, 3, true));
}

#[test]
fn merging_what_was_built_is_the_end_also_while_a_changed_plan_waits() {
    let changed =
        || building().given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts());
    let revising = || checking().then(asks(ann(), revise()));
    for story in [edited(), changed(), revising(), revising().then(submits(2))] {
        let story = story.then(Event::PullRequestClosed { merged: true });
        is(&story, "Done");
        assert_eq!(posts(&story), [&Post::Merged]);
        assert_eq!(story.state.built, None);
    }
    // It is the plan that was merged, whatever was done elsewhere.
    for story in [edited(), changed(), planned()] {
        let built = story.state.built.clone();
        let story = story.then(Event::PlanMerged { by: ann() });
        is(&story, "Planned");
        assert_eq!(story.state.built, built);
    }
}

#[test]
fn what_was_built_is_gone_with_its_branch() {
    let revising = second_task().then(asks(ann(), revise())).then(Event::BranchDeleted);
    is(&revising, "Planning");
    assert_eq!((revising.state.built_work(), revising.verdict()), (None, &Verdict::Done));
    begins_with(&started_again(revising.then(submits(2))), "t1");
    let waiting = edited().then(Event::BranchDeleted);
    is(&waiting, "Blocked");
    assert_eq!(waiting.state.built_work(), None);
    let called = second_task().then(Event::BranchDeleted);
    let again = called.then(asks(ann(), Command::Retry));
    is(&again, "Planned");
    assert_eq!(again.state.built_work(), None);
}

#[test]
fn a_tick_that_is_taken_away_in_the_file_reopens_the_task() {
    let story = second_task().then(ticked_in_file(&[], &["t1"]));
    assert_eq!(done(&story), Vec::<&str>::new());
    is(&story, "Working");
    ignored(&building().then(ticked_in_file(&[], &["t1"])), Ignored::NothingNew);
}

#[test]
fn ticks_in_the_file_count_while_a_person_is_called_and_start_nothing() {
    let called = building().then(fails(RunFailure::MoneyLimit));
    let story = called.then(ticked_in_file(&["t1"], &[]));
    let why = Block::Run(RunFailure::MoneyLimit);
    assert!(matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    let story = story.then(asks(ann(), Command::Retry));
    let Ask::Task { task, .. } = started(&story).1 else { panic!("no task") };
    assert_eq!(task, "t2");
}

/// Every stage in which work goes on, or would by a word.
pub(super) fn stages_with_work() -> Vec<Story> {
    let called = building().then(fails(RunFailure::MoneyLimit));
    let at_checks = checking().then(concludes(Ci::Unverified));
    let needs_yes = Report::PushRefused { needs_yes: true, hash: "abc".to_owned() };
    let asks_yes =
        building().then(reports("fresh", Report::TaskDone)).then(reports("fresh", needs_yes));
    let asked = building().then(asks_questions(1));
    vec![
        building(),
        handing(),
        checking(),
        building_by_hand(),
        testing(),
        reviewing(),
        ready(),
        called,
        at_checks,
        asks_yes,
        asked,
    ]
}

fn broken() -> [PlanAtHead; 2] {
    [PlanAtHead::Invalid("line 3: no".to_owned()), PlanAtHead::Missing]
}

fn is_broken(story: &Story) {
    let why = Block::PlanFile;
    assert!(
        matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why),
        "{:?}",
        story.last
    );
}

pub(super) fn stops_the_run(story: &Story) -> bool {
    story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") })
}

#[test]
fn an_edited_plan_goes_back_to_people_from_wherever_it_is_built() {
    for story in stages_with_work() {
        let (work, live) = (story.stage().work().cloned(), story.stage().live_run().is_some());
        let story = story.given(facts_at_head(edited_into(2))).then(pushed_plan());
        let second = PlanRef { revision: 2, hash: "hash 2".to_owned() };
        assert_eq!(*story.stage(), Stage::Planned { plan: second, approved: None });
        let seen = |it: &Work| Work { beneath: false, ..it.clone() };
        assert_eq!((story.state.built_work().map(seen), story.state.revision), (work, 2));
        assert_eq!(stops_the_run(&story), live);
        assert_eq!(posts(&story), [&Post::PlanReady { revision: 2 }]);
    }
}

#[test]
fn a_plan_that_no_longer_reads_stops_the_work_and_calls_a_person_once() {
    for head in broken() {
        for story in stages_with_work() {
            let (work, live) = (story.stage().work().cloned(), story.stage().live_run().is_some());
            let story = story.given(facts_at_head(head.clone())).then(pushed());
            is_broken(&story);
            // What is judged first where people were called already is no part of what is kept.
            let kept = |it: Work| Work { beneath: false, ..it };
            assert_eq!(story.stage().work().cloned().map(kept), work.map(kept));
            assert_eq!(story.stage().plan(), Some(&first_plan()));
            assert_eq!(stops_the_run(&story), live);
            let person = Some(ann().id);
            assert_eq!(posts(&story), [&Post::Blocked { why: Block::PlanFile, person }]);
            let again = story.then(pushed());
            assert_eq!(again.effects(), [Effect::UpsertStatus]);
        }
    }
}

/// The work of a task, whose plan's file somebody broke and mended.
fn mended(story: Story) -> Story {
    let story = story.given(facts_at_head(PlanAtHead::Missing)).then(pushed());
    let story = story.given(facts()).then(pushed());
    is_broken(&story);
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    story.then(asks(ann(), Command::Retry))
}

#[test]
fn behind_a_mended_file_a_retry_goes_on_where_the_work_stood() {
    let story = mended(second_task());
    let Ask::Task { revision, task, .. } = started(&story).1 else { panic!("no task") };
    assert_eq!((revision, task.as_str()), (1, "t2"));
    assert_eq!(done(&story), ["t1"]);
    is(&mended(building_by_hand()), "Working");
    // Where a head was judged, the one that stands there now is judged before anybody looks.
    for story in [checking(), checking().then(concludes(Ci::Unverified)), testing(), ready()] {
        let task = story.stage().work().unwrap().task.clone();
        let story = mended(story);
        let Stage::Working { work, doing } = story.stage() else { panic!("{:?}", story.last) };
        assert_eq!(*doing, Doing::Checking { sha: head(), theirs: true });
        assert_eq!(work.task, task);
    }
    let broken = ready().given(facts_at_head(PlanAtHead::Missing)).then(pushed());
    let story = broken.given(Facts { head: None, ..facts() }).then(asks(ann(), Command::Retry));
    refused(&story, &Unbuilt::HeadUnread);
}

/// What is built and not yet on the branch outlasts a file that somebody broke: it is pushed when
/// work goes on, and neither built once more nor taken for done.
#[test]
fn a_broken_file_costs_no_changes_that_were_to_be_pushed() {
    let pushes = |story: &Story| {
        let run = RunId::from("fresh");
        let push = Effect::PushChanges { run, task: "t1".to_owned() };
        assert!(story.effects().contains(&push), "{:?}", story.last);
        let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
        assert!(!story.effects().iter().any(starts), "{:?}", story.last);
    };
    let parked = || Facts {
        asks_yes: Some(AsksYes { run: RunId::from("fresh"), hash: "1f3a9c2b7d40".to_owned() }),
        ..facts()
    };
    let asks_a_yes = Report::PushRefused { needs_yes: true, hash: "1f3a9c2b7d40".to_owned() };
    for file in broken() {
        let retry = || asks(ann(), Command::Retry);
        let breaks = |story: Story, facts: Facts| {
            let story = story.given(Facts { plan_at_head: file.clone(), ..facts }).then(pushed());
            is_broken(&story);
            story
        };
        let mended = |facts: Facts| Facts { plan_at_head: PlanAtHead::Same, ..facts };
        pushes(&breaks(pushing(), facts()).given(mended(facts())).then(retry()));
        let waits = pushing().then(reports("fresh", asks_a_yes.clone()));
        pushes(&breaks(waits, parked()).given(mended(parked())).then(retry()));
    }
}

#[test]
fn checks_that_speak_late_start_nothing_behind_a_broken_plan() {
    let called = checking().then(concludes(Ci::Unverified));
    let story = called.given(facts_at_head(PlanAtHead::Missing)).then(pushed());
    ignored(&story.then(concludes(Ci::Green)), Ignored::NotForThisStage);
}

#[test]
fn a_plan_that_is_edited_while_its_file_is_mended_is_the_next_revision() {
    let story = second_task().given(facts_at_head(PlanAtHead::Missing)).then(pushed());
    let story = story.given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts());
    begins_with(&started_again(story), "t2");
}

/// What people can write to take up again what waits for them.
fn words() -> Vec<Event> {
    let opus = Command::handoff(Rung::To(Tier::Opus));
    vec![
        asks(ann(), Command::Retry),
        asks(ann(), opus),
        asks(ann(), by_hand()),
        ticks_task(ann(), "t1", true),
        Event::Labelled { by: ann(), label: ControlLabel::Manual },
    ]
}

#[test]
fn work_is_taken_up_again_by_the_plan_at_the_head_only() {
    let called = || building().then(fails(RunFailure::MoneyLimit));
    let sentence = "line 3: no".to_owned();
    for word in words() {
        let story = called().given(facts_at_head(edited_into(2))).then(word.clone());
        is(&story, "Planned");
        assert_eq!(posts(&story), [&Post::PlanReady { revision: 2 }]);
        let invalid = facts_at_head(PlanAtHead::Invalid(sentence.clone()));
        let story = called().given(invalid).then(word.clone());
        refused(&story, &Unbuilt::PlanFile { sentence: sentence.clone() });
        for head in [PlanAtHead::Unknown, PlanAtHead::NotRead] {
            refused(&called().given(facts_at_head(head)).then(word.clone()), &Unbuilt::PlanUnread);
        }
        is(&called().then(word), "Working");
    }
    let stopped = building().then(asks(ann(), Command::Stop));
    let story = stopped.given(facts_at_head(edited_into(2))).then(asks(ann(), Command::Retry));
    is(&story, "Planned");
    assert_eq!(story.state.built_work().unwrap().plan, first_plan());
}

#[test]
fn a_pause_ends_with_the_plan_at_the_head_only() {
    let paused = |by_label: bool| match by_label {
        true => building().then(Event::Labelled { by: ann(), label: ControlLabel::Pause }),
        false => building().then(asks(ann(), Command::Pause)),
    };
    let off = || Event::Unlabelled { by: ann(), label: ControlLabel::Pause };
    let resume = || asks(ann(), Command::Resume);
    for (by_label, word) in [(false, resume()), (true, resume()), (true, off())] {
        let story = paused(by_label).given(facts_at_head(edited_into(2))).then(word);
        is(&story, "Planned");
        assert!(stops_the_run(&story));
    }
    let invalid = || facts_at_head(PlanAtHead::Invalid("line 3: no".to_owned()));
    let why = Unbuilt::PlanFile { sentence: "line 3: no".to_owned() };
    refused(&paused(false).given(invalid()).then(resume()), &why);
    ignored(&paused(true).given(invalid()).then(off()), Ignored::CannotGoOn);
    // What a run is to plan anew rests on no file.
    let planning = planned().then(asks(ann(), revise())).then(asks(ann(), Command::Pause));
    is(&planning.given(invalid()).then(resume()), "Planning");
}

#[test]
fn a_retry_puts_a_plan_back_whose_file_is_gone() {
    let gone = |head| Facts { head, ..facts_at_head(PlanAtHead::Missing) };
    let retry = || asks(ann(), Command::Retry);
    let broken = || second_task().given(gone(None)).then(pushed());
    let begin = |by_stop: bool| match by_stop {
        true => second_task().then(asks(ann(), Command::Stop)),
        false => broken(),
    };
    for by_stop in [true, false] {
        let story = begin(by_stop).given(gone(Some(head()))).then(retry());
        assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
        assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
        assert_eq!(posts(&story), [&Post::PlanReady { revision: 1 }]);
        let story = story.given(facts()).then(asks(ann(), approve_revision(1)));
        assert_eq!(done(&story.then(asks(ann(), implement()))), ["t1"]);
        // What was built went with the branch.
        let story = begin(by_stop).given(gone(None)).then(retry());
        is(&story, "Planned");
        assert_eq!(story.state.built_work(), None);
    }
    let opus = asks(ann(), Command::handoff(Rung::To(Tier::Opus)));
    let sentence = "it is no longer on its branch".to_owned();
    refused(&broken().then(opus), &Unbuilt::PlanFile { sentence });
}

#[test]
fn whoever_may_not_build_learns_nothing_of_the_plan() {
    let called = building().then(fails(RunFailure::MoneyLimit));
    let story = called.given(facts_at_head(edited_into(2)));
    let story = story.then(asks(tom(), Command::Retry));
    is(&story, "Blocked");
}
