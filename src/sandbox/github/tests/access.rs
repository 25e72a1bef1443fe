//! Who gets in, and how far.

use serde_json::{Value, json};

use super::super::{Config, GitHub, Role};
use super::Bed;
use crate::base::Millis;

#[tokio::test]
async fn the_app_is_known_by_its_signature_and_its_times() {
    let bed = Bed::new().await;
    let check = async |iat: i64, exp: i64, expected: (u16, &str)| {
        let (status, body) = bed.call_as(&bed.jwt(iat, exp), "GET", "/app", None).await;
        let said = body["slug"].as_str().or(body["message"].as_str()).unwrap().to_owned();
        assert_eq!((status, said.as_str()), expected);
    };
    check(-60, 540, (200, "baton")).await;
    let late = "'Expiration time' claim ('exp') is too far in the future";
    check(-60, 660, (401, late)).await;
    let past = "'Expiration time' claim ('exp') must be a numeric value representing the future \
                time at which the assertion expires";
    check(-600, -1, (401, past)).await;
    let early = "'Issued at' claim ('iat') must be an Integer representing the time that the \
                 assertion was issued";
    check(120, 540, (401, early)).await;
    let other = GitHub::start(Config::default()).await.unwrap();
    let claims = json!({ "iat": 0, "exp": 0, "iss": "4711" });
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(other.private_key_pem().as_bytes()).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let forged = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    assert_eq!(bed.call_as(&forged, "GET", "/app", None).await.0, 401);
}

#[tokio::test]
async fn a_key_that_is_given_is_used() {
    let first = Bed::new().await;
    let pem = first.github.private_key_pem();
    let second = Bed::with(|it| it.private_key_pem = Some(pem)).await;
    assert_eq!(second.call_as(&first.jwt(-60, 540), "GET", "/app", None).await.0, 200);
    let config = Config { private_key_pem: Some("nonsense".into()), ..Config::default() };
    assert!(GitHub::start(config).await.is_err());
}

#[tokio::test]
async fn a_token_lives_one_hour() {
    let bed = Bed::new().await;
    assert_eq!(bed.get("").await.0, 200);
    bed.passes(Millis::minutes(59));
    assert_eq!(bed.get("").await.0, 200);
    bed.passes(Millis::minutes(1));
    let (status, body) = bed.get("").await;
    assert_eq!((status, body["message"].as_str()), (401, Some("Bad credentials")));
}

