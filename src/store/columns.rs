//! Reading columns into our own types, and making text that both databases can hold.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::base::{InstallationId, IssueKey, IssueNumber, MicroUsd, RepositoryId, Timestamp};
use crate::store::StoreError;

/// Typed reading of a row's columns by name.
pub(super) trait Columns {
    fn text(&self, column: &'static str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    fn int(&self, column: &'static str) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, StoreError>;

    fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    fn at(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp)
    }

    fn money(&self, column: &'static str) -> Result<MicroUsd, StoreError> {
        self.int(column).map(MicroUsd)
    }

    fn json(&self, column: &'static str) -> Result<Value, StoreError> {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|_| StoreError::unreadable(column, &text))
    }

    fn maybe_json(&self, column: &'static str) -> Result<Option<Value>, StoreError> {
        let Some(text) = self.maybe_text(column)? else { return Ok(None) };
        let value = serde_json::from_str(&text);
        value.map(Some).map_err(|_| StoreError::unreadable(column, &text))
    }

    fn issue(&self) -> Result<IssueKey, StoreError> {
        Ok(IssueKey {
            repository: RepositoryId(self.int("repository_id")?),
            number: IssueNumber(self.int("number")?),
        })
    }

    fn installation(&self) -> Result<InstallationId, StoreError> {
        self.int("installation_id").map(InstallationId)
    }
}

impl Columns for AnyRow {
    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// PostgreSQL holds no NUL in text; foreign text keeps its length with the replacement character.
/// JSON needs no such care: it writes NUL as an escape.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
