//! The one table of commands. What stands here parses, is the help, the README table and the rule
//! of who may; nothing about a command is written down a second time.

use crate::domain::permission::{Exception, Place, Right, Rule};

/// One command, as people, the parser and the permission check see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The word after the prefix, lower case.
    pub name: &'static str,
    /// What may follow the word; empty when nothing does.
    pub usage: &'static str,
    /// One line: what it does.
    pub description: &'static str,
    /// Complete examples, each of which parses.
    pub examples: &'static [&'static str],
    /// What else is worth knowing, in plain sentences; may be empty.
    pub notes: &'static str,
    /// Who may give it, and where.
    pub rule: Rule,
    /// Whether it may start something that costs money. An edited comment never starts such a
    /// command a second time, whatever became of its text.
    pub spends: bool,
    /// Whether the lines below the command, up to the next command, belong to it: people write
    /// a paragraph under `revise` and expect it to count.
    pub takes_lines: bool,
}

/// The bare forms (`/route`) that are on unless the configuration says otherwise: none of them
/// spends, and other tools own `/plan`, `/approve`, `/hold`, `/retest`, `/close`.
pub const DEFAULT_BARE: [&str; 2] = ["route", "cost"];

const ISSUE: &[Place] = &[Place::Issue];
const PULL_REQUEST: &[Place] = &[Place::BatonPullRequest];
const OWN: &[Place] = &[Place::Issue, Place::BatonPullRequest];
const READ_ONLY: &[Place] = &[Place::Issue, Place::BatonPullRequest, Place::OtherPullRequest];
const EVERYWHERE: &[Place] = &Place::ALL;

/// What somebody without triage access should know of a command for readers.
const ONCE_AN_HOUR: &str = "Without triage access you get the answer once an hour.";

const fn rule(least: Right, places: &'static [Place]) -> Rule {
    Rule { least, exception: Exception::None, places }
}

pub(super) static ROUTE: Spec = Spec {
    name: "route",
    usage: "[--tokens N]",
    description: "Post the router analysis: which model should do this, and why.",
    examples: &["/baton route", "/baton route --tokens 45000"],
    notes: "`--tokens` is what is left in your own session; 45k and 45,000 are understood. \
            Nothing is spent and no model is asked.",
    rule: rule(Right::Triage, EVERYWHERE),
    spends: false,
    takes_lines: false,
};

pub(super) static PLAN: Spec = Spec {
    name: "plan",
    usage: "[--model T] [--budget USD] [--include COMMENTS] [text]",
    description: "Start a planning run; a committed plan and a draft pull request come out.",
    examples: &[
        "/baton plan",
        "/baton plan keep the public API as it is",
        "/baton plan --model sonnet --budget 1.50",
        "/baton plan --include #issuecomment-1234567 as described there",
    ],
    notes: "The text, with the lines below it up to the next command, is given to the planner. \
            `--model` is opus, sonnet or haiku. `--budget` lowers this run's limit; it never \
            raises it. The planner reads comments by people with triage access; `--include` adds \
            others' by their links or as `#issuecomment-123`, with commas between several, but \
            never a bot's.",
    rule: rule(Right::Write, ISSUE),
    spends: true,
    takes_lines: true,
};

pub(super) static ANSWER: Spec = Spec {
    name: "answer",
    usage: "<n> <text>",
    description: "Answer the planner's questions; Baton shows what it took as the answer.",
    examples: &["/baton answer 1 yes, it is optional", "/baton answer 1b 2a"],
    notes: "While questions are open, a comment that begins with `1: …` or `1b 2a` is an answer \
            too. The author's answer counts once someone with write access ticks its box or repeats \
            it.",
    rule: Rule { least: Right::Write, exception: Exception::AuthorHeld, places: OWN },
    spends: true,
    takes_lines: true,
};

pub(super) static REVISE: Spec = Spec {
    name: "revise",
    usage: "[--include COMMENTS] <text>",
    description: "Send the plan back with what should change; the next revision comes out.",
    examples: &["/baton revise split the migration into its own task"],
    notes: "The lines below it, up to the next command, belong to the text. `--include` is as for \
            `/baton plan`.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: true,
};

