//! The example plan that tests of plans start from. It fills every field.

use crate::domain::plan::{
    CodeExample, Dependency, FileAction, FileChange, Plan, PlanDecision, Risk, Rollout, Task,
    TaskKind, Testing, Verify,
};
use crate::domain::tier::Complexity;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|it| (*it).to_owned()).collect()
}

fn file(path: &str, action: FileAction, reason: &str) -> FileChange {
    FileChange { path: path.into(), action, reason: reason.into() }
}

fn task(id: &str, title: &str, kind: TaskKind, complexity: Complexity) -> Task {
    Task {
        id: id.into(),
        title: title.into(),
        phase: "Cache".into(),
        kind,
        complexity,
        tier: None,
        files: Vec::new(),
        blocked_by: Vec::new(),
        acceptance: Vec::new(),
        verify: Verify::Command("cargo test cache".into()),
    }
}

fn tasks() -> Vec<Task> {
    vec![
        Task {
            files: texts(&["src/cache.rs", "migrations/0002_cache.sql"]),
            acceptance: texts(&["`Cache::get` returns what `Cache::put` stored"]),
            ..task("t1", "Add the `Cache` trait", TaskKind::Implement, Complexity::Simple)
        },
        Task {
            files: texts(&["src/rag.rs", "Cargo.toml"]),
            blocked_by: texts(&["t1"]),
            acceptance: texts(&[
                "A second query within 5 min reads the cache",
                "No Redis, no change",
            ]),
            ..task("t2", "Read through the cache", TaskKind::Implement, Complexity::Medium)
        },
        Task {
            phase: "Proof".into(),
            files: texts(&["tests/cache.rs"]),
            blocked_by: texts(&["t1", "t2"]),
            acceptance: texts(&["Hit, miss and expiry are covered"]),
            verify: Verify::Check("ci / test".into()),
            ..task("t3", "Test hit, miss and expiry", TaskKind::Test, Complexity::Simple)
        },
    ]
}

/// A plan that passes every check against [`example_base`] and has no warning.
pub(crate) fn example() -> Plan {
    Plan {
        summary: "Cache the results of queries in Redis for five minutes.".into(),
        decisions: vec![PlanDecision {
            decision: "Redis is optional".into(),
            rationale: "Small installations run without it.".into(),
            alternatives: texts(&["Require Redis", "Cache in memory"]),
            trade_offs: "Two code paths to test.".into(),
        }],
        architecture: "`Rag` asks a `Cache` first and falls back to the database.".into(),
        specifications: "```rust\ntrait Cache { fn get(&self, key: &str) -> Option<String>; }\n```"
            .into(),
        files: vec![
            file("src/cache.rs", FileAction::Create, "The trait and its Redis form."),
            file("src/rag.rs", FileAction::Modify, "Reads through the cache."),
            file("Cargo.toml", FileAction::Modify, "Adds the client."),
            file("migrations/0002_cache.sql", FileAction::Create, "The table of misses."),
            file("tests/cache.rs", FileAction::Create, "Hit, miss, expiry."),
        ],
        database_changes: texts(&["New table `cache_misses` (key, at)"]),
        dependencies: vec![Dependency {
            name: "redis".into(),
            version: "0.27".into(),
            why: "The client of the cache.".into(),
        }],
        configuration: texts(&["`REDIS_URL`: unset means no cache"]),
        examples: vec![CodeExample {
            path: "src/rag.rs".into(),
            from_line: 10,
            to_line: 24,
            copy: "How a store is passed in".into(),
        }],
        edge_cases: texts(&["Redis goes away: queries go on uncached"]),
        tasks: tasks(),
        testing: Testing {
            strategy: "Unit tests with a cache in memory, one test against Redis.".into(),
            manual_checks: texts(&["Ask twice and compare the times"]),
        },
        rollout: Rollout {
            flags: "`REDIS_URL` is the flag.".into(),
            gradual: "One instance first, then all.".into(),
            monitoring: "Hit rate and p95 of queries.".into(),
        },
        risks: vec![Risk {
            risk: "Stale answers".into(),
            mitigation: "Five minutes at most".into(),
        }],
        in_scope: texts(&["Query results"]),
        out_of_scope: texts(&["Embeddings"]),
        do_not: texts(&["Cache errors"]),
        success_criteria: texts(&["A repeated query is answered in under 10 ms"]),
        references: texts(&["docs/rag.md"]),
        additions: Vec::new(),
    }
}

/// The base commit that [`example`] is made for.
pub(crate) fn example_base() -> crate::domain::plan::Base {
    let paths = ["Cargo.toml", "README.md", "src/lib/util.rs", "src/rag.rs"];
    crate::domain::plan::Base::new(paths.map(str::to_owned)).with_lines("src/rag.rs", 120)
}
