//! How many calls out a story takes, tokens apart. Each call is a turn of GitHub's limits, and each
//! write a second of waiting: a rise needs a reason. What is asked once only, who the App is and the
//! label that does not exist yet, has happened before the counting.

use baton::domain::policy::Mode;
use baton::sandbox::model::{reads, submits};

use crate::world::{World, plan};

/// All calls and the writes among them that Baton made since the first `before` ones.
fn made(world: &World, before: usize) -> (Vec<String>, Vec<String>) {
    let calls = world.github.calls();
    let own = calls[before..].iter().filter(|it| !it.path.ends_with("/access_tokens"));
    let all: Vec<String> = own.map(|it| format!("{} {}", it.method, it.path)).collect();
    let writes = all.iter().filter(|it| !it.starts_with("GET ")).cloned().collect();
    (all, writes)
}

/// In `suggest` it is one more, a label and a comment at once: the label is made each time before it
/// is put on, because somebody may have deleted it and GitHub would make it without its colour.
#[tokio::test]
async fn an_opened_issue_takes_at_most_three_calls() {
    for (mode, most) in [(Mode::Quiet, 3), (Mode::Observe, 3), (Mode::Suggest, 4)] {
        let world = World::in_mode(mode).await;
        let ann = world.maintainer("ann");
        ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        let before = world.github.calls().len();
        ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

        let (all, _) = made(&world, before);
        assert!(all.len() <= most, "{mode:?}: {all:#?}");
    }
}

/// A stranger gets a reaction at the most. Who has triage access is told why in a comment, too: two
/// writes, and the right that is read freshly each time.
#[tokio::test]
async fn a_refused_command_takes_at_most_two_writes() {
    let world = World::new().await;
    let (ann, eve, tom) = (world.maintainer("ann"), world.stranger("eve"), world.triager("tom"));
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton help").await;

    let before = world.github.calls().len();
    eve.says(issue, "/baton plan").await;
    let (all, _) = made(&world, before);
    assert!(all.len() <= 2, "{all:#?}");

    let before = world.github.calls().len();
    tom.says(issue, "/baton plan").await;
    let (all, writes) = made(&world, before);
    assert!(writes.len() <= 2 && all.len() <= 3, "{all:#?}");
}

/// From the accepted plan to the rocket.
#[tokio::test]
async fn a_plan_is_ready_after_at_most_eight_writes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    let kept = world.model.keeps_back(2);
    let submitted = async {
        while world.model.calls().len() < 2 {
            tokio::task::yield_now().await;
        }
        let before = world.github.calls().len();
        kept.notify_one();
        before
    };
    let (_, before) = tokio::join!(ann.says(issue, "/baton plan"), submitted);

    assert_eq!(world.stage(issue).await, "Planned");
    let (_, writes) = made(&world, before);
    assert!(writes.len() <= 8, "{} writes: {writes:#?}", writes.len());
}
