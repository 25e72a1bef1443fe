//! Every outgoing call of the story up to an approved plan fails once, in every way (testing.md,
//! layer 4).
//!
//! The calm run is recorded. Then, for each call k to GitHub and to the model: an error and a crash,
//! one before it takes effect and one after. The database says which is which: what is walked on
//! SQLite before is walked on PostgreSQL after, the kinds of errors take turns, and of what only reads
//! each has its part. `BATON_FAULTS=all` makes every call fail in every way there is for it, which
//! takes several times as long. The issue, the pull
//! request, the commits and the plan must be those of the calm run, and the bill must cover what the
//! provider billed: at most the call in flight is paid twice. What else must hold, each world checks
//! at its end.

mod building;

use std::collections::BTreeMap;
use std::fmt::Debug;

use baton::base::{IssueNumber, Millis};
use baton::domain::workflow::Stage;
use baton::sandbox::github::{CallMatcher, CallRecord, Fault, FaultRule};
use baton::sandbox::model::{Fault as ModelFault, Strike, asks, reads, submits};

use crate::store::on_postgres;
use crate::world::{World, plan, plan_of};

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ErrorBefore,
    ErrorAfter,
    CutBefore,
    CutAfter,
    CrashBefore,
    CrashAfter,
}

const WAYS: [Way; 6] = [
    Way::ErrorBefore,
    Way::ErrorAfter,
    Way::CutBefore,
    Way::CutAfter,
    Way::CrashBefore,
    Way::CrashAfter,
];

/// The ways in which the `i`-th call is made to fail: an error and a crash, one before it takes effect
/// and one after, with the sides exchanged on the other database; or all there are.
fn ways(i: usize) -> Vec<Way> {
    use Way::{CrashAfter, CrashBefore, CutAfter, CutBefore, ErrorAfter, ErrorBefore};
    if all_wanted() {
        return WAYS.to_vec();
    }
    match (i + turn()) % 4 {
        0 => vec![ErrorBefore, CrashAfter],
        1 => vec![CutAfter, CrashBefore],
        2 => vec![CutBefore, CrashAfter],
        _ => vec![ErrorAfter, CrashBefore],
    }
}

/// Whose turn it is: each database walks what the other leaves out.
fn turn() -> usize {
    usize::from(on_postgres())
}

/// The faults at these calls to GitHub. What only reads takes no effect, so it cannot fail after
/// that; on each database one in `reads` of them fails, in one way, unless all are wanted.
fn faults_at(calls: &[&CallRecord], reads: usize) -> Vec<(usize, Way)> {
    let before = WAYS.into_iter().filter(|it| it.is_before()).collect::<Vec<Way>>();
    let (mut write, mut read) = (0, 0);
    let mut of = |call: &CallRecord| -> Vec<Way> {
        if call.is_write {
            write += 1;
            return ways(write);
        }
        read += 1;
        match (all_wanted(), (read + turn()) % reads) {
            (true, _) => before.clone(),
            (false, 0) => vec![before[(read / reads) % before.len()]],
            (false, _) => Vec::new(),
        }
    };
    calls.iter().flat_map(|call| of(call).into_iter().map(|way| (call.nth, way))).collect()
}

/// Whether `BATON_FAULTS=all` asks for every way at every call.
fn all_wanted() -> bool {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings to ask")]
    std::env::var("BATON_FAULTS").is_ok_and(|it| it == "all")
}

impl Way {
    fn is_before(self) -> bool {
        matches!(self, Way::ErrorBefore | Way::CutBefore | Way::CrashBefore)
    }

    fn is_crash(self) -> bool {
        matches!(self, Way::CrashBefore | Way::CrashAfter)
    }
}

/// What people have in the end.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    conversation: Vec<String>,
    pulls: Vec<String>,
    branches: BTreeMap<String, Vec<String>>,
    plan: String,
    stage: String,
    approved: bool,
}

/// A world with the story's people and script.
async fn beginning() -> (World, IssueNumber) {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), asks(["Is Redis optional?"]), submits(plan())]);
    world.opus().will([submits(plan_of("Answers are kept for five minutes."))]);
    (world, issue)
}

/// What Ann says, one after the other: she asks for a plan, answers the question, has the plan
/// revised, and approves it.
const WORDS: [&str; 4] = ["/baton plan", "1a", "/baton revise Keep it small.", "/baton approve"];

