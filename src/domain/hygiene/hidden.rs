//! Hidden text goes before a model reads (testing case 49): what a person does not see on the
//! page must not speak to a model.
//!
//! In Markdown that is: HTML comments, elements hidden by an attribute, every attribute of a tag
//! but its address, titles of links, alternative texts of images, link definitions (`[//]: # (…)`
//! is a well-known hiding place; links that use one are written out instead), footnotes that
//! nothing refers to, and the invisible characters of [`super::invisible`]. Code stays as it is,
//! because it is seen.
//!
//! Removing can build new markup out of the rest, so the text is read again until nothing hidden
//! is found; a text that resists for [`PASSES`] readings is an attack and loses its brackets.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use super::html::{self, Kind};
use super::{invisible, markdown};

/// Readings before a text counts as an attack. People's texts need two.
const PASSES: usize = 8;

/// What kind of hidden text was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HiddenKind {
    /// An HTML comment.
    HtmlComment,
    /// An element that is hidden, with its contents.
    HiddenElement,
    /// The attributes of a tag.
    Attribute,
    /// The title of a link or image.
    LinkTitle,
    /// The alternative text of an image.
    ImageAlt,
    /// A link definition, or a footnote that nothing refers to.
    Definition,
    /// A zero-width character.
    ZeroWidth,
    /// A bidirectional control.
    Bidi,
    /// A character of the TAG block.
    Tag,
    /// A variation selector.
    VariationSelector,
    /// A control character.
    Control,
}

impl HiddenKind {
    /// Whether GitHub itself writes such for each picture that somebody pastes. A note that stands
    /// under most issues is read by nobody.
    fn is_everyday(self) -> bool {
        match self {
            HiddenKind::Attribute | HiddenKind::ImageAlt => true,
            HiddenKind::HtmlComment
            | HiddenKind::HiddenElement
            | HiddenKind::LinkTitle
            | HiddenKind::Definition
            | HiddenKind::ZeroWidth
            | HiddenKind::Bidi
            | HiddenKind::Tag
            | HiddenKind::VariationSelector
            | HiddenKind::Control => false,
        }
    }

    /// What one of them is called, and several.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            HiddenKind::HtmlComment => ("HTML comment", "HTML comments"),
            HiddenKind::HiddenElement => ("hidden element", "hidden elements"),
            HiddenKind::Attribute => ("tag with attributes", "tags with attributes"),
            HiddenKind::LinkTitle => ("link title", "link titles"),
            HiddenKind::ImageAlt => ("image description", "image descriptions"),
            HiddenKind::Definition => ("unseen definition", "unseen definitions"),
            HiddenKind::ZeroWidth => ("zero-width character", "zero-width characters"),
            HiddenKind::Bidi => ("direction control", "direction controls"),
            HiddenKind::Tag => ("invisible tag character", "invisible tag characters"),
            HiddenKind::VariationSelector => ("variation selector", "variation selectors"),
            HiddenKind::Control => ("control character", "control characters"),
        }
    }
}

/// How much hidden text of each kind was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed(BTreeMap<HiddenKind, usize>);

impl Removed {
    /// One more of `kind`.
    pub(super) fn count(&mut self, kind: HiddenKind) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// Whether nothing was hidden.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of `kind`.
    pub fn of(&self, kind: HiddenKind) -> usize {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// Adds what was removed elsewhere, for one note about several texts.
    pub fn add(&mut self, other: &Removed) {
        for (&kind, &n) in &other.0 {
            *self.0.entry(kind).or_default() += n;
        }
    }

    /// "hidden text removed: 2 HTML comments, 1 link title"; `None` when there was none that is
    /// worth a word.
    pub fn note(&self) -> Option<String> {
        let one = |(kind, n): (&HiddenKind, &usize)| {
            let (single, several) = kind.words();
            format!("{n} {}", if *n == 1 { single } else { several })
        };
        let parts: Vec<String> = self.0.iter().filter(|it| !it.0.is_everyday()).map(one).collect();
        (!parts.is_empty()).then(|| format!("hidden text removed: {}", parts.join(", ")))
    }
}

/// A text without what nobody sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stripped {
    /// What is left.
    pub text: String,
    /// What went.
    pub removed: Removed,
}

/// Removes hidden text from Markdown: issue and comment bodies. Stripping twice is stripping once.
pub fn strip_hidden(text: &str) -> Stripped {
    let mut removed = Removed::default();
    let mut text = invisible::remove(text, &mut removed);
    for _ in 0..PASSES {
        let edits = hidden_markup(&text, &mut removed);
        if edits.is_empty() {
            return Stripped { text, removed };
        }
        let edited = apply(&text, edits);
        // Edits that change nothing are how a link looks that is already as it should be.
        if edited == text {
            return Stripped { text, removed };
        }
        text = invisible::remove(&edited, &mut removed);
    }
    Stripped { text: text.replace(['<', '[', ']'], " "), removed }
}

