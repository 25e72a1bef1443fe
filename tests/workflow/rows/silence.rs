//! Runs that show no sign of life: each rung has its own time, and people read of it half-way.

use baton::base::Millis;
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{Effect, TimerKind};

use crate::workflow::rows::is;
use crate::workflow::words::{
    NOW, Story, ann, asks, building, paused, plan_on, planning, reviewing, testing,
};

#[track_caller]
fn waits_for(story: &Story, minutes: i64) {
    let set = |kind, after| Effect::SetTimer { kind, due: NOW + after };
    let effects = story.effects();
    assert!(effects.contains(&set(TimerKind::Stuck, Millis::minutes(minutes))), "{effects:?}");
    assert!(effects.contains(&set(TimerKind::Poke, Millis::minutes(minutes / 2))), "{effects:?}");
}

#[test]
fn a_planner_has_the_time_of_its_own_rung() {
    waits_for(&planning(), 30);
    for (model, minutes) in [(Tier::Haiku, 10), (Tier::Sonnet, 20), (Tier::Opus, 30)] {
        let command = plan_on(model);
        waits_for(&Story::new().then(asks(ann(), command)), minutes);
    }
    waits_for(&paused().then(asks(ann(), Command::Resume)), 30);
}

#[test]
fn a_specialist_has_the_time_of_its_own_rung() {
    waits_for(&testing(), 10);
    waits_for(&reviewing(), 20);
}

#[test]
fn people_read_of_a_silence_when_half_of_its_time_is_over() {
    for begin in [planning, building, testing, reviewing] {
        let story = begin().waits(TimerKind::Poke);
        assert_eq!(story.effects(), [Effect::UpsertStatus], "an edit, and nothing else");
        assert_eq!(story.stage(), begin().stage());
        is(&story, begin().stage().name());
    }
}
