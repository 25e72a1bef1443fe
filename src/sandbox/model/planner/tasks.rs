//! The files that the work touches, and the task graph over them.

use serde_json::{Value, json};

use super::issue::Kind;
use super::layout::{self, Language};
use super::rank::{self, Picked};
use super::symbols::Symbol;
use super::topics::Topic;
use super::view::View;

/// Issues that reach this many product files are more than one component.
const COMPLEX_FROM_FILES: usize = 3;

/// What will happen, before it is put into words.
pub(super) struct Work {
    /// What kind of work it is.
    pub(super) kind: Kind,
    /// What is known about the feature, if it is a common one.
    pub(super) topic: Option<&'static Topic>,
    /// The file that it is mostly about; `None` in a repository without code.
    pub(super) main: Option<String>,
    /// Further product files that change.
    pub(super) others: Vec<String>,
    /// The new product file.
    pub(super) created: Option<String>,
    /// The file that must name the new one.
    pub(super) parent: Option<String>,
    /// Where its tests stand, and whether that file exists.
    pub(super) tests: Option<(String, bool)>,
    /// The manifest that gets the dependency, with name and version.
    pub(super) dependency: Option<(String, &'static str, &'static str)>,
    /// The prose that must follow.
    pub(super) docs: Option<String>,
    /// How the repository is tested.
    pub(super) command: Option<String>,
    /// The definition in `main` that the work is about.
    pub(super) symbol: Option<Symbol>,
    title: String,
    requirements: Vec<String>,
}

impl Work {
    /// Decides what will happen from what was read.
    pub(super) fn of(view: &View, picked: &Picked) -> Work {
        let kind = view.issue.kind();
        let main = picked.main().map(str::to_owned);
        let topic = Topic::of(&view.issue);
        let adds = kind == Kind::Feature;
        let path = main.as_deref().unwrap_or_default();
        let has_code = Language::of(path) != Language::Other;
        let beside = topic.filter(|_| adds && has_code);
        let created = beside.map(|it| layout::new_file(&view.files, path, it.stem));
        let created = created.filter(|it| !view.files.contains(it));
        // A repository without anything to change begins with a page that says what will be built.
        let created = if main.is_none() { Some("README.md".to_owned()) } else { created };
        let rust = |it: &&String| Language::of(it) == Language::Rust;
        let parent = created.as_ref().filter(rust);
        let parent = parent.and_then(|it| layout::module_parent(&view.files, it));
        let tested = created.as_deref().or(main.as_deref()).filter(|_| kind != Kind::Docs);
        let tests = tested.and_then(|it| layout::test_file(&view.files, it));
        let parent = parent.filter(|it| main.as_ref() != Some(it));
        let fewer = if kind == Kind::Refactor { 2 } else { 1 };
        let others = picked.sources.iter().skip(1).filter(|it| parent.as_ref() != Some(*it));
        Work {
            kind,
            topic,
            others: others.take(fewer).cloned().collect(),
            dependency: beside.and_then(|it| dependency(view, path, it)),
            docs: docs(view, kind, main.as_deref(), topic),
            command: layout::test_command(view, path),
            symbol: main.as_deref().and_then(|it| rank::telling_symbol(view, it)),
            tests: tests.map(|it| (it.clone(), view.files.contains(&it))),
            title: view.issue.title.clone(),
            requirements: view.issue.requirements(),
            main,
            created,
            parent,
        }
    }

    /// Every file, once, with what happens to it and why.
    pub(super) fn files(&self) -> Vec<Value> {
        let mut files: Vec<Value> = Vec::new();
        let mut push = |path: &str, action: &str, reason: String| {
            if !files.iter().any(|it| it["path"] == path) {
                files.push(json!({ "path": path, "action": action, "reason": reason }));
            }
        };
        if let Some((manifest, name, version)) = &self.dependency {
            push(manifest, "modify", format!("Adds the dependency {name} (version {version})."));
        }
        if let Some(path) = &self.created {
            push(
                path,
                "create",
                format!("Holds the new part, apart from its callers: {}.", self.title),
            );
        }
        if let Some(path) = &self.parent {
            push(path, "modify", "Declares the new module.".to_owned());
        }
        if let Some(path) = &self.main {
            push(path, "modify", self.reason());
        }
        for path in &self.others {
            push(
                path,
                "modify",
                "Speaks of the same thing and must agree with the change.".to_owned(),
            );
        }
        if let Some((path, exists)) = &self.tests {
            let action = if *exists { "modify" } else { "create" };
            push(path, action, "Tests for the new behaviour and its edge cases.".to_owned());
        }
        if let Some(path) = &self.docs {
            push(path, "modify", "Says to users what changed.".to_owned());
        }
        files
    }

