//! The words that the workflow's tests are written in: people, what they do, and the facts.

use baton::base::{CommentId, MicroUsd, ReviewCommentId, RunId, Sha, Timestamp, UserId};
use baton::domain::budget::{OverLimit, Scope};
use baton::domain::command::{Answer, BudgetChange, Command, TaskAct};
use baton::domain::permission::{Place, Right};
use baton::domain::plan::{Task, TaskKind, Verify};
use baton::domain::policy::{Mode, Policy};
use baton::domain::tier::{Complexity, Tier};
use baton::domain::workflow::{
    Actor, BaseNow, Ci, ControlLabel, Event, Facts, Met, Money, PlanAtHead, PlanRef, Purpose,
    Report, Request, Review, ReviewSays, RunFailure, Spot, Threads, Tick, TimerKind,
};

pub(super) use super::story::Story;

pub(super) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(super) const COMMENT: CommentId = CommentId(1);

/// A maintainer's first stand-in: write access, and usually the one who asks.
pub(super) fn ann() -> Actor {
    Actor {
        id: UserId(1),
        login: "ann".to_owned(),
        right: Right::Write,
        unchecked: false,
        bot: false,
        author: false,
        told: false,
    }
}

/// Ann with maintain access: she may say what an issue costs. The same person, so that the walk
/// does not meet everything once for each of two people who ask.
pub(super) fn mia() -> Actor {
    Actor { right: Right::Maintain, ..ann() }
}

/// Triage, no more.
pub(super) fn tom() -> Actor {
    Actor { id: UserId(2), login: "tom".to_owned(), right: Right::Triage, ..ann() }
}

/// The issue's author, who may only read.
pub(super) fn ora() -> Actor {
    Actor { id: UserId(3), login: "ora".to_owned(), right: Right::Read, author: true, ..ann() }
}

/// Somebody who may read, as everybody may in a public repository.
pub(super) fn eve() -> Actor {
    Actor { id: UserId(4), login: "eve".to_owned(), right: Right::Read, ..ann() }
}

/// Somebody without any right.
pub(super) fn nobody() -> Actor {
    Actor { id: UserId(5), login: "nobody".to_owned(), right: Right::None, ..ann() }
}

/// A bot that was given write access.
pub(super) fn robo() -> Actor {
    Actor { id: UserId(6), login: "robo[bot]".to_owned(), bot: true, ..ann() }
}

/// Everybody who acts in the walk.
pub(super) fn everybody() -> Vec<Actor> {
    vec![
        ann(),
        Actor { told: true, ..ann() },
        tom(),
        Actor { told: true, ..tom() },
        ora(),
        Actor { author: true, ..ann() },
        eve(),
        nobody(),
        Actor { unchecked: true, ..nobody() },
        // Ann after she left: her runs are hers to stop, and nothing else.
        Actor { right: Right::Read, ..ann() },
        robo(),
    ]
}

pub(super) fn facts() -> Facts {
    Facts {
        policy: Policy::default(),
        level: Complexity::Medium,
        has_text: true,
        open: true,
        plan_at_head: PlanAtHead::Same,
        next_branch: false,
        base: BaseNow::Same,
        threads: Threads::Open(2),
        head: Some(head()),
        tasks: tasks(),
        built_tasks: tasks(),
        asks_yes: None,
        pushed_lately: false,
        security: None,
        money: Money::default(),
        announced: Some((1, NOW)),
        answered_lately: false,
        arrived: NOW,
        fresh_run: RunId::from("fresh"),
    }
}

pub(super) fn facts_in(mode: Mode) -> Facts {
    Facts { policy: Policy { mode, ..Policy::default() }, ..facts() }
}

/// The issue may cost $5, has cost $4.90, and the next call of `run` could cost 30 cents under a
/// limit of `scope` that is used as far.
pub(super) fn facts_at_limit(scope: Scope, run: &str) -> Facts {
    let (limit, used) = (MicroUsd::dollars(5), MicroUsd(4_900_000));
    let over = OverLimit { scope, limit, used, asked: MicroUsd(300_000) };
    let met = Some(Met { run: RunId::from(run), over });
    Facts { money: Money { booked: false, limit, used, met }, ..facts() }
}

