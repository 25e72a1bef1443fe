//! The verdict of a commit: what GitHub reports of it is gathered, judged, and becomes an event of
//! the stage that waits for it. The rules are the domain's (`domain.md`, CI verdict of a commit).
//!
//! GitHub is looked at when the stage's timer comes due; [`looks`] says what an end that is told
//! does to that timer. While the verdict is open the timer is armed anew, also when GitHub cannot be
//! asked, so that no verdict is lost with a delivery.

mod failures;
mod looks;
mod said;

pub(super) use self::said::call_handle;

use crate::base::{Millis, Sha, Timestamp};
use crate::domain::incoming::{self, CiNews, CiState, StatusState};
use crate::domain::plan::{Plan, Verify};
use crate::domain::verdict::{
    AppId, CheckRun, CommitStatus, Conclusion, Evidence, Judged, Required, SILENT_AFTER,
    StatusState as SaidState, Verdict, WorkflowRun, inherits_parent, judge, without_jobs,
};
use crate::domain::workflow::{Block, Ci, Doing, Event, Held, Stage, State, TimerKind};
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::pause::pause_of;
use crate::github::client::{self, GitHubError, Listed, ReadPort, Told, Untold};
use crate::store::{CommitError, PlanRow, StoreError, TimerChange};

/// The soonest that the same commit is looked at again.
const LOOK_SOONEST: Millis = Millis::seconds(15);

/// The latest: a delivery that tells of an end may have been lost.
const LOOK_LATEST: Millis = Millis::minutes(10);

/// When GitHub is asked again after it could not be.
const AFTER_TROUBLE: Millis = Millis::seconds(60);

/// So many commits in a row may inherit their verdict.
const INHERITED_MAX: usize = 10;

impl Engine {
    /// What follows when something was reported on a commit.
    pub(super) async fn ci_news(
        &self,
        subject: Subject,
        news: &CiNews,
    ) -> Result<Ingested, CommitError> {
        let Some(head) = checked_head(&subject.state) else {
            return Ok(ignored(match subject.state.stage.unpaused() {
                Stage::Working { .. } => "no head is being checked now; the next look reads it",
                Stage::Seen
                | Stage::Planning { .. }
                | Stage::Asking { .. }
                | Stage::Planned { .. }
                | Stage::HandingOver { .. }
                | Stage::Inspecting { .. }
                | Stage::Ready { .. }
                | Stage::Paused { .. }
                | Stage::Blocked { .. }
                | Stage::Done { .. }
                | Stage::Stopped { .. } => {
                    "verdicts of CI matter once code is pushed; a plan has none"
                }
            }));
        };
        if head != news.sha() {
            return Ok(ignored("it is about another commit than the head that is checked"));
        }
        if !looks::is_end(news) {
            return Ok(ignored("something of the CI has begun; its end is waited for"));
        }
        let head = head.clone();
        self.ci_ended(subject, head, news).await
    }

    /// Looks at the CI of the head that is being checked: it concludes, or is looked at again.
    pub(super) async fn look_at_ci(
        &self,
        subject: Subject,
        sha: Sha,
    ) -> Result<Ingested, CommitError> {
        let now = self.clock.now();
        if let Some(until) = self.store.paused_until(subject.installation, now).await? {
            return Ok(look_again(subject, now, Some(until)));
        }
        let judged = match self.judge_head(&subject, &sha).await? {
            Ok(judged) => judged,
            Err(error) => return self.after_trouble(subject, sha, &error).await,
        };
        if let Some(ci) = concluded(&judged.verdict) {
            self.keep_failures(&subject, &sha, &judged.verdict).await?;
            self.keep_said(subject.key, &sha, &judged.verdict).await?;
            return Ok(one(subject, Event::CiConcluded { sha, ci }));
        }
        self.looked(subject.key, &sha, &judged.open).await?;
        Ok(look_again(subject, now, judged.look_again))
    }

    /// The verdict of a commit as it stands now, or why GitHub cannot be asked.
    pub(super) async fn judge_head(
        &self,
        subject: &Subject,
        sha: &Sha,
    ) -> Result<Result<Judged, GitHubError>, StoreError> {
        let base = match subject.state.stage.plan() {
            Some(plan) => self.store.plan(subject.key, i64::from(plan.revision)).await?,
            None => None,
        };
        let verify = base.as_ref().and_then(|it| verifying(&subject.state, it));
        let base = base.map(|it| Sha(it.base_sha.to_string()));
        let pushed_at = self.pushed_at(subject, sha).await?;
        Ok(self.judged(subject, (sha, base.as_ref()), (pushed_at, verify.as_deref())).await)
    }

