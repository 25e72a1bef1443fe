//! `Working` and `Ready`: an approved plan is built, task by task.

use baton::base::{Millis, RunId, Sha, UserId};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Actor, Ask, AsksYes, Block, Ci, Doing, Effect, Event, Facts, Ignored, PlanRef, Post, Purpose,
    Refused, Report, RunFailure, Stage, TimerKind, Unbuilt,
};

use crate::workflow::deeds::ticked_in_file;
use crate::workflow::related::{FIRST, adopted};
use crate::workflow::rows::{ROCKET, first_plan, ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, approved, asking, asks, asks_questions, building, building_by_hand, by_hand,
    checking, concludes, edited_into, eve, facts, facts_at_head, fails, gives_up, head, implement,
    plan, planned, pushed, pushing, ready, reports, says_answers, task, ticks_task, tom,
};

const STOPPED: fn() -> Effect = || Effect::StopRun { run: RunId::from("fresh") };

/// Somebody else with write access.
fn zoe() -> Actor {
    Actor { id: UserId(9), login: "zoe".to_owned(), ..ann() }
}

/// The rung, the task and the reason of the run that was started.
fn built(story: &Story) -> (Tier, String, Trigger) {
    match started(story) {
        (tier, Ask::Task { revision: 1, task, trigger }, _) => (tier, task, trigger),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn builds(story: &Story, tier: Tier, id: &str, trigger: Trigger) {
    assert_eq!(built(story), (tier, id.to_owned(), trigger));
}

#[track_caller]
pub(super) fn starts_nothing(story: &Story) {
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[track_caller]
fn is_blocked(story: &Story, why: Block) {
    assert!(
        matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why),
        "{:?}",
        story.stage()
    );
    assert_eq!(posts(story), [&Post::Blocked { why, person: Some(UserId(1)) }]);
}

fn doing(story: &Story) -> &Doing {
    let Stage::Working { doing, .. } = story.stage() else { panic!("{:?}", story.stage()) };
    doing
}

fn fresh() -> RunId {
    RunId::from("fresh")
}

/// The checks of t1 passed, and t2 is being built.
fn second_task() -> Story {
    checking().then(concludes(Ci::Green))
}

/// Both specialists look, and find nothing.
fn nothing_is_found(story: Story) -> Story {
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    story.then(nothing()).then(nothing())
}

/// A change of t1 waits for a yes, or for nobody's.
fn parked(needs_yes: bool) -> Story {
    let asks_yes = Some(AsksYes { run: fresh(), hash: "abcdef".to_owned() });
    let refused = Report::PushRefused { needs_yes, hash: "abcdef".to_owned() };
    pushing().given(Facts { asks_yes, ..facts() }).then(reports("fresh", refused))
}

fn allow(hash: &str) -> Event {
    asks(ann(), Command::Allow { hash: hash.to_owned() })
}

#[test]
fn each_task_is_built_on_its_own_rung() {
    builds(&building(), Tier::Haiku, "t1", Trigger::PlanningComplete);
    builds(&second_task(), Tier::Sonnet, "t2", Trigger::TaskComplete);
}

#[test]
fn a_chosen_model_builds_the_first_task() {
    let on_opus = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    builds(&approved().then(asks(ann(), on_opus)), Tier::Opus, "t1", Trigger::PlanningComplete);
}

#[test]
fn work_stays_approved_by_who_approved_and_calls_who_started_it() {
    let story = approved().then(asks(zoe(), implement()));
    assert_eq!(story.stage().work().map(|it| it.approved), Some(UserId(1)));
    assert_eq!(started(&story).2, UserId(9));
    assert_eq!(story.state.asked_in, None);
}

#[test]
fn work_needs_a_model_unless_people_build() {
    let no_model = Policy { planner_available: false, ..Policy::default() };
    let without = || Facts { policy: no_model.clone(), ..facts() };
    refused(&approved().given(without()).then(asks(ann(), implement())), &Refused::NoModel);
    let by_hand = Command::Implement { manual: true, model: None, anyway: false };
    let story = approved().given(without()).then(asks(ann(), by_hand));
    assert_eq!(*doing(&story), Doing::ByHand);
    let stopped = building().then(asks(ann(), Command::Stop)).given(without());
    refused(&stopped.then(asks(ann(), Command::Retry)), &Refused::NoModel);
}

#[test]
fn a_model_that_a_person_chose_begins_without_the_reds() {
    let story = checking().then(concludes(Ci::Red));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(1));
    let story = story.then(asks(ann(), Command::handoff(Rung::Up)));
    let story = story.then(reports("fresh", Report::Noted));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(0));
}

