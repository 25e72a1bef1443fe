//! A delivery from GitHub, from its bytes to the domain's words, in three steps that need nothing
//! but their arguments:
//!
//! 1. [`verify`]: did somebody who knows the secret send exactly these bytes? Nothing is stored
//!    before that.
//! 2. [`envelope`]: which installation, repository and issue is it about? Cheap and total, for the
//!    door, which must store the row under the right issue even when the rest is strange.
//! 3. [`incoming`]: what happened? Every event and action has an answer; what Baton has no use for
//!    is [`What::Ignored`](crate::domain::incoming::What::Ignored) with the reason.
//!
//! ```
//! use baton::domain::incoming::What;
//! use baton::github::webhook::incoming;
//!
//! let ping = incoming("ping", br#"{"zen": "Keep it logically awesome."}"#).unwrap();
//! assert!(matches!(ping.what, What::Ignored(_)));
//! ```

mod ci;
mod envelope;
mod events;
mod nameless;
mod parse;
mod payload;
mod pulls;
mod push;
mod signature;

pub use self::envelope::{Envelope, Hint, envelope};
pub use self::events::{SUBSCRIBED, UNASKED};
pub use self::nameless::{actor_without_id, with_id};
pub use self::parse::{Unparsed, incoming};
pub use self::signature::{BadSignature, verify};

#[cfg(test)]
mod tests;
