//! The whole conversation of an issue as one text, as people see it on the page.

use std::fmt::Write;

use baton::base::IssueNumber;

use super::World;

impl World {
    /// Title, labels, comments with reactions, the plan's pull request, and the count of calls.
    pub fn story(&self, number: IssueNumber) -> String {
        let repo = self.github.repo();
        let issue = repo.issue(number).unwrap();
        let mut out = String::new();
        let state = if issue.open { "open" } else { "closed" };
        let _ = writeln!(out, "#{number} {} ({state})", issue.title);
        if !issue.labels.is_empty() {
            let _ = writeln!(out, "labels: {}", issue.labels.join(", "));
        }
        for comment in &issue.comments {
            let _ = writeln!(out, "\n{}:", comment.author);
            for line in comment.body.lines() {
                let _ = writeln!(out, "  {line}");
            }
            let reactions: Vec<String> =
                comment.reactions.iter().map(|it| format!("{} {}", it.by, it.content)).collect();
            if !reactions.is_empty() {
                let _ = writeln!(out, "  [{}]", reactions.join(", "));
            }
        }
        for pull in repo.pulls() {
            let _ = writeln!(out, "\npull request #{} {}", pull.number, pull.title);
        }
        let calls = self.github.calls();
        let writes = calls.iter().filter(|it| it.is_write).count();
        let _ = writeln!(out, "\n{} calls, {writes} of them writes", calls.len());
        out
    }
}
