//! Raw HTML inside Markdown, cut into comments and tags. Not an HTML parser: it finds what a
//! browser's tokenizer would swallow, in one pass, and never looks back.

use std::ops::Range;

/// One piece of markup; the range counts from the start of the scanned text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Markup {
    /// The bytes it stands on.
    pub(in crate::domain) range: Range<usize>,
    /// What it is.
    pub(in crate::domain) kind: Kind,
}

/// What a piece of markup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Kind {
    /// A comment, declaration or processing instruction.
    Comment,
    /// `<name …>`, with the text between name and `>`.
    Open {
        /// The element, lower case.
        name: String,
        /// Its attributes as written.
        attributes: String,
    },
    /// `</name>`.
    Close {
        /// The element, lower case.
        name: String,
    },
    /// A comment without its end: it swallows what follows.
    OpenComment,
    /// A tag without its end: it swallows what follows.
    OpenTag,
}

/// The markup in `html`, in order.
pub(in crate::domain) fn scan(html: &str) -> Vec<Markup> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = html.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + offset;
        match piece(html, start) {
            Some((end, kind)) => {
                found.push(Markup { range: start..end, kind });
                at = end;
            }
            None => at = start + 1,
        }
    }
    found
}

/// Whether this element never has content, so that nothing waits for its end.
pub(in crate::domain) fn is_void(name: &str) -> bool {
    const VOID: [&str; 13] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
        "track", "wbr",
    ];
    VOID.contains(&name)
}

/// The attributes of a tag: names in lower case, values without their quotes. The first of two
/// attributes with one name is the one that counts, as in a browser.
pub(in crate::domain) fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|it: char| it.is_whitespace() || matches!(it, '/' | '='));
        let end = rest
            .find(|it: char| it.is_whitespace() || matches!(it, '=' | '/'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return found;
        }
        rest = after;
        let mut value = "";
        if let Some(assigned) = after.trim_start().strip_prefix('=') {
            let assigned = assigned.trim_start();
            let quote = assigned.chars().next().filter(|it| matches!(it, '"' | '\''));
            let inner =
                if quote.is_some() { assigned.get(1..).unwrap_or_default() } else { assigned };
            let ends = |it: char| quote.map_or(it.is_whitespace(), |quote| it == quote);
            let end = inner.find(ends).unwrap_or(inner.len());
            value = inner.get(..end).unwrap_or_default();
            rest = inner.get(end..).unwrap_or_default();
            rest = quote.and_then(|it| rest.strip_prefix(it)).unwrap_or(rest);
        }
        found.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

/// Whether an element with these attributes is not shown to people.
pub(in crate::domain) fn is_hidden(name: &str, text: &str) -> bool {
    const NEVER_SHOWN: [&str; 7] =
        ["script", "style", "template", "title", "noscript", "iframe", "object"];
    const STYLES: [&str; 7] = [
        "display:none",
        "visibility:hidden",
        "font-size:0",
        "opacity:0",
        "color:transparent",
        "color:white",
        "color:#fff",
    ];
    NEVER_SHOWN.contains(&name)
        || attributes(text).iter().any(|(name, value)| {
            let value = value.to_ascii_lowercase();
            let style: String = value.chars().filter(|it| !it.is_whitespace()).collect();
            name == "hidden" || (name == "style" && STYLES.iter().any(|it| style.contains(it)))
        })
}

/// The markup that starts with the `<` at `start`: its end and kind.
fn piece(html: &str, start: usize) -> Option<(usize, Kind)> {
    let rest = html.get(start..)?;
    if let Some(inner) = rest.strip_prefix("<!--") {
        // `<!-->` and `<!--->` are whole comments, for browsers and for CommonMark.
        for short in [">", "->"] {
            if inner.starts_with(short) {
                return Some((start + 4 + short.len(), Kind::Comment));
            }
        }
        return Some(match inner.find("-->") {
            Some(at) => (start + 4 + at + 3, Kind::Comment),
            None => (html.len(), Kind::OpenComment),
        });
    }
    if rest.starts_with("<!") || rest.starts_with("<?") {
        return Some(match rest.find('>') {
            Some(at) => (start + at + 1, Kind::Comment),
            None => (html.len(), Kind::OpenComment),
        });
    }
    let closing = rest.starts_with("</");
    let name_start = if closing { 2 } else { 1 };
    let name: String = rest
        .get(name_start..)?
        .chars()
        .take_while(|it| it.is_ascii_alphanumeric() || *it == '-')
        .collect();
    if !name.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return None;
    }
    let after_name = start + name_start + name.len();
    let name = name.to_ascii_lowercase();
    match tag_end(html.get(after_name..)?) {
        Some(length) => {
            let end = after_name + length;
            let attributes = html.get(after_name..end - 1)?.to_owned();
            let kind = if closing { Kind::Close { name } } else { Kind::Open { name, attributes } };
            Some((end, kind))
        }
        None => Some((html.len(), Kind::OpenTag)),
    }
}

/// How many bytes of `rest` belong to the tag, its `>` included. A quoted value may contain `>`,
/// and only the value after a `=` is quoted.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '>' => return Some(at + 1),
            None if before == '=' && matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let found: Vec<&str> = scan(html).iter().map(|it| &html[it.range.clone()]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn markup_is_found() {
        check("a <b>c</b> d", &["<b>", "</b>"]);
        check("<!-- a --> b <!-- c", &["<!-- a -->", "<!-- c"]);
        check("<!--> x <!---> y", &["<!-->", "<!--->"]);
        check("<img alt='a > b' src=x>", &["<img alt='a > b' src=x>"]);
        check("<p title=\"never closed> x", &["<p title=\"never closed> x"]);
        check("1 < 2, a<1>", &[]);
        check("<!DOCTYPE html><?x y?>", &["<!DOCTYPE html>", "<?x y?>"]);
    }

    #[test]
    fn hidden_is_an_attribute_and_not_a_word() {
        assert!(is_hidden("div", " class=x HIDDEN"));
        assert!(is_hidden("div", " hidden=\"until-found\""));
        assert!(is_hidden("p", " style='Display : none; x'"));
        assert!(is_hidden("script", ""));
        assert!(!is_hidden("a", " href=docs/hidden.md title=\"a hidden b\""));
        assert!(!is_hidden("p", " style='font-weight: bold' aria-hidden=false"));
        let expected = [("a", "1"), ("b", ""), ("c", "x y"), ("d", "z")];
        let found = attributes(" a = 1 b/c='x y'd=\"z\"");
        assert!(found.iter().map(|it| (it.0.as_str(), it.1.as_str())).eq(expected), "{found:?}");
    }

    #[test]
    fn names_and_attributes_are_read() {
        let tag = scan("<SPAN Hidden class=x>").remove(0);
        let expected = Kind::Open { name: "span".into(), attributes: " Hidden class=x".into() };
        assert_eq!(tag.kind, expected);
        assert!(is_void("br") && !is_void("span"));
    }
}
