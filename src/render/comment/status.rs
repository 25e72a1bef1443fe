//! The one status comment of an issue, edited in place.

use std::fmt::Write;

use crate::base::{IssueNumber, MicroUsd, Millis, Timestamp};
use crate::domain::budget::OverLimit;
use crate::domain::buttons;
use crate::domain::handoff::Trigger;
use crate::domain::report::Findings;
use crate::domain::tasks::TaskState;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::{
    Block, Doing, FINDINGS, Inspector, Pause, REVIEW_ROUNDS_MAX, Stage, State, Then, Tick, Work,
    is_review_task, stale_asked,
};
use crate::render::comment::calls::{Worker, block_sentence};
use crate::render::comment::costs::{CostLine, EnteredLine, beside, cost_table, entered_table};
use crate::render::comment::handoffs::{HandoffLine, handoffs};
use crate::render::comment::posts::{NOT_CHECKED, stop_sentence};
use crate::render::comment::related::{self, RelatedPull};
use crate::render::comment::reports::reports;
use crate::render::comment::security::{self, SecurityView};
use crate::render::comment::{
    capitalised, count, name, pauses, plan_file, silences, status_marker,
};

/// Everything the status comment shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueView {
    /// The issue.
    pub issue: IssueNumber,
    /// Where it stands.
    pub state: State,
    /// What all its runs have cost.
    pub spent: MicroUsd,
    /// What the issue may cost.
    pub limit: MicroUsd,
    /// The limit that stopped a run last.
    pub met: Option<OverLimit>,
    /// The newest run, if there was one.
    pub run: Option<RunView>,
    /// The newest plan, if there is one.
    pub plan: Option<PlanLink>,
    /// The tasks of the plan that is being built, in its order.
    pub tasks: Vec<TaskView>,
    /// The login of whoever approved the plan that waits.
    pub approved_by: Option<String>,
    /// The router analysis as Markdown, folded under its own summary.
    pub analysis: String,
    /// What test-agent and review-agent reported last, made harmless.
    pub reports: Vec<(Role, Findings)>,
    /// Open pull requests of people's own that name the issue, by number.
    pub related: Vec<RelatedPull>,
    /// The one with which the work ended, or the issue.
    pub ended_with: Option<IssueNumber>,
    /// Who took over from whom.
    pub handoffs: Vec<HandoffLine>,
    /// What the work touches that matters to security, while it is looked at.
    pub security: Option<SecurityView>,
    /// What was paid, by model.
    pub costs: Vec<CostLine>,
    /// What people entered beside that.
    pub entered: Vec<EnteredLine>,
    /// Whether the issue's text changed after the run read it.
    pub text_changed: bool,
    /// What was wrong with the plan's file when it was read last.
    pub plan_fault: Option<String>,
}

/// A task as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// Its id.
    pub id: String,
    /// Its title, made harmless.
    pub title: String,
    /// How hard it is.
    pub complexity: Complexity,
    /// How it stands.
    pub state: TaskState,
}

/// A run as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunView {
    /// What it is for, as far as this version knows it.
    pub role: Option<Role>,
    /// Its rung.
    pub tier: Tier,
    /// The most it may cost.
    pub limit: MicroUsd,
    /// How many times the model answered.
    pub turns: usize,
    /// How long it worked; waiting for people and for others is not work.
    pub worked: Millis,
    /// For how long it has shown no sign of life, while nobody else is waited for.
    pub silent: Millis,
    /// What it has cost and what was estimated, if that is less than half of it and nothing was
    /// changed since it was passed.
    pub costly: Option<(MicroUsd, MicroUsd)>,
    /// What it waits for by itself, and until when.
    pub waits: Option<(Waiting, Timestamp)>,
}

/// For whom a run waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The provider of the model has no capacity.
    Provider,
    /// GitHub does not hand out the repository.
    GitHub,
}

/// A plan by link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLink {
    /// Its revision.
    pub revision: u16,
    /// Where the file can be read.
    pub url: String,
    /// Its pull request.
    pub pull_request: Option<IssueNumber>,
    /// The one in which it was merged alone: what is built by it comes in the other.
    pub merged_in: Option<IssueNumber>,
}

