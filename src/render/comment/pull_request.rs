//! Baton's part of the text of a pull request: what it holds, and how far the work is. It stands
//! between two hidden markers, so that what people write around it stays.

use std::fmt::Write;

use crate::base::IssueNumber;
use crate::render::comment::posts::{NOT_CHECKED, PlanNews};
use crate::render::comment::status::{TaskView, task_line};

/// How Baton's part begins, and how it ends.
const BEGINS: &str = "<!-- baton:pull-request v1 -->";
const ENDS: &str = "<!-- /baton:pull-request -->";

/// How far a plan is built, as its pull request shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkNews {
    /// The tasks in the plan's order.
    pub tasks: Vec<TaskView>,
    /// Whether no check has passed on the newest commit that counts.
    pub unchecked: bool,
    /// How it stands with it on the whole.
    pub phase: WorkPhase,
}

/// How it stands with the work on the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkPhase {
    /// Something is left to do.
    GoesOn,
    /// All is built, and people review it.
    Ready,
    /// Nothing is done any more.
    Over,
}

/// The text of a pull request with Baton's part brought up to date. Where somebody removed the
/// part, it comes back behind what stands there now.
pub fn with_part(text: &str, part: &str) -> String {
    let part = part.trim_end();
    match place_of(text) {
        Some((begin, end)) => format!("{}{part}{}", &text[..begin], &text[end..]),
        None if text.trim().is_empty() => format!("{part}\n"),
        None => format!("{}\n\n{part}\n", text.trim_end()),
    }
}

/// Baton's part of the text of a pull request, as it stands there.
pub fn part_of(text: &str) -> Option<&str> {
    place_of(text).map(|(begin, end)| &text[begin..end])
}

fn place_of(text: &str) -> Option<(usize, usize)> {
    text.match_indices(ENDS).find_map(|(end, _)| {
        let begin = text[..end].rfind(BEGINS)?;
        Some((begin, end + ENDS.len()))
    })
}

/// The part while the plan waits or is built. It says `Part of`, never a closing keyword: merging a
/// plan closes nothing.
pub fn pull_request(news: &PlanNews) -> String {
    let PlanNews { issue, path, plan_url, revision, hash, .. } = news;
    let plan = format!("[`{path}`]({plan_url}), revision {revision}, content `{hash}`");
    let merged_in = news.merged_in.map(|it| format!(", which was merged with #{it}"));
    let merged_in = merged_in.unwrap_or_default();
    let holds = match (&news.work, news.merged_in) {
        (Some(work), _) => format!(
            "Built here by the plan {plan}{merged_in}. The status comment on #{issue} says what goes on \
             just now.\n\n{}\nIt is not ready for review: test-agent and review-agent look at it \
             when all tasks are done, and then it is for people.",
            task_list(work)
        ),
        (None, Some(merged_in)) => format!(
            "The plan itself was merged with #{merged_in}: {plan}. What is built by it comes here. \
             `/baton implement` on the issue begins it; until then there is no code in this pull \
             request to review."
        ),
        (None, None) if news.has_code => format!(
            "This pull request holds the plan {plan}, and what was built by an earlier revision of \
             it. Here or on the issue, `/baton approve` approves it, and `/baton revise` and what \
             should be different makes the next revision. A review of this pull request does not \
             approve the plan."
        ),
        (None, None) => format!(
            "This pull request holds the plan only: {plan}. Here or on the issue, `/baton approve` \
             approves it, and `/baton revise` and what should be different makes the next \
             revision. A review of this pull request approves neither the plan nor any code: there \
             is none in it."
        ),
    };
    part(&format!("Part of #{issue}\n\n{}\n\n{holds}", news.summary))
}

/// The part once the work is done: now, and only now, it closes the issue.
pub fn final_pull_request(news: &PlanNews) -> String {
    let tasks = news.work.as_ref().map(task_list).unwrap_or_default();
    part(&format!(
        "Closes #{}\n\n{}\n\nBuilt by the plan of revision {}, content `{}`, which this pull \
         request keeps among the completed ones.\n\n{tasks}\nBaton does not merge: that is for \
         people.",
        news.issue, news.summary, news.revision, news.hash
    ))
}

/// The part of the plan's pull request once the work was merged in another one.
pub fn superseded_pull_request(news: &PlanNews, merged: IssueNumber) -> String {
    part(&format!(
        "Part of #{}\n\n{}\n\nThe work was merged with #{merged}, so this pull request is closed; \
         its branch is kept. It held the plan of revision {}, content `{}`.",
        news.issue, news.summary, news.revision, news.hash
    ))
}

fn part(text: &str) -> String {
    format!("{BEGINS}\n{text}\n{ENDS}\n")
}

