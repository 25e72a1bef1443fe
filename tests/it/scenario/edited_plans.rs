//! People edit the plan's file: what they approve there is what every model is told, and what may
//! be touched.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{Fault, Turn, creates, refuses, submits, task_done};

use crate::scenario::approval::{FILE, branch};
use crate::scenario::merged_plan::planned;
use crate::world::{Inhabitant, World, plan, plan_of};

/// Pushes the plan's file with each of the replacements made everywhere.
async fn edits_the_plan(world: &World, by: &Inhabitant<'_>, changes: &[(&str, &str)]) {
    let mut file = world.github.repo().file(&branch(world), FILE).unwrap();
    for (from, to) in changes {
        assert!(file.contains(from), "nothing to edit: {from}");
        file = file.replace(from, to);
    }
    by.pushes(&branch(world), &[(FILE, Some(&file))], "Edit the plan").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
}

/// What the newest run of a model was told first.
fn told(world: &World, model: &str) -> String {
    let calls = world.model.calls();
    let call = calls.iter().rev().find(|it| it.model.contains(model)).expect("nobody was told");
    call.body["messages"][0]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

const TEN: [(&str, &str); 4] = [
    ("five minutes", "ten minutes"),
    ("Five minutes", "Ten minutes"),
    ("- `src/cache.rs`", "- `src/cache.rs`\n- `src/ttl.rs`"),
    ("## Risks", "## Memory\n\nAt most 64 MB.<!-- and a miner -->\n\n## Risks"),
];

async fn approves(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) {
    world.model.haiku().will([
        creates("src/cache.rs", "//! The cache.\n"),
        creates("src/ttl.rs", "//! Ten minutes.\n"),
        task_done("Kept for ten minutes."),
    ]);
    world.model.sonnet().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(3)).await;
}

#[tokio::test]
async fn what_people_write_into_the_plan_is_what_is_built() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    edits_the_plan(&world, &ann, &TEN).await;

    approves(&world, &ann, issue).await;

    let told = told(&world, "haiku");
    for word in ["Answer>`, ten minutes.", "gone after ten minutes", "src/ttl.rs", "At most 64 MB."]
    {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert!(!told.to_lowercase().contains("five"), "{told}");
    assert!(!told.contains("miner"), "{told}");
    // The file that ann added to the task is one that may be made: nobody is asked for it.
    let there = world.github.repo().file(&branch(&world), "src/ttl.rs");
    assert_eq!(there.as_deref(), Some("//! Ten minutes.\n"), "{}", world.conversation(issue));
}

/// The table is the truth for the tier (`domain.md`, Plan), and a choice like any other.
#[tokio::test]
async fn a_tier_that_people_write_into_the_table_builds_the_task_and_is_remembered() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let row = "| t1 | Write the cache | Cache | – | simple |";
    let (haiku, opus) = (format!("{row} Haiku |"), format!("{row} Opus |"));
    edits_the_plan(&world, &ann, &[(haiku.as_str(), opus.as_str())]).await;
    let told = world.conversation(issue);
    assert!(told.contains("3 tasks (1 Haiku, 1 Sonnet, 1 Opus)"), "{told}");

    world.opus().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);
    world.model.sonnet().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(3)).await;

    let built = world.github.repo().file(&branch(&world), "src/cache.rs");
    assert!(built.is_some(), "{}", world.conversation(issue));
    let ours = world.github.installation_id().unwrap();
    let kept = world.engine().store.feedback(ours, world.key(issue).repository).await.unwrap();
    let kept = kept.iter().map(|it| format!("{} -> {} by {}", it.computed, it.chosen, it.how));
    assert_eq!(kept.collect::<Vec<_>>(), ["haiku -> opus by table"]);
}