#[test]
fn a_silent_builder_has_the_time_of_its_own_rung() {
    for (story, minutes) in [(building(), 10), (second_task(), 20)] {
        let due = NOW + Millis::minutes(minutes);
        assert!(story.effects().contains(&Effect::SetTimer { kind: TimerKind::Stuck, due }));
    }
}

#[test]
fn red_once_the_same_model_goes_on_and_red_twice_the_next_one() {
    let story = checking().then(concludes(Ci::Red));
    builds(&story, Tier::Haiku, "t1", Trigger::TestFailure);
    let pushed = story.then(reports("fresh", Report::TaskDone));
    let checking = pushed.then(reports("fresh", Report::Pushed { sha: head() }));
    builds(&checking.then(concludes(Ci::Red)), Tier::Sonnet, "t1", Trigger::TestFailure);
}

#[test]
fn the_verdict_on_a_commit_that_was_left_behind_is_not_heard() {
    let old = Event::CiConcluded { sha: Sha("c".repeat(40)), ci: Ci::Red };
    ignored(&checking().then(old.clone()), Ignored::NotTheHead);
    ignored(&checking().then(pushed()).then(old), Ignored::NotTheHead);
    ignored(&checking().then(pushed()).then(concludes(Ci::Red)), Ignored::NotTheHead);
}

#[test]
fn what_a_person_broke_is_theirs_and_no_failure_is_counted() {
    let sha = Sha("b".repeat(40));
    let story = checking().then(pushed());
    assert_eq!(*doing(&story), Doing::Checking { sha: sha.clone(), theirs: true });
    let story = story.then(Event::CiConcluded { sha, ci: Ci::Red });
    is_blocked(&story, Block::Ci(Ci::Red));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(0));
}

#[test]
fn a_ci_that_says_nothing_calls_a_person_and_settles_nothing() {
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        let story = checking().then(concludes(ci));
        is_blocked(&story, Block::Ci(ci));
        assert_eq!(story.stage().work().map(|it| it.done.len()), Some(0));
    }
}

#[test]
fn somebody_looks_at_the_checks_again_and_again() {
    let due = NOW + Millis::seconds(60);
    let look = Effect::SetTimer { kind: TimerKind::Ci, due };
    let story = checking();
    assert!(story.effects().contains(&look));
    assert_eq!(story.waits(TimerKind::Ci).waits(TimerKind::Ci).effects(), [look]);
}

#[test]
fn a_silent_builder_is_followed_by_a_stronger_one() {
    let story = building().waits(TimerKind::Stuck).waits(TimerKind::Note);
    builds(&story, Tier::Sonnet, "t1", Trigger::Stuck);
    assert!(story.effects().contains(&STOPPED()));
}

#[test]
fn a_builder_that_got_nowhere_is_followed_and_not_stopped_again() {
    for why in [RunFailure::NoProgress, RunFailure::TurnLimit, RunFailure::TimeLimit] {
        let story = building().then(fails(why));
        builds(&story, Tier::Sonnet, "t1", Trigger::Stuck);
        assert!(!story.effects().contains(&STOPPED()));
    }
}

