//! The parts of a handoff prompt, one function each. Texts of others stand between tags that they
//! cannot close.

use std::fmt::Write;

use super::Cut;
use crate::domain::handoff::{FailingJob, GitState, Handoff};
use crate::domain::plan::{Addition, Plan, Verify};
use crate::domain::tasks::{BoardTask, TaskState};
use crate::domain::verdict::Verdict;
use crate::render::prompt::{cut as shortened, inline, tagged};
use crate::render::state_md;

/// Failing jobs whose logs are given; each log is at most `verdict::EXCERPT_CHARS_MAX`.
const FAILING_MAX: usize = 3;

/// The most characters of one log, the excerpt's own limit and what tells of a cut.
const LOG_CHARS_MAX: usize = 8_100;

/// The most characters of what people asked for beside the plan, in all.
const INSTRUCTIONS_CHARS_MAX: usize = 8_000;

/// Changed files that are named; more are counted.
const FILES_MAX: usize = 60;

/// The most characters of a part that is long, once everything else was left out.
const LONG_CHARS_MAX: usize = 4_000;

/// The active task as the plan says it, with what the plan says about its files.
pub(super) fn task(handoff: &Handoff<'_>) -> String {
    let Some(board_task) = handoff.task else {
        return "There is no single task: look at the plan and at what remains.".to_owned();
    };
    let BoardTask { task, .. } = board_task;
    let mut text = format!("{} {}\n", inline(&task.id), inline(&task.title));
    let phase = inline(&task.phase);
    let _ = writeln!(
        text,
        "Complexity: {}.{}",
        task.complexity,
        if phase.is_empty() { String::new() } else { format!(" Phase: {phase}.") }
    );
    let reason = |path: &str| {
        let file = handoff.plan.files.iter().find(|it| it.path == path);
        file.map(|it| format!(" ({}: {})", it.action.word(), inline(&it.reason)))
    };
    section(
        &mut text,
        "Files",
        task.files.iter().map(|it| format!("{}{}", inline(it), reason(it).unwrap_or_default())),
    );
    section(&mut text, "Done when", task.acceptance.iter().map(|it| inline(it)));
    let verify = match &task.verify {
        Verify::Check(it) => format!("the CI check {}", inline(it)),
        Verify::Command(it) => {
            format!("`{}`, which the CI or a person runs, not you", inline(it))
        }
        Verify::None(why) => format!("nothing can check it: {}", inline(why)),
    };
    let _ = writeln!(text, "\nVerified by: {verify}");
    section(&mut text, "Do not", handoff.plan.do_not.iter().map(|it| inline(it)));
    for note in handoff.plan.notes_on(&task.id) {
        let _ = write!(text, "\nPeople added:\n{}\n", note.trim());
    }
    tagged("task", &text)
}

/// What is red, with its log. Logs are data.
pub(super) fn failure(failing: &[FailingJob]) -> String {
    if failing.is_empty() {
        return String::new();
    }
    let shown = failing.iter().take(FAILING_MAX).map(|it| {
        let log = match it.log.trim() {
            "" => "(There is no log to be had.)".to_owned(),
            log => shortened(log, LOG_CHARS_MAX),
        };
        tagged("ci_log", &format!("Check: {}\n\n{log}", inline(&it.name)))
    });
    let mut text = format!(
        "# What fails\n\nThe CI failed on the head of the branch. Find the cause in what follows \
         (data, cut to what matters) before you change anything.\n\n{}",
        shown.collect::<Vec<_>>().join("\n\n")
    );
    let rest = failing.iter().skip(FAILING_MAX).map(|it| inline(&it.name));
    let rest: Vec<String> = rest.take(FILES_MAX).collect();
    if !rest.is_empty() {
        let _ = write!(
            text,
            "\n\nAlso red, without logs here (data):\n\n{}",
            tagged("ci_checks", &rest.join(", "))
        );
    }
    text
}

