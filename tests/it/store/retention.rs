//! What is kept for a time only: bodies, transcripts, the bill.

use baton::base::{MicroUsd, RunId};
use baton::domain::conversation::Usage;
use baton::store::{
    Actual, Entry, NewReservation, Outcome, Received, Reserved, RunEnd, RunStatus, ScopeLimit,
    Store, Told,
};
use serde_json::json;

use super::runs::{claimed, run};
use super::{
    ACME, at, claim, decide, decision, delivery, effect, internal, issue, next_row, on_both,
};

/// Puts a call of `run` into the bill at this second, or leaves it in flight.
async fn call(store: &Store, run: &baton::store::ClaimedRun, id: &str, settled_at: Option<i64>) {
    let limits = [ScopeLimit {
        scope: "server".to_owned(),
        period: String::new(),
        limit: MicroUsd::dollars(9),
    }];
    let reservation = NewReservation {
        id: id.to_owned(),
        limits: limits.to_vec(),
        amount: MicroUsd::dollars(1),
        model: "model-o".to_owned(),
        price_version: "2026-01".to_owned(),
        details: json!({}),
        now: at(0),
    };
    assert_eq!(store.reserve(run, &reservation).await.unwrap(), Reserved::Yes);
    let Some(seconds) = settled_at else { return };
    let actual = Actual {
        model_answered: "model-o-2".to_owned(),
        usage: Usage::default(),
        amount: MicroUsd::dollars(1),
        provider_request_id: None,
        at: at(seconds),
    };
    store.settle(id, &actual).await.unwrap();
}

