//! The CI of a pushed head ends the stage that waits for it (`domain.md`, CI verdict of a commit).
//!
//! A person's branch is put under Baton's eyes: the stage is stored as it stands after a push, and
//! everything behind it is the service's.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton::base::{Clock as _, DeliveryId, IssueKey, IssueNumber, Millis, Sha};
use baton::domain::tier::Tier;
use baton::domain::workflow::{Doing, Stage, State, TimerKind, Work};
use baton::sandbox::github::{
    CallMatcher, CiBehaviour, Conclusion, DeliveryFault, Fault, FaultRule,
};
use baton::sandbox::model::submits;
use baton::store::{Claim, Commit, Hint, NewDelivery, NewIssueState, Outcome, TimerChange};
use insta::assert_snapshot;
use serde_json::json;

use crate::world::{Disorder, Inhabitant, World, canary, plan};

/// A world with a plan whose branch nobody has built on, and a base that was checked once.
struct Bench {
    world: World,
    issue: IssueNumber,
    branch: String,
    /// How often GitHub had been called when the stage began to wait.
    before_checks: AtomicUsize,
}

impl Bench {
    async fn new(behaviour: CiBehaviour) -> Bench {
        let world = World::new().await;
        let repo = world.github.repo();
        let head = |name: &str| repo.branches().into_iter().find(|it| it.0 == name).unwrap().1;
        let base = head(&repo.default_branch());
        repo.ci_concludes(&base, "test", Conclusion::Success, "").unwrap();
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([submits(plan())]);
        ann.says(issue, "/baton plan").await;
        let mut branches = repo.branches().into_iter().map(|it| it.0);
        let branch = branches.find(|it| it.starts_with("baton/")).unwrap();
        repo.ci_on(&branch, behaviour);
        // The tests end while reminders and later looks wait.
        world.forgive(Disorder::Waiting);
        Bench { world, issue, branch, before_checks: AtomicUsize::new(0) }
    }

    /// Ann pushes a file, and the stage waits for the CI of that commit.
    async fn pushes(&self, path: &str) -> Sha {
        let ann = self.ann();
        let sha = ann.person.pushes(&self.branch, &[(path, Some("new\n"))], "Change it").unwrap();
        self.world.settles().await;
        sha
    }

