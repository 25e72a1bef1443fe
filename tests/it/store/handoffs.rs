//! The record of handoffs: with its decision or not at all, and settled once.

use baton::base::{MicroUsd, Millis, RunId};
use baton::store::{Commit, CommitError, HandoffOutcome, HandoffSide, NewHandoff};

use super::{ACME, STRANGER, at, claim, decision, issue, next_row, on_both};

fn side(run: &str, role: &str, tier: &str) -> HandoffSide {
    let (role, tier) = (role.to_owned(), tier.to_owned());
    HandoffSide { run: RunId(run.to_owned()), role, tier, model: None, answered: None }
}

fn handoff(to: &str) -> NewHandoff {
    NewHandoff {
        life: 1,
        cause: "stuck".to_owned(),
        reason: "Haiku gave no sign\0 of life.".to_owned(),
        task: Some("t2".to_owned()),
        idle: Millis::minutes(10),
        spent: MicroUsd(1_234),
        from: HandoffSide {
            model: Some("model-h".to_owned()),
            answered: Some("model-h-2".to_owned()),
            ..side("r1", "implementer", "haiku")
        },
        to: side(to, "implementer", "sonnet"),
    }
}

on_both! {
    async fn a_handoff_stands_with_its_decision_or_not_at_all(db: &Db) {
        let store = db.open().await;
        let (slow, row) = next_row(&store, 1, "a").await;
        let fast = store.claim_lane(claim("fast", at(30))).await.unwrap().unwrap();
        let commit = || Commit { handoffs: vec![handoff("r2")], ..decision(&row, 1, 0) };

        let lost = store.commit(&slow, commit()).await;
        assert!(matches!(lost, Err(CommitError::LostLease)));
        let raced = Commit { expected_version: 7, ..commit() };
        assert!(matches!(store.commit(&fast, raced).await, Err(CommitError::LostRace)));
        assert_eq!(store.handoffs(ACME, issue(1)).await.unwrap(), []);

        store.commit(&fast, commit()).await.unwrap();
        let stored = store.handoffs(ACME, issue(1)).await.unwrap();
        let expected = NewHandoff {
            reason: "Haiku gave no sign\u{fffd} of life.".to_owned(),
            ..handoff("r2")
        };
        assert_eq!(stored.len(), 1);
        assert_eq!((&stored[0].decided, stored[0].at), (&expected, at(0)));
        assert_eq!(stored[0].outcome, HandoffOutcome::default());
        assert_eq!(store.handoffs(STRANGER, issue(1)).await.unwrap(), []);
        assert_eq!(store.handoffs(ACME, issue(2)).await.unwrap(), []);
        assert_eq!(store.open_handoffs(9).await.unwrap(), stored);
    }

    /// The operator's export comes page by page, each handoff once, also those of one moment.
    async fn every_handoff_stands_on_one_page(db: &Db) {
        let store = db.open().await;
        let (lease, row) = next_row(&store, 1, "a").await;
        let handoffs = ["r4", "r2", "r3"].map(handoff).into();
        store.commit(&lease, Commit { handoffs, ..decision(&row, 1, 0) }).await.unwrap();
        let mut found = Vec::new();
        while let [row] = &store.handoffs_after(found.last(), 1).await.unwrap()[..] {
            found.push(row.clone());
        }
        let runs: Vec<&str> = found.iter().map(|it| it.decided.to.run.as_str()).collect();
        assert_eq!(runs, ["r2", "r3", "r4"]);
    }

    /// Two workers may look at once; what one of them settled the other does not open again.
    async fn an_outcome_is_settled_once(db: &Db) {
        let store = db.open().await;
        let (lease, row) = next_row(&store, 1, "a").await;
        let commit = Commit { handoffs: vec![handoff("r2")], ..decision(&row, 1, 0) };
        store.commit(&lease, commit).await.unwrap();
        let begun = HandoffOutcome {
            model: Some("model-s".to_owned()),
            answered: Some("model-s-2".to_owned()),
            executed: Some(true),
            executed_at: Some(at(5)),
            ..HandoffOutcome::default()
        };
        let over = HandoffOutcome {
            recovered: Some("task".to_owned()),
            recovered_at: Some(at(9)),
            settled: true,
            ..begun.clone()
        };
        let run = RunId("r2".to_owned());
        for outcome in [&begun, &over, &begun] {
            store.keep_handoff_outcome(&run, outcome).await.unwrap();
        }
        let stored = store.handoffs(ACME, issue(1)).await.unwrap();
        assert_eq!(stored[0].outcome, over);
        assert_eq!(store.open_handoffs(9).await.unwrap(), []);
    }
}
