//! Breaks the workflow on purpose, one change at a time, and looks which test notices.
//!
//! The changes stand in `workflow.txt` beside this file. Every `cargo test` holds that each of them
//! can still be made, and that the table under "Mutants" in `docs/TESTING.md` is about these. To
//! make them, which builds the domain once per change:
//!
//! ```text
//! cargo test --test mutants -- --ignored --nocapture
//! BATON_MUTANTS="a bot; the merge" cargo test --test mutants -- --ignored --nocapture   # so named
//! ```
//!
//! They are made in a clone of the last commit below `target/tmp`, never in the work tree. The rows
//! for the table are left beside that clone; a change that nobody noticed is a missing test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod run;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

const LIST: &str = include_str!("workflow.txt");
const FOLDER: &str = "src/domain/workflow";
const PAGE: &str = "docs/TESTING.md";

/// One change that some test must notice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mutant {
    /// What is wrong then, in a few words.
    name: String,
    /// The file below [`FOLDER`].
    file: String,
    /// What stands there once; blanks and line breaks count as one blank.
    old: String,
    /// What stands there instead.
    new: String,
}

impl Mutant {
    /// `source` with the change made.
    fn made_in(&self, source: &str) -> Result<String, String> {
        let words: Vec<String> = self.old.split_whitespace().map(regex::escape).collect();
        let found: Vec<_> = Regex::new(&words.join(r"\s+")).unwrap().find_iter(source).collect();
        match found.as_slice() {
            [one] => Ok([&source[..one.start()], &self.new, &source[one.end()..]].concat()),
            [] => Err(format!("{}: stale, `{}` is not in {}", self.name, self.old, self.file)),
            [_, ..] => Err(format!("{}: `{}` stands in {} twice", self.name, self.old, self.file)),
        }
    }
}

/// Reads the list: `= file` begins a file; a change is its name, then lines of old text behind `- `
/// and of new text behind `+ `, and ends with an empty line; `# ` is a remark.
fn parse(list: &str) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut file = "";
    for block in list.split("\n\n") {
        let mut mutant: Option<Mutant> = None;
        for line in block.lines().filter(|it| !it.is_empty() && !it.starts_with("# ")) {
            match (line.split_at_checked(2), &mut mutant) {
                (Some(("= ", name)), None) => file = name,
                (Some(("- ", text)), Some(mutant)) => add_line(&mut mutant.old, text),
                (Some(("+ ", text)), Some(mutant)) => add_line(&mut mutant.new, text),
                (_, None) => {
                    let (old, new) = (String::new(), String::new());
                    let (name, file) = (line.to_owned(), file.to_owned());
                    mutant = Some(Mutant { name, file, old, new });
                }
                (_, Some(mutant)) => panic!("{}: what is `{line}`?", mutant.name),
            }
        }
        mutants.extend(mutant);
    }
    mutants
}

fn add_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

#[test]
fn every_change_can_still_be_made() {
    let mut names = BTreeSet::new();
    let mut errors = Vec::new();
    for mutant in parse(LIST) {
        let source = fs::read_to_string(Path::new(FOLDER).join(&mutant.file)).unwrap();
        match mutant.made_in(&source) {
            Ok(made) if made == source => errors.push(format!("{}: no change", mutant.name)),
            Ok(_) => {}
            Err(stale) => errors.push(stale),
        }
        if !names.insert(mutant.name.clone()) {
            errors.push(format!("{}: this name is taken", mutant.name));
        }
    }
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    assert!(40 <= names.len(), "{} changes only", names.len());
}

#[test]
fn the_page_tells_who_notices_each_change() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (_, section) = page.split_once("\n## Mutants").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| ")?.split_once(" | "));
    let told: BTreeSet<&str> = rows.map(|(name, _)| name).filter(|it| *it != "change").collect();
    let listed = parse(LIST);
    let listed: BTreeSet<&str> = listed.iter().map(|it| it.name.as_str()).collect();
    let missing: Vec<_> = listed.difference(&told).collect();
    let gone: Vec<_> = told.difference(&listed).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing: {missing:#?}, gone: {gone:#?}");
}

#[test]
fn a_change_is_made_where_its_text_stands_once_however_it_is_wrapped() {
    let mutants = parse("# why\n= a.rs\n\nOff by one\n- n <\n- MAX\n+ n <= MAX\n");
    let made = |source| mutants[0].made_in(source);
    assert_eq!(mutants.len(), 1);
    assert_eq!(made("if n\n    < MAX {}"), Ok("if n <= MAX {}".to_owned()));
    assert_eq!(
        made("if n > MAX {}"),
        Err("Off by one: stale, `n <\nMAX` is not in a.rs".to_owned())
    );
    assert!(made("n < MAX; n < MAX").is_err());
}

#[test]
#[ignore = "builds the crate once per change"]
fn every_change_is_noticed() {
    run::all(&parse(LIST));
}
