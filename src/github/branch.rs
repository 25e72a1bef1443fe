//! Names of the branches that Baton may write.
//!
//! The write side of the client takes a [`BatonRef`] and nothing else, so a bug or a hostile text
//! cannot reach another branch: the type has no value for one. The alphabet is narrow because
//! branch names are shell input in other people's workflows.

use std::fmt;

use crate::base::IssueNumber;

/// The longest slug, in characters.
const SLUG_MAX: usize = 40;

/// A branch of Baton's own: `baton/<issue>-<slug>`, or `baton-<issue>-<slug>` in repositories
/// where a branch named `baton` blocks the first form. The slug is `[a-z0-9-]{0,40}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BatonRef(String);

/// A branch name that Baton must not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a branch of Baton's: it must be baton/<issue number>-<slug of a-z, 0-9, ->")]
pub struct BadBranch(String);

impl BatonRef {
    /// Accepts exactly Baton's own branch names.
    ///
    /// # Errors
    ///
    /// Every other name, with or without `refs/heads/`.
    pub fn parse(name: &str) -> Result<BatonRef, BadBranch> {
        let bad = || BadBranch(name.chars().take(100).collect());
        let rest = name.strip_prefix("baton").ok_or_else(bad)?;
        let rest = rest.strip_prefix(['/', '-']).ok_or_else(bad)?;
        let (number, slug) = rest.split_once('-').ok_or_else(bad)?;
        let number_is_good = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        let slug_is_good = slug.len() <= SLUG_MAX
            && slug.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !number_is_good || number.len() > 18 || !slug_is_good {
            return Err(bad());
        }
        Ok(BatonRef(name.to_owned()))
    }

    /// The name without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The issue it belongs to.
    pub fn issue(&self) -> IssueNumber {
        let digits = self.0[6..].split('-').next().unwrap_or_default();
        IssueNumber(digits.parse().unwrap_or_default())
    }

    /// The same branch under the name that a branch `baton` does not block.
    pub fn fallback(&self) -> BatonRef {
        BatonRef(self.0.replacen('/', "-", 1))
    }
}

impl fmt::Display for BatonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<i64>) {
        let read = BatonRef::parse(name).ok().map(|it| it.issue().0);
        assert_eq!(read, expected, "{name:?}");
    }

    #[test]
    fn only_batons_own_branches_are_accepted() {
        check("baton/12-add-redis-caching", Some(12));
        check("baton-12-add-redis-caching", Some(12));
        check("baton/7-", Some(7));
        check(&format!("baton/7-{}", "a".repeat(40)), Some(7));
        check(&format!("baton/7-{}", "a".repeat(41)), None);
        for bad in [
            "",
            "main",
            "baton",
            "baton/",
            "baton/12",
            "baton/-x",
            "baton/x-1",
            "baton/1-A",
            "baton/1-a/b",
            "baton/1-a..b",
            "baton/1-@{0}",
            "baton/1-a b",
            "baton/1-a\n",
            "baton/1-ä",
            "baton/+1-a",
            "refs/heads/baton/1-a",
            "../baton/1-a",
            " baton/1-a",
            "batons/1-a",
            "baton/1234567890123456789-a",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn the_fallback_is_accepted_too() {
        let branch = BatonRef::parse("baton/12-x").unwrap();
        assert_eq!(branch.fallback().as_str(), "baton-12-x");
        assert_eq!(BatonRef::parse("baton-12-x").unwrap(), branch.fallback());
        assert_eq!(branch.fallback().fallback(), branch.fallback());
    }

    proptest! {
        #[test]
        fn nothing_outside_the_alphabet_passes(name in "\\PC{0,60}|baton[/-].{0,50}") {
            if let Ok(branch) = BatonRef::parse(&name) {
                let all = |it: u8| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'/');
                prop_assert!(branch.as_str().bytes().all(all));
                prop_assert!(branch.as_str().starts_with("baton"));
                prop_assert!(branch.as_str().matches('/').count() <= 1);
            }
        }
    }
}
