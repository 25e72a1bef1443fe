//! Labels say how things are: what is put on begins it, what is taken off ends it, and what ends
//! otherwise takes its label along.

use std::collections::BTreeSet;

use baton::base::{RunId, Sha};
use baton::domain::command::Command;
use baton::domain::permission::Right;
use baton::domain::policy::Policy;
use baton::domain::tier::{Complexity, Role, Tier};
use baton::domain::workflow::{
    Actor, Ask, Block, Ci, ControlLabel, Doing, Effect, Event, Facts, Feedback, How, Ignored,
    Pause, PlanAtHead, Post, Refused, Report, RunFailure, Stage, Unapproved, Unbuilt, Unpaused,
};

use crate::workflow::related::adopted;
use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    Story, ann, approve, approved, asking, asks, at_limit, budget_more, building, building_by_hand,
    by_hand, checking, concludes, edited_into, eve, facts, facts_at_head, facts_at_limit, fails,
    handing, head, implement, mia, ora, paused, plan, plan_on, planned, planning, pushed, pushing,
    ready, reports, revise, robo, testing, ticks_task, tom,
};

const PAUSE: ControlLabel = ControlLabel::Pause;
const MANUAL: ControlLabel = ControlLabel::Manual;

fn on(by: Actor, label: ControlLabel) -> Event {
    Event::Labelled { by, label }
}

fn off(by: Actor, label: ControlLabel) -> Event {
    Event::Unlabelled { by, label }
}

fn model(tier: Tier) -> ControlLabel {
    ControlLabel::Model(tier)
}

fn drops(story: &Story, label: ControlLabel) -> bool {
    story.effects().contains(&Effect::DropLabel { label })
}

#[track_caller]
fn work_by_hand(story: &Story) -> &Doing {
    match story.stage() {
        Stage::Working { work, doing } if work.by_hand => doing,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_are_read_whatever_their_blanks_and_case() {
    let check = |name: &str, label: Option<ControlLabel>| {
        assert_eq!(ControlLabel::parse(name), label, "{name:?}");
    };
    check("baton:pause", Some(PAUSE));
    check(" Baton : Pause ", Some(PAUSE));
    check("BATON:MANUAL", Some(MANUAL));
    check("model: opus", Some(model(Tier::Opus)));
    check("Model:Haiku", Some(model(Tier::Haiku)));
    check("complexity:  EXPERT", Some(ControlLabel::Complexity(Complexity::Expert)));
    for unknown in ["model: gpt", "model:", "model", "models: opus", "baton:off", "complexity: 5"] {
        check(unknown, None);
    }
}

#[test]
fn the_pause_label_is_the_pause_as_long_as_it_is_on() {
    for begin in [planning, asking, planned, building, pushing, checking, testing, ready] {
        let story = begin().then(on(ann(), PAUSE));
        assert!(matches!(story.stage(), Stage::Paused { why: Pause::Label, .. }));
        let story = story.then(off(ann(), PAUSE));
        assert_eq!(story.stage(), begin().stage());
        assert!(!drops(&story, PAUSE), "it is off");
    }
}

#[test]
fn what_ends_the_pause_takes_its_label_off() {
    let label = || building().then(on(ann(), PAUSE));
    for event in [
        asks(ann(), Command::Resume),
        asks(ann(), Command::Stop),
        asks(ann(), Command::Pause),
        Event::Closed,
        Event::BranchDeleted,
        Event::PullRequestClosed { merged: true },
    ] {
        let stays = event == asks(ann(), Command::Pause);
        let story = label().then(event);
        assert_eq!(drops(&story, PAUSE), !stays, "{:?}", story.effects());
    }
    for event in [Event::Gone, Event::Uninstalled, Event::Suspended] {
        assert!(!drops(&label().then(event), PAUSE), "nothing can be reached there");
    }
    let without = paused().then(asks(ann(), Command::Resume));
    assert!(!drops(&without, PAUSE), "there is no label to take off");
}

#[test]
fn a_pause_by_label_outlasts_a_raised_limit() {
    let story = at_limit().then(on(ann(), PAUSE));
    let story = story.given(facts_at_limit(baton::domain::budget::Scope::Issue, "fresh"));
    let story = story.then(asks(mia(), budget_more(5)));
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Label, .. }));
    ignored(&story.then(on(ann(), PAUSE)), Ignored::NothingNew);
}

