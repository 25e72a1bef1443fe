//! What the repository's `.batonignore` keeps from models, beside the secret files of trust rule 21
//! (`domain::hygiene::is_secret_path`). `.batonignore` (gitignore syntax, at the root) can only hide more:
//! a `!` line brings nothing of the list back.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The file in which a repository names what no model may read.
pub const BATONIGNORE: &str = ".batonignore";

/// The rules of one `.batonignore`. Lines that cannot be read hide nothing.
pub(super) fn ignored_by(text: &str) -> Gitignore {
    let mut rules = GitignoreBuilder::new("");
    for line in text.lines() {
        // A line that is no pattern is the repository's mistake; the other lines still hold.
        drop(rules.add_line(None, line));
    }
    rules.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether the rules hide a file.
pub(super) fn hides(rules: &Gitignore, path: &str) -> bool {
    rules.matched_path_or_any_parents(path, false).is_ignore()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batonignore_hides_more() {
        let rules = ignored_by("# private\nlegal/\n*.csv\n!keep.csv\n[\n/only-here.md\n");
        assert!(hides(&rules, "legal/contracts/a.txt"));
        assert!(hides(&rules, "data/people.csv"));
        assert!(!hides(&rules, "data/keep.csv"));
        assert!(hides(&rules, "only-here.md"));
        assert!(!hides(&rules, "docs/only-here.md"));
        assert!(!hides(&rules, "src/main.rs"));
    }
}
