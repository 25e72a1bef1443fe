//! `Planning` and `Asking`: a run is live.

use baton::base::{CommentId, Millis, RunId, Timestamp, UserId};
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Actor, Ask, AsksYes, Block, Effect, Event, Facts, Held, Ignored, Post, Purpose, Reaction,
    Refused, Report, RunFailure, Stage, Stop, TimerKind, Verdict,
};

use crate::workflow::rows::{CONFUSED, ignored, is, posts, refused, started};
use crate::workflow::words::{
    COMMENT, NOW, Story, ann, answer, asking, asks, asks_questions, eve, facts, fails, gives_up,
    labels, ora, plan, planned, planning, pushing, reports, revise, robo, says_answers, submits,
};

#[test]
fn a_run_starts_in_the_name_of_who_asked() {
    let story = planning();
    let (tier, ask, requester) = started(&story);
    assert_eq!((tier, requester), (Tier::Opus, UserId(1)));
    assert_eq!(ask, Ask::Plan { text: String::new(), budget: None, include: Vec::new() });
    assert_eq!(story.state.asked_in, Some(COMMENT));
    let first = Effect::React { comment: COMMENT, with: Reaction::Eyes };
    assert_eq!(story.effects().first(), Some(&first));
}

/// What somebody writes after they asked is not what they asked for (trust rule 9).
#[test]
fn a_run_reads_the_words_of_the_moment_it_was_asked_for() {
    let earlier = Timestamp(NOW.0 - 60_000);
    let mut event = asks(ann(), plan());
    if let Event::Asked { at, .. } = &mut event {
        *at = earlier;
    }
    let story = Story::new().then(event);
    let starts = |it: &Effect| matches!(it, Effect::StartRun { at, .. } if *at == earlier);
    assert!(story.effects().iter().any(starts));
}

#[test]
fn questions_about_a_revision_keep_the_plan_that_is_revised() {
    let asked = planned().then(asks(ann(), revise())).then(asks_questions(1));
    assert_eq!(asked.stage().plan().map(|it| it.revision), Some(1));
}

#[test]
fn a_label_starts_a_run_too_and_there_is_no_comment_to_react_to() {
    let story = planning().then(Event::Closed);
    let story = story.then(Event::Reopened { by: ann() }).then(labels(ann()));
    is(&story, "Planning");
    assert_eq!(story.state.asked_in, None);
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::React { .. })));
}

#[test]
fn planning_and_plan_again_is_refused() {
    let story = planning().then(asks(ann(), plan()));
    refused(&story, &Refused::AlreadyPlanning);
    is(&story, "Planning");
}

#[test]
fn planning_and_revise_the_words_join_the_next_turn() {
    let story = planning().then(asks(ann(), revise()));
    let words = Effect::TellRun { run: RunId::from("fresh"), text: "smaller".to_owned() };
    assert!(story.effects().contains(&words));
    is(&story, "Planning");
}

/// A comment is read when a run begins; one that is under way would never see it.
#[test]
fn a_comment_is_included_only_where_a_run_begins() {
    let include = vec![CommentId(9)];
    let revise = || Command::Revise { text: "smaller".to_owned(), include: include.clone() };
    for (story, stage) in [(planning(), "Planning"), (asking(), "Asking")] {
        let story = story.then(asks(ann(), revise()));
        assert!(matches!(story.verdict(), Verdict::Refused(Refused::Malformed { .. })));
        is(&story, stage);
    }
    let story = planned().then(asks(ann(), revise()));
    let ask = Ask::Revise { revision: 1, text: "smaller".to_owned(), include: include.clone() };
    assert_eq!(started(&story).1, ask);
    let plan =
        Command::Plan { model: None, budget: None, text: String::new(), include: include.clone() };
    let ask = Ask::Plan { text: String::new(), budget: None, include };
    assert_eq!(started(&Story::new().then(asks(ann(), plan))).1, ask);
}

#[test]
fn planning_and_edited_the_status_says_so() {
    assert_eq!(planning().then(Event::Edited).effects(), [Effect::UpsertStatus]);
}

