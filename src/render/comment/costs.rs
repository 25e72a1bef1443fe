//! The bill of an issue: what its calls cost, and what people entered beside that. The two are
//! never added up without saying so.

use std::fmt::Write;

use crate::base::{IssueNumber, MicroUsd};
use crate::domain::scorecard::thousands;
use crate::render::comment::name;

/// One line of the bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// What the model was for.
    pub role: String,
    /// The model asked for.
    pub requested: String,
    /// The model that answered, as far as the provider said.
    pub answered: String,
    /// How many calls.
    pub calls: u64,
    /// Prompt tokens, those read from the cache included.
    pub prompt_tokens: u64,
    /// Prompt tokens read from the cache.
    pub cached_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// What they cost at list price.
    pub amount: MicroUsd,
    /// How much of that is assumed: a cut call is booked at its reservation.
    pub assumed: MicroUsd,
}

/// A cost that somebody entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredLine {
    /// The day.
    pub on: String,
    /// Their login.
    pub by: String,
    /// What it was for, made harmless.
    pub what: String,
    /// How much.
    pub amount: MicroUsd,
}

/// The answer to `/baton cost`. `basis` says what the prices are: "list price, table of …".
pub fn cost_report(
    issue: IssueNumber,
    (costs, entered): (&[CostLine], &[EnteredLine]),
    basis: &str,
) -> String {
    if costs.is_empty() && entered.is_empty() {
        return format!(
            "### Cost of #{issue}: $0.00\n\nNo model was called for this issue. Scoring and \
             routing cost nothing.\n"
        );
    }
    let total: MicroUsd = costs.iter().map(|it| it.amount).sum();
    let mut out = format!("### Cost of #{issue}: {}\n", beside(total, entered));
    if costs.is_empty() {
        out.push_str("\nNo model was called for this issue.\n");
    } else {
        let _ = write!(
            out,
            "\n{}\nAmounts: {basis}. Abandoned and repeated calls are included.{}\n",
            cost_table(costs),
            assumed(costs)
        );
    }
    out + &entered_table(entered)
}

/// An amount, with what people entered named beside it.
pub(super) fn beside(amount: MicroUsd, entered: &[EnteredLine]) -> String {
    match total_entered(entered) {
        MicroUsd::ZERO => amount.to_string(),
        more => format!("{amount} and {more} entered by people"),
    }
}

/// What people entered in all.
pub(super) fn total_entered(entered: &[EnteredLine]) -> MicroUsd {
    entered.iter().map(|it| it.amount).sum()
}

/// What people entered, as a table; nothing where they entered nothing.
pub(super) fn entered_table(entered: &[EnteredLine]) -> String {
    if entered.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n| entered | by | for | amount |\n|---|---|---|--:|\n");
    for it in entered {
        let what = if it.what.is_empty() { "–" } else { it.what.as_str() };
        let _ = writeln!(out, "| {} | {} | {what} | {} |", it.on, name(&it.by), it.amount);
    }
    out.push_str(
        "\nAs entered: Baton cannot check it. It counts against what this issue may cost.\n",
    );
    out
}

/// What a bill says where a call's end was never seen.
pub(super) fn assumed(costs: &[CostLine]) -> &'static str {
    match costs.iter().any(|it| it.assumed != MicroUsd::ZERO) {
        true => {
            " *Assumed* is a call whose answer never came: it may have been billed, so it counts \
             at the most it could have cost."
        }
        false => "",
    }
}

pub(super) fn cost_table(costs: &[CostLine]) -> String {
    let mut out = String::from(
        "| role | model | calls | tokens in | of them cached | tokens out | cost |\n\
         |---|---|--:|--:|--:|--:|--:|\n",
    );
    for line in costs {
        let model = if line.answered == line.requested || line.answered.is_empty() {
            format!("`{}`", line.requested)
        } else {
            format!("`{}`, answered by `{}`", line.requested, line.answered)
        };
        let assumed = if line.assumed == MicroUsd::ZERO {
            String::new()
        } else {
            format!(" ({} of it assumed)", line.assumed)
        };
        let _ = writeln!(
            out,
            "| {} | {model} | {} | {} | {} | {} | {}{assumed} |",
            line.role,
            line.calls,
            thousands(line.prompt_tokens),
            thousands(line.cached_tokens),
            thousands(line.output_tokens),
            line.amount
        );
    }
    out
}
