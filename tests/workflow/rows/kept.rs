//! What a change of the plan leaves of the work: nothing that was built, ticked or pushed meanwhile
//! is lost or paid twice.

use baton::base::{RunId, Sha};
use baton::domain::command::Command;
use baton::domain::plan::Task;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, AsksYes, Block, Ci, Doing, Effect, Event, Facts, PlanAtHead, Post, Report, Stage, State,
    Unbuilt, Verdict, Work, review_task,
};

use super::{is, posts, refused, started};
use crate::workflow::deeds::ticked_in_file;
use crate::workflow::words::{
    Story, ann, approve_revision, asks, building, by_hand, checking, edited_into, facts,
    facts_at_head, head, implement, pushed, pushed_plan, pushing, ready, reports, revise, submits,
    tasks, testing, ticks_task,
};

/// Task t1 is done, and a run is at t2.
fn second_task() -> Story {
    building().then(ticks_task(ann(), "t1", true))
}

/// Somebody edits the plan into revision 2, and changes nothing else.
fn edits(story: Story) -> Story {
    story.given(facts_at_head(edited_into(2))).then(pushed_plan()).given(facts())
}

/// Somebody has the plan revised into revision 2.
fn revises(story: Story) -> Story {
    story.then(asks(ann(), revise())).then(submits(2))
}

fn begins(story: Story) -> Story {
    story.then(asks(ann(), approve_revision(2))).then(asks(ann(), implement()))
}

fn work(story: &Story) -> &Work {
    story.stage().work().unwrap_or_else(|| panic!("no work: {:?}", story.last))
}

fn doing(story: &Story) -> &Doing {
    let Stage::Working { doing, .. } = story.stage() else { panic!("{:?}", story.last) };
    doing
}

fn done(story: &Story) -> Vec<&str> {
    work(story).done.iter().map(String::as_str).collect()
}

#[track_caller]
fn builds(story: &Story, expected: &str) {
    let Ask::Task { task, .. } = started(story).1 else { panic!("no task") };
    assert_eq!(task, expected);
}

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

fn concluded(sha: &Sha, ci: Ci) -> Event {
    Event::CiConcluded { sha: sha.clone(), ci }
}

/// GitHub deletes the branch with the merge, and tells of that in any order.
#[test]
fn a_merge_ends_the_work_also_where_its_branch_is_heard_of_first() {
    for change in [edits, revises] {
        let gone = change(second_task()).then(Event::BranchDeleted);
        assert!(gone.state.is_begun());
        let story = gone.then(Event::PullRequestClosed { merged: true });
        is(&story, "Done");
        assert_eq!(posts(&story), [&Post::Merged]);
    }
    let called = second_task().then(Event::BranchDeleted);
    let back = called.then(asks(ann(), Command::Retry));
    is(&back, "Planned");
    is(&back.then(Event::PullRequestClosed { merged: true }), "Done");
    // Nothing of it is held, and the plan is built from its beginning.
    let gone = revises(second_task()).then(Event::BranchDeleted);
    assert_eq!((gone.state.built_work(), gone.state.is_begun()), (None, true));
}

#[test]
fn ticks_pushed_with_an_edit_of_the_plan_or_behind_it_settle_their_tasks() {
    let with = edits(building()).then(ticked_in_file(&["t1"], &[]));
    assert_eq!(*with.verdict(), Verdict::Done);
    let later = revises(building()).then(pushed_plan()).then(ticked_in_file(&["t1"], &[]));
    let revising = building().then(asks(ann(), revise())).then(ticked_in_file(&["t1"], &[]));
    for story in [with, later, revising.then(submits(2))] {
        let story = begins(story);
        builds(&story, "t2");
        assert_eq!(done(&story), ["t1"]);
    }
    let taken_away = edits(second_task()).then(ticked_in_file(&[], &["t1"]));
    builds(&begins(taken_away), "t1");
}

/// A plan that lost a finished task for a while has it back, whatever else was ticked meanwhile.
#[test]
fn a_tick_in_a_plan_that_waits_forgets_nothing_that_a_later_one_brings_back() {
    let mut before = tasks();
    before.push(Task { id: "t4".to_owned(), blocked_by: Vec::new(), ..before[0].clone() });
    let mut changed = before.clone();
    changed[0].title = "Do it otherwise".to_owned();
    let of = |tasks: &[Task]| Facts {
        tasks: tasks.to_vec(),
        built_tasks: before.clone(),
        ..facts_at_head(PlanAtHead::Same)
    };
    let edited = |story: Story, revision, tasks: &[Task]| {
        let plan_at_head = edited_into(revision);
        let story = story.given(Facts { plan_at_head, ..of(tasks) }).then(pushed_plan());
        story.given(of(tasks))
    };
    let story = edited(second_task(), 2, &changed).then(ticked_in_file(&["t4"], &[]));
    let story = edited(story, 3, &before).then(asks(ann(), approve_revision(3)));
    let story = story.then(asks(ann(), implement()));
    assert_eq!(done(&story), ["t1", "t4"]);
    builds(&story, "t2");
}

