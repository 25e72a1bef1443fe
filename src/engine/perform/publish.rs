//! The plan's commit and its draft pull request: everything under `baton/**`, nothing forced.

use crate::base::{EffectKey, IssueNumber, Millis, Sha};
use crate::domain::hygiene;
use crate::domain::plan::place::{plan_path, state_path};
use crate::engine::Engine;
use crate::engine::internal::Internal;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::github::BatonRef;
use crate::github::client::{
    BranchCreated, GitHubError, NewFile, NewPullRequest, PullRequestOpened,
};
use crate::render::comment::{self, PlanNews};

/// The trailer by which a commit is found again (`workflow.md`, Keys).
pub(super) const KEY_TRAILER: &str = "Baton-Key";
/// How far back a commit is looked for.
const COMMITS_SEARCHED: u8 = 20;
/// How often a moved branch is followed before the effect is tried again later, and when.
const MOVED_TRIES: usize = 3;
const MOVED_PAUSE: Millis = Millis::minutes(1);
/// Writes of one commit: its tree, itself, its branch.
const COMMIT_WRITES: i64 = 3;

impl Engine {
    /// Commits the plan and STATE.md to the issue's branch, on top of whatever stands there.
    pub(super) async fn commit_plan(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(plan) = self.store.plan(issue, i64::from(revision)).await? else {
            return Err(NotDone::Never("the plan is not stored".to_owned()));
        };
        self.next_branch(issue, revision).await?;
        let branch = self.branch(performance).await?;
        let base = self.branch_base(issue, &plan.base_sha).await?;
        let number = issue.number.to_string();
        let state = self.state_file(issue, performance.claimed.installation, &plan).await?;
        let files = vec![
            NewFile { path: plan_path(&number), content: self.secrets.redact(&plan.markdown) },
            NewFile { path: state_path(&number), content: self.secrets.redact(&state) },
        ];
        let message = commit_message(issue.number, revision, &performance.claimed.key);
        for _ in 0..MOVED_TRIES {
            let written = self.commit_files(performance, &branch, &base, &files, &message).await;
            match written {
                Ok((sha, branch)) => return Ok(self.committed(&sha, &branch)),
                Err(NotDone::GitHub(GitHubError::NotFastForward)) => {}
                Err(other) => return Err(other),
            }
        }
        let why = "the branch moved each time while it was written".to_owned();
        Err(NotDone::Later { until: self.clock.now() + MOVED_PAUSE, why })
    }

    fn committed(&self, sha: &Sha, branch: &BatonRef) -> Done {
        let handles = vec![
            ("branch".to_owned(), branch.as_str().to_owned()),
            ("plan-commit".to_owned(), sha.to_string()),
        ];
        Done { handles, internal: None }
    }

    /// The issue's branch: chosen once and stored, so that a changed title does not move it.
    pub(super) async fn branch(&self, performance: &Performance<'_>) -> Result<BatonRef, NotDone> {
        let issue = performance.issue();
        let stored = self.store.handle(issue, "branch").await?;
        let name = match stored {
            Some(name) => name,
            None => self.first_branch(issue).await?.as_str().to_owned(),
        };
        BatonRef::parse(&name).map_err(|error| NotDone::Never(error.to_string()))
    }

    /// Writes one commit with `files` on the branch's head, or on the base where the branch does
    /// not exist yet, and moves the branch there. Finds the commit of an earlier try by its key.
    async fn commit_files(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
        base: &Sha,
        files: &[NewFile],
        message: &str,
    ) -> Result<(Sha, BatonRef), NotDone> {
        let head = performance.reader.branch_head(branch.as_str()).await?;
        if head.is_some()
            && let Some(sha) = self.find_commit(performance, branch).await?
        {
            return Ok((sha, branch.clone()));
        }
        if head.is_some() {
            self.is_not_done(performance).await?;
        }
        let parent = head.clone().unwrap_or_else(|| base.clone());
        let head_tree = performance.reader.commit(&parent).await?.tree;
        // A server that leaves the tree out takes the commit in its place, as git itself does.
        let base_tree = head_tree.clone().unwrap_or_else(|| parent.clone());
        self.about_to_write(performance, COMMIT_WRITES).await?;
        let tree = performance.writer.create_tree(&base_tree, files).await?;
        if head.is_some() && head_tree == Some(tree.clone()) {
            // The very files stand there already, as after a pull request that failed alone.
            return Ok((parent, branch.clone()));
        }
        let sha = performance.writer.create_commit(message, &tree, &parent).await?;
        if head.is_some() {
            performance.writer.update_branch(branch, &sha).await?;
            return Ok((sha, branch.clone()));
        }
        match performance.writer.create_branch(branch, &sha).await? {
            BranchCreated::Created => Ok((sha, branch.clone())),
            BranchCreated::Exists(_) => Err(GitHubError::NotFastForward.into()),
            BranchCreated::Blocked => {
                // From here on the other name is the issue's branch, whatever becomes of this try.
                let fallback = branch.fallback();
                let issue = performance.issue();
                self.store.save_handle(issue, "branch", fallback.as_str()).await?;
                match performance.writer.create_branch(&fallback, &sha).await? {
                    BranchCreated::Created => Ok((sha, fallback)),
                    BranchCreated::Exists(_) | BranchCreated::Blocked => {
                        let why = "the branch exists under its other name".to_owned();
                        Err(NotDone::Later { until: self.clock.now(), why })
                    }
                }
            }
        }
    }

