//! All SQL of the product, on SQLite (the embedded default) and PostgreSQL from one text.
//!
//! Three tables carry the product: `inbox` (what happened), `issues` + `history` (where each issue
//! stands) and `outbox` (what must be done); around them stand timers, runs with their transcripts,
//! and the bill. Each file here is one of these:
//!
//! - [`open`](Store::open), `presence`: the pools, the migrations, the rules of each database; who
//!   has an embedded one open; or only to look ([`Store::open_to_read`]).
//! - `intake`, `inbox`, `lanes`: a delivery is written down ([`Store::receive`]), waits in its
//!   [`Lane`], and is handled in order by whoever holds the lane's lease.
//! - `issues`, `commit`: one decision, one transaction ([`Store::commit`]).
//! - `outbox`, `pace`: effects are claimed, marked as sent, done, tried again or given up.
//! - `timers`, `due`: time as rows; when the next thing may happen.
//! - `runs`, `holds`, `transcript`, `plans`, `questions`: model runs.
//! - `handoffs`: which run took over from which, and what came of it.
//! - `budget`, `ledger`: money is set aside before each call and booked after it; `entered`: what
//!   people paid outside Baton.
//! - `retention`: what is deleted when its time is over.
//! - `views`: what pages and comments read.
//!
//! **Leases.** A claim ([`LaneLease`], [`ClaimedEffect`], [`ClaimedRun`]) is a value that the
//! guarded functions require. It carries a number that grows with every claim; a write whose claim
//! was taken over since is refused, however late it comes.
//!
//! **Tenants.** The engine's functions are keyed by [`IssueKey`](crate::base::IssueKey), by a claim
//! or by an id that only an issue's own rows carry. What people read (`views`, sums of the ledger)
//! takes the `InstallationId` too, and a foreign one finds nothing.
//!
//! **Time** is an argument everywhere; the store has no clock.
//!
//! **SQL rules** (one text for two databases): columns are TEXT, BIGINT or DOUBLE PRECISION; JSON
//! is TEXT, money micro-dollars, time epoch milliseconds; sums are `CAST(SUM(x) AS BIGINT)`; no
//! boolean expression is read; limits are conditional updates, because PostgreSQL runs READ
//! COMMITTED. A claim is a conditional `UPDATE … RETURNING` that loses to a faster worker and looks
//! again, so that even `FOR UPDATE SKIP LOCKED` is not needed.

mod error;
mod open;
mod presence;
mod readers;
mod columns;
mod inbox;
mod insert;
mod intake;
mod lanes;
mod live;
mod issues;
mod commit;
mod feedback;
mod outbox;
mod pace;
mod timers;
mod due;
mod runs;
mod holds;
mod transcript;
mod plans;
mod questions;
mod handoffs;
mod budget;
mod ledger;
mod retention;
mod entered;
mod views;

pub use self::budget::{
    NewReservation, OpenReservation, OwnLimit, Reserved, ScopeBudget, ScopeLimit,
};
pub use self::commit::{Commit, NewEffect, NewHistory, NewIssueState, TimerChange, Words};
pub use self::entered::{EnteredCost, EnteredRow};
pub use self::error::{ClaimError, CommitError, StoreError};
pub use self::feedback::{FeedbackRow, NewFeedback};
pub use self::handoffs::{HandoffOutcome, HandoffRow, HandoffSide, NewHandoff};
pub use self::inbox::{
    Delivery, Hint, InboxRow, NewDelivery, NewInternal, Outcome, Received, Source,
};
pub use self::issues::IssueRow;
pub use self::lanes::{Lane, LaneLease};
pub use self::ledger::{Actual, CostRow, RunTokens, Settled, Used};
pub use self::open::{Claim, DatabaseSettings, Store};
pub use self::outbox::{ClaimedEffect, Retry};
pub use self::plans::{NewPlan, PlanRow};
pub use self::questions::{Answer, NewQuestion, QuestionRow};
pub use self::runs::{ClaimedRun, NewRun, Parking, RunEnd, RunRow, RunStatus, Started};
pub use self::timers::Leap;
pub use self::transcript::{Entry, Told};
pub use self::views::{DeliveryRow, Health, HistoryRow, IssueSummary};
