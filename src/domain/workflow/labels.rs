//! Labels that people put on and take off. One is an order (`baton:plan`); the others say how
//! things are as long as they are on, so that label and state have to agree:
//!
//! | label | on | off |
//! |---|---|---|
//! | `baton:approved` | the plan is approved | the approval is taken back |
//! | `baton:pause` | work is laid down | it goes on |
//! | `baton:manual` | people build | Baton builds the tasks that are left |
//! | `complexity: …` | a person's level decides | the scorer decides again |
//! | `model: …` | what begins next begins on this tier | it begins on its own |
//!
//! Whoever may not put a label on finds it taken off again, with at most one sentence (law 3).
//! Whoever may not take one off changes nothing by it: a label that is missing asks for nothing.
//! Where Baton ends what a label says, it takes the label off ([`agree`]).

use std::ops::ControlFlow::{self, Break, Continue};

use crate::domain::command::{Command, Rung};
use crate::domain::permission::{Place, Right};
use crate::domain::tier::Tier;
use crate::domain::workflow::always::{ordered, refusal};
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Origin, Verdict};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::event::{Actor, ControlLabel, Event};
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::held::Held;
use crate::domain::workflow::paused::{self, Pause};
use crate::domain::workflow::planned;
use crate::domain::workflow::state::{Stage, State};
use crate::domain::workflow::work::{Doing, Then};

/// Whether a step goes on with the draft, or what it came to.
type Flow<'a> = ControlFlow<Decision, Draft<'a>>;

/// Somebody put a label on.
pub(super) fn labelled<'a>(mut draft: Draft<'a>, by: &Actor, label: ControlLabel) -> Flow<'a> {
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    let origin = Origin::Label(label);
    match label {
        ControlLabel::Plan => {
            let command = Command::Plan {
                model: None,
                budget: None,
                text: String::new(),
                include: Vec::new(),
            };
            ordered(draft, by, origin, &command, "the label `baton:plan`")
        }
        ControlLabel::Approved => {
            let command = Command::Approve { revision: None, start: false };
            ordered(draft, by, origin, &command, "the label `baton:approved`")
        }
        ControlLabel::Manual => {
            let is_so = is_by_hand(&draft.state.stage);
            match ordered(draft, by, origin, &by_hand(true), "the label `baton:manual`") {
                Continue(draft) if is_so => Break(draft.ignored(Ignored::NothingNew)),
                goes_on @ Continue(_) => goes_on,
                Break(decision) => Break(decision),
            }
        }
        ControlLabel::Pause => {
            let is_so = kept_by_label(&draft.state.stage);
            match ordered(draft, by, origin.clone(), &Command::Pause, "the label `baton:pause`") {
                Continue(draft) if is_so => Break(draft.ignored(Ignored::NothingNew)),
                Continue(draft) => Break(paused::pause(draft, by, &origin)),
                Break(decision) => Break(decision),
            }
        }
        ControlLabel::Complexity(_) if by.right < Right::Triage => {
            Break(draft.ignored(Ignored::NoRight))
        }
        ControlLabel::Complexity(level) if draft.state.override_level == Some(level) => {
            Break(draft.ignored(Ignored::NothingNew))
        }
        ControlLabel::Complexity(level) => {
            draft.person_acted();
            draft.state.override_level = Some(level);
            draft.state.shown_level = Some(level);
            draft.push(Effect::ShowLevel { level });
            draft.chose_level(level);
            draft.refresh_status();
            Break(draft.done())
        }
        ControlLabel::Model(tier) => Break(chosen(draft, by, tier)),
    }
}

/// A person's choice of the tier on which work begins next. What a run may do does not depend on
/// its tier (`trust.md`, rule 22), and every limit on money holds as before.
fn chosen(mut draft: Draft<'_>, by: &Actor, tier: Tier) -> Decision {
    let label = ControlLabel::Model(tier);
    let what = format!("the label `model: {tier}`");
    if let Some(refusal) = refusal(&draft, by, Place::Issue, &handoff_to(tier), &what) {
        return draft.refuse(by, &Origin::Label(label), refusal);
    }
    if draft.state.override_tier == Some(tier) {
        return draft.ignored(Ignored::NothingNew);
    }
    draft.person_acted();
    draft.state.override_tier = Some(tier);
    draft.push(Effect::DropOthers { label });
    draft.chose_tier(draft.own_tier(), tier, How::Label);
    draft.refresh_status();
    draft.done()
}

/// Somebody took a label off.
pub(super) fn unlabelled<'a>(mut draft: Draft<'a>, by: &Actor, label: ControlLabel) -> Flow<'a> {
    if label == ControlLabel::Plan {
        return Break(draft.ignored(Ignored::NothingNew));
    }
    if by.bot {
        return Break(draft.ignored(Ignored::ByBot));
    }
    if !may_take_off(&draft, by, label) {
        return Break(draft.ignored(Ignored::NoRight));
    }
    if !says_what_holds(&draft, label) {
        return Break(draft.ignored(Ignored::NothingNew));
    }
    draft.person_acted();
    match label {
        ControlLabel::Plan => Continue(draft),
        ControlLabel::Approved => planned::taken_back(draft),
        ControlLabel::Pause if draft.facts.policy.halted || paused::obstacle(&draft).is_some() => {
            Break(draft.ignored(Ignored::CannotGoOn))
        }
        ControlLabel::Pause => Break(paused::resume(draft, by, &Origin::Label(label))),
        ControlLabel::Manual if !can_go_back(&draft) => Break(draft.ignored(Ignored::CannotGoOn)),
        ControlLabel::Manual => left_to_baton(draft),
        ControlLabel::Complexity(_) => {
            draft.state.override_level = None;
            draft.state.shown_level = None;
            draft.refresh_status();
            Break(draft.done())
        }
        ControlLabel::Model(tier) => {
            draft.state.override_tier = None;
            // What was begun on it is not a reason to stay there.
            draft.state.tier = draft.state.tier.filter(|it| *it != tier);
            draft.refresh_status();
            Break(draft.done())
        }
    }
}

