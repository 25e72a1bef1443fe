//! Makes the changes one by one in a clone, and asks the tests.

#![expect(clippy::print_stderr, reason = "who waits for an hour should see that it goes on")]
#![expect(clippy::disallowed_methods, reason = "tests have no settings; this one chooses changes")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FOLDER, Mutant};

/// The walks take longer than all other tests of the workflow together.
const WALKS: [&str; 2] = [
    "the_counted_laws_hold_however_often_work_changes_hands",
    "the_laws_hold_in_every_reachable_state_for_every_event",
];

/// The test that compares the page. It notices nearly everything and says nothing about what is
/// right, so it alone is not enough where another test can be found.
const THE_PAGE: &str = "workflow::table::";

/// The tests that are asked, the quick ones first; the next are asked while nobody has noticed.
const ASKED: [&[&str]; 3] = [
    &["--test", "domain", "--", "workflow::", "--skip", WALKS[0], "--skip", WALKS[1]],
    &["--test", "domain", "--", WALKS[0]],
    &["--test", "domain", "--", WALKS[1]],
];

/// What Cargo tells a test about itself and must not tell the Cargo that the test starts, or the
/// dependencies would be built anew for it.
const ABOUT_THIS_TEST: [&str; 4] = ["CARGO_MANIFEST", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_"];

/// A clone of the last commit, which shares the built dependencies and has the domain only.
struct Clone {
    root: PathBuf,
}

impl Clone {
    fn of_the_last_commit(root: PathBuf) -> Clone {
        let here = env!("CARGO_MANIFEST_DIR");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let target = root.to_str().unwrap();
        let cloned = Command::new("git").args(["clone", "-q", "--shared", here, target]).status();
        assert!(cloned.unwrap().success(), "the clone needs git and a commit");
        let clone = Clone { root };
        clone.leave_out_what_the_workflow_does_without();
        clone
    }

    /// The layers above the domain are most of the time of a build, and nothing below knows them.
    fn leave_out_what_the_workflow_does_without(&self) {
        let lib = self.root.join("src/lib.rs");
        let text = fs::read_to_string(&lib).unwrap();
        let below = |line: &&str| {
            !line.starts_with("pub mod ") || ["pub mod base;", "pub mod domain;"].contains(line)
        };
        let kept: Vec<&str> = text.lines().filter(below).collect();
        fs::write(lib, kept.join("\n")).unwrap();
        fs::remove_file(self.root.join("src/main.rs")).unwrap();
        // Under its own name its builds stand beside those of the work tree.
        for (file, lib) in [("Cargo.toml", "\n[lib]\nname = \"baton\"\n"), ("Cargo.lock", "")] {
            let path = self.root.join(file);
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace("name = \"baton\"", "name = \"mutant\"");
            let text = text.replace("default-run = \"baton\"\n", "");
            fs::write(path, text + lib).unwrap();
        }
    }

    /// What these tests say.
    fn says(&self, tests: &[&str]) -> Result<Vec<String>, String> {
        let mut cargo = Command::new("cargo");
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        cargo.arg("test").args(tests).current_dir(&self.root).env("CARGO_TARGET_DIR", built);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if ABOUT_THIS_TEST.iter().any(|it| name.starts_with(it)) {
                cargo.env_remove(&*name);
            }
        }
        let output = cargo.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = failures(&said);
        match output.status.success() || !failed.is_empty() {
            true => Ok(failed),
            false => Err(format!("{said}\n{}", String::from_utf8_lossy(&output.stderr))),
        }
    }
}

/// Makes each change that was asked for, and fails if nobody noticed one of them.
pub(super) fn all(mutants: &[Mutant]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let clone = Clone::of_the_last_commit(folder.join("mutants"));
    for tests in ASKED {
        assert_eq!(clone.says(tests), Ok(Vec::new()), "without a change");
    }
    let chosen = env::var("BATON_MUTANTS").unwrap_or_default().to_lowercase();
    let mut rows = String::new();
    let mut unnoticed = Vec::new();
    let is_chosen = |it: &&Mutant| {
        let name = it.name.to_lowercase();
        chosen.split(';').any(|part| name.contains(part.trim()))
    };
    for mutant in mutants.iter().filter(is_chosen) {
        let path = clone.root.join(FOLDER).join(&mutant.file);
        let source = fs::read_to_string(&path).unwrap();
        fs::write(&path, mutant.made_in(&source).unwrap()).unwrap();
        let noticed = noticed(&clone);
        fs::write(&path, source).unwrap();
        let by = match noticed {
            Ok(by) if by.is_empty() => "NOBODY".to_owned(),
            Ok(by) => by.join(", "),
            Err(output) => {
                eprintln!("{output}");
                "NOT BUILT".to_owned()
            }
        };
        eprintln!("{}: {by}", mutant.name);
        if by.starts_with("NO") {
            unnoticed.push(mutant.name.clone());
        }
        rows.push_str(&format!("| {} | {by} |\n", mutant.name));
        fs::write(folder.join("mutants.md"), &rows).unwrap();
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// Who notices the change that is made in `clone`.
fn noticed(clone: &Clone) -> Result<Vec<String>, String> {
    let mut noticed = Vec::new();
    for tests in ASKED {
        noticed.extend(clone.says(tests)?);
        if noticed.iter().any(|it| !it.starts_with(THE_PAGE)) {
            break;
        }
    }
    noticed.sort_by_key(|it| it.starts_with(THE_PAGE));
    let shown = noticed.iter().map(|it| shown(it));
    let mut names: Vec<String> = shown.clone().take(2).collect();
    if 2 < shown.len() {
        names.push(format!("{} more", shown.len() - 2));
    }
    Ok(names)
}

fn shown(test: &str) -> String {
    match test.split_once(" (") {
        Some((name, law)) => format!("{} ({law}", shown(name)),
        None if test.starts_with(THE_PAGE) => "the page".to_owned(),
        None => format!("`{}`", test.rsplit("::").next().unwrap_or(test)),
    }
}

/// The names of the tests that failed, each with the law that it named.
fn failures(said: &str) -> Vec<String> {
    let failed =
        |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let with_law = |name: String| {
        let from = said.split_once(&format!("---- {name} stdout ----")).map_or("", |(_, it)| it);
        let own = from.split("\n---- ").next().unwrap_or_default();
        match own.lines().find(|it| it.starts_with("law ")).and_then(|it| it.split_once(':')) {
            Some((law, _)) => format!("{name} ({law})"),
            None => name,
        }
    };
    said.lines().filter_map(failed).map(with_law).collect()
}