#[tokio::test]
async fn a_narrowed_token_may_less() {
    let bed = Bed::new().await;
    let narrow = bed.new_token(json!({ "permissions": { "contents": "read" } })).await;
    let repo = "/repos/acme/helpdesk";
    let read = format!("{repo}/contents/README.md");
    assert_eq!(bed.call_as(&narrow, "GET", &read, None).await.0, 200);
    for (method, path) in [("POST", "/git/blobs"), ("POST", "/issues"), ("GET", "/pulls")] {
        let path = format!("{repo}{path}");
        let (status, body) = bed.call_as(&narrow, method, &path, None).await;
        let message = body["message"].as_str();
        assert_eq!((status, message), (403, Some("Resource not accessible by integration")));
    }
    let id = bed.github.installation_id().unwrap();
    let path = format!("/app/installations/{id}/access_tokens");
    let too_much = json!({ "permissions": { "workflows": "write" } });
    let (status, _) = bed.call_as(&bed.jwt(-60, 540), "POST", &path, Some(too_much)).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_repository_out_of_reach_is_not_found() {
    let bed = Bed::new().await;
    bed.github.add_repository("vault", true, Vec::new()).unwrap();
    bed.github.add_repository("site", false, Vec::new()).unwrap();
    let check = async |method: &str, path: &str, expected: u16| {
        assert_eq!(bed.call_as(&bed.token, method, path, None).await.0, expected, "{path}");
    };
    check("GET", "/repos/acme/vault", 404).await;
    check("GET", "/repos/acme/site", 200).await;
    check("POST", "/repos/acme/site/issues", 403).await;
    check("GET", "/repos/acme/nothing", 404).await;
    check("POST", "/graphiql", 404).await;
    let narrowing = json!({ "repositories": ["vault"] });
    let id = bed.github.installation_id().unwrap();
    let path = format!("/app/installations/{id}/access_tokens");
    assert_eq!(bed.call_as(&bed.jwt(-60, 540), "POST", &path, Some(narrowing)).await.0, 422);
}

#[tokio::test]
async fn rights_are_folded_as_github_folds_them() {
    let bed = Bed::with(|it| it.private = true).await;
    let check = async |login: &str, expected: Value| {
        let (status, body) = bed.get(&format!("/collaborators/{login}/permission")).await;
        let found = json!([status, body["permission"], body["role_name"]]);
        assert_eq!(found, expected);
    };
    for (login, role) in [("rea", Role::Read), ("tri", Role::Triage), ("wri", Role::Write)] {
        bed.github.person(login, role);
    }
    let mai = bed.github.person("mai", Role::Maintain);
    let ada = bed.github.person("ada", Role::Admin);
    bed.github.stranger("eve");
    check("rea", json!([200, "read", "read"])).await;
    check("tri", json!([200, "read", "triage"])).await;
    check("wri", json!([200, "write", "write"])).await;
    check("mai", json!([200, "write", "maintain"])).await;
    check("ada", json!([200, "admin", "admin"])).await;
    check("eve", json!([404, null, null])).await;
    check("nobody", json!([404, null, null])).await;
    let (_, body) = bed.get("/collaborators/MAI/permission").await;
    assert_eq!(body["user"]["id"], json!(mai.id()));
    assert_eq!(body["user"]["permissions"]["maintain"], json!(true));
    assert_eq!(body["user"]["permissions"]["admin"], json!(false));
    ada.sets_role(&mai, None).unwrap();
    check("mai", json!([404, null, null])).await;
}

#[tokio::test]
async fn people_may_what_github_lets_them() {
    let bed = Bed::new().await;
    let (eve, tri) = (bed.github.stranger("eve"), bed.github.person("tri", Role::Triage));
    let wri = bed.github.person("wri", Role::Write);
    let issue = eve.opens_with_labels("A", "a", &["bug"]).unwrap();
    assert!(bed.github.repo().issue(issue).unwrap().labels.is_empty());
    let comment = tri.comments(issue, "- [ ] do it").unwrap();
    assert!(eve.edits_comment(comment, "- [x] do it").is_err());
    assert!(wri.edits_comment(comment, "- [x] do it").is_ok());
    assert!(eve.labels(issue, "bug").is_err());
    assert!(tri.labels(issue, "bug").is_ok());
    assert!(tri.pushes("x", &[("a", Some("a"))], "x").is_err());
    assert!(eve.closes(issue).is_ok(), "an author may close");
    assert!(wri.locks(issue).is_ok());
    assert!(eve.comments(issue, "more").is_err());
    assert!(wri.deletes_issue(issue).is_err());
}

#[tokio::test]
async fn suspension_and_removal_end_access() {
    let bed = Bed::new().await;
    let ada = bed.github.person("ada", Role::Admin);
    ada.suspends_app(true).unwrap();
    assert_eq!(bed.get("").await.0, 403);
    ada.opens("Nobody hears this", "").unwrap();
    ada.suspends_app(false).unwrap();
    assert_eq!(bed.get("").await.0, 200);
    ada.removes_app().unwrap();
    assert_eq!(bed.get("").await.0, 401);
    assert_eq!(bed.github.installation_id(), None);
    let names: Vec<_> = bed.webhooks().await.iter().map(|it| it.name()).collect();
    assert_eq!(names, ["installation.suspend", "installation.unsuspend", "installation.deleted"]);
}
