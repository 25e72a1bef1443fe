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