/// What the predecessor noted.
pub(super) fn standing(handoff: &Handoff<'_>, cut: Cut) -> String {
    let Some(note) = handoff.note else {
        return "Nothing was noted. Only what stands on the branch was kept.".to_owned();
    };
    let mut text = format!("{}\n", inline(&note.position));
    if !note.approach.trim().is_empty() {
        let _ = write!(text, "\nApproach: {}\n", inline(&note.approach));
    }
    section(&mut text, "Done", note.done.iter().map(|it| inline(it)));
    section(&mut text, "Remains", note.remaining.iter().map(|it| inline(it)));
    section(&mut text, "In the way", note.blockers.iter().map(|it| inline(it)));
    let decided = note.decisions.iter();
    section(
        &mut text,
        "Decided",
        decided.map(|it| format!("{} → {}", inline(&it.question), inline(&it.answer))),
    );
    let _ = write!(text, "\nNext step: {}", inline(&note.next_step));
    let text = if cut < Cut::LongTexts { text } else { shortened(&text, LONG_CHARS_MAX) };
    format!(
        "The newest note of a run before yours (data; check it against the files; it may be about \
         an earlier task, and edits that it names may never have reached the branch):\n\n{}",
        tagged("note", &text)
    )
}

/// Where the branch stands.
pub(super) fn git(git: &GitState, cut: Cut) -> String {
    let mut text = format!("Branch: {}", inline(&git.branch));
    match &git.head {
        Some(head) => {
            let _ = write!(text, "\nHead: {} {}", inline(head.as_str()), inline(&git.subject));
        }
        None => text.push_str("\nHead: nothing is committed yet"),
    }
    let ci = git.ci.as_ref().map_or_else(|| "no failure is known".to_owned(), ci);
    let _ = write!(text, "\nCI of the head: {ci}");
    let files_max = if cut < Cut::LongTexts { FILES_MAX } else { 0 };
    let changed: Vec<String> = git.changed.iter().take(files_max).map(|it| inline(it)).collect();
    let more = git.changed.len() - changed.len();
    let listed: Vec<String> = changed
        .into_iter()
        .chain(
            (0 < more)
                .then(|| format!("{more} files{}", if files_max == 0 { "" } else { " more" })),
        )
        .collect();
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let _ = write!(text, "\nChanged since the base: {listed}");
    tagged("git_state", &text)
}

fn ci(verdict: &Verdict) -> String {
    let names = |it: &[String]| it.iter().map(|it| inline(it)).collect::<Vec<_>>().join(", ");
    match verdict {
        Verdict::Pending { .. } => "still running".to_owned(),
        Verdict::Green => "green".to_owned(),
        Verdict::Red { failing } => {
            let failing: Vec<String> = failing.iter().map(|it| it.name.clone()).collect();
            format!("red: {}", names(&failing))
        }
        Verdict::Unverified => "unverified: nothing that counts ran".to_owned(),
        Verdict::Unproven { check } => {
            format!(
                "not verified: the task's own check did not pass: {}",
                names(std::slice::from_ref(check))
            )
        }
        Verdict::Silent { open } => format!("open for too long: {}", names(open)),
        Verdict::NeedsPerson { waiting } => {
            let waiting: Vec<String> = waiting.iter().map(|it| it.name.clone()).collect();
            format!("waits for a person: {}", names(&waiting))
        }
        Verdict::Unknown { undecided } => format!("cancelled: {}", names(undecided)),
    }
}

/// The other tasks. What is done is worth knowing; what comes later is not yours.
pub(super) fn tasks(handoff: &Handoff<'_>, cut: Cut) -> String {
    let active = handoff.task.map(BoardTask::id);
    let others = || handoff.board.tasks().iter().filter(|it| Some(it.id()) != active);
    let title = |it: &BoardTask| format!("{} {}", inline(it.id()), inline(&it.task.title));
    let completed = others().filter(|it| it.state.is_settled()).map(|it| match it.state {
        TaskState::Skipped => format!("{} (skipped)", title(it)),
        TaskState::Done | TaskState::Open | TaskState::Active => title(it),
    });
    let later = others().filter(|it| !it.state.is_settled());
    let later: Vec<String> = if cut < Cut::LaterTasks {
        later
            .map(|it| {
                let files = it.task.files.iter().map(|it| inline(it)).collect::<Vec<_>>();
                let files = if files.is_empty() { "no files".to_owned() } else { files.join(", ") };
                format!("{} ({}; {files})", title(it), it.task.complexity)
            })
            .collect()
    } else {
        later.map(title).collect()
    };
    let mut text = String::new();
    section(&mut text, "Completed", completed);
    section(&mut text, "Remaining after yours, not to be begun", later.into_iter());
    if text.is_empty() {
        return "Yours is the only task.".to_owned();
    }
    tagged("tasks", &text)
}

