//! From an inbox row to a committed decision.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::json;

use crate::base::{IssueKey, MicroUsd, Millis, RunId, Timestamp, UserId};
use crate::domain::incoming::IssueSnapshot;
use crate::domain::workflow::{
    Decision, Effect, Event, Facts, Money, Post, Refused, RunLimit, State, Verdict, decide,
};
use crate::engine::Engine;
use crate::engine::actor::actor;
use crate::engine::bots::{Tally, silenced};
use crate::engine::facts::answered_handle;
use crate::engine::feedback;
use crate::engine::head::{Head, HeadRead};
use crate::engine::held_answers::HeldAnswers;
use crate::engine::ingest::{Ingested, Subject};
use crate::engine::lease::Held;
use crate::engine::lives::LIFE_BEGAN;
use crate::engine::money::{entered, issue_scope, run_scope};
use crate::engine::paced::{is_paced, waits};
use crate::engine::plan_head::fault_handle;
use crate::engine::pushes::remembered;
use crate::engine::related::head_handle;
use crate::engine::said::{Said, said};
use crate::store::{
    Answer, Commit, CommitError, EnteredCost, Hint, InboxRow, Lane, LaneLease, NewEffect,
    NewFeedback, NewHistory, NewIssueState, Outcome, OwnLimit, StoreError, TimerChange,
};

/// After this many rows a lane is given back, so that a busy issue does not starve the others.
const ROWS_PER_CLAIM: usize = 20;
/// After this many tries, which take about an hour, a row that cannot be handled has failed.
pub(super) const ROW_TRIES_MAX: i64 = 14;
/// Pauses between them: doubling from the first, at most the second.
const ROW_PAUSE_FIRST: Millis = Millis::seconds(2);
const ROW_PAUSE_MOST: Millis = Millis::minutes(10);
/// The status comment is edited at most once in this time (`product.md`, The conversation).
const STATUS_EVERY: Millis = Millis::seconds(10);

/// How long a row waits after another try that did not get through.
pub(super) fn row_pause(row: &InboxRow) -> Millis {
    let doublings = u32::try_from(row.attempts.clamp(0, 12)).unwrap_or(0);
    Millis((ROW_PAUSE_FIRST.0 << doublings).min(ROW_PAUSE_MOST.0))
}

/// How handling a row ended.
pub(super) enum Handled {
    /// The row is finished.
    Finished,
    /// GitHub could not be asked; the row waits until then.
    PutOff { until: Timestamp, why: String },
}

/// Why the rows of a lane are left.
enum LaneEnd {
    /// There are no more, or it is somebody else's turn.
    Through,
    /// Another worker has the lane.
    Lost,
    /// One of them waits for GitHub.
    PutOff { row: InboxRow, until: Timestamp, why: String },
    /// One of them could not be handled.
    Fault { row: InboxRow, fault: String },
}

impl Engine {
    /// Handles the rows of a lane in order. A row that cannot be handled is put off with growing
    /// pauses and in the end marked as failed: it must hold up neither its issue nor the service
    /// for ever.
    pub(super) async fn handle_lane(&self, lease: LaneLease) -> Result<(), StoreError> {
        let rows = Box::pin(self.handle_rows(&lease));
        match self.while_holding(Held::Lane(&lease), rows).await? {
            LaneEnd::Through => self.store.release_lane(lease).await,
            LaneEnd::Lost => Ok(()),
            LaneEnd::PutOff { row, until, why } => {
                tracing::warn!(delivery = %row.delivery_id, why, "a delivery is put off");
                match self.is_paused(&row).await? {
                    true => self.store.wait_out(lease, &row, until, &why).await,
                    false => self.store.put_off(lease, &row, until, &why).await,
                }
            }
            LaneEnd::Fault { row, fault } => {
                let delivery = &row.delivery_id;
                tracing::error!(%delivery, fault, "a delivery could not be handled");
                // A database that is away refuses this too; then its lease keeps the lane quiet.
                self.after_fault(lease, &row, &fault).await
            }
        }
    }

