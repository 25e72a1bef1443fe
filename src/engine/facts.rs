//! What is known of an issue and of whoever acts on it, gathered before deciding.

use crate::base::{InstallationId, Millis, RunId, Timestamp, UserId};
use crate::domain::classify;
use crate::domain::incoming::{Account, IssueSnapshot, NOBODY, Repository};
use crate::domain::permission::Right;
use crate::domain::tier::Complexity;
use crate::domain::workflow::{Actor, Event, Facts, Money};
use crate::engine::Engine;
use crate::engine::head::Head;
use crate::engine::ingest::{Ingested, Subject};
use crate::engine::pause::pause_of;
use crate::github::client::GitHubError;
use crate::store::{CommitError, InboxRow, StoreError};

/// A right that cannot be read is asked for again after these times, a minute in all, before the
/// request is refused (`product.md`, Rights).
const RIGHT_PAUSES: [Millis; 4] =
    [Millis::seconds(5), Millis::seconds(10), Millis::seconds(15), Millis::seconds(30)];
/// For so long a request waits out the pauses that GitHub asks for; they count as no tries.
const PAUSES_IN_ALL: Millis = Millis::hours(24);
/// A refusal is told once per person, issue and this time (`workflow.md`, law 3).
const REFUSAL_TOLD_FOR: Millis = Millis::hours(1);
/// A command for readers is answered once per reader, issue and this time (`product.md`, Commands:
/// "rate limited").
const ANSWERED_FOR: Millis = Millis::hours(1);

/// How long until GitHub is asked again after so many tries; `None` when it was asked enough.
pub(super) fn pause_after(tries: i64) -> Option<Millis> {
    RIGHT_PAUSES.get(usize::try_from(tries).unwrap_or(0)).copied()
}

/// The level the scorer gives the issue's present text.
pub(super) fn level(issue: &IssueSnapshot) -> Complexity {
    classify::classify(&issue_facts(issue)).level
}

/// The issue as the classifier reads it.
pub(super) fn issue_facts(issue: &IssueSnapshot) -> classify::IssueFacts {
    classify::IssueFacts {
        title: issue.title.clone(),
        body: issue.body.clone(),
        labels: issue.labels.clone(),
        ..classify::IssueFacts::default()
    }
}

/// Whether there is any text to plan from. A title alone is a wish, not a description, unless it
/// says something in several words.
pub(super) fn has_text(issue: &IssueSnapshot) -> bool {
    !issue.body.trim().is_empty() || 3 <= issue.title.split_whitespace().count()
}

/// The handle under which it stands when a reader's command was answered last.
pub(super) fn answered_handle((reader, command): (UserId, &'static str)) -> String {
    format!("answered/{command}/{reader}")
}

/// An actor with their right, or the time to ask again.
pub(super) enum Known {
    /// What is known of them.
    Actor(Actor),
    /// GitHub could not be asked.
    AskAgain { at: Timestamp, why: String },
}

impl Engine {
    /// What is known without asking anybody, beside what was read of the branch's head.
    pub(super) fn facts(&self, subject: &Subject, head: &Head, fresh_run: RunId) -> Facts {
        Facts {
            policy: self.policy_for(subject.installation),
            level: level(&subject.snapshot),
            has_text: has_text(&subject.snapshot),
            open: subject.snapshot.open,
            plan_at_head: head.plan.clone(),
            next_branch: false,
            base: head.base.clone(),
            threads: head.threads,
            head: head.sha.clone(),
            tasks: Vec::new(),
            built_tasks: Vec::new(),
            asks_yes: None,
            pushed_lately: false,
            security: None,
            money: Money::default(),
            announced: None,
            answered_lately: false,
            arrived: self.clock.now(),
            fresh_run,
        }
    }

    /// Reads the right of `account` freshly: it is never cached, because it decides who may spend.
    pub(super) async fn actor(
        &self,
        row: &InboxRow,
        subject: &Subject,
        account: &Account,
    ) -> Result<Known, CommitError> {
        let now = self.clock.now();
        let told_since = Timestamp(now.0 - REFUSAL_TOLD_FOR.0);
        let told = self.store.refusal_told(subject.key, account.id, told_since).await?;
        let is_nobody = account.id == NOBODY;
        let author = subject.snapshot.author.as_ref().is_some_and(|it| it.id == account.id);
        let mut actor = Actor {
            id: account.id,
            login: account.login.clone(),
            right: Right::None,
            unchecked: is_nobody,
            bot: account.bot,
            author: author && !is_nobody,
            told,
        };
        if account.bot || is_nobody {
            return Ok(Known::Actor(actor));
        }
        if let Some(at) = self.store.paused_until(subject.installation, now).await? {
            return Ok(Known::AskAgain { at, why: "GitHub asked for a pause".to_owned() });
        }
        match self.right_of(subject.installation, &subject.repository, account).await {
            Ok(right) => actor.right = right,
            Err(error) => match self.ask_again_at(row, subject.installation, &error).await? {
                Some(at) => return Ok(Known::AskAgain { at, why: error.to_string() }),
                None => {
                    tracing::warn!(%error, "a right could not be read; the request is refused");
                    actor.unchecked = true;
                }
            },
        }
        Ok(Known::Actor(actor))
    }

    /// Whether a reader asks for what they were answered here within the hour, or just now under
    /// one of these handles.
    pub(super) async fn is_answered(
        &self,
        subject: &Subject,
        event: &Event,
        now_answered: &[String],
    ) -> Result<bool, StoreError> {
        let Some(handle) = event.once_an_hour().map(answered_handle) else { return Ok(false) };
        if now_answered.contains(&handle) {
            return Ok(true);
        }
        let last = self.store.handle(subject.key, &handle).await?;
        let last = last.and_then(|it| it.parse().ok()).map(Timestamp);
        Ok(last.is_some_and(|it| self.clock.now() - it < ANSWERED_FOR))
    }

    /// When GitHub is asked once more for a right; `None` when it was asked long enough. A pause
    /// that GitHub asks for holds for everything of the installation, and is no try.
    pub(super) async fn ask_again_at(
        &self,
        row: &InboxRow,
        installation: InstallationId,
        error: &GitHubError,
    ) -> Result<Option<Timestamp>, CommitError> {
        let now = self.clock.now();
        if let Some(until) = pause_of(error, now)
            && now - row.received < PAUSES_IN_ALL
        {
            self.store.throttle(installation, until).await?;
            return Ok(Some(until));
        }
        if !error.retryable() {
            return Ok(None);
        }
        Ok(pause_after(row.attempts).map(|pause| now + pause))
    }

    /// The delivery, put off until GitHub is asked once more; `None` when it was asked long enough.
    pub(super) async fn put_off(
        &self,
        row: &InboxRow,
        installation: InstallationId,
        error: &GitHubError,
    ) -> Result<Option<Ingested>, CommitError> {
        let until = self.ask_again_at(row, installation, error).await?;
        Ok(until.map(|until| Ingested::PutOff { until, why: error.to_string() }))
    }

    /// The right of an account in a repository; an account whose id is not the one that acted has
    /// none, because logins change hands.
    pub(super) async fn right_of(
        &self,
        installation: InstallationId,
        repository: &Repository,
        account: &Account,
    ) -> Result<Right, GitHubError> {
        let reader = self.reader(installation, repository);
        Ok(reader.permission(&account.login, account.id).await?.right)
    }
}
