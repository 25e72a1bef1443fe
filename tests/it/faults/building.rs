//! The building half of the story, from `/baton implement` to the merge, under one fault each.
//!
//! The end must be that of the calm run, as in the planning half. A story is long, so that only every
//! fourth read fails, most of them of the CI; `BATON_FAULTS=all` makes every one fail in every way.

use std::collections::BTreeMap;

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, CallRecord, CiBehaviour, FaultRule};
use baton::sandbox::model::{creates, edits, submits, task_done};

use super::{
    Way, fault, faults_at, first_difference, in_any_order, messages, strike, ways, without_amounts,
};
use crate::world::{World, plan};

/// Longer than anything waits: retries, leases of a crashed process, looks at the CI.
const PATIENCE: Millis = Millis::minutes(20);

/// What people have in the end.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    conversation: Vec<String>,
    pulls: Vec<String>,
    /// Subject and files of every commit, by branch.
    commits: BTreeMap<String, Vec<String>>,
    /// What the work left in the default branch.
    files: Vec<String>,
    plan: String,
    stage: String,
}

/// A world with an approved plan, a CI that fails twice before it is green, and a script for the
/// three tasks, of which the first goes up a rung.
async fn approved() -> (World, IssueNumber) {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    world.github.repo().ci_on("main", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    world.model.haiku().will([
        creates("src/cache.rs", "//! The cache.\n"),
        task_done("The cache keeps answers for five minutes."),
        edits("src/cache.rs", "The cache.", "The cache of answers."),
        task_done("It compiles now."),
    ]);
    world.model.sonnet().will([
        edits("src/cache.rs", "The cache of answers.", "The cache of answers, by question."),
        task_done("An entry is found again by its question."),
    ]);
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first.\n//! Question to"),
        task_done("Questions go to the cache first."),
    ]);
    world.model.haiku().will([
        edits("tests/answers.rs", "//! What", "//! A repeated question is free.\n//! What"),
        task_done("A repeated question is tested."),
    ]);
    ann.ticks(issue, "Approve plan").await;
    let log = "error[E0432]: unresolved import `crate::cache`\n".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 2, log });
    (world, issue)
}

/// Ann lets Baton build and merges what is ready, whatever goes wrong meanwhile. What `told` says
/// was done before is not done again.
async fn story(world: &World, issue: IssueNumber, told: &mut usize) {
    let ann = world.maintainer("ann");
    if *told == 0 {
        ann.comments(issue, "/baton implement").unwrap();
        *told = 1;
    }
    if *told == 1 {
        world.lives_through(PATIENCE).await;
        if world.stage(issue).await != "Ready" {
            return;
        }
        ann.merges(world.github.repo().pulls().remove(0).number).unwrap();
        *told = 2;
    }
    world.lives_through(PATIENCE).await;
}

async fn ending(world: &World, issue: IssueNumber) -> Ending {
    let repo = world.github.repo();
    let main = repo.default_branch();
    let commits = |branch: &str| -> Vec<String> {
        let told = |message: &str| message.lines().next().unwrap_or_default().to_owned();
        let commits = repo.commits(branch).into_iter();
        commits.map(|it| format!("{}: {}", told(&it.message), it.files.join(" "))).collect()
    };
    let pulls = repo.pulls().into_iter().map(|it| {
        let about = it.pull.unwrap();
        let (draft, merged) = (about.draft, about.merged);
        let body = without_amounts(&it.body);
        format!("#{} {} {} draft={draft} merged={merged}\n{body}", it.number, it.title, about.head)
    });
    let plan = format!("docs/prds/completed/{issue}-plan.md");
    let conversation = in_any_order(&without_amounts(&world.conversation(issue)));
    Ending {
        conversation: conversation.iter().map(|it| without_the_bill(it)).collect(),
        pulls: pulls.collect(),
        commits: repo.branches().into_iter().map(|it| (it.0.clone(), commits(&it.0))).collect(),
        files: repo.files(&main),
        plan: without_amounts(&repo.file(&main, &plan).unwrap_or_default()),
        stage: world.stage(issue).await,
    }
}

/// Tells the story to its end. Where the fault is a crash, the process ends at `moment` and the
/// story is told on to a new one.
async fn through(way: Way, world: &World, issue: IssueNumber, moment: impl Fn(&World) -> bool) {
    let mut told = 0;
    if way.is_crash() {
        let crashed = async {
            while !moment(world) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = crashed => {}
            () = story(world, issue, &mut told) => {}
        }
        world.restarts().await;
    }
    story(world, issue, &mut told).await;
}

