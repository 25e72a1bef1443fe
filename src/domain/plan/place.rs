//! Where a plan lives: its files and its branch.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::IssueNumber;
use crate::domain::hygiene::branch_slug;

/// Longest slug in a branch name (`trust.md` rule 4).
const SLUG_CHARS_MAX: usize = 40;

/// The plan's file of an issue: its number, or a key such as `PAN-31`.
pub fn plan_path(issue: &str) -> String {
    format!("docs/prds/active/{}-plan.md", file_stem(issue))
}

/// The STATE.md of an issue: its number, or a key such as `PAN-31`.
pub fn state_path(issue: &str) -> String {
    format!("docs/prds/active/{}-state.md", file_stem(issue))
}

/// Where the plan's file goes when the work is done.
pub fn completed_path(issue: &str) -> String {
    format!("docs/prds/completed/{}-plan.md", file_stem(issue))
}

/// A branch that Baton may write: `baton/<issue>-<slug>`. Branch names are shell input in other
/// people's workflows, so a value of this type holds nothing but `^baton/[0-9]+-[a-z0-9-]{0,40}$`
/// (`trust.md` rules 4 and 13).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchName(String);

/// A text that is not the name of one of Baton's branches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a branch of Baton's; those are named baton/<issue number>-<slug>")]
pub struct BadBranchName(String);

impl BranchName {
    /// The branch of `issue`. The slug is taken from the title's Latin letters and digits, whole
    /// words as far as 40 characters reach; a title without any gives `plan`.
    pub fn new(issue: IssueNumber, title: &str) -> BranchName {
        BranchName(format!("baton/{}-{}", issue.0.unsigned_abs(), slug(title)))
    }

    /// The branch of a later `life` of `issue`, or its branch number `round` within one, both from
    /// 1: `-l2` stands for a second life, `-2` for a second branch.
    pub fn of(issue: IssueNumber, title: &str, life: u8, round: u16) -> BranchName {
        let mut end = String::new();
        if 1 < life {
            end.push_str(&format!("-l{life}"));
        }
        if 1 < round {
            end.push_str(&format!("-{round}"));
        }
        let slug: String = slug(title).chars().take(SLUG_CHARS_MAX - end.len()).collect();
        let slug = slug.trim_end_matches('-');
        BranchName(format!("baton/{}-{slug}{end}", issue.0.unsigned_abs()))
    }

    /// The name as git knows it, without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BranchName {
    type Err = BadBranchName;

    fn from_str(text: &str) -> Result<BranchName, BadBranchName> {
        let rest = text.strip_prefix("baton/").and_then(|it| it.split_once('-'));
        let is_slug = |it: &str| {
            it.len() <= SLUG_CHARS_MAX
                && it.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match rest {
            Some((number, slug)) if is_number(number) && is_slug(slug) => {
                Ok(BranchName(text.to_owned()))
            }
            Some(_) | None => Err(BadBranchName(text.to_owned())),
        }
    }
}

impl TryFrom<String> for BranchName {
    type Error = BadBranchName;

    fn try_from(text: String) -> Result<BranchName, BadBranchName> {
        text.parse()
    }
}

impl From<BranchName> for String {
    fn from(name: BranchName) -> String {
        name.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// Lower case, and nothing that could leave the folder.
fn file_stem(issue: &str) -> String {
    let keep = |it: &char| it.is_ascii_alphanumeric() || *it == '-';
    issue.chars().filter(keep).map(|it| it.to_ascii_lowercase()).collect()
}

fn slug(title: &str) -> String {
    let slug = branch_slug(title);
    if slug.is_empty() { "plan".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, expected: &str) {
        let name = BranchName::new(IssueNumber(123), title);
        assert_eq!(name.as_str(), expected);
        assert_eq!(name.as_str().parse(), Ok(name.clone()), "its own name must be valid");
    }

    #[test]
    fn a_branch_is_named_after_its_issue() {
        check("Add Redis caching", "baton/123-add-redis-caching");
        check("Größe & Résumé", "baton/123-grosse-resume");
        check("Don't break `$(rm -rf /)`; [skip ci]", "baton/123-dont-break-rm-rf-skip-ci");
        check("通知を追加する", "baton/123-plan");
        check("", "baton/123-plan");
        check(&"word ".repeat(30), "baton/123-word-word-word-word-word-word-word-word");
        check(&"x".repeat(90), &format!("baton/123-{}", "x".repeat(40)));
    }

    #[test]
    fn a_later_branch_says_which_one_it_is() {
        let check = |title: &str, (life, round), expected: &str| {
            let name = BranchName::of(IssueNumber(123), title, life, round);
            assert_eq!(name.as_str(), expected);
            assert_eq!(name.as_str().parse(), Ok(name.clone()), "its own name must be valid");
        };
        check("Add Redis caching", (1, 1), "baton/123-add-redis-caching");
        check("Add Redis caching", (1, 2), "baton/123-add-redis-caching-2");
        check("Add Redis caching", (2, 1), "baton/123-add-redis-caching-l2");
        check("Add Redis caching", (3, 12), "baton/123-add-redis-caching-l3-12");
        check("", (1, 2), "baton/123-plan-2");
        let long = format!("baton/123-{}-l255-65535", "x".repeat(29));
        check(&"x".repeat(90), (u8::MAX, u16::MAX), &long);
        check(&"word ".repeat(30), (1, 2), "baton/123-word-word-word-word-word-word-word-wor-2");
    }

    #[test]
    fn only_branches_of_that_form_are_names() {
        for good in ["baton/1-", "baton/1--2", "baton/0123-a9"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        let long = format!("baton/1-{}", "x".repeat(41));
        for bad in [
            "",
            "main",
            "baton/",
            "baton/1",
            "baton/-x",
            "baton/x-1",
            "baton/1-A",
            "baton/1-a b",
            "baton/1-a/b",
            "baton/1-a@{0}",
            "baton/1-a\n",
            "refs/heads/baton/1-a",
            "baton/١-a",
            "baton/1-é",
            &long,
        ] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad}");
            let json = serde_json::Value::String(bad.to_owned());
            assert!(serde_json::from_value::<BranchName>(json).is_err(), "{bad}");
        }
    }

    #[test]
    fn files_are_named_by_number_or_key() {
        assert_eq!(plan_path("123"), "docs/prds/active/123-plan.md");
        assert_eq!(state_path("PAN-31"), "docs/prds/active/pan-31-state.md");
        assert_eq!(plan_path("../../x"), "docs/prds/active/x-plan.md");
    }
}
