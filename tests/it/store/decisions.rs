//! Lanes and decisions: one holder, one transaction, no lost update.

use baton::base::{IssueNumber, Millis, UserId};
use baton::domain::incoming::Repository;
use baton::store::{
    Commit, CommitError, Hint, Lane, NewDelivery, NewHistory, Outcome, TimerChange,
};
use serde_json::json;

use super::{
    ACME, API, LEASE, STRANGER, at, claim, decide, decision, delivery, effect, internal, issue,
    next_row, on_both, state,
};

on_both! {
    /// Case 37: of two workers one has the lane; the other gets another lane or nothing.
    async fn two_workers_never_share_a_lane(db: &Db) {
        let store = db.open().await;
        store.receive(delivery("a", 1, 0)).await.unwrap();
        store.receive(delivery("b", 1, 1)).await.unwrap();
        store.receive(delivery("c", 2, 2)).await.unwrap();
        let claims = (0..6).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let worker = format!("w{n}");
                let lease = store.claim_lane(claim(&worker, at(3))).await.unwrap();
                lease.map(|it| it.lane())
            })
        });
        let mut lanes = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            lanes.extend(claim.await.unwrap());
        }
        lanes.sort_by_key(Lane::to_string);
        assert_eq!(lanes, [Lane::Issue(issue(1)), Lane::Issue(issue(2))]);
    }

    /// A worker that slept through its lease writes nothing, whatever it tries.
    async fn a_stale_lease_is_refused(db: &Db) {
        let store = db.open().await;
        let (slow, row) = next_row(&store, 1, "a").await;
        assert!(store.claim_lane(claim("fast", at(29))).await.unwrap().is_none());
        let fast = store.claim_lane(claim("fast", at(30))).await.unwrap().unwrap();
        let lost = |result: Result<(), CommitError>| {
            assert!(matches!(result, Err(CommitError::LostLease)), "{result:?}");
        };
        lost(store.commit(&slow, decision(&row, 1, 0)).await);
        lost(store.finish_row(&slow, &row, &Outcome::Done, &[], at(31)).await);
        lost(store.relane(&slow, &row, Lane::Other).await);
        lost(store.renew_lane(&slow, at(99)).await);
        store.put_off(slow, &row, at(99), "late").await.unwrap();
        assert!(store.load_issue(issue(1)).await.unwrap().is_none());
        store.commit(&fast, decision(&row, 1, 0)).await.unwrap();
        assert_eq!(store.load_issue(issue(1)).await.unwrap().unwrap().version, 1);
    }

    /// Case 7: news that was decided upon is known, whatever the bytes it comes in; and what was said
    /// of comments in the lane is found again.
    async fn the_same_news_is_known_in_another_body(db: &Db) {
        let store = db.open().await;
        let comment = |id: &str, body: &[u8]| {
            let event = "issue_comment".to_owned();
            NewDelivery { event, body: body.to_vec(), ..delivery(id, 1, 0) }
        };
        for (id, body) in [("a", &b"{\"n\":1}"[..]), ("b", b"{\"n\":2}"), ("c", b"{\"n\":3}")] {
            store.receive(comment(id, body)).await.unwrap();
        }
        store.receive(delivery("d", 1, 0)).await.unwrap();
        let lease = store.claim_lane(claim("w", at(0))).await.unwrap().unwrap();
        let first = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert!(!store.news_was_handled(&first, "said").await.unwrap());
        let news = Some("said".to_owned());
        store.commit(&lease, Commit { news, ..decision(&first, 1, 0) }).await.unwrap();
        assert!(!store.news_was_handled(&first, "said").await.unwrap(), "it is this very row");
        let second = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert!(store.news_was_handled(&second, "said").await.unwrap());
        assert!(!store.news_was_handled(&second, "said otherwise").await.unwrap());
        assert!(!store.body_was_handled(&second).await.unwrap());
        store.finish_row(&lease, &second, &Outcome::Done, &[], at(0)).await.unwrap();
        let third = store.next_in_lane(&lease).await.unwrap().unwrap();
        let before = store.comments_before(&lease, &third, 9).await.unwrap();
        assert_eq!(before, [&b"{\"n\":2}"[..], b"{\"n\":1}"]);
        assert_eq!(store.comments_before(&lease, &third, 1).await.unwrap().len(), 1);
        assert!(store.comments_before(&lease, &first, 9).await.unwrap().is_empty());
    }

    /// The same worker after its own lease ran out is stale as well: the fence counts, not the name.
    async fn the_fence_is_not_the_name(db: &Db) {
        let store = db.open().await;
        let (first, row) = next_row(&store, 1, "a").await;
        let second = store.claim_lane(claim("setup", at(60))).await.unwrap().unwrap();
        let refused = store.commit(&first, decision(&row, 1, 0)).await;
        assert!(matches!(refused, Err(CommitError::LostLease)));
        store.release_lane(first).await.unwrap();
        store.commit(&second, decision(&row, 1, 0)).await.unwrap();
    }

    /// A renewed lease holds; a released lane is free at once.
    async fn leases_are_renewed_and_released(db: &Db) {
        let store = db.open().await;
        let (lease, _row) = next_row(&store, 1, "a").await;
        store.renew_lane(&lease, at(100)).await.unwrap();
        assert!(store.claim_lane(claim("other", at(99))).await.unwrap().is_none());
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(100)));
        store.release_lane(lease).await.unwrap();
        assert!(!store.idle(at(0)).await.unwrap());
        assert!(store.claim_lane(claim("other", at(1))).await.unwrap().is_some());
    }

    /// A row that cannot be handled now puts its lane off, and remembers why.
    async fn a_lane_can_be_put_off(db: &Db) {
        let store = db.open().await;
        let (lease, row) = next_row(&store, 1, "a").await;
        store.put_off(lease, &row, at(60), "GitHub answered 502").await.unwrap();
        assert!(store.claim_lane(claim("w", at(59))).await.unwrap().is_none());
        assert!(store.idle(at(59)).await.unwrap());
        let lease = store.claim_lane(claim("w", at(60))).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert_eq!(row.attempts, 1);
        store.wait_out(lease, &row, at(120), "GitHub asked for a pause").await.unwrap();
        assert!(store.claim_lane(claim("w", at(119))).await.unwrap().is_none());
        let lease = store.claim_lane(claim("w", at(120))).await.unwrap().unwrap();
        assert_eq!(store.next_in_lane(&lease).await.unwrap().unwrap().attempts, 1);
    }

    /// A decision on an old version writes nothing, not even its inbox row.
    async fn a_lost_race_writes_nothing(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, Vec::new()).await;
        let (lease, row) = next_row(&store, 1, "b").await;
        for stale in [0, 2, 5] {
            let commit = Commit {
                effects: vec![effect("post", None, at(0))],
                internal: vec![internal("x", 1, 0)],
                ..decision(&row, 1, stale)
            };
            let result = store.commit(&lease, commit).await;
            assert!(matches!(result, Err(CommitError::LostRace)), "{stale}: {result:?}");
        }
        let health = store.health().await.unwrap();
        assert_eq!((health.inbox_pending, health.effects_pending), (1, 0));
        store.commit(&lease, decision(&row, 1, 1)).await.unwrap();
        let again = store.commit(&lease, decision(&row, 1, 2)).await;
        assert!(matches!(again, Err(CommitError::LostRace)), "the row ended: {again:?}");
    }

    /// Everything of a decision is there after it, and only for its own installation.
    async fn a_decision_stands_whole(db: &Db) {
        let store = db.open().await;
        let (lease, row) = next_row(&store, 1, "a").await;
        let history = |event: &str| NewHistory {
            event: event.to_owned(),
            from: "Seen".to_owned(),
            to: "Planning".to_owned(),
            reasons: json!({ "why": ["nul \0"] }),
        };
        let mut planning = state("Planning");
        planning.title = "nul \0 title".to_owned();
        let commit = Commit {
            state: planning,
            history: vec![history("command"), history("plan")],
            refusals_told: vec![UserId(5)],
            ..decision(&row, 1, 0)
        };
        store.commit(&lease, commit).await.unwrap();
        let loaded = store.load_issue(issue(1)).await.unwrap().unwrap();
        assert_eq!((loaded.version, loaded.stage.as_str()), (1, "Planning"));
        assert_eq!((loaded.owner.as_str(), loaded.name.as_str()), ("acme", "api"));
        assert_eq!(loaded.title, "nul \u{fffd} title");
        let lines = store.history(ACME, issue(1)).await.unwrap();
        assert_eq!(lines.iter().map(|it| it.event.as_str()).collect::<Vec<_>>(), ["command", "plan"]);
        assert_eq!(lines[0].reasons, json!({ "why": ["nul \0"] }));
        assert!(store.refusal_told(issue(1), UserId(5), at(0)).await.unwrap());
        assert!(!store.refusal_told(issue(1), UserId(5), at(1)).await.unwrap());
        assert!(!store.refusal_told(issue(2), UserId(5), at(0)).await.unwrap());
        assert_eq!(store.issues(ACME, 10).await.unwrap().len(), 1);
        assert_eq!(store.issues_of_repository(API).await.unwrap(), [issue(1)]);
        assert_eq!(store.issues_of_installation(ACME).await.unwrap(), [issue(1)]);
        assert!(store.history(STRANGER, issue(1)).await.unwrap().is_empty());
        assert!(store.issues(STRANGER, 10).await.unwrap().is_empty());
        assert!(store.issues_of_installation(STRANGER).await.unwrap().is_empty());
        assert!(store.cost_of_issue(STRANGER, issue(1)).await.unwrap().is_empty());
    }

    /// A linked pull request or branch speaks in its issue's lane, rows that wait already included.
    async fn links_gather_a_pull_request_in_its_issue(db: &Db) {
        let store = db.open().await;
        let branch = || Hint::Branch("baton/1-caching".to_owned());
        let (lease, row) = next_row(&store, 1, "a").await;
        store.receive(delivery("early", 9, 1)).await.unwrap();
        let links = vec![
            (Hint::Number(IssueNumber(9)), Lane::Issue(issue(1))),
            (branch(), Lane::Issue(issue(1))),
        ];
        store.commit(&lease, Commit { links, ..decision(&row, 1, 0) }).await.unwrap();
        store.receive(delivery("late", 9, 2)).await.unwrap();
        let push = NewDelivery { hint: branch(), ..delivery("push", 0, 3) };
        store.receive(push.clone()).await.unwrap();
        let foreign = NewDelivery { repository: Some(baton::base::RepositoryId(1)), ..push };
        store.receive(NewDelivery { delivery_id: "f".into(), ..foreign }).await.unwrap();
        let mut seen = Vec::new();
        while let Some(row) = store.next_in_lane(&lease).await.unwrap() {
            store.finish_row(&lease, &row, &Outcome::Done, &[], at(4)).await.unwrap();
            seen.push(row.delivery_id.0);
        }
        assert_eq!(seen, ["early", "late", "push"]);
    }

    /// A timer speaks once, with its epoch, in its issue's lane.
    async fn a_timer_fires_once(db: &Db) {
        let store = db.open().await;
        let set = |kind: &str, epoch, due| TimerChange::Set { kind: kind.to_owned(), epoch, due };
        let (lease, row) = next_row(&store, 1, "a").await;
        let timers = vec![
            set("stuck", 1, at(60)),
            set("reminder", 1, at(90)),
            set("stuck", 2, at(70)),
            set("gone", 1, at(10)),
            TimerChange::Cancel { kind: "gone".to_owned() },
        ];
        store.commit(&lease, Commit { timers, ..decision(&row, 1, 0) }).await.unwrap();
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(70)));
        assert_eq!(store.fire_due_timers(at(69), 10).await.unwrap(), 0);
        let both = tokio::join!(store.fire_due_timers(at(70), 10), store.fire_due_timers(at(70), 10));
        assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        assert_eq!(row.delivery_id.0, format!("timer/42/1/stuck/2/{}", at(70).0));
        let timers = vec![TimerChange::CancelAll];
        store.commit(&lease, Commit { timers, ..decision(&row, 1, 1) }).await.unwrap();
        assert_eq!(store.next_due(at(70)).await.unwrap(), None);
        assert!(store.idle(at(70) + Millis::days(1)).await.unwrap());
    }

    /// A renamed repository keeps its id and its issues.
    async fn a_repository_can_be_renamed(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, Vec::new()).await;
        let renamed = Repository {
            id: API,
            owner: "acme".to_owned(),
            name: "backend".to_owned(),
            default_branch: Some("trunk".to_owned()),
            private: false,
        };
        store.save_repository(ACME, &renamed).await.unwrap();
        let silent = Repository { default_branch: None, ..renamed.clone() };
        store.save_repository(ACME, &silent).await.unwrap();
        assert_eq!(store.load_repository(API).await.unwrap(), Some((ACME, renamed)));
        decide(&store, 1, 1, Vec::new()).await;
        assert_eq!(store.load_issue(issue(1)).await.unwrap().unwrap().name, "backend");
    }

    /// Rows of two issues are decided side by side, and the lease's length is the caller's.
    async fn many_workers_drain_many_lanes(db: &Db) {
        let store = db.open().await;
        for n in 0..60 {
            store.receive(delivery(&format!("{n}"), n % 6, n)).await.unwrap();
        }
        let workers = (0..4).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let worker = format!("w{n}");
                let mut handled = 0;
                while let Some(lease) = store.claim_lane(claim(&worker, at(100))).await.unwrap() {
                    while let Some(row) = store.next_in_lane(&lease).await.unwrap() {
                        let Lane::Issue(key) = lease.lane() else { panic!("{}", lease.lane()) };
                        let version =
                            store.load_issue(key).await.unwrap().map_or(0, |it| it.version);
                        let commit = decision(&row, key.number.0, version);
                        store.commit(&lease, commit).await.unwrap();
                        handled += 1;
                    }
                    store.release_lane(lease).await.unwrap();
                }
                handled
            })
        });
        let mut handled = 0;
        for worker in workers.collect::<Vec<_>>() {
            handled += worker.await.unwrap();
        }
        assert_eq!(handled, 60);
        for n in 0..6 {
            assert_eq!(store.load_issue(issue(n)).await.unwrap().unwrap().version, 10);
        }
        assert!(store.idle(at(100) + LEASE).await.unwrap());
    }
}
