//! Deliveries that name whoever acted by login alone: the server is asked for the id, because rights
//! are bound to it.

use crate::base::InstallationId;
use crate::domain::incoming::{Incoming, NOBODY, Repository, What};
use crate::engine::Engine;
use crate::engine::ingest::Ingested;
use crate::engine::presses::is_press;
use crate::github::webhook;
use crate::store::{CommitError, InboxRow};

impl Engine {
    /// The delivery with the id of whoever acted, or the reason to come back. Where nothing tells
    /// the id, nobody acted, which is refused wherever a right is needed.
    pub(super) async fn identified(
        &self,
        row: &InboxRow,
        (installation, repository): (InstallationId, &Repository),
        incoming: Incoming,
    ) -> Result<Result<Incoming, Ingested>, CommitError> {
        // Nobody acts by a report on a commit.
        if matches!(incoming.what, What::Ci(_)) && !is_press(&incoming.what) {
            return Ok(Ok(incoming));
        }
        let (login, id) = match &incoming.sender {
            Some(sender) if lacks_author(&incoming.what) => (sender.login.clone(), sender.id),
            Some(_) => return Ok(Ok(incoming)),
            None => {
                let Some(login) = webhook::actor_without_id(&row.body) else {
                    return Ok(Ok(incoming));
                };
                let reader = self.reader(installation, repository);
                let id = match reader.account_id(&login).await {
                    Ok(id) => id,
                    Err(error) => match self.put_off(row, installation, &error).await? {
                        Some(later) => return Ok(Err(later)),
                        None => None,
                    },
                };
                if id.is_none() {
                    tracing::warn!(delivery = %row.delivery_id, "nothing tells the actor's id");
                }
                (login, id.unwrap_or(NOBODY))
            }
        };
        let body = webhook::with_id(&row.body, &login, id);
        Ok(Ok(webhook::incoming(&row.event, &body).unwrap_or(incoming)))
    }
}

/// Whether nobody is named as the author of a review, or of a comment on a line.
fn lacks_author(what: &What) -> bool {
    match what {
        What::Review { review, .. } => review.reviewer.is_none(),
        What::ReviewComment { comment, .. } => comment.author.is_none(),
        What::IssueOpened(_)
        | What::IssueEdited { .. }
        | What::IssueLabelled { .. }
        | What::IssueUnlabelled { .. }
        | What::IssueClosed(_)
        | What::IssueReopened(_)
        | What::IssueGone(_)
        | What::IssueTransferred { .. }
        | What::IssueLocked(_)
        | What::IssueUnlocked(_)
        | What::CommentCreated { .. }
        | What::CommentEdited { .. }
        | What::CommentDeleted { .. }
        | What::PullRequestClosed { .. }
        | What::PullRequest { .. }
        | What::Ci(_)
        | What::Pushed { .. }
        | What::InstallationRemoved
        | What::InstallationSuspended
        | What::InstallationUnsuspended
        | What::RepositoriesGone(_)
        | What::RepositoryRenamed
        | What::Ignored(_) => false,
    }
}
