//! Boxes under Baton's own comments that people tick instead of writing a command.
//!
//! A box is a line `- [ ] <!-- baton:do=approve rev=3 -->Approve plan (revision 3)`. What counts is
//! the difference that an edit made: a box that was ticked before is no new tick, and the revision
//! in it makes an old tick harmless (`product.md`, The conversation).

use crate::base::CommentId;
use crate::domain::tasks::boxes::{self, Marker};
use crate::domain::workflow::{Stale, Tick};

/// The action of the box under an answer that is held.
const USE_ANSWER: &str = "use-answer";

/// The line of a box: open, except for a task that is done.
pub fn line(tick: &Tick, text: &str) -> String {
    match tick {
        Tick::Approve { revision } => {
            boxes::line(&Marker::action("approve", u32::from(*revision)), false, text)
        }
        Tick::Fix { round } => boxes::line(&Marker::action("fix", u32::from(*round)), false, text),
        Tick::Start { revision } => {
            boxes::line(&Marker::action("start", u32::from(*revision)), false, text)
        }
        Tick::Anyway { revision, mark } => {
            boxes::line(&about_changes("anyway", *revision, mark), false, text)
        }
        Tick::Refresh { revision, mark } => {
            boxes::line(&about_changes("refresh", *revision, mark), false, text)
        }
        Tick::Allow { hash } => boxes::line(&allow(hash), false, text),
        Tick::Task { id, on } => boxes::line(&Marker::Task(id.clone()), *on, text),
    }
}

/// The open box that takes over somebody's answer that is held.
pub fn use_answer(comment: CommentId, text: &str) -> String {
    let bound_to = vec![("comment".to_owned(), comment.to_string())];
    let marker = Marker::Do { action: USE_ANSWER.to_owned(), bound_to };
    boxes::line(&marker, false, text)
}

/// The comments whose held answers an edit has ticked to be used.
pub fn answers_to_use(before: Option<&str>, after: &str) -> Vec<CommentId> {
    newly(before, after, answer_of)
}

/// What the boxes say that are ticked in `after` and were not before, as far as `meaning` knows it.
fn newly<T: PartialEq>(
    before: Option<&str>,
    after: &str,
    meaning: impl Fn(Marker) -> Option<T>,
) -> Vec<T> {
    let ticked = |body: &str| -> Vec<T> {
        let boxes = boxes::known_boxes(body).into_iter().filter(|it| it.ticked);
        boxes.filter_map(|it| meaning(it.marker)).collect()
    };
    let earlier = before.map(ticked).unwrap_or_default();
    ticked(after).into_iter().filter(|it| !earlier.contains(it)).collect()
}

fn answer_of(marker: Marker) -> Option<CommentId> {
    let Marker::Do { action, .. } = &marker else { return None };
    let comment = marker.bound("comment").filter(|_| action == USE_ANSWER)?;
    comment.parse().ok().map(CommentId)
}

/// The marker of a box that is about what changed since a plan was made.
fn about_changes(action: &str, revision: u16, mark: &str) -> Marker {
    let seen = ("seen".to_owned(), mark.to_owned());
    let bound_to = vec![("rev".to_owned(), revision.to_string()), seen];
    Marker::Do { action: action.to_owned(), bound_to }
}

/// What an edit toggled. Without `before`, as on servers that do not say what an edit changed, it
/// is taken against `shown`, the text as Baton last wrote it.
pub fn toggled(before: Option<&str>, shown: &str, after: &str) -> Vec<Tick> {
    let difference = boxes::difference(before.unwrap_or(shown), after);
    difference.toggles.into_iter().filter_map(|it| tick(it.marker, it.ticked)).collect()
}

