//! What happened: one row per delivery, and one per event of the engine itself.
//!
//! A delivery is known by (delivery id, hash of its body): GitHub keeps the id on a redelivery, and
//! servers whose ids are not unique do not lose a delivery to somebody else's id. The engine's own
//! events have deterministic ids and are known by those alone.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{
    DeliveryId, InstallationId, IssueKey, IssueNumber, RepositoryId, Sha, Timestamp,
};
use crate::store::columns::{Columns as _, storable};
use crate::store::insert::insert_rows;
use crate::store::{CommitError, Lane, LaneLease, Store, StoreError};

/// A webhook as the door hands it over: verified, not yet understood.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// `X-GitHub-Delivery`.
    pub delivery_id: DeliveryId,
    /// `X-GitHub-Event`.
    pub event: String,
    /// `action` of the payload.
    pub action: Option<String>,
    /// The installation, when the payload names it.
    pub installation: Option<InstallationId>,
    /// The repository, when the payload names it.
    pub repository: Option<RepositoryId>,
    /// What it is about inside the repository.
    pub hint: Hint,
    /// The raw bytes that the signature covered.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received: Timestamp,
}

/// What a delivery is about inside its repository, as far as the door can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// An issue's or pull request's number.
    Number(IssueNumber),
    /// A branch, without `refs/heads/`.
    Branch(String),
    /// A commit, where neither a branch nor a pull request is named.
    Sha(Sha),
    /// Nothing narrower than the repository.
    None,
}

impl Hint {
    /// The key of this hint in `links`; empty for none.
    pub(super) fn key(&self) -> String {
        match self {
            Hint::Number(number) => format!("number:{number}"),
            Hint::Branch(name) => format!("branch:{}", storable(name)),
            Hint::Sha(sha) => format!("sha:{}", storable(sha.as_str())),
            Hint::None => String::new(),
        }
    }
}

/// Whether a delivery was written down by this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is on disk now and will be handled.
    New,
    /// It was on disk already.
    Known,
}

/// An event that the engine tells itself: a timer that fired, a run that reported, an effect that
/// was answered.
#[derive(Clone, Debug)]
pub struct NewInternal {
    /// A deterministic id: the same fact told twice is one event.
    pub delivery_id: DeliveryId,
    /// The installation the issue belongs to.
    pub installation: InstallationId,
    /// The issue it is about.
    pub issue: IssueKey,
    /// Its kind, in the engine's words.
    pub event: String,
    /// Its content.
    pub body: Value,
    /// When it happened.
    pub received: Timestamp,
}

/// Where a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A webhook.
    Github,
    /// The engine itself.
    Engine,
}

/// A row that waits to be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    /// The row's own id; ids grow with time.
    pub id: String,
    /// The id it was delivered under.
    pub delivery_id: DeliveryId,
    /// Where it came from.
    pub source: Source,
    /// The event's name.
    pub event: String,
    /// The payload's action.
    pub action: Option<String>,
    /// The installation, when named.
    pub installation: Option<InstallationId>,
    /// The repository, when named.
    pub repository: Option<RepositoryId>,
    /// The body, byte for byte as it came.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received: Timestamp,
    /// How often handling it was tried and put off.
    pub attempts: i64,
}

/// How a row ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was decided upon.
    Done,
    /// It is nothing Baton acts on, and why.
    Ignored(String),
    /// It could not be understood, and why.
    Unparsed(String),
    /// Handling it failed too often, and how.
    Failed(String),
}

impl Outcome {
    pub(super) fn columns(&self) -> (&'static str, Option<String>) {
        match self {
            Outcome::Done => ("done", None),
            Outcome::Ignored(reason) => ("ignored", Some(storable(reason))),
            Outcome::Unparsed(reason) => ("unparsed", Some(storable(reason))),
            Outcome::Failed(reason) => ("failed", Some(storable(reason))),
        }
    }
}

/// A stored delivery, for pages and replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The row as it was handled.
    pub row: InboxRow,
    /// `pending`, `done`, `ignored`, `unparsed` or `failed`.
    pub status: String,
    /// Why, where there is a reason.
    pub reason: Option<String>,
    /// The lane it stands in.
    pub lane: Lane,
}

