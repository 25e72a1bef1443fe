//! A GitHub in a box: one stateful value behind a mutex, served over HTTP on 127.0.0.1.
//!
//! ```text
//! config   what it begins with              person   what people do (the demo, the tests)
//! world/   who exists, what was said        place    what can be read (assertions, pages)
//! acts/    what can happen                  fault/   GitHub on a bad day
//! payload/ the world as GitHub's JSON       log      every REST call
//! rest/    the REST surface                 server   HTTP
//! webhook/ deliveries, signed and recorded  key      the App's key pair
//! ```
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use baton::sandbox::github::{Config, GitHub, Role};
//!
//! let github = GitHub::start(Config::default()).await?;
//! github.set_hook_url("http://127.0.0.1:3000/webhooks/github");
//! let ann = github.person("ann", Role::Maintain);
//! let issue = ann.opens("Add a cache", "Answers are computed twice.")?;
//! github.deliver_pending().await;
//! assert_eq!(github.repo().issue(issue).map(|it| it.title).as_deref(), Some("Add a cache"));
//! # Ok(()) }
//! ```
//!
//! What is absent, and answers 404: tags, forks (but there are pull requests from them), pending
//! reviews, rebase merges, user sign-in, and of GraphQL all but what has no REST twin.

mod acts;
mod config;
mod fault;
mod key;
mod log;
mod payload;
mod person;
mod place;
mod rest;
mod server;
mod start;
mod webhook;
mod world;

pub use self::config::{Config, DeliveryMode};
pub use self::fault::{CallMatcher, Fault, FaultRule, Reply, ReplyBody};
pub use self::log::{CallRecord, Caller};
pub use self::person::{ActRefused, Person, Push};
pub use self::place::{
    CheckView, CommentView, CommitView, IssueView, Place, PullView, ReactionView, ReviewView,
    StatusView, ThreadCommentView, ThreadView,
};
pub use self::start::StartError;
pub use self::webhook::{Attempt, Delivery, DeliveryFault, DeliveryState, signature};
pub use self::world::{
    CiBehaviour, Conclusion, Level, MergeMethod, Permissions, ReactionKind, ReviewState, Role,
    StatusState,
};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::server::Server;
use self::webhook::Pump;
use self::world::World;
use crate::base::{InstallationId, Millis, RepositoryId};

/// A running sandbox GitHub. It stops when dropped.
pub struct GitHub {
    world: Arc<Mutex<World>>,
    client: reqwest::Client,
    repository: RepositoryId,
    server: Server,
    _pump: Option<Pump>,
    /// Holds the repositories when no folder was named; the folder goes with the sandbox.
    _data: Option<tempfile::TempDir>,
}

impl GitHub {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn api_url(&self) -> String {
        lock(&self.world).api_url.clone()
    }

    /// The App's numeric id.
    pub fn app_id(&self) -> i64 {
        lock(&self.world).app.id
    }

    /// The App's private key as PEM.
    pub fn private_key_pem(&self) -> String {
        lock(&self.world).app.key.pem().to_owned()
    }

    /// What webhooks are signed with.
    pub fn webhook_secret(&self) -> String {
        lock(&self.world).hook.secret.clone()
    }

    /// Where webhooks go.
    pub fn hook_url(&self) -> Option<String> {
        lock(&self.world).hook.url.clone()
    }

    /// Points the App's webhook somewhere; GitHub greets a new address with a `ping`.
    pub fn set_hook_url(&self, url: &str) {
        let mut world = lock(&self.world);
        world.hook.url = Some(url.to_owned());
        world.emit_ping();
    }

    /// Points the App's webhook elsewhere in silence: the same service on another port.
    pub fn move_hook_url(&self, url: &str) {
        let mut world = lock(&self.world);
        world.hook.url = Some(url.to_owned());
        world.hook.wake.notify_one();
    }

    /// Where pages are, for every `html_url` from now on.
    pub fn set_web_url(&self, url: &str) {
        lock(&self.world).web_url = url.trim_end_matches('/').to_owned();
    }

    /// The configured repository.
    pub fn repo(&self) -> Place {
        Place::new(Arc::clone(&self.world), self.repository)
    }

