//! What an implementer is told at its start: the handoff, with the plan from the store, the tasks
//! as they stand, the branch, what fails, and what was noted before.

use crate::base::{IssueKey, Millis, Sha};
use crate::domain::cost;
use crate::domain::handoff::{FailingJob, GitState, Handoff, Party, Trigger};
use crate::domain::plan::Plan;
use crate::domain::report::Note;
use crate::domain::session::{self, Brief, Entry, Limits};
use crate::domain::tasks::Board;
use crate::domain::tier::{Role, Tier};
use crate::domain::verdict::{Failing, Verdict};
use crate::domain::workflow::{Ask, FINDINGS, is_review_task};
use crate::engine::planner::StoredBrief;
use crate::engine::planner::brief::{Order, as_read, clean, instructions, text_hash};
use crate::engine::planner::built::Built;
use crate::engine::planner::snapshot::Trouble;
use crate::engine::view::WorkNow;
use crate::engine::{Engine, OVERTAKEN_FILES};
use crate::render::handoff::{prompt, prompt_tokens_max};
use crate::render::prompt::implementer_system;
use crate::store::{PlanRow, RunRow, RunStatus, StoreError};

/// How long until a database that failed is asked again.
const AGAIN_AFTER: Millis = Millis::seconds(5);

/// The task that a run is to build.
pub(super) struct Assignment<'a> {
    pub(super) revision: u16,
    pub(super) task: &'a str,
    pub(super) trigger: Trigger,
}

/// The plan that is built, and its tasks as they stand.
struct Site {
    plan: Plan,
    board: Board,
}

/// Where the branch stands, and from which tree the instructions come.
struct Branch {
    head: Sha,
    git: GitState,
}

impl Engine {
    /// Gathers everything a run that builds a task begins with.
    pub(super) async fn prepare_task(
        &self,
        order: &Order<'_>,
        assignment: &Assignment<'_>,
    ) -> Result<StoredBrief, Trouble> {
        let later = |it: StoreError| self.database(&it);
        let row = self.store.plan(order.issue, i64::from(assignment.revision)).await;
        let row = row.map_err(later)?.ok_or_else(|| never("the plan is not stored"))?;
        self.is_the_approved(order.issue, &row).await?;
        let mut plan: Plan = serde_json::from_value(row.plan.clone())
            .map_err(|_| never("the plan was written by another version"))?;
        if assignment.task == FINDINGS {
            plan.tasks.push(self.findings_task(order.issue).await?);
        }
        let about = (assignment.revision, assignment.task);
        let mut asked = self.ordered(order.issue, about).await.map_err(later)?;
        if is_review_task(assignment.task) {
            let round = self.review_round(order.issue, assignment.task).await.map_err(later)?;
            let round = round.ok_or_else(|| never("nobody knows what the review asked for"))?;
            plan.tasks.push(round.task(assignment.task));
            asked.extend(round.instructions(&self.secrets));
        }
        let board = self.board(order.issue, &plan, assignment.task).await.map_err(later)?;
        let level = board.get(assignment.task).map(|it| it.task.complexity);
        let level = level.ok_or_else(|| never("the plan has no such task"))?;
        let made_from = self.branch_base(order.issue, &row.base_sha).await.map_err(later)?;
        let built = self.built(order, &made_from).await?;
        let failing = self.failing_jobs(order.issue, &built.head).await.map_err(later)?;
        let branch = self.branch_now(order, built, &failing).await?;
        // Instructions are what people approved the plan beside, never what a branch says
        // (trust rule 10).
        let base = self.fetch_snapshot(order.installation, order.repository, &row.base_sha).await?;
        let instructions = instructions(&self.secrets, &base);
        let parts: Vec<(&str, &str)> =
            instructions.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let model = cost::models_of(order.tier).first().copied().unwrap_or_default().to_owned();
        let told = Told { failing, asked };
        let site = Site { plan, board };
        let opening = self.handoff(order, assignment, &site, &branch, (&model, &told)).await?;
        let session = Brief {
            model,
            role: Role::Implementer,
            system: implementer_system(&parts),
            tools: session::implementer_tools(),
            opening: as_read(&self.secrets, &opening),
            limits: Limits::implementer(),
            started_at: self.clock.now(),
        };
        Ok(StoredBrief {
            estimate: cost::estimate_task(level, &session.model, session.started_at),
            session,
            base_sha: branch.head,
            money: self.policy.limits.run,
            ask: Ask::Task {
                revision: assignment.revision,
                task: assignment.task.to_owned(),
                trigger: assignment.trigger,
            },
            text_hash: text_hash(order.snapshot),
            reading: None,
        })
    }