/// Ann says all of it, whatever goes wrong meanwhile. What stands in `said` was said before.
async fn story(world: &World, issue: IssueNumber, said: &mut usize) {
    let ann = world.maintainer("ann");
    while let Some(words) = WORDS.get(*said) {
        ann.comments(issue, words).unwrap();
        *said += 1;
        patiently(world).await;
    }
}

/// Settles, and gives retries and leases of a crashed process their time.
async fn patiently(world: &World) {
    for _ in 0..4 {
        world.settles().await;
        world.clock.advance(Millis::minutes(2));
    }
    world.settles().await;
}

async fn ending(world: &World, issue: IssueNumber) -> Ending {
    let repo = world.github.repo();
    let branches = repo.branches().into_iter().filter(|it| it.0 != repo.default_branch());
    let messages = |branch: &str| -> Vec<String> {
        repo.commits(branch).into_iter().map(|it| it.files.join(" ")).collect()
    };
    let pulls = repo.pulls().into_iter().map(|it| {
        let about = it.pull.unwrap();
        format!("#{} {} {} draft={}", it.number, it.title, about.head, about.draft)
    });
    let file = format!("docs/prds/active/{issue}-plan.md");
    let branch = branches.clone().next().map(|it| it.0).unwrap_or_default();
    let stage = world.state(issue).await.stage;
    Ending {
        conversation: in_any_order(&without_amounts(&world.conversation(issue))),
        pulls: pulls.collect(),
        branches: branches.map(|it| (it.0.clone(), messages(&it.0))).collect(),
        plan: without_amounts(&repo.file(&branch, &file).unwrap_or_default()),
        stage: world.stage(issue).await,
        approved: matches!(stage, Stage::Planned { approved: Some(_), .. }),
    }
}

/// The comments sorted, and the reactions to each: an effect that had to wait may let another one
/// pass, and then the same stand in another order.
fn in_any_order(conversation: &str) -> Vec<String> {
    let mut comments: Vec<String> = Vec::new();
    for line in conversation.lines() {
        match comments.last_mut() {
            Some(comment) if line.is_empty() || line.starts_with("  ") => {
                comment.push_str(line);
                comment.push('\n');
            }
            Some(_) | None => comments.push(format!("{}\n", with_sorted_reactions(line))),
        }
    }
    comments.sort();
    comments
}

/// `ann: (rocket, eyes)` as `ann: (eyes, rocket)`.
fn with_sorted_reactions(line: &str) -> String {
    let Some((author, reactions)) = line.strip_suffix(')').and_then(|it| it.split_once(": ("))
    else {
        return line.to_owned();
    };
    let mut reactions: Vec<&str> = reactions.split(", ").collect();
    reactions.sort_unstable();
    format!("{author}: ({})", reactions.join(", "))
}

/// Amounts and minutes differ where a call was paid twice or something waited.
fn without_amounts(text: &str) -> String {
    let steady = |line: &str| -> String {
        let line = line.split(" | ").map(|part| part.split(" turns in ").next().unwrap_or(part));
        let line = line.collect::<Vec<&str>>().join(" | ").replace(" turns", "");
        let words = line.split(' ').map(|word| if word.starts_with('$') { "$" } else { word });
        words.collect::<Vec<&str>>().join(" ")
    };
    let lines = text.lines().filter(|it| !it.starts_with("date:") && !it.starts_with("cost"));
    lines.map(steady).collect::<Vec<String>>().join("\n")
}

fn fault(way: Way) -> Fault {
    match way {
        Way::ErrorBefore => Fault::unicorn(500),
        Way::ErrorAfter => Fault::unicorn_after(502),
        Way::CutBefore | Way::CrashBefore => Fault::CutBefore,
        Way::CutAfter | Way::CrashAfter => Fault::CutAfter,
    }
}

fn strike(way: Way) -> Strike {
    match way {
        Way::ErrorBefore => Strike::Before(ModelFault::Overloaded),
        Way::ErrorAfter => Strike::AfterBilled(ModelFault::Internal),
        Way::CutBefore => Strike::Before(ModelFault::Disconnect),
        Way::CutAfter => Strike::AfterBilled(ModelFault::Disconnect),
        Way::CrashBefore => Strike::Before(ModelFault::Hang),
        Way::CrashAfter => Strike::AfterBilled(ModelFault::Hang),
    }
}

