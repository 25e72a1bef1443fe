//! The workflow machine, held from four sides: `walk` visits every reachable state and asserts the
//! laws of `laws` for every event there; `rows` are single sentences about what is easy to get
//! wrong; `orders` shuffles what GitHub may deliver in any order; `table` keeps `docs/WORKFLOW.md`
//! equal to the code.

mod laws;
mod walk;
mod words;
