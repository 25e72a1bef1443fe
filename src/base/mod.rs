//! The words every other module speaks: ids, money, time. No I/O, no decisions.

mod ids;
mod money;
mod time;

pub use self::ids::{
    AppId, CheckRunId, CommentId, DeliveryId, EffectKey, InstallationId, IssueKey, IssueNumber,
    JobId, RepositoryId, ReviewCommentId, ReviewId, RunId, Sha, UserId, WorkflowRunId,
};
pub use self::money::MicroUsd;
pub use self::time::{Clock, Millis, SystemClock, Timestamp};
