//! Baton's own check runs: a state on a commit, with buttons.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GitHubError;
use super::port::WritePort;
use super::tokens::Purpose;
use super::told::Told;
use crate::base::{CheckRunId, EffectKey, Sha};
use crate::github::lenient::Number;

/// A check run to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCheckRun {
    /// Its name, as in `baton / plan`.
    pub name: String,
    /// The commit it is about.
    pub sha: Sha,
    /// The key of the effect that makes it, by which it is found again.
    pub key: EffectKey,
    /// What it shows.
    pub shown: ShownCheck,
}

/// What a check run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCheck {
    /// How far it is.
    pub state: CheckState,
    /// The headline.
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// At most three buttons; GitHub refuses more.
    pub buttons: Vec<CheckButton>,
}

/// The states that Baton gives its own check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// Something is going on.
    InProgress,
    /// It is good.
    Success,
    /// It is not.
    Failure,
    /// It says something without judging, and blocks nobody.
    Neutral,
    /// A person must do something first; GitHub counts it as failed.
    ActionRequired,
    /// It is no longer of interest.
    Cancelled,
}

impl CheckState {
    fn conclusion(self) -> Option<&'static str> {
        match self {
            CheckState::InProgress => None,
            CheckState::Success => Some("success"),
            CheckState::Failure => Some("failure"),
            CheckState::Neutral => Some("neutral"),
            CheckState::ActionRequired => Some("action_required"),
            CheckState::Cancelled => Some("cancelled"),
        }
    }
}

/// A button of a check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckButton {
    /// What it says, at most 20 characters.
    pub label: String,
    /// What it does, at most 40 characters.
    pub description: String,
    /// What the webhook of a press carries, at most 20 characters.
    pub identifier: String,
}

impl ShownCheck {
    fn fields(&self) -> Map<String, Value> {
        let buttons: Vec<_> = self
            .buttons
            .iter()
            .map(|it| {
                json!({
                    "label": it.label, "description": it.description,
                    "identifier": it.identifier,
                })
            })
            .collect();
        let mut fields = Map::new();
        // A conclusion ends the run; the status follows from it.
        match self.state.conclusion() {
            Some(conclusion) => fields.insert("conclusion".to_owned(), conclusion.into()),
            None => fields.insert("status".to_owned(), "in_progress".into()),
        };
        let output = json!({ "title": self.title, "summary": self.summary });
        fields.insert("output".to_owned(), output);
        fields.insert("actions".to_owned(), buttons.into());
        fields
    }
}

impl WritePort {
    /// Makes a check run. Two of the same name may stand on one commit, and the newer one counts:
    /// look for its key before trying again.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] for an unknown commit and for what is too long.
    pub async fn create_check_run(
        &self,
        new: &NewCheckRun,
    ) -> Result<Told<CheckRunId>, GitHubError> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Made {
            id: Number,
        }

        let mut body = new.shown.fields();
        body.insert("name".to_owned(), new.name.as_str().into());
        body.insert("head_sha".to_owned(), new.sha.as_str().into());
        body.insert("external_id".to_owned(), new.key.as_str().into());
        let call = Call::post("/repos/{owner}/{repo}/check-runs", Value::Object(body));
        Ok(match self.port.through(Purpose::WriteChecks).ask_for::<Made>(&call).await? {
            Told::Known(made) => Told::Known(CheckRunId(
                made.id.0.ok_or_else(|| GitHubError::unexpected("a check run without an id"))?,
            )),
            Told::Unknown(why) => Told::Unknown(why),
        })
    }

    /// Changes what one of Baton's check runs shows. Buttons that are not named go.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] for what is too long.
    pub async fn update_check_run(
        &self,
        id: CheckRunId,
        shown: &ShownCheck,
    ) -> Result<Told<()>, GitHubError> {
        let body = Value::Object(shown.fields());
        let call = Call::patch("/repos/{owner}/{repo}/check-runs/{id}", body).with("id", id);
        self.port.through(Purpose::WriteChecks).try_to(&call).await
    }
}
