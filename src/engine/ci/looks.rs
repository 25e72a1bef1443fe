//! When the CI of a head is looked at. A look is about eight reads of GitHub, and the verdict is taken
//! a minute after the last end, so what has ended is not read at once:
//!
//! - An end that is told arms a look a minute later; each further end puts it off again, but not
//!   for ever.
//! - A look remembers which of the counted checks are still open. Until the last of them has ended
//!   no other end says anything, and nothing is armed.
//! - What waits for a person is looked at immediately: time does not help it.
//!
//! A delivery may be lost, so the timer that each look arms stands behind all this.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{IssueKey, Millis, Sha, Timestamp};
use crate::domain::incoming::{CiNews, CiState, Conclusion, StatusState};
use crate::domain::verdict::SETTLES_AFTER;
use crate::domain::workflow::TimerKind;
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored};
use crate::store::{CommitError, StoreError, TimerChange};

/// The handle under which it stands what the last look left open.
const CI_OPEN: &str = "ci-open";

/// Ends that follow one another put a look off for so long at most: who sends statuses without
/// pause must not keep a verdict away.
const PUT_OFF_MOST: Millis = Millis::minutes(10);

/// So many names are remembered.
const NAMES_MAX: usize = 100;

/// What is known of a head between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SinceLook {
    /// The head.
    sha: String,
    /// Counted checks that were open, without those that were told to have ended since.
    open: Vec<String>,
    /// When the first end was told that armed a look.
    armed: Option<Timestamp>,
}

/// What an end that was told leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A look at this time.
    LookAt(Timestamp),
    /// Nothing: others are open.
    Wait,
}

impl SinceLook {
    /// Takes in that something has ended; `name` is unknown for suites.
    fn ended(&mut self, name: Option<&str>, now: Timestamp) -> Next {
        if let Some(place) = self.open.iter().position(|it| Some(it.as_str()) == name) {
            self.open.swap_remove(place);
        }
        if !self.open.is_empty() {
            return Next::Wait;
        }
        let first = *self.armed.get_or_insert(now);
        Next::LookAt((now + SETTLES_AFTER).min(first + PUT_OFF_MOST).max(now))
    }
}

impl Engine {
    /// What follows when something has ended on the head that is checked.
    pub(super) async fn ci_ended(
        &self,
        subject: Subject,
        head: Sha,
        news: &CiNews,
    ) -> Result<Ingested, CommitError> {
        if waits_for_person(news) {
            return self.look_at_ci(subject, head).await;
        }
        let before = self.since_look(subject.key, &head).await?;
        let mut since = before.clone();
        let name = name(news).map(|it| self.secrets.redact(it));
        let next = since.ended(name.as_deref(), self.clock.now());
        if since != before {
            self.store.save_handle(subject.key, CI_OPEN, &json!(since).to_string()).await?;
        }
        let due = match next {
            Next::Wait => return Ok(ignored("other checks are still open")),
            Next::LookAt(due) => due,
        };
        let timer = TimerChange::Set {
            kind: TimerKind::Ci.name().to_owned(),
            epoch: i64::from(subject.state.epoch),
            due,
        };
        Ok(Ingested::Rearmed { subject: Box::new(subject), timer })
    }

    /// Remembers what a look found open. What it could not find out may be anything, so the next
    /// end arms another look.
    pub(super) async fn looked(
        &self,
        issue: IssueKey,
        head: &Sha,
        open: &[String],
    ) -> Result<(), StoreError> {
        let names = open.iter().take(NAMES_MAX);
        let since = SinceLook {
            sha: head.to_string(),
            open: names.map(|it| self.secrets.redact(it)).collect(),
            armed: None,
        };
        self.store.save_handle(issue, CI_OPEN, &json!(since).to_string()).await
    }

    async fn since_look(&self, issue: IssueKey, head: &Sha) -> Result<SinceLook, StoreError> {
        let kept = self.store.handle(issue, CI_OPEN).await?.unwrap_or_default();
        let kept = serde_json::from_str::<SinceLook>(&kept).ok();
        let unseen = SinceLook { sha: head.to_string(), ..SinceLook::default() };
        Ok(kept.filter(|it| it.sha == unseen.sha).unwrap_or(unseen))
    }
}

/// Whether something has ended; what begins changes no verdict that was not open anyway.
pub(super) fn is_end(news: &CiNews) -> bool {
    match news {
        CiNews::Check { check, .. } => match check.state {
            CiState::Open => false,
            CiState::Ended(_) => true,
        },
        CiNews::Status { state, .. } => *state != StatusState::Pending,
        CiNews::SuiteCompleted { .. } | CiNews::WorkflowCompleted { .. } => true,
    }
}

/// Whether a check ended by asking for somebody.
fn waits_for_person(news: &CiNews) -> bool {
    match news {
        CiNews::Check { check, .. } => check.state == CiState::Ended(Conclusion::ActionRequired),
        CiNews::WorkflowCompleted { conclusion, .. } => *conclusion == Conclusion::ActionRequired,
        CiNews::Status { .. } | CiNews::SuiteCompleted { .. } => false,
    }
}

fn name(news: &CiNews) -> Option<&str> {
    match news {
        CiNews::Check { check, .. } => Some(&check.name),
        CiNews::Status { context, .. } => Some(context),
        CiNews::WorkflowCompleted { name, .. } => Some(name),
        CiNews::SuiteCompleted { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends at these seconds, `name@second`, against what was open; says when a look is armed for,
    /// in seconds, or `-` where nothing is.
    #[track_caller]
    fn check(open: &[&str], ends: &str, expected: &str) {
        let open = open.iter().map(|it| (*it).to_owned()).collect();
        let mut since = SinceLook { open, ..SinceLook::default() };
        let told = ends.split_whitespace().map(|end| {
            let (name, second) = end.split_once('@').unwrap();
            let now = Timestamp(second.parse::<i64>().unwrap() * 1_000);
            match since.ended(Some(name).filter(|it| !it.is_empty()), now) {
                Next::LookAt(at) => (at.0 / 1_000).to_string(),
                Next::Wait => "-".to_owned(),
            }
        });
        assert_eq!(told.collect::<Vec<_>>().join(" "), expected, "{ends}");
    }

    #[test]
    fn a_look_is_armed_a_minute_after_the_last_end() {
        check(&[], "a@0", "60");
        check(&[], "a@0 b@50 @55", "60 110 115");
        check(&["a", "b"], "a@0 b@50 @51", "- 110 111");
        check(&["a", "b"], "@0 stranger@10 b@20 b@30", "- - - -");
        check(&["a", "a"], "a@0 a@1", "- 61");
        // Whoever sends ends without pause puts a look off for ten minutes.
        check(&[], "a@0 a@530 a@570 a@599 a@700", "60 590 600 600 700");
    }
}
