//! What somebody says in a comment: commands, or answers to open questions.

use crate::base::{CommentId, Timestamp};
use crate::domain::bots::may_ask;
use crate::domain::command::{self, DEFAULT_BARE, Found, Names};
use crate::domain::incoming::{Account, CommentSnapshot, What};
use crate::domain::permission::Place;
use crate::domain::workflow::{Actor, Event, Request, Stage};
use crate::engine::Engine;
use crate::engine::bots::Order;
use crate::engine::ingest::{Ingested, SILENCED, Subject, ignored, one};
use crate::github::webhook;
use crate::store::{CommitError, InboxRow, LaneLease, StoreError};

/// Every comment of Baton's begins with this, also where a server shows the App as its owner.
pub(super) const OUR_MARK: &str = "<!-- baton:";

/// A comment as it was written or changed.
pub(super) struct Said {
    pub(super) place: Place,
    pub(super) sender: Option<Account>,
    pub(super) comment: CommentSnapshot,
    /// What stood there before, when it was changed.
    pub(super) before: Option<String>,
}

impl Engine {
    /// What a comment asks for or answers.
    pub(super) async fn said(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        subject: Subject,
        said: Said,
    ) -> Result<Ingested, CommitError> {
        let Said { place, sender, comment, before } = said;
        if comment.body.trim_start().starts_with(OUR_MARK) {
            return Ok(ignored("Baton's own echo"));
        }
        // People with write may edit others' comments: an edit counts for whoever made it, and for
        // nobody where the server does not say who that was.
        let author = comment.author.clone().filter(|_| before.is_none());
        let Some(sender) = sender.or(author) else {
            return Ok(ignored("the server did not say whose words these are"));
        };
        let listed = self.listed_bot(&sender).await;
        if (sender.bot || comment.by_app) && listed.is_none() {
            return Ok(ignored("a bot wrote it"));
        }
        let slug = self.slug().await;
        let names = Names { slug: &slug, bare: &DEFAULT_BARE };
        let found = match &before {
            Some(before) => command::commands_added(Some(before), &comment.body, &names),
            None => command::commands_in(&comment.body, &names),
        };
        let mut asks: Vec<Request> = found.iter().filter_map(request).collect();
        asks.retain(|it| listed.is_none() || may_ask(it));
        let answers = match asks.is_empty() && before.is_none() && listed.is_none() {
            true => answers(&subject, &sender, &comment.body),
            false => Vec::new(),
        };
        if asks.is_empty() && answers.is_empty() {
            return Ok(ignored("it asks for nothing"));
        }
        if self.is_deleted_since(lease, comment.id).await? {
            return Ok(ignored("the comment was deleted before it was handled"));
        }
        let by = match self.orders_by(row, &subject, (&sender, listed)).await? {
            Order::Heard(by) => by,
            Order::PutOff { until, why } => return Ok(Ingested::PutOff { until, why }),
            Order::TooMany => return Ok(Ingested::too_many(subject, &sender)),
            Order::Silenced => return Ok(ignored(SILENCED)),
        };
        if !answers.is_empty() {
            return Ok(one(subject, Event::Answered { by, comment: comment.id, answers }));
        }
        let at = comment.updated_at.or(comment.created_at).unwrap_or(row.received);
        let place = match self.exact_place(row, &subject, place).await? {
            Ok(place) => place,
            Err(ingested) => return Ok(ingested),
        };
        let asks = match self.with_what_is_there(row, &subject, (&by, at), asks).await? {
            Ok(asks) => asks,
            Err(ingested) => return Ok(ingested),
        };
        let events = asked(&by, comment.id, at, place, asks);
        Ok(Ingested::Events { subject: Box::new(subject), events, links: Vec::new() })
    }

    /// Where a command on other people's pull request stands: the payload does not tell a fork.
    async fn exact_place(
        &self,
        row: &InboxRow,
        subject: &Subject,
        place: Place,
    ) -> Result<Result<Place, Ingested>, CommitError> {
        if place != Place::OtherPullRequest {
            return Ok(Ok(place));
        }
        let reader = self.reader(subject.installation, &subject.repository);
        let error = match reader.pull_request(subject.key.number).await {
            Ok(pull) if pull.same_repository => return Ok(Ok(place)),
            Ok(_) => return Ok(Ok(Place::ForkPullRequest)),
            Err(error) => error,
        };
        Ok(match self.put_off(row, subject.installation, &error).await? {
            Some(later) => Err(later),
            // Where nobody tells, no more is allowed than on a fork's.
            None => Ok(Place::ForkPullRequest),
        })
    }

    /// Whether the news that this comment was deleted waits in the same lane: whoever took their
    /// words back while Baton was down did not want them followed.
    async fn is_deleted_since(&self, lease: &LaneLease, id: CommentId) -> Result<bool, StoreError> {
        let deleted = self.store.waiting_in_lane(lease, "issue_comment", "deleted").await?;
        Ok(deleted.iter().any(|body| {
            let what = webhook::incoming("issue_comment", body).map(|it| it.what);
            matches!(what, Ok(What::CommentDeleted { comment, .. }) if comment.id == id)
        }))
    }
}

fn asked(
    by: &Actor,
    comment: CommentId,
    at: Timestamp,
    place: Place,
    asks: Vec<Request>,
) -> Vec<Event> {
    let event = |request| Event::Asked { by: by.clone(), comment, at, place, request };
    asks.into_iter().map(event).collect()
}

fn request(found: &Found) -> Option<Request> {
    match found {
        Found::Command { command, .. } => Some(Request::Command(command.clone())),
        Found::Unknown { nearest, .. } => Some(Request::Unknown { nearest: *nearest }),
        Found::Malformed { name, sentence, .. } => {
            Some(Request::Malformed { name, sentence: sentence.clone() })
        }
        Found::Lookalike { .. } => {
            let sentence = "a line looks like a command but is written with other letters than \
                            it shows, so it was not run."
                .to_owned();
            Some(Request::Malformed { name: "look-alike", sentence })
        }
        Found::TooMany { .. } => {
            let sentence = format!(
                "a comment may hold {} commands; those after them were not run.",
                command::MAX_COMMANDS
            );
            Some(Request::Malformed { name: "too many", sentence })
        }
    }
}

/// Answers in a comment without a command: by number, or, with exactly one question open, the
/// requester's next words.
pub(super) fn answers(subject: &Subject, sender: &Account, body: &str) -> Vec<command::Answer> {
    let Stage::Asking { questions, answered, .. } = subject.state.stage.unpaused() else {
        return Vec::new();
    };
    let numbered = command::answers_in(body, *questions);
    if !numbered.is_empty() {
        return numbered;
    }
    let open: Vec<u8> = (1..=*questions).filter(|n| answered & (1 << (n - 1)) == 0).collect();
    match open[..] {
        [only] if subject.state.requester == Some(sender.id) => {
            command::free_answer(body, only).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