pub(super) static APPROVE: Spec = Spec {
    name: "approve",
    usage: "[rev] [--start]",
    description: "Approve the plan as it stands on its branch.",
    examples: &["/baton approve", "/baton approve 2", "/baton approve --start"],
    notes: "Without a number it means the newest revision announced before your comment. The \
            approval is bound to the plan's content: any later change of the plan voids it. \
            Ticking the box under the announcement and the label `baton:approved` do the same. \
            Only `--start` begins to build, which costs money.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static IMPLEMENT: Spec = Spec {
    name: "implement",
    usage: "[auto|manual] [--model T] [--anyway]",
    description: "Build the plan, task by task, each on the cheapest model that can do it.",
    examples: &["/baton implement", "/baton implement manual", "/baton implement --model opus"],
    notes: "It approves the plan too, if nobody has. `manual` hands it to people and their own \
            tools: their ticks and pushes move it on, and no model is called until all tasks are \
            done and two specialists look; while Baton builds, it hands people what is left, and \
            `auto` takes that back. The label `baton:manual` does the same as long as it is on. \
            `--model` is for the first task. `--anyway` starts a plan whose files changed since on \
            the base branch, once Baton has told which.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static HANDOFF: Spec = Spec {
    name: "handoff",
    usage: "<tier> [reason]",
    description: "Give the active task to a fresh run on this tier now.",
    examples: &["/baton handoff opus", "/baton handoff opus the locking is subtle"],
    notes: "What you write behind the tier is the reason: it is recorded, and the next model reads it.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static ESCALATE: Spec = Spec {
    name: "escalate",
    usage: "",
    description: "Give the active task to the next stronger model now.",
    examples: &["/baton escalate"],
    notes: "",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static DOWNGRADE: Spec = Spec {
    name: "downgrade",
    usage: "",
    description: "Give the active task to the next cheaper model now.",
    examples: &["/baton downgrade"],
    notes: "",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static TASK: Spec = Spec {
    name: "task",
    usage: "<id> done|reopen|skip",
    description: "Settle a task or open it again, like its box in the status comment.",
    examples: &["/baton task t2 done", "/baton task t3 skip"],
    notes: "A task that others need is not skipped; their names are told.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static FIX: Spec = Spec {
    name: "fix",
    usage: "[text]",
    description: "Have what the review asks for done: the open threads of people with write access.",
    examples: &["/baton fix", "/baton fix keep the old name as an alias"],
    notes: "It works in a review and in a comment on a line, too, once all tasks are done. The open \
            threads and your text become one task; Baton answers in each thread with the commit and \
            leaves resolving it to you. At most three rounds per plan. Where checks failed on what a \
            person pushed, it has Baton mend that.",
    rule: rule(Right::Write, PULL_REQUEST),
    spends: true,
    takes_lines: true,
};

pub(super) static ALLOW: Spec = Spec {
    name: "allow",
    usage: "<hash>",
    description: "Say yes to what waits for a person: a change, or a commit without checks.",
    examples: &["/baton allow 1f3a9c2b7d40"],
    notes: "The digits stand under the call, and so does a box that does the same. The yes is bound \
            to that change or commit: another one asks again.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static TEST: Spec = Spec {
    name: "test",
    usage: "",
    description: "Let the test-agent judge the pull request as it stands now.",
    examples: &["/baton test"],
    notes: "For work that is ready for review, or that people build by hand. What it finds is \
            built once more where Baton built, and shown where people do.",
    rule: rule(Right::Write, PULL_REQUEST),
    spends: true,
    takes_lines: false,
};

pub(super) static REVIEW: Spec = Spec {
    name: "review",
    usage: "",
    description: "Let the review-agent review the pull request as it stands now.",
    examples: &["/baton review"],
    notes: "As `/baton test`, against the plan and the whole difference. It approves nothing.",
    rule: rule(Right::Write, PULL_REQUEST),
    spends: true,
    takes_lines: false,
};

pub(super) static UNAPPROVE: Spec = Spec {
    name: "unapprove",
    usage: "",
    description: "Take the approval of the plan back.",
    examples: &["/baton unapprove"],
    notes: "",
    rule: rule(Right::Write, OWN),
    spends: false,
    takes_lines: false,
};

pub(super) static REJECT: Spec = Spec {
    name: "reject",
    usage: "[why]",
    description: "Close the plan and its pull request without building it.",
    examples: &["/baton reject", "/baton reject we keep the old cache"],
    notes: "The branch stays, and `/baton retry` brings the plan back at no cost. What you write \
            behind it is for people.",
    rule: rule(Right::Write, OWN),
    spends: false,
    takes_lines: true,
};

pub(super) static STATUS: Spec = Spec {
    name: "status",
    usage: "",
    description: "Refresh the status comment and link it.",
    examples: &["/baton status"],
    notes: ONCE_AN_HOUR,
    rule: rule(Right::Read, READ_ONLY),
    spends: false,
    takes_lines: false,
};

pub(super) static COST: Spec = Spec {
    name: "cost",
    usage: "",
    description: "Show what this issue has cost so far, by model and run.",
    examples: &["/baton cost"],
    notes: ONCE_AN_HOUR,
    rule: rule(Right::Read, READ_ONLY),
    spends: false,
    takes_lines: false,
};

pub(super) static COST_ADD: Spec = Spec {
    name: "cost add",
    usage: "<USD> [text]",
    description: "Book what you paid for this issue outside Baton.",
    examples: &["/baton cost add 4.20 an hour of Claude Code"],
    notes: "One comment books one amount. It counts against the issue's limit, and the report \
            shows it on a line of its own, as entered by you.",
    rule: rule(Right::Write, READ_ONLY),
    spends: false,
    takes_lines: false,
};

pub(super) static STOP: Spec = Spec {
    name: "stop",
    usage: "",
    description: "Stop whatever runs for this issue.",
    examples: &["/baton stop"],
    notes: "Whoever asked for the work may stop it too. Words after it are for people; Baton \
            stops whatever they say.",
    rule: Rule { least: Right::Triage, exception: Exception::Requester, places: OWN },
    spends: false,
    takes_lines: false,
};

pub(super) static PAUSE: Spec = Spec {
    name: "pause",
    usage: "",
    description: "Lay work down after the turn that is under way; nothing is lost.",
    examples: &["/baton pause"],
    notes: "Nothing is started and nothing is spent until `/baton resume`; ticks, answers, pushes \
            and checks still count. Whoever asked for the work may pause it too. The label \
            `baton:pause` does the same as long as it is on. Words after it are for people.",
    rule: Rule { least: Right::Triage, exception: Exception::Requester, places: OWN },
    spends: false,
    takes_lines: false,
};

pub(super) static RESUME: Spec = Spec {
    name: "resume",
    usage: "",
    description: "Go on with what is paused, at the very turn.",
    examples: &["/baton resume"],
    notes: "After a pause at a limit it tries again, which helps once the limit's day or month is \
            over or somebody raised it.",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static BUDGET: Spec = Spec {
    name: "budget",
    usage: "<USD|+USD>",
    description: "Set or raise what this issue may cost in all.",
    examples: &["/baton budget 5", "/baton budget +5"],
    notes: "`5` sets the limit, `+5` adds to it; it is never set below what is spent. Work that \
            waits at that limit goes on. The limits per person, repository and month stay as they \
            are.",
    rule: rule(Right::Maintain, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static RETRY: Spec = Spec {
    name: "retry",
    usage: "",
    description: "Try again after a failure, from where it stopped.",
    examples: &["/baton retry"],
    notes: "",
    rule: rule(Right::Write, OWN),
    spends: true,
    takes_lines: false,
};

pub(super) static HELP: Spec = Spec {
    name: "help",
    usage: "[command]",
    description: "Show the commands, or one of them.",
    examples: &["/baton help", "/baton help plan"],
    notes: ONCE_AN_HOUR,
    rule: rule(Right::Read, EVERYWHERE),
    spends: false,
    takes_lines: false,
};

/// Every command, in the order of the help.
pub static TABLE: [&Spec; 25] = [
    &ROUTE, &PLAN, &ANSWER, &REVISE, &APPROVE, &UNAPPROVE, &REJECT, &IMPLEMENT, &HANDOFF,
    &ESCALATE, &DOWNGRADE, &TASK, &FIX, &ALLOW, &TEST, &REVIEW, &STATUS, &COST, &COST_ADD, &STOP,
    &PAUSE, &RESUME, &BUDGET, &RETRY, &HELP,
];

/// The row of the command called `word`, whatever its case.
pub fn spec(word: &str) -> Option<&'static Spec> {
    TABLE.into_iter().find(|it| it.name.eq_ignore_ascii_case(word))
}

/// The command that `word` was probably meant to be: at most a third of the letters differ, and
/// the beginning of a name counts too.
pub fn nearest(word: &str) -> Option<&'static str> {
    let word: String = word.chars().take(32).collect::<String>().to_lowercase();
    let word = word.trim_start_matches('/');
    if word.chars().count() < 2 {
        return None;
    }
    let begun = TABLE.into_iter().find(|it| it.name.starts_with(word));
    let distance = |it: &&'static Spec| strsim::osa_distance(word, it.name);
    let close = TABLE.into_iter().min_by_key(distance).filter(|it| {
        let longer = word.chars().count().max(it.name.len());
        distance(it) * 3 <= longer
    });
    begun.or(close).map(|it| it.name)
}
