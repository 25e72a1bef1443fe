//! The scenes of the tour: who does what, and what is worth knowing about it.

use std::io::Write;

use super::watch::{News, QUOTE_WIDTH, Watcher};
use super::{TourError, settle};
use crate::base::{Clock, IssueNumber, Millis};
use crate::cli::terminal::{plain, wrapped};
use crate::cli::world::{Bill, World};
use crate::sandbox::github::{ActRefused, CiBehaviour, Conclusion, Person, Role};

/// The width of what the teller says.
const WIDTH: usize = 100;

/// The one check of the repository's CI.
const CHECK: &str = "test";

/// The branches that Baton pushes to.
const OWN: &str = "baton/*";

/// People take their time between two scenes.
const PAUSE: Millis = Millis::minutes(7);

const TITLE: &str = "Add a Redis cache for answers";
/// The parts of the plan that are shown.
const SHOWN: [&str; 4] =
    ["## Summary", "### Files", "## Implementation Plan", "## Success Criteria"];

const BODY: &str = "\
The same few questions are asked all day, and every one is answered from scratch.

- Answers to repeated questions come from a Redis cache
- Entries expire after five minutes
- An answer still names its sources";

/// Writes the story down and prints it.
pub(super) struct Teller<'a> {
    out: &'a mut dyn Write,
    told: String,
    scenes: usize,
}

impl<'a> Teller<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Teller<'a> {
        Teller { out, told: String::new(), scenes: 0 }
    }

    pub(super) fn into_told(self) -> String {
        self.told
    }

    /// Something happened.
    pub(super) fn news(&mut self, news: &News) -> Result<(), TourError> {
        self.line(&format!("  {}  {}", news.at, news.line))?;
        news.quote.iter().try_for_each(|it| self.line(&format!("    | {it}")))
    }

    fn scene(&mut self, title: &str, about: &str) -> Result<(), TourError> {
        self.scenes += 1;
        let head = format!("{}. {title}", self.scenes);
        self.line("")?;
        self.line(&head)?;
        self.line(&"-".repeat(head.chars().count()))?;
        if about.is_empty() { Ok(()) } else { self.says(about) }
    }

    fn says(&mut self, text: &str) -> Result<(), TourError> {
        wrapped(text, WIDTH).iter().try_for_each(|it| self.line(it))
    }

    fn line(&mut self, text: &str) -> Result<(), TourError> {
        let text = text.trim_end();
        self.told.push_str(text);
        self.told.push('\n');
        writeln!(self.out, "{text}")?;
        Ok(self.out.flush()?)
    }
}

/// Plays all scenes.
pub(super) async fn play(world: &World, teller: &mut Teller<'_>) -> Result<(), TourError> {
    let ann = world.github.person("ann", Role::Maintain);
    let tom = world.github.person("tom", Role::Triage);
    let eve = world.github.stranger("eve");
    let mut watcher = Watcher::begin(world).await?;
    teller.line("Baton, a tour: from an issue to a merged pull request")?;
    teller.line("=====================================================")?;
    teller.says(
        "All of it runs in this process: a GitHub in a box that sends signed webhooks and keeps a \
         real git repository, a model in a box that reads that repository through Baton's tools, \
         SQLite, and the service exactly as it is served. Money is what the calls would cost at \
         list prices; nothing is spent. Only the clock is moved by hand.",
    )?;
    has_ci(world)?;
    let bill = Bill::of(world).await?;
    let mut stage = Stage { world, watcher: &mut watcher, teller, bill };
    let issue = stage.opens(&ann).await?;
    let about = "Scoring takes no model and costs nothing. tom has triage, and may ask.";
    stage.says("Which model should do it?", about, &tom, issue, "/baton route").await?;
    let about = "eve has no rights here. One reaction, no sentence: strangers cannot make Baton \
                 talk, and nothing is spent.";
    stage.says("A stranger asks for a plan", about, &eve, issue, "/baton plan").await?;
    let about = "The strong model reads the repository through tools that cannot write, and asks \
                 what the issue leaves open.";
    stage.says("A maintainer asks for a plan", about, &ann, issue, "/baton plan").await?;
    let about = "The run goes on where it stopped. Baton, not the model, checks the plan, writes \
                 the files, and opens a draft pull request for line comments.";
    stage.says("The maintainer answers", about, &ann, issue, "1a").await?;
    stage.shows_plan(issue)?;
    let about = "The plan goes back with what should change; the next revision is another commit \
                 on the same branch.";
    let text = "/baton revise count hits and misses, and log both once a minute";
    stage.says("The maintainer wants a change", about, &ann, issue, text).await?;
    let about = "A tick under the announcement, the command or a label: each is bound to the very \
                 content that stands on the branch. Whoever edits the plan afterwards voids it.";
    stage.ticks("The maintainer approves it", about, &ann, issue).await?;
    let about = "Approving spends nothing; this does. Each task goes to the cheapest tier that can do \
                 it, in a fresh conversation with the plan and no more. Baton, not the model, guards \
                 what was changed and commits it, and the repository's own checks say whether the \
                 task is done. Here they fail twice: the log goes back to the model, and then the \
                 task goes one tier up. When all tasks are done a test-agent and a review-agent \
                 look, before anybody is called.";
    let log =
        format!("test {CHECK} ... FAILED\n\nassertion failed: the answer names its sources\n");
    world.github.repo().ci_on(OWN, CiBehaviour::RedFor { pushes: 2, log });
    stage.says("Building begins", about, &ann, issue, "/baton implement").await?;
    let about = "Baton never merges. The pull request closes the issue, and the work ends with its bill: every call is booked, with the model that was asked for and the one that answered.";
    stage.merges("A person merges", about, &ann, issue).await?;
    stage.ends().await
}

