//! What the commit of a run's changes says, and by what of it it is found again.

use crate::base::{EffectKey, RunId};
use crate::domain::hygiene;
use crate::domain::workflow::{FINDINGS, is_review_task};
use crate::engine::Engine;
use crate::engine::perform::changes::Push;
use crate::engine::perform::publish::KEY_TRAILER;
use crate::engine::planner::FINDINGS_TITLE;
use crate::engine::threads::REVIEW_TITLE;

/// The trailer that names the run whose changes a commit holds.
const RUN_TRAILER: &str = "Baton-Run";
/// Lines of the report that become the commit's description, and characters of each.
const DESCRIPTION_LINES_MAX: usize = 12;
const DESCRIPTION_CHARS_MAX: usize = 90;

impl Engine {
    /// The subject and the description are models' and people's words, so nothing in them may be
    /// an order to GitHub or to a shell (trust rule 4).
    pub(super) fn commit_message(&self, push: &Push<'_>, key: &EffectKey) -> String {
        let title = match push.board.get(push.task) {
            Some(it) => it.task.title.as_str(),
            None if push.task == FINDINGS => FINDINGS_TITLE,
            None if is_review_task(push.task) => REVIEW_TITLE,
            None => "",
        };
        let title = hygiene::title_text(&self.secrets.redact(title));
        let subject = match title.is_empty() {
            true => push.task.to_owned(),
            false => format!("{}: {title}", push.task),
        };
        let summary = self.secrets.redact(&push.result.report.summary);
        let mut parts = vec![subject];
        let lines = description(&summary);
        if !lines.is_empty() {
            parts.push(lines.join("\n"));
        }
        parts.push(format!("{}\n", trailers(key, push.run).join("\n")));
        parts.join("\n\n")
    }
}

/// The trailers by which a push is found again: by its key where its answer was lost, and by the run
/// whose changes it holds where it was given up and ordered anew.
pub(super) fn trailers(key: &EffectKey, run: &RunId) -> [String; 2] {
    [format!("{KEY_TRAILER}: {key}"), format!("{RUN_TRAILER}: {run}")]
}

/// The report in short lines of plain text.
fn description(summary: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in summary.split_whitespace() {
        let line = lines.last().map_or(0, |it| it.chars().count());
        if 0 < line && DESCRIPTION_CHARS_MAX < line + 1 + word.chars().count() {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.truncate(DESCRIPTION_LINES_MAX);
    let plain = lines.iter().map(|it| hygiene::title_text(it));
    plain.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(summary: &str, expected: &[&str]) {
        assert_eq!(description(summary), expected, "{summary:?}");
    }

    #[test]
    fn a_description_orders_nothing() {
        check("", &[]);
        check("Built `a`\nand b.", &["Built a and b"]);
        check("Done [skip ci] @team", &["Done skip ci team"]);
        check("Fixes #12", &["Fixes 12"]);
        check("Co-authored-by: x", &["Co-authored-by x"]);
        let long = "word ".repeat(40);
        assert!(description(&long).iter().all(|it| it.chars().count() <= DESCRIPTION_CHARS_MAX));
    }
}
