//! Case 8 and 44: the real binary is killed under load and started again on the same data. What it
//! acknowledged is there exactly once and comes to its end; what it was asked to stop it stops.
//!
//! Killed during intake here, in the middle of a planning run in [`planning`], while a plan is built
//! in [`building`], and while an older database is brought up to date in [`migrating`]. Asked to stop
//! under load here, and while a model is at work in [`stopping`].
//!
//! A round is seeded. A failing one prints its seed; `BATON_CRASH_SEED` repeats it.

mod building;
mod migrating;
mod planning;
mod scene;
mod stopping;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton::store::{DatabaseSettings, DeliveryRow, Store};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::Notify;

use crate::intake::{Posting, listening_404, signed};
use crate::process::Baton;

/// Senders at work while the process is killed.
const SENDERS: usize = 16;
/// How often it is killed.
const ROUNDS: u64 = 4;
/// How long a stop may take: the shortest grace of a common host is 10 s before it kills.
const GRACE: Duration = Duration::from_secs(20);
/// How long all that was taken may take to come to its end on a busy machine. Nobody waits for the
/// leases of the killed process: they end with the next start.
const SETTLED: Duration = Duration::from_secs(120);

/// Deliveries that were sent, and what is known of them.
#[derive(Default)]
struct Load {
    /// Ids answered 202.
    taken: std::sync::Mutex<Vec<String>>,
    count: AtomicUsize,
    /// Told after each answer.
    answered: Notify,
}

impl Load {
    /// Sends deliveries one after the other until the process does not answer any more.
    async fn send(self: Arc<Load>, baton: std::net::SocketAddr, sender: usize, round: u64) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for n in 0.. {
            let id = format!("{round}-{sender}-{n}");
            let Ok(status) = delivery(&id, n).send_to(&client, baton).await else { return };
            assert_eq!(status, 202);
            self.taken.lock().unwrap().push(id);
            self.count.fetch_add(1, Ordering::Release);
            self.answered.notify_one();
        }
    }

    /// Until `count` deliveries were answered.
    async fn reaches(&self, count: usize) {
        while self.count.load(Ordering::Acquire) < count {
            self.answered.notified().await;
        }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

/// One of some: an issue that is opened, one that is closed, a push, something unused, nonsense.
fn delivery(id: &str, n: usize) -> Posting {
    let number = n % 5 + 1;
    let issue = |action: &str| {
        format!(
            r#"{{"action":"{action}","installation":{{"id":7}},"repository":{{"id":42,"name":"api",
            "owner":{{"login":"acme"}}}},"sender":{{"id":3,"login":"ann","type":"User"}},
            "issue":{{"number":{number},"title":"Fix a typo {id}","state":"open",
            "user":{{"id":3,"login":"ann","type":"User"}}}}}}"#
        )
    };
    match n % 6 {
        0 | 1 => signed(id, "issues", issue("opened")),
        2 => signed(id, "issues", issue("edited")),
        3 => signed(id, "issues", issue("closed")),
        4 => signed(id, "star", r#"{"action":"created"}"#),
        _ => signed(id, "push", "not JSON"),
    }
}

/// The rows of a data folder that no process works on.
async fn rows(data: &Path) -> Vec<DeliveryRow> {
    let settings = DatabaseSettings::Sqlite { path: data.join("baton.db") };
    let store = Store::open(&settings).await.unwrap();
    let rows = store.deliveries(1_000_000).await.unwrap();
    store.close().await;
    rows
}

/// Invariants N and D of the inbox: whatever was taken is there once, and nothing waits.
fn check_once_and_ended(rows: &[DeliveryRow], taken: &[String]) {
    let mut ids: Vec<&str> = rows.iter().map(|it| it.delivery_id.as_str()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "a delivery stands there twice");
    for id in taken {
        assert!(ids.binary_search(&id.as_str()).is_ok(), "{id} was acknowledged and is lost");
    }
    for row in rows {
        let ended = ["done", "ignored", "unparsed"].contains(&row.status.as_str());
        assert!(ended, "{} is {}: {:?}", row.delivery_id, row.status, row.reason);
    }
}

