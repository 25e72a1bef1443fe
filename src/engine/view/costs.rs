//! The bill of an issue.

use crate::base::{InstallationId, IssueKey};
use crate::domain::cost::PriceTable;
use crate::domain::hygiene;
use crate::engine::Engine;
use crate::render::comment::{self, CostLine, EnteredLine};
use crate::store::{EnteredRow, StoreError};

impl Engine {
    /// What was paid, by role and model.
    pub(super) async fn cost_lines(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<CostLine>, StoreError> {
        let rows = self.store.cost_of_issue(installation, issue).await?;
        let line = |row: crate::store::CostRow| CostLine {
            role: row.role,
            requested: row.model_requested,
            answered: row.model_answered.unwrap_or_default(),
            calls: u64::try_from(row.calls).unwrap_or(0),
            prompt_tokens: row.usage.prompt(),
            cached_tokens: row.usage.cache_read,
            output_tokens: row.usage.output,
            amount: row.amount,
            assumed: row.assumed,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// What people entered, made harmless.
    pub(super) async fn entered_lines(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<EnteredLine>, StoreError> {
        let rows = self.store.entered_costs(installation, issue).await?;
        let line = |row: EnteredRow| EnteredLine {
            on: row.at.date(),
            by: row.by,
            what: hygiene::literal(&row.text),
            amount: row.amount,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// The answer to `/baton cost`.
    pub(in crate::engine) async fn cost_comment(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<String, StoreError> {
        let lines = self.cost_lines(installation, issue).await?;
        let note = PriceTable::embedded().note(self.clock.now());
        let entered = self.entered_lines(installation, issue).await?;
        Ok(comment::cost_report(issue.number, (&lines, &entered), &note))
    }
}