#[test]
fn a_builder_without_money_or_key_calls_a_person() {
    for why in [RunFailure::MoneyLimit, RunFailure::ProviderRejected] {
        let story = building().then(fails(why));
        is_blocked(&story, Block::Run(why));
        builds(&story.then(asks(ann(), Command::Retry)), Tier::Haiku, "t1", Trigger::Manual);
    }
}

/// `workflow.md`: a push to the same path, and a fresh session builds upon it.
#[test]
fn a_run_that_people_overtook_is_followed_by_a_fresh_one_once() {
    let overtaken = || fails(RunFailure::Overtaken);
    let story = pushing().then(overtaken());
    builds(&story, Tier::Haiku, "t1", Trigger::Overtaken);
    assert!(!story.effects().contains(&STOPPED()));
    assert_eq!(story.state.handoffs, 0);
    let again = reports("fresh", Report::TaskDone);
    is_blocked(&story.then(again).then(overtaken()), Block::Run(RunFailure::Overtaken));
    // Who builds by hand, or has settled the task, is asked what becomes of it.
    for act in [asks(ann(), by_hand()), ticks_task(ann(), "t1", true)] {
        let story = pushing().then(act).then(overtaken());
        is_blocked(&story, Block::Run(RunFailure::Overtaken));
    }
    // The next task begins with a clean slate.
    let story = pushing().then(overtaken()).then(reports("fresh", Report::TaskDone));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    let story = story.then(concludes(Ci::Green)).then(reports("fresh", Report::TaskDone));
    builds(&story.then(overtaken()), Tier::Sonnet, "t2", Trigger::Overtaken);
}

#[test]
fn a_push_that_hangs_calls_a_person() {
    is_blocked(&pushing().waits(TimerKind::Stuck), Block::Publishing);
    is_blocked(&pushing().then(gives_up(Purpose::Publish)), Block::Publishing);
}

#[test]
fn blocked_work_is_kept_as_it_stands_now() {
    let story = second_task().then(fails(RunFailure::MoneyLimit));
    let work = story.stage().work().expect("the work is lost");
    assert!(work.done.contains("t1"));
    assert_eq!(work.task.as_deref(), Some("t2"));
}

#[test]
fn a_parked_change_passes_by_a_yes_to_exactly_that_change() {
    is_blocked(&parked(true), Block::NeedsYes);
    refused(&parked(true).then(allow("abd")), &Unbuilt::NoSuchChange);
    let story = parked(true).then(allow("abcd"));
    let kept = Effect::KeepYes { hash: "abcdef".to_owned(), by: "ann".to_owned() };
    let push = Effect::PushChanges { run: fresh(), task: "t1".to_owned() };
    let at = |effect: &Effect| story.effects().iter().position(|it| it == effect);
    assert!(at(&kept).is_some() && at(&kept) < at(&push), "{:?}", story.effects());
    assert_eq!(*doing(&story), Doing::Pushing { run: fresh() });
}

#[test]
fn what_the_guard_never_lets_pass_needs_no_yes() {
    is_blocked(&parked(false), Block::GuardRefused);
    refused(&parked(false).then(allow("abcd")), &Unbuilt::NoSuchChange);
}

#[test]
fn a_person_hands_a_task_up_and_down_by_one_rung_and_anywhere_by_name() {
    let up = || asks(ann(), Command::handoff(Rung::Up));
    let down = || asks(ann(), Command::handoff(Rung::Down));
    let opus = asks(ann(), Command::handoff(Rung::To(Tier::Opus)));
    let story = building().then(opus).waits(TimerKind::Note);
    builds(&story, Tier::Opus, "t1", Trigger::Manual);
    assert!(story.effects().contains(&STOPPED()));
    let story = story.then(down()).waits(TimerKind::Note);
    builds(&story, Tier::Sonnet, "t1", Trigger::Manual);
    let story = story.then(up()).waits(TimerKind::Note);
    builds(&story, Tier::Opus, "t1", Trigger::Manual);
    refused(&story.then(up()), &Unbuilt::NoSuchRung);
    refused(&building().then(down()), &Unbuilt::NoSuchRung);
}

