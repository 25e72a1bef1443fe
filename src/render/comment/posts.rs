//! The comments that are posted anew: questions, the news of a plan, a call for a person.

use std::fmt::Write;

use crate::base::{IssueNumber, MicroUsd};
use crate::domain::buttons;
use crate::domain::reading::Reading;
use crate::domain::report::Findings;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::{FINDINGS, Stop, Tick, is_review_task};
use crate::render::comment::calls::Worker;
use crate::render::comment::pull_request::WorkNews;
use crate::render::comment::reading::reading;
use crate::render::comment::reports::reports;
use crate::render::comment::{count, name, said_to, some_of};

/// A round of questions as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The issue.
    pub issue: IssueNumber,
    /// The tier that asks.
    pub tier: Tier,
    /// What it was at.
    pub who: Worker,
    /// The one person to call: who asked for the plan.
    pub person: Option<String>,
    /// What the run has cost so far.
    pub spent: MicroUsd,
    /// The questions in order.
    pub questions: Vec<QuestionView>,
}

/// One question. Its texts were made harmless before they came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionView {
    /// What is asked.
    pub question: String,
    /// Why it matters.
    pub why: String,
    /// What can be chosen; empty when only words fit.
    pub choices: Vec<String>,
    /// What was taken as the answer.
    pub answer: Option<AnswerView>,
}

/// What was taken as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerView {
    /// The answer in words.
    pub text: String,
    /// Whose it is.
    pub by: String,
}

/// A plan as its announcement shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNews {
    /// The issue.
    pub issue: IssueNumber,
    /// The revision.
    pub revision: u16,
    /// The first 12 digits of the content hash.
    pub hash: String,
    /// The plan's summary, made harmless.
    pub summary: String,
    /// Where the file can be read.
    pub plan_url: String,
    /// The path of the file.
    pub path: String,
    /// The branch it stands on.
    pub branch: String,
    /// Where its approval stands.
    pub approval: Approval,
    /// The pull request, when there is one.
    pub pull_request: Option<IssueNumber>,
    /// The pull request in which the plan was merged alone, when it was.
    pub merged_in: Option<IssueNumber>,
    /// How many files the plan names.
    pub files: usize,
    /// Tasks by the tier they go to, cheapest first.
    pub tasks: Vec<(Tier, usize)>,
    /// The level at issue time and the level the plan shows, with the reason.
    pub level: (Complexity, Complexity, String),
    /// What planning has cost.
    pub spent: MicroUsd,
    /// What building would cost, low and high, with what that rests on.
    pub estimate: Option<(MicroUsd, MicroUsd, String)>,
    /// Its paths that matter to security, as code.
    pub security: Vec<String>,
    /// What the issue may cost in all.
    pub limit: MicroUsd,
    /// Whether an approval begins the work at once.
    pub starts_by_itself: bool,
    /// What the lint found.
    pub warnings: Vec<String>,
    /// How far it is built; nothing before that has begun.
    pub work: Option<WorkNews>,
    /// Whether Baton has pushed code to its pull request.
    pub has_code: bool,
    /// What its planner read of the issue, and where the issue stands; of plans from before this
    /// was kept it is not known.
    pub read: Option<(Reading, String)>,
}

/// Where the approval of a revision stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It waits for one.
    Open,
    /// Somebody approved it.
    Given {
        /// Who, by login; unknown where it was never told.
        by: Option<String>,
        /// Whether the work has begun, so that nobody has to start it any more.
        is_begun: bool,
        /// Whether people are asked elsewhere how to go on, because it is stale.
        asks: bool,
    },
    /// Another revision or another stage has taken its place.
    Past,
}

/// The questions of a round, with the answers taken so far.
pub fn questions(view: &Asked) -> String {
    let (tier, does) = (view.tier.title(), view.who.does());
    let needs = format!("{tier} {does} and needs to know this from you.");
    let mut out = format!(
        "### {} {}\n\n{} {} so far; nothing is spent while it waits.\n",
        count(view.questions.len(), "question", "questions"),
        about(view),
        said_to(view.person.as_deref(), &needs),
        view.spent
    );
    for (i, question) in view.questions.iter().enumerate() {
        let _ = write!(out, "\n**{}. {}**\n", i + 1, question.question);
        if !question.why.is_empty() {
            let _ = write!(out, "\n{}\n", question.why);
        }
        if !question.choices.is_empty() {
            out.push('\n');
        }
        for (letter, choice) in ('a'..='z').zip(&question.choices) {
            let _ = writeln!(out, "- `{}{letter}` {choice}", i + 1);
        }
        if let Some(answer) = &question.answer {
            let _ = write!(out, "\nTaken from {}: {}\n", name(&answer.by), answer.text);
        }
    }
    out.push('\n');
    out.push_str(&how_to_answer(view));
    out
}

