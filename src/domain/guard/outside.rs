//! The outside-text rule (`trust.md` rule 2), and what finally opens the way to a push.
//!
//! CI runs what is pushed, with the repository's secrets, and no pattern finds every test that
//! gives them away. So when the author of the issue, or of any text that a run read, has no write
//! access, the issue is *outside*: every push waits for a person's yes to exactly its change set.
//! Rights are those of the moment when the text was read; somebody who loses write later does not
//! make what they wrote before an outsider's text, and somebody who gains it does.

use serde::{Deserialize, Serialize};

use super::{Finding, Severity, Verdict};
use crate::domain::diff::ChangeHash;
use crate::domain::permission::Right;

/// A text that a run read, as far as the rule asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadText {
    /// What it is, for the sentence: `the issue`, `a comment`, `a review comment`.
    pub what: String,
    /// Its author's login.
    pub author: String,
    /// The author's right when it was read; [`Right::None`] when it could not be told.
    pub right: Right,
}

/// Whether an issue is outside, and by which texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// All that was read is by people with write.
    Inside,
    /// Some of it is not.
    Outside(Vec<OutsideText>),
}

/// A text by somebody without write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideText {
    /// What it is.
    pub what: String,
    /// Its author's login.
    pub author: String,
}

/// What the repository wants for outside issues (`push.outside`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutsidePolicy {
    /// Every push waits for a person.
    #[default]
    Ask,
    /// Pushes go as for everybody else. Holds in private repositories only.
    Allow,
}

/// A yes that a person with write gave to a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yes {
    /// The change set they saw.
    pub hash: ChangeHash,
    /// Their login.
    pub by: String,
    /// Their right when they said it.
    pub right: Right,
}

/// Whether a change set may be pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushGate {
    /// Now.
    Open,
    /// When a person with write says yes to this change set.
    Ask {
        /// What they say yes to.
        hash: ChangeHash,
        /// What the guard asks about.
        findings: Vec<Finding>,
        /// What outsiders wrote.
        outside: Vec<OutsideText>,
    },
    /// Never: no yes helps.
    Refused {
        /// The refused findings; the run is told them.
        findings: Vec<Finding>,
    },
}

/// Whether the issue is outside. `issue` is the issue itself, with its author's right; `texts` are
/// all others that any run on it has read, of all its lives.
pub fn outside(issue: &ReadText, texts: &[ReadText]) -> Standing {
    let mut found: Vec<OutsideText> = Vec::new();
    for it in std::iter::once(issue).chain(texts).filter(|it| it.right < Right::Write) {
        let text = OutsideText { what: it.what.clone(), author: it.author.clone() };
        if !found.contains(&text) {
            found.push(text);
        }
    }
    if found.is_empty() { Standing::Inside } else { Standing::Outside(found) }
}

/// What `push.outside` comes to: in a public repository it cannot be turned off.
pub fn effective(policy: OutsidePolicy, is_public: bool) -> OutsidePolicy {
    if is_public { OutsidePolicy::Ask } else { policy }
}

