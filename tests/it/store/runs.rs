//! Model runs: one live per issue, transcripts, questions, plans.

use baton::base::{RunId, Sha, UserId};
use baton::store::{
    Answer, ClaimError, ClaimedRun, Commit, Entry, NewPlan, NewQuestion, NewRun, Parking, RunEnd,
    RunStatus, Started, Store, Told,
};
use serde_json::json;

use super::plans::plan;
use super::{ACME, at, claim, decision, internal, issue, next_row, on_both};

pub(crate) fn run(id: &str, number: i64) -> NewRun {
    NewRun {
        id: RunId::from(id),
        issue: issue(number),
        installation: ACME,
        role: "planner".to_owned(),
        tier: "opus".to_owned(),
        model: "model-o".to_owned(),
        requester: UserId(5),
        brief: json!({ "title": "Add caching" }),
        limits: json!({ "turns": 12 }),
        now: at(0),
    }
}

pub(crate) async fn claimed(store: &Store, worker: &str, seconds: i64) -> Option<ClaimedRun> {
    store.claim_run(claim(worker, at(seconds))).await.unwrap()
}

fn entry(seq: i64, seconds: i64) -> Entry {
    Entry { seq, entry: json!({ "said": seq, "nul": "\0" }), at: at(seconds) }
}

fn told(id: &str, seconds: i64) -> Told {
    Told { id: id.into(), text: format!("text of {id}"), at: at(seconds) }
}

fn parking(status: RunStatus, seconds: i64) -> Parking {
    Parking { status, due: at(seconds), reason: None, internal: None, questions: Vec::new() }
}

fn stale<T: std::fmt::Debug>(result: Result<T, ClaimError>) {
    assert!(matches!(result, Err(ClaimError::Stale)), "{result:?}");
}

fn end(status: RunStatus, plan: Option<NewPlan>, told: &str) -> RunEnd {
    RunEnd { status, reason: None, internal: internal(told, 1, 1), plan, result: None }
}