/// The repository has checks that pass: on its default branch, and on what Baton pushes.
fn has_ci(world: &World) -> Result<(), TourError> {
    let repo = world.github.repo();
    repo.ci_on(OWN, CiBehaviour::Green);
    let main = repo.default_branch();
    let head = repo.branches().into_iter().find(|it| it.0 == main);
    if let Some((_, head)) = head {
        repo.ci_concludes(&head, CHECK, Conclusion::Success, "").map_err(ActRefused::from)?;
    }
    Ok(())
}

/// What the scenes are played on.
struct Stage<'a, 'b> {
    world: &'a World,
    watcher: &'a mut Watcher,
    teller: &'a mut Teller<'b>,
    /// What had been counted when the last scene ended.
    bill: Bill,
}

impl Stage<'_, '_> {
    async fn opens(&mut self, by: &Person) -> Result<IssueNumber, TourError> {
        let about = "Baton scores it and says nothing: in its default mode, quiet, it waits until \
                     somebody with triage or more speaks to it.";
        self.teller.scene("An issue is opened", about)?;
        let issue = by.opens(TITLE, BODY)?;
        self.person(&format!("{} opens #{issue} {TITLE}", by.login()), BODY)?;
        self.settles().await?;
        Ok(issue)
    }

    async fn says(
        &mut self,
        title: &str,
        about: &str,
        by: &Person,
        issue: IssueNumber,
        text: &str,
    ) -> Result<(), TourError> {
        self.world.pass(PAUSE);
        self.teller.scene(title, about)?;
        by.comments(issue, text)?;
        self.person(&format!("{} comments on #{issue}", by.login()), text)?;
        self.settles().await
    }

    /// Merges the pull request that Baton opened.
    async fn merges(
        &mut self,
        title: &str,
        about: &str,
        by: &Person,
        issue: IssueNumber,
    ) -> Result<(), TourError> {
        self.world.pass(PAUSE);
        self.teller.scene(title, about)?;
        let closes = format!("Closes #{issue}");
        let pulls = self.world.github.repo().pulls();
        let Some(pull) = pulls.into_iter().find(|it| it.open && it.body.contains(&closes)) else {
            return self.teller.says("There is no pull request that closes the issue.");
        };
        by.merges(pull.number)?;
        self.watcher.news(self.world).await?;
        self.person(&format!("{} merges pull request #{}", by.login(), pull.number), "")?;
        self.settles().await
    }

