//! From a stored delivery to workflow events: whose words they are, which issue they concern, and
//! what is asked. Nothing is decided here.

use crate::base::{CommentId, InstallationId, IssueKey, Timestamp};
use crate::domain::bots::may_label;
use crate::domain::guard::is_batons_own;
use crate::domain::incoming::{Account, Incoming, IssueSnapshot, PullNews, Repository, What};
use crate::domain::permission::Place;
use crate::domain::workflow::{Actor, ControlLabel, Event, State};
use crate::engine::Engine;
use crate::engine::actor::nobody;
use crate::engine::bots::Order;
use crate::engine::facts::Known;
use crate::engine::internal::Internal;
use crate::engine::news::news_key;
use crate::engine::related::OWN_PULL;
use crate::engine::reviews::{OnPull, Reviewed};
use crate::engine::ticks::Moved;
use crate::engine::unused::of_no_use;
use crate::engine::words::Said;
use crate::github::webhook;
use crate::store::{
    CommitError, Hint, InboxRow, IssueRow, Lane, LaneLease, NewInternal, Outcome, Source,
    StoreError, TimerChange,
};

/// What a row turned out to be.
pub(super) enum Ingested {
    /// Finished without a decision; other issues may be told.
    Finished { outcome: Outcome, internal: Vec<NewInternal> },
    /// GitHub could not be asked.
    PutOff { until: Timestamp, why: String },
    /// A timer that came due is armed anew: what it watches has moved since.
    Rearmed { subject: Box<Subject>, timer: TimerChange },
    /// A listed bot gave so many orders that it is not heard any more.
    Silenced { subject: Box<Subject>, bot: Account },
    /// Events of one issue, in order.
    Events { subject: Box<Subject>, events: Vec<Event>, links: Vec<(Hint, Lane)> },
}

/// The issue that events are about, as it was loaded.
pub(super) struct Subject {
    pub(super) key: IssueKey,
    pub(super) version: i64,
    pub(super) installation: InstallationId,
    pub(super) repository: Repository,
    pub(super) state: State,
    /// The issue as the newest delivery showed it.
    pub(super) snapshot: IssueSnapshot,
    /// The issue at the moment of this event: what a run that it starts will read.
    pub(super) moment: IssueSnapshot,
    /// What news the delivery tells: see [`news_key`].
    pub(super) news: Option<String>,
}

/// Why a bot's order is not even counted.
pub(super) const SILENCED: &str = "the bot gave too many orders, and no person has acted since";

impl Ingested {
    /// One order of a bot too many.
    pub(super) fn too_many(subject: Subject, bot: &Account) -> Ingested {
        Ingested::Silenced { subject: Box::new(subject), bot: bot.clone() }
    }
}

pub(super) fn ignored(why: impl Into<String>) -> Ingested {
    Ingested::Finished { outcome: Outcome::Ignored(why.into()), internal: Vec::new() }
}

impl Engine {
    pub(super) async fn ingest(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
    ) -> Result<Ingested, CommitError> {
        if row.source == Source::Engine {
            return self.ingest_internal(lease, row).await;
        }
        let incoming = match webhook::incoming(&row.event, &row.body) {
            Ok(incoming) => incoming,
            Err(error) => {
                let outcome = Outcome::Unparsed(error.to_string());
                return Ok(Ingested::Finished { outcome, internal: Vec::new() });
            }
        };
        if let Some(why) = of_no_use(&incoming.what) {
            return Ok(ignored(why));
        }
        if let Some(ingested) = self.ingest_lane_wide(row, &incoming).await? {
            return Ok(ingested);
        }
        if let Some(ingested) = self.ingest_related(lease, row, &incoming).await? {
            return Ok(ingested);
        }
        let Lane::Issue(key) = lease.lane() else {
            return Ok(ignored("it is about a branch or pull request that is not Baton's"));
        };
        Box::pin(self.ingest_issue(lease, row, key, incoming)).await
    }

