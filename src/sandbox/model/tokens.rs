//! Counting tokens, and the prompt cache.
//!
//! The cache is the provider's: prefixes in the order tools, system, messages, written where a
//! `cache_control` mark stands, found again from a mark at most 20 blocks back, worth keeping from
//! 512 tokens on, forgotten after five minutes (or an hour) without use. Only the token counts are
//! made up: two tokens for seven bytes, and three for the frame of each block.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::base::{Millis, Timestamp};

/// A prefix below this many tokens is not cached (5.5 line).
const CACHED_TOKENS_MIN: u64 = 512;

/// How many blocks before a mark the provider looks for a cached prefix.
const LOOK_BACK_BLOCKS: usize = 20;

/// Tokens of one call, in the books' terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Neither read from nor written to the cache.
    pub input: u64,
    /// The answer.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written to the five-minute cache.
    pub cache_write_5m: u64,
    /// Written to the one-hour cache.
    pub cache_write_1h: u64,
}

/// How long a cached prefix lives without use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    FiveMinutes,
    OneHour,
}

impl Lifetime {
    fn length(self) -> Millis {
        match self {
            Lifetime::FiveMinutes => Millis::minutes(5),
            Lifetime::OneHour => Millis::hours(1),
        }
    }
}

/// One block of a prompt.
struct Segment {
    text: String,
    mark: Option<Lifetime>,
}

/// A prefix of a prompt: its hash, its size and the mark at its end.
struct Prefix {
    hash: [u8; 32],
    tokens: u64,
    mark: Option<Lifetime>,
}

/// The prefixes that the provider remembers.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<[u8; 32], (Timestamp, Lifetime)>,
}

impl Cache {
    /// What the prompt of this request costs now, and remembers its marked prefixes.
    pub(super) fn charge(&mut self, request: &Value, now: Timestamp) -> Used {
        let prefixes = prefixes(request);
        let total = prefixes.last().map_or(0, |it| it.tokens);
        let live = |at: usize| self.entries.get(&prefixes[at].hash).filter(|it| now < it.0);
        let marked =
            |at: &usize| prefixes[*at].mark.is_some() && CACHED_TOKENS_MIN <= prefixes[*at].tokens;
        let marks: Vec<usize> = (0..prefixes.len()).filter(marked).collect();
        let reachable =
            |at: &usize| marks.iter().any(|mark| *at <= *mark && mark - at < LOOK_BACK_BLOCKS);
        let read = (0..prefixes.len()).rev().find(|at| reachable(at) && live(*at).is_some());

        let mut used = Used::default();
        let mut counted = read.map_or(0, |at| prefixes[at].tokens);
        used.cache_read = counted;
        if let Some(at) = read
            && let Some(entry) = self.entries.get_mut(&prefixes[at].hash)
        {
            entry.0 = now + entry.1.length();
        }
        for &at in marks.iter().filter(|at| read.is_none_or(|read| read < **at)) {
            let Prefix { hash, tokens, mark } = &prefixes[at];
            let lifetime = mark.unwrap_or(Lifetime::FiveMinutes);
            match lifetime {
                Lifetime::FiveMinutes => used.cache_write_5m += tokens - counted,
                Lifetime::OneHour => used.cache_write_1h += tokens - counted,
            }
            counted = *tokens;
            self.entries.insert(*hash, (now + lifetime.length(), lifetime));
        }
        used.input = total - counted;
        used
    }
}

/// The tokens of a request's whole prompt.
pub(super) fn prompt(request: &Value) -> u64 {
    prefixes(request).last().map_or(0, |it| it.tokens)
}

/// The tokens of a text.
pub(super) fn of_text(text: &str) -> u64 {
    u64::try_from(text.len() * 2 / 7).unwrap_or(u64::MAX) + 3
}

fn prefixes(request: &Value) -> Vec<Prefix> {
    let mut hash: [u8; 32] = Sha256::digest(request["model"].to_string()).into();
    let mut tokens = 0;
    let grown = segments(request).into_iter().map(|Segment { text, mark }| {
        hash = Sha256::new().chain_update(hash).chain_update(&text).finalize().into();
        tokens += of_text(&text);
        Prefix { hash, tokens, mark }
    });
    grown.collect()
}

