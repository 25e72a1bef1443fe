//! Merging a pull request: what stands in its way, the commit, and what closes with it.

use std::collections::BTreeSet;

use super::super::world::{
    Actor, Issue, Merge, MergeMethod, Pull, Repository, ReviewState, Role, World,
};
use super::Moved;
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::{Commit, GitError, Placed, TreeChange};

/// A merge that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct NewMerge {
    pub(crate) method: MergeMethod,
    /// The head that was looked at; any when absent.
    pub(crate) head: Option<Sha>,
    /// The commit's first line and the rest; GitHub's own words when absent.
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
}

/// Why a pull request cannot be merged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeRefused {
    #[error("it is closed")]
    Closed,
    #[error("it is still a draft")]
    Draft,
    #[error("its head was modified")]
    HeadMoved,
    #[error("both sides changed {0}")]
    Path(String),
    #[error("the branch is gone")]
    BranchGone,
    #[error("the required check \"{0}\" has not passed")]
    Check(String),
    #[error("{0} approving reviews by people with write are required")]
    Reviews(usize),
    #[error(transparent)]
    Git(#[from] GitError),
}

impl World {
    /// Merges; then closes the issues that the body says it closes.
    pub(crate) fn merge_pull(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        new: NewMerge,
    ) -> Result<Sha, MergeRefused> {
        let repo = self.repo(repository);
        let issue = &repo.issues[&number];
        let pull = issue.pull.clone().ok_or(MergeRefused::BranchGone)?;
        check_mergeable(repo, issue, &pull, new.head.as_ref())?;
        let base = repo.git.branch(&pull.base_ref).ok_or(MergeRefused::BranchGone)?;
        let into_default = repo.default_branch == pull.base_ref;
        let body = issue.body.as_deref().unwrap_or_default();
        let closes = match into_default {
            true => closed_issues(body, &repo.full_name()),
            false => Vec::new(),
        };
        let issues_first = repo.issues_close_first;
        let commit = self.merge_commit(repository, number, actor, (&base, &pull), new)?;
        let repo = self.repo(repository);
        let sha = repo.git.put_commit(&commit)?;
        repo.git.point_branch(&pull.base_ref, &sha)?;
        let at = self.touch(repository, number);
        if let Some(pull) = &mut self.repo_mut(repository).issue_mut(number).pull {
            pull.merged = Some(Merge { sha: sha.clone(), by: actor.user, at });
        }
        if issues_first {
            self.close_named(repository, actor, &closes);
        }
        self.close_issue(repository, number, actor, "");
        let after = Some(sha.clone());
        self.moved(
            repository,
            actor,
            Moved { branch: pull.base_ref, before: Some(base), after, forced: false },
        );
        if !issues_first {
            self.close_named(repository, actor, &closes);
        }
        Ok(sha)
    }

    fn close_named(&mut self, repository: RepositoryId, actor: Actor, numbers: &[IssueNumber]) {
        for number in numbers {
            let issue = self.repo(repository).issues.get(number);
            if issue.is_some_and(|it| it.pull.is_none()) {
                self.close_issue(repository, *number, actor, "completed");
            }
        }
    }

    fn merge_commit(
        &self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        (base, pull): (&Sha, &Pull),
        new: NewMerge,
    ) -> Result<Commit, MergeRefused> {
        let repo = self.repo(repository);
        let issue = &repo.issues[&number];
        let tree = self.merged_tree(repository, base, &pull.head_sha)?;
        let merger = self.signature(actor.user);
        let (author, parents, title, message) = match new.method {
            MergeMethod::Merge => (
                merger.clone(),
                vec![base.clone(), pull.head_sha.clone()],
                format!("Merge pull request #{number} from {}/{}", repo.owner, pull.head_ref),
                issue.title.clone(),
            ),
            MergeMethod::Squash => (
                self.signature(issue.author),
                vec![base.clone()],
                format!("{} (#{number})", issue.title),
                String::new(),
            ),
        };
        let title = new.title.unwrap_or(title);
        let message = match new.message.unwrap_or(message) {
            message if message.is_empty() => title,
            message => format!("{title}\n\n{message}"),
        };
        Ok(Commit { tree, parents, author, committer: merger, message })
    }

