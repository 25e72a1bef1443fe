//! The words for a plan whose base branch went on.

use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Actor, BaseNow, ControlLabel, Event, Facts, ReviewSays, Stage, Stale, Standing, Tick,
};

use super::walk::{Happening, given};
use super::words::{
    ann, approve, asks, by_hand, facts, facts_by_review, facts_that_start, implement,
    requests_changes, reviews, revise, robo, ticks, ticks_start, tom,
};

/// The file `src/cache.rs` is another now, by this object id; another file is what it was.
pub(super) fn changed_into(id: &str) -> Stale {
    let entry = |id: &str| Some(id.to_owned());
    let files: Vec<Standing> = vec![
        ("src/cache.rs".to_owned(), entry("1"), entry(id)),
        ("src/search.rs".to_owned(), entry("1"), entry("1")),
    ];
    Stale::of("main", files).expect("nothing changed")
}

/// The base as it is then.
pub(super) fn facts_at_base(base: BaseNow) -> Facts {
    Facts { base, ..facts() }
}

pub(super) fn facts_stale() -> Facts {
    facts_at_base(BaseNow::Stale(changed_into("2")))
}

pub(super) fn implement_anyway(manual: bool) -> Command {
    Command::Implement { manual, model: None, anyway: true }
}

pub(super) fn ticks_anyway(by: Actor, revision: u16, stale: &Stale) -> Event {
    Event::Ticked { by, tick: Tick::Anyway { revision, mark: stale.mark.clone() } }
}

pub(super) fn ticks_refresh(by: Actor, revision: u16, stale: &Stale) -> Event {
    Event::Ticked { by, tick: Tick::Refresh { revision, mark: stale.mark.clone() } }
}

/// What a person can do about a plan that may be stale.
pub(super) fn acts_on_stale(by: &Actor) -> Vec<Event> {
    let by = || by.clone();
    let start = Command::Approve { revision: None, start: true };
    let mut acts = vec![
        asks(by(), approve()),
        asks(by(), start),
        asks(by(), implement()),
        asks(by(), by_hand()),
        asks(by(), implement_anyway(false)),
        asks(by(), implement_anyway(true)),
        asks(by(), revise()),
        requests_changes(by(), "smaller"),
    ];
    for label in [ControlLabel::Approved, ControlLabel::Manual] {
        acts.push(Event::Labelled { by: by(), label });
    }
    for revision in [1, 2] {
        acts.extend([ticks(by(), revision), ticks_start(by(), revision)]);
        for id in ["2", "3"] {
            acts.push(ticks_anyway(by(), revision, &changed_into(id)));
            acts.push(ticks_refresh(by(), revision, &changed_into(id)));
        }
    }
    acts
}

/// These acts where a plan waits, with everything that the base may be.
pub(super) fn deeds_on_stale(stage: &Stage) -> Vec<Happening> {
    let mut deeds = Vec::new();
    if !matches!(stage.unpaused(), Stage::Planned { .. }) {
        return deeds;
    }
    let bases = [
        BaseNow::NotRead,
        BaseNow::Same,
        BaseNow::Unknown,
        BaseNow::Stale(changed_into("2")),
        BaseNow::Stale(changed_into("3")),
    ];
    let people = [ann(), Actor { told: true, ..ann() }, tom(), robo()];
    for base in bases {
        let acts = people.iter().flat_map(acts_on_stale);
        deeds.extend(given(acts, facts_at_base(base.clone())));
        let approves = reviews(ann(), ReviewSays::Approves { at_head: true });
        deeds.extend(given([approves], Facts { base: base.clone(), ..facts_by_review() }));
        let starts = [asks(ann(), approve()), asks(ann(), implement()), ticks(ann(), 1)];
        deeds.extend(given(starts, Facts { base: base.clone(), ..facts_that_start() }));
        for policy in [
            Policy { halted: true, ..Policy::default() },
            Policy { planner_available: false, ..Policy::default() },
        ] {
            let start = ticks_anyway(ann(), 1, &changed_into("2"));
            deeds.extend(given([start], Facts { base: base.clone(), policy, ..facts() }));
        }
    }
    deeds
}
