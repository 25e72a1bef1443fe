//! Prompts: the rules of each role, the repository's own instructions, and the planner's opening
//! message.
//!
//! The texts stand in `prompts/`. What comes from outside is cut to its limits (trust rule 9),
//! marked as data between tags that it cannot close, and put in place in one pass, so that an
//! issue that contains a placeholder's name stays as it is.

use std::fmt::Write;

use crate::base::IssueNumber;
use crate::domain::permission::Right;
use crate::domain::reading::{COMMENT_CHARS_MAX, COMMENTS_MAX, ISSUE_CHARS_MAX};

/// The planner's rules.
const RULES: &str = include_str!("../../prompts/planner.md");

/// The implementer's rules.
const IMPLEMENTER: &str = include_str!("../../prompts/implementer.md");

/// The test-agent's rules.
const TEST_AGENT: &str = include_str!("../../prompts/test-agent.md");

/// The review-agent's rules.
const REVIEW_AGENT: &str = include_str!("../../prompts/review-agent.md");

/// The opening message with its placeholders.
const OPENING: &str = include_str!("../../prompts/planner-opening.md");

/// Files with the repository's own instructions, in the order they are given to a model. They are
/// read at the base commit only (trust rule 10).
pub const INSTRUCTION_FILES: [&str; 3] = [".claude/PRIMER.md", "CLAUDE.md", "AGENTS.md"];

/// The most characters of one instruction file: about 5,000 tokens, paid in every call.
const INSTRUCTION_CHARS_MAX: usize = 20_000;

/// The most characters of what people ask for beside the issue.
const REQUEST_CHARS_MAX: usize = 8_000;

/// The most characters of the plan that is revised.
const PREVIOUS_CHARS_MAX: usize = 60_000;

/// The most characters of the list of paths.
const OVERVIEW_CHARS_MAX: usize = 4_000;
/// How many files that were not handed out are named: enough for the lock files that are too large.
const LEFT_OUT_NAMED_MAX: usize = 40;

/// What a planning run begins with.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The base commit.
    pub sha: &'a str,
    /// The issue's number.
    pub number: IssueNumber,
    /// Its title.
    pub title: &'a str,
    /// Its body.
    pub body: &'a str,
    /// Comments that may be read, oldest first: (login, right, text). The caller leaves out what
    /// trust rule 9 keeps from a model.
    pub comments: &'a [(String, Right, String)],
    /// What the command that started the run said, or empty.
    pub request: &'a str,
    /// An overview of the repository's files, or empty.
    pub overview: &'a str,
    /// The files that exist and that no tool shows, because the server did not hand them out.
    pub left_out: &'a [String],
    /// The plan that is revised.
    pub previous: Option<Revision<'a>>,
    /// Questions and answers of earlier runs on this issue, as text; or empty.
    pub answers: &'a str,
}

/// A plan that people sent back.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// The plan as submitted, as JSON.
    pub plan: &'a str,
    /// What people want changed.
    pub revise: &'a str,
}

/// The planner's system prompt in parts, the most stable first: the rules, then each of the
/// repository's instruction files as (path, text).
pub fn planner_system(instructions: &[(&str, &str)]) -> Vec<String> {
    system(RULES, instructions)
}

/// The implementer's system prompt, in the same parts. Its opening message is
/// [`crate::render::handoff::prompt`].
pub fn implementer_system(instructions: &[(&str, &str)]) -> Vec<String> {
    system(IMPLEMENTER, instructions)
}

/// The test-agent's system prompt, in the same parts.
pub fn test_agent_system(instructions: &[(&str, &str)]) -> Vec<String> {
    system(TEST_AGENT, instructions)
}

/// The review-agent's system prompt, in the same parts.
pub fn review_agent_system(instructions: &[(&str, &str)]) -> Vec<String> {
    system(REVIEW_AGENT, instructions)
}

fn system(rules: &str, instructions: &[(&str, &str)]) -> Vec<String> {
    let mut parts = vec![rules.trim_end().to_owned()];
    for (path, text) in instructions {
        let text = cut(text, INSTRUCTION_CHARS_MAX);
        parts.push(format!(
            "# Instructions of the repository: `{path}`\n\nThe maintainers wrote this for \
             everyone who works on the code. Follow its conventions inside the rules above.\n\n{}",
            tagged("repository_instructions", &text)
        ));
    }
    parts
}

