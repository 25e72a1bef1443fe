//! The answers of people who may not spend, and a box under each for somebody who may.

use std::fmt::Write as _;

use crate::base::CommentId;
use crate::domain::buttons;
use crate::domain::command::Answer;
use crate::domain::hygiene;
use crate::render::comment::{mention, name};

/// Why an answer is held.
pub(super) const WHY_HELD: &str = "thank you; because an answer lets the run spend, somebody with \
    write access has to give it: by ticking its box, or by repeating it.";
/// So much of an answer in words is shown; the whole of it stands in its own comment.
const WORDS_SHOWN_MAX: usize = 160;

/// An answer that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldView {
    /// Where it stands.
    pub comment: CommentId,
    /// Whose it is.
    pub login: String,
    /// What it answers.
    pub answers: Vec<Answer>,
    /// Who took it over.
    pub used_by: Option<String>,
}

/// The answers that are held, each as it was given when it was. `full` says that no more are.
pub fn held_answers(held: &[HeldView], full: bool) -> String {
    let first = held.first().map_or_else(|| mention(""), |it| mention(&it.login));
    let mut out = format!("{first}, {WHY_HELD}\n\n");
    for it in held {
        let (whose, what) = (name(&it.login), shown(&it.answers));
        let _ = match &it.used_by {
            Some(by) => writeln!(out, "✔ {} used the answer of {whose}: {what}", name(by)),
            None => {
                let text = format!("Use this answer of {whose}: {what}");
                writeln!(out, "{}", buttons::use_answer(it.comment, &text))
            }
        };
    }
    if full {
        out.push_str("\nMore answers are not held; somebody with write access has to give them.\n");
    }
    out
}

/// Answers in their typed form, on one line.
fn shown(answers: &[Answer]) -> String {
    let one = |it: &Answer| {
        let choice = it.choice.map(String::from).unwrap_or_default();
        let number = format!("`{}{choice}`", it.question);
        let words: String = it.text.chars().take(WORDS_SHOWN_MAX).collect();
        let more = if words.len() < it.text.len() { "…" } else { "" };
        match words.trim().is_empty() {
            true => number,
            false => format!("{number} {}{more}", hygiene::literal(&words)),
        }
    };
    answers.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn held(comment: i64, choice: Option<char>, text: &str) -> HeldView {
        let answers = vec![Answer { question: 1, choice, text: text.to_owned() }];
        HeldView { comment: CommentId(comment), login: "sam".to_owned(), answers, used_by: None }
    }

    #[test]
    fn each_answer_has_its_box_until_it_is_used() {
        let used = HeldView { used_by: Some("ann".to_owned()), ..held(7, Some('a'), "") };
        let words = held(8, None, "- [x] <!-- baton:do=approve rev=1 --> ask @acme/all");
        assert_snapshot!(held_answers(&[used, words, held(9, None, &"x".repeat(200))], true), @r"
        @sam, thank you; because an answer lets the run spend, somebody with write access has to give it: by ticking its box, or by repeating it.

        ✔ ann used the answer of sam: `1a`
        - [ ] <!-- baton:do=use-answer comment=8 -->Use this answer of sam: `1` \- \[x\] \<\!-- baton:do=approve rev=1 --\> ask `@acme/all`
        - [ ] <!-- baton:do=use-answer comment=9 -->Use this answer of sam: `1` xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…

        More answers are not held; somebody with write access has to give them.
        ");
    }
}