/// What the questions keep waiting.
fn about(view: &Asked) -> String {
    match &view.who {
        Worker::Planner => format!("before the plan of #{}", view.issue),
        Worker::Builder { task } if task == FINDINGS => "about mending what was found".to_owned(),
        Worker::Builder { task } if is_review_task(task) => "about the review".to_owned(),
        Worker::Builder { task } => format!("about task {task}"),
        Worker::Tester | Worker::Reviewer | Worker::Baton => "about this work".to_owned(),
    }
}

fn how_to_answer(view: &Asked) -> String {
    let numbered = (1..).zip(&view.questions);
    let open: Vec<(usize, &QuestionView)> =
        numbered.filter(|(_, it)| it.answer.is_none()).collect();
    let Some((number, question)) = open.first() else {
        return "All answered. The run goes on 20 seconds after the last answer; until then a new \
                answer to the same number replaces the one above.\n"
            .to_owned();
    };
    let still = match open.len() < view.questions.len() {
        true => {
            let numbers: Vec<String> = open.iter().map(|(n, _)| n.to_string()).collect();
            format!("Still open: {}. ", numbers.join(", "))
        }
        false => String::new(),
    };
    let example = match question.choices.is_empty() {
        true => format!("`{number}: your answer`"),
        false => format!("`{number}a`"),
    };
    let several = if 1 < open.len() { ", or several at once: `1: … 2: …`" } else { "" };
    let without = match view.who {
        Worker::Planner => "`/baton revise decide yourself` goes on without.",
        Worker::Builder { .. } | Worker::Tester | Worker::Reviewer | Worker::Baton => {
            "Without one it goes on after 24 hours as the plan says."
        }
    };
    format!(
        "{still}Answer in a comment that begins with the number: {example}{several}. Somebody \
         with write access has to give the answer, because it lets the run go on. {without}\n"
    )
}

/// The news of a plan revision, with what people can do next.
pub fn plan_ready(news: &PlanNews) -> String {
    let mut out = format!("### Plan revision {} is ready\n\n{}\n\n", news.revision, news.summary);
    let place = match news.pull_request {
        Some(number) => format!("pull request #{number}"),
        None => format!("branch `{}`", news.branch),
    };
    let _ = writeln!(
        out,
        "[Read the plan]({}) · {place} · {} · {} · content `{}`\n",
        news.plan_url,
        count(news.files, "file", "files"),
        tasks_by_tier(&news.tasks),
        news.hash
    );
    let (before, after, why) = &news.level;
    if before == after {
        let _ = writeln!(out, "- Complexity: {after} ({why})");
    } else {
        let _ = writeln!(out, "- Complexity: {before} → {after} ({why})");
    }
    let _ = writeln!(out, "- Planning cost: {}", news.spent);
    if let Some((low, high, basis)) = &news.estimate {
        let _ = writeln!(out, "- Building it: about {low} to {high} ({basis})");
    }
    if !news.security.is_empty() {
        let paths = some_of(&news.security);
        let _ = writeln!(out, "- Touches security paths: {paths}; Opus will review");
    }
    for warning in &news.warnings {
        let _ = writeln!(out, "- Worth a look: {warning}");
    }
    let _ = write!(out, "\n{}\n\n", choices(news));
    if let Some((read, issue_url)) = &news.read {
        let _ = writeln!(out, "{}\n", reading(read, issue_url));
    }
    out.push_str(&by_hand(news));
    out
}

/// What people can do with the plan: the box, beside it the same as words.
fn choices(news: &PlanNews) -> String {
    let revision = news.revision;
    let begins = match news.starts_by_itself {
        true => "An approval begins the work here at once. ",
        false => "",
    };
    match &news.approval {
        Approval::Open => format!(
            "Planning complete. Read the plan, then approve it by this box or by `/baton approve \
             {revision}`:\n\n{}\n\n{begins}To change it, write `/baton revise` and what should be \
             different, here or on the pull request; `/baton reject` sets it aside. Nothing is \
             built and nothing more is spent until you act.",
            buttons::line(
                &Tick::Approve { revision },
                &format!("Approve plan (revision {revision})")
            )
        ),
        Approval::Given { by, is_begun, asks } => {
            // What is begun is changed, stopped or rejected, and its approval goes with that.
            let way_back = if *is_begun { "." } else { "; `/baton unapprove` takes it back." };
            let approved = format!(
                "✔ Approved by {} with content `{}`. Any later change of the plan voids it{way_back}",
                by.as_deref().map_or("Somebody", name),
                news.hash
            );
            match (is_begun, asks) {
                (true, _) => approved,
                (false, true) => format!(
                    "{approved}\n\nFiles that it names changed since on the base branch. Baton asks \
                     below how to go on; nothing is built before somebody answers."
                ),
                (false, false) => format!("{approved}\n\n{}", start(news)),
            }
        }
        Approval::Past => "This revision no longer waits for an approval: the status comment \
                           says what holds now."
            .to_owned(),
    }
}

/// The box that begins the work, with what that may cost.
fn start(news: &PlanNews) -> String {
    let text = start_text("Start now", news.estimate.as_ref(), news.limit);
    format!(
        "Nothing is built before somebody starts it by this box or by `/baton implement`:\n\n{}",
        buttons::line(&Tick::Start { revision: news.revision }, &text)
    )
}

