//! Two workers on one database, as two versions overlap during a deployment (cases 36 and 37).
//!
//! There is never more than one live run for an issue, what a worker writes after it lost its lease
//! is refused, and each task is pushed and paid for once. On SQLite, and on PostgreSQL where
//! `BATON_TEST_POSTGRES_URL` names one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton::base::{Clock as _, IssueNumber, Millis};
use baton::domain::conversation::{Answer, Request};
use baton::engine::Engine;
use baton::llm::{LlmError, Model};
use baton::sandbox::github::{CallMatcher, CiBehaviour, Fault, FaultRule};
use baton::sandbox::model::{creates, edits, submits, task_done};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::world::{Inhabitant, World, plan};

const CACHE: &str = "//! The cache.\n";

/// A little longer than a lease, and too short to count as a pause of the run.
const LEASE_AND_SOME: Millis = Millis::seconds(50);

/// A model whose first answer has come and been billed, and that does not get through to its worker
/// until the test says so.
struct Stalled {
    inner: Arc<dyn Model>,
    has_answered: AtomicBool,
    answered: Notify,
    goes_on: Notify,
}

#[async_trait]
impl Model for Stalled {
    async fn complete(&self, request: &Request) -> Result<Answer, LlmError> {
        let answer = self.inner.complete(request).await;
        if !self.has_answered.swap(true, Ordering::SeqCst) {
            self.answered.notify_one();
            self.goes_on.notified().await;
        }
        answer
    }

    async fn count_tokens(&self, request: &Request) -> Result<u64, LlmError> {
        self.inner.count_tokens(request).await
    }
}

/// An issue whose approved plan was just started, in a repository whose CI is green.
async fn started(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.person.comments(issue, "/baton approve --start").unwrap();
    issue
}

/// Subjects of the commits that hold more than Baton's own files.
fn pushes(world: &World) -> Vec<String> {
    let repo = world.github.repo();
    let base: Vec<_> = repo.commits("main").into_iter().map(|it| it.sha).collect();
    let ours = repo.commits(&world.branch()).into_iter().filter(|it| !base.contains(&it.sha));
    let code = ours.filter(|it| it.files.iter().any(|path| !path.starts_with("docs/prds/")));
    code.map(|it| it.message.lines().next().unwrap_or_default().to_owned()).collect()
}

/// One row of the ledger for each request that the provider billed.
async fn check_ledger(world: &World, issue: IssueNumber) {
    let installation = world.github.installation_id().unwrap();
    let store = world.engine().store;
    let rows = store.cost_of_issue(installation, world.key(issue)).await.unwrap();
    let booked: i64 = rows.iter().map(|it| it.calls).sum();
    assert_eq!(booked, i64::try_from(world.model.books().len()).unwrap());
    assert_eq!(store.health().await.unwrap().reservations_open, 0);
}

/// Another process whose first call to a model does not come back before the test says so.
struct Other {
    engine: Engine,
    stalled: Arc<Stalled>,
    working: JoinHandle<()>,
}

impl Other {
    /// Lets another process take up the live run, until its first answer was billed.
    async fn takes_the_run(world: &World) -> Other {
        let engine = world.another_worker().await;
        let stalled = Arc::new(Stalled {
            inner: engine.model.clone().unwrap(),
            has_answered: AtomicBool::new(false),
            answered: Notify::new(),
            goes_on: Notify::new(),
        });
        let engine = Engine { model: Some(Arc::clone(&stalled) as Arc<dyn Model>), ..engine };
        let working = tokio::spawn({
            let (stalled, engine) = (Arc::clone(&stalled), engine.clone());
            async move {
                while !stalled.has_answered.load(Ordering::SeqCst) {
                    engine.step().await.unwrap();
                }
            }
        });
        stalled.answered.notified().await;
        Other { engine, stalled, working }
    }

    /// Lets its answer come, and waits until it has done with it what it may.
    async fn comes_back(self) {
        self.stalled.goes_on.notify_one();
        self.working.await.unwrap();
        self.engine.store.close().await;
    }
}

