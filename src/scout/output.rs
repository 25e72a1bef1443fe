//! Text for a model, in bounded size.

/// The most bytes one tool answers with. About 8,000 tokens: a model that needs more narrows.
pub(super) const OUTPUT_BYTES_MAX: usize = 24 * 1_024;

/// Why a tool did not answer, as one sentence that says what to do instead. It goes to the model
/// as an error result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Lines up to a size; what no longer fits is counted.
pub(super) struct Lines {
    text: String,
    bytes_max: usize,
    left_out: usize,
}

impl Lines {
    pub(super) fn new(bytes_max: usize) -> Lines {
        Lines { text: String::new(), bytes_max, left_out: 0 }
    }

    /// Adds a line, or counts it when it does not fit. Once one did not fit none does: a listing
    /// with holes would mislead.
    pub(super) fn push(&mut self, line: &str) -> bool {
        if 0 < self.left_out || self.bytes_max < self.text.len() + line.len() + 1 {
            self.left_out += 1;
            return false;
        }
        self.text.push_str(line);
        self.text.push('\n');
        true
    }

    /// Counts `n` lines that were not even made.
    pub(super) fn leave_out(&mut self, n: usize) {
        self.left_out += n;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.left_out == 0
    }

    /// The text alone, for a caller that says itself what is left.
    pub(super) fn text(self) -> String {
        self.text
    }

    /// The text; when lines were left out, their number and the hint as a last line.
    pub(super) fn finish(mut self, what: &str, hint: &str) -> String {
        if 0 < self.left_out {
            let count = self.left_out;
            self.text.push_str(&format!("({count} more {what}; {hint})\n"));
        }
        self.text
    }
}

/// At most `chars_max` characters of a line, saying that it was cut.
pub(super) fn clip(line: &str, chars_max: usize) -> String {
    match line.char_indices().nth(chars_max) {
        None => line.to_owned(),
        Some((end, _)) => {
            let chars = line.chars().count();
            format!("{} … (line cut, {chars} characters)", &line[..end])
        }
    }
}

/// `950 B`, `3.2 KB`, `1.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes * 10).div_ceil(unit);
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{}.{} KB", tenths(1_024) / 10, tenths(1_024) % 10),
        _ => format!("{}.{} MB", tenths(1_048_576) / 10, tenths(1_048_576) % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut lines = Lines::new(10);
        assert!(lines.push("12345"));
        assert!(!lines.push("123456"));
        assert!(!lines.push("1"), "no holes");
        lines.leave_out(3);
        assert_eq!(lines.finish("files", "narrow"), "12345\n(5 more files; narrow)\n");
        assert!(Lines::new(10).is_empty());
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöü", 2), "äö … (line cut, 3 characters)");
    }

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 1_023, 1_024, 3_300, 1_048_575, 1_500_000].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KB", "3.3 KB", "1024.0 KB", "1.5 MB"]);
    }
}