    /// Checks that the stored plan is the one whose content people approved: a revision is never
    /// written anew, and where it was, nothing is built by it (trust rule 8).
    async fn is_the_approved(&self, issue: IssueKey, row: &PlanRow) -> Result<(), Trouble> {
        let subject = self.subject_of(issue).await.map_err(|it| self.database(&it))?;
        let work = subject.as_ref().and_then(|it| it.state.stage.work());
        match work.filter(|it| i64::from(it.plan.revision) == row.revision) {
            Some(work) if work.plan.hash != row.hash => {
                Err(never("the stored plan is not the one that was approved"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The board as it stands, with the task on which the run begins as the active one. Whether it
    /// may begin was decided before; a person may have given it out of turn.
    async fn board(&self, issue: IssueKey, plan: &Plan, task: &str) -> Result<Board, StoreError> {
        let mut board = self.board_of(issue, plan).await?;
        if let Err(refused) = board.start(task) {
            tracing::info!(%issue, task, %refused, "a task begins out of turn");
        }
        Ok(board)
    }

    async fn branch_now(
        &self,
        order: &Order<'_>,
        Built { branch, head, changed }: Built,
        failing: &[FailingJob],
    ) -> Result<Branch, Trouble> {
        let reader = self.reader(order.installation, order.repository);
        let commit = reader.commit(&head).await.map_err(|it| self.github_trouble(&it))?;
        let red = |it: &FailingJob| Failing {
            name: it.name.clone(),
            check_run: None,
            url: String::new(),
        };
        let ci = (!failing.is_empty())
            .then(|| Verdict::Red { failing: failing.iter().map(red).collect() });
        let git = GitState {
            branch,
            subject: clean(&self.secrets, commit.message.lines().next().unwrap_or_default()),
            changed,
            ci,
            head: Some(head.clone()),
        };
        Ok(Branch { head, git })
    }

    async fn handoff(
        &self,
        order: &Order<'_>,
        assignment: &Assignment<'_>,
        site: &Site,
        branch: &Branch,
        (model, told): (&str, &Told),
    ) -> Result<String, Trouble> {
        let later = |it: StoreError| self.database(&it);
        let runs = self.runs_of_the_life(order.issue).await.map_err(later)?;
        let builders = runs.iter().filter(|it| it.role == Role::Implementer.name()).count();
        let before = runs.last();
        let left = self.left_by(order.issue, before).await.map_err(later)?;
        let note = match left.as_ref().and_then(|it| it.note.clone()) {
            Some(note) => Some(note),
            None => self.newest_note(&runs).await.map_err(later)?,
        };
        let now = WorkNow {
            position: format!("{} is being built.", assignment.task),
            files_changed: branch.git.changed.clone(),
            tests: tests(&told.failing),
            last_action: left.map_or_else(|| branch.git.subject.clone(), |it| it.last_action),
            next_step: format!("Build {}.", assignment.task),
        };
        let state = self.work_state(order.issue, &site.plan, &site.board, now);
        let state = state.await.map_err(later)?;
        let title = clean(&self.secrets, &order.snapshot.title);
        let said_why = self.why_handed(order.issue, assignment).await.map_err(later)?;
        let said_why = clean(&self.secrets, &said_why);
        let theirs = self.files_of(order.issue, OVERTAKEN_FILES).await.map_err(later)?;
        let handoff = Handoff {
            trigger: assignment.trigger,
            reason: &reason(assignment.trigger, &site.board, before, &theirs),
            said_why: &said_why,
            from: party(before),
            to: Party { role: Role::Implementer.name(), tier: order.tier, model },
            number: u32::try_from(builders).unwrap_or(u32::MAX).saturating_add(1),
            spent: self.spent(order.installation, order.issue).await.map_err(later)?,
            repository: &format!("{}/{}", order.repository.owner, order.repository.name),
            issue: order.issue.number,
            title: &title,
            git: &branch.git,
            plan: &site.plan,
            board: &site.board,
            task: site.board.get(assignment.task),
            state: &state,
            note: note.as_ref(),
            failing: &told.failing,
            instructions: &told.asked,
        };
        let cheap = cost::cheap_prompt(model, self.clock.now());
        Ok(prompt(&handoff, prompt_tokens_max(cheap)))
    }

    /// What the person said who asked for the change of hands that brought this task here.
    async fn why_handed(
        &self,
        issue: IssueKey,
        assignment: &Assignment<'_>,
    ) -> Result<String, StoreError> {
        match assignment.trigger {
            Trigger::Manual => self.said_why(issue).await,
            Trigger::PlanningComplete
            | Trigger::TaskComplete
            | Trigger::ImplementationComplete
            | Trigger::Findings
            | Trigger::Review
            | Trigger::Stuck
            | Trigger::TestFailure
            | Trigger::Cost
            | Trigger::Context
            | Trigger::Overtaken
            | Trigger::SecurityConcern => Ok(String::new()),
        }
    }

    /// What the issue's runs noted last.
    pub(in crate::engine) async fn newest_note(
        &self,
        runs: &[RunRow],
    ) -> Result<Option<Note>, StoreError> {
        let builders = runs.iter().rev().filter(|it| it.role == Role::Implementer.name());
        for run in builders {
            let rows = self.store.entries(&run.id).await?;
            let entries: Vec<Entry> =
                rows.into_iter().filter_map(|it| serde_json::from_value(it.entry).ok()).collect();
            if let Some(note) = session::last_note(&entries) {
                return Ok(Some(note));
            }
        }
        Ok(None)
    }

    pub(super) fn database(&self, error: &StoreError) -> Trouble {
        Trouble::Later { until: self.clock.now() + AGAIN_AFTER, why: error.to_string() }
    }
}

/// What a run is told beside plan and branch.
struct Told {
    failing: Vec<FailingJob>,
    /// What people asked for beside the plan.
    asked: Vec<String>,
}

pub(super) fn never(why: &str) -> Trouble {
    Trouble::Never { why: why.to_owned() }
}

/// Who worked before: there always is somebody, because a plan was made.
fn party(before: Option<&RunRow>) -> Party<'_> {
    match before {
        Some(run) => Party {
            role: &run.role,
            tier: run.tier.parse().unwrap_or(Tier::Opus),
            model: &run.model,
        },
        None => Party { role: Role::Planner.name(), tier: Tier::Opus, model: "" },
    }
}

/// Why the work changes hands, with its numbers; `theirs` is what people changed meanwhile.
fn reason(trigger: Trigger, board: &Board, before: Option<&RunRow>, theirs: &[String]) -> String {
    match trigger {
        Trigger::PlanningComplete | Trigger::TaskComplete | Trigger::ImplementationComplete => {
            let settled = board.tasks().iter().filter(|it| it.state.is_settled()).count();
            format!("{settled} of {} tasks are done.", board.tasks().len())
        }
        Trigger::Overtaken if !theirs.is_empty() => {
            format!("Both changed {}.", theirs.join(", "))
        }
        // What was found or asked for stands in the task itself, and why a conversation ends that is too
        // large is said already.
        Trigger::Findings | Trigger::Review | Trigger::Context | Trigger::Overtaken => {
            String::new()
        }
        Trigger::Stuck
        | Trigger::TestFailure
        | Trigger::Cost
        | Trigger::SecurityConcern
        // One that was stopped has nothing to say of why.
        | Trigger::Manual => before
            .filter(|it| it.status != RunStatus::Stopped)
            .and_then(|it| it.reason.clone())
            .unwrap_or_default(),
    }
}

/// What the tests say, in one sentence; nothing where none is known to fail.
pub(super) fn tests(failing: &[FailingJob]) -> String {
    let names: Vec<&str> = failing.iter().map(|it| it.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("Red: {}.", names.join(", ")) }
}
