//! Text for a terminal: Markdown without its marks, wrapped, and harmless.

mod markdown;
mod table;
mod wrap;

pub(crate) use self::markdown::plain;
pub(crate) use self::wrap::wrapped;