/// The story with the `k`-th call to GitHub failing.
async fn with_github_fault(k: usize, way: Way) -> (Ending, String) {
    let (world, issue) = approved().await;
    world.github.fault(FaultRule::once(CallMatcher::nth(k), fault(way)));
    through(way, &world, issue, |it| k <= it.github.call_count()).await;
    let call = world.github.calls().into_iter().find(|it| it.nth == k);
    let call = call.map(|it| format!("{} {}", it.method, it.path)).unwrap_or_default();
    (ending(&world, issue).await, call)
}

/// The story with the `k`-th call to the model failing, and how many calls were billed.
async fn with_model_fault(k: usize, way: Way) -> (Ending, usize) {
    let (world, issue) = approved().await;
    world.model.strikes(k, strike(way));
    through(way, &world, issue, |it| k <= messages(it)).await;
    (ending(&world, issue).await, world.model.books().len())
}

/// A call that had to be made again, also because the process crashed in it, is booked beside the
/// one that counts, and its answer finds more in the cache: the report's figures of money, tokens
/// and calls differ then, and nothing else.
fn without_the_bill(comment: &str) -> String {
    let is_figure = |line: &str| {
        let cells = line.trim().split('|').map(str::trim).filter(|it| !it.is_empty());
        let first = cells.into_iter().next().unwrap_or_default();
        let roles = ["planner", "implementer", "test-agent", "review-agent"];
        let sums = ["**in all**", "Under 200,000 tokens"];
        let judged = ["Building cost ", "Building stayed "];
        roles.contains(&first)
            || sums.contains(&first)
            || judged.iter().any(|it| first.starts_with(it))
    };
    let lines = comment.lines().filter(|it| !is_figure(it));
    let lines = lines.map(|it| it.split(" *Assumed* ").next().unwrap_or(it));
    lines.collect::<Vec<&str>>().join("\n")
}

/// Compares every fault at the calls of this shard, and names those that differ.
async fn walk(shard: usize, shards: usize) {
    let (calm, issue) = approved().await;
    let first = calm.github.call_count() + 1;
    story(&calm, issue, &mut 0).await;
    let expected = ending(&calm, issue).await;
    assert_eq!(expected.stage, "Done", "{}", calm.conversation(issue));
    let sonnet = calm.model.sonnet().unread();
    assert_eq!(sonnet, 0, "nothing went up a rung: {}", calm.conversation(issue));
    for task in ["t1", "t2", "t3"] {
        let is_there = calm.github.repo().commits("main");
        let is_there = is_there.iter().any(|it| it.message.starts_with(task));
        assert!(is_there, "{task} was not built: {:#?}", expected.commits);
    }
    let calls = calm.github.calls();
    drop(calm);
    let calls = calls.iter().filter(|it| first <= it.nth).collect::<Vec<&CallRecord>>();
    let mut differing = Vec::new();
    for (k, way) in faults_at(&calls, 4).into_iter().skip(shard).step_by(shards) {
        let (found, call) = with_github_fault(k, way).await;
        if found != expected {
            let difference = first_difference(&expected, &found);
            differing.push(format!("call {k} ({call}), {way:?}:\n{difference}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

macro_rules! shards {
    ($($name:ident $shard:literal)*) => {
        $(#[tokio::test]
        async fn $name() {
            walk($shard, 4).await;
        })*
    };
}

shards! {
    every_call_while_building_fails_once_1 0
    every_call_while_building_fails_once_2 1
    every_call_while_building_fails_once_3 2
    every_call_while_building_fails_once_4 3
}

#[tokio::test]
async fn every_call_to_a_model_while_building_fails_once() {
    let (calm, issue) = approved().await;
    let first = messages(&calm) + 1;
    story(&calm, issue, &mut 0).await;
    let expected = ending(&calm, issue).await;
    let billed = calm.model.books().len();
    let last = messages(&calm);
    // Three tasks, of which one is tried three times, and two specialists.
    assert!(first + 11 <= last, "calls {first} to {last} only");
    drop(calm);
    let mut differing = Vec::new();
    for (k, way) in (first..=last).flat_map(|k| ways(k).into_iter().map(move |it| (k, it))) {
        let (found, paid) = with_model_fault(k, way).await;
        if found != expected {
            let difference = first_difference(&expected, &found);
            differing.push(format!("call {k} to a model, {way:?}:\n{difference}"));
        }
        if billed + 1 < paid {
            differing
                .push(format!("call {k} to a model, {way:?}: {paid} calls paid, not {billed}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