on_both! {
    /// Law 1, held by the database.
    async fn one_run_is_live_per_issue(db: &Db) {
        let store = db.open().await;
        assert_eq!(store.start_run(&run("r1", 1)).await.unwrap(), Started::New);
        assert_eq!(store.start_run(&run("r1", 1)).await.unwrap(), Started::Known);
        let other = Started::OtherLive(RunId::from("r1"));
        assert_eq!(store.start_run(&run("r2", 1)).await.unwrap(), other);
        assert_eq!(store.start_run(&run("r3", 2)).await.unwrap(), Started::New);
        store.stop_run(&RunId::from("r1"), "asked", at(1)).await.unwrap();
        store.stop_run(&RunId::from("r1"), "asked again", at(2)).await.unwrap();
        assert_eq!(store.start_run(&run("r1", 1)).await.unwrap(), Started::Known);
        assert_eq!(store.start_run(&run("r2", 1)).await.unwrap(), Started::New);
        let stopped = store.load_run(&RunId::from("r1")).await.unwrap().unwrap();
        assert_eq!((stopped.status, stopped.reason.as_deref()), (RunStatus::Stopped, Some("asked")));
        assert_eq!(stopped.finished, Some(at(1)));
        assert_eq!(store.live_run(issue(1)).await.unwrap().unwrap().id.as_str(), "r2");
    }

    /// Starts of one issue that race leave one live run.
    async fn racing_starts_leave_one(db: &Db) {
        let store = db.open().await;
        let starts = (0..8).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.start_run(&run(&format!("r{n}"), 1)).await.unwrap() })
        });
        let mut new = 0;
        for start in starts.collect::<Vec<_>>() {
            new += usize::from(start.await.unwrap() == Started::New);
        }
        assert_eq!(new, 1);
        assert_eq!(store.health().await.unwrap().runs_live, 1);
    }

    /// The transcript survives the worker; the stale one appends nothing.
    async fn a_run_resumes_after_a_crash(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let first = claimed(&store, "a", 0).await.unwrap();
        assert!(claimed(&store, "b", 29).await.is_none());
        store.append_entry(&first, &entry(0, 1), &[]).await.unwrap();
        store.append_entry(&first, &entry(1, 2), &[]).await.unwrap();
        let taken = store.append_entry(&first, &entry(1, 3), &[]).await;
        assert!(matches!(taken, Err(ClaimError::Conflict(_))), "{taken:?}");
        store.renew_run(&first, at(50)).await.unwrap();
        assert!(claimed(&store, "b", 49).await.is_none());
        let second = claimed(&store, "a", 50).await.unwrap();
        stale(store.append_entry(&first, &entry(2, 51), &[]).await);
        stale(store.renew_run(&first, at(99)).await);
        stale(store.park_run(&first, &parking(RunStatus::Waiting, 0)).await);
        stale(store.finish_run(&first, &end(RunStatus::Finished, None, "x"), at(51)).await);
        store.append_entry(&second, &entry(2, 51), &[]).await.unwrap();
        let entries = store.entries(&RunId::from("r1")).await.unwrap();
        assert_eq!(entries, [entry(0, 1), entry(1, 2), entry(2, 51)]);
        assert_eq!(store.load_run(&RunId::from("r1")).await.unwrap().unwrap().activity, at(51));
    }

    /// Stopping refuses the worker's next write, and nothing of the run is claimed again.
    async fn a_stopped_run_is_deaf(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        store.stop_run(&it.run.id, "asked", at(1)).await.unwrap();
        stale(store.append_entry(&it, &entry(0, 2), &[]).await);
        stale(store.finish_run(&it, &end(RunStatus::Finished, None, "x"), at(2)).await);
        assert!(!store.wake_run(&it.run.id, &told("42/1/2/0", 2)).await.unwrap());
        store.run_activity(&it.run.id, at(9)).await.unwrap();
        assert_eq!(store.load_run(&it.run.id).await.unwrap().unwrap().activity, at(0));
        assert!(claimed(&store, "b", 99).await.is_none());
        assert!(store.idle(at(99)).await.unwrap());
    }

    /// Asked, parked, answered, woken: each input is read once.
    async fn a_parked_run_wakes_with_what_it_was_told(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        let question = |position| NewQuestion { round: 1, position, question: json!("Redis?") };
        let asking = Parking {
            internal: Some(internal("run/r1/asks/1", 1, 1)),
            questions: vec![question(1), question(2)],
            ..parking(RunStatus::Waiting, 0)
        };
        store.park_run(&it, &asking).await.unwrap();
        stale(store.append_entry(&it, &entry(0, 2), &[]).await);
        assert!(claimed(&store, "a", 2).await.is_none(), "it waits");
        assert_eq!(store.health().await.unwrap().inbox_pending, 1);

        let answer = |text: &str| Answer {
            run: RunId::from("r1"),
            round: 1,
            position: 1,
            text: text.to_owned(),
            by: UserId(5),
            at: at(3),
        };
        let (lease, row) = next_row(&store, 1, "comment").await;
        let answers = vec![answer("no"), answer("yes\0")];
        store.commit(&lease, Commit { answers, ..decision(&row, 1, 0) }).await.unwrap();
        let questions = store.questions(issue(1)).await.unwrap();
        assert_eq!(questions.len(), 2);
        assert_eq!(questions[0].answer.as_ref().unwrap().text, "yes\u{fffd}");
        assert!(questions[1].answer.is_none());
        assert!(store.questions(issue(2)).await.unwrap().is_empty());

        assert!(store.wake_run(&it.run.id, &told("42/1/2/0", 4)).await.unwrap());
        assert!(store.wake_run(&it.run.id, &told("42/1/2/0", 5)).await.unwrap(), "twice is once");
        let it = claimed(&store, "a", 4).await.unwrap();
        let inputs = store.pending_inputs(&it.run.id).await.unwrap();
        assert_eq!(inputs, [told("42/1/2/0", 4)]);
        store.append_entry(&it, &entry(0, 5), &inputs).await.unwrap();
        assert!(store.pending_inputs(&it.run.id).await.unwrap().is_empty());
        store.park_run(&it, &parking(RunStatus::Waiting, 0)).await.unwrap();
        assert!(claimed(&store, "a", 9).await.is_none());
    }

    /// What is told while the run works is not slept through, and what it wanted to ask meanwhile
    /// is not asked.
    async fn a_run_that_was_told_something_does_not_wait(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        assert!(store.tell_run(&it.run.id, &told("42/1/2/0", 1)).await.unwrap());
        let question = NewQuestion { round: 1, position: 1, question: json!("Redis?") };
        let asking = Parking {
            internal: Some(internal("run/r1/asks/1", 1, 1)),
            questions: vec![question],
            ..parking(RunStatus::Waiting, 0)
        };
        store.park_run(&it, &asking).await.unwrap();
        assert!(store.questions(issue(1)).await.unwrap().is_empty());
        assert_eq!(store.health().await.unwrap().inbox_pending, 0);
        let it = claimed(&store, "a", 1).await.unwrap();
        let inputs = store.pending_inputs(&it.run.id).await.unwrap();
        store.append_entry(&it, &entry(0, 2), &inputs).await.unwrap();
        store.park_run(&it, &asking).await.unwrap();
        assert_eq!(store.questions(issue(1)).await.unwrap().len(), 1);
    }

    /// Words that nobody has read are not lost with an end that came just before them.
    async fn a_run_that_was_told_something_does_not_finish(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        assert!(store.tell_run(&it.run.id, &told("42/1/2/0", 1)).await.unwrap());
        let finished = end(RunStatus::Finished, Some(plan(1, "p", "b")), "run/r1/done");
        store.finish_run(&it, &finished, at(2)).await.unwrap();
        assert_eq!(store.health().await.unwrap().inbox_pending, 0);

        let it = claimed(&store, "b", 2).await.unwrap();
        let inputs = store.pending_inputs(&it.run.id).await.unwrap();
        store.append_entry(&it, &entry(0, 3), &inputs).await.unwrap();
        store.finish_run(&it, &finished, at(4)).await.unwrap();
        assert_eq!(store.health().await.unwrap().inbox_pending, 1);
    }

    /// A run that waits for answers is told something without being woken: only its answers do.
    async fn telling_does_not_wake(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        store.park_run(&it, &parking(RunStatus::Waiting, 0)).await.unwrap();
        assert!(store.tell_run(&it.run.id, &told("42/1/2/0", 1)).await.unwrap());
        assert!(store.tell_run(&it.run.id, &told("42/1/2/0", 1)).await.unwrap(), "twice is once");
        assert!(claimed(&store, "a", 9).await.is_none());
        assert!(store.wake_run(&it.run.id, &told("42/1/3/0", 9)).await.unwrap());
        let it = claimed(&store, "a", 9).await.unwrap();
        assert_eq!(store.pending_inputs(&it.run.id).await.unwrap().len(), 2);
        store.stop_run(&it.run.id, "asked", at(10)).await.unwrap();
        assert!(!store.tell_run(&it.run.id, &told("42/1/4/0", 11)).await.unwrap());
    }

    /// A backoff is a due time that survives.
    async fn a_backoff_ends_by_itself(db: &Db) {
        let store = db.open().await;
        store.start_run(&run("r1", 1)).await.unwrap();
        let it = claimed(&store, "a", 0).await.unwrap();
        store.park_run(&it, &parking(RunStatus::Backoff, 60)).await.unwrap();
        assert_eq!(store.load_run(&it.run.id).await.unwrap().unwrap().status, RunStatus::Backoff);
        assert_eq!(store.next_due(at(0)).await.unwrap(), Some(at(60)));
        assert!(claimed(&store, "a", 59).await.is_none());
        assert_eq!(claimed(&store, "b", 60).await.unwrap().run.status, RunStatus::Ready);
    }

    /// What a run came to stands with its end, and runs are found again in their order.
    async fn a_result_stands_with_the_end_of_its_run(db: &Db) {
        let store = db.open().await;
        let result = json!({ "changes": [{ "path": "a", "text": "x\u{0}y" }] });
        for (id, result) in [("r1", Some(result.clone())), ("r2", None)] {
            store.start_run(&run(id, 1)).await.unwrap();
            let it = claimed(&store, "a", 0).await.unwrap();
            assert_eq!(it.run.result, None);
            let ends = RunEnd { result, ..end(RunStatus::Finished, None, &format!("run/{id}")) };
            store.finish_run(&it, &ends, at(1)).await.unwrap();
        }
        let runs = store.runs(issue(1)).await.unwrap();
        assert_eq!(runs.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["r1", "r2"]);
        assert_eq!(runs[0].result, Some(result));
        assert_eq!(runs[1].result, None);
        assert!(store.runs(issue(2)).await.unwrap().is_empty());
    }

    /// The end, the plan and the news stand together; a taken revision ends nothing.
    async fn a_plan_stands_with_the_end_of_its_run(db: &Db) {
        let store = db.open().await;
        let plan = |revision| NewPlan {
            revision,
            hash: "abc".to_owned(),
            plan: json!({ "summary": "s" }),
            markdown: "# Plan\0".to_owned(),
            base_sha: Sha::from("f00"),
        };
        for (n, id) in [(1, "r1"), (2, "r2")] {
            store.start_run(&run(id, 1)).await.unwrap();
            let it = claimed(&store, "a", 0).await.unwrap();
            assert_eq!(store.next_revision(issue(1)).await.unwrap(), n);
            if n == 2 {
                let ends = end(RunStatus::Finished, Some(plan(1)), "x");
                let taken = store.finish_run(&it, &ends, at(1)).await;
                assert!(matches!(taken, Err(ClaimError::Conflict(_))));
                assert!(store.live_run(issue(1)).await.unwrap().is_some());
            }
            let ends = end(RunStatus::Finished, Some(plan(n)), &format!("run/{id}"));
            store.finish_run(&it, &ends, at(1)).await.unwrap();
            stale(store.finish_run(&it, &ends, at(1)).await);
        }
        let newest = store.newest_plan(issue(1)).await.unwrap().unwrap();
        assert_eq!((newest.revision, newest.run.as_str()), (2, "r2"));
        assert_eq!(newest.markdown, "# Plan\u{fffd}");
        assert_eq!(store.plan(issue(1), 1).await.unwrap().unwrap().run.as_str(), "r1");
        assert!(store.plan(issue(2), 1).await.unwrap().is_none());
        assert!(store.live_run(issue(1)).await.unwrap().is_none());
        assert_eq!(store.health().await.unwrap().inbox_pending, 2);
    }
}