    /// The task graph, each task after those it needs.
    pub(super) fn tasks(&self) -> Vec<Value> {
        let mut graph = Graph { tasks: Vec::new(), verify: self.verify() };
        let prepared: Vec<String> = self.prepare(&mut graph).into_iter().collect();
        let tests_first = self.kind == Kind::Fix;
        let before = match tests_first {
            true => self.test(&mut graph, &prepared).into_iter().collect(),
            false => prepared,
        };
        let before = self.create(&mut graph, &before).map_or(before, |it| vec![it]);
        let done = self.change(&mut graph, &before);
        let done: Vec<String> = done.into_iter().collect();
        if !tests_first && self.kind != Kind::Test {
            self.test(&mut graph, &done);
        }
        self.document(&mut graph, &done);
        if graph.tasks.is_empty() {
            self.begin(&mut graph);
        }
        graph.tasks
    }

    fn prepare(&self, graph: &mut Graph) -> Option<String> {
        let (manifest, name, version) = self.dependency.as_ref()?;
        Some(graph.add(Draft {
            title: format!("Add the dependency {name} (version {version})"),
            phase: "Preparation",
            kind: "implement",
            complexity: "simple",
            files: vec![manifest.clone()],
            blocked_by: &[],
            acceptance: vec![format!("`{manifest}` names {name}, and the build still passes")],
        }))
    }

    fn create(&self, graph: &mut Graph, before: &[String]) -> Option<String> {
        let path = self.created.clone()?;
        let topic = self.topic?;
        let mut acceptance =
            vec![topic.specification.split(';').next().unwrap_or_default().to_owned()];
        acceptance.extend(topic.edge_cases.iter().take(1).map(|it| format!("Handled: {it}")));
        Some(graph.add(Draft {
            title: format!("Write {} with its interface", layout::file_name(&path)),
            phase: "Implementation",
            kind: "implement",
            complexity: if topic.stem == "auth" { "complex" } else { "medium" },
            files: [Some(path), self.parent.clone()].into_iter().flatten().collect(),
            blocked_by: before,
            acceptance,
        }))
    }

    fn change(&self, graph: &mut Graph, before: &[String]) -> Option<String> {
        let main = self.main.clone()?;
        let name = layout::file_name(&main);
        let place = match &self.symbol {
            Some(symbol) => format!("`{}` in {name}", symbol.name),
            None => name.to_owned(),
        };
        let (title, kind) = match self.kind {
            Kind::Feature if self.created.is_some() => {
                (format!("Use it from {place}"), "implement")
            }
            Kind::Feature => (format!("Extend {place}"), "implement"),
            Kind::Fix => (format!("Correct {place}"), "implement"),
            Kind::Refactor => (format!("Change {place} and its callers"), "implement"),
            Kind::Docs => (format!("Correct the text in {name}"), "docs"),
            Kind::Test => (format!("Write the missing tests for {place}"), "test"),
        };
        let files = match (self.kind, &self.tests) {
            (Kind::Test, Some((tests, _))) => vec![tests.clone()],
            _ => [vec![main], self.others.clone()].concat(),
        };
        let acceptance = match (self.kind, self.requirements.is_empty()) {
            (Kind::Fix, _) => vec![
                format!("What the issue reports no longer happens: {}", self.title),
                "Behaviour that the issue does not mention is unchanged".to_owned(),
            ],
            (_, true) => vec![format!("It holds what the title says: {}", self.title)],
            (_, false) => self.requirements.iter().take(4).cloned().collect(),
        };
        let complexity = self.complexity(files.len());
        let phase = if kind == "docs" { "Documentation" } else { "Implementation" };
        Some(graph.add(Draft {
            title,
            phase,
            kind,
            complexity,
            files,
            blocked_by: before,
            acceptance,
        }))
    }

