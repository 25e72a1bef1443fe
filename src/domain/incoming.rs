//! What GitHub told us, in our words and before anything is known about rights: the adapter makes
//! these from webhook bodies, the engine gathers facts and turns them into workflow events.

mod ci;
mod pull;

pub use self::ci::{CheckAct, CheckSnapshot, CiNews, CiState, Conclusion, StatusState};
pub use self::pull::{
    PullNews, PullSnapshot, ReviewCommentNews, ReviewCommentSnapshot, ReviewNews, ReviewSnapshot,
    ReviewState,
};

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, InstallationId, IssueNumber, RepositoryId, Sha, Timestamp, UserId};

/// One delivery, understood as far as Baton needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The installation it came through; some servers leave it out.
    pub installation: Option<InstallationId>,
    /// The repository it is about.
    pub repository: Option<Repository>,
    /// Who did it; GitHub may send `null` for a deleted account.
    pub sender: Option<Account>,
    /// What happened.
    pub what: What,
}

/// A repository as the webhook names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The id that survives renames.
    pub id: RepositoryId,
    /// Owner's login.
    pub owner: String,
    /// Name without the owner.
    pub name: String,
    /// The default branch, when told.
    pub default_branch: Option<String>,
    /// Whether strangers cannot read it.
    pub private: bool,
}

/// Nobody: stands where a server names somebody by login alone, and nothing tells their id. Nobody
/// has a right.
pub const NOBODY: UserId = UserId(0);

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The numeric id.
    pub id: UserId,
    /// The login at that moment.
    pub login: String,
    /// Whether it is an App or another bot.
    pub bot: bool,
}

/// An issue (or pull request seen as one) at the moment of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueSnapshot {
    /// Its number.
    pub number: IssueNumber,
    /// The title.
    pub title: String,
    /// The body; GitHub sends `null` for an empty one.
    pub body: String,
    /// Who opened it.
    pub author: Option<Account>,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a pull request.
    pub is_pull_request: bool,
    /// When GitHub last changed it.
    pub updated_at: Option<Timestamp>,
}

/// A comment at the moment of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentSnapshot {
    /// Its id.
    pub id: CommentId,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: Option<Account>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// When GitHub last changed it.
    pub updated_at: Option<Timestamp>,
    /// Whether an App posted it.
    pub by_app: bool,
}

/// Files that were changed, named once each and sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPaths {
    /// The paths from the root.
    pub paths: Vec<String>,
    /// Whether these are surely all. GitHub names no files of the commits that a rewritten history
    /// dropped, and cuts long lists; then the commits must be compared.
    pub complete: bool,
}

