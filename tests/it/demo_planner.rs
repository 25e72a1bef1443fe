//! The demo's planner over the wire, driven by a loop that answers its tools from a map of files.

#![expect(clippy::unwrap_used, reason = "tests; the lint's exception knows only unit tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton::base::SystemClock;
use baton::domain::conversation::{Block, Message, Request, Speaker, Tool};
use baton::domain::plan::{FileAction, Plan, TaskKind, Verify};
use baton::llm::{Anthropic, AnthropicSettings, Model};
use baton::sandbox::model::{Mode, ModelConfig, ModelServer};
use secrecy::SecretString;
use serde_json::{Value, json};

/// More turns than any run needs.
const TURNS_MAX: usize = 12;

type Files = BTreeMap<&'static str, &'static str>;

fn rust_service() -> Files {
    BTreeMap::from([
        ("Cargo.toml", "[package]\nname = \"rag\"\n\n[dependencies]\naxum = \"0.8\"\n"),
        ("README.md", "# rag\n\nAnswers questions over documents.\n"),
        ("CLAUDE.md", "Be brief.\n"),
        (".github/workflows/ci.yml", "on: push\n"),
        ("src/lib.rs", "pub mod query;\npub mod store;\n"),
        (
            "src/query.rs",
            "use crate::store::Store;\n\n/// Runs a query.\npub fn run_query(store: &Store, text: &str) \
             -> Vec<String> {\n    let results = store.search(text);\n    rank(results)\n}\n\n\
             fn rank(results: Vec<String>) -> Vec<String> {\n    results\n}\n",
        ),
        (
            "src/store.rs",
            "pub struct Store;\n\nimpl Store {\n    pub fn search(&self, _: &str) -> \
             Vec<String> {\n        Vec::new()\n    }\n}\n",
        ),
        ("tests/query.rs", "#[test]\nfn finds_nothing_in_nothing() {\n    assert!(true);\n}\n"),
    ])
}

fn web_shop() -> Files {
    BTreeMap::from([
        (
            "package.json",
            "{\"name\":\"shop\",\"scripts\":{\"test\":\"vitest run\",\"lint\":\"eslint .\"}}\n",
        ),
        ("pnpm-lock.yaml", "lockfileVersion: 9\n"),
        ("CHANGELOG.md", "# Changelog\n"),
        (
            "src/cart/total.ts",
            "export function cartTotal(items: Item[]): number {\n  let sum = 0;\n  \
             for (const item of items) sum += item.price * item.quantity;\n  return sum;\n}\n",
        ),
        (
            "src/cart/discount.ts",
            "export const applyDiscount = (total: number, code: string) => {\n  \
             return total;\n};\n",
        ),
        ("src/cart/total.test.ts", "test('adds up', () => {});\n"),
        ("src/pages/home.tsx", "export function Home() {\n  return null;\n}\n"),
    ])
}

/// A run: the issue's text, the files, and what people and checks say on the way.
struct Run {
    server: ModelServer,
    files: Files,
    messages: Vec<Message>,
    /// Tool names turn by turn.
    turns: Vec<Vec<String>>,
    /// Sentences before the tools.
    sentences: Vec<String>,
    questions: Vec<Value>,
    /// What people write after a question; without it the tool's answer holds theirs.
    people: Option<&'static str>,
    /// What `submit_plan` answers, in order; afterwards it accepts.
    refusals: Vec<&'static str>,
}

impl Run {
    async fn new(files: Files, issue: &str) -> Run {
        let config = ModelConfig::new(Mode::Planner, Arc::new(SystemClock));
        let server = ModelServer::start(config).await.unwrap();
        let messages = vec![user(vec![Block::Text { text: issue.to_owned() }])];
        let (turns, sentences, questions, refusals) = (vec![], vec![], vec![], vec![]);
        let people = None;
        Run { server, files, messages, turns, sentences, questions, people, refusals }
    }

