//! Money: no interleaving passes a limit, every call is booked once.

use baton::base::{MicroUsd, RunId};
use baton::domain::conversation::Usage;
use baton::store::{
    Actual, ClaimError, ClaimedRun, NewReservation, Reserved, ScopeLimit, Settled, Store, Used,
};
use serde_json::json;

use super::runs::{claimed, run};
use super::{ACME, at, issue, on_both};

fn limit(scope: &str, dollars: i64) -> ScopeLimit {
    ScopeLimit { scope: scope.to_owned(), period: String::new(), limit: MicroUsd::dollars(dollars) }
}

fn reservation(id: &str, dollars: i64, limits: &[ScopeLimit]) -> NewReservation {
    NewReservation {
        id: id.to_owned(),
        limits: limits.to_vec(),
        amount: MicroUsd::dollars(dollars),
        model: "model-o".to_owned(),
        price_version: "2026-01".to_owned(),
        details: json!({ "prompt": 1_000 }),
        now: at(0),
    }
}

fn actual(micros: i64, request: Option<&str>) -> Actual {
    Actual {
        model_answered: "model-o-2".to_owned(),
        usage: Usage {
            input: 10,
            output: 20,
            cache_read: 30,
            cache_write_5m: 40,
            cache_write_1h: 50,
        },
        amount: MicroUsd(micros),
        provider_request_id: request.map(str::to_owned),
        at: at(1),
    }
}

async fn live(store: &Store, id: &str, number: i64) -> ClaimedRun {
    store.start_run(&run(id, number)).await.unwrap();
    claimed(store, "w", 0).await.unwrap()
}

async fn used(store: &Store, scope: &str) -> (i64, i64) {
    let Used { booked, reserved } = store.used(scope, "").await.unwrap();
    (booked.0, reserved.0)
}