    async fn ingest_issue(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        key: IssueKey,
        incoming: Incoming,
    ) -> Result<Ingested, CommitError> {
        let Some(repository) = incoming.repository.clone() else {
            return Ok(ignored("the payload names no repository"));
        };
        let stored = self.store.load_issue(key).await?;
        let installation = match self.installation(row, &incoming, stored.as_ref()).await? {
            Ok(installation) => installation,
            Err(ingested) => return Ok(ingested),
        };
        self.store.save_repository(installation, &repository).await?;
        let place = (installation, &repository);
        let incoming = match self.identified(row, place, incoming).await? {
            Ok(incoming) => incoming,
            Err(ingested) => return Ok(ingested),
        };
        let Some(mut subject) = subject(key, installation, repository, stored, &incoming)? else {
            return Ok(ignored("it is about a pull request that is not Baton's"));
        };
        let pull_request = match incoming.what.issue() {
            Some(issue) if issue.number == key.number && !issue.is_pull_request => {
                if self.told_late(&subject, &incoming.what, issue).await {
                    return Ok(ignored("GitHub told of it late: the issue stands otherwise now"));
                }
                // Deliveries overtake one another; older words do not replace newer ones.
                if subject.snapshot.updated_at <= issue.updated_at || issue.updated_at.is_none() {
                    subject.snapshot = issue.clone();
                }
                subject.moment = issue.clone();
                false
            }
            Some(_) => true,
            None => false,
        };
        let place = match pull_request {
            false => Place::Issue,
            true if subject.snapshot.is_pull_request => Place::OtherPullRequest,
            true => Place::BatonPullRequest,
        };
        subject.news = news_key(key.repository, &incoming.what);
        if self.was_heard(row, &incoming.what, subject.news.as_deref()).await? {
            return Ok(ignored("the same news was handled under another delivery id"));
        }
        Box::pin(self.events(lease, row, (subject, place), incoming)).await
    }

    /// Whether an issue was closed or reopened before what is known already, and is no longer so.
    /// GitHub is asked only when the times leave it open; when it does not answer, the delivery
    /// counts as it came.
    async fn told_late(&self, subject: &Subject, what: &What, issue: &IssueSnapshot) -> bool {
        let is_open = matches!(what, What::IssueReopened(_));
        if !is_open && !matches!(what, What::IssueClosed(_)) {
            return false;
        }
        if subject.version == 0 || subject.snapshot.updated_at < issue.updated_at {
            return false;
        }
        let reader = self.reader(subject.installation, &subject.repository);
        reader.issue(issue.number).await.is_ok_and(|now| now.open != is_open)
    }

    async fn events(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        (subject, place): (Subject, Place),
        incoming: Incoming,
    ) -> Result<Ingested, CommitError> {
        let sender = incoming.sender;
        match incoming.what {
            What::IssueOpened(_) => Ok(one(subject, Event::Opened)),
            What::IssueEdited { .. } => Ok(one(subject, Event::Edited)),
            What::IssueClosed(_) => Ok(one(subject, Event::Closed)),
            What::IssueGone(_) | What::IssueTransferred { .. } => Ok(one(subject, Event::Gone)),
            What::PullRequestClosed { merged, pull, merge_commit } => {
                let closed = (pull.number, merged, merge_commit);
                self.pull_request_closed(row, subject, closed, sender).await
            }
            What::PullRequest { pull, news: PullNews::Edited { before } } => {
                self.pull_text_edited(row, subject, sender, (&pull, before.as_deref())).await
            }
            What::PullRequest { .. } => Ok(ignored(OWN_PULL)),
            What::Pushed { branch, before, after, forced, deleted, paths, pusher: _ } => {
                let code = !paths.complete || !paths.paths.iter().all(|it| is_batons_own(it));
                let moved = Moved { before: before.as_ref(), after: &after, forced, code, deleted };
                self.branch_news(row, subject, sender, &branch, moved).await
            }
            What::IssueReopened(_) => {
                self.by_sender(row, subject, sender, |by| Event::Reopened { by }).await
            }
            What::IssueLabelled { label, issue } => {
                self.label_turned(row, subject, sender, (&label, &issue, true)).await
            }
            What::IssueUnlabelled { label, issue } => {
                self.label_turned(row, subject, sender, (&label, &issue, false)).await
            }
            What::CommentCreated { comment, .. } => {
                let said = Said { place, sender, comment, before: None };
                self.said(lease, row, subject, said).await
            }
            What::CommentEdited { comment, before, .. } => {
                let said = Said { place, sender, comment, before };
                self.edited(lease, row, subject, said).await
            }
            What::CommentDeleted { comment, .. } => {
                self.forget_status(subject.key, comment.id).await?;
                Ok(ignored("a deleted comment asks for nothing"))
            }
            What::Ci(news) => self.told_of_a_commit(row, subject, sender, &news).await,
            What::InstallationRemoved
            | What::InstallationSuspended
            | What::InstallationUnsuspended
            | What::RepositoriesGone(_)
            | What::RepositoryRenamed => Ok(ignored("it concerns no single issue")),
            What::IssueLocked(_) => Ok(locked(subject, true)),
            What::IssueUnlocked(_) => Ok(locked(subject, false)),
            What::Review { pull, review, news } => {
                self.reviewed(row, subject, Reviewed { pull, review, news, sender }).await
            }
            What::ReviewComment { pull, comment, news } => {
                let said = OnPull { pull, comment, news, sender };
                self.commented_on_line(lease, row, subject, said).await
            }
            What::Ignored(why) => Ok(ignored(why)),
        }
    }

