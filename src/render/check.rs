//! What the check run of a plan says, for people who read the pull request rather than the issue.

use crate::render::comment::{Approval, PlanNews, name};

/// The name of the check run that a plan waits under.
pub const PLAN_CHECK: &str = "baton / plan";

/// The identifier of the button that approves a revision: at most 20 characters.
pub fn approve_button(revision: u16) -> String {
    format!("approve:{revision}")
}

/// The revision that a pressed button approves; `None` for a button that is not this one.
pub fn approved_by(button: &str) -> Option<u16> {
    button.strip_prefix("approve:")?.parse().ok()
}

/// The headline, and the paragraph below it.
pub fn plan(news: &PlanNews) -> (String, String) {
    let PlanNews { revision, issue, plan_url, hash, .. } = news;
    let plan = format!("[The plan for #{issue}]({plan_url}), content `{hash}`,");
    match &news.approval {
        Approval::Open => {
            let cost = match &news.estimate {
                Some((low, high, basis)) => {
                    format!(" Building it would cost about {low} to {high} ({basis}).")
                }
                None => String::new(),
            };
            let begins = match news.starts_by_itself {
                true => "begins to build it",
                false => "builds nothing yet",
            };
            let title = format!("Plan revision {revision} waits for your approval");
            let summary = format!(
                "{plan} waits for somebody with write access.{cost} The button above approves \
                 exactly this content and {begins}; so do the box under its announcement and \
                 `/baton approve {revision}`. `/baton revise` and what should be different makes \
                 the next revision.\n"
            );
            (title, summary)
        }
        Approval::Given { by, .. } => {
            let by = by.as_deref().map_or("somebody", name);
            let title = format!("Plan revision {revision} approved by {by}");
            let summary = format!(
                "{plan} is approved. This check is about the plan alone: it says nothing of code.\n"
            );
            (title, summary)
        }
        Approval::Past => {
            let title = format!("Plan revision {revision} no longer waits for an approval");
            let summary =
                format!("{plan} is past: the status comment on the issue says what holds now.\n");
            (title, summary)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(button: &str, expected: Option<u16>) {
        assert_eq!(approved_by(button), expected, "{button}");
    }

    #[test]
    fn a_button_names_its_revision() {
        check("approve:3", Some(3));
        check("approve:65535", Some(65_535));
        check("approve:65536", None);
        check("approve:", None);
        check("approve:3 ", None);
        check("reject:3", None);
        assert!(approve_button(u16::MAX).len() <= 20);
        assert_eq!(approved_by(&approve_button(7)), Some(7));
    }
}
