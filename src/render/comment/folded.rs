//! Calls for a person that are not the newest word any more: one that holds again, and one that
//! another has followed.

use crate::base::{EffectKey, Timestamp};
use crate::render::comment::key_marker;

/// By this a comment is known to be folded.
const FOLDED: &str = "<details><summary>An earlier call";

/// What is said to whoever told a planner something when its plan was finished already.
pub const TOO_LATE: &str = "The plan was finished a moment before this reached its run, so it does \
    not take in what was said last. `/baton revise` with the same words makes the next revision of it.";

/// A call whose cause is there again. It was made at `first`; people were notified then.
pub fn again(call: &str, first: Timestamp, now: Timestamp) -> String {
    format!(
        "{call}\nFirst said {}, and so again {}. Nobody is notified of the same twice in a day.\n",
        first.minute(),
        now.minute()
    )
}

/// A call that another one follows, as one line that opens. `None` when it is folded already, or is
/// not a comment under this key.
pub fn folded(body: &str, key: &EffectKey, at: Timestamp) -> Option<String> {
    let marker = key_marker(key);
    let text = body.strip_prefix(&marker)?.trim();
    if text.starts_with(FOLDED) {
        return None;
    }
    let at = at.minute();
    Some(format!("{marker}\n{FOLDED}, {at}</summary>\n\n{text}\n\n</details>\n"))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const AT: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn a_call_is_folded_once_and_stays_findable() {
        let key = EffectKey::from("k1");
        let body = "<!-- baton:key=k1 -->\n### Baton needs a person\n\n@ann, it is stuck.\n";
        let once = folded(body, &key, AT).unwrap();
        assert_snapshot!(once, @"
        <!-- baton:key=k1 -->
        <details><summary>An earlier call, 2026-11-18 11:06 UTC</summary>

        ### Baton needs a person

        @ann, it is stuck.

        </details>
        ");
        assert_eq!(folded(&once, &key, AT), None);
        assert_eq!(folded("somebody's own text", &key, AT), None);
    }

    #[test]
    fn a_call_that_holds_again_says_since_when() {
        let now = Timestamp(AT.0 + 3_600_000);
        assert_snapshot!(again("### Baton needs a person\n", AT, now), @"
        ### Baton needs a person

        First said 2026-11-18 11:06 UTC, and so again 2026-11-18 12:06 UTC. Nobody is notified of the same twice in a day.
        ");
    }
}
