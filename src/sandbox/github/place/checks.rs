//! Checks, statuses and CI, as a page or an assertion reads them and as a test sets them.

use super::super::acts::NewCheck;
use super::super::lock;
use super::super::world::{
    Actor, CheckOutput, CheckRun, CheckStatus, CiBehaviour, Conclusion, StatusState, World,
};
use super::Place;
use crate::base::Sha;
use crate::sandbox::git::GitError;

/// A check of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckView {
    /// Its id.
    pub id: i64,
    /// The slug of the App that made it.
    pub app: String,
    /// Its name.
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: &'static str,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// The App's own reference.
    pub external_id: Option<String>,
    /// What it shows: the title, …
    pub title: Option<String>,
    /// … the summary, …
    pub summary: Option<String>,
    /// … and the text below.
    pub text: Option<String>,
    /// How many annotations it has.
    pub annotations: usize,
    /// Its buttons: label and identifier.
    pub buttons: Vec<(String, String)>,
}

/// The newest status of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusView {
    /// What it is about.
    pub context: String,
    /// What it says.
    pub state: StatusState,
    /// What it says in words.
    pub description: Option<String>,
}

impl Place {
    /// The newest check of each suite and name at a commit, oldest first.
    pub fn checks(&self, sha: &Sha) -> Vec<CheckView> {
        self.read(|world, it| {
            it.checks.latest_at(sha).into_iter().map(|run| check_view(world, run)).collect()
        })
    }

    /// The newest status of each context at a commit, oldest first.
    pub fn statuses(&self, sha: &Sha) -> Vec<StatusView> {
        self.read(|_, it| {
            let of_commit: Vec<_> = it.statuses.iter().filter(|it| it.sha == *sha).collect();
            let newest = of_commit.iter().filter(|status| {
                of_commit.iter().all(|it| it.context != status.context || it.id <= status.id)
            });
            newest
                .map(|it| StatusView {
                    context: it.context.clone(),
                    state: it.state,
                    description: it.description.clone(),
                })
                .collect()
        })
    }

    /// How CI behaves on every push from now on.
    pub fn ci(&self, behaviour: CiBehaviour) {
        self.ci_on("*", behaviour);
    }

    /// How CI behaves on pushes to a branch, or to all that begin so (`baton/*`). The last that
    /// fits holds; in the beginning there is no CI.
    pub fn ci_on(&self, branch: &str, behaviour: CiBehaviour) {
        let mut world = lock(&self.world);
        let rules = &mut world.repo_mut(self.id).ci.rules;
        rules.retain(|it| it.0 != branch);
        rules.push((branch.to_owned(), behaviour));
    }

    /// How CI would behave on a push to this branch.
    pub fn ci_of(&self, branch: &str) -> CiBehaviour {
        self.read(|_, it| it.ci.on(branch))
    }

    /// The names of the workflow's jobs; in the beginning one, `test`.
    pub fn ci_jobs(&self, names: &[&str]) {
        let jobs = names.iter().map(|it| (*it).to_owned()).collect();
        lock(&self.world).repo_mut(self.id).ci.jobs = jobs;
    }

    /// A job of this name begins at a commit and says its id: one that is queued goes on, one that
    /// ended runs again, and one that was never there is made.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn ci_starts(&self, sha: &Sha, name: &str) -> Result<i64, GitError> {
        let mut world = lock(&self.world);
        world.repo(self.id).git.commit(sha)?;
        Ok(world.start_job(self.id, sha, name))
    }

    /// The job of this name at a commit ends like this, having printed this; it begins first
    /// where it has not.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn ci_concludes(
        &self,
        sha: &Sha,
        name: &str,
        conclusion: Conclusion,
        log: &str,
    ) -> Result<i64, GitError> {
        let id = self.ci_starts(sha, name)?;
        lock(&self.world).conclude_job(self.id, id, conclusion, log);
        Ok(id)
    }

    /// Another App checks a commit and is done at once.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn app_checks(
        &self,
        slug: &str,
        sha: &Sha,
        name: &str,
        conclusion: Conclusion,
    ) -> Result<i64, GitError> {
        let mut world = lock(&self.world);
        world.repo(self.id).git.commit(sha)?;
        let app = world.ensure_app(slug);
        let bot = world.other_apps.get(&app).map(|it| it.bot);
        let now = world.now();
        let new = NewCheck {
            app,
            suite: None,
            name: name.to_owned(),
            head_sha: sha.clone(),
            external_id: None,
            details_url: None,
            status: CheckStatus::Completed(conclusion, now),
            started_at: now,
            output: CheckOutput::default(),
            actions: Vec::new(),
            job: None,
        };
        let actor = bot.map_or_else(|| world.app_actor(), Actor::person);
        Ok(world.create_check(self.id, actor, new))
    }

    /// Another App is installed that gets a check suite for every push and never says a word: its
    /// suites stay queued.
    pub fn installs_silent_app(&self, slug: &str) {
        let mut world = lock(&self.world);
        let app = world.ensure_app(slug);
        world.repo_mut(self.id).checks.apps.push(app);
    }
}

fn check_view(world: &World, run: &CheckRun) -> CheckView {
    let other = world.other_apps.get(&run.app).map(|it| it.slug.clone());
    CheckView {
        id: run.id,
        app: other.unwrap_or_else(|| world.app.slug.clone()),
        name: run.name.clone(),
        status: run.status.name(),
        conclusion: run.status.conclusion(),
        external_id: run.external_id.clone(),
        title: run.output.title.clone(),
        summary: run.output.summary.clone(),
        text: run.output.text.clone(),
        annotations: run.output.annotations.len(),
        buttons: run.actions.iter().map(|it| (it.label.clone(), it.identifier.clone())).collect(),
    }
}