    /// Whether GitHub has asked for a pause that holds for the row.
    async fn is_paused(&self, row: &InboxRow) -> Result<bool, StoreError> {
        let Some(installation) = row.installation else { return Ok(false) };
        Ok(self.store.paused_until(installation, self.clock.now()).await?.is_some())
    }

    async fn handle_rows(&self, lease: &LaneLease) -> Result<LaneEnd, StoreError> {
        for _ in 0..ROWS_PER_CLAIM {
            let Some(row) = self.store.next_in_lane(lease).await? else { break };
            let handled = AssertUnwindSafe(self.handle_row(lease, &row)).catch_unwind().await;
            let fault = match handled {
                Ok(Ok(Handled::Finished)) => continue,
                Ok(Ok(Handled::PutOff { until, why })) => {
                    return Ok(LaneEnd::PutOff { row, until, why });
                }
                // Somebody else changed the issue; the row is decided upon again.
                Ok(Err(CommitError::LostRace)) => continue,
                Ok(Err(CommitError::LostLease)) => return Ok(LaneEnd::Lost),
                Ok(Err(CommitError::Store(error))) => error.to_string(),
                Err(_) => "handling it broke; the log has the place".to_owned(),
            };
            return Ok(LaneEnd::Fault { row, fault });
        }
        Ok(LaneEnd::Through)
    }

