//! What the model says next, or how the call fails: the words of a script.

use serde_json::{Value, json};

/// One turn of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// An answer.
    Reply(Reply),
    /// A failure. With a reply inside, the model worked, the provider billed, and then it failed.
    Fault {
        /// How the call fails.
        fault: Fault,
        /// What was billed before it failed.
        billed: Option<Reply>,
    },
}

/// An answer of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its parts; thinking is put before them by the server on the lines that always think.
    pub parts: Vec<Part>,
    /// `stop_reason`.
    pub stop_reason: &'static str,
    /// Whether all of it arrives.
    pub ending: Ending,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A call of a tool.
    Tool {
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Value,
    },
    /// A call that was cut at `max_tokens`: its arguments are no JSON.
    CutTool {
        /// The tool's name.
        name: String,
        /// The beginning of its arguments.
        json: String,
    },
}

/// How much of an answer arrives. Whatever arrives, all of it is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything.
    Whole,
    /// Everything but `usage`, as gateways send it that translate from another provider's form.
    Uncounted,
    /// The connection closes after this many bytes of the body.
    CutAfter(usize),
    /// The stream reports `overloaded_error` after the first part began. A plain answer is whole.
    ErrorEvent,
}

/// How a call fails. Each stands for a documented behaviour of the provider (its error reference)
/// or of the network in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 `rate_limit_error`, with `retry-after` in seconds if given.
    RateLimited(Option<u32>),
    /// 429 with `enforced_spend_limit_reached` and no `retry-after`: until next month.
    SpendLimit,
    /// 529 `overloaded_error`.
    Overloaded,
    /// 500 `api_error`.
    Internal,
    /// 504 `timeout_error`.
    GatewayTimeout,
    /// 400 "prompt is too long".
    TooLong,
    /// The server accepts the call and never answers.
    Hang,
    /// The connection closes without an answer.
    Disconnect,
}

/// A failure that strikes the k-th call, whatever the script says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The model never worked: nothing is billed, the script's turn stays for the next call.
    Before(Fault),
    /// The model worked and the provider billed; the answer was lost. The script's turn stays, so
    /// the retried call gets the same answer (and is billed again).
    AfterBilled(Fault),
}

impl Turn {
    /// Text and the end of the turn.
    pub fn text(text: impl Into<String>) -> Turn {
        Turn::reply(vec![Part::Text(text.into())], "end_turn")
    }

    /// Calls of tools, all in one message.
    pub fn tools<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Turn {
        let parts =
            calls.into_iter().map(|(name, input)| Part::Tool { name: name.to_owned(), input });
        Turn::reply(parts.collect(), "tool_use")
    }

    /// A failure that costs nothing.
    pub fn fault(fault: Fault) -> Turn {
        Turn::Fault { fault, billed: None }
    }

    /// An answer without any part.
    pub fn empty() -> Turn {
        Turn::reply(Vec::new(), "end_turn")
    }

    /// An answer that runs into `max_tokens` in the middle of a call of `tool`.
    pub fn max_tokens(tool: &str) -> Turn {
        let cut = Part::CutTool { name: tool.to_owned(), json: "{\"summary\": \"This is".into() };
        Turn::reply(vec![Part::Text("I submit the plan.".into()), cut], "max_tokens")
    }

    /// A long turn that the server pauses; the conversation is sent back as it is.
    pub fn pauses(text: impl Into<String>) -> Turn {
        Turn::reply(vec![Part::Text(text.into())], "pause_turn")
    }

    /// The same turn with a sentence before it.
    pub fn saying(self, text: impl Into<String>) -> Turn {
        self.map(|mut reply| {
            reply.parts.insert(0, Part::Text(text.into()));
            reply
        })
    }

    /// The same turn, but the connection closes after `bytes` of the body. It is billed in full.
    pub fn is_cut_after(self, bytes: usize) -> Turn {
        self.map(|reply| Reply { ending: Ending::CutAfter(bytes), ..reply })
    }

    /// The same turn, but the answer does not say what was used. It is billed in full.
    pub fn is_uncounted(self) -> Turn {
        self.map(|reply| Reply { ending: Ending::Uncounted, ..reply })
    }

    /// The same turn, but the stream reports an error in the middle. It is billed in full.
    pub fn errs_midway(self) -> Turn {
        self.map(|reply| Reply { ending: Ending::ErrorEvent, ..reply })
    }

    /// The turn is billed, and then the call fails.
    pub fn but_fails(self, fault: Fault) -> Turn {
        match self {
            Turn::Reply(reply) | Turn::Fault { billed: Some(reply), .. } => {
                Turn::Fault { fault, billed: Some(reply) }
            }
            Turn::Fault { billed: None, .. } => Turn::fault(fault),
        }
    }

