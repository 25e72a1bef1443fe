//! Corrections after a refusal, and revisions: the same plan with what was asked for.

use serde_json::{Value, json};

/// Changes what a refusal names: the action of a file that exists or does not, paths that no plan
/// may touch, commands that are not allowed, fields that are not known. Each sentence of the
/// refusal is read on its own.
pub(super) fn correct(plan: &mut Value, refusal: &str) {
    for sentence in refusal.split(['\n', ';']) {
        correct_one(plan, &sentence.to_lowercase());
    }
}

fn correct_one(plan: &mut Value, sentence: &str) {
    let paths: Vec<String> = list(plan, "files").iter().map(|it| text(&it["path"])).collect();
    let named = paths.into_iter().filter(|it| mentions(sentence, &it.to_lowercase()));
    for path in named {
        correct_path(plan, &path, sentence);
    }
    correct_tasks(plan, sentence);
    if sentence.contains("unknown field")
        && let Some(field) = quoted(sentence)
        && let Some(fields) = plan.as_object_mut()
    {
        fields.remove(&field);
    }
    if sentence.contains("example") {
        let lower = |it: &Value| text(&it["path"]).to_lowercase();
        retain(plan, "examples", |it| !mentions(sentence, &lower(it)));
    }
}

fn correct_path(plan: &mut Value, path: &str, sentence: &str) {
    let absent = sentence.contains("not exist")
        || sentence.contains("no such file")
        || sentence.contains("missing");
    let present = sentence.contains("exist") && !absent;
    let about_example = sentence.contains("example");
    let action = match (absent, present) {
        _ if about_example => return,
        (true, _) => "create",
        (_, true) => "modify",
        (false, false) if sentence.contains("task") => return,
        (false, false) => return drop_path(plan, path),
    };
    for file in list_mut(plan, "files").iter_mut().filter(|it| it["path"] == path) {
        file["action"] = json!(action);
    }
}

fn drop_path(plan: &mut Value, path: &str) {
    retain(plan, "files", |it| it["path"] != path);
    for task in list_mut(plan, "tasks") {
        if let Some(files) = task["files"].as_array_mut() {
            files.retain(|it| it != path);
        }
    }
    let empty: Vec<String> = list(plan, "tasks")
        .iter()
        .filter(|it| it["files"].as_array().is_some_and(Vec::is_empty))
        .map(|it| text(&it["id"]))
        .collect();
    if empty.len() < list(plan, "tasks").len() {
        empty.iter().for_each(|id| drop_task(plan, id));
    }
}

/// Takes a task out of the graph; what waited for it waits for what it waited for.
fn drop_task(plan: &mut Value, id: &str) {
    let tasks = list(plan, "tasks");
    let inherited = tasks.iter().find(|it| it["id"] == id).map(|it| it["blocked_by"].clone());
    let inherited = inherited.and_then(|it| it.as_array().cloned()).unwrap_or_default();
    retain(plan, "tasks", |it| it["id"] != id);
    for task in list_mut(plan, "tasks") {
        let Some(before) = task["blocked_by"].as_array_mut() else { continue };
        if before.iter().any(|it| it == id) {
            before.retain(|it| it != id);
            before.extend(inherited.iter().cloned());
        }
    }
}

fn correct_tasks(plan: &mut Value, sentence: &str) {
    let about_verify = sentence.contains("verify") || sentence.contains("command");
    let about_edges = sentence.contains("cycle")
        || sentence.contains("blocked")
        || sentence.contains("unknown task");
    for task in list_mut(plan, "tasks") {
        if !mentions(sentence, &text(&task["id"])) {
            continue;
        }
        if about_edges {
            task["blocked_by"] = json!([]);
        } else if about_verify {
            task["verify"] =
                json!({ "none": "No allowed command checks this; a person looks at it." });
        }
    }
}

/// Takes up what people asked for: something left out, or something more.
pub(super) fn revise(plan: &mut Value, request: &str) {
    let wish = request.split_whitespace().collect::<Vec<&str>>().join(" ");
    let wish = wish.trim_end_matches('.').to_owned();
    if wish.is_empty() {
        return;
    }
    let short: String = wish.chars().take(160).collect();
    push(
        plan,
        "decisions",
        json!({
            "decision": format!("Revised as asked: {short}"),
            "rationale": "Requested in the review of the revision before.",
            "alternatives": ["The plan as it was"],
            "trade_offs": "",
        }),
    );
    let summary = format!("{} This revision takes up: {short}.", text(&plan["summary"]));
    plan["summary"] = json!(summary);
    match left_out(&wish) {
        Some(what) => leave_out(plan, &what, &short),
        None => add_task(plan, &short),
    }
}

/// What a request wants gone: "without Redis", "no new dependency", "drop the docs".
fn left_out(wish: &str) -> Option<String> {
    let lower = format!(" {}", wish.to_lowercase());
    let words = [
        " without ",
        " do not use ",
        " don't use ",
        " do not add ",
        " don't add ",
        " leave out ",
        " drop ",
        " remove ",
        " no ",
    ];
    let (at, word) = words.iter().filter_map(|it| lower.find(it).map(|at| (at, it))).min()?;
    let rest = lower[at + word.len()..].split([',', ';', '.']).next()?;
    let what = ["the ", "a ", "an ", "any ", "new "]
        .iter()
        .fold(rest, |it, article| it.strip_prefix(article).unwrap_or(it));
    Some(what.trim().to_owned()).filter(|it| !it.is_empty())
}

