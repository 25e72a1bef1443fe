//! How long it takes to classify and route an issue. The aim is under 200 µs for 4 KB.
//!
//! ```text
//! cargo bench --bench classify
//! ```

use std::hint::black_box;

use baton::domain::classify::{IssueFacts, classify};
use baton::domain::route::{RouterSettings, analyse};
use criterion::{Criterion, criterion_group, criterion_main};

/// A bug report as people write them: prose, a list, a fence, paths.
const PARAGRAPH: &str = "When I run the import twice the second run fails with a timeout, and the \
    worker in `src/jobs/import.rs` keeps its lease. The endpoint answers 500 and the integration \
    tests pass only sometimes. Expected: the service retries, see https://example.org/docs.\n\n\
    - [ ] API endpoints\n- [ ] Tests\n\n```rust\nlet job = queue.claim(now)?;\n```\n\n";

fn issue(bytes: usize) -> IssueFacts {
    let body: String = PARAGRAPH.chars().cycle().take(bytes).collect();
    IssueFacts { title: "Import fails when run twice".to_owned(), body, ..IssueFacts::default() }
}

fn benches(c: &mut Criterion) {
    let settings = RouterSettings::default();
    for (name, bytes) in [("400 B", 400), ("4 KB", 4_096), ("20 KB", 20_000), ("1 MB", 1 << 20)] {
        let facts = issue(bytes);
        c.bench_function(&format!("classify {name}"), |b| b.iter(|| classify(black_box(&facts))));
    }
    let facts = issue(4_096);
    c.bench_function("analyse 4 KB", |b| b.iter(|| analyse(black_box(&facts), &settings)));
    // The worst texts for a scanner are those that promise a closing mark and never bring it.
    for (name, piece) in
        [("ticks", "`` ` "), ("angles", "<a "), ("links", "[a "), ("targets", "[a](")]
    {
        let facts = IssueFacts { body: piece.repeat(5_000), ..IssueFacts::default() };
        c.bench_function(&format!("classify {name}"), |b| b.iter(|| classify(black_box(&facts))));
    }
}

criterion_group!(group, benches);
criterion_main!(group);
