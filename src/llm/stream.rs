//! The events of a streamed answer, put together to the message that the plain answer would be.
//!
//! The result is a JSON message, not an [`Answer`](crate::domain::conversation::Answer): both
//! shapes of an answer are then read by the same function, and a block of a kind that is not known
//! here keeps every field.

use serde_json::{Map, Value, json};

use super::sse::Event;
use super::wire;
use crate::domain::conversation::Usage;

/// What an event changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is to come.
    Going,
    /// The message is complete.
    Done,
}

/// Why a stream cannot go on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadStream {
    /// The provider says so itself.
    #[error("{kind}: {message}")]
    Reported {
        /// `error.type`.
        kind: String,
        /// `error.message`.
        message: String,
    },
    /// An event that is not JSON, or names a block that was not begun.
    #[error("an event of the stream cannot be read: {0}")]
    Unreadable(String),
}

/// The message so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    message: Map<String, Value>,
    blocks: Vec<Part>,
    usage: Map<String, Value>,
}

/// A block of the answer, with the tool arguments that are still text.
#[derive(Debug)]
struct Part {
    block: Value,
    json: String,
}

impl Assembly {
    /// Takes one event.
    pub(super) fn take(&mut self, event: &Event) -> Result<Progress, BadStream> {
        if event.data.trim() == "[DONE]" {
            return Ok(Progress::Done);
        }
        let data: Value = serde_json::from_str(&event.data)
            .map_err(|bad| BadStream::Unreadable(bad.to_string()))?;
        match data["type"].as_str().unwrap_or(&event.name) {
            "message_start" => self.start(&data["message"]),
            "content_block_start" => self.begin_block(&data)?,
            "content_block_delta" => self.grow_block(&data)?,
            "message_delta" => self.change(&data),
            "message_stop" => return Ok(Progress::Done),
            "error" => return Err(reported(&data["error"])),
            // `ping`, `content_block_stop` and kinds that are not known change nothing.
            _ => {}
        }
        Ok(Progress::Going)
    }

    /// Whether the provider began to answer: from here on the prompt is billed.
    pub(super) fn begun(&self) -> bool {
        !self.message.is_empty()
    }

    /// Whether nothing of the message is missing, even if the closing event is.
    pub(super) fn complete(&self) -> bool {
        self.message.get("stop_reason").is_some_and(Value::is_string)
    }

    /// What the provider has counted so far.
    pub(super) fn usage(&self) -> Usage {
        wire::usage(&Value::Object(self.usage.clone()))
    }

    /// The message as the plain answer would carry it. Tool arguments that are no JSON stay text.
    pub(super) fn into_message(self) -> Value {
        let mut message = self.message;
        let content = self.blocks.into_iter().map(Part::into_block).collect();
        message.insert("content".to_owned(), Value::Array(content));
        message.insert("usage".to_owned(), Value::Object(self.usage));
        Value::Object(message)
    }

    fn start(&mut self, message: &Value) {
        self.message = message.as_object().cloned().unwrap_or_default();
        // A message that says nothing about itself has still begun.
        self.message.entry("type").or_insert_with(|| json!("message"));
        self.count(&message["usage"]);
        // What the opening counts of the answer is one token at most: an answer that is whole says
        // at its end what it was.
        self.usage.remove("output_tokens");
    }

    fn begin_block(&mut self, data: &Value) -> Result<(), BadStream> {
        let index = index(data)?;
        if index != self.blocks.len() {
            return Err(BadStream::Unreadable(format!("block {index} is out of order")));
        }
        self.blocks.push(Part { block: data["content_block"].clone(), json: String::new() });
        Ok(())
    }

    fn grow_block(&mut self, data: &Value) -> Result<(), BadStream> {
        let index = index(data)?;
        let part = self
            .blocks
            .get_mut(index)
            .ok_or_else(|| BadStream::Unreadable(format!("block {index} was not begun")))?;
        part.grow(&data["delta"]);
        Ok(())
    }

    fn change(&mut self, data: &Value) {
        if let Some(delta) = data["delta"].as_object() {
            self.message.extend(delta.clone());
        }
        self.count(&data["usage"]);
    }