on_both! {
    /// The body goes, in batches; the delivery is still known, and one that waits keeps it.
    async fn a_handled_body_goes_and_its_delivery_is_still_known(db: &Db) {
        let store = db.open().await;
        for n in 0..5 {
            store.receive(delivery(&format!("{n}"), 1, n)).await.unwrap();
        }
        let lease = store.claim_lane(claim("w", at(9))).await.unwrap().unwrap();
        let mut ended = Vec::new();
        for n in 0..4 {
            let row = store.next_in_lane(&lease).await.unwrap().unwrap();
            // Two end in the same millisecond.
            let end = at(10 + n / 2);
            store.finish_row(&lease, &row, &Outcome::Done, &[], end).await.unwrap();
            ended.push(row.id);
        }
        assert_eq!(store.empty_bodies(at(10), 3).await.unwrap(), 0, "none is past its time");
        assert_eq!(store.empty_bodies(at(12), 3).await.unwrap(), 3);
        assert_eq!(store.empty_bodies(at(12), 3).await.unwrap(), 1);
        assert_eq!(store.empty_bodies(at(12), 3).await.unwrap(), 0);
        for id in &ended {
            let kept = store.delivery(id).await.unwrap().unwrap();
            assert_eq!((kept.row.body.as_slice(), kept.status.as_str()), (&b""[..], "done"));
        }
        let waiting = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert_eq!(waiting.body, delivery("4", 1, 4).body);
        assert_eq!(store.receive(delivery("0", 1, 0)).await.unwrap(), Received::Known);
        store.receive(delivery("again", 1, 0)).await.unwrap();
        store.finish_row(&lease, &waiting, &Outcome::Done, &[], at(99)).await.unwrap();
        let again = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert!(store.body_was_handled(&again).await.unwrap(), "by the hash of what is gone");
    }

    /// What an effect was to do goes, in batches; one that waits keeps it, and no key is used twice.
    async fn an_ended_effects_payload_goes_and_its_key_stays(db: &Db) {
        let store = db.open().await;
        let effects = (0..4).map(|_| effect("label", None, at(0))).collect();
        decide(&store, 1, 0, effects).await;
        for seconds in [10, 10, 11] {
            let next = store.claim_effect(claim("w", at(seconds))).await.unwrap().unwrap();
            store.effect_done(&next, &[], None, at(seconds)).await.unwrap();
        }
        assert_eq!(store.empty_payloads(at(10), 9).await.unwrap(), 0, "none is past its time");
        assert_eq!(store.empty_payloads(at(12), 2).await.unwrap(), 2);
        assert_eq!(store.empty_payloads(at(12), 2).await.unwrap(), 1);
        assert_eq!(store.empty_payloads(at(12), 2).await.unwrap(), 0);
        let waiting = store.claim_effect(claim("w", at(12))).await.unwrap().unwrap();
        assert_eq!(waiting.key.as_str(), "42/1/1/3");
        assert_eq!(waiting.payload, json!({ "kind": "label" }));
    }

    /// A transcript goes when its run is past its time, but not while anything needs it.
    async fn a_transcript_goes_once_nothing_needs_it(db: &Db) {
        let store = db.open().await;
        for (id, number) in [("live", 1), ("past", 2), ("young", 3), ("calls", 4)] {
            store.start_run(&run(id, number)).await.unwrap();
            let it = claimed(&store, "w", 0).await.unwrap();
            let entry = Entry { seq: 0, entry: json!({ "said": id }), at: at(1) };
            store.append_entry(&it, &entry, &[]).await.unwrap();
            let told = Told { id: format!("told/{id}").as_str().into(), text: "x".to_owned(), at: at(1) };
            store.tell_run(&it.run.id, &told).await.unwrap();
            if id == "live" {
                continue;
            }
            if id == "calls" {
                call(&store, &it, "calls/1", None).await;
            }
            let end = RunEnd {
                status: RunStatus::Finished,
                reason: None,
                internal: internal(&format!("{id} ended"), number, 1),
                plan: None,
                result: Some(json!({ "kept": true })),
            };
            let seconds = if id == "young" { 50 } else { 2 };
            store.finish_run(&it, &end, at(seconds)).await.unwrap();
        }
        let past = store.past_runs(at(50), 9).await.unwrap();
        let ids: Vec<&str> = past.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["past"]);
        store.forget_transcript(&past[0].id, &json!({ "slim": true })).await.unwrap();
        store.forget_transcript(&RunId::from("live"), &json!({})).await.unwrap();

        assert!(store.past_runs(at(50), 9).await.unwrap().is_empty());
        assert!(store.entries(&RunId::from("past")).await.unwrap().is_empty());
        assert!(store.pending_inputs(&RunId::from("past")).await.unwrap().is_empty());
        let kept = store.load_run(&RunId::from("past")).await.unwrap().unwrap();
        assert_eq!((kept.brief, kept.result), (json!({ "slim": true }), Some(json!({ "kept": true }))));
        for other in ["live", "young", "calls"] {
            assert_eq!(store.entries(&RunId::from(other)).await.unwrap().len(), 1, "{other}");
        }
    }

    /// What an issue's state or a waiting effect names is not past, however old it is.
    async fn a_run_that_work_still_names_keeps_its_transcript(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("parked", 1)).await.unwrap();
        let it = claimed(&store, "w", 0).await.unwrap();
        let end = RunEnd {
            status: RunStatus::Finished,
            reason: None,
            internal: internal("ended", 1, 1),
            plan: None,
            result: None,
        };
        store.finish_run(&it, &end, at(2)).await.unwrap();
        let mut connection = db.connect().await;
        sqlx::query("DELETE FROM inbox").execute(&mut connection).await.unwrap();
        let (lease, row) = next_row(&store, 1, "asked").await;
        let mut commit = decision(&row, 1, 0);
        commit.state.stage = "Working".to_owned();
        commit.state.state = json!({ "doing": { "run": "parked" } }).to_string();
        store.commit(&lease, commit).await.unwrap();
        assert!(store.past_runs(at(50), 9).await.unwrap().is_empty());

        sqlx::query("UPDATE issues SET state = '{}'").execute(&mut connection).await.unwrap();
        assert_eq!(store.past_runs(at(50), 9).await.unwrap().len(), 1);
    }

    /// Lines of the bill go with their reservations; what stands against the limits stays.
    async fn the_bill_is_trimmed_and_no_limit_grows(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "w", 0).await.unwrap();
        for (n, seconds) in [(1, 10), (2, 11), (3, 60)] {
            call(&store, &it, &format!("r1/{n}"), Some(seconds)).await;
        }
        call(&store, &it, "r1/4", None).await;
        let lines = async || {
            let rows = store.cost_of_issue(ACME, issue(1)).await.unwrap();
            rows.iter().map(|it| it.calls).sum::<i64>()
        };
        assert_eq!(store.trim_ledger(at(0), 2).await.unwrap(), 0);
        while 0 < store.trim_ledger(at(50), 2).await.unwrap() {}
        assert_eq!(lines().await, 1);
        let used = store.used("server", "").await.unwrap();
        assert_eq!((used.booked, used.reserved), (MicroUsd::dollars(3), MicroUsd::dollars(1)));
        assert_eq!(store.open_reservations(&it.run.id).await.unwrap().len(), 1);
    }
}