/// What a box says that begins the work: `Start now (estimate $0.60 to $1.40, limit $5.00)`.
pub(super) fn start_text(
    what: &str,
    estimate: Option<&(MicroUsd, MicroUsd, String)>,
    limit: MicroUsd,
) -> String {
    let estimate = match estimate {
        Some((low, high, _)) => format!("estimate {low} to {high}, "),
        None => String::new(),
    };
    format!("{what} ({estimate}limit {limit})")
}

fn tasks_by_tier(tasks: &[(Tier, usize)]) -> String {
    let total = tasks.iter().map(|(_, n)| n).sum();
    let parts: Vec<String> =
        tasks.iter().map(|(tier, n)| format!("{n} {}", tier.title())).collect();
    format!("{} ({})", count(total, "task", "tasks"), parts.join(", "))
}

/// The commands and the prompt for a person who builds the plan with their own tools.
fn by_hand(news: &PlanNews) -> String {
    // One session builds it all, so it needs the strongest tier that any task asks for.
    let tier = news.tasks.iter().map(|(tier, _)| *tier).max().unwrap_or(Tier::Sonnet);
    format!(
        "<details><summary>Build it by hand with your own tools</summary>\n\n\
         A new session keeps the planner's reading out of the bill. It builds all tasks, so it \
         runs on {title}, the strongest model that any of them needs:\n\n\
         ```sh\ngit fetch origin {branch}\ngit switch {branch}\nclaude --model {tier}\n```\n\n\
         ```text\nRead {path} completely, then CLAUDE.md or AGENTS.md if the repository has one.\n\
         Implement the plan for issue #{issue} task by task, in the order of its table.\n\
         Follow the plan; add nothing it does not name. After each task run its verify check and\n\
         tick it in the checklist. Where the plan is unclear, ask instead of guessing.\n```\n\n\
         </details>\n",
        title = tier.title(),
        branch = news.branch,
        path = news.path,
        issue = news.issue,
    )
}

/// Said where a commit counts though no check vouches for it: never called green.
pub(super) const NOT_CHECKED: &str =
    "Not checked: no check has passed on the newest commit of this work; it was taken as it is.";

/// What people have to know when all tasks are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyNews {
    /// The one person to call.
    pub person: Option<String>,
    /// The pull request, when there is one.
    pub pull_request: Option<IssueNumber>,
    /// Whether it is one of people's own, where Baton writes nothing.
    pub is_theirs: bool,
    /// Whether only a person can mark it as ready.
    pub is_draft: bool,
    /// Whether no check has passed on it.
    pub unchecked: bool,
    /// What the issue has cost.
    pub spent: MicroUsd,
    /// What test-agent and review-agent reported, made harmless.
    pub reports: Vec<(Role, Findings)>,
}

/// All tasks are done: what people have to do now.
pub fn ready(news: &ReadyNews) -> String {
    let place = match news.pull_request {
        Some(number) => format!("Pull request #{number}"),
        None => "Its branch".to_owned(),
    };
    let end = match (news.is_theirs, news.is_draft) {
        (true, _) => "merging it completes this issue. Baton writes nothing there.",
        (false, true) => {
            "merging it closes this issue. It is still a draft: mark it as ready first, which this \
             GitHub leaves to people."
        }
        (false, false) => "merging it closes this issue.",
    };
    let says = format!("all tasks of the plan are done. {place} waits for your review; {end}");
    let mut says = said_to(news.person.as_deref(), &says);
    if news.unchecked {
        let _ = write!(says, " {NOT_CHECKED}");
    }
    let reports = match reports(&news.reports) {
        reports if reports.is_empty() => String::new(),
        reports => format!("{reports}\n\n"),
    };
    format!("### Ready for review\n\n{says}\n\n{reports}Spent on this issue: {}.\n", news.spent)
}

/// The end of waiting.
pub fn ended(why: Stop, person: Option<&str>, spent: MicroUsd) -> String {
    format!(
        "### Baton has stopped here\n\n{} Nothing runs and nothing more is spent ({spent} so \
         far). `/baton retry` takes it up again.\n",
        said_to(person, stop_sentence(why))
    )
}

/// Why work ended, in one sentence.
pub(super) fn stop_sentence(why: Stop) -> &'static str {
    match why {
        Stop::Person => "somebody asked to stop.",
        Stop::Closed => "the issue was closed.",
        Stop::ClosedElsewhere => "the issue was closed with a pull request that is not Baton's.",
        Stop::Gone => "the issue was deleted or moved.",
        Stop::Rejected => "the plan was rejected; its branch is kept.",
        Stop::PlanClosed => "the plan's pull request was closed.",
        Stop::PlanMerged => "the plan was merged.",
        Stop::Unanswered => "nobody answered in time.",
        Stop::Uninstalled => "the App no longer has this repository.",
        Stop::Halted => "whoever runs this server has stopped Baton here.",
        Stop::Suspended => "the App's installation was suspended meanwhile.",
    }
}
