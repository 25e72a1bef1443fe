//! What hands work over by itself, beside silence: a conversation that is nearly too large, checks
//! that are red, security, and a run that costs too much.

use baton::base::{InstallationId, IssueNumber, Millis};
use baton::domain::policy::EscalateOn;
use baton::sandbox::github::{CiBehaviour, Conclusion};
use baton::sandbox::model::{Fault, Turn, asks, creates, finds, notes, submits, task_done};
use baton::store::RunRow;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::approval::{FILE, edited, planned};
use crate::world::{Disorder, Inhabitant, Setup, World, plan};

const POSITION: &str = "The log is read; nothing is written yet.";
/// So often the log is read until the next prompt would be too large, a dozen places at once.
const READINGS: usize = 6;

/// A log so long that reading it fills a conversation.
fn writes_a_long_log(world: &World, ann: &Inhabitant<'_>) {
    let line = format!("{}\n", "on ".repeat(320));
    let main = world.github.repo().default_branch();
    ann.person.pushes(&main, &[("long.log", Some(&line.repeat(100)))], "Log").unwrap();
}

/// Reads the log until the conversation is full: some 17,000 tokens with each answer.
fn reads_the_log() -> impl Iterator<Item = Turn> {
    let places = |n: usize| (0..12).map(move |it| 1 + 12 * n + it);
    let read = |line| ("read_file", json!({ "path": "long.log", "from_line": line }));
    (0..READINGS).map(move |n| Turn::tools(places(n).map(read)))
}

/// A check counts only from whoever reported on the base.
fn checks_the_base(world: &World) {
    let repo = world.github.repo();
    let main = repo.default_branch();
    let base = repo.branches().into_iter().find(|it| it.0 == main).unwrap().1;
    repo.ci_concludes(&base, "test", Conclusion::Success, "").unwrap();
}

async fn builders(world: &World, issue: IssueNumber) -> Vec<RunRow> {
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    runs.into_iter().filter(|it| it.role == "implementer").collect()
}

/// Tier and state of each run that built, in their order.
async fn built_by(world: &World, issue: IssueNumber) -> Vec<(String, &'static str)> {
    let runs = builders(world, issue).await;
    runs.into_iter().map(|it| (it.tier, it.status.name())).collect()
}

/// What the newest run was told at its start.
fn last_opening(world: &World) -> String {
    let calls = world.model.calls();
    let last = calls.iter().rfind(|it| it.path == "/v1/messages");
    last.expect("nothing was called").body["messages"][0]["content"].to_string()
}

/// The same model goes on in a fresh conversation, before a call that is dear by its size alone.
#[tokio::test]
async fn an_outgrown_conversation_goes_on_in_a_fresh_one() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    writes_a_long_log(&world, &ann);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will(reads_the_log());
    world.model.haiku().will([notes(POSITION, "Write the cache."), asks(["Which cache?"])]);

    ann.says(issue, "/baton approve --start").await;

    let live = ("haiku".to_owned(), "waiting");
    assert_eq!(built_by(&world, issue).await, [("haiku".to_owned(), "stopped"), live]);
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (0, 1));
    let opening = last_opening(&world);
    let why = "conversation grew too long, so yours begins fresh. This is handoff 2";
    assert!(opening.contains(why) && opening.contains(POSITION), "{opening}");
    assert!(!opening.contains("on on on"), "it begins with what its predecessor read");
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Waiting for 1 answer
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.14 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      0 of 1 answered. Nothing is spent while it waits. Without an answer it goes on after 24 hours as the plan says.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Handoffs (2)

      ▸ Cost by model

      <sub>`/baton answer` · `/baton task` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      ✔ Approved by ann with content `b604786138c7`. Any later change of the plan voids it.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    ann: (eyes, rocket)
      /baton approve --start

    baton[bot]:
      ### 1 question about task t1

      @ann, Haiku builds task t1 and needs to know this from you. $0.0003 so far; nothing is spent while it waits.

      **1. Which cache?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Answer in a comment that begins with the number: `1a`. Somebody with write access has to give the answer, because it lets the run go on. Without one it goes on after 24 hours as the plan says.
    ");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_crash_while_a_conversation_is_renewed_leaves_one_successor() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    writes_a_long_log(&world, &ann);
    let issue = planned(&world, &ann).await;
    let note = || notes(POSITION, "Write the cache.");
    world.model.haiku().will(reads_the_log());
    // The answer that the crash takes along is asked for again, or read by the successor.
    world.model.haiku().will([note(), note(), asks(["Which cache?"])]);
    ann.person.comments(issue, "/baton approve --start").unwrap();

    world.crashes_when(|world| world.model.haiku().unread() == 2).await;
    world.lives_through(Millis::minutes(15)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let live = ("haiku".to_owned(), "waiting");
    assert_eq!(built_by(&world, issue).await, [("haiku".to_owned(), "stopped"), live]);
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (0, 1));
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn with_any_failure_the_first_red_goes_to_a_stronger_model() {
    let escalate_on = EscalateOn::AnyFailure;
    let world = World::with(Setup { escalate_on, ..Setup::default() }).await;
    let ann = world.maintainer("ann");
    let red = CiBehaviour::Red { log: "error: it is wrong\n".to_owned() };
    world.github.repo().ci_on("baton/*", red);
    checks_the_base(&world);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([creates("src/cache.rs", "//! Try 1.\n"), task_done("Written.")]);
    world.model.sonnet().will([asks(["Which cache?"])]);

    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let work = world.work(issue).await.unwrap();
    assert_eq!(
        (work.tier.name(), work.escalations, world.unplanned(issue).await),
        ("sonnet", 1, 1)
    );
    let opening = last_opening(&world);
    assert!(opening.contains("error: it is wrong"), "{opening}");
    ann.says(issue, "/baton stop").await;
}

