//! Tick boxes that are buttons: which ones a body has, and what an edit toggled.
//!
//! A box is known when GitHub shows it as one and a marker of ours stands right behind it:
//!
//! ```text
//! - [ ] <!-- baton:task=t1 -->Create the table (medium)
//! - [ ] <!-- baton:do=approve rev=3 -->Approve plan (revision 3)
//! ```
//!
//! A line that merely looks like one (in a code block, a quotation, an HTML comment) is text: no
//! tick of it can be made on GitHub, so none is read from it.
//!
//! Whoever edits a body may change more than a box. [`difference`] says so, and the caller then
//! restores the body from state; what was ticked in the same edit is told too, to be judged with
//! that knowledge.

use std::collections::BTreeMap;
use std::fmt;

use pulldown_cmark::Event;

use crate::domain::hygiene::markdown;
use crate::domain::plan::checklist::BoxLine;
use crate::domain::plan::is_task_id;

/// What a box stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Marker {
    /// A task, by its id: `baton:task=t1`.
    Task(String),
    /// An action, with what it is bound to: `baton:do=approve rev=3`.
    Do {
        /// The action's name.
        action: String,
        /// `rev=3`, in the order written. What makes an old tick harmless.
        bound_to: Vec<(String, String)>,
    },
}

impl Marker {
    /// The marker of an action that is bound to a revision.
    pub fn action(action: &str, revision: u32) -> Marker {
        let bound_to = vec![("rev".to_owned(), revision.to_string())];
        Marker::Do { action: action.to_owned(), bound_to }
    }

    /// What an action is bound to, by name: `bound("rev")`. A task is bound to nothing.
    pub fn bound(&self, name: &str) -> Option<&str> {
        match self {
            Marker::Task(_) => None,
            Marker::Do { bound_to, .. } => {
                bound_to.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
            }
        }
    }

    /// Reads what stands inside the comment of an action: `baton:do=approve rev=3`.
    fn read(inside: &str) -> Option<Marker> {
        let mut words = inside.split_whitespace();
        let action = words.next()?.strip_prefix("baton:do=").filter(|it| !it.is_empty())?;
        let pair =
            |it: &str| it.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bound_to = words.map(pair).collect::<Option<Vec<_>>>()?;
        Some(Marker::Do { action: action.to_owned(), bound_to })
    }
}

/// The inside of the HTML comment.
impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Marker::Task(id) => write!(f, "baton:task={id}"),
            Marker::Do { action, bound_to } => {
                write!(f, "baton:do={action}")?;
                bound_to.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
            }
        }
    }
}

/// A known box of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBox {
    /// What it stands for.
    pub marker: Marker,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Where the byte between its brackets stands in the body.
    mark_at: usize,
}

impl KnownBox {
    /// Where the byte between its brackets stands in the body.
    pub fn mark_at(&self) -> usize {
        self.mark_at
    }
}

/// A box that an edit toggled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toggle {
    /// What it stands for.
    pub marker: Marker,
    /// How it is now.
    pub ticked: bool,
}

/// What an edit changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Known boxes that stand otherwise than before, in the order of the body.
    pub toggles: Vec<Toggle>,
    /// Whether anything else changed: text, a box that was not there, a box that is gone.
    pub is_foreign: bool,
}

/// The line of a box. `text` is one line of Markdown.
pub fn line(marker: &Marker, ticked: bool, text: &str) -> String {
    let mark = if ticked { 'x' } else { ' ' };
    format!("- [{mark}] <!-- {marker} -->{text}")
}

/// The known boxes of a body, in its order.
pub fn known_boxes(body: &str) -> Vec<KnownBox> {
    let shown = markdown::events(body)
        .filter(|(event, _)| matches!(event, Event::TaskListMarker(_)))
        .map(|(_, range)| range.start);
    shown.filter_map(|at| box_at(body, at)).collect()
}