    /// Ticks the box under the newest announcement.
    async fn ticks(
        &mut self,
        title: &str,
        about: &str,
        by: &Person,
        issue: IssueNumber,
    ) -> Result<(), TourError> {
        const OPEN: &str = "- [ ] <!-- baton:do=";
        self.world.pass(PAUSE);
        self.teller.scene(title, about)?;
        let comments = self.world.github.repo().issue(issue).map(|it| it.comments);
        let mut comments = comments.unwrap_or_default().into_iter().rev();
        let Some(comment) = comments.find(|it| it.body.contains(OPEN)) else {
            return self.teller.says("There is no box to tick.");
        };
        by.edits_comment(comment.id, &comment.body.replacen(OPEN, &OPEN.replace("[ ]", "[x]"), 1))?;
        // The edit is the person's, and told by the next line.
        self.watcher.news(self.world).await?;
        self.person(&format!("{} ticks the box under the announcement", by.login()), "")?;
        self.settles().await
    }

    fn shows_plan(&mut self, issue: IssueNumber) -> Result<(), TourError> {
        let repo = self.world.github.repo();
        let about = "It is a file in the repository: people read, discuss and change it like code.";
        self.teller.scene("The plan, as committed", about)?;
        let own = |branch: &String| branch.starts_with(&format!("baton/{issue}-"));
        let Some(branch) = repo.branches().into_iter().map(|it| it.0).find(own) else {
            return self.teller.says("There is no branch with a plan.");
        };
        let path = format!("docs/prds/active/{issue}-plan.md");
        self.teller.line(&format!("  {path} on {branch}"))?;
        let text = repo.file(&branch, &path).unwrap_or_default();
        for line in plain(&extract(&text), QUOTE_WIDTH) {
            self.teller.line(&format!("    | {line}"))?;
        }
        let n_lines = text.lines().count();
        self.teller.line(&format!("    | … ({n_lines} lines in all)"))?;
        Ok(())
    }

    async fn ends(&mut self) -> Result<(), TourError> {
        let bill = Bill::of(self.world).await?;
        self.teller.scene("What it took", "")?;
        let Bill { webhooks, webhooks_failed, calls, writes, comments, pulls, model_calls, spent } =
            bill;
        for line in [
            format!("  webhooks       {webhooks} sent by GitHub, {webhooks_failed} not taken"),
            format!("  GitHub         {calls} calls, {writes} of them writes"),
            format!("  model          {model_calls} calls, {spent}"),
            format!(
                "  notifications  {} from Baton: {comments} comments, {pulls} pull request",
                bill.notifications()
            ),
        ] {
            self.teller.line(&line)?;
        }
        Ok(())
    }

    /// Lets Baton do all it has to do, and tells what that took.
    async fn settles(&mut self) -> Result<(), TourError> {
        settle(self.world, self.watcher, self.teller).await?;
        let now = Bill::of(self.world).await?;
        let took = now.since(&self.bill);
        self.bill = now;
        let mut line = format!(
            "  = {} in, {} to GitHub ({})",
            counted(took.webhooks, "webhook"),
            counted(took.calls, "call"),
            counted(took.writes, "write"),
        );
        if 0 < took.model_calls {
            let n = usize::try_from(took.model_calls).unwrap_or(usize::MAX);
            line.push_str(&format!(", {}, {}", counted(n, "model call"), took.spent));
        }
        self.teller.line(&line)
    }

    fn person(&mut self, line: &str, text: &str) -> Result<(), TourError> {
        let at = self.world.clock.now().time_of_day();
        let quote = plain(text, QUOTE_WIDTH);
        self.teller.news(&News { at, line: line.to_owned(), quote })
    }
}

/// The parts of a plan that a reader looks for first.
fn extract(plan: &str) -> String {
    SHOWN.iter().filter_map(|it| part(plan, it)).collect::<Vec<_>>().join("\n\n")
}

/// A heading and what stands under it, up to the next heading of any level.
fn part<'a>(plan: &'a str, heading: &str) -> Option<&'a str> {
    let start = plan.find(&format!("\n{heading}\n"))? + 1;
    let rest = &plan[start + heading.len()..];
    let end = rest.find("\n#").unwrap_or(rest.len());
    Some(plan[start..start + heading.len() + end].trim_end())
}

/// `1 webhook`, `2 webhooks`.
fn counted(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}
