//! Pull requests of people's own: the one that work goes on in, the one it ended with, and others
//! that name the issue.

use crate::base::IssueNumber;
use crate::domain::tasks::TaskState;
use crate::domain::workflow::{Stage, Stop, Work};
use crate::render::comment::status::{IssueView, TaskView};
use crate::render::comment::{mention, name};

/// A pull request of people's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedPull {
    /// Its number.
    pub number: IssueNumber,
    /// The login of whoever opened it.
    pub author: Option<String>,
}

/// Where work goes on, while people build in a pull request of their own.
pub(super) fn adopted(view: &IssueView, work: &Work) -> Option<String> {
    let number = work.adopted?;
    let by = by_author(view, number);
    let is_open = |it: &TaskView| matches!(it.state, TaskState::Open | TaskState::Active);
    let rest = match !view.tasks.is_empty() && !view.tasks.iter().any(is_open) {
        true => {
            "All tasks are settled. With its next push Baton looks at what its checks say; it \
             writes nothing there."
        }
        false => {
            "A tick here or `/baton task` settles a task, and its merge completes the issue. \
                  Baton writes nothing there."
        }
    };
    Some(format!("Work goes on in #{number}{by}. {rest}"))
}

/// What is waited for there once all tasks are settled: its checks, or people.
pub(super) fn settled(view: &IssueView, work: &Work) -> Option<String> {
    let number = work.adopted?;
    let by = by_author(view, number);
    Some(match view.state.stage.is_ready() {
        true => {
            format!(
                "What is left is to review and merge #{number}{by}. Baton writes nothing there."
            )
        }
        false => format!(
            "All tasks are settled, and the checks of #{number}{by} say whether that holds. Nothing \
             is spent while they run."
        ),
    })
}

/// Who opened a pull request, to be told with its number.
fn by_author(view: &IssueView, number: IssueNumber) -> String {
    let pull = view.related.iter().find(|it| it.number == number);
    let author = pull.and_then(|it| it.author.as_deref());
    author.map_or(String::new(), |login| format!(" by {}", mention(login)))
}

/// With what the work or the issue ended, where that was no pull request of Baton's.
pub(super) fn end(view: &IssueView) -> Option<String> {
    let number = view.ended_with?;
    match &view.state.stage {
        Stage::Done { .. } => Some(format!("The work was merged with #{number}.")),
        Stage::Stopped { why: Stop::ClosedElsewhere, .. } => Some(format!(
            "The issue was closed with #{number}, which is no pull request of Baton's."
        )),
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => None,
    }
}

/// The others, folded.
pub(super) fn others(view: &IssueView) -> String {
    let adopted = view.state.stage.work().and_then(|it| it.adopted);
    let others = view.related.iter().filter(|it| Some(it.number) != adopted);
    let lines: Vec<String> = others
        .map(|it| match it.author.as_deref() {
            Some(login) => format!("- #{} by {}", it.number, name(login)),
            None => format!("- #{}", it.number),
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "\n<details><summary>Other pull requests that name this issue</summary>\n\n{}\n\n</details>\n",
        lines.join("\n")
    )
}
