//! A plan that people build with their own tools: Baton keeps the board and ends the work.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, CiBehaviour, Fault, FaultRule, Role};
use insta::assert_snapshot;

use crate::scenario::approval::{FILE, branch, edited, planned};
use crate::world::{Inhabitant, Setup, World};

/// A repository whose CI passes on its default branch and on Baton's.
pub(super) async fn with_green_ci(world: &World, ann: &Inhabitant<'_>) {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
}

/// Ann pushes the code and ticks all tasks but the last, then that.
pub(super) async fn ticks_all(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) {
    ann.pushes(&branch(world), &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    for task in ["t1", "t2", "t3"] {
        assert_eq!(world.stage(issue).await, "Working");
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::seconds(20)).await;
    }
}

/// A plan that ann approved and hands to people.
pub(super) async fn building(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    issue
}

#[tokio::test]
async fn from_the_plan_to_the_merge_by_hand() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      People build this with their own tools. A tick here, a tick in the plan's file or `/baton task` settles a task.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton task` · `/baton revise` · `/baton stop` · `/baton help`</sub>

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
      /baton implement manual
    ");

    ticks_all(&world, &ann, issue).await;
    assert!(world.conversation(issue).contains("### Baton · Waiting for checks"));
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pull = world.github.repo().pulls().remove(0);
    assert_snapshot!(format!("{}\n\n{}", pull.title, pull.body), @"
    Add Redis caching

    <!-- baton:pull-request v1 -->
    Closes #1

    Answers are kept in memory for five minutes, so that a repeated question is free.

    Built by the plan of revision 1, content `b604786138c7`, which this pull request keeps among the completed ones.

    - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
    - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
    - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

    Baton does not merge: that is for people.
    <!-- /baton:pull-request -->
    ");
    assert!(!pull.pull.unwrap().draft, "it was marked as ready");
    let files = world.github.repo().files(&branch(&world));
    assert!(files.contains(&"docs/prds/completed/1-plan.md".to_owned()), "{files:?}");
    assert!(!files.iter().any(|it| it.starts_with("docs/prds/active/")), "{files:?}");
    let plan = world.github.repo().file(&branch(&world), "docs/prds/completed/1-plan.md").unwrap();
    assert!(!plan.contains("- [ ]") && plan.contains("- [x]"), "{plan}");

    ann.merges(pull.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    let conversation = world.conversation(issue);
    assert!(conversation.contains("### Ready for review"), "{conversation}");
    assert!(conversation.contains("### Merged"), "{conversation}");
}

/// What is red is not looked at: the specialists cost money, and people have to mend it anyway.
#[tokio::test]
async fn a_red_head_waits_for_people_and_the_mended_one_is_looked_at() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = building(&world, &ann).await;
    let log = "error[E0432]: unresolved import\n".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 1, log });

    ticks_all(&world, &ann, issue).await;
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), 1, "nobody but the planner was paid");
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/10/0 -->
    ### Baton needs a person

    @ann, the checks failed on a commit that a person pushed.

    The commit is `98a9275`. Failed: `test`.

    Baton goes on when they pass, after a re-run or another push, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow 98a92758849e`:

    - [ ] <!-- baton:do=allow hash=98a92758849e -->Go on without checks (commit `98a92758849e`)

    Spent on this issue: $0.0386.
    ");

    ann.pushes(&branch(&world), &[("src/lib.rs", Some("mod cache;\n"))], "Use it").unwrap();
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

/// A repository without CI proves nothing by itself: somebody says that it goes on without.
#[tokio::test]
async fn where_no_ci_speaks_somebody_goes_on_without_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;

    ticks_all(&world, &ann, issue).await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/11/0 -->
    ### Baton needs a person

    @ann, no check spoke within five minutes of the push, so nobody knows whether that commit is sound.

    The commit is `40367cc`.

    Baton goes on by itself when the checks speak after all, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow 40367cc457d3`:

    - [ ] <!-- baton:do=allow hash=40367cc457d3 -->Go on without checks (commit `40367cc457d3`)

    Spent on this issue: $0.0386.
    ");

    ann.says(issue, "/baton task t3 done").await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

/// The box stays open as long as nobody can tell what it is about.
#[tokio::test]
async fn a_last_tick_while_github_cannot_be_asked_is_answered() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = building(&world, &ann).await;
    for task in ["t1", "t2"] {
        ann.says(issue, &format!("/baton task {task} done")).await;
    }
    let heads = CallMatcher::call("GET", "/git/ref/{*ref}");
    world.github.fault(FaultRule::always(heads, Fault::unicorn(502)));
    ann.ticks(issue, "-->t3 ").await;
    world.lives_through(Millis::minutes(3)).await;

    assert!(world.conversation(issue).contains("- [ ] <!-- baton:task=t3 -->"));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/8/1 -->
    @ann, the head of the branch, whose checks decide what follows, could not be read from GitHub just now. Please try again in a minute.
    ");
}

#[tokio::test]
async fn ticks_in_the_plans_file_count_like_ticks_in_the_status_comment() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;

    let file = edited(&world, "- [ ]", "- [x]");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "t1 is done").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let conversation = world.conversation(issue);
    assert!(conversation.contains("- [x] <!-- baton:task=t1 -->"), "{conversation}");
    assert!(conversation.contains("- [ ] <!-- baton:task=t2 -->"), "{conversation}");
}

