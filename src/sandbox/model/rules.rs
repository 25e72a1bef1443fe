//! What the provider refuses. Each rule is one of its documented 400s (or 401, 404, 413), so that
//! Baton cannot come to rely on something that only the box accepts.
//!
//! The box is stricter in one point: a forced `tool_choice`, which Haiku 5.5 still takes, is refused
//! on every line, because Baton uses it on none.

use std::collections::HashSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The most cache marks in one request.
const CACHE_MARKS_MAX: usize = 4;

/// The most answer tokens of the 5.5 line.
const ANSWER_TOKENS_MAX: u64 = 128_000;

/// The fields of a request; others are refused.
const FIELDS: [&str; 19] = [
    "model",
    "max_tokens",
    "system",
    "messages",
    "tools",
    "tool_choice",
    "output_config",
    "thinking",
    "cache_control",
    "metadata",
    "service_tier",
    "speed",
    "inference_geo",
    "stream",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "container",
];

/// A request that the provider refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The HTTP status.
    pub(super) status: u16,
    /// `error.type`.
    pub(super) kind: &'static str,
    /// `error.message`.
    pub(super) message: String,
}

/// What the server remembers of its own answers, as far as the rules need it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// First tool ids of answers that began with thinking: it must come back with them.
    pub(super) after_thinking: HashSet<String>,
    /// Contents of paused turns: only these may stand last as the assistant's.
    pub(super) paused: HashSet<String>,
}

/// Refuses what the provider would refuse. `for_call` is false for a token count, which needs no
/// `max_tokens`.
pub(super) fn check(
    body: &Value,
    version: &str,
    for_call: bool,
    memory: &Memory,
) -> Result<(), Refused> {
    let fields = body.as_object().ok_or_else(|| bad("the body is not a JSON object"))?;
    if let Some(name) = fields.keys().find(|it| !FIELDS.contains(&it.as_str())) {
        return Err(bad(format!("{name}: Extra inputs are not permitted")));
    }
    match body["max_tokens"].as_u64() {
        Some(1..=ANSWER_TOKENS_MAX) => {}
        None if !for_call => {}
        _ => return Err(bad("max_tokens: must be between 1 and 128000")),
    }
    check_settings(body, version)?;
    check_tools(body)?;
    check_cache(body)?;
    check_messages(body, memory)
}

/// `metadata` of the thinking block that the server would sign for this model and conversation.
pub(super) fn signature(body: &Value) -> String {
    let opening = without_marks(&body["messages"][0]);
    let seal = Sha256::new()
        .chain_update(body["model"].as_str().unwrap_or_default())
        .chain_update(opening.to_string())
        .finalize();
    hex::encode(seal)
}

/// A block or message as it was before cache marks were set on it.
pub(super) fn without_marks(value: &Value) -> Value {
    let mut bare = value.clone();
    strip_marks(&mut bare);
    bare
}

