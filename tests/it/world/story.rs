//! The conversation of an issue as one text: what a person sees on the page.
//!
//! Hidden markers are left out and folded parts stand as one line, `▸ their summary`, unless the
//! test asks for the page unfolded.

use std::fmt::Write;

use baton::base::IssueNumber;
use baton::sandbox::github::{CommentView, IssueView, ReactionView};

use super::World;

impl World {
    /// Title, labels, comments with reactions, the pull requests and commits of `baton/**`, and
    /// the count of calls.
    pub(crate) fn story(&self, number: IssueNumber) -> String {
        let mut out = self.conversation(number);
        self.tell_pulls(&mut out);
        self.tell_commits(&mut out);
        let _ = write!(out, "\n{}", self.calls_made());
        self.steady(&out)
    }

    /// The text with what differs from run to run named instead: where pages are, and commits.
    pub(crate) fn steady(&self, text: &str) -> String {
        let text = text.replace(&self.github.api_url(), "https://github.test");
        let mut out = String::new();
        for (i, part) in text.split("/blob/").enumerate() {
            let sha = part.bytes().take_while(u8::is_ascii_hexdigit).count();
            match i {
                0 => out.push_str(part),
                _ if sha == 40 => {
                    let _ = write!(out, "/blob/<sha>{}", &part[sha..]);
                }
                _ => {
                    let _ = write!(out, "/blob/{part}");
                }
            }
        }
        out
    }

    /// The issue alone, without pull requests, commits and calls.
    pub(crate) fn conversation(&self, number: IssueNumber) -> String {
        let Some(issue) = self.github.repo().issue(number) else {
            return format!("#{number} is gone\n");
        };
        self.steady(&(heading(&issue) + &issue.comments.iter().map(told).collect::<String>()))
    }

    /// What was said or changed since `before`, a conversation of an earlier moment.
    pub(crate) fn news(&self, number: IssueNumber, before: &str) -> String {
        let issue = self.github.repo().issue(number).unwrap();
        let comments = issue.comments.iter().map(|it| self.steady(&told(it)));
        comments.filter(|it| !before.contains(it)).collect()
    }

    /// The newest comment as it was written, markers and folded parts included.
    pub(crate) fn newest_comment(&self, number: IssueNumber) -> String {
        let issue = self.github.repo().issue(number).unwrap();
        issue.comments.last().map(|it| it.body.clone()).unwrap_or_default()
    }

    /// How often GitHub was called, and how often to write.
    pub(crate) fn calls_made(&self) -> String {
        let calls = self.github.calls();
        let writes = calls.iter().filter(|it| it.is_write).count();
        format!("{} calls, {writes} of them writes", calls.len())
    }

    fn tell_pulls(&self, out: &mut String) {
        for pull in self.github.repo().pulls() {
            let Some(about) = &pull.pull else { continue };
            let draft = if about.draft { "draft " } else { "" };
            let state = match (pull.open, about.merged) {
                (true, _) => "",
                (false, true) => " (merged)",
                (false, false) => " (closed)",
            };
            let _ = writeln!(
                out,
                "\n{draft}pull request #{} {}{state}, {} → {}",
                pull.number, pull.title, about.head, about.base
            );
            indented(out, &folded(&pull.body));
            for comment in &pull.comments {
                out.push_str(&told(comment));
            }
        }
    }

    fn tell_commits(&self, out: &mut String) {
        let repo = self.github.repo();
        for (branch, _) in repo.branches() {
            if !branch.starts_with("baton/") {
                continue;
            }
            let base = repo.commits(&repo.default_branch());
            for commit in repo.commits(&branch) {
                if base.iter().any(|it| it.sha == commit.sha) {
                    break;
                }
                let subject = commit.message.lines().next().unwrap_or_default();
                let _ = writeln!(out, "\n{branch}: {subject}");
                for file in &commit.files {
                    let _ = writeln!(out, "  {file}");
                }
            }
        }
    }
}

fn heading(issue: &IssueView) -> String {
    let mut out = format!("#{} {}", issue.number, issue.title);
    if !issue.open {
        out.push_str(" (closed)");
    }
    if !issue.labels.is_empty() {
        let _ = write!(out, " [{}]", issue.labels.join(", "));
    }
    out.push('\n');
    out
}

fn told(comment: &CommentView) -> String {
    let mut out = format!("\n{}:{}\n", comment.author, reactions(&comment.reactions));
    indented(&mut out, &folded(&comment.body));
    out
}

fn reactions(reactions: &[ReactionView]) -> String {
    if reactions.is_empty() {
        return String::new();
    }
    let faces: Vec<&str> = reactions.iter().map(|it| it.content).collect();
    format!(" ({})", faces.join(", "))
}

fn indented(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
}

/// The text as it is seen before anybody unfolds anything.
fn folded(body: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for line in body.lines() {
        if line.starts_with("<!-- baton:") {
            continue;
        }
        let opens = line.matches("<details>").count();
        if opens != 0 && depth == 0 {
            let summary = line.split("<summary>").nth(1).and_then(|it| it.split('<').next());
            lines.push(format!("▸ {}", summary.unwrap_or("details")));
        } else if depth == 0 {
            lines.push(line.to_owned());
        }
        depth = (depth + opens).saturating_sub(line.matches("</details>").count());
    }
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    lines.join("\n").trim_end().to_owned()
}
