//! Plans that the scripted planner submits about the sample repository.

use serde_json::{Value, json};

/// A small plan that passes every check.
pub(crate) fn plan() -> Value {
    plan_of("Answers are kept in memory for five minutes, so that a repeated question is free.")
}

/// The same plan with another summary.
pub(crate) fn plan_of(summary: &str) -> Value {
    json!({
        "summary": summary,
        "decisions": [{
            "decision": "Cache inside `Rag`",
            "rationale": "`Rag::answer` is the only way to an answer.",
            "alternatives": ["A cache before the HTTP layer"],
            "trade_offs": "Each process has its own cache."
        }],
        "architecture": "`src/rag.rs` asks the cache before it searches the index.",
        "specifications": "`Cache::get(&self, question: &str) -> Option<Answer>`, five minutes.",
        "files": [
            { "path": "src/cache.rs", "action": "create", "reason": "The cache." },
            { "path": "src/rag.rs", "action": "modify", "reason": "It asks the cache first." },
            { "path": "tests/answers.rs", "action": "modify", "reason": "The second answer is free." }
        ],
        "tasks": [
            {
                "id": "t1", "title": "Write the cache", "phase": "Cache", "kind": "implement",
                "complexity": "simple", "files": ["src/cache.rs"], "blocked_by": [],
                "acceptance": ["An entry is gone after five minutes."],
                "verify": { "command": "cargo test cache" }
            },
            {
                "id": "t2", "title": "Ask the cache first", "phase": "Cache", "kind": "implement",
                "complexity": "medium", "files": ["src/rag.rs"], "blocked_by": ["t1"],
                "acceptance": ["A repeated question does not search."],
                "verify": { "command": "cargo test" }
            },
            {
                "id": "t3", "title": "Test the repeated question", "phase": "Tests", "kind": "test",
                "complexity": "simple", "files": ["tests/answers.rs"], "blocked_by": ["t2"],
                "acceptance": ["The test fails without the cache."],
                "verify": { "command": "cargo test --test answers" }
            }
        ],
        "testing": { "strategy": "A unit test for expiry, an integration test for the second answer.",
            "manual_checks": [] },
        "rollout": { "flags": "None: the answer is the same.", "gradual": "At once.",
            "monitoring": "Time per answer." },
        "risks": [{ "risk": "Stale answers", "mitigation": "Five minutes." }],
        "in_scope": ["Caching in memory"], "out_of_scope": ["Redis"], "do_not": ["Change the API"],
        "success_criteria": ["The second answer takes no search."],
        "references": []
    })
}

/// A plan that fails its checks: it changes a file that does not exist.
pub(crate) fn broken_plan() -> Value {
    let mut plan = plan();
    plan["files"][1]["path"] = json!("src/nowhere.rs");
    plan["tasks"][1]["files"][0] = json!("src/nowhere.rs");
    plan
}
