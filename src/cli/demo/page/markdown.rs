//! Markdown as HTML that cannot do anything: the page shows what anybody wrote.
//!
//! Of raw HTML only the few tags that Baton's comments use stay (`<details>`, `<summary>`, `<sub>`,
//! `<br>`, without attributes); comments are left out, all else is shown as text. Links lead to
//! http, https and places on the page; images are links, so that nothing is loaded from outside.
//! The boxes that Baton knows can be buttons of a form ([`html_with_buttons`]); others are only shown.

use std::fmt::Write;
use std::ops::Range;

use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd};

use crate::domain::tasks::boxes::{KnownBox, known_boxes};

/// How line breaks inside a paragraph are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flavour {
    /// A comment: each is a line break, as on GitHub.
    #[default]
    Comment,
    /// A file: they are blanks.
    File,
}

/// `markdown` as HTML. `repository` is `owner/name`, where `#12` leads to.
pub(super) fn html(markdown: &str, flavour: Flavour, repository: &str) -> String {
    let writer = Writer { flavour, repository: repository.to_owned(), ..Writer::default() };
    written(markdown, writer)
}

/// A comment whose known boxes are buttons of the form with the id `form`. A button sends `box`:
/// `+` or `-`, for how the box is to be, and its marker.
pub(super) fn html_with_buttons(markdown: &str, repository: &str, form: &str) -> String {
    let boxes = known_boxes(markdown);
    let buttons = boxes.into_iter().map(|it| Button { label: label(markdown, &it), it }).collect();
    let (form, repository) = (form.to_owned(), repository.to_owned());
    written(markdown, Writer { repository, form, buttons, ..Writer::default() })
}

