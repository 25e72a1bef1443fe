//! Labels that say how things are: pause, manual, model. What Baton does and what the issue shows
//! agree, whoever ended what.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{asks, submits};
use insta::assert_snapshot;

use crate::scenario::approval::planned;
use crate::world::{World, plan};

fn labels(world: &World, issue: IssueNumber) -> Vec<String> {
    world.github.repo().issue(issue).unwrap().labels
}

/// The last line of Baton's status comment that says what can be done, and its headline.
fn headline(world: &World, issue: IssueNumber) -> String {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let status = comments.iter().find(|it| it.body.contains("baton:status")).unwrap();
    status.body.lines().find(|it| it.starts_with("### ")).unwrap().to_owned()
}

#[tokio::test]
async fn the_pause_label_pauses_and_goes_with_the_pause() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.puts(issue, "Baton: Pause").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Paused");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Paused · by a person
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      Somebody paused this with the label `baton:pause`. Nothing is started and nothing is spent until it is taken off or somebody writes `/baton resume`; ticks, answers, pushes and checks still count.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton resume` · `/baton cost` · `/baton stop` · `/baton help`</sub>
    ");
    ann.says(issue, "/baton resume").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert!(labels(&world, issue).is_empty(), "{:?}", labels(&world, issue));

    ann.puts(issue, "baton:pause").await;
    assert_eq!(world.stage(issue).await, "Paused");
    ann.takes_off(issue, "baton:pause").await;
    assert_eq!(world.stage(issue).await, "Planned");

    ann.puts(issue, "baton:pause").await;
    ann.says(issue, "/baton stop").await;
    world.passes(Millis::minutes(1)).await;
    assert!(labels(&world, issue).is_empty(), "{:?}", labels(&world, issue));
}

/// Case 13: GitHub may tell of a label's end before its beginning.
#[tokio::test]
async fn a_pause_that_is_over_is_over_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = planned(&world, &ann).await;
        ann.labels(issue, "baton:pause").unwrap();
        ann.unlabels(issue, "baton:pause").unwrap();
        world.github.arrange_pending(&order);
        world.settles().await;
        assert_eq!(world.stage(issue).await, "Planned", "in the order {order:?}");
    }
}

#[tokio::test]
async fn the_manual_label_hands_to_people_and_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    let issue = planned(&world, &ann).await;

    tom.puts(issue, "baton:manual").await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert!(labels(&world, issue).is_empty(), "{:?}", labels(&world, issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/5/1 -->
    @tom, the label `baton:manual` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");

    ann.puts(issue, "baton:manual").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(headline(&world, issue), "### Baton · Implementing · by hand");

    world.model.haiku().will([asks(["Which cache?"])]);
    ann.takes_off(issue, "baton:manual").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Asking");

    // While a run waits, people take the task over.
    ann.puts(issue, "baton:manual").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(headline(&world, issue), "### Baton · Implementing · by hand");
    assert_eq!(labels(&world, issue), ["baton:manual"]);
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    assert_eq!(runs.last().unwrap().status.name(), "stopped");
}

#[tokio::test]
async fn of_two_model_labels_the_newer_one_stays_and_counts() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.puts(issue, "Model: Haiku").await;
    ann.puts(issue, "model: sonnet").await;
    assert_eq!(labels(&world, issue), ["model: sonnet"]);
    ann.puts(issue, "model: gpt").await;

    world.model.sonnet().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert!(labels(&world, issue).contains(&"model: gpt".to_owned()), "not Baton's to judge");
    let calls = world.model.calls();
    assert!(calls.iter().all(|it| it.model.contains("sonnet")), "{calls:?}");
}