    async fn judged(
        &self,
        subject: &Subject,
        (sha, base): (&Sha, Option<&Sha>),
        (pushed_at, verify): (Timestamp, Option<&str>),
    ) -> Result<Judged, GitHubError> {
        let own = self.github.identity().await?.id;
        let reader = self.reader(subject.installation, &subject.repository);
        let sha = commit_with_verdict(&reader, sha, base).await?;
        let required = required(&reader, subject).await?;
        let head = Reports::read(&reader, &sha, pushed_at).await?;
        let at_base = match base {
            Some(base) => Reports::read(&reader, base, pushed_at).await?,
            None => Reports::none(),
        };
        let mut evidence = Evidence {
            checks: &head.checks,
            statuses: &head.statuses,
            base_checks: &at_base.checks,
            base_statuses: &at_base.statuses,
            runs: &[],
            base_runs: &[],
            required: &required,
            verify,
            // No App has the id 0.
            own_app: AppId(own.unwrap_or(0)),
            pushed_at,
        };
        let mut judged = judge(&evidence, self.clock.now());
        let (runs, base_runs);
        if workflows_matter(&judged, &head.checks) {
            runs = workflow_runs(&reader, &sha).await?;
            // What no run adds to its jobs needs no comparison with the base.
            if let Some(base) = base
                && !without_jobs(&runs, &head.checks).is_empty()
            {
                base_runs = workflow_runs(&reader, base).await?;
                evidence = Evidence { runs: &runs, base_runs: &base_runs, ..evidence };
                judged = judge(&evidence, self.clock.now());
            }
        }
        if !head.complete && judged.verdict == Verdict::Green {
            // What could not be read may have failed.
            judged.verdict = Verdict::Unknown { undecided: Vec::new() };
        }
        Ok(judged)
    }

    /// When a commit was pushed, as far as Baton knows: when it was first looked at.
    async fn pushed_at(&self, subject: &Subject, sha: &Sha) -> Result<Timestamp, StoreError> {
        let kind = pushed_at_handle(sha);
        let known = self.store.handle(subject.key, &kind).await?;
        if let Some(at) = known.and_then(|it| it.parse().ok()) {
            return Ok(Timestamp(at));
        }
        let now = self.clock.now();
        self.store.save_handle(subject.key, &kind, &now.0.to_string()).await?;
        Ok(now)
    }

    /// GitHub is asked again, for ever if it only has trouble. What repeating does not mend needs a
    /// person once the CI has had its time.
    async fn after_trouble(
        &self,
        subject: Subject,
        sha: Sha,
        error: &GitHubError,
    ) -> Result<Ingested, CommitError> {
        let now = self.clock.now();
        tracing::warn!(issue = %subject.key, %error, "the CI of a commit could not be read");
        let until = pause_of(error, now);
        if let Some(until) = until {
            self.store.throttle(subject.installation, until).await?;
        }
        let patience = self.pushed_at(&subject, &sha).await? + SILENT_AFTER;
        if !error.retryable() && patience <= now {
            return Ok(one(subject, Event::CiConcluded { sha, ci: Ci::NeedsPerson }));
        }
        self.looked(subject.key, &sha, &[]).await?;
        Ok(look_again(subject, now, Some((now + AFTER_TROUBLE).max(until.unwrap_or(now)))))
    }
}

/// The check by which the plan verifies the task that a green head would end, if it names one.
fn verifying(state: &State, plan: &PlanRow) -> Option<String> {
    let work = state.stage.work().filter(|it| !it.beneath)?;
    let id = work.task.as_deref()?;
    let plan: Plan = serde_json::from_value(plan.plan.clone()).ok()?;
    match plan.tasks.into_iter().find(|it| it.id.as_str() == id)?.verify {
        Verify::Check(name) => Some(name),
        Verify::Command(_) | Verify::None(_) => None,
    }
}

/// The head whose CI the stage waits for, or would take if it spoke after all.
pub(super) fn checked_head(state: &State) -> Option<&Sha> {
    match state.stage.unpaused() {
        Stage::Working { doing: Doing::Checking { sha, .. }, .. } => Some(sha),
        // People were called because of its checks, and these may still speak.
        Stage::Blocked {
            why: Block::Ci(_),
            held: Held { awaits: Some(Doing::Checking { sha, .. }), .. },
        } => Some(sha),
        Stage::Working {
            doing: Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand,
            ..
        }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Done { .. }
        | Stage::Stopped { .. } => None,
    }
}

