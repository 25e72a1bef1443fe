//! The rows and the stages of the table that are about one look that somebody asks for.

use baton::domain::command::Command;
use baton::domain::workflow::Event;

use super::stages_table::Begin;
use super::words::{ann, asks_there, building_by_hand, ready, tom};

/// One row per specialist, and one for somebody who may not.
pub(super) fn rows() -> Vec<(String, Event)> {
    vec![
        ("`test`".to_owned(), asks_there(ann(), Command::Test)),
        ("`review`".to_owned(), asks_there(ann(), Command::Review)),
        ("`test` by triage".to_owned(), asks_there(tom(), Command::Test)),
    ]
}

/// Where such a look is under way.
pub(super) fn stages() -> [(&'static str, &'static str, Begin); 2] {
    [
        ("Testing, what is ready", "Somebody asked for one look; it goes back to `Ready`.", || {
            ready().then(asks_there(ann(), Command::Test))
        }),
        ("Testing, while people build", "Somebody asked how it stands; people build on.", || {
            building_by_hand().then(asks_there(ann(), Command::Test))
        }),
    ]
}