/// The body with every box of that marker set; `None` when it has no such box. No other byte
/// changes.
pub fn with_box(body: &str, marker: &Marker, ticked: bool) -> Option<String> {
    let boxes: Vec<KnownBox> =
        known_boxes(body).into_iter().filter(|it| it.marker == *marker).collect();
    if boxes.is_empty() {
        return None;
    }
    Some(with_marks(body, &boxes, if ticked { "x" } else { " " }))
}

/// What changed from one body to the next. Line ends and blanks at the very end do not count:
/// GitHub's editor changes them.
pub fn difference(before: &str, after: &str) -> Difference {
    let (before, after) = (normal(before), normal(after));
    let (old, new) = (known_boxes(&before), known_boxes(&after));
    if with_marks(&before, &old, " ") == with_marks(&after, &new, " ") {
        // The texts are equal but for the marks, so the boxes stand in the same order.
        let pairs = old.iter().zip(&new).filter(|(old, new)| old.ticked != new.ticked);
        let toggles = pairs.map(|(_, new)| toggle(new)).collect();
        return Difference { toggles, is_foreign: false };
    }
    let was: BTreeMap<&Marker, bool> = old.iter().map(|it| (&it.marker, it.ticked)).collect();
    let toggled =
        new.iter().filter(|it| was.get(&it.marker).is_some_and(|ticked| *ticked != it.ticked));
    Difference { toggles: toggled.map(toggle).collect(), is_foreign: true }
}

fn toggle(it: &KnownBox) -> Toggle {
    Toggle { marker: it.marker.clone(), ticked: it.ticked }
}

/// The known box whose brackets the parser found at `at`.
fn box_at(body: &str, at: usize) -> Option<KnownBox> {
    let start = body.get(..at)?.rfind('\n').map_or(0, |it| it + 1);
    let line = body.get(start..)?.lines().next()?;
    let read = BoxLine::read(line)?;
    let marker = match read.task {
        Some(task) => Marker::Task(Some(task).filter(|it| is_task_id(it))?.to_owned()),
        None => Marker::read(read.text.strip_prefix("<!--")?.split_once("-->")?.0)?,
    };
    Some(KnownBox { marker, ticked: read.ticked, mark_at: start + read.mark_at })
}

fn with_marks(body: &str, boxes: &[KnownBox], mark: &str) -> String {
    let mut res = String::with_capacity(body.len());
    let mut at = 0;
    for it in boxes {
        res.push_str(body.get(at..it.mark_at).unwrap_or_default());
        res.push_str(mark);
        at = it.mark_at + 1;
    }
    res.push_str(body.get(at..).unwrap_or_default());
    res
}

