//! The final report: what was built, what it cost against what was expected, and how well it went.

use std::fmt::Write;

use crate::base::{IssueNumber, MicroUsd};
use crate::domain::scorecard::{Holds, Line};
use crate::domain::tier::Role;
use crate::render::comment::costs::{
    CostLine, EnteredLine, assumed, beside, cost_table, entered_table, total_entered,
};
use crate::render::comment::handoffs::HandoffLine;
use crate::render::comment::{capitalised, count};
use crate::render::plan::code;

/// Paths shown with a line of the scorecard.
const PATHS_SHOWN: usize = 3;

/// Everything the final report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedReport {
    /// The pull request that was merged.
    pub pull_request: Option<IssueNumber>,
    /// Tasks that models built, and how many the plan has to be built.
    pub tasks: (usize, usize),
    /// Who took over from whom.
    pub handoffs: Vec<HandoffLine>,
    /// What was paid, by role and model, in all lives of the issue.
    pub costs: Vec<CostLine>,
    /// What people entered beside that.
    pub entered: Vec<EnteredLine>,
    /// What building was expected to cost when the plan was announced.
    pub estimate: Option<(MicroUsd, MicroUsd)>,
    /// What the issue could cost.
    pub limit: MicroUsd,
    /// What the amounts are: "list price, table of …".
    pub basis: String,
    /// How well it went.
    pub scorecard: Vec<Line>,
}

/// The comment at the merge.
pub fn merged(report: &MergedReport) -> String {
    let total: MicroUsd = report.costs.iter().map(|it| it.amount).sum();
    let mut out = format!(
        "### Merged · {} of {}\n\n{}\n",
        beside(total, &report.entered),
        report.limit,
        built(report)
    );
    let _ = write!(out, "\n{}", planned_and_actual(report, total));
    let _ = write!(out, "\n{}", card(&report.scorecard));
    if !report.costs.is_empty() {
        let _ = write!(
            out,
            "\n**Cost by role and model**\n\n{}\nAmounts: {}. Abandoned and repeated calls are \
             included.{}\n",
            cost_table(&report.costs),
            report.basis,
            assumed(&report.costs)
        );
    }
    out + &entered_table(&report.entered)
}

fn built(report: &MergedReport) -> String {
    let (built, all) = report.tasks;
    let tasks = match built {
        0 => format!("{} by people", count(all, "task", "tasks")),
        it if it < all => format!("{it} of {} by models", count(all, "task", "tasks")),
        _ => count(all, "task", "tasks"),
    };
    let mut out = format!("The plan is built and merged: {tasks}");
    if let Some(number) = report.pull_request {
        let _ = write!(out, ", pull request #{number}");
    }
    let handoffs = &report.handoffs;
    if !handoffs.is_empty() {
        let begun = handoffs.iter().filter(|it| it.executed == Some(true)).count();
        let got_on =
            handoffs.iter().filter(|it| it.recovered.as_deref().is_some_and(|it| it != "no"));
        let _ = write!(
            out,
            ". The work changed hands {}: {begun} successors began, and the work got on after {}",
            count(handoffs.len(), "time", "times"),
            got_on.count()
        );
    }
    out + ". Baton does nothing more here."
}

