//! What the planner read, folded under the announcement of its plan: a plan may rest on words that
//! a maintainer has not seen (`trust.md`, rule 9).

use std::fmt::Write;

use crate::domain::reading::{COMMENT_CHARS_MAX, ISSUE_CHARS_MAX, ReadComment, Reading};
use crate::render::comment::{count, name};

/// What was read of the issue at `issue_url`, as a folded part.
pub(super) fn reading(reading: &Reading, issue_url: &str) -> String {
    let mut out = "<details><summary>What the planner read</summary>\n\n".to_owned();
    let cut = match ISSUE_CHARS_MAX < reading.issue_chars {
        true => format!(
            ", cut after {ISSUE_CHARS_MAX} of {} characters: the end was not read",
            reading.issue_chars
        ),
        false => String::new(),
    };
    let _ = writeln!(out, "- The issue's title and text{cut}");
    for comment in &reading.comments {
        let _ = writeln!(out, "- {}", read(comment, issue_url));
    }
    let _ = writeln!(out, "- {}", not_read(reading));
    if reading.unread {
        let _ = writeln!(out, "- GitHub did not hand all comments out, so there may be others");
    }
    let _ = write!(
        out,
        "\nImages and links were not followed. `/baton revise --include` with the link of a \
         comment, and what should change, lets the next run read what somebody without triage \
         access wrote.\n\n</details>"
    );
    out
}

fn read(comment: &ReadComment, issue_url: &str) -> String {
    let (by, id) = (name(&comment.author), comment.id);
    let how = if comment.included { ", included by the command" } else { "" };
    let cut = match comment.cut {
        true => format!(", cut after {COMMENT_CHARS_MAX} characters: the end was not read"),
        false => String::new(),
    };
    format!("[A comment by {by}]({issue_url}#issuecomment-{id}){how}{cut}")
}

fn not_read(reading: &Reading) -> String {
    let left_out = reading.left_out;
    let reasons = [
        (left_out.outsiders, "by people without triage access"),
        (left_out.bots, "by bots or deleted accounts"),
        (left_out.later, "written or changed after somebody asked"),
        (left_out.older, "older than the newest that a run reads"),
    ];
    let told: Vec<String> = reasons
        .iter()
        .filter(|(comments, _)| 0 < *comments)
        .map(|(comments, why)| format!("{comments} {why}"))
        .collect();
    let all = reasons.iter().map(|it| it.0).sum();
    match (all, reading.comments.len()) {
        (0, 0) if reading.unread => "No comments".to_owned(),
        (0, 0) => "No comments: there were none".to_owned(),
        (0, _) => "No comment was left out".to_owned(),
        (all, _) => {
            format!("Not read: {} ({})", count(all, "comment", "comments"), told.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CommentId;
    use crate::domain::reading::LeftOut;

    const ISSUE: &str = "https://github.test/acme/api/issues/7";

    #[test]
    fn everything_that_was_read_or_not_is_told() {
        let comment = |id, author: &str, included| ReadComment {
            id: CommentId(id),
            author: author.to_owned(),
            included,
            cut: included,
        };
        let all = Reading {
            issue_chars: 30_005,
            comments: vec![comment(4, "ann", false), comment(5, "tom](x) @all", true)],
            left_out: LeftOut { outsiders: 3, bots: 1, later: 2, older: 4 },
            unread: true,
        };
        insta::assert_snapshot!(reading(&all, ISSUE), @"
        <details><summary>What the planner read</summary>

        - The issue's title and text, cut after 20000 of 30005 characters: the end was not read
        - [A comment by ann](https://github.test/acme/api/issues/7#issuecomment-4)
        - [A comment by Somebody](https://github.test/acme/api/issues/7#issuecomment-5), included by the command, cut after 4000 characters: the end was not read
        - Not read: 10 comments (3 by people without triage access, 1 by bots or deleted accounts, 2 written or changed after somebody asked, 4 older than the newest that a run reads)
        - GitHub did not hand all comments out, so there may be others

        Images and links were not followed. `/baton revise --include` with the link of a comment, and what should change, lets the next run read what somebody without triage access wrote.

        </details>
        ");
    }

    #[test]
    fn nothing_left_out_is_said_too() {
        let none = Reading { issue_chars: 5, ..Reading::default() };
        assert!(reading(&none, ISSUE).contains("- No comments: there were none\n"));
        let unread = Reading { unread: true, ..none.clone() };
        assert!(!reading(&unread, ISSUE).contains("there were none"));
        let id = CommentId(4);
        let one = ReadComment { id, author: "ann".to_owned(), included: false, cut: false };
        let one = Reading { comments: vec![one], ..none };
        assert!(reading(&one, ISSUE).contains("- No comment was left out\n"));
    }
}
