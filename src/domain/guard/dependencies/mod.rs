//! Rules about manifests: dependencies the plan does not name, and sources besides the usual
//! registry.
//!
//! Each ecosystem's file is read into the same list of [`Declared`]; only what was not there
//! before is judged, so that a repository with its own registry is asked once, when it comes.

mod read;
mod toml;

use std::collections::BTreeSet;

use super::{Found, PlanScope, Rule, place, quoted};
use crate::domain::diff::{ChangeKind, FileChange};

/// A dependency or a source of dependencies in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Declared {
    /// The name in its registry; empty for a source that is no single dependency.
    name: String,
    /// Where it comes from, when that is not the usual registry.
    source: Option<String>,
    /// The line it stands in.
    line: usize,
}

/// A language's way to write down dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manifest {
    Cargo,
    Npm,
    Python,
    Requirements,
    Go,
    Composer,
    Ruby,
    Maven,
    Gradle,
    DotNet,
    Elixir,
    Swift,
}

/// Whether the file declares dependencies.
pub(super) fn is_manifest(path: &str) -> bool {
    manifest(path).is_some()
}

/// Looks at what a manifest declares anew.
pub(super) fn look(change: &FileChange, scope: &PlanScope, found: &mut Found) {
    if change.kind == ChangeKind::Deleted {
        return;
    }
    let Some(manifest) = manifest(&change.path) else { return };
    let before = read::declared(manifest, change.before_text());
    let after = read::declared(manifest, change.after_text());
    let known: BTreeSet<&str> = before.iter().map(|it| it.name.as_str()).collect();
    let sources: BTreeSet<_> = before.iter().map(|it| (&it.name, &it.source)).collect();
    for it in &after {
        let is_new = !it.name.is_empty() && !known.contains(it.name.as_str());
        if is_new && !scope.names_dependency(&it.name) {
            let says = format!(
                "The dependency {} is new, and the plan does not name it.",
                quoted(&it.name)
            );
            found.ask(Rule::UnplannedDependency, Some(it.line), says);
        }
        let Some(source) = &it.source else { continue };
        if !sources.contains(&(&it.name, &it.source)) {
            let says = if it.name.is_empty() {
                format!(
                    "Dependencies would come from {}, not from the usual registry.",
                    quoted(source)
                )
            } else {
                let name = quoted(&it.name);
                format!("{name} would come from {}, not from the usual registry.", quoted(source))
            };
            found.ask(Rule::DependencySource, Some(it.line), says);
        }
    }
}

fn manifest(path: &str) -> Option<Manifest> {
    let lower = path.to_lowercase();
    let name = place::name(&lower);
    let is_requirements = (name.starts_with("requirements") || name.starts_with("constraints"))
        && (name.ends_with(".txt") || name.ends_with(".in"))
        || lower.contains("requirements/") && name.ends_with(".txt");
    match name {
        "cargo.toml" => Some(Manifest::Cargo),
        "package.json" => Some(Manifest::Npm),
        "pyproject.toml" | "pipfile" => Some(Manifest::Python),
        "go.mod" => Some(Manifest::Go),
        "composer.json" => Some(Manifest::Composer),
        "gemfile" | "gems.rb" => Some(Manifest::Ruby),
        "pom.xml" => Some(Manifest::Maven),
        "directory.packages.props" | "packages.config" => Some(Manifest::DotNet),
        "mix.exs" => Some(Manifest::Elixir),
        "package.swift" => Some(Manifest::Swift),
        _ if is_requirements => Some(Manifest::Requirements),
        _ if name.ends_with(".gemspec") => Some(Manifest::Ruby),
        _ if name.ends_with(".csproj") || name.ends_with(".fsproj") => Some(Manifest::DotNet),
        _ if name.ends_with(".gradle") || name.ends_with(".gradle.kts") => Some(Manifest::Gradle),
        _ if name.ends_with(".versions.toml") => Some(Manifest::Gradle),
        _ => None,
    }
}
