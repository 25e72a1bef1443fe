//! Foreign text made safe: what a model may read, what may go out, what may become a name.
//!
//! - [`strip_hidden`], [`strip_invisible`]: nothing a person does not see reaches a model.

mod hidden;
pub(in crate::domain) mod html;
mod invisible;
pub(in crate::domain) mod markdown;
#[cfg(test)]
mod tests;

pub use self::hidden::{HiddenKind, Removed, Stripped, strip_hidden, strip_invisible};
