//! How the plan's pull request ended: closed, merged with what was built, or merged while it held the
//! plan alone. GitHub is asked which files it changed, so that what people pushed there counts like
//! what Baton did.

use crate::base::{IssueNumber, Sha, Timestamp};
use crate::domain::guard::is_batons_own;
use crate::domain::incoming::{Account, NOBODY};
use crate::domain::workflow::Event;
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::github::client::{ChangedFile, Told};
use crate::store::{CommitError, InboxRow};

/// What a merged pull request held.
enum Held {
    /// The plan and no more than Baton's own files.
    PlanAlone,
    /// Something beside them.
    Code,
    /// GitHub does not say now.
    AskAgain { at: Timestamp, why: String },
}

impl Held {
    fn of(is_code: bool) -> Held {
        if is_code { Held::Code } else { Held::PlanAlone }
    }
}

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
        let Some(commit) = commit.filter(|_| merged) else {
            return Ok(one(subject, Event::PullRequestClosed { merged }));
        };
        let held = match subject.state.is_begun() {
            true => self.held(row, &subject, number).await?,
            false => Held::PlanAlone,
        };
        match held {
            Held::PlanAlone => {}
            Held::Code => return Ok(one(subject, Event::PullRequestClosed { merged })),
            Held::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        }
        self.plan_was_merged(subject.key, number, &commit).await?;
        let sender = sender.unwrap_or_else(nobody);
        self.by_sender(row, subject, Some(sender), |by| Event::PlanMerged { by }).await
    }

    /// Where nobody says what a pull request changed, what Baton knows of its own pushes decides.
    async fn held(
        &self,
        row: &InboxRow,
        subject: &Subject,
        number: IssueNumber,
    ) -> Result<Held, CommitError> {
        let reader = self.reader(subject.installation, &subject.repository);
        match reader.pull_files(number).await {
            Ok(Told::Known(files)) => {
                return Ok(Held::of(!files.complete || files.items.iter().any(is_code)));
            }
            Ok(Told::Unknown(_)) => {}
            Err(error) => {
                if let Some(at) = self.ask_again_at(row, subject.installation, &error).await? {
                    return Ok(Held::AskAgain { at, why: error.to_string() });
                }
            }
        }
        Ok(Held::of(self.is_code_pushed_to(subject.key, number).await?))
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
