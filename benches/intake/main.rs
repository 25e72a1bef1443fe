//! How many deliveries a second the whole service takes, each on disk before its answer, and what
//! one costs. Real process, real connections, signed bodies of the size GitHub sends.
//!
//! ```text
//! cargo bench --bench intake
//! cargo bench --bench intake -- --against probot='node benches/compare/probot.js'
//! ```
//!
//! With `--against`, the servers take turns (A B A B), so that what the machine does beside it
//! falls on all of them. `docs/PERFORMANCE.md` says how to read the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop where it is")]

mod client;
mod payload;
mod server;

use std::time::Duration;

use crate::client::Load;
use crate::server::{Kind, Running};

/// What is asked for on the command line.
struct Plan {
    kinds: Vec<Kind>,
    deliveries: usize,
    connections: usize,
    rounds: usize,
}

impl Plan {
    fn from_arguments() -> Plan {
        let kinds = vec![Kind::Baton];
        let mut plan = Plan { kinds, deliveries: 20_000, connections: 48, rounds: 3 };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap();
            match argument.as_str() {
                "--against" => plan.kinds.push(Kind::parse(&value())),
                "--deliveries" => plan.deliveries = value().parse().unwrap(),
                "--connections" => plan.connections = value().parse().unwrap(),
                "--rounds" => plan.rounds = value().parse().unwrap(),
                // Cargo's own.
                "--bench" => {}
                other => panic!("unknown: {other}"),
            }
        }
        plan
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let plan = Plan::from_arguments();
    println!(
        "{} deliveries of {:.1} KB over {} connections, {} rounds",
        plan.deliveries,
        payload::size() as f64 / 1_000.0,
        plan.connections,
        plan.rounds
    );
    println!(
        "{:<10} {:>10} {:>10} {:>12} {:>12} {:>9} {:>9} {:>9}",
        "server", "start ms", "1/s", "CPU µs each", "…until done", "p50 ms", "p99 ms", "RSS MB"
    );
    for _ in 0..plan.rounds {
        for kind in &plan.kinds {
            measure(kind, &plan).await;
        }
    }
}

/// One server, started, warmed up, loaded, and left to finish.
async fn measure(kind: &Kind, plan: &Plan) {
    let running = Running::start(kind).await;
    let warm = Load { deliveries: plan.deliveries / 10, connections: plan.connections };
    warm.run(running.address, "warm").await;
    running.finishes().await;
    let load = Load { deliveries: plan.deliveries, connections: plan.connections };
    let cpu = running.cpu();
    let took = load.run(running.address, "load").await;
    let cpu_at_answer = running.cpu() - cpu;
    running.finishes().await;
    let cpu_until_done = running.cpu() - cpu;
    let each = |it: Duration| it.as_secs_f64() * 1e6 / plan.deliveries as f64;
    println!(
        "{:<10} {:>10.0} {:>10.0} {:>12.0} {:>12.0} {:>9.1} {:>9.1} {:>9.1}",
        kind.name(),
        running.first_answer.as_secs_f64() * 1e3,
        plan.deliveries as f64 / took.all.as_secs_f64(),
        each(cpu_at_answer),
        each(cpu_until_done),
        took.percentile(50).as_secs_f64() * 1e3,
        took.percentile(99).as_secs_f64() * 1e3,
        running.resident_bytes() as f64 / 1e6,
    );
}