/// What was expected, and what it was.
fn planned_and_actual(report: &MergedReport, total: MicroUsd) -> String {
    let of = |roles: &[Role]| -> MicroUsd {
        let is_theirs = |it: &&CostLine| roles.iter().any(|role| role.name() == it.role);
        report.costs.iter().filter(is_theirs).map(|it| it.amount).sum()
    };
    let building = of(&[Role::Implementer]);
    let paid = match report.tasks.0 {
        0 => "by people".to_owned(),
        _ => building.to_string(),
    };
    let expected = match report.estimate {
        Some((least, most)) => format!("{least} to {most}"),
        None => "not known".to_owned(),
    };
    // What people entered is no part of the sum, and the sum says so.
    let all = if report.entered.is_empty() { "in all" } else { "all calls of models" };
    let mut out = String::from("| step | estimate | actual |\n|---|--:|--:|\n");
    let _ = writeln!(out, "| planning | – | {} |", of(&[Role::Planner]));
    let _ = writeln!(out, "| building | {expected} | {paid} |");
    let looked = of(&[Role::TestAgent, Role::ReviewAgent]);
    let _ = writeln!(out, "| test and review | – | {looked} |");
    if !report.entered.is_empty() {
        let _ = writeln!(out, "| entered by people | – | {} |", total_entered(&report.entered));
    }
    let _ = writeln!(out, "| **{all}** | limit {} | **{total}** |", report.limit);
    if let Some((least, most)) = report.estimate.filter(|_| building != MicroUsd::ZERO) {
        let stayed = match building {
            it if it < least => "Building cost less than estimated.",
            it if most < it => "Building cost more than estimated.",
            _ => "Building stayed inside its estimate.",
        };
        let _ = write!(out, "\n{stayed}\n");
    }
    out
}

fn card(lines: &[Line]) -> String {
    let of = |holds: Holds| lines.iter().filter(move |it| it.holds == holds);
    let known = lines.len() - of(Holds::NotKnown).count();
    let mut out = format!(
        "**Scorecard: {} of {known} hold{}**\n\n| check | holds | because |\n|---|---|---|\n",
        of(Holds::Yes).count(),
        match lines.len() - known {
            0 => String::new(),
            n => format!(", {n} not known"),
        }
    );
    for it in lines {
        let (title, word) = (it.check.title(), it.holds.word());
        let _ = writeln!(out, "| {title} | {word} | {}{} |", it.because, paths(&it.paths));
    }
    let failed: Vec<String> = of(Holds::No)
        .map(|it| format!("- {}: next time, {}.", capitalised(it.check.title()), it.check.remedy()))
        .collect();
    if !failed.is_empty() {
        let _ = write!(out, "\nWhat helps where it does not hold:\n\n{}\n", failed.join("\n"));
    }
    out
}

