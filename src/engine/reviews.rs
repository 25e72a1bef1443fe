//! Reviews of the plan's pull request: whose they are, what they say, and what their comments on
//! lines say, read at that moment.

use crate::base::{IssueNumber, ReviewCommentId, Timestamp};
use crate::domain::command::{DEFAULT_BARE, Names, commands_added, commands_in};
use crate::domain::incoming::{
    Account, PullSnapshot, ReviewCommentNews, ReviewCommentSnapshot, ReviewNews, ReviewSnapshot,
    ReviewState, What,
};
use crate::domain::permission::Right;
use crate::domain::workflow::{Actor, Event, Review, ReviewSays, Spot};
use crate::engine::Engine;
use crate::engine::edits::UNSAID;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::threads::fix_in;
use crate::engine::words::OUR_MARK;
use crate::github::client::{GitHubError, Told, Untold};
use crate::github::webhook;
use crate::render::review::{OnLine, requested};
use crate::store::{CommitError, InboxRow, LaneLease, StoreError};

/// The most characters of a review with its comments that a run is given.
const REVIEW_CHARS_MAX: usize = 20_000;

/// A review as GitHub told of it.
pub(super) struct Reviewed {
    pub(super) pull: PullSnapshot,
    pub(super) review: ReviewSnapshot,
    pub(super) news: ReviewNews,
    /// Who submitted or dismissed it.
    pub(super) sender: Option<Account>,
}

/// A comment on a line as GitHub told of it.
pub(super) struct OnPull {
    pub(super) pull: PullSnapshot,
    pub(super) comment: ReviewCommentSnapshot,
    pub(super) news: ReviewCommentNews,
    /// Who wrote, changed or deleted it.
    pub(super) sender: Option<Account>,
}

/// What somebody wants built, and where they said so.
struct Fix {
    spot: Spot,
    at: Timestamp,
    text: String,
}

/// What was read of GitHub, or the time to ask again.
enum Asked<T> {
    Read(T),
    AskAgain { at: Timestamp, why: String },
}

impl Engine {
    /// What a review of Baton's pull request asks for.
    pub(super) async fn reviewed(
        &self,
        row: &InboxRow,
        subject: Subject,
        said: Reviewed,
    ) -> Result<Ingested, CommitError> {
        let Reviewed { pull, review, news, sender } = said;
        if !self.is_batons_own(&subject, &pull).await? {
            return Ok(ignored("it is about a pull request that is not Baton's"));
        }
        if news == ReviewNews::Submitted
            && let Some(text) = self.fix_in(None, &review.body).await
        {
            let at = review.submitted_at.unwrap_or(row.received);
            let asked = Fix { spot: Spot::Review, at, text };
            return self.fix_asked(row, subject, asked, (sender, review.reviewer)).await;
        }
        let speaks = match review.state {
            ReviewState::Approved | ReviewState::ChangesRequested => true,
            ReviewState::Dismissed => news == ReviewNews::Dismissed,
            ReviewState::Commented | ReviewState::Pending | ReviewState::Unknown => false,
        };
        if !speaks {
            return Ok(ignored("a review that neither approves nor asks for changes"));
        }
        let Some(sender) = sender else { return Ok(ignored("the sender is gone")) };
        let by = match self.actor(row, &subject, &sender).await? {
            Known::Actor(by) => by,
            Known::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        };
        let reviewer = review.reviewer.as_ref().map(|it| it.id);
        // Without the right, or where no plan waits, nothing more is asked of GitHub.
        let matters =
            !by.bot && Right::Write <= by.right && subject.state.stage.has_plan_in_review();
        let says = match (news, review.state) {
            (ReviewNews::Dismissed, _) => Asked::Read(ReviewSays::Dismissed { reviewer }),
            (ReviewNews::Submitted, _) if reviewer != Some(by.id) => {
                return Ok(ignored("the server did not say whose review it is"));
            }
            (ReviewNews::Submitted, ReviewState::ChangesRequested) if !matters => {
                Asked::Read(ReviewSays::RequestsChanges { text: Some(review.body.clone()) })
            }
            (ReviewNews::Submitted, ReviewState::ChangesRequested) => {
                self.changes_requested(row, &subject, &by, (pull.number, &review)).await?
            }
            (ReviewNews::Submitted, ReviewState::Approved)
                if !matters || !self.policy.approve_by_review =>
            {
                Asked::Read(ReviewSays::Approves { at_head: false })
            }
            (ReviewNews::Submitted, ReviewState::Approved) => {
                self.approved_at_head(row, &subject, &review).await?
            }
            (
                ReviewNews::Submitted,
                ReviewState::Commented
                | ReviewState::Dismissed
                | ReviewState::Pending
                | ReviewState::Unknown,
            ) => return Ok(ignored("a review that neither approves nor asks for changes")),
        };
        let at = review.submitted_at.unwrap_or(row.received);
        Ok(match says {
            Asked::Read(says) => one(subject, Event::Reviewed { by, review: Review { at, says } }),
            Asked::AskAgain { at, why } => Ingested::PutOff { until: at, why },
        })
    }

