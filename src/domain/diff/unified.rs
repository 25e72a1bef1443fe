//! A change set as a unified diff, bounded, for comments and prompts.
//!
//! Every file is named even when its lines do not fit: the small differences are shown whole
//! first, and what is left of the room is shared by the large ones. Characters that nobody would
//! see are written out as `<U+202E>`, because a person says yes to what they see. Secrets are not
//! masked here, and nothing is fenced or escaped: that is for whoever posts the text.

use similar::group_diff_ops;

use super::lines::{lines_of, operations, split};
use super::{ChangeKind, ChangeSet, Content, FileChange, FileMode, Sign};
use crate::domain::hygiene::strip_invisible;

/// Unchanged lines shown around each change, as git does.
const CONTEXT_LINES: usize = 3;

/// The longest line shown; longer ones are generated text.
const LINE_CHARS_MAX: usize = 500;

/// The difference in at most about `bytes_max` bytes; beyond that only one line for each file.
pub fn unified(set: &ChangeSet, bytes_max: usize) -> String {
    let heads: Vec<String> = set.files().iter().map(head).collect();
    let bodies: Vec<String> = set.files().iter().map(body).collect();
    let mut room = bytes_max.saturating_sub(heads.iter().map(String::len).sum());
    let mut by_size: Vec<usize> = (0..bodies.len()).collect();
    by_size.sort_by_key(|it| bodies[*it].len());
    let mut shares = vec![0; bodies.len()];
    for (done, index) in by_size.into_iter().enumerate() {
        let share = room / (bodies.len() - done);
        shares[index] = share.min(bodies[index].len());
        room -= shares[index];
    }
    let mut text = String::new();
    for ((head, body), share) in heads.iter().zip(&bodies).zip(shares) {
        text.push_str(head);
        text.push_str(&cut(body, share));
    }
    text
}

/// The lines that name a file.
fn head(change: &FileChange) -> String {
    let old = match change.kind {
        ChangeKind::Created => "/dev/null".to_owned(),
        ChangeKind::Modified | ChangeKind::Deleted | ChangeKind::Moved { .. } => {
            format!("a/{}", visible(change.path_before()))
        }
    };
    let new = match change.kind {
        ChangeKind::Deleted => "/dev/null".to_owned(),
        ChangeKind::Created | ChangeKind::Modified | ChangeKind::Moved { .. } => {
            format!("b/{}", visible(&change.path))
        }
    };
    let mut text = format!("--- {old}\n+++ {new}\n");
    if change.mode != FileMode::Regular {
        text.push_str(&format!("({})\n", change.mode.word()));
    }
    text
}

/// The changed lines of a file with what stands around them.
fn body(change: &FileChange) -> String {
    if change.is_binary() {
        let size = |it: &Option<Content>| match it {
            None => "nothing".to_owned(),
            Some(Content::Text(text)) => format!("{} bytes of text", text.len()),
            Some(Content::Binary { bytes, .. }) => format!("{bytes} bytes"),
        };
        return format!("(binary: {} -> {})\n", size(&change.before), size(&change.after));
    }
    let (old, new) = (split(change.before_text()), split(change.after_text()));
    let mut text = String::new();
    for hunk in group_diff_ops(operations(&old, &new), CONTEXT_LINES) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let before = range(first.old_range().start, last.old_range().end);
        let after = range(first.new_range().start, last.new_range().end);
        text.push_str(&format!("@@ -{before} +{after} @@\n"));
        for operation in &hunk {
            for line in lines_of(operation, &old, &new) {
                let shown = clipped(&visible(line.text));
                text.push_str(&format!("{}{shown}\n", line.sign.mark()));
                let texts = if line.sign == Sign::Removed { &old } else { &new };
                let is_last = line.number == texts.len();
                if is_last && texts.last().is_some_and(|it| !it.ends_with('\n')) {
                    text.push_str("\\ No newline at end of file\n");
                }
            }
        }
    }
    text
}

/// A hunk's place: first line and number of lines, as in git.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        n => format!("{},{n}", start + 1),
    }
}

/// Whole lines up to `bytes_max`, and how many are left out.
fn cut(body: &str, bytes_max: usize) -> String {
    if body.len() <= bytes_max {
        return body.to_owned();
    }
    let mut end = 0;
    let mut shown = 0;
    for line in body.split_inclusive('\n') {
        if bytes_max < end + line.len() {
            break;
        }
        end += line.len();
        shown += 1;
    }
    let left_out = body.lines().count() - shown;
    format!("{}({left_out} more lines of this file are not shown)\n", &body[..end])
}

fn clipped(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        None => line.to_owned(),
        Some((end, _)) => {
            format!("{} … ({} characters)", &line[..end], line.chars().count())
        }
    }
}

/// The text with what nobody sees written out. Lines without such characters, in any script, stay
/// as they are.
fn visible(text: &str) -> String {
    if strip_invisible(text).text == text && !text.contains(['\n', '\r']) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for it in text.chars() {
        let is_hidden = matches!(it, '\n' | '\r')
            || strip_invisible(it.encode_utf8(&mut [0; 4])).text.is_empty();
        if is_hidden {
            shown.push_str(&format!("<U+{:04X}>", u32::from(it)));
        } else {
            shown.push(it);
        }
    }
    shown
}