/// The plan about `src/auth.rs` instead of a cache.
fn plan_about_auth() -> Value {
    serde_json::from_str(&plan().to_string().replace("src/cache.rs", "src/auth.rs")).unwrap()
}

/// An issue whose one task that was not skipped writes `path` by `plan`, and its checks will pass.
async fn built(world: &World, ann: &Inhabitant<'_>, (plan, path): (Value, &str)) -> IssueNumber {
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    checks_the_base(world);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan)]);
    ann.says(issue, "/baton plan").await;
    world.model.haiku().will([creates(path, "//! New.\n"), task_done("It is written.")]);
    ann.says(issue, "/baton approve --start").await;
    for task in ["t3", "t2"] {
        ann.says(issue, &format!("/baton task {task} skip")).await;
    }
    issue
}

/// Role and tier of each run that looked at what was built, in their order.
async fn looked_at_by(world: &World, issue: IssueNumber) -> Vec<(String, String)> {
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    let looks = runs.into_iter().filter(|it| it.role.ends_with("-agent"));
    looks.map(|it| (it.role, it.tier)).collect()
}

fn looks(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(role, tier)| ((*role).to_owned(), (*tier).to_owned())).collect()
}

/// People read it before they approve, and again while Opus reviews.
#[tokio::test]
async fn a_plan_that_touches_security_is_reviewed_by_opus() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let busy = std::iter::repeat_n(Turn::fault(Fault::Overloaded), 9);
    world.model.inspectors().will([finds(&["t1"], &[])].into_iter().chain(busy));
    world.forgive(Disorder::Script);
    let issue = built(&world, &ann, (plan_about_auth(), "src/auth.rs")).await;
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Reviewing", "{}", world.conversation(issue));
    let expected = looks(&[("test-agent", "haiku"), ("review-agent", "opus")]);
    assert_eq!(looked_at_by(&world, issue).await, expected);
    assert_eq!(world.unplanned(issue).await, 0);
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Reviewing · Opus
      Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · **Review** | $0.0397 of $5.00 | 0 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      All tasks are done. Before people look, the review-agent does; it changes nothing. It is on Opus, because the plan touches security paths: `src/auth.rs`.

      The model provider has no capacity; the run goes on by itself at about 09:08 UTC. Nothing is spent while it waits.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - t2 Ask the cache first (medium), skipped
      - t3 Test the repeated question (simple), skipped

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Handoffs (2)

      ▸ Cost by model

      <sub>`/baton task` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `060ef092037c`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)
      - Touches security paths: `src/auth.rs`; Opus will review

      ✔ Approved by ann with content `060ef092037c`. Any later change of the plan voids it.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    ann: (eyes, rocket)
      /baton approve --start

    ann: (eyes, rocket)
      /baton task t3 skip

    ann: (eyes, rocket)
      /baton task t2 skip
    ");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn security_that_no_plan_named_is_reviewed_by_opus_and_counted() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let fine = || [finds(&["t1"], &[]), finds(&[], &[])];
    world.model.inspectors().will(fine().into_iter().chain(fine()));
    let issue = built(&world, &ann, (plan(), "src/cache.rs")).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let first = [("test-agent", "haiku"), ("review-agent", "sonnet")];
    assert_eq!(looked_at_by(&world, issue).await, looks(&first));

    ann.person.pushes(&world.branch(), &[("src/token.rs", Some("//! By hand.\n"))], "It").unwrap();
    world.lives_through(Millis::minutes(10)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let second = [("test-agent", "haiku"), ("review-agent", "opus")];
    assert_eq!(looked_at_by(&world, issue).await, looks(&[first, second].concat()));
    assert_eq!(world.unplanned(issue).await, 1);
    let told = world.conversation(issue);
    assert!(!told.contains("security"), "the plan touches none: {told}");
}

/// Reads a few lines of the log, from `line` on.
fn reads_on(line: usize) -> Turn {
    Turn::tools([("read_file", json!({ "path": "long.log", "from_line": line }))])
}

