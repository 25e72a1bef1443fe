//! The plan as the tool `submit_plan` takes it: everything in it was read, asked or decided above.

use serde_json::{Value, json};

use super::issue::Kind;
use super::layout;
use super::rank::{self, Picked};
use super::tasks::Work;
use super::view::View;

/// The most lines of code that an example shows.
const EXAMPLES_MAX: usize = 3;

/// The plan for what is known.
pub(super) fn draft(view: &View, picked: &Picked) -> Value {
    let work = Work::of(view, picked);
    let topic = work.topic;
    let edge_cases = topic.map(|it| it.edge_cases.to_vec()).unwrap_or_default();
    let setting = topic.and_then(|it| it.setting).filter(|_| work.kind == Kind::Feature);
    let dependencies: Vec<Value> = work
        .dependency
        .iter()
        .map(|(_, name, version)| {
            let why =
                "The repository has nothing that does this, and writing it anew is not worth it.";
            json!({ "name": name, "version": version, "why": why })
        })
        .collect();
    json!({
        "summary": summary(view, &work),
        "decisions": decisions(view, &work),
        "architecture": architecture(view, &work),
        "specifications": specifications(view, &work),
        "files": work.files(),
        "database_changes": database_changes(view, &work),
        "dependencies": dependencies,
        "configuration": setting.into_iter().collect::<Vec<&str>>(),
        "examples": examples(view, picked),
        "edge_cases": with_default(edge_cases, "Empty input, and input that is larger than usual."),
        "tasks": work.tasks(),
        "testing": testing(view, &work),
        "rollout": rollout(view, &work),
        "risks": [risk(&work)],
        "in_scope": in_scope(view),
        "out_of_scope": ["Changes to files that the plan does not name."],
        "do_not": ["Add features that the issue does not ask for.", "Change or delete existing tests to make them pass."],
        "success_criteria": success(view, &work),
        "references": references(view),
    })
}

fn summary(view: &View, work: &Work) -> String {
    let title = view.issue.title.trim_end_matches('.');
    let goal = super::issue::sentences(&view.issue.body)
        .into_iter()
        .find(|it| 20 < it.len() && !super::issue::is_open(it));
    let goal = goal.map(|it| format!(" {it}")).unwrap_or_default();
    let files = work.files();
    let named: Vec<String> = files
        .iter()
        .take(2)
        .filter_map(|it| it["path"].as_str())
        .map(|it| format!("`{it}`"))
        .collect();
    let count = files.len();
    let noun = if count == 1 { "file" } else { "files" };
    format!("{title}.{goal} The work touches {count} {noun}, first of all {}.", named.join(" and "))
}

fn decisions(view: &View, work: &Work) -> Vec<Value> {
    let mut decisions: Vec<Value> = view
        .answers
        .iter()
        .filter(|(_, answer)| !answer.is_empty())
        .map(|(question, answer)| {
            json!({
                "decision": format!("{question} {answer}").trim(),
                "rationale": "Answered on the issue before planning.",
                "alternatives": [],
                "trade_offs": "",
            })
        })
        .collect();
    if let (Some(created), Some(main)) = (&work.created, &work.main) {
        decisions.push(json!({
            "decision": format!("The new part gets its own file, `{created}`."),
            "rationale": format!("`{main}` stays what it is and only calls it."),
            "alternatives": [format!("Writing it into `{main}`")],
            "trade_offs": "One more file to know.",
        }));
    } else if let Some(main) = &work.main {
        decisions.push(json!({
            "decision": format!("The change stays inside `{main}` and the files that depend on it."),
            "rationale": "What the issue describes happens there today.",
            "alternatives": ["A new layer around it"],
            "trade_offs": "",
        }));
    }
    decisions
}

fn architecture(view: &View, work: &Work) -> String {
    let Some(main) = &work.main else {
        return "The repository has no program code that this issue is about; the plan names what was found.".to_owned();
    };
    let lines = view.texts.get(main).and_then(|it| it.last()).map_or(0, |it| it.0);
    let mut parts =
        vec![format!("`{main}` ({lines} lines read) is where the issue's subject stands today.")];
    if let Some(symbol) = &work.symbol {
        parts.push(format!(
            "Its `{}` (lines {} to {}) is the place to start.",
            symbol.name, symbol.from_line, symbol.to_line
        ));
    }
    if let Some(created) = &work.created {
        parts.push(format!(
            "The new `{created}` stands beside it and knows nothing of its callers."
        ));
    }
    for other in &work.others {
        parts.push(format!("`{other}` speaks of the same subject and follows the change."));
    }
    parts.join(" ")
}

fn specifications(view: &View, work: &Work) -> String {
    let reported = if work.kind == Kind::Fix { "Reported: " } else { "" };
    let mut lines: Vec<String> =
        view.issue.requirements().into_iter().map(|it| format!("- {reported}{it}")).collect();
    if let Some(topic) = work.topic.filter(|_| matches!(work.kind, Kind::Feature | Kind::Fix)) {
        lines.push(format!("- {}", topic.specification));
        lines.extend(topic.service.and_then(|it| absence(view, it)));
    }
    if let Some(symbol) = &work.symbol {
        lines.push(format!("- `{}` keeps its name and its callers keep working.", symbol.name));
    }
    if lines.is_empty() {
        lines.push(format!("- What the title says: {}", view.issue.title));
    }
    lines.join("\n")
}

/// What happens without the service, by the answer that people gave.
fn absence(view: &View, service: &str) -> Option<String> {
    Some(match is_required(view, service)? {
        true => {
            format!("- Without {service} the program refuses to start and says so in one sentence.")
        }
        false => format!(
            "- Without {service} everything works: the call goes on uncached, and one warning a minute is logged."
        ),
    })
}

