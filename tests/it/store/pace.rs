//! Pacing per installation: GitHub's silence, and content writes one after the other.

use baton::store::{Commit, NewEffect, Store};

use super::{ACME, STRANGER, at, claim, decide, decision, effect, next_row, on_both};

fn write(kind: &str) -> NewEffect {
    NewEffect { content_write: true, ..effect(kind, None, at(0)) }
}

async fn kind(store: &Store, seconds: i64) -> Option<String> {
    store.claim_effect(claim("w", at(seconds))).await.unwrap().map(|it| it.kind)
}

/// An effect of another installation.
async fn decide_for_stranger(store: &Store, number: i64, kind: &str) {
    let (lease, row) = next_row(store, number, kind).await;
    let mut commit = Commit { effects: vec![write(kind)], ..decision(&row, number, 0) };
    commit.state.installation = STRANGER;
    store.commit(&lease, commit).await.unwrap();
    store.release_lane(lease).await.unwrap();
}

on_both! {
    /// Case 23: `retry-after: 60` silences one installation; the others go on.
    async fn a_throttled_installation_waits_alone(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("read", None, at(0))]).await;
        decide_for_stranger(&store, 2, "foreign").await;
        store.throttle(ACME, at(60)).await.unwrap();
        store.throttle(ACME, at(10)).await.unwrap();
        assert_eq!(kind(&store, 0).await.as_deref(), Some("foreign"));
        assert_eq!(kind(&store, 29).await, None);
        assert_eq!(store.next_due(at(29)).await.unwrap(), Some(at(30)), "the foreign lease");
        assert_eq!(kind(&store, 60).await.as_deref(), Some("read"));
    }

    /// Case 29: one content write at a time, and the next not before its time; reads go on.
    async fn content_writes_are_serial(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![write("one")]).await;
        decide(&store, 2, 0, vec![write("two")]).await;
        decide(&store, 3, 0, vec![effect("read", None, at(0))]).await;
        decide_for_stranger(&store, 4, "foreign").await;
        let one = store.claim_effect(claim("w", at(0))).await.unwrap().unwrap();
        assert!(one.content_write);
        assert_eq!(kind(&store, 0).await.as_deref(), Some("read"));
        assert_eq!(kind(&store, 0).await.as_deref(), Some("foreign"));
        assert_eq!(kind(&store, 0).await, None, "the first write is in flight");
        store.note_write(ACME, at(2)).await.unwrap();
        store.effect_done(&one, &[], None, at(1)).await.unwrap();
        assert_eq!(kind(&store, 1).await, None);
        assert_eq!(store.next_due(at(1)).await.unwrap(), Some(at(2)));
        assert_eq!(kind(&store, 2).await.as_deref(), Some("two"));
    }

    /// The same with workers that claim at the same moment.
    async fn concurrent_claims_start_one_write(db: &Db) {
        let store = db.open().await;
        for n in 0..8 {
            decide(&store, n, 0, vec![write("write")]).await;
        }
        let claims = (0..8).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let worker = format!("w{n}");
                store.claim_effect(claim(&worker, at(0))).await.unwrap().is_some()
            })
        });
        let mut started = 0;
        for claim in claims.collect::<Vec<_>>() {
            started += usize::from(claim.await.unwrap());
        }
        assert_eq!(started, 1);
        assert!(store.idle(at(0)).await.unwrap());
    }
}
