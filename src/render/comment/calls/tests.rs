//! Each call as it is read.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::*;
use crate::base::UserId;
use crate::domain::handoff::Bound;
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::{Doing, Held, PlanRef, Work};

const FAILURES: [RunFailure; 15] = [
    RunFailure::PlanRefused,
    RunFailure::TurnLimit,
    RunFailure::TokenLimit,
    RunFailure::TimeLimit,
    RunFailure::MoneyLimit,
    RunFailure::NoProgress,
    RunFailure::ModelRefused,
    RunFailure::ProviderLimit,
    RunFailure::ProviderDown,
    RunFailure::ProviderRejected,
    RunFailure::UnknownPrice,
    RunFailure::EmptyRepository,
    RunFailure::Unreadable,
    RunFailure::NotIncluded,
    RunFailure::Overtaken,
];

fn builder() -> Worker {
    Worker::Builder { task: "t2".to_owned() }
}

/// The call without its title and its cost.
fn call(why: Block, who: &Worker) -> String {
    let text = blocked(why, (who, false), None, None, None, MicroUsd::ZERO);
    let lines = text.lines().skip(2).filter(|it| !it.is_empty());
    let text = lines.collect::<Vec<_>>().join("\n  ");
    text.replace(" Spent on this issue: $0.00.", "")
}