/// Whoever writes a task anew and ticks it in one push says that the new one is done.
#[test]
fn a_task_that_is_changed_and_ticked_at_once_is_done() {
    let mut changed = tasks();
    changed[0].title = "Do it otherwise".to_owned();
    let facts_now = || Facts { tasks: changed.clone(), ..facts() };
    let story = edits(second_task()).given(facts_now()).then(ticked_in_file(&["t1"], &[]));
    let story = begins(story.given(Facts { built_tasks: changed.clone(), ..facts_now() }));
    builds(&story, "t2");
    assert_eq!(done(&story), ["t1"]);
}

#[test]
fn a_tick_of_what_is_built_keeps_its_push_and_needs_no_checks() {
    let tick = || ticked_in_file(&["t1"], &[]);
    let story = begins(edits(pushing()).then(tick()));
    assert_eq!(*doing(&story), Doing::Pushing { run: RunId::from("fresh") });
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    builds(&story, "t2");
    let story = begins(edits(checking()).then(tick()));
    builds(&story, "t2");
    assert!(work(&story).unchecked);
}

#[test]
fn where_nothing_is_left_to_build_the_head_is_judged_before_anybody_looks() {
    for story in [edits(ready()), edits(testing()), revises(testing())] {
        let story = begins(story);
        assert_eq!(*doing(&story), Doing::Checking { sha: head(), theirs: true });
        assert!(!starts(&story), "{:?}", story.effects());
        is(&story.then(concluded(&head(), Ci::Green)), "Testing");
    }
    let unread = edits(ready()).given(Facts { head: None, ..facts() });
    let unread = unread.then(asks(ann(), approve_revision(2))).then(asks(ann(), implement()));
    refused(&unread, &Unbuilt::HeadUnread);
}

#[test]
fn what_people_push_while_a_plan_is_changed_is_judged_before_anything_is_built_on_it() {
    let behind = edits(building()).then(pushed());
    let with = building().given(facts_at_head(edited_into(2))).then(pushed()).given(facts());
    for story in [behind, with] {
        let story = begins(story);
        assert_eq!(*doing(&story), Doing::Checking { sha: head(), theirs: true });
        let story = story.then(concluded(&head(), Ci::Green));
        builds(&story, "t1");
        assert_eq!(done(&story), Vec::<&str>::new());
    }
    // People who build themselves wait for nothing before their last tick.
    let story = edits(building()).then(pushed()).then(asks(ann(), approve_revision(2)));
    assert_eq!(*doing(&story.then(asks(ann(), by_hand()))), Doing::ByHand);
}

/// The plan is nothing that checks can break: what fails is still the run's, which mends it.
#[test]
fn an_edit_of_the_plan_makes_no_commit_of_a_run_somebody_elses() {
    let story = begins(edits(checking()));
    assert_eq!(*doing(&story), Doing::Checking { sha: head(), theirs: false });
    let story = story.then(concluded(&head(), Ci::Red));
    builds(&story, "t1");
    assert_eq!(work(&story).reds, 1);
    let story = checking().then(pushed_plan());
    assert!(matches!(doing(&story), Doing::Checking { theirs: false, .. }), "{:?}", story.last);
    let story = checking().then(pushed()).then(pushed_plan());
    assert!(matches!(doing(&story), Doing::Checking { theirs: true, .. }), "{:?}", story.last);
}

#[test]
fn that_work_is_not_checked_or_lent_outlives_a_change_of_the_plan() {
    let mut story = edits(second_task());
    built(&mut story.state).unchecked = true;
    assert!(work(&begins(story)).unchecked);
    let mut story = edits(pushing());
    let work_then = built(&mut story.state);
    (work_then.by_hand, work_then.lent, work_then.task) = (true, true, Some(review_task(1)));
    let story = story.then(asks(ann(), approve_revision(2))).then(asks(ann(), by_hand()));
    assert!(work(&story).lent, "{:?}", story.last);
}

fn built(state: &mut State) -> &mut Work {
    state.built.as_mut().and_then(|it| it.work.as_mut()).expect("nothing is held")
}

#[test]
fn a_tier_that_people_write_into_the_table_reaches_a_task_that_is_kept() {
    let table = |tier: Tier| -> Vec<Task> {
        let mut tasks = tasks();
        tasks[0].tier = Some(tier);
        tasks
    };
    let judged = || edits(checking()).given(Facts { tasks: table(Tier::Opus), ..facts() });
    let story = begins(judged()).then(concluded(&head(), Ci::Red));
    assert_eq!(started(&story).0, Tier::Opus);
    // Where the table says what it said before, a task stays on the rung that it has come to.
    let mut story = edits(checking());
    built(&mut story.state).tier = Tier::Opus;
    let story = begins(story).then(concluded(&head(), Ci::Red));
    assert_eq!(started(&story).0, Tier::Opus);
}

