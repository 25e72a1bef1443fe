//! The scorecard of an issue whose work was merged: what makes the way from a strong planner to
//! cheaper implementers a success (seed 2, "Success Metrics"), each line from stored facts.
//!
//! A line whose fact was never stored says so: it is not known, and neither holds nor fails. A line
//! that does not hold comes with seed 2's remedy (its "Troubleshooting") in one sentence.

use std::collections::BTreeSet;

/// Implementers that ask this often had too thin a plan (seed 2: fewer than 2).
pub const QUESTIONS_MAX: usize = 2;

/// A whole issue stays below so many new tokens (seed 2: under 200K in total).
pub const TOKENS_MAX: u64 = 200_000;

/// What is stored of the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The paths that the plan names.
    pub planned: BTreeSet<String>,
    /// The paths that runs changed, Baton's own aside; `None` when people built it by hand.
    pub touched: Option<BTreeSet<String>>,
    /// Whether the plan has a task for documentation.
    pub plans_documentation: bool,
    /// The tasks that runs built, what was found later among them.
    pub built: BTreeSet<String>,
    /// Those of them whose checks were red at first.
    pub red: BTreeSet<String>,
    /// How often checks came to a verdict.
    pub verdicts: usize,
    /// How often a person had to look at it because of one.
    pub stuck_verdicts: usize,
    /// For each review, oldest first, how many findings about architecture or plan it had.
    pub reviews: Vec<usize>,
    /// What implementers asked people.
    pub questions: usize,
    /// Each session: whose it was, and the tokens that were new to the model in it.
    pub sessions: Vec<(String, u64)>,
    /// Tokens that were read from the cache again.
    pub cached: u64,
    /// Pushes by people to the branch after building had begun.
    pub pushes_by_people: usize,
}

/// A line of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is looked at.
    pub check: Check,
    /// Whether it holds.
    pub holds: Holds,
    /// The facts behind it, in a few words.
    pub because: String,
    /// Paths that the facts are about. Foreign text.
    pub paths: Vec<String>,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// What was changed is what was planned.
    PlanFollowed,
    /// The repository's checks were green at the first try of each task.
    GreenAtFirst,
    /// The change fits how the repository is built.
    Architecture,
    /// Implementers could work from the plan alone.
    Questions,
    /// The conversations stayed short.
    Tokens,
    /// Documentation went along.
    Documentation,
    /// People had nothing to mend by hand.
    HumanEdits,
}

/// Whether a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nothing is stored that would tell.
    NotKnown,
}

impl Holds {
    /// The word in the report.
    pub fn word(self) -> &'static str {
        match self {
            Holds::Yes => "yes",
            Holds::No => "no",
            Holds::NotKnown => "not known",
        }
    }

    fn of(holds: bool) -> Holds {
        if holds { Holds::Yes } else { Holds::No }
    }
}

impl Check {
    /// All lines, in the order of the card.
    pub const ALL: [Check; 7] = [
        Check::PlanFollowed,
        Check::GreenAtFirst,
        Check::Architecture,
        Check::Questions,
        Check::Tokens,
        Check::Documentation,
        Check::HumanEdits,
    ];

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Check::PlanFollowed => "Plan followed",
            Check::GreenAtFirst => "Checks green at the first try",
            Check::Architecture => "Architecture kept",
            Check::Questions => "Fewer than 2 questions while building",
            Check::Tokens => "Under 200,000 tokens",
            Check::Documentation => "Documentation updated",
            Check::HumanEdits => "No edits by people after the handoff",
        }
    }

    /// What seed 2 says helps next time.
    pub fn remedy(self) -> &'static str {
        match self {
            Check::PlanFollowed => {
                "make the plan more prescriptive, and name under \"do not\" what has to stay \
                 as it is"
            }
            Check::GreenAtFirst => {
                "let the planner study the repository's own patterns longer, and put its quality \
                 checks into the plan"
            }
            Check::Architecture => {
                "let the plan show existing patterns to follow, with exact paths and lines"
            }
            Check::Questions => {
                "let the planner explore more thoroughly, and give the plan more code examples"
            }
            Check::Tokens => "break the work into smaller phases, each in a fresh session",
            Check::Documentation => {
                "name the documents to be changed in the plan, as a task of their own"
            }
            Check::HumanEdits => {
                "see what people mended by hand, and write it into the plan as concrete steps"
            }
        }
    }
}

/// The card, one line for each check in its order.
pub fn scorecard(work: &Work) -> Vec<Line> {
    Check::ALL.into_iter().map(|check| line(check, work)).collect()
}

fn line(check: Check, work: &Work) -> Line {
    let Judged { holds, because, paths } = match check {
        Check::PlanFollowed => plan_followed(work),
        Check::GreenAtFirst => green_at_first(work),
        Check::Architecture => architecture(work),
        Check::Questions => questions(work),
        Check::Tokens => tokens(work),
        Check::Documentation => documentation(work),
        Check::HumanEdits => human_edits(work),
    };
    Line { check, holds, because, paths }
}

