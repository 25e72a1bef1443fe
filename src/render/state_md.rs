//! STATE.md: where an issue stands, for whoever goes on with it in a fresh conversation.
//!
//! The service writes it from what it knows, and the agent's own note stands in its places, marked
//! as the agent's. A person can read it, but it is never read back. Everything in it is bounded:
//! it is paid for by every successor.

pub use crate::domain::handoff::{Progress, TaskLine, WorkState};

use crate::domain::report::Note;
use crate::render::plan::{code, inline, prose};

/// Lines of the session log that are kept; older ones are in the history.
const LOG_LINES_MAX: usize = 40;

/// The most characters of one line of the session log.
const LOG_CHARS_MAX: usize = 300;

/// Changed files that are named; more are counted.
const FILES_MAX: usize = 100;

/// The text of STATE.md, as far as the service knows it.
pub fn markdown(state: &WorkState) -> String {
    with_note(state, None)
}

/// The text of STATE.md with what the agent noted last.
pub fn with_note(state: &WorkState, note: Option<&Note>) -> String {
    let skipped = state.log.len().saturating_sub(LOG_LINES_MAX);
    let log = state.log.iter().skip(skipped);
    let log = log.map(|(at, what)| format!("- {} {}", at.iso(), short(&inline(what))));
    let log = list("## Session log", log, "Empty.");
    format!("{}\n\n{log}\n", without_log(state, note))
}

/// The same without the session log, the first thing that a prompt leaves out.
pub(super) fn without_log(state: &WorkState, note: Option<&Note>) -> String {
    let branch = state.branch.as_ref().map(|it| format!(" Branch: {}.", code(it)));
    let position = format!(
        "{}{}\n\nAs of {}.",
        or(inline(&state.position), "Nothing has begun."),
        branch.unwrap_or_default(),
        state.updated.iso()
    );
    let files = state.files_changed.iter().take(FILES_MAX).map(|it| format!("- {}", code(it)));
    let more = state.files_changed.len().saturating_sub(FILES_MAX);
    let files = files.chain((0 < more).then(|| format!("- and {more} more")));
    [
        format!("# State of {}: {}", inline(&state.issue), inline(&state.title)),
        format!("## Current position\n\n{position}{}", noted_position(note)),
        list("## Decisions", decisions(state, note).into_iter(), "Nothing had to be asked."),
        approach(state, note),
        tasks(&state.tasks, note),
        list("## Files changed", files, "None."),
        format!("## Tests\n\n{}", or(inline(&state.tests), "None ran yet.")),
        list("## Blockers", blockers(state, note).into_iter(), "None."),
        recovery(state, note),
    ]
    .join("\n\n")
}

fn noted_position(note: Option<&Note>) -> String {
    let said = note.map(|it| inline(&it.position)).filter(|it| !it.is_empty());
    said.map(|it| format!("\n\nThe agent noted: {it}")).unwrap_or_default()
}

fn decisions(state: &WorkState, note: Option<&Note>) -> Vec<String> {
    let line = |question: &str, answer: &str, by: &str| {
        format!("- **{}** → {}{by}", inline(question), or(inline(answer), "not answered"))
    };
    let asked = state.decisions.iter().map(|(question, it)| line(question, it, ""));
    let noted = note.into_iter().flat_map(|it| &it.decisions);
    let noted = noted.map(|it| line(&it.question, &it.answer, " (decided by the agent)"));
    asked.chain(noted).collect()
}

fn approach(state: &WorkState, note: Option<&Note>) -> String {
    let noted = note.map(|it| inline(&it.approach)).filter(|it| !it.is_empty());
    let noted = noted.map(|it| format!("The agent noted: {it}"));
    let parts = [Some(prose(&state.approach)).filter(|it| !it.is_empty()), noted];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    format!("## Approach\n\n{}", or(text, "Not settled yet."))
}

fn blockers(state: &WorkState, note: Option<&Note>) -> Vec<String> {
    let noted = note.into_iter().flat_map(|it| &it.blockers);
    state.blockers.iter().chain(noted).map(|it| format!("- {}", inline(it))).collect()
}

/// What a successor begins with. The agent's own next step is nearer to the work than ours.
fn recovery(state: &WorkState, note: Option<&Note>) -> String {
    let next = note.map(|it| inline(&it.next_step)).filter(|it| !it.is_empty());
    format!(
        "## Recovery information\n\n- **Last action:** {}\n- **Next step:** {}",
        or(inline(&state.last_action), "none"),
        or(next.unwrap_or_else(|| inline(&state.next_step)), "none")
    )
}

fn tasks(tasks: &[TaskLine], note: Option<&Note>) -> String {
    let of = |progress: Progress| {
        let lines = tasks.iter().filter(move |it| it.progress == progress);
        lines.map(|it| format!("- {} {}", inline(&it.id), inline(&it.title)))
    };
    let skipped = of(Progress::Skipped).map(|it| format!("{it} (skipped)"));
    // What the agent noted belongs to the task it works on.
    let noted = |what: &'static str, of: fn(&Note) -> &Vec<String>| {
        let texts = note.into_iter().flat_map(of);
        texts.map(move |it| format!("  - {what}: {}", inline(it)))
    };
    let active = of(Progress::Active)
        .chain(noted("done", |it| &it.done))
        .chain(noted("remains", |it| &it.remaining));
    [
        "## Tasks".to_owned(),
        list("### Done", of(Progress::Done).chain(skipped), "None."),
        list("### Active", active, "None."),
        list("### Remaining", of(Progress::Remaining), "None."),
    ]
    .join("\n\n")
}

fn short(line: &str) -> String {
    match line.char_indices().nth(LOG_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
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
    use crate::base::Timestamp;
    use crate::domain::report::tests::note;

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

    #[test]
    fn the_agents_note_stands_in_its_places() {
        let mut state = example();
        state.tasks[1].progress = Progress::Skipped;
        let text = with_note(&state, Some(&note()));
        let (_, from) = text.split_once("As of 2026-11-21T12:00:00Z.\n\n").unwrap();
        let (shown, _) = from.split_once("## Session log").unwrap();
        assert_snapshot!(shown, @r#"
        The agent noted: The trait stands; the Redis form is half done.

        ## Decisions

        - **Is Redis optional?** → Yes, optional.
        - **Keys as text or bytes?** → Text, as in src/rag.rs. (decided by the agent)

        ## Approach

        #### Big
        Read through a trait.

        The agent noted: One connection per call.

        ## Tasks

        ### Done

        - t2 Read through it (skipped)

        ### Active

        - t1 Add the `Cache` trait
          - done: `Cache` trait in src/cache.rs
          - remains: Expiry

        ### Remaining

        None.

        ## Files changed

        None.

        ## Tests

        None ran yet.

        ## Blockers

        - The client has no async form.

        ## Recovery information

        - **Last action:** The planner submitted revision 1.
        - **Next step:** Write `RedisCache::get` in src/cache.rs.
        "#);
    }

    #[test]
    fn what_grows_is_bounded() {
        let mut state = example();
        let (at, _) = state.log[0];
        state.log = (0..100).map(|i| (at, format!("event {i} {}", "x".repeat(5_000)))).collect();
        state.files_changed = (0..250).map(|i| format!("src/f{i}.rs")).collect();
        let text = markdown(&state);
        assert!(!text.contains("event 59 ") && text.contains("event 60 "), "{text}");
        assert!(text.contains("- `src/f99.rs`\n- and 150 more\n"), "{text}");
        assert!(text.chars().count() < 20_000, "{}", text.chars().count());
    }
}
