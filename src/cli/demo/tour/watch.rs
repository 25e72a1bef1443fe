//! What happened in the world since somebody last looked, in the order a person would tell it.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Clock, CommentId, IssueKey, IssueNumber, RunId, Sha};
use crate::cli::terminal::plain;
use crate::cli::world::World;
use crate::domain::conversation::Block;
use crate::domain::session::Entry;
use crate::sandbox::github::{CommentView, IssueView};
use crate::store::StoreError;

/// The width of a quoted text.
pub(super) const QUOTE_WIDTH: usize = 94;

/// Something that happened.
pub(super) struct News {
    /// When, as a time of day.
    pub(super) at: String,
    /// One line.
    pub(super) line: String,
    /// What was written, laid out.
    pub(super) quote: Vec<String>,
}

/// Remembers what it saw.
#[derive(Default)]
pub(super) struct Watcher {
    comments: BTreeMap<CommentId, CommentView>,
    reactions: BTreeSet<(CommentId, String, &'static str)>,
    labels: BTreeSet<(IssueNumber, String)>,
    pulls: BTreeMap<IssueNumber, IssueView>,
    branches: BTreeMap<String, Sha>,
    entries: BTreeMap<RunId, usize>,
    decisions: BTreeMap<IssueNumber, usize>,
}

impl Watcher {
    /// A watcher who has seen everything up to now.
    pub(super) async fn begin(world: &World) -> Result<Watcher, StoreError> {
        let mut watcher = Watcher::default();
        watcher.news(world).await?;
        Ok(watcher)
    }

    /// What Baton did since the last look. What people do is told by who does it.
    pub(super) async fn news(&mut self, world: &World) -> Result<Vec<News>, StoreError> {
        let at = world.clock.now().time_of_day();
        let mut told = Vec::new();
        for issue in world.github.repo().issues() {
            self.decisions(world, issue.number, &mut told).await?;
            self.turns(world, issue.number, &mut told).await?;
        }
        self.commits(world, &mut told);
        for issue in world.github.repo().issues() {
            self.conversation(&issue, &mut told);
        }
        for pull in world.github.repo().pulls() {
            self.pull(&pull, &mut told);
            self.conversation(&pull, &mut told);
        }
        let news = |(line, quote)| News { at: at.clone(), line, quote };
        Ok(told.into_iter().map(news).collect())
    }

    /// Decisions, from the history of the issue.
    async fn decisions(
        &mut self,
        world: &World,
        number: IssueNumber,
        told: &mut Vec<(String, Vec<String>)>,
    ) -> Result<(), StoreError> {
        let Some(installation) = world.github.installation_id() else { return Ok(()) };
        let key = IssueKey { repository: world.github.repo().id(), number };
        let rows = world.engine.store.history(installation, key).await?;
        let seen = self.decisions.insert(number, rows.len()).unwrap_or(0);
        for row in rows.iter().skip(seen).filter(|it| it.from != it.to) {
            let line = format!("Baton decides: {} ({} → {})", row.event, row.from, row.to);
            told.push((line, Vec::new()));
        }
        Ok(())
    }

    /// What the planner did, from the transcript of the run.
    async fn turns(
        &mut self,
        world: &World,
        number: IssueNumber,
        told: &mut Vec<(String, Vec<String>)>,
    ) -> Result<(), StoreError> {
        let key = IssueKey { repository: world.github.repo().id(), number };
        let Some(run) = world.engine.store.newest_run(key).await? else { return Ok(()) };
        let rows = world.engine.store.entries(&run.id).await?;
        let seen = self.entries.insert(run.id.clone(), rows.len()).unwrap_or(0);
        for row in rows.into_iter().skip(seen) {
            let Ok(Entry::Answered { answer, .. }) = serde_json::from_value(row.entry) else {
                continue;
            };
            let mut quote = Vec::new();
            for block in &answer.content {
                match block {
                    Block::Text { text } => quote.extend(plain(text, QUOTE_WIDTH)),
                    Block::ToolUse { name, input, .. } => quote.push(call(name, input)),
                    Block::ToolResult { .. } | Block::Opaque { .. } => {}
                }
            }
            told.push((format!("The {} ({}) answers", run.role, answer.model), quote));
        }
        Ok(())
    }

