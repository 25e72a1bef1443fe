//! Markdown as GitHub reads it, with the byte range of every part.

use pulldown_cmark::{DefaultBrokenLinkCallback, OffsetIter, Options, Parser};

/// GitHub's extensions. Anything more would see structure where GitHub shows text.
const GITHUB: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM);

/// The parts of `text` in order, each with the bytes it stands on.
pub(in crate::domain) fn events(text: &str) -> OffsetIter<'_, DefaultBrokenLinkCallback> {
    Parser::new_ext(text, GITHUB).into_offset_iter()
}