/// Whether people said that the service must be there; `None` when they were not asked.
fn is_required(view: &View, service: &str) -> Option<bool> {
    let (_, answer) = view
        .answers
        .iter()
        .find(|(question, answer)| question.contains(service) || answer.contains(service))?;
    let answer = answer.to_lowercase();
    let words = ["required", "mandatory", "must"];
    Some(answer.starts_with("no") || words.iter().any(|it| answer.contains(it)))
}

fn database_changes(view: &View, work: &Work) -> Vec<String> {
    let stores = work.topic.is_some_and(|it| it.stem == "migration");
    stores.then(|| format!("As the issue asks: {}.", view.issue.title)).into_iter().collect()
}

fn examples(view: &View, picked: &Picked) -> Vec<Value> {
    let paths = picked
        .sources
        .iter()
        .map(|it| (it, "How this part is written today: names, errors, layout."));
    let tests = picked.tests.iter().map(|it| (it, "How tests are set up and named here."));
    let found = paths.chain(tests).filter_map(|(path, copy)| {
        let symbol = rank::telling_symbol(view, path)?;
        let copy = format!("`{}`. {copy}", symbol.name);
        Some(json!({ "path": path, "from_line": symbol.from_line, "to_line": symbol.to_line, "copy": copy }))
    });
    found.take(EXAMPLES_MAX).collect()
}

fn testing(view: &View, work: &Work) -> Value {
    let place = match &work.tests {
        Some((path, true)) => format!("New cases stand in `{path}`, beside the existing ones."),
        Some((path, false)) => format!("New tests stand in the new `{path}`."),
        None if work.main.is_none() => "There is nothing to test yet.".to_owned(),
        None => "New tests stand in the file that they test.".to_owned(),
    };
    let command = match &work.command {
        Some(command) => format!("`{command}` must pass before and after each task."),
        None => "The repository names no test command, so a person checks by hand.".to_owned(),
    };
    let strategy = match work.kind {
        Kind::Docs => "Prose has no tests: a person reads the rendered text once.".to_owned(),
        Kind::Feature | Kind::Fix | Kind::Refactor | Kind::Test => format!("{command} {place}"),
    };
    let manual = format!(
        "Try by hand what the issue describes: {}.",
        view.issue.title.trim_end_matches('.')
    );
    json!({ "strategy": strategy, "manual_checks": [manual] })
}

fn rollout(view: &View, work: &Work) -> Value {
    let large = work.topic.is_some_and(|it| it.service.is_some() || it.stem == "auth");
    let required = work.topic.and_then(|it| it.service).and_then(|it| is_required(view, it));
    let (flags, gradual) = match (work.kind, large) {
        (Kind::Feature, true) if required == Some(true) => (
            "None: it is needed from the first start, so its setting is made before the release.",
            "First one instance, then all of them after a day without new errors.",
        ),
        (Kind::Feature, true) => (
            "Off until its setting is present, so merging changes nothing by itself.",
            "First one instance with the setting, then all of them after a day without new errors.",
        ),
        (Kind::Feature, false) => (
            "None: the change is small and reverting the merge takes it back.",
            "At once, with the next release.",
        ),
        (Kind::Docs | Kind::Test, _) => {
            ("None: no program behaviour changes.", "At once, with the merge.")
        }
        (Kind::Fix | Kind::Refactor, _) => (
            "None: two behaviours side by side would keep the fault alive.",
            "At once, with the next release.",
        ),
    };
    let monitoring = match (work.topic, work.kind) {
        (_, Kind::Docs | Kind::Test) => "Nothing runs differently, so there is nothing to watch.",
        (Some(topic), _) => topic.monitoring,
        (None, _) => "Errors logged by the changed part in the days after the release.",
    };
    json!({ "flags": flags, "gradual": gradual, "monitoring": monitoring })
}

fn risk(work: &Work) -> Value {
    let (risk, mitigation) = match (work.topic, work.kind) {
        (_, Kind::Docs) => (
            "The text promises something that the program does not do.",
            "Check each sentence against the code.",
        ),
        (Some(topic), Kind::Feature | Kind::Fix) => topic.risk,
        (_, Kind::Refactor) => {
            ("Behaviour changes unnoticed.", "Existing tests pass unchanged after every task.")
        }
        (_, Kind::Feature | Kind::Fix | Kind::Test) => (
            "Callers rely on today's behaviour.",
            "Search for all uses before changing a signature.",
        ),
    };
    json!({ "risk": risk, "mitigation": mitigation })
}

fn in_scope(view: &View) -> Vec<String> {
    with_default(view.issue.requirements(), view.issue.title.as_str())
}

fn success(view: &View, work: &Work) -> Vec<String> {
    let mut criteria = match work.kind {
        Kind::Fix => vec![format!(
            "What the issue reports no longer happens: {}.",
            view.issue.title.trim_end_matches('.')
        )],
        Kind::Feature | Kind::Refactor | Kind::Docs | Kind::Test => {
            with_default(view.issue.requirements(), view.issue.title.as_str())
        }
    };
    criteria.truncate(3);
    criteria.extend(work.command.as_ref().map(|it| format!("`{it}` passes.")));
    criteria
}

fn references(view: &View) -> Vec<String> {
    let read = view.texts.keys().filter(|it| layout::is_prose(it));
    read.map(|it| format!("`{it}`")).take(2).collect()
}

fn with_default(found: Vec<impl Into<String>>, otherwise: &str) -> Vec<String> {
    if found.is_empty() {
        return vec![otherwise.to_owned()];
    }
    found.into_iter().map(Into::into).collect()
}
