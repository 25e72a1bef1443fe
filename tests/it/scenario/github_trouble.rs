//! GitHub on a bad day, and people who tidy up after Baton.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule, Reply};
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::world::{Disorder, World, plan};

async fn planned(world: &World) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

fn comments(world: &World, issue: IssueNumber) -> usize {
    world.github.repo().issue(issue).unwrap().comments.len()
}

/// Case 23: nothing is written to that installation until the time has passed.
#[tokio::test]
async fn a_secondary_limit_is_kept_and_nothing_is_lost() {
    let world = World::new().await;
    let post = CallMatcher::call("POST", "/issues/{issue_number}/comments");
    world.github.fault(FaultRule::once(post, Fault::secondary_limit(300)));
    let issue = planned(&world).await;
    let before = world.github.call_count();
    world.passes(Millis::minutes(3)).await;
    let writes = world.github.calls()[before..].iter().filter(|it| it.is_write).count();
    assert_eq!(writes, 0);

    world.passes(Millis::minutes(3)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(comments(&world, issue), 3);
}

/// Case 24: without a hint a minute, then twice as long.
#[tokio::test]
async fn a_secondary_limit_without_a_hint_is_waited_out() {
    let world = World::new().await;
    let post = CallMatcher::call("POST", "/issues/{issue_number}/comments");
    let fault = Fault::secondary_limit_without_hint();
    world.github.fault(FaultRule { when: post, fault, times: Some(3) });
    let issue = planned(&world).await;

    world.lives_through(Millis::minutes(15)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(comments(&world, issue), 3);
}

/// Case 27: a comment that was just made is missing from lists for some seconds.
#[tokio::test]
async fn a_comment_that_the_list_does_not_show_yet_is_not_made_twice() {
    let world = World::new().await;
    world.github.list_comments_after(Millis::seconds(5));
    let post = CallMatcher::call("POST", "/issues/{issue_number}/comments");
    world.github.fault(FaultRule::once(post, Fault::CutAfter));
    let issue = planned(&world).await;
    world.passes(Millis::minutes(2)).await;

    assert_eq!(comments(&world, issue), 3);
}

/// Case 28: a token that expired in the middle is minted anew.
#[tokio::test]
async fn an_expired_token_is_replaced() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton cost").await;
    world.github.expire_tokens();
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 30: a page instead of JSON, with status 200.
#[tokio::test]
async fn html_with_status_200_is_no_answer() {
    let world = World::new().await;
    let page = Reply { status: 200, ..html() };
    let head = CallMatcher::call("GET", "/git/ref/{*ref}");
    world.github.fault(FaultRule::once(head, Fault::FailBefore(page)));
    let issue = planned(&world).await;
    world.passes(Millis::minutes(2)).await;
    assert_eq!(world.stage(issue).await, "Planned");
}

fn html() -> Reply {
    let Fault::FailBefore(reply) = Fault::unicorn(502) else { panic!("a unicorn comes before") };
    reply
}

/// A branch that nobody may create: the plan is kept, a person is called, and a retry publishes.
#[tokio::test]
async fn a_plan_that_github_does_not_take_calls_a_person() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    let tree = CallMatcher::call("POST", "/git/trees");
    world.github.fault(FaultRule::once(tree, Fault::missing_permission()));
    let issue = planned(&world).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    let blocked = world.conversation(issue);

    world.maintainer("ann").says(issue, "/baton retry").await;

    assert_eq!(world.model.books().len(), 1);
    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(blocked + "\n--- after retry\n" + &world.story(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0386 of $5.00 | 1 turn, at most $2.00 a run

      The plan is written, but GitHub did not take its commit or its pull request.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the plan is written, but GitHub did not take its commit or its pull request.

      Check branch rules and the App's permissions, then write `/baton retry`: the plan is kept and nothing is paid again. Spent on this issue: $0.0386.

    --- after retry
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the plan is written, but GitHub did not take its commit or its pull request.

      Check branch rules and the App's permissions, then write `/baton retry`: the plan is kept and nothing is paid again. Spent on this issue: $0.0386.

    ann: (eyes, rocket)
      /baton retry

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    draft pull request #2 Plan: Add Redis caching, baton/1-add-redis-caching → main
      Part of #1

      Answers are kept in memory for five minutes, so that a repeated question is free.

      This pull request holds the plan only: [`docs/prds/active/1-plan.md`](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md), revision 1, content `b604786138c7`. Here or on the issue, `/baton approve` approves it, and `/baton revise` and what should be different makes the next revision. A review of this pull request approves neither the plan nor any code: there is none in it.
      <!-- /baton:pull-request -->

    baton/1-add-redis-caching: docs: plan for issue 1, revision 1
      docs/prds/active/1-plan.md
      docs/prds/active/1-state.md

    36 calls, 15 of them writes
    ");
}

/// The status comment is recreated where somebody deleted it.
#[tokio::test]
async fn a_deleted_status_comment_comes_back_with_the_next_news() {
    let world = World::new().await;
    let issue = planned(&world).await;
    let ann = world.maintainer("ann");
    let status = world.github.repo().issue(issue).unwrap().comments[1].id;
    ann.deletes_comment(status).unwrap();
    world.settles().await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton status").await;

    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton status

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>
    ");
}

/// Case 89: what a person writes into Baton's comment is no command, and goes with the next edit.
#[tokio::test]
async fn a_foreign_edit_of_the_status_comment_starts_nothing() {
    let world = World::new().await;
    let issue = planned(&world).await;
    let ann = world.maintainer("ann");
    let status = world.github.repo().issue(issue).unwrap().comments[1].clone();
    ann.edits(status.id, &format!("{}\n\n/baton stop", status.body)).await;
    assert_eq!(world.stage(issue).await, "Planned");

    ann.says(issue, "/baton stop").await;

    let now = world.github.repo().issue(issue).unwrap().comments[1].body.clone();
    assert!(now.contains("Stopped") && !now.contains("\n/baton stop"), "{now}");
}
