//! What people say with a word that has a run begin on a task: why another one goes on, which is told
//! as a reason, or what it is to do, which is an order.
//!
//! A reason is about that one run: each word that follows writes over it, also one that says nothing.
//! An order is about its task in that revision, and each run that builds it is told all of them.

use crate::base::{IssueKey, Timestamp};
use crate::domain::command::Command;
use crate::domain::handoff::Trigger;
use crate::domain::workflow::{
    Ask, Decision, Doing, Effect, Event, Owed, Request, Stage, State, Tick, Verdict,
};
use crate::engine::Engine;
use crate::engine::actor::actor;
use crate::engine::planner::clean;
use crate::store::StoreError;

/// The handle of what a person said who asked for a change of hands.
const SAID_WHY: &str = "handoff-reason";
/// So much of it is kept.
const SAID_CHARS_MAX: usize = 500;

/// How the handles of orders begin.
const ORDER: &str = "order/";

/// The words of one event, under the handles that keep them.
pub(super) type Said = Vec<(String, String)>;

/// What is said with an order to change hands that was taken, or with another word by which a run
/// begins on a task at hand. What `/baton fix` makes a task of its own is kept with that task.
pub(super) fn said(before: &State, (event, decision): (&Event, &Decision), now: Timestamp) -> Said {
    if decision.verdict != Verdict::Done {
        return Said::new();
    }
    if let Event::Asked { request: Request::Command(Command::Handoff { reason, .. }), .. } = event {
        return vec![why(reason)];
    }
    if actor(event).is_none() || takes_as_it_is(event) || !begins(before, decision) {
        return Said::new();
    }
    [why("")].into_iter().chain(order(event, decision, now)).collect()
}

/// The reason among that, where the event says or takes back one.
pub(super) fn said_why(before: &State, of: (&Event, &Decision)) -> Option<String> {
    let said = said(before, of, Timestamp(0));
    said.into_iter().find(|it| it.0 == SAID_WHY).map(|it| it.1)
}

fn why(said: &str) -> (String, String) {
    (SAID_WHY.to_owned(), said.chars().take(SAID_CHARS_MAX).collect())
}

/// Whether somebody only takes what the checks said of a commit: what was said before, with the word
/// that had these awaited, is about the run that follows.
fn takes_as_it_is(event: &Event) -> bool {
    matches!(
        event,
        Event::Asked { request: Request::Command(Command::Allow { .. }), .. }
            | Event::Ticked { tick: Tick::Allow { .. }, .. }
    )
}

/// Whether a decision has a run begin at somebody's word, now or behind what has to come first.
fn begins(before: &State, decision: &Decision) -> bool {
    let at_once = |it: &Effect| matches!(it, Effect::StartRun { ask, .. } if is_by_word(ask));
    decision.effects.iter().any(at_once) || waits(&decision.state) && !waits(before)
}

fn is_by_word(ask: &Ask) -> bool {
    matches!(ask, Ask::Task { trigger: Trigger::Manual, .. })
}

/// Whether such a run waits for a resume, or for the checks of what people pushed beneath it.
fn waits(state: &State) -> bool {
    match &state.stage {
        Stage::Paused { owed: Some(Owed::Run { ask, .. }), .. } => is_by_word(ask),
        Stage::Working { work, doing: Doing::Checking { .. } } => work.beneath,
        Stage::Paused { .. }
        | Stage::Working { .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => false,
    }
}

/// What somebody says who has the task at hand mended.
fn order(event: &Event, decision: &Decision, now: Timestamp) -> Option<(String, String)> {
    let (Event::Asked { by, request: Request::Command(Command::Fix { text }), .. }
    | Event::FixAsked { by, text, .. }) = event
    else {
        return None;
    };
    let work = decision.state.stage.work()?;
    let handle = format!("{}{:015}", orders_of(work.plan.revision, work.task.as_ref()?), now.0);
    let said = format!("{} asks for:\n{}", by.login, text.trim());
    (!text.trim().is_empty()).then_some((handle, said))
}

/// How the handles of the orders begin that are about one task; the time follows.
fn orders_of(revision: u16, task: &str) -> String {
    format!("{ORDER}{revision}/{task}/")
}

impl Engine {
    /// What the person said who asked for a change of hands last; often nothing.
    pub(super) async fn said_why(&self, issue: IssueKey) -> Result<String, StoreError> {
        Ok(self.store.handle(issue, SAID_WHY).await?.unwrap_or_default())
    }

    /// What people ordered of a task beside the plan, oldest first.
    pub(super) async fn ordered(
        &self,
        issue: IssueKey,
        (revision, task): (u16, &str),
    ) -> Result<Vec<String>, StoreError> {
        let of_it = orders_of(revision, task);
        let handles = self.store.handles(issue).await?;
        let orders = handles.into_iter().filter(|it| it.0.starts_with(&of_it));
        Ok(orders.map(|it| clean(&self.secrets, &it.1)).collect())
    }
}
