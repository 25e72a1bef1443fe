//! When a conversation is so large that a fresh one is cheaper.

use super::Entry;

/// From this share of what is cheap on a conversation is nearly too large, in tenths. The rest is
/// for the note that is asked for before it ends.
const NEAR_TENTHS: u64 = 9;

/// Whether a run should end before its next call, whose prompt has `prompt_tokens`, so that a fresh
/// one goes on. `cheap_tokens` is up to where a prompt of its model is cheap. A run that began with
/// half of that prompt would gain nothing by beginning again.
pub fn is_outgrown(entries: &[Entry], prompt_tokens: u64, cheap_tokens: u64) -> bool {
    let began_with = entries.iter().find_map(|entry| match entry {
        Entry::Answered { answer, .. } => Some(answer.usage.prompt()),
        Entry::ToolsRan { .. } | Entry::Told { .. } | Entry::Resumed { .. } => None,
    });
    let is_near = cheap_tokens / 10 * NEAR_TENTHS <= prompt_tokens;
    is_near && began_with.is_some_and(|it| it.saturating_mul(2) <= prompt_tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::domain::conversation::{Answer, StopReason, Usage};

    fn answered(prompt_tokens: u64) -> Entry {
        // A prompt counts whole, from whatever cache it was read.
        let usage = Usage { input: 1, cache_read: prompt_tokens - 1, ..Usage::default() };
        let answer = Answer {
            content: Vec::new(),
            stop_reason: StopReason::ToolUse,
            usage,
            model: String::new(),
            request_id: None,
        };
        Entry::Answered { answer, at: Timestamp(0) }
    }

    #[track_caller]
    fn check(answers: &[u64], (prompt, cheap): (u64, u64), expected: bool) {
        let entries: Vec<Entry> = answers.iter().map(|it| answered(*it)).collect();
        assert_eq!(is_outgrown(&entries, prompt, cheap), expected, "{answers:?} {prompt}");
    }

    #[test]
    fn a_conversation_is_outgrown_near_the_cheap_limit_if_it_grew_there() {
        check(&[10_000], (89_999, 100_000), false);
        check(&[10_000], (90_000, 100_000), true);
        check(&[10_000, 80_000], (250_000, 100_000), true);
        check(&[10_000], (45_000, 50_000), true);
        check(&[45_000], (90_000, 100_000), true);
        check(&[45_001], (90_000, 100_000), false);
        check(&[], (250_000, 100_000), false);
    }
}
