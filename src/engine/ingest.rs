//! From a stored delivery to workflow events: whose words they are, which issue they concern, and
//! what is asked. Nothing is decided here.

use crate::base::{CommentId, InstallationId, IssueKey, Millis, Timestamp};
use crate::domain::command::{self, DEFAULT_BARE, Found, Names};
use crate::domain::incoming::{
    Account, CommentSnapshot, Incoming, IssueSnapshot, Repository, What,
};
use crate::domain::permission::{Place, Right};
use crate::domain::workflow::{Actor, ControlLabel, Event, Request, Stage, State};
use crate::engine::Engine;
use crate::engine::facts::Known;
use crate::engine::internal::Internal;
use crate::github::client::GitHubError;
use crate::github::webhook;
use crate::store::{
    CommitError, Hint, InboxRow, IssueRow, Lane, LaneLease, NewInternal, Outcome, Source,
    StoreError, TimerChange,
};

/// Every comment of Baton's begins with this, also where a server shows the App as its owner.
const OUR_MARK: &str = "<!-- baton:";
/// How long until GitHub is asked again for an installation, and how often at most.
const ASK_AGAIN_AFTER: Millis = Millis::seconds(10);
const ASK_TRIES_MAX: i64 = 10;

/// What a row turned out to be.
pub(super) enum Ingested {
    /// Finished without a decision; other issues may be told.
    Finished { outcome: Outcome, internal: Vec<NewInternal> },
    /// GitHub could not be asked.
    PutOff { until: Timestamp, why: String },
    /// A timer that came due is armed anew: what it watches has moved since.
    Rearmed { subject: Box<Subject>, timer: TimerChange },
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
    pub(super) snapshot: IssueSnapshot,
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
        if let What::Ignored(why) = incoming.what {
            return Ok(ignored(why));
        }
        if let Some(ingested) = self.ingest_lane_wide(row, &incoming).await? {
            return Ok(ingested);
        }
        let Lane::Issue(key) = lease.lane() else {
            return Ok(ignored("it is about a branch or pull request that is not Baton's"));
        };
        self.ingest_issue(row, key, incoming).await
    }

    async fn ingest_issue(
        &self,
        row: &InboxRow,
        key: IssueKey,
        incoming: Incoming,
    ) -> Result<Ingested, CommitError> {
        let Some(repository) = incoming.repository.clone() else {
            return Ok(ignored("the payload names no repository"));
        };
        let stored = self.store.load_issue(key).await?;
        let installation = match self.installation(row, &incoming, stored.as_ref()).await {
            Ok(installation) => installation,
            Err(ingested) => return Ok(ingested),
        };
        self.store.save_repository(installation, &repository).await?;
        let Some(mut subject) = subject(key, installation, repository, stored, &incoming)? else {
            return Ok(ignored("it is about a pull request that is not Baton's"));
        };
        let pull_request = match issue_of(&incoming.what) {
            Some(issue) if issue.number == key.number && !issue.is_pull_request => {
                if self.told_late(&subject, &incoming.what, issue).await {
                    return Ok(ignored("GitHub told of it late: the issue stands otherwise now"));
                }
                // Deliveries overtake one another; older words do not replace newer ones.
                if subject.snapshot.updated_at <= issue.updated_at || issue.updated_at.is_none() {
                    subject.snapshot = issue.clone();
                }
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
        self.events(row, subject, place, incoming).await
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

    /// The installation: from the payload, else from what is stored, else asked of GitHub.
    async fn installation(
        &self,
        row: &InboxRow,
        incoming: &Incoming,
        stored: Option<&IssueRow>,
    ) -> Result<InstallationId, Ingested> {
        if let Some(installation) = incoming.installation.or(stored.map(|it| it.installation)) {
            return Ok(installation);
        }
        let Some(repository) = &incoming.repository else {
            return Err(ignored("the payload names no installation"));
        };
        match self.github.installation_of(&repository.owner, &repository.name).await {
            Ok(installation) => Ok(installation),
            Err(GitHubError::NotFound) => {
                Err(ignored("the App is not installed on this repository"))
            }
            Err(error) if error.retryable() && row.attempts < ASK_TRIES_MAX => {
                Err(Ingested::PutOff {
                    until: self.clock.now() + ASK_AGAIN_AFTER,
                    why: error.to_string(),
                })
            }
            Err(error) => Err(ignored(format!("the installation could not be found: {error}"))),
        }
    }

    async fn events(
        &self,
        row: &InboxRow,
        subject: Subject,
        place: Place,
        incoming: Incoming,
    ) -> Result<Ingested, CommitError> {
        let sender = incoming.sender;
        match incoming.what {
            What::IssueOpened(_) => Ok(one(subject, Event::Opened)),
            What::IssueEdited(_) => Ok(one(subject, Event::Edited)),
            What::IssueClosed(_) => Ok(one(subject, Event::Closed)),
            What::IssueGone(_) => Ok(one(subject, Event::Gone)),
            What::PullRequestClosed { merged, .. } => {
                Ok(one(subject, Event::PullRequestClosed { merged }))
            }
            What::Pushed { deleted: true, .. } => Ok(one(subject, Event::BranchDeleted)),
            What::Pushed { .. } => Ok(ignored("a push to the plan's branch changes no stage yet")),
            What::IssueReopened(_) => {
                self.by_sender(row, subject, sender, |by| Event::Reopened { by }).await
            }
            What::IssueLabelled { label, .. } => match control_label(&label) {
                Some(label) => {
                    self.by_sender(row, subject, sender, |by| Event::Labelled { by, label }).await
                }
                None => Ok(ignored("the label means nothing to Baton")),
            },
            What::IssueUnlabelled { label, .. } => match control_label(&label) {
                Some(label) => {
                    self.by_sender(row, subject, sender, |by| Event::Unlabelled { by, label }).await
                }
                None => Ok(ignored("the label means nothing to Baton")),
            },
            What::CommentCreated { comment, .. } => {
                self.comment(row, subject, place, sender, comment, None).await
            }
            What::CommentEdited { comment, before: Some(before), .. } => {
                self.comment(row, subject, place, sender, comment, Some(before)).await
            }
            What::CommentEdited { before: None, .. } => {
                Ok(ignored("the server did not say what the edit changed"))
            }
            What::CommentDeleted { comment, .. } => {
                self.forget_status(subject.key, comment.id).await?;
                Ok(ignored("a deleted comment asks for nothing"))
            }
            What::InstallationRemoved
            | What::InstallationSuspended
            | What::RepositoriesGone(_)
            | What::RepositoryRenamed => Ok(ignored("it concerns no single issue")),
            What::Ignored(why) => Ok(ignored(why)),
        }
    }

    /// A status comment that somebody deleted is posted anew with the next news.
    async fn forget_status(&self, key: IssueKey, deleted: CommentId) -> Result<(), StoreError> {
        if self.store.handle(key, "status").await? == Some(deleted.to_string()) {
            self.store.save_handle(key, "status", "").await?;
        }
        Ok(())
    }

    /// An event whose actor's right matters. Bots' rights are not asked for: they never count.
    async fn by_sender(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        event: impl FnOnce(Actor) -> Event,
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = sender else { return Ok(ignored("the sender is gone")) };
        match self.actor(row, &subject, &sender).await? {
            Known::Actor(actor) => Ok(one(subject, event(actor))),
            Known::AskAgain { at, why } => Ok(Ingested::PutOff { until: at, why }),
        }
    }

    async fn comment(
        &self,
        row: &InboxRow,
        subject: Subject,
        place: Place,
        sender: Option<Account>,
        comment: CommentSnapshot,
        before: Option<String>,
    ) -> Result<Ingested, CommitError> {
        if comment.body.trim_start().starts_with(OUR_MARK) || comment.by_app {
            return Ok(ignored("Baton's own echo, or another App's comment"));
        }
        // An edit counts for whoever edited: only people with write may edit others' comments.
        let Some(sender) = sender.or(comment.author.clone()) else {
            return Ok(ignored("the author is gone"));
        };
        if sender.bot {
            return Ok(ignored("a bot wrote it"));
        }
        if self.store.body_was_handled(row).await? {
            return Ok(ignored("the same words were handled under another delivery id"));
        }
        let slug = self.slug().await;
        let names = Names { slug: &slug, bare: &DEFAULT_BARE };
        let found = match &before {
            Some(before) => command::commands_added(Some(before), &comment.body, &names),
            None => command::commands_in(&comment.body, &names),
        };
        let asks: Vec<Request> = found.iter().filter_map(request).collect();
        let is_new = before.is_none();
        let answers = if asks.is_empty() && is_new {
            answers(&subject, &sender, &comment.body)
        } else {
            Vec::new()
        };
        if asks.is_empty() && answers.is_empty() {
            return Ok(ignored("it asks for nothing"));
        }
        let by = match self.actor(row, &subject, &sender).await? {
            Known::Actor(actor) => actor,
            Known::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        };
        if !answers.is_empty() {
            if by.right < Right::Write && !by.author {
                return Ok(ignored("an answer by somebody who is neither asked nor may write"));
            }
            let event = Event::Answered { by, comment: comment.id, answers };
            return Ok(one(subject, event));
        }
        let at = comment.updated_at.or(comment.created_at).unwrap_or(row.received);
        let events = asked(&by, comment.id, at, place, asks);
        Ok(Ingested::Events { subject: Box::new(subject), events, links: Vec::new() })
    }
}

pub(super) fn one(subject: Subject, event: Event) -> Ingested {
    Ingested::Events { subject: Box::new(subject), events: vec![event], links: Vec::new() }
}

fn asked(
    by: &Actor,
    comment: CommentId,
    at: Timestamp,
    place: Place,
    asks: Vec<Request>,
) -> Vec<Event> {
    let event = |request| Event::Asked { by: by.clone(), comment, at, place, request };
    asks.into_iter().map(event).collect()
}

fn request(found: &Found) -> Option<Request> {
    match found {
        Found::Command { command, .. } => Some(Request::Command(command.clone())),
        Found::Unknown { nearest, .. } => Some(Request::Unknown { nearest: *nearest }),
        Found::Malformed { name, sentence, .. } => {
            Some(Request::Malformed { name, sentence: sentence.clone() })
        }
        Found::Lookalike { .. } => {
            let sentence = "a line looks like a command but is written with other letters than \
                            it shows, so it was not run."
                .to_owned();
            Some(Request::Malformed { name: "look-alike", sentence })
        }
        Found::TooMany { .. } => {
            let sentence = format!(
                "a comment may hold {} commands; those after them were not run.",
                command::MAX_COMMANDS
            );
            Some(Request::Malformed { name: "too many", sentence })
        }
    }
}

/// Answers in a comment without a command: by number, or, with exactly one question open, the
/// requester's next words.
fn answers(subject: &Subject, sender: &Account, body: &str) -> Vec<command::Answer> {
    let Stage::Asking { questions, answered, .. } = &subject.state.stage else {
        return Vec::new();
    };
    let numbered = command::answers_in(body, *questions);
    if !numbered.is_empty() {
        return numbered;
    }
    let open: Vec<u8> = (1..=*questions).filter(|n| answered & (1 << (n - 1)) == 0).collect();
    match open[..] {
        [only] if subject.state.requester == Some(sender.id) => {
            command::free_answer(body, only).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The labels that mean something when a person sets them; blanks and case do not matter.
fn control_label(name: &str) -> Option<ControlLabel> {
    let name: String = name.to_lowercase().split_whitespace().collect();
    if name == "baton:plan" {
        return Some(ControlLabel::Plan);
    }
    name.strip_prefix("complexity:")?.parse().ok().map(ControlLabel::Complexity)
}

fn issue_of(what: &What) -> Option<&IssueSnapshot> {
    match what {
        What::IssueOpened(issue)
        | What::IssueEdited(issue)
        | What::IssueClosed(issue)
        | What::IssueReopened(issue)
        | What::IssueGone(issue)
        | What::IssueLabelled { issue, .. }
        | What::IssueUnlabelled { issue, .. }
        | What::CommentCreated { issue, .. }
        | What::CommentEdited { issue, .. }
        | What::CommentDeleted { issue, .. } => Some(issue),
        What::PullRequestClosed { .. }
        | What::Pushed { .. }
        | What::InstallationRemoved
        | What::InstallationSuspended
        | What::RepositoriesGone(_)
        | What::RepositoryRenamed
        | What::Ignored(_) => None,
    }
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
    let Some(snapshot) = snapshot.or_else(|| issue_of(&incoming.what).cloned()) else {
        return Ok(None);
    };
    Ok(Some(Subject { key, version, installation, repository, state, snapshot }))
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
            What::RepositoriesGone(repositories) => {
                let mut issues = Vec::new();
                for repository in repositories {
                    issues.extend(self.store.issues_of_repository(*repository).await?);
                }
                (issues, Internal::Uninstalled)
            }
            What::RepositoryRenamed => {
                if let (Some(installation), Some(repository)) =
                    (incoming.installation, &incoming.repository)
                {
                    self.store.save_repository(installation, repository).await?;
                }
                let outcome = Outcome::Done;
                return Ok(Some(Ingested::Finished { outcome, internal: Vec::new() }));
            }
            What::IssueOpened(_)
            | What::IssueEdited(_)
            | What::IssueLabelled { .. }
            | What::IssueUnlabelled { .. }
            | What::IssueClosed(_)
            | What::IssueReopened(_)
            | What::IssueGone(_)
            | What::CommentCreated { .. }
            | What::CommentEdited { .. }
            | What::CommentDeleted { .. }
            | What::PullRequestClosed { .. }
            | What::Pushed { .. }
            | What::Ignored(_) => return Ok(None),
        };
        let now = self.clock.now();
        let told = issues.into_iter().map(|key| {
            let id = format!("{}/{key}", row.id);
            let installation = incoming.installation.unwrap_or(InstallationId(0));
            internal.to_row(id, installation, key, now)
        });
        Ok(Some(Ingested::Finished { outcome: Outcome::Done, internal: told.collect() }))
    }

    async fn issues_of(&self, incoming: &Incoming) -> Result<Vec<IssueKey>, CommitError> {
        match incoming.installation {
            Some(installation) => Ok(self.store.issues_of_installation(installation).await?),
            None => Ok(Vec::new()),
        }
    }
}
