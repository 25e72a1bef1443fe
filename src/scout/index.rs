//! Ranking files for a question: BM25F over three fields.
//!
//! A term in a file's *path* says more than one in a *definition*, and that more than one in the
//! *body*. Each field's term frequency is normalised by the field's length, weighted, summed, and
//! saturated once; rare terms count more. The same snapshot and question give the same order:
//! equal scores are ordered by path.

use std::collections::{BTreeMap, HashMap};

use super::files::{FILE_BYTES_MAX, is_binary};
use super::path::file_name;
use super::snapshot::{Content, Snapshot};
use super::symbols;
use super::words;

/// Path, definitions, body.
const FIELDS: usize = 3;

/// What one occurrence counts in each field.
const WEIGHTS: [f64; FIELDS] = [4.0, 2.5, 1.0];

/// How much a field's length matters, 0 (not) to 1 (fully). Paths are all short.
const LENGTH_MATTERS: [f64; FIELDS] = [0.3, 0.6, 0.75];

/// Where repeating a term stops adding much (BM25's k1).
const SATURATION: f64 = 1.2;

/// What a path that the question names in full adds: more than any words can.
const NAMED_BONUS: f64 = 50.0;

/// What vendored and generated files count, against files that people wrote.
const GENERATED_FACTOR: f64 = 0.2;

/// The largest file whose body is indexed, in bytes; definitions of larger ones are rarely read.
const BODY_BYTES_MAX: u64 = 256 * 1_024;

/// The most bytes indexed in all; files beyond are known by their path.
const TOTAL_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// Folders of code that somebody else wrote or a tool made.
const GENERATED_FOLDERS: &[&str] = &[
    "node_modules",
    "vendor",
    "third_party",
    "dist",
    "build",
    "target",
    "generated",
    "__pycache__",
    "coverage",
    "snapshots",
    "__snapshots__",
];

/// Ends of names of files that tools write.
const GENERATED_NAMES: &[&str] = &[
    ".lock",
    "-lock.json",
    "-lock.yaml",
    ".min.js",
    ".min.css",
    ".map",
    ".svg",
    ".snap",
    "go.sum",
    ".pb.go",
    "_pb2.py",
];

/// How often a term stands in each field of a file.
type Counts = [u16; FIELDS];

/// The index of a snapshot; made once, when first asked.
pub(super) struct RankIndex {
    postings: HashMap<String, Vec<(u32, Counts)>>,
    /// Terms in each field of each file.
    lengths: Vec<[u32; FIELDS]>,
    average: [f64; FIELDS],
}

impl RankIndex {
    /// `None` where somebody asked to stop before it was whole.
    pub(super) fn new(snapshot: &Snapshot) -> Option<RankIndex> {
        let mut index =
            RankIndex { postings: HashMap::new(), lengths: Vec::new(), average: [1.0; FIELDS] };
        let mut budget = TOTAL_BYTES_MAX;
        for (document, (path, content)) in snapshot.ranked_files().iter().enumerate() {
            if snapshot.is_halted() {
                return None;
            }
            let mut terms = BTreeMap::new();
            count(&mut terms, 0, path);
            let wanted = content.len() <= BODY_BYTES_MAX.min(budget) && !is_generated(path);
            if wanted && let Ok(bytes) = snapshot.bytes(content) {
                budget -= content.len();
                if !is_binary(&bytes) {
                    count_body(&mut terms, &String::from_utf8_lossy(&bytes));
                }
            }
            index.add(document, terms);
        }
        index.close();
        Some(index)
    }

    fn add(&mut self, document: usize, terms: BTreeMap<String, Counts>) {
        // At most 100,000 files: the limit of a snapshot.
        let document = u32::try_from(document).unwrap_or(u32::MAX);
        let lengths = lengths(&terms);
        for (term, counts) in terms {
            self.postings.entry(term).or_default().push((document, counts));
        }
        self.lengths.push(lengths);
    }

    fn close(&mut self) {
        let files = self.lengths.len().max(1) as f64;
        for field in 0..FIELDS {
            let total: f64 = self.lengths.iter().map(|it| f64::from(it[field])).sum();
            self.average[field] = (total / files).max(1.0);
        }
    }

    /// Every file with a score above zero, by place in the snapshot's list.
    fn scores(&self, terms: &[String]) -> BTreeMap<u32, f64> {
        let mut scores = BTreeMap::new();
        for term in terms {
            let Some(postings) = self.postings.get(term) else { continue };
            for (document, counts) in postings {
                let Some(lengths) = self.lengths.get(*document as usize) else { continue };
                *scores.entry(*document).or_insert(0.0) += self.score(term, counts, lengths);
            }
        }
        scores
    }

