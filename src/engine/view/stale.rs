//! The question about a stale plan, as it is kept and shown.

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, EffectKey, IssueKey};
use crate::domain::cost;
use crate::domain::workflow::{Stage, Stale, StaleAsked, stale_asked};
use crate::engine::Engine;
use crate::engine::view::read_plan;
use crate::render::comment::{StaleAnswer, StaleNews};
use crate::render::plan::code;
use crate::store::StoreError;

/// Where a question was asked and what it said, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct StaleHandle {
    pub(in crate::engine) comment: CommentId,
    /// The key whose marker the comment begins with.
    pub(in crate::engine) key: EffectKey,
    /// Who was asked.
    pub(in crate::engine) login: String,
    pub(in crate::engine) stale: Stale,
}

impl StaleHandle {
    /// The kind of handle of one question.
    pub(in crate::engine) fn kind(revision: u16, mark: &str) -> String {
        format!("stale/{revision}/{mark}")
    }

    /// Reads what [`StaleHandle::text`] wrote.
    pub(in crate::engine) fn read(text: &str) -> Option<StaleHandle> {
        serde_json::from_str(text).ok()
    }

    /// As it is stored.
    pub(in crate::engine) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Engine {
    /// The question with what became of it; `None` when the plan is gone.
    pub(in crate::engine) async fn stale_news(
        &self,
        issue: IssueKey,
        (revision, login): (u16, &str),
        stale: &Stale,
    ) -> Result<Option<StaleNews>, StoreError> {
        let Some(row) = self.store.plan(issue, i64::from(revision)).await? else {
            return Ok(None);
        };
        let Some(plan) = read_plan(&row) else { return Ok(None) };
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let (state, mark) = (&subject.state, &stale.mark);
        let this = StaleAsked { revision, mark: mark.clone() };
        let by = self.login_of(issue, state.requester).await?;
        let answer = match state.stage.unpaused() {
            Stage::Planned { .. } if stale_asked(state) == Some(&this) => StaleAnswer::Open,
            Stage::Working { work, .. } if work.plan.revision == revision => {
                StaleAnswer::Started { by }
            }
            Stage::Planning { plan: Some(plan), .. } if plan.revision == revision => {
                StaleAnswer::Refreshed { by }
            }
            Stage::Planned { plan, .. }
                if plan.revision == revision && stale_asked(state).is_some() =>
            {
                StaleAnswer::AskedAnew
            }
            Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::Planning { .. }
            | Stage::Seen
            | Stage::Asking { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. }
                if revision < state.revision =>
            {
                StaleAnswer::Replaced { newest: state.revision }
            }
            Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::Planning { .. }
            | Stage::Seen
            | Stage::Asking { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => StaleAnswer::Past,
        };
        Ok(Some(StaleNews {
            login: login.to_owned(),
            revision,
            mark: mark.clone(),
            branch: code(&stale.branch),
            changed: stale.changed.iter().map(|it| code(it)).collect(),
            of: stale.of,
            estimate: cost::estimate(&plan, self.clock.now()),
            limit: self.issue_limit(issue).await?,
            answer,
        }))
    }
}
