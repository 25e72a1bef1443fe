//! `push`: where a branch points now, and which files that changed.

use std::collections::BTreeSet;

use super::parse::{Unparsed, read};
use super::payload::Push;
use crate::base::Sha;
use crate::domain::incoming::{ChangedPaths, What};

/// GitHub names at most this many commits of a push.
const COMMITS_MAX: usize = 2_048;

/// Whoever asks which files a push touched has seen enough by then: GitHub names no more files of a
/// pull request either.
const PATHS_MAX: usize = 3_000;

pub(super) fn push(body: &[u8]) -> Result<What, Unparsed> {
    let body: Push = read(body)?;
    let git_ref =
        body.git_ref.0.as_deref().ok_or_else(|| Unparsed::new("ref", "the ref is missing"))?;
    let Some(branch) = branch_of(git_ref) else {
        return Ok(What::Ignored("push: a tag, not a branch"));
    };
    let branch = branch.to_owned();
    let after = body.after.0.clone().unwrap_or_default();
    // A deletion is written as a push of the zero commit; some servers leave out the flag.
    let deleted = body.deleted.0.unwrap_or(is_zero(&after));
    if after.is_empty() && !deleted {
        return Err(Unparsed::new("after", "the commit is missing"));
    }
    let paths = paths(&body);
    Ok(What::Pushed {
        branch,
        before: body.before.0.filter(|it| !it.is_empty() && !is_zero(it)).map(Sha),
        after: Sha(after),
        forced: body.forced.is_set(),
        deleted,
        pusher: body.pusher.0.and_then(|it| it.name.0.or(it.login.0)),
        paths,
    })
}

/// The branch of a full ref name; `None` for a tag.
pub(super) fn branch_of(git_ref: &str) -> Option<&str> {
    git_ref.strip_prefix("refs/heads/").filter(|it| !it.is_empty())
}

fn is_zero(sha: &str) -> bool {
    !sha.is_empty() && sha.bytes().all(|it| it == b'0')
}

fn paths(body: &Push) -> ChangedPaths {
    let commits = &body.commits.0;
    let of = |index: usize| {
        let it = &commits[index];
        it.added.0.iter().chain(&it.modified.0).chain(&it.removed.0)
    };
    // A commit without files is most likely one whose files the server does not tell.
    let all_tell = (0..commits.len()).all(|index| of(index).next().is_some());
    let is_step = body.before.0.as_deref().is_some_and(|it| !it.is_empty() && !is_zero(it));
    let paths: BTreeSet<&String> = (0..commits.len()).flat_map(of).collect();
    let complete = is_step
        && !body.forced.is_set()
        && !commits.is_empty()
        && commits.len() < COMMITS_MAX
        && all_tell
        && paths.len() <= PATHS_MAX;
    ChangedPaths { paths: paths.into_iter().take(PATHS_MAX).cloned().collect(), complete }
}
