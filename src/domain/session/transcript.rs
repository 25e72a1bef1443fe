//! Entries to turns: what each answer asked for and what came of every call.
//!
//! Everything here looks only at entries up to the point it speaks about, so that what was once
//! said to the model is said again, word for word, when a conversation is rebuilt.

use std::collections::HashMap;

use serde_json::Value;

use super::limits::{self, Standing};
use super::tools::{self, Call};
use super::words::Words;
use super::{Action, Brief, Entry, Question, ToolOutcome, edit_tools, implementer, inspector};
use crate::base::{Millis, Timestamp};
use crate::domain::conversation::{Answer, Block, StopReason};
use crate::domain::tier::Role;

/// Calls of one answer that are run; a model that asks for more gets the rest refused.
const CALLS_PER_TURN_MAX: usize = 12;

/// One answer of the model and everything up to the next.
pub(super) struct Turn<'a> {
    pub(super) answer: &'a Answer,
    /// Every tool call of the answer, in order.
    pub(super) calls: Vec<CallState<'a>>,
    /// What people said after it.
    pub(super) told: Vec<&'a str>,
    /// Whether that came over what was handed in.
    pub(super) overtaken: bool,
    /// How the run stands after it.
    pub(super) standing: Standing,
}

/// One tool call and how far it is.
pub(super) struct CallState<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) input: &'a Value,
    pub(super) state: State<'a>,
}

/// How far a call is.
pub(super) enum State<'a> {
    /// Refused without being run, with the sentence.
    Invalid(String),
    /// Waits for the files, or is a note that waits to be kept.
    ToRun(Action),
    /// It was done.
    Ran(Action, &'a ToolOutcome),
    /// Waits for people.
    ToAsk(Vec<Question>),
    /// People spoke; their words follow the results.
    Asked,
    /// Waits for the check of the plan or of the finished task.
    ToCheck(&'a Value),
    /// That was checked.
    Checked(&'a Value, &'a ToolOutcome),
}

/// A whole run so far.
pub(super) struct Transcript<'a> {
    /// What people said before the first answer.
    pub(super) told_first: Vec<&'a str>,
    pub(super) turns: Vec<Turn<'a>>,
    /// The time that is the run's own, up to the last entry.
    pub(super) used: Millis,
    /// When the last entry was made.
    pub(super) last_at: Timestamp,
}

/// What was counted over the turns so far.
struct Counters {
    turn: u32,
    ask_rounds: u32,
    refused_plans: u32,
    /// The turn of the last answered question.
    asked_turn: u32,
    /// The turn of the last refused plan.
    refused_turn: u32,
    /// The turn in which the conversation reached its size.
    full_turn: Option<u32>,
}

/// An answer and the entries after it, not yet judged.
struct Raw<'a> {
    answer: &'a Answer,
    outcomes: HashMap<&'a str, &'a ToolOutcome>,
    told: Vec<&'a str>,
    /// The run's own time when the answer was there.
    used: Millis,
}

impl<'a> Transcript<'a> {
    pub(super) fn read(brief: &Brief, entries: &'a [Entry]) -> Transcript<'a> {
        let mut transcript = Transcript {
            told_first: Vec::new(),
            turns: Vec::new(),
            used: Millis(0),
            last_at: brief.started_at,
        };
        let mut raws: Vec<Raw<'a>> = Vec::new();
        for entry in entries {
            let passed = (entry.at() - transcript.last_at).0.max(0);
            match entry {
                Entry::Answered { answer, .. } => {
                    transcript.used.0 += passed;
                    let used = transcript.used;
                    let (outcomes, told) = (HashMap::new(), Vec::new());
                    raws.push(Raw { answer, outcomes, told, used });
                }
                Entry::ToolsRan { results, .. } => {
                    transcript.used.0 += passed;
                    let outcomes = results.iter().map(|it| (it.id.as_str(), it));
                    if let Some(raw) = raws.last_mut() {
                        raw.outcomes.extend(outcomes);
                    }
                }
                Entry::Told { text, .. } => match raws.last_mut() {
                    Some(raw) => raw.told.push(text),
                    None => transcript.told_first.push(text),
                },
                Entry::Resumed { .. } => {}
            }
            transcript.last_at = entry.at();
        }
        let mut counters = Counters {
            turn: 0,
            ask_rounds: 0,
            refused_plans: 0,
            asked_turn: 0,
            refused_turn: 0,
            full_turn: None,
        };
        for raw in raws {
            let turn = counters.judge(brief, raw);
            transcript.turns.push(turn);
        }
        transcript
    }

    pub(super) fn last(&self) -> Option<&Turn<'a>> {
        self.turns.last()
    }
}

