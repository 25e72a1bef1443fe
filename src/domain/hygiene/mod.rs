//! Foreign text made safe: what a model may read, what may go out, what may become a name.
//!
//! - [`strip_hidden`] and [`strip_invisible`]: nothing that people do not see reaches a model.
//! - [`redact_secrets`] and [`Secrets`]: no secret goes in or out.
//! - [`defang`] and [`literal`]: Markdown by others that mentions, closes, links and orders nothing.
//! - [`title_text`] and [`branch_slug`]: names that carry no orders.
//! - [`truncate_markdown`]: a cut text that still stands.
//! - [`is_secret_path`]: files that no model reads.

mod defang;
mod hidden;
pub(in crate::domain) mod html;
mod invisible;
pub(in crate::domain) mod markdown;
mod names;
mod paths;
mod secrets;
mod truncate;

pub use self::defang::{defang, literal};
pub use self::hidden::{HiddenKind, Removed, Stripped, strip_hidden, strip_invisible};
pub use self::names::{branch_slug, title_text};
pub use self::paths::is_secret_path;
pub use self::secrets::{Secrets, redact_secrets};
pub use self::truncate::{BODY_CHARS_MAX, truncate_markdown};

#[cfg(test)]
mod tests;
