//! Bytes to server-sent events, however the network cuts them.
//!
//! The format is the one of the HTML standard, "Server-sent events", 9.2.6: lines end in LF, CR or
//! CRLF; a blank line ends an event; lines beginning with a colon are comments.

/// The most one event may hold. A provider's largest event is one delta, a few kilobytes; the limit
/// keeps a broken stream from filling the memory.
const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One event: its name and its data lines joined by LF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// The `event:` field; empty when there was none.
    pub(super) name: String,
    /// The `data:` fields.
    pub(super) data: String,
}

/// An event that never ends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {EVENT_BYTES_MAX} bytes")]
pub(super) struct TooLong;

/// Collects bytes until they make an event.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Decoder {
    /// Takes the next bytes and returns the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if EVENT_BYTES_MAX < self.line.len() + self.event.data.len() {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let first = !std::mem::replace(&mut self.begun, true);
        let line = if first { text.trim_start_matches('\u{feff}') } else { &text };
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments (an empty field name), `id` and `retry` mean nothing to a call that cannot
            // be resumed.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream gives these events whether it arrives at once, byte by byte or in any two parts.
    #[track_caller]
    fn check(stream: &str, expected: &[(&str, &str)]) {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect();
        let bytes = stream.as_bytes();
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(decode(&bytewise), expected, "byte by byte");
        for at in 0..=bytes.len() {
            assert_eq!(decode(&[&bytes[..at], &bytes[at..]]), expected, "cut at {at}");
        }
    }

    fn decode(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = Decoder::default();
        let events = chunks.iter().flat_map(|it| decoder.push(it).unwrap());
        events.map(|it| (it.name, it.data)).collect()
    }

    #[test]
    fn events_are_found_however_the_bytes_are_cut() {
        check("event: ping\ndata: {}\n\n", &[("ping", "{}")]);
        check("event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", &[("a", "1"), ("", "2")]);
        check("data: 1\r\rdata: 2\r\r", &[("", "1"), ("", "2")]);
        check(": comment\n\ndata:no blank\n\n", &[("", "no blank")]);
        check("data: one\ndata: two\n\n", &[("", "one\ntwo")]);
        check("data\n\n", &[("", "")]);
        check("\u{feff}data: ünïcödé 🎼\n\n", &[("", "ünïcödé 🎼")]);
        check("id: 1\nretry: 5\nevent: lonely\n\n", &[]);
        check("data: unfinished\n", &[]);
        check("", &[]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; EVENT_BYTES_MAX];
        assert_eq!(decoder.push(&chunk), Ok(Vec::new()));
        assert_eq!(decoder.push(b"x"), Err(TooLong));
    }
}
