//! STATE.md: where an issue stands, for whoever goes on with it in a fresh conversation.
//!
//! The service writes it from what it knows. A person can read it, but it is never read back.

use crate::base::Timestamp;
use crate::render::plan::{code, inline, prose};

/// Lines of the session log that are kept; older ones are in the history.
const LOG_LINES_MAX: usize = 40;

/// Everything a successor must know about the work on one issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkState {
    /// The issue's number or key.
    pub issue: String,
    /// The issue's title, as its author wrote it.
    pub title: String,
    /// When this was true.
    pub updated: Timestamp,
    /// Where the work stands, one sentence.
    pub position: String,
    /// The branch, when there is one.
    pub branch: Option<String>,
    /// Questions that were asked, with the answers that were given.
    pub decisions: Vec<(String, String)>,
    /// How the work is done, Markdown.
    pub approach: String,
    /// The tasks in their order.
    pub tasks: Vec<TaskLine>,
    /// Files changed so far.
    pub files_changed: Vec<String>,
    /// What the tests say, one sentence; empty when none ran.
    pub tests: String,
    /// What stands in the way.
    pub blockers: Vec<String>,
    /// What was done last.
    pub last_action: String,
    /// What is to be done next.
    pub next_step: String,
    /// What happened, oldest first.
    pub log: Vec<(Timestamp, String)>,
}

/// One task as STATE.md shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLine {
    /// `t1`, `t2`, …
    pub id: String,
    /// What is done, Markdown of one line.
    pub title: String,
    /// How far it is.
    pub progress: Progress,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Done, and its verification passed.
    Done,
    /// Being worked on.
    Active,
    /// Not begun.
    Remaining,
}

/// The text of STATE.md.
pub fn markdown(state: &WorkState) -> String {
    let mut texts = vec![format!("# State of {}: {}", inline(&state.issue), inline(&state.title))];
    let branch = state.branch.as_ref().map(|it| format!(" Branch: {}.", code(it)));
    let position = format!(
        "{}{}\n\nAs of {}.",
        or(inline(&state.position), "Nothing has begun."),
        branch.unwrap_or_default(),
        state.updated.iso()
    );
    texts.push(format!("## Current position\n\n{position}"));
    let decisions = state.decisions.iter();
    let decisions = decisions.map(|(question, answer)| {
        format!("- **{}** → {}", inline(question), or(inline(answer), "not answered"))
    });
    texts.push(list("## Decisions", decisions, "Nothing had to be asked."));
    texts.push(format!("## Approach\n\n{}", or(prose(&state.approach), "Not settled yet.")));
    texts.push(tasks(&state.tasks));
    let files = state.files_changed.iter().map(|it| format!("- {}", code(it)));
    texts.push(list("## Files changed", files, "None."));
    texts.push(format!("## Tests\n\n{}", or(inline(&state.tests), "None ran yet.")));
    let blockers = state.blockers.iter().map(|it| format!("- {}", inline(it)));
    texts.push(list("## Blockers", blockers, "None."));
    texts.push(format!(
        "## Recovery information\n\n- **Last action:** {}\n- **Next step:** {}",
        or(inline(&state.last_action), "none"),
        or(inline(&state.next_step), "none")
    ));
    let skipped = state.log.len().saturating_sub(LOG_LINES_MAX);
    let log = state.log.iter().skip(skipped);
    let log = log.map(|(at, what)| format!("- {} {}", at.iso(), inline(what)));
    texts.push(list("## Session log", log, "Empty."));
    texts.join("\n\n") + "\n"
}

fn tasks(tasks: &[TaskLine]) -> String {
    let of = |progress: Progress| {
        let lines = tasks.iter().filter(move |it| it.progress == progress);
        lines.map(|it| format!("- {} {}", inline(&it.id), inline(&it.title)))
    };
    [
        "## Tasks".to_owned(),
        list("### Done", of(Progress::Done), "None."),
        list("### Active", of(Progress::Active), "None."),
        list("### Remaining", of(Progress::Remaining), "None."),
    ]
    .join("\n\n")
}

fn list(heading: &str, lines: impl Iterator<Item = String>, nothing: &str) -> String {
    let lines: Vec<String> = lines.collect();
    let body = if lines.is_empty() { nothing.to_owned() } else { lines.join("\n") };
    format!("{heading}\n\n{body}")
}

fn or(text: String, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn example() -> WorkState {
        let noon = Timestamp::parse_iso("2026-11-21T12:00:00Z").unwrap();
        let task = |id: &str, title: &str, progress| TaskLine {
            id: id.into(),
            title: title.into(),
            progress,
        };
        WorkState {
            issue: "123".into(),
            title: "Add Redis caching <!-- x -->".into(),
            updated: noon,
            position: "Plan revision 1 waits for approval.".into(),
            branch: Some("baton/123-add-redis-caching".into()),
            decisions: vec![("Is Redis optional?".into(), "Yes,\noptional.".into())],
            approach: "# Big\nRead through a trait.".into(),
            tasks: vec![
                task("t1", "Add the `Cache` trait", Progress::Active),
                task("t2", "Read through it", Progress::Remaining),
            ],
            last_action: "The planner submitted revision 1.".into(),
            next_step: "A maintainer approves or revises.".into(),
            log: vec![(noon, "Planning began on claude-opus-5-5.".into())],
            ..WorkState::default()
        }
    }

    #[test]
    fn a_state_reads_like_a_note_to_a_colleague() {
        assert_snapshot!(markdown(&example()), @r#"
        # State of 123: Add Redis caching

        ## Current position

        Plan revision 1 waits for approval. Branch: `baton/123-add-redis-caching`.

        As of 2026-11-21T12:00:00Z.

        ## Decisions

        - **Is Redis optional?** → Yes, optional.

        ## Approach

        #### Big
        Read through a trait.

        ## Tasks

        ### Done

        None.

        ### Active

        - t1 Add the `Cache` trait

        ### Remaining

        - t2 Read through it

        ## Files changed

        None.

        ## Tests

        None ran yet.

        ## Blockers

        None.

        ## Recovery information

        - **Last action:** The planner submitted revision 1.
        - **Next step:** A maintainer approves or revises.

        ## Session log

        - 2026-11-21T12:00:00Z Planning began on claude-opus-5-5.
        "#);
    }

    #[test]
    fn an_empty_state_has_every_section() {
        let text = markdown(&WorkState::default());
        let headings: Vec<&str> = text.lines().filter(|it| it.starts_with("## ")).collect();
        assert_eq!(
            headings,
            [
                "## Current position",
                "## Decisions",
                "## Approach",
                "## Tasks",
                "## Files changed",
                "## Tests",
                "## Blockers",
                "## Recovery information",
                "## Session log",
            ]
        );
    }
}