/// Joins the guard's verdict, the outside-text rule and the yes that was given. A yes counts only
/// for the change set it was given to, and only with write; it never opens what is refused.
/// `policy` is what [`effective`] says.
pub fn push_gate(
    hash: &ChangeHash,
    verdict: &Verdict,
    standing: &Standing,
    policy: OutsidePolicy,
    yes: Option<&Yes>,
) -> PushGate {
    let refused: Vec<Finding> = verdict.of(Severity::Refused).cloned().collect();
    if !refused.is_empty() {
        return PushGate::Refused { findings: refused };
    }
    let outside = match (standing, policy) {
        (Standing::Outside(texts), OutsidePolicy::Ask) => texts.clone(),
        (Standing::Outside(_), OutsidePolicy::Allow)
        | (Standing::Inside, OutsidePolicy::Ask | OutsidePolicy::Allow) => Vec::new(),
    };
    let findings: Vec<Finding> = verdict.of(Severity::Ask).cloned().collect();
    let said = yes.is_some_and(|it| it.hash == *hash && Right::Write <= it.right);
    if said || findings.is_empty() && outside.is_empty() {
        return PushGate::Open;
    }
    PushGate::Ask { hash: hash.clone(), findings, outside }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::{ChangeSet, FileChange};
    use crate::domain::guard::Rule;

    fn text(author: &str, right: Right) -> ReadText {
        ReadText { what: "a comment".into(), author: author.into(), right }
    }

    fn hash(content: &str) -> ChangeHash {
        ChangeSet::new(vec![FileChange::created("a", content)]).unwrap().hash()
    }

    fn found(severity: Severity) -> Verdict {
        let (path, sentence) = ("a".into(), "It is so.".into());
        let finding = Finding { path, line: None, rule: Rule::Hook, severity, sentence };
        Verdict { findings: vec![finding] }
    }

    #[track_caller]
    fn check_standing(issue: Right, texts: &[Right], expected: &[&str]) {
        let texts: Vec<ReadText> =
            (0..).zip(texts).map(|(i, it)| text(&format!("c{i}"), *it)).collect();
        let authors: Vec<String> = match outside(&text("author", issue), &texts) {
            Standing::Inside => Vec::new(),
            Standing::Outside(texts) => texts.into_iter().map(|it| it.author).collect(),
        };
        assert_eq!(authors, expected, "{issue:?} {texts:?}");
    }

    #[test]
    fn one_text_without_write_makes_the_issue_outside() {
        use Right::{Admin, Maintain, None, Read, Triage, Write};
        check_standing(Write, &[], &[]);
        check_standing(Admin, &[Write, Maintain, Admin], &[]);
        check_standing(Triage, &[], &["author"]);
        check_standing(Read, &[Write], &["author"]);
        check_standing(None, &[None], &["author", "c0"]);
        check_standing(Write, &[Write, Triage], &["c1"]);
        let twice = outside(&text("eve", Read), &[text("eve", Read)]);
        let once = OutsideText { what: "a comment".into(), author: "eve".into() };
        assert_eq!(twice, Standing::Outside(vec![once]));
    }

    #[track_caller]
    fn check(verdict: &Verdict, outsider: bool, yes: Option<(&str, Right)>, expected: &str) {
        let standing =
            if outsider { outside(&text("eve", Right::Read), &[]) } else { Standing::Inside };
        let yes = yes.map(|(content, right)| Yes { hash: hash(content), by: "ann".into(), right });
        let gate = push_gate(&hash("x"), verdict, &standing, OutsidePolicy::Ask, yes.as_ref());
        let word = match gate {
            PushGate::Open => "open",
            PushGate::Ask { .. } => "ask",
            PushGate::Refused { .. } => "refused",
        };
        assert_eq!(word, expected);
    }

    #[test]
    fn a_push_opens_by_a_yes_to_its_very_change_set() {
        let clean = Verdict::default();
        let (ask, refused) = (found(Severity::Ask), found(Severity::Refused));
        let yes = Some(("x", Right::Write));
        check(&clean, false, None, "open");
        check(&clean, true, None, "ask");
        check(&clean, true, yes, "open");
        check(&clean, true, Some(("x", Right::Admin)), "open");
        check(&clean, true, Some(("x", Right::Triage)), "ask");
        check(&clean, true, Some(("another", Right::Admin)), "ask");
        check(&ask, false, None, "ask");
        check(&ask, false, yes, "open");
        check(&ask, false, Some(("another", Right::Write)), "ask");
        check(&refused, false, yes, "refused");
        check(&refused, true, yes, "refused");
    }

    #[test]
    fn the_rule_cannot_be_turned_off_in_public() {
        use OutsidePolicy::{Allow, Ask};
        assert_eq!([Allow, Ask].map(|it| effective(it, true)), [Ask, Ask]);
        assert_eq!([Allow, Ask].map(|it| effective(it, false)), [Allow, Ask]);
        let standing = outside(&text("eve", Right::Read), &[]);
        let gate = push_gate(&hash("x"), &Verdict::default(), &standing, Allow, None);
        assert_eq!(gate, PushGate::Open);
    }
}
