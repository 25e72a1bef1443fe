mod defang;

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_stripped(text: &str, expected: &str) {
    let stripped = strip_hidden(text);
    assert_eq!(stripped.text, expected, "from {text:?}");
    assert_eq!(strip_hidden(&stripped.text).text, stripped.text, "twice {text:?}");
}

#[track_caller]
fn check_kept(text: &str) {
    check_stripped(text, text);
    assert!(strip_hidden(text).removed.is_empty(), "{text:?}");
}

#[test]
fn hidden_markup_goes() {
    check_stripped("a <!-- obey --> b", "a   b");
    check_stripped("<!-- obey\n\nme -->\nb", " \nb");
    check_stripped("<!-- never closed\n\nobey", " ");
    // The arrow of the third paragraph is text and is written `--&gt;`: it ends nothing.
    check_stripped("<div>\n<!-- open\n\nobey\n\n-->\nb", "<div>\n ");
    check_stripped("<div>\n<!-- open\n\nobey\n\n<b title='-->'>c", "<div>\n '>c");
    check_stripped("[a](https://x.example \"obey\")", "[a](https://x.example)");
    check_stripped("![obey](a.png \"obey\")", "![](a.png)");
    check_stripped("[a][r] b\n\n[r]: https://x.example 'obey'\n", "[a](https://x.example) b\n\n\n");
    check_stripped("[//]: # (obey me)\ntext", "\ntext");
    check_stripped("[r]: a\n[r]: b 'obey'\n", "\n\n");
    check_stripped("text\n\n[^x]: obey me\n", "text\n\n\n");
    check_stripped("<span hidden>obey <b>me</b></span> b", "  b");
    check_stripped("<p style=\"display: none\">obey</p>\n\nb", " \n\nb");
    check_stripped("<i style='font-size:0'>obey</i>b", " b");
    check_stripped("<img src=\"a.png\" alt=\"obey\">", "<img src=\"a.png\">");
    check_stripped("<a href='x' title='obey'>b</a>", "<a href=\"x\">b</a>");
    check_stripped("<div title=\"obey\n\nobey", " ");
    check_stripped("<!<!-- x -->-- obey --> b", "<! -- obey --> b");
}

#[test]
fn what_people_see_stays() {
    for text in [
        "plain",
        "a < b && c > d",
        "`<!-- seen -->` and [a](b)",
        "```html\n<!-- seen -->\n<b title=\"x\">\n```\n",
        "    [r]: indented code\n",
        "- [ ] a task\n- [x] done\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "a[^1]\n\n[^1]: a note\n",
        "<details>\n<summary>More</summary>\n\ntext\n\n</details>\n",
        "Option<String>",
        "<https://x.example/a?b=c&d=e>",
        "[a](https://x.example/a_b?c=d&e=f#g)",
        "> [!NOTE]\n> quoted\n",
        "line\r\nline\r\n",
        "![](a.png)",
    ] {
        check_kept(text);
    }
}

/// Trust case 92, and testing case 49's flag emoji.
#[test]
fn texts_of_many_scripts_and_emoji_survive() {
    for text in [
        "Grüße, naïve façade",
        "Привет, мир",
        "你好,世界",
        "これは日本語です。ガギグ",
        "안녕하세요",
        "می‌خواهم نامه‌ای بنویسم",
        "שלום \u{2067}עולם (1)\u{2069}!",
        "السلام عليكم\u{200f} (API)",
        "क्‍ष र्‍क हिन्दी",
        "ශ්‍රී ලංකා",
        "അവന്‍ വന്നു",
        "ភាសា\u{200b}ខ្មែរ",
        "สวัสดี\u{200b}ครับ",
        "\u{2068}name\u{2069} wrote",
        "👩‍👩‍👧‍👦 ❤️ 1️⃣ 🏳️‍🌈 👍🏽 🇩🇪",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ] {
        check_kept(text);
        assert_eq!(strip_invisible(text).text, text);
    }
}

#[test]
fn invisible_characters_go() {
    check_stripped("a\u{200b}b\u{2060}c\u{feff}d\u{00ad}e", "abcde");
    check_stripped("a\u{200d}b\u{200c}c", "abc");
    check_stripped("a\u{e0049}\u{e0067}b", "ab");
    check_stripped("🏴\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e007f}", "🏴");
    check_stripped("😀\u{e0100}\u{e0101}x\u{fe0f}", "😀x");
    check_stripped("❤\u{fe0f}\u{fe0f}\u{fe01}", "❤\u{fe0f}");
    check_stripped("a\u{202e}txt.exe\u{202c}b", "atxt.exeb");
    check_stripped("a\u{2066}b", "ab");
    check_stripped("a\u{2069}b\u{202c}", "ab");
    check_stripped("a\u{2066}\u{2069}b", "ab");
    check_stripped("a\u{2067}b\nc\u{2069}", "ab\nc");
    check_stripped("plain\u{200e} text\u{200f}", "plain text");
    check_stripped("שלום\u{200f}\u{200e}\u{200f}!", "שלום\u{200f}!");
    check_stripped("a\u{1b}[31mb\u{0}", "a[31mb");
    check_stripped("👩\u{200d}a", "👩a");
}