impl Counters {
    fn judge<'a>(&mut self, brief: &Brief, raw: Raw<'a>) -> Turn<'a> {
        self.turn += 1;
        let was_full = self.full_turn.is_some();
        let tokens = raw.answer.usage.prompt() + raw.answer.usage.output;
        if brief.limits.tokens <= tokens && !was_full {
            self.full_turn = Some(self.turn);
        }
        let mut calls = self.calls(brief, &raw, was_full);
        let overtaken = self.settle(brief.role, &mut calls, !raw.told.is_empty());
        let standing = limits::standing(
            &brief.limits,
            &limits::Progress {
                turn: self.turn,
                asked_turn: self.asked_turn,
                refused_turn: self.refused_turn,
                full_turn: self.full_turn,
                tokens,
                refused_plans: self.refused_plans,
                used: raw.used,
            },
        );
        Turn { answer: raw.answer, calls, told: raw.told, overtaken, standing }
    }

    /// The calls of an answer as far as they go without people: parsed, refused, or run.
    fn calls<'a>(&self, brief: &Brief, raw: &Raw<'a>, was_full: bool) -> Vec<CallState<'a>> {
        let content = &raw.answer.content;
        let cut = raw.answer.stop_reason == StopReason::MaxTokens;
        let asks = content
            .iter()
            .any(|it| matches!(it, Block::ToolUse { name, .. } if name == tools::ASK));
        let words = Words::of(brief.role);
        let mut calls: Vec<CallState<'a>> = Vec::new();
        let mut submitted = false;
        for (index, block) in content.iter().enumerate() {
            let Block::ToolUse { id, name, input } = block else { continue };
            let is_cut = cut && index + 1 == content.len();
            let parsed = if is_cut {
                Err(cut_sentence(brief.limits.max_tokens))
            } else if CALLS_PER_TURN_MAX <= calls.len() {
                Err(format!("At most {CALLS_PER_TURN_MAX} calls an answer are run; call it again."))
            } else {
                parse(brief.role, name, input)
            };
            let run = |action| match raw.outcomes.get(id.as_str()) {
                Some(outcome) => State::Ran(action, outcome),
                None => State::ToRun(action),
            };
            let state = match parsed {
                Err(sentence) => State::Invalid(sentence),
                Ok(Call::Read(_)) if was_full => State::Invalid(words.full.to_owned()),
                Ok(Call::Read(reading)) => run(Action::Read(reading)),
                Ok(Call::Edit(editing)) => run(Action::Edit(editing)),
                Ok(Call::Note) => run(Action::Note),
                Ok(Call::Ask(questions)) => self.ask(words, questions, &calls),
                Ok(Call::Submit) if submitted => State::Invalid(words.submitted_twice.to_owned()),
                Ok(Call::Submit) if asks => State::Invalid(words.submitted_asking.to_owned()),
                Ok(Call::Submit) => {
                    submitted = true;
                    match raw.outcomes.get(id.as_str()) {
                        Some(outcome) => State::Checked(input, outcome),
                        None => State::ToCheck(input),
                    }
                }
            };
            calls.push(CallState { id, name, input, state });
        }
        calls
    }

    fn ask<'a>(
        &self,
        words: &Words,
        questions: Vec<Question>,
        before: &[CallState<'a>],
    ) -> State<'a> {
        if before.iter().any(|it| matches!(it.state, State::ToAsk(_))) {
            return State::Invalid("One `ask` an answer: put all questions into one.".to_owned());
        }
        if words.ask_rounds_max <= self.ask_rounds {
            return State::Invalid(words.asked_enough.to_owned());
        }
        State::ToAsk(questions)
    }

    /// What people's words and failed edits do to waiting calls, and what the turn adds to the
    /// counts. Tells whether the words came over what was handed in.
    fn settle(&mut self, role: Role, calls: &mut [CallState<'_>], told: bool) -> bool {
        let words = Words::of(role);
        let mut overtaken = false;
        let failed = calls.iter().find(|it| it.failed_edit()).map(|it| it.name);
        for call in calls {
            match &call.state {
                State::ToAsk(_) if told => {
                    call.state = State::Asked;
                    self.ask_rounds += 1;
                    self.asked_turn = self.turn;
                }
                // A plan that was accepted and not handed over yet is overtaken as well. Others
                // hear of nothing but that they are to end, which they have done.
                State::Checked(_, outcome)
                    if told && !outcome.is_error && role == Role::Planner =>
                {
                    overtaken = true;
                    call.state = State::Invalid(words.overtaken.to_owned());
                    self.refused_turn = self.turn;
                }
                State::ToCheck(_) if told => {
                    overtaken = true;
                    call.state = State::Invalid(words.overtaken.to_owned());
                    self.refused_turn = self.turn;
                }
                State::ToCheck(_) => {
                    if let Some(name) = failed {
                        call.state = State::Invalid(unfinished(name));
                        self.refused_turn = self.turn;
                    }
                }
                State::Checked(_, outcome) if outcome.is_error => {
                    self.refused_plans += 1;
                    self.refused_turn = self.turn;
                }
                State::Invalid(_)
                | State::ToRun(_)
                | State::Ran(..)
                | State::ToAsk(_)
                | State::Asked
                | State::Checked(..) => {}
            }
        }
        overtaken
    }
}

impl CallState<'_> {
    /// Whether it was an edit, or was meant to be one, and changed nothing.
    fn failed_edit(&self) -> bool {
        match &self.state {
            State::Ran(Action::Edit(_), outcome) => outcome.is_error,
            State::Invalid(_) => edit_tools().iter().any(|it| it.name == self.name),
            State::Ran(Action::Read(_) | Action::Note, _)
            | State::ToRun(_)
            | State::ToAsk(_)
            | State::Asked
            | State::ToCheck(_)
            | State::Checked(..) => false,
        }
    }
}

/// Reads a call of the role's own tools.
fn parse(role: Role, name: &str, input: &Value) -> Result<Call, String> {
    match role {
        Role::Planner => tools::parse(name, input),
        Role::Implementer => implementer::parse(name, input),
        Role::TestAgent | Role::ReviewAgent => inspector::parse(name, input),
    }
}

fn unfinished(edit: &str) -> String {
    format!(
        "Not taken: `{edit}` failed in the same answer, so the task is not done. Look at the file, \
         make the edit, and call `task_done` alone."
    )
}

fn cut_sentence(max_tokens: u32) -> String {
    format!(
        "This call was not run: the answer was cut at {max_tokens} tokens, so its arguments are \
         not whole. Call again with less in one answer: fewer calls, a long file in several edits, \
         shorter sentences."
    )
}
