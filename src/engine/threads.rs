//! The open threads of a pull request: which are taken up when somebody asks for it, kept for the
//! run that builds them and for the answers that follow.
//!
//! Only threads that people with write began count, and of their comments only those of people with
//! write: what others say there orders nothing and reaches no model (`trust.md`, rule 9).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::{IssueKey, IssueNumber, ReviewCommentId, Timestamp, UserId};
use crate::domain::command::{Command, DEFAULT_BARE, Found, Names, commands_in};
use crate::domain::hygiene::Secrets;
use crate::domain::incoming::{Account, ReviewCommentSnapshot};
use crate::domain::permission::Right;
use crate::domain::plan::paths::path_fault;
use crate::domain::plan::{Task, TaskKind, Verify};
use crate::domain::tier::Complexity;
use crate::domain::workflow::{Block, Ci, Event, Held, Request, Stage, Threads, Tick, review_task};
use crate::engine::Engine;
use crate::engine::facts::pause_after;
use crate::engine::ingest::Subject;
use crate::engine::planner::clean;
use crate::engine::words::OUR_MARK;
use crate::github::client::{GitHubError, Marks, ReadPort, ReviewThread, Told, Untold};
use crate::render::review::{OnLine, place, thread};
use crate::scout::named_paths;
use crate::store::{CommitError, InboxRow, StoreError};

/// The title of the task that a round becomes.
pub(super) const REVIEW_TITLE: &str = "Do what the review asks for";

/// The same, where nobody says more than that what a person broke is to be mended.
const MENDED_TITLE: &str = "Mend the checks that failed";

/// More threads than this are left for the next round.
const THREADS_MAX: usize = 30;

/// One round: what was asked for, by whom, and where the branch stood.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ReviewRound {
    /// The login of whoever asked.
    pub(super) asked_by: String,
    /// What they said beside the threads.
    pub(super) text: String,
    /// Baton's last commit at that moment.
    pub(super) stood_at: Option<String>,
    /// The threads.
    pub(super) threads: Vec<KeptThread>,
}

/// A thread as it read when somebody asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptThread {
    /// Its first comment.
    pub(super) id: ReviewCommentId,
    /// The file.
    pub(super) path: String,
    /// The line, where it is still there.
    pub(super) line: Option<u32>,
    /// Who said what, oldest first.
    pub(super) comments: Vec<(String, String)>,
}

/// The open threads as a fact, or the time to ask again.
pub(super) enum OpenThreads {
    Known(Threads),
    AskAgain { at: Timestamp, why: String },
}

impl Engine {
    /// Reads the open threads if `events` ask to have them built, and keeps them for the round that
    /// would begin.
    pub(super) async fn open_threads(
        &self,
        row: &InboxRow,
        subject: &Subject,
        events: &[Event],
    ) -> Result<OpenThreads, CommitError> {
        let (Stage::Ready { work }
        | Stage::Blocked { why: Block::Ci(Ci::Red), held: Held { work: Some(work), .. } }) =
            &subject.state.stage
        else {
            return Ok(OpenThreads::Known(Threads::NotRead));
        };
        let Some((asked_by, text)) = events.iter().find_map(asks_to_fix) else {
            return Ok(OpenThreads::Known(Threads::NotRead));
        };
        let found = match self.pull_request(subject.key).await? {
            Some(number) => self.threads_of(subject, number, marks(row)).await,
            None => Ok(Some(Vec::new())),
        };
        let threads = match found {
            Ok(Some(threads)) => threads,
            Ok(None) => return Ok(OpenThreads::Known(Threads::Unknown)),
            Err(error) => {
                return Ok(match self.ask_again_at(row, subject.installation, &error).await? {
                    Some(at) => OpenThreads::AskAgain { at, why: error.to_string() },
                    None => OpenThreads::Known(Threads::Unknown),
                });
            }
        };
        let n_open = threads.len();
        let stood_at = self.store.handle(subject.key, "plan-commit").await?;
        let round = ReviewRound { asked_by, text, stood_at, threads };
        let kept = serde_json::to_string(&round).unwrap_or_default();
        let task = review_task(work.fixes.saturating_add(1));
        self.store.save_handle(subject.key, &task, &kept).await?;
        Ok(OpenThreads::Known(Threads::Open(n_open)))
    }

