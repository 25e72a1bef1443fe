//! How much Baton says unasked.

use baton::domain::policy::Mode;
use insta::assert_snapshot;

use crate::world::{Setup, World};

#[tokio::test]
async fn quiet_says_nothing_unasked() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.edits_issue(issue, Some("Add caching"), None).unwrap();
    world.settles().await;
    ann.says(issue, "This would be useful.").await;
    // The App asks once how it is called, so that it knows when somebody writes its name.
    assert_eq!(world.calls_made(), "1 calls, 0 of them writes");
}

/// Opening an issue costs at most three calls beside the token.
#[tokio::test]
async fn observe_sets_one_label() {
    let world = World::in_mode(Mode::Observe).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Redesign the architecture", "Split the service in two.").await;
    assert_snapshot!(world.story(issue), @"
    #1 Redesign the architecture [complexity: expert]

    5 calls, 2 of them writes
    ");
}

#[tokio::test]
async fn suggest_says_what_it_would_do() {
    let world = World::in_mode(Mode::Suggest).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Fix typo in README", "It says recieve.").await;
    ann.edits_issue(issue, Some("Redesign the architecture"), Some("In two services.")).unwrap();
    world.settles().await;
    assert_snapshot!(world.story(issue), @"
    #1 Redesign the architecture [complexity: expert]

    baton[bot]:
      ### Baton · Seen
      **Route** · Plan | $0.00 of $5.00

      ▸ Router analysis: expert; Opus plans and builds

      <sub>`/baton plan` · `/baton route` · `/baton help`</sub>

    12 calls, 7 of them writes
    ");
}

#[tokio::test]
async fn without_a_key_for_a_model_planning_is_refused_and_routing_works() {
    let world = World::with(Setup { has_model: false, ..Setup::default() }).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, planning needs ANTHROPIC_API_KEY in the settings of this Baton; `/baton route` works without.
    ");
}

#[tokio::test]
async fn an_empty_or_closed_issue_is_not_planned() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let empty = ann.opens("Caching", "").await;
    ann.says(empty, "/baton plan").await;
    let closed = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.closes(closed).unwrap();
    bob.says(closed, "/baton plan").await;
    let both = world.conversation(empty) + &world.conversation(closed);
    assert_snapshot!(both, @"
    #1 Caching

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, the issue is empty, so there is nothing to plan. Say in its description what should change and how you will know that it is done, then write `/baton plan` again.
    #2 Add Redis caching (closed)

    bob: (confused)
      /baton plan

    baton[bot]:
      @bob, the issue is closed. Reopen it first; nothing was started.
    ");
}
