//! Where a comment of Baton's stands, as its handle keeps it.

use std::fmt;

use crate::base::{CommentId, EffectKey, IssueKey, Timestamp};
use crate::engine::Engine;
use crate::store::StoreError;

/// A comment that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct PostedHandle {
    pub(in crate::engine) comment: CommentId,
    /// The key whose marker the comment begins with.
    pub(in crate::engine) key: EffectKey,
    /// When it was posted, by GitHub's clock.
    pub(in crate::engine) at: Timestamp,
}

impl PostedHandle {
    /// Reads what [`PostedHandle::to_string`] wrote.
    pub(in crate::engine) fn read(text: &str) -> Option<PostedHandle> {
        let mut parts = text.split(' ');
        let comment = CommentId(parts.next()?.parse().ok()?);
        let key = EffectKey::from(parts.next()?);
        let at = Timestamp(parts.next()?.parse().ok()?);
        Some(PostedHandle { comment, key, at })
    }
}

impl Engine {
    /// The comment whose handle is of this kind.
    pub(in crate::engine) async fn posted(
        &self,
        issue: IssueKey,
        kind: &str,
    ) -> Result<Option<PostedHandle>, StoreError> {
        Ok(self.store.handle(issue, kind).await?.as_deref().and_then(PostedHandle::read))
    }
}

impl fmt::Display for PostedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.comment, self.key, self.at.0)
    }
}