#[test]
fn a_person_who_hands_over_is_the_one_to_call() {
    let story = building().then(asks(zoe(), Command::handoff(Rung::Up)));
    let story = story.waits(TimerKind::Note);
    assert_eq!(started(&story).2, UserId(9));
    let story = building().then(fails(RunFailure::MoneyLimit)).then(asks(zoe(), Command::Retry));
    assert_eq!(started(&story).2, UserId(9));
}

#[test]
fn ticking_the_active_task_stops_its_run_and_takes_the_next() {
    let story = building().then(ticks_task(ann(), "t1", true));
    assert!(story.effects().contains(&STOPPED()));
    builds(&story, Tier::Sonnet, "t2", Trigger::TaskComplete);
    let in_file = building().then(ticked_in_file(&["t1"], &[]));
    assert!(in_file.effects().contains(&STOPPED()));
    builds(&in_file, Tier::Sonnet, "t2", Trigger::TaskComplete);
}

#[test]
fn unticking_a_task_while_another_is_active_queues_it() {
    let story = second_task().then(ticks_task(ann(), "t1", false));
    starts_nothing(&story);
    assert_eq!(*doing(&story), Doing::Building { run: fresh() });
    assert_eq!(story.stage().work().map(|it| it.done.len()), Some(0));
}

#[test]
fn a_task_that_others_wait_for_is_not_skipped() {
    let story = building().then(asks(ann(), task("t1", TaskAct::Skip)));
    assert!(matches!(
        story.verdict(),
        baton::domain::workflow::Verdict::Refused(Refused::Work { why: Unbuilt::Task { .. } })
    ));
}

#[test]
fn a_task_settled_while_blocked_is_not_built_again() {
    let story = building().then(fails(RunFailure::MoneyLimit));
    builds(&story.then(ticks_task(ann(), "t1", true)), Tier::Sonnet, "t2", Trigger::Manual);
}

#[test]
fn another_task_settled_or_opened_again_starts_nothing_while_blocked() {
    let limit = || second_task().then(fails(RunFailure::ProviderLimit));
    for begin in [limit, || parked(true), || building().then(Event::BranchDeleted)] {
        let story = begin().then(asks(ann(), task("t3", TaskAct::Skip)));
        starts_nothing(&story);
        assert_eq!(story.stage().name(), "Blocked");
        assert!(story.stage().work().is_some_and(|it| it.skipped.contains("t3")));
        assert!(story.effects().contains(&ROCKET));
    }
    let story = limit().then(ticks_task(ann(), "t1", false));
    starts_nothing(&story);
    assert_eq!(story.effects(), [Effect::UpsertStatus, Effect::ShowWork { revision: 1 }]);
    builds(&story.then(asks(ann(), Command::Retry)), Tier::Sonnet, "t2", Trigger::Manual);
    let still = parked(true).then(asks(ann(), task("t3", TaskAct::Skip))).then(allow("abcd"));
    assert_eq!(*doing(&still), Doing::Pushing { run: fresh() });
}

#[test]
fn a_skipped_task_that_is_opened_again_is_open() {
    // The line for the review that stands behind it goes first.
    let story = second_task().then(asks(ann(), task("t3", TaskAct::Skip)));
    let story = nothing_is_found(story.then(asks(ann(), task("t2", TaskAct::Skip))));
    is(&story, "Ready");
    let story = story.then(asks(ann(), task("t2", TaskAct::Reopen)));
    builds(&story, Tier::Sonnet, "t2", Trigger::Manual);
    assert_eq!(story.stage().work().map(|it| it.skipped.len()), Some(1));
}

#[test]
fn by_hand_nothing_runs_until_the_last_tick() {
    starts_nothing(&building_by_hand());
    let story = building_by_hand().then(ticks_task(ann(), "t1", true));
    starts_nothing(&story);
    assert_eq!(*doing(&story), Doing::ByHand);
    let story = story.then(asks(ann(), Command::Stop)).then(asks(ann(), Command::Retry));
    starts_nothing(&story);
    assert_eq!(*doing(&story), Doing::ByHand);
    starts_nothing(&story.then(ticks_task(ann(), "t2", true)));
}

