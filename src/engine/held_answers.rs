//! Answers of people who may not spend: held as they were given, until somebody with write takes
//! one over by its box (`trust.md`, rule 16). All of a round stand in one comment of Baton's, which
//! is edited when another comes.

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, EffectKey, IssueKey, RunId};
use crate::domain::buttons;
use crate::domain::command::{self, Answer, Command, DEFAULT_BARE, Found, Names};
use crate::domain::permission::Place;
use crate::domain::workflow::{Decision, Event, Refused, Request, Stage, Verdict};
use crate::engine::Engine;
use crate::engine::actor::actor;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::words::{Said, answers};
use crate::github::client::GitHubError;
use crate::render::comment::HeldView;
use crate::store::{CommitError, InboxRow, StoreError};

/// So many answers of a round are held; whoever writes more of them fills nobody's issue.
const HELD_MAX: usize = 3;
/// The handle of the answers that are held. Written by whoever decides.
const HELD: &str = "held-answers";
/// The handle of the comment that shows them. Written by whoever posts, so that neither writes over
/// what the other knows.
const SHOWN_IN: &str = "held-answers-in";
/// What is said instead of taking over words that are not those that were held.
const CHANGED: &str = "that answer was changed or deleted since it was held, or it can no longer be \
    read, so it was not used. Give the answer in your own words.";

/// The answers of a round that are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldAnswers {
    /// Whose questions they answer.
    run: RunId,
    /// Their round.
    round: u8,
    held: Vec<HeldAnswer>,
    /// Whether a decision has added to them.
    #[serde(skip)]
    news: bool,
}

/// An answer that its author may not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldAnswer {
    /// Where it stands.
    comment: CommentId,
    login: String,
    answers: Vec<Answer>,
    /// Who took it over.
    used_by: Option<String>,
}

/// Baton's comment with the boxes of a round.
#[derive(Serialize, Deserialize)]
pub(super) struct ShownIn {
    run: RunId,
    round: u8,
    pub(super) comment: CommentId,
    pub(super) key: EffectKey,
}

impl HeldAnswers {
    /// Notes what a decision on `event` means for them: another answer is held, or one was taken
    /// over. Whether there is anything to show.
    pub(super) fn note(&mut self, event: &Event, decision: &Decision) -> bool {
        let (Some((comment, answers)), Some(by)) = (given(event), actor(event)) else {
            return false;
        };
        let is_full = self.is_full();
        let known = self.held.iter_mut().find(|it| it.comment == comment);
        match (&decision.verdict, known) {
            (Verdict::Refused(Refused::AnswerHeld), None) if !is_full => {
                let (login, answers) = (by.login.clone(), answers.to_vec());
                self.held.push(HeldAnswer { comment, login, answers, used_by: None });
                self.news = true;
                true
            }
            // Two commands in one comment are one answer.
            (Verdict::Refused(Refused::AnswerHeld), Some(held)) if self.news => {
                held.answers.extend(answers.iter().cloned());
                false
            }
            // The box of whoever lost their right in between is open again.
            (Verdict::Refused(Refused::AnswerHeld), Some(_)) => true,
            (Verdict::Done, Some(held)) => {
                held.used_by = Some(by.login.clone());
                self.news = true;
                false
            }
            (Verdict::Refused(_) | Verdict::Ignored(_) | Verdict::Done, _) => false,
        }
    }

    /// What is stored of them, if a decision has changed them.
    pub(super) fn stored(&self) -> Option<(String, String)> {
        self.news.then(|| (HELD.to_owned(), serde_json::json!(self).to_string()))
    }

    /// As people see them.
    pub(super) fn views(&self) -> Vec<HeldView> {
        let view = |it: &HeldAnswer| HeldView {
            comment: it.comment,
            login: it.login.clone(),
            answers: it.answers.clone(),
            used_by: it.used_by.clone(),
        };
        self.held.iter().map(view).collect()
    }

    /// Whether no further one is held.
    pub(super) fn is_full(&self) -> bool {
        HELD_MAX <= self.held.len()
    }

    /// What is stored of the comment that shows them.
    pub(super) fn shown_in(&self, comment: CommentId, key: EffectKey) -> (String, String) {
        let shown = ShownIn { run: self.run.clone(), round: self.round, comment, key };
        (SHOWN_IN.to_owned(), serde_json::json!(shown).to_string())
    }
}

