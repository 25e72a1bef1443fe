//! How the plan's pull request ended: closed, merged with what was built, or merged while it held the
//! plan alone. GitHub is asked which files it changed, so that what people pushed there counts like
//! what Baton did.

use crate::base::{IssueNumber, Sha, Timestamp};
use crate::domain::guard::is_batons_own;
use crate::domain::incoming::{Account, NOBODY};
use crate::domain::workflow::Event;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::{CODE_PUSHED, Engine};
use crate::github::client::{ChangedFile, Told};
use crate::store::{CommitError, InboxRow};

impl Engine {
    /// With the commit that the merge made, where it was merged and GitHub names it.
    pub(super) async fn pull_request_closed(
        &self,
        row: &InboxRow,
        subject: Subject,
        (number, merged, commit): (IssueNumber, bool, Option<Sha>),
        sender: Option<Account>,
    ) -> Result<Ingested, CommitError> {
        let ours = self.store.handle(subject.key, "pull-request").await?;
        if ours.is_some_and(|it| it != number.to_string()) {
            return Ok(ignored("the plan has another pull request by now"));
        }
        let holds_code = match merged && subject.state.is_begun() {
            true => match self.held_code(row, &subject, number).await? {
                Ok(holds_code) => holds_code,
                Err((until, why)) => return Ok(Ingested::PutOff { until, why }),
            },
            false => false,
        };
        let Some(commit) = commit.filter(|_| merged && !holds_code) else {
            return Ok(one(subject, Event::PullRequestClosed { merged }));
        };
        self.plan_was_merged(subject.key, number, &commit).await?;
        let sender = sender.unwrap_or_else(nobody);
        self.by_sender(row, subject, Some(sender), |by| Event::PlanMerged { by }).await
    }

    /// Whether a pull request changed anything beside Baton's own files, or when to ask again. Where
    /// nobody says, what Baton knows of its own pushes decides.
    async fn held_code(
        &self,
        row: &InboxRow,
        subject: &Subject,
        number: IssueNumber,
    ) -> Result<Result<bool, (Timestamp, String)>, CommitError> {
        let reader = self.reader(subject.installation, &subject.repository);
        match reader.pull_files(number).await {
            Ok(Told::Known(files)) => {
                return Ok(Ok(!files.complete || files.items.iter().any(is_code)));
            }
            Ok(Told::Unknown(_)) => {}
            Err(error) => {
                if let Some(at) = self.ask_again_at(row, subject.installation, &error).await? {
                    return Ok(Err((at, error.to_string())));
                }
            }
        }
        let pushed_to = self.store.handle(subject.key, CODE_PUSHED).await?;
        Ok(Ok(pushed_to == Some(number.to_string())))
    }
}

fn is_code(file: &ChangedFile) -> bool {
    let paths = [Some(&file.path), file.previous.as_ref()];
    !paths.into_iter().flatten().all(|it| is_batons_own(it))
}

/// Whoever GitHub does not name.
fn nobody() -> Account {
    Account { id: NOBODY, login: String::new(), bot: false }
}