fn paths(paths: &[String]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = paths.iter().take(PATHS_SHOWN).map(|it| cell(it)).collect();
    let more = match paths.len().saturating_sub(PATHS_SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!(": {}{more}", shown.join(", "))
}

/// A path as code inside a table, where a bar would begin another column.
fn cell(path: &str) -> String {
    code(&path.replace('|', "¦"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::scorecard::{Work, scorecard};

    fn line(role: &str, model: &str, amount: i64) -> CostLine {
        CostLine {
            role: role.to_owned(),
            requested: model.to_owned(),
            answered: model.to_owned(),
            calls: 4,
            prompt_tokens: 19_245,
            cached_tokens: 13_204,
            output_tokens: 130,
            amount: MicroUsd(amount),
            assumed: MicroUsd::ZERO,
        }
    }

    fn report(work: &Work) -> MergedReport {
        MergedReport {
            pull_request: Some(IssueNumber(8)),
            tasks: (3, 4),
            handoffs: Vec::new(),
            costs: vec![
                line("planner", "claude-opus-5-5", 36_200),
                line("implementer", "claude-sonnet-5-5", 113_600),
                line("review-agent", "claude-sonnet-5-5", 9_700),
            ],
            entered: Vec::new(),
            estimate: Some((MicroUsd(99_300), MicroUsd(380_000))),
            limit: MicroUsd::dollars(5),
            basis: "list price, table of 2026-11-21".to_owned(),
            scorecard: scorecard(work),
        }
    }

    #[test]
    fn what_went_wrong_comes_with_what_helps() {
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let work = Work {
            planned: set(&["src/rag.rs"]),
            touched: Some(set(&["src/rag.rs", "a|b.rs", "c`.rs", "d.rs", "e.rs"])),
            plans_documentation: true,
            built: set(&["t1", "t2"]),
            red: set(&["t1"]),
            verdicts: 3,
            reviews: vec![1],
            questions: 2,
            sessions: vec![("implementer".to_owned(), 250_000)],
            cached: 13_204,
            pushes_by_people: 2,
            ..Work::default()
        };
        insta::assert_snapshot!(merged(&report(&work)), @r#"
        ### Merged · $0.16 of $5.00

        The plan is built and merged: 3 of 4 tasks by models, pull request #8. Baton does nothing more here.

        | step | estimate | actual |
        |---|--:|--:|
        | planning | – | $0.0362 |
        | building | $0.0993 to $0.38 | $0.11 |
        | test and review | – | $0.0097 |
        | **in all** | limit $5.00 | **$0.16** |

        Building stayed inside its estimate.

        **Scorecard: 0 of 7 hold**

        | check | holds | because |
        |---|---|---|
        | Plan followed | no | 4 of 5 changed files were not planned: `a¦b.rs`, ``c`.rs``, `d.rs` and 1 more |
        | Checks green at the first try | no | red at first: t1 (1 of 2 tasks) |
        | Architecture kept | no | the review-agent's last look left 1 |
        | Fewer than 2 questions while building | no | 2 |
        | Under 200,000 tokens | no | 250,000 new in 1 session, at most 250,000 in one (implementer); 13,204 read again from the cache |
        | Documentation updated | no | planned, and nothing was changed |
        | No edits by people after the handoff | no | 2 pushes by people |

        What helps where it does not hold:

        - Plan followed: next time, make the plan more prescriptive, and name under "do not" what has to stay as it is.
        - Checks green at the first try: next time, let the planner study the repository's own patterns longer, and put its quality checks into the plan.
        - Architecture kept: next time, let the plan show existing patterns to follow, with exact paths and lines.
        - Fewer than 2 questions while building: next time, let the planner explore more thoroughly, and give the plan more code examples.
        - Under 200,000 tokens: next time, break the work into smaller phases, each in a fresh session.
        - Documentation updated: next time, name the documents to be changed in the plan, as a task of their own.
        - No edits by people after the handoff: next time, see what people mended by hand, and write it into the plan as concrete steps.

        **Cost by role and model**

        | role | model | calls | tokens in | of them cached | tokens out | cost |
        |---|---|--:|--:|--:|--:|--:|
        | planner | `claude-opus-5-5` | 4 | 19,245 | 13,204 | 130 | $0.0362 |
        | implementer | `claude-sonnet-5-5` | 4 | 19,245 | 13,204 | 130 | $0.11 |
        | review-agent | `claude-sonnet-5-5` | 4 | 19,245 | 13,204 | 130 | $0.0097 |

        Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.
        "#);
    }

    #[test]
    fn what_people_entered_stands_beside_the_sum() {
        let entered = EnteredLine {
            on: "2026-11-21".to_owned(),
            by: "ann".to_owned(),
            what: "an hour".to_owned(),
            amount: MicroUsd::dollars(4),
        };
        let report = MergedReport { entered: vec![entered], ..report(&Work::default()) };
        let text = merged(&report);
        for line in [
            "### Merged · $0.16 and $4.00 entered by people of $5.00",
            "| entered by people | – | $4.00 |",
            "| **all calls of models** | limit $5.00 | **$0.16** |",
            "| 2026-11-21 | ann | an hour | $4.00 |",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn building_is_held_against_its_estimate() {
        let touched: BTreeSet<String> = BTreeSet::new();
        let work = Work { touched: Some(touched), ..Work::default() };
        for (estimate, expected) in [
            ((99_300, 113_600), "stayed inside its estimate"),
            ((113_600, 200_000), "stayed inside its estimate"),
            ((113_601, 200_000), "cost less than estimated"),
            ((99_300, 113_599), "cost more than estimated"),
        ] {
            let estimate = Some((MicroUsd(estimate.0), MicroUsd(estimate.1)));
            let text = merged(&MergedReport { estimate, ..report(&work) });
            assert!(text.contains(expected), "{text}");
        }
        let text = merged(&MergedReport { estimate: None, ..report(&work) });
        assert!(text.contains("| building | not known | $0.11 |"), "{text}");
    }
}
