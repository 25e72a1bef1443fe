//! Files that differ, as commits, comparisons and pull requests list them.

use serde_json::{Value, json};

use super::super::world::{Repository, World};
use super::extend;
use super::repository::escape_path;
use crate::base::Sha;
use crate::sandbox::git::{FileChange, FileKind};

impl World {
    /// One file between two commits (`docs.github.com/rest/commits/commits`, "Diff entry").
    /// `patch` is absent for bytes that are no text and for diffs that are too large.
    pub(crate) fn file_json(
        &self,
        repository: &Repository,
        (before, after): (&Sha, &Sha),
        file: &FileChange,
    ) -> Value {
        let url = self.repository_url(repository);
        let page = format!("{}/{}", self.web_url, repository.full_name());
        let status = match &file.kind {
            FileKind::Added => "added",
            FileKind::Modified => "modified",
            FileKind::Removed => "removed",
            FileKind::Renamed(_) => "renamed",
        };
        // A removed file is shown as it was before.
        let at = if file.kind == FileKind::Removed { before } else { after };
        let path = escape_path(&file.path);
        let mut json = json!({
            "sha": file.sha,
            "filename": file.path,
            "status": status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": format!("{page}/blob/{at}/{path}"),
            "raw_url": format!("{page}/raw/{at}/{path}"),
            "contents_url": format!("{url}/contents/{path}?ref={at}"),
        });
        if let Some(patch) = file.patch() {
            extend(&mut json, json!({ "patch": patch }));
        }
        if let FileKind::Renamed(from) = &file.kind {
            extend(&mut json, json!({ "previous_filename": from }));
        }
        json
    }
}
