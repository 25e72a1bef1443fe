//! One decision, one transaction: state, history, effects, timers, links and the end of the inbox
//! row stand together or not at all.
//!
//! Two guards: the lane's lease (a slow worker whose lease was taken over writes nothing) and the
//! issue's version (a decision taken on an old state is taken again).

use serde_json::Value;
use sqlx::AnyConnection;

use crate::base::{InstallationId, IssueKey, RunId, Timestamp, UserId};
use crate::store::budget::{place, write_own_limit};
use crate::store::columns::{Columns as _, storable};
use crate::store::entered::write_entered;
use crate::store::feedback::{NewFeedback, write_feedback};
use crate::store::handoffs::write_handoff;
use crate::store::inbox::{end_row, insert_internal};
use crate::store::issues::{drop_handle, put_handle};
use crate::store::pace::ensure_installation;
use crate::store::questions::write_answer;
use crate::store::transcript::hear;
use crate::store::{
    Answer, CommitError, EnteredCost, Hint, InboxRow, Lane, LaneLease, NewHandoff, NewInternal,
    Outcome, OwnLimit, Store, StoreError, Told,
};

/// Everything one decision changes.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The row that was decided upon.
    pub row: &'a InboxRow,
    /// How it ended.
    pub outcome: Outcome,
    /// What news it told, where the same may come under another delivery id.
    pub news: Option<String>,
    /// The issue.
    pub issue: IssueKey,
    /// The version the decision was taken on; 0 when there was no row. The commit makes the next.
    pub expected_version: i64,
    /// The state after it.
    pub state: NewIssueState,
    /// What is remembered of it.
    pub history: Vec<NewHistory>,
    /// What must be done, in order. The effect at `i` has the key
    /// `issue.effect(expected_version + 1, i)`.
    pub effects: Vec<NewEffect>,
    /// Timers set and cancelled, in order.
    pub timers: Vec<TimerChange>,
    /// Branches and pull requests that belong to a lane from now on; rows that already wait for
    /// them move there.
    pub links: Vec<(Hint, Lane)>,
    /// Whom a refusal is told with this decision.
    pub refusals_told: Vec<UserId>,
    /// What is no longer remembered of the issue, by kind.
    pub forgotten: Vec<String>,
    /// What else is remembered of the issue from now on, by kind.
    pub handles: Vec<(String, String)>,
    /// Answers to open questions; a later one replaces an earlier one.
    pub answers: Vec<Answer>,
    /// Limits that somebody set by word.
    pub limits: Vec<OwnLimit>,
    /// Costs that somebody entered.
    pub entered: Vec<EnteredCost>,
    /// What people chose over what was computed.
    pub feedback: Vec<NewFeedback>,
    /// Changes of hands that it makes.
    pub handoffs: Vec<NewHandoff>,
    /// What runs are told. A live run hears it with the decision, however long the effect waits.
    pub words: Vec<Words>,
    /// Events the decision causes at once.
    pub internal: Vec<NewInternal>,
    /// The time of the decision.
    pub now: Timestamp,
}

/// The state of an issue after a decision.
#[derive(Clone, Debug)]
pub struct NewIssueState {
    /// The installation it belongs to now.
    pub installation: InstallationId,
    /// The repository's owner, used when the repository is not known yet.
    pub owner: String,
    /// The repository's name, likewise.
    pub name: String,
    /// How often the issue was opened, from 1.
    pub life: i64,
    /// The name of the stage.
    pub stage: String,
    /// The workflow's state, JSON.
    pub state: String,
    /// The issue as GitHub showed it, JSON.
    pub snapshot: String,
    /// Its title.
    pub title: String,
}

/// A line of the issue's history.
#[derive(Clone, Debug)]
pub struct NewHistory {
    /// The event's name.
    pub event: String,
    /// The stage before.
    pub from: String,
    /// The stage after.
    pub to: String,
    /// Why, as the decision's tree of reasons.
    pub reasons: Value,
}

