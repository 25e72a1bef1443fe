//! Questions and answers, as people see them and as the run is told of them.

use serde::Deserialize;

use crate::base::{IssueKey, RunId};
use crate::domain::hygiene::{self, Secrets};
use crate::domain::session::Question;
use crate::domain::tier::Tier;
use crate::domain::workflow::Ask;
use crate::engine::Engine;
use crate::engine::planner::clean;
use crate::engine::view::brief_of;
use crate::render::comment::{AnswerView, Asked, QuestionView, Worker};
use crate::store::{QuestionRow, StoreError};

/// An answer as it is stored.
#[derive(Debug, Deserialize)]
struct StoredAnswer {
    choice: Option<char>,
    text: String,
    by: String,
}

impl Engine {
    /// A round of questions with the answers taken so far.
    pub(in crate::engine) async fn questions_view(
        &self,
        issue: IssueKey,
        run: &RunId,
        round: u8,
    ) -> Result<Option<Asked>, StoreError> {
        let rows = self.round(issue, run, round).await?;
        let Some(row) = self.store.load_run(run).await? else { return Ok(None) };
        if rows.is_empty() {
            return Ok(None);
        }
        Ok(Some(Asked {
            issue: issue.number,
            tier: row.tier.parse().unwrap_or(Tier::Opus),
            who: match brief_of(&row).map(|it| it.ask) {
                Some(Ask::Task { task, .. }) => Worker::Builder { task },
                Some(Ask::Plan { .. } | Ask::Revise { .. } | Ask::Again | Ask::Inspect { .. })
                | None => Worker::Planner,
            },
            person: self.login_of(issue, Some(row.requester)).await?,
            spent: self.store.cost_of_run(run).await?,
            questions: rows.iter().filter_map(question_view).collect(),
        }))
    }

    /// The answers of a round, for the run that asked.
    pub(in crate::engine) async fn answers_of(
        &self,
        issue: IssueKey,
        run: &RunId,
        round: u8,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.round(issue, run, round).await?;
        Ok(rows.iter().filter_map(|it| line(&self.secrets, it)).collect())
    }

    /// All questions of the issue with their answers, for a later run and for STATE.md.
    pub(in crate::engine) async fn answers_so_far(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let rows = self.store.questions(issue).await?;
        Ok(rows.iter().filter_map(|it| pair(&self.secrets, it)).collect())
    }

    async fn round(
        &self,
        issue: IssueKey,
        run: &RunId,
        round: u8,
    ) -> Result<Vec<QuestionRow>, StoreError> {
        let mut rows = self.store.questions(issue).await?;
        rows.retain(|it| it.run == *run && it.round == i64::from(round));
        Ok(rows)
    }
}

fn question_view(row: &QuestionRow) -> Option<QuestionView> {
    let question = question(row)?;
    Some(QuestionView {
        question: one_line(&question.question),
        why: hygiene::defang(&question.why, &[]),
        choices: question.choices.iter().map(|it| one_line(it)).collect(),
        answer: answer(row, &question).map(|(text, by)| AnswerView { text: one_line(&text), by }),
    })
}

fn line(secrets: &Secrets, row: &QuestionRow) -> Option<String> {
    let (question, answer) = pair(secrets, row)?;
    Some(format!("{}. {question}\n   Answer: {answer}", row.position))
}

fn pair(secrets: &Secrets, row: &QuestionRow) -> Option<(String, String)> {
    let question = question(row)?;
    let answer = match answer(row, &question) {
        Some((text, by)) => format!("{} (by {by})", clean(secrets, &text)),
        None => "none; decide yourself".to_owned(),
    };
    Some((secrets.redact(&question.question), answer))
}

fn question(row: &QuestionRow) -> Option<Question> {
    serde_json::from_value(row.question.clone()).ok()
}

/// The answer in words and whose it is: a letter stands for the choice it names.
fn answer(row: &QuestionRow, question: &Question) -> Option<(String, String)> {
    let stored = row.answer.as_ref()?;
    let stored: StoredAnswer = serde_json::from_str(&stored.text).ok()?;
    let choice = stored.choice.and_then(|letter| {
        let index = u32::from(letter).checked_sub(u32::from('a'))?;
        question.choices.get(usize::try_from(index).ok()?).cloned()
    });
    let text = match (choice, stored.text.trim()) {
        (Some(choice), "") => choice,
        (Some(choice), words) => format!("{choice}; {words}"),
        (None, words) => match stored.choice {
            Some(letter) => format!("{letter} {words}").trim().to_owned(),
            None => words.to_owned(),
        },
    };
    Some((text, stored.by))
}

/// Foreign words for the inside of a line.
fn one_line(text: &str) -> String {
    hygiene::literal(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