#[test]
fn the_pause_label_needs_the_right_to_pause_and_its_end_the_right_to_resume() {
    let story = building().then(on(eve(), PAUSE));
    assert_eq!(story.effects(), [Effect::DropLabel { label: PAUSE }]);
    is(&story, "Working");
    // Whoever asked for the work may pause it, and triage may.
    is(&building().then(on(Actor { right: Right::Read, ..ann() }, PAUSE)), "Paused");
    let story = building().then(on(tom(), PAUSE));
    is(&story, "Paused");
    ignored(&story.then(off(tom(), PAUSE)), Ignored::NoRight);
    let story = planned().then(on(ann(), PAUSE)).then(off(robo(), PAUSE));
    ignored(&story, Ignored::ByBot);
    ignored(&building().then(on(robo(), PAUSE)), Ignored::ByBot);
    ignored(&building().then(off(ann(), PAUSE)), Ignored::NothingNew);
    ignored(&paused().then(off(ann(), PAUSE)), Ignored::NothingNew);
}

#[test]
fn where_nothing_is_to_pause_the_label_goes_again() {
    for begin in [Story::new, || building().then(asks(ann(), Command::Stop))] {
        let story = begin().then(on(ann(), PAUSE));
        refused(&story, &Unpaused::NothingToPause);
        assert!(drops(&story, PAUSE));
    }
}

#[test]
fn a_label_that_is_off_starts_nothing_that_cannot_go_on() {
    let policy = |planner_available, halted| Policy { planner_available, halted, ..facts().policy };
    for facts in [
        Facts { open: false, ..facts() },
        Facts { policy: policy(false, false), ..facts() },
        Facts { policy: policy(true, true), ..facts() },
    ] {
        let story = building().then(on(ann(), PAUSE)).given(facts.clone());
        ignored(&story.then(off(ann(), PAUSE)), Ignored::CannotGoOn);
        let story = building_by_hand().given(facts);
        ignored(&story.then(off(ann(), MANUAL)), Ignored::CannotGoOn);
    }
}

#[test]
fn the_manual_label_approves_and_hands_the_plan_to_people() {
    let story = planned().then(on(ann(), MANUAL));
    assert_eq!(*work_by_hand(&story), Doing::ByHand);
    assert_eq!(story.stage(), planned().then(asks(ann(), by_hand())).stage());
    ignored(&story.then(on(ann(), MANUAL)), Ignored::NothingNew);
    for by in [tom(), ora()] {
        let story = planned().then(on(by, MANUAL));
        assert!(drops(&story, MANUAL), "{:?}", story.effects());
        is(&story, "Planned");
    }
    ignored(&planned().then(on(robo(), MANUAL)), Ignored::ByBot);
    refused(&Story::new().then(on(ann(), MANUAL)), &Unapproved::NoPlan);
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    let built = building().then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true));
    refused(&built.then(nothing()).then(nothing()).then(on(ann(), MANUAL)), &Unbuilt::AllDone);
}

#[test]
fn people_take_over_once_the_live_run_is_stopped() {
    let asks_one = reports("fresh", Report::Questions { count: 1 });
    for story in [building(), handing(), building().then(asks_one)] {
        let story = story.then(on(ann(), MANUAL));
        assert_eq!(*work_by_hand(&story), Doing::ByHand);
        let stop = Effect::StopRun { run: RunId::from("fresh") };
        assert_eq!(story.effects().iter().filter(|it| **it == stop).count(), 1);
        assert_eq!(story.stage().live_run(), None);
    }
    is(&building().then(asks(ann(), by_hand())), "Working");
}

#[test]
fn what_is_on_its_way_is_brought_to_its_end_before_people_build() {
    let story = pushing().then(on(ann(), MANUAL));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    assert!(matches!(work_by_hand(&story), Doing::Checking { .. }));
    for (ci, is_done) in [(Ci::Green, true), (Ci::Red, false)] {
        let story = checking().then(on(ann(), MANUAL)).then(concludes(ci));
        assert_eq!(*work_by_hand(&story), Doing::ByHand);
        assert_eq!(story.stage().work().map(|it| it.done.contains("t1")), Some(is_done));
        assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    }
}