    /// What a round is about; `None` for one that never began.
    pub(super) async fn review_round(
        &self,
        issue: IssueKey,
        task: &str,
    ) -> Result<Option<ReviewRound>, StoreError> {
        let kept = self.store.handle(issue, task).await?;
        Ok(kept.and_then(|it| serde_json::from_str(&it).ok()))
    }

    /// The open threads of people with write; `None` where GitHub does not hand them out.
    async fn threads_of(
        &self,
        subject: &Subject,
        number: IssueNumber,
        marks: Marks,
    ) -> Result<Option<Vec<KeptThread>>, GitHubError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let found = match reader.review_threads(number, marks).await? {
            Told::Known(found) => found.items,
            Told::Unknown(Untold::NotOffered) => Vec::new(),
            Told::Unknown(_) => return Ok(None),
        };
        let slug = self.slug().await;
        let mut writers = Writers { reader: &reader, known: BTreeMap::new() };
        let mut open = Vec::new();
        for thread in found.into_iter().filter(is_open) {
            if THREADS_MAX <= open.len() {
                break;
            }
            let Some(root) = thread.comments.iter().find(|it| it.id == thread.id) else { continue };
            if !writers.wrote(root).await? {
                continue;
            }
            let mut comments = Vec::new();
            for comment in &thread.comments {
                if !writers.wrote(comment).await? {
                    continue;
                }
                let text = self.secrets.redact(&without_orders(&comment.body, &slug));
                if !text.is_empty() {
                    let login = comment.author.as_ref().map(|it| it.login.clone());
                    comments.push((login.unwrap_or_default(), text));
                }
            }
            if !comments.is_empty() {
                let (path, line) = (root.path.clone(), root.line);
                open.push(KeptThread { id: thread.id, path, line, comments });
            }
        }
        Ok(Some(open))
    }
}

/// Who has write, each asked for once.
struct Writers<'a> {
    reader: &'a ReadPort,
    known: BTreeMap<UserId, bool>,
}

impl Writers<'_> {
    /// Whether a person with write wrote the comment.
    async fn wrote(&mut self, comment: &ReviewCommentSnapshot) -> Result<bool, GitHubError> {
        match &comment.author {
            Some(author) if !author.bot && !comment.by_app => self.may_write(author).await,
            Some(_) | None => Ok(false),
        }
    }

    async fn may_write(&mut self, author: &Account) -> Result<bool, GitHubError> {
        if let Some(known) = self.known.get(&author.id) {
            return Ok(*known);
        }
        let right = match self.reader.permission(&author.login, author.id).await {
            Ok(permission) => permission.right,
            Err(error) if error.retryable() => return Err(error),
            Err(_) => Right::None,
        };
        let may = Right::Write <= right;
        self.known.insert(author.id, may);
        Ok(may)
    }
}

/// Whether nobody resolved it; where the server does not tell, whether Baton has not answered.
fn is_open(thread: &ReviewThread) -> bool {
    match thread.resolved {
        Some(resolved) => !resolved,
        None => !thread.comments.iter().any(is_answer),
    }
}

/// Whether a comment in a thread is Baton's own.
pub(super) fn is_answer(comment: &ReviewCommentSnapshot) -> bool {
    let is_bot = comment.by_app || comment.author.as_ref().is_none_or(|it| it.bot);
    is_bot && comment.body.trim_start().starts_with(OUR_MARK)
}