    /// The turn in a few words, for the list of what was never asked for.
    pub fn describe(&self) -> String {
        let parts = |reply: &Reply| -> String {
            let names = reply.parts.iter().map(|part| match part {
                Part::Text(text) => format!("says {:?}", text.chars().take(40).collect::<String>()),
                Part::Tool { name, .. } | Part::CutTool { name, .. } => format!("calls {name}"),
            });
            names.collect::<Vec<String>>().join(", ")
        };
        match self {
            Turn::Reply(reply) if reply.parts.is_empty() => reply.stop_reason.to_owned(),
            Turn::Reply(reply) => parts(reply),
            Turn::Fault { fault, billed: None } => format!("fails: {fault:?}"),
            Turn::Fault { fault, billed: Some(reply) } => {
                format!("{}, billed, then fails: {fault:?}", parts(reply))
            }
        }
    }

    fn reply(parts: Vec<Part>, stop_reason: &'static str) -> Turn {
        Turn::Reply(Reply { parts, stop_reason, ending: Ending::Whole })
    }

    fn map(self, change: impl FnOnce(Reply) -> Reply) -> Turn {
        match self {
            Turn::Reply(reply) => Turn::Reply(change(reply)),
            Turn::Fault { fault, billed } => Turn::Fault { fault, billed: billed.map(change) },
        }
    }
}

/// Reads a file.
pub fn reads(path: &str) -> Turn {
    Turn::tools([("read_file", json!({ "path": path }))])
}

/// Lists all files.
pub fn lists() -> Turn {
    Turn::tools([("list_files", json!({}))])
}

/// Looks for a pattern.
pub fn greps(pattern: &str) -> Turn {
    Turn::tools([("grep", json!({ "pattern": pattern }))])
}

/// Looks for files about something.
pub fn searches(query: &str) -> Turn {
    Turn::tools([("search", json!({ "query": query }))])
}

/// Asks people; each question with the choices yes and no.
pub fn asks<'a>(questions: impl IntoIterator<Item = &'a str>) -> Turn {
    let questions: Vec<Value> = questions
        .into_iter()
        .map(|question| {
            let why = "The plan depends on it.";
            json!({ "question": question, "why": why, "choices": ["Yes", "No"] })
        })
        .collect();
    Turn::tools([("ask", json!({ "questions": questions }))])
}

/// Submits a plan.
pub fn submits(plan: Value) -> Turn {
    Turn::tools([("submit_plan", plan)])
}

/// Puts `new` in the place of `old` in a file.
pub fn edits(path: &str, old: &str, new: &str) -> Turn {
    Turn::tools([("replace_text", json!({ "path": path, "old": old, "new": new }))])
}

/// Creates a file.
pub fn creates(path: &str, content: &str) -> Turn {
    Turn::tools([("create_file", json!({ "path": path, "content": content }))])
}

/// Deletes a file.
pub fn deletes(path: &str) -> Turn {
    Turn::tools([("delete_file", json!({ "path": path }))])
}

/// Moves a file.
pub fn moves(from: &str, to: &str) -> Turn {
    Turn::tools([("move_file", json!({ "from": from, "to": to }))])
}

/// Notes where the work stands and what comes next.
pub fn notes(position: &str, next_step: &str) -> Turn {
    Turn::tools([("note", json!({ "position": position, "next_step": next_step }))])
}

/// Says that the task is done.
pub fn task_done(summary: &str) -> Turn {
    let verified = "By reading each acceptance line against the code.";
    Turn::tools([("task_done", json!({ "summary": summary, "verified": verified }))])
}

/// Reports this as wrong and major, with its remedy; with nothing, that nothing has to change. The
/// plan's acceptance lines hold, as many as are given by the ids of their tasks.
pub fn finds(acceptance: &[&str], problems: &[&str]) -> Turn {
    let lines = acceptance.iter().map(
        |task| json!({ "task": task, "line": "It holds.", "met": "yes", "evidence": "Its test." }),
    );
    let findings = problems.iter().map(|problem| {
        json!({ "severity": "major", "kind": "correctness", "problem": problem,
            "remedy": "Mend it." })
    });
    let summary =
        if problems.is_empty() { "Nothing has to change." } else { "Something is wrong." };
    let (lines, findings): (Vec<Value>, Vec<Value>) = (lines.collect(), findings.collect());
    let report = json!({ "summary": summary, "acceptance": lines, "findings": findings });
    Turn::tools([("report_findings", report)])
}

/// Says something and ends.
pub fn says(text: &str) -> Turn {
    Turn::text(text)
}

/// Refuses.
pub fn refuses() -> Turn {
    Turn::reply(Vec::new(), "refusal")
}
