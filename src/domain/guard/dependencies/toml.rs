//! TOML flattened to key paths with their raw values, as far as manifests of packages need it.
//!
//! It is no validator. A text that tools would refuse gives some entries or none; a text that
//! tools accept gives every key, however it is spelled (dotted, quoted, inline, over several
//! lines), because an attacker chooses the spelling.

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The whole path of the key, table headers included, quotes taken off.
    pub(super) keys: Vec<String>,
    /// The value as it is written.
    pub(super) value: String,
    /// The key's line, from 1.
    pub(super) line: usize,
}

impl Entry {
    /// The strings in the value, without their quotes.
    pub(super) fn strings(&self) -> Vec<String> {
        let mut strings = Vec::new();
        let mut reader = Reader::new(&self.value);
        while let Some(it) = reader.peek() {
            match it {
                '"' | '\'' => strings.push(reader.string()),
                '#' => reader.skip_comment(),
                _ => reader.skip(),
            }
        }
        strings
    }
}

/// Nesting of inline tables that is followed; deeper ones stay values.
const DEPTH_MAX: usize = 8;

/// All entries in the order of the text; an inline table gives itself and each of its keys.
pub(super) fn flatten(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut reader = Reader::new(text);
    let mut table = Vec::new();
    while let Some(it) = reader.peek() {
        match it {
            '[' => table = reader.header(),
            '#' => reader.skip_comment(),
            it if it.is_whitespace() => reader.skip(),
            _ => {
                let line = reader.line;
                let keys = reader.keys('=');
                let value = reader.value(&['\n']);
                push(&mut entries, &table, keys, value, (line, 0));
            }
        }
    }
    entries
}

/// `place` is the line and the depth of nesting.
fn push(
    entries: &mut Vec<Entry>,
    table: &[String],
    keys: Vec<String>,
    value: String,
    place: (usize, usize),
) {
    let (line, depth) = place;
    let keys = [table, &keys].concat();
    let inner = value.strip_prefix('{').map(|it| it.strip_suffix('}').unwrap_or(it).to_owned());
    entries.push(Entry { keys: keys.clone(), value, line });
    let Some(inner) = inner.filter(|_| depth < DEPTH_MAX) else { return };
    let mut reader = Reader::new(&inner);
    while let Some(it) = reader.peek() {
        if it.is_whitespace() || it == ',' {
            reader.skip();
            continue;
        }
        let at = line + reader.line - 1;
        let inner_keys = reader.keys('=');
        let value = reader.value(&[',']);
        push(entries, &keys, inner_keys, value, (at, depth + 1));
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn new(text: &str) -> Reader {
        Reader { chars: text.chars().collect(), at: 0, line: 1 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self) {
        if self.peek() == Some('\n') {
            self.line += 1;
        }
        self.at = (self.at + 1).min(self.chars.len());
    }

    fn skip_comment(&mut self) {
        while self.peek().is_some_and(|it| it != '\n') {
            self.skip();
        }
    }

    /// `[a.b]` or `[[a.b]]`.
    fn header(&mut self) -> Vec<String> {
        while self.peek() == Some('[') {
            self.skip();
        }
        let keys = self.keys(']');
        while self.peek().is_some_and(|it| it != '\n') {
            self.skip();
        }
        keys
    }

    /// A dotted key up to `end`, which is taken too. The end of the line ends it as well.
    fn keys(&mut self, end: char) -> Vec<String> {
        let mut keys = vec![String::new()];
        while let Some(it) = self.peek() {
            match it {
                '"' | '\'' => {
                    let text = self.string();
                    if let Some(last) = keys.last_mut() {
                        last.push_str(&text);
                    }
                    continue;
                }
                '\n' => break,
                '.' => keys.push(String::new()),
                it if it == end => {
                    self.skip();
                    break;
                }
                it if it.is_whitespace() => {}
                it => {
                    if let Some(last) = keys.last_mut() {
                        last.push(it);
                    }
                }
            }
            self.skip();
        }
        keys
    }

    /// A value up to one of `ends` outside of strings and brackets.
    fn value(&mut self, ends: &[char]) -> String {
        let mut value = String::new();
        let mut depth = 0_usize;
        while let Some(it) = self.peek() {
            match it {
                '"' | '\'' => {
                    let start = self.at;
                    self.string();
                    value.extend(&self.chars[start..self.at]);
                    continue;
                }
                '#' => {
                    self.skip_comment();
                    continue;
                }
                it if depth == 0 && ends.contains(&it) => break,
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            value.push(it);
            self.skip();
        }
        value.trim().to_owned()
    }

    /// A string of any kind, its content as it is written but for `\"` and Unicode escapes.
    fn string(&mut self) -> String {
        let Some(quote) = self.peek() else { return String::new() };
        let is_long = self.chars[self.at..].starts_with(&[quote; 3]);
        let width = if is_long { 3 } else { 1 };
        (0..width).for_each(|_| self.skip());
        let mut text = String::new();
        while let Some(it) = self.peek() {
            let closes =
                if is_long { self.chars[self.at..].starts_with(&[quote; 3]) } else { it == quote };
            if closes {
                (0..width).for_each(|_| self.skip());
                return text;
            }
            if it == '\n' && !is_long {
                return text;
            }
            if it == '\\' && quote == '"' {
                self.skip();
                text.push(self.escaped());
            } else {
                text.push(it);
            }
            self.skip();
        }
        text
    }

    /// What stands for the escape whose letter is next; the last of its characters is left to be
    /// skipped.
    fn escaped(&mut self) -> char {
        let digits = match self.peek() {
            Some('u') => 4,
            Some('U') => 8,
            Some(it) => return it,
            None => return '\\',
        };
        let from = (self.at + 1).min(self.chars.len());
        let to = (from + digits).min(self.chars.len());
        let code: String = self.chars[from..to].iter().collect();
        self.at = to.saturating_sub(1);
        u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown: Vec<String> = flatten(text)
            .iter()
            .map(|it| format!("{}:{}={}", it.line, it.keys.join("/"), it.value))
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn keys_are_found_in_every_spelling() {
        check("a = 1\n", &["1:a=1"]);
        check("[dependencies]\nserde = \"1\" # x\n", &["2:dependencies/serde=\"1\""]);
        check("[[x.y]]\n'a.b'.c = 'd # e'\n", &["2:x/y/a.b/c='d # e'"]);
        check("\"\\u0061\" = 1", &["1:a=1"]);
        check(
            "x = { a = 1, b = [2, 3] }",
            &["1:x={ a = 1, b = [2, 3] }", "1:x/a=1", "1:x/b=[2, 3]"],
        );
        check(
            "x = [\n  \"a\", # one\n  'b',\n]\ny = 2\n",
            &["1:x=[\n  \"a\", \n  'b',\n]", "5:y=2"],
        );
        check(
            "x = \"\"\"\n[not.a.table]\n\"\"\"\ny = 1",
            &["1:x=\"\"\"\n[not.a.table]\n\"\"\"", "4:y=1"],
        );
        check("[a\nb = 1\n", &["2:a/b=1"]);
    }

    #[test]
    fn strings_of_a_value_are_told() {
        let entries = flatten("x = [\"a\", 'b', \"c\\\"d\", \"\"\"e\"\"\"] # \"f\"");
        assert_eq!(entries[0].strings(), ["a", "b", "c\"d", "e"]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_ends(text in "[a\\[\\]{}=.,\"'#\\\\u \n]{0,60}") {
            flatten(&text);
        }
    }
}
