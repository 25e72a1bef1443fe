//! A conversation with a model in our own words: what the agent loop keeps, and what a provider's
//! client translates to and from its wire format.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who said a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Baton, on behalf of people and tools.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Speaker,
    /// What was said, in order.
    pub content: Vec<Block>,
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text {
        /// The text itself.
        text: String,
    },
    /// The model asks for a tool.
    ToolUse {
        /// The provider's id of this call; its result names it.
        id: String,
        /// The tool's name.
        name: String,
        /// The arguments, unchecked.
        input: Value,
    },
    /// What a tool answered.
    ToolResult {
        /// The id of the call this answers.
        tool_use_id: String,
        /// The answer, or the error's sentence.
        content: String,
        /// Whether the tool refused.
        is_error: bool,
    },
    /// A block that Baton does not interpret (thinking, for one) and passes back unchanged inside
    /// the same tool loop.
    Opaque {
        /// The block as the provider sent it.
        raw: Value,
    },
}

/// A tool that is offered to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// When and how to use it, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

/// Everything one call to a model needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model id asked for.
    pub model: String,
    /// The stable prefix: rules, then the repository's own instructions. Each ends a cacheable
    /// part.
    pub system: Vec<String>,
    /// The tools on offer, in a stable order.
    pub tools: Vec<Tool>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The most tokens the answer may have.
    pub max_tokens: u32,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It was finished.
    EndTurn,
    /// It asks for tools.
    ToolUse,
    /// The answer was cut at `max_tokens`; a tool call at its end is invalid.
    MaxTokens,
    /// The server paused a long turn; send the conversation back as it is.
    PauseTurn,
    /// The model refused.
    Refusal,
    /// The conversation no longer fits the model.
    ContextExceeded,
    /// A reason this version does not know; treated like `EndTurn`.
    Other,
}

/// Tokens of one request, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to the cache.
    pub input: u64,
    /// Answer tokens.
    pub output: u64,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the five-minute cache.
    pub cache_write_5m: u64,
    /// Prompt tokens written to the one-hour cache.
    pub cache_write_1h: u64,
}

impl Usage {
    /// The whole prompt: what long-context thresholds look at.
    pub fn prompt(&self) -> u64 {
        self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h
    }
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that answered, which need not be the one asked for.
    pub model: String,
    /// The provider's id of this request, when it sent one.
    pub request_id: Option<String>,
    /// The answer's parts.
    pub content: Vec<Block>,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// What it used.
    pub usage: Usage,
}

impl Answer {
    /// Whether the provider said what it used: every prompt has tokens, and every answer that says
    /// something. A gateway that keeps silent about it has not worked for nothing.
    pub fn is_counted(&self) -> bool {
        0 < self.usage.prompt() && (0 < self.usage.output || self.content.is_empty())
    }
}
