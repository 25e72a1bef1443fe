//! What follows from a transcript.

use serde_json::Value;

use super::limits::REFUSED_PLANS_MAX;
use super::transcript::{State, Transcript, Turn};
use super::{Brief, Ending, Entry, Step, ToolCall, request};
use crate::base::Timestamp;
use crate::domain::conversation::StopReason;
use crate::domain::report::{parse_findings, parse_task_done};
use crate::domain::tier::Role;

/// The same call so often in one run is no progress.
const SAME_CALLS_MAX: usize = 20;

/// So many answers in a row with the same calls are no progress.
const SAME_TURNS_MAX: usize = 5;

/// The next step of a run. Total and deterministic: the same entries and time give the same step.
pub fn next(brief: &Brief, entries: &[Entry], now: Timestamp) -> Step {
    let transcript = Transcript::read(brief, entries);
    if let Some(turn) = transcript.last() {
        if let Some(ending) = over(brief.role, &transcript, turn) {
            return Step::End(ending);
        }
        if let Some(step) = open(turn) {
            return step;
        }
        if turn.standing.turns_left == 0 {
            return Step::End(turn.standing.used_up());
        }
    }
    let since = (now - transcript.last_at).0.max(0);
    let mut used = transcript.used;
    used.0 = used.0.saturating_add(since);
    // What was handed in in time is not lost because people said something: one answer follows.
    let overtaken = transcript.last().is_some_and(|it| it.overtaken);
    if brief.limits.wall <= used && !overtaken {
        return Step::End(Ending::TimeLimit { used });
    }
    Step::Call(request::build(brief, &transcript))
}

/// Endings that do not depend on what is still to be done.
fn over(role: Role, transcript: &Transcript<'_>, turn: &Turn<'_>) -> Option<Ending> {
    for call in &turn.calls {
        if let State::Checked(handed_over, outcome) = &call.state {
            if !outcome.is_error {
                return Some(accepted(role, handed_over));
            }
            if REFUSED_PLANS_MAX <= turn.standing.refused_plans {
                return Some(Ending::PlanRefused { faults: outcome.content.clone() });
            }
        }
    }
    match turn.answer.stop_reason {
        StopReason::Refusal => return Some(Ending::Refused),
        StopReason::ContextExceeded => return Some(Ending::ContextExceeded),
        StopReason::EndTurn
        | StopReason::ToolUse
        | StopReason::MaxTokens
        | StopReason::PauseTurn
        | StopReason::Other => {}
    }
    let twice = |what: fn(&Turn<'_>) -> bool| match transcript.turns.as_slice() {
        [.., before, last] => what(before) && what(last),
        _ => false,
    };
    if twice(|it| it.answer.stop_reason == StopReason::MaxTokens) {
        return Some(Ending::CutTwice);
    }
    if twice(|it| it.calls.is_empty() && it.told.is_empty() && !it.is_paused()) {
        return Some(Ending::NoToolCall);
    }
    no_progress(transcript)
}

/// The end of a run whose plan, task or report was accepted.
fn accepted(role: Role, handed_over: &Value) -> Ending {
    match role {
        Role::Planner => Ending::Submitted { plan: handed_over.clone() },
        Role::Implementer => match parse_task_done(handed_over) {
            Ok(report) => Ending::Done { report },
            // Read once already before it was checked.
            Err(faults) => Ending::PlanRefused { faults },
        },
        Role::TestAgent | Role::ReviewAgent => match parse_findings(handed_over) {
            Ok(report) => Ending::Inspected { report },
            Err(faults) => Ending::PlanRefused { faults },
        },
    }
}

fn no_progress(transcript: &Transcript<'_>) -> Option<Ending> {
    let same_calls = |a: &Turn<'_>, b: &Turn<'_>| {
        a.calls.len() == b.calls.len()
            && a.calls.iter().zip(&b.calls).all(|(x, y)| x.name == y.name && x.input == y.input)
    };
    let last = transcript.last()?;
    let row = transcript
        .turns
        .iter()
        .rev()
        .take_while(|it| !it.calls.is_empty() && same_calls(it, last))
        .count();
    let all = || transcript.turns.iter().flat_map(|it| &it.calls);
    let repeated = last.calls.iter().find(|call| {
        let same = all().filter(|it| it.name == call.name && it.input == call.input).count();
        SAME_CALLS_MAX <= same
    });
    let stuck = repeated.or(if SAME_TURNS_MAX <= row { last.calls.first() } else { None })?;
    Some(Ending::NoProgress { tool: stuck.name.to_owned() })
}

/// What is still to be done about the last answer: run its tools first, then ask, then check what
/// it hands over.
fn open(turn: &Turn<'_>) -> Option<Step> {
    let tools: Vec<_> = turn
        .calls
        .iter()
        .filter_map(|call| match &call.state {
            State::ToRun(action) => {
                Some(ToolCall { id: call.id.to_owned(), action: action.clone() })
            }
            State::Invalid(_)
            | State::Ran(..)
            | State::ToAsk(_)
            | State::Asked
            | State::ToCheck(_)
            | State::Checked(..) => None,
        })
        .collect();
    let waits = turn.calls.iter().find_map(|call| match &call.state {
        State::ToAsk(questions) => Some(Step::Ask(questions.clone())),
        State::ToCheck(input) => {
            Some(Step::Submit { call_id: call.id.to_owned(), input: (*input).clone() })
        }
        State::Invalid(_)
        | State::ToRun(_)
        | State::Ran(..)
        | State::Asked
        | State::Checked(..) => None,
    });
    // Without a further turn nobody would read the results.
    let useless = waits.is_none() && turn.standing.turns_left == 0;
    if !tools.is_empty() && !useless { Some(Step::RunTools(tools)) } else { waits }
}