#[test]
fn what_went_is_counted() {
    let removed = strip_hidden("a\u{200b} <!-- x --> <!-- y --> [b](c \"t\")").removed;
    assert_eq!(removed.of(HiddenKind::HtmlComment), 2);
    let note = "hidden text removed: 2 HTML comments, 1 link title, 1 zero-width character";
    assert_eq!(removed.note().as_deref(), Some(note));
    assert_eq!(strip_hidden("a").removed.note(), None);
    // What GitHub writes for a picture that somebody pastes.
    let pasted =
        "<img width=\"9\" alt=\"Image\" src=\"https://a.test/1\" />\n![Image](https://a.test/2)";
    let removed = strip_hidden(pasted).removed;
    assert_eq!(removed.of(HiddenKind::Attribute), 1);
    assert_eq!(removed.note(), None);
}

/// Pieces from which an attacker would build.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<!--",
        "-->",
        "<div hidden>",
        "</div>",
        "[a]",
        "(b \"t\")",
        "[a]: b 'c'",
        "![x](y)",
        "\n",
        "\n\n",
        "`",
        "```",
        "> ",
        "- ",
        "@ann",
        "@org/team",
        "Fixes #1",
        "closes o/r#2",
        "fix ",
        "https://evil.example",
        "www.evil.example",
        "<https://evil.example>",
        "<b>",
        "/baton plan",
        "/route",
        "\u{200b}",
        "\u{202e}",
        "\u{2066}",
        "\u{2069}",
        "\\",
        "&#64;",
        "&lt;",
        "*",
        "_",
        "|",
        "a",
        " ",
        "    ",
        "~~~",
        "[^1]",
        "[^1]: x",
        "#",
        "ghp_abcdefghijklmnopqrstuv",
        "é",
        "<script>",
        "\"",
        "'",
        "<p title=\"",
        "=",
        "---",
        "👩\u{200d}",
        "\r\n",
        "!",
        "[",
        "](",
        ")",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn stripping_twice_is_stripping_once(text in prop_oneof![pieces(), any::<String>()]) {
        let once = strip_hidden(&text).text;
        prop_assert_eq!(&strip_hidden(&once).text, &once);
        let once = strip_invisible(&text).text;
        prop_assert_eq!(&strip_invisible(&once).text, &once);
    }
}

#[track_caller]
fn check_redacted(text: &str, expected: &str) {
    assert_eq!(redact_secrets(text), expected);
    assert_eq!(redact_secrets(expected), expected);
}

#[test]
fn secrets_are_masked_by_shape() {
    let github = "[redacted: GitHub token]";
    for prefix in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"] {
        check_redacted(&format!("x={prefix}abcdefghijklmnopqrst."), &format!("x={github}."));
    }
    check_redacted("sk-ant-api03-abcdefgh_-", "[redacted: API key]");
    check_redacted(
        "AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE",
        "[redacted: AWS key] and [redacted: AWS key]",
    );
    check_redacted("xoxb-1234567890-abc", "[redacted: Slack token]");
    check_redacted("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[redacted: JWT]");
    check_redacted("https://ann:s3cret@host/x", "https://[redacted]@host/x");
    check_redacted("postgres://u:p%40@db:5432/x", "postgres://[redacted]@db:5432/x");
    check_redacted("Authorization: Bearer abcdefghijklmnop==", "Authorization: [redacted: token]");
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
    check_redacted(&format!("a {key} b"), "a [redacted: private key] b");
    check_redacted("-----BEGIN PRIVATE KEY-----\nMIIE", "[redacted: private key]");
    for plain in [
        "ghp_short",
        "https://host:8080/a@b",
        "see http://x.example/@ann",
        "the bearer of news",
        "task-runner",
        "eyJ is how they start",
        "-----BEGIN CERTIFICATE-----",
    ] {
        check_redacted(plain, plain);
    }
}

#[test]
fn secrets_are_masked_by_value() {
    let secrets = Secrets::new([
        "hunter2hunter2",
        "short",
        "redacted",
        "line-one-is-long-enough-to-mask\nend",
    ]);
    let masked = secrets.redact("a hunter2hunter2 short redacted line-one-is-long-enough-to-mask");
    let known = "[redacted: configured secret]";
    assert_eq!(masked, format!("a {known} short redacted {known}"));
    assert_eq!(secrets.redact(&masked), masked);
    assert_eq!(Secrets::default().redact("hunter2hunter2"), "hunter2hunter2");
}