    /// The score of a file that a run wrote, as if it stood among the indexed ones.
    fn score_of_written(&self, terms: &[String], path: &str, text: &str) -> f64 {
        let mut counted = BTreeMap::new();
        count(&mut counted, 0, path);
        if is_searched(text.len() as u64) && !is_generated(path) {
            count_body(&mut counted, text);
        }
        let lengths = lengths(&counted);
        let score = |term: &String| Some(self.score(term, counted.get(term)?, &lengths));
        terms.iter().filter_map(score).sum()
    }

    /// What one term adds to the score of a file.
    fn score(&self, term: &str, counts: &Counts, lengths: &[u32; FIELDS]) -> f64 {
        let files = self.lengths.len() as f64;
        let with = self.postings.get(term).map_or(0, Vec::len) as f64;
        let rarity = ((files - with + 0.5) / (with + 0.5) + 1.0).ln();
        let mut weight = 0.0;
        for field in 0..FIELDS {
            let relative = f64::from(lengths[field]) / self.average[field];
            let matters = LENGTH_MATTERS[field];
            let length = 1.0 - matters + matters * relative;
            weight += WEIGHTS[field] * f64::from(counts[field]) / length;
        }
        rarity * weight / (SATURATION + weight)
    }
}

impl Snapshot {
    /// The files that matter most for an issue's text, best first, with a score that only means
    /// something beside the others. Paths named in the text stand first. None where making the index
    /// was stopped.
    pub fn rank(&self, issue_text: &str) -> Vec<(String, f64)> {
        let terms = words::query_terms(issue_text);
        let Some(index) = self.rank_index() else { return Vec::new() };
        let scores = index.scores(&terms);
        let named = named_paths(issue_text);
        let indexed = (0..).zip(self.ranked_files()).filter_map(|(place, (path, _))| {
            let is_as_indexed = matches!(self.content(path), Some(Content::Packed(_)));
            is_as_indexed.then(|| (path, scores.get(&place).copied().unwrap_or(0.0)))
        });
        let written = self.files().iter().filter_map(|(path, content)| match content {
            Content::Packed(_) => None,
            Content::Written(text) => Some((path, index.score_of_written(&terms, path, text))),
        });
        let mut ranked: Vec<(String, f64)> = Vec::new();
        for (path, mut score) in indexed.chain(written) {
            if is_generated(path) {
                score *= GENERATED_FACTOR;
            }
            if named.iter().any(|it| path == it || path.ends_with(&format!("/{it}"))) {
                score += NAMED_BONUS;
            }
            if 0.0 < score {
                ranked.push((path.clone(), score));
            }
        }
        ranked.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
        ranked
    }
}

/// Words of a text that look like a path or file name.
pub fn named_paths(text: &str) -> Vec<&str> {
    let ends = |it: char| it.is_whitespace() || "`'\"()[]<>,;:*!?".contains(it);
    text.split(ends)
        .map(|it| it.trim_end_matches('.').trim_start_matches("./"))
        .filter(|it| 3 < it.len() && file_name(it).contains('.') && !it.contains("//"))
        .collect()
}

/// How many terms stand in each field.
fn lengths(terms: &BTreeMap<String, Counts>) -> [u32; FIELDS] {
    let mut lengths = [0; FIELDS];
    for counts in terms.values() {
        for (length, count) in lengths.iter_mut().zip(counts) {
            *length += u32::from(*count);
        }
    }
    lengths
}

fn count(terms: &mut BTreeMap<String, Counts>, field: usize, text: &str) {
    for term in words::terms(text) {
        let counts = terms.entry(term).or_default();
        counts[field] = counts[field].saturating_add(1);
    }
}

fn count_body(terms: &mut BTreeMap<String, Counts>, text: &str) {
    for line in text.lines() {
        if let Some(name) = symbols::defined_in(line) {
            count(terms, 1, name);
        }
        count(terms, 2, line);
    }
}

fn is_generated(path: &str) -> bool {
    let name = file_name(path);
    let folders = path.strip_suffix(name).unwrap_or("");
    folders.split('/').any(|it| GENERATED_FOLDERS.contains(&it))
        || GENERATED_NAMES.iter().any(|it| name.ends_with(it))
}

/// Whether a file is small enough to be looked into line by line.
pub(super) fn is_searched(len: u64) -> bool {
    len <= BODY_BYTES_MAX.min(FILE_BYTES_MAX)
}