impl Store {
    /// Writes a delivery down and answers after it is on disk. Calls that come together share one
    /// transaction.
    ///
    /// # Errors
    /// Nothing of this delivery was stored; the door answers 503 and GitHub's log keeps it.
    pub async fn receive(&self, delivery: NewDelivery) -> Result<Received, StoreError> {
        let row = RowToInsert::delivery(delivery, &self.ids);
        self.intake.insert(row).await
    }

    /// Ends a row that changes no issue: ignored, unparsed, or handled by telling issues through
    /// internal events, which are inserted in the same transaction.
    ///
    /// # Errors
    /// [`CommitError::LostLease`], or [`CommitError::LostRace`] when the row is no longer pending
    /// in this lane.
    pub async fn finish_row(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        outcome: &Outcome,
        internal: &[NewInternal],
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let mut tx = self.write().await?;
        lease.check(&mut tx).await?;
        end_row(&mut tx, lease.lane(), &row.id, (outcome, None), now).await?;
        for event in internal {
            insert_internal(&mut tx, &self.ids, event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes down one of the engine's own events; a known one changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn tell(&self, event: &NewInternal) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        insert_internal(&mut tx, &self.ids, event).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the very bytes of `row` were decided upon under another delivery id: what a person
    /// wrote once is asked for once.
    ///
    /// # Errors
    /// The database's.
    pub async fn body_was_handled(&self, row: &InboxRow) -> Result<bool, StoreError> {
        let earlier = sqlx::query(
            "SELECT id FROM inbox
             WHERE status = 'done' AND source = 'github' AND event = $1 AND id <> $2
               AND body_sha256 = (SELECT body_sha256 FROM inbox WHERE id = $2)
             LIMIT 1",
        )
        .bind(row.event.as_str())
        .bind(row.id.as_str())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        Ok(earlier.is_some())
    }

    /// Whether the same news was decided upon under another delivery id, in whatever words.
    ///
    /// # Errors
    /// The database's.
    pub async fn news_was_handled(&self, row: &InboxRow, news: &str) -> Result<bool, StoreError> {
        let earlier = sqlx::query(
            "SELECT id FROM inbox WHERE news = $1 AND status = 'done' AND id <> $2 LIMIT 1",
        )
        .bind(storable(news))
        .bind(row.id.as_str())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        Ok(earlier.is_some())
    }

    /// One stored delivery with its status, by the id of its row.
    ///
    /// # Errors
    /// The database's.
    pub async fn delivery(&self, id: &str) -> Result<Option<Delivery>, StoreError> {
        let row = sqlx::query("SELECT * FROM inbox WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *self.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Delivery {
            status: row.text("status")?,
            reason: row.maybe_text("reason")?,
            lane: Lane::from_column(&row.text("lane")?)?,
            row: inbox_row(&row)?,
        }))
    }
}

/// Ids that grow with time (UUIDv7): rows of one millisecond keep the order they came in.
#[derive(Default)]
pub(super) struct Ids(Mutex<uuid::ContextV7>);

impl Ids {
    pub(super) fn next(&self, at: Timestamp) -> String {
        let millis = u64::try_from(at.0).unwrap_or(0);
        let nanos = u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let time = uuid::Timestamp::from_unix(&*context, millis / 1_000, nanos);
        uuid::Uuid::new_v7(time).to_string()
    }
}

/// A row with every column ready.
#[derive(Debug)]
pub(super) struct RowToInsert {
    pub(super) id: String,
    pub(super) delivery_id: String,
    pub(super) body_sha256: String,
    pub(super) body: String,
    pub(super) source: &'static str,
    pub(super) event: String,
    pub(super) action: Option<String>,
    pub(super) installation: Option<i64>,
    pub(super) repository: Option<i64>,
    pub(super) hint: String,
    pub(super) lane: String,
    pub(super) encoding: &'static str,
    pub(super) received: i64,
}

impl RowToInsert {
    fn delivery(delivery: NewDelivery, ids: &Ids) -> RowToInsert {
        let body_sha256 = hex::encode(Sha256::digest(&delivery.body));
        let (encoding, body) = encode(delivery.body);
        let lane = Lane::by_default(delivery.installation, delivery.repository, &delivery.hint)
            .to_string();
        RowToInsert {
            id: ids.next(delivery.received),
            delivery_id: storable(delivery.delivery_id.as_str()),
            body_sha256,
            body,
            source: "github",
            event: storable(&delivery.event),
            action: delivery.action.as_deref().map(storable),
            installation: delivery.installation.map(|it| it.0),
            repository: delivery.repository.map(|it| it.0),
            hint: delivery.hint.key(),
            lane,
            encoding,
            received: delivery.received.0,
        }
    }

