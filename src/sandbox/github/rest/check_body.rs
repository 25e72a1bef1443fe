//! What a check run's body may hold (`docs.github.com/rest/checks/runs`, "Create a check run").

use serde::Deserialize;
use serde_json::Value;

use super::super::world::{CheckAction, CheckOutput, CheckStatus, Conclusion};
use super::answer::Refusal;
use super::checks::missing;
use crate::base::Timestamp;

/// Characters of a summary, and of the text below it.
const TEXT_CHARACTERS_MAX: usize = 65_535;
/// Annotations of one request; more are sent by further requests.
const ANNOTATIONS_MAX: usize = 50;
/// Buttons of a check, and the characters of what they say.
const ACTIONS_MAX: usize = 3;
const LABEL_CHARACTERS_MAX: usize = 20;
const DESCRIPTION_CHARACTERS_MAX: usize = 40;
const IDENTIFIER_CHARACTERS_MAX: usize = 20;

/// The body, for a new check and for a change.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) details_url: Option<String>,
    pub(super) external_id: Option<String>,
    status: Option<String>,
    started_at: Option<String>,
    conclusion: Option<String>,
    completed_at: Option<String>,
    output: Option<Output>,
    actions: Option<Vec<Action>>,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
    text: Option<String>,
    #[serde(default)]
    annotations: Vec<Value>,
}

#[derive(Deserialize)]
struct Action {
    label: Option<String>,
    description: Option<String>,
    identifier: Option<String>,
}

/// A conclusion completes the check, whether the status says so or not.
pub(super) fn status(wanted: &Wanted, now: Timestamp) -> Result<Option<CheckStatus>, Refusal> {
    let at = time(wanted.completed_at.as_deref(), "completed_at")?.unwrap_or(now);
    if let Some(name) = &wanted.conclusion {
        let conclusion = Conclusion::parse(name).filter(|it| may_be_set(*it));
        let conclusion = conclusion.ok_or_else(|| not_a_member("conclusion", name))?;
        return Ok(Some(CheckStatus::Completed(conclusion, at)));
    }
    match wanted.status.as_deref() {
        None => Ok(None),
        Some("queued") => Ok(Some(CheckStatus::Queued)),
        Some("in_progress") => Ok(Some(CheckStatus::InProgress)),
        Some("completed") => Err(missing("conclusion")),
        Some(other) => Err(not_a_member("status", other)),
    }
}

pub(super) fn started_at(wanted: &Wanted) -> Result<Option<Timestamp>, Refusal> {
    time(wanted.started_at.as_deref(), "started_at")
}

pub(super) fn output(wanted: &Wanted) -> Result<Option<CheckOutput>, Refusal> {
    let Some(output) = &wanted.output else { return Ok(None) };
    if output.title.is_none() {
        return Err(missing("title"));
    }
    let summary = output.summary.as_deref().ok_or_else(|| missing("summary"))?;
    at_most("summary", summary, TEXT_CHARACTERS_MAX)?;
    at_most("text", output.text.as_deref().unwrap_or_default(), TEXT_CHARACTERS_MAX)?;
    count("annotations", output.annotations.len(), ANNOTATIONS_MAX)?;
    for annotation in &output.annotations {
        check_annotation(annotation)?;
    }
    Ok(Some(CheckOutput {
        title: output.title.clone(),
        summary: output.summary.clone(),
        text: output.text.clone(),
        annotations: output.annotations.clone(),
    }))
}

pub(super) fn actions(wanted: &Wanted) -> Result<Option<Vec<CheckAction>>, Refusal> {
    let Some(actions) = &wanted.actions else { return Ok(None) };
    count("actions", actions.len(), ACTIONS_MAX)?;
    let field = |value: &Option<String>, name: &str, most: usize| -> Result<String, Refusal> {
        let text = value.clone().ok_or_else(|| missing(name))?;
        at_most(name, &text, most)?;
        Ok(text)
    };
    let action = |it: &Action| {
        Ok(CheckAction {
            label: field(&it.label, "label", LABEL_CHARACTERS_MAX)?,
            description: field(&it.description, "description", DESCRIPTION_CHARACTERS_MAX)?,
            identifier: field(&it.identifier, "identifier", IDENTIFIER_CHARACTERS_MAX)?,
        })
    };
    actions.iter().map(action).collect::<Result<Vec<_>, Refusal>>().map(Some)
}

/// `stale` is GitHub's own word and `startup_failure` Actions'; an App can set neither.
fn may_be_set(conclusion: Conclusion) -> bool {
    !matches!(conclusion, Conclusion::Stale | Conclusion::StartupFailure)
}

fn check_annotation(annotation: &Value) -> Result<(), Refusal> {
    for name in ["path", "start_line", "end_line", "annotation_level", "message"] {
        if annotation[name].is_null() {
            return Err(missing(name));
        }
    }
    let level = annotation["annotation_level"].as_str().unwrap_or_default();
    if !matches!(level, "notice" | "warning" | "failure") {
        return Err(not_a_member("annotation_level", level));
    }
    Ok(())
}

fn time(text: Option<&str>, field: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let at = Timestamp::parse_iso(text);
    let wrong = || {
        let why =
            format!("Invalid request.\n\nFor 'properties/{field}', {text} is not a date-time.");
        Refusal::new(422, why)
    };
    at.map(Some).ok_or_else(wrong)
}

fn at_most(field: &str, text: &str, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    match length <= most {
        true => Ok(()),
        false => Err(Refusal::new(
            422,
            format!(
                "Invalid request.\n\nFor 'properties/{field}', only {most} characters are \
                 allowed; {length} were supplied."
            ),
        )),
    }
}

fn count(field: &str, length: usize, most: usize) -> Result<(), Refusal> {
    match length <= most {
        true => Ok(()),
        false => Err(Refusal::new(
            422,
            format!(
                "Invalid request.\n\nFor 'properties/{field}', no more than {most} items are \
                 allowed; {length} were supplied."
            ),
        )),
    }
}

fn not_a_member(field: &str, value: &str) -> Refusal {
    let why =
        format!("Invalid request.\n\nFor 'properties/{field}', {value} is not a possible value.");
    Refusal::new(422, why)
}