    fn ann(&self) -> Inhabitant<'_> {
        self.world.maintainer("ann")
    }

    fn key(&self) -> IssueKey {
        IssueKey { repository: self.world.github.repo().id(), number: self.issue }
    }

    async fn state(&self) -> State {
        let row = self.world.engine().store.load_issue(self.key()).await.unwrap().unwrap();
        serde_json::from_str(&row.state).unwrap()
    }

    /// Stores the stage that follows a push of `sha` for the first task.
    async fn checks(&self, sha: &Sha) {
        self.before_checks.store(self.world.github.call_count(), Ordering::Relaxed);
        let store = self.world.engine().store;
        let now = self.world.clock.now();
        let issue = store.load_issue(self.key()).await.unwrap().unwrap();
        let delivery = NewDelivery {
            delivery_id: DeliveryId(format!("pushed-{sha}")),
            event: "test".to_owned(),
            action: None,
            installation: Some(issue.installation),
            repository: Some(self.key().repository),
            hint: Hint::Number(self.issue),
            body: format!("{{\"pushed\":\"{sha}\"}}").into_bytes(),
            received: now,
        };
        store.receive(delivery).await.unwrap();
        let claim = Claim { worker: "test", now, lease: Millis::minutes(1) };
        let lease = store.claim_lane(claim).await.unwrap().unwrap();
        let row = store.next_in_lane(&lease).await.unwrap().unwrap();
        let state = checking(self.state().await, sha, self.ann().person.id());
        let due = now + Millis::seconds(60);
        let epoch = i64::from(state.epoch);
        let commit = Commit {
            row: &row,
            outcome: Outcome::Done,
            news: None,
            issue: self.key(),
            expected_version: issue.version,
            state: NewIssueState {
                installation: issue.installation,
                owner: issue.owner,
                name: issue.name,
                life: issue.life,
                stage: state.stage.name().to_owned(),
                state: json!(state).to_string(),
                snapshot: issue.snapshot,
                title: issue.title,
            },
            history: Vec::new(),
            effects: Vec::new(),
            timers: vec![
                TimerChange::CancelAll,
                TimerChange::Set { kind: TimerKind::Ci.name().to_owned(), epoch, due },
            ],
            links: Vec::new(),
            refusals_told: Vec::new(),
            answers: Vec::new(),
            limits: Vec::new(),
            entered: Vec::new(),
            feedback: Vec::new(),
            handoffs: Vec::new(),
            words: Vec::new(),
            internal: Vec::new(),
            forgotten: Vec::new(),
            handles: Vec::new(),
            now,
        };
        store.commit(&lease, commit).await.unwrap();
        store.release_lane(lease).await.unwrap();
    }

    /// What the stage has come to, in one line.
    async fn stands(&self) -> String {
        let stage = self.state().await.stage;
        let name = stage.name();
        match stage {
            Stage::Working { work, doing: Doing::Checking { .. } } => {
                format!("waits for the CI, done: {:?}", work.done)
            }
            Stage::Working { work, .. } => format!("goes on, done: {:?}", work.done),
            Stage::Blocked { why, .. } => format!("blocked: {why:?}"),
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Paused { .. }
            | Stage::Done { .. }
            | Stage::Stopped { .. } => name.to_owned(),
        }
    }

    /// A world settles what is due within half a minute, so looks that far ahead have been taken.
    async fn after(&self, seconds: i64) -> String {
        self.world.lives_through(Millis::seconds(seconds)).await;
        self.stands().await
    }

    /// How often GitHub was read since the stage began to wait.
    fn reads(&self) -> usize {
        let since = self.before_checks.load(Ordering::Relaxed);
        let calls = self.world.github.calls().into_iter();
        calls.filter(|it| since < it.nth && it.method == "GET").count()
    }

    async fn failures(&self) -> String {
        let store = self.world.engine().store;
        store.handle(self.key(), "ci-failures").await.unwrap().unwrap_or_default()
    }
}

fn checking(mut state: State, sha: &Sha, approved: baton::base::UserId) -> State {
    let plan = state.stage.plan().unwrap().clone();
    state.epoch += 1;
    state.stage = Stage::Working {
        work: Work {
            plan,
            approved,
            by_hand: true,
            made_way: false,
            adopted: None,
            done: BTreeSet::new(),
            skipped: BTreeSet::new(),
            task: Some("t1".to_owned()),
            tier: Tier::Haiku,
            overtaken: false,
            reds: 0,
            escalations: 0,
            rounds: 0,
            fixes: 0,
            lent: false,
            fix_offered: false,
            unchecked: false,
            beneath: false,
            told_ready: false,
        },
        doing: Doing::Checking { sha: sha.clone(), theirs: true },
    };
    state
}

#[tokio::test]
async fn a_green_head_settles_its_task_at_the_first_look() {
    let bench = Bench::new(CiBehaviour::Green).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(25).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(40).await, @r#"goes on, done: {"t1"}"#);
}