#[test]
fn titles_carry_no_orders() {
    let check = |text: &str, expected: &str| assert_eq!(title_text(text), expected, "{text:?}");
    check("Add Redis caching (5 min)", "Add Redis caching (5 min)");
    check("Größe ändern: 中文 हिन्दी", "Größe ändern: 中文 हिन्दी");
    check("x [skip ci] y", "x skip ci y");
    check("ask @ann and @org/team", "ask ann and org/team");
    check("Fixes #12 crash", "Fixes 12 crash");
    check("fix: #1 #2, closes o/r#3", "fix: 1 #2, closes o/r3");
    check("fix https://github.com/o/r/issues/1", "fix https github.com/o/r/issues/1");
    check("Co-authored-by: Eve", "Co-authored-by Eve");
    check("$(rm -rf ~); `id` | \"x\"", "(rm -rf ) id x");
    check("--force", "force");
    check("/baton plan", "baton plan");
    check("a\nb\r\nc\u{200b}", "a b c");
    check("!!!", "");
    assert_eq!(title_text(&"word ".repeat(50)).chars().count(), 99);
}

#[test]
fn slugs_are_plain() {
    let check = |text: &str, expected: &str| assert_eq!(branch_slug(text), expected, "{text:?}");
    check("Add Redis caching!", "add-redis-caching");
    check("Größe & Übergröße's Ärger", "grosse-ubergrosses-arger");
    check("../../etc; rm -rf", "etc-rm-rf");
    check("中文", "");
    check("--x--", "x");
    check(
        "a very long title that goes on and on and on for ever",
        "a-very-long-title-that-goes-on-and-on",
    );
    check(&"x".repeat(100), &"x".repeat(40));
}

#[test]
fn special_paths() {
    for path in [
        ".env",
        "a/.env.local",
        "b.PEM",
        "c/d.key",
        "x.tfstate",
        "x.tfstate.backup",
        "secrets/a",
        "a/Secrets/b.txt",
        ".ssh/config",
        "id_rsa",
    ] {
        assert!(is_secret_path(path), "{path}");
    }
    for path in ["env.rs", "key.rs", "src/secrets.rs", "docs/environment.md", "keyboard.ts"] {
        assert!(!is_secret_path(path), "{path}");
    }
}

#[track_caller]
fn check_cut(text: &str, chars_max: usize, expected: &str) {
    let cut = truncate_markdown(text, chars_max);
    assert_eq!(cut, expected);
    assert!(cut.chars().count() <= chars_max);
}

#[test]
fn long_markdown_is_cut_and_closed() {
    check_cut("short", 5, "short");
    check_cut(
        &"0123456789\n".repeat(20),
        100,
        "0123456789\n0123456789\n0123456789\n\n… cut: 188 more characters.",
    );
    let fenced = format!("```rs\n{}```\n", "0123456789\n".repeat(20));
    check_cut(
        &fenced,
        100,
        "```rs\n0123456789\n0123456789\n0123456789\n```\n\n… cut: 192 more characters.",
    );
    let listed = format!("- a\n\n  ~~~~\n{}", "  0123456789\n".repeat(20));
    let cut = truncate_markdown(&listed, 120);
    assert!(cut.contains("\n  ~~~~\n\n… cut"), "{cut}");
    let folded = format!("<details>\n<summary>x</summary>\n\n{}", "0123456789\n".repeat(20));
    let cut = truncate_markdown(&folded, 150);
    assert!(cut.contains("\n\n</details>\n\n… cut"), "{cut}");
    let code = format!("{} `@ann {}`", "x".repeat(30), "y".repeat(100));
    assert!(!truncate_markdown(&code, 100).contains("@ann"));
    check_cut("0123456789", 5, "01234");
}

proptest! {
    #[test]
    fn masking_twice_is_masking_once(text in prop_oneof![pieces(), any::<String>()]) {
        let once = redact_secrets(&text);
        prop_assert_eq!(redact_secrets(&once), once);
    }

    #[test]
    fn names_have_only_plain_characters(text in prop_oneof![pieces(), any::<String>()]) {
        let slug = branch_slug(&text);
        prop_assert!(slug.len() <= 40 && slug.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-'));
        let title = title_text(&text);
        prop_assert!(title.chars().count() <= 100);
        prop_assert!(!title.contains(['@', '\n', '[', '`', '$', ';', '|', '&', '<', '>', '"', '\'', '\\', '*', '!']));
        prop_assert_eq!(title_text(&title), title);
    }

    #[test]
    fn cuts_fit(text in prop_oneof![pieces(), any::<String>()], chars_max in 0usize..200) {
        prop_assert!(truncate_markdown(&text, chars_max).chars().count() <= chars_max);
    }
}
