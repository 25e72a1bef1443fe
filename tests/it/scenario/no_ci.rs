//! A repository whose CI says nothing: work goes on by a person's yes to each commit, or by itself
//! where the server says so. Never is such a commit called green.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CiBehaviour, Conclusion, Role};
use baton::sandbox::model::{asks, creates, edits, finds, submits, task_done};
use insta::assert_snapshot;
use serde_json::json;

use crate::world::{Inhabitant, Setup, World, plan};

/// The acceptance lines that the test-agent judges, by their tasks.
const LINES: [&str; 1] = ["t1"];

/// A plan whose first task is built; the others are skipped. The test-agent finds something once.
async fn built(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.model.inspectors().will([
        finds(&LINES, &["An entry never expires."]),
        finds(&LINES, &[]),
        finds(&[], &[]),
    ]);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    world.model.sonnet().will([
        edits("src/cache.rs", "The cache.", "The cache, which forgets."),
        task_done("Entries expire."),
    ]);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    for task in ["t3", "t2"] {
        ann.says(issue, &format!("/baton task {task} skip")).await;
    }
    issue
}

/// The digits that the newest comment asks a yes for.
fn digits(world: &World, issue: IssueNumber) -> String {
    let call = world.newest_comment(issue);
    call.split("/baton allow ").nth(1).unwrap().get(..12).unwrap().to_owned()
}

/// A text without what names a commit.
fn steady(text: &str, digits: &str) -> String {
    text.replace(digits, "<digits>").replace(&digits[..7], "<short>")
}