#[test]
fn without_a_model_nobody_looks_but_people() {
    let story = building_by_hand().then(ticks_task(ann(), "t1", true));
    let policy = Policy { planner_available: false, ..facts().policy };
    let story = story.given(Facts { policy, ..facts() }).then(ticks_task(ann(), "t2", true));
    let story = story.then(concludes(Ci::Green));
    starts_nothing(&story);
    is(&story, "Ready");
}

#[test]
fn ready_commits_the_end_and_calls_one_person() {
    let story = ready();
    is(&story, "Ready");
    assert!(story.effects().contains(&Effect::FinishPlan { revision: 1 }));
    assert_eq!(posts(&story), [&Post::Ready { person: Some(UserId(1)) }]);
}

#[test]
fn unticking_a_task_in_ready_builds_it_again() {
    let story = nothing_is_found(second_task().then(ticks_task(ann(), "t2", true)));
    is(&story, "Ready");
    builds(&story.then(ticks_task(ann(), "t2", false)), Tier::Sonnet, "t2", Trigger::Manual);
}

#[test]
fn a_last_commit_that_fails_and_a_lost_branch_call_a_person() {
    is_blocked(&ready().then(gives_up(Purpose::Publish)), Block::Publishing);
    is_blocked(&ready().then(Event::BranchDeleted), Block::BranchDeleted);
    is_blocked(&building().then(Event::BranchDeleted), Block::BranchDeleted);
}

#[test]
fn a_review_that_nobody_answers_ends() {
    is(&ready().waits(TimerKind::GiveUp), "Stopped");
}

#[test]
fn after_approval_the_merge_is_the_end_from_everywhere() {
    let blocked = building().then(fails(RunFailure::MoneyLimit));
    let stopped = building().then(asks(ann(), Command::Stop));
    let stories =
        [building(), pushing(), checking(), building_by_hand(), ready(), blocked, stopped];
    for story in stories {
        let live = story.stage().live_run().is_some();
        let story = story.then(Event::PullRequestClosed { merged: true });
        assert_eq!(*story.stage(), Stage::Done { plan: first_plan() });
        assert_eq!(posts(&story), [&Post::Merged]);
        assert_eq!(story.effects().contains(&STOPPED()), live);
        for command in [plan(), implement(), Command::Retry] {
            let story = Story { state: story.state.clone(), ..Story::new() };
            refused(&story.then(asks(ann(), command)), &Unbuilt::Merged);
        }
    }
}

#[test]
fn a_push_that_edits_the_plan_goes_back_to_people() {
    let story = building().given(facts_at_head(edited_into(2))).then(pushed());
    let second = PlanRef { revision: 2, hash: "hash 2".to_owned() };
    assert_eq!(*story.stage(), Stage::Planned { plan: second, approved: None });
    assert!(story.effects().contains(&STOPPED()));
    assert_eq!(posts(&story), [&Post::PlanReady { revision: 2 }]);
    assert_eq!(story.state.revision, 2);
}

#[test]
fn a_builders_question_waits_a_day_and_its_work_goes_on() {
    let work = building().stage().work().cloned();
    let story = building().then(asks_questions(1));
    let due = NOW + Millis::hours(24);
    assert!(story.effects().contains(&Effect::SetTimer { kind: TimerKind::Resume, due }));
    assert_eq!(story.stage().work(), work.as_ref());
    let story = story.then(says_answers(ann(), &[1]));
    assert_eq!(story.stage().work(), work.as_ref());
    let story = story.waits(TimerKind::Resume);
    assert!(story.effects().contains(&Effect::ResumeRun { run: fresh(), round: 1 }));
    assert_eq!(*doing(&story), Doing::Building { run: fresh() });
    assert_eq!(story.stage().work(), work.as_ref());
}