/// People read it in the status comment while the run goes on, and nothing new is posted.
#[tokio::test]
async fn a_run_over_twice_its_estimate_that_changes_nothing_is_told_of() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    writes_a_long_log(&world, &ann);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will((1..=6).map(|it| reads_on(it).saying("on ".repeat(8_000))));
    world.model.haiku().will(std::iter::repeat_n(Turn::fault(Fault::Overloaded), 9));
    world.forgive(Disorder::Script);
    let before = world.github.repo().issue(issue).unwrap().comments.len();

    ann.says(issue, "/baton approve --start").await;

    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    let told = world.conversation(issue);
    let says = told.lines().find(|it| it.contains("more than twice")).unwrap_or(&told);
    assert_snapshot!(says, @"  This run has cost $0.0299, more than twice what was estimated for its task ($0.0070), and has changed nothing since. Its limit of $2.00 ends it; `/baton escalate` or `/baton stop` do so now.");
    assert_eq!(world.github.repo().issue(issue).unwrap().comments.len(), before + 1);
    let store = world.engine().store;
    let history = store.history(installation(&world, issue).await, world.key(issue)).await.unwrap();
    let events = history.into_iter().map(|it| it.event);
    let costly = events.filter(|it| it == "run costs twice its estimate").count();
    assert_eq!(costly, 1, "it was told in each turn");
    ann.says(issue, "/baton stop").await;
}

/// What it changes is progress, whatever it costs.
#[tokio::test]
async fn a_dear_run_that_gets_on_is_not_told_of() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    writes_a_long_log(&world, &ann);
    let issue = planned(&world, &ann).await;
    let says = || "on ".repeat(8_000);
    world.model.haiku().will((1..=2).map(|it| reads_on(it).saying(says())));
    world.model.haiku().will([creates("src/cache.rs", "//! Half.\n").saying(says())]);
    world.model.haiku().will((3..=5).map(|it| reads_on(it).saying(says())));
    world.model.haiku().will([asks(["Which cache?"])]);

    ann.says(issue, "/baton approve --start").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Asking", "{told}");
    assert!(!told.contains("more than twice"), "{told}");
    ann.says(issue, "/baton stop").await;
}

async fn installation(world: &World, issue: IssueNumber) -> InstallationId {
    let store = world.engine().store;
    store.load_issue(world.key(issue)).await.unwrap().unwrap().installation
}

/// Ann pushes a file of hers to the issue's branch.
fn pushes_beside(world: &World, ann: &Inhabitant<'_>, path: &str) {
    ann.person.pushes(&world.branch(), &[(path, Some("//! By hand.\n"))], "By hand").unwrap();
}

/// Baton does not build against people; a word hands it back.
#[tokio::test]
async fn two_pushes_in_ten_minutes_leave_the_building_to_people() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will(std::iter::repeat_n(Turn::fault(Fault::Overloaded), 40));
    world.forgive(Disorder::Script);
    ann.says(issue, "/baton approve --start").await;

    pushes_beside(&world, &ann, "src/a.rs");
    world.settles().await;
    world.passes(Millis::minutes(11)).await;
    pushes_beside(&world, &ann, "src/b.rs");
    world.settles().await;
    world.passes(Millis::minutes(9)).await;
    assert!(!world.work(issue).await.unwrap().by_hand, "{}", world.conversation(issue));
    pushes_beside(&world, &ann, "src/c.rs");
    world.settles().await;

    assert!(world.work(issue).await.unwrap().by_hand, "{}", world.conversation(issue));
    let live = world.engine().store.live_run(world.key(issue)).await.unwrap();
    assert!(live.is_none(), "{live:?}");
    let before = world.conversation(issue);
    assert_snapshot!(before.lines().take(12).collect::<Vec<_>>().join("\n"), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.23 of $5.00 | 0 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      People pushed to this branch twice within ten minutes, so Baton leaves the building to them. `/baton implement auto` hands it back.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
    ");

    world.model.haiku().forgets();
    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton implement auto").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    assert!(!world.work(issue).await.unwrap().by_hand);
    ann.says(issue, "/baton stop").await;
}

/// Ticks in the plan's file are a word to Baton, however often they are pushed.
#[tokio::test]
async fn pushed_ticks_are_no_building_by_people() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will(std::iter::repeat_n(Turn::fault(Fault::Overloaded), 9));
    world.model.sonnet().will(std::iter::repeat_n(Turn::fault(Fault::Overloaded), 9));
    world.forgive(Disorder::Script);
    ann.says(issue, "/baton approve --start").await;

    for task in ["t1", "t2"] {
        let tick = |on| format!("- [{on}] <!-- baton:task={task} -->");
        let file = edited(&world, &tick(" "), &tick("x"));
        ann.person.pushes(&world.branch(), &[(FILE, Some(&file))], "Tick it").unwrap();
        world.settles().await;
    }

    let work = world.work(issue).await.unwrap();
    assert_eq!((work.done.len(), work.by_hand), (2, false), "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}