/// Somebody says what they paid outside Baton.
pub(super) fn paid() -> Command {
    Command::CostAdd { amount: MicroUsd::dollars(4), text: String::new() }
}

pub(super) fn budget(dollars: i64) -> Command {
    Command::Budget { change: BudgetChange::To(MicroUsd::dollars(dollars)) }
}

pub(super) fn budget_more(dollars: i64) -> Command {
    Command::Budget { change: BudgetChange::By(MicroUsd::dollars(dollars)) }
}

pub(super) fn asks(by: Actor, command: Command) -> Event {
    requests(by, Request::Command(command))
}

pub(super) fn requests(by: Actor, request: Request) -> Event {
    Event::Asked { by, comment: COMMENT, at: NOW, place: Place::Issue, request }
}

/// The same, said on Baton's own pull request.
pub(super) fn asks_there(by: Actor, command: Command) -> Event {
    let mut event = asks(by, command);
    if let Event::Asked { place, .. } = &mut event {
        *place = Place::BatonPullRequest;
    }
    event
}

/// The same, said in another comment.
pub(super) fn in_comment(id: CommentId, mut event: Event) -> Event {
    if let Event::Asked { comment, .. } | Event::Answered { comment, .. } = &mut event {
        *comment = id;
    }
    event
}

pub(super) fn plan() -> Command {
    plan_saying("")
}

pub(super) fn plan_saying(text: &str) -> Command {
    Command::Plan { model: None, budget: None, text: text.to_owned(), include: Vec::new() }
}

pub(super) fn plan_on(tier: Tier) -> Command {
    Command::Plan { model: Some(tier), budget: None, text: String::new(), include: Vec::new() }
}

pub(super) fn plan_for(budget: MicroUsd, text: &str) -> Command {
    Command::Plan { model: None, budget: Some(budget), text: text.to_owned(), include: Vec::new() }
}

pub(super) fn revise() -> Command {
    Command::Revise { text: "smaller".to_owned(), include: Vec::new() }
}

pub(super) fn answer(numbers: &[u8]) -> Command {
    Command::Answer { answers: answers(numbers) }
}

pub(super) fn answers(numbers: &[u8]) -> Vec<Answer> {
    let answer = |n: &u8| Answer { question: *n, choice: None, text: "yes".to_owned() };
    numbers.iter().map(answer).collect()
}

pub(super) fn says_answers(by: Actor, numbers: &[u8]) -> Event {
    Event::Answered { by, comment: COMMENT, answers: answers(numbers) }
}

pub(super) fn labels(by: Actor) -> Event {
    Event::Labelled { by, label: ControlLabel::Plan }
}

pub(super) fn approve() -> Command {
    Command::Approve { revision: None, start: false }
}

pub(super) fn approve_revision(revision: u16) -> Command {
    Command::Approve { revision: Some(revision), start: false }
}

/// The plan's tasks: a simple one, a medium one behind it, and a line for the review.
pub(super) fn tasks() -> Vec<Task> {
    let task = |id: &str, kind, complexity, blocked_by: &[&str]| Task {
        id: id.to_owned(),
        title: format!("Do {id}"),
        phase: String::new(),
        kind,
        complexity,
        tier: None,
        files: Vec::new(),
        blocked_by: blocked_by.iter().map(|it| (*it).to_owned()).collect(),
        acceptance: Vec::new(),
        verify: Verify::None("nothing".to_owned()),
    };
    vec![
        task("t1", TaskKind::Implement, Complexity::Simple, &[]),
        task("t2", TaskKind::Test, Complexity::Medium, &["t1"]),
        task("t3", TaskKind::Review, Complexity::Medium, &["t2"]),
    ]
}

pub(super) fn implement() -> Command {
    Command::Implement { manual: false, model: None, anyway: false }
}

pub(super) fn by_hand() -> Command {
    Command::Implement { manual: true, model: None, anyway: false }
}

pub(super) fn task(id: &str, act: TaskAct) -> Command {
    Command::Task { id: id.to_owned(), act }
}

pub(super) fn ticks_task(by: Actor, id: &str, on: bool) -> Event {
    Event::Ticked { by, tick: Tick::Task { id: id.to_owned(), on } }
}

pub(super) fn allow(hash: &str) -> Command {
    Command::Allow { hash: hash.to_owned() }
}