/// The verdict is taken a minute after the last end, whenever that is, and no sooner.
#[tokio::test]
async fn news_of_an_end_bring_the_verdict_a_minute_later() {
    let bench = Bench::new(CiBehaviour::Manual).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;
    assert_snapshot!(bench.after(130).await, @"waits for the CI, done: {}");

    bench.world.github.repo().ci_concludes(&sha, "test", Conclusion::Success, "").unwrap();

    assert_snapshot!(bench.after(25).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(40).await, @r#"goes on, done: {"t1"}"#);
}

#[tokio::test]
async fn a_red_head_keeps_what_the_job_wrote_without_its_secrets() {
    let log = format!("error: it is wrong\nkey {}\n", canary::API_KEY);
    let bench = Bench::new(CiBehaviour::Red { log }).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(61).await, @"blocked: Ci(Red)");
    let kept = bench.failures().await;
    assert!(kept.starts_with(r#"{"jobs":[{"log":"error: it is wrong"#), "{kept}");
    assert!(kept.contains(&format!(r#""name":"test"}}],"sha":"{sha}""#)), "{kept}");
    assert!(!kept.contains(canary::API_KEY), "{kept}");
}

#[tokio::test]
async fn nothing_within_five_minutes_is_no_verdict() {
    let bench = Bench::new(CiBehaviour::Silent).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(300).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(120).await, @"blocked: Ci(Unverified)");
}

/// A run without a job has no check run: only the run itself says why nothing reports.
#[tokio::test]
async fn a_workflow_without_jobs_is_no_missing_ci() {
    let cases = [
        (Some(Conclusion::StartupFailure), "blocked: Ci(Red)"),
        (Some(Conclusion::ActionRequired), "blocked: Ci(NeedsPerson)"),
        (None, "waits for the CI, done: {}"),
    ];
    for (ended, expected) in cases {
        let bench = Bench::new(CiBehaviour::NoJobs { ended }).await;
        let sha = bench.pushes("src/cache.rs").await;
        bench.checks(&sha).await;

        assert_eq!(bench.after(420).await, expected, "{ended:?}");
        if ended == Some(Conclusion::StartupFailure) {
            let failures = bench.failures().await;
            assert!(failures.contains(r#""name":"CI""#), "{failures}");
        }
    }
}

/// Who may not read workflow runs judges by the checks alone.
#[tokio::test]
async fn without_the_permission_to_read_runs_the_checks_are_all_there_is() {
    let bench = Bench::new(CiBehaviour::NoJobs { ended: None }).await;
    let runs = CallMatcher::call("GET", "/repos/{owner}/{repo}/actions/runs");
    bench.world.github.fault(FaultRule::always(runs, Fault::missing_permission()));
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;

    assert_eq!(bench.after(420).await, "blocked: Ci(Unverified)");
}

#[tokio::test]
async fn what_is_open_for_an_hour_calls_a_person() {
    let bench = Bench::new(CiBehaviour::Manual).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(3_540).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(300).await, @"blocked: Ci(Silent)");
}

/// People were called, and then the check ends all the same: nobody has to say anything.
#[tokio::test]
async fn a_check_that_ends_after_people_were_called_goes_on() {
    let bench = Bench::new(CiBehaviour::Manual).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;
    assert_snapshot!(bench.after(3_900).await, @"blocked: Ci(Silent)");

    let repo = bench.world.github.repo();
    repo.ci_concludes(&sha, "test", Conclusion::Success, "").unwrap();
    bench.world.settles().await;
    assert_snapshot!(bench.after(61).await, @r#"goes on, done: {"t1"}"#);
}

/// A verdict is late when GitHub has trouble, and never lost.
#[tokio::test]
async fn trouble_puts_the_verdict_off() {
    let bench = Bench::new(CiBehaviour::Green).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.checks(&sha).await;
    let when = CallMatcher::call("GET", "/commits/{*ref}/check-runs");
    bench.world.github.fault(FaultRule { when, fault: Fault::unicorn(502), times: Some(40) });

    assert_snapshot!(bench.after(70).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(6_000).await, @r#"goes on, done: {"t1"}"#);
}

/// The plan's files are nobody's code: the commit before them is what was checked.
#[tokio::test]
async fn a_commit_of_plan_files_alone_inherits_the_verdict() {
    let bench = Bench::new(CiBehaviour::Green).await;
    bench.pushes("src/cache.rs").await;
    bench.world.github.repo().ci_on(&bench.branch, CiBehaviour::Silent);
    let sha = bench.pushes("docs/prds/active/notes.md").await;
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(61).await, @r#"goes on, done: {"t1"}"#);
}

/// A check of an App that neither the base knows nor a rule names says nothing.
#[tokio::test]
async fn a_stranger_is_not_believed() {
    let bench = Bench::new(CiBehaviour::Silent).await;
    let sha = bench.pushes("src/cache.rs").await;
    bench.world.github.repo().app_checks("friendly", &sha, "test", Conclusion::Success).unwrap();
    bench.checks(&sha).await;

    assert_snapshot!(bench.after(420).await, @"blocked: Ci(Unverified)");
}

/// A look reads GitHub eight times, so ten checks must not cost ten looks: with a look for each end
/// that was told it took 8 + 96 + 8 reads. The look while they end is the one that does not trust
/// deliveries.
#[tokio::test]
async fn ten_checks_that_end_one_by_one_cost_no_look_each() {
    let (bench, sha, names) = ten_checks().await;
    let first_look = bench.reads();
    for name in &names {
        bench.after(70).await;
        bench.world.github.repo().ci_concludes(&sha, name, Conclusion::Success, "").unwrap();
    }
    assert_snapshot!(bench.after(25).await, @"waits for the CI, done: {}");
    let while_ending = bench.reads() - first_look;
    assert_snapshot!(bench.after(40).await, @r#"goes on, done: {"t1"}"#);

    let last_look = bench.reads() - while_ending - first_look;
    assert_snapshot!(format!("{first_look} + {while_ending} + {last_look}"), @"8 + 8 + 10");
}

/// With a look for each end that was told these were 104 reads.
#[tokio::test]
async fn ten_checks_that_end_at_once_cost_one_look() {
    let (bench, sha, names) = ten_checks().await;
    let first_look = bench.reads();
    for name in &names {
        bench.world.github.repo().ci_concludes(&sha, name, Conclusion::Success, "").unwrap();
        bench.after(3).await;
    }
    assert_snapshot!(bench.after(61).await, @r#"goes on, done: {"t1"}"#);
    assert_snapshot!(bench.reads() - first_look, @"10");
}

/// Ten checks have begun and were looked at once.
async fn ten_checks() -> (Bench, Sha, Vec<String>) {
    let bench = Bench::new(CiBehaviour::Silent).await;
    let names: Vec<String> = (1..=10).map(|i| format!("test-{i}")).collect();
    let sha = bench.pushes("src/cache.rs").await;
    for name in &names {
        bench.world.github.repo().ci_starts(&sha, name).unwrap();
    }
    bench.world.settles().await;
    bench.checks(&sha).await;
    bench.after(70).await;
    (bench, sha, names)
}

/// Time does not help what waits for a person, whatever else is open.
#[tokio::test]
async fn a_check_that_waits_for_a_person_calls_one_at_once() {
    let (bench, sha, names) = ten_checks().await;
    let repo = bench.world.github.repo();
    repo.ci_concludes(&sha, &names[3], Conclusion::ActionRequired, "").unwrap();
    assert_snapshot!(bench.after(1).await, @"blocked: Ci(NeedsPerson)");
}

/// The news of the last end is lost: the look that every look arms finds it.
#[tokio::test]
async fn an_end_that_nobody_told_is_found() {
    let (bench, sha, names) = ten_checks().await;
    let github = &bench.world.github;
    for name in &names[1..] {
        github.repo().ci_concludes(&sha, name, Conclusion::Success, "").unwrap();
    }
    bench.after(70).await;
    for event in ["check_run", "check_suite", "workflow_run"] {
        github.delivery_fault(Some(event), DeliveryFault::Drop);
    }
    github.repo().ci_concludes(&sha, &names[0], Conclusion::Success, "").unwrap();
    bench.world.forgive(Disorder::DeliveryFailed);
    assert_snapshot!(bench.after(300).await, @"waits for the CI, done: {}");
    assert_snapshot!(bench.after(400).await, @r#"goes on, done: {"t1"}"#);
}
