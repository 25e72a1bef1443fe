//! Rules about *which* entry is touched, whatever stands in it.

use super::{Found, Rule, place};
use crate::domain::diff::{ChangeKind, FileChange, FileMode};
use crate::domain::hygiene::is_secret_path;
use crate::domain::plan::paths::{PathFault, path_fault};

/// Ends of environment files that hold examples and no secrets.
const EXAMPLE_ENDS: [&str; 4] = [".example", ".sample", ".template", ".dist"];

/// Looks at a change's paths and kind of entry.
pub(super) fn look(change: &FileChange, found: &mut Found) {
    look_at_path(&change.path, found);
    if change.path_before() != change.path {
        look_at_path(change.path_before(), found);
    }
    match change.mode {
        FileMode::Symlink if change.kind != ChangeKind::Deleted => {
            let says = "It is a symbolic link; Baton writes regular files only.";
            found.refuse(Rule::Symlink, None, says);
        }
        FileMode::Submodule => {
            let says = "It is a submodule: code of another repository that nobody reviewed here.";
            found.refuse(Rule::Submodule, None, says);
        }
        FileMode::Regular | FileMode::Executable | FileMode::Symlink => {}
    }
    let is_new = change.after != change.before;
    if is_new && change.after.as_ref().is_some_and(|it| it.is_binary()) {
        let says = "It is not text, so nobody can review what changed in it.";
        found.refuse(Rule::Binary, None, says);
    }
}

fn look_at_path(path: &str, found: &mut Found) {
    match path_fault(path) {
        None => {}
        Some(PathFault::Workflow) => {
            let says = "It is a workflow of GitHub Actions; Baton never changes those.";
            found.refuse(Rule::Workflow, None, says);
        }
        Some(PathFault::Instruction) => {
            let says =
                "It instructs agents or acts on developers' machines; agents never write it.";
            found.refuse(Rule::InstructionFile, None, says);
        }
        Some(
            fault @ (PathFault::Empty
            | PathFault::TooLong
            | PathFault::Absolute
            | PathFault::Backslash
            | PathFault::Dots
            | PathFault::GitFolder
            | PathFault::TrailingDotOrSpace
            | PathFault::ReservedName
            | PathFault::Invisible
            | PathFault::Encoded
            | PathFault::Pattern),
        ) => found.refuse(Rule::UnsafePath, None, format!("The path {fault}.")),
    }
    let lower = path.to_lowercase();
    if is_secret_path(path) {
        if EXAMPLE_ENDS.iter().any(|it| lower.ends_with(it)) {
            let says = "It stands beside files with secrets; see that it holds examples only.";
            found.ask(Rule::SecretFile, None, says);
        } else {
            let says = "Files of this name hold secrets; agents neither read nor write them.";
            found.refuse(Rule::SecretFile, None, says);
        }
    }
    if is_batons_own(path) {
        let says = "It is Baton's own file, which agents never write.";
        found.refuse(Rule::BatonFile, None, says);
    }
    if place::is_ci(path) {
        let says = "It tells a CI or deployment system what to run, with that system's secrets.";
        found.ask(Rule::CiFile, None, says);
    }
}

/// Whether only the service writes the file: plan and state files, the task list that other tools
/// share, and what says which files no model reads.
pub fn is_batons_own(path: &str) -> bool {
    let lower = path.to_lowercase();
    let in_prds =
        lower.starts_with("docs/prds/active/") || lower.starts_with("docs/prds/completed/");
    in_prds && (lower.ends_with("-plan.md") || lower.ends_with("-state.md"))
        || lower.starts_with(".beads/")
        || lower == ".batonignore"
}