/// Somebody ticks the box of a yes under a call for a person.
pub(super) fn ticks_allow(by: Actor, hash: &str) -> Event {
    Event::Ticked { by, tick: Tick::Allow { hash: hash.to_owned() } }
}

/// The server lets commits count on which no check spoke.
pub(super) fn facts_without_ci() -> Facts {
    Facts { policy: Policy { accepts_unverified: true, ..Policy::default() }, ..facts() }
}

/// The commit that a run's changes became.
pub(super) fn head() -> Sha {
    Sha("a".repeat(40))
}

pub(super) fn concludes(ci: Ci) -> Event {
    Event::CiConcluded { sha: head(), ci }
}

pub(super) fn ticks(by: Actor, revision: u16) -> Event {
    Event::Ticked { by, tick: Tick::Approve { revision } }
}

pub(super) fn reviews(by: Actor, says: ReviewSays) -> Event {
    Event::Reviewed { by, review: Review { at: NOW, says } }
}

pub(super) fn requests_changes(by: Actor, text: &str) -> Event {
    reviews(by, ReviewSays::RequestsChanges { text: Some(text.to_owned()) })
}

pub(super) fn review_approves(by: Actor) -> Event {
    reviews(by, ReviewSays::Approves { at_head: true })
}

/// Somebody writes `/baton fix` on the pull request.
pub(super) fn fix(by: Actor, text: &str) -> Event {
    let request = Request::Command(Command::Fix { text: text.to_owned() });
    Event::Asked { by, comment: COMMENT, at: NOW, place: Place::BatonPullRequest, request }
}

/// The same in a review, or in a comment on a line.
pub(super) fn fix_in(spot: Spot, by: Actor) -> Event {
    Event::FixAsked { by, spot, at: NOW, text: String::new() }
}

pub(super) fn ticks_fix(by: Actor, round: u8) -> Event {
    Event::Ticked { by, tick: Tick::Fix { round } }
}

/// Every way to have a review built.
pub(super) fn every_fix(by: &Actor) -> Vec<Event> {
    let by = || by.clone();
    vec![fix(by(), ""), fix_in(LINE, by()), fix_in(Spot::Review, by()), ticks_fix(by(), 1)]
}

pub(super) const LINE: Spot = Spot::Line(ReviewCommentId(7));

/// Everything that a review may say.
pub(super) fn every_review() -> Vec<ReviewSays> {
    let requests = |it: Option<&str>| ReviewSays::RequestsChanges { text: it.map(str::to_owned) };
    vec![
        requests(Some("smaller")),
        requests(Some(" ")),
        requests(None),
        ReviewSays::Approves { at_head: true },
        ReviewSays::Approves { at_head: false },
        ReviewSays::Dismissed { reviewer: Some(ann().id) },
        ReviewSays::Dismissed { reviewer: None },
    ]
}

/// The operator lets reviews approve plans.
pub(super) fn facts_by_review() -> Facts {
    Facts { policy: Policy { approve_by_review: true, ..Policy::default() }, ..facts() }
}

/// "Start now" is ticked.
pub(super) fn ticks_start(by: Actor, revision: u16) -> Event {
    Event::Ticked { by, tick: Tick::Start { revision } }
}

/// The server lets an approval begin the work at once.
pub(super) fn facts_that_start() -> Facts {
    Facts { policy: Policy { start_on_approval: true, ..Policy::default() }, ..facts() }
}

/// A person pushes a commit of theirs.
pub(super) fn pushed() -> Event {
    pushed_by(false, false)
}

pub(super) fn pushed_by(forced: bool, by_bot: bool) -> Event {
    Event::Pushed { sha: Sha("b".repeat(40)), elsewhere: false, forced, by_bot, code: true }
}

/// A person pushes nothing but an edit of the plan's file.
pub(super) fn pushed_plan() -> Event {
    let sha = Sha("b".repeat(40));
    Event::Pushed { sha, elsewhere: false, forced: false, by_bot: false, code: false }
}

/// The plan file at the branch's head is `plan_at_head`.
pub(super) fn facts_at_head(plan_at_head: PlanAtHead) -> Facts {
    Facts { plan_at_head, ..facts() }
}