    fn internal(event: &NewInternal, ids: &Ids) -> RowToInsert {
        RowToInsert {
            id: ids.next(event.received),
            delivery_id: storable(event.delivery_id.as_str()),
            body_sha256: String::new(),
            body: event.body.to_string(),
            source: "engine",
            event: storable(&event.event),
            action: None,
            installation: Some(event.installation.0),
            repository: Some(event.issue.repository.0),
            hint: String::new(),
            lane: Lane::Issue(event.issue).to_string(),
            encoding: "text",
            received: event.received.0,
        }
    }
}

/// Inserts one of the engine's own events; a known one changes nothing.
pub(super) async fn insert_internal(
    connection: &mut AnyConnection,
    ids: &Ids,
    event: &NewInternal,
) -> Result<(), StoreError> {
    insert_rows(connection, &[&RowToInsert::internal(event, ids)]).await?;
    Ok(())
}

/// Gives a pending row of this lane its outcome, and keeps what news it told.
pub(super) async fn end_row(
    connection: &mut AnyConnection,
    lane: Lane,
    id: &str,
    (outcome, news): (&Outcome, Option<&str>),
    now: Timestamp,
) -> Result<(), CommitError> {
    let (status, reason) = outcome.columns();
    let ended = sqlx::query(
        "UPDATE inbox SET status = $1, reason = $2, finished_ms = $3, news = $6
         WHERE id = $4 AND lane = $5 AND status = 'pending'",
    )
    .bind(status)
    .bind(reason)
    .bind(now.0)
    .bind(id)
    .bind(lane.to_string())
    .bind(news.map(storable))
    .execute(connection)
    .await?
    .rows_affected();
    if ended == 1 { Ok(()) } else { Err(CommitError::LostRace) }
}

pub(super) fn inbox_row(row: &AnyRow) -> Result<InboxRow, StoreError> {
    let source = row.text("source")?;
    Ok(InboxRow {
        id: row.text("id")?,
        delivery_id: DeliveryId(row.text("delivery_id")?),
        source: match source.as_str() {
            "github" => Source::Github,
            "engine" => Source::Engine,
            other => return Err(StoreError::unreadable("source", other)),
        },
        event: row.text("event")?,
        action: row.maybe_text("action")?,
        installation: row.maybe_int("installation_id")?.map(InstallationId),
        repository: row.maybe_int("repository_id")?.map(RepositoryId),
        body: decode(&row.text("encoding")?, row.text("body")?)?,
        received: row.at("received_ms")?,
        attempts: row.int("attempts")?,
    })
}

/// Text stays readable in the database; what PostgreSQL cannot hold as text becomes base64.
fn encode(body: Vec<u8>) -> (&'static str, String) {
    if body.contains(&0) {
        return ("base64", BASE64.encode(body));
    }
    match String::from_utf8(body) {
        Ok(text) => ("text", text),
        Err(error) => ("base64", BASE64.encode(error.as_bytes())),
    }
}

fn decode(encoding: &str, body: String) -> Result<Vec<u8>, StoreError> {
    match encoding {
        "text" => Ok(body.into_bytes()),
        "base64" => BASE64.decode(&body).map_err(|_| StoreError::unreadable("body", &body)),
        other => Err(StoreError::unreadable("encoding", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], expected: &str) {
        let (encoding, text) = encode(body.to_vec());
        assert_eq!(encoding, expected, "{body:?}");
        assert!(!text.contains('\0'));
        assert_eq!(decode(encoding, text).unwrap(), body);
    }

    #[test]
    fn bodies_read_back_byte_for_byte() {
        check(b"", "text");
        check(br#"{"a":"\u0000"}"#, "text");
        check("{\"a\":\"ß😀\"}".as_bytes(), "text");
        check(b"{\"a\":\"\0\"}", "base64");
        check(&[0xff, 0xfe, b'{'], "base64");
    }

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let ids = Ids::default();
        let made: Vec<String> = (0..5_000).map(|n| ids.next(Timestamp(n / 2_000))).collect();
        assert!(made.is_sorted());
    }
}