fn strip_marks(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("cache_control");
            fields.values_mut().for_each(strip_marks);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_marks),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_settings(body: &Value, version: &str) -> Result<(), Refused> {
    if let "any" | "tool" = body["tool_choice"]["type"].as_str().unwrap_or_default() {
        return Err(bad("tool_choice: forcing a tool is not supported by this model"));
    }
    if let "disabled" | "enabled" = body["thinking"]["type"].as_str().unwrap_or_default() {
        return Err(bad("thinking.type: only `adaptive` is supported by this model"));
    }
    let sampling = ["temperature", "top_p", "top_k"];
    let named = sampling.iter().find(|it| !body[**it].is_null());
    match named {
        Some(name) if version == "2026-10-21" => {
            Err(bad(format!("{name}: sampling parameters are not supported")))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_tools(body: &Value) -> Result<(), Refused> {
    let mut names = HashSet::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        let name = tool["name"].as_str().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || 128 < name.len() || !name.chars().all(plain) {
            return Err(bad(format!("tools: `{name}` is not a tool name")));
        }
        if !names.insert(name) {
            return Err(bad(format!("tools: the name `{name}` is not unique")));
        }
        if tool["input_schema"]["type"] != "object" {
            return Err(bad(format!("tools.{name}.input_schema.type: must be `object`")));
        }
    }
    Ok(())
}

fn check_cache(body: &Value) -> Result<(), Refused> {
    let count = count_marks(body);
    if CACHE_MARKS_MAX < count {
        let most = CACHE_MARKS_MAX;
        return Err(bad(format!("at most {most} blocks with cache_control, found {count}")));
    }
    Ok(())
}

/// Marks stand on the request, on tools, system blocks and content blocks; deeper keys of that name
/// (in a tool's arguments, say) are data.
fn count_marks(body: &Value) -> usize {
    let marked = |it: &&Value| it["cache_control"].is_object();
    let list = |it: &Value| it.as_array().cloned().unwrap_or_default();
    let mut holders = vec![body.clone()];
    holders.extend(list(&body["tools"]));
    holders.extend(list(&body["system"]));
    for message in list(&body["messages"]) {
        holders.extend(list(&message["content"]));
    }
    holders.iter().filter(marked).count()
}

fn check_messages(body: &Value, memory: &Memory) -> Result<(), Refused> {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = messages.first().ok_or_else(|| bad("messages: at least one is required"))?;
    if first["role"] != "user" {
        return Err(bad("messages: the first must be the user's"));
    }
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let blocks = content(message, index)?;
        check_blocks(&blocks, index)?;
        match message["role"].as_str() {
            Some("user") => {
                check_results(&blocks, &open, index)?;
                open = Vec::new();
            }
            Some("assistant") => {
                unanswered(&open, index)?;
                check_thinking(&blocks, body, memory)?;
                open = tool_ids(&blocks, body)?;
            }
            _ => return Err(bad(format!("messages.{index}.role: must be user or assistant"))),
        }
    }
    unanswered(&open, messages.len())?;
    check_last(messages, memory)
}

/// An assistant's message at the end would be a prefill, which the 5.5 line refuses; a turn that
/// the server itself paused is sent back as it is.
fn check_last(messages: &[Value], memory: &Memory) -> Result<(), Refused> {
    let last = messages.last().filter(|it| it["role"] == "assistant");
    let paused = |it: &Value| memory.paused.contains(&without_marks(&it["content"]).to_string());
    match last {
        Some(message) if !paused(message) => Err(bad(
            "messages: the last must be the user's; this model does not support assistant prefill",
        )),
        Some(_) | None => Ok(()),
    }
}

fn content(message: &Value, index: usize) -> Result<Vec<Value>, Refused> {
    let content = &message["content"];
    if let Some(text) = content.as_str() {
        return Ok(vec![serde_json::json!({ "type": "text", "text": text })]);
    }
    let blocks = content.as_array().filter(|it| !it.is_empty()).cloned();
    blocks.ok_or_else(|| bad(format!("messages.{index}.content: must not be empty")))
}

fn check_blocks(blocks: &[Value], index: usize) -> Result<(), Refused> {
    for block in blocks {
        let kind = block["type"].as_str().unwrap_or_default();
        if kind == "text" && block["text"].as_str().unwrap_or_default().is_empty() {
            return Err(bad(format!("messages.{index}: text content blocks must be non-empty")));
        }
        if kind.contains("thinking") && block["cache_control"].is_object() {
            return Err(bad(format!("messages.{index}: thinking cannot carry cache_control")));
        }
        if kind == "tool_use" && !block["input"].is_object() {
            return Err(bad(format!("messages.{index}: tool_use.input must be an object")));
        }
    }
    Ok(())
}

/// All results of the calls before, first and together.
fn check_results(blocks: &[Value], open: &[String], index: usize) -> Result<(), Refused> {
    let is_result = |it: &Value| it["type"] == "tool_result";
    let results = blocks.iter().take_while(|it| is_result(it)).count();
    if blocks.iter().skip(results).any(is_result) {
        return Err(bad(format!("messages.{index}: tool_result blocks must come first")));
    }
    let ids: Vec<&str> =
        blocks[..results].iter().filter_map(|it| it["tool_use_id"].as_str()).collect();
    if let Some(id) = open.iter().find(|it| !ids.contains(&it.as_str())) {
        return Err(bad(format!("messages.{index}: `{id}` was called and has no tool_result")));
    }
    let distinct: HashSet<&str> = ids.iter().copied().collect();
    if distinct.len() != open.len() || ids.len() != results || ids.len() != open.len() {
        return Err(bad(format!("messages.{index}: a tool_result answers no tool_use before it")));
    }
    Ok(())
}

fn unanswered(open: &[String], index: usize) -> Result<(), Refused> {
    match open.first() {
        Some(id) => Err(bad(format!("messages.{index}: `{id}` was called and has no tool_result"))),
        None => Ok(()),
    }
}

fn tool_ids(blocks: &[Value], body: &Value) -> Result<Vec<String>, Refused> {
    let calls = blocks.iter().filter(|it| it["type"] == "tool_use");
    let ids: Vec<String> =
        calls.map(|it| it["id"].as_str().unwrap_or_default().to_owned()).collect();
    let distinct: HashSet<&String> = ids.iter().collect();
    if distinct.len() != ids.len() || ids.iter().any(String::is_empty) {
        return Err(bad("messages: tool_use ids must be unique"));
    }
    if !ids.is_empty() && body["tools"].as_array().is_none_or(Vec::is_empty) {
        return Err(bad("tools: required when messages use tools"));
    }
    Ok(ids)
}

/// Thinking is bound to model and conversation, and goes back unchanged inside one tool loop.
fn check_thinking(blocks: &[Value], body: &Value, memory: &Memory) -> Result<(), Refused> {
    let expected = signature(body);
    let thinking: Vec<&Value> = blocks.iter().filter(|it| it["type"] == "thinking").collect();
    if thinking.iter().any(|it| it["signature"] != expected.as_str()) {
        return Err(bad("messages: invalid signature in thinking block"));
    }
    let lost = blocks.iter().any(|it| {
        it["id"].as_str().is_some_and(|id| memory.after_thinking.contains(id))
            && thinking.is_empty()
    });
    match lost {
        true => Err(bad("messages: expected `thinking` before `tool_use`; pass it back unchanged")),
        false => Ok(()),
    }
}

fn bad(message: impl Into<String>) -> Refused {
    Refused { status: 400, kind: "invalid_request_error", message: message.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> Value {
        json!({
            "model": "claude-opus-5-5",
            "max_tokens": 100,
            "tools": [{ "name": "a", "description": "", "input_schema": { "type": "object" } }],
            "messages": [
                { "role": "user", "content": "go" },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "1", "name": "a", "input": {} },
                    { "type": "tool_use", "id": "2", "name": "a", "input": {} },
                ] },
                { "role": "user", "content": [result("1"), result("2")] },
            ],
        })
    }

    fn result(id: &str) -> Value {
        json!({ "type": "tool_result", "tool_use_id": id, "content": "x" })
    }

    /// The request with one place changed is refused with a message that holds these words.
    #[track_caller]
    fn check(place: &str, value: Value, expected: &str) {
        let mut body = request();
        match body.pointer_mut(place) {
            Some(found) => *found = value,
            None => body[place.trim_start_matches('/')] = value,
        }
        let outcome = super::check(&body, "2026-10-21", true, &Memory::default());
        match outcome {
            Ok(()) => assert_eq!("", expected, "accepted: {body}"),
            Err(refused) => assert!(
                !expected.is_empty() && refused.message.contains(expected),
                "{} does not say {expected:?}",
                refused.message
            ),
        }
    }

    #[test]
    fn a_request_is_refused_where_the_provider_refuses_it() {
        check("/max_tokens", json!(100), "");
        check("/max_tokens", json!(0), "max_tokens");
        check("/max_tokens", json!(200_000), "max_tokens");
        check("/tool_choice", json!({ "type": "auto" }), "");
        check("/tool_choice", json!({ "type": "any" }), "forcing a tool");
        check("/tool_choice", json!({ "type": "tool", "name": "a" }), "forcing a tool");
        check("/thinking", json!({ "type": "adaptive" }), "");
        check("/thinking", json!({ "type": "enabled", "budget_tokens": 1 }), "thinking.type");
        check("/temperature", json!(0.5), "sampling");
        check("/seed", json!(1), "Extra inputs");
        check("/tools/0/name", json!("a b"), "not a tool name");
        check("/tools/0/input_schema", json!({}), "input_schema");
        check("/tools", json!([]), "required when messages use tools");
        check("/messages", json!([]), "at least one");
        check("/messages/0/role", json!("assistant"), "first must be the user's");
        check("/messages/0/content", json!([]), "must not be empty");
        check("/messages/0/content", json!(""), "non-empty");
        check("/messages/2/content", json!([result("1")]), "`2` was called");
        check("/messages/2/content", json!([result("1"), result("3")]), "`2` was called");
        let extra = json!([result("1"), result("2"), result("3")]);
        check("/messages/2/content", extra, "answers no tool_use");
        let text = json!({ "type": "text", "text": "hm" });
        check("/messages/2/content", json!([result("1"), text, result("2")]), "come first");
        check("/messages/2/content", json!([result("1"), result("2"), text]), "");
        let thinking = json!([{ "type": "thinking", "thinking": "", "signature": "other" }]);
        check("/messages/1/content", thinking, "invalid signature");
    }

    #[test]
    fn an_unanswered_call_and_a_prefill_are_refused() {
        let last = json!([{ "role": "user", "content": "go" },
            { "role": "assistant", "content": "Sure:" }]);
        check("/messages", last, "prefill");
        let mut open = request();
        open["messages"].as_array_mut().unwrap().pop();
        check("/messages", open["messages"].clone(), "`1` was called");
    }

    #[test]
    fn more_than_four_cache_marks_are_refused() {
        let mark = json!({ "type": "ephemeral" });
        let text = json!({ "type": "text", "text": "x", "cache_control": mark });
        check("/system", json!([text, text, text, text]), "");
        check("/system", json!([text, text, text, text, text]), "at most 4");
    }

    #[test]
    fn a_paused_turn_may_be_sent_back_and_lost_thinking_is_noticed() {
        let content = json!([{ "type": "text", "text": "working" }]);
        let mut body = request();
        body["messages"] = json!([{ "role": "user", "content": "go" },
            { "role": "assistant", "content": content }]);
        let mut memory = Memory::default();
        assert!(super::check(&body, "2026-10-21", true, &memory).is_err());
        memory.paused.insert(content.to_string());
        assert_eq!(super::check(&body, "2026-10-21", true, &memory), Ok(()));

        memory.after_thinking.insert("1".to_owned());
        let lost = super::check(&request(), "2026-10-21", true, &memory).unwrap_err();
        assert!(lost.message.contains("pass it back unchanged"));
    }
}
