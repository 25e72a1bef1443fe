//! The tools `list_files` and `read_file`.

use std::collections::BTreeMap;

use super::glob::Glob;
use super::output::{Lines, OUTPUT_BYTES_MAX, Refusal, clip, size};
use super::path::{file_name, normalise};
use super::snapshot::Snapshot;

/// Up to so many files a folder is listed with everything below it.
const LISTED_WHOLE_MAX: usize = 200;

/// Lines that `read_file` answers with when no end is asked for.
const READ_LINES_DEFAULT: usize = 200;

/// The most bytes of one `read_file`: about 5,000 tokens.
const READ_BYTES_MAX: usize = 16 * 1_024;

/// The longest line shown; longer ones are generated text.
const LINE_CHARS_MAX: usize = 1_000;

/// The largest file that is read or searched.
pub(super) const FILE_BYTES_MAX: u64 = 1_024 * 1_024;

/// How far into a file a NUL byte makes it binary, as git looks.
const BINARY_LOOK_BYTES: usize = 8_000;

/// How every Git LFS pointer begins.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Paths up to this length are compared with one that does not exist. Comparing takes time that
/// grows with the square of it, for each file; what somebody mistyped is not longer.
const NEAR_CHARS_MAX: usize = 200;

/// Names offered when a path does not exist.
const SUGGESTIONS_MAX: usize = 3;

impl Snapshot {
    /// The whole text of one visible file; `None` when it is absent, binary or too large.
    pub fn whole_text(&self, path: &str) -> Option<String> {
        self.text(path).ok()
    }

    /// Lists files below a folder (the root when none is given), each with its size. Without a
    /// glob a large folder is listed one level deep, with the number of files in each subfolder.
    ///
    /// # Errors
    /// [`Refusal`] for an unknown folder or a bad glob.
    pub fn list_files(&self, dir: Option<&str>, glob: Option<&str>) -> Result<String, Refusal> {
        let dir = normalise(dir.unwrap_or_default());
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let glob = glob.filter(|it| !it.trim().is_empty()).map(Glob::new).transpose()?;
        let below: Vec<_> = self
            .files()
            .iter()
            .filter_map(|(path, it)| Some((path.as_str(), path.strip_prefix(&prefix)?, it.len())))
            .collect();
        if below.is_empty() {
            return Err(self.no_folder(&dir));
        }
        let mut lines = Lines::new(OUTPUT_BYTES_MAX);
        if glob.is_none() && LISTED_WHOLE_MAX < below.len() {
            let files = below.iter().map(|(_, rest, len)| (*rest, *len));
            one_level(&prefix, files, &mut lines);
            return Ok(lines.finish("entries", "name a folder with `dir`"));
        }
        for (path, rest, len) in below {
            if glob.as_ref().is_none_or(|it| it.matches(path) || it.matches(rest)) {
                lines.push(&format!("{path} ({})", size(len)));
            }
        }
        if lines.is_empty() {
            let place = if dir.is_empty() { "the repository" } else { &*dir };
            return Ok(format!("No file in {place} matches.\n"));
        }
        Ok(lines.finish("files", "narrow with `dir` or `glob`"))
    }

    /// Reads lines `from_line..=to_line` of a file, counted from 1 and numbered in the answer.
    ///
    /// # Errors
    /// [`Refusal`] for an unknown path, a range outside the file, a binary or too large file, a
    /// Git LFS pointer.
    pub fn read_file(
        &self,
        path: &str,
        from_line: Option<u32>,
        to_line: Option<u32>,
    ) -> Result<String, Refusal> {
        let path = normalise(path);
        let text = self.text(&path)?;
        let all: Vec<&str> = text.lines().collect();
        let total = all.len();
        if total == 0 {
            return Ok(format!("`{path}` is empty.\n"));
        }
        let from = usize::try_from(from_line.unwrap_or(1)).unwrap_or(usize::MAX).max(1);
        let to = to_line.map_or(from.saturating_add(READ_LINES_DEFAULT - 1), |it| {
            usize::try_from(it).unwrap_or(usize::MAX)
        });
        if to < from {
            return Err(Refusal(format!("`from_line` {from} lies after `to_line` {to}.")));
        }
        if total < from {
            return Err(Refusal(format!("`{path}` has {total} lines; line {from} is not there.")));
        }
        let mut lines = Lines::new(READ_BYTES_MAX);
        let mut shown = from - 1;
        for (number, line) in all.iter().enumerate().take(to).skip(from - 1) {
            if !lines.push(&format!("{:>5}\t{}", number + 1, clip(line, LINE_CHARS_MAX))) {
                break;
            }
            shown = number + 1;
        }
        let mut answer = lines.text();
        if shown < total {
            let next = shown + 1;
            answer.push_str(&format!(
                "({shown} of {total} lines reached; go on with `from_line` {next})\n"
            ));
        }
        Ok(answer)
    }

