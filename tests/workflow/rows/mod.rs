//! The rows of the machine that are easy to get wrong, one sentence each.

mod adopted;
mod approval;
mod building;
mod by_hand;
mod changed_plans;
mod checks;
mod ends;
mod entered;
mod feedback;
mod fix;
mod handing;
mod held;
mod inspecting;
mod kept;
mod labels;
mod laid_down;
mod looks;
mod merged;
mod not_started;
mod pauses;
mod plans;
mod pushed;
mod questions;
mod ready;
mod reviews;
mod revisions;
mod rights;
mod runs;
mod seen;
mod silence;
mod stale;
mod starting;
mod triggers;

use baton::base::UserId;
use baton::domain::tier::Tier;
use baton::domain::workflow::{Ask, Effect, Ignored, PlanRef, Post, Reaction, Refused, Verdict};

use crate::workflow::words::{COMMENT, Story};

#[track_caller]
pub(super) fn is(story: &Story, stage: &str) {
    assert_eq!(story.stage().name(), stage, "{:?}", story.last);
}

#[track_caller]
pub(super) fn refused<R: Clone + Into<Refused>>(story: &Story, why: &R) {
    assert_eq!(*story.verdict(), Verdict::Refused(why.clone().into()), "{:?}", story.effects());
}

#[track_caller]
pub(super) fn ignored(story: &Story, why: Ignored) {
    assert_eq!(*story.verdict(), Verdict::Ignored(why), "{:?}", story.effects());
}

pub(super) fn first_plan() -> PlanRef {
    PlanRef { revision: 1, hash: "hash 1".to_owned() }
}

pub(super) fn started(story: &Story) -> (Tier, Ask, UserId) {
    let start = story.effects().iter().find_map(|it| match it {
        Effect::StartRun { tier, ask, requester, .. } => Some((*tier, ask.clone(), *requester)),
        _ => None,
    });
    start.expect("no run was started")
}

pub(super) fn posts(story: &Story) -> Vec<&Post> {
    let mut posts = Vec::new();
    for effect in story.effects() {
        if let Effect::Post { post } = effect {
            posts.push(post);
        }
    }
    posts
}

pub(super) fn sentence(login: &str, refusal: Refused) -> Effect {
    Effect::Post { post: Post::Refused { login: login.to_owned(), refusal } }
}

pub(super) const CONFUSED: Effect = Effect::React { comment: COMMENT, with: Reaction::Confused };
pub(super) const ROCKET: Effect = Effect::React { comment: COMMENT, with: Reaction::Rocket };
