//! What people chose is written with the decision, and read by its installation only.

use baton::base::{InstallationId, RepositoryId, UserId};
use baton::store::{Commit, NewFeedback};

use super::{decision, issue, next_row, on_both, state};

fn chosen(about: &'static str, computed: &'static str, chosen: &'static str) -> NewFeedback {
    NewFeedback { by: UserId(7), about, computed, chosen, how: "label" }
}

on_both! {
    async fn a_choice_is_kept_with_its_decision_and_for_its_installation(db: &Db) {
        let store = db.open().await;
        let feedback = vec![chosen("level", "medium", "expert"), chosen("tier", "opus", "sonnet")];
        let (lease, row) = next_row(&store, 1, "d1").await;
        let commit = Commit { feedback, ..decision(&row, 1, 0) };
        store.commit(&lease, commit).await.unwrap();

        let (installation, repository) = (state("Seen").installation, issue(1).repository);
        let kept = store.feedback(installation, repository).await.unwrap();
        let read: Vec<_> =
            kept.iter().map(|it| (it.by, it.about.as_str(), it.chosen.as_str())).collect();
        assert_eq!(read, [(UserId(7), "level", "expert"), (UserId(7), "tier", "sonnet")]);
        assert_eq!(store.overridden(installation, issue(1)).await.unwrap(), (1, 1));
        let foreign = InstallationId(installation.0 + 1);
        assert!(store.feedback(foreign, repository).await.unwrap().is_empty());
        assert_eq!(store.overridden(foreign, issue(1)).await.unwrap(), (0, 0));
        assert!(store.feedback(installation, RepositoryId(-1)).await.unwrap().is_empty());
    }
}