/// The answer in an event, and the comment it stands in.
fn given(event: &Event) -> Option<(CommentId, &[Answer])> {
    let (Event::Answered { comment, answers, .. }
    | Event::Asked { comment, request: Request::Command(Command::Answer { answers }), .. }) = event
    else {
        return None;
    };
    Some((*comment, answers))
}

impl Engine {
    /// The answers that are held of the round which the issue waits in.
    pub(super) async fn held_answers(
        &self,
        issue: IssueKey,
        stage: &Stage,
    ) -> Result<Option<HeldAnswers>, StoreError> {
        let Stage::Asking { run, round, .. } = stage.unpaused() else { return Ok(None) };
        let held = self.store.handle(issue, HELD).await?;
        let held = held.and_then(|it| serde_json::from_str::<HeldAnswers>(&it).ok());
        let of_round = held.filter(|it| it.run == *run && it.round == *round);
        let none = || HeldAnswers { run: run.clone(), round: *round, held: vec![], news: false };
        Ok(Some(of_round.unwrap_or_else(none)))
    }

    /// The held answer whose box the edit has ticked, if the comment is the one with the boxes of
    /// the questions that are open.
    pub(super) async fn held_answer_in(
        &self,
        subject: &Subject,
        said: &Said,
    ) -> Result<Option<HeldAnswer>, StoreError> {
        let ticked = buttons::answers_to_use(said.before.as_deref(), &said.comment.body);
        if ticked.is_empty() {
            return Ok(None);
        }
        let Some(all) = self.held_answers(subject.key, &subject.state.stage).await? else {
            return Ok(None);
        };
        let shown = self.held_answers_shown(subject.key, &all).await?;
        if shown.map(|it| it.comment) != Some(said.comment.id) {
            return Ok(None);
        }
        let is_open = |it: &HeldAnswer| it.used_by.is_none() && ticked.contains(&it.comment);
        Ok(all.held.into_iter().find(is_open))
    }

    /// Baton's comment that shows these, and the key it was posted under.
    pub(super) async fn held_answers_shown(
        &self,
        issue: IssueKey,
        held: &HeldAnswers,
    ) -> Result<Option<ShownIn>, StoreError> {
        let shown = self.store.handle(issue, SHOWN_IN).await?;
        let shown = shown.and_then(|it| serde_json::from_str::<ShownIn>(&it).ok());
        Ok(shown.filter(|it| it.run == held.run && it.round == held.round))
    }

    /// Takes a held answer over for whoever ticked its box, as if they had given it: their right
    /// counts, and the words that stood there when it was held.
    pub(super) async fn taken_over(
        &self,
        row: &InboxRow,
        subject: Subject,
        said: Said,
        held: HeldAnswer,
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = said.sender else { return Ok(ignored("the sender is gone")) };
        let by = match self.actor(row, &subject, &sender).await? {
            Known::Actor(actor) => actor,
            Known::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        };
        let stands = match self.still_stands(&subject, &held).await {
            Ok(stands) => stands,
            Err(error) => match self.put_off(row, subject.installation, &error).await? {
                Some(later) => return Ok(later),
                None => false,
            },
        };
        if stands {
            let HeldAnswer { comment, answers, .. } = held;
            return Ok(one(subject, Event::Answered { by, comment, answers }));
        }
        let request = Request::Malformed { name: "answer", sentence: CHANGED.to_owned() };
        let (comment, at, place) = (said.comment.id, row.received, Place::Issue);
        Ok(one(subject, Event::Asked { by, comment, at, place, request }))
    }

    /// Whether its comment gives the same answers as when it was held.
    async fn still_stands(
        &self,
        subject: &Subject,
        held: &HeldAnswer,
    ) -> Result<bool, GitHubError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let now = reader.comment(held.comment).await?;
        let slug = self.slug().await;
        let names = Names { slug: &slug, bare: &DEFAULT_BARE };
        let found = command::commands_in(&now.body, &names);
        let ordered = |it: &Found| {
            let Found::Command { command: Command::Answer { answers }, .. } = it else {
                return Vec::new();
            };
            answers.clone()
        };
        let ordered: Vec<Answer> = found.iter().flat_map(ordered).collect();
        let said = match (ordered.is_empty(), &now.author) {
            (true, Some(author)) => answers(subject, author, &now.body),
            (true, None) | (false, _) => ordered,
        };
        Ok(said == held.answers)
    }
}