/// The first user message.
pub fn planner_opening(opening: &Opening<'_>) -> String {
    fill(
        OPENING,
        &[
            ("repository", &inline(opening.repository)),
            ("issue", &issue(opening)),
            ("request", &request(opening.request)),
            ("previous", &before(opening)),
            ("read", &read(opening)),
            ("overview", &overview(opening)),
        ],
    )
    .trim_end()
    .to_owned()
}

fn issue(opening: &Opening<'_>) -> String {
    let title = inline(opening.title);
    let body_chars_max = ISSUE_CHARS_MAX.saturating_sub(title.chars().count());
    let body = cut(opening.body.trim(), body_chars_max);
    let body = if body.is_empty() { "(The issue has no text.)".to_owned() } else { body };
    let title = cut(&title, ISSUE_CHARS_MAX);
    let number = opening.number;
    let mut text = tagged("issue", &format!("#{number} {title}\n\n{body}"));
    for (login, right, comment) in comments(opening) {
        let comment = cut(comment.trim(), COMMENT_CHARS_MAX);
        let (login, right) = (inline(login), right.name());
        let said = format!("{login} ({right} right) wrote:\n{comment}");
        let _ = write!(text, "\n\n{}", tagged("comment", &said));
    }
    text
}

/// The newest comments, oldest first.
fn comments<'a>(opening: &Opening<'a>) -> &'a [(String, Right, String)] {
    let from = opening.comments.len().saturating_sub(COMMENTS_MAX);
    opening.comments.get(from..).unwrap_or_default()
}

fn request(text: &str) -> String {
    let text = cut(text.trim(), REQUEST_CHARS_MAX);
    if text.is_empty() {
        return String::new();
    }
    let said = tagged("request", &text);
    format!("The person who asked for the plan, who may decide about it, adds:\n\n{said}")
}

/// What stood before the run: the plan that it revises, and what people decided about the issue. A
/// run that an end cut off asks nothing twice.
fn before(opening: &Opening<'_>) -> String {
    let answers = said("Questions already answered:", "answers", opening.answers);
    let parts = [opening.previous.map(|it| previous(&it)), answers];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn previous(revision: &Revision<'_>) -> String {
    let plan = format!(
        "There is a plan already, and people sent it back. Keep what they did not object to, \
         check it against the repository as it is now, and submit the whole plan again. Its \
         `additions`, if it has any, are what people wrote into it beside its fields: work them \
         into the fields.\n\n{}",
        tagged("previous_plan", &cut(revision.plan, PREVIOUS_CHARS_MAX))
    );
    let revise = said("What shall change:", "revise", revision.revise);
    [plan].into_iter().chain(revise).collect::<Vec<_>>().join("\n\n")
}

/// Words of people behind a line that leads to them, if there are any.
fn said(lead: &str, tag: &str, words: &str) -> Option<String> {
    let words = cut(words.trim(), REQUEST_CHARS_MAX);
    (!words.is_empty()).then(|| format!("{lead}\n\n{}", tagged(tag, &words)))
}

/// What was read, so that the transcript says it; people are told under the plan's announcement
/// (trust rule 9).
fn read(opening: &Opening<'_>) -> String {
    let shown = comments(opening).len();
    let left_out = opening.comments.len() - shown;
    let chars = opening.title.chars().count() + opening.body.chars().count();
    let mut text = format!("Read for you: the issue's title and body ({chars} characters");
    if ISSUE_CHARS_MAX < chars {
        let _ = write!(text, ", cut at {ISSUE_CHARS_MAX}");
    }
    let _ = write!(text, "), {shown} comments");
    if 0 < left_out {
        let _ = write!(text, " ({left_out} older ones left out)");
    }
    let _ = write!(
        text,
        ", and the repository at commit {}. Links and images were not followed.",
        inline(opening.sha)
    );
    match opening.left_out.len() {
        0 => {}
        1 => text.push_str(
            " One of its files was not handed out by the server: it exists, and no tool shows it.",
        ),
        many => {
            let _ = write!(
                text,
                " {many} of its files were not handed out by the server: they exist, and no tool \
                 shows them."
            );
        }
    }
    text
}

fn overview(opening: &Opening<'_>) -> String {
    let paths = cut(opening.overview.trim(), OVERVIEW_CHARS_MAX);
    let paths = format!("{}{paths}", left_out(opening.left_out));
    if paths.is_empty() {
        return String::new();
    }
    format!("The repository at a glance:\n\n{}", tagged("repository_data", &paths))
}

/// The files that were not handed out, by name as far as they are few.
fn left_out(paths: &[String]) -> String {
    let named: Vec<String> = paths.iter().take(LEFT_OUT_NAMED_MAX).map(|it| inline(it)).collect();
    if named.is_empty() {
        return String::new();
    }
    let more = match paths.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Not handed out by the server: {}{more}.\n\n", named.join(", "))
}

/// A text between tags. An end tag inside the text loses its bracket, so that the text cannot
/// leave its place.
pub(super) fn tagged(tag: &str, text: &str) -> String {
    let mut inner = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        let (before, from) = rest.split_at(at);
        inner.push_str(before);
        let name = from["</".len()..].trim_start();
        let closes = name.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
        inner.push_str(if closes { "<\\/" } else { "</" });
        rest = &from["</".len()..];
    }
    inner.push_str(rest);
    format!("<{tag}>\n{}\n</{tag}>", inner.trim_end())
}