/// Removes invisible characters from text that is not Markdown: files, logs, titles.
pub fn strip_invisible(text: &str) -> Stripped {
    let mut removed = Removed::default();
    let text = invisible::remove(text, &mut removed);
    Stripped { text, removed }
}

/// A stretch of the text and what takes its place.
pub(super) type Edit = (Range<usize>, String);

/// Applies edits in order of their start; an edit inside an earlier one has gone with it.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|it| (it.0.start, std::cmp::Reverse(it.0.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, replacement) in edits {
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&replacement);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn hidden_markup(text: &str, removed: &mut Removed) -> Vec<Edit> {
    let mut reader =
        Reader { text, removed, edits: Vec::new(), swallowing: None, links: Vec::new() };
    let mut footnotes: Vec<(String, Range<usize>)> = Vec::new();
    let mut referred: BTreeSet<String> = BTreeSet::new();
    let events = markdown::events(text);
    let definitions: Vec<Range<usize>> =
        events.reference_definitions().iter().map(|it| it.1.span.clone()).collect();
    for (event, range) in events {
        if let Event::Html(_) | Event::InlineHtml(_) = &event {
            reader.html(range);
        } else if let Event::FootnoteReference(name) = &event {
            reader.inner_end(range.end);
            referred.insert(name.to_string());
        } else if let Event::Start(tag) = &event {
            if let Tag::FootnoteDefinition(name) = tag {
                footnotes.push((name.to_string(), range));
            } else {
                reader.open(tag, &range);
            }
        } else if let Event::End(tag) = &event {
            reader.close(*tag, &range);
        } else {
            reader.inner_end(range.end);
        }
    }
    reader.end();
    let Reader { mut edits, removed, .. } = reader;
    for range in definitions {
        removed.count(HiddenKind::Definition);
        edits.push((range, String::new()));
    }
    for (_, range) in footnotes.into_iter().filter(|it| !referred.contains(&it.0)) {
        removed.count(HiddenKind::Definition);
        edits.push((range, "\n".to_owned()));
    }
    edits
}

/// A link or image that is being read.
struct OpenLink {
    address: String,
    has_title: bool,
    autolink: bool,
    image: bool,
    start: usize,
    /// Where the last part inside it ended: its address and title stand behind that.
    inner_end: usize,
}

/// Raw HTML that swallows what follows, up to its end.
enum Swallowing {
    Comment,
    Tag,
    Element { name: String, depth: usize },
}

struct Reader<'a> {
    text: &'a str,
    removed: &'a mut Removed,
    edits: Vec<Edit>,
    /// What is being swallowed, and from where.
    swallowing: Option<(Swallowing, usize)>,
    links: Vec<OpenLink>,
}