#[tokio::test]
async fn a_tick_by_somebody_without_the_right_is_taken_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    for left in [false, true] {
        match left {
            true => world.member("tom", Role::Write).ticks_and_leaves(issue, "-->t1 ").await,
            false => world.bot("robo").ticks(issue, "-->t1 ").await,
        }
        world.passes(Millis::minutes(1)).await;

        assert!(world.work(issue).await.unwrap().done.is_empty(), "the tick counted");
        let said = world.conversation(issue);
        assert!(said.contains("- [ ] <!-- baton:task=t1 -->"), "{said}");
        assert!(!said.contains("- [x] <!-- baton:task"), "{said}");
    }
    ann.ticks(issue, "-->t1 ").await;
    assert_eq!(
        world.work(issue).await.unwrap().done.len(),
        1,
        "the same tick by somebody with the right"
    );
}

#[tokio::test]
async fn a_foreign_edit_of_the_status_comment_is_written_anew() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let status = comments.iter().find(|it| it.body.contains("baton:status")).unwrap();

    ann.edits(status.id, &status.body.replace("by hand", "by magic")).await;
    world.passes(Millis::minutes(1)).await;

    let conversation = world.conversation(issue);
    assert!(conversation.contains("by hand"), "{conversation}");
    assert!(!conversation.contains("by magic"), "{conversation}");
}

#[tokio::test]
async fn what_others_need_is_not_skipped_and_their_names_are_told() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;

    ann.says(issue, "/baton task t1 skip").await;

    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/6/1 -->
    @ann, t1 cannot be skipped: t2 needs it. Skip that first, or do t1.
    ");
}

#[tokio::test]
async fn an_edited_plan_goes_back_to_people_before_anything_is_built_by_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;

    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it smaller").unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert!(world.newest_comment(issue).contains("Plan revision 2 is ready"));
}

#[tokio::test]
async fn work_whose_pull_request_was_closed_goes_on_in_an_open_one() {
    let setup = Setup { accepts_unverified: true, ..Setup::default() };
    let world = World::with(setup).await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    ann.ticks(issue, "-->t1 ").await;
    let closed = world.github.repo().pulls()[0].number;
    ann.closes(closed).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Stopped");

    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.work(issue).await.unwrap().done.len(), 1, "what is done stays done");
    let pulls = world.github.repo().pulls();
    let open: Vec<_> = pulls.into_iter().filter(|it| it.open).collect();
    assert_eq!(open.len(), 1);
    assert_ne!(open[0].number, closed);

    for task in ["t2", "t3"] {
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::minutes(1)).await;
    }
    // The last tick waits for the checks of the head, and there are none here.
    world.lives_through(Millis::minutes(8)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pulls = world.github.repo().pulls();
    let pull = pulls.into_iter().find(|it| it.open).unwrap();
    assert!(!pull.pull.unwrap().draft, "it was marked as ready");
    ann.merges(pull.number).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Done");
}

/// Workflow: 3 days without a sign are an edit, 14 a pause; each push and each tick begins anew.
#[tokio::test]
async fn people_who_show_no_sign_read_so_and_then_their_work_is_paused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    let before = world.conversation(issue);

    world.lives_through(Millis::hours(71)).await;
    assert_eq!(world.news(issue, &before), "");
    ann.pushes(&branch(&world), &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.lives_through(Millis::hours(71)).await;
    assert_eq!(world.news(issue, &before), "", "the push began the time anew");
    world.lives_through(Millis::hours(2)).await;
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      People build this with their own tools. A tick here, a tick in the plan's file or `/baton task` settles a task.

      For three days no tick and no push was seen here. After two weeks without any the work is paused; the next one starts that time anew.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton task` · `/baton revise` · `/baton stop` · `/baton help`</sub>
    ");

    ann.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;
    let ticked = world.conversation(issue);
    assert!(!ticked.contains("no tick and no push"), "{ticked}");
    world.lives_through(Millis::days(13)).await;
    assert_eq!(world.stage(issue).await, "Working");
    world.lives_through(Millis::days(2)).await;
    assert_snapshot!(world.news(issue, &ticked), @"

    baton[bot]:
      ### Baton · Paused · waits for a person
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      People build this with their own tools, and for two weeks no tick and no push was seen, so it is paused. Nothing is lost: `/baton resume` goes on with it, and ticks, pushes and checks still count.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton resume` · `/baton cost` · `/baton stop` · `/baton help`</sub>
    ");

    // The pause has its own clock: one reminder, and the end long after.
    let paused = world.conversation(issue);
    world.lives_through(Millis::days(13)).await;
    let news = world.news(issue, &paused);
    assert!(news.contains("@ann, work here has been paused for two weeks."), "{news}");
    ann.says(issue, "/baton resume").await;
    assert_eq!(world.stage(issue).await, "Working");
    world.lives_through(Millis::days(2)).await;
    assert!(!world.conversation(issue).contains("no tick and no push"));
    assert_eq!(world.model.books().len(), 1, "nobody but the planner was paid");
}