    /// What a comment on a line of Baton's pull request asks for.
    pub(super) async fn commented_on_line(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        subject: Subject,
        said: OnPull,
    ) -> Result<Ingested, CommitError> {
        let OnPull { pull, comment, news, sender } = said;
        if !self.is_batons_own(&subject, &pull).await? {
            return Ok(ignored("it is about a pull request that is not Baton's"));
        }
        if comment.by_app || comment.body.trim_start().starts_with(OUR_MARK) {
            return Ok(ignored("Baton's own echo, or another App's comment"));
        }
        let before = match news {
            ReviewCommentNews::Created => None,
            ReviewCommentNews::Edited { before: Some(before) } => Some(before),
            ReviewCommentNews::Edited { before: None } => {
                match self.said_before(lease, row, comment.id.0).await? {
                    Some(before) => Some(before),
                    None => return Ok(ignored(UNSAID)),
                }
            }
            ReviewCommentNews::Deleted => {
                return Ok(ignored("a deleted comment asks for nothing"));
            }
        };
        let Some(text) = self.fix_in(before.as_deref(), &comment.body).await else {
            return Ok(ignored("it asks for nothing by itself"));
        };
        if self.is_line_deleted_since(lease, comment.id).await? {
            return Ok(ignored("the comment was deleted before it was handled"));
        }
        let at = comment.updated_at.or(comment.created_at).unwrap_or(row.received);
        let asked = Fix { spot: Spot::Line(comment.id), at, text };
        // People with write may edit others' comments: an edit counts for whoever made it.
        let author = comment.author.filter(|_| before.is_none()).or_else(|| sender.clone());
        self.fix_asked(row, subject, asked, (sender, author)).await
    }

    /// The words of a `fix` that stand in `text` and did not stand in `before`.
    async fn fix_in(&self, before: Option<&str>, text: &str) -> Option<String> {
        let slug = self.slug().await;
        let names = Names { slug: &slug, bare: &DEFAULT_BARE };
        let found = match before {
            Some(before) => commands_added(Some(before), text, &names),
            None => commands_in(text, &names),
        };
        fix_in(found)
    }

    async fn fix_asked(
        &self,
        row: &InboxRow,
        subject: Subject,
        Fix { spot, at, text }: Fix,
        (sender, author): (Option<Account>, Option<Account>),
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = sender.filter(|it| author.is_some_and(|author| author.id == it.id))
        else {
            return Ok(ignored("the server did not say whose words these are"));
        };
        let event = |by| Event::FixAsked { by, spot, at, text };
        self.by_sender(row, subject, Some(sender), event).await
    }

    /// Whether the news that this comment was deleted waits in the same lane.
    async fn is_line_deleted_since(
        &self,
        lease: &LaneLease,
        id: ReviewCommentId,
    ) -> Result<bool, StoreError> {
        let event = "pull_request_review_comment";
        let deleted = self.store.waiting_in_lane(lease, event, "deleted").await?;
        Ok(deleted.iter().any(|body| {
            let what = webhook::incoming(event, body).map(|it| it.what);
            matches!(what, Ok(What::ReviewComment { comment, .. }) if comment.id == id)
        }))
    }

    /// Whether it is the pull request of the issue's work. Anybody's fork may have a branch of the
    /// same name.
    async fn is_batons_own(
        &self,
        subject: &Subject,
        pull: &PullSnapshot,
    ) -> Result<bool, StoreError> {
        let ours = self.pull_request(subject.key).await?;
        Ok(pull.same_repository && ours == Some(pull.number))
    }

    /// The review's own text, and its comments on lines as they read now. What others wrote into
    /// its threads is theirs.
    async fn changes_requested(
        &self,
        row: &InboxRow,
        subject: &Subject,
        by: &Actor,
        (number, review): (IssueNumber, &ReviewSnapshot),
    ) -> Result<Asked<ReviewSays>, CommitError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let comments = match reader.review_comments(number).await {
            Ok(Told::Known(found)) => Some(found.items),
            Ok(Told::Unknown(Untold::NotOffered)) => Some(Vec::new()),
            Ok(Told::Unknown(_)) => None,
            Err(error) => match self.once_more(row, subject, &error).await? {
                Some(again) => return Ok(again),
                None => None,
            },
        };
        let is_its_own = |it: &&ReviewCommentSnapshot| {
            let author = it.author.as_ref().map(|it| it.id);
            it.review == Some(review.id) && author == Some(by.id) && !it.by_app
        };
        let text = comments.map(|comments| {
            let own = comments.iter().filter(is_its_own);
            let lines: Vec<OnLine<'_>> = own.map(|it| on_line(it, &by.login)).collect();
            requested(&review.body, &lines).chars().take(REVIEW_CHARS_MAX).collect()
        });
        Ok(Asked::Read(ReviewSays::RequestsChanges { text }))
    }

    /// Whether the review was made on the commit that the branch points to now.
    async fn approved_at_head(
        &self,
        row: &InboxRow,
        subject: &Subject,
        review: &ReviewSnapshot,
    ) -> Result<Asked<ReviewSays>, CommitError> {
        let branch = self.store.handle(subject.key, "branch").await?.unwrap_or_default();
        let reader = self.reader(subject.installation, &subject.repository);
        let head = match reader.branch_head(&branch).await {
            Ok(head) => head,
            Err(error) => match self.once_more(row, subject, &error).await? {
                Some(again) => return Ok(again),
                None => None,
            },
        };
        let at_head = head.is_some() && head == review.commit;
        Ok(Asked::Read(ReviewSays::Approves { at_head }))
    }

    /// When GitHub is asked again; `None` when it was asked long enough.
    async fn once_more<T>(
        &self,
        row: &InboxRow,
        subject: &Subject,
        error: &GitHubError,
    ) -> Result<Option<Asked<T>>, CommitError> {
        let at = self.ask_again_at(row, subject.installation, error).await?;
        Ok(at.map(|at| Asked::AskAgain { at, why: error.to_string() }))
    }
}

fn on_line<'a>(comment: &'a ReviewCommentSnapshot, author: &'a str) -> OnLine<'a> {
    OnLine { path: &comment.path, line: comment.line, author, text: &comment.body }
}
