//! What a visitor may try first.

use crate::domain::workflow::Stage;

const IMPLEMENT: &str = "/baton implement";
const BY_HAND: &str = "/baton implement manual";

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

/// Comments that can be sent with one click: first what the stage suggests. A pull request
/// is where a plan is discussed, not where one is asked for.
pub(super) fn phrases(stage: Option<&Stage>) -> Vec<&'static str> {
    let mut all = match stage {
        None | Some(Stage::Seen) => vec!["/baton route", "/baton plan"],
        Some(Stage::Planning { .. }) => vec!["/baton pause", "/baton stop"],
        Some(Stage::Asking { .. }) => vec!["1a", "/baton stop"],
        Some(Stage::Planned { approved: None, .. }) => {
            vec![
                "/baton approve",
                "/baton revise keep it smaller",
                IMPLEMENT,
                BY_HAND,
                "/baton stop",
            ]
        }
        Some(Stage::Planned { approved: Some(_), .. }) => {
            vec![IMPLEMENT, BY_HAND, "/baton unapprove", "/baton stop"]
        }
        Some(
            Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. },
        ) => {
            vec!["/baton pause", "/baton stop"]
        }
        Some(Stage::Paused { .. }) => {
            vec!["/baton resume", "/baton budget +5", "/baton stop"]
        }
        Some(Stage::Done { .. }) => Vec::new(),
        Some(Stage::Blocked { .. } | Stage::Stopped { .. }) => vec!["/baton retry"],
    };
    all.extend(["/baton status", "/baton cost", "/baton help"]);
    all
}
