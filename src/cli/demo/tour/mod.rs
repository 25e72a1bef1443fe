//! `baton demo --script tour`: the story of one issue, from its opening to its merge, told on the
//! terminal while it happens.
//!
//! The story is `story.txt`, word for word. Whoever changes what Baton says runs
//! `cargo run --example tour > src/cli/demo/tour/story.txt` and reads the difference.
//!
//! - `scenes`: who does what, and what is worth knowing about it.
//! - `watch`: what happened in the world since somebody last looked.
//! - `difference`: where two stories part.

mod difference;
mod scenes;
mod watch;

use std::io::Write;
use std::sync::Arc;

use self::scenes::Teller;
use self::watch::Watcher;
use crate::base::{Clock, Millis, Timestamp};
use crate::cli::world::{MovableClock, Setup, World, WorldError};
use crate::sandbox::github::{ActRefused, CallRecord};
use crate::store::StoreError;

/// Nine in the morning of a Friday on which all prices of the table hold: 2026-11-20T09:00:00Z.
const BEGIN: Timestamp = Timestamp(1_795_165_200_000);
/// Waits up to this are stepped over by moving the clock: the pace of writes, the pause in which
/// more answers may come. Longer ones are for people.
const SOON: Millis = Millis::minutes(1);
/// A world that has not come to rest after so many steps never will.
const STEPS_MAX: usize = 2_000;

/// The story as it should be.
const STORY: &str = include_str!("story.txt");

/// Why the tour did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum TourError {
    /// The world did not come to be, or broke.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The service's database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The GitHub in a box refused one of its people.
    #[error("the GitHub in a box refused an act of the story: {0}")]
    Act(#[from] ActRefused),
    /// The service went on and on.
    #[error("the service did not come to rest after {STEPS_MAX} steps")]
    Restless,
    /// The terminal is gone.
    #[error("the story cannot be printed: {0}")]
    Print(#[from] std::io::Error),
    /// Baton did what it never does, whatever it said of it.
    #[error("Baton called on GitHub what it must never call: it {0}")]
    Forbidden(&'static str),
    /// It went otherwise.
    #[error(
        "the tour did not end as it should. Expected lines are marked -, what happened +:\n\n{0}"
    )]
    Different(String),
}

/// Tells the tour on `out`, holds it against the story it should be, and returns what was called on
/// GitHub.
///
/// # Errors
/// See [`TourError`].
pub async fn run(out: &mut dyn Write) -> Result<Vec<CallRecord>, TourError> {
    let (told, calls) = play(out).await?;
    if let Some(what) = calls.iter().find_map(|it| it.forbidden) {
        return Err(TourError::Forbidden(what));
    }
    if without_reads(&told) != without_reads(STORY) {
        return Err(TourError::Different(difference::between(STORY, &told)));
    }
    writeln!(out, "\nThe tour ended as it should.")?;
    Ok(calls)
}

/// The story without the number of calls to GitHub. Writes, webhooks, model calls and money are
/// held exactly; how often something is only looked up may depend on the machine's own pace.
fn without_reads(story: &str) -> String {
    let steady = |line: &str| match line.split_once(" calls") {
        Some((before, after)) if line.contains("GitHub") => {
            let before = before.trim_end_matches(|it: char| it.is_ascii_digit());
            format!("{before}# calls{after}")
        }
        Some(_) | None => line.to_owned(),
    };
    story.lines().map(steady).collect::<Vec<_>>().join("\n")
}

/// Tells the tour on `out`, and returns what was told.
///
/// # Errors
/// See [`TourError`]; never [`TourError::Different`].
pub async fn tell(out: &mut dyn Write) -> Result<String, TourError> {
    Ok(play(out).await?.0)
}

/// The story, and what was called on GitHub in it.
async fn play(out: &mut dyn Write) -> Result<(String, Vec<CallRecord>), TourError> {
    let clock = Arc::new(MovableClock::standing(BEGIN));
    let world = World::start(Setup::sample(clock)).await?;
    let mut teller = Teller::new(out);
    scenes::play(&world, &mut teller).await?;
    Ok((teller.into_told(), world.github.calls()))
}

/// Steps the world until only people could go on, telling what happens.
async fn settle(
    world: &World,
    watcher: &mut Watcher,
    teller: &mut Teller<'_>,
) -> Result<(), TourError> {
    for _ in 0..STEPS_MAX {
        let moved = world.step().await?;
        for news in watcher.news(world).await? {
            teller.news(&news)?;
        }
        if moved {
            continue;
        }
        let now = world.clock.now();
        match world.next_due().await? {
            Some(due) if due <= now + SOON => {
                world.pass(Millis((due - now).0.max(1)));
            }
            Some(_) | None => return Ok(()),
        }
    }
    Err(TourError::Restless)
}