/// The first worker is cut off while a model answers it, long enough to lose its lease; a second
/// one takes the run over. When the first comes back nothing that it writes is taken, neither
/// before the second has written anything nor after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_comes_back_after_its_lease_writes_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = started(&world, &ann).await;
    let stale = "//! By a worker that was cut off.\n";
    world.model.haiku().will([
        creates("src/cache.rs", stale),
        creates("src/cache.rs", stale),
        creates("src/cache.rs", CACHE),
        task_done("Written."),
    ]);
    let run = world.comes_to_a_run(issue, None).await;
    let store = world.engine().store;
    let billed = world.model.books().len();

    let first = Other::takes_the_run(&world).await;
    world.clock.advance(LEASE_AND_SOME);
    let second = Other::takes_the_run(&world).await;
    assert_ne!(first.engine.worker, second.engine.worker);
    assert_eq!(world.model.books().len(), billed + 2, "each has paid for a call");
    first.comes_back().await;
    assert_eq!(store.entries(&run.id).await.unwrap(), [], "a stale worker wrote into the run");

    world.clock.advance(LEASE_AND_SOME);
    world.settles().await;
    assert_eq!(pushes(&world), ["t1: Write the cache"]);
    let told = store.entries(&run.id).await.unwrap();
    second.comes_back().await;
    world.settles().await;

    assert_eq!(store.entries(&run.id).await.unwrap(), told, "a stale worker wrote into the run");
    assert_eq!(pushes(&world), ["t1: Write the cache"]);
    let file = world.github.repo().file(&world.branch(), "src/cache.rs");
    assert_eq!(file.as_deref(), Some(CACHE));
    assert_eq!(world.model.books().len(), billed + 4, "only calls in flight were paid again");
    check_ledger(&world, issue).await;
    ann.says(issue, "/baton stop").await;
}

/// The first worker has pushed, and GitHub's answer does not reach it before its lease ends. The
/// second finds the commit instead of making another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_push_a_task_once() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([creates("src/cache.rs", CACHE), task_done("Written.")]);
    let issue = started(&world, &ann).await;
    world.comes_to_a_run(issue, None).await;
    let moves = CallMatcher::call("PATCH", "/git/refs/{*ref}");
    // Longer than the second worker takes on any machine to claim what the first one holds.
    let late = Fault::Delay(Duration::from_secs(3));
    world.github.fault(FaultRule::once(moves, late));
    let other = world.another_worker().await;
    let has_moved = Arc::new(AtomicBool::new(false));
    let working = tokio::spawn({
        let (other, clock) = (other.clone(), Arc::clone(&world.clock));
        let has_moved = Arc::clone(&has_moved);
        async move {
            while !has_moved.load(Ordering::SeqCst) {
                if !other.step().await.unwrap() {
                    // The pace of writes passes; nothing else is due so soon.
                    clock.advance(Millis(100));
                }
            }
        }
    });
    while !world.github.unmet_faults().is_empty() {
        assert!(!working.is_finished(), "nothing was pushed");
        tokio::task::yield_now().await;
    }
    has_moved.store(true, Ordering::SeqCst);
    world.clock.advance(Millis::minutes(1));
    world.settles().await;
    working.await.unwrap();
    world.settles().await;

    assert_eq!(pushes(&world), ["t1: Write the cache"]);
    check_ledger(&world, issue).await;
    ann.says(issue, "/baton stop").await;
    other.store.close().await;
}

/// Both workers step side by side, and the clock moves when neither has anything to do.
async fn two_by_two(world: &World, other: &Engine, length: Millis, is_over: impl Fn() -> bool) {
    let end = world.clock.now() + length;
    let store = world.engine().store;
    while !is_over() {
        let delivered = world.github.deliver_pending().await;
        let (one, two) = tokio::join!(world.step(), other.step());
        assert!(store.health().await.unwrap().runs_live <= 1, "two runs are live");
        if one || two.unwrap() || 0 < delivered {
            continue;
        }
        let now = world.clock.now();
        match store.next_due(now).await.unwrap() {
            Some(due) if due <= end => world.clock.set(due.max(now + Millis(1))),
            Some(_) | None => return,
        }
    }
}

/// Both look for work in every moment of the story: it comes out as if there were one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_build_a_plan_as_one_does() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = started(&world, &ann).await;
    world.model.haiku().will([creates("src/cache.rs", CACHE), task_done("Written.")]);
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
    world.model.haiku().will([
        edits("tests/answers.rs", "//! What", "//! A repeated question is free.\n//! What"),
        task_done("Tested."),
    ]);
    let other = world.another_worker().await;

    two_by_two(&world, &other, Millis::minutes(30), || false).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let mut subjects = pushes(&world);
    subjects.sort();
    assert_eq!(
        subjects,
        ["t1: Write the cache", "t2: Ask the cache first", "t3: Test the repeated question"]
    );
    assert_eq!(world.github.repo().pulls().len(), 1);
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let statuses = comments.iter().filter(|it| it.body.contains("<!-- baton:status")).count();
    assert_eq!(statuses, 1);
    check_ledger(&world, issue).await;
    other.store.close().await;
}