#[test]
fn a_change_that_waits_for_a_person_is_not_built_again_by_a_changed_plan() {
    let hash = || "1f3a9c2b7d40".to_owned();
    let parked =
        || Facts { asks_yes: Some(AsksYes { run: RunId::from("fresh"), hash: hash() }), ..facts() };
    let needs_yes = || Report::PushRefused { needs_yes: true, hash: hash() };
    for (report, why) in
        [(needs_yes(), Block::NeedsYes), (Report::ApprovalsStand, Block::Approvals)]
    {
        let waits = || pushing().then(reports("fresh", report.clone())).given(parked());
        let at_head = Facts { plan_at_head: edited_into(2), ..parked() };
        let edited = waits().given(at_head).then(pushed_plan()).given(parked());
        for story in [edited, revises(waits())] {
            let story = begins(story);
            let run = RunId::from("fresh");
            let push = Effect::PushChanges { run: run.clone(), task: "t1".to_owned() };
            assert!(story.effects().contains(&push) && !starts(&story), "{:?}", story.effects());
            assert_eq!(*doing(&story), Doing::Pushing { run });
            let story = story.then(reports("fresh", report.clone()));
            assert!(matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why));
        }
    }
    // What the guard never lets pass is built anew.
    let refused = Report::PushRefused { needs_yes: false, hash: hash() };
    builds(&begins(revises(pushing().then(reports("fresh", refused)))), "t1");
}

#[test]
fn a_model_that_is_named_for_a_changed_plan_is_not_dropped_for_what_was_pushed() {
    let on = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let story = edits(building()).then(pushed()).then(asks(ann(), approve_revision(2)));
    let story = story.then(asks(ann(), on.clone()));
    assert_eq!(started(&story).0, Tier::Opus);
    assert!(work(&story).unchecked, "what they pushed is built upon unseen");
    // Where nothing is left to build, the head is judged all the same.
    let story = edits(ready()).then(asks(ann(), approve_revision(2))).then(asks(ann(), on));
    assert_eq!(*doing(&story), Doing::Checking { sha: head(), theirs: true });
    let chose = |it: &Effect| matches!(it, Effect::RecordFeedback { .. });
    assert!(!story.effects().iter().any(chose), "{:?}", story.effects());
}

#[test]
fn people_who_build_on_keep_the_change_that_approvals_kept_back() {
    let waits = pushing().then(reports("fresh", Report::ApprovalsStand));
    let asks_yes = Some(AsksYes { run: RunId::from("fresh"), hash: "abc".to_owned() });
    let story = waits.given(Facts { asks_yes, ..facts() }).then(asks(ann(), by_hand()));
    let push = Effect::PushChanges { run: RunId::from("fresh"), task: "t1".to_owned() };
    assert!(story.effects().contains(&push), "{:?}", story.last);
    assert!(work(&story).by_hand);
}

/// What a run had built waits for a yes, and somebody pushes before the plan is changed: the change is
/// paid, and goes upon theirs.
#[test]
fn a_change_that_waits_for_a_person_outlives_their_push_and_a_changed_plan() {
    let hash = || "1f3a9c2b7d40".to_owned();
    let parked =
        || Facts { asks_yes: Some(AsksYes { run: RunId::from("fresh"), hash: hash() }), ..facts() };
    let needs_yes = Report::PushRefused { needs_yes: true, hash: hash() };
    for report in [needs_yes, Report::ApprovalsStand] {
        let waits = || pushing().then(reports("fresh", report.clone())).given(parked());
        let pushed_upon = || waits().then(pushed());
        assert!(work(&pushed_upon()).beneath, "nothing of theirs is remembered");
        let at_head = || Facts { plan_at_head: edited_into(2), ..parked() };
        let edited = pushed_upon().given(at_head()).then(pushed_plan()).given(parked());
        let gone = Facts { plan_at_head: PlanAtHead::Missing, ..parked() };
        let broken = pushed_upon().given(gone).then(pushed());
        let broken = broken.given(at_head()).then(pushed_plan()).given(parked());
        for story in [edited, revises(pushed_upon()), broken] {
            let story = begins(story);
            let run = RunId::from("fresh");
            let push = Effect::PushChanges { run: run.clone(), task: "t1".to_owned() };
            assert!(story.effects().contains(&push) && !starts(&story), "{:?}", story.effects());
            let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
            let story = story.then(concluded(&head(), Ci::Green));
            assert_eq!(done(&story), ["t1"]);
        }
    }
}

/// States that were stored before name the work alone, and beside it what of it is built.
#[test]
fn what_was_built_is_read_as_it_was_stored_before() {
    for story in [edits(second_task()), edits(pushing()), edits(checking())] {
        let mut stored = serde_json::to_value(&story.state).unwrap();
        assert_eq!(serde_json::from_value::<State>(stored.clone()).unwrap(), story.state);
        stored["built_awaits"] = stored["built"]["awaits"].clone();
        stored["built"] = stored["built"]["work"].clone();
        let read: State = serde_json::from_value(stored).unwrap();
        assert_eq!(read, story.state);
    }
    let waits = edits(pushing()).state;
    let pushing = Doing::Pushing { run: RunId::from("fresh") };
    assert_eq!(waits.built.and_then(|it| it.awaits), Some(pushing), "none of them had more");
}