    /// A label was put on or taken off.
    async fn label_turned(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        (label, issue, on): (&str, &IssueSnapshot, bool),
    ) -> Result<Ingested, CommitError> {
        let Some(label) = ControlLabel::parse(label) else {
            return Ok(ignored("the label means nothing to Baton"));
        };
        if on && is_echo(&subject, label) {
            return Ok(ignored("Baton's own echo: it is the level that Baton shows"));
        }
        if !still_holds(&subject, issue, label, on) {
            return Ok(ignored(match on {
                true => "GitHub told of it late: the label is off again",
                false => "GitHub told of it late: the label is on again",
            }));
        }
        let event = |by| match on {
            true => Event::Labelled { by, label },
            false => Event::Unlabelled { by, label },
        };
        if let Some(bot) = sender.as_ref().filter(|_| may_label(label))
            && let Some(right) = self.listed_bot(bot).await
        {
            return Ok(match self.orders_by(row, &subject, (bot, Some(right))).await? {
                Order::Heard(by) => one(subject, event(by)),
                Order::PutOff { until, why } => Ingested::PutOff { until, why },
                Order::TooMany => Ingested::too_many(subject, bot),
                Order::Silenced => ignored(SILENCED),
            });
        }
        self.by_sender(row, subject, sender, event).await
    }

    /// A status comment that somebody deleted is posted anew with the next news.
    async fn forget_status(&self, key: IssueKey, deleted: CommentId) -> Result<(), StoreError> {
        if self.store.handle(key, "status").await? == Some(deleted.to_string()) {
            self.store.save_handle(key, "status", "").await?;
        }
        Ok(())
    }

    /// An event whose actor's right matters. Bots' rights are not asked for: here they never count.
    pub(super) async fn by_sender(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        event: impl FnOnce(Actor) -> Event,
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = sender else { return Ok(one(subject, event(nobody(row)))) };
        match self.actor(row, &subject, &sender).await? {
            Known::Actor(actor) => Ok(one(subject, event(actor))),
            Known::AskAgain { at, why } => Ok(Ingested::PutOff { until: at, why }),
        }
    }
}

pub(super) fn one(subject: Subject, event: Event) -> Ingested {
    Ingested::Events { subject: Box::new(subject), events: vec![event], links: Vec::new() }
}

/// Where nothing is known of the issue, it does not matter who may comment there.
fn locked(subject: Subject, on: bool) -> Ingested {
    match subject.version {
        0 => ignored("Baton knows nothing of this issue yet"),
        _ => one(subject, Event::Locked { on }),
    }
}

/// Whether the label is the one Baton shows by itself: a server may name its owner as the one who
/// put it on, and a person cannot put on what is on.
fn is_echo(subject: &Subject, label: ControlLabel) -> bool {
    match label {
        ControlLabel::Plan
        | ControlLabel::Approved
        | ControlLabel::Pause
        | ControlLabel::Manual
        | ControlLabel::Model(_) => false,
        ControlLabel::Complexity(level) => {
            subject.state.override_level.is_none() && subject.state.shown_level == Some(level)
        }
    }
}

/// Whether a change of a label still holds. Deliveries overtake one another; what an older
/// one says counts only as far as the newest one shows it. An order to plan counts whatever became
/// of its label.
fn still_holds(subject: &Subject, told: &IssueSnapshot, label: ControlLabel, on: bool) -> bool {
    let is_old = told.updated_at.is_some() && told.updated_at < subject.snapshot.updated_at;
    if !is_old || label.is_order() {
        return true;
    }
    let is_on = subject.snapshot.labels.iter().any(|it| ControlLabel::parse(it) == Some(label));
    is_on == on
}