/// Something that must be done.
#[derive(Clone, Debug)]
pub struct NewEffect {
    /// Its name, for logs and metrics.
    pub kind: String,
    /// What an effect of this slot shows is always the newest: an earlier one that nobody has
    /// begun is dropped, and the new one is due no later than it was.
    pub slot: Option<String>,
    /// What the performer needs.
    pub payload: Value,
    /// Not before this.
    pub due: Timestamp,
    /// Whether it creates content on GitHub: such writes are paced, and serial per installation.
    pub content_write: bool,
}

/// What one of the effects tells a run.
#[derive(Clone, Debug)]
pub struct Words {
    /// The effect's position. It finds them told under its key, or tells them, where the run begins
    /// only then.
    pub effect: usize,
    /// Whom.
    pub run: RunId,
    /// What.
    pub text: String,
}

/// A change to an issue's timers; there is one per kind.
#[derive(Clone, Debug)]
pub enum TimerChange {
    /// Arms the timer of this kind, in place of an older one.
    Set {
        /// Which.
        kind: String,
        /// The epoch it speaks to.
        epoch: i64,
        /// When.
        due: Timestamp,
    },
    /// Disarms the timer of this kind.
    Cancel {
        /// Which.
        kind: String,
    },
    /// Disarms all of the issue.
    CancelAll,
}

impl Store {
    /// Commits a decision.
    ///
    /// # Errors
    /// [`CommitError::LostLease`] when another worker has the lane, [`CommitError::LostRace`] when
    /// the issue's version or the row changed: nothing was written.
    pub async fn commit(&self, lease: &LaneLease, commit: Commit<'_>) -> Result<(), CommitError> {
        let mut tx = self.write().await?;
        lease.check(&mut tx).await?;
        let told = (&commit.outcome, commit.news.as_deref());
        end_row(&mut tx, lease.lane(), &commit.row.id, told, commit.now).await?;
        write_state(&mut tx, &commit).await?;
        write_history(&mut tx, &commit).await?;
        if !commit.effects.is_empty() {
            // Effects are claimed at their installation's pace.
            ensure_installation(&mut tx, commit.state.installation).await?;
        }
        for (position, effect) in commit.effects.iter().enumerate() {
            write_effect(&mut tx, &commit, position, effect).await?;
        }
        for timer in &commit.timers {
            write_timer(&mut tx, &commit, timer).await?;
        }
        for (hint, lane) in &commit.links {
            write_link(&mut tx, commit.issue, hint, *lane).await?;
        }
        for user in &commit.refusals_told {
            write_refusal(&mut tx, &commit, *user).await?;
        }
        for kind in &commit.forgotten {
            drop_handle(&mut tx, commit.issue, kind).await?;
        }
        for (kind, value) in &commit.handles {
            put_handle(&mut tx, commit.issue, kind, value).await?;
        }
        for answer in &commit.answers {
            write_answer(&mut tx, commit.issue, answer).await?;
        }
        // A run's row comes before the limits, as where a call sets money aside.
        for words in &commit.words {
            let id = commit.issue.effect(commit.expected_version + 1, words.effect);
            let told = Told { id, text: words.text.clone(), at: commit.now };
            hear(&mut tx, &words.run, &told, false).await?;
        }
        write_limits(&mut tx, &commit).await?;
        for cost in &commit.entered {
            let whose = (commit.state.installation, commit.issue);
            write_entered(&mut tx, whose, cost, commit.now).await?;
        }
        for handoff in &commit.handoffs {
            let whose = (commit.state.installation, commit.issue);
            write_handoff(&mut tx, whose, handoff, commit.now).await?;
        }
        for feedback in (0_i64..).zip(&commit.feedback) {
            write_feedback(&mut tx, &commit, feedback).await?;
        }
        for event in &commit.internal {
            insert_internal(&mut tx, &self.ids, event).await?;
        }
        Ok(tx.commit().await?)
    }
}

