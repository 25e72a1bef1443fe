//! Our conversation to and from the Messages API.
//!
//! What is *not* sent matters as much: no `tool_choice`, no sampling parameters, no `thinking`, no
//! assistant prefill. The 5.5 line answers 400 to them, and Baton uses none on any tier.
//!
//! **Cache breakpoints.** The provider caches prefixes in the order tools, system, messages, and
//! takes at most four marks. Ours stand at the end of the tools, of the first system part (Baton's
//! rules: the same for every repository), of the last system part (the repository's own
//! instructions) and of the last message, so that each turn of a tool loop reads the turn before.

use serde_json::{Map, Value, json};

use crate::domain::conversation::{
    Answer, Block, Message, Request, Speaker, StopReason, Tool, Usage,
};

/// The body of a call.
pub(super) fn call(request: &Request) -> Value {
    let mut body = prompt(request);
    body.insert("max_tokens".to_owned(), json!(request.max_tokens));
    body.insert("stream".to_owned(), json!(true));
    Value::Object(body)
}

/// The body of a token count: the same prompt, without what only a call needs.
pub(super) fn count(request: &Request) -> Value {
    Value::Object(prompt(request))
}

fn prompt(request: &Request) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    let system = system(&request.system);
    if !system.is_empty() {
        body.insert("system".to_owned(), Value::Array(system));
    }
    let tools = tools(&request.tools);
    if !tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    body.insert("messages".to_owned(), Value::Array(messages(&request.messages)));
    body
}

fn system(parts: &[String]) -> Vec<Value> {
    let texts = parts.iter().filter(|it| !it.trim().is_empty());
    let mut blocks: Vec<Value> =
        texts.map(|text| json!({ "type": "text", "text": text })).collect();
    blocks.first_mut().into_iter().for_each(mark);
    blocks.last_mut().into_iter().for_each(mark);
    blocks
}

fn tools(tools: &[Tool]) -> Vec<Value> {
    let mut offered: Vec<Value> = tools
        .iter()
        .map(|Tool { name, description, input_schema }| {
            json!({ "name": name, "description": description, "input_schema": input_schema })
        })
        .collect();
    offered.last_mut().into_iter().for_each(mark);
    offered
}

fn messages(messages: &[Message]) -> Vec<Value> {
    let mut sent: Vec<Value> = Vec::with_capacity(messages.len());
    for message in messages {
        let content: Vec<Value> = message.content.iter().filter_map(block).collect();
        // The provider refuses a message without content; an empty answer leaves one behind.
        if !content.is_empty() {
            sent.push(json!({ "role": speaker(message.role), "content": content }));
        }
    }
    let last = sent.last_mut().and_then(|it| it["content"].as_array_mut());
    let markable = last.and_then(|it| it.iter_mut().rev().find(|it| may_be_marked(it)));
    markable.into_iter().for_each(mark);
    sent
}

