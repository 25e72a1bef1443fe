//! Answers to the planner's numbered questions: `1: yes`, `1b 2a`, `2b because of the cache`.
//!
//! In a comment without a command an answer must look like one (`1:`, `1b`), because people also
//! begin sentences with a number; behind `/baton answer` the number alone is enough.

use super::Answer;
use super::find::end_of_own_words;
use crate::domain::hygiene::strip_hidden;

/// More questions than Baton ever asks in one round.
const QUESTIONS_MAX: u8 = 99;

/// The answers in a comment without a command, of which `open_questions` are open (numbered from
/// 1). Empty when the comment does not begin with an answer. Quoted lines are passed over: people
/// quote the question and answer below it. A question that is answered twice keeps the later one.
pub fn answers_in(text: &str, open_questions: u8) -> Vec<Answer> {
    parse(&own_words(text), open_questions, false)
}

/// The whole comment as the answer to the one open question; `None` when nothing is left of it.
/// A single letter is a choice.
pub fn free_answer(text: &str, question: u8) -> Option<Answer> {
    let text = own_words(text);
    if text.is_empty() {
        return None;
    }
    if let [answer] = parse(&text, question, true).as_slice()
        && answer.question == question
    {
        return Some(answer.clone());
    }
    Some(worded(question, None, &text))
}

/// The answers behind `/baton answer`.
pub(super) fn in_command(words: &str) -> Vec<Answer> {
    parse(words, QUESTIONS_MAX, true)
}

/// The comment without quotations, hidden text and what a mail program appended.
fn own_words(text: &str) -> String {
    let own = text.get(..end_of_own_words(text)).unwrap_or(text);
    let own: Vec<&str> = own.lines().filter(|it| !it.trim_start().starts_with('>')).collect();
    strip_hidden(&own.join("\n")).text.trim().to_owned()
}

fn parse(text: &str, open: u8, in_command: bool) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for (index, line) in text.trim().lines().enumerate() {
        let lenient = in_command && index == 0;
        let here = on_line(line.trim(), open, lenient);
        if here.is_empty() {
            // Not the start of an answer: more of the one before, or no answer at all.
            let Some(last) = answers.last_mut() else { return Vec::new() };
            last.text.push('\n');
            last.text.push_str(line.trim_end());
        } else {
            answers.extend(here);
        }
    }
    settle(answers)
}

/// Trims the texts, turns a lone letter into a choice, keeps the later of two answers, and drops
/// a number with nothing behind it.
fn settle(answers: Vec<Answer>) -> Vec<Answer> {
    let mut settled: Vec<Answer> = Vec::new();
    for answer in answers {
        let answer = worded(answer.question, answer.choice, &answer.text);
        if answer.choice.is_none() && answer.text.is_empty() {
            continue;
        }
        settled.retain(|it| it.question != answer.question);
        settled.push(answer);
    }
    settled
}

fn worded(question: u8, choice: Option<char>, text: &str) -> Answer {
    let text = text.trim();
    let mut letters = text.trim_end_matches(['.', ')']).chars();
    match (choice, letters.next(), letters.next()) {
        (None, Some(letter), None) if letter.is_ascii_alphabetic() => {
            Answer { question, choice: Some(letter.to_ascii_lowercase()), text: String::new() }
        }
        _ => Answer { question, choice, text: text.to_owned() },
    }
}

/// The answers that begin on this line: several choices, or one answer with its words.
fn on_line(line: &str, open: u8, lenient: bool) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut rest = line;
    while let Some((head, after)) = head(rest, open, lenient && answers.is_empty()) {
        let more =
            after.trim_start_matches(|it: char| it.is_whitespace() || matches!(it, ',' | ';'));
        let only_choice = head.choice.is_some() && starts_choice(more, open);
        answers.push(head);
        if !only_choice {
            if let Some(last) = answers.last_mut() {
                more.clone_into(&mut last.text);
            }
            break;
        }
        rest = more;
    }
    answers
}

/// Whether another `2a` follows, so that `1b 2a` are two choices and not a choice with words.
fn starts_choice(text: &str, open: u8) -> bool {
    head(text, open, false).is_some_and(|(it, _)| it.choice.is_some())
}

/// `1:`, `1.`, `1)`, `1b`, `1b:` at the beginning, and with `lenient` also `1 `; and what follows.
fn head(text: &str, open: u8, lenient: bool) -> Option<(Answer, &str)> {
    let text = text.strip_prefix('#').unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let question: u8 = text.get(..digits)?.parse().ok()?;
    if question == 0 || open < question {
        return None;
    }
    let after = text.get(digits..)?;
    let mut letters = after.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic);
    let rest = if letter.is_some() { letters.as_str() } else { after };
    let marked = rest.strip_prefix([':', '.', ')']);
    let ends = rest.is_empty()
        || rest.starts_with(|it: char| it.is_whitespace() || it == ',' || it == ';');
    // `1.5 seconds` is a number, not an answer to question 1.
    let decimal = letter.is_none()
        && rest.starts_with('.')
        && marked.is_some_and(|it| it.starts_with(|c: char| !c.is_whitespace()));
    if decimal || !(marked.is_some() || (ends && (letter.is_some() || lenient))) {
        return None;
    }
    let choice = letter.map(|it| it.to_ascii_lowercase());
    Some((Answer { question, choice, text: String::new() }, marked.unwrap_or(rest)))
}