#[test]
fn two_plan_commands_in_one_comment_start_one_run() {
    let story = Story::new().then(asks(ann(), plan())).then(asks(ann(), plan()));
    refused(&story, &Refused::AlreadyPlanning);
    assert_eq!(story.stage().live_run(), Some(&RunId::from("fresh")));
}

#[test]
fn a_run_that_failed_is_not_stopped_again_and_names_who_asked() {
    let story = planning().then(fails(RunFailure::TurnLimit));
    let why = Block::Run(RunFailure::TurnLimit);
    assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(UserId(1)) }]);
    assert!(story.effects().contains(&CONFUSED));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
}

#[test]
fn a_silent_run_is_stopped_and_a_person_called() {
    let story = planning().waits(TimerKind::Stuck);
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
    let why = Block::Stuck;
    assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(UserId(1)) }]);
}

#[test]
fn a_run_that_could_not_start_is_stopped_for_good() {
    let story = planning().then(gives_up(Purpose::Run));
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
    assert!(matches!(
        story.stage(),
        Stage::Blocked { why: Block::Run(RunFailure::Unreadable), .. }
    ));
}

#[test]
fn what_was_given_up_of_the_last_plan_does_not_hurt_the_next_run() {
    let revising = || planned().then(asks(ann(), revise()));
    for purpose in [Purpose::Publish, Purpose::Tell] {
        ignored(&revising().then(gives_up(purpose)), Ignored::NothingDepends);
    }
    ignored(&revising().then(Event::BranchDeleted), Ignored::NothingDepends);
}

#[test]
fn a_plan_that_comes_after_the_pull_request_was_closed_is_not_listened_to() {
    let story = planned().then(asks(ann(), revise()));
    let story = story.then(Event::PullRequestClosed { merged: false });
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::PlanClosed, .. }));
    ignored(&story.then(submits(2)), Ignored::NotLiveRun);
}

#[test]
fn a_stuck_timer_of_an_earlier_run_says_nothing() {
    let story = planning();
    let epoch = story.state.epoch;
    let story = story.then(asks_questions(1)).waits(TimerKind::Remind);
    let late = Event::TimerDue { kind: TimerKind::Stuck, epoch };
    ignored(&story.then(late), Ignored::OldEpoch);
}

#[test]
fn the_run_goes_on_only_after_the_last_answer_and_a_moment() {
    let story = asking().then(says_answers(ann(), &[1]));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::SetTimer { .. })));
    let story = story.then(says_answers(ann(), &[2]));
    let due = NOW + Millis::seconds(20);
    assert!(story.effects().contains(&Effect::SetTimer { kind: TimerKind::Resume, due }));
    is(&story, "Asking");
    let story = story.waits(TimerKind::Resume);
    let resumed = Effect::ResumeRun { run: RunId::from("fresh"), round: 1 };
    assert!(story.effects().contains(&resumed));
    is(&story, "Planning");
}

#[test]
fn an_answer_given_twice_replaces_the_first_and_counts_once() {
    let story = asking().then(says_answers(ann(), &[1])).then(says_answers(ann(), &[1]));
    assert!(matches!(story.stage(), Stage::Asking { answered: 0b01, .. }));
    let recorded = |it: &Effect| matches!(it, Effect::RecordAnswers { round: 1, .. });
    assert!(story.effects().iter().any(recorded));
}

#[test]
fn an_answer_to_a_question_that_was_not_asked_is_refused_whole() {
    let story = asking().then(asks(ann(), answer(&[1, 3])));
    refused(&story, &Refused::NoSuchQuestion { open: 2 });
    assert!(matches!(story.stage(), Stage::Asking { answered: 0, .. }));
    refused(&asking().then(asks(ann(), answer(&[0]))), &Refused::NoSuchQuestion { open: 2 });
    refused(&asking().then(asks(ann(), answer(&[]))), &Refused::NoSuchQuestion { open: 2 });
}

