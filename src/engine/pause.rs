//! The pauses that GitHub asks for.

use crate::base::{Millis, Timestamp};
use crate::github::client::GitHubError;

/// The pause after a limit that names no time (`github.md`, Limits).
const LIMIT_PAUSE: Millis = Millis::minutes(1);

/// The least pause: one that is over at once, as a clock that runs late reads it, would have the same
/// asked again and again without an end.
const PAUSE_LEAST: Millis = Millis::seconds(5);

/// Until when GitHub asks not to be called, if that is what the error says.
pub(super) fn pause_of(error: &GitHubError, now: Timestamp) -> Option<Timestamp> {
    match error {
        GitHubError::RateLimited { until } => Some((*until).max(now + PAUSE_LEAST)),
        GitHubError::SecondaryLimit { retry_after } => {
            Some(now + retry_after.unwrap_or(LIMIT_PAUSE).max(PAUSE_LEAST))
        }
        GitHubError::Forbidden(_)
        | GitHubError::NotFound
        | GitHubError::Gone
        | GitHubError::Conflict { .. }
        | GitHubError::Unprocessable { .. }
        | GitHubError::NotFastForward
        | GitHubError::Unauthorized
        | GitHubError::Server(_)
        | GitHubError::Network { .. }
        | GitHubError::Unexpected { .. } => None,
    }
}

/// The same for the `attempt`-th try in a row: a pause without a time grows exponentially.
pub(super) fn growing_pause_of(
    error: &GitHubError,
    now: Timestamp,
    attempt: i64,
) -> Option<Timestamp> {
    let until = pause_of(error, now)?;
    if !matches!(error, GitHubError::SecondaryLimit { retry_after: None }) {
        return Some(until);
    }
    let doublings = u32::try_from(attempt.clamp(1, 6) - 1).unwrap_or(0);
    Some(now + Millis(LIMIT_PAUSE.0 << doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[track_caller]
    fn check(error: GitHubError, attempt: i64, expected_s: Option<i64>) {
        let until = growing_pause_of(&error, NOW, attempt);
        assert_eq!(until, expected_s.map(|it| NOW + Millis::seconds(it)), "{error:?}");
    }

    #[test]
    fn a_pause_is_what_github_says_else_it_grows() {
        let secondary = |retry_after| GitHubError::SecondaryLimit { retry_after };
        check(GitHubError::RateLimited { until: NOW + Millis::seconds(90) }, 3, Some(90));
        check(secondary(Some(Millis::seconds(7))), 9, Some(7));
        check(secondary(Some(Millis(0))), 1, Some(5));
        check(GitHubError::RateLimited { until: Timestamp(0) }, 1, Some(5));
        check(secondary(None), 1, Some(60));
        check(secondary(None), 3, Some(240));
        check(secondary(None), 99, Some(1_920));
        check(GitHubError::Server(502), 1, None);
        check(GitHubError::Forbidden("no".to_owned()), 1, None);
    }
}
