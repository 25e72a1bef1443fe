//! An issue goes in, a committed plan comes out.

use baton::sandbox::model::{asks, reads, submits};
use insta::assert_snapshot;

use crate::world::{World, plan};

#[tokio::test]
async fn an_issue_goes_in_and_a_committed_plan_comes_out() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = world.opens(&ann, "Add Redis caching", "Cache query results with 5min TTL").await;
    world.model.opus().will([reads("README.md"), asks(["Is Redis optional?"]), submits(json!({}))]);
    world.says(&ann, issue, "/baton plan").await;
    println!("{}", world.story(issue));
    panic!("look");
}