    fn complexity(&self, files: usize) -> &'static str {
        match self.kind {
            Kind::Docs => "trivial",
            Kind::Test => "simple",
            Kind::Refactor => "complex",
            Kind::Feature | Kind::Fix if COMPLEX_FROM_FILES <= files => "complex",
            Kind::Feature if self.topic.is_some_and(|it| it.service.is_some()) => "complex",
            Kind::Fix | Kind::Feature => "medium",
        }
    }

    fn test(&self, graph: &mut Graph, before: &[String]) -> Option<String> {
        if self.kind == Kind::Docs {
            return None;
        }
        let own = self.created.clone().or_else(|| self.main.clone())?;
        if Language::of(&own) == Language::Other {
            return None;
        }
        let (file, title) = match (&self.tests, self.kind) {
            (Some((path, _)), Kind::Fix) => {
                (path.clone(), "Write a test that shows the fault".to_owned())
            }
            (None, Kind::Fix) => (own.clone(), "Write a test that shows the fault".to_owned()),
            (Some((path, _)), _) => (path.clone(), format!("Test {}", layout::file_name(&own))),
            (None, _) => {
                (own.clone(), format!("Write unit tests inside {}", layout::file_name(&own)))
            }
        };
        let cases = self.topic.map(|it| it.edge_cases).unwrap_or_default();
        let mut acceptance: Vec<String> = match self.kind {
            Kind::Fix => {
                vec!["The test fails before the correction and passes after it".to_owned()]
            }
            Kind::Feature | Kind::Refactor | Kind::Docs | Kind::Test => {
                vec!["The expected case and each refusal have a test".to_owned()]
            }
        };
        acceptance.extend(cases.iter().take(2).map(|it| format!("Covered: {it}")));
        Some(graph.add(Draft {
            title,
            phase: "Tests",
            kind: "test",
            complexity: "simple",
            files: vec![file],
            blocked_by: before,
            acceptance,
        }))
    }

    fn begin(&self, graph: &mut Graph) {
        graph.add(Draft {
            title: "Write down what will be built, and with what".to_owned(),
            phase: "Documentation",
            kind: "docs",
            complexity: "simple",
            files: self.created.iter().cloned().collect(),
            blocked_by: &[],
            acceptance: vec![format!("It says how this will be done: {}", self.title)],
        });
    }

    fn document(&self, graph: &mut Graph, before: &[String]) {
        let Some(path) = self.docs.clone() else { return };
        graph.add(Draft {
            title: format!("Describe the change in {}", layout::file_name(&path)),
            phase: "Documentation",
            kind: "docs",
            complexity: "trivial",
            files: vec![path],
            blocked_by: before,
            acceptance: vec!["A reader who never saw the issue can use what changed".to_owned()],
        });
    }

    fn verify(&self) -> Value {
        match &self.command {
            Some(command) => json!({ "command": command }),
            None => json!({ "none": "The repository's manifests name no test command." }),
        }
    }

    fn reason(&self) -> String {
        let place = self.symbol.as_ref().map(|it| {
            format!(
                " `{}` (lines {} to {}) is where it happens today.",
                it.name, it.from_line, it.to_line
            )
        });
        format!("The issue is about this file.{}", place.unwrap_or_default())
    }
}

/// A task before it has an id.
struct Draft<'a> {
    title: String,
    phase: &'static str,
    kind: &'static str,
    complexity: &'static str,
    files: Vec<String>,
    blocked_by: &'a [String],
    acceptance: Vec<String>,
}

struct Graph {
    tasks: Vec<Value>,
    verify: Value,
}

impl Graph {
    /// Adds a task and returns its id.
    fn add(&mut self, draft: Draft<'_>) -> String {
        let id = format!("t{}", self.tasks.len() + 1);
        let verify = match draft.kind {
            "docs" => json!({ "none": "Prose: a person reads it." }),
            _ => self.verify.clone(),
        };
        self.tasks.push(json!({
            "id": id,
            "title": draft.title.chars().take(110).collect::<String>(),
            "phase": draft.phase,
            "kind": draft.kind,
            "complexity": draft.complexity,
            "files": draft.files,
            "blocked_by": draft.blocked_by,
            "acceptance": draft.acceptance,
            "verify": verify,
        }));
        id
    }
}

fn dependency(
    view: &View,
    path: &str,
    topic: &'static Topic,
) -> Option<(String, &'static str, &'static str)> {
    let language = Language::of(path);
    let (name, version) = topic.dependency(language)?;
    let manifest = layout::nearest(&view.files, path, language.manifests())?;
    let text = view.text(&manifest);
    let present = text.lines().any(|line| {
        let bare = line.trim().trim_start_matches('"');
        bare.starts_with(name)
            && !bare[name.len()..].starts_with(|it: char| it.is_alphanumeric() || it == '-')
    });
    (!present).then_some((manifest, name, version))
}

/// The prose that must follow: a changelog if there is one, else the README when users would not
/// find the change without it.
fn docs(view: &View, kind: Kind, main: Option<&str>, topic: Option<&Topic>) -> Option<String> {
    let visible = kind == Kind::Feature && topic.is_some_and(|it| it.setting.is_some());
    if matches!(kind, Kind::Docs | Kind::Test) {
        return None;
    }
    let readme = visible.then_some("README.md");
    let names = readme.into_iter().chain(["CHANGELOG.md"]);
    let mut found = names.filter(|it| view.files.contains(*it) && main != Some(*it));
    found.next().map(str::to_owned)
}