    /// Usage comes twice and is cumulative: what the later one leaves out stays as it was.
    fn count(&mut self, usage: &Value) {
        for (name, value) in usage.as_object().into_iter().flatten() {
            if !value.is_null() {
                self.usage.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Part {
    fn grow(&mut self, delta: &Value) {
        let text = |name: &str| delta[name].as_str().unwrap_or_default();
        match delta["type"].as_str() {
            Some("text_delta") => self.append("text", text("text")),
            Some("thinking_delta") => self.append("thinking", text("thinking")),
            Some("signature_delta") => self.append("signature", text("signature")),
            Some("input_json_delta") => self.json.push_str(text("partial_json")),
            // A citation or a later kind: Baton shows none, so nothing is lost that it uses.
            _ => {}
        }
    }

    fn append(&mut self, field: &str, more: &str) {
        let Some(block) = self.block.as_object_mut() else { return };
        let so_far = block.entry(field).or_insert_with(|| json!(""));
        if let Value::String(text) = so_far {
            // In place: an answer comes in many thousand pieces.
            text.push_str(more);
        } else {
            *so_far = json!(more);
        }
    }

    fn into_block(self) -> Value {
        let mut block = self.block;
        if !self.json.is_empty()
            && let Some(fields) = block.as_object_mut()
        {
            let input = serde_json::from_str(&self.json).unwrap_or(Value::String(self.json));
            fields.insert("input".to_owned(), input);
        }
        block
    }
}

fn index(data: &Value) -> Result<usize, BadStream> {
    let index = data["index"].as_u64().and_then(|it| usize::try_from(it).ok());
    index.ok_or_else(|| BadStream::Unreadable("a block has no index".to_owned()))
}

fn reported(error: &Value) -> BadStream {
    let text = |name: &str, otherwise: &str| error[name].as_str().unwrap_or(otherwise).to_owned();
    BadStream::Reported {
        kind: text("type", "error"),
        message: text("message", "the provider gave no reason"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(assembly: &mut Assembly, events: &[Value]) -> Result<Progress, BadStream> {
        let mut progress = Progress::Going;
        for data in events {
            let event = Event { name: String::new(), data: data.to_string() };
            progress = assembly.take(&event)?;
        }
        Ok(progress)
    }

    #[test]
    fn a_text_grows_in_place() {
        let mut part = Part { block: json!({ "type": "text" }), json: String::new() };
        let (mut capacity, mut copies) = (0, 0);
        for _ in 0..10_000 {
            part.grow(&json!({ "type": "text_delta", "text": "a" }));
            let Value::String(text) = &part.block["text"] else { panic!("{:?}", part.block) };
            copies += usize::from(text.capacity() != capacity);
            capacity = text.capacity();
        }
        assert_eq!(part.block["text"].as_str().map(str::len), Some(10_000));
        assert!(copies < 50, "{copies}");
    }

    fn start() -> Value {
        json!({ "type": "message_start", "message": { "id": "m", "model": "x", "content": [],
            "stop_reason": null, "usage": { "input_tokens": 7, "output_tokens": 1 } } })
    }

    fn block(index: usize, block: Value) -> Value {
        json!({ "type": "content_block_start", "index": index, "content_block": block })
    }

    fn delta(index: usize, delta: Value) -> Value {
        json!({ "type": "content_block_delta", "index": index, "delta": delta })
    }

    fn json_part(index: usize, text: &str) -> Value {
        delta(index, json!({ "type": "input_json_delta", "partial_json": text }))
    }

    #[test]
    fn a_stream_becomes_the_message_that_the_plain_answer_would_be() {
        let mut assembly = Assembly::default();
        let events = [
            start(),
            json!({ "type": "ping" }),
            block(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
            delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
            block(1, json!({ "type": "text", "text": "" })),
            delta(1, json!({ "type": "text_delta", "text": "Hel" })),
            delta(1, json!({ "type": "text_delta", "text": "lo" })),
            block(2, json!({ "type": "tool_use", "id": "t", "name": "read_file", "input": {} })),
            json_part(2, "{\"pa"),
            json_part(2, "th\":\"a\"}"),
            json!({ "type": "content_block_stop", "index": 2 }),
            block(3, json!({ "type": "tool_use", "id": "u", "name": "list_files", "input": {} })),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" },
                "usage": { "output_tokens": 30, "input_tokens": null } }),
            json!({ "type": "message_stop" }),
        ];
        assert_eq!(feed(&mut assembly, &events), Ok(Progress::Done));
        assert!(assembly.begun() && assembly.complete());
        assert_eq!(assembly.usage(), Usage { input: 7, output: 30, ..Usage::default() });
        let message = assembly.into_message();
        assert_eq!(
            message["content"],
            json!([
                { "type": "thinking", "thinking": "", "signature": "sig" },
                { "type": "text", "text": "Hello" },
                { "type": "tool_use", "id": "t", "name": "read_file", "input": { "path": "a" } },
                { "type": "tool_use", "id": "u", "name": "list_files", "input": {} },
            ])
        );
        assert_eq!(message["stop_reason"], "tool_use");
    }

    #[test]
    fn a_cut_tool_call_stays_text() {
        let mut assembly = Assembly::default();
        let tool = json!({ "type": "tool_use", "id": "t", "name": "submit_plan", "input": {} });
        feed(&mut assembly, &[start(), block(0, tool), json_part(0, "{\"summ")]).unwrap();
        assert!(!assembly.complete());
        assert_eq!(assembly.into_message()["content"][0]["input"], "{\"summ");
    }

    #[track_caller]
    fn check(events: &[Value], expected: &str) {
        let bad = feed(&mut Assembly::default(), events).unwrap_err();
        assert_eq!(bad.to_string(), expected);
    }

    #[test]
    fn a_broken_stream_says_what_broke() {
        let error = json!({ "type": "error",
            "error": { "type": "overloaded_error", "message": "Overloaded" } });
        check(&[start(), error], "overloaded_error: Overloaded");
        check(&[json!({ "type": "error" })], "error: the provider gave no reason");
        let unreadable = "an event of the stream cannot be read: ";
        check(&[start(), json_part(0, "{}")], &format!("{unreadable}block 0 was not begun"));
        check(&[start(), block(1, json!({}))], &format!("{unreadable}block 1 is out of order"));
    }
}