fn segments(request: &Value) -> Vec<Segment> {
    let mut segments: Vec<Segment> = list(&request["tools"]).iter().map(segment).collect();
    segments.extend(blocks(&request["system"]).iter().map(segment));
    for message in list(&request["messages"]) {
        let role = message["role"].as_str().unwrap_or_default();
        for block in blocks(&message["content"]) {
            let mut segment = segment(&block);
            segment.text.insert_str(0, role);
            segments.push(segment);
        }
    }
    if let Some(lifetime) = lifetime(request)
        && let Some(last) = segments.last_mut()
    {
        last.mark.get_or_insert(lifetime);
    }
    segments
}

fn segment(block: &Value) -> Segment {
    let mut bare = block.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.remove("cache_control");
    }
    Segment { text: bare.to_string(), mark: lifetime(block) }
}

fn lifetime(holder: &Value) -> Option<Lifetime> {
    let control = holder.get("cache_control").filter(|it| it.is_object())?;
    match control["ttl"].as_str() {
        Some("1h") => Some(Lifetime::OneHour),
        Some(_) | None => Some(Lifetime::FiveMinutes),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Content as blocks: a bare string is one text.
fn blocks(content: &Value) -> Vec<Value> {
    match content.as_str() {
        Some(text) => vec![serde_json::json!({ "type": "text", "text": text })],
        None => list(content).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn request(system: &str, turns: &[&str]) -> Value {
        let mark = json!({ "type": "ephemeral" });
        let mut messages: Vec<Value> = turns
            .iter()
            .map(|text| json!({ "role": "user", "content": [{ "type": "text", "text": text }] }))
            .collect();
        if let Some(last) = messages.last_mut() {
            last["content"][0]["cache_control"] = mark.clone();
        }
        let system = json!([{ "type": "text", "text": system, "cache_control": mark }]);
        json!({ "model": "m", "system": system, "messages": messages })
    }

    #[test]
    fn a_second_turn_reads_what_the_first_wrote() {
        let mut cache = Cache::default();
        let system = "x".repeat(4_000);
        let first = cache.charge(&request(&system, &["hello"]), START);
        assert_eq!((first.input, first.cache_read), (0, 0));
        assert!(first.cache_write_5m > 1_000);

        let second = cache.charge(&request(&system, &["hello", "more"]), START);
        assert_eq!((second.input, second.cache_read), (0, first.cache_write_5m));
        assert!(second.cache_write_5m < 100);
        let whole = prompt(&request(&system, &["hello", "more"]));
        assert_eq!(second.input + second.cache_read + second.cache_write_5m, whole);
    }

    #[test]
    fn the_cache_forgets_after_five_minutes_without_use() {
        let mut cache = Cache::default();
        let request = request(&"x".repeat(4_000), &["hello"]);
        let minutes = |n| START + Millis::minutes(n);
        cache.charge(&request, START);
        assert!(cache.charge(&request, minutes(4)).cache_read > 0);
        assert!(cache.charge(&request, minutes(8)).cache_read > 0, "use keeps it alive");
        assert_eq!(cache.charge(&request, minutes(13)).cache_read, 0);
    }

    #[test]
    fn small_prompts_and_other_models_are_not_cached() {
        let mut cache = Cache::default();
        let small = request("short", &["hello"]);
        cache.charge(&small, START);
        let again = cache.charge(&small, START);
        assert_eq!((again.cache_read, again.cache_write_5m, again.input), (0, 0, prompt(&small)));

        let mut large = request(&"x".repeat(4_000), &["hello"]);
        cache.charge(&large, START);
        large["model"] = json!("other");
        assert_eq!(cache.charge(&large, START).cache_read, 0);
    }

    #[test]
    fn a_change_in_the_prefix_loses_what_follows() {
        let mut cache = Cache::default();
        cache.charge(&request(&"x".repeat(4_000), &["hello"]), START);
        assert_eq!(cache.charge(&request(&"y".repeat(4_000), &["hello"]), START).cache_read, 0);
    }

    #[test]
    fn one_hour_writes_are_counted_apart() {
        let mut request = request(&"x".repeat(4_000), &[]);
        request["system"][0]["cache_control"]["ttl"] = json!("1h");
        let used = Cache::default().charge(&request, START);
        assert_eq!((used.cache_write_1h, used.cache_write_5m), (prompt(&request), 0));
    }
}
