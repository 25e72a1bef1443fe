//! Pull requests that people open by themselves while they build by hand.

use baton::base::IssueNumber;
use baton::domain::command::Command;
use baton::domain::workflow::{
    Block, ControlLabel, Effect, Event, Ignored, Post, Stage, Stop, TimerKind, Unbuilt,
};

use crate::workflow::related::{FIRST, SECOND, adopted, leaves, merges, names};
use crate::workflow::rows::by_hand::{by_hand_clock, clock};
use crate::workflow::rows::{ignored, is, posts, refused};
use crate::workflow::words::{
    Story, ann, asks, building, building_by_hand, implement, planned, planning, ready, robo,
    testing, tom,
};

fn adopted_in(story: &Story) -> Option<IssueNumber> {
    story.stage().work().and_then(|it| it.adopted)
}

#[test]
fn the_first_by_somebody_with_write_is_adopted_without_a_comment() {
    let story = adopted();
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
    assert!(story.effects().contains(&Effect::UpsertStatus));
    assert!(posts(&story).is_empty());
}

/// Each push there is a sign of what people build; where another clock runs, it moves nothing.
#[test]
fn what_is_pushed_there_begins_the_clock_of_people_anew() {
    for story in [building_by_hand().then(names(ann(), FIRST)), adopted().then(names(ann(), FIRST))]
    {
        assert_eq!(clock(&story), by_hand_clock());
    }
    let story = adopted().waits(TimerKind::Remind).then(names(ann(), FIRST));
    assert!(!story.state.quiet && story.effects().contains(&Effect::UpsertStatus));
    let paused = adopted().then(asks(ann(), Command::Pause));
    ignored(&paused.then(names(ann(), FIRST)), Ignored::NothingNew);
}

#[test]
fn a_second_is_shown_and_moves_nothing() {
    let story = adopted().then(names(ann(), SECOND));
    assert_eq!(adopted_in(&story), Some(FIRST));
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    let story = story.then(merges(SECOND, false));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
}

#[test]
fn strangers_and_bots_move_nothing() {
    ignored(&building_by_hand().then(names(tom(), FIRST)), Ignored::NoRight);
    ignored(&building_by_hand().then(names(robo(), FIRST)), Ignored::ByBot);
}

#[test]
fn nothing_is_adopted_where_nobody_builds_by_hand() {
    for story in [planning(), planned(), building(), testing(), ready()] {
        ignored(&story.then(names(ann(), FIRST)), Ignored::NotByHand);
    }
}

#[test]
fn one_is_adopted_in_a_pause_too() {
    let story = building_by_hand().then(asks(ann(), Command::Pause)).then(names(ann(), FIRST));
    is(&story, "Paused");
    assert_eq!(adopted_in(&story), Some(FIRST));
    let story = story.then(asks(ann(), Command::Resume));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
}

#[test]
fn the_merge_of_the_adopted_one_is_the_end_from_everywhere() {
    let stories = [
        adopted(),
        adopted().then(asks(ann(), Command::Pause)),
        adopted().then(Event::Closed),
        adopted().then(asks(ann(), Command::Stop)),
        adopted().then(Event::BranchDeleted),
    ];
    for story in stories {
        for closes in [true, false] {
            let story =
                Story { state: story.state.clone(), facts: story.facts.clone(), last: None };
            let story = story.then(merges(FIRST, closes));
            is(&story, "Done");
            assert!(posts(&story).contains(&&Post::Merged), "{:?}", story.effects());
            assert!(story.effects().contains(&Effect::ClosePullRequest));
            ignored(&story.then(Event::Closed), Ignored::Ended);
        }
    }
}

#[test]
fn closed_without_merging_it_is_adopted_no_longer() {
    let story = adopted().then(leaves(FIRST));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), None);
    let story = story.then(names(ann(), SECOND));
    assert_eq!(adopted_in(&story), Some(SECOND));
    // What was let go ends nothing.
    is(&story.then(merges(FIRST, false)), "Working");
}

#[test]
fn another_one_that_closes_the_issue_ends_the_work_elsewhere() {
    for story in [Story::new(), planning(), planned(), building(), adopted(), ready()] {
        let story = story.then(merges(SECOND, true));
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::ClosedElsewhere, .. }));
        assert_eq!(story.stage().live_run(), None);
        assert!(posts(&story).is_empty());
        ignored(&story.then(Event::Closed), Ignored::Ended);
    }
    // GitHub may tell of the issue first.
    let story = building().then(Event::Closed).then(merges(SECOND, true));
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::ClosedElsewhere, .. }));
    // Reopened, it goes back to what stood, as after any closing.
    is(&story.then(Event::Reopened { by: ann() }), "Blocked");
    let stopped = building().then(asks(ann(), Command::Stop)).then(merges(SECOND, true));
    assert!(matches!(stopped.stage(), Stage::Stopped { why: Stop::Person, .. }));
    let done = ready().then(Event::PullRequestClosed { merged: true });
    ignored(&done.then(merges(SECOND, true)), Ignored::Ended);
}

#[test]
fn baton_does_not_build_beside_it() {
    let why = Unbuilt::Adopted { number: FIRST };
    refused(&adopted().then(asks(ann(), implement())), &why);
    let off = Event::Unlabelled { by: ann(), label: ControlLabel::Manual };
    ignored(&adopted().then(off), Ignored::CannotGoOn);
    let blocked = adopted().then(Event::Closed).then(Event::Reopened { by: ann() });
    assert!(matches!(blocked.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    refused(&blocked.then(asks(ann(), implement())), &why);
    let story = adopted().then(leaves(FIRST)).then(asks(ann(), implement()));
    assert!(story.stage().live_run().is_some());
}
