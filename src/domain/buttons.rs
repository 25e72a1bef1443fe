//! Boxes under Baton's own comments that people tick instead of writing a command.
//!
//! A box is a line `- [ ] <!-- baton:do=approve rev=3 -->Approve plan (revision 3)`. What counts is
//! the difference that an edit made: a box that was ticked before is no new tick, and the revision
//! in it makes an old tick harmless (`product.md`, The conversation).

use crate::domain::workflow::Tick;

/// The line of an open box for `tick`, which says `text`.
pub fn open_box(tick: Tick, text: &str) -> String {
    format!("- [ ] {}{text}", marker(tick))
}

/// The boxes that are ticked in `after` and were not in `before`. Without `before`, as on servers
/// that do not say what an edit changed, every ticked box counts: Baton never writes a ticked one.
pub fn newly_ticked(before: Option<&str>, after: &str) -> Vec<Tick> {
    let earlier = before.map(ticked).unwrap_or_default();
    ticked(after).into_iter().filter(|it| !earlier.contains(it)).collect()
}

fn marker(tick: Tick) -> String {
    match tick {
        Tick::Approve { revision } => format!("<!-- baton:do=approve rev={revision} -->"),
    }
}

fn ticked(body: &str) -> Vec<Tick> {
    body.lines().filter_map(ticked_box).collect()
}

/// The box on `line`, if it is one and ticked.
fn ticked_box(line: &str) -> Option<Tick> {
    let rest = line.trim_start().strip_prefix(['-', '*', '+'])?.trim_start();
    let rest = rest.strip_prefix("[x]").or_else(|| rest.strip_prefix("[X]"))?.trim_start();
    let inside = rest.strip_prefix("<!-- baton:do=")?.split("-->").next()?.trim();
    let (name, options) = inside.split_once(' ')?;
    match name {
        "approve" => {
            let revision = options.trim().strip_prefix("rev=")?.parse().ok()?;
            Some(Tick::Approve { revision })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "- [ ] <!-- baton:do=approve rev=3 -->Approve plan";

    #[track_caller]
    fn check(before: Option<&str>, after: &str, expected: &[u16]) {
        let revisions: Vec<u16> = newly_ticked(before, after)
            .into_iter()
            .map(|Tick::Approve { revision }| revision)
            .collect();
        assert_eq!(revisions, expected, "{before:?} -> {after:?}");
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
        check(Some(BOX), &format!("text\n\n  {ticked}\nmore"), &[3]);
        check(Some(BOX), &ticked.replace("rev=3", "rev=x"), &[]);
        check(Some(BOX), &ticked.replace("approve", "merge"), &[]);
        check(Some(BOX), "- [x] Approve plan", &[]);
        check(Some(BOX), "> - [x] <!-- baton:do=approve rev=3 -->", &[]);
    }

    #[test]
    fn an_open_box_reads_back_when_it_is_ticked() {
        let line = open_box(Tick::Approve { revision: 7 }, "Approve plan (revision 7)");
        check(Some(&line), &line, &[]);
        check(Some(&line), &line.replace("[ ]", "[x]"), &[7]);
    }
}