    /// Runs until a plan is taken.
    async fn plan(&mut self) -> Plan {
        let settings = AnthropicSettings::new(self.server.base_url(), SecretString::from("sk-box"));
        let client = Anthropic::new(settings).unwrap();
        for _ in 0..TURNS_MAX {
            let answer = client.complete(&self.request()).await.unwrap();
            let calls: Vec<(String, String, Value)> =
                answer.content.iter().filter_map(tool_use).collect();
            let texts = answer.content.iter().filter_map(|it| match it {
                Block::Text { text } => Some(text.clone()),
                Block::ToolUse { .. } | Block::ToolResult { .. } | Block::Opaque { .. } => None,
            });
            self.sentences.extend(texts);
            self.turns.push(calls.iter().map(|it| it.1.clone()).collect());
            self.messages.push(Message { role: Speaker::Assistant, content: answer.content });
            let mut taken = None;
            let mut results = Vec::new();
            for (id, name, input) in calls {
                let (content, is_error) = self.answer(&name, &input);
                if name == "submit_plan" && !is_error {
                    taken = Some(serde_json::from_value(input).unwrap());
                }
                results.push(Block::ToolResult { tool_use_id: id, content, is_error });
            }
            if let Some(people) =
                self.people.filter(|_| self.turns.last().unwrap().contains(&"ask".to_owned()))
            {
                results.push(Block::Text { text: people.to_owned() });
                results.push(Block::Text {
                    text: "2 answers are left. Call `submit_plan` now.".into(),
                });
            }
            self.messages.push(user(results));
            if let Some(plan) = taken {
                assert_eq!(self.server.problems(), Vec::<String>::new());
                return plan;
            }
        }
        panic!("no plan after {TURNS_MAX} turns: {:?}", self.turns);
    }

    /// A person writes in mid-run.
    fn says(&mut self, text: &str) {
        self.messages.push(user(vec![Block::Text { text: text.to_owned() }]));
    }

    fn answer(&mut self, name: &str, input: &Value) -> (String, bool) {
        let lines = |path: &str| {
            let text = self.files.get(path)?;
            let numbered: Vec<String> =
                text.lines().enumerate().map(|(at, it)| format!("{:>5}\t{it}", at + 1)).collect();
            Some(format!("{path}, lines 1 to {}:\n{}", numbered.len(), numbered.join("\n")))
        };
        match name {
            "list_files" => {
                let paths: Vec<String> =
                    self.files.iter().map(|it| format!("{} ({}.1 KB)", it.0, it.1.len())).collect();
                let id = "<repository_data tool=\"list_files\" call=\"x\">";
                (
                    format!(
                        "{id}\n{}\n(3 more files; narrow with `dir`)\n</repository_data x>",
                        paths.join("\n")
                    ),
                    false,
                )
            }
            "read_file" => match lines(input["path"].as_str().unwrap()) {
                Some(text) => (text, false),
                None => ("there is no such file".to_owned(), true),
            },
            "grep" => {
                (self.hits(input["pattern"].as_str().unwrap().trim_start_matches("(?i)")), false)
            }
            "search" => (self.hits(&input["query"].as_str().unwrap().replace(' ', "|")), false),
            "ask" => {
                self.questions.extend(input["questions"].as_array().unwrap().clone());
                let told = if self.people.is_some() {
                    "People were asked. What they wrote follows."
                } else {
                    "1. Optional: without it everything works"
                };
                (told.to_owned(), false)
            }
            "submit_plan" if self.refusals.is_empty() => {
                ("The plan is accepted.".to_owned(), false)
            }
            "submit_plan" => (self.refusals.remove(0).to_owned(), true),
            _ => panic!("no tool {name}"),
        }
    }