/// The tasks as the status comment has them: ticking a box here says the same as there.
fn task_list(work: &WorkNews) -> String {
    let mut out: String = work.tasks.iter().map(|task| format!("{}\n", task_line(task))).collect();
    if work.unchecked {
        let _ = writeln!(out, "\n{NOT_CHECKED}");
    }
    out
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::domain::tasks::TaskState;
    use crate::domain::tier::Complexity;
    use crate::render::comment::tests::news;

    fn built() -> PlanNews {
        let task = |id: &str, state| TaskView {
            id: id.to_owned(),
            title: "Do it".to_owned(),
            complexity: Complexity::Simple,
            state,
        };
        let states = [TaskState::Done, TaskState::Skipped, TaskState::Active];
        let tasks = ["t1", "t2", "t3"].into_iter().zip(states).map(|(id, state)| task(id, state));
        let work = WorkNews { tasks: tasks.collect(), unchecked: true, phase: WorkPhase::GoesOn };
        PlanNews { work: Some(work), has_code: true, ..news() }
    }

    #[test]
    fn it_says_that_it_is_a_plan() {
        assert_snapshot!(pull_request(&news()), @"
        <!-- baton:pull-request v1 -->
        Part of #7

        Answers are kept for five minutes.

        This pull request holds the plan only: [`docs/prds/active/7-plan.md`](https://github.com/acme/api/blob/abc/docs/prds/active/7-plan.md), revision 2, content `b604786138c7`. Here or on the issue, `/baton approve` approves it, and `/baton revise` and what should be different makes the next revision. A review of this pull request approves neither the plan nor any code: there is none in it.
        <!-- /baton:pull-request -->
        ");
    }

    #[test]
    fn it_says_how_far_the_work_is() {
        assert_snapshot!(pull_request(&built()), @"
        <!-- baton:pull-request v1 -->
        Part of #7

        Answers are kept for five minutes.

        Built here by the plan [`docs/prds/active/7-plan.md`](https://github.com/acme/api/blob/abc/docs/prds/active/7-plan.md), revision 2, content `b604786138c7`. The status comment on #7 says what goes on just now.

        - [x] <!-- baton:task=t1 -->t1 Do it (simple)
        - t2 Do it (simple), skipped
        - [ ] <!-- baton:task=t3 -->t3 Do it (simple) ← working

        Not checked: no check has passed on the newest commit of this work; it was taken as it is.

        It is not ready for review: test-agent and review-agent look at it when all tasks are done, and then it is for people.
        <!-- /baton:pull-request -->
        ");
        assert_snapshot!(final_pull_request(&built()), @"
        <!-- baton:pull-request v1 -->
        Closes #7

        Answers are kept for five minutes.

        Built by the plan of revision 2, content `b604786138c7`, which this pull request keeps among the completed ones.

        - [x] <!-- baton:task=t1 -->t1 Do it (simple)
        - t2 Do it (simple), skipped
        - [ ] <!-- baton:task=t3 -->t3 Do it (simple) ← working

        Not checked: no check has passed on the newest commit of this work; it was taken as it is.

        Baton does not merge: that is for people.
        <!-- /baton:pull-request -->
        ");
        let again = pull_request(&PlanNews { work: None, ..built() });
        assert!(again.contains("and what was built by an earlier revision of it"), "{again}");
    }

    #[test]
    fn for_the_work_alone_it_says_where_the_plan_is() {
        let text = pull_request(&PlanNews { merged_in: Some(IssueNumber(6)), ..news() });
        let begin = format!("{BEGINS}\nPart of #7\n\nAnswers are kept for five minutes.\n\n");
        assert!(text.starts_with(&begin), "{text}");
        assert!(
            text.contains("The plan itself was merged with #6: [`docs/prds/active/7-plan.md`]")
        );
        assert!(!text.contains("approves it"), "there is nothing to approve: {text}");
    }

    /// What becomes of a text with a part in it when the part says `new`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = text.replace("PART", part("old").trim_end());
        let expected = expected.replace("PART", part("new").trim_end());
        assert_eq!(with_part(&text, &part("new")), expected, "{text:?}");
        let again = with_part(&expected, &part("new"));
        assert_eq!(again, expected, "twice is once");
    }

    #[test]
    fn what_people_write_around_it_stays() {
        check("PART", "PART");
        check("PART\n", "PART\n");
        check("Above\n\nPART\n\nBelow\n", "Above\n\nPART\n\nBelow\n");
        check("Above\r\n\r\nPART\r\n", "Above\r\n\r\nPART\r\n");
        check("", "PART\n");
        check(" \n", "PART\n");
        check("Their words\n", "Their words\n\nPART\n");
        check(&format!("{BEGINS} half"), &format!("{BEGINS} half\n\nPART\n"));
        check(&format!("{ENDS} half"), &format!("{ENDS} half\n\nPART\n"));
        assert_eq!(part_of("none"), None);
        assert_eq!(
            part_of(&format!("a {} b", part("old").trim_end())),
            Some(part("old").trim_end())
        );
    }
}
