//! Why a decision came out as it did, as a tree. The same tree is rendered for comment, terminal
//! and JSON, so that no two of them can tell different stories.

use serde::{Deserialize, Serialize};

/// One reason, with the reasons below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What was found, in words.
    pub signal: String,
    /// What it counted, in points of 100; `None` where a reason only explains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// The words of the issue it rests on. Foreign text: escape it before showing it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The reasons for this reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Reason>,
}

impl Reason {
    /// A reason without weight, evidence or parts.
    pub fn new(signal: impl Into<String>) -> Reason {
        Reason { signal: signal.into(), weight: None, evidence: Vec::new(), parts: Vec::new() }
    }

    /// The same reason with a weight.
    pub fn weighing(mut self, points: i32) -> Reason {
        self.weight = Some(points);
        self
    }

    /// The same reason with one more piece of evidence; an empty one is left out.
    pub fn because(mut self, evidence: impl Into<String>) -> Reason {
        let evidence = evidence.into();
        if !evidence.is_empty() {
            self.evidence.push(evidence);
        }
        self
    }

    /// The same reason with `parts` below it.
    pub fn made_of(mut self, parts: Vec<Reason>) -> Reason {
        self.parts = parts;
        self
    }
}
