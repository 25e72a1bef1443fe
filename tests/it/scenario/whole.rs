//! The whole life of an issue: from "opened" to "done", with a model per task.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{creates, edits, submits, task_done};
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

/// An issue with a plan, in a repository whose CI is known: it has spoken about the base.
pub(super) async fn planned(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

pub(super) fn builds_the_cache(world: &World) {
    world.model.haiku().will([
        creates("src/cache.rs", "//! The cache.\n"),
        task_done("The cache keeps answers for five minutes."),
    ]);
}

pub(super) fn asks_the_cache_first(world: &World) {
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
}

pub(super) fn tests_the_question(world: &World) {
    world.model.haiku().will([
        edits(
            "tests/answers.rs",
            "//! What a customer gets to read.",
            "//! What a customer gets to read.\n//! A repeated question is free.",
        ),
        task_done("A repeated question is tested."),
    ]);
}

#[tokio::test]
async fn from_an_issue_to_a_merged_pull_request() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = planned(&world, &ann).await;
    builds_the_cache(&world);
    asks_the_cache_first(&world);
    tests_the_question(&world);

    ann.ticks(issue, "Approve plan").await;
    ann.says(issue, "/baton implement").await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pull = world.github.repo().pulls().remove(0);
    ann.merges(pull.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let answers = world.github.repo().file("main", "src/rag.rs").unwrap();
    assert!(answers.contains("Asks the cache first."), "t2 was never built: {answers}");
    assert_snapshot!(world.story(issue), @"
    #1 Add Redis caching (closed)

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Done · merged
      Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · Review ✔ | $0.0651 of $5.00 | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/completed/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Handoffs (4)

      ▸ Cost by model

      <sub>`/baton cost` · `/baton help`</sub>

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
      /baton implement

    baton[bot]:
      ### Ready for review

      @ann, all tasks of the plan are done. Pull request #2 waits for your review; merging it closes this issue.

      **Test-agent**: No check fails. A demonstration reads no code, so people judge the rest.

      ▸ To be tried, because reading cannot settle it: 3 acceptance lines

      **Review-agent**: No check fails. A demonstration reads no code, so people judge the rest.

      Spent on this issue: $0.0651.

    baton[bot]:
      ### Merged · $0.0651 of $5.00

      The plan is built and merged: 3 tasks, pull request #2. The work changed hands 4 times: 4 successors began, and the work got on after 4. Baton does nothing more here.

      | step | estimate | actual |
      |---|--:|--:|
      | planning | – | $0.0386 |
      | building | $0.0993 to $0.32 | $0.0162 |
      | test and review | – | $0.0104 |
      | **in all** | limit $5.00 | **$0.0651** |

      Building cost less than estimated.

      **Scorecard: 6 of 6 hold, 1 not known**

      | check | holds | because |
      |---|---|---|
      | Plan followed | yes | all 3 changed files were planned |
      | Checks green at the first try | yes | all 3 tasks |
      | Architecture kept | yes | the review-agent found nothing against it |
      | Fewer than 2 questions while building | yes | none |
      | Under 200,000 tokens | yes | 25,599 new in 6 sessions, at most 6,101 in one (planner); 26,584 read again from the cache |
      | Documentation updated | not known | none was planned, and none was changed |
      | No edits by people after the handoff | yes | no push by a person |

      **Cost by role and model**

      | role | model | calls | tokens in | of them cached | tokens out | cost |
      |---|---|--:|--:|--:|--:|--:|
      | planner | `claude-opus-5-5` | 1 | 5,566 | 0 | 535 | $0.0386 |
      | implementer | `claude-sonnet-5-5` | 2 | 10,864 | 5,326 | 69 | $0.0151 |
      | review-agent | `claude-sonnet-5-5` | 2 | 6,859 | 3,275 | 56 | $0.0099 |
      | implementer | `claude-haiku-5-5` | 4 | 21,619 | 14,956 | 130 | $0.0011 |
      | test-agent | `claude-haiku-5-5` | 2 | 6,326 | 3,027 | 159 | $0.0006 |

      Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.

    pull request #2 Add Redis caching (merged), baton/1-add-redis-caching → main
      Closes #1

      Answers are kept in memory for five minutes, so that a repeated question is free.

      Built by the plan of revision 1, content `b604786138c7`, which this pull request keeps among the completed ones.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      Baton does not merge: that is for people.
      <!-- /baton:pull-request -->

    172 calls, 43 of them writes
    ");
}

#[tokio::test]
async fn red_twice_hands_the_task_to_the_next_tier_with_the_failing_log() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let log = "error[E0425]: cannot find value `cash` in this scope\n";
    world.github.repo().ci_on("baton/*", CiBehaviour::Red { log: log.to_owned() });
    let issue = planned(&world, &ann).await;
    builds_the_cache(&world);
    world
        .model
        .haiku()
        .will([edits("src/cache.rs", "The cache", "The cash"), task_done("Mended.")]);
    world
        .model
        .sonnet()
        .will([edits("src/cache.rs", "The cash", "The cache again"), task_done("Really mended.")]);

    ann.says(issue, "/baton approve --start").await;
    for _ in 0..20 {
        world.lives_through(Millis::seconds(20)).await;
        if world.model.calls().iter().any(|it| it.model.contains("sonnet")) {
            break;
        }
    }
    ann.says(issue, "/baton stop").await;

    let calls = world.model.calls();
    let sonnet = calls.iter().find(|it| it.model.contains("sonnet")).expect("no escalation");
    let opening = sonnet.body["messages"][0]["content"].to_string();
    assert!(opening.contains("cannot find value `cash`"), "{opening}");
    assert!(world.conversation(issue).contains("Sonnet"));
}

/// CI runs what is pushed with the repository's secrets, so words of outsiders wait for a yes.
#[tokio::test]
async fn an_outsiders_issue_is_pushed_only_with_a_yes_to_its_very_changes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let eve = world.stranger("eve");
    let issue = eve.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    builds_the_cache(&world);

    ann.says(issue, "/baton approve --start").await;
    world.passes(Millis::minutes(1)).await;

    let asked = world.newest_comment(issue);
    assert_snapshot!(asked, @"
    <!-- baton:key=1004/1/7/0 -->
    ### Baton needs a person

    @ann, the task is built, and its changes wait for a person's yes. Nothing was pushed.

    - the issue is by `eve`, who has no write access

    <details><summary>The changes</summary>

    ```diff
    --- /dev/null
    +++ b/src/cache.rs
    @@ -0,0 +1 @@
    +//! The cache.
    ```

    </details>

    These changes have the content `69ec34ada32c`.

    `/baton retry` builds the task anew; `/baton stop` ends it. To push exactly these changes, tick this or write `/baton allow 69ec34ada32c`:

    - [ ] <!-- baton:do=allow hash=69ec34ada32c -->Push these changes (content `69ec34ada32c`)

    Spent on this issue: $0.0393.
    ");
    let branch = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branch.into_iter().find(|it| it.starts_with("baton/")).unwrap();
    assert_eq!(world.github.repo().file(&branch, "src/cache.rs"), None);
    let digits = asked.split("content `").nth(1).unwrap()[..12].to_owned();

    eve.says(issue, &format!("/baton allow {digits}")).await;
    assert_eq!(world.github.repo().file(&branch, "src/cache.rs"), None);
    ann.says(issue, "/baton allow 000000000000").await;
    assert!(world.newest_comment(issue).contains("no change or commit with these digits"));
    ann.says(issue, &format!("/baton allow {digits}")).await;
    world.passes(Millis::seconds(20)).await;

    assert!(world.github.repo().file(&branch, "src/cache.rs").is_some());
    ann.says(issue, "/baton stop").await;
}
