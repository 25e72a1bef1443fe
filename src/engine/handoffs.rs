//! The record of handoffs: which decision made one, and later what came of it. Looking changes
//! nothing of the workflow: people read it, and the report at the end counts it.

use crate::base::{Millis, RunId, Timestamp};
use crate::domain::handoff::{
    self, Executed, Hand, Over, Recovered, Sign, Trace, Trigger, executed, is_handoff, recovered,
};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::{Ask, Decision, Effect, Event, Stage, State};
use crate::engine::Engine;
use crate::engine::ingest::{Subject, read_state};
use crate::engine::planner::{StoredBrief, clean};
use crate::engine::said::said_why;
use crate::render::comment::HandoffLine;
use crate::store::{
    HandoffOutcome, HandoffRow, HandoffSide, NewHandoff, RunRow, RunStatus, Store, StoreError,
};

/// How many handoffs are looked at in one go.
const LOOKS_AT_ONCE: i64 = 100;

/// The acts by which people settle a task.
const SETTLED_BY_PEOPLE: [&str; 3] = ["task", "task ticked", "ticked in the file"];

/// A run that a decision starts.
struct Successor<'a> {
    run: &'a RunId,
    hand: Hand,
    ordered: Option<Trigger>,
    task: Option<&'a str>,
}

impl Engine {
    /// The change of hands that a decision makes, if it makes one. A decision starts at most one
    /// run.
    pub(super) async fn change_of_hands(
        &self,
        subject: &Subject,
        before: &State,
        (event, decision): (&Event, &Decision),
    ) -> Result<Option<NewHandoff>, StoreError> {
        let Some(next) = decision.effects.iter().find_map(successor) else { return Ok(None) };
        let Some(last) = self.runs_of_the_life(subject.key).await?.pop() else { return Ok(None) };
        let Some(from) = hand(&last) else { return Ok(None) };
        let relieved = matches!(before.stage.unpaused(), Stage::HandingOver { .. });
        if !is_handoff(from, next.hand, relieved) {
            return Ok(None);
        }
        let trigger = handoff::trigger_of(next.ordered, from, next.hand);
        let measured = match last.status {
            RunStatus::Ready => self.clock.now() - last.activity,
            RunStatus::Waiting
            | RunStatus::Backoff
            | RunStatus::Finished
            | RunStatus::Failed
            | RunStatus::Stopped => Millis(0),
        };
        let idle = handoff::idle(trigger, from.tier, relieved, measured);
        let said = match said_why(before, (event, decision)) {
            Some(said) => said,
            None => self.said_why(subject.key).await?,
        };
        let said = clean(&self.secrets, &said);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Some(NewHandoff {
            life: i64::from(decision.state.life),
            cause: trigger.name().to_owned(),
            reason: handoff::reason(trigger, from.tier, idle, &said),
            task: next.task.map(str::to_owned),
            idle,
            spent: self.spent(subject.installation, subject.key).await?,
            from: HandoffSide {
                answered: self.store.answering_model(&last.id).await?,
                run: last.id,
                role: last.role,
                tier: last.tier,
                model: Some(last.model),
            },
            to: HandoffSide {
                run: next.run.clone(),
                role: next.hand.role.name().to_owned(),
                tier: next.hand.tier.name().to_owned(),
                model: None,
                answered: None,
            },
        }))
    }

    /// Looks at the handoffs of which more may come. Tells whether anything was new.
    pub(super) async fn look_at_handoffs(&self) -> Result<bool, StoreError> {
        let mut news = false;
        for row in self.store.open_handoffs(LOOKS_AT_ONCE).await? {
            let outcome = outcome_of(&self.store, &row, self.clock.now()).await?;
            if outcome != row.outcome {
                self.store.keep_handoff_outcome(&row.decided.to.run, &outcome).await?;
                news = true;
            }
        }
        Ok(news)
    }

    /// The handoffs of the issue's present life as people read them, as they stand at this moment.
    pub(super) async fn handoff_lines(
        &self,
        subject: &Subject,
    ) -> Result<Vec<HandoffLine>, StoreError> {
        let mut lines = Vec::new();
        for row in self.store.handoffs(subject.installation, subject.key).await? {
            if row.decided.life != i64::from(subject.state.life) {
                continue;
            }
            let outcome = outcome_of(&self.store, &row, self.clock.now()).await?;
            lines.push(line(row, outcome));
        }
        Ok(lines)
    }
}