/// The handle under which the time of a commit's push stands, in milliseconds.
pub(super) fn pushed_at_handle(sha: &Sha) -> String {
    format!("pushed-at/{sha}")
}

/// What a verdict means to the stage; `None` while it is open.
fn concluded(verdict: &Verdict) -> Option<Ci> {
    match verdict {
        Verdict::Pending { .. } => None,
        Verdict::Green => Some(Ci::Green),
        Verdict::Red { .. } => Some(Ci::Red),
        Verdict::Unverified => Some(Ci::Unverified),
        Verdict::Unproven { .. } => Some(Ci::Unproven),
        Verdict::Silent { .. } => Some(Ci::Silent),
        Verdict::NeedsPerson { .. } | Verdict::Unknown { .. } => Some(Ci::NeedsPerson),
    }
}

fn look_again(subject: Subject, now: Timestamp, at: Option<Timestamp>) -> Ingested {
    let at = at.unwrap_or(now + AFTER_TROUBLE);
    let timer = TimerChange::Set {
        kind: TimerKind::Ci.name().to_owned(),
        epoch: i64::from(subject.state.epoch),
        due: at.clamp(now + LOOK_SOONEST, now + LOOK_LATEST),
    };
    Ingested::Rearmed { subject: Box::new(subject), timer }
}

/// The commit whose verdict counts for `sha`: itself, or the nearest before it that touches more
/// than the plan's files. The base's own history is not gone into.
async fn commit_with_verdict(
    reader: &ReadPort,
    sha: &Sha,
    base: Option<&Sha>,
) -> Result<Sha, GitHubError> {
    let mut sha = sha.clone();
    for _ in 0..INHERITED_MAX {
        if Some(&sha) == base {
            break;
        }
        let parents = match reader.commit(&sha).await {
            Ok(commit) => commit.parents,
            Err(error) => without_commit(error)?,
        };
        let [parent] = parents.as_slice() else { break };
        let compared = match reader.compare(parent, &sha).await {
            Ok(told) => told.known(),
            Err(error) => without_commit(error)?,
        };
        let Some(files) = compared.map(|it| it.files).filter(|it| it.complete) else { break };
        let paths = files.items.iter();
        let paths = paths.flat_map(|it| [Some(it.path.as_str()), it.previous.as_deref()]);
        if !inherits_parent(paths.flatten()) {
            break;
        }
        sha = parent.clone();
    }
    Ok(sha)
}

/// What the default branch, into which the work goes, requires.
async fn required(reader: &ReadPort, subject: &Subject) -> Result<Vec<Required>, GitHubError> {
    let branch = match &subject.repository.default_branch {
        Some(branch) => branch.clone(),
        None => reader.repository().await?.default_branch_or(None),
    };
    let told = match reader.required_checks(&branch).await {
        Ok(told) => told.known().unwrap_or_default(),
        Err(error) => without_commit(error)?,
    };
    let required = |it: client::RequiredCheck| Required {
        name: it.context,
        app: it.app.map(|it| AppId(it.0)),
    };
    Ok(told.into_iter().map(required).collect())
}

/// Whether workflow runs may say what the checks do not. While a check is open, and where one has
/// failed or waits for a person, they add nothing.
fn workflows_matter(judged: &Judged, checks: &[CheckRun]) -> bool {
    let is_open =
        |it: &CheckRun| it.conclusion == Conclusion::Open && judged.open.contains(&it.name);
    match judged.verdict {
        Verdict::Green | Verdict::Unverified | Verdict::Unproven { .. } => true,
        Verdict::Pending { .. } | Verdict::Silent { .. } => !checks.iter().any(is_open),
        Verdict::Red { .. } | Verdict::NeedsPerson { .. } | Verdict::Unknown { .. } => false,
    }
}

/// The workflow runs of a commit. Without the permission to read them their jobs' checks are all
/// there is.
async fn workflow_runs(reader: &ReadPort, sha: &Sha) -> Result<Vec<WorkflowRun>, GitHubError> {
    let told = match reader.workflow_runs(sha).await {
        Ok(told) => told.known(),
        Err(error) => without_commit(error)?,
    };
    let runs = told.map(|it| it.items).unwrap_or_default();
    Ok(runs.into_iter().map(run).collect())
}

