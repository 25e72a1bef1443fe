//! Repositories and their labels.

use serde_json::{Value, json};

use super::super::world::{AccountKind, Label, Repository, World};
use super::{add_urls, extend, node_id};

/// The tails of a repository's API URLs.
const REPOSITORY_URLS: &[(&str, &str)] = &[
    ("forks", "/forks"),
    ("keys", "/keys{/key_id}"),
    ("collaborators", "/collaborators{/collaborator}"),
    ("teams", "/teams"),
    ("hooks", "/hooks"),
    ("issue_events", "/issues/events{/number}"),
    ("events", "/events"),
    ("assignees", "/assignees{/user}"),
    ("branches", "/branches{/branch}"),
    ("tags", "/tags"),
    ("blobs", "/git/blobs{/sha}"),
    ("git_tags", "/git/tags{/sha}"),
    ("git_refs", "/git/refs{/sha}"),
    ("trees", "/git/trees{/sha}"),
    ("statuses", "/statuses/{sha}"),
    ("languages", "/languages"),
    ("stargazers", "/stargazers"),
    ("contributors", "/contributors"),
    ("subscribers", "/subscribers"),
    ("subscription", "/subscription"),
    ("commits", "/commits{/sha}"),
    ("git_commits", "/git/commits{/sha}"),
    ("comments", "/comments{/number}"),
    ("issue_comment", "/issues/comments{/number}"),
    ("contents", "/contents/{+path}"),
    ("compare", "/compare/{base}...{head}"),
    ("merges", "/merges"),
    ("archive", "/{archive_format}{/ref}"),
    ("downloads", "/downloads"),
    ("issues", "/issues{/number}"),
    ("pulls", "/pulls{/number}"),
    ("milestones", "/milestones{/number}"),
    ("notifications", "/notifications{?since,all,participating}"),
    ("labels", "/labels{/name}"),
    ("releases", "/releases{/id}"),
    ("deployments", "/deployments"),
];

impl World {
    /// A repository as REST answers and webhooks carry it.
    pub(crate) fn repository_json(&self, repository: &Repository) -> Value {
        let url = self.repository_url(repository);
        let full_name = repository.full_name();
        let page = format!("{}/{full_name}", self.web_url);
        let host = self.web_url.split("://").last().unwrap_or_default();
        let owner = self.account(&repository.owner).map(|it| self.user_json(it.id));
        let open = repository.issues.values().filter(|it| it.is_open()).count();
        let mut json = json!({
            "id": repository.id,
            "node_id": node_id("R", repository.id),
            "name": repository.name,
            "full_name": full_name,
            "private": repository.private,
            "owner": owner,
            "html_url": page,
            "description": null,
            "fork": false,
            "url": url,
            "created_at": repository.created_at.iso(),
            "updated_at": repository.pushed_at.iso(),
            "pushed_at": repository.pushed_at.iso(),
            "git_url": format!("git://{host}/{full_name}.git"),
            "ssh_url": format!("git@{host}:{full_name}.git"),
            "clone_url": format!("{page}.git"),
            "svn_url": page,
            "homepage": null,
            "mirror_url": null,
            "language": null,
            "license": null,
            "default_branch": repository.default_branch,
            "visibility": if repository.private { "private" } else { "public" },
        });
        extend(
            &mut json,
            json!({
                "size": 0,
                "stargazers_count": 0,
                "watchers_count": 0,
                "forks_count": 0,
                "open_issues_count": open,
                "forks": 0,
                "open_issues": open,
                "watchers": 0,
                "has_issues": true,
                "has_projects": true,
                "has_downloads": true,
                "has_wiki": true,
                "has_pages": false,
                "has_discussions": false,
                "archived": false,
                "disabled": false,
                "allow_forking": true,
                "is_template": false,
                "web_commit_signoff_required": false,
                "topics": [],
                "custom_properties": {},
            }),
        );
        add_urls(&mut json, &url, REPOSITORY_URLS);
        json
    }

    /// A repository as a push carries it: times are epoch seconds there, the owner has a name and
    /// an address, and `url` is the page.
    pub(crate) fn pushed_repository_json(&self, repository: &Repository) -> Value {
        let mut json = self.repository_json(repository);
        let page = json["html_url"].clone();
        extend(
            &mut json,
            json!({
                "url": page,
                "created_at": repository.created_at.0.div_euclid(1_000),
                "pushed_at": repository.pushed_at.0.div_euclid(1_000),
                "stargazers": 0,
                "master_branch": repository.default_branch,
            }),
        );
        let owner = self.account(&repository.owner);
        if owner.is_some_and(|it| it.kind == AccountKind::Organization) {
            extend(&mut json, json!({ "organization": repository.owner }));
        }
        extend(&mut json["owner"], json!({ "name": repository.owner, "email": null }));
        json
    }

    /// A repository as installation events list it.
    pub(crate) fn repository_line_json(&self, repository: &Repository) -> Value {
        json!({
            "id": repository.id,
            "node_id": node_id("R", repository.id),
            "name": repository.name,
            "full_name": repository.full_name(),
            "private": repository.private,
        })
    }

    /// A label.
    pub(crate) fn label_json(&self, repository: &Repository, label: &Label) -> Value {
        let name = escape(&label.name);
        json!({
            "id": label.id,
            "node_id": node_id("LA", label.id),
            "url": format!("{}/labels/{name}", self.repository_url(repository)),
            "name": label.name,
            "color": label.color,
            "default": label.default,
            "description": label.description,
        })
    }

    pub(crate) fn repository_url(&self, repository: &Repository) -> String {
        format!("{}/repos/{}", self.api_url, repository.full_name())
    }
}

/// Percent-encodes a path, its slashes kept.
pub(super) fn escape_path(path: &str) -> String {
    path.split('/').map(escape).collect::<Vec<_>>().join("/")
}

/// Percent-encodes what a path segment cannot hold.
fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:".contains(&b);
    let escaped = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escaped).collect()
}
