//! The price table: rows with a first day, read once from the embedded file.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::base::{MicroUsd, Millis, Timestamp};
use crate::domain::tier::Tier;

/// A table that is older is marked wherever its amounts are shown: prices of this field change
/// several times a year.
pub const TABLE_AGE_MAX: Millis = Millis::days(45);

/// Prices of one band, each per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Prompt tokens outside the cache.
    pub input: MicroUsd,
    /// Answer tokens.
    pub output: MicroUsd,
    /// Prompt tokens written to the five-minute cache.
    pub cache_write_5m: MicroUsd,
    /// Prompt tokens written to the one-hour cache.
    pub cache_write_1h: MicroUsd,
    /// Prompt tokens read from the cache.
    pub cache_read: MicroUsd,
}

/// Prices of one model from one day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The model's id.
    pub model: String,
    /// The tier it plays on.
    pub tier: Tier,
    /// `<model>@<first day>`: stored with the tokens, so that history can be priced again.
    pub version: String,
    /// The first instant it holds (midnight UTC).
    pub from: Timestamp,
    /// Its prices.
    pub rates: Rates,
    /// When a prompt has more tokens than this, every token of the request, the answer's
    /// included, costs these prices instead.
    pub long: Option<(u64, Rates)>,
    /// What inference pinned to the US multiplies, in millionths.
    pub us: Option<MicroUsd>,
    /// What the fast mode multiplies, in millionths.
    pub fast: Option<MicroUsd>,
}

/// All rows, with the day they were collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTable {
    /// The day the table was collected, `2026-11-21`.
    pub retrieved: String,
    /// The rows, oldest first for each model.
    pub rows: Vec<Row>,
}

/// What is wrong with a price file.
#[derive(Debug, thiserror::Error)]
pub enum BadTable {
    /// It is not the JSON it should be.
    #[error("the price table cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A price or day in it is not one.
    #[error("the price table has `{0}` where a price or a day should be")]
    Value(String),
}

impl PriceTable {
    /// The table this version was built with.
    pub fn embedded() -> &'static PriceTable {
        #[expect(
            clippy::unwrap_used,
            reason = "the file is part of the program, and a test reads it"
        )]
        static EMBEDDED: LazyLock<PriceTable> =
            LazyLock::new(|| PriceTable::parse(include_str!("prices.json")).unwrap());
        &EMBEDDED
    }

    /// Reads a price file.
    ///
    /// # Errors
    ///
    /// [`BadTable`] with the value that is none.
    pub fn parse(json: &str) -> Result<PriceTable, BadTable> {
        let file: File = serde_json::from_str(json)?;
        midnight(&file.retrieved)?;
        let mut rows = file.rows.iter().map(FileRow::read).collect::<Result<Vec<Row>, _>>()?;
        rows.sort_by_key(|it| it.from);
        Ok(PriceTable { retrieved: file.retrieved, rows })
    }

    /// The row for `model` that holds at `at`. A dated id (`claude-opus-5-5-20260922`) without a
    /// row of its own is priced like its undated name.
    pub fn row(&self, model: &str, at: Timestamp) -> Option<&Row> {
        let named = |name: &str| self.rows.iter().rfind(|it| it.model == name && it.from <= at);
        named(model).or_else(|| named(undated(model)?))
    }

    /// The row that a ledger entry was priced with.
    pub fn version(&self, version: &str) -> Option<&Row> {
        self.rows.iter().find(|it| it.version == version)
    }

    /// The tier of a model id, by its row; never guessed from the id.
    pub fn tier_of(&self, model: &str) -> Option<Tier> {
        let named = |name: &str| self.rows.iter().find(|it| it.model == name);
        named(model).or_else(|| named(undated(model)?)).map(|it| it.tier)
    }

    /// Whether the table is older than [`TABLE_AGE_MAX`].
    pub fn is_old(&self, now: Timestamp) -> bool {
        midnight(&self.retrieved).is_ok_and(|it| TABLE_AGE_MAX < now - it)
    }

    /// "list price, table of 2026-11-21", marked when the table is old.
    pub fn note(&self, now: Timestamp) -> String {
        let old = if self.is_old(now) { ", more than 45 days old" } else { "" };
        format!("list price, table of {}{old}", self.retrieved)
    }
}

/// The id without its release day.
fn undated(model: &str) -> Option<&str> {
    let (name, day) = model.rsplit_once('-')?;
    (day.len() == 8 && day.bytes().all(|it| it.is_ascii_digit())).then_some(name)
}

fn midnight(day: &str) -> Result<Timestamp, BadTable> {
    Timestamp::parse_iso(&format!("{day}T00:00:00Z")).ok_or_else(|| BadTable::Value(day.to_owned()))
}

fn price(text: &str) -> Result<MicroUsd, BadTable> {
    MicroUsd::parse(text).ok_or_else(|| BadTable::Value(text.to_owned()))
}

/// The file as it is written. Prices are decimal texts: a float would already be a wrong price.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "unit")]
    _unit: String,
    #[serde(rename = "sources")]
    _sources: String,
    retrieved: String,
    rows: Vec<FileRow>,
}

#[derive(Deserialize)]
struct FileRow {
    model: String,
    tier: Tier,
    from: String,
    #[serde(flatten)]
    rates: FileRates,
    long: Option<FileLong>,
    us: Option<String>,
    fast: Option<String>,
}

#[derive(Deserialize)]
struct FileRates {
    input: String,
    output: String,
    cache_write_5m: String,
    cache_write_1h: String,
    cache_read: String,
}

#[derive(Deserialize)]
struct FileLong {
    over: u64,
    #[serde(flatten)]
    rates: FileRates,
}

impl FileRow {
    fn read(&self) -> Result<Row, BadTable> {
        let multiplier = |it: &Option<String>| it.as_deref().map(price).transpose();
        let long = match &self.long {
            None => None,
            Some(long) => Some((long.over, long.rates.read()?)),
        };
        Ok(Row {
            model: self.model.clone(),
            tier: self.tier,
            version: format!("{}@{}", self.model, self.from),
            from: midnight(&self.from)?,
            rates: self.rates.read()?,
            long,
            us: multiplier(&self.us)?,
            fast: multiplier(&self.fast)?,
        })
    }
}

impl FileRates {
    fn read(&self) -> Result<Rates, BadTable> {
        Ok(Rates {
            input: price(&self.input)?,
            output: price(&self.output)?,
            cache_write_5m: price(&self.cache_write_5m)?,
            cache_write_1h: price(&self.cache_write_1h)?,
            cache_read: price(&self.cache_read)?,
        })
    }
}
