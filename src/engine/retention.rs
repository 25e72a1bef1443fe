//! How long things are kept (`trust.md`, rule 21): webhook bodies 14 days after they were handled, and
//! as long the orders of effects, transcripts with their prompts and tool results 30 days after the run ended, the bill 24 months.
//! What work that goes on still needs stays longer; ids stay, so that nothing is taken for new.

use serde_json::{Value, json};

use crate::base::{Millis, Timestamp};
use crate::engine::Engine;
use crate::engine::planner::StoredBrief;
use crate::store::StoreError;

/// How long the body of a handled delivery is kept, and what an effect that ended was to do.
const BODIES: Millis = Millis::days(14);
/// How long the transcript of an ended run is kept.
const TRANSCRIPTS: Millis = Millis::days(30);
/// How long a line of the bill is kept: 24 months.
const LEDGER: Millis = Millis::days(731);
/// How many bodies are emptied in one transaction: a few hundred pages, so that a delivery that
/// arrives waits for milliseconds.
const BODIES_AT_ONCE: i64 = 100;
/// How many transcripts are looked for at once; each is deleted in a transaction of its own.
const RUNS_AT_ONCE: i64 = 5;
/// How many lines of the bill are deleted in one transaction.
const LINES_AT_ONCE: i64 = 200;

impl Engine {
    /// Deletes one batch of what is past its time. Tells whether there was anything.
    pub(super) async fn forget_what_is_past(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let past = |kept: Millis| Timestamp(now.0 - kept.0);
        let bodies = self.store.empty_bodies(past(BODIES), BODIES_AT_ONCE).await?;
        let payloads = self.store.empty_payloads(past(BODIES), BODIES_AT_ONCE).await?;
        let runs = self.store.past_runs(past(TRANSCRIPTS), RUNS_AT_ONCE).await?;
        for run in &runs {
            self.store.forget_transcript(&run.id, &without_prompts(&run.brief)).await?;
        }
        let lines = self.store.trim_ledger(past(LEDGER), LINES_AT_ONCE).await?;
        if bodies == 0 && payloads == 0 && runs.is_empty() && lines == 0 {
            return Ok(false);
        }
        tracing::debug!(
            bodies,
            payloads,
            transcripts = runs.len(),
            lines,
            "what was past its time is gone"
        );
        Ok(true)
    }
}

/// A brief without what the model was told. What another version wrote goes as a whole.
fn without_prompts(brief: &Value) -> Value {
    let brief = serde_json::from_value::<StoredBrief>(brief.clone());
    brief.map_or(Value::Null, |it| json!(it.without_prompts()))
}
