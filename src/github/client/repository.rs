//! Reading a repository and what people may do in it.

use serde::Deserialize;

use super::call::{Call, Name};
use super::error::GitHubError;
use super::port::ReadPort;
use crate::base::{RepositoryId, UserId};
use crate::domain::permission::Right;
use crate::github::lenient::{Flag, Number, Object, Text};
use crate::github::wire::WireRepository;

/// A repository as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Its id; always the one asked for.
    pub id: RepositoryId,
    /// Owner's login.
    pub owner: String,
    /// Name without the owner.
    pub name: String,
    /// The default branch, if the server says it.
    pub default_branch: Option<String>,
    /// Whether strangers cannot read it.
    pub private: bool,
    /// Whether nothing can be written any more.
    pub archived: bool,
}

impl RepositoryFacts {
    /// The default branch: as the server says now, else as its webhooks `told` it, else GitHub's own
    /// habit.
    pub fn default_branch_or(self, told: Option<&str>) -> String {
        let told = self.default_branch.or(told.map(str::to_owned));
        told.unwrap_or_else(|| "main".to_owned())
    }
}

/// What somebody may do, freshly asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The right; [`Right::None`] if the login is no longer the expected person's.
    pub right: Right,
    /// Whether the login still belongs to the account that acted. A login can be renamed and taken
    /// by somebody else.
    pub same_person: bool,
}

impl ReadPort {
    /// The repository as it is now. Later calls through this port use the name it has now.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Gone`] if another repository stands under this name and ours is not found.
    pub async fn repository(&self) -> Result<RepositoryFacts, GitHubError> {
        let ours = self.port.repository();
        let by_name: WireRepository = self.port.fetch(&Call::get("/repos/{owner}/{repo}")).await?;
        let found = if by_name.id.0 == Some(ours.0) {
            by_name
        } else {
            let by_id = Call::get("/repositories/{id}").with("id", ours);
            match self.port.fetch(&by_id).await {
                Err(GitHubError::NotFound) => return Err(GitHubError::Gone),
                other => other?,
            }
        };
        let archived = found.archived.is_set();
        let found = found.repository().filter(|it| it.id == ours).ok_or(GitHubError::Gone)?;
        self.port.rename(Name { owner: found.owner.clone(), repo: found.name.clone() });
        Ok(RepositoryFacts {
            id: found.id,
            owner: found.owner,
            name: found.name,
            default_branch: found.default_branch,
            private: found.private,
            archived,
        })
    }