/// What happened, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An issue was opened.
    IssueOpened(IssueSnapshot),
    /// An issue's title or body changed.
    IssueEdited {
        /// The issue after it.
        issue: IssueSnapshot,
        /// The body before it; `None` if the body stayed, or if the server does not say.
        before: Option<String>,
    },
    /// A label was put on an issue.
    IssueLabelled {
        /// The issue after it.
        issue: IssueSnapshot,
        /// The label's name as written.
        label: String,
    },
    /// A label was taken off an issue.
    IssueUnlabelled {
        /// The issue after it.
        issue: IssueSnapshot,
        /// The label's name as written.
        label: String,
    },
    /// An issue was closed.
    IssueClosed(IssueSnapshot),
    /// An issue was opened again.
    IssueReopened(IssueSnapshot),
    /// An issue was deleted and is gone here.
    IssueGone(IssueSnapshot),
    /// An issue was moved to another repository and is gone here.
    IssueTransferred {
        /// The issue as it stood here.
        issue: IssueSnapshot,
        /// Where it stands now, as in `acme/tools#3`; some servers do not say.
        to: Option<String>,
    },
    /// The conversation of an issue was locked: nobody without write may comment.
    IssueLocked(IssueSnapshot),
    /// The conversation of an issue was opened again.
    IssueUnlocked(IssueSnapshot),
    /// A comment was written.
    CommentCreated {
        /// Where it stands.
        issue: IssueSnapshot,
        /// The comment.
        comment: CommentSnapshot,
    },
    /// A comment was changed.
    CommentEdited {
        /// Where it stands.
        issue: IssueSnapshot,
        /// The comment after it.
        comment: CommentSnapshot,
        /// The text before it; some servers do not say.
        before: Option<String>,
    },
    /// A comment was deleted.
    CommentDeleted {
        /// Where it stood.
        issue: IssueSnapshot,
        /// The comment.
        comment: CommentSnapshot,
    },
    /// A pull request was closed; one from a fork only if it was merged.
    PullRequestClosed {
        /// The pull request after it.
        pull: PullSnapshot,
        /// Whether it was merged.
        merged: bool,
        /// The commit that the merge made on the base branch.
        merge_commit: Option<Sha>,
    },
    /// Something else happened to a pull request of this repository; one from a fork moves nothing.
    PullRequest {
        /// The pull request after it.
        pull: PullSnapshot,
        /// What happened to it.
        news: PullNews,
    },
    /// A review was submitted or dismissed.
    Review {
        /// The pull request it is about.
        pull: PullSnapshot,
        /// The review after it.
        review: ReviewSnapshot,
        /// What happened to it.
        news: ReviewNews,
    },
    /// A comment on a line of a pull request was written, changed or deleted.
    ReviewComment {
        /// The pull request it stands in.
        pull: PullSnapshot,
        /// The comment.
        comment: ReviewCommentSnapshot,
        /// What happened to it.
        news: ReviewCommentNews,
    },
    /// A program reported on a commit.
    Ci(CiNews),
    /// Something was pushed to a branch.
    Pushed {
        /// The branch, without `refs/heads/`.
        branch: String,
        /// The commit it pointed to before; `None` for a new branch.
        before: Option<Sha>,
        /// The commit it points to now.
        after: Sha,
        /// Whether history was rewritten.
        forced: bool,
        /// Whether the branch was deleted.
        deleted: bool,
        /// The login git was used with: `Incoming::sender` is who counts, this is for texts.
        pusher: Option<String>,
        /// The files that its commits changed.
        paths: ChangedPaths,
    },
    /// The App's installation is gone.
    InstallationRemoved,
    /// The installation was suspended.
    InstallationSuspended,
    /// The installation is no longer suspended.
    InstallationUnsuspended,
    /// The repository was deleted, or removed from the installation. `Incoming::repository` names
    /// it; several repositories of one delivery stand here.
    RepositoriesGone(Vec<RepositoryId>),
    /// The repository has a new name or owner; `Incoming::repository` has them.
    RepositoryRenamed,
    /// A delivery Baton has no use for, and why.
    Ignored(&'static str),
}

impl What {
    /// The issue that it shows, where it shows one.
    pub fn issue(&self) -> Option<&IssueSnapshot> {
        match self {
            What::IssueOpened(issue)
            | What::IssueEdited { issue, .. }
            | What::IssueClosed(issue)
            | What::IssueReopened(issue)
            | What::IssueGone(issue)
            | What::IssueTransferred { issue, .. }
            | What::IssueLocked(issue)
            | What::IssueUnlocked(issue)
            | What::IssueLabelled { issue, .. }
            | What::IssueUnlabelled { issue, .. }
            | What::CommentCreated { issue, .. }
            | What::CommentEdited { issue, .. }
            | What::CommentDeleted { issue, .. } => Some(issue),
            What::PullRequestClosed { .. }
            | What::PullRequest { .. }
            | What::Review { .. }
            | What::ReviewComment { .. }
            | What::Ci(_)
            | What::Pushed { .. }
            | What::InstallationRemoved
            | What::InstallationSuspended
            | What::InstallationUnsuspended
            | What::RepositoriesGone(_)
            | What::RepositoryRenamed
            | What::Ignored(_) => None,
        }
    }
}
