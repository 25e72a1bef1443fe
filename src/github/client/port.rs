//! One repository, seen through a token for one purpose: authenticates each call, renews the token
//! when it is refused, and finds the repository again when it was renamed.

use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde::de::DeserializeOwned;

use super::app::App;
use super::call::{Call, Name};
use super::error::{GitHubError, classify, header};
use super::redirect::below;
use super::tokens::{Purpose, Token, TokenKey};
use super::transport::Reply;
use crate::base::{InstallationId, RepositoryId};
use crate::domain::incoming::Repository;
use crate::github::wire::WireRepository;

/// Which repository, through which installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The installation whose token is used.
    pub installation: InstallationId,
    /// The repository's id: what counts when the name no longer fits.
    pub repository: RepositoryId,
    /// Its owner when last heard of.
    pub owner: String,
    /// Its name when last heard of.
    pub name: String,
}

/// What may be read of one repository. Its token cannot write, so a planning run that holds one
/// holds no write credential.
#[derive(Clone, Debug)]
pub struct ReadPort {
    pub(super) port: Port,
}

/// What may be written in one repository: comments, reactions, labels, Baton's own branches and
/// their pull requests. There is no way here to merge, approve, delete a branch or force a push.
#[derive(Clone, Debug)]
pub struct WritePort {
    pub(super) port: Port,
}

macro_rules! shared_by_both_ports {
    ($port:ident) => {
        impl $port {
            /// Owner and name of the repository as last heard of; calls made meanwhile may have
            /// learned of a new one.
            pub fn name(&self) -> (String, String) {
                let name = self.port.name();
                (name.owner, name.repo)
            }
        }
    };
}

shared_by_both_ports!(ReadPort);
shared_by_both_ports!(WritePort);

#[derive(Clone, Debug)]
pub(super) struct Port {
    app: App,
    key: TokenKey,
    name: Arc<Mutex<Name>>,
}

impl Port {
    pub(super) fn new(app: App, target: Target, purpose: Purpose) -> Port {
        let (installation, repository) = (target.installation, target.repository);
        let name = Name { owner: target.owner, repo: target.name };
        Port {
            app,
            key: TokenKey { installation, repository, purpose },
            name: Arc::new(Mutex::new(name)),
        }
    }

    /// The same repository through a token for another purpose. What one learns of a new name, the
    /// other knows too.
    pub(super) fn through(&self, purpose: Purpose) -> Port {
        Port { key: TokenKey { purpose, ..self.key }, ..self.clone() }
    }