/// A line without its name.
struct Judged {
    holds: Holds,
    because: String,
    paths: Vec<String>,
}

impl Judged {
    fn new(holds: Holds, because: impl Into<String>) -> Judged {
        Judged { holds, because: because.into(), paths: Vec::new() }
    }

    /// What is said where runs built nothing.
    fn by_hand() -> Judged {
        Judged::new(Holds::NotKnown, "people built it with their own tools")
    }
}

fn plan_followed(work: &Work) -> Judged {
    let Some(touched) = &work.touched else { return Judged::by_hand() };
    let paths: Vec<String> = touched.difference(&work.planned).cloned().collect();
    let because = match (paths.len(), touched.len()) {
        (0, 1) => "the one changed file was planned".to_owned(),
        (0, all) => format!("all {all} changed files were planned"),
        (beside, all) => format!("{beside} of {} were not planned", changed(all)),
    };
    Judged { holds: Holds::of(paths.is_empty()), because, paths }
}

fn changed(files: usize) -> String {
    if files == 1 { "1 changed file".to_owned() } else { format!("{files} changed files") }
}

fn green_at_first(work: &Work) -> Judged {
    let (built, red) = (work.built.len(), work.red.len());
    if work.verdicts == 0 || built == 0 {
        return Judged::new(Holds::NotKnown, "no checks were waited for");
    }
    let mut because = match (red, built) {
        (0, 1) => "the one task".to_owned(),
        (0, all) => format!("all {all} tasks"),
        (red, all) => {
            let ids: Vec<&str> = work.red.iter().map(String::as_str).collect();
            format!("red at first: {} ({red} of {all} tasks)", ids.join(", "))
        }
    };
    if 0 < work.stuck_verdicts {
        because.push_str("; a person had to look at the checks");
    }
    Judged::new(Holds::of(red == 0 && work.stuck_verdicts == 0), because)
}

/// The last review counts: what an earlier one found was mended when the last one finds nothing.
fn architecture(work: &Work) -> Judged {
    let Some((last, before)) = work.reviews.split_last() else {
        return Judged::new(Holds::NotKnown, "no review-agent looked");
    };
    let found: usize = before.iter().sum();
    let because = match (*last, found) {
        (0, 0) => "the review-agent found nothing against it".to_owned(),
        (0, found) => format!("the review-agent found {found}, mended since"),
        (last, _) => format!("the review-agent's last look left {last}"),
    };
    Judged::new(Holds::of(*last == 0), because)
}

fn questions(work: &Work) -> Judged {
    if work.touched.is_none() {
        return Judged::by_hand();
    }
    let because = match work.questions {
        0 => "none".to_owned(),
        n => n.to_string(),
    };
    Judged::new(Holds::of(work.questions < QUESTIONS_MAX), because)
}

fn tokens(work: &Work) -> Judged {
    let total: u64 = work.sessions.iter().map(|it| it.1).sum();
    let Some((role, largest)) = work.sessions.iter().max_by_key(|it| it.1) else {
        return Judged::new(Holds::NotKnown, "no model was called");
    };
    let sessions = match work.sessions.len() {
        1 => "1 session".to_owned(),
        n => format!("{n} sessions"),
    };
    let because = format!(
        "{} new in {sessions}, at most {} in one ({role}); {} read again from the cache",
        thousands(total),
        thousands(*largest),
        thousands(work.cached)
    );
    Judged::new(Holds::of(total < TOKENS_MAX), because)
}

fn documentation(work: &Work) -> Judged {
    let Some(touched) = &work.touched else { return Judged::by_hand() };
    let paths: Vec<String> = touched.iter().filter(|it| is_documentation(it)).cloned().collect();
    let (holds, because) = match (paths.is_empty(), work.plans_documentation) {
        (false, _) => (Holds::Yes, "changed"),
        (true, true) => (Holds::No, "planned, and nothing was changed"),
        (true, false) => (Holds::NotKnown, "none was planned, and none was changed"),
    };
    Judged { paths, ..Judged::new(holds, because) }
}

fn human_edits(work: &Work) -> Judged {
    if work.touched.is_none() {
        return Judged::by_hand();
    }
    let because = match work.pushes_by_people {
        0 => "no push by a person".to_owned(),
        1 => "1 push by a person".to_owned(),
        n => format!("{n} pushes by people"),
    };
    Judged::new(Holds::of(work.pushes_by_people == 0), because)
}

/// Whether a path is read by people rather than by a machine.
fn is_documentation(path: &str) -> bool {
    let lower = path.to_lowercase();
    let in_docs = lower.split('/').any(|it| it == "docs" || it == "doc");
    let written = [".md", ".mdx", ".rst", ".adoc", ".txt"].iter().any(|it| lower.ends_with(it));
    let name = lower.rsplit('/').next().unwrap_or_default();
    written && (in_docs || !lower.ends_with(".txt")) || name.starts_with("readme")
}

/// A number with its thousands apart.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if 0 < i && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
