//! What the commit of a run's changes says, and by what of it it is found again.

use crate::base::{EffectKey, RunId, Sha};
use crate::domain::diff::FileChange;
use crate::domain::guard::is_batons_own;
use crate::domain::hygiene;
use crate::domain::workflow::{FINDINGS, is_review_task};
use crate::engine::Engine;
use crate::engine::perform::Performance;
use crate::engine::perform::changes::Push;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::publish::{COMMITS_SEARCHED, KEY_TRAILER, newest_with};
use crate::engine::planner::{FINDINGS_TITLE, TaskResult, changed_of};
use crate::engine::threads::REVIEW_TITLE;
use crate::github::BatonRef;

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
        parts.push(format!("{}\n{}\n", key_trailer(key), run_trailer(push.run)));
        parts.join("\n\n")
    }

    /// The commit that a push has made already: the one of its key, where only the answer was lost,
    /// or of its run, where it was given up and ordered anew. Between two orders people may have
    /// taken back what the first one brought; then it is for the second one to bring it again.
    pub(super) async fn landed(
        &self,
        performance: &Performance<'_>,
        push: &Push<'_>,
        (branch, head): (&BatonRef, &Sha),
    ) -> Result<Option<Sha>, NotDone> {
        let commits = performance.reader.commits(branch.as_str(), COMMITS_SEARCHED).await?;
        if let Some(same) = newest_with(&commits, &key_trailer(&performance.claimed.key)) {
            return Ok(Some(same));
        }
        let Some(earlier) = newest_with(&commits, &run_trailer(push.run)) else { return Ok(None) };
        if earlier == *head {
            return Ok(Some(earlier));
        }
        let TaskResult { base_sha, changes, .. } = &push.result;
        let paths = changes.files().iter().map(|it| it.path.as_str()).collect();
        let stand = changed_of(&performance.reader, (base_sha, head), paths).await?;
        let is_as_before = |it: &FileChange| !is_batons_own(&it.path) && !stand.contains(&it.path);
        Ok(Some(earlier).filter(|_| !changes.files().iter().any(is_as_before)))
    }
}

/// By this a push is found again whose answer was lost.
fn key_trailer(key: &EffectKey) -> String {
    format!("{KEY_TRAILER}: {key}")
}

/// By this a push is found again that was given up and ordered anew.
fn run_trailer(run: &RunId) -> String {
    format!("{RUN_TRAILER}: {run}")
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