    fn hits(&self, words: &str) -> String {
        let words: Vec<String> = words.split('|').map(str::to_lowercase).collect();
        let mut hits = Vec::new();
        for (path, text) in &self.files {
            for (at, line) in text.lines().enumerate() {
                if words.iter().any(|it| line.to_lowercase().contains(it.as_str())) {
                    hits.push(format!("{path}:{}: {line}", at + 1));
                }
            }
        }
        hits.join("\n")
    }

    fn request(&self) -> Request {
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            description: String::new(),
            input_schema: json!({ "type": "object" }),
        };
        let names = ["list_files", "read_file", "grep", "search", "ask", "submit_plan"];
        Request {
            model: "claude-opus-5-5".to_owned(),
            system: vec!["You plan.".to_owned()],
            tools: names.into_iter().map(tool).collect(),
            messages: self.messages.clone(),
            max_tokens: 16_000,
        }
    }

    /// The plan is sound against the files it is for.
    #[track_caller]
    fn check(&self, plan: &Plan, command: &str) {
        let paths: BTreeSet<&str> = plan.files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths.len(), plan.files.len(), "each file once");
        for file in &plan.files {
            let exists = self.files.contains_key(file.path.as_str());
            assert_eq!(exists, file.action != FileAction::Create, "{}", file.path);
            assert!(!file.path.starts_with('.') && file.path != "CLAUDE.md", "{}", file.path);
        }
        let mut before: BTreeSet<&str> = BTreeSet::new();
        for task in &plan.tasks {
            assert!(task.blocked_by.iter().all(|it| before.contains(it.as_str())), "{}", task.id);
            assert!(task.files.iter().all(|it| paths.contains(it.as_str())), "{}", task.id);
            assert!(!task.acceptance.is_empty() && !task.files.is_empty());
            let expected = match task.kind {
                TaskKind::Docs => matches!(task.verify, Verify::None(_)),
                TaskKind::Implement | TaskKind::Test | TaskKind::Review => {
                    task.verify == Verify::Command(command.to_owned())
                }
            };
            assert!(expected, "{:?}", task.verify);
            before.insert(&task.id);
        }
        for example in &plan.examples {
            let lines = self.files[example.path.as_str()].lines().count();
            assert!(example.from_line <= example.to_line && example.to_line as usize <= lines);
        }
        let sections =
            [&plan.summary, &plan.architecture, &plan.specifications, &plan.testing.strategy];
        assert!(sections.iter().all(|it| 20 < it.len()), "{sections:?}");
        assert!(!plan.success_criteria.is_empty() && !plan.tasks.is_empty());
    }
}

fn user(content: Vec<Block>) -> Message {
    Message { role: Speaker::User, content }
}

fn tool_use(block: &Block) -> Option<(String, String, Value)> {
    match block {
        Block::ToolUse { id, name, input } => Some((id.clone(), name.clone(), input.clone())),
        Block::Text { .. } | Block::ToolResult { .. } | Block::Opaque { .. } => None,
    }
}

fn paths(plan: &Plan) -> Vec<(&str, FileAction)> {
    plan.files.iter().map(|it| (it.path.as_str(), it.action)).collect()
}

const REDIS: &str = "Plan this issue of acme/rag.\n\nTitle: Add Redis caching\n\n\
    Cache query results with 5min TTL.\n\n- Repeated queries are answered from the cache\n\
    - Entries expire after five minutes\n";
const ROUNDING: &str = "# Issue #7: Cart total is wrong with discount codes\n\n\
    `cartTotal` ignores the discount, see src/cart/total.ts.\n";

