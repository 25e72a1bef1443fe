//! Rebuilding the conversation from what is stored.

use serde_json::json;

use super::transcript::{CallState, State, Transcript, Turn};
use super::words::Words;
use super::{Action, Brief, Entry};
use crate::domain::conversation::{Block, Message, Request, Speaker, StopReason};

/// The most bytes of one tool result that are sent, whatever the tool answered.
const RESULT_BYTES_MAX: usize = 24 * 1_024;

/// The most bytes of all tool results of one turn: about 16,000 tokens. Later ones are cut first.
const TURN_RESULT_BYTES_MAX: usize = 48 * 1_024;

/// The least a result keeps, so that none is empty.
const RESULT_BYTES_MIN: usize = 512;

/// The next call's request, made from the brief and the entries alone.
pub fn request(brief: &Brief, entries: &[Entry]) -> Request {
    build(brief, &Transcript::read(brief, entries))
}

pub(super) fn build(brief: &Brief, transcript: &Transcript<'_>) -> Request {
    let words = Words::of(brief.role);
    let mut messages = Messages(Vec::new());
    messages.say(&brief.opening);
    for text in &transcript.told_first {
        messages.say(text);
    }
    for turn in &transcript.turns {
        messages.answer(turn);
        messages.reply(turn, words, brief.limits.max_tokens);
    }
    Request {
        model: brief.model.clone(),
        system: brief.system.clone(),
        tools: brief.tools.clone(),
        messages: messages.0,
        max_tokens: brief.limits.max_tokens,
    }
}

/// Messages that take turns: what the same speaker says twice becomes one message.
struct Messages(Vec<Message>);

impl Messages {
    fn push(&mut self, role: Speaker, block: Block) {
        match self.0.last_mut() {
            Some(last) if last.role == role => last.content.push(block),
            Some(_) | None => self.0.push(Message { role, content: vec![block] }),
        }
    }

    fn say(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.push(Speaker::User, Block::Text { text: text.to_owned() });
        }
    }

    /// What the model said, as it must be sent back: no empty text, arguments always an object.
    /// Opaque blocks (thinking) belong to a tool loop or a paused turn; elsewhere they are left
    /// out, because after a cut they may not be whole.
    fn answer(&mut self, turn: &Turn<'_>) {
        let paused = turn.answer.stop_reason == StopReason::PauseTurn;
        let keeps_opaque = paused || !turn.calls.is_empty();
        for block in &turn.answer.content {
            let kept = match block {
                Block::Text { text } => !text.trim().is_empty(),
                Block::ToolUse { .. } => true,
                Block::ToolResult { .. } => false,
                Block::Opaque { .. } => keeps_opaque,
            };
            if !kept {
                continue;
            }
            let block = match block {
                Block::ToolUse { id, name, input } if !input.is_object() => {
                    Block::ToolUse { id: id.clone(), name: name.clone(), input: json!({}) }
                }
                Block::ToolUse { .. }
                | Block::Text { .. }
                | Block::ToolResult { .. }
                | Block::Opaque { .. } => block.clone(),
            };
            self.push(Speaker::Assistant, block);
        }
    }

    /// What follows an answer: all tool results first and together, then people's words, then
    /// what Baton has to say.
    fn reply(&mut self, turn: &Turn<'_>, words: &Words, max_tokens: u32) {
        let mut room = TURN_RESULT_BYTES_MAX;
        for call in &turn.calls {
            let (content, is_error) = result(call, words, &mut room);
            let tool_use_id = call.id.to_owned();
            self.push(Speaker::User, Block::ToolResult { tool_use_id, content, is_error });
        }
        for text in &turn.told {
            self.say(text);
        }
        if turn.is_paused() {
            return;
        }
        if turn.calls.is_empty() && turn.told.is_empty() {
            let is_cut = turn.answer.stop_reason == StopReason::MaxTokens;
            self.say(&nudge(is_cut, words, max_tokens));
        }
        if let Some(notice) = turn.standing.notice(words) {
            self.say(&notice);
        }
    }
}

impl Turn<'_> {
    /// Whether the server paused the turn, so that the conversation is sent back as it is.
    pub(super) fn is_paused(&self) -> bool {
        self.answer.stop_reason == StopReason::PauseTurn && self.calls.is_empty()
    }
}

fn nudge(cut: bool, words: &Words, max_tokens: u32) -> String {
    let why = if cut {
        format!("Your answer was cut at {max_tokens} tokens before it called a tool.")
    } else {
        "Your answer called no tool, so nothing came of it.".to_owned()
    };
    format!("{why} {}", words.nudge)
}

/// The text of a call's result and whether it is an error.
fn result(call: &CallState<'_>, words: &Words, room: &mut usize) -> (String, bool) {
    match &call.state {
        State::Invalid(sentence) => (sentence.clone(), true),
        State::Ran(_, outcome) if outcome.is_error => (bounded(&outcome.content, room), true),
        State::Ran(action, outcome) => {
            let text = bounded(&outcome.content, room);
            match action {
                Action::Read(_) | Action::Edit(_) => (as_data(call, &text), false),
                Action::Note => (text, false),
            }
        }
        State::Asked => (words.asked.to_owned(), false),
        State::Checked(_, outcome) if outcome.is_error => {
            (format!("{}\n{}", words.refused, bounded(&outcome.content, room)), true)
        }
        State::Checked(_, outcome) => (bounded(&outcome.content, room), false),
        // Asked for only while a step is still open; then no call is made.
        State::ToRun(_) | State::ToAsk(_) | State::ToCheck(_) => ("Not done yet.".to_owned(), true),
    }
}

/// Marks a text of the repository as data. The end mark carries the call's id, which no file can
/// know.
fn as_data(call: &CallState<'_>, text: &str) -> String {
    let (name, id) = (call.name, call.id);
    format!("<repository_data tool=\"{name}\" call=\"{id}\">\n{text}</repository_data {id}>")
}

fn bounded(text: &str, room: &mut usize) -> String {
    let bytes_max = RESULT_BYTES_MAX.min((*room).max(RESULT_BYTES_MIN));
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *room = room.saturating_sub(end);
    let mut kept = text[..end].to_owned();
    if !kept.is_empty() && !kept.ends_with('\n') {
        kept.push('\n');
    }
    if end < text.len() {
        kept.push_str("(cut here: results of one answer are limited; call again and narrow)\n");
    }
    kept
}