/// What has come of a handoff by `now`: as it was settled, else as its traces say.
///
/// # Errors
/// The database's.
pub async fn outcome_of(
    store: &Store,
    row: &HandoffRow,
    now: Timestamp,
) -> Result<HandoffOutcome, StoreError> {
    if row.outcome.settled {
        return Ok(row.outcome.clone());
    }
    let to = &row.decided.to.run;
    let run = store.load_run(to).await?;
    let signs = store.first_signs(to).await?;
    let sign = |it: bool| if it { Sign::Answered } else { Sign::Other };
    let trace = Trace {
        // A rung that this version does not know gets the longest patience.
        tier: row.decided.to.tier.parse().unwrap_or(Tier::Opus),
        handed: row.at,
        entries: signs.into_iter().map(|(it, at)| (sign(it), at)).collect(),
        over: end_of(store, row, run.as_ref(), now).await?,
        person: store.first_event(row.issue, &SETTLED_BY_PEOPLE, row.at).await?,
    };
    let (executed, executed_at) = match executed(&trace) {
        Executed::NotYet => (None, None),
        Executed::Yes(at) => (Some(true), Some(at)),
        Executed::No => (Some(false), None),
    };
    let (recovered, recovered_at) = match recovered(&trace) {
        Recovered::NotYet => (None, None),
        Recovered::Yes(at, by) => (Some(by.name()), Some(at)),
        Recovered::No => (Some("no"), None),
    };
    Ok(HandoffOutcome {
        model: run.map(|it| it.model),
        answered: store.answering_model(to).await?,
        executed,
        executed_at,
        recovered: recovered.map(str::to_owned),
        recovered_at,
        settled: trace.over.is_some(),
    })
}

/// How the successor ended. One that was never started has ended when the issue no longer
/// listens to it.
async fn end_of(
    store: &Store,
    row: &HandoffRow,
    run: Option<&RunRow>,
    now: Timestamp,
) -> Result<Option<Over>, StoreError> {
    if let Some(run) = run {
        let at = run.finished.unwrap_or(now);
        let done = run.status == RunStatus::Finished;
        return Ok((!run.status.is_live()).then_some(Over { done, at }));
    }
    let issue = store.load_issue(row.issue).await?;
    let state = issue.as_ref().map(read_state).transpose()?;
    let awaited = state.is_some_and(|it| it.stage.heard_run() == Some(&row.decided.to.run));
    Ok((!awaited).then_some(Over { done: false, at: now }))
}

/// What a run was told at its start, as it was sent: secrets were masked before it was stored.
/// `None` of a run that another version wrote down, or whose prompts were deleted since.
pub fn prompt_of(run: &RunRow) -> Option<String> {
    let brief: StoredBrief = serde_json::from_value(run.brief.clone()).ok()?;
    (!brief.is_forgotten()).then_some(brief.session.opening)
}

fn successor(effect: &Effect) -> Option<Successor<'_>> {
    let Effect::StartRun { run, role, tier, ask, .. } = effect else { return None };
    let hand = Hand { role: *role, tier: *tier };
    match ask {
        Ask::Task { task, trigger, .. } => {
            Some(Successor { run, hand, ordered: Some(*trigger), task: Some(task) })
        }
        Ask::Inspect { .. } => Some(Successor { run, hand, ordered: None, task: None }),
        // Planning begins work; it takes none over.
        Ask::Plan { .. } | Ask::Revise { .. } | Ask::Again => None,
    }
}

/// Who worked in a run, as far as this version knows the names.
fn hand(run: &RunRow) -> Option<Hand> {
    Some(Hand { role: Role::named(&run.role)?, tier: run.tier.parse().ok()? })
}

fn line(row: HandoffRow, outcome: HandoffOutcome) -> HandoffLine {
    let NewHandoff { cause, task, from, to, .. } = row.decided;
    let title = |tier: &str| tier.parse::<Tier>().map_or("", Tier::title);
    HandoffLine {
        cause,
        from: format!("{} {}", title(&from.tier), from.role),
        to: format!("{} {}", title(&to.tier), to.role),
        answered_by: outcome.answered.filter(|it| outcome.model.as_ref() != Some(it)),
        task,
        executed: outcome.executed,
        recovered: outcome.recovered,
    }
}
