//! The model client against the model in a box: every kind of failure, both shapes of an answer,
//! the prompt cache, and the provider's strictness.

#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint's exception knows only unit tests"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use baton::base::{Clock, Millis, Timestamp};
use baton::domain::conversation::{
    Answer, Block, Message, Request, Speaker, StopReason, Tool, Usage,
};
use baton::llm::{Advice, Anthropic, AnthropicSettings, LlmError, Model};
use baton::sandbox::model::{
    Charge, Fault, Mode, ModelConfig, ModelServer, Strike, Turn, Used, asks, lists, reads, refuses,
    says, submits,
};
use secrecy::SecretString;
use serde_json::json;

#[derive(Default)]
struct Watch(AtomicI64);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

struct Room {
    server: ModelServer,
    client: Anthropic,
    watch: Arc<Watch>,
}

impl Room {
    async fn new() -> Room {
        Room::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ModelConfig)) -> Room {
        let watch = Arc::new(Watch::default());
        let mut config = ModelConfig::new(Mode::Script, watch.clone());
        config.api_key = Some("sk-box".into());
        change(&mut config);
        let server = ModelServer::start(config).await.unwrap();
        let client = Anthropic::new(settings(&server)).unwrap();
        Room { server, client, watch }
    }

    fn passes(&self, time: Millis) {
        self.watch.0.fetch_add(time.0, Ordering::SeqCst);
    }

    async fn ask(&self) -> Result<Answer, LlmError> {
        self.client.complete(&request()).await
    }

    /// One scripted turn and what the client makes of it.
    async fn hears(&self, turn: Turn) -> Result<Answer, LlmError> {
        self.server.opus().will([turn]);
        self.ask().await
    }
}

fn settings(server: &ModelServer) -> AnthropicSettings {
    let mut settings =
        AnthropicSettings::new(server.base_url(), SecretString::from("sk-box".to_owned()));
    settings.idle_timeout = Millis(300);
    settings
}

fn request() -> Request {
    Request {
        model: "claude-opus-5-5".into(),
        system: vec!["You plan.".repeat(300), "The primer.".repeat(100)],
        tools: vec![Tool {
            name: "read_file".into(),
            description: "Reads a file.".into(),
            input_schema: json!({ "type": "object", "properties": { "path": {} } }),
        }],
        messages: vec![said(Speaker::User, vec![Block::Text { text: "Plan it.".into() }])],
        max_tokens: 16_000,
    }
}

fn said(role: Speaker, content: Vec<Block>) -> Message {
    Message { role, content }
}

fn as_used(usage: Usage) -> Used {
    let Usage { input, output, cache_read, cache_write_5m, cache_write_1h } = usage;
    Used { input, output, cache_read, cache_write_5m, cache_write_1h }
}

/// The request after `answer`, each of its tool calls answered.
fn next(mut request: Request, answer: &Answer) -> Request {
    let results = answer.content.iter().filter_map(|block| match block {
        Block::ToolUse { id, .. } => Some(Block::ToolResult {
            tool_use_id: id.clone(),
            content: "fn main() {}".into(),
            is_error: false,
        }),
        Block::Text { .. } | Block::ToolResult { .. } | Block::Opaque { .. } => None,
    });
    let results: Vec<Block> = results.collect();
    request.messages.push(said(Speaker::Assistant, answer.content.clone()));
    request.messages.push(said(Speaker::User, results));
    request
}

#[tokio::test]
async fn an_answer_is_the_same_streamed_and_plain() {
    let turn = Turn::tools([
        ("read_file", json!({ "path": "ünï.rs", "deep": { "list": [1, 2.5, null, true] } })),
        ("list_files", json!({})),
    ])
    .saying("I read two files. ".repeat(20));
    let streamed = Room::new().await.hears(turn.clone()).await.unwrap();
    let plain = Room::with(|it| it.streams = false).await.hears(turn).await.unwrap();
    assert_eq!(streamed, plain);
    assert_eq!(streamed.stop_reason, StopReason::ToolUse);
    assert_eq!(streamed.model, "claude-opus-5-5");
    assert!(matches!(streamed.content[0], Block::Opaque { .. }), "thinking comes first");
    assert!(matches!(streamed.content[3], Block::ToolUse { .. }));
    assert_eq!(streamed.content.len(), 4);
}