/// The comment without lines that are commands: they were for Baton, and say nothing to a model.
fn without_orders(body: &str, slug: &str) -> String {
    let names = Names { slug, bare: &DEFAULT_BARE };
    let is_order = |line: &&str| commands_in(line, &names).is_empty();
    body.lines().filter(is_order).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// As long as GitHub would be asked again, what it has trouble telling is waited for.
fn marks(row: &InboxRow) -> Marks {
    match pause_after(row.attempts) {
        Some(_) => Marks::Needed,
        None => Marks::IfTold,
    }
}

/// Who may ask, and does, with what words.
fn asks_to_fix(event: &Event) -> Option<(String, String)> {
    let (by, text) = match event {
        Event::Asked { by, request: Request::Command(Command::Fix { text }), .. } => {
            (by, text.as_str())
        }
        Event::FixAsked { by, text, .. } => (by, text.as_str()),
        Event::Ticked { by, tick: Tick::Fix { .. } } => (by, ""),
        Event::Asked { .. }
        | Event::Ticked { .. }
        | Event::Opened
        | Event::Edited
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Reviewed { .. }
        | Event::Pushed { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::Answered { .. }
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::RelatedPull { .. }
        | Event::PlanMerged { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => return None,
    };
    (!by.bot && Right::Write <= by.right).then(|| (by.login.clone(), text.to_owned()))
}

/// The words of a `fix` in `text`, if it holds one.
pub(super) fn fix_in(found: Vec<Found>) -> Option<String> {
    found.into_iter().find_map(|it| match it {
        Found::Command { command: Command::Fix { text }, .. } => Some(text),
        Found::Command { .. }
        | Found::Unknown { .. }
        | Found::Malformed { .. }
        | Found::Lookalike { .. }
        | Found::TooMany { .. } => None,
    })
}

impl ReviewRound {
    /// The round as a task: each thread is something that has to hold. Where nobody says anything, the
    /// checks that a person broke do.
    pub(super) fn task(&self, id: &str) -> Task {
        let threads = self.threads.iter().enumerate();
        let lines = threads.map(|(i, it)| {
            format!("What thread {} about {} asks for is done.", i + 1, place(&it.path, it.line))
        });
        let words = (!self.text.trim().is_empty())
            .then(|| format!("What {} asks for beside the threads is done.", self.asked_by));
        let mut files: Vec<String> = self.threads.iter().map(|it| it.path.clone()).collect();
        files.sort();
        files.dedup();
        let mut acceptance: Vec<String> = lines.chain(words).collect();
        let title = if acceptance.is_empty() { MENDED_TITLE } else { REVIEW_TITLE };
        if acceptance.is_empty() {
            acceptance.push("The checks that failed on the branch pass.".to_owned());
        }
        Task {
            id: id.to_owned(),
            title: title.to_owned(),
            phase: String::new(),
            kind: TaskKind::Implement,
            complexity: Complexity::Medium,
            tier: None,
            files,
            blocked_by: Vec::new(),
            acceptance,
            verify: Verify::None("whoever asked looks again".to_owned()),
        }
    }

    /// The files that people with write named when they asked: where their threads stand, and what
    /// they call by its path in their own words. What they quote is somebody else's word.
    pub(super) fn named_files(&self) -> BTreeSet<String> {
        let said = self.threads.iter().flat_map(|it| it.comments.iter().map(|(_, text)| text));
        let own = said.chain([&self.text]).flat_map(|it| it.lines());
        let own = own.filter(|it| !it.trim_start().starts_with('>')).flat_map(named_paths);
        let places = self.threads.iter().map(|it| it.path.as_str());
        let named = places.chain(own).filter(|it| path_fault(it).is_none());
        named.map(str::to_owned).collect()
    }

    /// What people said, each thread quoted below its place.
    pub(super) fn instructions(&self, secrets: &Secrets) -> Vec<String> {
        let threads = self.threads.iter().enumerate().map(|(i, it)| {
            let said: Vec<OnLine<'_>> = it
                .comments
                .iter()
                .map(|(author, text)| OnLine { path: &it.path, line: it.line, author, text })
                .collect();
            clean(secrets, &thread(i + 1, &said))
        });
        let words = (!self.text.trim().is_empty())
            .then(|| clean(secrets, &format!("{} asks for:\n{}", self.asked_by, self.text.trim())));
        threads.chain(words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(without_orders(body, "baton"), expected);
    }

    #[test]
    fn lines_for_baton_are_not_for_the_model() {
        check("Rename it.", "Rename it.");
        check("Rename it.\n/baton fix", "Rename it.");
        check("/baton fix keep the alias", "");
        check("@baton fix\n\nWhy?", "Why?");
        check("  \n/baton stop\n", "");
    }

    fn comment(id: i64, bot: bool, body: &str) -> ReviewCommentSnapshot {
        let author = Account { id: UserId(id), login: "x".to_owned(), bot };
        ReviewCommentSnapshot {
            id: ReviewCommentId(id),
            body: body.to_owned(),
            author: Some(author),
            created_at: None,
            updated_at: None,
            by_app: false,
            review: None,
            in_reply_to: None,
            path: "a.rs".to_owned(),
            line: Some(1),
            commit: None,
        }
    }

    #[track_caller]
    fn check_open(resolved: Option<bool>, bodies: &[(bool, &str)], expected: bool) {
        let comments = bodies.iter().map(|(bot, body)| comment(1, *bot, body)).collect();
        let id = ReviewCommentId(1);
        let thread = ReviewThread { id, comments, resolved, outdated: false };
        assert_eq!(is_open(&thread), expected, "{resolved:?} {bodies:?}");
    }

    #[test]
    fn a_thread_is_open_until_it_is_resolved_or_where_nobody_tells_answered() {
        let ours = (true, "<!-- baton:key=1 -->\nAddressed");
        check_open(Some(false), &[(false, "No."), ours], true);
        check_open(Some(true), &[(false, "No.")], false);
        check_open(None, &[(false, "No.")], true);
        check_open(None, &[(false, "No."), ours], false);
        // A marker that a person wrote is not Baton's, and not every bot is Baton.
        check_open(None, &[(false, "No."), (false, "<!-- baton:key=1 -->")], true);
        check_open(None, &[(false, "No."), (true, "Coverage fell.")], true);
    }

    #[test]
    fn each_thread_and_the_words_are_what_must_hold() {
        let thread = KeptThread {
            id: ReviewCommentId(1),
            path: "a.rs".to_owned(),
            line: Some(3),
            comments: vec![("bob".to_owned(), "No.".to_owned())],
        };
        let round = ReviewRound {
            asked_by: "ann".to_owned(),
            text: " Smaller. ".to_owned(),
            stood_at: None,
            threads: vec![thread.clone(), thread],
        };
        let task = round.task("review-1");
        let expected = [
            "What thread 1 about `a.rs`, line 3 asks for is done.",
            "What thread 2 about `a.rs`, line 3 asks for is done.",
            "What ann asks for beside the threads is done.",
        ];
        assert_eq!(task.acceptance, expected);
        assert_eq!((task.id.as_str(), task.files), ("review-1", vec!["a.rs".to_owned()]));
    }

    #[test]
    fn the_files_of_a_round_are_those_that_people_named_themselves() {
        let said = "Move it to `src/ttl.rs`.\n> better src/evil.rs\nNot .github/workflows/ci.yml.";
        let thread = KeptThread {
            id: ReviewCommentId(1),
            path: "a.rs".to_owned(),
            line: None,
            comments: vec![("bob".to_owned(), said.to_owned())],
        };
        let round = ReviewRound {
            asked_by: "ann".to_owned(),
            text: "and test it in tests/ttl.rs, please".to_owned(),
            stood_at: None,
            threads: vec![thread],
        };
        let named: Vec<String> = round.named_files().into_iter().collect();
        assert_eq!(named, ["a.rs", "src/ttl.rs", "tests/ttl.rs"]);
    }
}