/// Whether taking `label` off is theirs to do: the right is that of the command that says the same.
fn may_take_off(draft: &Draft<'_>, by: &Actor, label: ControlLabel) -> bool {
    let may = |command: &Command| refusal(draft, by, Place::Issue, command, "").is_none();
    match label {
        ControlLabel::Complexity(_) => Right::Triage <= by.right,
        ControlLabel::Plan | ControlLabel::Approved => Right::Write <= by.right,
        ControlLabel::Pause => may(&Command::Resume),
        ControlLabel::Manual => may(&by_hand(false)),
        ControlLabel::Model(tier) => may(&handoff_to(tier)),
    }
}

/// Whether what `label` says still holds, so that taking it off changes something.
fn says_what_holds(draft: &Draft<'_>, label: ControlLabel) -> bool {
    let state = &draft.state;
    match label {
        ControlLabel::Plan => false,
        ControlLabel::Approved => {
            state.stage.approved().is_some() || state.stage.holds_an_approval()
        }
        ControlLabel::Pause => kept_by_label(&state.stage),
        ControlLabel::Manual => is_by_hand(&state.stage),
        ControlLabel::Complexity(level) => state.override_level == Some(level),
        ControlLabel::Model(tier) => state.override_tier == Some(tier),
    }
}

/// Whether Baton can build what people have not: no run of its own builds for them, their work goes
/// on in no pull request of theirs, and a model is there. What has ended begins nothing.
fn can_go_back(draft: &Draft<'_>) -> bool {
    let stage = &draft.state.stage;
    let Some(work) = stage.work().filter(|it| it.adopted.is_none()) else { return false };
    let policy = &draft.facts.policy;
    let may_begin = draft.facts.open && policy.planner_available && !policy.halted;
    match stage.unpaused() {
        Stage::Stopped { .. } => true,
        Stage::Working {
            doing: Doing::ByHand | Doing::Pushing { .. } | Doing::Checking { .. },
            ..
        }
        | Stage::Inspecting { then: Then::ByHand, .. } => may_begin,
        Stage::Blocked { .. } => may_begin && !work.is_batons(),
        Stage::Working { doing: Doing::Building { .. }, .. }
        | Stage::Inspecting { then: Then::OnItsWay | Then::Ready, .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::HandingOver { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. } => false,
    }
}

/// Breaks where work has ended: what a retry takes up is Baton's to build then.
fn left_to_baton(mut draft: Draft<'_>) -> Flow<'_> {
    let Stage::Stopped { held: Held { work: Some(work), .. }, .. } = &mut draft.state.stage else {
        return Continue(draft);
    };
    (work.by_hand, work.made_way) = (false, false);
    Break(draft.done())
}

fn by_hand(manual: bool) -> Command {
    Command::Implement { manual, model: None, anyway: false }
}

fn handoff_to(tier: Tier) -> Command {
    Command::handoff(Rung::To(tier))
}

fn kept_by_label(stage: &Stage) -> bool {
    matches!(stage, Stage::Paused { why: Pause::Label, .. })
}

fn is_by_hand(stage: &Stage) -> bool {
    stage.work().is_some_and(|it| it.by_hand)
}

/// Takes the labels off that say what this decision has ended, unless somebody took them off
/// themselves or nothing can be reached there any more.
pub(super) fn agree(before: &State, event: &Event, mut decision: Decision) -> Decision {
    // A label that is off already cannot be taken back, and asks for no answer.
    if matches!((event, &decision.verdict), (Event::Unlabelled { .. }, Verdict::Refused(_))) {
        let verdict = Verdict::Ignored(Ignored::CannotGoOn);
        return Decision { state: before.clone(), effects: Vec::new(), verdict };
    }
    let after = &decision.state.stage;
    let is_gone = matches!(after, Stage::Stopped { why, .. } if why.is_out_of_reach());
    if is_gone || decision.verdict != Verdict::Done {
        return decision;
    }
    let merged = matches!(after, Stage::Done { .. });
    let ended = [
        (ControlLabel::Pause, kept_by_label(&before.stage) && !kept_by_label(after)),
        // How merged work was built may stay to be read.
        (ControlLabel::Manual, is_by_hand(&before.stage) && !is_by_hand(after) && !merged),
        // So may it that its plan was approved.
        (ControlLabel::Approved, is_approved(&before.stage) && !is_approved(after) && !merged),
    ];
    for (label, has_ended) in ended {
        let by_person = matches!(event, Event::Unlabelled { label: off, .. } if *off == label);
        let drop = Effect::DropLabel { label };
        if has_ended && !by_person && !decision.effects.contains(&drop) {
            decision.effects.push(drop);
        }
    }
    decision
}

/// Whether the plan that stands is approved, also where its work was laid down.
fn is_approved(stage: &Stage) -> bool {
    let held = stage.held();
    held.approved.is_some() || held.work.is_some()
}
