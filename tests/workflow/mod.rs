//! The workflow machine, held from four sides: `walk` visits every reachable state and asserts the
//! laws of `laws`, `pauses` and `conversation` for every event there, and `counters` goes once more through
//! what is counted, as `related` and `not_started` do through what that walk forgets; `rows` are single sentences about what is easy to get wrong; `orders` shuffles
//! what GitHub may deliver in any order; `table` keeps `docs/WORKFLOW.md` equal to the code.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for the one variant it is about; the code under test answers all"
)]

mod alike;
mod changed;
mod conversation;
mod counters;
mod deeds;
mod labels_table;
mod looks_table;
mod laws;
mod merged;
mod not_started;
mod orders;
mod pauses;
mod pushed;
mod reasons;
mod related;
mod rows;
mod said;
mod stages_table;
mod stale;
mod stale_words;
mod story;
mod table;
mod waiting;
mod walk;
mod words;
