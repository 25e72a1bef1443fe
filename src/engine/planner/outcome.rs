//! How a run's turn ends it or lays it down: questions to people, a plan, a failure.

use serde_json::{Value, json};

use crate::base::Sha;
use crate::domain::plan::{self, Base, Plan};
use crate::domain::session::{Ending, Entry, Question, ToolOutcome};
use crate::domain::tier::Role;
use crate::domain::workflow::{Report, RunFailure};
use crate::engine::Engine;
use crate::engine::internal::Internal;
use crate::engine::planner::{Live, Turn};
use crate::engine::view::PlanFacts;
use crate::render::plan::size_fault;
use crate::scout::Snapshot;
use crate::store::{
    ClaimError, ClaimedRun, NewInternal, NewPlan, NewQuestion, Parking, RunEnd, RunRow, RunStatus,
};

/// A run that ended without a plan.
pub(super) struct Failure {
    pub(super) why: RunFailure,
    /// What people should know beside it, made harmless when it is shown.
    pub(super) details: String,
}

/// A run whose stored parts cannot be read.
pub(super) fn unreadable(details: String) -> Failure {
    Failure { why: RunFailure::Unreadable, details }
}

impl Engine {
    /// Puts questions to people and lays the run down until they answer.
    pub(super) async fn ask(
        &self,
        live: &Live,
        entries: &[Entry],
        questions: &[Question],
    ) -> Result<(), ClaimError> {
        let run = &live.claimed.run;
        let asked_before = self.store.questions(run.issue).await?;
        let rounds = asked_before.iter().filter(|it| it.run == run.id).map(|it| it.round);
        let round = rounds.max().unwrap_or(0) + 1;
        let questions: Vec<NewQuestion> = (1..)
            .zip(questions)
            .map(|(position, it)| NewQuestion { round, position, question: json!(it) })
            .collect();
        let count = u8::try_from(questions.len()).unwrap_or(u8::MAX);
        let report = Report::Questions { count };
        let parking = Parking {
            status: RunStatus::Waiting,
            due: self.clock.now(),
            reason: Some("waits for answers".to_owned()),
            internal: Some(self.report(run, entries.len(), report)),
            questions,
        };
        self.store.park_run(&live.claimed, &parking).await
    }

    /// Checks a submitted plan: its faults go back to the model, a good plan ends the run.
    pub(super) async fn submitted(
        &self,
        live: &Live,
        seq: usize,
        call_id: String,
        input: Value,
    ) -> Result<Turn, ClaimError> {
        let checked = plan::parse_submission(&input).and_then(|plan| {
            plan::check(&plan, &base(&live.snapshot, &plan))?;
            Ok(plan)
        });
        let faults = match checked {
            Ok(plan) => {
                let file = self.plan_file(&live.claimed.run, &PlanFacts::UNKNOWN, &plan).await?;
                size_fault(&file).into_iter().collect()
            }
            Err(faults) => faults,
        };
        let (content, is_error) = match faults.is_empty() {
            true => ("The plan passed its checks.".to_owned(), false),
            false => {
                let lines: Vec<String> = faults.iter().map(|it| format!("- {it}")).collect();
                let text = "The plan was refused. Mend these and submit it whole again:";
                (format!("{text}\n{}", lines.join("\n")), true)
            }
        };
        let at = self.clock.now();
        let results = vec![ToolOutcome { id: call_id, content, is_error }];
        self.append(live, seq, &Entry::ToolsRan { results, at }).await?;
        Ok(Turn::GoOn)
    }

    /// The session is over: with a plan that passed its checks, or without.
    pub(super) async fn ended(
        &self,
        live: &Live,
        entries: &[Entry],
        ending: Ending,
    ) -> Result<(), ClaimError> {
        let failure = match ending {
            Ending::Submitted { plan } => match plan::parse_submission(&plan) {
                Ok(plan) => return self.keep_plan(live, entries, plan).await,
                Err(_) => unreadable("the accepted plan does not read back".to_owned()),
            },
            Ending::Inspected { report } => return self.keep_findings(live, report).await,
            Ending::Done { report } => return self.keep_changes(live, entries, report).await,
            Ending::PlanRefused { faults } => {
                let listed: Vec<&str> = faults.lines().filter(|it| it.starts_with("- ")).collect();
                let faults = if listed.is_empty() { faults.clone() } else { listed.join("\n") };
                let details = format!("What was wrong with the last one:\n\n{faults}");
                let why = match live.brief.session.role {
                    Role::Planner => RunFailure::PlanRefused,
                    // What it changes is never pushed, or what it reports never taken, however
                    // often it hands it over.
                    Role::Implementer | Role::TestAgent | Role::ReviewAgent => {
                        RunFailure::NoProgress
                    }
                };
                Failure { why, details }
            }
            Ending::NoProgress { tool } => Failure {
                why: RunFailure::NoProgress,
                details: format!("It kept calling `{tool}` with the same arguments."),
            },
            Ending::NoToolCall => Failure {
                why: RunFailure::NoProgress,
                details: "Two answers in a row called no tool.".to_owned(),
            },
            Ending::TurnLimit { turns } => {
                Failure { why: RunFailure::TurnLimit, details: format!("It used {turns} turns.") }
            }
            Ending::TokenLimit { tokens } => Failure {
                why: RunFailure::TokenLimit,
                details: format!("The conversation grew to {tokens} tokens."),
            },
            Ending::TimeLimit { used } => Failure {
                why: RunFailure::TimeLimit,
                details: format!("It worked for {} minutes.", used.0 / 60_000),
            },
            Ending::ContextExceeded => Failure {
                why: RunFailure::TokenLimit,
                details: "The conversation no longer fits the model.".to_owned(),
            },
            Ending::CutTwice => Failure {
                why: RunFailure::TokenLimit,
                details: "Two answers in a row were longer than allowed.".to_owned(),
            },
            Ending::Refused => Failure { why: RunFailure::ModelRefused, details: String::new() },
        };
        self.give_up(&live.claimed, failure).await
    }

