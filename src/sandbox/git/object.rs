//! Blobs, trees and commits as git writes them down.

use std::fmt;

use crate::base::{Sha, Timestamp};

/// What an object is. Tags are absent: Baton never makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file's bytes.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
}

impl Kind {
    /// Git's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Blob => "blob",
            Kind::Tree => "tree",
            Kind::Commit => "commit",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Kind> {
        [Kind::Blob, Kind::Tree, Kind::Commit].into_iter().find(|it| it.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an entry stands in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `100644`.
    File,
    /// `100755`.
    Executable,
    /// `120000`: the blob is the target's path.
    Symlink,
    /// `040000`.
    Directory,
    /// `160000`: a commit of another repository.
    Submodule,
}

impl Mode {
    /// Six octal digits, as GitHub writes modes.
    pub fn name(self) -> &'static str {
        match self {
            Mode::File => "100644",
            Mode::Executable => "100755",
            Mode::Symlink => "120000",
            Mode::Directory => "040000",
            Mode::Submodule => "160000",
        }
    }

    /// Reads the digits; git itself leaves out the leading zero of a directory.
    pub fn parse(digits: &str) -> Option<Mode> {
        let all = [Mode::File, Mode::Executable, Mode::Symlink, Mode::Directory, Mode::Submodule];
        all.into_iter()
            .find(|it| it.name().trim_start_matches('0') == digits.trim_start_matches('0'))
    }

    /// The kind of object such an entry points to.
    pub fn kind(self) -> Kind {
        match self {
            Mode::File | Mode::Executable | Mode::Symlink => Kind::Blob,
            Mode::Directory => Kind::Tree,
            Mode::Submodule => Kind::Commit,
        }
    }
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// File, directory, …
    pub mode: Mode,
    /// A name without `/`; in a recursive listing, the whole path.
    pub name: String,
    /// The object it points to.
    pub sha: Sha,
}

/// Who wrote or committed, and when. Times are UTC and have whole seconds, as git has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The moment.
    pub at: Timestamp,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The root folder.
    pub tree: Sha,
    /// The commits before it.
    pub parents: Vec<Sha>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who recorded it.
    pub committer: Signature,
    /// Subject, blank line, body.
    pub message: String,
}

pub(super) fn encode_tree(mut entries: Vec<TreeEntry>) -> Vec<u8> {
    // Git sorts a directory as if its name ended with a slash.
    entries.sort_by_key(|it| match it.mode {
        Mode::Directory => format!("{}/", it.name).into_bytes(),
        Mode::File | Mode::Executable | Mode::Symlink | Mode::Submodule => {
            it.name.clone().into_bytes()
        }
    });
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(entry.mode.name().trim_start_matches('0').as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(entry.name.as_bytes());
        bytes.push(0);
        bytes.extend(hex::decode(entry.sha.as_str()).unwrap_or_default());
    }
    bytes
}

pub(super) fn decode_tree(mut bytes: &[u8]) -> Option<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|it| *it == b' ')?;
        let nul = bytes.iter().position(|it| *it == 0)?;
        let mode = Mode::parse(std::str::from_utf8(&bytes[..space]).ok()?)?;
        let name = String::from_utf8(bytes.get(space + 1..nul)?.to_vec()).ok()?;
        let sha = Sha(hex::encode(bytes.get(nul + 1..nul + 21)?));
        entries.push(TreeEntry { mode, name, sha });
        bytes = &bytes[nul + 21..];
    }
    Some(entries)
}

pub(super) fn encode_commit(commit: &Commit) -> Vec<u8> {
    let mut text = format!("tree {}\n", commit.tree);
    for parent in &commit.parents {
        text.push_str(&format!("parent {parent}\n"));
    }
    text.push_str(&format!("author {}\n", signature_line(&commit.author)));
    text.push_str(&format!("committer {}\n\n", signature_line(&commit.committer)));
    text.push_str(&commit.message);
    text.into_bytes()
}

pub(super) fn decode_commit(bytes: &[u8]) -> Option<Commit> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, message) = text.split_once("\n\n")?;
    let of = |key: &str| {
        let key = format!("{key} ");
        head.lines().filter_map(move |it| it.strip_prefix(&key).map(str::to_owned))
    };
    Some(Commit {
        tree: Sha(of("tree").next()?),
        parents: of("parent").map(Sha).collect(),
        author: parse_signature(&of("author").next()?)?,
        committer: parse_signature(&of("committer").next()?)?,
        message: message.to_owned(),
    })
}

/// Names cannot hold the characters that delimit them; git drops these in the same way.
fn signature_line(who: &Signature) -> String {
    let plain = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
    format!("{} <{}> {} +0000", plain(&who.name), plain(&who.email), who.at.0.div_euclid(1_000))
}

fn parse_signature(line: &str) -> Option<Signature> {
    let (name, rest) = line.split_once(" <")?;
    let (email, rest) = rest.split_once("> ")?;
    let seconds: i64 = rest.split(' ').next()?.parse().ok()?;
    Some(Signature {
        name: name.to_owned(),
        email: email.to_owned(),
        at: Timestamp(seconds.checked_mul(1_000)?),
    })
}