#[tokio::test]
async fn every_failure_is_a_typed_error_and_only_billed_ones_are_in_the_books() {
    let room = Room::new().await;
    let error = room.hears(Turn::fault(Fault::RateLimited(Some(60)))).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Millis::seconds(60)));
    assert!(matches!(error, LlmError::RateLimited { .. }) && error.retryable());

    let error = room.hears(Turn::fault(Fault::SpendLimit)).await.unwrap_err();
    assert!(matches!(error, LlmError::SpendLimit { .. }) && !error.retryable());
    let error = room.hears(Turn::fault(Fault::Overloaded)).await.unwrap_err();
    assert_eq!(
        error,
        LlmError::Overloaded { advice: Advice::default(), message: "Overloaded".into() }
    );
    let error = room.hears(Turn::fault(Fault::TooLong)).await.unwrap_err();
    assert!(matches!(error, LlmError::ContextTooLong { .. }));
    let error = room.hears(Turn::fault(Fault::GatewayTimeout)).await.unwrap_err();
    assert!(matches!(error, LlmError::Server { status: 504, .. }));
    let error = room.hears(Turn::fault(Fault::Hang)).await.unwrap_err();
    assert_eq!(error, LlmError::Timeout);
    let error = room.hears(Turn::fault(Fault::Disconnect)).await.unwrap_err();
    assert!(error.retryable() && error.may_have_been_billed(), "{error:?}");
    assert_eq!(room.server.books(), []);

    for fault in [Fault::Internal, Fault::Hang, Fault::Disconnect] {
        let error = room.hears(says("lost").but_fails(fault)).await.unwrap_err();
        assert!(error.may_have_been_billed(), "{error:?}");
    }
    assert_eq!(room.server.books().len(), 3);
    assert_eq!(room.server.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cut_stream_says_what_was_used_until_then() {
    let room = Room::new().await;
    let long = says(&"word ".repeat(400));
    let error = room.hears(long.clone().is_cut_after(2_000)).await.unwrap_err();
    let LlmError::Cut { usage, .. } = error.clone() else { panic!("{error:?}") };
    let billed = room.server.books()[0].used;
    assert_eq!(usage.prompt(), billed.input + billed.cache_write_5m);
    assert!(usage.output < billed.output);
    assert!(error.retryable() && error.may_have_been_billed());

    let error = room.hears(long.clone().errs_midway()).await.unwrap_err();
    assert!(matches!(&error, LlmError::Cut { message, .. } if message.contains("overloaded")));
    let error = room.hears(long.is_cut_after(0)).await.unwrap_err();
    assert!(error.may_have_been_billed());
    assert_eq!(room.server.books().len(), 3, "each was billed");
}

#[tokio::test]
async fn refusals_and_cut_plans_are_answers_with_a_reason() {
    let room = Room::new().await;
    let answer = room.hears(refuses()).await.unwrap();
    assert_eq!((answer.content.len(), answer.stop_reason), (0, StopReason::Refusal));
    let answer = room.hears(Turn::empty()).await.unwrap();
    assert_eq!((answer.content.len(), answer.stop_reason), (0, StopReason::EndTurn));
    let answer = room.hears(Turn::max_tokens("submit_plan")).await.unwrap();
    assert_eq!(answer.stop_reason, StopReason::MaxTokens);
    let cut = answer.content.last();
    assert!(matches!(cut, Some(Block::ToolUse { input, .. }) if *input == json!({})), "{cut:?}");

    room.server.opus().will([submits(json!({ "summary": "long ".repeat(2_000) }))]);
    let small = Request { max_tokens: 200, ..request() };
    let answer = room.client.complete(&small).await.unwrap();
    assert_eq!((answer.stop_reason, answer.usage.output), (StopReason::MaxTokens, 200));
}

#[tokio::test]
async fn the_ledger_equals_the_books_and_the_second_turn_reads_the_first() {
    let room = Room::new().await;
    room.server.opus().will([reads("a.rs"), reads("b.rs"), says("Done.")]);
    let mut request = request();
    let mut ledger = Vec::new();
    let mut usages = Vec::new();
    for _ in 0..3 {
        let counted = room.client.count_tokens(&request).await.unwrap();
        let answer = room.client.complete(&request).await.unwrap();
        assert_eq!(counted, answer.usage.prompt());
        let request_id = answer.request_id.clone().unwrap();
        let used = as_used(answer.usage);
        ledger.push(Charge { request_id, model: answer.model.clone(), used });
        usages.push(answer.usage);
        request = next(request, &answer);
    }
    assert_eq!(ledger, room.server.books());
    assert_eq!(usages[0].cache_read, 0);
    assert_eq!(usages[1].cache_read, usages[0].prompt());
    assert_eq!(usages[2].cache_read, usages[1].prompt());
    assert_eq!(usages[2].input, 0);

    room.passes(Millis::minutes(6));
    assert_eq!(room.hears(says("cold")).await.unwrap().usage.cache_read, 0);
}

#[tokio::test]
async fn the_kth_call_fails_before_or_after_it_was_billed_and_the_retry_gets_the_same_answer() {
    let room = Room::new().await;
    room.server.opus().will([lists(), says("Done.")]);
    room.server.strikes(1, Strike::Before(Fault::Overloaded));
    room.server.strikes(3, Strike::AfterBilled(Fault::Internal));
    assert!(!room.ask().await.unwrap_err().may_have_been_billed());
    assert_eq!(room.ask().await.unwrap().stop_reason, StopReason::ToolUse);
    assert!(room.ask().await.unwrap_err().may_have_been_billed());
    assert_eq!(room.ask().await.unwrap().stop_reason, StopReason::EndTurn);
    assert_eq!(room.server.books().len(), 3);
    assert_eq!(room.server.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn what_nobody_scripted_and_what_nobody_read_is_a_problem() {
    let room = Room::new().await;
    let error = room.ask().await.unwrap_err();
    assert!(error.to_string().contains("nobody scripted call 1, to opus"), "{error}");
    room.server.haiku().will([asks(["Is Redis optional?"])]);
    assert_eq!(room.server.haiku().unread(), 1);
    let problems = ["nobody scripted call 1, to opus", "haiku was never asked for: calls ask"];
    assert_eq!(room.server.problems(), problems);
}

#[tokio::test]
async fn keys_models_and_requests_are_checked() {
    let room = Room::new().await;
    let mut wrong = settings(&room.server);
    wrong.api_key = SecretString::from("sk-other".to_owned());
    let error = Anthropic::new(wrong).unwrap().complete(&request()).await.unwrap_err();
    assert!(matches!(error, LlmError::Unauthorized { .. }));

    let retired = Request { model: "claude-opus-4-20250514".into(), ..request() };
    let error = room.client.complete(&retired).await.unwrap_err();
    assert!(matches!(&error, LlmError::UnknownModel { model, .. } if model == &retired.model));

    let mut prefill = request();
    let text = Block::Text { text: "Sure:".into() };
    prefill.messages.push(said(Speaker::Assistant, vec![text]));
    let error = room.client.complete(&prefill).await.unwrap_err();
    assert!(matches!(&error, LlmError::BadRequest { message } if message.contains("prefill")));
    assert_eq!(room.server.problems().len(), 3);
    let bodies: Vec<String> = room.server.calls().iter().map(|it| it.body.to_string()).collect();
    assert!(!bodies.concat().contains("sk-"), "no key in a body");
}

#[tokio::test]
async fn without_an_endpoint_for_it_tokens_are_estimated_from_above() {
    let counting = Room::new().await;
    let counted = counting.client.count_tokens(&request()).await.unwrap();
    let gateway = Room::with(|it| it.counts_tokens = false).await;
    let estimated = gateway.client.count_tokens(&request()).await.unwrap();
    assert!(counted < estimated && estimated < counted * 4, "{counted} {estimated}");
}

#[tokio::test]
async fn a_paused_turn_is_sent_back_as_it_is() {
    let room = Room::new().await;
    let answer = room.hears(Turn::pauses("Working on it.")).await.unwrap();
    assert_eq!(answer.stop_reason, StopReason::PauseTurn);
    let mut request = request();
    request.messages.push(said(Speaker::Assistant, answer.content));
    room.server.opus().will([says("Done.")]);
    assert_eq!(room.client.complete(&request).await.unwrap().stop_reason, StopReason::EndTurn);
}

#[tokio::test]
async fn the_box_stops_while_a_call_hangs() {
    let room = Room::new().await;
    room.server.opus().will([Turn::fault(Fault::Hang)]);
    let Room { server, .. } = room;
    let mut patient = settings(&server);
    patient.idle_timeout = Millis::minutes(2);
    let client = Anthropic::new(patient).unwrap();
    let request = request();
    let hanging = client.complete(&request);
    let stopping = async {
        while server.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        server.stop().await;
    };
    let (outcome, ()) = tokio::join!(hanging, stopping);
    assert!(outcome.is_err());
}
