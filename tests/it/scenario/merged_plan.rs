//! The plan's pull request is merged while it holds the plan only: that approves the plan, and the
//! work goes on with a pull request of its own.

use baton::base::{IssueNumber, Millis, Sha};
use baton::sandbox::github::{CallMatcher, CiBehaviour, Fault, FaultRule};
use baton::sandbox::model::{creates, edits, submits, task_done};

use crate::scenario::approval::{FILE, edited};
use crate::world::{Inhabitant, World, plan};

const FIRST: &str = "baton/1-add-redis-caching";
const SECOND: &str = "baton/1-add-redis-caching-2";

/// An issue with a plan, in a repository whose CI has spoken about the base.
pub(super) async fn planned(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

/// The pull request that holds the plan.
fn plans(world: &World) -> IssueNumber {
    world.github.repo().pulls()[0].number
}

/// GitHub merges no draft.
fn merges(by: &Inhabitant<'_>, number: IssueNumber) -> Sha {
    by.marks_ready(number).unwrap();
    by.merges(number).unwrap()
}

pub(super) fn builds_everything(world: &World) {
    let haiku = world.model.haiku();
    haiku.will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept for five minutes.")]);
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
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
async fn merging_the_plan_approves_it_and_the_work_gets_its_own_pull_request() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let merged = plans(&world);

    let commit = merges(&ann, merged);
    world.settles().await;

    // Approved, and nothing is spent: a branch from the merge commit and a draft wait.
    assert_eq!(world.stage(issue).await, "Planned");
    let status = world.conversation(issue);
    assert!(status.contains("Baton · Approved · revision 1"), "{status}");
    let pulls = world.github.repo().pulls();
    assert_eq!(pulls.len(), 2, "{status}");
    let work = pulls.iter().find(|it| it.number != merged).unwrap();
    assert_eq!(work.pull.as_ref().map(|it| (it.head.as_str(), it.draft)), Some((SECOND, true)));
    assert!(work.body.contains("\nPart of #1\n"), "{}", work.body);
    assert!(work.body.contains(&format!("was merged with #{merged}")), "{}", work.body);
    let made_from = world.github.repo().commits(SECOND);
    assert!(made_from.iter().any(|it| it.sha == commit), "it is not made from the merge commit");

    // GitHub deletes the branch of a merged pull request where the repository asks for it.
    ann.deletes_branch(FIRST).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Planned");

    builds_everything(&world);
    ann.says(issue, "/baton implement").await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    ann.merges(work.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Done");
    let answers = world.github.repo().file("main", "src/rag.rs").unwrap();
    assert!(answers.contains("Asks the cache first."), "t2 was never built: {answers}");
    let repo = world.github.repo();
    assert!(repo.file("main", "docs/prds/completed/1-plan.md").is_some());
    assert!(repo.file("main", FILE).is_none());
}

/// Trust rule 8: an approval is somebody's whose right is known.
#[tokio::test]
async fn a_merge_by_somebody_whose_right_cannot_be_read_approves_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let rights = CallMatcher::call("GET", "/collaborators/{username}/permission");
    world.github.fault(FaultRule::always(rights, Fault::unicorn(502)));

    merges(&ann, plans(&world));
    world.settles().await;
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_eq!(world.github.repo().pulls().len(), 1);
    world.github.clear_faults();

    // Somebody with the right takes it up again: the plan waits on the next branch.
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert!(world.conversation(issue).contains("Planned · revision 1"));
    assert_eq!(world.github.repo().pulls().len(), 2);
    let second = world.github.repo().pulls().remove(1).pull.unwrap();
    assert_eq!(second.head, SECOND);
}

/// What was merged is not what anybody was shown: it is the next revision, and waits.
#[tokio::test]
async fn a_plan_that_was_edited_on_its_way_waits_as_the_next_revision() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton approve").await;
    let text = edited(&world, "An entry is gone after five minutes.", "It is gone after six.");
    ann.pushes(FIRST, &[(FILE, Some(&text))], "Six minutes").unwrap();

    merges(&ann, plans(&world));
    world.settles().await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    assert!(told.contains("Plan revision 2 is ready"), "{told}");
    assert!(told.contains("- [ ] <!-- baton:do=approve rev=2 -->"), "{told}");
}