on_both! {
    /// Case 38: eight runs that ask at the same moment share one limit and never pass it.
    async fn concurrent_reservations_never_pass_a_limit(db: &Db) {
        let store = db.open().await;
        let mut runs = Vec::new();
        for n in 0..8 {
            runs.push(live(&store, &format!("r{n}"), n).await);
        }
        let tries = runs.into_iter().enumerate().map(|(n, run)| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut granted = 0;
                for turn in 0..5 {
                    // In changing order: the store takes its own.
                    let mut limits = vec![limit("day", 10), limit("server", 7)];
                    limits.rotate_left((n + turn) % 2);
                    let it = reservation(&format!("r{n}/{turn}"), 1, &limits);
                    if store.reserve(&run, &it).await.unwrap() == Reserved::Yes {
                        granted += 1;
                        store.settle(&it.id, &actual(500_000, None)).await.unwrap();
                    }
                }
                granted
            })
        });
        let mut granted = 0_i64;
        for tried in tries.collect::<Vec<_>>() {
            granted += tried.await.unwrap();
        }
        let (booked, reserved) = used(&store, "server").await;
        assert_eq!((booked, reserved), (granted * 500_000, 0));
        assert!(booked <= 7_000_000 && 6_000_000 < booked, "{booked}");
        assert_eq!(used(&store, "day").await, (booked, 0));
    }

    /// The same without settling: exactly as many as fit.
    async fn a_limit_admits_exactly_what_fits(db: &Db) {
        let store = db.open().await;
        let mut runs = Vec::new();
        for n in 0..12 {
            runs.push(live(&store, &format!("r{n}"), n).await);
        }
        let tries = runs.into_iter().enumerate().map(|(n, run)| {
            let store = store.clone();
            tokio::spawn(async move {
                let it = reservation(&format!("r{n}/0"), 2, &[limit("server", 9)]);
                store.reserve(&run, &it).await.unwrap() == Reserved::Yes
            })
        });
        let mut granted = 0;
        for tried in tries.collect::<Vec<_>>() {
            granted += usize::from(tried.await.unwrap());
        }
        assert_eq!(granted, 4);
        assert_eq!(used(&store, "server").await, (0, 8_000_000));
    }

    /// Under all limits, or under none; the refusal names the limit and what stands there.
    async fn a_refusal_sets_nothing_aside(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        let limits = [limit("a", 9), limit("b", 2), limit("c", 9)];
        let first = reservation("r1/0", 1, &limits);
        assert_eq!(store.reserve(&it, &first).await.unwrap(), Reserved::Yes);
        let refused = store.reserve(&it, &reservation("r1/1", 2, &limits)).await.unwrap();
        assert_eq!(refused, Reserved::Refused { limit: limit("b", 2), used: MicroUsd::dollars(1) });
        for scope in ["a", "b", "c"] {
            assert_eq!(used(&store, scope).await, (0, 1_000_000), "{scope}");
        }
        let exact = reservation("r1/1", 1, &limits);
        assert_eq!(store.reserve(&it, &exact).await.unwrap(), Reserved::Yes, "the id is free");
        let twice = store.reserve(&it, &exact).await;
        assert!(matches!(twice, Err(ClaimError::Conflict(_))), "{twice:?}");
        let negative = store.reserve(&it, &reservation("r1/2", -1, &limits)).await;
        assert!(matches!(negative, Err(ClaimError::Conflict(_))), "{negative:?}");
        let unlimited = ScopeLimit { limit: MicroUsd(i64::MAX), ..limit("u", 0) };
        let free = reservation("r1/3", 1_000, &[unlimited, limit("zero", 0)]);
        assert!(matches!(store.reserve(&it, &free).await.unwrap(), Reserved::Refused { .. }));
    }

    /// Whoever is refused can raise the narrowest limit; a wider one is named when it alone is met.
    async fn a_refusal_names_the_narrowest_limit(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        let widest_first = |run, issue, server| {
            [
                limit("server:2026-01", server),
                limit("installation:7:2026-01", 3),
                limit("repository:42:2026-01-01", 3),
                limit("requester:7/9:2026-01-01", 3),
                limit("issue:42/1", issue),
                limit("run:r1", run),
            ]
        };
        let named = async |id: &str, limits: &[ScopeLimit]| {
            match store.reserve(&it, &reservation(id, 4, limits)).await.unwrap() {
                Reserved::Refused { limit, .. } => limit.scope,
                Reserved::Yes => "none".to_owned(),
            }
        };
        assert_eq!(named("r1/0", &widest_first(3, 3, 3)).await, "run:r1");
        assert_eq!(named("r1/1", &widest_first(9, 3, 3)).await, "issue:42/1");
        assert_eq!(named("r1/2", &widest_first(9, 9, 9)).await, "requester:7/9:2026-01-01");
    }

    /// A period has its own row.
    async fn a_new_day_begins_at_zero(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        for (n, day) in ["2026-01-01", "2026-01-02"].into_iter().enumerate() {
            let limit = ScopeLimit { period: day.to_owned(), ..limit("day", 1) };
            let id = format!("r1/{n}");
            let asked = store.reserve(&it, &reservation(&id, 1, &[limit])).await.unwrap();
            assert_eq!(asked, Reserved::Yes, "{day}");
        }
    }

    /// Settled at what it cost, once; the rest is free again.
    async fn a_call_is_booked_once(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        store.reserve(&it, &reservation("r1/0", 2, &[limit("a", 9)])).await.unwrap();
        let booked = Settled::Booked { over: false, known_request: false };
        assert_eq!(store.settle("r1/0", &actual(700_000, Some("req-1"))).await.unwrap(), booked);
        for _ in 0..2 {
            let again = store.settle("r1/0", &actual(700_000, Some("req-1"))).await.unwrap();
            assert_eq!(again, Settled::AlreadyClosed);
            assert_eq!(store.assume("r1/0", "late", at(2)).await.unwrap(), Settled::AlreadyClosed);
        }
        assert_eq!(store.settle("unknown", &actual(1, None)).await.unwrap(), Settled::AlreadyClosed);
        assert_eq!(used(&store, "a").await, (700_000, 0));
        assert_eq!(store.cost_of_run(&RunId::from("r1")).await.unwrap(), MicroUsd(700_000));
        let costs = store.cost_of_issue(ACME, issue(1)).await.unwrap();
        assert_eq!(costs.len(), 1);
        assert_eq!(costs[0].model_requested, "model-o");
        assert_eq!(costs[0].model_answered.as_deref(), Some("model-o-2"));
        assert_eq!((costs[0].calls, costs[0].usage.prompt()), (1, 130));
        assert_eq!(costs[0].assumed, MicroUsd::ZERO);
    }

    /// More than was set aside is booked all the same, and flagged; a provider that repeats its
    /// request ids is booked too.
    async fn an_overshoot_and_a_repeated_id_are_booked(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        for (id, expected) in [
            ("r1/0", Settled::Booked { over: true, known_request: false }),
            ("r1/1", Settled::Booked { over: true, known_request: true }),
        ] {
            store.reserve(&it, &reservation(id, 1, &[limit("a", 9)])).await.unwrap();
            let settled = store.settle(id, &actual(1_500_000, Some("same"))).await.unwrap();
            assert_eq!(settled, expected);
        }
        assert_eq!(used(&store, "a").await, (3_000_000, 0));
        assert_eq!(store.cost_of_run(&RunId::from("r1")).await.unwrap(), MicroUsd(3_000_000));
    }

    /// A crash in mid-call: the next worker finds the open reservation and books it as assumed.
    async fn a_call_of_unknown_outcome_is_assumed(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        store.reserve(&it, &reservation("r1/0", 2, &[limit("a", 9)])).await.unwrap();
        store.close().await;
        let store = db.open().await;
        let it = claimed(&store, "other", 30).await.unwrap();
        let open = store.open_reservations(&it.run.id).await.unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].amount, MicroUsd::dollars(2));
        store.assume(&open[0].id, "the process ended during the call", at(31)).await.unwrap();
        assert_eq!(used(&store, "a").await, (2_000_000, 0));
        let late = store.settle("r1/0", &actual(1, Some("req"))).await.unwrap();
        assert_eq!(late, Settled::AlreadyClosed);
        let costs = store.cost_of_issue(ACME, issue(1)).await.unwrap();
        assert_eq!((costs[0].amount, costs[0].assumed), (MicroUsd::dollars(2), MicroUsd::dollars(2)));
        assert_eq!(costs[0].model_answered, None);
    }

    /// A call that never left costs nothing; one in flight when its run stopped is still booked.
    async fn stopped_runs_settle_what_was_in_flight(db: &Db) {
        let store = db.open().await;
        let it = live(&store, "r1", 1).await;
        for id in ["r1/0", "r1/1", "r1/2"] {
            store.reserve(&it, &reservation(id, 1, &[limit("a", 9)])).await.unwrap();
        }
        store.release_reservation("r1/0").await.unwrap();
        assert_eq!(used(&store, "a").await, (0, 2_000_000));
        store.stop_run(&it.run.id, "asked", at(1)).await.unwrap();
        let late = store.reserve(&it, &reservation("r1/3", 1, &[limit("a", 9)])).await;
        assert!(matches!(late, Err(ClaimError::Stale)), "{late:?}");
        store.settle("r1/1", &actual(10, None)).await.unwrap();
        assert!(store.abandoned_reservations(at(29)).await.unwrap().is_empty(), "still leased");
        let abandoned = store.abandoned_reservations(at(30)).await.unwrap();
        assert_eq!(abandoned.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["r1/2"]);
        store.assume("r1/2", "its worker is gone", at(30)).await.unwrap();
        assert_eq!(used(&store, "a").await, (1_000_010, 0));
        assert_eq!(store.health().await.unwrap().reservations_open, 0);
    }
}
