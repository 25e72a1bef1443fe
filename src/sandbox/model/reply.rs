//! An answer as the provider sends it: one JSON message, or the same as a stream of events.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::rules;
use super::tokens::{self, Used};
use super::turn::{Ending, Part, Reply};

/// How many characters one delta carries.
const DELTA_CHARS: usize = 48;

/// An answer with everything that identifies it.
pub(super) struct Message {
    id: String,
    model: String,
    blocks: Vec<Piece>,
    stop_reason: &'static str,
    ending: Ending,
    used: Used,
}

/// A block of the answer; the arguments of a tool are kept as text, because a cut call has no more.
struct Piece {
    block: Value,
    json: Option<String>,
}

impl Message {
    /// Builds the answer of the `number`-th call to `body`. With `thinks`, a thinking block stands
    /// first, as on the lines that always think.
    pub(super) fn new(reply: Reply, body: &Value, number: usize, thinks: bool) -> Message {
        let mut blocks = Vec::new();
        if thinks && !reply.parts.is_empty() {
            let signature = rules::signature(body);
            let block = json!({ "type": "thinking", "thinking": "", "signature": signature });
            blocks.push(Piece { block, json: None });
        }
        let seed = hex::encode(Sha256::digest(body["messages"].to_string()));
        for (index, part) in reply.parts.into_iter().enumerate() {
            let id = format!("toolu_{}{index:02}", &seed[..16]);
            blocks.push(Piece::new(part, &id));
        }
        let output: u64 = blocks.iter().map(Piece::tokens).sum();
        Message {
            id: format!("msg_box{number:06}"),
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            blocks,
            stop_reason: reply.stop_reason,
            ending: reply.ending,
            used: Used { output: output.max(1), ..Used::default() },
        }
        .within(body["max_tokens"].as_u64().unwrap_or(u64::MAX))
    }

    /// The tokens of the answer, without its prompt.
    pub(super) fn output(&self) -> u64 {
        self.used.output
    }

    /// Says what the prompt cost.
    pub(super) fn with_prompt(mut self, prompt: Used) -> Message {
        self.used = Used { output: self.used.output, ..prompt };
        self
    }

    /// How much of it arrives.
    pub(super) fn ending(&self) -> Ending {
        self.ending
    }

    /// The content of a turn that the server pauses, as it will come back.
    pub(super) fn paused(&self) -> Option<String> {
        (self.stop_reason == "pause_turn").then(|| Value::Array(self.content()).to_string())
    }

    /// The ids of its tool calls, if it began with thinking.
    pub(super) fn tool_ids_after_thinking(&self) -> Vec<String> {
        let thinks = self.blocks.first().is_some_and(|it| it.block["type"] == "thinking");
        let ids = self.blocks.iter().filter_map(|it| it.block["id"].as_str());
        ids.filter(|_| thinks).map(str::to_owned).collect()
    }

    /// The plain answer.
    pub(super) fn to_json(&self) -> String {
        let mut message = self.envelope();
        message["content"] = Value::Array(self.content());
        message["stop_reason"] = json!(self.stop_reason);
        message["usage"] = self.usage(self.used.output);
        message.to_string()
    }

    fn usage(&self, output: u64) -> Value {
        match self.ending {
            Ending::Uncounted => Value::Null,
            Ending::Whole | Ending::CutAfter(_) | Ending::ErrorEvent => usage(self.used, output),
        }
    }

    /// The streamed answer, event by event.
    pub(super) fn to_events(&self) -> Vec<String> {
        let mut opening = self.envelope();
        opening["content"] = json!([]);
        opening["usage"] = self.usage(1);
        let mut events =
            vec![event("message_start", json!({ "message": opening })), event("ping", json!({}))];
        for (index, piece) in self.blocks.iter().enumerate() {
            let begun = json!({ "index": index, "content_block": piece.opening() });
            events.push(event("content_block_start", begun));
            if self.ending == Ending::ErrorEvent {
                events.push(error_event());
                return events;
            }
            let deltas = piece.deltas().into_iter();
            events.extend(deltas.map(|delta| {
                event("content_block_delta", json!({ "index": index, "delta": delta }))
            }));
            events.push(event("content_block_stop", json!({ "index": index })));
        }
        let delta = json!({ "stop_reason": self.stop_reason, "stop_sequence": null });
        let usage = match self.ending {
            Ending::Uncounted => Value::Null,
            Ending::Whole | Ending::CutAfter(_) | Ending::ErrorEvent => {
                json!({ "output_tokens": self.used.output })
            }
        };
        events.push(event("message_delta", json!({ "delta": delta, "usage": usage })));
        events.push(event("message_stop", json!({})));
        events
    }