    fn commits(&mut self, world: &World, told: &mut Vec<(String, Vec<String>)>) {
        let repo = world.github.repo();
        for (branch, sha) in repo.branches() {
            let before = self.branches.insert(branch.clone(), sha.clone());
            if before.as_ref() == Some(&sha) {
                continue;
            }
            for commit in repo.commits(&branch).into_iter().take(1) {
                let files = commit.files.iter().map(|it| format!("  {it}"));
                let subject = commit.message.lines().next().unwrap_or_default().to_owned();
                let quote = std::iter::once(subject).chain(files).collect();
                let author = name(&commit.author);
                let short = &sha.as_str()[..7.min(sha.as_str().len())];
                told.push((format!("{author} commits {short} on {branch}"), quote));
            }
        }
    }

    fn pull(&mut self, pull: &IssueView, told: &mut Vec<(String, Vec<String>)>) {
        let draft = pull.pull.as_ref().is_some_and(|it| it.draft);
        let kind = if draft { "draft pull request" } else { "pull request" };
        let before = self.pulls.insert(pull.number, pull.clone());
        let author = name(&pull.author);
        match before {
            None => {
                let line = format!("{author} opens {kind} #{} {}", pull.number, pull.title);
                told.push((line, plain(&pull.body, QUOTE_WIDTH)));
            }
            Some(before) if before.body != pull.body || before.title != pull.title => {
                let line = format!("{author} rewrites {kind} #{} {}", pull.number, pull.title);
                told.push((line, changed(&before.body, &pull.body)));
            }
            Some(_) => {}
        }
    }

    fn conversation(&mut self, issue: &IssueView, told: &mut Vec<(String, Vec<String>)>) {
        for label in &issue.labels {
            if self.labels.insert((issue.number, label.clone())) {
                told.push((format!("#{} carries the label {label}", issue.number), Vec::new()));
            }
        }
        for comment in &issue.comments {
            for reaction in &comment.reactions {
                let key = (comment.id, reaction.by.clone(), reaction.content);
                if self.reactions.insert(key) {
                    let (by, to) = (name(&reaction.by), name(&comment.author));
                    let sign = sign(reaction.content);
                    told.push((format!("{by} reacts to {to}'s comment: {sign}"), Vec::new()));
                }
            }
            let before = self.comments.insert(comment.id, comment.clone());
            let author = name(&comment.author);
            let is_bot = comment.author.ends_with("[bot]");
            match before {
                None if is_bot => {
                    let line = format!("{author} comments on #{}", issue.number);
                    told.push((line, plain(&comment.body, QUOTE_WIDTH)));
                }
                Some(before) if before.body != comment.body => {
                    let line = format!("{author} edits its comment on #{}", issue.number);
                    told.push((line, changed(&before.body, &comment.body)));
                }
                None | Some(_) => {}
            }
        }
    }
}

/// The lines of a text that its older form did not have.
fn changed(before: &str, after: &str) -> Vec<String> {
    let old = plain(before, QUOTE_WIDTH);
    let new = plain(after, QUOTE_WIDTH);
    new.into_iter().filter(|it| !it.is_empty() && !old.contains(it)).collect()
}

/// A tool call as one line.
fn call(name: &str, input: &serde_json::Value) -> String {
    let argument = ["path", "pattern", "query", "dir"].iter().find_map(|it| input[*it].as_str());
    match argument {
        Some(argument) => format!("→ {name} {argument}"),
        None => format!("→ {name}"),
    }
}

/// `baton[bot]` is Baton.
fn name(login: &str) -> String {
    match login {
        "baton[bot]" => "Baton".to_owned(),
        other => other.to_owned(),
    }
}

/// A reaction as people call it.
fn sign(content: &str) -> String {
    let meaning = match content {
        "eyes" => "seen",
        "rocket" => "done",
        "confused" => "refused or not understood",
        _ => return content.to_owned(),
    };
    format!("{content} ({meaning})")
}