#[test]
fn what_was_found_is_theirs_to_mend_and_they_are_called() {
    let found = || {
        let story = building().then(ticks_task(ann(), "t1", true));
        let story = story.then(ticks_task(ann(), "t2", true));
        story.then(reports("fresh", Report::Findings { ask_for_work: true }))
    };
    is(&found(), "Working");
    let story = found().then(on(ann(), MANUAL));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Findings, .. }));
    assert!(matches!(posts(&story)[..], [Post::Blocked { .. }]));
}

#[test]
fn without_the_manual_label_baton_builds_what_is_left() {
    let story = building_by_hand().then(ticks_task(ann(), "t1", true)).then(off(ann(), MANUAL));
    let (tier, ask, _) = started(&story);
    assert!(matches!(ask, Ask::Task { task, .. } if task == "t2"));
    assert_eq!(tier, Tier::Sonnet);
    assert!(!drops(&story, MANUAL));
    let story = building_by_hand().then(asks(ann(), implement()));
    assert!(drops(&story, MANUAL), "the command says the same, and the label goes");
    ignored(&building_by_hand().then(off(tom(), MANUAL)), Ignored::NoRight);
    ignored(&building().then(off(ann(), MANUAL)), Ignored::NothingNew);
    assert!(drops(&building_by_hand().then(asks(ann(), revise())), MANUAL));
    assert!(!drops(&ready().then(Event::PullRequestClosed { merged: true }), MANUAL));
}

/// Set by mistake and taken off a moment later: label and state agree, and nothing begins by it.
#[test]
fn the_manual_label_is_taken_back_wherever_it_can_be_set() {
    let starts = |it: &Story| it.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }));
    for begin in [pushing, checking] {
        for word in [off(ann(), MANUAL), asks(ann(), implement())] {
            let story = begin().then(on(ann(), MANUAL)).then(word);
            assert_eq!(story.stage(), begin().stage());
            assert!(!starts(&story));
        }
    }
    let opus = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let checks = checking().then(on(ann(), MANUAL));
    refused(&checks.then(asks(ann(), opus)), &Unbuilt::AlreadyBuilding);
    let found = reports("fresh", Report::Findings { ask_for_work: true });
    let story = testing().then(found).then(off(ann(), MANUAL));
    assert!(starts(&story), "{:?}", story.last);
    let broken = || testing().then(pushed()).then(red_of_theirs());
    let story = broken().then(off(ann(), MANUAL));
    assert!(matches!(story.stage(), Stage::Working { work, .. } if !work.by_hand));
    for head in [PlanAtHead::Unknown, PlanAtHead::Invalid("no".to_owned())] {
        let story = broken().given(facts_at_head(head)).then(off(ann(), MANUAL));
        ignored(&story, Ignored::CannotGoOn);
    }
    is(&broken().given(facts_at_head(edited_into(2))).then(off(ann(), MANUAL)), "Planned");
}

#[test]
fn without_the_manual_label_what_stands_still_is_batons_when_it_goes_on() {
    let starts = |it: &Story| it.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }));
    for (down, up) in [(Command::Stop, Command::Retry), (Command::Pause, Command::Resume)] {
        let stands = building_by_hand().then(asks(ann(), down)).then(off(ann(), MANUAL));
        assert!(!starts(&stands), "{:?}", stands.last);
        assert!(stands.stage().work().is_some_and(|it| !it.by_hand), "{:?}", stands.last);
        assert!(starts(&stands.then(asks(ann(), up))));
    }
    let elsewhere = adopted().then(asks(ann(), Command::Stop)).then(off(ann(), MANUAL));
    ignored(&elsewhere, Ignored::CannotGoOn);
}

/// The checks of what people pushed fail.
fn red_of_theirs() -> Event {
    Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Red }
}

#[test]
fn work_that_waits_for_a_person_goes_to_people_and_back() {
    let blocked = || checking().then(concludes(Ci::Unverified));
    let story = blocked().then(on(ann(), MANUAL));
    assert_eq!(*work_by_hand(&story), Doing::ByHand);
    refused(&blocked().then(asks(ann(), implement())), &Unbuilt::PersonNeeded);
}

