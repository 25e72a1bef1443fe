//! What must hold in every world when its test ends (testing.md: N, D, S, $).
//!
//! - Nothing waits, nothing is leased, nothing was given up, every delivery arrived.
//! - The model was asked for every scripted turn and for no other, and refused no request.
//! - The ledger equals the provider's books: each charge is settled once at its price, or covered
//!   by an assumed row.
//! - Nothing was written outside `baton/**`; nothing merged, approved, deleted or forced: see
//!   `forbidden`.
//! - No canary stands in any sink.

use std::fmt::Write;

use baton::base::{Clock, MicroUsd, Timestamp};
use baton::domain::conversation::Usage;
use baton::domain::cost;
use baton::sandbox::github::DeliveryState;
use baton::sandbox::model::Charge;
use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Row as _};

use super::forbidden::forbidden;
use super::{World, canary};

/// What a test may leave out of order, when it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disorder {
    /// An effect was given up after all its tries.
    EffectGivenUp,
    /// A delivery could not be read.
    Unparsed,
    /// A delivery did not arrive, or the door refused it.
    DeliveryFailed,
    /// Something still waits: for time, or for GitHub to come back.
    Waiting,
    /// The model's script was not read to its end.
    Script,
}

/// One thing out of order.
struct Finding(Option<Disorder>, String);

/// A query that counts what should not be there.
struct Count {
    sql: &'static str,
    disorder: Option<Disorder>,
    what: &'static str,
}

const COUNTS: [Count; 8] = [
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM inbox WHERE status = 'pending'",
        disorder: Some(Disorder::Waiting),
        what: "deliveries wait",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM inbox WHERE status = 'failed'",
        disorder: None,
        what: "deliveries failed",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM inbox WHERE status = 'unparsed'",
        disorder: Some(Disorder::Unparsed),
        what: "deliveries were not understood",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE status = 'pending'",
        disorder: Some(Disorder::Waiting),
        what: "effects wait",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE status = 'given up'",
        disorder: Some(Disorder::EffectGivenUp),
        what: "effects were given up",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM lanes WHERE leased_until_ms > 0 \
              AND lane IN (SELECT lane FROM inbox WHERE status = 'pending')",
        disorder: None,
        what: "lanes with work are leased",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM runs WHERE leased_until_ms > 0 \
              AND status IN ('ready', 'waiting', 'backoff')",
        disorder: None,
        what: "live runs are leased",
    },
    Count {
        sql: "SELECT CAST(COUNT(*) AS BIGINT) FROM reservations WHERE state = 'open'",
        disorder: None,
        what: "calls are neither settled nor assumed",
    },
];

/// Every text that the service wrote itself or was told, by table.
const TEXTS: [(&str, &str); 12] = [
    ("inbox", "SELECT body FROM inbox"),
    ("issue", "SELECT snapshot FROM issues"),
    ("history", "SELECT reasons FROM history"),
    ("handle", "SELECT value FROM handles"),
    ("outbox", "SELECT payload FROM outbox"),
    ("outbox error", "SELECT COALESCE(error, '') FROM outbox"),
    ("run", "SELECT brief FROM runs"),
    ("run's reason", "SELECT COALESCE(reason, '') FROM runs"),
    ("transcript", "SELECT entry FROM run_entries"),
    ("plan", "SELECT markdown FROM plans"),
    ("question", "SELECT question FROM questions"),
    ("ledger", "SELECT COALESCE(note, '') FROM ledger"),
];

/// Fails the test when the world is not in order.
pub(super) fn check(world: &World) {
    let mut findings = Vec::new();
    github(world, &mut findings);
    model(world, &mut findings);
    sinks(world, &mut findings);
    database(world, &mut findings);
    let forgiven = world.forgiven.lock().unwrap();
    let mut report = String::new();
    for Finding(disorder, what) in findings {
        if disorder.is_none_or(|it| !forgiven.contains(&it)) {
            let _ = writeln!(report, "- {what}");
        }
    }
    assert!(report.is_empty(), "the world is not in order:\n{report}");
}

fn github(world: &World, findings: &mut Vec<Finding>) {
    for delivery in world.github.deliveries() {
        if delivery.state != DeliveryState::Delivered {
            let what = format!("the delivery of `{}` did not arrive", delivery.event);
            findings.push(Finding(Some(Disorder::DeliveryFailed), what));
        }
        let broke = delivery.attempts.iter().filter_map(|it| it.status).find(|it| 500 <= *it);
        if let Some(status) = broke {
            let what = format!("the door answered `{}` with {status}", delivery.event);
            findings.push(Finding(Some(Disorder::DeliveryFailed), what));
        }
    }
    for rule in world.github.unmet_faults() {
        findings.push(Finding(None, format!("a fault met no call: {rule:?}")));
    }
    for call in world.github.calls() {
        if let Some(why) = forbidden(&call) {
            findings.push(Finding(None, format!("{} {} {why}", call.method, call.path)));
        }
    }
}

fn model(world: &World, findings: &mut Vec<Finding>) {
    for problem in world.model.problems() {
        findings.push(Finding(Some(Disorder::Script), format!("model: {problem}")));
    }
}

