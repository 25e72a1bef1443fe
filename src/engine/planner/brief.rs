//! What a run is told at its start: the words of the moment it was asked for, the repository's own
//! instructions at the base commit, and what stood before it.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::base::{InstallationId, IssueKey, Sha, Timestamp};
use crate::domain::conversation::Tool;
use crate::domain::cost;
use crate::domain::hygiene::{self, Secrets};
use crate::domain::incoming::{IssueSnapshot, Repository};
use crate::domain::permission::Right;
use crate::domain::plan::schema::input_schema;
use crate::domain::session::{self, Brief, Limits};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::Ask;
use crate::engine::perform::outside::with_read;
use crate::engine::planner::StoredBrief;
use crate::engine::planner::comments::Readable;
use crate::engine::planner::snapshot::Trouble;
use crate::engine::planner::task::Assignment;
use crate::engine::{ASK, Engine, OUTSIDE_TEXTS};
use crate::github::client::ReadPort;
use crate::render::prompt::{
    INSTRUCTION_FILES, Opening, Revision, planner_opening, planner_system,
};
use crate::scout::Snapshot;

/// What a run is prepared from.
pub(in crate::engine) struct Order<'a> {
    pub(in crate::engine) issue: IssueKey,
    pub(in crate::engine) installation: InstallationId,
    pub(in crate::engine) repository: &'a Repository,
    pub(in crate::engine) snapshot: &'a IssueSnapshot,
    pub(in crate::engine) role: Role,
    pub(in crate::engine) tier: Tier,
    pub(in crate::engine) ask: &'a Ask,
    pub(in crate::engine) at: Timestamp,
}

impl Engine {
    /// Gathers everything a run begins with.
    pub(in crate::engine) async fn prepare(
        &self,
        order: &Order<'_>,
    ) -> Result<StoredBrief, Trouble> {
        let ask = self.real_ask(order).await?;
        if let Ask::Task { revision, task, trigger } = &ask {
            let assignment = Assignment { revision: *revision, task, trigger: *trigger };
            return self.prepare_task(order, &assignment).await;
        }
        if let Ask::Inspect { revision } = &ask {
            return self.prepare_inspection(order, *revision).await;
        }
        let base_sha = self.base_of(order).await?;
        let files = self.fetch_snapshot(order.installation, order.repository, &base_sha).await?;
        let Readable { comments, reading } = self.readable_comments(order, &ask).await?;
        let read = self.store.handle(order.issue, OUTSIDE_TEXTS).await;
        let read = with_read(read.map_err(|it| self.database(&it))?.as_deref(), &comments);
        let kept = self.store.save_handle(order.issue, OUTSIDE_TEXTS, &read).await;
        kept.map_err(|it| self.database(&it))?;
        let previous = self.previous(order, &ask).await?;
        let answers = self.answers_in_text(order.issue).await?;
        let model = cost::models_of(order.tier).first().copied().unwrap_or_default().to_owned();
        let started_at = self.clock.now();
        let money = match &ask {
            Ask::Plan { budget, .. } => self.policy.limits.with_run(*budget).run,
            Ask::Revise { .. } | Ask::Again | Ask::Task { .. } | Ask::Inspect { .. } => {
                self.policy.limits.run
            }
        };
        let session = Brief {
            model,
            role: Role::Planner,
            system: system(&self.secrets, &files),
            tools: tools(),
            opening: self.opening(
                order,
                &ask,
                &base_sha,
                &Material { comments, previous, answers, files },
            ),
            limits: Limits::default(),
            started_at,
        };
        let text_hash = text_hash(order.snapshot);
        let reading = Some(reading);
        Ok(StoredBrief { session, base_sha, money, estimate: None, ask, text_hash, reading })
    }

    /// The commit the plan is made on: the head of the default branch.
    async fn base_of(&self, order: &Order<'_>) -> Result<Sha, Trouble> {
        let reader = self.reader(order.installation, order.repository);
        let facts = reader.repository().await.map_err(|it| self.github_trouble(&it))?;
        let branch = facts.default_branch_or(order.repository.default_branch.as_deref());
        let head = reader.branch_head(&branch).await.map_err(|it| self.github_trouble(&it))?;
        match head {
            Some(head) => Ok(head),
            None => Err(self.without_base(&reader, &branch).await),
        }
    }

    /// Why there is no base commit: the repository has none at all, or it lies elsewhere.
    async fn without_base(&self, reader: &ReadPort, branch: &str) -> Trouble {
        let why = format!("its default branch `{branch}` was not found, though it has commits");
        match reader.has_commits().await {
            Ok(true) => Trouble::Never { why },
            Ok(false) => Trouble::Empty,
            Err(error) if error.retryable() => self.github_trouble(&error),
            // Nobody tells whether it is empty, so it is not called so.
            Err(_) => {
                Trouble::Never { why: format!("its default branch `{branch}` was not found") }
            }
        }
    }

