//! Secrets are masked before a text goes to a model and before it goes to GitHub (trust rule 21,
//! testing case 54): by their well-known shapes, and the exact values this process holds.
//!
//! The patterns have no look-around and no nesting, so the text is read in linear time; no mask
//! has the shape of a secret, so masking twice is masking once.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Values shorter than this are not masked by value: they would hit ordinary words.
const KNOWN_BYTES_MIN: usize = 8;

/// A line of a many-line value (a key) that is at least this long is masked on its own.
const KNOWN_LINE_BYTES_MIN: usize = 24;

const KNOWN: &str = "[redacted: configured secret]";

/// Shapes of secrets. A group's name decides the mask.
const SHAPES: &str = concat!(
    r"(?P<key>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",
    r"(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\z))",
    r"|(?P<github>gh[oprsu]_[A-Za-z0-9_]{16,}(?:\.[A-Za-z0-9_-]+){0,2}|github_pat_[A-Za-z0-9_]{16,})",
    r"|(?P<provider>sk-ant-[A-Za-z0-9_-]{8,}|sk-(?:proj-|or-)?[A-Za-z0-9_-]{32,}|AIza[A-Za-z0-9_-]{35})",
    r"|(?P<aws>(?:AKIA|ASIA)[A-Z0-9]{16})",
    r"|(?P<slack>xox[abeoprs]-[A-Za-z0-9-]{8,}|hooks\.slack\.com/services/[A-Za-z0-9/]{16,})",
    r"|(?P<token>glpat-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{16,}",
    r"|(?i:bearer)[ \t]+[A-Za-z0-9._~+/-]{16,}=*)",
    r"|(?P<jwt>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
    r"|(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20}://)[^\s/@:]{0,256}:[^\s/@]{1,1024}@",
);

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and every test here compiles it")]
static SHAPE: LazyLock<Regex> = LazyLock::new(|| Regex::new(SHAPES).unwrap());

/// The values that must never leave, beside everything that has a secret's shape.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    known: Option<Regex>,
}

impl Secrets {
    /// Masks by shape and these values: the keys and tokens of the process's settings. Long lines
    /// of a many-line value are values of their own.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Secrets {
        let mut known: Vec<&str> = Vec::new();
        for value in values {
            let value = value.trim();
            known.push(value);
            if value.contains('\n') {
                let lines = value.lines().map(str::trim);
                known.extend(lines.filter(|it| KNOWN_LINE_BYTES_MIN <= it.len()));
            }
        }
        // A value that stands inside our own mask would be masked again for ever.
        known.retain(|it| KNOWN_BYTES_MIN <= it.len() && !KNOWN.contains(it));
        if known.is_empty() {
            return Secrets::default();
        }
        // The longest first, so that no value leaves a rest behind a shorter one.
        known.sort_by_key(|it| std::cmp::Reverse(it.len()));
        let pattern: Vec<String> = known.into_iter().map(regex::escape).collect();
        // Escaped texts always make a pattern; one too large for the engine masks nothing more
        // than the shapes, which cannot happen with settings of a few kilobytes.
        Secrets { known: Regex::new(&pattern.join("|")).ok() }
    }

    /// `text` with every secret masked.
    pub fn redact(&self, text: &str) -> String {
        match &self.known {
            Some(known) => redact_secrets(&known.replace_all(text, KNOWN)),
            None => redact_secrets(text),
        }
    }
}

/// `text` with everything masked that has the shape of a secret.
pub fn redact_secrets(text: &str) -> String {
    SHAPE.replace_all(text, mask).into_owned()
}

fn mask(found: &Captures<'_>) -> String {
    if let Some(scheme) = found.name("scheme") {
        return format!("{}[redacted]@", scheme.as_str());
    }
    let masks = [
        ("key", "[redacted: private key]"),
        ("github", "[redacted: GitHub token]"),
        ("provider", "[redacted: API key]"),
        ("aws", "[redacted: AWS key]"),
        ("slack", "[redacted: Slack token]"),
        ("jwt", "[redacted: JWT]"),
    ];
    let named = masks.into_iter().find(|(name, _)| found.name(name).is_some());
    named.map_or("[redacted: token]", |it| it.1).to_owned()
}