async fn write_state(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
) -> Result<(), CommitError> {
    let state = &commit.state;
    let is_first = commit.expected_version == 0;
    if is_first {
        ensure_repository(connection, commit).await?;
    }
    let statement = if is_first {
        "INSERT INTO issues (repository_id, number, version, installation_id, life, stage, state,
                             snapshot, title, updated_ms)
         VALUES ($1, $2, $3 + 1, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (repository_id, number) DO NOTHING"
    } else {
        "UPDATE issues SET version = version + 1, installation_id = $4, life = $5, stage = $6,
                           state = $7, snapshot = $8, title = $9, updated_ms = $10
         WHERE repository_id = $1 AND number = $2 AND version = $3"
    };
    let written = sqlx::query(statement)
        .bind(commit.issue.repository.0)
        .bind(commit.issue.number.0)
        .bind(commit.expected_version)
        .bind(state.installation.0)
        .bind(state.life)
        .bind(storable(&state.stage))
        .bind(storable(&state.state))
        .bind(storable(&state.snapshot))
        .bind(storable(&state.title))
        .bind(commit.now.0)
        .execute(connection)
        .await?
        .rows_affected();
    if written == 1 { Ok(()) } else { Err(CommitError::LostRace) }
}

/// The repository of the issue's first state; later ones find it there.
async fn ensure_repository(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
) -> Result<(), StoreError> {
    let state = &commit.state;
    sqlx::query(
        "INSERT INTO repositories (repository_id, installation_id, owner, name)
         VALUES ($1, $2, $3, $4) ON CONFLICT (repository_id) DO NOTHING",
    )
    .bind(commit.issue.repository.0)
    .bind(state.installation.0)
    .bind(storable(&state.owner))
    .bind(storable(&state.name))
    .execute(connection)
    .await?;
    Ok(())
}

/// In the order in which calls take the rows; of two limits for one scope the later one holds. An
/// issue's row, in which costs are entered, comes after a run's.
async fn write_limits(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
) -> Result<(), StoreError> {
    let mut limits: Vec<&OwnLimit> = commit.limits.iter().collect();
    limits.sort_by_cached_key(|it| place(&it.scope, ""));
    for limit in limits {
        write_own_limit(&mut *connection, limit).await?;
    }
    Ok(())
}

