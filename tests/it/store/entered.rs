//! What people entered: with its decision or not at all, once per comment, and against the limit.

use baton::base::{CommentId, MicroUsd};
use baton::store::{Commit, CommitError, EnteredCost, EnteredRow};

use super::{ACME, STRANGER, at, claim, decision, issue, next_row, on_both};

const SCOPE: &str = "issue:42/1";

fn entered(comment: i64, dollars: i64) -> EnteredCost {
    EnteredCost {
        comment: CommentId(comment),
        amount: MicroUsd::dollars(dollars),
        by: "ann".to_owned(),
        text: "an\0hour".to_owned(),
        scope: SCOPE.to_owned(),
    }
}

on_both! {
    async fn a_cost_stands_with_its_decision_or_not_at_all(db: &Db) {
        let store = db.open().await;
        let (slow, row) = next_row(&store, 1, "a").await;
        let fast = store.claim_lane(claim("fast", at(30))).await.unwrap().unwrap();
        let commit = || Commit { entered: vec![entered(9, 4)], ..decision(&row, 1, 0) };
        let lost = store.commit(&slow, commit()).await;
        assert!(matches!(lost, Err(CommitError::LostLease)));
        assert_eq!(store.scope_budget(SCOPE).await.unwrap().booked, MicroUsd::ZERO);
        assert!(!store.is_entered(issue(1), CommentId(9)).await.unwrap());

        store.commit(&fast, commit()).await.unwrap();

        let expected = EnteredRow {
            at: at(0),
            amount: MicroUsd::dollars(4),
            by: "ann".to_owned(),
            text: "an\u{fffd}hour".to_owned(),
        };
        assert_eq!(store.entered_costs(ACME, issue(1)).await.unwrap(), [expected]);
        assert_eq!(store.entered_costs(STRANGER, issue(1)).await.unwrap(), []);
        assert_eq!(store.scope_budget(SCOPE).await.unwrap().used, MicroUsd::dollars(4));
        assert!(store.is_entered(issue(1), CommentId(9)).await.unwrap());
        // It is no call of a model, and stands nowhere among them.
        assert_eq!(store.cost_of_issue(ACME, issue(1)).await.unwrap(), []);
        assert_eq!(store.tokens_of_runs(ACME, issue(1)).await.unwrap(), []);
    }

    async fn a_comment_books_once(db: &Db) {
        let store = db.open().await;
        let (lease, row) = next_row(&store, 1, "a").await;
        let costs = vec![entered(9, 4), entered(9, 7), entered(10, 1)];
        let commit = Commit { entered: costs, ..decision(&row, 1, 0) };
        store.commit(&lease, commit).await.unwrap();
        let booked = store.entered_costs(ACME, issue(1)).await.unwrap();
        let amounts: Vec<MicroUsd> = booked.iter().map(|it| it.amount).collect();
        assert_eq!(amounts.len(), 2);
        assert_eq!(amounts.into_iter().sum::<MicroUsd>(), MicroUsd::dollars(5));
        assert_eq!(store.scope_budget(SCOPE).await.unwrap().used, MicroUsd::dollars(5));
    }
}
