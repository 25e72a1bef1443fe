//! What a world took: calls, webhooks, notifications, money.

use crate::base::{IssueKey, IssueNumber, MicroUsd};
use crate::cli::world::World;
use crate::sandbox::github::DeliveryState;
use crate::store::StoreError;

/// What was counted from the beginning of the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Webhooks that GitHub sent.
    pub webhooks: usize,
    /// Those of them that were not taken.
    pub webhooks_failed: usize,
    /// Calls to GitHub.
    pub calls: usize,
    /// Those of them that may change something.
    pub writes: usize,
    /// Comments that Baton wrote: each is a notification to everybody who takes part.
    pub comments: usize,
    /// Pull requests that Baton opened: each is a notification too.
    pub pulls: usize,
    /// Calls to the model that were billed.
    pub model_calls: i64,
    /// What they cost.
    pub spent: MicroUsd,
}

impl Bill {
    /// What came since `before`.
    pub fn since(&self, before: &Bill) -> Bill {
        Bill {
            webhooks: self.webhooks - before.webhooks,
            webhooks_failed: self.webhooks_failed - before.webhooks_failed,
            calls: self.calls - before.calls,
            writes: self.writes - before.writes,
            comments: self.comments - before.comments,
            pulls: self.pulls - before.pulls,
            model_calls: self.model_calls - before.model_calls,
            spent: self.spent.less(before.spent),
        }
    }

    /// Counts.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(world: &World) -> Result<Bill, StoreError> {
        let repo = world.github.repo();
        let deliveries = world.github.deliveries();
        let failed = deliveries.iter().filter(|it| it.state == DeliveryState::Failed).count();
        let calls = world.github.calls();
        let (issues, pulls) = (repo.issues(), repo.pulls());
        let comments = issues.iter().chain(&pulls).flat_map(|it| &it.comments);
        let mut bill = Bill {
            webhooks: deliveries.len(),
            webhooks_failed: failed,
            calls: calls.len(),
            writes: calls.iter().filter(|it| it.is_write).count(),
            comments: comments.filter(|it| it.author == "baton[bot]").count(),
            pulls: pulls.iter().filter(|it| it.author == "baton[bot]").count(),
            ..Bill::default()
        };
        for issue in &issues {
            let (calls, spent) = spent_on(world, issue.number).await?;
            bill.model_calls += calls;
            bill.spent += spent;
        }
        Ok(bill)
    }

    /// How many notifications GitHub would have sent to a person who watches the repository.
    pub fn notifications(&self) -> usize {
        self.comments + self.pulls
    }
}

/// How many calls an issue took, and what they cost.
async fn spent_on(world: &World, number: IssueNumber) -> Result<(i64, MicroUsd), StoreError> {
    let Some(installation) = world.github.installation_id() else { return Ok((0, MicroUsd::ZERO)) };
    let key = IssueKey { repository: world.github.repo().id(), number };
    let rows = world.engine.store.cost_of_issue(installation, key).await?;
    Ok((rows.iter().map(|it| it.calls).sum(), rows.iter().map(|it| it.amount).sum()))
}
