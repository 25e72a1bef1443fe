//! What GitHub tells and no stage waits for yet. Each kind has its sentence, which stands in the
//! inbox, so that nobody has to guess why a delivery led to nothing.

use crate::domain::incoming::What;

/// Why a delivery is of no use; `None` if it is.
pub(super) fn of_no_use(what: &What) -> Option<&'static str> {
    match what {
        What::Ignored(why) => Some(why),
        What::IssueOpened(_)
        | What::IssueEdited { .. }
        | What::IssueLabelled { .. }
        | What::IssueUnlabelled { .. }
        | What::IssueClosed(_)
        | What::IssueReopened(_)
        | What::IssueLocked(_)
        | What::IssueUnlocked(_)
        | What::IssueGone(_)
        | What::IssueTransferred { .. }
        | What::CommentCreated { .. }
        | What::CommentEdited { .. }
        | What::CommentDeleted { .. }
        | What::PullRequest { .. }
        | What::PullRequestClosed { .. }
        | What::Review { .. }
        | What::ReviewComment { .. }
        | What::Ci(_)
        | What::Pushed { .. }
        | What::InstallationRemoved
        | What::InstallationSuspended
        | What::InstallationUnsuspended
        | What::RepositoriesGone(_)
        | What::RepositoryRenamed => None,
    }
}