fn speaker(role: Speaker) -> &'static str {
    match role {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// An empty text is dropped: the provider sends such blocks and refuses to take them back.
fn block(block: &Block) -> Option<Value> {
    match block {
        Block::Text { text } if text.is_empty() => None,
        Block::Text { text } => Some(json!({ "type": "text", "text": text })),
        Block::ToolUse { id, name, input } => {
            Some(json!({ "type": "tool_use", "id": id, "name": name, "input": input }))
        }
        Block::ToolResult { tool_use_id, content, is_error } => Some(json!({
            "type": "tool_result",
            "tool_use_id": tool_use_id,
            "content": content,
            "is_error": is_error,
        })),
        Block::Opaque { raw } => Some(raw.clone()),
    }
}

/// Thinking must go back unchanged, so a mark never stands on a block that we do not interpret.
fn may_be_marked(block: &Value) -> bool {
    matches!(block["type"].as_str(), Some("text" | "tool_use" | "tool_result"))
}

fn mark(block: &mut Value) {
    block["cache_control"] = json!({ "type": "ephemeral" });
}

/// A message of the provider that lacks what an answer needs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadMessage {
    /// It has no `content` list.
    #[error("it has no content")]
    NoContent,
    /// A tool call without id or name.
    #[error("a tool call has no {0}")]
    ToolWithout(&'static str),
    /// A tool call whose arguments are not an object.
    #[error("the arguments of tool `{0}` are not a JSON object")]
    ToolInput(String),
}

/// Reads a message. `request_id` is the header's; the body's ids stand in for it. Fields that are
/// missing are taken as absent: only content and tool calls must be there.
pub(super) fn answer(
    message: &Value,
    request_id: Option<String>,
    asked_for: &str,
) -> Result<Answer, BadMessage> {
    let stop_reason = stop_reason(message["stop_reason"].as_str());
    let blocks = message["content"].as_array().ok_or(BadMessage::NoContent)?;
    let mut content = Vec::with_capacity(blocks.len());
    for (index, raw) in blocks.iter().enumerate() {
        let last = index + 1 == blocks.len();
        match read_block(raw) {
            Ok(block) => content.push(block),
            // What was cut at `max_tokens` stands last, so that what is whole before it is not taken
            // for it; without a name it is no call, and nothing waits for its result.
            Err(_) if last && stop_reason == StopReason::MaxTokens => {
                content.extend(cut_call(raw));
            }
            Err(bad) => return Err(bad),
        }
    }
    let text = |name: &str| message[name].as_str().map(str::to_owned);
    Ok(Answer {
        model: text("model").unwrap_or_else(|| asked_for.to_owned()),
        request_id: request_id.or_else(|| text("request_id")).or_else(|| text("id")),
        content,
        stop_reason,
        usage: usage(&message["usage"]),
    })
}

/// A call whose arguments are not whole, without them.
fn cut_call(raw: &Value) -> Option<Block> {
    let text = |name: &str| raw[name].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    Some(Block::ToolUse { id: text("id")?, name: text("name")?, input: json!({}) })
}

fn read_block(raw: &Value) -> Result<Block, BadMessage> {
    match raw["type"].as_str() {
        Some("text") => {
            Ok(Block::Text { text: raw["text"].as_str().unwrap_or_default().to_owned() })
        }
        Some("tool_use") => {
            let text = |name: &'static str| {
                let found = raw[name].as_str().filter(|it| !it.is_empty());
                found.map(str::to_owned).ok_or(BadMessage::ToolWithout(name))
            };
            let (id, name) = (text("id")?, text("name")?);
            if !raw["input"].is_object() {
                return Err(BadMessage::ToolInput(name));
            }
            Ok(Block::ToolUse { id, name, input: raw["input"].clone() })
        }
        _ => Ok(Block::Opaque { raw: raw.clone() }),
    }
}

fn stop_reason(name: Option<&str>) -> StopReason {
    match name {
        Some("end_turn" | "stop_sequence") => StopReason::EndTurn,
        Some("tool_use") => StopReason::ToolUse,
        Some("max_tokens") => StopReason::MaxTokens,
        Some("pause_turn") => StopReason::PauseTurn,
        Some("refusal") => StopReason::Refusal,
        Some("model_context_window_exceeded") => StopReason::ContextExceeded,
        Some(_) | None => StopReason::Other,
    }
}

/// Reads `usage`. The cache writes come as one sum and, from newer servers, split by lifetime; what
/// the split does not explain is taken as written for five minutes.
pub(super) fn usage(raw: &Value) -> Usage {
    let tokens = |value: &Value| value.as_u64().unwrap_or(0);
    let split = &raw["cache_creation"];
    let cache_write_1h = tokens(&split["ephemeral_1h_input_tokens"]);
    let split_5m = tokens(&split["ephemeral_5m_input_tokens"]);
    let unexplained = tokens(&raw["cache_creation_input_tokens"]).saturating_sub(cache_write_1h);
    Usage {
        input: tokens(&raw["input_tokens"]),
        output: tokens(&raw["output_tokens"]),
        cache_read: tokens(&raw["cache_read_input_tokens"]),
        cache_write_5m: split_5m.max(unexplained),
        cache_write_1h,
    }
}

/// An upper bound of the prompt's tokens where the provider does not count.
///
/// Two bytes per token: English prose has about three with the newest tokenizer (which counts some
/// 30 % more than the older one), code and CJK text a little over two. The bound only sizes a
/// reservation; what was used is settled from the answer.
pub(super) fn estimate(body: &Value) -> u64 {
    let bytes = body.to_string().len();
    u64::try_from(bytes.div_ceil(2)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
