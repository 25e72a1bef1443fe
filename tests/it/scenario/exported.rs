//! `baton handoffs` as the operator runs it: the real binary, on the database of a service that
//! runs, and on what is none.

use std::process::{Command, Output};

use baton::sandbox::model::asks;
use serde_json::Value;

use super::approval::planned;
use super::handing::approves;
use crate::world::World;

/// In the shape of a token; none of this process's settings.
const PASTED: &str = "ghp_aTokenThatSomebodyPasted0123456789";

/// Each line of what it printed; it must have ended well.
fn lines(output: &Output) -> Vec<Value> {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && err.is_empty(), "{err}");
    out.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// It fails, says all of `expected` in one line, and prints nothing.
#[track_caller]
fn check_refused(output: &Output, expected: &[&str]) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success() && out.is_empty(), "{out}");
    for part in expected {
        assert!(err.contains(part), "no `{part}` in: {err}");
    }
    assert!(!err.contains("panicked"), "{err}");
}

#[tokio::test]
async fn the_record_of_handoffs_is_exported_while_the_service_runs() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    assert_eq!(lines(&world.baton(&["handoffs"])), [] as [Value; 0]);
    world.model.haiku().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    world.settles().await;

    let all = lines(&world.baton(&["handoffs"]));
    assert_eq!(all.len(), 1, "{all:?}");
    let it = &all[0];
    let fields: Vec<&str> = it.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "context",
        "executed",
        "from",
        "issue",
        "reason",
        "recovered",
        "run",
        "time",
        "to",
        "trigger",
    ];
    assert_eq!(fields, expected);
    assert_eq!(it["issue"], "acme/helpdesk#1");
    assert_eq!((&it["trigger"], &it["executed"]), (&"planning complete".into(), &true.into()));
    assert_eq!(it["from"]["actual"], "claude-opus-5-5");
    assert_eq!(it["to"]["requested"], "claude-haiku-5-5");
    assert_eq!((&it["context"]["task"], &it["recovered"]), (&"t1".into(), &Value::Null));
    assert!(it["context"]["cost_micro_usd"].as_i64().unwrap() > 0, "{it}");
    assert!(it["time"].as_str().unwrap().ends_with('Z'), "{it}");

    let one = ["handoffs", "--issue", "ACME/helpdesk#1", "--prompts"];
    let told = lines(&world.baton(&one));
    let prompt = told[0]["prompt"].as_str().unwrap();
    assert!(prompt.contains("Add Redis caching"), "{prompt}");

    let unknown = world.baton(&["handoffs", "--issue", "acme/helpdesk#99"]);
    check_refused(&unknown, &["acme/helpdesk#99 is not known here"]);
    let misnamed = world.baton(&["handoffs", "--issue", "helpdesk 1"]);
    check_refused(&misnamed, &["OWNER/REPO#N", "acme/api#12"]);
    ann.says(issue, "/baton stop").await;
}

/// What was stored before a shape of secrets was known is masked where it is handed on, and
/// commands no terminal.
#[tokio::test]
async fn what_is_exported_is_masked_and_harmless() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    world.settles().await;
    let pasted = format!(r"{PASTED} \u009b31m");
    sqlx::query("UPDATE runs SET brief = REPLACE(brief, 'Add Redis caching', $1)")
        .bind(pasted)
        .execute(&mut world.database().await)
        .await
        .unwrap();

    let output = world.baton(&["handoffs", "--prompts"]);

    let printed = text(&output.stdout);
    assert!(!printed.contains(PASTED) && printed.contains("[redacted"), "{printed}");
    assert!(printed.contains(r"\u009b31m") && !printed.contains('\u{9b}'), "{printed}");
    ann.says(issue, "/baton stop").await;
}

#[test]
fn a_store_that_is_not_there_is_said_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let on = |data: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command.arg("handoffs").env_clear().env("BATON_DATA_DIR", data).output().unwrap()
    };
    let data = folder.path().join("nothing");
    check_refused(&on(&data), &["no Baton has kept anything in", "BATON_DATA_DIR", "baton serve"]);
    assert!(!data.exists());
    std::fs::write(folder.path().join("baton.db"), "no database").unwrap();
    check_refused(&on(folder.path()), &["no Baton has kept anything in"]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