#[test]
fn closed_and_reopened_work_waits_for_a_person() {
    let story = second_task().then(Event::Closed);
    assert!(story.effects().contains(&STOPPED()));
    let story = story.then(Event::Reopened { by: eve() });
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    starts_nothing(&story);
    builds(&story.then(asks(ann(), Command::Retry)), Tier::Sonnet, "t2", Trigger::Manual);
}

#[test]
fn work_is_not_taken_up_under_a_closed_issue() {
    let closed = || Facts { open: false, ..facts() };
    let blocked = building().then(fails(RunFailure::MoneyLimit)).given(closed());
    refused(&blocked.then(asks(ann(), Command::Retry)), &Refused::ClosedIssue);
    let done = ready().given(closed()).then(ticks_task(ann(), "t2", false));
    refused(&done, &Refused::ClosedIssue);
}

#[test]
fn nobody_without_write_settles_a_task_or_hands_it_over() {
    let tick = building().then(ticks_task(tom(), "t1", true));
    assert_eq!(tick.effects().first(), Some(&Effect::UpsertStatus));
    starts_nothing(&tick);
    starts_nothing(&building().then(asks(tom(), Command::handoff(Rung::Up))));
}

#[test]
fn a_lost_branch_is_committed_again_before_anything_is_built() {
    let story = building().then(Event::BranchDeleted).then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
    starts_nothing(&story);
    assert!(story.effects().contains(&ROCKET));
}

#[test]
fn nothing_is_handed_over_or_allowed_where_nothing_is_built() {
    refused(&planned().then(allow("abcd")), &Unbuilt::NoSuchChange);
    let up = || asks(ann(), Command::handoff(Rung::Up));
    refused(&ready().then(up()), &Unbuilt::AllDone);
    refused(&pushing().then(up()), &Unbuilt::AlreadyBuilding);
    refused(&building_by_hand().then(up()), &Unbuilt::ByHand);
    refused(&adopted().then(up()), &Unbuilt::Adopted { number: FIRST });
    refused(&ready().then(pushed()).then(up()), &Unbuilt::AlreadyBuilding);
    refused(&asking_in_work().then(asks(ann(), Command::Reject)), &Refused::QuestionsOpen);
}

/// The run that builds t1 asks something.
fn asking_in_work() -> Story {
    building().then(asks_questions(1))
}

#[test]
fn a_task_is_settled_while_its_run_waits_for_an_answer() {
    for act in [ticks_task(ann(), "t1", true), asks(ann(), task("t1", TaskAct::Done))] {
        let story = asking_in_work().then(act);
        is(&story, "Working");
        assert!(story.effects().contains(&Effect::StopRun { run: fresh() }));
        builds(&story, Tier::Sonnet, "t2", Trigger::TaskComplete);
    }
    let story = asking_in_work().then(asks(ann(), task("t2", TaskAct::Done)));
    is(&story, "Asking");
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t2")));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
    let story = story.then(says_answers(ann(), &[1])).waits(TimerKind::Resume);
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t2")));
    refused(&asking().then(ticks_task(ann(), "t1", true)), &Unbuilt::NotBuilding);
}

/// The answers would be paid for, and what they lead to could be pushed nowhere.
#[test]
fn a_branch_that_was_given_up_calls_people_also_while_a_run_waits_for_an_answer() {
    is_blocked(&asking_in_work().then(gives_up(Purpose::Publish)), Block::Publishing);
    ignored(&asking().then(gives_up(Purpose::Publish)), Ignored::NothingDepends);
}

#[test]
fn what_people_settled_is_not_built_again_when_baton_takes_it_back() {
    let story = building().then(Event::BranchDeleted).then(asks(ann(), by_hand()));
    let story = story.then(ticks_task(ann(), "t1", true)).then(Event::BranchDeleted);
    builds(&story.then(asks(ann(), implement())), Tier::Sonnet, "t2", Trigger::Manual);
}
