//! The boxes, the real binary on its data, and the moments at which it is killed.
//!
//! A moment is a state of the boxes, not a time: GitHub or the model has taken a call and keeps its
//! answer back. So the process is always killed where the test says.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use baton::base::{Clock as _, CommentId, IssueNumber, SystemClock};
use baton::sandbox::github::{
    CallMatcher, Config, DeliveryState, Fault, FaultRule, GitHub, IssueView,
};
use baton::sandbox::model::{self, ModelConfig, ModelServer, Strike};
use baton::store::DatabaseSettings;
use serde_json::Value;
use sqlx::{Connection as _, Row as _};
use tokio::net::TcpStream;

use super::GRACE;
use crate::intake::{APP_KEY, SECRET};
use crate::process::Baton;
use crate::store::Db;
use crate::world::forbidden::forbidden;
use crate::world::order;

/// How long a story may take, on a busy machine and on a database on which every lease of a killed
/// process has to run out first.
const TOLD: Duration = Duration::from_secs(300);
/// GitHub keeps an answer back for so long: longer than anybody waits for it.
const NEVER: Duration = Duration::from_secs(3_600);
/// How often the other process's world is looked at. Asking is the only way to know.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// When the process is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// The delivery that asks for a plan was acknowledged.
    Acknowledged,
    /// The model has this call, from 1, and has not begun.
    Asked(usize),
    /// The model has answered this call and billed it, and the answer never arrives.
    Billed(usize),
    /// The answer to this call is on its way: it may have been read, stored, booked, or not.
    Answering(usize),
    /// GitHub has done what a call of this kind asked, after so many others of the kind, and its
    /// answer never arrives. The text stands in the call.
    Called(&'static str, &'static str, usize, &'static str),
}

use Moment::{Acknowledged, Answering, Asked, Billed, Called};

pub(super) const COMMENTS: &str = "/issues/{issue_number}/comments";

/// The boxes, and the process on its data.
pub(super) struct Scene {
    pub(super) github: GitHub,
    pub(super) model: ModelServer,
    db: Db,
    data: tempfile::TempDir,
    baton: Baton,
}

/// The boxes while nothing runs.
pub(super) struct Stopped {
    github: GitHub,
    pub(super) model: ModelServer,
    db: Db,
    data: tempfile::TempDir,
}

impl Stopped {
    pub(super) async fn starts(self) -> Scene {
        let Stopped { github, model, db, data } = self;
        let baton = serve(&github, &model, &db, &data).await;
        Scene { github, model, db, data, baton }
    }
}

impl Scene {
    pub(super) async fn new() -> Scene {
        let config = Config {
            app_id: 7,
            private_key_pem: Some(APP_KEY.to_owned()),
            webhook_secret: SECRET.to_owned(),
            ..Config::default()
        };
        let github = GitHub::start(config).await.unwrap();
        let clock = Arc::new(SystemClock);
        let model = ModelConfig::new(model::Mode::Script, clock);
        let model = ModelServer::start(model).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let db = match Db::postgres().await {
            Some(db) => db,
            None => Db::sqlite_at(data.path().join("baton.db")),
        };
        let baton = serve(&github, &model, &db, &data).await;
        Scene { github, model, db, data, baton }
    }

    /// Kills the process and starts it again. The boxes are ready for the `next` moment before it
    /// can call them.
    pub(super) async fn restarts(self, next: Option<Moment>) -> Scene {
        let Scene { github, model, db, data, baton } = self;
        let log = baton.kill().await;
        assert!(!log.contains("panicked"), "{log}");
        github.clear_faults();
        if let Some(next) = next {
            next.prepare(&github, &model);
        }
        Stopped { github, model, db, data }.starts().await
    }

    /// Lets webhooks flow until `moment`.
    pub(super) async fn goes_on_until(&self, moment: Moment) {
        in_time("the moment", async {
            while !moment.has_come(self) {
                self.flows().await;
            }
        })
        .await;
    }

    /// Lets webhooks flow until `ended` holds of the issue and nothing waits any more.
    pub(super) async fn comes_to_its_end(
        &self,
        number: IssueNumber,
        ended: impl Fn(&IssueView) -> bool,
    ) {
        in_time("the end", async {
            while !ended(&self.issue(number)) || !self.is_at_rest().await {
                self.flows().await;
            }
        })
        .await;
    }

    /// Asks the process to stop, and waits until it has heard: nobody gets in any more.
    pub(super) async fn is_asked_to_stop(&self, signal: &str) {
        self.baton.signals(signal);
        in_time("the stop", async {
            while TcpStream::connect(self.baton.address).await.is_ok() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })
        .await;
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.baton.is_running()
    }

    /// Waits for the end of a process that was asked to stop.
    pub(super) async fn ends(self) -> (Stopped, ExitStatus) {
        let Scene { github, model, db, data, baton } = self;
        let (status, log) = baton.ends(GRACE).await;
        assert!(!log.contains("panicked"), "{log}");
        (Stopped { github, model, db, data }, status)
    }

