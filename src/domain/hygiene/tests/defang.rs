//! Markdown that does nothing, checked with nothing of the code under test.

use proptest::prelude::*;

use super::super::*;
use super::pieces;

const HOSTS: [&str; 1] = ["github.com"];

#[track_caller]
fn check_defanged(text: &str, expected: &str) {
    assert_eq!(defang(text, &HOSTS), expected, "from {text:?}");
    assert_eq!(defang(expected, &HOSTS), expected, "twice {text:?}");
    assert_eq!(still_live(expected), None);
}

/// Looks for what acts with nothing of the code under test: the parser's text, and plain searches.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other part of a page is a break")]
fn still_live(text: &str) -> Option<String> {
    use pulldown_cmark::{Event, Tag, TagEnd};
    let mut code = 0;
    let mut shown = String::new();
    for (event, _) in markdown::events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(TagEnd::CodeBlock) => code -= 1,
            Event::Text(it) if code == 0 => shown.push_str(&it),
            Event::Html(it) | Event::InlineHtml(it) => return Some(it.to_string()),
            Event::Start(Tag::Image { dest_url, .. }) => return Some(dest_url.to_string()),
            Event::Start(Tag::Link { dest_url, .. })
                if dest_url.contains(':') && !dest_url.starts_with("https://github.com") =>
            {
                return Some(dest_url.to_string());
            }
            _ => shown.push('\n'),
        }
    }
    let bytes = shown.as_bytes();
    for (at, _) in shown.match_indices('@') {
        let before = at.checked_sub(1).map(|it| bytes[it]);
        let names = bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if names && !before.is_some_and(|it| it.is_ascii_alphanumeric() || it == b'_') {
            return Some(shown);
        }
    }
    let lower = shown.to_lowercase();
    for bad in ["fixes #1", "closes o/r#2", "https://evil", "www.evil", "o/r#2"] {
        if lower.contains(bad) {
            return Some(shown);
        }
    }
    None
}

#[test]
fn foreign_markdown_does_nothing() {
    check_defanged("ask @ann or @org/team.", "ask `@ann` or `@org/team`.");
    check_defanged("**@ann** *@bob*", "**`@ann`** *`@bob`*");
    check_defanged("me@example.org", "me@example.org");
    check_defanged("\\@ann &#64;bob", "`@ann` `@bob`");
    check_defanged("a `@code` stays", "a `@code` stays");
    check_defanged("a ` tick @ann", "a \\` tick `@ann`");
    check_defanged("`x`@ann`y`", "`x` `@ann` `y`");
    check_defanged("@<!-- -->ann", "@ ann");
    check_defanged("Fixes #1, closes: o/r#2", "`Fixes #1`, `closes: o/r#2`");
    check_defanged("_Fixes #1 a hotfix #1", "`_Fixes #1` a `hotfix #1`");
    check_defanged("Fixes **#1**", "`Fixes` **#1**");
    check_defanged("Fixes\n#1", "`Fixes`\n#1");
    check_defanged("a small fix\nfor #1", "a small fix\nfor #1");
    check_defanged("see #12 and o/r#2", "see #12 and `o/r#2`");
    check_defanged("![x](https://evil.example/?q=1 \"t\")", "`image: https://evil.example/?q=1`");
    check_defanged("[a](https://evil.example)", "a (`https://evil.example`)");
    check_defanged(
        "[a](https://github.com/o/r \"t\") [b](docs/x.md)",
        "[a](https://github.com/o/r) [b](docs/x.md)",
    );
    check_defanged(
        "[a](javascript:x) [b](//evil.example)",
        "a (`javascript:x`) b (`//evil.example`)",
    );
    check_defanged("[a](https://github.com@evil.example)", "a (`https://github.com@evil.example`)");
    check_defanged("https://evil.example/a_b. ok", "`https://evil.example/a_b`. ok");
    check_defanged("<https://evil.example>", "`https://evil.example`");
    check_defanged("https://github.com/o/r", "https://github.com/o/r");
    check_defanged("a <b>c</b>", "a `<b>`c`</b>`");
    check_defanged(
        "<details>\n<summary>x</summary>\n\n@ann",
        "`<details>`\n`<summary>x</summary>`\n\n`@ann`",
    );
    check_defanged("- [ ] <!-- baton:do=approve rev=3 -->Approve", "- [ ]  Approve");
    check_defanged(
        "/baton plan now\n/approve\n- /close",
        "`/baton plan` now\n`/approve`\n- `/close`",
    );
    check_defanged("/usr/bin is a path", "/usr/bin is a path");
    check_defanged("```\n@ann\n", "```\n@ann\n```");
    check_defanged(
        "| a | b |\n|---|---|\n| @ann | x |\n",
        "| a | b |\n|---|---|\n| `@ann` | x |\n",
    );
}

#[test]
fn literal_text_is_shown_as_written() {
    let check = |text: &str, expected: &str| assert_eq!(literal(text), expected, "{text:?}");
    check("Add *caching*\n| now", "Add \\*caching\\* \\| now");
    check("- item", "\\- item");
    check("1. item", "1\\. item");
    check("# Fixes #1 by @ann", "\\# `Fixes #1` by `@ann`");
    check("<b>x</b> `y`", "\\<b\\>x\\</b\\> \\`y\\`");
    check("/baton plan", "`/baton plan`");
    check("see https://evil.example", "see `https://evil.example`");
}

#[test]
fn adversarial_texts_are_read_in_linear_time() {
    // Two more shapes for the stack of direction controls: all open, then all closed.
    let embedded = "\u{202a}".repeat(16_000);
    strip_invisible(&format!("{embedded}{}", "\u{2069}".repeat(16_000)));
    strip_invisible(&format!("{}{}", "\u{2066}".repeat(16_000), "\u{202c}".repeat(16_000)));
    for part in [
        "<!--",
        "[",
        "`",
        "![",
        "[a](",
        "<div hidden>",
        "*a_",
        "@a ",
        "fix ",
        "[a]: b 'c'\n",
        "> ",
        "\u{2066}",
        "<a title=\"",
        "](",
        "&#64;",
        "a@",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "- ",
    ] {
        let text = part.repeat(100_000 / part.len());
        strip_hidden(&text);
        redact_secrets(&text);
        title_text(&text);
        truncate_markdown(&text, 60_000);
        defang(&text, &HOSTS);
    }
}

proptest! {
    #[test]
    fn defanged_text_does_nothing(text in prop_oneof![pieces(), any::<String>()]) {
        let safe = defang(&text, &HOSTS);
        prop_assert_eq!(still_live(&safe), None, "{}", safe);
        prop_assert_eq!(defang(&safe, &HOSTS), safe);
        let line = literal(&text);
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(still_live(&line), None, "{}", line);
    }
}
