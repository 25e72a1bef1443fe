//! The checklist of a plan: one line per task, ticked on GitHub.
//!
//! `- [ ] <!-- baton:task=t1 -->Create the table (medium)`: the marker names the task, so that
//! people may reword the line; the box is the one byte that a tick changes.

/// One line with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxLine<'a> {
    /// The blanks before the bullet, in bytes: how deep the line is nested.
    pub indent: usize,
    /// Where the byte between the brackets stands in the line.
    pub mark_at: usize,
    /// Whether the box is ticked.
    pub ticked: bool,
    /// The task that the marker names; `None` for a line that a person added.
    pub task: Option<&'a str>,
    /// What follows the box and the marker.
    pub text: &'a str,
}

impl<'a> BoxLine<'a> {
    /// Reads `- [ ] text` or `* [x] <!-- baton:task=t1 -->text`; anything else is `None`.
    pub fn read(line: &'a str) -> Option<BoxLine<'a>> {
        let body = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - body.len();
        let rest = body.strip_prefix(['-', '*', '+'])?;
        let after_bullet = rest.trim_start_matches([' ', '\t']);
        let inside = after_bullet.strip_prefix('[')?;
        let mark_at = line.len() - inside.len();
        let ticked = match inside.as_bytes().first()? {
            b' ' => false,
            b'x' | b'X' => true,
            _ => return None,
        };
        let text = inside[1..].strip_prefix(']')?;
        if after_bullet.len() == rest.len() || !(text.is_empty() || text.starts_with([' ', '\t'])) {
            return None;
        }
        let text = text.trim();
        let (task, text) = match marker(text) {
            Some((task, text)) => (Some(task), text),
            None => (None, text),
        };
        Some(BoxLine { indent, mark_at, ticked, task, text })
    }
}

/// The line of one task. `text` is one line of Markdown.
pub fn box_line(task: &str, ticked: bool, text: &str) -> String {
    let mark = if ticked { 'x' } else { ' ' };
    format!("- [{mark}] <!-- baton:task={task} -->{text}")
}

/// `markdown` with the box of `task` set to `ticked`, every other byte as it was; `None` when no
/// line carries that task's marker. Every line of the task is set, should there be several.
pub fn with_tick(markdown: &str, task: &str, ticked: bool) -> Option<String> {
    let mark = if ticked { "x" } else { " " };
    let mut found = false;
    let mut res = String::with_capacity(markdown.len());
    for line in markdown.split_inclusive('\n') {
        match BoxLine::read(line).filter(|it| it.task == Some(task)) {
            Some(it) => {
                found = true;
                res.push_str(&line[..it.mark_at]);
                res.push_str(mark);
                res.push_str(&line[it.mark_at + 1..]);
            }
            None => res.push_str(line),
        }
    }
    found.then_some(res)
}

/// The task that a marker at the beginning of `text` names, and what follows it.
fn marker(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = text.strip_prefix("<!--")?.split_once("-->")?;
    Some((inside.trim().strip_prefix("baton:task=")?.trim(), rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is `indent ticked task text`.
    #[track_caller]
    fn check(line: &str, expected: Option<(usize, bool, Option<&str>, &str)>) {
        let actual = BoxLine::read(line).map(|it| (it.indent, it.ticked, it.task, it.text));
        assert_eq!(actual, expected, "{line:?}");
    }

    #[test]
    fn boxes_are_read_as_people_write_them() {
        check("- [ ] a", Some((0, false, None, "a")));
        check("  * [x] a\r\n", Some((2, true, None, "a")));
        check("+   [X]\ta ", Some((0, true, None, "a")));
        check("- [ ]", Some((0, false, None, "")));
        check("- [ ] <!-- baton:task=t1 -->a (medium)", Some((0, false, Some("t1"), "a (medium)")));
        check("- [x] <!--baton:task=t1--> a", Some((0, true, Some("t1"), "a")));
        check("- [ ] <!-- other -->a", Some((0, false, None, "<!-- other -->a")));
        check("- [ ] a <!-- baton:task=t1 -->", Some((0, false, None, "a <!-- baton:task=t1 -->")));
        for no in ["", "-", "- a", "-[ ] a", "- [] a", "- [y] a", "- [ ]a", "- [é] a", "[ ] a"] {
            check(no, None);
        }
    }

    #[test]
    fn a_tick_changes_one_byte() {
        let text = "# p\r\n- [ ] <!-- baton:task=t1 -->a [ ]\r\n- [ ] <!-- baton:task=t10 -->b\r\n";
        let ticked = with_tick(text, "t1", true).unwrap();
        assert_eq!(ticked, text.replacen("[ ]", "[x]", 1));
        assert_eq!(with_tick(&ticked, "t1", false).unwrap(), text);
        assert_eq!(with_tick(text, "t2", true), None);
        assert_eq!(BoxLine::read(&box_line("t1", true, "a")).unwrap().task, Some("t1"));
    }
}
