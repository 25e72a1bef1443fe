//! Case 35: what is made good when the clock has leapt ahead of its watch.

use baton::base::{Millis, RunId};
use baton::store::{Commit, Leap, NewRun, TimerChange};

use super::runs::{claimed, run};
use super::{at, claim, decide, decision, effect, next_row, on_both};

/// An hour's leap behind the first minute, as the worker "a" noticed it.
fn leap<'a>(kinds: &'a [&'a str]) -> Leap<'a> {
    let (length, patience) = (Millis::hours(1), Millis::minutes(10));
    Leap { worker: "a", kinds, patience, since: at(60), length, now: at(3_661) }
}

on_both! {
    /// What watches over runs is put off, what was due before it and what waits for anything else is
    /// not, nor is a sign of life that came after it.
    async fn a_leap_of_the_clock_puts_off_what_watches_over_runs(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        store.start_run(&NewRun { now: at(61), ..run("r2", 2) }).await.unwrap();
        let set = |kind: &str, due| TimerChange::Set { kind: kind.to_owned(), epoch: 1, due };
        let (lease, row) = next_row(&store, 1, "a").await;
        let timers = vec![set("stuck", at(90)), set("poke", at(60)), set("resume", at(80))];
        store.commit(&lease, Commit { timers, ..decision(&row, 1, 0) }).await.unwrap();

        // Another process slept through the same.
        for _ in 0..2 {
            store.make_good(&leap(&["stuck", "poke"])).await.unwrap();
        }

        assert_eq!(store.fire_due_timers(at(60), 10).await.unwrap(), 1);
        assert_eq!(store.fire_due_timers(at(80), 10).await.unwrap(), 1);
        assert_eq!(store.fire_due_timers(at(3_689), 10).await.unwrap(), 0);
        assert_eq!(store.fire_due_timers(at(3_690), 10).await.unwrap(), 1);
        let heard = async |id| store.load_run(&RunId::from(id)).await.unwrap().unwrap().activity;
        assert_eq!((heard("r1").await, heard("r2").await), (at(3_600), at(61)));
    }

    /// What the worker held it holds behind the leap, as long as it would have. What was over by then,
    /// what it has renewed since and what others hold stands as it stood.
    async fn a_leap_of_the_clock_ends_no_lease_of_whoever_noticed_it(db: &Db) {
        let store = db.open().await;
        for (id, number) in [("held", 1), ("others", 2), ("over", 3), ("renewed", 4)] {
            let now = at(number);
            store.start_run(&NewRun { now, ..run(id, number) }).await.unwrap();
        }
        let _held = claimed(&store, "a", 50).await.unwrap();
        let _others = claimed(&store, "b", 50).await.unwrap();
        let over = claimed(&store, "a", 50).await.unwrap();
        let renewed = claimed(&store, "a", 50).await.unwrap();
        store.renew_run(&over, at(60)).await.unwrap();
        store.renew_run(&renewed, at(3_690)).await.unwrap();

        store.make_good(&leap(&[])).await.unwrap();

        let freed = async |seconds| {
            let run = claimed(&store, "c", seconds).await?.run.id;
            store.stop_run(&run, "seen", at(seconds)).await.unwrap();
            Some(run.0)
        };
        assert_eq!(freed(3_670).await.as_deref(), Some("others"));
        assert_eq!(freed(3_670).await.as_deref(), Some("over"));
        assert_eq!(freed(3_679).await, None, "a lease ended in the leap");
        assert_eq!(freed(3_680).await.as_deref(), Some("held"));
        assert_eq!(freed(3_689).await, None, "a lease that was just renewed was moved");
        assert_eq!(freed(3_690).await.as_deref(), Some("renewed"));
    }

    /// The same holds of lanes and effects.
    async fn a_leap_of_the_clock_frees_no_lane_and_no_effect(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, vec![effect("status", None, at(0))]).await;
        let _effect = store.claim_effect(claim("a", at(50))).await.unwrap().unwrap();
        store.receive(super::delivery("d", 1, 0)).await.unwrap();
        let _lane = store.claim_lane(claim("a", at(50))).await.unwrap().unwrap();

        store.make_good(&leap(&[])).await.unwrap();

        assert!(store.claim_effect(claim("c", at(3_679))).await.unwrap().is_none());
        assert!(store.claim_lane(claim("c", at(3_679))).await.unwrap().is_none());
        assert!(store.claim_effect(claim("c", at(3_680))).await.unwrap().is_some());
        assert!(store.claim_lane(claim("c", at(3_680))).await.unwrap().is_some());
    }
}
