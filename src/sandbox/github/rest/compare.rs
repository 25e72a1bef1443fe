//! Two commits side by side: comparisons, and what a pull request changes.

use serde_json::{Value, json};

use super::super::payload::commit_json;
use super::super::world::{Repository, World};
use super::answer::{Answer, Refusal};
use super::git_refs::filled;
use super::pulls::pull_number;
use super::request::Request;
use crate::base::Sha;
use crate::sandbox::git::Commit;

/// A comparison lists this many commits unless pages are asked for, and a pull request never more
/// (`docs.github.com/rest/commits/commits`, "Compare two commits").
const COMMITS_MAX: usize = 250;

/// A comparison lists at most this many files, on its first page (same page).
const COMPARED_FILES_MAX: usize = 300;

/// A pull request lists at most this many files (`docs.github.com/rest/pulls/pulls`, "List pull
/// requests files").
const PULL_FILES_MAX: usize = 3_000;

/// `{base}...{head}`: what `head` has since it and `base` parted.
pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let named = request.param("basehead");
    let (base, head) = named.split_once("...").ok_or_else(Refusal::not_found)?;
    let (base, head) = (end(repository, base)?, end(repository, head)?);
    let git = &repository.git;
    let fork = git.merge_base(&base, &head)?;
    let fork = fork.ok_or_else(|| {
        Refusal::new(404, format!("No common ancestor between {base} and {head}."))
    })?;
    let ahead = missing_from(repository, &base, &head)?;
    let behind_by = missing_from(repository, &head, &base)?.len();
    let status = match (ahead.len(), behind_by) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let commit = |sha: &Sha| -> Result<Value, Refusal> {
        Ok(commit_json(world, repository, sha, &git.commit(sha)?))
    };
    let shown = shown_commits(request, ahead.len());
    let commits: Vec<Value> = ahead
        .get(shown.clone())
        .unwrap_or_default()
        .iter()
        .map(|(sha, commit)| commit_json(world, repository, sha, commit))
        .collect();
    let changes = git.file_changes(Some(&fork), &head)?;
    let files = changes.iter().take(if shown.start == 0 { COMPARED_FILES_MAX } else { 0 });
    let files: Vec<Value> =
        files.map(|it| world.file_json(repository, (&fork, &head), it)).collect();
    let page = format!("{}/{}/compare/{named}", world.web_url, repository.full_name());
    Ok(Answer::ok(json!({
        "url": format!("{}/compare/{named}", world.repository_url(repository)),
        "html_url": page,
        "permalink_url": format!("{page}#{base}...{head}"),
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "base_commit": commit(&base)?,
        "merge_base_commit": commit(&fork)?,
        "status": status,
        "ahead_by": ahead.len(),
        "behind_by": behind_by,
        "total_commits": ahead.len(),
        "commits": commits,
        "files": files,
    })))
}

/// The files that a pull request changes.
pub(super) fn pull_files(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (repository, base, head) = ends(world, request)?;
    let fork = repository.git.merge_base(&base, &head)?;
    let changes = repository.git.file_changes(fork.as_ref(), &head)?;
    let before = fork.as_ref().unwrap_or(&head);
    let files = changes.iter().take(PULL_FILES_MAX);
    Ok(request.page(files.map(|it| world.file_json(repository, (before, &head), it)).collect()))
}

/// The commits of a pull request, oldest first.
pub(super) fn pull_commits(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (repository, base, head) = ends(world, request)?;
    let commits = missing_from(repository, &base, &head)?;
    let shown = commits.iter().take(COMMITS_MAX);
    Ok(request
        .page(shown.map(|(sha, commit)| commit_json(world, repository, sha, commit)).collect()))
}

fn ends<'a>(world: &'a World, request: &Request) -> Result<(&'a Repository, Sha, Sha), Refusal> {
    let number = pull_number(world, request)?;
    let repository = world.repo(request.repo()?);
    let pull = repository.issues[&number].pull.as_ref().ok_or_else(Refusal::not_found)?;
    Ok((repository, pull.base_sha.clone(), pull.head_sha.clone()))
}

/// A branch or commit, with `owner:` before it or without; forks do not exist here.
fn end(repository: &Repository, name: &str) -> Result<Sha, Refusal> {
    let name = match name.split_once(':') {
        Some((owner, name)) if owner.eq_ignore_ascii_case(&repository.owner) => name,
        Some(_) => return Err(Refusal::not_found()),
        None => name,
    };
    repository.git.resolve(name, &repository.default_branch).ok_or_else(Refusal::not_found)
}

/// The commits that `head` has and `base` has not, oldest first.
fn missing_from(
    repository: &Repository,
    base: &Sha,
    head: &Sha,
) -> Result<Vec<(Sha, Commit)>, Refusal> {
    let known = repository.git.log(base)?;
    let mut found = repository.git.log(head)?;
    found.retain(|(sha, _)| known.iter().all(|(it, _)| it != sha));
    found.reverse();
    Ok(found)
}

fn shown_commits(request: &Request, count: usize) -> std::ops::Range<usize> {
    let positive = |name| request.query(name).and_then(|it| it.parse().ok()).filter(|it| 0 < *it);
    let (size, page): (Option<usize>, Option<usize>) = (positive("per_page"), positive("page"));
    if size.is_none() && page.is_none() {
        return 0..count.min(COMMITS_MAX);
    }
    let size = size.unwrap_or(COMMITS_MAX).min(COMMITS_MAX);
    let start = (page.unwrap_or(1) - 1).saturating_mul(size).min(count);
    start..start.saturating_add(size).min(count)
}
