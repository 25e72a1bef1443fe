//! Every comment Baton posts, one function each. A comment begins with a hidden marker by which it
//! is found again, says what happened and what people can do, and shows commands in code only.

mod calls;
mod costs;
mod folded;
mod handoffs;
mod held;
mod merged;
mod pauses;
mod plan_file;
mod posts;
mod pull_request;
mod reading;
mod refusals;
mod related;
mod reports;
mod security;
mod silences;
mod stale;
mod status;

pub use self::calls::{Worker, blocked, still_stands};
pub use self::costs::{CostLine, EnteredLine, cost_report};
pub use self::folded::{TOO_LATE, again, folded};
pub use self::handoffs::HandoffLine;
pub use self::held::{HeldView, held_answers};
pub use self::merged::{MergedReport, merged};
pub use self::pauses::{
    BudgetNews, OverLimitNews, Reminds, budget_set, over_limit, reminder, while_paused,
};
pub use self::posts::{
    AnswerView, Approval, Asked, PlanNews, QuestionView, ReadyNews, ended, plan_ready, questions,
    ready,
};
pub use self::pull_request::{
    WorkNews, WorkPhase, final_pull_request, part_of, pull_request, superseded_pull_request,
    with_part,
};
pub use self::refusals::refused;
pub use self::related::RelatedPull;
pub use self::reports::reports;
pub use self::security::SecurityView;
pub use self::stale::{StaleAnswer, StaleNews, stale};
pub use self::status::{IssueView, PlanLink, RunView, TaskView, Waiting, status};

use crate::base::{EffectKey, IssueNumber};

/// Puts the marker of `key` in front of a comment, so that a retry finds what is already there.
pub fn keyed(key: &EffectKey, body: &str) -> String {
    format!("{}\n{body}", key_marker(key))
}

/// The hidden marker of the comment that `key` makes.
pub fn key_marker(key: &EffectKey) -> String {
    format!("<!-- baton:key={key} -->")
}

/// The hidden marker of the one status comment of an issue.
pub fn status_marker(issue: IssueNumber) -> String {
    format!("<!-- baton:status v1 issue={issue} -->")
}

/// A person's login as a mention; anything that is not a plain login stays text. Logins of managed
/// users have an underscore. A bot is named and not called.
fn mention(login: &str) -> String {
    match (is_login(login), is_bot(login)) {
        (true, _) => format!("@{login}"),
        (false, true) => format!("`{login}`"),
        (false, false) => "Somebody".to_owned(),
    }
}

fn is_bot(login: &str) -> bool {
    login.strip_suffix("[bot]").is_some_and(is_login)
}

/// A person's name without calling them.
pub fn name(login: &str) -> &str {
    if is_login(login) || is_bot(login) { login } else { "Somebody" }
}

fn is_login(login: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    (1..=64).contains(&login.len()) && login.bytes().all(plain)
}

/// A sentence that begins with a small letter, said to `person`, or to whoever reads it.
fn said_to(person: Option<&str>, sentence: &str) -> String {
    match person {
        Some(login) => format!("{}, {sentence}", mention(login)),
        None => capitalised(sentence),
    }
}

fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// How many things of a list are named.
const NAMED: usize = 5;

/// The first few of a list, and how many more there are.
fn some_of(names: &[String]) -> String {
    let named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join(", "))
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

#[cfg(test)]
mod tests;