/// The status comment.
pub fn status(view: &IssueView) -> String {
    let mut out = format!(
        "{}\n### Baton · {}\n{}\n",
        status_marker(view.issue),
        headline(view),
        progress_line(view)
    );
    if let Some(sentence) = stage_sentence(view) {
        let _ = write!(out, "\n{sentence}\n");
    }
    if let Some(offer) = offer(&view.state.stage) {
        let _ = write!(out, "\n{offer}\n");
    }
    if view.state.stage.work().is_some_and(|it| it.unchecked) {
        let _ = write!(out, "\n{NOT_CHECKED}\n");
    }
    if let Some(sentence) = silences::sentence(view) {
        let _ = write!(out, "\n{sentence}\n");
    }
    if let Some(sentence) = pauses::quiet(view) {
        let _ = write!(out, "\n{sentence}\n");
    }
    if let Some(sentence) = pauses::costly(view) {
        let _ = write!(out, "\n{sentence}\n");
    }
    if let Some(sentence) = pauses::near_limit(view) {
        let _ = write!(out, "\n{sentence}\n");
    }
    if view.text_changed {
        out.push_str(
            "\nThe issue's text changed after the run read it; `/baton revise` takes the change \
             up.\n",
        );
    }
    if !view.tasks.is_empty() {
        out.push('\n');
    }
    for task in &view.tasks {
        let _ = writeln!(out, "{}", task_line(task));
    }
    let _ = write!(out, "\n{}\n", view.analysis.trim_end());
    if !view.reports.is_empty() {
        let _ = write!(
            out,
            "\n<details><summary>Test and review</summary>\n\n{}\n\n</details>\n",
            reports(&view.reports)
        );
    }
    out.push_str(&handoffs(&view.handoffs));
    out.push_str(&related::others(view));
    if !view.costs.is_empty() || !view.entered.is_empty() {
        let calls = if view.costs.is_empty() { String::new() } else { cost_table(&view.costs) };
        let _ = write!(
            out,
            "
<details><summary>Cost by model</summary>

{calls}{}
</details>
",
            entered_table(&view.entered)
        );
    }
    let _ = writeln!(out, "\n<sub>{}</sub>", commands_line(&view.state.stage));
    out
}

/// The box that has built what a review asks for, with what to write instead.
fn offer(stage: &Stage) -> Option<String> {
    let Stage::Ready { work } = stage else { return None };
    if !work.fix_offered || REVIEW_ROUNDS_MAX <= work.fixes {
        return None;
    }
    let round = work.fixes + 1;
    let text = format!("Let Baton address the review (round {round} of {REVIEW_ROUNDS_MAX})");
    let line = buttons::line(&Tick::Fix { round }, &text);
    Some(format!(
        "A review asks for changes. To have its open threads built, tick this or write \
         `/baton fix` on the pull request:\n\n{line}"
    ))
}

/// The line of a task: a box that people tick, unless it is skipped.
pub(super) fn task_line(task: &TaskView) -> String {
    let text = format!("{} {} ({})", task.id, task.title, task.complexity);
    let tick = |on| buttons::line(&Tick::Task { id: task.id.clone(), on }, &text);
    match task.state {
        TaskState::Open => tick(false),
        TaskState::Done => tick(true),
        TaskState::Active => format!("{} ← working", tick(false)),
        TaskState::Skipped => format!("- {text}, skipped"),
    }
}

fn headline(view: &IssueView) -> String {
    let tier = view.run.as_ref().map_or("", |it| it.tier.title());
    match &view.state.stage {
        Stage::Seen => "Seen".to_owned(),
        Stage::Planning { .. } => format!("Planning · {tier}"),
        Stage::Asking { questions, answered, .. } => {
            match u32::from(*questions).saturating_sub(answered.count_ones()) {
                0 => format!("Answered · {tier} goes on"),
                1 => "Waiting for 1 answer".to_owned(),
                open => format!("Waiting for {open} answers"),
            }
        }
        Stage::Planned { plan, approved: None } => format!("Planned · revision {}", plan.revision),
        Stage::Planned { plan, approved: Some(_) } => {
            format!("Approved · revision {}", plan.revision)
        }
        Stage::Working { work, doing } => working_headline(view, work, doing),
        Stage::HandingOver { work, to, .. } if work.tier == *to => {
            format!("Handing over · {} → a fresh run", to.title())
        }
        Stage::HandingOver { work, to, .. } => {
            format!("Handing over · {} → {}", work.tier.title(), to.title())
        }
        Stage::Inspecting { by: Inspector::TestAgent, .. } => format!("Testing · {tier}"),
        Stage::Inspecting { by: Inspector::ReviewAgent, .. } => format!("Reviewing · {tier}"),
        Stage::Ready { .. } => "Ready · waits for review".to_owned(),
        Stage::Done { .. } => "Done · merged".to_owned(),
        Stage::Paused { why, .. } => format!("Paused · {}", pauses::short(*why)),
        Stage::Blocked { .. } => "Blocked · needs a person".to_owned(),
        Stage::Stopped { .. } => "Stopped".to_owned(),
    }
}