    /// Stops the process as a host does, once the story is told and has cost what it may: a plain
    /// telling takes `calls` of the model, and each call `in_flight` at a kill may be paid again.
    pub(super) async fn stops(self, calls: usize, in_flight: usize) {
        let asked: Vec<_> = self.github.calls().iter().filter_map(forbidden).collect();
        assert_eq!(asked, Vec::<&str>::new());
        let Scene { github, model, db, data, baton } = self;
        let (status, log) = baton.terminate(GRACE).await;
        assert!(status.success(), "{log}");
        assert!(!log.contains("panicked"), "{log}");
        check_bill(&model, &db, calls, in_flight).await;
        drop((github, data));
    }

    /// Posts what waits, and what was not taken in time once more, as GitHub's log lets one do.
    async fn flows(&self) {
        self.github.deliver_pending().await;
        for lost in self.github.deliveries() {
            if lost.state == DeliveryState::Failed {
                self.github.redeliver(lost.id);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }

    /// Whether nothing waits any more, anywhere.
    async fn is_at_rest(&self) -> bool {
        let health = format!("http://{}/health", self.baton.address);
        let told = reqwest::get(&health).await.unwrap().text().await.unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let waiting = ["inbox_pending", "effects_pending", "runs_live"];
        waiting.iter().all(|it| told[it] == 0) && self.github.pending_deliveries() == 0
    }

    pub(super) fn issue(&self, number: IssueNumber) -> IssueView {
        self.github.repo().issue(number).unwrap()
    }
}

async fn serve(github: &GitHub, model: &ModelServer, db: &Db, data: &tempfile::TempDir) -> Baton {
    let api = github.api_url().strip_prefix("http://").unwrap().parse().unwrap();
    let mut variables =
        vec![("ANTHROPIC_API_KEY", "any"), ("ANTHROPIC_BASE_URL", model.base_url())];
    if let DatabaseSettings::Postgres { url } = &db.settings {
        variables.push(("DATABASE_URL", url));
    }
    let baton = Baton::serve(data.path(), api, &variables).await;
    github.move_hook_url(&format!("http://{}/webhooks/github", baton.address));
    baton
}

impl Moment {
    /// Makes the boxes keep back what the moment is about.
    pub(super) fn prepare(self, github: &GitHub, model: &ModelServer) {
        match self {
            Acknowledged | Answering(_) => {}
            Asked(k) => model.strikes(k, Strike::Before(model::Fault::Hang)),
            Billed(k) => model.strikes(k, Strike::AfterBilled(model::Fault::Hang)),
            Called(method, template, skip, _) => {
                let when = CallMatcher { skip, ..CallMatcher::call(method, template) };
                github.fault(FaultRule::once(when, Fault::Delay(NEVER)));
            }
        }
    }

    fn has_come(self, scene: &Scene) -> bool {
        let calls = || scene.model.calls().into_iter().filter(|it| it.path == "/v1/messages");
        match self {
            Acknowledged => scene.github.pending_deliveries() == 0,
            Asked(k) => k <= calls().count(),
            Billed(k) => k <= scene.model.books().len(),
            Answering(k) => k <= calls().filter(|it| it.status.is_some()).count(),
            Called(_, _, _, says) => {
                let kept = scene.github.unmet_faults().is_empty();
                if kept {
                    // Otherwise the process is killed somewhere else than the test thinks.
                    let call = scene.github.calls().into_iter().rfind(|it| it.fault.is_some());
                    let call = call.unwrap();
                    let said = format!("{} {:?}", call.path, call.body);
                    assert!(said.contains(says), "{said}");
                }
                kept
            }
        }
    }

    /// Whether a call to the model is in flight.
    pub(super) fn may_pay_twice(self) -> bool {
        match self {
            Asked(_) | Billed(_) | Answering(_) => true,
            // The run may have been begun meanwhile.
            Acknowledged | Called("POST", COMMENTS, 0, _) => true,
            Called(..) => false,
        }
    }
}

async fn in_time(what: &str, coming: impl Future<Output = ()>) {
    assert!(tokio::time::timeout(TOLD, coming).await.is_ok(), "{what} never came");
}

/// The ledger covers what the provider billed, and no more calls were billed again than were in
/// flight when the process was killed.
async fn check_bill(model: &ModelServer, db: &Db, calls: usize, in_flight: usize) {
    assert_eq!(model.problems(), Vec::<String>::new());
    let books = model.books();
    let doubled = books.len() - calls;
    assert!(doubled <= in_flight, "{doubled} calls were paid twice: {books:#?}");
    let mut connection = db.connect().await;
    let wrong = order::bill(&books, SystemClock.now(), &mut connection).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM ledger WHERE state = 'assumed'";
    let assumed: i64 = sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0);
    let assumed = usize::try_from(assumed).unwrap();
    assert!(assumed <= in_flight, "{assumed} calls are booked at their worst case");
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM reservations WHERE state = 'open'";
    let open: i64 = sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0);
    assert_eq!(open, 0, "calls are neither settled nor assumed");
    connection.close().await.unwrap();
}

/// Whether a comment has one of Baton's reactions.
pub(super) fn has_reaction(issue: &IssueView, comment: CommentId, content: &str) -> bool {
    let mut comments = issue.comments.iter().filter(|it| it.id == comment);
    comments.any(|it| it.reactions.iter().any(|it| it.content == content))
}
