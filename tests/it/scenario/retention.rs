//! What is kept for a time only (`trust.md`, rule 21; case 82), with the clock moved.

use baton::base::{Millis, RunId};
use baton::sandbox::model::{reads, submits};

use crate::world::{World, plan};

/// How much of each kind is stored.
async fn kept(world: &World) -> (i64, i64, i64) {
    let mut database = world.database().await;
    let mut counted = [0, 0, 0];
    for (count, table) in
        counted.iter_mut().zip(["inbox WHERE body <> ''", "run_entries", "ledger"])
    {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql));
        *count = query.fetch_one(&mut database).await.unwrap();
    }
    (counted[0], counted[1], counted[2])
}

#[tokio::test]
async fn bodies_transcripts_and_the_bill_go_when_their_time_is_over() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton reject").await;
    let (bodies, entries, lines) = kept(&world).await;
    assert!(0 < bodies && 0 < entries && 0 < lines, "{bodies} {entries} {lines}");
    let run = world.engine().store.newest_run(world.key(issue)).await.unwrap().unwrap();
    assert!(run.brief.to_string().contains("Cache query results"));

    world.passes(Millis::days(13)).await;
    assert_eq!(kept(&world).await, (bodies, entries, lines));
    world.passes(Millis::days(2)).await;
    assert_eq!(kept(&world).await, (0, entries, lines));

    world.passes(Millis::days(16)).await;
    assert_eq!(kept(&world).await, (0, 0, lines));
    let run = world.engine().store.load_run(&RunId::from(run.id.as_str())).await.unwrap().unwrap();
    assert!(!run.brief.to_string().contains("Cache query results"), "{}", run.brief);
    // What is left is enough to go on with.
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned");

    let sql = "INSERT INTO ledger (entry_id, at_ms, installation_id, repository_id, number, run_id,
                   role, tier, model_requested, input_tokens, output_tokens, cache_read_tokens,
                   cache_write_5m_tokens, cache_write_1h_tokens, price_version, amount, reserved,
                   source, state, over_reservation)
               SELECT 'old', at_ms - 66000000000, installation_id, repository_id, number, run_id,
                   role, tier, model_requested, 0, 0, 0, 0, 0, price_version, 0, 0, source, state, 0
               FROM ledger ORDER BY entry_id LIMIT 1";
    sqlx::query(sql).execute(&mut world.database().await).await.unwrap();
    assert_eq!(kept(&world).await.2, lines + 1);
    world.settles().await;
    assert_eq!(kept(&world).await.2, lines);
}

/// A redelivery of what was handled and emptied is known by its id and by its hash.
#[tokio::test]
async fn what_comes_again_after_its_body_went_is_not_done_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton help").await;
    let comments = world.github.repo().issue(issue).unwrap().comments.len();
    let asked = world.github.deliveries().into_iter().find(|it| it.body.contains("/baton help"));
    world.passes(Millis::days(20)).await;
    assert_eq!(kept(&world).await.0, 0);

    world.replays(&asked.unwrap(), "another id").await;

    assert_eq!(world.github.repo().issue(issue).unwrap().comments.len(), comments);
}