fn working_headline(view: &IssueView, work: &Work, doing: &Doing) -> String {
    let place = work.task.as_ref().and_then(|id| {
        let at = view.tasks.iter().position(|it| it.id == *id)?;
        Some(format!(" ({} of {})", at + 1, view.tasks.len()))
    });
    let place = place.unwrap_or_default();
    let tier = work.tier.title();
    match doing {
        Doing::Building { .. } => format!("Implementing · {tier}{place}"),
        Doing::Pushing { .. } => format!("Pushing{place}"),
        Doing::Checking { .. } => format!("Waiting for checks{place}"),
        Doing::ByHand => "Implementing · by hand".to_owned(),
    }
}

fn progress_line(view: &IssueView) -> String {
    let steps = match view.state.stage.unpaused() {
        Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Asking { work: Some(_), .. }
        | Stage::Inspecting { then: Then::ByHand, .. } => {
            "Route ✔ · Plan ✔ · **Implement** · Test · Review"
        }
        Stage::Inspecting { by: Inspector::TestAgent, .. } => {
            "Route ✔ · Plan ✔ · Implement ✔ · **Test** · Review"
        }
        Stage::Inspecting { by: Inspector::ReviewAgent, .. } | Stage::Ready { .. } => {
            "Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · **Review**"
        }
        Stage::Done { .. } => "Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · Review ✔",
        Stage::Blocked { held, .. } if held.work.is_some() => {
            "Route ✔ · Plan ✔ · **Implement** · Test · Review"
        }
        Stage::Seen => "**Route** · Plan",
        Stage::Planning { .. }
        | Stage::Asking { work: None, .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. } => "Route ✔ · **Plan**",
        Stage::Planned { .. } => "Route ✔ · Plan ✔",
        Stage::Stopped { .. } if view.plan.is_some() => "Route ✔ · Plan ✔",
        Stage::Stopped { .. } => "Route ✔ · Plan",
    };
    let mut parts = vec![steps.to_owned()];
    parts.push(format!("{} of {}", beside(view.spent, &view.entered), view.limit));
    // At the end no run is left whose limit or length would matter.
    if let (Some(run), false) = (&view.run, matches!(view.state.stage, Stage::Done { .. })) {
        let minutes = run.worked.0.max(0) / 60_000;
        let turns = count(run.turns, "turn", "turns");
        let worked = if minutes == 0 { turns } else { format!("{turns} in {minutes} min") };
        parts.push(format!("{worked}, at most {} a run", run.limit));
    }
    if let Some(plan) = &view.plan {
        let mut links = format!("[plan]({})", plan.url);
        if let Some(number) = plan.merged_in {
            let _ = write!(links, " merged with #{number}, work");
        }
        if let Some(number) = plan.pull_request {
            let _ = write!(links, " #{number}");
        }
        parts.push(links);
    }
    parts.join(" | ")
}

/// What an approval means, and what keeps it from being built.
fn approved_sentence(view: &IssueView) -> String {
    let by = view.approved_by.as_deref().map_or("Somebody", name);
    let stale = match stale_asked(&view.state) {
        Some(_) => {
            " Files that it names changed on the base branch since; Baton asks in a comment how to go \
             on."
        }
        None => "",
    };
    format!("{by} approved the plan. A later change of it voids the approval.{stale}")
}

fn stage_sentence(view: &IssueView) -> Option<String> {
    match &view.state.stage {
        Stage::Asking { answered, questions, work, .. } => {
            Some(asking_sentence((*answered, *questions), work.is_some()))
        }
        Stage::Paused { why, .. } => Some(pauses::sentence(view, *why)),
        Stage::Blocked { why: Block::PlanFile, .. } => Some(plan_file::while_it_is_built(view)),
        stage @ Stage::Blocked { why, .. } => {
            let role = view.run.as_ref().and_then(|it| it.role);
            Some(capitalised(&block_sentence(*why, &Worker::of(stage, role))))
        }
        Stage::Stopped { why, .. } => {
            related::end(view).or_else(|| Some(capitalised(stop_sentence(*why))))
        }
        Stage::Planned { approved: Some(_), .. } => Some(approved_sentence(view)),
        Stage::Planned { approved: None, .. } => plan_file::while_it_waits(view),
        Stage::Working { work, doing: Doing::ByHand } if work.adopted.is_some() => {
            related::adopted(view, work)
        }
        Stage::Working { work, doing: Doing::Checking { .. } } | Stage::Ready { work }
            if work.adopted.is_some() =>
        {
            related::settled(view, work)
        }
        Stage::Working { work, .. } if work.made_way => Some(
            "People pushed to this branch twice within ten minutes, so Baton leaves the building to \
             them. `/baton implement auto` hands it back."
                .to_owned(),
        ),
        Stage::Working { doing: Doing::Checking { .. }, .. } => Some(
            "The changes stand on the branch; the repository's own checks say whether the task is \
             done. Nothing is spent while they run."
                .to_owned(),
        ),
        Stage::Working { doing: Doing::ByHand, .. } => Some(
            "People build this with their own tools. A tick here, a tick in the plan's file or \
             `/baton task` settles a task."
                .to_owned(),
        ),
        Stage::HandingOver { to, trigger: Trigger::Context, .. } => Some(format!(
            "The conversation of this run is nearly as large as is cheap. It is asked where it \
             stands; then a fresh run on {} goes on with its task.",
            to.title()
        )),
        Stage::HandingOver { work, to, .. } => Some(format!(
            "{} is asked where it stands; then a fresh run on {} goes on with its task.",
            work.tier.title(),
            to.title()
        )),
        Stage::Working { work, .. } => mending_sentence(work),
        Stage::Inspecting { by, then, work, .. } => {
            Some(inspecting_sentence(view, work, (*by, *then)))
        }
        Stage::Done { .. } => related::end(view),
        Stage::Seen | Stage::Planning { .. } | Stage::Ready { .. } => None,
    }
}

