//! Case 44: the real binary is asked to stop while a model is at work.

use baton::sandbox::github::Role;
use baton::sandbox::model::{reads, submits};

use super::planning::check_once;
use super::scene::Moment::{Asked, Billed};
use super::scene::{Scene, has_reaction};
use crate::world::plan;

/// The answer is waited for, booked and kept, and no further call is begun. The next start goes on
/// behind it: nothing is paid again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_in_flight_is_waited_for_and_not_paid_again() {
    let mut scene = Scene::new().await;
    scene.model.opus().will([reads("src/rag.rs"), submits(plan())]);
    let answer = scene.model.keeps_back(1);
    let ann = scene.github.person("ann", Role::Maintain);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").unwrap();
    let asking = ann.comments(issue, "/baton plan").unwrap();
    scene.goes_on_until(Asked(1)).await;
    scene.is_asked_to_stop("TERM").await;
    assert!(scene.is_running(), "it did not wait for the answer");
    answer.notify_one();
    let (stopped, status) = scene.ends().await;
    assert!(status.success(), "{status}");
    assert_eq!(stopped.model.books().len(), 1);

    let scene = stopped.starts().await;
    scene.comes_to_its_end(issue, |it| has_reaction(it, asking, "rocket")).await;
    check_once(&scene, issue, asking);
    scene.stops(2, 0).await;
}

/// Whoever asks a second time does not wait: the call in flight is booked at its worst case by the
/// next start, and asked for once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_again_does_not_wait() {
    let mut scene = Scene::new().await;
    scene.model.opus().will([reads("src/rag.rs"), submits(plan())]);
    Billed(1).prepare(&scene.github, &scene.model);
    let ann = scene.github.person("ann", Role::Maintain);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").unwrap();
    let asking = ann.comments(issue, "/baton plan").unwrap();
    scene.goes_on_until(Billed(1)).await;
    scene.is_asked_to_stop("INT").await;
    assert!(scene.is_running(), "it did not wait for the answer");
    scene.is_asked_to_stop("INT").await;
    let (stopped, status) = scene.ends().await;
    assert_eq!(status.code(), Some(1));

    let scene = stopped.starts().await;
    scene.comes_to_its_end(issue, |it| has_reaction(it, asking, "rocket")).await;
    check_once(&scene, issue, asking);
    scene.stops(2, 1).await;
}