/// Waits until the running service says that nothing waits any more.
async fn settles(baton: &Baton) {
    let health = format!("http://{}/health", baton.address);
    let all = async {
        loop {
            let told = reqwest::get(&health).await.unwrap().text().await.unwrap();
            let told: serde_json::Value = serde_json::from_str(&told).unwrap();
            if told["inbox_pending"] == 0 {
                return;
            }
            // The process is another one; asking is the only way to know.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SETTLED, all).await.expect("what was taken came to no end");
}

fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings to ask")]
    let given = std::env::var("BATON_CRASH_SEED").ok();
    given.map_or_else(rand::random, |it| it.parse().expect("BATON_CRASH_SEED is a number"))
}

/// Case 8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "a failure is repeated by its seed")]
async fn a_killed_process_loses_and_doubles_nothing() {
    let seed = seed();
    eprintln!("BATON_CRASH_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let data = tempfile::tempdir().unwrap();
    let github = listening_404().await;
    let mut taken = Vec::new();
    for round in 0..ROUNDS {
        let baton = Baton::serve(data.path(), github, &[("BATON_MODE", "observe")]).await;
        let load = Arc::new(Load::default());
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| tokio::spawn(Arc::clone(&load).send(baton.address, sender, round)))
            .collect();
        load.reaches(random.random_range(1..400)).await;
        tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
        let log = baton.kill().await;
        assert!(!log.contains("panicked"), "{log}");
        for sender in senders {
            sender.await.unwrap();
        }
        taken.extend(load.taken());
    }
    let baton = Baton::serve(data.path(), github, &[("BATON_MODE", "observe")]).await;
    settles(&baton).await;
    // Whatever was in flight is sent again, as GitHub's log would; what is known stays one.
    let client = reqwest::Client::new();
    for (n, id) in taken.iter().enumerate().take(50) {
        let n = id.rsplit('-').next().unwrap().parse().unwrap_or(n);
        assert_eq!(delivery(id, n).send_to(&client, baton.address).await.unwrap(), 202);
    }
    settles(&baton).await;
    let (status, log) = baton.terminate(GRACE).await;
    assert!(status.success(), "{log}");
    check_once_and_ended(&rows(data.path()).await, &taken);
}

/// Case 44: SIGTERM under load, with somebody who never finishes a request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_stop_stops_and_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let github = listening_404().await;
    let baton = Baton::serve(data.path(), github, &[]).await;
    let load = Arc::new(Load::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| tokio::spawn(Arc::clone(&load).send(baton.address, sender, 0)))
        .collect();
    let idle = tokio::net::TcpStream::connect(baton.address).await.unwrap();
    load.reaches(200).await;
    let (status, log) = baton.terminate(GRACE).await;
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    drop(idle);
    for sender in senders {
        sender.await.unwrap();
    }
    let baton = Baton::serve(data.path(), github, &[]).await;
    settles(&baton).await;
    baton.kill().await;
    check_once_and_ended(&rows(data.path()).await, &load.taken());
}

/// Case 5: many of the largest bodies at once stay within a bound of memory.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_bodies_stay_within_a_bound_of_memory() {
    // An eighth of the machine is left to the system beside it.
    let megabytes_max = machine_megabytes() * 7 / 8;
    let data = tempfile::tempdir().unwrap();
    let baton = Baton::serve(data.path(), listening_404().await, &[]).await;
    let address = baton.address;
    let client = reqwest::Client::new();
    let sent: Vec<_> = (0..16)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move {
                let body = vec![b' '; 25 * 1024 * 1024];
                signed(&n.to_string(), "push", body).send_to(&client, address).await.ok()
            })
        })
        .collect();
    let mut taken = 0;
    for status in sent {
        // Who must wait too long for a place, or for the disk, is told so and delivers again; the
        // connection may be closed behind that answer before the body is sent to its end.
        let Some(status) = status.await.unwrap() else { continue };
        assert!([202, 408, 503].contains(&status), "{status}");
        taken += usize::from(status == 202);
    }
    assert!(0 < taken, "none was taken");
    let status = std::fs::read_to_string(format!("/proc/{}/status", baton.id())).unwrap();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak / 1024 < megabytes_max, "{} of {megabytes_max} MB", peak / 1024);
    baton.kill().await;
}

/// The memory of the machine that `fly.toml` asks for.
#[cfg(target_os = "linux")]
fn machine_megabytes() -> u64 {
    let machine = std::fs::read_to_string("fly.toml").unwrap();
    let memory = machine.lines().find_map(|it| it.strip_prefix("memory = \"")).unwrap();
    memory.strip_suffix("mb\"").unwrap().parse().unwrap()
}
