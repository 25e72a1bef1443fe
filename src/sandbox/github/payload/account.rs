//! People, bots, organisations, the App.

use serde_json::{Value, json};

use super::super::world::{AccountKind, Repository, Role, World};
use super::{add_urls, extend, node_id};
use crate::base::{Timestamp, UserId};

/// The tails of a user's API URLs.
const USER_URLS: &[(&str, &str)] = &[
    ("followers", "/followers"),
    ("following", "/following{/other_user}"),
    ("gists", "/gists{/gist_id}"),
    ("starred", "/starred{/owner}{/repo}"),
    ("subscriptions", "/subscriptions"),
    ("organizations", "/orgs"),
    ("repos", "/repos"),
    ("events", "/events{/privacy}"),
    ("received_events", "/received_events"),
];

impl World {
    /// A user as it stands inside other objects.
    pub(crate) fn user_json(&self, id: UserId) -> Value {
        let Some(account) = self.accounts.get(&id) else { return Value::Null };
        // `[` and `]` of a bot's login are escaped in its own URLs.
        let path_login = account.login.replace('[', "%5B").replace(']', "%5D");
        let url = format!("{}/users/{path_login}", self.api_url);
        let page = match account.kind {
            AccountKind::Bot => format!("apps/{}", account.login.trim_end_matches("[bot]")),
            AccountKind::User | AccountKind::Organization => account.login.clone(),
        };
        let mut user = json!({
            "login": account.login,
            "id": account.id,
            "node_id": node_id("U", account.id),
            "avatar_url": format!("{}/avatars/u/{}", self.web_url, account.id),
            "gravatar_id": "",
            "url": url,
            "html_url": format!("{}/{page}", self.web_url),
            "type": account.kind.name(),
            "user_view_type": "public",
            "site_admin": false,
        });
        add_urls(&mut user, &url, USER_URLS);
        user
    }

    /// An organisation as webhooks carry it.
    pub(crate) fn organization_json(&self, id: UserId) -> Option<Value> {
        let account = self.accounts.get(&id).filter(|it| it.kind == AccountKind::Organization)?;
        let url = format!("{}/orgs/{}", self.api_url, account.login);
        let mut organization = json!({
            "login": account.login,
            "id": account.id,
            "node_id": node_id("O", account.id),
            "url": url,
            "avatar_url": format!("{}/avatars/u/{}", self.web_url, account.id),
            "description": "",
        });
        let tails = [
            ("repos", "/repos"),
            ("events", "/events"),
            ("hooks", "/hooks"),
            ("issues", "/issues"),
            ("members", "/members{/member}"),
            ("public_members", "/public_members{/member}"),
        ];
        add_urls(&mut organization, &url, &tails);
        Some(organization)
    }

    /// The App as it stands in `performed_via_github_app`, and as `GET /app` answers.
    pub(crate) fn app_json(&self) -> Value {
        let permissions = super::super::world::full_permissions();
        let mut json = self.app_line_json(self.app.id, &self.app.slug, self.app.created_at);
        extend(
            &mut json,
            json!({
                "permissions": super::installation::permissions_json(&permissions),
                "events": super::super::world::EVENTS,
            }),
        );
        json
    }

    /// Any App, as it stands in its checks.
    pub(crate) fn app_json_of(&self, id: i64) -> Value {
        let Some(app) = self.other_apps.get(&id) else { return self.app_json() };
        let mut json = self.app_line_json(id, &app.slug, app.created_at);
        let permissions = json!({ "checks": "write", "contents": "read", "metadata": "read" });
        extend(&mut json, json!({ "permissions": permissions, "events": [] }));
        json
    }

    fn app_line_json(&self, id: i64, slug: &str, created_at: Timestamp) -> Value {
        json!({
            "id": id,
            "client_id": format!("Iv23li{id:014}"),
            "slug": slug,
            "node_id": node_id("A", id),
            "owner": self.user_json(self.app.owner),
            "name": slug,
            "description": "",
            "external_url": self.web_url,
            "html_url": format!("{}/apps/{slug}", self.web_url),
            "created_at": created_at.iso(),
            "updated_at": created_at.iso(),
        })
    }

    /// The App when it did this itself, else `null`.
    pub(crate) fn performed_via(&self, via_app: bool) -> Value {
        if via_app { self.app_json() } else { Value::Null }
    }
}

/// How GitHub names an author's relation to the repository. Baton must not trust it: GitHub
/// itself reports private members of an organisation as `NONE` or `CONTRIBUTOR`.
pub(crate) fn author_association(repository: &Repository, user: UserId) -> &'static str {
    match repository.roles.get(&user) {
        Some(Role::Admin | Role::Maintain) => "MEMBER",
        Some(Role::Write | Role::Triage) => "COLLABORATOR",
        Some(Role::Read) | None => "NONE",
    }
}