/// Every way in which a run of theirs can end.
fn said_of(who: &Worker) -> String {
    let failures = FAILURES.into_iter().map(Block::Run);
    let blocks =
        failures.chain([Block::Stuck, Block::NotStarted, Block::Publishing, Block::Telling]);
    blocks.map(|it| call(it, who)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_call_for_a_person_says_what_happened_and_what_helps() {
    let why = Block::Run(RunFailure::MoneyLimit);
    let details = "the limit for this run is $2.00, $1.95 of it is used";
    assert_snapshot!(blocked(why, (&Worker::Planner, false), Some("ann"), Some(details), None, MicroUsd(1_950_000)), @"
    ### Baton needs a person

    @ann, the next model call could have passed a limit on money, so it was not made.

    The limit for this run is $2.00, $1.95 of it is used.

    `/baton plan` starts a fresh run with the server's limit for one run; `--budget` can only lower it. A limit per day or month begins anew with the next one (UTC); the others are settings of this server. Spent on this issue: $1.95.
    ");
    assert_snapshot!(blocked(Block::BranchDeleted, (&Worker::Planner, false), None, None, None, MicroUsd::ZERO), @"
    ### Baton needs a person

    The branch with the plan was deleted.

    `/baton retry` commits the plan again at no cost; `/baton stop` ends it. Spent on this issue: $0.00.
    ");
}

/// What is no task of the plan is not to be settled by a word.
#[test]
fn what_is_mended_names_ways_that_are_not_refused() {
    let builds = |task: &str| Worker::Builder { task: task.to_owned() };
    let who = [builder(), builds(FINDINGS), builds("review-1"), Worker::Reviewer];
    let said = |why: Block| who.iter().map(|it| call(why, it)).collect::<Vec<_>>().join("\n");
    assert_snapshot!(said(Block::OutOfRungs), @"
    The strongest model did not get the task done, so nothing runs.
      Mend it on the branch and write `/baton task` with the task and `done`, which goes on when its checks pass, change the plan with `/baton revise`, or try once more with `/baton retry`.
    The strongest model did not get the task done, so nothing runs.
      Mend it on the branch, then write `/baton implement manual` and `/baton retry`, which looks at what stands there; or try once more with `/baton retry` alone.
    The strongest model did not get the task done, so nothing runs.
      Mend it on the branch, then write `/baton implement manual` and `/baton retry`, which looks at what stands there; or try once more with `/baton retry` alone.
    The strongest model did not get the task done, so nothing runs.
      Try once more with `/baton retry`, or merge it as it is: that is yours to decide.
    ");
    assert_snapshot!(said(Block::Findings), @"
    The building was left to people before what was found was mended.
      Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide.
    The building was left to people before what was found was mended.
      Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide.
    The building was left to people before what the review asks for was done.
      Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide.
    What was built was looked at, and what was found there is for people to mend.
      Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide.
    ");
}

/// Work that changed hands as often as it may is not work that the strongest model failed at.
#[test]
fn a_call_at_a_bound_says_which_one() {
    let said = [Bound::Task, Bound::Issue].map(|it| call(Block::Bound(it), &builder())).join("\n");
    assert_snapshot!(said, @"
    This task was handed to a stronger model 2 times already and is not done, so nothing runs.
      Mend it on the branch and write `/baton task` with the task and `done`, which goes on when its checks pass, change the plan with `/baton revise`, or try once more with `/baton retry`.
    This issue's work changed hands 6 times though no plan foresaw it, and would again, so nothing runs.
      Mend it on the branch and write `/baton task` with the task and `done`, which goes on when its checks pass, change the plan with `/baton revise`, or try once more with `/baton retry`.
    ");
}

/// No failure leaves a person without a sentence and without something to do.
#[test]
fn every_failure_has_its_sentence_and_its_remedy() {
    assert_snapshot!(said_of(&Worker::Planner), @"
    The planner submitted a plan three times, and each failed its checks.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The planner used all its turns without submitting a plan.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The planner read more than its token limit without submitting a plan.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The planner used all its time without submitting a plan.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The next model call could have passed a limit on money, so it was not made.
      `/baton plan` starts a fresh run with the server's limit for one run; `--budget` can only lower it. A limit per day or month begins anew with the next one (UTC); the others are settings of this server.
    The planner was not getting on, so the run was stopped.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The model declined to plan this issue.
      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit.
    The model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The model provider has not answered for six hours.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The model provider did not accept the request: its key, the model's name or the request itself.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The configured model has no known price, and without one no limit on money can be held, so it was not called.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The repository has no commit yet, so there is no code to plan for.
      Push a first commit, then write `/baton retry`.
    The repository could not be read.
      Check that the App may read the repository's contents, then write `/baton retry`.
    A comment that the command includes cannot be read, so nothing was started.
      Give the command again with links of comments that people wrote on this issue, or without `--include`.
    Somebody changed the same files while the run worked, so its changes were not pushed.
      `/baton retry` builds the task anew on what stands there now.
    The planner has shown no sign of life for as long as its model may, so the run was stopped.
      `/baton retry` starts a fresh run.
    The planner did not begin within five minutes, and neither did the one that was ordered in its place.
      `/baton retry` tries once more. Where that does not help, the log of this server says why no run begins.
    The plan is written, but GitHub did not take its commit or its pull request.
      Check branch rules and the App's permissions, then write `/baton retry`: the plan is kept and nothing is paid again.
    GitHub did not take Baton's comment, so the run was stopped.
      `/baton retry` starts a fresh run.
    ");
}

#[test]
fn whoever_builds_a_task_is_not_called_the_planner() {
    assert_snapshot!(said_of(&builder()), @"
    The model that builds task t2 submitted its work three times, and each failed its checks.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The model that builds task t2 used all its turns without finishing the task.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The model that builds task t2 read more than its token limit without finishing the task.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The model that builds task t2 used all its time without finishing the task.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The next model call could have passed a limit on money, so it was not made.
      `/baton retry` starts a fresh run with the server's limit for one run. A limit per day or month begins anew with the next one (UTC); the others are settings of this server.
    The model that builds task t2 was not getting on, so the run was stopped.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The model declined to build task t2.
      `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan.
    The model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The model provider has not answered for six hours.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The model provider did not accept the request: its key, the model's name or the request itself.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The configured model has no known price, and without one no limit on money can be held, so it was not called.
      Once whoever runs this Baton has mended that, `/baton retry` starts again.
    The repository has no commit yet, so there is no code to work on.
      Push a first commit, then write `/baton retry`.
    The repository could not be read.
      Check that the App may read the repository's contents, then write `/baton retry`.
    A comment that the command includes cannot be read, so nothing was started.
      Give the command again with links of comments that people wrote on this issue, or without `--include`.
    Somebody changed the same files while the run worked, so its changes were not pushed.
      `/baton retry` builds the task anew on what stands there now.
    The model that builds task t2 has shown no sign of life for as long as its model may, so the run was stopped.
      `/baton retry` starts a fresh run.
    The model that builds task t2 did not begin within five minutes, and neither did the one that was ordered in its place.
      `/baton retry` tries once more. Where that does not help, the log of this server says why no run begins.
    Task t2 is built, but GitHub did not take its commit.
      Check branch rules and the App's permissions, then write `/baton retry`: what was built is kept and nothing is paid again. Where that does not help, `/baton handoff` and a tier has the task built anew.
    GitHub did not take Baton's comment, so the run was stopped.
      `/baton retry` starts a fresh run.
    ");
}

/// Nobody is taken for another: each sentence names who it was.
#[test]
fn each_run_is_named_by_its_own() {
    let check = |who: &Worker, why: RunFailure, expected: &str| {
        assert_eq!(block_sentence(Block::Run(why), who), expected);
        if *who != Worker::Planner {
            assert!(!said_of(who).contains("planner"), "{}", said_of(who));
        }
    };
    let (turns, declined) = (RunFailure::TurnLimit, RunFailure::ModelRefused);
    check(&Worker::Planner, turns, "the planner used all its turns without submitting a plan.");
    check(
        &builder(),
        turns,
        "the model that builds task t2 used all its turns without finishing the task.",
    );
    check(&Worker::Tester, turns, "the test-agent used all its turns without a report.");
    check(&Worker::Reviewer, turns, "the review-agent used all its turns without a report.");
    check(&Worker::Planner, declined, "the model declined to plan this issue.");
    check(&builder(), declined, "the model declined to build task t2.");
    check(&Worker::Tester, declined, "the model declined to test this work.");
    check(&Worker::Reviewer, declined, "the model declined to review this work.");
}

#[test]
fn what_waits_for_people_in_the_work_says_so() {
    let check = |why: Block, who: &Worker, expected: &str| assert_eq!(call(why, who), expected);
    check(
        Block::Approvals,
        &builder(),
        "The task is built, but nothing was pushed: approvals of the plan would count for its code, and Baton could not dismiss them.\n  Dismiss them on the pull request, or give the App the permission to write pull requests, then write `/baton retry`: what was built is kept and nothing is paid again.",
    );
    check(
        Block::PlanFile,
        &builder(),
        "The plan's file on the branch is gone or no longer reads as a plan, so nothing is built.\n  Mend it on the branch and write `/baton retry`, which goes on where the work stood. Where the file was deleted, that puts it back, and it waits for a new approval. `/baton revise` and what should be different makes another plan.",
    );
    check(
        Block::Publishing,
        &Worker::Baton,
        "All tasks are done, but GitHub did not take the last commit or the pull request's new text.\n  Check branch rules and the App's permissions, then write `/baton retry`: the work is kept and nothing is paid again.",
    );
}

#[test]
fn the_stage_says_who_worked() {
    let plan = PlanRef { revision: 1, hash: "b6".to_owned() };
    let work = |task: Option<&str>| Work {
        plan: plan.clone(),
        approved: UserId(1),
        by_hand: false,
        made_way: false,
        adopted: None,
        overtaken: false,
        done: BTreeSet::new(),
        skipped: BTreeSet::new(),
        task: task.map(str::to_owned),
        tier: Tier::Sonnet,
        reds: 0,
        escalations: 0,
        rounds: 0,
        fixes: 0,
        lent: false,
        fix_offered: false,
        unchecked: false,
        beneath: false,
        told_ready: false,
    };
    let blocked_after = |work: Option<Work>, role| {
        let held = Held { work, ..Held::default() };
        Worker::of(&Stage::Blocked { why: Block::Stuck, held }, role)
    };
    let blocked = |work| blocked_after(work, Some(Role::Implementer));
    assert_eq!(blocked(None), Worker::Planner);
    assert_eq!(blocked(Some(work(Some("t2")))), builder());
    assert_eq!(blocked(Some(work(None))), Worker::Baton);
    assert_eq!(blocked_after(Some(work(None)), Some(Role::TestAgent)), Worker::Tester);
    assert_eq!(blocked_after(Some(work(None)), Some(Role::ReviewAgent)), Worker::Reviewer);
    let building = Stage::Working { work: work(Some("t2")), doing: Doing::ByHand };
    assert_eq!(Worker::of(&building, None), builder());
    assert_eq!(Worker::of(&Stage::Seen, None), Worker::Planner);
}
