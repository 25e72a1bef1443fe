//! Plans that people edit: kept by who decides, whole.

use baton::base::{RunId, Sha};
use baton::store::{CommitError, LaneLease, NewPlan, PlanRow, RunEnd, RunStatus, Store};
use serde_json::json;

use super::runs::{claimed, run};
use super::{at, claim, decision, delivery, internal, issue, next_row, on_both};

pub(crate) fn plan(revision: i64, hash: &str, base: &str) -> NewPlan {
    NewPlan {
        revision,
        hash: hash.to_owned(),
        plan: json!({ "of": hash }),
        markdown: format!("# {hash}"),
        base_sha: Sha::from(base),
    }
}

/// A run submits a plan.
async fn submitted(store: &Store, id: &str, plan: NewPlan) -> PlanRow {
    store.start_run(&run(id, 1)).await.unwrap();
    let it = claimed(store, "w", 0).await.unwrap();
    let revision = plan.revision;
    let end = RunEnd {
        status: RunStatus::Finished,
        reason: None,
        internal: internal(&format!("run/{id}/planned"), 1, 1),
        plan: Some(plan),
        result: None,
    };
    store.finish_run(&it, &end, at(1)).await.unwrap();
    stored(store, revision).await
}

async fn stored(store: &Store, revision: i64) -> PlanRow {
    store.plan(issue(1), revision).await.unwrap().unwrap()
}

/// The issue at version 1, and the lane's lease.
async fn begun(store: &Store) -> LaneLease {
    let (lease, row) = next_row(store, 1, "a").await;
    store.commit(&lease, decision(&row, 1, 0)).await.unwrap();
    store.receive(delivery("b", 1, 1)).await.unwrap();
    lease
}

on_both! {
    /// Case 37: a worker that slept through its lease has read an older file; what people were
    /// shown, and approve, stays.
    async fn a_stale_worker_never_exchanges_the_plan_that_people_see(db: &Db) {
        let store = db.open().await;
        let slow = begun(&store).await;
        let before = submitted(&store, "r1", plan(1, "first", "c0ffee")).await;
        let fast = store.claim_lane(claim("fast", at(30))).await.unwrap().unwrap();
        let newest = plan(2, "newest", "c0ffee");
        store.save_edited_plan((&fast, 1), &before, &newest, at(31)).await.unwrap();
        let approved = stored(&store, 2).await;

        let older = plan(2, "older", "c0ffee");
        let lost = store.save_edited_plan((&slow, 1), &before, &older, at(32)).await;
        assert!(matches!(lost, Err(CommitError::LostLease)), "{lost:?}");
        let raced = store.save_edited_plan((&fast, 0), &before, &older, at(32)).await;
        assert!(matches!(raced, Err(CommitError::LostRace)), "{raced:?}");
        assert_eq!(stored(&store, 2).await, approved);
        assert_eq!(approved.hash, "newest");
    }

    /// A revision that nobody took up leaves nothing of itself to the one that people make.
    async fn an_edited_plan_takes_the_whole_place_of_another(db: &Db) {
        let store = db.open().await;
        let lease = begun(&store).await;
        let before = submitted(&store, "r1", plan(1, "first", "c0ffee")).await;
        submitted(&store, "r2", plan(2, "orphan", "decade")).await;

        let edited = plan(2, "edited", "c0ffee");
        store.save_edited_plan((&lease, 1), &before, &edited, at(9)).await.unwrap();

        let row = stored(&store, 2).await;
        assert_eq!((row.hash.as_str(), row.base_sha), ("edited", Sha::from("c0ffee")));
        assert_eq!((row.run, row.plan), (RunId::from("r1"), json!({ "of": "edited" })));
        assert_eq!((row.markdown.as_str(), row.created), ("# edited", at(9)));
    }
}
