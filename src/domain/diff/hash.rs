//! The content hash of a change set: what a person's yes to a push is bound to.
//!
//! SHA-256 over the changes in the order of their paths: path, kind, old path, mode, old and new
//! content, each with its length before it, so that no two change sets read the same. The old
//! contents count, because people say yes to a *difference*: when the file below it became
//! another, they have not seen what would be pushed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ChangeSet, Content};

/// Digits shown to people, as with a plan's hash.
const SHOWN_DIGITS: usize = 12;

/// Begins what is hashed; another way of hashing gets another version.
const FORMAT: &[u8] = b"baton change set 1\n";

/// The content hash of a change set, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChangeHash(String);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the hash of a change set: that has 64 lower-case hexadecimal digits")]
pub struct BadChangeHash(String);

impl ChangeHash {
    pub(super) fn of(set: &ChangeSet) -> ChangeHash {
        let mut hasher = Sha256::new();
        hasher.update(FORMAT);
        for change in set.files() {
            field(&mut hasher, change.path.as_bytes());
            field(&mut hasher, change.kind.word().as_bytes());
            field(&mut hasher, change.path_before().as_bytes());
            field(&mut hasher, change.mode.word().as_bytes());
            content(&mut hasher, change.before.as_ref());
            content(&mut hasher, change.after.as_ref());
        }
        ChangeHash(hex::encode(hasher.finalize()))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 12 digits that people see.
    pub fn short(&self) -> &str {
        &self.0[..SHOWN_DIGITS]
    }
}

/// Shows the 12 digits that people see.
impl fmt::Display for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl FromStr for ChangeHash {
    type Err = BadChangeHash;

    fn from_str(text: &str) -> Result<ChangeHash, BadChangeHash> {
        ChangeHash::try_from(text.to_owned())
    }
}

impl TryFrom<String> for ChangeHash {
    type Error = BadChangeHash;

    fn try_from(text: String) -> Result<ChangeHash, BadChangeHash> {
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(ChangeHash(text))
        } else {
            Err(BadChangeHash(text))
        }
    }
}

impl From<ChangeHash> for String {
    fn from(hash: ChangeHash) -> String {
        hash.0
    }
}

fn content(hasher: &mut Sha256, content: Option<&Content>) {
    match content {
        None => field(hasher, b"none"),
        Some(Content::Text(text)) => {
            field(hasher, b"text");
            field(hasher, text.as_bytes());
        }
        Some(Content::Binary { bytes, sha256 }) => {
            field(hasher, b"binary");
            field(hasher, &bytes.to_le_bytes());
            field(hasher, sha256.as_bytes());
        }
    }
}

fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}