async fn write_history(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
) -> Result<(), StoreError> {
    for (line, seq) in commit.history.iter().zip(0_i64..) {
        sqlx::query(
            "INSERT INTO history (inbox_id, seq, repository_id, number, version, event, from_stage,
                                  to_stage, reasons, at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(commit.row.id.as_str())
        .bind(seq)
        .bind(commit.issue.repository.0)
        .bind(commit.issue.number.0)
        .bind(commit.expected_version + 1)
        .bind(storable(&line.event))
        .bind(storable(&line.from))
        .bind(storable(&line.to))
        .bind(line.reasons.to_string())
        .bind(commit.now.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_effect(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
    position: usize,
    effect: &NewEffect,
) -> Result<(), StoreError> {
    let due = match &effect.slot {
        Some(slot) => supersede(connection, commit, slot)
            .await?
            .map_or(effect.due, |earlier| effect.due.min(earlier)),
        None => effect.due,
    };
    let version = commit.expected_version + 1;
    let key = commit.issue.effect(version, position);
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO outbox (effect_key, repository_id, number, installation_id, version, position,
                             kind, slot, payload, content_write, status, due_ms, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11, $12)",
    )
    .bind(key.as_str())
    .bind(commit.issue.repository.0)
    .bind(commit.issue.number.0)
    .bind(commit.state.installation.0)
    .bind(version)
    .bind(position)
    .bind(storable(&effect.kind))
    .bind(effect.slot.as_deref().map(storable))
    .bind(effect.payload.to_string())
    .bind(i64::from(effect.content_write))
    .bind(due.0)
    .bind(commit.now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Drops earlier effects of the slot that nobody has begun, and tells when the first was due. One
/// that was sent stays: its outcome must be looked up.
async fn supersede(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
    slot: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let dropped = sqlx::query(
        "UPDATE outbox SET status = 'dropped', error = 'superseded', finished_ms = $1
         WHERE repository_id = $2 AND number = $3 AND slot = $4 AND status = 'pending'
           AND leased_until_ms = 0 AND sent_ms IS NULL
         RETURNING due_ms",
    )
    .bind(commit.now.0)
    .bind(commit.issue.repository.0)
    .bind(commit.issue.number.0)
    .bind(storable(slot))
    .fetch_all(connection)
    .await?;
    let mut earliest = None;
    for row in dropped {
        let due = row.at("due_ms")?;
        earliest = Some(earliest.map_or(due, |it: Timestamp| it.min(due)));
    }
    Ok(earliest)
}

async fn write_timer(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
    change: &TimerChange,
) -> Result<(), StoreError> {
    let (repository, number) = (commit.issue.repository.0, commit.issue.number.0);
    let query = match change {
        TimerChange::Set { kind, epoch, due } => sqlx::query(
            "INSERT INTO timers (repository_id, number, kind, installation_id, epoch, due_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (repository_id, number, kind) DO UPDATE
                SET installation_id = excluded.installation_id, epoch = excluded.epoch,
                    due_ms = excluded.due_ms",
        )
        .bind(repository)
        .bind(number)
        .bind(kind.as_str())
        .bind(commit.state.installation.0)
        .bind(*epoch)
        .bind(due.0),
        TimerChange::Cancel { kind } => {
            sqlx::query("DELETE FROM timers WHERE repository_id = $1 AND number = $2 AND kind = $3")
                .bind(repository)
                .bind(number)
                .bind(kind.as_str())
        }
        TimerChange::CancelAll => {
            sqlx::query("DELETE FROM timers WHERE repository_id = $1 AND number = $2")
                .bind(repository)
                .bind(number)
        }
    };
    query.execute(connection).await?;
    Ok(())
}

async fn write_link(
    connection: &mut AnyConnection,
    issue: IssueKey,
    hint: &Hint,
    lane: Lane,
) -> Result<(), StoreError> {
    if *hint == Hint::None {
        return Ok(());
    }
    let unlinked = Lane::by_default(None, Some(issue.repository), hint).to_string();
    let earlier = sqlx::query("SELECT lane FROM links WHERE repository_id = $1 AND hint = $2")
        .bind(issue.repository.0)
        .bind(hint.key())
        .fetch_optional(&mut *connection)
        .await?;
    let earlier = earlier.map(|it| it.text("lane")).transpose()?;
    sqlx::query(
        "INSERT INTO links (repository_id, hint, lane) VALUES ($1, $2, $3)
         ON CONFLICT (repository_id, hint) DO UPDATE SET lane = excluded.lane",
    )
    .bind(issue.repository.0)
    .bind(hint.key())
    .bind(lane.to_string())
    .execute(&mut *connection)
    .await?;
    // Only these lanes can hold rows of the hint; to look through all that waits would take long
    // when much does.
    for from in std::iter::once(unlinked).chain(earlier) {
        sqlx::query(
            "UPDATE inbox SET lane = $1
             WHERE lane = $2 AND repository_id = $3 AND hint = $4 AND status = 'pending'",
        )
        .bind(lane.to_string())
        .bind(from)
        .bind(issue.repository.0)
        .bind(hint.key())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_refusal(
    connection: &mut AnyConnection,
    commit: &Commit<'_>,
    user: UserId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO refusals (repository_id, number, user_id, told_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repository_id, number, user_id) DO UPDATE SET told_ms = excluded.told_ms",
    )
    .bind(commit.issue.repository.0)
    .bind(commit.issue.number.0)
    .bind(user.0)
    .bind(commit.now.0)
    .execute(connection)
    .await?;
    Ok(())
}