#[test]
fn a_model_label_decides_on_which_tier_work_begins_next() {
    let haiku = || Story::new().then(on(ann(), model(Tier::Haiku)));
    let (computed, chosen, how) = (Tier::Opus, Tier::Haiku, How::Label);
    let feedback = Feedback::Tier { computed, chosen, how };
    let others = Effect::DropOthers { label: model(Tier::Haiku) };
    assert_eq!(haiku().effects(), [others, Effect::RecordFeedback { feedback }]);
    assert_eq!(started(&haiku().then(asks(ann(), plan()))).0, Tier::Haiku);
    // A tier in the command is about this very run.
    assert_eq!(started(&haiku().then(asks(ann(), plan_on(Tier::Sonnet)))).0, Tier::Sonnet);
    let opus = |story: Story| story.then(on(ann(), model(Tier::Opus)));
    let approved = || planned().then(asks(ann(), approve()));
    assert_eq!(started(&opus(approved()).then(asks(ann(), implement()))).0, Tier::Opus);
    assert_eq!(started(&opus(checking()).then(concludes(Ci::Green))).0, Tier::Opus);
    let stopped = building().then(asks(ann(), Command::Stop));
    assert_eq!(started(&opus(stopped).then(asks(ann(), Command::Retry))).0, Tier::Opus);
    // What runs goes on as it is.
    let story = opus(building());
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
}

/// `trust.md`, rule 22: what a run may do rests on its role, and the tier changes no role.
#[test]
fn a_cheaper_model_may_do_what_any_other_may() {
    for tier in Tier::ALL {
        let story = checking().then(on(ann(), model(tier))).then(concludes(Ci::Green));
        let role = story.effects().iter().find_map(|it| match it {
            Effect::StartRun { role, .. } => Some(*role),
            _ => None,
        });
        assert_eq!(role, Some(Role::Implementer));
    }
    for begin in [|| building().then(ticks_task(ann(), "t1", true)), checking] {
        let story = begin().then(on(ann(), model(Tier::Haiku)));
        assert!(story.state.override_tier == Some(Tier::Haiku));
    }
}

#[test]
fn without_its_label_work_begins_on_its_own_tier() {
    let label = model(Tier::Haiku);
    let story = Story::new().then(on(ann(), label)).then(asks(ann(), plan()));
    let story = story.then(asks(ann(), Command::Stop));
    assert_eq!(started(&story.then(asks(ann(), Command::Retry))).0, Tier::Haiku);
    let story = Story::new().then(on(ann(), label)).then(asks(ann(), plan()));
    let story = story.then(asks(ann(), Command::Stop)).then(off(ann(), label));
    assert_eq!(started(&story.then(asks(ann(), Command::Retry))).0, Tier::Opus);
}

#[test]
fn a_model_label_needs_the_right_to_spend() {
    let label = model(Tier::Opus);
    let story = Story::new().then(on(tom(), label));
    assert!(drops(&story, label));
    assert!(matches!(posts(&story)[..], [Post::Refused { refusal: Refused::Right { .. }, .. }]));
    assert_eq!(story.state.override_tier, None);
    let story = Story::new().then(on(eve(), label));
    assert_eq!(story.effects(), [Effect::DropLabel { label }]);
    ignored(&Story::new().then(on(robo(), label)), Ignored::ByBot);
    let set = || Story::new().then(on(ann(), label));
    ignored(&set().then(off(tom(), label)), Ignored::NoRight);
    ignored(&set().then(off(robo(), label)), Ignored::ByBot);
    ignored(&set().then(on(ann(), label)), Ignored::NothingNew);
    ignored(&set().then(off(ann(), model(Tier::Haiku))), Ignored::NothingNew);
}

/// What GitHub shows of one group, and what Baton takes it for, after each step.
fn played(story: Story, shown: &mut BTreeSet<String>, event: Event, name: String) -> Story {
    match &event {
        Event::Labelled { .. } if !shown.insert(name.clone()) => return story,
        Event::Unlabelled { .. } if !shown.remove(&name) => return story,
        _ => {}
    }
    let story = story.then(event);
    for effect in story.effects() {
        match effect {
            Effect::DropOthers { .. } | Effect::ShowLevel { .. } => {
                shown.clear();
                shown.insert(name.clone());
            }
            Effect::DropLabel { .. } => {
                shown.remove(&name);
            }
            _ => {}
        }
    }
    story
}