#[test]
fn the_authors_answer_is_held_and_a_strangers_is_just_talk() {
    refused(&asking().then(says_answers(ora(), &[1])), &Refused::AnswerHeld);
    refused(&asking().then(asks(ora(), answer(&[1]))), &Refused::AnswerHeld);
    let told = asking().then(says_answers(Actor { told: true, ..ora() }, &[1]));
    assert_eq!(told.effects().len(), 2, "the second answer of an hour is not shown");
    ignored(&asking().then(says_answers(eve(), &[1])), Ignored::NoRight);
    ignored(&asking().then(says_answers(robo(), &[1])), Ignored::ByBot);
    refused(&planned().then(asks(ora(), answer(&[1]))), &Refused::NoSuchQuestion { open: 0 });
}

#[test]
fn asking_and_revise_lets_the_run_decide_itself() {
    let story = asking().then(asks(ann(), revise()));
    let run = RunId::from("fresh");
    let told = Effect::TellRun { run: run.clone(), text: "smaller".to_owned() };
    let at = |effect: &Effect| story.effects().iter().position(|it| it == effect);
    let resumed = at(&Effect::ResumeRun { run, round: 1 });
    assert!(at(&told).is_some() && at(&told) < resumed);
    is(&story, "Planning");
}

#[test]
fn asking_and_closed_the_run_is_stopped_and_can_be_taken_up() {
    let story = asking().then(Event::Closed);
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
    assert!(matches!(
        story.stage(),
        Stage::Stopped { why: Stop::Closed, held: Held { run: true, .. } }
    ));
    assert_eq!(started(&story.then(asks(ann(), Command::Retry))).1, Ask::Again);
}

#[test]
fn the_second_round_is_counted_on() {
    let story = asking().then(says_answers(ann(), &[1, 2])).waits(TimerKind::Resume);
    let story = story.then(asks_questions(1));
    assert!(matches!(story.stage(), Stage::Asking { round: 2, answered: 0, .. }));
}

#[test]
fn nobody_is_reminded_of_questions_that_are_all_answered() {
    let story = asking().then(says_answers(ann(), &[1, 2])).waits(TimerKind::Remind);
    ignored(&story, Ignored::NothingNew);
}

#[test]
fn a_week_reminds_and_two_end() {
    for (kind, days) in [(TimerKind::Remind, 7), (TimerKind::GiveUp, 14)] {
        let due = NOW + Millis::days(days);
        assert!(asking().effects().contains(&Effect::SetTimer { kind, due }));
    }
    let story = asking().waits(TimerKind::Remind);
    assert_eq!(posts(&story), [&Post::Reminder { person: Some(UserId(1)) }]);
    let story = story.waits(TimerKind::GiveUp);
    let why = Stop::Unanswered;
    assert_eq!(posts(&story), [&Post::Ended { why, person: Some(UserId(1)) }]);
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
}

#[test]
fn questions_that_cannot_be_posted_block() {
    let story = asking().then(gives_up(Purpose::Tell));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Telling, .. }));
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
    let blocked = asking().then(gives_up(Purpose::Run));
    assert!(blocked.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
}

#[test]
fn a_report_of_strange_counts_leaves_a_stage_that_can_be_answered() {
    let story = planning().then(asks_questions(0)).then(says_answers(ann(), &[1]));
    assert!(matches!(story.stage(), Stage::Asking { questions: 1, answered: 1, .. }));
    let story = planning().then(asks_questions(200)).then(says_answers(ann(), &[8]));
    assert!(matches!(story.stage(), Stage::Asking { questions: 8, answered: 0b1000_0000, .. }));
}

#[test]
fn what_approvals_kept_back_is_pushed_by_retry_without_another_run() {
    let run = RunId::from("fresh");
    let kept_back = || pushing().then(reports("fresh", Report::ApprovalsStand));
    assert!(matches!(kept_back().stage(), Stage::Blocked { why: Block::Approvals, .. }));
    let asks_yes = Some(AsksYes { run: run.clone(), hash: "abc".to_owned() });
    let story = kept_back().given(Facts { asks_yes, ..facts() }).then(asks(ann(), Command::Retry));
    is(&story, "Working");
    let push = Effect::PushChanges { run, task: "t1".to_owned() };
    assert!(story.effects().contains(&push), "{:?}", story.effects());
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));

    // Where nobody knows any more what was built, it is built anew.
    let story = kept_back().then(asks(ann(), Command::Retry));
    assert_eq!(started(&story).0, Tier::Haiku);
}
