//! What an issue costs and may cost, read for whoever asks: a command about its limit, a comment
//! about a pause at a limit, and the first call past four fifths of it.

use serde::{Deserialize, Serialize};

use crate::base::{IssueKey, MicroUsd, RunId, Timestamp, UserId};
use crate::domain::budget::{OverLimit, Scope, Standing, standing};
use crate::domain::command::Command;
use crate::domain::cost;
use crate::domain::workflow::{Effect, Event, Met, Money, Request};
use crate::engine::Engine;
use crate::render::comment::{BudgetNews, OverLimitNews};
use crate::store::{EnteredCost, StoreError};

/// The handle under which it stands which limit stopped a run last, as JSON.
const MET_LIMIT: &str = "met-limit";

/// Which limit stopped which run, and what its next call would have read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MetLimit {
    pub(super) run: RunId,
    pub(super) over: OverLimit,
    pub(super) model: String,
    pub(super) prompt_tokens: u64,
}

impl Engine {
    /// What a decision about `event` has to know of the issue's money.
    pub(super) async fn money(&self, issue: IssueKey, event: &Event) -> Result<Money, StoreError> {
        let Event::Asked { request: Request::Command(command), comment, .. } = event else {
            return Ok(Money::default());
        };
        if let Command::CostAdd { .. } = command {
            let booked = self.store.is_entered(issue, *comment).await?;
            return Ok(Money { booked, ..Money::default() });
        }
        let Command::Budget { .. } = command else { return Ok(Money::default()) };
        let row = self.store.scope_budget(&issue_scope(issue)).await?;
        let met = self.met_limit(issue).await?.map(|it| Met { run: it.run, over: it.over });
        let limit = row.own_limit.unwrap_or(self.policy.limits.issue);
        Ok(Money { booked: false, limit, used: row.used, met })
    }

    /// The issue's limit as it is now: somebody's word, or the configured one.
    pub(super) async fn issue_limit(&self, issue: IssueKey) -> Result<MicroUsd, StoreError> {
        let row = self.store.scope_budget(&issue_scope(issue)).await?;
        Ok(row.own_limit.unwrap_or(self.policy.limits.issue))
    }

    /// The run's own limit, if somebody changed it by word.
    pub(super) async fn own_run_limit(&self, run: &RunId) -> Result<Option<MicroUsd>, StoreError> {
        Ok(self.store.scope_budget(&run_scope(run)).await?.own_limit)
    }

    /// Remembers which limit stopped a run.
    pub(super) async fn keep_met_limit(
        &self,
        issue: IssueKey,
        met: &MetLimit,
    ) -> Result<(), StoreError> {
        let met = serde_json::json!(met).to_string();
        self.store.save_handle(issue, MET_LIMIT, &met).await
    }

    /// Which limit stopped a run last, as that limit stands now.
    pub(super) async fn met_limit(&self, issue: IssueKey) -> Result<Option<MetLimit>, StoreError> {
        let met = self.store.handle(issue, MET_LIMIT).await?;
        let Some(mut met) = met.and_then(|it| serde_json::from_str::<MetLimit>(&it).ok()) else {
            return Ok(None);
        };
        let scope = match met.over.scope {
            Scope::Issue => issue_scope(issue),
            Scope::Run => run_scope(&met.run),
            Scope::RequesterDay
            | Scope::RepositoryDay
            | Scope::InstallationMonth
            | Scope::ServerMonth => return Ok(Some(met)),
        };
        let row = self.store.scope_budget(&scope).await?;
        met.over.limit = row.own_limit.unwrap_or(met.over.limit);
        met.over.used = row.used;
        Ok(Some(met))
    }

    /// Whether a call that was booked at `amount` took the issue past four fifths of its limit.
    pub(super) async fn is_newly_near(
        &self,
        issue: IssueKey,
        amount: MicroUsd,
    ) -> Result<bool, StoreError> {
        let row = self.store.scope_budget(&issue_scope(issue)).await?;
        let limit = Some(row.own_limit.unwrap_or(self.policy.limits.issue));
        let before = standing(limit, row.booked.less(amount));
        Ok(before == Standing::Free && standing(limit, row.booked) != Standing::Free)
    }

    /// What the call for a person at a limit says; `None` when nothing waits there any more.
    pub(super) async fn over_limit_news(
        &self,
        issue: IssueKey,
        person: Option<UserId>,
    ) -> Result<Option<OverLimitNews>, StoreError> {
        if !self.waits_at_a_limit(issue).await? {
            return Ok(None);
        }
        let person = self.login_of(issue, person).await?;
        let Some(met) = self.met_limit(issue).await? else { return Ok(None) };
        let issue_limit = self.issue_limit(issue).await?;
        Ok(Some(OverLimitNews { person, over: met.over, issue_limit }))
    }

    /// What the answer to a new limit says.
    pub(super) async fn budget_news(
        &self,
        issue: IssueKey,
        (limit, goes_on): (MicroUsd, bool),
        now: Timestamp,
    ) -> Result<BudgetNews, StoreError> {
        let used = self.store.scope_budget(&issue_scope(issue)).await?.used;
        let met = self.met_limit(issue).await?;
        let cold = met.as_ref().filter(|_| goes_on).and_then(|it| reading_again(it, now));
        let waits = self.waits_at_a_limit(issue).await?;
        let met = met.map(|it| it.over).filter(|_| waits);
        Ok(BudgetNews { limit, used, goes_on, cold, met })
    }
}

/// The most that reading the conversation without the provider's cache costs.
fn reading_again(met: &MetLimit, now: Timestamp) -> Option<MicroUsd> {
    let ask = cost::Ask {
        model: &met.model,
        at: now,
        prompt_tokens: met.prompt_tokens,
        max_tokens: 0,
        cache: cost::CacheWrites::FiveMinutes,
        terms: cost::Terms::default(),
    };
    cost::reserve(&ask)
}

/// What an effect books at somebody's word.
pub(super) fn entered(effect: &Effect, issue: IssueKey) -> Option<EnteredCost> {
    let Effect::BookCost { comment, amount, text, by } = effect else { return None };
    Some(EnteredCost {
        comment: *comment,
        amount: *amount,
        by: by.clone(),
        text: text.clone(),
        scope: issue_scope(issue),
    })
}

/// The key of an issue's row among the limits.
pub(super) fn issue_scope(issue: IssueKey) -> String {
    format!("{}{issue}", Scope::Issue.prefix())
}

/// The key of a run's row among the limits.
pub(super) fn run_scope(run: &RunId) -> String {
    format!("{}{run}", Scope::Run.prefix())
}
