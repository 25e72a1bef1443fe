//! What a run has come to beside its end: its edits and its last note.

use super::transcript::{State, Transcript};
use super::{Action, Brief, Editing, Entry};
use crate::domain::conversation::Block;
use crate::domain::report::{NOTE, Note, parse_note};

/// The edits that succeeded, in the order they were made. Made once more on the same files they
/// give the same files.
pub fn edits_made(brief: &Brief, entries: &[Entry]) -> Vec<Editing> {
    let transcript = Transcript::read(brief, entries);
    let calls = transcript.turns.iter().flat_map(|it| &it.calls);
    let edits = calls.filter_map(|it| match &it.state {
        State::Ran(Action::Edit(editing), outcome) if !outcome.is_error => Some(editing.clone()),
        State::Ran(..)
        | State::Invalid(_)
        | State::ToRun(_)
        | State::ToAsk(_)
        | State::Asked
        | State::ToCheck(_)
        | State::Checked(..) => None,
    });
    edits.collect()
}

/// Whether the run's newest answer noted where it stands, and nothing was said to it since.
pub fn has_just_noted(entries: &[Entry]) -> bool {
    let since = entries.iter().rposition(|it| matches!(it, Entry::Answered { .. }));
    let Some((answer, since)) = since.and_then(|it| entries[it..].split_first()) else {
        return false;
    };
    let is_told = since.iter().any(|it| matches!(it, Entry::Told { .. }));
    !is_told && last_note(std::slice::from_ref(answer)).is_some()
}

/// What the run noted last, kept or not: the words stand in its answer.
pub fn last_note(entries: &[Entry]) -> Option<Note> {
    entries.iter().rev().find_map(|entry| match entry {
        Entry::Answered { answer, .. } => answer.content.iter().rev().find_map(|it| match it {
            Block::ToolUse { name, input, .. } if name == NOTE => parse_note(input).ok(),
            Block::ToolUse { .. }
            | Block::Text { .. }
            | Block::ToolResult { .. }
            | Block::Opaque { .. } => None,
        }),
        Entry::ToolsRan { .. } | Entry::Told { .. } | Entry::Resumed { .. } => None,
    })
}
