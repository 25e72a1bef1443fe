//! What people choose over what was computed is remembered, and shown beside the next analysis.

use insta::assert_snapshot;

use crate::world::World;

#[tokio::test]
async fn an_analysis_says_how_often_people_chose_otherwise_here() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let first = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let second = ann.opens("Fix typo in SECURITY.md", "It says teh.").await;

    ann.says(second, "/baton route").await;
    assert!(!world.newest_comment(second).contains("Overrides here"), "nobody has chosen yet");

    ann.puts(first, "Complexity: Expert").await;
    ann.puts(first, "model: haiku").await;
    ann.puts(second, "complexity: trivial").await;
    ann.says(second, "/baton route").await;

    let said = world.newest_comment(second);
    assert_snapshot!(said.lines().last().unwrap_or_default(), @"Overrides here: people chose otherwise on 1 of 2 issues.");
    let repository = world.key(first).repository;
    let ours = world.github.installation_id().unwrap();
    let kept = world.engine().store.feedback(ours, repository).await.unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|it| {
            format!("#{} {} {} -> {} by {}", it.issue, it.about, it.computed, it.chosen, it.how)
        })
        .collect();
    assert_snapshot!(kept.join("\n"), @"
    #1 level simple -> expert by label
    #1 tier opus -> haiku by label
    ");
}