fn leave_out(plan: &mut Value, what: &str, wish: &str) {
    push(plan, "out_of_scope", json!(format!("Left out as asked: {what}.")));
    push(plan, "do_not", json!(format!("Bring in what was left out: {wish}.")));
    let head = what.split(' ').next().unwrap_or(what).to_owned();
    let all = head.starts_with("dependenc") || head.starts_with("librar");
    let gone: Vec<String> = list(plan, "dependencies")
        .iter()
        .map(|it| text(&it["name"]))
        .filter(|it| all || it.to_lowercase().contains(&head))
        .collect();
    for name in &gone {
        retain(plan, "dependencies", |it| it["name"] != name.as_str());
        let about = |it: &Value| text(&it["title"]).contains(&format!("dependency {name} "));
        let task = list(plan, "tasks").iter().find(|it| about(it)).map(|it| text(&it["id"]));
        let adds = format!("dependency {name} ");
        let files: Vec<String> = list(plan, "files")
            .iter()
            .filter(|it| text(&it["reason"]).contains(&adds))
            .map(|it| text(&it["path"]))
            .collect();
        forget(plan, name.rsplit('/').find(|it| 3 < it.len()).unwrap_or(name));
        task.iter().for_each(|id| drop_task(plan, id));
        files.iter().for_each(|path| drop_path(plan, path));
    }
    let docs = head.starts_with("doc") || head.starts_with("readme");
    let tasks: Vec<String> = list(plan, "tasks")
        .iter()
        .filter(|it| docs && it["kind"] == "docs")
        .flat_map(|it| it["files"].as_array().cloned().unwrap_or_default())
        .map(|it| text(&it))
        .collect();
    tasks.iter().for_each(|path| drop_path(plan, path));
}

/// Takes out the lines that speak of something that is left out.
fn forget(plan: &mut Value, name: &str) {
    let speaks = |it: &str| it.to_lowercase().contains(&name.to_lowercase());
    for field in ["configuration", "edge_cases"] {
        retain(plan, field, |it| !speaks(&text(it)));
    }
    let specifications = text(&plan["specifications"]);
    let kept: Vec<&str> = specifications.lines().filter(|it| !speaks(it)).collect();
    if !kept.is_empty() {
        plan["specifications"] = json!(kept.join("\n"));
    }
    for task in list_mut(plan, "tasks") {
        if let Some(lines) = task["acceptance"].as_array_mut().filter(|it| 1 < it.len()) {
            let first = lines.first().cloned();
            lines.retain(|it| !speaks(&text(it)));
            if lines.is_empty() {
                lines.extend(first);
            }
        }
    }
}

/// A wish for more becomes a task after the others, on the files of the first product task.
fn add_task(plan: &mut Value, wish: &str) {
    let tasks = list(plan, "tasks");
    let model = tasks.iter().rev().find(|it| it["kind"] == "implement").or_else(|| tasks.last());
    let Some(mut task) = model.cloned() else { return };
    let highest =
        tasks.iter().filter_map(|it| text(&it["id"]).strip_prefix('t')?.parse::<u32>().ok()).max();
    let after = text(&task["id"]);
    let title: String = wish.chars().take(110).collect();
    let mut letters = title.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    task["id"] = json!(format!("t{}", highest.unwrap_or(0) + 1));
    task["title"] = json!(format!("{first}{}", letters.as_str()));
    task["phase"] = json!("Revision");
    task["complexity"] = json!("medium");
    task["blocked_by"] = json!([after]);
    task["acceptance"] = json!([format!("As asked in the review: {wish}")]);
    push(plan, "tasks", task);
    push(plan, "success_criteria", json!(format!("The review's wish holds: {wish}.")));
    let specifications = format!("{}\n- {wish}", text(&plan["specifications"]));
    plan["specifications"] = json!(specifications);
}

/// Whether a sentence names this word as a whole, not as part of a longer path or id.
fn mentions(sentence: &str, word: &str) -> bool {
    let part = |it: char| it.is_alphanumeric() || matches!(it, '/' | '_' | '-');
    !word.is_empty()
        && sentence.match_indices(word).any(|(at, _)| {
            let before = sentence[..at].chars().next_back();
            let after = sentence[at + word.len()..].chars().next();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}

fn quoted(sentence: &str) -> Option<String> {
    sentence.split(['`', '"', '\'']).nth(1).map(str::to_owned)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list<'a>(plan: &'a Value, field: &str) -> &'a [Value] {
    plan[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn list_mut<'a>(plan: &'a mut Value, field: &str) -> &'a mut [Value] {
    plan[field].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default()
}

fn push(plan: &mut Value, field: &str, item: Value) {
    if let Some(items) = plan[field].as_array_mut() {
        items.push(item);
    }
}

fn retain(plan: &mut Value, field: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(items) = plan[field].as_array_mut() {
        items.retain(|it| keep(it));
    }
}
