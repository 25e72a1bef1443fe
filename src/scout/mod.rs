//! Reads a *snapshot*: the files of a repository at one commit, as a planner may see them.
//!
//! A snapshot is one pack file in a cache directory, named by repository id and commit. No name
//! from the archive ever becomes a name on this machine's disk, so links, `..`, case collisions
//! and device files have nothing to act on. [`Snapshot::from_tarball`] makes one from GitHub's
//! archive, [`SnapshotBuilder`] from single blobs, [`Snapshot::open_cached`] opens what is there.
//!
//! The four tools ([`Snapshot::run`]) answer in bounded text, and stop early when a [`Halt`] asks
//! them to ([`Snapshot::until`]). Secret files (trust rule 21) and
//! what `.batonignore` names are invisible in every tool and counted in [`Snapshot::skipped`].
//! A [`Workspace`] is a snapshot with the edits of an implementer over it, kept in memory: nothing
//! is written anywhere until its change set is judged and committed.
//! Everything here blocks on the disk: async callers use a blocking thread.

mod archive;
mod builder;
mod edits;
mod files;
mod grep;
mod glob;
mod halt;
mod index;
mod output;
mod pack;
mod path;
mod search;
mod snapshot;
mod symbols;
mod visibility;
mod words;

pub use self::builder::SnapshotBuilder;
pub use self::edits::{Edits, Workspace};
pub use self::halt::Halt;
pub use self::index::named_paths;
pub use self::output::Refusal;
pub use self::pack::prune;
pub use self::snapshot::{Skipped, Snapshot, SnapshotError, SnapshotLimits};
pub use self::visibility::BATONIGNORE;

#[cfg(test)]
mod tests;
