//! A planner without a model: deterministic, and careful in the way a good model is.
//!
//! It sees only the request, as a model would: the tools on offer, the conversation, the tools'
//! answers. From them it decides the next turn: look at the layout, read the manifests, read the
//! files that the issue is about, ask one question if the issue leaves something open, submit a
//! plan, correct what a refusal names, take up what a revision asks for. The same request always
//! gives the same turn.
//!
//! It is no substitute for a model: it knows a few topics and the habits of the common languages.
//! But its plans hold what it read (files that exist, functions at their lines, the repository's
//! own test command), so that the demo shows the whole way with nothing made up about the
//! repository.
//!
//! - `view`: what the conversation says so far.
//! - `issue`: the issue's words and what kind of work it is.
//! - `layout`: languages, manifests, test commands, where tests and new files go.
//! - `rank`: which files the issue is about.
//! - `topics`: what is known about common features.
//! - `question`: what the issue leaves open.
//! - `plan`, `tasks`: the plan.
//! - `change`: corrections after a refusal, and revisions.

pub(super) mod view;
mod issue;
mod layout;
mod symbols;
mod rank;
mod topics;
mod question;
mod tasks;
mod plan;
mod change;

use serde_json::{Value, json};

use self::rank::Picked;
use self::view::View;
use super::turn::Turn;

/// The most files that are read in one round.
const READS_PER_ROUND: usize = 4;

/// The next turn of a careful planner, seen from the request alone.
pub fn next_turn(request: &Value) -> Turn {
    let view = View::of(request);
    if view.accepted {
        return Turn::text("The plan is submitted.");
    }
    let explore = !view.hurried && view.refusals.is_empty();
    if explore && let Some(turn) = look_around(&view).or_else(|| read_manifests(&view)) {
        return turn;
    }
    let picked = Picked::of(&view);
    if explore && let Some(turn) = read_sources(&view, &picked).or_else(|| ask(&view, &picked)) {
        return turn;
    }
    if !view.offers("submit_plan") {
        return Turn::text("I cannot submit a plan here: the tool `submit_plan` is not on offer.");
    }
    submit(&view, &picked)
}

fn look_around(view: &View) -> Option<Turn> {
    if view.called("list_files") || view.called("search") {
        return None;
    }
    let title = view.issue.title.as_str();
    let calls = [("list_files", json!({})), ("search", json!({ "query": title }))];
    view.tools(calls, "I look at how the repository is laid out, and for the issue's words in it.")
}

fn read_manifests(view: &View) -> Option<Turn> {
    let manifests = layout::manifests(&view.files);
    let unread = manifests.into_iter().filter(|it| !view.attempted.contains(it));
    let calls: Vec<(&str, Value)> = unread
        .take(READS_PER_ROUND)
        .map(|path| ("read_file", json!({ "path": path })))
        .chain(grep_call(view))
        .chain(list_calls(view))
        .collect();
    if view.called("read_file") {
        return None;
    }
    view.tools(calls, "I read how the project is built and tested.")
}

/// In a large repository the first listing only counts what is in the folders: the likeliest are
/// listed by themselves.
fn list_calls(view: &View) -> impl Iterator<Item = (&'static str, Value)> {
    let usual = ["src", "lib", "app", "crates", "packages", "internal", "pkg", "tests", "test"];
    let place = |name: &str| usual.iter().position(|it| *it == name).unwrap_or(usual.len());
    let mut folders: Vec<(usize, &String)> = view
        .folders
        .keys()
        .filter(|it| layout::is_writable(it))
        .map(|it| (place(it), it))
        .collect();
    folders.sort();
    let likeliest: Vec<Value> =
        folders.into_iter().take(3).map(|(_, folder)| json!({ "dir": folder })).collect();
    likeliest.into_iter().map(|input| ("list_files", input))
}

fn grep_call(view: &View) -> Option<(&'static str, Value)> {
    let words: Vec<&str> = view.issue.stems().take(3).collect();
    let pattern = format!("(?i){}", words.join("|"));
    (!words.is_empty() && !view.called("grep")).then(|| ("grep", json!({ "pattern": pattern })))
}

fn read_sources(view: &View, picked: &Picked) -> Option<Turn> {
    if view.attempted.iter().any(|path| picked.reading().contains(&path.as_str())) {
        return None;
    }
    let unread = picked.reading().into_iter().filter(|it| !view.attempted.contains(*it));
    let paths: Vec<&str> = unread.take(READS_PER_ROUND).collect();
    let calls: Vec<(&str, Value)> =
        paths.iter().map(|path| ("read_file", json!({ "path": path }))).collect();
    let names: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    view.tools(calls, &format!("The issue is about {}; I read that.", names.join(", ")))
}

fn ask(view: &View, picked: &Picked) -> Option<Turn> {
    if view.called("ask") {
        return None;
    }
    let question = question::open_question(view, picked)?;
    let calls = [("ask", json!({ "questions": [question] }))];
    view.tools(calls, "One thing is open that the plan depends on.")
}

fn submit(view: &View, picked: &Picked) -> Turn {
    let mut plan = plan::draft(view, picked);
    for text in &view.revisions {
        change::revise(&mut plan, text);
    }
    for text in &view.refusals {
        change::correct(&mut plan, text);
    }
    let sentence = match (view.refusals.is_empty(), view.revisions.is_empty()) {
        (false, _) => "I correct what was refused and submit again.",
        (true, false) => "I take up what was asked for and submit the plan again.",
        (true, true) => "I have what I need and submit the plan.",
    };
    Turn::tools([("submit_plan", plan)]).saying(sentence)
}
