//! What failed on the branch's head, with what the jobs wrote: written down when the CI is read, for
//! the runs that begin on that very commit. A head that came later has not failed yet.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{IssueKey, JobId, Sha};
use crate::domain::handoff::FailingJob;
use crate::domain::verdict::{Failing, Verdict, excerpt};
use crate::engine::Engine;
use crate::engine::ingest::Subject;
use crate::engine::planner::{as_read, clean};
use crate::github::client::{ReadPort, Told};
use crate::store::StoreError;

/// The handle under which it stands.
const CI_FAILURES: &str = "ci-failures";

/// So many jobs are kept: a model mends the first, and the rest often fails for the same reason.
const JOBS_MAX: usize = 4;

/// The most characters of a check's name.
pub(super) const NAME_CHARS_MAX: usize = 200;

/// What is kept. All of it but the commit is foreign text.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    sha: String,
    jobs: Vec<Job>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Job {
    name: String,
    #[serde(default)]
    log: String,
}

impl Engine {
    /// Keeps what failed on a head, with what the jobs wrote, for the run that mends it. Nothing
    /// where it did not fail: what failed before is not to be mended any more.
    pub(super) async fn keep_failures(
        &self,
        subject: &Subject,
        sha: &Sha,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let mut kept = Kept { sha: sha.to_string(), jobs: Vec::new() };
        for it in failing(verdict).iter().take(JOBS_MAX) {
            let name = self.secrets.redact(&it.name).chars().take(NAME_CHARS_MAX).collect();
            let log = match it.check_run {
                Some(id) => self.log_of(&reader, JobId(id)).await,
                None => String::new(),
            };
            kept.jobs.push(Job { name, log });
        }
        self.store.save_handle(subject.key, CI_FAILURES, &json!(kept).to_string()).await
    }

    /// What is red on `head`, as it was written down when its CI was read.
    pub(in crate::engine) async fn failing_jobs(
        &self,
        issue: IssueKey,
        head: &Sha,
    ) -> Result<Vec<FailingJob>, StoreError> {
        let kept = self.store.handle(issue, CI_FAILURES).await?.unwrap_or_default();
        // An older version kept the jobs alone; which head they failed on is not known then.
        let kept: Kept = serde_json::from_str(&kept).unwrap_or_default();
        if kept.sha != head.0 {
            return Ok(Vec::new());
        }
        let job = |it: Job| FailingJob {
            name: clean(&self.secrets, &it.name),
            log: as_read(&self.secrets, &it.log),
        };
        Ok(kept.jobs.into_iter().map(job).collect())
    }

    /// What matters of a job's log; empty where there is none: only GitHub's own CI keeps them.
    async fn log_of(&self, reader: &ReadPort, job: JobId) -> String {
        match reader.job_log(job).await {
            Ok(Told::Known(log)) => excerpt(&log.text, &self.secrets),
            Ok(Told::Unknown(_)) => String::new(),
            Err(error) => {
                tracing::warn!(%error, "the log of a failed job could not be read");
                String::new()
            }
        }
    }
}

fn failing(verdict: &Verdict) -> &[Failing] {
    match verdict {
        Verdict::Red { failing } => failing,
        Verdict::Pending { .. }
        | Verdict::Green
        | Verdict::Unverified
        | Verdict::Unproven { .. }
        | Verdict::Silent { .. }
        | Verdict::NeedsPerson { .. }
        | Verdict::Unknown { .. } => &[],
    }
}
