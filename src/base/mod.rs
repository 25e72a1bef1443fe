//! The words every other module speaks: ids, money, time. No I/O, no decisions.

mod ids;
mod money;
mod time;

pub use self::ids::{
    CommentId, DeliveryId, EffectKey, InstallationId, IssueKey, IssueNumber, RepositoryId, RunId,
    Sha, UserId,
};
pub use self::money::MicroUsd;
pub use self::time::{Clock, Millis, SystemClock, Timestamp};
