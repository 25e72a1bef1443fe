use super::*;

fn request() -> Request {
    Request {
        model: "claude-opus-5-5".to_owned(),
        system: vec!["rules".to_owned(), String::new(), "primer".to_owned()],
        tools: vec![tool("a"), tool("b")],
        messages: vec![
            user(Block::Text { text: "go".to_owned() }),
            Message {
                role: Speaker::Assistant,
                content: vec![
                    Block::Text { text: String::new() },
                    Block::Opaque { raw: json!({ "type": "thinking", "signature": "s" }) },
                    Block::ToolUse { id: "1".into(), name: "a".into(), input: json!({}) },
                ],
            },
            user(Block::ToolResult {
                tool_use_id: "1".into(),
                content: "done".into(),
                is_error: false,
            }),
        ],
        max_tokens: 16_000,
    }
}

fn tool(name: &str) -> Tool {
    Tool { name: name.into(), description: "d".into(), input_schema: json!({ "type": "object" }) }
}

fn user(block: Block) -> Message {
    Message { role: Speaker::User, content: vec![block] }
}

fn marks(value: &Value) -> usize {
    value.to_string().matches("cache_control").count()
}

#[test]
fn the_prefix_and_the_last_message_are_marked() {
    let body = call(&request());
    assert_eq!(marks(&body), 4, "{body}");
    assert_eq!(marks(&body["tools"][1]), 1);
    assert_eq!((marks(&body["system"][0]), marks(&body["system"][1])), (1, 1));
    assert_eq!(marks(&body["messages"][2]), 1);
    let mut one_part = request();
    one_part.system.truncate(1);
    assert_eq!(marks(&call(&one_part)), 3);
}

#[test]
fn nothing_that_the_models_refuse_is_sent() {
    let body = call(&request());
    let names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["max_tokens", "messages", "model", "stream", "system", "tools"]);
    let counted = count(&request());
    assert!(counted.get("max_tokens").is_none() && counted.get("stream").is_none());
}

#[test]
fn empty_texts_are_dropped_and_thinking_goes_back_unchanged() {
    let body = call(&request());
    let content = body["messages"][1]["content"].as_array().unwrap();
    assert_eq!(content.len(), 2);
    assert_eq!(content[0], json!({ "type": "thinking", "signature": "s" }));
    let mut empty = request();
    empty.messages.push(Message { role: Speaker::Assistant, content: Vec::new() });
    assert_eq!(call(&empty)["messages"].as_array().unwrap().len(), 3);
}

#[test]
fn a_mark_never_stands_on_a_block_we_do_not_interpret() {
    let mut request = request();
    request.messages[2].content.push(Block::Opaque { raw: json!({ "type": "image" }) });
    let body = call(&request);
    let last = body["messages"][2]["content"].as_array().unwrap();
    assert_eq!((marks(&last[0]), marks(&last[1])), (1, 0));
}

#[track_caller]
fn check(message: Value, expected: Result<(usize, StopReason), BadMessage>) {
    let read = answer(&message, None, "asked");
    assert_eq!(read.map(|it| (it.content.len(), it.stop_reason)), expected, "{message}");
}

#[test]
fn answers_are_read_tolerantly() {
    let cut = json!({ "type": "tool_use", "id": "1", "name": "submit_plan", "input": "{\"su" });
    let text = json!({ "type": "text", "text": "hi" });
    check(json!({ "content": [text] }), Ok((1, StopReason::Other)));
    check(json!({ "content": [], "stop_reason": "refusal" }), Ok((0, StopReason::Refusal)));
    check(json!({ "content": [{ "type": "new" }] }), Ok((1, StopReason::Other)));
    check(
        json!({ "content": [text, cut], "stop_reason": "max_tokens" }),
        Ok((2, StopReason::MaxTokens)),
    );
    check(
        json!({ "content": [cut], "stop_reason": "tool_use" }),
        Err(BadMessage::ToolInput("submit_plan".into())),
    );
    check(json!({ "content": [{ "type": "tool_use" }] }), Err(BadMessage::ToolWithout("id")));
    check(json!({ "content": "text" }), Err(BadMessage::NoContent));
    check(json!(null), Err(BadMessage::NoContent));
}

#[test]
fn an_answer_says_who_answered_and_under_which_id() {
    let message = json!({ "id": "msg_1", "model": "claude-opus-5-5", "content": [] });
    let read = answer(&message, Some("req_1".into()), "asked").unwrap();
    assert_eq!(
        (read.model.as_str(), read.request_id.as_deref()),
        ("claude-opus-5-5", Some("req_1"))
    );
    let read = answer(&message, None, "asked").unwrap();
    assert_eq!(read.request_id.as_deref(), Some("msg_1"));
    assert_eq!(answer(&json!({ "content": [] }), None, "asked").unwrap().model, "asked");
}

#[test]
fn usage_is_read_with_or_without_the_split() {
    let sum = json!({ "input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 6 });
    let expected =
        Usage { input: 3, output: 4, cache_read: 5, cache_write_5m: 6, cache_write_1h: 0 };
    assert_eq!(usage(&sum), expected);
    let split = json!({ "cache_creation_input_tokens": 6,
        "cache_creation": { "ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 4 } });
    assert_eq!(usage(&split), Usage { cache_write_5m: 2, cache_write_1h: 4, ..Usage::default() });
    assert_eq!(usage(&json!(null)), Usage::default());
    assert_eq!(usage(&json!({ "input_tokens": null })), Usage::default());
}
