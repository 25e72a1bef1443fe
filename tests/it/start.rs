//! What keeps the real binary from starting: each time a sentence that names the setting and what to
//! do, and none of the secrets. Case 1, and case 43 for people.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::intake::{SECRET, listening_404};
use crate::process::{Baton, command};
use crate::store::Db;

/// Where nobody listens. Nothing is called before the service stands.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

/// Asserts that a start on `data`, changed by `change`, ends with all of `expected`.
#[track_caller]
fn check(data: &Path, change: impl FnOnce(&mut Command), expected: &[&str]) {
    let mut command = command(data, NOBODY);
    change(&mut command);
    let ended = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for expected in expected {
        assert!(said.contains(expected), "no `{expected}` in: {said}");
    }
    for never in ["panicked", SECRET, "PRIVATE KEY-----", "sk-secret"] {
        assert!(!said.contains(never), "`{never}` stands in: {said}");
    }
}

#[test]
fn a_start_that_cannot_be_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let without_app = |it: &mut Command| {
        it.env_remove("APP_ID").env_remove("PRIVATE_KEY").env_remove("WEBHOOK_SECRET");
    };
    check(data, without_app, &["no GitHub App is configured", "WEBHOOK_SECRET", "`baton demo`"]);
    let no_key = |it: &mut Command| {
        it.env("PRIVATE_KEY", "-----BEGIN RSA PRIVATE KEY-----\nbm8=\n");
    };
    check(data, no_key, &["PRIVATE_KEY"]);
    let address = |it: &mut Command| {
        it.env("GITHUB_API_URL", "ftp://git.test");
    };
    check(data, address, &["GITHUB_API_URL"]);
    let provider = |it: &mut Command| {
        it.env("ANTHROPIC_API_KEY", "sk-secret");
        it.env("ANTHROPIC_BASE_URL", "http://api.anthropic.com");
    };
    check(data, provider, &["ANTHROPIC_BASE_URL", "is not https", "Use https"]);
    let several = |it: &mut Command| {
        provider(it);
        it.env("PORT", "x").env("BATON_MODE", "x").env("PRIVATE_KEY_PATH", "/nowhere.pem");
        it.env_remove("PRIVATE_KEY");
    };
    let all =
        ["4 of the settings", "- PORT", "- BATON_MODE", "let its user read that file", "https"];
    check(data, several, &all);

    let file = data.join("file");
    std::fs::write(&file, "").unwrap();
    let inside_a_file = ["BATON_DATA_DIR", "name a folder this process may write"];
    check(&file.join("data"), |_| {}, &inside_a_file);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let same_port = |it: &mut Command| {
        it.env("PORT", &port);
    };
    check(data, same_port, &["cannot listen on", &port, "set HOST and PORT to a free address"]);
}

/// An older binary leaves the database of a newer one alone.
#[tokio::test]
async fn a_database_of_a_newer_baton_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::sqlite_at(folder.path().join("baton.db"));
    db.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations
                 SELECT 9000, description, installed_on, success, checksum, execution_time
                 FROM _sqlx_migrations WHERE version = 1";
    sqlx::raw_sql(newer).execute(&mut db.connect().await).await.unwrap();
    let expected = ["written by a newer Baton", "schema 9000", "start the newer version"];
    check(folder.path(), |_| {}, &expected);
}

/// What `/health` of a service says of its GitHub, once it is `expected`.
async fn github_is(baton: &Baton, expected: &str) {
    let health = format!("http://{}/health", baton.address);
    let all = async {
        loop {
            let told = reqwest::get(&health).await.unwrap().text().await.unwrap();
            let told: serde_json::Value = serde_json::from_str(&told).unwrap();
            if told["github"] == expected {
                return;
            }
            // The process is another one; asking is the only way to know.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("it never said so");
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let baton = Baton::serve(folder.path(), NOBODY, &[]).await;
    github_is(&baton, "unreachable").await;
    let log = baton.kill().await;
    for expected in ["GITHUB_API_URL: nothing answers at this address", "http://127.0.0.1:9", "DNS"]
    {
        assert!(log.contains(expected), "no `{expected}` in: {log}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_know_the_app_s_page_is_told_how_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let github = listening_404().await;
    let baton = Baton::serve(folder.path(), github, &[]).await;
    github_is(&baton, "ok").await;
    // The greeting and the question after its health are not made in any order.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = baton.kill().await;
    for expected in ["GITHUB_API_URL", &format!("http://{github}"), "/api/v3"] {
        assert!(log.contains(expected), "no `{expected}` in: {log}");
    }
}