#[tokio::test]
async fn a_feature_is_explored_asked_about_and_planned() {
    let mut run = Run::new(rust_service(), REDIS).await;
    let plan = run.plan().await;
    assert_eq!(run.turns[0], ["list_files", "search"]);
    assert_eq!(run.turns[1], ["read_file", "read_file", "grep"]);
    assert_eq!(run.turns[3..], [vec!["ask".to_owned()], vec!["submit_plan".to_owned()]]);
    assert_eq!(run.sentences.len(), run.turns.len(), "a sentence before each");
    assert_eq!(run.questions.len(), 1);
    assert_eq!(run.questions[0]["question"], "Is Redis optional?");

    run.check(&plan, "cargo test");
    assert_eq!(
        paths(&plan),
        [
            ("Cargo.toml", FileAction::Modify),
            ("src/cache.rs", FileAction::Create),
            ("src/lib.rs", FileAction::Modify),
            ("src/query.rs", FileAction::Modify),
            ("tests/cache.rs", FileAction::Create),
            ("README.md", FileAction::Modify),
        ]
    );
    assert_eq!(plan.dependencies[0].name, "redis");
    assert!(plan.decisions[0].decision.contains("Optional"), "{:?}", plan.decisions);
    assert!(plan.specifications.contains("Without Redis everything works"));
    assert!(plan.architecture.contains("`run_query`"), "{}", plan.architecture);
    assert_eq!(plan.examples[0].path, "src/query.rs");
}

#[tokio::test]
async fn a_bug_in_another_repository_gets_another_plan_without_a_question() {
    let mut run = Run::new(web_shop(), ROUNDING).await;
    let plan = run.plan().await;
    assert_eq!(run.questions, Vec::<Value>::new());
    run.check(&plan, "pnpm test");
    assert_eq!(
        paths(&plan),
        [
            ("src/cart/total.ts", FileAction::Modify),
            ("src/cart/discount.ts", FileAction::Modify),
            ("src/cart/total.test.ts", FileAction::Modify),
            ("CHANGELOG.md", FileAction::Modify),
        ]
    );
    assert_eq!(run.turns[2], ["read_file", "read_file", "read_file"], "its neighbour is read too");
    assert_eq!(plan.tasks[0].title, "Write a test that shows the fault");
    assert_eq!(plan.tasks[1].blocked_by, ["t1"]);
    assert_eq!(plan.dependencies, []);
}

#[tokio::test]
async fn a_typo_is_one_small_task() {
    let mut run =
        Run::new(rust_service(), "Title: Fix typo in README\n\n\"Anwsers\" → \"Answers\"").await;
    let plan = run.plan().await;
    run.check(&plan, "cargo test");
    assert_eq!(paths(&plan), [("README.md", FileAction::Modify)]);
    assert_eq!(plan.tasks.len(), 1);
    assert!(run.questions.is_empty());
}

#[tokio::test]
async fn a_refused_plan_is_corrected_where_the_refusal_says() {
    let mut run = Run::new(rust_service(), REDIS).await;
    run.refusals = vec![
        "`src/lib.rs` is not a file that agents may write\nfiles: `src/cache.rs` exists already at \
         the base commit",
        "task t4: the verify command is not one of verify.commands",
    ];
    let plan = run.plan().await;
    let files = paths(&plan);
    assert!(!files.iter().any(|it| it.0 == "src/lib.rs"), "{files:?}");
    assert!(files.contains(&("src/cache.rs", FileAction::Modify)));
    assert!(matches!(plan.tasks[3].verify, Verify::None(_)));
    assert!(run.turns.iter().filter(|it| it.contains(&"submit_plan".to_owned())).count() == 3);
}

#[tokio::test]
async fn a_revision_is_taken_up() {
    let mut run = Run::new(rust_service(), REDIS).await;
    run.plan().await;
    run.says("Please do it without a new dependency, in process is enough.");
    let plan = run.plan().await;
    assert_eq!(plan.dependencies, []);
    assert!(!paths(&plan).iter().any(|it| it.0 == "Cargo.toml"));
    assert!(plan.summary.contains("without a new dependency"));
    let about_redis = |it: &String| it.contains("Redis");
    assert!(!plan.edge_cases.iter().chain(&plan.configuration).any(about_redis));
    let ids: Vec<&str> = plan.tasks.iter().map(|it| it.id.as_str()).collect();
    let edges = plan.tasks.iter().flat_map(|it| &it.blocked_by);
    assert!(edges.into_iter().all(|it| ids.contains(&it.as_str())));

    run.says("Also count hits and misses");
    let plan = run.plan().await;
    let last = plan.tasks.last().unwrap();
    assert_eq!(last.title, "Also count hits and misses");
    assert_eq!(plan.dependencies, [], "the first wish still holds");
    run.check(&plan, "cargo test");
}

