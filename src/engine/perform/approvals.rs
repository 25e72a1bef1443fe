//! Approvals that were given to the plan are taken back before the first code goes onto its pull
//! request (trust rule 1): GitHub would let them count for code that nobody has reviewed.
//!
//! Only the first push looks. What people approve afterwards is code, and whether that outlives a
//! later push is for the repository's own settings to say. Dismissing twice is dismissing once, so
//! a crash in between does no harm.

use crate::base::{IssueKey, IssueNumber, Millis};
use crate::domain::incoming::ReviewState;
use crate::engine::perform::Performance;
use crate::engine::perform::outcome::NotDone;
use crate::engine::{CODE_PUSHED, Engine};
use crate::github::BatonRef;
use crate::github::client::{GitHubError, Told, Untold};
use crate::store::StoreError;

/// How long the news of a merge may take.
const NEWS_TAKE: Millis = Millis::seconds(30);

/// What people read beside an approval that was dismissed.
const MESSAGE: &str = "This approval was given to the plan, before there was any code. Baton now \
                       pushes code to this pull request, and that needs a review of its own.";

impl Engine {
    /// Dismisses the approvals of the issue's pull request unless code was pushed to it before.
    /// Says in words for people what keeps them standing, if something does: then nothing may be
    /// pushed.
    pub(super) async fn approvals_in_the_way(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
    ) -> Result<Option<String>, NotDone> {
        let Some(number) = self.pull_request(performance.issue()).await? else { return Ok(None) };
        if self.is_code_pushed_to(performance.issue(), number).await? {
            return Ok(None);
        }
        self.is_not_merged(performance, number).await?;
        let found = match performance.reader.reviews(number).await {
            Ok(Told::Known(found)) => found,
            // Where there are no reviews nobody can have approved.
            Ok(Told::Unknown(Untold::NotOffered)) => return Ok(None),
            Ok(Told::Unknown(why)) => return Ok(Some(unread(number, &why))),
            Err(error) => return in_the_way(error, |it| unread(number, it)),
        };
        if !found.complete {
            return Ok(Some(format!("#{number} has more reviews than Baton reads")));
        }
        let approvals = found.items.into_iter().filter(|it| it.state == ReviewState::Approved);
        let approvals: Vec<_> = approvals.map(|it| it.id).collect();
        if approvals.is_empty() {
            return Ok(None);
        }
        let own = match performance.writer.own_pull_request(number, branch).await {
            Ok(Some(own)) => own,
            Ok(None) => return Ok(Some(format!("#{number} does not come from Baton's branch"))),
            Err(error) => return in_the_way(error, |it| undismissed(number, it)),
        };
        for review in approvals {
            self.keep_pace(performance, 1).await?;
            if let Err(error) = performance.writer.dismiss_review(&own, review, MESSAGE).await {
                return in_the_way(error, |it| undismissed(number, it));
            }
        }
        Ok(None)
    }

    /// Code that is pushed behind a merge would be part of nothing: it waits until the issue was told
    /// of that and names the next branch.
    pub(super) async fn is_not_merged(
        &self,
        performance: &Performance<'_>,
        number: IssueNumber,
    ) -> Result<(), NotDone> {
        match performance.reader.pull_request(number).await {
            Ok(pull) if pull.merged => {
                let why = format!("#{number} was merged, and its news has not come yet");
                Err(NotDone::Later { until: self.clock.now() + NEWS_TAKE, why })
            }
            Err(error) if error.retryable() => Err(error.into()),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Whether Baton has pushed code to a pull request.
    pub(in crate::engine) async fn is_code_pushed_to(
        &self,
        issue: IssueKey,
        number: IssueNumber,
    ) -> Result<bool, StoreError> {
        Ok(self.store.handle(issue, CODE_PUSHED).await? == Some(number.to_string()))
    }

    /// The handle that remembers to which pull request code was pushed.
    pub(super) async fn code_pushed(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Option<(String, String)>, NotDone> {
        let number = self.pull_request(performance.issue()).await?;
        Ok(number.map(|it| (CODE_PUSHED.to_owned(), it.to_string())))
    }
}

/// What time mends is tried again; anything else keeps the approvals standing.
fn in_the_way(
    error: GitHubError,
    words: impl Fn(&GitHubError) -> String,
) -> Result<Option<String>, NotDone> {
    if error.retryable() { Err(error.into()) } else { Ok(Some(words(&error))) }
}

fn unread(number: IssueNumber, why: &impl ToString) -> String {
    format!("the reviews of #{number} could not be read: {}", why.to_string())
}

fn undismissed(number: IssueNumber, error: &GitHubError) -> String {
    format!("an approval of #{number} could not be dismissed: {error}")
}