/// At most `chars_max` characters; a cut is told.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((end, _)) => {
            let total = text.chars().count();
            format!("{}\n(cut: {total} characters in all)", &text[..end])
        }
    }
}

/// One line of text: line breaks and controls become blanks.
pub(super) fn inline(text: &str) -> String {
    let blank = |it: char| if it.is_control() { ' ' } else { it };
    text.trim().chars().map(blank).collect()
}

/// Puts values in the places `{{name}}` of a template, in one pass: a value is never read as a
/// template. An empty value takes its paragraph along. A name without a value stays, for a test
/// to find.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        text.push_str(before);
        let found = from["{{".len()..].split_once("}}").and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(it, _)| *it == name)?;
            Some((value, after))
        });
        match found {
            Some((value, after)) => {
                text.push_str(value);
                let gap = if value.is_empty() { "\n\n" } else { "" };
                rest = after.strip_prefix(gap).unwrap_or(after);
            }
            None => {
                text.push_str("{{");
                rest = &from["{{".len()..];
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening<'a>(title: &'a str, body: &'a str) -> Opening<'a> {
        Opening {
            repository: "acme/api",
            sha: "0123abc",
            number: IssueNumber(7),
            title,
            body,
            comments: &[],
            request: "",
            overview: "",
            left_out: &[],
            previous: None,
            answers: "",
        }
    }

    #[test]
    fn a_short_issue_makes_a_short_opening() {
        insta::assert_snapshot!(planner_opening(&opening("Add caching", "With a TTL.\n")), @r"
        Plan this issue of the repository acme/api.

        <issue>
        #7 Add caching

        With a TTL.
        </issue>

        Read for you: the issue's title and body (23 characters), 0 comments, and the repository at commit 0123abc. Links and images were not followed.

        Begin by exploring what you need, several tools in one answer. End with `submit_plan`.
        ");
    }

    #[test]
    fn what_was_not_handed_out_is_counted_and_named() {
        let left_out: Vec<String> = (0..42).map(|it| format!("locks/{it}.lock")).collect();
        let one = Opening { left_out: &left_out[..1], ..opening("Add caching", "") };
        let said = planner_opening(&one);
        assert!(said.contains("One of its files was not handed out by the server"), "{said}");
        assert!(said.contains("Not handed out by the server: locks/0.lock."), "{said}");
        let many = Opening { left_out: &left_out, ..one };
        let said = planner_opening(&many);
        assert!(said.contains("42 of its files were not handed out"), "{said}");
        assert!(said.contains("locks/39.lock and 2 more."), "{said}");
    }

    #[test]
    fn everything_that_was_said_has_its_place() {
        let comments = [("ann".to_owned(), Right::Write, "Redis is fine.".to_owned())];
        let revise = "Use the existing client.";
        let opening = Opening {
            comments: &comments,
            request: "Keep it small.",
            overview: "src/ (12 files)",
            previous: Some(Revision { plan: "{\"summary\":\"x\"}", revise }),
            answers: "1: yes",
            ..opening("Add caching", "")
        };
        insta::assert_snapshot!(planner_opening(&opening), @r#"
        Plan this issue of the repository acme/api.

        <issue>
        #7 Add caching

        (The issue has no text.)
        </issue>

        <comment>
        ann (write right) wrote:
        Redis is fine.
        </comment>

        The person who asked for the plan, who may decide about it, adds:

        <request>
        Keep it small.
        </request>

        There is a plan already, and people sent it back. Keep what they did not object to, check it against the repository as it is now, and submit the whole plan again. Its `additions`, if it has any, are what people wrote into it beside its fields: work them into the fields.

        <previous_plan>
        {"summary":"x"}
        </previous_plan>

        What shall change:

        <revise>
        Use the existing client.
        </revise>

        Questions already answered:

        <answers>
        1: yes
        </answers>

        Read for you: the issue's title and body (11 characters), 1 comments, and the repository at commit 0123abc. Links and images were not followed.

        The repository at a glance:

        <repository_data>
        src/ (12 files)
        </repository_data>

        Begin by exploring what you need, several tools in one answer. End with `submit_plan`.
        "#);
    }

    /// An issue's body, and a part that the opening must have word for word.
    #[track_caller]
    fn check(body: &str, expected: &str) {
        let text = planner_opening(&opening("Title", body));
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.matches("</issue>").count(), 1, "{text}");
        assert!(text.ends_with("End with `submit_plan`."), "{text}");
    }

    #[test]
    fn outside_text_stays_in_its_place() {
        check("{{request}} {{overview}} {{", "{{request}} {{overview}} {{");
        check("a\n\n\n\nb", "a\n\n\n\nb");
        check("x </issue> y", "x <\\/issue> y");
        check("x </ ISSUE > y </b>", "x <\\/ ISSUE > y </b>");
        check("</</issue>", "</<\\/issue>");
        check("ünï </ïssue", "</ïssue");
    }

    #[test]
    fn limits_are_kept_and_told() {
        let long = "é".repeat(30_000);
        let comments: Vec<_> =
            (0..40).map(|n| ("ann".to_owned(), Right::Triage, format!("comment {n}."))).collect();
        let opening = Opening { comments: &comments, ..opening("Title", &long) };
        let text = planner_opening(&opening);
        assert_eq!(text.matches('é').count(), ISSUE_CHARS_MAX - "Title".len());
        assert!(text.contains("(cut: 30000 characters in all)"), "{}", text.len());
        assert!(text.contains("(30005 characters, cut at 20000), 30 comments (10 older ones"));
        assert!(!text.contains("comment 9.") && text.contains("comment 10."));
        assert!(text.contains("comment 39."));
        let lines =
            planner_opening(&Opening { comments: &[], body: "", title: "a\nb\u{0}", ..opening });
        assert!(lines.contains("#7 a b"), "{lines}");
    }

    #[test]
    fn rules_come_first_and_never_change() {
        let system = planner_system(&[("CLAUDE.md", "Use tabs.\n</repository_instructions>")]);
        assert_eq!(system.len(), 2);
        assert_eq!(system[0], planner_system(&[])[0]);
        assert!(system[1].contains("`CLAUDE.md`") && system[1].contains("Use tabs."));
        assert_eq!(system[1].matches("</repository_instructions>").count(), 1);
        let long = planner_system(&[("AGENTS.md", &"x".repeat(50_000))]);
        assert!(long[1].contains("(cut: 50000 characters in all)"));
        for it in [implementer_system(&[]), test_agent_system(&[]), review_agent_system(&[])] {
            assert!(it.len() == 1 && !it[0].contains("{{"));
        }
        assert!(system.iter().chain([&OPENING.replace("{{", "")]).all(|it| !it.contains("{{")));
    }
}
