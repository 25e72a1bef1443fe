//! GraphQL's query language, as far as clients of GitHub write it: operations with variables,
//! aliases, arguments, fragments. Directives and subscriptions are absent.

use serde_json::{Map, Value};

/// A query or a mutation, its arguments already filled in from the variables.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operation {
    pub(super) is_mutation: bool,
    pub(super) selections: Vec<Selection>,
    pub(super) fragments: Vec<Fragment>,
}

/// `fragment name on Type { … }`, or one without a name that stands where it is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fragment {
    pub(super) name: String,
    pub(super) on: Option<String>,
    pub(super) selections: Vec<Selection>,
}

/// One thing asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selection {
    Field(Field),
    Inline(Fragment),
    Spread(String),
}

/// `alias: name(arguments) { selections }`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) selections: Vec<Selection>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Variable(String),
    Text(String),
    Number(String),
    Mark(char),
    Spread,
}

/// Reads a document.
///
/// # Errors
/// What was found where it should not stand, in words.
pub(super) fn parse(text: &str, variables: &Value) -> Result<Operation, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, variables };
    let mut operation = None;
    let mut fragments = Vec::new();
    while let Some(token) = reader.peek() {
        if token == Token::Mark('{') {
            operation = Some((false, reader.selections()?));
            continue;
        }
        match reader.name()?.as_str() {
            "fragment" => {
                let name = reader.name()?;
                reader.word("on")?;
                let on = Some(reader.name()?);
                fragments.push(Fragment { name, on, selections: reader.selections()? });
            }
            kind @ ("query" | "mutation") => {
                let is_mutation = kind == "mutation";
                reader.skip_head()?;
                operation = Some((is_mutation, reader.selections()?));
            }
            other => return Err(format!("Expected one of QUERY, MUTATION, actual: {other}")),
        }
    }
    let (is_mutation, selections) = operation.ok_or("A query attribute must be specified")?;
    Ok(Operation { is_mutation, selections, fragments })
}

struct Reader<'a> {
    tokens: Vec<Token>,
    at: usize,
    variables: &'a Value,
}

