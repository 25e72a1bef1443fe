//! A plan that people build with their own tools: Baton keeps the board and ends the work.

use baton::base::{IssueNumber, Millis};
use insta::assert_snapshot;

use crate::scenario::approval::{FILE, branch, edited, planned};
use crate::world::{Inhabitant, World};

/// A plan that ann approved and hands to people.
async fn building(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    issue
}

#[tokio::test]
async fn from_the_plan_to_the_merge_by_hand() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0361 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

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
      - Planning cost: $0.0361
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      ✔ Approved by ann with content `b604786138c7`. Any later change of the plan voids it; `/baton unapprove` takes it back.

      ▸ Build it by hand with your own tools

    ann: (eyes, rocket)
      /baton implement manual
    ");

    ann.pushes(&branch(&world), &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    for task in ["t1", "t2", "t3"] {
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::minutes(1)).await;
    }
    assert_eq!(world.stage(issue).await, "Ready");
    let pull = world.github.repo().pulls().remove(0);
    assert_snapshot!(format!("{}\n\n{}", pull.title, pull.body), @"
    Add Redis caching

    Closes #1

    Answers are kept in memory for five minutes, so that a repeated question is free.

    Built by the plan of revision 1, content `b604786138c7`, which this pull request keeps among the completed ones. Baton does not merge: that is for people.
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
    let robo = world.bot("robo");
    let issue = building(&world, &ann).await;

    robo.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Working");
    ann.says(issue, "/baton task t1 done").await;
    world.passes(Millis::minutes(1)).await;
    ann.says(issue, "/baton task t1 reopen").await;
    world.passes(Millis::minutes(1)).await;
    assert!(world.conversation(issue).contains("- [ ] <!-- baton:task=t1 -->"));
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
    @ann, t1 cannot be skipped: t2 need it. Skip those first, or do t1.
    ");
}

#[tokio::test]
async fn an_edited_plan_goes_back_to_people_before_anything_is_built_by_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;

    let file = edited(&world, "| medium |", "| simple |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it smaller").unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert!(world.newest_comment(issue).contains("Plan revision 2 is ready"));
}