    async fn after_fault(
        &self,
        lease: LaneLease,
        row: &InboxRow,
        fault: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        if row.attempts < ROW_TRIES_MAX {
            return self.store.put_off(lease, row, now + row_pause(row), fault).await;
        }
        let outcome = Outcome::Failed(fault.to_owned());
        match self.store.finish_row(&lease, row, &outcome, &[], now).await {
            Ok(()) => self.store.release_lane(lease).await,
            Err(CommitError::LostLease | CommitError::LostRace) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn handle_row(&self, lease: &LaneLease, row: &InboxRow) -> Result<Handled, CommitError> {
        match Box::pin(self.ingest(lease, row)).await? {
            Ingested::Finished { outcome, internal } => {
                let now = self.clock.now();
                self.store.finish_row(lease, row, &outcome, &internal, now).await?;
            }
            Ingested::PutOff { until, why } => return Ok(Handled::PutOff { until, why }),
            Ingested::Rearmed { subject, timer } => {
                let nothing = Happened { events: &[], links: Vec::new(), head: Head::unread() };
                let mut commit = self.decide_all(row, *subject, nothing).await?;
                commit.timers.push(timer);
                self.store.commit(lease, commit).await?;
            }
            Ingested::Silenced { subject, bot } => {
                let nothing = Happened { events: &[], links: Vec::new(), head: Head::unread() };
                let mut commit = self.decide_all(row, *subject, nothing).await?;
                let (handle, post) = silenced(&bot, self.clock.now());
                commit.handles.push(handle);
                commit.effects.push(post);
                self.store.commit(lease, commit).await?;
            }
            Ingested::Events { subject, events, links } => {
                let head = match self.head((lease, row), &subject, &events).await? {
                    HeadRead::Known(head) => head,
                    HeadRead::AskAgain { at, why } => {
                        return Ok(Handled::PutOff { until: at, why });
                    }
                };
                let happened = Happened { events: &events, links, head };
                let commit = self.decide_all(row, *subject, happened).await?;
                self.store.commit(lease, commit).await?;
            }
        }
        self.wake.notify_one();
        Ok(Handled::Finished)
    }

    /// Decides the row's events one after the other and gathers what follows into one commit.
    async fn decide_all<'a>(
        &self,
        row: &'a InboxRow,
        subject: Subject,
        happened: Happened<'_>,
    ) -> Result<Commit<'a>, CommitError> {
        let now = self.clock.now();
        let announced = self.announced(&subject).await?;
        let status_due = self.status_due(subject.key, now).await?;
        let held = self.held_answers(subject.key, &subject.state.stage).await?;
        let mut gathered = Gathered { held, ..Gathered::new(subject.key, status_due, now) };
        let (mut state, mut handoffs) = (subject.state.clone(), Vec::new());
        for (i, event) in happened.events.iter().enumerate() {
            let event = &gathered.as_told(event);
            let mut money = self.money(subject.key, event).await?;
            gathered.adjust(&mut money);
            let facts = Facts {
                money,
                tasks: self.plan_tasks(subject.key, &state).await?,
                built_tasks: self.built_tasks(subject.key, &state).await?,
                security: self.touches_security(subject.key, &state).await?.map(|it| it.concern),
                pushed_lately: self.pushed_lately(subject.key, happened.events, row).await?,
                asks_yes: self.asks_yes(subject.key).await?,
                next_branch: self.merged_plan(subject.key).await?.is_some(),
                announced,
                arrived: row.received,
                answered_lately: self.is_answered(&subject, event, &gathered.answered).await?,
                ..self.facts(&subject, &happened.head, fresh_run(subject.key, subject.version, i))
            };
            let decision = decide(&state, event, &facts, now);
            handoffs.extend(self.change_of_hands(&subject, &state, (event, &decision)).await?);
            gathered.add(&state, event, &decision, &subject.moment);
            self.keep_login(subject.key, event, &decision.state).await?;
            state = decision.state;
        }
        let mut handles = gathered.handles(remembered(happened.events, &subject.state, row));
        handles.extend(fault_handle(&happened.head.plan));
        handles.extend(head_handle(&state, (happened.events, happened.head.sha.as_ref())));
        let Tally { kept, mut forgotten } = self.tally(subject.key, happened.events).await?;
        handles.extend(kept);
        if subject.state.life < state.life {
            forgotten.extend(self.handles_of_the_life(subject.key).await?);
            handles.push((LIFE_BEGAN.to_owned(), now.0.to_string()));
        }
        Ok(Commit {
            row,
            outcome: gathered.outcome(),
            news: subject.news.clone(),
            issue: subject.key,
            expected_version: subject.version,
            state: as_stored(&subject, &state),
            history: gathered.history,
            words: self.words_to_runs(&gathered.effects),
            effects: gathered.effects,
            timers: gathered.timers,
            links: happened.links,
            refusals_told: gathered.told,
            forgotten,
            handles,
            answers: gathered.answers,
            limits: gathered.limits,
            entered: gathered.entered,
            feedback: gathered.feedback,
            handoffs,
            internal: Vec::new(),
            now,
        })
    }

    /// When the status comment may be edited next.
    pub(super) async fn status_due(
        &self,
        key: IssueKey,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let last = self.store.handle(key, "status-at").await?;
        let last = last.and_then(|it| it.parse().ok()).map(Timestamp);
        Ok(last.map_or(now, |it| now.max(it + STATUS_EVERY)))
    }
}

/// The issue as it is stored with its new state.
fn as_stored(subject: &Subject, state: &State) -> NewIssueState {
    NewIssueState {
        installation: subject.installation,
        owner: subject.repository.owner.clone(),
        name: subject.repository.name.clone(),
        life: i64::from(state.life),
        stage: state.stage.name().to_owned(),
        state: json!(state).to_string(),
        snapshot: json!(subject.snapshot).to_string(),
        title: subject.snapshot.title.clone(),
    }
}

/// The id a run gets if the event at `index` starts one: like an effect's key, but apart from them.
fn fresh_run(issue: IssueKey, version: i64, index: usize) -> RunId {
    RunId(format!("{issue}/{}/run{index}", version + 1))
}

/// What one row says happened, and what was read for it.
struct Happened<'a> {
    events: &'a [Event],
    links: Vec<(Hint, Lane)>,
    head: Head,
}