    pub(super) async fn find_commit(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
    ) -> Result<Option<Sha>, NotDone> {
        let trailer = format!("{KEY_TRAILER}: {}", performance.claimed.key);
        let commits = performance.reader.commits(branch.as_str(), COMMITS_SEARCHED).await?;
        let ours = commits.into_iter().find(|it| it.message.lines().any(|line| line == trailer));
        Ok(ours.map(|it| it.sha))
    }

    /// Opens the draft pull request of the plan, or brings its body up to date.
    pub(super) async fn upsert_pull_request(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Never("the plan is not stored".to_owned()));
        };
        if self.merged_plan(issue).await?.is_some() {
            return Err(NotDone::Needless("it was merged meanwhile"));
        }
        let branch = self.branch(performance).await?;
        let body = self.bounded(&comment::pull_request_body(&news));
        let updated = match self.pull_request(issue).await? {
            Some(number) => self.update_pull_request(performance, number, &body).await?,
            None => None,
        };
        let number = match updated {
            Some(number) => number,
            None => self.open_pull_request(performance, &branch, (&news, body)).await?,
        };
        let internal = Internal::Published { branch: branch.as_str().to_owned(), number };
        let id = format!("effect/{}/published", performance.claimed.key);
        let installation = performance.claimed.installation;
        let row = internal.to_row(id, installation, issue, self.clock.now());
        let handles = vec![("pull-request".to_owned(), number.to_string())];
        Ok(Done { handles, internal: Some(row) })
    }

    /// Closes the plan's pull request, wherever it stands.
    pub(super) async fn close_pull_request(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Done, NotDone> {
        let Some(number) = self.pull_request(performance.issue()).await? else {
            return Err(NotDone::Needless("there is no pull request"));
        };
        let branch = self.branch(performance).await?;
        let Some(own) = performance.writer.own_pull_request(number, &branch).await? else {
            return Err(NotDone::Needless("the pull request is not Baton's"));
        };
        // Closing what is closed changes nothing.
        self.keep_pace(performance, 1).await?;
        performance.writer.close_pull_request(&own).await?;
        Ok(Done::default())
    }

    /// A plan that was merged already is not what this pull request is about.
    fn pull_request_title(&self, number: IssueNumber, title: &str, is_merged: bool) -> String {
        let about = if is_merged { "Work" } else { "Plan" };
        match hygiene::title_text(&self.secrets.redact(title)) {
            title if title.is_empty() => format!("{about}: issue {number}"),
            title => format!("{about}: {title}"),
        }
    }

    /// Brings the body up to date; `None` when the pull request was closed meanwhile, as GitHub
    /// does when its branch is deleted, so that the plan needs another one.
    async fn update_pull_request(
        &self,
        performance: &Performance<'_>,
        number: IssueNumber,
        body: &str,
    ) -> Result<Option<IssueNumber>, NotDone> {
        self.keep_pace(performance, 1).await?;
        match performance.writer.update_pull_request(number, None, Some(body)).await {
            Ok(pull) => Ok(pull.open.then_some(number)),
            Err(GitHubError::NotFound | GitHubError::Gone) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn open_pull_request(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
        (news, body): (&PlanNews, String),
    ) -> Result<IssueNumber, NotDone> {
        // Of several tries one may have opened it: what is open is never opened twice.
        let open = performance.reader.pull_requests_of(branch).await?;
        if let Some(open) = open.into_iter().find(|it| it.open) {
            return Ok(open.number);
        }
        self.is_not_done(performance).await?;
        let issue = performance.issue();
        let title = self.store.load_issue(issue).await?.map(|it| it.title).unwrap_or_default();
        let is_merged = news.merged_in.is_some();
        let mut pull = NewPullRequest {
            head: branch.clone(),
            base: performance.reader.repository().await?.default_branch,
            title: self.pull_request_title(issue.number, &title, is_merged),
            body,
            draft: true,
        };
        loop {
            self.about_to_write(performance, 1).await?;
            match performance.writer.open_pull_request(&pull).await? {
                PullRequestOpened::Opened(it) | PullRequestOpened::Exists(it) => {
                    return Ok(it.number);
                }
                // Private repositories on free plans refuse drafts.
                PullRequestOpened::DraftsUnsupported if pull.draft => pull.draft = false,
                PullRequestOpened::DraftsUnsupported => {
                    return Err(NotDone::Never("GitHub refused the pull request".to_owned()));
                }
            }
        }
    }
}

/// The subject names the issue and the revision only: titles are shell input in other people's
/// workflows (trust rule 4).
/// The message of the commit that ends the work.
pub(super) fn finish_message(issue: IssueNumber, key: &EffectKey) -> String {
    format!("docs: complete the plan for issue {issue}\n\n{KEY_TRAILER}: {key}\n")
}

fn commit_message(issue: IssueNumber, revision: u16, key: &EffectKey) -> String {
    format!("docs: plan for issue {issue}, revision {revision}\n\n{KEY_TRAILER}: {key}\n")
}
