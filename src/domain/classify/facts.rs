//! What is known about a piece of work when it is classified. Gathered by the shell or typed on
//! the command line; nothing in here is looked up by the classifier itself.

use serde::{Deserialize, Serialize};

use crate::domain::tier::{Complexity, Tier};

/// The facts of one issue, task or request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueFacts {
    /// The title; for free text its first line.
    pub title: String,
    /// The body, Markdown.
    pub body: String,
    /// The names of the labels, as written. `complexity: …` among them is *not* an override,
    /// because Baton's own labels look the same; see [`IssueFacts::explicit`].
    pub labels: Vec<String>,
    /// A level that somebody set in Baton, and how. It wins over everything, also over what the text
    /// and the labels state by themselves.
    pub explicit: Option<(Complexity, ExplicitSource)>,
    /// A count of files from elsewhere (the repository scout, a plan). Used when the text itself
    /// says nothing.
    pub files: Option<u32>,
    /// The tokens of the asker's own session. An issue has none.
    pub tokens: Option<Tokens>,
    /// The model of the asker's own session, as they name it (`Sonnet 4.5`).
    pub current_model: Option<String>,
    /// Whether the asker wants to save tokens.
    pub token_efficient: bool,
    /// A tier that somebody asked for. It wins over the scores.
    pub model_override: Option<Tier>,
}

impl IssueFacts {
    /// The facts of a text without a title of its own: its first line that is not blank is the
    /// title, the rest is the body.
    pub fn from_text(text: &str) -> IssueFacts {
        let text = text.trim_start_matches(|c: char| c.is_whitespace());
        let (title, body) = text.split_once('\n').unwrap_or((text, ""));
        let title = title.trim_start_matches('#').trim();
        IssueFacts { title: title.to_owned(), body: body.to_owned(), ..IssueFacts::default() }
    }
}

/// Who or what stated a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplicitSource {
    /// A person put the label `complexity: <level>` on the issue.
    Label,
    /// The `complexity` field of an issue form.
    Form,
    /// The label `difficulty:<level>`, as trackers of tasks set it.
    Difficulty,
}

impl ExplicitSource {
    /// How it reads after "set by".
    pub fn words(self) -> &'static str {
        match self {
            ExplicitSource::Label => "a person's label",
            ExplicitSource::Form => "the issue form",
            ExplicitSource::Difficulty => "the label of its difficulty",
        }
    }
}

/// The tokens of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// How many are left.
    pub remaining: u64,
    /// How many were used, when known.
    pub used: Option<u64>,
    /// How many the session may have, when known.
    pub limit: Option<u64>,
}

impl Tokens {
    /// A session of which only the rest is known.
    pub fn left(remaining: u64) -> Tokens {
        Tokens { remaining, used: None, limit: None }
    }

    /// A session by what it used and what it may use; one that is over its limit has nothing left.
    pub fn of(used: u64, limit: u64) -> Tokens {
        Tokens { remaining: limit.saturating_sub(used), used: Some(used), limit: Some(limit) }
    }
}
