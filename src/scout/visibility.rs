//! What a model never sees: secret files, and what the repository's `.batonignore` names.
//!
//! The list is trust rule 21. `.batonignore` (gitignore syntax, at the root) can only hide more:
//! a `!` line brings nothing of the list back.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::path::file_name;

/// The file in which a repository names what no model may read.
pub(super) const BATONIGNORE: &str = ".batonignore";

/// Whether a path is on the list of secret files. Case does not matter, and `secrets` is secret
/// at any depth: a monorepo keeps one per service.
pub(super) fn is_secret(path: &str) -> bool {
    let path = path.to_lowercase();
    let name = file_name(&path);
    let folders = path.strip_suffix(name).unwrap_or("");
    name.starts_with(".env")
        || [".pem", ".key", ".tfstate"].iter().any(|it| name.ends_with(it))
        || name.contains(".tfstate.")
        || folders.split('/').any(|it| it == "secrets" || it.starts_with(".env"))
}

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

    #[track_caller]
    fn check(path: &str, secret: bool) {
        assert_eq!(is_secret(path), secret, "{path}");
    }

    #[test]
    fn the_list_of_trust_rule_21() {
        check(".env", true);
        check(".env.production", true);
        check("services/api/.env.local", true);
        check("deploy/server.pem", true);
        check("TLS.KEY", true);
        check("infra/terraform.tfstate", true);
        check("infra/terraform.tfstate.backup", true);
        check("secrets/prod.yaml", true);
        check("deploy/Secrets/prod.yaml", true);
        check("src/secrets.rs", false);
        check("docs/environment.md", false);
        check("src/keyboard.rs", false);
        check("monkey", false);
    }

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
