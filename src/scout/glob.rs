//! Globs that a model writes.

use ignore::Match;
use ignore::overrides::{Override, OverrideBuilder};

use super::output::Refusal;

/// The longest glob read.
const GLOB_CHARS_MAX: usize = 256;

/// A glob in gitignore's sense: without `/` it matches names at any depth, with one it is anchored
/// at the root (or at the folder asked for).
pub(super) struct Glob(Override);

impl Glob {
    pub(super) fn new(glob: &str) -> Result<Glob, Refusal> {
        let glob = glob.trim();
        let bad = |why: &str| {
            Refusal(format!(
                "The glob `{}` {why}. Examples: `*.rs`, `src/**/*.ts`, `**/*.{{yml,yaml}}`.",
                super::output::clip(glob, GLOB_CHARS_MAX)
            ))
        };
        if glob.starts_with('!') || glob.starts_with('#') {
            return Err(bad("begins with a sign that has no meaning here"));
        }
        if GLOB_CHARS_MAX < glob.chars().count() {
            return Err(bad("is too long"));
        }
        let mut rules = OverrideBuilder::new("");
        let glob = glob.strip_prefix("./").unwrap_or(glob);
        rules.add(glob).map_err(|_| bad("cannot be read"))?;
        rules.build().map(Glob).map_err(|_| bad("cannot be read"))
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        matches!(self.0.matched(path, false), Match::Whitelist(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(glob: &str, path: &str, expected: bool) {
        assert_eq!(Glob::new(glob).unwrap().matches(path), expected, "{glob} {path}");
    }

    #[test]
    fn globs_mean_what_gitignore_means() {
        check("*.rs", "src/deep/a.rs", true);
        check("*.rs", "src/deep/a.ts", false);
        check("src/*.rs", "src/a.rs", true);
        check("src/*.rs", "src/deep/a.rs", false);
        check("src/**/*.rs", "src/deep/er/a.rs", true);
        check("./src/**", "src/deep/a.rs", true);
        check("**/*.{yml,yaml}", ".github/workflows/ci.yaml", true);
        check("Cargo.toml", "crates/x/Cargo.toml", true);
    }

    #[test]
    fn a_bad_glob_is_refused_with_examples() {
        for bad in ["!*.rs", "src/[", "{a", &"x".repeat(300)] {
            let refusal = Glob::new(bad).err().unwrap();
            assert!(refusal.0.contains("Examples"), "{bad}: {refusal}");
        }
    }
}
