//! Issues, installations and repositories that end while a run is at work.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{
    ActRefused, CallMatcher, Delivery, Fault, FaultRule, Level, Person, Role,
};
use baton::sandbox::model::{asks, submits};
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

/// A way to lose the App.
type End = fn(&Person) -> Result<(), ActRefused>;

/// An issue whose planner waits for an answer.
async fn asking(world: &World, by: &Inhabitant<'_>) -> IssueNumber {
    let issue = by.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?"])]);
    by.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Asking");
    issue
}

/// Whoever stops what has not begun is told so, and the plan that somebody wants next is made.
#[tokio::test]
async fn there_is_nothing_to_stop_on_an_issue_that_nobody_has_asked_about() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton stop").await;

    assert_eq!(world.stage(issue).await, "Seen", "{}", world.conversation(issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/2/1 -->
    @ann, nothing runs or waits here that could be stopped.
    ");
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

#[tokio::test]
async fn what_a_reopened_issue_was_asked_for_waits_for_a_retry() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asking(&world, &ann).await;
    ann.closes(issue).unwrap();
    world.settles().await;
    let paid = world.model.books().len();

    ann.reopens(issue).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), paid, "whoever reopens an issue spends nothing");
    let told = world.conversation(issue);
    assert!(told.contains("Planning was interrupted and waits for somebody to go on."), "{told}");
    assert!(told.contains("`/baton retry`"), "{told}");

    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// Nobody is asked twice: what people answered before the end is told to the planner that follows.
#[tokio::test]
async fn what_was_answered_before_an_end_is_told_to_whoever_plans_then() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?", "Is a restart allowed to forget?"])]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "1a").await;
    ann.closes(issue).unwrap();
    world.settles().await;
    ann.reopens(issue).unwrap();
    world.settles().await;

    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let opening = calls.last().unwrap().body["messages"][0]["content"].to_string();
    assert!(opening.contains("Questions already answered:"), "{opening}");
    assert!(opening.contains("Is Redis optional?\\nAnswer: Yes"), "{opening}");
}

#[tokio::test]
async fn a_closed_issue_stops_and_a_reopened_one_can_be_planned_anew() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asking(&world, &ann).await;

    ann.closes(issue).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Stopped");
    ann.reopens(issue).unwrap();
    world.settles().await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0420 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### 1 question before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0286 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Answer in a comment that begins with the number: `1a`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0420
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

/// Case 19: the cost is kept, the run is stopped, nothing is posted to what is gone.
#[tokio::test]
async fn a_deleted_issue_stops_its_run() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    let before = world.calls_made();

    root.deletes_issue(issue).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_eq!(world.calls_made(), before);
}

/// Case 12: an issue that is moved to another repository while its planner waits stops, and nothing
/// is written where it was.
#[tokio::test]
async fn a_transferred_issue_stops_its_run() {
    let world = World::new().await;
    let root = world.admin("root");
    world.github.add_repository("site", false, Vec::new()).unwrap();
    let site = world.github.repo_named("site").unwrap();
    site.person("root", Some(Role::Write));
    let issue = asking(&world, &root).await;
    let before = world.calls_made();

    root.transfers_issue(issue, &site).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_eq!(world.calls_made(), before);
}

/// Case 21: uninstalled, taken away: stopped; suspended: laid down. Without a storm of calls.
#[tokio::test]
async fn an_app_that_is_removed_stops_everywhere_in_silence() {
    let ends: [(End, &str); 3] = [
        (Person::removes_app, "Stopped"),
        (|it| it.suspends_app(true), "Paused"),
        (Person::withdraws_repository, "Stopped"),
    ];
    for (end, stage) in ends {
        let world = World::new().await;
        let root = world.admin("root");
        let issue = asking(&world, &root).await;
        let before = world.calls_made();

        end(&root).unwrap();
        world.settles().await;

        assert_eq!(world.stage(issue).await, stage);
        assert_eq!(world.calls_made(), before);
    }
}

/// Case 12: a repository that is deleted stops its work, and nothing is written to it.
#[tokio::test]
async fn a_deleted_repository_stops_its_runs() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    let before = world.calls_made();
    let opened = world.github.deliveries().into_iter().find(|it| it.event == "issues").unwrap();
    let mut body: serde_json::Value = serde_json::from_str(&opened.body).unwrap();
    body.as_object_mut().unwrap().remove("issue");
    body["action"] = "deleted".into();
    let deleted = Delivery { event: "repository", body: body.to_string(), ..opened };

    world.replays(&deleted, "repository-deleted").await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_eq!(world.calls_made(), before);
}

/// Case 12: what the App may do changes, and the run that waits goes on waiting.
#[tokio::test]
async fn new_permissions_stop_nothing() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    let before = world.calls_made();

    let names =
        ["issues", "pull_requests", "contents", "checks", "metadata", "statuses", "actions"];
    root.grants(names.map(|it| (it.to_owned(), Level::Write)).into_iter().collect()).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Asking");
    assert_eq!(world.calls_made(), before);
    world.opus().will([submits(plan())]);
    root.says(issue, "1a").await;
    assert_eq!(world.stage(issue).await, "Planned");
}

/// As long as the App is suspended nothing can be said, and nothing goes on; afterwards it does, in
/// the same run.
#[tokio::test]
async fn an_app_that_comes_back_goes_on_where_it_stood() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    root.suspends_app(true).unwrap();
    world.settles().await;
    let said = world.conversation(issue);
    let run = world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap().id;

    root.suspends_app(false).unwrap();
    world.settles().await;
    world.passes(Millis::seconds(30)).await;
    assert_eq!(world.stage(issue).await, "Asking");
    assert_eq!(world.conversation(issue), said, "nothing is said twice");
    let store = world.engine().store;
    assert_eq!(store.live_run(world.key(issue)).await.unwrap().map(|it| it.id), Some(run));
    world.opus().will([submits(plan())]);
    root.says(issue, "1: yes").await;
    world.passes(Millis::seconds(30)).await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// Nobody told the App of what was closed meanwhile.
#[tokio::test]
async fn what_was_closed_while_the_app_was_away_does_not_go_on() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    root.suspends_app(true).unwrap();
    root.closes(issue).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Paused");

    root.suspends_app(false).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Stopped", "{}", world.conversation(issue));
}

/// An hour of trouble at GitHub says nothing of the issue.
#[tokio::test]
async fn what_was_laid_down_waits_until_github_tells_how_it_stands() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = asking(&world, &root).await;
    root.suspends_app(true).unwrap();
    world.settles().await;
    let at = CallMatcher::call("GET", "/repos/{owner}/{repo}/issues/{issue_number}");
    world.github.fault(FaultRule::always(at, Fault::unicorn(502)));

    root.suspends_app(false).unwrap();
    world.lives_through(Millis::hours(1)).await;
    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));

    world.github.clear_faults();
    world.lives_through(Millis::minutes(6)).await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
}

#[tokio::test]
async fn a_plan_whose_pull_request_is_closed_is_set_aside() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let before = world.conversation(issue);
    let pull = world.github.repo().pulls()[0].number;

    ann.closes(pull).unwrap();
    world.settles().await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      The plan's pull request was closed.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>
    ");
}

#[tokio::test]
async fn a_plan_that_is_merged_closes_no_issue() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;

    let pull = world.github.repo().pulls()[0].number;
    ann.marks_ready(pull).unwrap();
    ann.merges(pull).unwrap();
    world.settles().await;

    assert!(world.github.repo().issue(issue).unwrap().open);
    assert_eq!(world.stage(issue).await, "Planned");
}