/// No canary in what the service said: to people, to git, to the model, to the log.
fn sinks(world: &World, findings: &mut Vec<Finding>) {
    let mut said: Vec<(String, String)> = Vec::new();
    let repo = world.github.repo();
    for issue in repo.issues().into_iter().chain(repo.pulls()) {
        if issue.author.ends_with("[bot]") {
            said.push((format!("#{}", issue.number), format!("{}\n{}", issue.title, issue.body)));
        }
        let ours = issue.comments.into_iter().filter(|it| it.author.ends_with("[bot]"));
        said.extend(ours.map(|it| (format!("a comment on #{}", issue.number), it.body)));
    }
    for (branch, _) in repo.branches().into_iter().filter(|it| it.0.starts_with("baton/")) {
        for path in repo.files(&branch).into_iter().filter(|it| it.starts_with("docs/prds/")) {
            said.push((path.clone(), repo.file(&branch, &path).unwrap_or_default()));
        }
    }
    for call in world.model.calls() {
        said.push(("a request to the model".to_owned(), told_to_model(&call.body)));
    }
    said.extend(canary::leaks_in_logs().into_iter().map(|it| ("the log".to_owned(), it)));
    for (place, text) in said {
        for secret in canary::NOWHERE.iter().chain(&[canary::IN_WORDS]) {
            if text.contains(secret) {
                findings.push(Finding(None, format!("{place} holds `{secret}`: {text}")));
            }
        }
    }
}

/// A request without the model's own earlier words, which go back to it unchanged.
fn told_to_model(body: &Value) -> String {
    let mut body = body.clone();
    if let Some(messages) = body["messages"].as_array_mut() {
        messages.retain(|it| it["role"] != "assistant");
    }
    body.to_string()
}

/// The database is read on a thread of its own: a drop cannot wait for futures.
fn database(world: &World, findings: &mut Vec<Finding>) {
    let books = world.model.books();
    let read = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut db = world.db.connect().await;
                let mut findings = Vec::new();
                counts(&mut db, &mut findings).await;
                texts(&mut db, &mut findings).await;
                let wrong = bill(&books, world.clock.now(), &mut db).await;
                findings.extend(wrong.into_iter().map(|it| Finding(None, it)));
                db.close().await.unwrap();
                findings
            })
        });
        reading.join()
    });
    findings.extend(read.unwrap());
}

async fn counts(db: &mut AnyConnection, findings: &mut Vec<Finding>) {
    for count in &COUNTS {
        let row = sqlx::query(count.sql).fetch_one(&mut *db).await.unwrap();
        let n: i64 = row.get(0);
        if n != 0 {
            findings.push(Finding(count.disorder, format!("{n} {}", count.what)));
        }
    }
}

async fn texts(db: &mut AnyConnection, findings: &mut Vec<Finding>) {
    for (table, sql) in TEXTS {
        for row in sqlx::query(sql).fetch_all(&mut *db).await.unwrap() {
            let text: String = row.get(0);
            for secret in canary::NOWHERE {
                if text.contains(secret) {
                    findings.push(Finding(None, format!("{table} keeps `{secret}`")));
                }
            }
        }
    }
}

/// One row of the ledger, as far as it is compared with the provider's books.
struct Booked {
    request: Option<String>,
    usage: Usage,
    amount: MicroUsd,
    assumed: bool,
}

async fn booked(db: &mut AnyConnection) -> Vec<Booked> {
    let sql = "SELECT provider_request_id, input_tokens, output_tokens, cache_read_tokens, \
               cache_write_5m_tokens, cache_write_1h_tokens, amount, state FROM ledger \
               WHERE source <> 'manual'";
    let rows = sqlx::query(sql).fetch_all(&mut *db).await.unwrap();
    let tokens = |row: &sqlx::any::AnyRow, at: usize| u64::try_from(row.get::<i64, _>(at)).unwrap();
    let read = |row: sqlx::any::AnyRow| Booked {
        request: row.get(0),
        usage: Usage {
            input: tokens(&row, 1),
            output: tokens(&row, 2),
            cache_read: tokens(&row, 3),
            cache_write_5m: tokens(&row, 4),
            cache_write_1h: tokens(&row, 5),
        },
        amount: MicroUsd(row.get(6)),
        assumed: row.get::<String, _>(7) == "assumed",
    };
    rows.into_iter().map(read).collect()
}

/// What is wrong with the bill, if the provider's books say `books` and prices hold at `now`.
pub(crate) async fn bill(books: &[Charge], now: Timestamp, db: &mut AnyConnection) -> Vec<String> {
    let rows = booked(db).await;
    let mut wrong = Vec::new();
    let mut unsettled = 0;
    let mut billed = MicroUsd::ZERO;
    for charge in books {
        let used = as_usage(charge);
        let price = cost::price(&charge.model, now, &used).amount();
        billed += price.unwrap();
        match rows.iter().find(|it| it.request.as_ref() == Some(&charge.request_id)) {
            None => unsettled += 1,
            Some(row) if row.usage == used && Some(row.amount) == price => {}
            Some(_) => wrong.push(format!("the ledger differs: {charge:?}")),
        }
    }
    let assumed = rows.iter().filter(|it| it.assumed).count();
    if assumed < unsettled {
        wrong.push(format!("{unsettled} charges are not settled, and {assumed} are assumed"));
    }
    let unknown = rows
        .iter()
        .filter(|it| !it.assumed)
        .filter(|it| !books.iter().any(|charge| it.request.as_ref() == Some(&charge.request_id)));
    wrong.extend(unknown.map(|row| format!("nobody billed {:?}", row.request)));
    let mut requests: Vec<&String> = rows.iter().filter_map(|it| it.request.as_ref()).collect();
    requests.sort_unstable();
    let all = requests.len();
    requests.dedup();
    if requests.len() != all {
        wrong.push("a request of the provider stands in the ledger twice".to_owned());
    }
    let total: MicroUsd = rows.iter().map(|it| it.amount).sum();
    if total < billed {
        wrong.push(format!("the ledger holds {total} of {billed} billed"));
    }
    wrong
}

fn as_usage(charge: &Charge) -> Usage {
    Usage {
        input: charge.used.input,
        output: charge.used.output,
        cache_read: charge.used.cache_read,
        cache_write_5m: charge.used.cache_write_5m,
        cache_write_1h: charge.used.cache_write_1h,
    }
}
