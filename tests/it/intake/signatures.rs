//! Who is believed: cases 1, 2 and 3.

use std::sync::Arc;

use secrecy::SecretString;

use super::{NOTHING, Posting, SECRET, Served, hmac, signed};
use crate::store::on_both;

/// Sends it; what is not accepted must leave nothing behind.
async fn check(served: &Served, posting: Posting, expected: u16) {
    let before = served.rows().await.len();
    let shown = format!("{posting:?}");
    let (status, sentence) = served.send(posting).await;
    assert_eq!(status, expected, "{sentence} {shown}");
    let stored = served.rows().await.len() - before;
    assert_eq!(stored, usize::from(expected == 202), "{shown}");
    assert!(!sentence.contains(SECRET), "{sentence}");
}

const HEADER: &str = "x-hub-signature-256";

on_both! {
    /// Case 1.
    async fn a_delivery_without_our_signature_is_refused(db: &Db) {
        let served = Served::on(db).await;
        let delivery = signed("1", "ping", NOTHING);
        let digest = hmac(SECRET, NOTHING);
        let signature = |it: &str| delivery.clone().with(HEADER, it);

        check(&served, delivery.clone(), 202).await;
        check(&served, delivery.clone().without(HEADER), 401).await;
        check(&served, signature(""), 401).await;
        check(&served, signature(&digest), 401).await;
        check(&served, signature("sha256="), 401).await;
        check(&served, signature(&format!("sha256={}", &digest[1..])), 401).await;
        check(&served, signature(&format!("sha256={digest}0")), 401).await;
        check(&served, signature(&format!("sha256={}", digest.to_uppercase())), 401).await;
        check(&served, signature(&format!("SHA256={digest}")), 401).await;
        check(&served, signature(&format!("sha256=zz{}", &digest[2..])), 401).await;
        check(&served, signature(&format!("sha512={digest}")), 401).await;
        check(&served, signature(&format!("sha256={}", hmac("another", NOTHING))), 401).await;
        check(&served, signature(&format!("sha256={}", hmac("", NOTHING))), 401).await;
    }

    /// Case 1: a stranger learns nothing more of what the door expects.
    async fn without_our_signature_nothing_else_is_looked_at(db: &Db) {
        let served = Served::on(db).await;
        let delivery = signed("1", "ping", NOTHING);
        check(&served, Posting { headers: Vec::new(), ..delivery.clone() }, 401).await;
        let forged = delivery.clone().with(HEADER, &format!("sha256={}", hmac("x", NOTHING)));
        for header in ["x-github-delivery", "x-github-event"] {
            check(&served, delivery.clone().without(HEADER).without(header), 401).await;
            check(&served, forged.clone().without(header), 401).await;
            check(&served, delivery.clone().without(header), 400).await;
        }
        check(&served, forged.with("content-type", "application/x-www-form-urlencoded"), 401).await;
    }

    /// Case 1: the older header alone proves nothing any more.
    async fn sha1_alone_is_refused(db: &Db) {
        let served = Served::on(db).await;
        let old = "sha1=c8fd97b5ae9b6b7d67e4b76b1b6b5fbd0a2a9fd2";
        let delivery = signed("1", "ping", NOTHING).with("x-hub-signature", old);
        check(&served, delivery.clone().without(HEADER), 401).await;
        check(&served, delivery.clone().with(HEADER, old), 401).await;
        // Beside the right one it does not matter.
        check(&served, delivery, 202).await;
    }

    /// Case 2: the raw bytes are verified, not their meaning.
    async fn an_altered_body_is_refused(db: &Db) {
        let served = Served::on(db).await;
        let body = r#"{"action":"opened","n":1.0,"title":"é"}"#;
        let delivery = signed("1", "issues", body);
        check(&served, delivery.clone().carrying(body.replace("opened", "openee")), 401).await;
        check(&served, delivery.clone().carrying(body.replace(':', ": ")), 401).await;
        check(&served, delivery.clone().carrying(body.replace("1.0", "1")), 401).await;
        check(&served, delivery.clone().carrying(body.replace('é', r"\u00e9")), 401).await;
        check(&served, delivery.clone().carrying(format!("{body}\n")), 401).await;
        check(&served, delivery.clone().carrying(&body[..body.len() - 1]), 401).await;
        check(&served, delivery.clone().carrying(""), 401).await;
        check(&served, delivery, 202).await;
    }

    /// Case 3: while a secret is being replaced both are valid, and none else.
    async fn two_secrets_are_valid_while_one_is_replaced(db: &Db) {
        let served = Served::with(db, |door| {
            door.secrets = Arc::new(vec![SecretString::from("new"), SecretString::from("old")]);
        })
        .await;
        let by = |id: &str, secret: &str| {
            signed(id, "ping", NOTHING)
                .with(HEADER, &format!("sha256={}", hmac(secret, NOTHING)))
        };
        check(&served, by("1", "new"), 202).await;
        check(&served, by("2", "old"), 202).await;
        check(&served, by("3", SECRET), 401).await;
        check(&served, by("4", ""), 401).await;
    }

    /// Case 1: without a secret there is no signature to make.
    async fn nothing_is_taken_without_a_secret(db: &Db) {
        let served = Served::with(db, |door| door.secrets = Arc::default()).await;
        check(&served, signed("1", "ping", NOTHING), 401).await;
        // An empty secret is none: anybody could sign with it.
        let served = Served::with(db, |door| {
            door.secrets = Arc::new(vec![SecretString::from("")]);
        })
        .await;
        let forged = format!("sha256={}", hmac("", NOTHING));
        check(&served, signed("1", "ping", NOTHING).with(HEADER, &forged), 401).await;
    }
}