    async fn keep_plan(
        &self,
        live: &Live,
        entries: &[Entry],
        plan: Plan,
    ) -> Result<(), ClaimError> {
        let run = &live.claimed.run;
        let revision = self.store.next_revision(run.issue).await?;
        let facts = PlanFacts {
            revision,
            cost: self.store.cost_of_run(&run.id).await?,
            planner: planner(entries),
        };
        let markdown = self.plan_file(run, &facts, &plan).await?;
        let hash = plan::hash::ContentHash::of(&markdown);
        let report = Report::Plan {
            revision: u16::try_from(revision).unwrap_or(u16::MAX),
            hash: hash.as_str().to_owned(),
        };
        let end = RunEnd {
            status: RunStatus::Finished,
            reason: None,
            internal: self.report(run, 0, report),
            plan: Some(NewPlan {
                revision,
                hash: hash.as_str().to_owned(),
                plan: json!(plan),
                markdown,
                base_sha: Sha(live.brief.base_sha.0.clone()),
            }),
            result: None,
        };
        self.store.finish_run(&live.claimed, &end, self.clock.now()).await
    }

    /// Ends a run without a plan.
    pub(super) async fn give_up(
        &self,
        claimed: &ClaimedRun,
        failure: Failure,
    ) -> Result<(), ClaimError> {
        let report = Report::Failed { why: failure.why };
        let end = RunEnd {
            status: RunStatus::Failed,
            reason: Some(self.secrets.redact(&failure.details)),
            internal: self.report(&claimed.run, 0, report),
            plan: None,
            result: None,
        };
        self.store.finish_run(claimed, &end, self.clock.now()).await
    }

    /// The event a run's report becomes; `seq` tells reports of one run apart.
    pub(super) fn report(&self, run: &RunRow, seq: usize, report: Report) -> NewInternal {
        let id = format!("run/{}/{seq}/{}", run.id, name(&report));
        let internal = Internal::RunReported { run: run.id.clone(), report };
        internal.to_row(id, run.installation, run.issue, self.clock.now())
    }
}

/// The files of the base commit, with the lengths of those that the plan quotes. Files that are
/// hidden from models exist all the same.
fn base(snapshot: &Snapshot, plan: &Plan) -> Base {
    let paths = snapshot.paths().chain(snapshot.hidden_paths()).map(str::to_owned);
    plan.examples.iter().fold(Base::new(paths), |base, example| {
        match snapshot.line_count(&example.path) {
            Some(lines) => base.with_lines(&example.path, u32::try_from(lines).unwrap_or(u32::MAX)),
            None => base,
        }
    })
}

/// The model that answered last, which need not be the one that was asked.
fn planner(entries: &[Entry]) -> Option<String> {
    entries.iter().rev().find_map(|entry| match entry {
        Entry::Answered { answer, .. } => Some(answer.model.clone()),
        Entry::ToolsRan { .. } | Entry::Told { .. } | Entry::Resumed { .. } => None,
    })
}

fn name(report: &Report) -> &'static str {
    match report {
        Report::Questions { .. } => "asks",
        Report::Noted => "noted",
        Report::Waits => "waits",
        Report::OverLimit => "over limit",
        Report::NearLimit => "near limit",
        Report::Costly => "costly",
        Report::Outgrown => "outgrown",
        Report::TaskDone => "done",
        Report::Pushed { .. } => "pushed",
        Report::PushRefused { .. } => "refused",
        Report::ApprovalsStand => "approvals",
        Report::Plan { .. } => "plan",
        Report::Findings { .. } => "findings",
        Report::Failed { .. } => "failed",
    }
}
