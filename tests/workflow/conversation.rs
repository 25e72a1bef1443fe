//! What holds between people and Baton in every step: reactions that close a comment, and answers
//! that are not repeated, refusals.

use baton::domain::permission::Right;
use baton::domain::workflow::{
    Effect, Event, Post, Purpose, Reaction, Refused, Report, Spot, Stage, Then, Tick, Verdict,
};

use super::laws::{Held, Step, actor, law};

/// The conversation: a comment is closed by 🚀 or 😕 once it is known how what it asked for ended,
/// and whoever waits for that is forgotten when nothing is left to wait for.
pub(super) fn closing(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let waits = matches!(
        after.stage.unpaused(),
        Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::Inspecting { then: Then::Ready | Then::ByHand, .. }
    );
    let none = after.asked_in.is_none() && after.joined.is_empty();
    law!(waits || none, "somebody waits for a reaction in {}", after.stage.name());
    let reacted = |with, comment| step.decision.effects.contains(&Effect::React { comment, with });
    let publishes = step.decision.effects.iter().any(|it| matches!(it, Effect::CommitPlan { .. }));
    let waiting = after.asked_in.iter().chain(&after.joined);
    // Whoever asked for a look waits for that, and for no plan.
    let looks = matches!(after.stage.unpaused(), Stage::Inspecting { .. });
    law!(
        looks || !publishes || waiting.copied().all(|it| reacted(Reaction::Rocket, it)),
        "a plan is there and nobody is told that it ended well"
    );
    let failed = match step.event {
        Event::RunReported { report: Report::Failed { .. }, .. } => true,
        Event::EffectFailed { purpose } => *purpose == Purpose::Publish,
        _ => false,
    };
    let has_looked =
        matches!(step.event, Event::RunReported { report: Report::Findings { .. }, .. });
    law!(
        !has_looked
            || step.decision.verdict != Verdict::Done
            || before.asked_in.is_none_or(|it| reacted(Reaction::Rocket, it)),
        "somebody has looked and whoever asked is not told"
    );
    let failed = failed && step.decision.verdict == Verdict::Done;
    // A stronger specialist looks in its place.
    let goes_on = before.asked_in == after.asked_in
        && matches!(after.stage.unpaused(), Stage::Inspecting { .. });
    law!(
        !failed || goes_on || before.asked_in.is_none_or(|it| reacted(Reaction::Confused, it)),
        "what was asked for failed and the comment does not say so"
    );
    Ok(())
}

/// Law 3: a refusal is one reaction (a label is taken off; nobody can react to a review) and at most
/// one sentence, to whom and as often as the law says, and changes nothing else.
pub(super) fn refusals(step: &Step<'_>) -> Held {
    let Verdict::Refused(why) = &step.decision.verdict else { return Ok(()) };
    let Some(by) = actor(step.event) else { return Err(format!("nobody is refused: {why:?}")) };
    let effects = &step.decision.effects;
    let answer = match step.event {
        Event::Reviewed { .. } | Event::FixAsked { spot: Spot::Review, .. } => None,
        Event::FixAsked { spot: Spot::Line(comment), .. } => {
            Some(Effect::ReactOnLine { comment: *comment, with: Reaction::Confused })
        }
        Event::Labelled { label, .. } => Some(Effect::DropLabel { label: *label }),
        Event::Ticked { tick: Tick::Approve { revision } | Tick::Start { revision }, .. } => {
            Some(Effect::ShowPlanNews { revision: *revision })
        }
        Event::Ticked {
            tick: Tick::Anyway { revision, mark } | Tick::Refresh { revision, mark },
            ..
        } => Some(Effect::ShowStale { revision: *revision, mark: mark.clone() }),
        Event::Ticked { tick: Tick::Allow { hash }, .. } => {
            Some(Effect::ShowCall { hash: hash.clone(), by: None })
        }
        // Without a status comment there is no box to take back.
        Event::Ticked { tick: Tick::Task { .. } | Tick::Fix { .. }, .. }
            if !step.before.state.has_status =>
        {
            return Ok(());
        }
        Event::Ticked { tick: Tick::Task { .. } | Tick::Fix { .. }, .. } => {
            Some(Effect::UpsertStatus)
        }
        Event::Asked { comment, .. } | Event::Answered { comment, .. } => {
            Some(Effect::React { comment: *comment, with: Reaction::Confused })
        }
        _ => return Err("law 3: this cannot be refused".to_owned()),
    };
    let is_news = !by.told || *why == Refused::AnswerHeld;
    let told = (Right::Triage <= by.right || by.author || by.unchecked) && is_news;
    let sentence =
        Effect::Post { post: Post::Refused { login: by.login.clone(), refusal: why.clone() } };
    let expected: Vec<Effect> = answer.into_iter().chain(told.then_some(sentence)).collect();
    law!(*effects == expected, "law 3: a refusal does {effects:?}");
    let mut state = step.decision.state.clone();
    state.allowance = step.before.state.allowance;
    law!(state == step.before.state, "law 3: a refusal changes the state");
    Ok(())
}

/// A reader who is answered is not answered the same again within the hour, and nobody else has to
/// wait.
pub(super) fn repetitions(step: &Step<'_>) -> Held {
    if !step.facts.answered_lately {
        return Ok(());
    }
    let done = step.decision.verdict == Verdict::Done;
    let waits = step.decision.verdict == Verdict::Refused(Refused::AskedLately);
    match step.event.once_an_hour() {
        Some(asked) => {
            law!(!done, "{asked:?} is answered again within the hour");
            Ok(())
        }
        None => {
            law!(!waits, "{:?} has to wait", actor(step.event));
            Ok(())
        }
    }
}