impl Reader<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).cloned()
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().ok_or("Unexpected end of document")?;
        self.at += 1;
        Ok(token)
    }

    fn takes(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, mark: char) -> Result<(), String> {
        if self.takes(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    fn name(&mut self) -> Result<String, String> {
        let Token::Name(name) = self.next()? else { return Err(self.unexpected("a name")) };
        Ok(name)
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        if self.name()? == word { Ok(()) } else { Err(self.unexpected(word)) }
    }

    fn unexpected(&self, wanted: &str) -> String {
        format!("Parse error: expected {wanted} at token {}", self.at)
    }

    /// The operation's name and its variables' types: the types are not checked.
    fn skip_head(&mut self) -> Result<(), String> {
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(Token::Mark('{')) if depth == 0 => return Ok(()),
                Some(Token::Mark('(')) => depth += 1,
                Some(Token::Mark(')')) => depth -= 1,
                Some(_) => {}
                None => return Err(self.unexpected("`{`")),
            }
            self.at += 1;
        }
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        self.mark('{')?;
        let mut found = Vec::new();
        while !self.takes('}') {
            found.push(self.selection()?);
        }
        Ok(found)
    }

    fn selection(&mut self) -> Result<Selection, String> {
        if self.peek() == Some(Token::Spread) {
            self.at += 1;
            return match self.peek() {
                Some(Token::Name(word)) if word == "on" => {
                    self.at += 1;
                    let on = Some(self.name()?);
                    let selections = self.selections()?;
                    Ok(Selection::Inline(Fragment { name: String::new(), on, selections }))
                }
                Some(Token::Mark('{')) => {
                    let selections = self.selections()?;
                    Ok(Selection::Inline(Fragment { name: String::new(), on: None, selections }))
                }
                _ => Ok(Selection::Spread(self.name()?)),
            };
        }
        let first = self.name()?;
        let (key, name) =
            if self.takes(':') { (first, self.name()?) } else { (first.clone(), first) };
        let mut arguments = Map::new();
        if self.takes('(') {
            while !self.takes(')') {
                let name = self.name()?;
                self.mark(':')?;
                let value = self.value()?;
                arguments.insert(name, value);
            }
        }
        let has_more = self.peek() == Some(Token::Mark('{'));
        let selections = if has_more { self.selections()? } else { Vec::new() };
        Ok(Selection::Field(Field { key, name, arguments, selections }))
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.next()? {
            Token::Variable(name) => Ok(self.variables[name.as_str()].clone()),
            Token::Text(text) => Ok(Value::String(text)),
            Token::Number(number) => serde_json::from_str(&number).map_err(|it| it.to_string()),
            Token::Name(word) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                // A member of an enumeration.
                _ => Value::String(word),
            }),
            Token::Mark('[') => {
                let mut items = Vec::new();
                while !self.takes(']') {
                    items.push(self.value()?);
                }
                Ok(Value::Array(items))
            }
            Token::Mark('{') => {
                let mut fields = Map::new();
                while !self.takes('}') {
                    let name = self.name()?;
                    self.mark(':')?;
                    let value = self.value()?;
                    fields.insert(name, value);
                }
                Ok(Value::Object(fields))
            }
            Token::Mark(_) | Token::Spread => Err(self.unexpected("a value")),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(first) = rest.chars().next() {
        let word = |from: &str| -> usize {
            from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len())
        };
        let length = match first {
            c if c.is_whitespace() || c == ',' => c.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '.' if rest.starts_with("...") => {
                found.push(Token::Spread);
                3
            }
            '$' => {
                let length = 1 + word(&rest[1..]);
                found.push(Token::Variable(rest[1..length].to_owned()));
                length
            }
            '"' => {
                let (text, length) = quoted(rest)?;
                found.push(Token::Text(text));
                length
            }
            c if c.is_ascii_digit() || c == '-' => {
                let digits = |c: char| !c.is_ascii_digit() && c != '.';
                let length = 1 + rest[1..].find(digits).unwrap_or(rest.len() - 1);
                found.push(Token::Number(rest[..length].to_owned()));
                length
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = word(rest);
                found.push(Token::Name(rest[..length].to_owned()));
                length
            }
            c if "{}()[]:!=|&@".contains(c) => {
                found.push(Token::Mark(c));
                1
            }
            c => return Err(format!("Parse error: unexpected character `{c}`")),
        };
        rest = &rest[length..];
    }
    Ok(found)
}

/// A quoted text and its length with the quotes; escapes are JSON's.
fn quoted(rest: &str) -> Result<(String, usize), String> {
    if let Some(block) = rest.strip_prefix("\"\"\"") {
        let end = block.find("\"\"\"").ok_or("Parse error: a block string has no end")?;
        return Ok((block[..end].trim().to_owned(), end + 6));
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => {
                let text = serde_json::from_str(&rest[..=at]);
                return Ok((text.map_err(|it| it.to_string())?, at + 1));
            }
            c => escaped = c == '\\' && !escaped,
        }
    }
    Err("Parse error: a string has no end".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(bool, &str, Value), &str>) {
        let found = parse(text, &json!({ "input": { "a": 1 } }));
        let found = found.map(|it| {
            let Some(Selection::Field(field)) = it.selections.first() else { panic!("{it:?}") };
            let arguments = Value::Object(field.arguments.clone());
            (it.is_mutation, format!("{}={}", field.key, field.name), arguments)
        });
        let expected = expected.map(|(mutation, name, it)| (mutation, name.to_owned(), it));
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn operations_are_read() {
        check("{ viewer { login } }", Ok((false, "viewer=viewer", json!({}))));
        check(
            "mutation M($input: AInput!) { m: do(input: $input, b: [1, \"x\\n\", YES]) { id } }",
            Ok((true, "m=do", json!({ "input": { "a": 1 }, "b": [1, "x\n", "YES"] }))),
        );
        check(
            "query { # all\n repository(owner: \"o\", name: {a: null}) { ...F } } fragment F on R { id }",
            Ok((false, "repository=repository", json!({ "owner": "o", "name": { "a": null } }))),
        );
        check("{ a(", Err("Unexpected end of document"));
        check("", Err("A query attribute must be specified"));
        check("{ a(b: \"x) }", Err("Parse error: a string has no end"));
    }
}
