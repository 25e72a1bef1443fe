//! Installations and their permissions.

use serde_json::{Map, Value, json};

use super::super::world::{EVENTS, Installation, Permissions, World};
use super::node_id;

impl World {
    /// An installation.
    pub(crate) fn installation_json(&self, installation: &Installation) -> Value {
        let account = self.user_json(installation.account);
        let api = format!("{}/app/installations/{}", self.api_url, installation.id);
        let login = account["login"].as_str().unwrap_or_default().to_owned();
        let page = format!(
            "{}/organizations/{login}/settings/installations/{}",
            self.web_url, installation.id
        );
        json!({
            "id": installation.id,
            "account": account,
            "repository_selection": "selected",
            "access_tokens_url": format!("{api}/access_tokens"),
            "repositories_url": format!("{}/installation/repositories", self.api_url),
            "html_url": page,
            "app_id": self.app.id,
            "client_id": format!("Iv23li{:014}", self.app.id),
            "app_slug": self.app.slug,
            "target_id": installation.account,
            "target_type": account["type"],
            "permissions": permissions_json(&installation.permissions),
            "events": EVENTS,
            "created_at": installation.created_at.iso(),
            "updated_at": installation.updated_at.iso(),
            "single_file_name": null,
            "has_multiple_single_files": false,
            "single_file_paths": [],
            "suspended_at": installation.suspended.map(|(at, _)| at.iso()),
            "suspended_by": installation.suspended.map(|(_, by)| self.user_json(by)),
        })
    }

    /// The two fields by which every other webhook names its installation.
    pub(crate) fn installation_line_json(&self, installation: &Installation) -> Value {
        json!({
            "id": installation.id,
            "node_id": node_id("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation.id),
        })
    }
}

pub(crate) fn permissions_json(permissions: &Permissions) -> Value {
    let fields = permissions.iter().map(|(name, it)| (name.clone(), it.name().into()));
    Value::Object(fields.collect::<Map<_, _>>())
}
