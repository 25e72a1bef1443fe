//! STATE.md is stored before a run is stopped, whatever stops it, and what its successor is told and
//! commits goes on from there.

use baton::base::{IssueNumber, Millis, RunId};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Fault, Turn, asks, creates, notes, task_done};
use baton::store::RunStatus;
use serde_json::{Value, json};

use super::approval::{branch, planned};
use super::handing::{approves, falls_silent};
use crate::world::{Disorder, World};

const POSITION: &str = "Half of the cache is written.";

/// What a run noted that had to decide something.
fn notes_a_decision() -> Turn {
    let decision = json!({ "question": "Keys as text?", "answer": "Yes, as in src/rag.rs." });
    let note = json!({
        "position": POSITION,
        "next_step": "Write the rest.",
        "remaining": ["Expiry"],
        "decisions": [decision],
    });
    Turn::tools([("note", note)])
}

/// STATE.md as it stands in the store: whose run left it, and the text.
async fn stored(world: &World, issue: IssueNumber) -> Option<(RunId, String)> {
    let kept = world.engine().store.handle(world.key(issue), "state-md").await.unwrap()?;
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let text = |field: &str| kept[field].as_str().unwrap().to_owned();
    Some((RunId::from(text("run").as_str()), text("text")))
}

async fn is_stopped(world: &World, run: &RunId) -> bool {
    let row = world.engine().store.load_run(run).await.unwrap().unwrap();
    row.status == RunStatus::Stopped
}

fn opening_on(world: &World, model: &str) -> String {
    let calls = world.model.calls();
    let first = calls.iter().find(|it| it.path == "/v1/messages" && it.model.contains(model));
    first.expect("it was never called").body["messages"][0]["content"].to_string()
}

/// The process dies after every single step, and never is a run stopped of which STATE.md does not
/// tell yet.
#[tokio::test]
async fn state_md_is_true_before_the_stop_wherever_it_crashes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes(POSITION, "Write the rest.")]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis::seconds(5)).await;
    ann.person.comments(issue, "/baton escalate").unwrap();

    let mut began = None;
    for _ in 0..200 {
        world.github.deliver_pending().await;
        let stepped = world.step().await;
        if is_stopped(&world, &haiku.id).await {
            let (run, text) = stored(&world, issue).await.expect("stopped, and nothing is stored");
            assert_eq!(run, haiku.id);
            assert!(text.contains(POSITION), "{text}");
            assert!(text.contains("t1 is given to a fresh run on Sonnet."), "{text}");
            assert!(text.contains("### Active\n\n- t1 "), "{text}");
        }
        let live = world.engine().store.live_run(world.key(issue)).await.unwrap();
        if live.is_some_and(|it| it.id != haiku.id) {
            began = stored(&world, issue).await;
            break;
        }
        if stepped {
            world.restarts().await;
        } else {
            world.clock.advance(Millis::seconds(1));
        }
    }
    let (_, text) = began.expect("no successor began");
    assert!(text.contains("- **Next step:** Write the rest."), "{text}");
    world.settles().await;
    assert!(opening_on(&world, "sonnet").contains(POSITION));
    ann.says(issue, "/baton stop").await;
}

/// Half a minute later the text is stored without a note, and is true all the same.
#[tokio::test]
async fn without_a_note_state_md_is_stored_too() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let busy = || Turn::fault(Fault::Overloaded);
    world.model.haiku().will([creates("src/cache.rs", "//! Half.\n"), busy(), busy(), busy()]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    world.forgive(Disorder::Script);
    ann.says(issue, "/baton approve --start").await;

    ann.says(issue, "/baton escalate").await;
    world.passes(Millis::minutes(1)).await;

    let (_, text) = stored(&world, issue).await.unwrap();
    assert!(!text.contains("The agent noted"), "{text}");
    assert!(text.contains("- **Last action:** The run before edited src/cache.rs"), "{text}");
    assert!(text.contains("- **Next step:** Build t1."), "{text}");
    ann.says(issue, "/baton stop").await;
}

/// What was decided is committed with the successor's work; what was left to do is not left any more.
/// What people push between the two is in what the successor reads.
#[tokio::test]
async fn what_follows_goes_on_from_the_stored_text_and_loses_nothing_since() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("main", CiBehaviour::Green);
    world.github.repo().ci_on("baton/*", CiBehaviour::Silent);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes_a_decision()]);
    let written = creates("src/cache.rs", "//! The cache.\n");
    world.model.sonnet().will([written, task_done("Written.")]);
    approves(&ann, issue);
    falls_silent(&world, issue, Millis::seconds(5)).await;
    ann.person.comments(issue, "/baton escalate").unwrap();
    while stored(&world, issue).await.is_none() {
        world.github.deliver_pending().await;
        if !world.step().await {
            world.clock.advance(Millis::seconds(1));
        }
    }
    ann.pushes(&branch(&world), &[("NOTES.md", Some("Mine.\n"))], "Notes").unwrap();
    ann.says(issue, "/baton task t3 skip").await;
    world.settles().await;

    let opening = opening_on(&world, "sonnet");
    assert!(opening.contains("Keys as text? → Yes, as in src/rag.rs."), "{opening}");
    assert!(opening.contains("NOTES.md"), "{opening}");
    let state = world.github.repo().file(&branch(&world), "docs/prds/active/1-state.md").unwrap();
    assert!(state.contains("- **Keys as text?** → Yes, as in src/rag.rs."), "{state}");
    assert!(!state.contains(POSITION) && !state.contains("remains: Expiry"), "{state}");
    assert!(state.contains("(skipped)") && state.contains("`NOTES.md`"), "{state}");
    ann.says(issue, "/baton stop").await;
}

/// A stop is no handoff, and whoever takes the work up again goes on from there all the same.
#[tokio::test]
async fn after_a_stop_a_retry_goes_on_from_what_was_stored() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let busy = || Turn::fault(Fault::Overloaded);
    let created = creates("src/cache.rs", "//! Half.\n");
    world.model.haiku().will([notes(POSITION, "Write the rest."), created, busy()]);
    ann.says(issue, "/baton approve --start").await;

    ann.says(issue, "/baton stop").await;
    let (_, text) = stored(&world, issue).await.unwrap();
    assert!(text.contains("The work was stopped.") && text.contains(POSITION), "{text}");
    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let last = calls.iter().rfind(|it| it.path == "/v1/messages").unwrap();
    let told = last.body["messages"][0]["content"].to_string();
    assert!(told.contains("The run before edited src/cache.rs"), "{told}");
    assert!(told.contains(POSITION), "{told}");
    ann.says(issue, "/baton stop").await;
}
