//! Whether the work touches what matters to security, and where.

use std::collections::BTreeSet;

use crate::base::IssueKey;
use crate::domain::plan::Plan;
use crate::domain::security::{SecurityConcern, security_paths};
use crate::domain::workflow::{Doing, Stage, State};
use crate::engine::view::plan::read_plan;
use crate::engine::{Engine, SECURITY_PATHS};
use crate::store::StoreError;

/// What matters to security and is touched.
pub(in crate::engine) struct Touched {
    /// Where that was seen.
    pub(in crate::engine) concern: SecurityConcern,
    /// The paths, in order.
    pub(in crate::engine) paths: Vec<String>,
}

impl Engine {
    /// What the work touches where it is looked at or may be asked to be: by its plan, else by what
    /// was built as the test-agent found it. Nothing depends on it in other stages.
    pub(in crate::engine) async fn touches_security(
        &self,
        issue: IssueKey,
        state: &State,
    ) -> Result<Option<Touched>, StoreError> {
        let (Stage::Inspecting { work, .. }
        | Stage::Ready { work }
        | Stage::Working { work, doing: Doing::ByHand }) = state.stage.unpaused()
        else {
            return Ok(None);
        };
        let row = self.store.plan(issue, i64::from(work.plan.revision)).await?;
        let planned = row.as_ref().and_then(read_plan).map(|it| planned_paths(&it));
        if let Some(paths) = planned.filter(|it| !it.is_empty()) {
            return Ok(Some(Touched { concern: SecurityConcern::Planned, paths }));
        }
        let built = self.store.handle(issue, SECURITY_PATHS).await?.unwrap_or_default();
        let paths: Vec<String> = serde_json::from_str(&built).unwrap_or_default();
        let touched = Touched { concern: SecurityConcern::Built, paths };
        Ok(Some(touched).filter(|it| !it.paths.is_empty()))
    }
}

/// The paths of a plan and its tasks that matter to security.
pub(super) fn planned_paths(plan: &Plan) -> Vec<String> {
    let files = plan.files.iter().map(|it| it.path.as_str());
    let of_tasks = plan.tasks.iter().flat_map(|it| &it.files).map(String::as_str);
    security_paths(files.chain(of_tasks).collect::<BTreeSet<&str>>())
}
