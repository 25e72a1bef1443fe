//! What is taken is on disk, once: cases 6 and 10, and a database that fails.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{NOTHING, Served, signed};
use crate::store::on_both;

/// The order to plan by a label, as GitHub tells it.
fn labelled(number: usize) -> Value {
    json!({
        "action": "labeled",
        "installation": { "id": 7 },
        "repository": { "id": 42, "name": "api", "owner": { "login": "acme" } },
        "sender": { "id": 3, "login": "ann", "type": "User" },
        "label": { "name": "baton:plan" },
        "issue": {
            "number": number, "title": "Fix a typo", "body": "In the README.", "state": "open",
            "user": { "id": 3, "login": "ann", "type": "User" },
            "labels": [{ "name": "baton:plan" }],
        },
    })
}

on_both! {
    /// Case 6: the same delivery, one after the other and 50 times at once.
    async fn a_delivery_is_written_down_once(db: &Db) {
        let served = Arc::new(Served::on(db).await);
        let delivery = signed("same", "ping", NOTHING);
        assert_eq!(served.send(delivery.clone()).await, (202, "Written down.\n".to_owned()));
        assert_eq!(
            served.send(delivery.clone()).await,
            (202, "Already written down.\n".to_owned())
        );
        let again = signed("at once", "ping", NOTHING);
        let sent: Vec<_> = (0..50)
            .map(|_| {
                let (served, again) = (Arc::clone(&served), again.clone());
                tokio::spawn(async move { served.send(again).await })
            })
            .collect();
        let mut new = 0;
        for answer in sent {
            let (status, sentence) = answer.await.unwrap();
            assert_eq!(status, 202);
            new += usize::from(sentence == "Written down.\n");
        }
        assert_eq!(new, 1);
        assert_eq!(served.rows().await.len(), 2);
        // A redelivery after it was handled is known, too.
        served.settles().await;
        assert_eq!(served.send(delivery).await.1, "Already written down.\n");
        assert_eq!(served.end_of("same").await.0, "ignored");
    }

    /// Both addresses lead to the same door; other methods and paths lead nowhere.
    async fn both_paths_lead_in(db: &Db) {
        let served = Served::on(db).await;
        let delivery = signed("1", "ping", NOTHING);
        assert_eq!(served.send(delivery.clone().to("/webhooks/github")).await.0, 202);
        assert_eq!(served.send(delivery.clone().to("/api/github/webhooks")).await.0, 202);
        assert_eq!(served.send(delivery.clone().to("/webhooks")).await.0, 404);
        assert_eq!(served.send(delivery.to("/health")).await.0, 405);
        let got = reqwest::get(format!("http://{}/webhooks/github", served.address)).await;
        assert_eq!(got.unwrap().status().as_u16(), 405);
        assert_eq!(served.rows().await.len(), 1);
    }

    /// Case 10: 2,000 deliveries for 100 issues over 64 connections, while the engine works.
    async fn two_thousand_deliveries_are_all_taken(db: &Db) {
        let served = Arc::new(Served::on(db).await);
        let engine = tokio::spawn({
            let engine = served.engine.clone();
            async move { engine.run().await }
        });
        let senders: Vec<_> = (0..64)
            .map(|sender| {
                let served = Arc::clone(&served);
                tokio::spawn(async move {
                    for n in (0..2_000).filter(|n| n % 64 == sender) {
                        let body = labelled(n % 100).to_string();
                        let (status, sentence) =
                            served.send(signed(&format!("{n}"), "issues", body)).await;
                        assert_eq!(status, 202, "{sentence}");
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.await.unwrap();
        }
        served.engine.stop.cancel();
        engine.await.unwrap();
        served.settles().await;
        let rows = served.rows().await;
        assert_eq!(rows.len(), 2_000);
        let unfinished = rows.iter().filter(|it| it.status == "pending").count();
        assert_eq!(unfinished, 0);
        // Each label is decided upon, once for its issue; what is told again is known.
        let decided = rows.iter().filter(|it| it.status != "ignored").count();
        assert_eq!(decided, 100);
    }

    /// What cannot be written down is not acknowledged, and is taken when it comes again.
    async fn a_database_that_refuses_is_a_503(db: &Db) {
        let served = Served::on(db).await;
        served.sql("ALTER TABLE inbox RENAME TO hidden").await;
        let (status, sentence) = served.send(signed("1", "ping", NOTHING)).await;
        assert_eq!(status, 503);
        assert_eq!(sentence, "The delivery could not be written down; please deliver it again.\n");
        served.sql("ALTER TABLE hidden RENAME TO inbox").await;
        assert_eq!(served.send(signed("1", "ping", NOTHING)).await.0, 202);
        assert_eq!(served.rows().await.len(), 1);
    }

    async fn a_closed_database_is_a_503(db: &Db) {
        let served = Served::on(db).await;
        let health = format!("http://{}/health", served.address);
        assert_eq!(reqwest::get(&health).await.unwrap().status().as_u16(), 200);
        served.store.close().await;
        assert_eq!(served.send(signed("1", "ping", NOTHING)).await.0, 503);
        assert_eq!(reqwest::get(&health).await.unwrap().status().as_u16(), 503);
    }
}
