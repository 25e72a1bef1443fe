//! What people are told of checks that helped nobody: the commit, and the checks by name.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{CommentId, IssueKey, Sha};
use crate::domain::verdict::{Failing, Verdict};
use crate::domain::workflow::{Block, Doing, Stage, YES_DIGITS};
use crate::engine::Engine;
use crate::engine::ci::failures::NAME_CHARS_MAX;
use crate::engine::ingest::Subject;
use crate::render::plan::code;
use crate::store::StoreError;

/// The handle under which it stands what the last verdict named.
const CI_SAID: &str = "ci-said";

/// So many checks are kept by name.
const NAMES_MAX: usize = 20;

/// So many of them are named to people.
const NAMED: usize = 5;

/// What has become of red checks.
const FAILED: &str = "Failed";

/// What a verdict named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// The commit.
    sha: String,
    /// What has become of them.
    how: String,
    /// The checks, without secrets.
    names: Vec<String>,
}

/// The handle of the call whose box is bound to these digits.
pub(in crate::engine) fn call_handle(digits: &str) -> String {
    format!("call/{digits}")
}

impl Engine {
    /// Keeps what a verdict that is not green named.
    pub(super) async fn keep_said(
        &self,
        issue: IssueKey,
        sha: &Sha,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        let (how, names) = named(verdict);
        let names = names.into_iter().take(NAMES_MAX);
        let names = names.map(|it| self.secrets.redact(it).chars().take(NAME_CHARS_MAX).collect());
        let said = Said { sha: sha.to_string(), how: how.to_owned(), names: names.collect() };
        self.store.save_handle(issue, CI_SAID, &json!(said).to_string()).await
    }

    /// The commit that people were called for, and the checks that were the reason.
    pub(in crate::engine) async fn ci_details(
        &self,
        issue: IssueKey,
    ) -> Result<Option<String>, StoreError> {
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let Some(sha) = called_for(&subject) else { return Ok(None) };
        let said = self.store.handle(issue, CI_SAID).await?.unwrap_or_default();
        let said: Said = serde_json::from_str(&said).unwrap_or_default();
        let about_it = said.sha == sha.as_str();
        Ok(Some(details(sha, if about_it { &said } else { &NOTHING })))
    }

    /// What failed last, where the checks refused what the last run built.
    pub(in crate::engine) async fn red_details(
        &self,
        issue: IssueKey,
    ) -> Result<Option<String>, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        let is_red = |it: &Stage| it.work().is_some_and(|it| 0 < it.reds);
        if !stage.is_some_and(|it| is_red(&it)) {
            return Ok(None);
        }
        let said = self.store.handle(issue, CI_SAID).await?.unwrap_or_default();
        let said: Said = serde_json::from_str(&said).unwrap_or_default();
        let is_named = !said.names.is_empty() && said.how == FAILED;
        Ok(is_named.then(|| details(&Sha(said.sha.clone()), &said)))
    }

    /// The digits that a yes is bound to where people are called because of `why`.
    pub(in crate::engine) async fn yes_digits(
        &self,
        issue: IssueKey,
        why: Block,
    ) -> Result<Option<String>, StoreError> {
        let bound_to = match why {
            Block::NeedsYes => self.asks_yes(issue).await?.map(|it| it.hash),
            Block::Ci(_) => {
                let subject = self.subject_of(issue).await?;
                subject.as_ref().and_then(called_for).map(Sha::to_string)
            }
            Block::Run(_)
            | Block::Stuck
            | Block::Publishing
            | Block::Telling
            | Block::BranchDeleted
            | Block::PlanFile
            | Block::GuardRefused
            | Block::Approvals
            | Block::Findings
            | Block::OutOfRungs
            | Block::Bound(_)
            | Block::Interrupted
            | Block::NotStarted => None,
        };
        Ok(bound_to.map(|it| it.chars().take(YES_DIGITS).collect()))
    }

    /// The call whose box is bound to these digits.
    pub(in crate::engine) async fn call_about(
        &self,
        issue: IssueKey,
        digits: &str,
    ) -> Result<Option<CommentId>, StoreError> {
        let stored = self.store.handle(issue, &call_handle(digits)).await?;
        Ok(stored.and_then(|it| it.parse().ok()).map(CommentId))
    }
}