    /// A visible file's text. Bytes that are not UTF-8 become `\u{fffd}`.
    pub(super) fn text(&self, path: &str) -> Result<String, Refusal> {
        let Some(content) = self.content(path) else { return Err(self.no_file(path)) };
        if FILE_BYTES_MAX < content.len() {
            return Err(Refusal(format!(
                "`{path}` has {}, more than the {} that are read; `grep` skips it too.",
                size(content.len()),
                size(FILE_BYTES_MAX)
            )));
        }
        let bytes = self.bytes(content).map_err(|_| {
            Refusal(format!("`{path}` could not be read from the snapshot; try another file."))
        })?;
        if bytes.starts_with(LFS_POINTER) {
            return Err(Refusal(format!(
                "`{path}` is a Git LFS pointer: its content is not in the repository."
            )));
        }
        if is_binary(&bytes) {
            let size = size(content.len());
            return Err(Refusal(format!("`{path}` is a binary file ({size}) and is not shown.")));
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
    }

    fn no_file(&self, path: &str) -> Refusal {
        if self.paths().any(|it| it.strip_prefix(path).is_some_and(|it| it.starts_with('/'))) {
            return Refusal(format!("`{path}` is a folder: use `list_files`."));
        }
        let near = self.near(path);
        let shown = clip(path, 200);
        if near.is_empty() {
            return Refusal(format!(
                "There is no file `{shown}` that can be read. Use `list_files` or `search`."
            ));
        }
        Refusal(format!("There is no file `{shown}` that can be read. Near: {}.", near.join(", ")))
    }

    fn no_folder(&self, dir: &str) -> Refusal {
        if dir.is_empty() {
            return Refusal("The repository has no file that can be read.".to_owned());
        }
        if self.content(dir).is_some() {
            return Refusal(format!("`{dir}` is a file: use `read_file`."));
        }
        Refusal(format!("There is no folder `{}`. Use `list_files` without `dir`.", clip(dir, 200)))
    }

    /// Paths that a wrong path may have meant: the same name elsewhere, else the most alike.
    fn near(&self, path: &str) -> Vec<String> {
        let name = file_name(path);
        let quoted = |it: &str| format!("`{it}`");
        let same: Vec<_> = self
            .paths()
            .filter(|it| file_name(it).eq_ignore_ascii_case(name))
            .take(SUGGESTIONS_MAX)
            .map(quoted)
            .collect();
        if !same.is_empty() || NEAR_CHARS_MAX < path.len() {
            return same;
        }
        let mut alike: Vec<_> = self
            .paths()
            .filter(|it| it.len().abs_diff(path.len()) <= 8)
            .take_while(|_| !self.is_halted())
            .map(|it| (strsim::levenshtein(it, path), it))
            .filter(|(distance, it)| distance * 4 <= it.chars().count())
            .collect();
        alike.sort_unstable();
        alike.into_iter().take(SUGGESTIONS_MAX).map(|(_, it)| quoted(it)).collect()
    }
}

/// Whether content is binary, by git's rule.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(BINARY_LOOK_BYTES).any(|it| *it == 0)
}

fn one_level<'a>(prefix: &str, files: impl Iterator<Item = (&'a str, u64)>, lines: &mut Lines) {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    let mut here = Vec::new();
    for (rest, len) in files {
        match rest.split_once('/') {
            Some((folder, _)) => *folders.entry(folder).or_default() += 1,
            None => here.push((rest, len)),
        }
    }
    for (folder, count) in folders {
        lines.push(&format!("{prefix}{folder}/ ({count} files)"));
    }
    for (name, len) in here {
        lines.push(&format!("{prefix}{name} ({})", size(len)));
    }
}