/// What stands behind a box, for readers who only hear it.
fn label(markdown: &str, it: &KnownBox) -> String {
    let rest = markdown.get(it.mark_at()..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let text = line.split_once("-->").map_or("", |it| it.1);
    text.replace(['`', '*', '\\'], "").trim().to_owned()
}

/// A known box that can be clicked.
struct Button {
    it: KnownBox,
    label: String,
}

fn written(markdown: &str, mut writer: Writer) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    writer.out.reserve(markdown.len() * 2);
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        writer.take(event, &range);
    }
    writer.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    flavour: Flavour,
    repository: String,
    /// Which form the buttons belong to.
    form: String,
    /// The known boxes, when they can be clicked.
    buttons: Vec<Button>,
    /// Tags that people wrote and that are open.
    open: Vec<&'static str>,
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// Text inside a link or code is left as it is.
    verbatim: usize,
    /// Links that are left out, because of where they lead.
    dropped: Vec<bool>,
    /// Inside a comment that began in an earlier piece of HTML.
    in_comment: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if 0 < self.verbatim => self.text(&text),
            Event::Text(text) => self.prose(&text),
            Event::Code(code) => {
                self.out.push_str("<code>");
                self.text(&code);
                self.out.push_str("</code>");
            }
            Event::Html(raw) | Event::InlineHtml(raw) => self.raw(&raw),
            Event::SoftBreak if self.flavour == Flavour::File => self.out.push('\n'),
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::TaskListMarker(done) => self.task_box(done, range),
            Event::InlineMath(it) | Event::DisplayMath(it) | Event::FootnoteReference(it) => {
                self.text(&it);
            }
        }
    }

    fn task_box(&mut self, done: bool, range: &Range<usize>) {
        let Some(button) = self.buttons.iter().find(|it| range.contains(&it.it.mark_at())) else {
            let checked = if done { " checked" } else { "" };
            let _ = write!(self.out, "<input type=\"checkbox\" disabled{checked}> ");
            return;
        };
        let (form, label) = (escape(&self.form), escape(&button.label));
        let marker = escape(&button.it.marker.to_string());
        let sign = if done { '-' } else { '+' };
        let _ = write!(
            self.out,
            "<button class=\"tick\" form=\"{form}\" name=\"box\" value=\"{sign}{marker}\" \
             role=\"checkbox\" aria-checked=\"{done}\" aria-label=\"{label}\"></button> "
        );
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { level, .. } => {
                let _ = write!(self.out, "<{level}>");
            }
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>"),
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                self.verbatim += 1;
                self.out.push_str("<pre tabindex=\"0\"><code>");
            }
            Tag::List(Some(first)) => {
                let _ = write!(self.out, "<ol start=\"{first}\">");
            }
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.out.push_str("<div class=\"scroll\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => {
                let right = self.alignments.get(self.column) == Some(&Alignment::Right);
                let name = if self.in_head { "th" } else { "td" };
                let class = if right { " class=\"right\"" } else { "" };
                let _ = write!(self.out, "<{name}{class}>");
            }
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { dest_url, .. } => self.link(&dest_url, ""),
            Tag::Image { dest_url, .. } => self.link(&dest_url, "image: "),
            Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let closing = match tag {
            TagEnd::Paragraph => "</p>\n",
            TagEnd::Heading(level) => {
                let _ = writeln!(self.out, "</{level}>");
                ""
            }
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => {
                self.verbatim -= 1;
                "</code></pre>\n"
            }
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</tbody></table></div>\n",
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead><tbody>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell => {
                self.column += 1;
                if self.in_head { "</th>" } else { "</td>" }
            }
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link | TagEnd::Image => {
                self.verbatim -= 1;
                if self.dropped.pop() == Some(true) { "" } else { "</a>" }
            }
            TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript => "",
        };
        self.out.push_str(closing);
    }

    fn link(&mut self, to: &str, prefix: &str) {
        let safe = ["https://", "http://", "/", "#"].iter().any(|it| to.starts_with(it))
            && !to.starts_with("//");
        self.verbatim += 1;
        self.dropped.push(!safe);
        if safe {
            let _ = write!(self.out, "<a rel=\"nofollow noreferrer\" href=\"{}\">", escape(to));
        }
        self.out.push_str(prefix);
    }

    /// Text outside links and code: `#12` leads to the issue, `@ann` stands out.
    fn prose(&mut self, text: &str) {
        let mut before = ' ';
        let mut rest = text;
        while let Some(at) = rest.find(['#', '@']) {
            before = rest[..at].chars().next_back().unwrap_or(before);
            self.text(&rest[..at]);
            let (sign, tail) = rest[at..].split_at(1);
            let is_number = sign == "#";
            let end = tail.find(|c: char| match is_number {
                true => !c.is_ascii_digit(),
                false => !c.is_ascii_alphanumeric() && c != '-',
            });
            let word = &tail[..end.unwrap_or(tail.len())];
            if before.is_alphanumeric() || word.is_empty() {
                self.text(sign);
                self.text(word);
            } else if is_number {
                let repository = escape(&self.repository);
                let _ = write!(self.out, "<a href=\"/{repository}/issues/{word}\">#{word}</a>");
            } else {
                let _ = write!(self.out, "<strong>@{word}</strong>");
            }
            before = word.chars().next_back().unwrap_or('#');
            rest = &tail[word.len()..];
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&escape(text));
    }

    /// Raw HTML: hidden markers stay hidden, a few tags stay, the rest is shown as text.
    fn raw(&mut self, raw: &str) {
        let mut rest = raw;
        while !rest.is_empty() {
            if self.in_comment || rest.starts_with("<!--") {
                let end = rest.find("-->").map(|it| it + 3);
                self.in_comment = end.is_none();
                rest = end.map_or("", |it| &rest[it..]);
            } else if rest.starts_with('<') {
                let end = rest.find('>').map_or(rest.len(), |it| it + 1);
                self.tag(&rest[..end]);
                rest = &rest[end..];
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.text(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }

    fn tag(&mut self, tag: &str) {
        let name = |text: &str| {
            ["details", "summary", "sub"].into_iter().find(|it| it.eq_ignore_ascii_case(text))
        };
        let inner = tag.trim_matches(['<', '>']).trim();
        if inner.trim_end_matches(['/', ' ']).eq_ignore_ascii_case("br") {
            self.out.push_str("<br>");
        } else if let Some(name) = name(inner) {
            self.open.push(name);
            let _ = write!(self.out, "<{name}>");
        } else if let Some(name) = inner.strip_prefix('/').and_then(|it| name(it.trim())) {
            // What is closed without being open would close what the page opened.
            if let Some(at) = self.open.iter().rposition(|it| *it == name) {
                self.close_down_to(at);
            }
        } else {
            self.text(tag);
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        while depth < self.open.len() {
            if let Some(name) = self.open.pop() {
                let _ = write!(self.out, "</{name}>");
            }
        }
    }

    fn finish(mut self) -> String {
        self.close_down_to(0);
        self.out
    }
}

/// Text as it may stand in HTML, between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => res.push_str("&amp;"),
            '<' => res.push_str("&lt;"),
            '>' => res.push_str("&gt;"),
            '"' => res.push_str("&quot;"),
            '\'' => res.push_str("&#39;"),
            _ => res.push(c),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markdown: &str, expected: &str) {
        assert_eq!(html(markdown, Flavour::Comment, "a/b").trim(), expected);
    }

    #[test]
    fn the_usual_marks_become_tags() {
        check("**a** `b`\nc", "<p><strong>a</strong> <code>b</code><br>\nc</p>");
        check("see #12 and x#3", "<p>see <a href=\"/a/b/issues/12\">#12</a> and x#3</p>");
        check("@ann, a@b.c", "<p><strong>@ann</strong>, a@b.c</p>");
        check("`@ann #1`", "<p><code>@ann #1</code></p>");
        check(
            "[a](https://x/#1)",
            "<p><a rel=\"nofollow noreferrer\" href=\"https://x/#1\">a</a></p>",
        );
        let done = "<ul><li><input type=\"checkbox\" disabled checked> a</li>\n</ul>";
        check("- [x] a", done);
    }

    #[test]
    fn known_boxes_are_buttons_and_others_are_shown() {
        let source = "- [ ] <!-- baton:do=approve rev=3 -->Approve `it`\n- [ ] mine";
        let shown = html_with_buttons(source, "a/b", "boxes-5");
        let button = "<button class=\"tick\" form=\"boxes-5\" name=\"box\" \
                      value=\"+baton:do=approve rev=3\" role=\"checkbox\" aria-checked=\"false\" \
                      aria-label=\"Approve it\"></button> Approve";
        assert!(shown.contains(button), "{shown}");
        assert!(shown.contains("<input type=\"checkbox\" disabled> mine"), "{shown}");
        let done = html_with_buttons("- [x] <!-- baton:task=t1 -->A", "a/b", "boxes-5");
        assert!(done.contains("\"-baton:task=t1\"") && done.contains("checked=\"true\""), "{done}");
        check("- [ ] <!-- baton:task=t1 -->A", html("- [ ] A", Flavour::Comment, "a/b").trim());
    }

    #[test]
    fn markers_are_hidden_and_folds_fold() {
        check("<!-- baton:status v1 -->\n### A", "<h3>A</h3>");
        check(
            "<details><summary>A</summary>\n\nb\n\n</details>",
            "<details><summary>A</summary>\n<p>b</p>\n</details>",
        );
        check("<sub>`x`</sub>", "<p><sub><code>x</code></sub></p>");
        check("<details><summary>A", "<details><summary>A</summary></details>");
        check("</details></div>x", "&lt;/div&gt;x");
    }

    #[test]
    fn nothing_that_acts_comes_through() {
        check("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
        check("<details open ontoggle=alert(1)>x", "&lt;details open ontoggle=alert(1)&gt;x");
        check("a <img src=x onerror=alert(1)>", "<p>a &lt;img src=x onerror=alert(1)&gt;</p>");
        check("[a](javascript:alert(1))", "<p>a</p>");
        check("[a](//evil.test)", "<p>a</p>");
        check(
            "![a](https://x/y.png)",
            "<p><a rel=\"nofollow noreferrer\" href=\"https://x/y.png\">image: a</a></p>",
        );
        let quoted = html("[a](https://x/\"onclick=\")", Flavour::Comment, "a/b");
        assert!(!quoted.contains("\"onclick"), "{quoted}");
    }
}