    /// Cuts the answer where it passes `max_tokens`, as the provider does: whole blocks first, then
    /// the beginning of the next.
    fn within(mut self, max_tokens: u64) -> Message {
        if self.used.output <= max_tokens {
            return self;
        }
        let mut left = max_tokens;
        let mut kept = Vec::new();
        for piece in self.blocks {
            if left == 0 {
                break;
            }
            let tokens = piece.tokens();
            kept.push(if tokens <= left { piece } else { piece.cut(left) });
            left = left.saturating_sub(tokens);
        }
        self.blocks = kept;
        self.used.output = max_tokens;
        self.stop_reason = "max_tokens";
        self
    }

    fn envelope(&self) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model,
            "stop_reason": null, "stop_sequence": null,
        })
    }

    fn content(&self) -> Vec<Value> {
        self.blocks.iter().map(Piece::whole).collect()
    }
}

impl Piece {
    fn new(part: Part, id: &str) -> Piece {
        let tool = |name: String, json: String| Piece {
            block: json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
            json: Some(json),
        };
        match part {
            Part::Text(text) => {
                Piece { block: json!({ "type": "text", "text": text }), json: None }
            }
            Part::Tool { name, input } => tool(name, input.to_string()),
            Part::CutTool { name, json } => tool(name, json),
        }
    }

    fn tokens(&self) -> u64 {
        tokens::of_text(self.json.as_deref().unwrap_or_else(|| self.text()))
    }

    fn text(&self) -> &str {
        self.block["text"].as_str().unwrap_or_default()
    }

    fn cut(mut self, tokens: u64) -> Piece {
        let chars = usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(3);
        match &self.json {
            Some(json) => self.json = Some(json.chars().take(chars).collect()),
            None => {
                let text: String = self.text().chars().take(chars).collect();
                self.block["text"] = Value::String(text);
            }
        }
        self
    }

    /// The block as the plain answer shows it; arguments that are no JSON become the text they are.
    fn whole(&self) -> Value {
        let mut block = self.block.clone();
        if let Some(json) = &self.json {
            block["input"] =
                serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.clone()));
        }
        block
    }

    /// The block as it is announced: without what the deltas bring.
    fn opening(&self) -> Value {
        let mut block = self.block.clone();
        for field in ["text", "signature"] {
            if block.get(field).is_some() {
                block[field] = json!("");
            }
        }
        block
    }

    fn deltas(&self) -> Vec<Value> {
        let split = |text: &str| -> Vec<String> {
            let chars: Vec<char> = text.chars().collect();
            chars.chunks(DELTA_CHARS).map(|it| it.iter().collect()).collect()
        };
        if let Some(json) = &self.json {
            let parts = split(json).into_iter();
            return parts
                .map(|part| json!({ "type": "input_json_delta", "partial_json": part }))
                .collect();
        }
        if let Some(signature) = self.block["signature"].as_str() {
            return vec![
                json!({ "type": "thinking_delta", "thinking": "" }),
                json!({ "type": "signature_delta", "signature": signature }),
            ];
        }
        let parts = split(self.text()).into_iter();
        parts.map(|part| json!({ "type": "text_delta", "text": part })).collect()
    }
}

fn usage(used: Used, output: u64) -> Value {
    json!({
        "input_tokens": used.input,
        "output_tokens": output,
        "cache_read_input_tokens": used.cache_read,
        "cache_creation_input_tokens": used.cache_write_5m + used.cache_write_1h,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.cache_write_5m,
            "ephemeral_1h_input_tokens": used.cache_write_1h,
        },
        "service_tier": "standard",
    })
}

fn event(name: &str, mut data: Value) -> String {
    data["type"] = json!(name);
    format!("event: {name}\ndata: {data}\n\n")
}

fn error_event() -> String {
    let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
    event("error", json!({ "error": error }))
}