    /// What is really asked: a retry asks again what was asked last.
    async fn real_ask(&self, order: &Order<'_>) -> Result<Ask, Trouble> {
        let Ask::Again = order.ask else { return Ok(order.ask.clone()) };
        let asked = self.store.handle(order.issue, ASK).await.map_err(|it| self.database(&it))?;
        let asked = asked.and_then(|it| serde_json::from_str::<Ask>(&it).ok());
        Ok(asked.unwrap_or(Ask::Plan { text: String::new(), budget: None, include: Vec::new() }))
    }

    async fn previous(&self, order: &Order<'_>, ask: &Ask) -> Result<Option<Previous>, Trouble> {
        let Ask::Revise { revision, text, include: _ } = ask else { return Ok(None) };
        let plan = self.store.plan(order.issue, i64::from(*revision)).await;
        let plan = plan.map_err(|it| self.database(&it))?;
        Ok(plan.map(|it| Previous {
            plan: self.secrets.redact(&without_tiers(it.plan).to_string()),
            revise: clean(&self.secrets, text),
        }))
    }

    /// What people have answered of this issue: also to a run that an end cut off, or that was asked
    /// for something else.
    async fn answers_in_text(&self, issue: IssueKey) -> Result<String, Trouble> {
        let answers = self.answers_so_far(issue).await.map_err(|it| self.database(&it))?;
        let line = |(question, answer): &(String, String)| format!("{question}\nAnswer: {answer}");
        Ok(answers.iter().map(line).collect::<Vec<_>>().join("\n\n"))
    }
}

/// A plan as a planner may submit it again: the tiers that people wrote into its table are theirs to
/// write.
fn without_tiers(mut plan: Value) -> Value {
    for task in plan["tasks"].as_array_mut().into_iter().flatten() {
        if let Some(task) = task.as_object_mut() {
            task.remove("tier");
        }
    }
    plan
}

/// A plan that is revised, in text.
struct Previous {
    plan: String,
    revise: String,
}

impl Previous {
    fn shown(&self) -> Revision<'_> {
        Revision { plan: &self.plan, revise: &self.revise }
    }
}

/// Foreign words as a model may read them: nothing hidden, no secret.
pub(in crate::engine) fn clean(secrets: &Secrets, text: &str) -> String {
    secrets.redact(&hygiene::strip_hidden(text).text)
}

/// Text of the repository as a model may read it: code keeps its comments, but what nobody sees
/// (zero-width, direction and tag characters) goes, and so do secrets.
pub(in crate::engine) fn as_read(secrets: &Secrets, text: &str) -> String {
    secrets.redact(&hygiene::strip_invisible(text).text)
}

/// The hash that tells whether an issue's text changed after a run read it.
pub(in crate::engine) fn text_hash(issue: &IssueSnapshot) -> String {
    let text = format!("{}\n{}", issue.title, issue.body);
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The repository's instruction files at the base commit, as a model may read them.
pub(super) fn instructions(secrets: &Secrets, files: &Snapshot) -> Vec<(&'static str, String)> {
    let text = |path: &&'static str| Some((*path, clean(secrets, &files.whole_text(path)?)));
    INSTRUCTION_FILES.iter().filter_map(text).collect()
}

fn system(secrets: &Secrets, files: &Snapshot) -> Vec<String> {
    let texts = instructions(secrets, files);
    let parts: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    planner_system(&parts)
}

fn tools() -> Vec<Tool> {
    session::planner_tools(input_schema())
}

/// What a run reads beside the issue.
struct Material {
    comments: Vec<(String, Right, String)>,
    previous: Option<Previous>,
    answers: String,
    files: Snapshot,
}

impl Engine {
    fn opening(&self, order: &Order<'_>, ask: &Ask, base_sha: &Sha, material: &Material) -> String {
        let repository = format!("{}/{}", order.repository.owner, order.repository.name);
        let request = match ask {
            Ask::Plan { text, .. } => clean(&self.secrets, text),
            Ask::Revise { .. } | Ask::Again | Ask::Task { .. } | Ask::Inspect { .. } => {
                String::new()
            }
        };
        let overview = material.files.list_files(None, None).unwrap_or_default();
        planner_opening(&Opening {
            repository: &repository,
            sha: base_sha.as_str(),
            number: order.issue.number,
            title: &clean(&self.secrets, &order.snapshot.title),
            body: &clean(&self.secrets, &order.snapshot.body),
            comments: &material.comments,
            request: &request,
            overview: &as_read(&self.secrets, &overview),
            left_out: material.files.left_out(),
            previous: material.previous.as_ref().map(Previous::shown),
            answers: &material.answers,
        })
    }
}