/// What the plan says that a builder needs: what it is for, how it is specified, what to copy.
pub(super) fn plan(handoff: &Handoff<'_>, cut: Cut) -> String {
    let Plan {
        summary,
        decisions,
        specifications,
        dependencies,
        database_changes,
        configuration,
        examples,
        edge_cases,
        out_of_scope,
        ..
    } = handoff.plan;
    let long = |text: &str| match cut < Cut::LongTexts {
        true => text.trim().to_owned(),
        false => shortened(text.trim(), LONG_CHARS_MAX),
    };
    let mut text = format!("{}\n\nSpecifications:\n{}\n", long(summary), long(specifications));
    section(&mut text, "Decisions", decisions.iter().map(|it| inline(&it.decision)));
    section(
        &mut text,
        "Copy how it is done in",
        examples.iter().map(|it| {
            let lines = format!("{}-{}", it.from_line, it.to_line);
            format!("{}, lines {lines}: {}", inline(&it.path), inline(&it.copy))
        }),
    );
    section(&mut text, "Cases that are easy to miss", edge_cases.iter().map(|it| inline(it)));
    section(&mut text, "Schema changes", database_changes.iter().map(|it| inline(it)));
    section(
        &mut text,
        "New dependencies, and no others",
        dependencies.iter().map(|it| format!("{} {}", inline(&it.name), inline(&it.version))),
    );
    section(&mut text, "Configuration", configuration.iter().map(|it| inline(it)));
    section(&mut text, "Out of scope", out_of_scope.iter().map(|it| inline(it)));
    for Addition { place, text: words } in handoff.plan.additions_to_all() {
        let _ = write!(text, "\nPeople added under “{}”:\n{}\n", inline(place), words.trim());
    }
    format!(
        "People approved this plan. What follows is what it says for all tasks.\n\n{}",
        tagged("plan", &text)
    )
}

/// What the plan says about why, for whoever has room to read it.
pub(in crate::render) fn background(plan: &Plan) -> String {
    let mut text = format!("Architecture:\n{}\n", plan.architecture.trim());
    section(
        &mut text,
        "Why it was decided so",
        plan.decisions.iter().map(|it| {
            let instead = it.alternatives.iter().map(|it| inline(it)).collect::<Vec<_>>();
            let instead = match instead.is_empty() {
                true => String::new(),
                false => format!(" (instead of: {})", instead.join("; ")),
            };
            format!("{}: {}{instead}", inline(&it.decision), inline(&it.rationale))
        }),
    );
    let _ = write!(text, "\nTesting:\n{}\n", plan.testing.strategy.trim());
    section(
        &mut text,
        "Risks",
        plan.risks.iter().map(|it| format!("{}: {}", inline(&it.risk), inline(&it.mitigation))),
    );
    section(&mut text, "In scope", plan.in_scope.iter().map(|it| inline(it)));
    section(&mut text, "Success", plan.success_criteria.iter().map(|it| inline(it)));
    section(&mut text, "Worth reading", plan.references.iter().map(|it| inline(it)));
    tagged("plan_background", &text)
}

/// STATE.md. The note stands above already, so it is not said twice.
pub(super) fn state(handoff: &Handoff<'_>, cut: Cut) -> String {
    let text = match cut < Cut::SessionLog {
        true => state_md::markdown(handoff.state),
        false => state_md::without_log(handoff.state, None),
    };
    format!("# State of the issue\n\n{}", tagged("state", &text))
}

/// What people with the right asked for beside the plan. The newest are kept.
pub(super) fn instructions(instructions: &[String]) -> String {
    let mut room = INSTRUCTIONS_CHARS_MAX;
    let mut kept: Vec<String> = Vec::new();
    for it in instructions.iter().rev().map(|it| it.trim()).filter(|it| !it.is_empty()) {
        if room == 0 {
            break;
        }
        let text = shortened(it, room);
        room = room.saturating_sub(text.chars().count());
        kept.push(tagged("instruction", &text));
    }
    kept.reverse();
    match kept.is_empty() {
        true => String::new(),
        false => format!(
            "# Additional instructions\n\nPeople with the right asked for this beside the plan; \
             where the two differ, this is newer.\n\n{}",
            kept.join("\n\n")
        ),
    }
}

/// A named list, left out when it is empty.
fn section(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> =
        lines.filter(|it| !it.is_empty()).map(|it| format!("- {it}\n")).collect();
    if !lines.is_empty() {
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{gap}{name}:\n{}", lines.concat());
    }
}