/// Nothing was named.
static NOTHING: Said = Said { sha: String::new(), how: String::new(), names: Vec::new() };

/// The commit whose checks people were called for.
fn called_for(subject: &Subject) -> Option<&Sha> {
    let stage = subject.state.stage.unpaused();
    let Stage::Blocked { why: Block::Ci(_), held } = stage else { return None };
    match held.awaits.as_ref()? {
        Doing::Checking { sha, .. } => Some(sha),
        Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand => None,
    }
}

/// What the checks that decided have come to, and their names. Foreign text.
fn named(verdict: &Verdict) -> (&'static str, Vec<&str>) {
    match verdict {
        Verdict::Red { failing } => (FAILED, names(failing)),
        Verdict::NeedsPerson { waiting } => ("Waits for a person", names(waiting)),
        Verdict::Silent { open } => ("Still open", open.iter().map(String::as_str).collect()),
        Verdict::Unproven { check } => {
            ("Not green there, though the plan verifies the task by it", vec![check])
        }
        Verdict::Unknown { undecided } => {
            ("Ended without saying how", undecided.iter().map(String::as_str).collect())
        }
        Verdict::Pending { .. } | Verdict::Green | Verdict::Unverified => ("", Vec::new()),
    }
}

fn names(failing: &[Failing]) -> Vec<&str> {
    failing.iter().map(|it| it.name.as_str()).collect()
}

fn details(sha: &Sha, said: &Said) -> String {
    let short: String = sha.as_str().chars().take(7).collect();
    if said.names.is_empty() {
        return format!("The commit is `{short}`.");
    }
    let named: Vec<String> = said.names.iter().take(NAMED).map(|it| code(it)).collect();
    let more = match said.names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("The commit is `{short}`. {}: {}{more}.", said.how, named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(verdict: &Verdict, expected: &str) {
        let (how, names) = named(verdict);
        let names = names.into_iter().map(str::to_owned).collect();
        let said = Said { sha: String::new(), how: how.to_owned(), names };
        assert_eq!(details(&Sha("0123456789abcdef".to_owned()), &said), expected);
    }

    #[test]
    fn a_call_names_the_commit_and_the_checks() {
        let failing =
            |name: &str| Failing { name: name.to_owned(), check_run: None, url: String::new() };
        let many = |n: usize| (1..=n).map(|it| format!("c{it}")).collect::<Vec<_>>();
        check(&Verdict::Unverified, "The commit is `0123456`.");
        check(
            &Verdict::Unproven { check: "integration".to_owned() },
            "The commit is `0123456`. Not green there, though the plan verifies the task by it: \
             `integration`.",
        );
        check(
            &Verdict::Red { failing: vec![failing("ci / test"), failing("lint")] },
            "The commit is `0123456`. Failed: `ci / test`, `lint`.",
        );
        check(
            &Verdict::NeedsPerson { waiting: vec![failing("deploy")] },
            "The commit is `0123456`. Waits for a person: `deploy`.",
        );
        check(
            &Verdict::Silent { open: many(6) },
            "The commit is `0123456`. Still open: `c1`, `c2`, `c3`, `c4`, `c5` and 1 more.",
        );
        // A name is what somebody called a check, and breaks out of no code span.
        let hostile = Verdict::Unknown { undecided: vec!["a`b\n@ann".to_owned()] };
        let (how, names) = named(&hostile);
        let names = names.into_iter().map(str::to_owned).collect();
        let said = Said { sha: String::new(), how: how.to_owned(), names };
        let text = details(&Sha("0123456".to_owned()), &said);
        assert!(!text.contains('\n'), "{text}");
    }
}