/// Somebody edited the plan's file into `revision`.
pub(super) fn edited_into(revision: u16) -> PlanAtHead {
    PlanAtHead::Edited(PlanRef { revision, hash: format!("hash {revision}") })
}

pub(super) fn reports(run: &str, report: Report) -> Event {
    Event::RunReported { run: RunId::from(run), report }
}

/// Whether a run that reports this is over: it is not stopped again.
pub(super) fn ends_the_run(report: &Report) -> bool {
    !matches!(
        report,
        Report::Questions { .. }
            | Report::Waits
            | Report::Noted
            | Report::OverLimit
            | Report::NearLimit
            | Report::Costly
            | Report::Outgrown
    )
}

pub(super) fn asks_questions(count: u8) -> Event {
    reports("fresh", Report::Questions { count })
}

pub(super) fn submits(revision: u16) -> Event {
    reports("fresh", Report::Plan { revision, hash: format!("hash {revision}") })
}

pub(super) fn fails(why: RunFailure) -> Event {
    reports("fresh", Report::Failed { why })
}

pub(super) fn gives_up(purpose: Purpose) -> Event {
    Event::EffectFailed { purpose }
}

/// Everything that CI may come to.
pub(super) const CI: [Ci; 6] =
    [Ci::Green, Ci::Red, Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson];

/// One of every effect's purposes.
pub(super) const PURPOSES: [Purpose; 4] =
    [Purpose::Publish, Purpose::Tell, Purpose::Courtesy, Purpose::Run];

/// A planning run is live.
pub(super) fn planning() -> Story {
    Story::new().then(asks(ann(), plan()))
}

/// It has asked two questions.
pub(super) fn asking() -> Story {
    planning().then(asks_questions(2))
}

/// Plan revision 1 waits.
pub(super) fn planned() -> Story {
    planning().then(submits(1))
}

/// Plan revision 1 is built: a run on Haiku is at task t1.
pub(super) fn building() -> Story {
    approved().then(asks(ann(), implement()))
}

/// Its conversation is nearly too large, and a fresh one on Haiku is to go on.
pub(super) fn renewing() -> Story {
    building().then(reports("fresh", Report::Outgrown))
}

/// It was silent for too long, and is asked where it stands before Sonnet takes over.
pub(super) fn handing() -> Story {
    building().waits(TimerKind::Stuck)
}

/// Its changes stand on the branch, and the checks are awaited.
pub(super) fn checking() -> Story {
    pushing().then(reports("fresh", Report::Pushed { sha: head() }))
}

/// Its changes are on their way to the branch.
pub(super) fn pushing() -> Story {
    building().then(reports("fresh", Report::TaskDone))
}

/// People build plan revision 1 with their own tools.
pub(super) fn building_by_hand() -> Story {
    approved().then(asks(ann(), by_hand()))
}

/// People have ticked the last task, and the checks of the head are awaited.
pub(super) fn built_by_hand() -> Story {
    building_by_hand().then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true))
}

/// All tasks are done, and the test-agent looks.
pub(super) fn testing() -> Story {
    built_by_hand().then(concludes(Ci::Green))
}

/// It found nothing, and the review-agent looks.
pub(super) fn reviewing() -> Story {
    testing().then(reports("fresh", Report::Findings { ask_for_work: false }))
}

/// Nothing was found, and people are waited for.
pub(super) fn ready() -> Story {
    reviewing().then(reports("fresh", Report::Findings { ask_for_work: false }))
}

/// A planning run is live, and somebody paused it.
pub(super) fn paused() -> Story {
    planning().then(asks(ann(), Command::Pause))
}

/// The planning run met a limit on money.
pub(super) fn at_limit() -> Story {
    planning().then(reports("fresh", Report::OverLimit))
}

/// Plan revision 1 waits, and ann approved it.
pub(super) fn approved() -> Story {
    planned().then(asks(ann(), approve()))
}

/// Whether a run ended because its model did not get the work done: another one may.
pub(super) fn got_nowhere(report: &Report) -> bool {
    matches!(
        report,
        Report::Failed {
            why: RunFailure::NoProgress
                | RunFailure::TurnLimit
                | RunFailure::TokenLimit
                | RunFailure::TimeLimit
        }
    )
}