/// The story with the `k`-th call to GitHub failing.
async fn with_github_fault(k: usize, way: Way) -> (Ending, String) {
    let (world, issue) = beginning().await;
    world.github.fault(FaultRule::once(CallMatcher::nth(k), fault(way)));
    if way.is_crash() {
        let crashed = async {
            while world.github.call_count() < k {
                tokio::task::yield_now().await;
            }
        };
        crash_at(&world, issue, crashed).await;
    } else {
        story(&world, issue, &mut 0).await;
    }
    let call = world.github.calls().into_iter().find(|it| it.nth == k);
    let call = call.map(|it| format!("{} {}", it.method, it.path)).unwrap_or_default();
    (ending(&world, issue).await, call)
}

/// The story with the `k`-th call to the model failing.
async fn with_model_fault(k: usize, way: Way) -> Ending {
    let (world, issue) = beginning().await;
    world.model.strikes(k, strike(way));
    if way.is_crash() {
        let crashed = async {
            while messages(&world) < k {
                tokio::task::yield_now().await;
            }
        };
        crash_at(&world, issue, crashed).await;
    } else {
        story(&world, issue, &mut 0).await;
    }
    let doubled = world.model.books().len().saturating_sub(4);
    assert!(doubled <= 1, "{doubled} calls were paid twice");
    ending(&world, issue).await
}

/// Tells the story up to `moment`, ends the process there, and tells it to its end to a new one.
async fn crash_at(world: &World, issue: IssueNumber, moment: impl Future<Output = ()>) {
    let mut said = 0;
    tokio::select! {
        biased;
        () = moment => {}
        () = story(world, issue, &mut said) => {}
    }
    world.restarts().await;
    patiently(world).await;
    story(world, issue, &mut said).await;
}

fn messages(world: &World) -> usize {
    world.model.calls().iter().filter(|it| it.path == "/v1/messages").count()
}

/// Compares the faults at the calls of this shard, and names those that differ.
async fn walk(shard: usize, shards: usize) {
    let (calm, issue) = beginning().await;
    let first = calm.github.call_count() + 1;
    story(&calm, issue, &mut 0).await;
    let expected = ending(&calm, issue).await;
    let calls = calm.github.calls();
    assert_eq!(expected.stage, "Planned");
    assert!(expected.approved, "{:#?}", expected.conversation);
    drop(calm);
    let calls = calls.iter().filter(|it| first <= it.nth).collect::<Vec<&CallRecord>>();
    let mut differing = Vec::new();
    for (k, way) in faults_at(&calls, 2).into_iter().skip(shard).step_by(shards) {
        let (ending, call) = with_github_fault(k, way).await;
        if ending != expected {
            let difference = first_difference(&expected, &ending);
            differing.push(format!("call {k} ({call}), {way:?}:\n{difference}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The first lines that differ, from a little before the place where they do.
fn first_difference(expected: &impl Debug, found: &impl Debug) -> String {
    let (expected, found) = (format!("{expected:#?}"), format!("{found:#?}"));
    let lines = expected.lines().zip(found.lines());
    let differing = lines.filter(|(a, b)| a != b).take(3).map(|(calm, found)| {
        let same = calm.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
        let part =
            |it: &str| it.chars().skip(same.saturating_sub(40)).take(160).collect::<String>();
        format!("  calm:  {}\n  found: {}", part(calm), part(found))
    });
    differing.collect::<Vec<_>>().join("\n")
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
    every_call_to_github_fails_once_1 0
    every_call_to_github_fails_once_2 1
    every_call_to_github_fails_once_3 2
    every_call_to_github_fails_once_4 3
}

#[tokio::test]
async fn every_call_to_the_model_fails_once() {
    let (calm, issue) = beginning().await;
    story(&calm, issue, &mut 0).await;
    let expected = ending(&calm, issue).await;
    let calls = messages(&calm);
    drop(calm);
    for k in 1..=calls {
        for way in ways(k) {
            let found = with_model_fault(k, way).await;
            assert_eq!(found, expected, "call {k} to the model, {way:?}");
        }
    }
}
