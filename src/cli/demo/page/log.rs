//! What happens behind the page, newest first: webhook in, decision, call out.

use serde_json::Value;

use super::state::Page;
use crate::base::{IssueKey, Timestamp};
use crate::domain::conversation::{Answer, Block};
use crate::domain::session::Entry;
use crate::sandbox::github::{CallRecord, Delivery, DeliveryState};
use crate::store::{HistoryRow, StoreError};

/// Older lines are left out.
const LINES_MAX: usize = 80;

/// One line.
pub(super) struct LogLine {
    at: Timestamp,
    /// `webhook`, `decision`, `model`, `read` or `write`.
    pub(super) kind: &'static str,
    /// What kind it is, for readers who see no colours.
    pub(super) sign: &'static str,
    /// The time of day.
    pub(super) time: String,
    /// What happened.
    pub(super) text: String,
    /// How it ended or why, when there is more to say.
    pub(super) note: String,
    /// Whether it went wrong.
    pub(super) failed: bool,
}

impl LogLine {
    fn new(at: Timestamp, kind: &'static str, sign: &'static str, text: String) -> LogLine {
        let time = at.iso().get(11..19).unwrap_or_default().to_owned();
        LogLine { at, kind, sign, time, text, note: String::new(), failed: false }
    }
}

/// The last lines, newest first.
///
/// # Errors
/// The database's.
pub(super) async fn lines(page: &Page) -> Result<Vec<LogLine>, StoreError> {
    let github = &page.world.github;
    let mut lines: Vec<LogLine> = github.deliveries().iter().map(delivery).collect();
    if let Some(installation) = github.installation_id() {
        for issue in page.repo().issues() {
            let key = IssueKey { repository: page.repo().id(), number: issue.number };
            let history = page.world.engine.store.history(installation, key).await?;
            lines.extend(history.iter().map(|it| decision(it, key)));
            if let Some(run) = page.world.engine.store.newest_run(key).await? {
                let entries = page.world.engine.store.entries(&run.id).await?;
                lines.extend(entries.into_iter().filter_map(|it| {
                    match serde_json::from_value(it.entry).ok()? {
                        Entry::Answered { answer, .. } => Some(turn(it.at, &answer)),
                        Entry::ToolsRan { .. } | Entry::Told { .. } | Entry::Resumed { .. } => None,
                    }
                }));
            }
        }
    }
    lines.extend(github.calls().iter().map(call));
    // The sort keeps the order of kinds within one millisecond: in, decided, out.
    lines.sort_by_key(|it| it.at);
    lines.reverse();
    lines.truncate(LINES_MAX);
    Ok(lines)
}

fn delivery(it: &Delivery) -> LogLine {
    let action = it.action.map(|it| format!(".{it}")).unwrap_or_default();
    let mut line = LogLine::new(it.at, "webhook", "in", format!("{}{action}", it.event));
    line.failed = it.state == DeliveryState::Failed;
    line.note = match (it.state, it.attempts.last().and_then(|it| it.status)) {
        (DeliveryState::Pending, _) => "waits".to_owned(),
        (_, Some(status)) => status.to_string(),
        (_, None) => "no answer".to_owned(),
    };
    line
}

fn decision(it: &HistoryRow, issue: IssueKey) -> LogLine {
    let text = match it.from == it.to {
        true => format!("#{} {}: stays {}", issue.number, it.event, it.to),
        false => format!("#{} {}: {} → {}", issue.number, it.event, it.from, it.to),
    };
    let mut line = LogLine::new(it.at, "decision", "decided", text);
    line.note = sentences(&it.reasons).join("; ");
    line
}

/// The texts of a decision's reasons, wherever they stand in its tree.
fn sentences(reasons: &Value) -> Vec<String> {
    match reasons {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(sentences).collect(),
        Value::Object(fields) => fields.values().flat_map(sentences).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn turn(at: Timestamp, answer: &Answer) -> LogLine {
    let calls = answer.content.iter().filter_map(|it| match it {
        Block::ToolUse { name, input, .. } => {
            let what =
                ["path", "pattern", "query", "dir"].iter().find_map(|it| input[*it].as_str());
            Some(what.map_or(name.clone(), |it| format!("{name} {it}")))
        }
        Block::Text { .. } | Block::ToolResult { .. } | Block::Opaque { .. } => None,
    });
    let calls: Vec<String> = calls.collect();
    let text = format!("{}: {}", answer.model, calls.join(", "));
    LogLine::new(at, "model", "model", text)
}

fn call(it: &CallRecord) -> LogLine {
    let (kind, sign) = if it.is_write { ("write", "write") } else { ("read", "read") };
    let mut line = LogLine::new(it.at, kind, sign, format!("{} {}", it.method, it.path));
    line.failed = it.fault.is_some() || it.status.is_none_or(|it| 400 <= it);
    line.note = it.status.map_or("cut".to_owned(), |it| it.to_string());
    if let Some(fault) = &it.fault {
        line.note = format!("{} ({fault})", line.note);
    }
    line
}