/// The boxes of actions that are ticked in `after` and were not in `before`. Baton never writes a
/// ticked one, so that without `before` every ticked box counts.
pub fn newly_ticked(before: Option<&str>, after: &str) -> Vec<Tick> {
    let is_action = |it: &Tick| match it {
        Tick::Approve { .. }
        | Tick::Start { .. }
        | Tick::Anyway { .. }
        | Tick::Refresh { .. }
        | Tick::Allow { .. } => true,
        Tick::Task { .. } | Tick::Fix { .. } => false,
    };
    newly(before, after, |marker| tick(marker, true).filter(is_action))
}

/// The text with the box of a yes open again, or, where somebody said it, with who did in its
/// place. `None` when it has no such box.
pub fn settled(text: &str, hash: &str, by: Option<&str>) -> Option<String> {
    let marker = allow(hash);
    let Some(by) = by else { return boxes::with_box(text, &marker, false) };
    boxes::with_box(text, &marker, false)?;
    let inside = format!("<!-- {marker} -->");
    let lines = text.lines().map(|line| match line.contains(&inside) {
        true => format!("✔ {by} said yes to `{hash}`."),
        false => line.to_owned(),
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn allow(hash: &str) -> Marker {
    let bound_to = vec![("hash".to_owned(), hash.to_owned())];
    Marker::Do { action: "allow".to_owned(), bound_to }
}

fn tick(marker: Marker, on: bool) -> Option<Tick> {
    let changes = || {
        let revision = marker.bound("rev")?.parse().ok()?;
        let mark = marker.bound("seen").filter(|it| Stale::is_mark(it))?;
        Some((revision, mark.to_owned()))
    };
    match &marker {
        Marker::Task(id) => Some(Tick::Task { id: id.clone(), on }),
        Marker::Do { action, .. } if action == "approve" && on => {
            Some(Tick::Approve { revision: marker.bound("rev")?.parse().ok()? })
        }
        Marker::Do { action, .. } if action == "fix" && on => {
            Some(Tick::Fix { round: marker.bound("rev")?.parse().ok()? })
        }
        Marker::Do { action, .. } if action == "start" && on => {
            Some(Tick::Start { revision: marker.bound("rev")?.parse().ok()? })
        }
        Marker::Do { action, .. } if action == "anyway" && on => {
            changes().map(|(revision, mark)| Tick::Anyway { revision, mark })
        }
        Marker::Do { action, .. } if action == "refresh" && on => {
            changes().map(|(revision, mark)| Tick::Refresh { revision, mark })
        }
        Marker::Do { action, .. } if action == "allow" && on => {
            Some(Tick::Allow { hash: marker.bound("hash")?.to_owned() })
        }
        Marker::Do { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "- [ ] <!-- baton:do=approve rev=3 -->Approve plan";

    #[track_caller]
    fn check(before: Option<&str>, after: &str, expected: &[u16]) {
        let expected: Vec<Tick> =
            expected.iter().map(|it| Tick::Approve { revision: *it }).collect();
        assert_eq!(newly_ticked(before, after), expected, "{before:?} -> {after:?}");
    }

    #[test]
    fn what_an_edit_ticked() {
        let ticked = BOX.replace("[ ]", "[x]");
        check(Some(BOX), &ticked, &[3]);
        check(Some(BOX), &ticked.replace("[x]", "[X]"), &[3]);
        check(Some(&ticked), &ticked, &[]);
        check(Some(&ticked), BOX, &[]);
        check(None, &ticked, &[3]);
        check(None, BOX, &[]);
        check(Some(BOX), &format!("text\n\n{ticked}\nmore"), &[3]);
        check(Some(BOX), &ticked.replace("rev=3", "rev=x"), &[]);
        check(Some(BOX), &ticked.replace("approve", "merge"), &[]);
        check(Some(BOX), "- [x] Approve plan", &[]);
        check(Some(BOX), &format!("```\n{ticked}\n```"), &[]);
    }

    #[test]
    fn an_open_box_reads_back_when_it_is_ticked() {
        let line = line(&Tick::Approve { revision: 7 }, "Approve plan (revision 7)");
        check(Some(&line), &line, &[]);
        check(Some(&line), &line.replace("[ ]", "[x]"), &[7]);
    }

    #[test]
    fn the_offer_to_address_a_review_is_ticked_once() {
        let open = line(&Tick::Fix { round: 2 }, "Let Baton address the review");
        let done = open.replace("[ ]", "[x]");
        assert_eq!(toggled(Some(&open), "", &done), [Tick::Fix { round: 2 }]);
        assert_eq!(toggled(Some(&done), "", &open), []);
        // It stands in the status comment only.
        check(Some(&open), &done, &[]);
    }

    #[test]
    fn a_yes_is_ticked_taken_back_and_written_down() {
        let open = format!("Hello\n\n{}\n\nMore", line(&allow_tick(), "Go on"));
        let ticked = open.replace("[ ]", "[x]");
        assert_eq!(newly_ticked(Some(&open), &ticked), [allow_tick()]);
        assert_eq!(settled(&ticked, "1f3a9c2b7d40", None), Some(open.clone()));
        let said = "Hello\n\n✔ ann said yes to `1f3a9c2b7d40`.\n\nMore".to_owned();
        assert_eq!(settled(&ticked, "1f3a9c2b7d40", Some("ann")), Some(said.clone()));
        assert_eq!(settled(&ticked, "000000000000", Some("ann")), None);
        assert_eq!(settled(&said, "1f3a9c2b7d40", None), None);
    }

    fn allow_tick() -> Tick {
        Tick::Allow { hash: "1f3a9c2b7d40".to_owned() }
    }

    #[test]
    fn starting_is_another_box_than_approving() {
        let line = line(&Tick::Start { revision: 7 }, "Start now");
        let ticked = newly_ticked(Some(&line), &line.replace("[ ]", "[x]"));
        assert_eq!(ticked, [Tick::Start { revision: 7 }]);
    }

    #[test]
    fn boxes_about_changes_carry_what_changed() {
        let (revision, mark) = (7, "0123456789ab".to_owned());
        for tick in [
            Tick::Anyway { revision, mark: mark.clone() },
            Tick::Refresh { revision, mark: mark.clone() },
        ] {
            let open = line(&tick, "Go on");
            let done = open.replace("[ ]", "[x]");
            assert_eq!(newly_ticked(Some(&open), &done), [tick]);
            assert_eq!(newly_ticked(Some(&open), &done.replace("9ab", "9a/")), []);
            assert_eq!(newly_ticked(Some(&open), &done.replace(" seen=", " saw=")), []);
        }
    }

    #[test]
    fn the_box_of_a_held_answer_names_its_comment_and_counts_once() {
        let open = use_answer(CommentId(7), "Use this answer");
        let done = open.replace("[ ]", "[x]");
        assert_eq!(open, "- [ ] <!-- baton:do=use-answer comment=7 -->Use this answer");
        assert_eq!(answers_to_use(Some(&open), &done), [CommentId(7)]);
        assert_eq!(answers_to_use(None, &done), [CommentId(7)]);
        assert_eq!(answers_to_use(Some(&done), &done), []);
        assert_eq!(answers_to_use(Some(&done), &open), []);
        assert_eq!(answers_to_use(Some(&open), &done.replace("=7", "=x")), []);
        assert_eq!(answers_to_use(Some(&open), &done.replace("use-answer", "approve")), []);
        assert_eq!(newly_ticked(Some(&open), &done), []);
    }

    #[test]
    fn tasks_are_toggled_both_ways() {
        let open = line(&Tick::Task { id: "t1".to_owned(), on: false }, "Create the table");
        let done = open.replace("[ ]", "[x]");
        let tick = |on| vec![Tick::Task { id: "t1".to_owned(), on }];
        assert_eq!(toggled(Some(&open), "", &done), tick(true));
        assert_eq!(toggled(Some(&done), "", &open), tick(false));
        assert_eq!(toggled(None, &open, &done), tick(true));
        assert_eq!(toggled(Some(&open), "", &open), []);
    }
}