/// What the decisions of one row add up to.
struct Gathered {
    issue: IssueKey,
    status_due: Timestamp,
    now: Timestamp,
    history: Vec<NewHistory>,
    effects: Vec<NewEffect>,
    timers: Vec<TimerChange>,
    told: Vec<UserId>,
    /// Under which handles it is remembered that a reader was answered.
    answered: Vec<String>,
    /// Answers that wait for somebody who may give them, while questions are open.
    held: Option<HeldAnswers>,
    /// What people said with words by which runs begin.
    said: Said,
    reactions: Vec<Effect>,
    answers: Vec<Answer>,
    /// The issue's limit, if one of the events has set it.
    limit: Option<MicroUsd>,
    limits: Vec<OwnLimit>,
    entered: Vec<EnteredCost>,
    feedback: Vec<NewFeedback>,
    ignored: Option<&'static str>,
    changed: bool,
}

impl Gathered {
    fn new(issue: IssueKey, status_due: Timestamp, now: Timestamp) -> Gathered {
        Gathered {
            issue,
            status_due,
            now,
            history: Vec::new(),
            effects: Vec::new(),
            timers: Vec::new(),
            told: Vec::new(),
            answered: Vec::new(),
            held: None,
            said: Said::new(),
            reactions: Vec::new(),
            answers: Vec::new(),
            limit: None,
            limits: Vec::new(),
            entered: Vec::new(),
            feedback: Vec::new(),
            ignored: None,
            changed: false,
        }
    }

    /// What is remembered: when readers were answered, and what else is told.
    fn handles(&self, beside: Option<(String, String)>) -> Vec<(String, String)> {
        let answered = self.answered.iter().map(|it| (it.clone(), self.now.0.to_string()));
        let held = self.held.as_ref().and_then(HeldAnswers::stored);
        answered.chain(held).chain(self.said.clone()).chain(beside).collect()
    }

    /// What earlier events of the row have made of the issue's money.
    fn adjust(&self, money: &mut Money) {
        money.limit = self.limit.unwrap_or(money.limit);
        money.booked |= !self.entered.is_empty();
    }

    /// The event as the one behind a refusal in the same comment sees it: its author has been told.
    fn as_told(&self, event: &Event) -> Event {
        let mut event = event.clone();
        if let Event::Asked { by, .. } = &mut event {
            by.told |= self.told.contains(&by.id);
        }
        event
    }

    fn add(
        &mut self,
        before: &State,
        event: &Event,
        decision: &Decision,
        snapshot: &IssueSnapshot,
    ) {
        match &decision.verdict {
            Verdict::Ignored(why) => self.ignored = Some(why.reason()),
            Verdict::Refused(_) => self.changed = true,
            Verdict::Done => {
                self.changed = true;
                self.answered.extend(event.once_an_hour().map(answered_handle));
            }
        }
        self.history.push(NewHistory {
            event: event.name().to_owned(),
            from: before.stage.name().to_owned(),
            to: decision.state.stage.name().to_owned(),
            reasons: reasons(&decision.verdict),
        });
        self.said.extend(said(before, (event, decision), self.now));
        let shows_held = self.held.as_mut().is_some_and(|it| it.note(event, decision));
        for effect in &decision.effects {
            if is_about_held(effect) && !shows_held {
                continue;
            }
            self.effect(effect, event, &decision.state, snapshot);
        }
    }

