//! What the status says of a plan's file that does not read as a plan.

use crate::render::comment::IssueView;

/// What is wrong with the file of a plan that waits: nobody should have to try to approve it first.
pub(super) fn while_it_waits(view: &IssueView) -> Option<String> {
    let fault = view.plan_fault.as_ref()?;
    Some(format!(
        "The plan's file on the branch does not read as a plan, so it cannot be approved: {fault}. \
         Mend it there, or write `/baton revise` and what should change."
    ))
}

/// What is wrong with the plan's file, or that it was mended.
pub(super) fn while_it_is_built(view: &IssueView) -> String {
    match &view.plan_fault {
        Some(fault) => format!(
            "The plan's file on the branch does not read as a plan, so nothing is built: {fault}. \
             Mend it and write `/baton retry`."
        ),
        None => "The plan's file reads as a plan again. `/baton retry` goes on.".to_owned(),
    }
}