fn run(it: client::WorkflowRun) -> WorkflowRun {
    WorkflowRun {
        id: it.id.0,
        name: it.name,
        event: it.event,
        conclusion: conclusion(it.state),
        updated_at: it.updated_at,
        url: it.url.unwrap_or_default(),
    }
}

/// What was reported on one commit.
struct Reports {
    checks: Vec<CheckRun>,
    statuses: Vec<CommitStatus>,
    /// Whether this is all of it.
    complete: bool,
}

impl Reports {
    fn none() -> Reports {
        Reports { checks: Vec::new(), statuses: Vec::new(), complete: true }
    }

    /// `pushed_at` stands for the times that a server leaves out.
    async fn read(
        reader: &ReadPort,
        sha: &Sha,
        pushed_at: Timestamp,
    ) -> Result<Reports, GitHubError> {
        let checks = listed(reader.check_runs(sha).await)?;
        let statuses = listed(reader.statuses(sha).await)?;
        Ok(Reports {
            complete: checks.complete && statuses.complete,
            checks: checks.items.into_iter().filter_map(check).collect(),
            statuses: statuses.items.into_iter().map(|it| status(it, pushed_at)).collect(),
        })
    }
}

/// A list that is not offered is empty. One that may not be read is not whole, so that nothing is
/// called green for want of a permission.
fn listed<T>(told: Result<Told<Listed<T>>, GitHubError>) -> Result<Listed<T>, GitHubError> {
    let complete = match told {
        Ok(Told::Known(listed)) => return Ok(listed),
        Ok(Told::Unknown(Untold::NotOffered)) => true,
        Ok(Told::Unknown(Untold::NotAllowed | Untold::NotKept | Untold::TooLarge)) => false,
        Err(error) => {
            without_commit::<()>(error)?;
            true
        }
    };
    Ok(Listed { items: Vec::new(), complete })
}

/// Nothing, where the error says that GitHub does not know the commit.
fn without_commit<T: Default>(error: GitHubError) -> Result<T, GitHubError> {
    match error {
        GitHubError::NotFound | GitHubError::Unprocessable { .. } => Ok(T::default()),
        GitHubError::RateLimited { .. }
        | GitHubError::SecondaryLimit { .. }
        | GitHubError::Forbidden(_)
        | GitHubError::Gone
        | GitHubError::Conflict { .. }
        | GitHubError::NotFastForward
        | GitHubError::Unauthorized
        | GitHubError::Server(_)
        | GitHubError::Network { .. }
        | GitHubError::Unexpected { .. } => Err(error),
    }
}

/// A check as it is judged; `None` where nobody says which App made it, and then it cannot count.
fn check(it: client::CheckRun) -> Option<CheckRun> {
    Some(CheckRun {
        id: it.id.0,
        app: AppId(it.app?.0),
        name: it.name,
        conclusion: conclusion(it.state),
        started_at: it.started_at,
        completed_at: it.completed_at,
        url: it.url.unwrap_or_default(),
    })
}

fn conclusion(state: CiState) -> Conclusion {
    let CiState::Ended(conclusion) = state else { return Conclusion::Open };
    match conclusion {
        incoming::Conclusion::Success => Conclusion::Success,
        incoming::Conclusion::Failure => Conclusion::Failure,
        incoming::Conclusion::Neutral => Conclusion::Neutral,
        incoming::Conclusion::Skipped => Conclusion::Skipped,
        incoming::Conclusion::Cancelled => Conclusion::Cancelled,
        incoming::Conclusion::TimedOut => Conclusion::TimedOut,
        incoming::Conclusion::ActionRequired => Conclusion::ActionRequired,
        incoming::Conclusion::StartupFailure => Conclusion::StartupFailure,
        incoming::Conclusion::Stale => Conclusion::Stale,
        incoming::Conclusion::Unknown => Conclusion::Unknown,
    }
}

/// A status as it is judged. The client has read the newest of each context, so ids tell nothing
/// apart.
fn status(it: client::Status, pushed_at: Timestamp) -> CommitStatus {
    CommitStatus {
        id: 0,
        creator: it.creator.map(|it| it.id),
        context: it.context,
        state: match it.state {
            StatusState::Success => SaidState::Success,
            StatusState::Failure => SaidState::Failure,
            StatusState::Error => SaidState::Error,
            // A word that this version does not know is no end: in the end a person is called.
            StatusState::Pending | StatusState::Unknown => SaidState::Pending,
        },
        at: it.at.unwrap_or(pushed_at),
        url: it.url.unwrap_or_default(),
    }
}