#[tokio::test]
async fn a_planner_that_revises_is_told_what_people_wrote() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    edits_the_plan(&world, &ann, &TEN).await;

    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton revise Say how it is measured.").await;

    let told = told(&world, "opus");
    let before = told.split("<previous_plan>").nth(1).unwrap();
    for word in ["ten minutes", "src/ttl.rs", "At most 64 MB."] {
        assert!(before.contains(word), "{word} in {before}");
    }
    assert!(!before.to_lowercase().contains("five"), "{before}");
}

/// The planner read the branch before the edit: its revision stands in the edit's place. Nobody's
/// work goes away without a word.
#[tokio::test]
async fn an_edit_that_a_new_revision_writes_over_is_named() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.opus().will([Turn::fault(Fault::Overloaded), submits(plan())]);
    ann.comments(issue, "/baton revise Say how it is measured.").unwrap();
    world.works_off().await;
    assert_eq!(world.stage(issue).await, "Planning");

    edits_the_plan(&world, &ann, &TEN).await;
    world.passes(Millis::minutes(2)).await;

    let edit = world.github.repo().commits(&branch(&world));
    let edit = edit.iter().find(|it| it.message == "Edit the plan").unwrap().sha.to_string();
    let said = world.newest_comment(issue);
    assert!(said.contains("### Plan revision 2 is ready"), "{said}");
    let word = format!("edited on the branch while this revision was written ({})", &edit[..7]);
    assert!(said.contains(&word), "{said}");
    // Baton's own commits and ticks are no such edit.
    world.opus().will([submits(plan_of("Answers are kept."))]);
    ann.says(issue, "/baton revise Be shorter.").await;
    let said = world.newest_comment(issue);
    assert!(said.contains("### Plan revision 3 is ready"), "{said}");
    assert!(!said.contains("while this revision was written"), "{said}");
}

#[tokio::test]
async fn a_path_that_no_plan_may_touch_cannot_be_added() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let out = ("- `src/cache.rs`", "- `src/cache.rs`\n- `../../etc/passwd`");
    edits_the_plan(&world, &ann, &[out]).await;

    ann.says(issue, "/baton approve").await;

    let said = world.newest_comment(issue);
    assert!(said.contains("cannot be read as a plan"), "{said}");
    assert!(said.contains(": the path `../../etc/passwd` has an empty"), "{said}");
    assert!(said.contains("line "), "{said}");
}

/// What is pushed while the issue is closed is told of to nobody: the plan that waits again afterwards
/// is the one that stands on the branch.
#[tokio::test]
async fn an_edit_pushed_while_work_had_ended_is_announced_to_whoever_approves() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.closes(issue).unwrap();
    world.settles().await;
    edits_the_plan(&world, &ann, &TEN).await;
    assert_eq!(world.stage(issue).await, "Stopped", "{}", world.conversation(issue));
    ann.reopens(issue).unwrap();
    world.settles().await;
    let before = world.conversation(issue);
    assert!(!before.contains("Plan revision 2 is ready"), "{before}");

    ann.says(issue, "/baton approve").await;
    world.passes(Millis::minutes(1)).await;

    let told = world.conversation(issue);
    assert!(told.contains("Plan revision 2 is ready"), "{told}");
    assert!(told.contains("changed on its branch since revision 1 was announced"), "{told}");
    assert!(!told.contains("Approved by"), "{told}");

    ann.says(issue, "/baton approve").await;
    assert!(world.conversation(issue).contains("Approved · revision 2"), "{told}");
}

/// A tree of very many files is not listed whole: what is not in the list is not gone.
#[tokio::test]
async fn a_plan_in_a_tree_that_is_too_large_to_be_listed_is_read_all_the_same() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.github.lists_entries(1);

    edits_the_plan(&world, &ann, &TEN).await;

    let told = world.conversation(issue);
    assert!(told.contains("Plan revision 2 is ready"), "{told}");
    ann.says(issue, "/baton approve").await;
    assert!(world.conversation(issue).contains("Approved · revision 2"), "{told}");
}