    /// What `login` may do here, if it is still `expected`.
    ///
    /// No answer (404) is no right. Rights are read from the list of single rights, else from the
    /// role's name, else from the base right, which is all a custom role leaves.
    ///
    /// # Errors
    ///
    /// Whatever keeps the question from being answered is an error, never a right: the caller
    /// retries, then refuses.
    pub async fn permission(
        &self,
        login: &str,
        expected: UserId,
    ) -> Result<Permission, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/collaborators/{user}/permission");
        let answer = match self.port.fetch::<WirePermission>(&call.with("user", login)).await {
            Err(GitHubError::NotFound) => {
                return Ok(Permission { right: Right::None, same_person: true });
            }
            other => other?,
        };
        let same_person = answer.is_about(login, expected);
        let right = if same_person { answer.right() } else { Right::None };
        Ok(Permission { right, same_person })
    }

    /// The id of whoever has this login now, for servers that name people without it: from the
    /// answer about their right, else from their own page. `None` where neither tells.
    ///
    /// # Errors
    ///
    /// Only what may pass: a limit, or a server in trouble.
    pub async fn account_id(&self, login: &str) -> Result<Option<UserId>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/collaborators/{user}/permission");
        let call = call.with("user", login);
        let told = passing(self.port.fetch::<WirePermission>(&call).await)?;
        let user = told.and_then(|it| it.user.0);
        if let Some(id) = user.and_then(|it| WireNamed { id: it.id, login: it.login }.id_of(login))
        {
            return Ok(Some(id));
        }
        let call = Call::get("/users/{user}").with("user", login);
        let told = passing(self.port.fetch::<WireNamed>(&call).await)?;
        Ok(told.and_then(|it| it.id_of(login)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePermission {
    permission: Text,
    role_name: Text,
    user: Object<WirePermissionUser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePermissionUser {
    id: Number,
    login: Text,
    permissions: Object<WireRights>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRights {
    pull: Flag,
    triage: Flag,
    push: Flag,
    maintain: Flag,
    admin: Flag,
}

/// An account as its own page shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireNamed {
    id: Number,
    login: Text,
}

impl WireNamed {
    /// The id, unless it is told of another login.
    fn id_of(&self, login: &str) -> Option<UserId> {
        let is_them = self.login.0.as_ref().is_none_or(|it| it.eq_ignore_ascii_case(login));
        self.id.0.filter(|it| is_them && 0 < *it).map(UserId)
    }
}

/// The answer, or nothing where asking again would not help either.
fn passing<T>(answer: Result<T, GitHubError>) -> Result<Option<T>, GitHubError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.retryable() => Err(error),
        Err(_) => Ok(None),
    }
}

impl WireRights {
    /// The strongest one that is set; `None` if the server tells none of them either way.
    fn strongest(&self) -> Option<Right> {
        let rights = [
            (self.admin, Right::Admin),
            (self.maintain, Right::Maintain),
            (self.push, Right::Write),
            (self.triage, Right::Triage),
            (self.pull, Right::Read),
        ];
        let is_told = rights.iter().any(|it| it.0.0.is_some());
        let strongest = rights.iter().find(|it| it.0.is_set()).map_or(Right::None, |it| it.1);
        is_told.then_some(strongest)
    }
}

impl WirePermission {
    /// Compares ids. A server that leaves the id out is believed if the login is the asked one.
    fn is_about(&self, login: &str, expected: UserId) -> bool {
        let Object(Some(user)) = &self.user else { return true };
        match (user.id.0, &user.login.0) {
            (Some(id), _) => id == expected.0,
            (None, Some(told)) => told.eq_ignore_ascii_case(login),
            (None, None) => true,
        }
    }

    fn right(&self) -> Right {
        let single = self.user.0.as_ref().and_then(|it| it.permissions.0.as_ref());
        let role = self.role_name.0.as_deref().and_then(Right::parse);
        let base = self.permission.0.as_deref().and_then(Right::parse);
        single.and_then(WireRights::strongest).or(role).or(base).unwrap_or(Right::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Right) {
        let answer: WirePermission = serde_json::from_str(json).unwrap();
        assert_eq!(answer.right(), expected, "{json}");
    }

    #[test]
    fn single_rights_come_first_then_the_role_then_the_base_right() {
        let folded = |role: &str, rights: &str| {
            format!(
                "{{\"permission\":\"write\",\"role_name\":\"{role}\",\
                 \"user\":{{\"permissions\":{{{rights}}}}}}}"
            )
        };
        check(&folded("maintain", ""), Right::Maintain);
        check(&folded("security-champion", ""), Right::Write);
        check(&folded("", "\"pull\":true,\"triage\":true,\"push\":false"), Right::Triage);
        check(&folded("read", "\"pull\":true,\"push\":true,\"maintain\":true"), Right::Maintain);
        check(&folded("admin", "\"pull\":false,\"admin\":false"), Right::None);
        check("{\"permission\":\"read\",\"role_name\":\"triage\"}", Right::Triage);
        check("{\"permission\":\"admin\"}", Right::Admin);
        check("{\"permission\":\"push\"}", Right::Write);
        check("{\"permission\":\"pull\"}", Right::Read);
        check("{\"permission\":\"none\",\"role_name\":\"\"}", Right::None);
        check("{\"permission\":\"emperor\"}", Right::None);
        check("{}", Right::None);
    }

    #[test]
    fn a_right_belongs_to_an_account_not_to_a_login() {
        let check = |json: &str, expected: bool| {
            let answer: WirePermission = serde_json::from_str(json).unwrap();
            assert_eq!(answer.is_about("Ann", UserId(11)), expected, "{json}");
        };
        check("{\"user\":{\"id\":11,\"login\":\"renamed\"}}", true);
        check("{\"user\":{\"id\":12,\"login\":\"ann\"}}", false);
        check("{\"user\":{\"login\":\"ann\"}}", true);
        check("{\"user\":{\"login\":\"bob\"}}", false);
        check("{\"user\":null}", true);
    }
}