    pub(super) fn repository(&self) -> RepositoryId {
        self.key.repository
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn name(&self) -> Name {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn rename(&self, name: Name) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    /// Makes a call and reads its answer, an object.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, call: &Call) -> Result<T, GitHubError> {
        let reply = self.call(call).await?;
        self.app.transport().parse(call, &reply)
    }

    /// Makes a call and reads its answer, a list.
    pub(super) async fn fetch_list<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<(T, Reply), GitHubError> {
        let reply = self.call(call).await?;
        let list = self.app.transport().parse_any(call, &reply)?;
        Ok((list, reply))
    }

    /// Makes a call whose answer's content does not matter.
    pub(super) async fn perform(&self, call: &Call) -> Result<(), GitHubError> {
        let reply = self.call(call).await?;
        if reply.is_success() { Ok(()) } else { Err(self.error(&reply)) }
    }

    pub(super) fn error(&self, reply: &Reply) -> GitHubError {
        classify(reply, self.app.transport().now())
    }

    /// Makes a call; an answer is any status but a refused token and a redirect.
    ///
    /// A refused token is minted anew once. A redirect, and a write that finds nothing or is not
    /// allowed, mean that the repository may have another name, and another repository its old one:
    /// it is looked up by its id and the call made once more. In all these cases the first call did
    /// nothing, so this repeats no write.
    pub(super) async fn call(&self, call: &Call) -> Result<Reply, GitHubError> {
        // Whoever waits for a call waits inside much else: what the call needs is kept apart.
        Box::pin(self.call_or_find(call)).await
    }

    async fn call_or_find(&self, call: &Call) -> Result<Reply, GitHubError> {
        let mut looked_up = false;
        loop {
            let name = self.name();
            let reply = self.call_once(call, &call.path(&name)).await?;
            let redirected = reply.is_redirect();
            let lost = call.method != Method::GET && self.is_lost(&reply);
            if looked_up || !redirected && !lost {
                return if redirected {
                    Err(GitHubError::unexpected(format!(
                        "{}: redirects in a circle",
                        call.template
                    )))
                } else {
                    Ok(reply)
                };
            }
            looked_up = true;
            match self.find_again(&name, &reply).await {
                Ok(found) => self.rename(found),
                Err(_) if lost => return Ok(reply),
                Err(error) => return Err(error),
            }
            if lost && self.name() == name {
                return Ok(reply);
            }
        }
    }

    fn is_lost(&self, reply: &Reply) -> bool {
        matches!(self.error(reply), GitHubError::NotFound | GitHubError::Forbidden(_))
    }

    async fn call_once(&self, call: &Call, path: &str) -> Result<Reply, GitHubError> {
        let transport = self.app.transport();
        let token = self.token(None).await?;
        let reply = transport.send(call, path, &token.secret).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let token = self.token(Some(&token)).await?;
        let reply = transport.send(call, path, &token.secret).await?;
        if reply.status == 401 { Err(GitHubError::Unauthorized) } else { Ok(reply) }
    }

    /// The name under which this repository's id is found now. A repository of another id that took
    /// over the old name is never accepted.
    async fn find_again(&self, old: &Name, reply: &Reply) -> Result<Name, GitHubError> {
        let location = header(&reply.headers, "location").map(|it| self.path_of(it)).transpose()?;
        let location = location.unwrap_or_default();
        let mut segments = location.split('/').skip(1);
        if segments.next() == Some("repositories")
            && let Some(id) = segments.next().and_then(|it| it.parse().ok())
            && RepositoryId(id) != self.key.repository
        {
            // An issue that moved leads to the repository it moved to.
            return Err(GitHubError::Gone);
        }
        let by_id = Call::get("/repositories/{id}").with("id", self.key.repository);
        if let Some(found) = self.look_up(&by_id, old).await? {
            return Ok(found);
        }
        // Some servers know repositories by name only; then the new name must be told.
        let told: Vec<_> = location.split('/').skip(1).take(3).collect();
        if let ["repos", owner, repo] = told[..] {
            let told = Name { owner: owner.to_owned(), repo: repo.to_owned() };
            let by_name = Call::get("/repos/{owner}/{repo}");
            return self.look_up(&by_name, &told).await?.ok_or(GitHubError::Gone);
        }
        Err(if reply.is_redirect() {
            GitHubError::unexpected("a redirect that leads nowhere")
        } else {
            GitHubError::NotFound
        })
    }

    async fn look_up(&self, call: &Call, name: &Name) -> Result<Option<Name>, GitHubError> {
        let reply = self.call_once(call, &call.path(name)).await?;
        if matches!(reply.status, 404 | 405 | 501) || reply.is_redirect() {
            return Ok(None);
        }
        let found: WireRepository = self.app.transport().parse(call, &reply)?;
        let found = found.repository().filter(|it| it.id == self.key.repository);
        Ok(found.map(|Repository { owner, name, .. }| Name { owner, repo: name }))
    }

    /// The path of a `Location` below the API's own address.
    fn path_of(&self, location: &str) -> Result<String, GitHubError> {
        let api = &self.app.transport().api;
        let address = api.join(location).map_err(|_| GitHubError::unexpected("a bad redirect"))?;
        if address.origin() != api.origin() {
            let host = address.host_str().map(host_only).unwrap_or_default();
            let what = format!("it sends Baton to {host}; if that is its address, configure it");
            return Err(GitHubError::unexpected(what));
        }
        let path = below(api, &address).unwrap_or_else(|| address.path().to_owned());
        Ok(path.split('?').next().unwrap_or_default().to_owned())
    }

    /// The token of this port, or a fresh one if `refused` was not accepted.
    pub(super) async fn token(&self, refused: Option<&Token>) -> Result<Token, GitHubError> {
        self.app.token(self.key, refused.map(|it| it.serial)).await
    }
}

fn host_only(host: &str) -> String {
    host.chars().filter(|it| !it.is_control()).take(100).collect()
}
