//! The lives of an issue. One that is reopened after its work was merged begins another: what the
//! engine remembers of the work before (branch, pull request, approvals, failures of the CI, parked
//! changes, reports) must not count for the work to come. What is about people, about Baton's own
//! comments, and whose texts were read stays, and so do the ledger and the numbers of the revisions.

use crate::base::{IssueKey, Timestamp};
use crate::engine::Engine;
use crate::store::{RunRow, StoreError};

/// The handle of the moment when the present life began; the first has none.
pub(super) const LIFE_BEGAN: &str = "life-began";

/// What outlives a life, by its whole name.
const KEPT: [&str; 6] =
    ["author-right", "outside-texts", "self", "status", "status-at", "status-shown"];
/// What outlives a life, by how its name begins: comments that stand there, people's names, and
/// what effects under way have looked up.
const KEPT_KINDS: [&str; 5] = ["answered/", "login/", "looked-up/", "plan-news/", "questions/"];

impl Engine {
    /// The handles that belong to the life that ends.
    pub(super) async fn handles_of_the_life(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<String>, StoreError> {
        let kinds = self.store.handles(issue).await?.into_iter().map(|it| it.0);
        Ok(kinds.filter(|it| !outlives(it)).collect())
    }

    /// The runs of the present life, oldest first.
    pub(super) async fn runs_of_the_life(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<RunRow>, StoreError> {
        let began = self.store.handle(issue, LIFE_BEGAN).await?;
        let began = began.and_then(|it| it.parse().ok()).map_or(Timestamp(0), Timestamp);
        let mut runs = self.store.runs(issue).await?;
        runs.retain(|it| began <= it.created);
        Ok(runs)
    }
}

fn outlives(kind: &str) -> bool {
    KEPT.contains(&kind) || KEPT_KINDS.iter().any(|it| kind.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &str, expected: bool) {
        assert_eq!(outlives(kind), expected, "{kind}");
    }

    #[test]
    fn only_what_is_about_people_and_comments_outlives_a_life() {
        check("status", true);
        check("outside-texts", true);
        check("login/7", true);
        check("plan-news/1", true);
        check("answered/cost/7", true);
        for gone in
            ["branch", "branch-base", "planned-on", "pull-request", "plan-commit", "code-pushed"]
        {
            check(gone, false);
        }
        for gone in ["approvals", "asks-yes", "yes/abc", "ci-failures", "guard-findings", "ask"] {
            check(gone, false);
        }
    }
}
