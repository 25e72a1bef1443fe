//! Deliveries: once, whole, in order, in groups.

use std::time::{Duration, Instant};

use baton::base::{IssueNumber, RepositoryId};
use baton::store::{DatabaseSettings, Hint, Lane, NewDelivery, Outcome, Received, Source};

use super::{ACME, API, Db, at, claim, delivery, internal, issue, on_both};

/// More patience than a test has.
const FOREVER: Duration = Duration::from_secs(3_600);

on_both! {
    /// Case 6: the same delivery 50 times at once is stored once.
    async fn a_delivery_is_stored_once(db: &Db) {
        let store = db.open().await;
        let tries = (0..50).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery("same", 1, 0)).await.unwrap() })
        });
        let mut new = 0;
        for received in tries.collect::<Vec<_>>() {
            new += usize::from(received.await.unwrap() == Received::New);
        }
        assert_eq!(new, 1);
        assert_eq!(store.health().await.unwrap().inbox_pending, 1);
    }

    /// Servers whose delivery ids are not unique lose nothing.
    async fn the_same_id_with_another_body_is_another_delivery(db: &Db) {
        let store = db.open().await;
        let other = NewDelivery { body: b"{}".to_vec(), ..delivery("same", 1, 0) };
        assert_eq!(store.receive(delivery("same", 1, 0)).await.unwrap(), Received::New);
        assert_eq!(store.receive(other.clone()).await.unwrap(), Received::New);
        assert_eq!(store.receive(other).await.unwrap(), Received::Known);
    }

    /// Whoever presses *Redeliver* after a mended fault is heard: id and body are the same then.
    async fn what_failed_can_be_delivered_again(db: &Db) {
        let store = db.open().await;
        let lease = |at| claim("w", at);
        for outcome in [Outcome::Failed("it broke".into()), Outcome::Unparsed("odd".into())] {
            assert_eq!(store.receive(delivery("one", 1, 0)).await.unwrap(), Received::New);
            let held = store.claim_lane(lease(at(1))).await.unwrap().unwrap();
            let row = store.next_in_lane(&held).await.unwrap().unwrap();
            assert_eq!(row.body, delivery("one", 1, 0).body);
            store.finish_row(&held, &row, &outcome, &[], at(2)).await.unwrap();
            store.release_lane(held).await.unwrap();
        }
        // Its body is gone by now, and comes with the delivery.
        assert_eq!(store.empty_bodies(at(3), 9).await.unwrap(), 1);
        assert_eq!(store.receive(delivery("one", 1, 4)).await.unwrap(), Received::New);
        assert_eq!(store.receive(delivery("one", 1, 5)).await.unwrap(), Received::Known);
        let held = store.claim_lane(lease(at(5))).await.unwrap().unwrap();
        let row = store.next_in_lane(&held).await.unwrap().unwrap();
        let first = delivery("one", 1, 0);
        assert_eq!((&row.body, row.received, row.attempts), (&first.body, first.received, 0));
        store.finish_row(&held, &row, &Outcome::Done, &[], at(6)).await.unwrap();
        assert_eq!(store.receive(delivery("one", 1, 7)).await.unwrap(), Received::Known);
    }

    /// NUL, broken UTF-8 and an empty body come back byte for byte; odd headers do not stop them.
    async fn every_body_is_stored(db: &Db) {
        let store = db.open().await;
        let bodies: [&[u8]; 4] = [b"", b"{\"a\":\"\0\"}", &[0xff, 0xfe, 0x00], "ß😀".as_bytes()];
        for (n, body) in (0_i64..).zip(bodies) {
            let odd = NewDelivery {
                event: "issu\0es".to_owned(),
                action: Some("\0".to_owned()),
                hint: Hint::Branch("a\0b".to_owned()),
                body: body.to_vec(),
                ..delivery(&format!("odd\0{n}"), 1, n)
            };
            assert_eq!(store.receive(odd.clone()).await.unwrap(), Received::New);
            assert_eq!(store.receive(odd).await.unwrap(), Received::Known);
        }
        let lease = store.claim_lane(claim("w", at(9))).await.unwrap().unwrap();
        assert_eq!(lease.lane(), Lane::Repository(API));
        for body in bodies {
            let row = store.next_in_lane(&lease).await.unwrap().unwrap();
            assert_eq!(row.body, body);
            let outcome = Outcome::Unparsed("no\0JSON".to_owned());
            store.finish_row(&lease, &row, &outcome, &[], at(9)).await.unwrap();
            let kept = store.delivery(&row.id).await.unwrap().unwrap();
            assert_eq!((kept.status.as_str(), kept.row.body.as_slice()), ("unparsed", body));
            assert_eq!(kept.reason.as_deref(), Some("no\u{fffd}JSON"));
        }
        assert_eq!(store.health().await.unwrap().inbox_unparsed, 4);
    }

    /// Rows of a lane come in the order they arrived, also those of one millisecond.
    async fn a_lane_keeps_the_order(db: &Db) {
        let store = db.open().await;
        store.receive(delivery("later", 1, 5)).await.unwrap();
        for n in 0..20 {
            store.receive(delivery(&format!("{n}"), 1, 0)).await.unwrap();
        }
        let lease = store.claim_lane(claim("w", at(9))).await.unwrap().unwrap();
        let mut seen = Vec::new();
        while let Some(row) = store.next_in_lane(&lease).await.unwrap() {
            store.finish_row(&lease, &row, &Outcome::Done, &[], at(9)).await.unwrap();
            seen.push(row.delivery_id.0);
        }
        let expected: Vec<String> =
            (0..20).map(|n| n.to_string()).chain(["later".to_owned()]).collect();
        assert_eq!(seen, expected);
    }

    /// What names no issue waits beside the issues, not among them.
    async fn deliveries_wait_where_they_belong(db: &Db) {
        let store = db.open().await;
        let push = NewDelivery { hint: Hint::None, ..delivery("push", 0, 0) };
        let install = NewDelivery { repository: None, hint: Hint::None, ..delivery("inst", 0, 1) };
        let ping = NewDelivery { installation: None, ..install.clone() };
        let ping = NewDelivery { received: at(2), body: b"ping".to_vec(), ..ping };
        for it in [push, install, ping, delivery("issue", 3, 3)] {
            store.receive(it).await.unwrap();
        }
        for expected in
            [Lane::Repository(API), Lane::Installation(ACME), Lane::Other, Lane::Issue(issue(3))]
        {
            let lease = store.claim_lane(claim("w", at(9))).await.unwrap().unwrap();
            assert_eq!(lease.lane(), expected);
        }
        assert!(store.claim_lane(claim("w", at(9))).await.unwrap().is_none());
    }

    /// The engine's own events are known by their id alone.
    async fn an_internal_event_is_stored_once(db: &Db) {
        let store = db.open().await;
        store.receive(NewDelivery { hint: Hint::None, ..delivery("gone", 0, 0) }).await.unwrap();
        let lease = store.claim_lane(claim("w", at(0))).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        let mut twice = internal("removed/42/1", 1, 0);
        twice.body = serde_json::json!("told otherwise");
        let events = [internal("removed/42/1", 1, 0), internal("removed/42/2", 2, 0), twice];
        store.finish_row(&lease, &row, &Outcome::Done, &events, at(0)).await.unwrap();
        let lease = store.claim_lane(claim("w", at(0))).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert_eq!((row.source, row.event.as_str()), (Source::Engine, "told"));
        assert_eq!(lease.lane(), Lane::Issue(issue(1)));
        assert_eq!(store.health().await.unwrap().inbox_pending, 2);
    }

    /// 200 at once are one answer each, and share transactions.
    async fn concurrent_deliveries_are_all_stored(db: &Db) {
        let store = db.open().await;
        let all = (0..200).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery(&format!("{n}"), n, 0)).await })
        });
        for received in all.collect::<Vec<_>>() {
            assert_eq!(received.await.unwrap().unwrap(), Received::New);
        }
        assert_eq!(store.health().await.unwrap().inbox_pending, 200);
        assert_eq!(store.deliveries(1_000).await.unwrap().len(), 200);
    }

    /// A statement inserts many rows; each sender still learns about its own.
    async fn known_deliveries_among_new_ones_are_told_apart(db: &Db) {
        let store = db.open().await;
        for n in (0..60).step_by(3) {
            store.receive(delivery(&n.to_string(), n, 0)).await.unwrap();
        }
        let tries = (0..60).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery(&n.to_string(), n, 1)).await.unwrap() })
        });
        for (n, received) in tries.collect::<Vec<_>>().into_iter().enumerate() {
            let expected = if n % 3 == 0 { Received::Known } else { Received::New };
            assert_eq!(received.await.unwrap(), expected, "{n}");
        }
        assert_eq!(store.health().await.unwrap().inbox_pending, 60);
    }

    /// Whoever gives way to the door goes on when its burst is over.
    async fn a_burst_ends(db: &Db) {
        let store = db.open().await;
        store.give_way(FOREVER).await;
        let tries = (0..200).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery(&n.to_string(), n, 0)).await.unwrap() })
        });
        for received in tries.collect::<Vec<_>>() {
            received.await.unwrap();
        }
        tokio::time::timeout(Duration::from_secs(60), store.give_way(FOREVER)).await.unwrap();
    }

    /// A row that the database refuses does not take its neighbours with it, and is told so.
    async fn a_refused_row_fails_alone(db: &Db) {
        let store = db.open().await;
        let refuse = match db.settings {
            DatabaseSettings::Sqlite { .. } => {
                "CREATE TRIGGER refuse BEFORE INSERT ON inbox WHEN NEW.delivery_id = 'bad'
                 BEGIN SELECT RAISE(ABORT, 'refused'); END"
            }
            DatabaseSettings::Postgres { .. } => {
                "ALTER TABLE inbox ADD CHECK (delivery_id <> 'bad')"
            }
        };
        sqlx::raw_sql(refuse).execute(&mut db.connect().await).await.unwrap();
        let all = (0..40).map(|n| {
            let id = if n % 20 == 7 { "bad".to_owned() } else { n.to_string() };
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery(&id, n, 0)).await })
        });
        let mut refused = 0;
        for received in all.collect::<Vec<_>>() {
            refused += usize::from(received.await.unwrap().is_err());
        }
        assert_eq!((refused, store.health().await.unwrap().inbox_pending), (2, 38));
    }

    /// Case 10 for the store alone: 2,000 deliveries in far less than the 10 s they arrive in.
    async fn two_thousand_deliveries_are_stored_quickly(db: &Db) {
        let store = db.open().await;
        #[expect(clippy::disallowed_methods, reason = "the test measures real time")]
        let start = Instant::now();
        let all = (0..2_000).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(delivery(&format!("{n}"), n % 50, n)).await })
        });
        for received in all.collect::<Vec<_>>() {
            assert_eq!(received.await.unwrap().unwrap(), Received::New);
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }

    /// A row that was read before its pull request was known moves to the issue's lane.
    async fn a_row_can_move_to_its_lane(db: &Db) {
        let store = db.open().await;
        store.receive(delivery("pr", 9, 0)).await.unwrap();
        let lease = store.claim_lane(claim("w", at(0))).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        store.relane(&lease, &row, Lane::Issue(issue(1))).await.unwrap();
        assert!(store.next_in_lane(&lease).await.unwrap().is_none());
        let lease = store.claim_lane(claim("w", at(0))).await.unwrap().unwrap();
        assert_eq!(lease.lane(), Lane::Issue(issue(1)));
        assert_eq!(store.next_in_lane(&lease).await.unwrap().unwrap().id, row.id);
    }

    /// A number without a repository cannot name an issue.
    async fn a_hint_needs_its_repository(db: &Db) {
        let store = db.open().await;
        let foreign = RepositoryId(43);
        let it = NewDelivery {
            repository: Some(foreign),
            hint: Hint::Number(IssueNumber(1)),
            ..delivery("x", 1, 0)
        };
        store.receive(it).await.unwrap();
        store.receive(NewDelivery { repository: None, ..delivery("y", 1, 1) }).await.unwrap();
        let lease = store.claim_lane(claim("w", at(1))).await.unwrap().unwrap();
        assert_eq!(lease.lane().to_string(), "issue/43/1");
        let lease = store.claim_lane(claim("w", at(1))).await.unwrap().unwrap();
        assert_eq!(lease.lane(), Lane::Installation(ACME));
    }
}

/// Case 40: on a full disk SQLite rolls back by itself (as this trigger does). Deliveries are
/// refused while it lasts, and stored again after it.
#[tokio::test]
async fn a_full_disk_is_survived() {
    let db = Db::sqlite();
    let store = db.open().await;
    let mut beside = db.connect().await;
    let full = "CREATE TRIGGER full_disk BEFORE INSERT ON inbox
                BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END";
    sqlx::raw_sql(full).execute(&mut beside).await.unwrap();
    for n in 0..3 {
        let refused = store.receive(delivery(&format!("{n}"), 1, 0)).await;
        assert!(refused.unwrap_err().to_string().contains("disk is full"));
    }
    sqlx::raw_sql("DROP TRIGGER full_disk").execute(&mut beside).await.unwrap();
    for n in 0..3 {
        let stored = store.receive(delivery(&format!("{n}"), 1, 0)).await.unwrap();
        assert_eq!(stored, Received::New);
    }
    assert_eq!(store.health().await.unwrap().inbox_pending, 3);
}
