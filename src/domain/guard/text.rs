//! Rules about the added text itself, whatever the file is for: secrets and hidden characters.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, Rule, added};
use crate::domain::diff::FileChange;
use crate::domain::hygiene::{HiddenKind, redact_secrets, strip_invisible};

/// Masks of shapes that are practically never anything else than a live credential.
const CERTAIN_MASKS: [&str; 5] =
    ["private key]", "GitHub token]", "API key]", "AWS key]", "Slack token]"];

/// Hosts at which a password in an address is an example or a local test bed.
const LOCAL_ADDRESS: &str = r"(?x)
    [a-zA-Z][a-zA-Z0-9+.-]*:// [^\s/@:]{0,256} : [^\s/@]{1,1024} @
    (?: localhost | 127\.0\.0\.1 | 0\.0\.0\.0 | \[::1\] | host\.docker\.internal
      | (?:[\w-]+\.)*example(?:\.(?:com|org|net))? | (?:[\w-]+\.)*(?:test|invalid|localhost)
      | db | database | postgres | mysql | redis | mongo | rabbitmq | host )
    (?: [:/?\x22'`\s)] | $ )";

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the corpus compiles it")]
static LOCAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(LOCAL_ADDRESS).unwrap());

/// Looks at what is added.
pub(super) fn look(change: &FileChange, found: &mut Found) {
    for (number, line) in added(change) {
        look_for_secrets(change, number, line, found);
        look_for_hidden_text(number, line, found);
    }
}

fn look_for_secrets(change: &FileChange, number: usize, line: &str, found: &mut Found) {
    let line = LOCAL.replace_all(line, " ");
    let masked = redact_secrets(&line);
    // AWS publishes keys for documents; they all end so.
    if masked == line || line.contains("EXAMPLE") || change.before_text().contains(line.trim()) {
        return;
    }
    if CERTAIN_MASKS.iter().any(|it| masked.contains(it)) {
        let says = "The line holds something with the shape of a secret, which never leaves Baton.";
        found.refuse(Rule::Secret, Some(number), says);
    } else {
        let says = "The line may hold a token or password; see that it is only an example.";
        found.ask(Rule::Secret, Some(number), says);
    }
}

fn look_for_hidden_text(number: usize, line: &str, found: &mut Found) {
    // A file may begin with a byte order mark: some tools of Windows want it.
    let line = if number == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
    let removed = strip_invisible(line).removed;
    if 0 < removed.of(HiddenKind::Bidi) + removed.of(HiddenKind::Tag) {
        let says = "The line holds characters that make code read otherwise than it runs.";
        found.refuse(Rule::HiddenText, Some(number), says);
    } else if !removed.is_empty() {
        let says = "The line holds characters that nobody sees.";
        found.ask(Rule::HiddenText, Some(number), says);
    }
}
