//! What people paid outside Baton (`cost add`): a fact that is booked at their word, in every stage.

use crate::base::{CommentId, MicroUsd};
use crate::domain::workflow::decision::{Decision, Draft, Origin};
use crate::domain::workflow::effect::{Effect, Post, Reaction};
use crate::domain::workflow::event::Actor;
use crate::domain::workflow::refused::Refused;

/// Books a cost that somebody entered, once per comment: nothing tells a second line from the same
/// one said again. It counts against the limit, and is never refused by it: the money is
/// spent already.
pub(super) fn book(
    mut draft: Draft<'_>,
    by: &Actor,
    comment: CommentId,
    (amount, text): (MicroUsd, &str),
) -> Decision {
    if draft.facts.money.booked {
        return draft.refuse(by, &Origin::Comment(comment), Refused::CostBooked);
    }
    draft.react(comment, Reaction::Eyes);
    let text = text.to_owned();
    draft.push(Effect::BookCost { comment, amount, text, by: by.login.clone() });
    draft.post(Post::Cost);
    draft.react(comment, Reaction::Rocket);
    draft.refresh_status();
    draft.done()
}
