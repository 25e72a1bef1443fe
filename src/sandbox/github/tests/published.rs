//! The webhooks against the payloads that GitHub has published: what all examples of an event
//! carry, the sandbox carries too. `tests/emulator.sh` fetches the examples and runs this.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Bed;
use super::fields::everything_happens;

/// Where `@octokit/webhooks-examples` lies: its `api.github.com/index.json`.
const EXAMPLES: &str = "BATON_WEBHOOK_EXAMPLES";

/// What the examples carry and the sandbox does not, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("issue.draft", "of 2019: today only the issue of a pull request has it"),
    ("hook.test_url", "a repository's webhook; the sandbox's is an App's"),
    ("hook.last_response", "a repository's webhook; the sandbox's is an App's"),
];

/// One event of the published collection.
#[derive(Deserialize)]
struct Published {
    name: String,
    examples: Vec<Value>,
}

impl Published {
    fn called(&self, action: Option<&str>) -> Vec<&Value> {
        self.examples.iter().filter(|it| it["action"].as_str() == action).collect()
    }
}

#[tokio::test]
#[ignore = "needs the published examples: tests/emulator.sh fetches them"]
async fn webhooks_carry_what_the_published_examples_carry() {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings to ask")]
    let path = std::env::var(EXAMPLES).unwrap_or_else(|_| panic!("{EXAMPLES} is not set"));
    let text = std::fs::read_to_string(path).unwrap();
    let published: Vec<Published> = serde_json::from_str(&text).unwrap();
    let bed = Bed::new().await;
    let url = bed.github.hook_url().unwrap();
    bed.github.set_hook_url(&url);
    everything_happens(&bed).await;

    let mut lacking = BTreeMap::new();
    let mut compared = 0;
    for it in &bed.webhooks().await {
        let event = it.header("x-github-event");
        let Some(known) = published.iter().find(|known| known.name == event) else { continue };
        let examples = known.called(it.body["action"].as_str());
        compared += usize::from(!examples.is_empty());
        for path in absent(&it.body, &examples, "") {
            if LEFT_OUT.iter().all(|left| !path.ends_with(left.0)) {
                *lacking.entry(format!("{}: {path}", it.name())).or_insert(0) += 1;
            }
        }
    }
    assert!(compared > 50, "{compared} webhooks have published examples");
    assert_eq!(lacking, BTreeMap::new(), "of {compared} webhooks");
}

/// The paths that every example has and `ours` has not. Lists are held by their first elements; a
/// value that is empty or null on one side says nothing of what stands below it.
fn absent(ours: &Value, examples: &[&Value], path: &str) -> Vec<String> {
    let Some(first) = examples.first() else { return Vec::new() };
    if let (Some(mine), Some(_)) = (ours.get(0), first.get(0)) {
        let inner: Vec<&Value> = examples.iter().filter_map(|it| it.get(0)).collect();
        return absent(mine, &inner, path);
    }
    let (Some(mine), Some(theirs)) = (ours.as_object(), first.as_object()) else {
        return Vec::new();
    };
    let mut lacking = Vec::new();
    // The names in it are the permissions that the example's App happens to have.
    if path.ends_with("permissions") {
        return lacking;
    }
    for name in theirs.keys() {
        let inner: Vec<&Value> = examples.iter().filter_map(|it| it.get(name)).collect();
        if inner.len() < examples.len() {
            continue;
        }
        let below = format!("{path}.{name}");
        let below = below.trim_start_matches('.');
        match mine.get(name) {
            None => lacking.push(below.to_owned()),
            Some(value) => lacking.extend(absent(value, &inner, below)),
        }
    }
    lacking
}