    /// Another repository of the organisation, by name.
    pub fn repo_named(&self, name: &str) -> Option<Place> {
        let world = lock(&self.world);
        let id = world.repositories.values().find(|it| it.name == name)?.id;
        Some(Place::new(Arc::clone(&self.world), id))
    }

    /// A person with a role in the configured repository.
    pub fn person(&self, login: &str, role: Role) -> Person {
        self.repo().person(login, Some(role))
    }

    /// A person without any role in the configured repository.
    pub fn stranger(&self, login: &str) -> Person {
        self.repo().person(login, None)
    }

    /// Another App's account, `<slug>[bot]`, with a role in the configured repository.
    pub fn bot(&self, slug: &str, role: Role) -> Person {
        self.repo().bot(slug, role)
    }

    /// The installation that reaches the configured repository; `None` once it is removed.
    pub fn installation_id(&self) -> Option<InstallationId> {
        lock(&self.world).installation_of(self.repository).map(|it| it.id)
    }

    /// Posts every webhook that waits, in order, also those that come up meanwhile, and says how
    /// many left the queue. Without a hook URL nothing leaves.
    pub async fn deliver_pending(&self) -> usize {
        webhook::post_pending(&self.world, &self.client).await
    }

    /// How many webhooks wait.
    pub fn pending_deliveries(&self) -> usize {
        lock(&self.world).hook.queue.len()
    }

    /// Every webhook ever made, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.world).hook.deliveries.clone()
    }

    /// Queues a webhook again under its delivery id; `false` when there is none of this id.
    pub fn redeliver(&self, id: i64) -> bool {
        lock(&self.world).hook.redeliver(id)
    }

    /// Rearranges the waiting webhooks: the one at `order[0]` leaves first. Places that are not
    /// named keep their order behind.
    pub fn arrange_pending(&self, order: &[usize]) {
        let mut world = lock(&self.world);
        let waiting: Vec<(i64, bool)> = world.hook.queue.drain(..).collect();
        let named = order.iter().filter_map(|at| waiting.get(*at));
        let others = waiting.iter().enumerate().filter(|(at, _)| !order.contains(at));
        let arranged = named.chain(others.map(|it| it.1)).copied().collect();
        world.hook.queue = arranged;
    }

    /// Lets something go wrong with the next webhook, or the next one of an event.
    pub fn delivery_fault(&self, event: Option<&str>, fault: DeliveryFault) {
        lock(&self.world).hook.faults.push((event.map(str::to_owned), fault));
    }

    /// Whether GraphQL is served; servers that speak REST only answer 404.
    pub fn serve_graphql(&self, served: bool) {
        lock(&self.world).graphql_off = !served;
    }

    /// Lists only so many entries of a tree from now on, as GitHub does with one that is too large.
    pub fn lists_entries(&self, at_most: usize) {
        lock(&self.world).listed_entries_max = at_most;
    }

    /// Sets a fault; see [`Fault`] for GitHub's documented ways to fail.
    pub fn fault(&self, rule: FaultRule) {
        lock(&self.world).faults.rules.push(rule);
    }

    /// Keeps new comments out of lists for a while: GitHub reads lists from replicas, so a client
    /// that looks for the comment it just made may not find it.
    pub fn list_comments_after(&self, lag: Millis) {
        lock(&self.world).faults.comments_listed_after = lag;
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.world).faults = fault::Faults::default();
    }

    /// Faults that were set for a number of calls and did not meet them all.
    pub fn unmet_faults(&self) -> Vec<FaultRule> {
        lock(&self.world).faults.unmet()
    }

    /// How many REST calls there were, faulted ones included.
    pub fn call_count(&self) -> usize {
        lock(&self.world).calls.len()
    }

    /// Every REST call, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        lock(&self.world).calls.clone()
    }

    /// The calls that no App should make which only proposes: merging, approving, forcing.
    pub fn forbidden_calls(&self) -> Vec<CallRecord> {
        lock(&self.world).calls.iter().filter(|it| it.forbidden.is_some()).cloned().collect()
    }

    /// Forgets every installation token, as if all had expired.
    pub fn expire_tokens(&self) {
        lock(&self.world).tokens.clear();
    }

    /// Stops taking calls and sending webhooks.
    pub async fn stop(self) {
        drop(self._pump);
        self.server.stop().await;
    }
}

/// The world, also after a panic elsewhere: a failed test should show its own failure.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