/// Law 13, and "one of each group at a time": every way of putting on and taking off two labels of
/// a group in five steps leaves exactly the label that counts.
#[test]
fn one_of_each_group_is_on_and_it_is_the_one_that_counts() {
    let models = [model(Tier::Haiku), model(Tier::Opus)];
    let levels = [Complexity::Trivial, Complexity::Expert].map(ControlLabel::Complexity);
    for group in [models, levels] {
        for steps in 0..4_usize.pow(5) {
            let mut story = Story::new();
            let mut shown = BTreeSet::new();
            let mut rest = steps;
            for _ in 0..5 {
                let label = group[rest % 2];
                let event = if rest / 2 % 2 == 0 { on(ann(), label) } else { off(ann(), label) };
                story = played(story, &mut shown, event, format!("{label:?}"));
                rest /= 4;
                let tier = story.state.override_tier.map(ControlLabel::Model);
                let counts = tier.or(story.state.override_level.map(ControlLabel::Complexity));
                let counts: BTreeSet<String> = counts.iter().map(|it| format!("{it:?}")).collect();
                assert_eq!(shown, counts, "after {steps}");
            }
        }
    }
}

/// The same of what may be on or off only: whoever has the right, and in any order.
#[test]
fn pause_and_manual_agree_with_their_labels_in_any_order() {
    let acts = |label| {
        [
            on(ann(), label),
            off(ann(), label),
            asks(ann(), Command::Resume),
            asks(ann(), Command::Pause),
            asks(ann(), by_hand()),
            asks(ann(), implement()),
        ]
    };
    let holds = |story: &Story, label| match label {
        PAUSE => matches!(story.stage(), Stage::Paused { why: Pause::Label, .. }),
        _ => story.stage().work().is_some_and(|it| it.by_hand),
    };
    for label in [PAUSE, MANUAL] {
        let acts = acts(label);
        for steps in 0..acts.len().pow(4) {
            let mut story = building();
            let mut is_on = false;
            let mut rest = steps;
            for _ in 0..4 {
                let event = acts[rest % acts.len()].clone();
                rest /= acts.len();
                match &event {
                    Event::Labelled { .. } if is_on => continue,
                    Event::Unlabelled { .. } if !is_on => continue,
                    Event::Labelled { .. } => is_on = true,
                    Event::Unlabelled { .. } => is_on = false,
                    _ => {}
                }
                story = story.then(event);
                is_on &= !drops(&story, label);
                assert!(!is_on || holds(&story, label), "{steps}: on, and it does not hold");
                assert!(label == MANUAL || is_on == holds(&story, label), "{steps}: off");
            }
        }
    }
}

/// How often the decision takes the label of an approval off.
fn drops_approved(story: &Story) -> usize {
    let drop = Effect::DropLabel { label: ControlLabel::Approved };
    story.effects().iter().filter(|it| **it == drop).count()
}

#[test]
fn the_label_of_an_approval_goes_wherever_nobody_approves_any_more() {
    let edits = |it: Story| it.given(facts_at_head(edited_into(2))).then(pushed()).given(facts());
    for begin in [approved, building, pushing, checking, handing, testing, ready] {
        assert_eq!(drops_approved(&edits(begin())), 1, "{:?}", begin().last);
    }
    let blocked = || building().then(fails(RunFailure::MoneyLimit));
    for begin in [approved, building, pushing, blocked] {
        assert_eq!(drops_approved(&begin().then(asks(ann(), revise()))), 1);
    }
    let gone = approved().then(Event::BranchDeleted);
    assert_eq!(drops_approved(&gone), 0, "it may be put back");
    assert_eq!(drops_approved(&gone.then(asks(ann(), Command::Retry))), 1);
    for begin in [approved, building, blocked] {
        let story = begin().then(asks(ann(), Command::Stop));
        assert_eq!(drops_approved(&story), 0, "it holds when somebody goes on");
    }
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    assert_eq!(drops_approved(&merged), 0, "it may stay to be read");
}