/// The issue as stored, or as the payload shows it the first time. `None` for a pull request that
/// is not Baton's and carries no issue.
fn subject(
    key: IssueKey,
    installation: InstallationId,
    repository: Repository,
    stored: Option<IssueRow>,
    incoming: &Incoming,
) -> Result<Option<Subject>, CommitError> {
    let (version, state, snapshot) = match stored {
        Some(row) => (row.version, read_state(&row)?, Some(read_snapshot(&row)?)),
        None => (0, State::new(), None),
    };
    let Some(snapshot) = snapshot.or_else(|| incoming.what.issue().cloned()) else {
        return Ok(None);
    };
    let moment = snapshot.clone();
    Ok(Some(Subject {
        key,
        version,
        installation,
        repository,
        state,
        snapshot,
        moment,
        news: None,
    }))
}

/// The workflow's state as stored; written by a newer version it does not read.
pub(super) fn read_state(row: &IssueRow) -> Result<State, StoreError> {
    serde_json::from_str(&row.state).map_err(|_| StoreError::unreadable("state", &row.state))
}

/// The issue as GitHub last showed it.
pub(super) fn read_snapshot(row: &IssueRow) -> Result<IssueSnapshot, StoreError> {
    serde_json::from_str(&row.snapshot)
        .map_err(|_| StoreError::unreadable("snapshot", &row.snapshot))
}

impl Engine {
    /// Loads the issue of an internal event.
    pub(super) async fn stored_subject(
        &self,
        key: IssueKey,
    ) -> Result<Option<Subject>, CommitError> {
        let Some(row) = self.store.load_issue(key).await? else { return Ok(None) };
        let Some((_, repository)) = self.store.load_repository(key.repository).await? else {
            return Ok(None);
        };
        Ok(Some(Subject {
            key,
            version: row.version,
            installation: row.installation,
            repository,
            state: read_state(&row)?,
            snapshot: read_snapshot(&row)?,
            moment: read_snapshot(&row)?,
            news: None,
        }))
    }

    /// Deliveries that concern a whole installation or repository: each issue is told.
    async fn ingest_lane_wide(
        &self,
        row: &InboxRow,
        incoming: &Incoming,
    ) -> Result<Option<Ingested>, CommitError> {
        let (issues, internal) = match &incoming.what {
            What::InstallationRemoved => (self.issues_of(incoming).await?, Internal::Uninstalled),
            What::InstallationSuspended => (self.issues_of(incoming).await?, Internal::Suspended),
            What::InstallationUnsuspended => {
                (self.issues_of(incoming).await?, Internal::Unsuspended)
            }
            What::RepositoriesGone(repositories) => {
                let mut issues = Vec::new();
                for repository in repositories {
                    issues.extend(self.store.issues_of_repository(*repository).await?);
                }
                (issues, Internal::Uninstalled)
            }
            What::RepositoryRenamed => {
                if let Some(repository) = &incoming.repository {
                    let stored = self.store.load_repository(repository.id).await?;
                    let installation = incoming.installation.or(stored.map(|it| it.0));
                    if let Some(installation) = installation {
                        self.store.save_repository(installation, repository).await?;
                    }
                }
                let outcome = Outcome::Done;
                return Ok(Some(Ingested::Finished { outcome, internal: Vec::new() }));
            }
            What::IssueOpened(_)
            | What::IssueEdited { .. }
            | What::IssueLabelled { .. }
            | What::IssueUnlabelled { .. }
            | What::IssueClosed(_)
            | What::IssueReopened(_)
            | What::IssueGone(_)
            | What::IssueTransferred { .. }
            | What::IssueLocked(_)
            | What::IssueUnlocked(_)
            | What::CommentCreated { .. }
            | What::CommentEdited { .. }
            | What::CommentDeleted { .. }
            | What::PullRequestClosed { .. }
            | What::PullRequest { .. }
            | What::Review { .. }
            | What::ReviewComment { .. }
            | What::Ci(_)
            | What::Pushed { .. }
            | What::Ignored(_) => return Ok(None),
        };
        let now = self.clock.now();
        let mut told = Vec::with_capacity(issues.len());
        for key in issues {
            let stored = self.store.load_issue(key).await?.map(|it| it.installation);
            let Some(installation) = stored.or(incoming.installation) else { continue };
            told.push(internal.to_row(format!("{}/{key}", row.id), installation, key, now));
        }
        Ok(Some(Ingested::Finished { outcome: Outcome::Done, internal: told }))
    }

    async fn issues_of(&self, incoming: &Incoming) -> Result<Vec<IssueKey>, CommitError> {
        match incoming.installation {
            Some(installation) => Ok(self.store.issues_of_installation(installation).await?),
            None => Ok(Vec::new()),
        }
    }
}
