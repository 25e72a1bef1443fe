//! What keeps the real binary from starting: each time a sentence that names the setting and what to
//! do, and none of the secrets. Case 1, and case 43 for people.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::intake::SECRET;
use crate::process::command;
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
    check(data, provider, &["ANTHROPIC_BASE_URL"]);

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
