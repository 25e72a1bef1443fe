//! Markdown as a person reads it: headings, lists and tables laid out, marks gone, what GitHub
//! folds folded.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::table::Table;
use super::wrap::{escaped, length, wrapped};

/// `markdown` as lines of at most `width` characters. HTML comments are left out; of a `<details>`
/// only its summary stays, marked with `▸`; other HTML is left out but for its text.
pub(crate) fn plain(markdown: &str, width: usize) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let text = escaped(markdown);
    let mut page = Page { width, ..Page::default() };
    for event in Parser::new_ext(&text, options) {
        page.take(event);
    }
    page.flush();
    page.lines
}

/// What is being laid out.
#[derive(Default)]
struct Page {
    width: usize,
    lines: Vec<String>,
    /// The text of the block under way.
    text: String,
    /// What stands before a block's first line and before its others, for each list or quote.
    margins: Vec<(String, String)>,
    /// The next number of each list; `None` for bullets.
    lists: Vec<Option<u64>>,
    table: Option<Table>,
    in_code: bool,
    /// How many `<details>` are open.
    folds: usize,
    in_summary: bool,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            _ if 0 < self.folds && !self.in_summary => {}
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => {
                text.lines().for_each(|it| self.put(&format!("    {it}")));
            }
            Event::Text(text) => self.text.push_str(&text),
            Event::Code(code) => self.text.push_str(&format!("`{code}`")),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.flush(),
            Event::Rule => self.put("---"),
            Event::TaskListMarker(done) => self.text.push_str(if done { "[x] " } else { "[ ] " }),
            Event::InlineMath(it) | Event::DisplayMath(it) | Event::FootnoteReference(it) => {
                self.text.push_str(&it);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } => self.gap(),
            Tag::CodeBlock(kind) => {
                self.gap();
                self.in_code = true;
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    self.put(&format!("    ({language})"));
                }
            }
            Tag::MetadataBlock(_) => self.in_code = true,
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::BlockQuote(_) => {
                self.gap();
                self.margins.push(("> ".into(), "> ".into()));
            }
            Tag::Table(alignments) => {
                self.gap();
                let right = alignments.iter().map(|it| *it == Alignment::Right).collect();
                self.table = Some(Table::new(right));
            }
            Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. } => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) => self.flush(),
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => self.in_code = false,
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item | TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableRow | TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Table => {
                let table = self.table.take();
                let width = self.width.saturating_sub(self.indent());
                let lines = table.map(|it| it.lines(width)).unwrap_or_default();
                lines.iter().for_each(|it| self.put(it));
            }
            TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image => {}
        }
    }

    fn item(&mut self) {
        self.flush();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            Some(None) | None => "- ".to_owned(),
        };
        let rest = " ".repeat(length(&mark));
        self.margins.push((mark, rest));
    }

    /// The few tags that Baton's comments use; text beside them is text.
    fn html(&mut self, html: &str) {
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            self.bare(&rest[..start]);
            rest = &rest[start..];
            let end = match rest.starts_with("<!--") {
                true => rest.find("-->").map(|it| it + 3),
                false => rest.find('>').map(|it| it + 1),
            };
            let Some(end) = end else { return };
            match rest[..end].trim_matches(['<', '>']).split_whitespace().next() {
                Some("details") => {
                    self.flush();
                    self.folds += 1;
                }
                Some("/details") => self.folds = self.folds.saturating_sub(1),
                Some("summary") if self.folds == 1 => {
                    self.in_summary = true;
                    self.text.push_str("▸ ");
                }
                Some("/summary") if self.in_summary => {
                    self.flush();
                    self.in_summary = false;
                }
                Some(_) | None => {}
            }
            rest = &rest[end..];
        }
        self.bare(rest);
    }

    fn bare(&mut self, text: &str) {
        if (self.folds == 0 || self.in_summary) && !text.trim().is_empty() {
            self.text.push_str(text.trim_end_matches('\n'));
        }
    }

    /// An empty line between blocks, but not inside lists.
    fn gap(&mut self) {
        self.flush();
        let wanted = self.lists.is_empty() && self.lines.last().is_some_and(|it| !it.is_empty());
        if wanted {
            self.put("");
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        let width = self.width.saturating_sub(self.indent()).max(20);
        for line in wrapped(&text, width) {
            self.put(&line);
        }
    }

    /// One line behind the margins; the first of an item carries its mark.
    fn put(&mut self, line: &str) {
        let mut whole = String::new();
        for (first, rest) in &mut self.margins {
            whole.push_str(first);
            first.clone_from(rest);
        }
        whole.push_str(line);
        self.lines.push(whole.trim_end().to_owned());
    }

    fn indent(&self) -> usize {
        self.margins.iter().map(|it| length(&it.1)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markdown: &str, expected: &[&str]) {
        assert_eq!(plain(markdown, 40), expected);
    }

    #[test]
    fn marks_go_and_structure_stays() {
        check("### Baton · **Asking**\nRoute ✔ | `a`", &["Baton · Asking", "", "Route ✔ | `a`"]);
        check("- `1a` Yes\n- `1b` No\n  - really", &["- `1a` Yes", "- `1b` No", "  - really"]);
        check("3. a\n4. b", &["3. a", "4. b"]);
        check("- [x] done\n- [ ] open", &["- [x] done", "- [ ] open"]);
        check("> one\n> two", &["> one two"]);
        check("see [the plan](https://x/y)", &["see the plan"]);
        check("```sh\ncargo test\n```", &["    (sh)", "    cargo test"]);
    }

    #[test]
    fn long_lines_keep_their_margin() {
        let long = "- this item is longer than one line of forty";
        check(long, &["- this item is longer than one line of", "  forty"]);
    }

    #[test]
    fn what_is_hidden_or_folded_is_not_told() {
        check("<!-- baton:status v1 -->\n### A", &["A"]);
        let folded = "one\n\n<details><summary>Cost: $1</summary>\n\n| a |\n|---|\n| b |\n\nno\n\n\
                      </details>\n\n<sub>`x` · y</sub>";
        check(folded, &["one", "▸ Cost: $1", "", "`x` · y"]);
        check("a <!-- b --> c", &["a c"]);
    }

    #[test]
    fn front_matter_is_shown_as_it_is() {
        check("---\nissue: 1\n---\n\n# A", &["    issue: 1", "", "A"]);
    }

    #[test]
    fn tables_are_laid_out() {
        let table = "| signal | weight |\n|---|--:|\n| word | +30 |\n| **no** schema | 5 |";
        check(table, &["signal     weight", "word          +30", "no schema       5"]);
    }

    #[test]
    fn foreign_text_commands_no_terminal() {
        check("a\x1b[31mb", &["a\\x1b[31mb"]);
    }
}
