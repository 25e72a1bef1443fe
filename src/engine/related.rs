//! Pull requests that people open by themselves: each issue that one names is told of it, and what
//! counts is read of GitHub when the issue's turn comes.
//!
//! A delivery stands in the lane of its pull request, which no issue has. What it says goes to the
//! issues as events of the engine's own, and to those that knew the pull request before, so that
//! one whose text names an issue no longer is let go.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::{IssueKey, IssueNumber, Sha};
use crate::domain::incoming::{Account, Incoming, PullSnapshot, Repository, What};
use crate::domain::permission::Right;
use crate::domain::references::{Reference, named_in};
use crate::domain::workflow::{Event, RelatedNews, State};
use crate::engine::Engine;
use crate::engine::ci::checked_head;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::internal::Internal;
use crate::engine::ticks::Moved;
use crate::github::client::{GitHubError, PullRequest};
use crate::render::comment::RelatedPull;
use crate::store::{CommitError, Hint, InboxRow, Lane, LaneLease, Outcome, StoreError};

/// Why most of what happens to Baton's own pull request leads to nothing.
pub(super) const OWN_PULL: &str =
    "pull_request: of Baton's own only the closing matters; pushes come as push";

/// The handle of the pull request of people's own in which the work was merged.
const MERGED_WITH: &str = "merged-with";

/// The handle of the one whose merge closed the issue beside the work.
const CLOSED_WITH: &str = "closed-with";

/// The handle of the pull request that the work goes on in and of its head, as the work knows it.
const THEIR_HEAD: &str = "their-head";

/// How Baton's own branches begin, also those that nobody made by its rules.
const OWN_BRANCHES: [&str; 2] = ["baton/", "baton-"];

/// A pull request of people's own, as far as its issues need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TheirPull {
    /// Its number.
    pub(super) number: IssueNumber,
    /// The login of whoever opened it.
    pub(super) author: Option<String>,
    /// The commit it ends with.
    pub(super) head: Option<Sha>,
}

/// What an issue is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub(super) enum RelatedTold {
    /// Somebody opened, edited, reopened or pushed it, and it names the issue.
    Named { by: Account },
    /// It was merged.
    Merged { closes: bool },
    /// It was closed without merging, or names the issue no longer.
    Left,
}

/// The handle under which an issue knows such a pull request, while that is open.
pub(super) fn related_handle(number: IssueNumber) -> String {
    format!("{RELATED}{number}")
}

/// How these handles begin.
const RELATED: &str = "related/";

impl Engine {
    /// Tells the issues that a pull request of people's own concerns. `None` for whatever else a
    /// delivery is about.
    pub(super) async fn ingest_related(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        incoming: &Incoming,
    ) -> Result<Option<Ingested>, CommitError> {
        let (pull, merged) = match (&incoming.what, lease.lane()) {
            (What::PullRequest { pull, .. }, Lane::Issue(lane)) if lane.number == pull.number => {
                (pull, None)
            }
            (What::PullRequestClosed { pull, merged, .. }, Lane::Issue(lane))
                if lane.number == pull.number =>
            {
                (pull, Some(*merged))
            }
            _ => return Ok(None),
        };
        let Some(repository) = &incoming.repository else {
            return Ok(Some(ignored("the payload names no repository")));
        };
        let named = named_by(pull, repository);
        let handle = related_handle(pull.number);
        let known = self.store.issues_with_handle(repository.id, &handle).await?;
        let numbers: BTreeSet<i64> = named.iter().map(|it| it.number.0).collect();
        let numbers = numbers.into_iter().map(IssueNumber);
        let mut keys: Vec<IssueKey> =
            numbers.map(|number| IssueKey { repository: repository.id, number }).collect();
        keys.extend(known.iter().filter(|it| named.iter().all(|one| one.number != it.number)));
        let mut internal = Vec::new();
        for key in keys {
            let Some(stored) = self.store.load_issue(key).await? else { continue };
            let reference = named.iter().find(|it| it.number == key.number);
            let Some(told) = told(merged, reference, incoming.sender.as_ref()) else { continue };
            let pull = TheirPull {
                number: pull.number,
                author: pull.author.as_ref().map(|it| it.login.clone()),
                head: pull.head_sha.clone(),
            };
            let id = format!("{}/related/{key}", row.id);
            let event = Internal::RelatedPull { pull, told };
            internal.push(event.to_row(id, stored.installation, key, row.received));
        }
        let outcome = match internal.is_empty() {
            true => Outcome::Ignored("it is about a pull request that is not Baton's".to_owned()),
            false => Outcome::Done,
        };
        Ok(Some(Ingested::Finished { outcome, internal }))
    }

