//! Answers in the threads that a round of review comments was about: one in each, with the commit.
//! Baton resolves none; that is for whoever began it.

use std::collections::BTreeSet;

use crate::base::ReviewCommentId;
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::threads::{KeptThread, is_answer};
use crate::github::client::GitHubError;
use crate::render::{comment, review};

impl Engine {
    /// Answers where no answer of this key stands yet. A thread that is gone needs none.
    pub(super) async fn answer_threads(
        &self,
        performance: &Performance<'_>,
        task: &str,
        checked: bool,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(round) = self.review_round(issue, task).await? else {
            return Err(NotDone::Needless("nobody knows what it was about"));
        };
        let Some(number) = self.pull_request(issue).await? else {
            return Err(NotDone::Needless("there is no pull request"));
        };
        let Some(found) = performance.reader.review_comments(number).await?.known() else {
            return Err(NotDone::Needless("the threads cannot be read"));
        };
        let marker = comment::key_marker(&performance.claimed.key);
        let is_ours = |body: &str| body.trim_start().starts_with(&marker);
        let answers = found.items.iter().filter(|it| is_answer(it) && is_ours(&it.body));
        let answered: BTreeSet<ReviewCommentId> = answers.map(|it| it.thread()).collect();
        let there: BTreeSet<ReviewCommentId> = found.items.iter().map(|it| it.id).collect();
        let waits = |it: &&KeptThread| there.contains(&it.id) && !answered.contains(&it.id);
        let open: Vec<&KeptThread> = round.threads.iter().filter(waits).collect();
        if open.is_empty() {
            return Err(NotDone::Needless("no thread waits for an answer"));
        }
        let commit = self.store.handle(issue, "plan-commit").await?;
        let changed = commit != round.stood_at;
        let text = review::answer(commit.as_deref().unwrap_or_default(), changed, checked);
        let body = self.bounded(&comment::keyed(&performance.claimed.key, &text));
        self.is_not_done(performance).await?;
        for thread in open {
            self.about_to_write(performance, 1).await?;
            match performance.writer.reply_in_thread(number, thread.id, &body).await {
                Ok(_) | Err(GitHubError::NotFound | GitHubError::Gone) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Done::default())
    }
}