impl Reader<'_> {
    fn inner_end(&mut self, end: usize) {
        if let Some(link) = self.links.last_mut() {
            link.inner_end = link.inner_end.max(end);
        }
    }

    fn open(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        let image = matches!(tag, Tag::Image { .. });
        let (Tag::Link { link_type, dest_url: dest, title, .. }
        | Tag::Image { link_type, dest_url: dest, title, .. }) = tag
        else {
            return;
        };
        let bracket = if image { 2 } else { 1 };
        self.links.push(OpenLink {
            address: address(dest),
            has_title: !title.is_empty(),
            autolink: matches!(link_type, LinkType::Autolink | LinkType::Email),
            image,
            start: range.start,
            inner_end: range.start + bracket,
        });
    }

    fn close(&mut self, tag: TagEnd, range: &Range<usize>) {
        if matches!(tag, TagEnd::Link | TagEnd::Image)
            && let Some(link) = self.links.pop()
            && !link.autolink
        {
            self.rewrite(&link, range.end);
        }
        self.inner_end(range.end);
    }

    /// Writes a link without its title and a reference with its address; an image loses its text.
    fn rewrite(&mut self, link: &OpenLink, end: usize) {
        let tail = format!("]({})", link.address);
        if link.has_title {
            self.removed.count(HiddenKind::LinkTitle);
        }
        if link.image {
            if link.start + 2 < link.inner_end {
                self.removed.count(HiddenKind::ImageAlt);
            }
            self.edit(link.start..end, format!("![{tail}"));
        } else {
            self.edit(link.inner_end..end, tail);
        }
    }

    fn edit(&mut self, range: Range<usize>, replacement: String) {
        if self.text.get(range.clone()) != Some(replacement.as_str()) {
            self.edits.push((range, replacement));
        }
    }

    fn html(&mut self, range: Range<usize>) {
        self.inner_end(range.end);
        let base = range.start;
        let mut html = self.text.get(range).unwrap_or_default();
        let mut offset = base;
        if let Some((Swallowing::Comment | Swallowing::Tag, _)) = self.swallowing
            && let Some((swallowing, from)) = self.swallowing.take()
        {
            let end = if matches!(swallowing, Swallowing::Comment) { "-->" } else { ">" };
            let Some(at) = html.find(end) else {
                self.swallowing = Some((swallowing, from));
                return;
            };
            offset += at + end.len();
            html = html.get(at + end.len()..).unwrap_or_default();
            self.swallow(from..offset, HiddenKind::HtmlComment);
        }
        for piece in html::scan(html) {
            let range = piece.range.start + offset..piece.range.end + offset;
            self.piece(piece.kind, range);
        }
    }

    fn piece(&mut self, kind: Kind, range: Range<usize>) {
        if let Some((Swallowing::Element { name, mut depth }, from)) = self.swallowing.take() {
            match kind {
                Kind::Open { name: inner, .. } if inner == name => depth += 1,
                Kind::Close { name: inner } if inner == name && depth == 0 => {
                    return self.swallow(from..range.end, HiddenKind::HiddenElement);
                }
                Kind::Close { name: inner } if inner == name => depth -= 1,
                Kind::Open { .. }
                | Kind::Close { .. }
                | Kind::Comment
                | Kind::OpenComment
                | Kind::OpenTag => {}
            }
            self.swallowing = Some((Swallowing::Element { name, depth }, from));
            return;
        }
        match kind {
            Kind::Comment => self.swallow(range, HiddenKind::HtmlComment),
            Kind::OpenComment => self.swallowing = Some((Swallowing::Comment, range.start)),
            Kind::OpenTag => self.swallowing = Some((Swallowing::Tag, range.start)),
            Kind::Close { .. } => {}
            Kind::Open { name, attributes } => self.element(name, &attributes, range),
        }
    }

    fn element(&mut self, name: String, attributes: &str, range: Range<usize>) {
        if html::is_hidden(&name, attributes) && !html::is_void(&name) {
            self.swallowing = Some((Swallowing::Element { name, depth: 0 }, range.start));
            return;
        }
        let kept = addresses(attributes);
        let plain = format!("<{name}{kept}>");
        if attributes.trim_matches(['/', ' ']) != kept.trim() {
            self.removed.count(HiddenKind::Attribute);
            self.edit(range, plain);
        }
    }

    /// A blank takes the place, so that the two ends do not grow together into something new.
    fn swallow(&mut self, range: Range<usize>, kind: HiddenKind) {
        self.removed.count(kind);
        self.edits.push((range, " ".to_owned()));
    }

    /// What still swallows at the end swallows to the end: that is what a browser does.
    fn end(&mut self) {
        if let Some((swallowing, from)) = self.swallowing.take() {
            let kind = match swallowing {
                Swallowing::Comment | Swallowing::Tag => HiddenKind::HtmlComment,
                Swallowing::Element { .. } => HiddenKind::HiddenElement,
            };
            self.swallow(from..self.text.len(), kind);
        }
    }
}

/// The `href` and `src` of a tag, written in one way; everything else of it is unseen.
fn addresses(attributes: &str) -> String {
    let attributes = html::attributes(attributes);
    let mut kept = String::new();
    for name in ["href", "src"] {
        let Some((_, value)) = attributes.iter().find(|it| it.0 == name) else { continue };
        let plain = |it: &char| !it.is_whitespace() && !matches!(it, '"' | '\'' | '<' | '>');
        let value: String = value.chars().filter(plain).collect();
        if !value.is_empty() {
            kept.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    kept
}

/// A link's address so that it reads back as the same address.
fn address(dest: &str) -> String {
    let mut out = String::with_capacity(dest.len());
    let mut rest = dest.chars();
    while let Some(c) = rest.next() {
        let entity = || rest.as_str().starts_with(|it: char| it.is_ascii_alphabetic() || it == '#');
        let breaks = matches!(c, '(' | ')' | '<' | '>' | '\\' | '"' | '`' | '[' | ']' | '|')
            || c.is_whitespace()
            || c.is_control()
            || (c == '&' && dest.contains(';') && entity());
        if !breaks {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