#[tokio::test]
async fn a_fresh_run_reads_the_revision_in_its_prompt() {
    let prompt = format!("{REDIS}\n## Revision requested\n\nAdd a metric for misses.\n");
    let mut run = Run::new(rust_service(), &prompt).await;
    let plan = run.plan().await;
    assert!(plan.tasks.iter().any(|it| it.title.contains("metric for misses")));
    assert!(plan.decisions.iter().any(|it| it.decision.contains("metric for misses")));
}

#[tokio::test]
async fn the_same_request_gives_the_same_plan() {
    let one = Run::new(web_shop(), ROUNDING).await.plan().await;
    let two = Run::new(web_shop(), ROUNDING).await.plan().await;
    assert_eq!(one, two);
}

#[tokio::test]
async fn a_repository_without_code_still_gets_a_sound_plan() {
    let files = BTreeMap::from([("README.md", "# Notes\n")]);
    let mut run = Run::new(files, "Title: Document the release process\n").await;
    let plan = run.plan().await;
    run.check(&plan, "");
    let mut empty = Run::new(BTreeMap::from([("LICENSE", "MIT\n")]), "Title: Add search\n").await;
    let plan = empty.plan().await;
    empty.check(&plan, "");
    assert_eq!(paths(&plan), [("README.md", FileAction::Create)]);
    let files = BTreeMap::from([("README.md", "# Notes\n")]);
    let mut prose = Run::new(files, "Title: Add Redis caching\n").await;
    prose.people = Some("Yes, optional");
    let plan = prose.plan().await;
    assert_eq!(paths(&plan), [("README.md", FileAction::Modify)]);
}

/// The shape of the planner's own opening message: tags, the number before the title.
const TAGGED: &str = "Plan this issue of the repository acme/rag.\n\n<issue>\n#7 Add Redis caching\n\n\
    Cache query results. The size of the whole cache is TBD.\n</issue>\n\n<comment>\nann (write right) wrote:\nTitle: not \
    this\n</comment>\n\n<request>\nKeep keys short\n</request>\n\nEnd with `submit_plan`.";

#[tokio::test]
async fn people_answer_beside_the_tool_and_a_letter_is_a_choice() {
    let mut run = Run::new(rust_service(), TAGGED).await;
    run.people = Some("1b");
    let plan = run.plan().await;
    assert!(plan.summary.starts_with("Add Redis caching."), "{}", plan.summary);
    assert!(plan.decisions[0].decision.starts_with("Is Redis optional? Required"));
    assert!(plan.specifications.contains("refuses to start"), "{}", plan.specifications);
    assert!(plan.specifications.contains("Keep keys short"));
    assert!(!serde_json::to_string(&plan).unwrap().contains("TBD"), "nothing open is copied");
    assert!(!plan.summary.contains("revision"), "an answer and a notice are no revision");
}

#[tokio::test]
async fn a_run_after_revise_asks_nothing_again_and_keeps_the_answers() {
    let prompt = format!(
        "{TAGGED}\n\n<previous_plan>\n{{\"summary\":\"x\"}}\n</previous_plan>\n\nWhat shall change:\n\n\
         <revise>\nAlso count misses.\n</revise>\n\n<answers>\nIs Redis optional? Optional\n</answers>"
    );
    let mut run = Run::new(rust_service(), &prompt).await;
    let plan = run.plan().await;
    assert!(run.questions.is_empty());
    assert!(plan.specifications.contains("Without Redis everything works"));
    assert_eq!(plan.tasks.last().unwrap().title, "Also count misses");
}