fn normal(body: &str) -> String {
    body.replace("\r\n", "\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "### Baton · Planned\n\n\
        - [ ] <!-- baton:task=t1 -->Create the table (medium)\n\
        - [x] <!-- baton:task=t2 -->Read it (simple)\n\n\
        <details><summary>More</summary>\n\n\
        - [ ] <!-- baton:do=approve rev=3 -->Approve plan (revision 3)\n\
        - [ ] a line of a person\n\n\
        </details>\n\n\
        ```\n- [ ] <!-- baton:do=approve rev=9 -->quoted\n```\n\n\
        > - [ ] <!-- baton:do=approve rev=8 -->quoted\n";

    /// Replaces `from` by `to` in the body; `expected` lists toggles as `+marker` or `-marker`,
    /// and `foreign`.
    #[track_caller]
    fn check(edits: &[(&str, &str)], expected: &str) {
        let after = edits.iter().fold(BODY.to_owned(), |body, (from, to)| {
            assert!(body.contains(from), "{from}");
            body.replacen(from, to, 1)
        });
        let found = difference(BODY, &after);
        let sign = |ticked: bool| if ticked { '+' } else { '-' };
        let mut parts: Vec<String> =
            found.toggles.iter().map(|it| format!("{}{}", sign(it.ticked), it.marker)).collect();
        parts.extend(found.is_foreign.then(|| "foreign".to_owned()));
        assert_eq!(parts.join(", "), expected, "{after}");
    }

    #[test]
    fn only_boxes_that_github_shows_are_known() {
        let known: Vec<String> =
            known_boxes(BODY).iter().map(|it| format!("{} {}", it.marker, it.ticked)).collect();
        assert_eq!(
            known,
            ["baton:task=t1 false", "baton:task=t2 true", "baton:do=approve rev=3 false"]
        );
        let hidden =
            "<!--\n- [ ] <!-- baton:task=t1 -->\n-->\n\n    - [ ] <!-- baton:task=t1 -->a\n";
        assert_eq!(known_boxes(hidden), []);
        for no in ["baton:task=", "baton:task=t1 rev=1", "baton:do=", "baton:do=a b", "other=1"] {
            assert_eq!(known_boxes(&format!("- [ ] <!-- {no} -->a")), [], "{no}");
        }
    }

    #[test]
    fn a_toggle_is_told_and_nothing_else() {
        let t1 = ("- [ ] <!-- baton:task=t1", "- [x] <!-- baton:task=t1");
        let t2 = ("- [x] <!-- baton:task=t2", "- [ ] <!-- baton:task=t2");
        let approve = ("- [ ] <!-- baton:do=approve rev=3", "- [X] <!-- baton:do=approve rev=3");
        check(&[], "");
        check(&[t1], "+baton:task=t1");
        check(&[t2], "-baton:task=t2");
        check(&[approve, t1], "+baton:task=t1, +baton:do=approve rev=3");
        // Line ends and the end of the text are GitHub's.
        let ticked = BODY.replacen(t1.0, t1.1, 1).replace('\n', "\r\n");
        assert_eq!(difference(BODY, ticked.trim_end()).toggles.len(), 1);
        assert!(!difference(BODY, ticked.trim_end()).is_foreign);
    }

    #[test]
    fn every_other_change_is_foreign() {
        let t1 = ("- [ ] <!-- baton:task=t1", "- [x] <!-- baton:task=t1");
        check(&[("Planned", "Approved")], "foreign");
        check(&[("the table", "the tables"), t1], "+baton:task=t1, foreign");
        check(&[("- [ ] a line", "- [x] a line")], "foreign");
        check(
            &[("- [ ] <!-- baton:do=approve rev=9", "- [x] <!-- baton:do=approve rev=9")],
            "foreign",
        );
        check(&[("rev=3", "rev=4")], "foreign");
        check(
            &[("- [ ] <!-- baton:do=approve rev=3", "- [x] <!-- baton:do=approve rev=4")],
            "foreign",
        );
        check(&[("- [x] <!-- baton:task=t2 -->Read it (simple)\n", "")], "foreign");
        check(
            &[(
                "- [x] <!-- baton:task=t2",
                "- [x] <!-- baton:task=t7 -->new\n- [x] <!-- baton:task=t2",
            )],
            "foreign",
        );
        assert!(difference(BODY, "").is_foreign);
    }

    #[test]
    fn one_box_is_set_and_every_other_byte_stays() {
        let approve = Marker::action("approve", 3);
        let ticked = with_box(BODY, &approve, true).unwrap();
        assert_eq!(
            difference(BODY, &ticked).toggles,
            [Toggle { marker: approve.clone(), ticked: true }]
        );
        assert_eq!(with_box(&ticked, &approve, false).unwrap(), BODY);
        assert_eq!(with_box(BODY, &Marker::action("approve", 9), true), None);
        assert_eq!(approve.bound("rev"), Some("3"));
        let text = line(&Marker::Task("t1".into()), true, "a");
        assert_eq!(known_boxes(&text)[0].marker, Marker::Task("t1".into()));
        assert!(known_boxes(&text)[0].ticked);
    }
}
