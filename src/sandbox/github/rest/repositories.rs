//! Repositories and the rights of people in them.

use serde_json::json;

use super::super::payload::extend;
use super::super::world::{AccountKind, Role, World};
use super::answer::{Answer, Refusal};
use super::request::Request;

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let mut json = world.repository_json(world.repo(request.repo()?));
    extend(&mut json, json!({ "network_count": 0, "subscribers_count": 0 }));
    Ok(Answer::ok(json))
}

/// A person's right. `permission` knows three levels, `role_name` five and the organisation's own; on a public repository
/// everyone may read.
pub(super) fn permission(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let login = request.param("username");
    let stranger = || Refusal::new(404, format!("{login} is not a user"));
    let repository = world.repo(request.repo()?);
    let account =
        world.account(login).filter(|it| it.kind == AccountKind::User).ok_or_else(stranger)?;
    let role = repository.roles.get(&account.id).copied();
    let role = role.or((!repository.private).then_some(Role::Read)).ok_or_else(stranger)?;
    let custom = repository.custom_roles.get(&account.id).map(String::as_str);
    let role_name = custom.unwrap_or(role.name());
    let mut user = world.user_json(account.id);
    extend(
        &mut user,
        json!({
            "permissions": {
                "admin": Role::Admin <= role,
                "maintain": Role::Maintain <= role,
                "push": Role::Write <= role,
                "triage": Role::Triage <= role,
                "pull": Role::Read <= role,
            },
            "role_name": role_name,
        }),
    );
    Ok(Answer::ok(json!({
        "permission": role.folded(),
        "role_name": role_name,
        "user": user,
    })))
}