#[tokio::test]
async fn a_yes_to_each_commit_leads_from_the_plan_to_ready() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(9)).await;

    assert_eq!(world.stage(issue).await, "Blocked");
    assert_snapshot!(steady(&world.newest_comment(issue), &digits(&world, issue)), @"
    <!-- baton:key=1004/1/11/0 -->
    ### Baton needs a person

    @ann, no check spoke within five minutes of the push, so nobody knows whether that commit is sound.

    The commit is `<short>`.

    Baton goes on by itself when the checks speak after all, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow <digits>`:

    - [ ] <!-- baton:do=allow hash=<digits> -->Go on without checks (commit `<digits>`)

    Spent on this issue: $0.0393.
    ");

    // Whoever may not say yes does not, and their tick is taken back.
    world.member("tom", Role::Write).ticks_and_leaves(issue, "Go on without checks").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    let before = world.conversation(issue);
    ann.ticks(issue, "Go on without checks").await;
    world.lives_through(Millis::minutes(9)).await;

    // What the test-agent found was mended; no task of the plan is active.
    assert_eq!(world.stage(issue).await, "Blocked");
    let digits = digits(&world, issue);
    assert_snapshot!(steady(&world.newest_comment(issue), &digits), @"
    <!-- baton:key=1004/1/18/0 -->
    ### Baton needs a person

    @ann, no check spoke within five minutes of the push, so nobody knows whether that commit is sound.

    The commit is `<short>`.

    Baton goes on by itself when the checks speak after all, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow <digits>`:

    - [ ] <!-- baton:do=allow hash=<digits> -->Go on without checks (commit `<digits>`)

    Spent on this issue: $0.0549.
    ");
    let said = world.news(issue, &before);
    assert!(said.contains("Not checked: no check has passed"), "{said}");
    ann.says(issue, &format!("/baton allow {digits}")).await;
    world.lives_through(Millis::minutes(2)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let said_yes = comments.iter().filter(|it| it.body.contains("✔ ann said yes to"));
    assert_eq!(said_yes.count(), 2, "{}", world.conversation(issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/21/1 -->
    ### Ready for review

    @ann, all tasks of the plan are done. Pull request #2 waits for your review; merging it closes this issue. Not checked: no check has passed on the newest commit of this work; it was taken as it is.

    **Test-agent**: Nothing has to change. Shown to hold: 1 of 1 acceptance line.

    **Review-agent**: Nothing has to change.

    Spent on this issue: $0.0635.
    ");

    // A push to what is ready is asked for, too.
    let branch = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branch.into_iter().find(|it| it.starts_with("baton/")).unwrap();
    world.model.inspectors().will([finds(&LINES, &[]), finds(&[], &[])]);
    ann.pushes(&branch, &[("src/more.rs", Some("//! More.\n"))], "More").unwrap();
    world.settles().await;
    world.lives_through(Millis::minutes(9)).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    ann.ticks(issue, "Go on without checks").await;
    world.lives_through(Millis::minutes(2)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

#[tokio::test]
async fn where_the_server_says_so_nobody_is_asked() {
    let setup = Setup { accepts_unverified: true, ..Setup::default() };
    let world = World::with(setup).await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let said = world.conversation(issue);
    assert!(!said.contains("Baton needs a person"), "{said}");
    assert_eq!(said.matches("Not checked: no check has passed").count(), 2, "{said}");
}

#[tokio::test]
async fn a_yes_to_a_parked_change_is_a_tick_and_is_kept_with_who_said_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([
        creates("src/cache.rs", "//! The cache.\n"),
        creates("src/unplanned.rs", "//! Nobody asked for it.\n"),
        task_done("Written."),
    ]);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Blocked");
    let digits = digits(&world, issue);
    assert_snapshot!(steady(&world.newest_comment(issue), &digits), @"
    <!-- baton:key=1004/1/7/0 -->
    ### Baton needs a person

    @ann, the task is built, and its changes wait for a person's yes. Nothing was pushed.

    - `src/unplanned.rs` It is created, and the plan does not name it.

    <details><summary>The changes</summary>

    ```diff
    --- /dev/null
    +++ b/src/cache.rs
    @@ -0,0 +1 @@
    +//! The cache.
    --- /dev/null
    +++ b/src/unplanned.rs
    @@ -0,0 +1 @@
    +//! Nobody asked for it.
    ```

    </details>

    These changes have the content `<digits>`.

    `/baton retry` builds the task anew; `/baton stop` ends it. To push exactly these changes, tick this or write `/baton allow <digits>`:

    - [ ] <!-- baton:do=allow hash=<digits> -->Push these changes (content `<digits>`)

    Spent on this issue: $0.0394.
    ");

    ann.ticks(issue, "Push these changes").await;

    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    let said = world.conversation(issue);
    assert!(said.contains("✔ ann said yes to"), "{said}");
    let branch = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branch.into_iter().find(|it| it.starts_with("baton/")).unwrap();
    assert!(world.github.repo().files(&branch).contains(&"src/unplanned.rs".to_owned()));
    let store = world.engine().store;
    let kept = store.handles(world.key(issue)).await.unwrap();
    let yes = kept.iter().find(|(kind, _)| kind.starts_with(&format!("yes/{digits}")));
    assert_eq!(yes.map(|it| it.1.as_str()), Some("ann"));
}

/// A task is done when the check is green by which its plan verifies it, whatever else is.
#[tokio::test]
async fn a_task_waits_for_its_own_check_however_green_the_others_are() {
    waits_for_its_own_check(World::new().await).await;
}

/// A server that takes what nothing checked does not take what its plan says is checked.
#[tokio::test]
async fn no_setting_of_the_server_stands_for_a_tasks_own_check() {
    let setup = Setup { accepts_unverified: true, ..Setup::default() };
    waits_for_its_own_check(World::with(setup).await).await;
}

async fn waits_for_its_own_check(world: World) {
    let ann = world.maintainer("ann");
    let repo = world.github.repo();
    repo.ci_on("main", CiBehaviour::Green);
    repo.ci_on("baton/*", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    let mut plan = plan();
    plan["tasks"][0]["verify"] = json!({ "check": "integration" });
    world.opus().will([submits(plan)]);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    world.model.sonnet().will([asks(["Which map?"])]);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(9)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert!(world.work(issue).await.unwrap().done.is_empty());
    let said = world.newest_comment(issue);
    let names = "Not green there, though the plan verifies the task by it: `integration`.";
    assert!(said.contains(names) && said.contains("Go on without checks"), "{said}");

    let branch = world.branch();
    let head = repo.branches().into_iter().find(|it| it.0 == branch).unwrap().1;
    repo.ci_concludes(&head, "integration", Conclusion::Success, "").unwrap();
    world.lives_through(Millis::minutes(3)).await;

    assert!(world.work(issue).await.unwrap().done.contains("t1"));
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}