    /// Three-way by path: what the head changed since the two parted, laid onto the base.
    fn merged_tree(
        &self,
        repository: RepositoryId,
        base: &Sha,
        head: &Sha,
    ) -> Result<Sha, MergeRefused> {
        let git = &self.repo(repository).git;
        let common = git.merge_base(head, base)?;
        let theirs: BTreeSet<String> =
            git.changes(common.as_ref(), base)?.into_iter().map(|it| it.path).collect();
        let mut changes = Vec::new();
        for change in git.changes(common.as_ref(), head)? {
            let ours = git.entry_at(head, &change.path)?;
            if theirs.contains(&change.path) && git.entry_at(base, &change.path)? != ours {
                return Err(MergeRefused::Path(change.path));
            }
            let placed = ours.map_or(Placed::Nothing, |it| Placed::Object(it.mode, it.sha));
            changes.push(TreeChange { path: change.path, placed });
        }
        Ok(git.change_tree(Some(&git.commit(base)?.tree), &changes)?)
    }
}

fn check_mergeable(
    repo: &Repository,
    issue: &Issue,
    pull: &Pull,
    head: Option<&Sha>,
) -> Result<(), MergeRefused> {
    if !issue.is_open() {
        return Err(MergeRefused::Closed);
    }
    if pull.draft {
        return Err(MergeRefused::Draft);
    }
    if head.is_some_and(|it| *it != pull.head_sha) {
        return Err(MergeRefused::HeadMoved);
    }
    let Some(rules) = repo.rules.get(&pull.base_ref) else { return Ok(()) };
    let checks = repo.checks.latest_at(&pull.head_sha);
    for (context, app) in &rules.checks {
        let passed = checks.iter().any(|it| {
            it.name == *context
                && app.is_none_or(|app| app == it.app)
                && it.status.conclusion().is_some_and(|it| it.lets_merge())
        });
        if !passed && !repo.status_is_good(&pull.head_sha, context) {
            return Err(MergeRefused::Check(context.clone()));
        }
    }
    let approves = |user| {
        let mut of_user = repo.reviews.iter().filter(|it| {
            it.pull == issue.number && it.author == user && it.state != ReviewState::Commented
        });
        of_user.next_back().is_some_and(|it| it.state == ReviewState::Approved)
    };
    let writers = repo.roles.iter().filter(|it| Role::Write <= *it.1).map(|it| *it.0);
    if writers.filter(|it| approves(*it)).count() < rules.reviews {
        return Err(MergeRefused::Reviews(rules.reviews));
    }
    Ok(())
}

/// The issues that a text closes by GitHub's keywords (`closes #1`, `Fixed: acme/api#2`).
fn closed_issues(text: &str, here: &str) -> Vec<IssueNumber> {
    const KEYWORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |word: &str| {
        let word = match word.get(..here.len()) {
            Some(name) if name.eq_ignore_ascii_case(here) => &word[here.len()..],
            Some(_) | None => word,
        };
        let digits = word.strip_prefix('#')?.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok().map(IssueNumber)
    };
    words
        .windows(2)
        .filter(|it| KEYWORDS.contains(&it[0].trim_end_matches(':').to_lowercase().as_str()))
        .filter_map(|it| number(it[1]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[i64]) {
        let found = closed_issues(text, "acme/helpdesk");
        assert_eq!(found.into_iter().map(|it| it.0).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_keywords_close_issues() {
        check("Closes #1 and fixes: #22.", &[1, 22]);
        check("Part of #3", &[]);
        check("prefixes #4, closes 5", &[]);
        check("Resolves Acme/helpdesk#6, closes acme/other#7", &[6]);
    }
}