    /// What an issue makes of what it was told. Whoever may not is not worth a call to GitHub.
    pub(super) async fn related_told(
        &self,
        row: &InboxRow,
        subject: Subject,
        pull: TheirPull,
        told: RelatedTold,
    ) -> Result<Ingested, CommitError> {
        let (key, number) = (subject.key, pull.number);
        let event = |news| Event::RelatedPull { number, news };
        let news = match told {
            RelatedTold::Named { by } => {
                return Box::pin(self.named(row, subject, pull, by)).await;
            }
            RelatedTold::Merged { closes } => {
                if adopted(&subject) == Some(number) {
                    self.store.save_handle(key, MERGED_WITH, &number.to_string()).await?;
                } else if closes {
                    self.store.save_handle(key, CLOSED_WITH, &number.to_string()).await?;
                }
                RelatedNews::Merged { closes }
            }
            RelatedTold::Left => {
                if adopted(&subject) == Some(number) {
                    self.store.save_handle(key, THEIR_HEAD, "").await?;
                }
                RelatedNews::Left
            }
        };
        self.store.save_handle(key, &related_handle(number), "").await?;
        Ok(one(subject, event(news)))
    }

    async fn named(
        &self,
        row: &InboxRow,
        subject: Subject,
        pull: TheirPull,
        by: Account,
    ) -> Result<Ingested, CommitError> {
        let number = pull.number;
        let is_adopted = adopted(&subject) == Some(number);
        if !is_adopted && !subject.state.stage.may_adopt() {
            return Ok(ignored("nobody builds this by hand now"));
        }
        let by = match self.actor(row, &subject, &by).await? {
            Known::Actor(by) => by,
            Known::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        };
        let event = Event::RelatedPull { number, news: RelatedNews::Named { by: by.clone() } };
        let may = !by.bot && Right::Write <= by.right;
        if !may && !is_adopted {
            return Ok(one(subject, event));
        }
        let reader = self.reader(subject.installation, &subject.repository);
        let now = match reader.pull_request(number).await {
            Ok(now) => now,
            Err(GitHubError::NotFound | GitHubError::Gone) => {
                return Ok(ignored("the pull request is gone"));
            }
            Err(error) => {
                let later = self.put_off(row, subject.installation, &error).await?;
                return Ok(later.unwrap_or_else(|| ignored("the pull request could not be read")));
            }
        };
        if !still_names(&now, &subject) {
            return Ok(ignored("GitHub told of it late: the pull request stands otherwise now"));
        }
        let known = TheirPull { head: now.head_sha.clone(), ..pull };
        let known = serde_json::to_string(&known).unwrap_or_default();
        self.store.save_handle(subject.key, &related_handle(number), &known).await?;
        let is_first = may && adopted(&subject).is_none();
        match now.head_sha {
            Some(head) if is_adopted || is_first => {
                let pull = (number, now.head_ref.as_str());
                self.with_its_head(row, subject, (event, by.bot), (pull, head)).await
            }
            Some(_) | None => Ok(one(subject, event)),
        }
    }

    /// What is told of the pull request that the work goes on in, with a push where its head is another
    /// one than was known, and with what that did to the boxes in the plan's file. What is reported on
    /// its branch concerns the issue from here on.
    async fn with_its_head(
        &self,
        row: &InboxRow,
        subject: Subject,
        (event, by_bot): (Event, bool),
        ((number, branch), head): ((IssueNumber, &str), Sha),
    ) -> Result<Ingested, CommitError> {
        let known = self.store.handle(subject.key, THEIR_HEAD).await?.unwrap_or_default();
        if known == their_head(number, &head) {
            return Ok(one(subject, event));
        }
        let of_it = known.strip_prefix(&format!("{number} ")).map(Sha::from);
        let moved = Moved {
            before: of_it.as_ref(),
            after: &head,
            forced: false,
            code: true,
            deleted: false,
        };
        let ticks = match self.ticks_of_push(&subject, moved).await {
            Ok(ticks) => ticks.filter(|_| !by_bot),
            Err(error) => match self.put_off(row, subject.installation, &error).await? {
                Some(put_off) => return Ok(put_off),
                None => None,
            },
        };
        let sha = head.clone();
        let pushed = Event::Pushed { sha, elsewhere: true, forced: false, by_bot, code: true };
        let links = vec![(Hint::Branch(branch.to_owned()), Lane::Issue(subject.key))];
        let events = [event, pushed].into_iter().chain(ticks).collect();
        Ok(Ingested::Events { subject: Box::new(subject), events, links })
    }

