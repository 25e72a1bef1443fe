//! Bots that the operator listed: who they are here, and how often they are heard.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{IssueKey, Timestamp, UserId};
use crate::domain::bots::{ORDERS_MAX, counted};
use crate::domain::incoming::Account;
use crate::domain::permission::Right;
use crate::domain::workflow::{Actor, Effect, Event, Post, Refused};
use crate::engine::Engine;
use crate::engine::actor::actor;
use crate::engine::facts::Known;
use crate::engine::ingest::Subject;
use crate::engine::paced::is_paced;
use crate::store::{CommitError, InboxRow, NewEffect, StoreError};

/// What a bot has ordered on an issue.
#[derive(Default, Serialize, Deserialize)]
struct Orders {
    at: Vec<Timestamp>,
    /// Whether it was told that it is not heard any more.
    #[serde(default)]
    silenced: bool,
}

/// Whether somebody's order is heard.
pub(super) enum Order {
    /// It is, with this right.
    Heard(Actor),
    /// GitHub could not be asked for the right.
    PutOff { until: Timestamp, why: String },
    /// There were too many, and nobody said so yet.
    TooMany,
    /// It was said that there are too many, and no person has acted since.
    Silenced,
}

/// What a row leaves of the counts.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) kept: Vec<(String, String)>,
    pub(super) forgotten: Vec<String>,
}

impl Engine {
    /// The right of this account as a listed bot. Baton does not hear itself, whoever lists it.
    pub(super) async fn listed_bot(&self, account: &Account) -> Option<Right> {
        let right = self.bots.right_of(account.id).filter(|_| account.bot)?;
        (!self.is_baton(Some(account)).await).then_some(right)
    }

    /// Whether an order of this account is heard, a listed bot's with its right.
    pub(super) async fn orders_by(
        &self,
        row: &InboxRow,
        subject: &Subject,
        (account, listed): (&Account, Option<Right>),
    ) -> Result<Order, CommitError> {
        if let Some(right) = listed {
            return Ok(self.order_of_bot(subject, account, right).await?);
        }
        Ok(match self.actor(row, subject, account).await? {
            Known::Actor(by) => Order::Heard(by),
            Known::AskAgain { at, why } => Order::PutOff { until: at, why },
        })
    }

    /// Whether one more order of this bot is heard here.
    async fn order_of_bot(
        &self,
        subject: &Subject,
        account: &Account,
        right: Right,
    ) -> Result<Order, StoreError> {
        let orders = self.orders(subject.key, account.id).await?;
        if orders.silenced {
            return Ok(Order::Silenced);
        }
        if ORDERS_MAX <= counted(&orders.at, self.clock.now()).len() {
            return Ok(Order::TooMany);
        }
        Ok(Order::Heard(Actor {
            id: account.id,
            login: account.login.clone(),
            right,
            unchecked: false,
            // It is heard within its right as a person is; what it may ask for was looked at.
            bot: false,
            author: false,
            // No sentence answers a bot: it might answer in turn.
            told: true,
        }))
    }

    /// What the events of a row make of the counts: a listed bot's orders are added, and the act of
    /// a person with triage or more lets all of them be heard again.
    pub(super) async fn tally(
        &self,
        issue: IssueKey,
        events: &[Event],
    ) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let now = self.clock.now();
        for by in events.iter().filter_map(actor) {
            if self.bots.right_of(by.id).is_some() && !by.bot {
                let mut orders = self.orders(issue, by.id).await?;
                orders.at = counted(&orders.at, now);
                orders.at.extend(events.iter().map(|_| now));
                tally.kept = vec![(handle(by.id), json!(orders).to_string())];
            } else if !by.bot && Right::Triage <= by.right {
                tally.forgotten = self.bots.ids().map(handle).collect();
            }
        }
        Ok(tally)
    }

    async fn orders(&self, issue: IssueKey, bot: UserId) -> Result<Orders, StoreError> {
        let orders = self.store.handle(issue, &handle(bot)).await?;
        Ok(orders.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default())
    }
}

/// What is written when a bot is silenced: that it is, and one sentence for people.
pub(super) fn silenced(bot: &Account, now: Timestamp) -> ((String, String), NewEffect) {
    let orders = Orders { at: Vec::new(), silenced: true };
    let sentence = format!(
        "{ORDERS_MAX} orders of this bot came within the hour, so no further one is heard here \
         until a person with triage access or more gives a command, sets a label or ticks a box."
    );
    let refusal = Refused::Malformed { sentence };
    let effect = Effect::Post { post: Post::Refused { login: bot.login.clone(), refusal } };
    let post = NewEffect {
        kind: effect.name().to_owned(),
        slot: None,
        payload: json!({ "effect": effect }),
        due: now,
        content_write: is_paced(&effect),
    };
    ((handle(bot.id), json!(orders).to_string()), post)
}

fn handle(bot: UserId) -> String {
    format!("bot-orders/{bot}")
}