/// Who looks at what was built, and what for.
fn inspecting_sentence(view: &IssueView, work: &Work, (by, then): (Inspector, Then)) -> String {
    let name = by.role().name();
    let how = security::sentence(view.security.as_ref(), by, work);
    match then {
        Then::OnItsWay => format!(
            "All tasks are done. Before people look, the {name} does; it changes nothing.{how}"
        ),
        Then::Ready => format!(
            "It is ready, and somebody asked the {name} to look once more; it changes nothing.{how}"
        ),
        Then::ByHand => format!(
            "People build this with their own tools, and the {name} looks how it stands; it changes \
             nothing."
        ),
    }
}

/// How long is waited for answers, and that waiting costs nothing.
fn asking_sentence((answered, questions): (u8, u8), builds: bool) -> String {
    let n = answered.count_ones();
    let without =
        if builds { " Without an answer it goes on after 24 hours as the plan says." } else { "" };
    format!("{n} of {questions} answered. Nothing is spent while it waits.{without}")
}

/// What is built that is no task of the plan.
fn mending_sentence(work: &Work) -> Option<String> {
    match work.task.as_deref()? {
        FINDINGS => Some(format!(
            "What test-agent and review-agent found is being mended (round {} of 2).",
            work.rounds
        )),
        task if is_review_task(task) => Some(format!(
            "What the review asks for is being built (round {} of {REVIEW_ROUNDS_MAX}).",
            work.fixes
        )),
        _ => None,
    }
}

fn commands_line(stage: &Stage) -> &'static str {
    match stage {
        Stage::Seen => "`/baton plan` · `/baton route` · `/baton help`",
        Stage::Planning { .. } => "`/baton revise` · `/baton stop` · `/baton help`",
        Stage::Asking { work: None, .. } => "`/baton answer` · `/baton stop` · `/baton help`",
        Stage::Asking { work: Some(_), .. } => {
            "`/baton answer` · `/baton task` · `/baton stop` · `/baton help`"
        }
        Stage::Planned { approved: None, .. } => {
            "`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`"
        }
        Stage::Planned { approved: Some(_), .. } => {
            "`/baton unapprove` · `/baton revise` · `/baton stop` · `/baton help`"
        }
        Stage::Working { doing: Doing::ByHand, .. } => {
            "`/baton task` · `/baton revise` · `/baton stop` · `/baton help`"
        }
        Stage::Working { .. } | Stage::HandingOver { .. } => {
            "`/baton escalate` · `/baton task` · `/baton stop` · `/baton help`"
        }
        Stage::Inspecting { .. } => "`/baton task` · `/baton stop` · `/baton help`",
        Stage::Ready { .. } => "`/baton task` · `/baton cost` · `/baton help`",
        Stage::Done { .. } => "`/baton cost` · `/baton help`",
        Stage::Paused { why: Pause::Budget, .. } => {
            "`/baton budget +5` · `/baton resume` · `/baton stop` · `/baton help`"
        }
        Stage::Paused {
            why: Pause::Person | Pause::Label | Pause::Quiet | Pause::Halted | Pause::Suspended,
            ..
        } => "`/baton resume` · `/baton cost` · `/baton stop` · `/baton help`",
        Stage::Blocked { .. } => "`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`",
        Stage::Stopped { .. } => "`/baton retry` · `/baton cost` · `/baton help`",
    }
}
