//! What a run asked people, and what they answered.

use serde_json::Value;
use sqlx::AnyConnection;

use crate::base::{IssueKey, RunId, Timestamp, UserId};
use crate::store::columns::{Columns as _, storable};
use crate::store::runs::RunRow;
use crate::store::{Store, StoreError};

/// A question that a run asks.
#[derive(Clone, Debug)]
pub struct NewQuestion {
    /// Which round of questions of this run, from 1.
    pub round: i64,
    /// Its number inside the round, from 1.
    pub position: i64,
    /// The question with its choices.
    pub question: Value,
}

/// An answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The run that asked.
    pub run: RunId,
    /// The round.
    pub round: i64,
    /// The question's number inside the round.
    pub position: i64,
    /// The answer.
    pub text: String,
    /// Who answered.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A stored question with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionRow {
    /// The run that asked.
    pub run: RunId,
    /// The round, from 1.
    pub round: i64,
    /// Its number inside the round, from 1.
    pub position: i64,
    /// The question with its choices.
    pub question: Value,
    /// The answer, once there is one.
    pub answer: Option<Answer>,
}

impl Store {
    /// All questions of an issue, in the order they were asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn questions(&self, issue: IssueKey) -> Result<Vec<QuestionRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT q.* FROM questions q JOIN runs r ON r.run_id = q.run_id
             WHERE q.repository_id = $1 AND q.number = $2
             ORDER BY r.created_ms, q.run_id, q.round, q.position",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(question_row).collect()
    }
}

pub(super) async fn write_question(
    connection: &mut AnyConnection,
    run: &RunRow,
    question: &NewQuestion,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO questions (run_id, round, position, repository_id, number, question)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (run_id, round, position) DO NOTHING",
    )
    .bind(run.id.as_str())
    .bind(question.round)
    .bind(question.position)
    .bind(run.issue.repository.0)
    .bind(run.issue.number.0)
    .bind(question.question.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// The last answer counts. A question of another issue is not touched.
pub(super) async fn write_answer(
    connection: &mut AnyConnection,
    issue: IssueKey,
    answer: &Answer,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE questions SET answer = $1, answered_by = $2, answered_ms = $3
         WHERE run_id = $4 AND round = $5 AND position = $6 AND repository_id = $7 AND number = $8",
    )
    .bind(storable(&answer.text))
    .bind(answer.by.0)
    .bind(answer.at.0)
    .bind(answer.run.as_str())
    .bind(answer.round)
    .bind(answer.position)
    .bind(issue.repository.0)
    .bind(issue.number.0)
    .execute(connection)
    .await?;
    Ok(())
}

fn question_row(row: &sqlx::any::AnyRow) -> Result<QuestionRow, StoreError> {
    let run = RunId(row.text("run_id")?);
    let (round, position) = (row.int("round")?, row.int("position")?);
    let answer = match (
        row.maybe_text("answer")?,
        row.maybe_int("answered_by")?,
        row.maybe_int("answered_ms")?,
    ) {
        (Some(text), Some(by), Some(at)) => Some(Answer {
            run: run.clone(),
            round,
            position,
            text,
            by: UserId(by),
            at: Timestamp(at),
        }),
        _ => None,
    };
    Ok(QuestionRow { run, round, position, question: row.json("question")?, answer })
}