    /// What became of the one that the work goes on in, where no delivery told of it.
    pub(super) async fn adopted_closed(
        &self,
        row: &InboxRow,
        subject: Subject,
        now: &PullRequest,
    ) -> Result<Ingested, CommitError> {
        let author = now.author.as_ref().map(|it| it.login.clone());
        let pull = TheirPull { number: now.number, author, head: now.head_sha.clone() };
        let closes = named_now(now, &subject).is_some_and(|it| it.closes);
        let told = if now.merged { RelatedTold::Merged { closes } } else { RelatedTold::Left };
        self.related_told(row, subject, pull, told).await
    }

    /// The open pull requests of people's own that the issue knows, by number.
    pub(super) async fn related_views(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<RelatedPull>, StoreError> {
        let handles = self.store.handles(issue).await?;
        let of_these = handles.iter().filter(|it| it.0.starts_with(RELATED));
        let pulls = of_these.filter_map(|it| serde_json::from_str::<TheirPull>(&it.1).ok());
        let view = |it: TheirPull| RelatedPull { number: it.number, author: it.author };
        let mut pulls: Vec<RelatedPull> = pulls.map(view).collect();
        pulls.sort_by_key(|it| it.number.0);
        Ok(pulls)
    }

    /// The pull request of people's own in which the work was merged.
    pub(super) async fn merged_with(
        &self,
        issue: IssueKey,
    ) -> Result<Option<IssueNumber>, StoreError> {
        self.number_under(issue, MERGED_WITH).await
    }

    /// The pull request of people's own with which the work ended, or the issue.
    pub(super) async fn ended_with(
        &self,
        issue: IssueKey,
    ) -> Result<Option<IssueNumber>, StoreError> {
        if let Some(merged) = self.merged_with(issue).await? {
            return Ok(Some(merged));
        }
        self.number_under(issue, CLOSED_WITH).await
    }
}

/// What one issue is told; `None` where it does not concern it.
fn told(
    merged: Option<bool>,
    reference: Option<&Reference>,
    sender: Option<&Account>,
) -> Option<RelatedTold> {
    match (merged, reference) {
        (Some(true), it) => Some(RelatedTold::Merged { closes: it.is_some_and(|it| it.closes) }),
        (Some(false), _) | (None, None) => Some(RelatedTold::Left),
        (None, Some(_)) => sender.map(|by| RelatedTold::Named { by: by.clone() }),
    }
}

/// The issues that a pull request names. What goes to another branch than the default one is not
/// the end of anything.
fn named_by(pull: &PullSnapshot, repository: &Repository) -> Vec<Reference> {
    let goes_there = repository.default_branch.as_ref().is_none_or(|it| *it == pull.base_ref);
    if !goes_there || is_batons(&pull.head_ref) && pull.same_repository {
        return Vec::new();
    }
    let repository = format!("{}/{}", repository.owner, repository.name);
    named_in(&pull.title, &pull.body, &repository)
}

/// Whether the pull request as it is now may still stand for the work on the issue.
fn still_names(pull: &PullRequest, subject: &Subject) -> bool {
    let default_branch = subject.repository.default_branch.as_ref();
    let goes_there = default_branch.is_none_or(|it| *it == pull.base_ref);
    pull.open
        && pull.same_repository
        && goes_there
        && !is_batons(&pull.head_ref)
        && named_now(pull, subject).is_some()
}

/// How the pull request names the issue.
fn named_now(pull: &PullRequest, subject: &Subject) -> Option<Reference> {
    let Repository { owner, name, .. } = &subject.repository;
    let named = named_in(&pull.title, &pull.body, &format!("{owner}/{name}"));
    named.into_iter().find(|it| it.number == subject.key.number)
}

fn is_batons(branch: &str) -> bool {
    OWN_BRANCHES.iter().any(|it| branch.starts_with(it))
}

fn their_head(number: IssueNumber, head: &Sha) -> String {
    format!("{number} {head}")
}

/// What is remembered of the head of the pull request that the work goes on in: what was pushed there,
/// or what was read there to be judged.
pub(super) fn head_handle(
    state: &State,
    (events, head): (&[Event], Option<&Sha>),
) -> Option<(String, String)> {
    let (number, head) = (state.stage.work()?.adopted?, head?);
    let is_push = |it: &Event| matches!(it, Event::Pushed { elsewhere: true, .. });
    let counts = events.iter().any(is_push) || checked_head(state) == Some(head);
    counts.then(|| (THEIR_HEAD.to_owned(), their_head(number, head)))
}

/// The pull request that their work goes on in.
pub(super) fn adopted(subject: &Subject) -> Option<IssueNumber> {
    subject.state.stage.work().and_then(|it| it.adopted)
}
