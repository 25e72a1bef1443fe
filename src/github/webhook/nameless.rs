//! Accounts that a delivery names by login alone. GitHub always tells the id, and rights are bound to
//! it; where a server leaves it out it can be asked for, and is filled in before the delivery is read.

use serde_json::{Value, json};

use crate::base::UserId;
use crate::github::surrogates::mended;

/// Where a delivery names people.
const PEOPLE: [&str; 5] =
    ["/sender", "/comment/user", "/review/user", "/issue/user", "/pull_request/user"];

/// The login of whoever acted, where the delivery names no id with it. Without a sender a comment's
/// author acted. A bot's id does not matter: bots are not heard.
pub fn actor_without_id(body: &[u8]) -> Option<String> {
    let body = value(body)?;
    let actor = ["/sender", "/comment/user"].iter().find_map(|place| {
        let account = body.pointer(place)?;
        Some((account, account["login"].as_str().filter(|it| !it.is_empty())?))
    });
    let (account, login) = actor?;
    let is_bot = account["type"] == "Bot" || login.ends_with("[bot]");
    (is_without_id(account) && !is_bot).then(|| login.to_owned())
}

/// The delivery with the id of `login` wherever it names this login without one.
pub fn with_id(body: &[u8], login: &str, id: UserId) -> Vec<u8> {
    let Some(mut value) = value(body) else { return body.to_vec() };
    for place in PEOPLE {
        let Some(account) = value.pointer_mut(place) else { continue };
        let is_them = account["login"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(login));
        if is_them && is_without_id(account) {
            account["id"] = json!(id.0);
        }
    }
    value.to_string().into_bytes()
}

fn value(body: &[u8]) -> Option<Value> {
    let read = serde_json::from_slice(body);
    read.or_else(|_| serde_json::from_slice(&mended(body).unwrap_or_default())).ok()
}

/// Whether the id is missing, or is none.
fn is_without_id(account: &Value) -> bool {
    let id = &account["id"];
    id.as_i64().is_none() && id.as_str().is_none_or(|it| it.parse::<i64>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: Value, expected: Option<&str>) {
        let body = body.to_string();
        assert_eq!(actor_without_id(body.as_bytes()).as_deref(), expected, "{body}");
    }

    #[test]
    fn whoever_acted_is_named_when_the_id_is_missing() {
        check(json!({ "sender": { "login": "ann" } }), Some("ann"));
        check(json!({ "sender": { "login": "ann", "id": null } }), Some("ann"));
        check(json!({ "sender": null, "comment": { "user": { "login": "ann" } } }), Some("ann"));
        check(json!({ "sender": { "id": 7 }, "comment": { "user": { "login": "a" } } }), Some("a"));
        check(json!({ "sender": { "login": "ann", "id": 7 } }), None);
        check(json!({ "sender": { "login": "ann", "id": "7" } }), None);
        check(json!({ "sender": { "login": "ci[bot]" } }), None);
        check(json!({ "sender": { "login": "ci", "type": "Bot" } }), None);
        check(json!({ "sender": { "login": "" } }), None);
        check(json!({ "issue": { "user": { "login": "ann" } } }), None);
        check(json!([]), None);
        assert_eq!(actor_without_id(b"{"), None);
    }

    #[test]
    fn the_id_is_filled_in_for_this_login_only() {
        let body = json!({
            "sender": { "login": "Ann" }, "comment": { "user": { "login": "ann", "id": 3 } },
            "issue": { "user": { "login": "bob" }, "title": "x" },
        });
        let filled = with_id(body.to_string().as_bytes(), "ann", UserId(7));
        let filled: Value = serde_json::from_slice(&filled).unwrap();
        assert_eq!(
            filled,
            json!({
                "sender": { "login": "Ann", "id": 7 }, "comment": { "user": { "login": "ann", "id": 3 } },
                "issue": { "user": { "login": "bob" }, "title": "x" },
            })
        );
        assert_eq!(with_id(b"{", "ann", UserId(7)), b"{");
    }
}
