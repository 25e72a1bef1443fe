//! What Baton says to a run in mid-conversation, role by role. Sent again word for word whenever a
//! conversation is rebuilt: a changed sentence costs every live run its cached prefix.

use crate::domain::tier::Role;

/// The sentences that differ between roles.
pub(super) struct Words {
    /// After an answer without any call: what could be called.
    pub(super) nudge: &'static str,
    /// A reading call once the conversation is full.
    pub(super) full: &'static str,
    /// A second handing-over in one answer.
    pub(super) submitted_twice: &'static str,
    /// A handing-over beside a question.
    pub(super) submitted_asking: &'static str,
    /// A handing-over that people's words overtook.
    pub(super) overtaken: &'static str,
    /// `ask` after the last round.
    pub(super) asked_enough: &'static str,
    /// The result of `ask`.
    pub(super) asked: &'static str,
    /// What stands before the faults of what was handed over.
    pub(super) refused: &'static str,
    /// When the time is nearly used.
    pub(super) late: &'static str,
    /// After "so many answers are left".
    pub(super) finish: &'static str,
    /// Rounds of questions of one run.
    pub(super) ask_rounds_max: u32,
}

impl Words {
    pub(super) fn of(role: Role) -> &'static Words {
        match role {
            Role::Planner => &PLANNER,
            Role::Implementer => &IMPLEMENTER,
            Role::TestAgent | Role::ReviewAgent => &INSPECTOR,
        }
    }
}

const PLANNER: Words = Words {
    nudge: "Call `submit_plan` with the plan, `ask` with your questions, or a reading tool.",
    full: "Nothing more is read: the conversation has reached its size. Call `submit_plan` or \
           `ask`.",
    submitted_twice: "One plan an answer: the first one was checked.",
    submitted_asking: "A plan with open questions is not taken: submit after the answers.",
    overtaken: "Not checked: people said something meanwhile, see below. Take it into the plan and \
                submit again.",
    asked_enough: "People were asked twice and are not asked again. Decide yourself, and put each \
                   such decision with its alternatives into the plan.",
    asked: "People were asked. What they wrote follows. Where it leaves a question open, decide \
            yourself and put the decision with its alternatives into the plan.",
    refused: "The plan was not accepted. Mend every fault and submit the whole plan again.",
    late: "The time of this run is nearly used: call `submit_plan` now with what you know.",
    finish: "Call `submit_plan` now with what you know (name what you could not check as a risk), \
             or `ask` if people must decide something first.",
    ask_rounds_max: 2,
};

const IMPLEMENTER: Words = Words {
    nudge: "Call a reading or editing tool, `note`, or `task_done` when your task is done.",
    full: "Nothing more is read: the conversation has reached its size. Finish the edit you are \
           at. If every acceptance line holds, call `task_done`: only then are your edits kept. \
           Otherwise call `note` with what you edited, exact enough to be made again, and what \
           remains.",
    submitted_twice: "One `task_done` an answer: the first one was checked.",
    submitted_asking: "A task with an open question is not done: say so after the answer.",
    overtaken: "Not taken: people said something meanwhile, see below. Take it into the work, then \
                call `task_done` again.",
    asked_enough: "People were asked once and are not asked again in this run. Decide yourself, in \
                   the simplest way that fits the plan, and put the decision into `note`.",
    asked: "People were asked. What they wrote follows. Where it leaves the question open, the \
            choice you recommended holds; put it into `note`.",
    refused: "The task is not done yet. Mend every point and call `task_done` again.",
    late: "The time of this run is nearly used: finish the edit you are at. If every acceptance \
           line holds, call `task_done`: only then are your edits kept. Otherwise call `note` with \
           what you edited, exact enough to be made again, and what remains.",
    finish: "If every acceptance line holds, call `task_done`: only then are your edits kept. \
             Otherwise call `note` with what you edited, exact enough to be made again, and what \
             remains.",
    ask_rounds_max: 1,
};

const INSPECTOR: Words = Words {
    nudge: "Call a reading tool, or `report_findings` when you have looked at everything.",
    full: "Nothing more is read: the conversation has reached its size. Call `report_findings` \
           with what you know.",
    submitted_twice: "One report an answer: the first one was checked.",
    submitted_asking: "There is nobody to ask: judge what you cannot tell as `unknown`.",
    overtaken: "Not taken: people said something meanwhile, see below. Take it into the report and \
                hand it over again.",
    asked_enough: "There is nobody to ask: judge what you cannot tell as `unknown`.",
    asked: "There is nobody to ask: judge what you cannot tell as `unknown`.",
    refused: "The report was not taken. Mend every point and call `report_findings` again.",
    late: "The time of this run is nearly used: call `report_findings` now with what you know, and \
           judge the rest as `unknown`.",
    finish: "Call `report_findings` now with what you know, and judge the rest as `unknown`.",
    ask_rounds_max: 0,
};
