//! The outbox: order, slots, leases, unknown outcomes.

use baton::base::RepositoryId;
use baton::store::{ClaimError, ClaimedEffect, Retry, Store};

use super::{at, claim, decide, effect, internal, issue, on_both};

async fn claimed(store: &Store, worker: &str, seconds: i64) -> Option<ClaimedEffect> {
    store.claim_effect(claim(worker, at(seconds))).await.unwrap()
}

fn stale(result: Result<(), ClaimError>) {
    assert!(matches!(result, Err(ClaimError::Stale)), "{result:?}");
}

on_both! {
    /// Effects of one issue are done one after the other, across decisions; issues side by side.
    async fn an_issues_effects_keep_their_order(db: &Db) {
        let store = db.open().await;
        let both = || vec![effect("first", None, at(0)), effect("second", None, at(0))];
        for version in 0..11 {
            decide(&store, 1, version, both()).await;
        }
        decide(&store, 2, 0, both()).await;
        let a = claimed(&store, "w", 1).await.unwrap();
        let b = claimed(&store, "w", 1).await.unwrap();
        assert_eq!((a.key.as_str(), b.key.as_str()), ("42/1/1/0", "42/2/1/0"));
        assert!(claimed(&store, "w", 1).await.is_none(), "both issues are busy");
        store.effect_done(&b, &[], None, at(1)).await.unwrap();
        store.effect_done(&a, &[], None, at(1)).await.unwrap();
        let mut seen = Vec::new();
        while let Some(next) = claimed(&store, "w", 1).await {
            store.effect_done(&next, &[], None, at(1)).await.unwrap();
            if next.issue == issue(1) {
                seen.push(next.key.0);
            }
        }
        let expected: Vec<String> = (1..=11)
            .flat_map(|version| [0, 1].map(|at| format!("42/1/{version}/{at}")))
            .skip(1)
            .collect();
        assert_eq!(seen, expected);
        assert!(store.idle(at(1)).await.unwrap());
    }

    /// The newest effect of a slot is the one that is done, no later than the first was due.
    async fn the_latest_of_a_slot_wins(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("status", Some("status"), at(10))]).await;
        decide(&store, 1, 1, vec![effect("status", Some("status"), at(14))]).await;
        decide(&store, 2, 0, vec![effect("status", Some("status"), at(40))]).await;
        assert_eq!(store.health().await.unwrap().effects_pending, 2);
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(10)));
        let newest = claimed(&store, "w", 10).await.unwrap();
        assert_eq!(newest.key.as_str(), "42/1/2/0");
        decide(&store, 1, 2, vec![effect("status", Some("status"), at(10))]).await;
        store.effect_done(&newest, &[], None, at(10)).await.unwrap();
        assert_eq!(claimed(&store, "w", 10).await.unwrap().key.as_str(), "42/1/3/0");
        assert!(claimed(&store, "w", 10).await.is_none());
    }

    /// One that may have reached GitHub is not superseded: its outcome must be looked up.
    async fn a_sent_effect_is_not_superseded(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("status", Some("status"), at(0))]).await;
        let first = claimed(&store, "w", 0).await.unwrap();
        store.mark_sent(&first, at(0)).await.unwrap();
        let unknown = Retry { due: at(5), error: "timeout".to_owned(), outcome_unknown: true, aside: false };
        store.effect_retry(&first, &unknown).await.unwrap();
        decide(&store, 1, 1, vec![effect("status", Some("status"), at(0))]).await;
        assert!(claimed(&store, "w", 4).await.is_none(), "the first is looked up first");
        let again = claimed(&store, "w", 5).await.unwrap();
        assert_eq!((again.key.as_str(), again.outcome_unknown), ("42/1/1/0", true));
        let known = Retry { due: at(6), error: "422".to_owned(), outcome_unknown: false, aside: false };
        store.effect_retry(&again, &known).await.unwrap();
        decide(&store, 1, 2, vec![effect("status", Some("status"), at(0))]).await;
        let newest = claimed(&store, "w", 6).await.unwrap();
        assert_eq!((newest.key.as_str(), newest.attempt), ("42/1/3/0", 1));
    }

    /// A status comment that waits for its ten seconds does not hold up the reaction behind it.
    async fn a_waiting_slot_holds_nobody_up(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![
            effect("status", Some("status"), at(10)),
            effect("react", None, at(0)),
        ]).await;
        let react = claimed(&store, "w", 0).await.unwrap();
        assert_eq!(react.kind, "react");
        store.effect_done(&react, &[], None, at(0)).await.unwrap();
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(10)));
        assert_eq!(claimed(&store, "w", 10).await.unwrap().kind, "status");
    }

    /// Case 8: the process dies between the call and its answer.
    async fn a_crash_after_sending_is_an_unknown_outcome(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("post", None, at(0))]).await;
        let first = claimed(&store, "a", 0).await.unwrap();
        assert_eq!((first.attempt, first.outcome_unknown), (1, false));
        store.mark_sent(&first, at(0)).await.unwrap();
        let _other_process = store;
        let store = db.open().await;
        assert!(claimed(&store, "b", 29).await.is_none());
        assert_eq!(store.next_due(at(29)).await.unwrap(), Some(at(30)));
        let second = claimed(&store, "b", 30).await.unwrap();
        assert_eq!((second.attempt, second.outcome_unknown), (2, true));
        stale(store.mark_sent(&first, at(31)).await);
        stale(store.effect_done(&first, &[], None, at(31)).await);
        stale(store.effect_dropped(&first, "late", at(31)).await);
        stale(store.effect_given_up(&first, "late", &internal("late", 1, 31), at(31)).await);
        let retry = Retry { due: at(99), error: String::new(), outcome_unknown: true, aside: false };
        stale(store.effect_retry(&first, &retry).await);
        store.effect_done(&second, &[], None, at(32)).await.unwrap();
        assert_eq!(store.health().await.unwrap().effects_pending, 0);
    }

    /// A crash before the call is known to have done nothing.
    async fn a_crash_before_sending_is_simply_tried_again(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("post", None, at(0))]).await;
        claimed(&store, "a", 0).await.unwrap();
        let second = claimed(&store, "a", 30).await.unwrap();
        assert_eq!((second.attempt, second.outcome_unknown), (2, false));
    }

    /// What was made is remembered with the answer, in one transaction.
    async fn handles_and_answers_stand_with_the_effect(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("post", None, at(0))]).await;
        let it = claimed(&store, "w", 0).await.unwrap();
        let answer = internal("effect/42/1/1/0", 1, 1);
        let made = [("status comment", "991"), ("branch", "baton/1-a\0b")];
        store.effect_done(&it, &made, Some(&answer), at(1)).await.unwrap();
        assert_eq!(store.handle(issue(1), "status comment").await.unwrap().unwrap(), "991");
        store.save_handle(issue(1), "status comment", "992").await.unwrap();
        let all = store.handles(issue(1)).await.unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[1], ("status comment".to_owned(), "992".to_owned()));
        assert!(store.handle(issue(2), "status comment").await.unwrap().is_none());
        let lease = store.claim_lane(claim("w", at(1))).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert_eq!(row.delivery_id.as_str(), "effect/42/1/1/0");
        stale(store.effect_done(&it, &[], None, at(2)).await);
    }

    /// Things that issues share are found from their side; an empty handle is none.
    async fn issues_are_found_by_what_they_know(db: &Db) {
        let store = db.open().await;
        for number in [2, 1] {
            store.save_handle(issue(number), "related/31", "ann").await.unwrap();
        }
        store.save_handle(issue(3), "related/31", "").await.unwrap();
        store.save_handle(issue(3), "related/32", "ann").await.unwrap();
        let repository = issue(1).repository;
        let found = store.issues_with_handle(repository, "related/31").await.unwrap();
        assert_eq!(found, [issue(1), issue(2)]);
        let elsewhere = RepositoryId(repository.0 + 1);
        assert!(store.issues_with_handle(elsewhere, "related/31").await.unwrap().is_empty());
    }

    /// Law 17: a given-up effect drops the later ones of its decision, and only those.
    async fn giving_up_drops_the_rest_of_the_decision(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![
            effect("branch", None, at(0)),
            effect("commit", None, at(0)),
            effect("pull request", None, at(0)),
        ]).await;
        decide(&store, 1, 1, vec![effect("react", None, at(0))]).await;
        let branch = claimed(&store, "w", 0).await.unwrap();
        store.effect_done(&branch, &[], None, at(0)).await.unwrap();
        let commit = claimed(&store, "w", 0).await.unwrap();
        let told = internal("given up/42/1/1/1", 1, 1);
        store.effect_given_up(&commit, "404 Not Found", &told, at(1)).await.unwrap();
        assert_eq!(claimed(&store, "w", 1).await.unwrap().kind, "react");
        let health = store.health().await.unwrap();
        assert_eq!((health.effects_given_up, health.effects_pending), (1, 1));
        assert_eq!(health.inbox_pending, 1);
    }

    /// What nothing depends on is given up alone.
    async fn giving_up_alone_drops_nothing(db: &Db) {
        let store = db.open().await;
        let effects = vec![effect("react", None, at(0)), effect("start run", None, at(0))];
        decide(&store, 1, 0, effects).await;
        let react = claimed(&store, "w", 1).await.unwrap();
        store.effect_given_up_alone(&react, "403 Forbidden", at(1)).await.unwrap();
        stale(store.effect_given_up_alone(&react, "403 Forbidden", at(1)).await);
        assert_eq!(claimed(&store, "w", 1).await.unwrap().kind, "start run");
        let health = store.health().await.unwrap();
        assert_eq!((health.effects_given_up, health.inbox_pending), (1, 0));
    }

    /// What nothing depends on is tried again beside all that follows but what is of its slot.
    async fn what_stands_aside_holds_up_its_own_slot_only(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![
            effect("react", None, at(0)),
            effect("status", Some("status"), at(0)),
            effect("start run", None, at(0)),
        ]).await;
        let aside = |seconds: i64, aside: bool| {
            Retry { due: at(seconds), error: "500".to_owned(), outcome_unknown: true, aside }
        };
        let react = claimed(&store, "w", 0).await.unwrap();
        store.effect_retry(&react, &aside(30, true)).await.unwrap();
        let status = claimed(&store, "w", 0).await.unwrap();
        assert_eq!(status.kind, "status");
        // Behind it one of its slot waits, and behind that one what waits for neither.
        decide(&store, 1, 1, vec![
            effect("status", Some("status"), at(0)),
            effect("post", None, at(0)),
        ]).await;
        store.effect_retry(&status, &aside(60, true)).await.unwrap();
        for kind in ["start run", "post"] {
            let next = claimed(&store, "w", 0).await.unwrap();
            assert_eq!(next.kind, kind);
            store.effect_done(&next, &[], None, at(0)).await.unwrap();
        }
        assert!(claimed(&store, "w", 29).await.is_none());
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(30)));
        // Once aside, always aside.
        let react = claimed(&store, "w", 30).await.unwrap();
        store.effect_retry(&react, &aside(90, false)).await.unwrap();
        assert_eq!(store.next_due(at(30)).await.unwrap(), Some(at(60)));
        let status = claimed(&store, "w", 60).await.unwrap();
        assert_eq!((status.key.as_str(), status.attempt), ("42/1/1/1", 2));
        assert!(claimed(&store, "w", 60).await.is_none());
        store.effect_done(&status, &[], None, at(60)).await.unwrap();
        assert_eq!(claimed(&store, "w", 60).await.unwrap().key.as_str(), "42/1/2/0");
    }

    /// A backoff is kept over a restart, and later effects of the issue wait behind it.
    async fn a_backoff_survives_a_restart(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("post", None, at(0)), effect("react", None, at(0))]).await;
        let it = claimed(&store, "w", 0).await.unwrap();
        let retry = Retry { due: at(60), error: "502\0".to_owned(), outcome_unknown: false, aside: false };
        store.effect_retry(&it, &retry).await.unwrap();
        store.close().await;
        let store = db.open().await;
        assert!(claimed(&store, "w", 59).await.is_none());
        let again = claimed(&store, "w", 60).await.unwrap();
        assert_eq!((again.kind.as_str(), again.attempt, again.outcome_unknown), ("post", 2, false));
        store.effect_dropped(&again, "the comment is gone", at(60)).await.unwrap();
        assert_eq!(claimed(&store, "w", 60).await.unwrap().kind, "react");
    }

    /// Many workers, many issues: each effect is claimed once.
    async fn concurrent_claims_never_share_an_effect(db: &Db) {
        let store = db.open().await;
        for n in 0..10 {
            decide(&store, n, 0, vec![effect("a", None, at(0)), effect("b", None, at(0))]).await;
        }
        let workers = (0..4).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut keys = Vec::new();
                while let Some(it) = claimed(&store, &format!("w{n}"), 1).await {
                    store.effect_done(&it, &[], None, at(1)).await.unwrap();
                    keys.push(it.key.0);
                }
                keys
            })
        });
        let mut keys = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            keys.extend(worker.await.unwrap());
        }
        keys.sort();
        let count = keys.len();
        keys.dedup();
        assert_eq!((keys.len(), count), (20, 20));
    }
}
