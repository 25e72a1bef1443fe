//! The handoff prompt: everything a fresh run must know, inside the target's cheap limit.
//!
//! The text stands in `prompts/handoff.md`. When it is too long, the least important goes first:
//! the session log, what later tasks look like, the plan's background, STATE.md, what is long in
//! the rest. The task, the failure and the rules always stay.

mod event;
mod parts;

pub use self::event::{Circumstances, HandoffEvent, Hands};
pub(super) use self::parts::background;

use crate::domain::handoff::{Handoff, Party, Trigger};
use crate::render::prompt::{fill, inline, tagged};

/// The prompt with its placeholders.
const TEMPLATE: &str = include_str!("../../../prompts/handoff.md");

/// What a run may use of its model's cheap limit for being told where it stands; the rest is for
/// reading and writing. In tenths.
const SHARE_TENTHS: u64 = 4;

/// How many tokens a handoff prompt may have for a model that is cheap up to `cheap_tokens`.
pub fn prompt_tokens_max(cheap_tokens: u64) -> u64 {
    cheap_tokens / 10 * SHARE_TENTHS
}

/// How much is left out, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    Nothing,
    SessionLog,
    LaterTasks,
    Background,
    State,
    LongTexts,
}

const CUTS: [Cut; 6] =
    [Cut::Nothing, Cut::SessionLog, Cut::LaterTasks, Cut::Background, Cut::State, Cut::LongTexts];

/// The first message of the successor, in at most about `tokens_max` tokens. Only the task with
/// what the plan says about it, the failure and the rules can make it longer, and each of these is
/// bounded where it comes from.
pub fn prompt(handoff: &Handoff<'_>, tokens_max: u64) -> String {
    let mut text = String::new();
    for cut in CUTS {
        text = filled(handoff, cut);
        if tokens(&text) <= tokens_max {
            break;
        }
    }
    text
}

/// A careful estimate of a text's tokens: three letters of ASCII make one, and every other letter
/// is one. Real tokenizers need fewer.
pub fn tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|it| !it.is_ascii()).count();
    u64::try_from(ascii.div_ceil(3) + others).unwrap_or(u64::MAX)
}

fn filled(handoff: &Handoff<'_>, cut: Cut) -> String {
    let state = if cut < Cut::State { parts::state(handoff, cut) } else { String::new() };
    let background = if cut < Cut::Background { background(handoff.plan) } else { String::new() };
    fill(
        TEMPLATE,
        &[
            ("number", &handoff.issue.to_string()),
            ("repository", &inline(handoff.repository)),
            ("title", &tagged("issue_title", &inline(handoff.title))),
            ("reason", &reason(handoff)),
            ("task", &parts::task(handoff)),
            ("failure", &parts::failure(handoff.failing)),
            ("standing", &parts::standing(handoff, cut)),
            ("git", &parts::git(handoff.git, cut)),
            ("tasks", &parts::tasks(handoff, cut)),
            ("plan", &parts::plan(handoff, cut)),
            ("background", &background),
            ("state", &state),
            ("instructions", &parts::instructions(handoff.instructions)),
        ],
    )
    .trim_end()
    .to_owned()
}

fn reason(handoff: &Handoff<'_>) -> String {
    let party = |it: &Party<'_>| {
        format!("the {} on {} ({})", inline(it.role), it.tier.title(), inline(it.model))
    };
    let why = match handoff.trigger {
        Trigger::PlanningComplete => "The plan is approved and its building begins",
        Trigger::TaskComplete => "The task before yours is done",
        Trigger::ImplementationComplete => "All tasks are done",
        Trigger::Findings => {
            "What was built was looked at by another model, and what it found is your \
                              task. Judge each line against the plan and the files before you edit: \
                              mend what is right, and say in `task_done` of each line that is wrong \
                              or goes beyond the plan why you left it"
        }
        Trigger::Review => "People reviewed the pull request, and what they ask for has to be done",
        Trigger::Stuck => "Your predecessor stopped getting on",
        Trigger::TestFailure => "The CI failed on your predecessor's work",
        Trigger::Cost => "Your predecessor cost more than was estimated",
        Trigger::Context => "Your predecessor's conversation grew too long, so yours begins fresh",
        Trigger::Overtaken => {
            "People pushed while your predecessor built this task, and what they pushed stands. Its \
             own changes are not on the branch: read what stands there now, and build the task upon it"
        }
        Trigger::SecurityConcern => "The work touches what matters to security",
        Trigger::Manual => "A person decided who goes on",
    };
    let said = inline(handoff.reason);
    let said = if said.is_empty() { String::new() } else { format!(" {said}") };
    let words = match handoff.said_why {
        "" => String::new(),
        words => format!(" They said why: {}", tagged("handoff_reason", &inline(words))),
    };
    format!(
        "{why}.{said}{words} This is handoff {} of the issue, from {} to {}. The issue has cost {} so far.",
        handoff.number,
        party(&handoff.from),
        party(&handoff.to),
        handoff.spent
    )
}

#[cfg(test)]
mod tests;
