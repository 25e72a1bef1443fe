//! When a run costs far more than was estimated and gets nowhere.

use super::transcript::{State, Transcript, Turn};
use super::{Action, Brief, Entry};
use crate::base::MicroUsd;
use crate::domain::cost::price;

/// So many times its estimate a run may cost before people are told (`domain.md`, Handoff: cost).
const TIMES: i64 = 2;

/// What the run has cost, if that is more than twice its `estimate` and no edit has succeeded since
/// it passed the estimate itself. `None` also where a price is unknown.
pub fn costly_without_progress(
    brief: &Brief,
    entries: &[Entry],
    estimate: MicroUsd,
) -> Option<MicroUsd> {
    let transcript = Transcript::read(brief, entries);
    let mut spent = MicroUsd::ZERO;
    let mut edited_since = false;
    for turn in &transcript.turns {
        spent += price(&turn.answer.model, brief.started_at, &turn.answer.usage).amount()?;
        edited_since |= estimate < spent && edits(turn);
    }
    let most = MicroUsd(estimate.0.saturating_mul(TIMES));
    (most < spent && !edited_since).then_some(spent)
}

/// Whether an edit of this turn succeeded.
fn edits(turn: &Turn<'_>) -> bool {
    turn.calls.iter().any(|it| match &it.state {
        State::Ran(Action::Edit(_), outcome) => !outcome.is_error,
        State::Ran(Action::Read(_) | Action::Note, _)
        | State::Invalid(_)
        | State::ToRun(_)
        | State::ToAsk(_)
        | State::Asked
        | State::ToCheck(_)
        | State::Checked(..) => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::Timestamp;
    use crate::domain::conversation::{Answer, Block, StopReason, Usage};
    use crate::domain::session::{Limits, ToolOutcome, implementer_tools};
    use crate::domain::tier::Role;

    /// One answer: its cost in micro-dollars, and what it does.
    type Made = (u64, Does);

    #[derive(Clone, Copy, Debug)]
    enum Does {
        Reads,
        Edits,
        FailsToEdit,
    }
    use Does::{Edits, FailsToEdit, Reads};

    fn brief() -> Brief {
        Brief {
            model: "claude-haiku-5-5".to_owned(),
            role: Role::Implementer,
            system: Vec::new(),
            tools: implementer_tools(),
            opening: String::new(),
            limits: Limits::implementer(),
            started_at: Timestamp::parse_iso("2026-11-21T12:00:00Z").unwrap(),
        }
    }

    fn made(n: usize, (micros, does): Made, model: &str) -> [Entry; 2] {
        let (name, input): (&str, Value) = match does {
            Reads => ("read_file", json!({ "path": format!("{n}.rs") })),
            Edits | FailsToEdit => {
                ("create_file", json!({ "path": format!("{n}.rs"), "content": "x" }))
            }
        };
        let id = format!("call {n}");
        let call = Block::ToolUse { id: id.clone(), name: name.to_owned(), input };
        // Ten tokens that are read anew cost a micro-dollar.
        let usage = Usage { input: micros * 10, ..Usage::default() };
        let answer = Answer {
            model: model.to_owned(),
            request_id: None,
            content: vec![call],
            stop_reason: StopReason::ToolUse,
            usage,
        };
        let is_error = matches!(does, FailsToEdit);
        let results = vec![ToolOutcome { id, content: String::new(), is_error }];
        let at = brief().started_at;
        [Entry::Answered { answer, at }, Entry::ToolsRan { results, at }]
    }

    /// The estimate is 1,000 micro-dollars.
    #[track_caller]
    fn check(turns: &[Made], expected: Option<i64>) {
        let entries: Vec<Entry> =
            (0..).zip(turns).flat_map(|(n, it)| made(n, *it, "claude-haiku-5-5")).collect();
        let spent = costly_without_progress(&brief(), &entries, MicroUsd(1_000));
        assert_eq!(spent, expected.map(MicroUsd), "{turns:?}");
    }

    #[test]
    fn over_twice_the_estimate_and_nothing_changed_since_it_was_passed() {
        check(&[], None);
        check(&[(2_000, Reads)], None);
        check(&[(2_001, Reads)], Some(2_001));
        check(&[(1_000, Edits), (1_001, Reads)], Some(2_001));
        check(&[(900, Edits), (200, Reads), (901, Reads)], Some(2_001));
        check(&[(900, Reads), (200, Edits), (901, Reads)], None);
        check(&[(900, Reads), (200, Reads), (901, Edits)], None);
        check(&[(900, Reads), (200, FailsToEdit), (901, Reads)], Some(2_001));
    }

    #[test]
    fn an_unknown_price_is_no_cost() {
        let entries = made(0, (9_000, Reads), "nobody-knows");
        assert_eq!(costly_without_progress(&brief(), &entries, MicroUsd(1)), None);
    }
}
