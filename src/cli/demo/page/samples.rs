//! What a visitor may try first.

/// Labels that mean something to Baton.
pub(super) const LABELS: [&str; 7] = [
    "baton:plan",
    "complexity: trivial",
    "complexity: simple",
    "complexity: medium",
    "complexity: complex",
    "complexity: expert",
    "documentation",
];

/// Issues that fit the bundled sample: a feature with an open question, a fault, a small thing.
pub(super) const ALL: [(&str, &str); 3] = [
    (
        "Add a Redis cache for answers",
        "The same few questions are asked all day, and every one is answered from scratch.\n\n\
         - Answers to repeated questions come from a Redis cache\n\
         - Entries expire after five minutes\n\
         - An answer still names its sources\n",
    ),
    (
        "Questions with umlauts find nothing",
        "`tokenize` drops every word with a letter outside ASCII, so \"Rückgabe\" finds no \
         document although `documents/returns.md` speaks of it. See src/tokenize.rs.\n",
    ),
    ("Fix a typo in README.md", "\"the one endpoint\" should be \"the only endpoint\".\n"),
];

/// Comments that can be sent with one click.
pub(super) fn phrases(on_pull: bool) -> Vec<&'static str> {
    let mut all = vec!["/baton route", "/baton plan", "1a", "/baton revise keep it smaller"];
    if on_pull {
        all = vec!["/baton revise keep it smaller"];
    }
    all.extend(["/baton status", "/baton cost", "/baton stop", "/baton retry", "/baton help"]);
    all
}
