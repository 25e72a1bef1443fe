//! From an act to a delivery in the queue.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::world::{Actor, EVENTS, World};
use super::{Delivery, DeliveryState};
use crate::base::{InstallationId, RepositoryId};

impl World {
    /// Tells the App what happened in a repository, if it is installed there and subscribed.
    /// `details` are the fields that only this event has.
    pub(crate) fn emit(
        &mut self,
        event: &'static str,
        action: Option<&'static str>,
        repository: RepositoryId,
        actor: Actor,
        details: Value,
    ) {
        let Some(installation) = self.installation_of(repository) else { return };
        let may = |it: &&str| installation.permissions.contains_key(*it);
        let told = EVENTS.contains(&event) && permissions_for(event).iter().any(may);
        if installation.suspended.is_some() || !told {
            return;
        }
        let id = installation.id;
        let line = self.installation_line_json(installation);
        let repo = self.repo(repository);
        let organization = self.account(&repo.owner).and_then(|it| self.organization_json(it.id));
        let mut body = Map::new();
        if let Some(action) = action {
            body.insert("action".into(), action.into());
        }
        body.extend(fields(details));
        let repo_json = match event {
            "push" => self.pushed_repository_json(repo),
            _ => self.repository_json(repo),
        };
        body.insert("repository".into(), repo_json);
        if let Some(organization) = organization {
            body.insert("organization".into(), organization);
        }
        body.insert("sender".into(), self.user_json(actor.user));
        body.insert("installation".into(), line);
        self.queue(event, action, Some(repository), Some(id), body);
    }

    /// Tells the App about one of its installations: unasked, and also when it is suspended.
    pub(crate) fn emit_installation(
        &mut self,
        event: &'static str,
        action: &'static str,
        installation: InstallationId,
        actor: Actor,
        details: Value,
    ) {
        let Some(it) = self.installations.get(&installation) else { return };
        let mut body = Map::new();
        body.insert("action".into(), action.into());
        body.insert("installation".into(), self.installation_json(it));
        body.extend(fields(details));
        body.insert("sender".into(), self.user_json(actor.user));
        self.queue(event, Some(action), None, Some(installation), body);
    }

    /// The greeting GitHub sends when a webhook is set up.
    pub(crate) fn emit_ping(&mut self) {
        let url = self.hook.url.clone().unwrap_or_default();
        let at = self.app.created_at.iso();
        let api = format!("{}/app/hook", self.api_url);
        let body = json!({
            "zen": "Keep it logically awesome.",
            "hook_id": self.hook.id,
            "hook": {
                "type": "App",
                "id": self.hook.id,
                "name": "web",
                "active": true,
                "app_id": self.app.id,
                "events": EVENTS,
                "config": {
                    "content_type": "json",
                    "insecure_ssl": "0",
                    "secret": "********",
                    "url": url,
                },
                "created_at": at,
                "updated_at": at,
                "url": format!("{api}/config"),
                "ping_url": format!("{api}/pings"),
                "deliveries_url": format!("{api}/deliveries"),
            },
            "sender": self.user_json(self.app.owner),
        });
        self.queue("ping", None, None, None, fields(body));
    }

    fn queue(
        &mut self,
        event: &'static str,
        action: Option<&'static str>,
        repository: Option<RepositoryId>,
        installation: Option<InstallationId>,
        body: Map<String, Value>,
    ) {
        let id = self.next_id();
        self.hook.deliveries.push(Delivery {
            id,
            guid: guid(id),
            event,
            action,
            repository,
            installation,
            at: self.now(),
            body: Value::Object(body).to_string(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
        });
        self.hook.queue.push_back((id, false));
        self.hook.wake.notify_one();
    }
}

/// An App is told of what it may read: one of these permissions is enough
/// (docs.github.com/webhooks, "Webhook events and payloads", "Availability").
fn permissions_for(event: &str) -> &'static [&'static str] {
    match event {
        "push" | "create" | "delete" => &["contents"],
        "issues" | "issue_comment" | "label" => &["issues", "pull_requests"],
        "pull_request" | "pull_request_review" | "pull_request_review_comment" => {
            &["pull_requests"]
        }
        "check_run" | "check_suite" => &["checks"],
        "status" => &["statuses"],
        "workflow_run" => &["actions"],
        _ => &["metadata"],
    }
}

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { return Map::new() };
    fields
}

/// A GUID that is the same in every run of the same story.
fn guid(id: i64) -> String {
    let hash = hex::encode(Sha256::digest(id.to_be_bytes()));
    format!("{}-{}-11f0-8{}-{}", &hash[..8], &hash[8..12], &hash[12..15], &hash[15..27])
}