    /// Timers and answers are rows of their own, written with the decision; all else waits in the
    /// outbox.
    fn effect(&mut self, effect: &Effect, event: &Event, state: &State, snapshot: &IssueSnapshot) {
        match effect {
            Effect::SetTimer { kind, due } => self.timers.push(TimerChange::Set {
                kind: kind.name().to_owned(),
                epoch: i64::from(state.epoch),
                due: *due,
            }),
            Effect::CancelTimers => self.timers.push(TimerChange::CancelAll),
            Effect::RecordAnswers { run, round, answers, by } => {
                let Some(who) = actor(event) else { return };
                self.answers.extend(answers.iter().map(|it| Answer {
                    run: run.clone(),
                    round: i64::from(*round),
                    position: i64::from(it.question),
                    text: json!({ "choice": it.choice, "text": it.text, "by": by }).to_string(),
                    by: who.id,
                    at: self.now,
                }));
            }
            Effect::Post { post: Post::Refused { .. } } => {
                self.told.extend(actor(event).map(|it| it.id));
                self.outbox(effect, snapshot);
            }
            Effect::BookCost { .. } => self.entered.extend(entered(effect, self.issue)),
            Effect::RecordFeedback { feedback } => {
                self.feedback.extend(actor(event).map(|by| feedback::row(feedback, by.id)));
            }
            Effect::SetBudget { limit, run } => self.set_limits(*limit, run.as_ref()),
            // Two refused commands in one comment are one reaction.
            Effect::React { .. } if self.reactions.contains(effect) => {}
            Effect::React { .. } => {
                self.reactions.push(effect.clone());
                self.outbox(effect, snapshot);
            }
            Effect::ReactOnLine { .. }
            | Effect::AnswerThreads { .. }
            | Effect::ShowLevel { .. }
            | Effect::DropLabel { .. }
            | Effect::DropOthers { .. }
            | Effect::ShowPlanNews { .. }
            | Effect::ShowCall { .. }
            | Effect::ShowPlanCheck { .. }
            | Effect::ShowStale { .. }
            | Effect::ShowWork { .. }
            | Effect::ClosePullRequest
            | Effect::PushChanges { .. }
            | Effect::KeepYes { .. }
            | Effect::FinishPlan { .. }
            | Effect::UpsertStatus
            | Effect::Post { .. }
            | Effect::StartRun { .. }
            | Effect::TellRun { .. }
            | Effect::AskForNote { .. }
            | Effect::Capture { .. }
            | Effect::ShowAnswers { .. }
            | Effect::ResumeRun { .. }
            | Effect::StopRun { .. }
            | Effect::HoldRun { .. }
            | Effect::ReleaseRun { .. }
            | Effect::CommitPlan { .. }
            | Effect::UpsertPullRequest { .. } => self.outbox(effect, snapshot),
        }
    }

    /// The later one in a comment holds.
    fn set_limits(&mut self, limit: MicroUsd, run: Option<&RunLimit>) {
        self.limit = Some(limit);
        self.limits.push(OwnLimit { scope: issue_scope(self.issue), limit });
        self.limits.extend(run.map(|it| OwnLimit { scope: run_scope(&it.run), limit: it.limit }));
    }

    fn outbox(&mut self, effect: &Effect, snapshot: &IssueSnapshot) {
        let (slot, due) = waits(effect, self.now, self.status_due);
        let mut payload = json!({ "effect": effect });
        if matches!(effect, Effect::StartRun { .. }) {
            // A run reads the words of the moment it was asked for, not of the moment it begins.
            payload["issue"] = json!(snapshot);
        }
        self.effects.push(NewEffect {
            kind: effect.name().to_owned(),
            slot,
            payload,
            due,
            content_write: is_paced(effect),
        });
    }

    fn outcome(&self) -> Outcome {
        match self.ignored {
            Some(reason) if !self.changed => Outcome::Ignored(reason.to_owned()),
            Some(_) | None => Outcome::Done,
        }
    }
}

/// Whether it shows the answers that are held.
fn is_about_held(effect: &Effect) -> bool {
    matches!(effect, Effect::Post { post: Post::Refused { refusal: Refused::AnswerHeld, .. } })
}

/// Why, as data for the history.
fn reasons(verdict: &Verdict) -> serde_json::Value {
    match verdict {
        Verdict::Done => json!({ "verdict": "done" }),
        Verdict::Refused(refusal) => json!({ "verdict": "refused", "why": refusal }),
        Verdict::Ignored(why) => json!({ "verdict": "ignored", "why": why.reason() }),
    }
}
