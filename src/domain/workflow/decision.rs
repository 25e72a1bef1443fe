//! What a decision is, what it rests on, and the draft that the stages fill in.

use crate::base::{CommentId, Millis, RunId, Sha, Timestamp};
use crate::domain::permission::Right;
use crate::domain::plan::Task;
use crate::domain::policy::Policy;
use crate::domain::security::SecurityConcern;
use crate::domain::tier::Complexity;
use crate::domain::workflow::effect::{Effect, Post, Reaction};
use crate::domain::workflow::event::{Actor, ControlLabel, Tick};
use crate::domain::workflow::fix::Threads;
use crate::domain::workflow::held::Held;
pub(super) use crate::domain::workflow::ignored::Ignored;
pub(super) use crate::domain::workflow::origin::Origin;
use crate::domain::workflow::paused::Money;
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::stale::BaseNow;
use crate::domain::workflow::state::{
    Block, COMMENT_ALLOWANCE, JOINED_MAX, PlanRef, RunFailure, Stage, State,
};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::{TimerKind, timers};
use crate::domain::workflow::work::Doing;

/// What was gathered before deciding; nothing is fetched inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What the repository allows.
    pub policy: Policy,
    /// The level the scorer gives the present text.
    pub level: Complexity,
    /// Whether the issue has any text to plan from.
    pub has_text: bool,
    /// Whether the issue is open.
    pub open: bool,
    /// The plan file at the head of its branch; read for events that approve, for pushes, and for
    /// words that take work up again.
    pub plan_at_head: PlanAtHead,
    /// The head of the branch; read where people may settle the last task that they build
    /// themselves, and where they try again what was built.
    pub head: Option<Sha>,
    /// Whether the plan was merged alone, and the branch that follows is not named yet.
    pub next_branch: bool,
    /// What became of the files that the plan names; read for events that approve a plan that
    /// waits, or could start it.
    pub base: BaseNow,
    /// The tasks of the newest plan; empty before there is one.
    pub tasks: Vec<Task>,
    /// The tasks of the revision that was being built before the plan was changed.
    pub built_tasks: Vec<Task>,
    /// The change that waits for a person: for a yes, or until the plan's approvals are gone.
    pub asks_yes: Option<AsksYes>,
    /// Whether people pushed to the branch within the last ten minutes, before this.
    pub pushed_lately: bool,
    /// Whether the work touches what matters to security; read while all of it is looked at.
    pub security: Option<SecurityConcern>,
    /// The open threads of the pull request; read when somebody wants them taken up.
    pub threads: Threads,
    /// What the issue costs and may cost; read for commands about its limit.
    pub money: Money,
    /// The newest revision that was announced, and when.
    pub announced: Option<(u16, Timestamp)>,
    /// Whether what is asked was answered to the same person here within the hour; asked for where
    /// [`Event::once_an_hour`](super::Event::once_an_hour) says so.
    pub answered_lately: bool,
    /// When the news of the event reached Baton; it may be decided much later.
    pub arrived: Timestamp,
    /// An id for a run, in case one is started.
    pub fresh_run: RunId,
}

/// A change that waits for a person before it is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsksYes {
    /// The run whose change it is.
    pub run: RunId,
    /// Its content hash.
    pub hash: String,
}

/// What stands at the head of the plan's branch, against the newest revision (`trust.md`, rule 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanAtHead {
    /// Nobody looked: the event does not turn on it.
    NotRead,
    /// The newest revision, tick states aside.
    Same,
    /// Somebody edited it: a plan that reads, stored as this revision.
    Edited(PlanRef),
    /// A file that cannot be read as a plan; the sentence says where and why.
    Invalid(String),
    /// No plan file, or no branch.
    Missing,
    /// GitHub could not be asked.
    Unknown,
}

/// What follows from an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where the issue stands now.
    pub state: State,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
    /// What became of the event, for the history.
    pub verdict: Verdict,
}

/// What became of an event. Each refusal and each ignored event has a named reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It changed something.
    Done,
    /// Somebody was turned down, and told so within the bounds of law 3.
    Refused(Refused),
    /// It changed nothing.
    Ignored(Ignored),
}

/// A decision being made: the state as it will be, and the effects so far.
pub(super) struct Draft<'a> {
    pub(super) state: State,
    pub(super) facts: &'a Facts,
    pub(super) now: Timestamp,
    before: &'a State,
    effects: Vec<Effect>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &'a State, facts: &'a Facts, now: Timestamp) -> Draft<'a> {
        Draft { state: state.clone(), facts, now, before: state, effects: Vec::new() }
    }

    /// Goes on from a decision that was made on `before`.
    pub(super) fn upon(
        decision: Decision,
        (before, facts, now): (&'a State, &'a Facts, Timestamp),
    ) -> Draft<'a> {
        let Decision { state, effects, verdict: _ } = decision;
        Draft { state, facts, now, before, effects }
    }

    /// The state that the decision is made on.
    pub(super) fn before(&self) -> &'a State {
        self.before
    }

    /// Whether the draft wants anything done so far.
    pub(super) fn is_idle(&self) -> bool {
        self.effects.is_empty()
    }

    /// The decision with all that was done.
    pub(super) fn done(self) -> Decision {
        Decision { state: self.state, effects: self.effects, verdict: Verdict::Done }
    }

    /// The decision that changes nothing, whatever the draft has come to.
    pub(super) fn ignored(self, why: Ignored) -> Decision {
        Decision { state: self.before.clone(), effects: Vec::new(), verdict: Verdict::Ignored(why) }
    }

    /// Turns somebody down: one reaction (a label or a tick is taken back) and at most one sentence,
    /// once per person, issue and hour, and only to people with triage or more, to the issue's
    /// author, and to whom GitHub's silence about their right would leave without any answer
    /// (law 3). An answer that is held is shown also to whoever was told already: all of them stand
    /// in one comment. Nothing else of the draft stays.
    pub(super) fn refuse(self, by: &Actor, origin: &Origin, refusal: Refused) -> Decision {
        let mut draft = Draft::new(self.before, self.facts, self.now);
        draft.take_back(origin);
        if deserves_a_sentence(by, &refusal) {
            draft.person_acted();
            draft.post(Post::Refused { login: by.login.clone(), refusal: refusal.clone() });
        }
        let Draft { state, effects, .. } = draft;
        Decision { state, effects, verdict: Verdict::Refused(refusal) }
    }

    /// Turns somebody down though their word has led to something else, which was ordered before.
    pub(super) fn turn_down(mut self, by: &Actor, origin: &Origin, refusal: Refused) -> Decision {
        self.take_back(origin);
        if deserves_a_sentence(by, &refusal) {
            self.post(Post::Refused { login: by.login.clone(), refusal });
        }
        self.done()
    }

    /// Shows where somebody asked for something that it does not hold.
    fn take_back(&mut self, origin: &Origin) {
        match origin {
            Origin::Comment(comment) => self.react(*comment, Reaction::Confused),
            Origin::Label(label) => self.push(Effect::DropLabel { label: *label }),
            Origin::Tick(Tick::Approve { revision } | Tick::Start { revision }) => {
                self.push(Effect::ShowPlanNews { revision: *revision });
            }
            Origin::Tick(Tick::Anyway { revision, mark } | Tick::Refresh { revision, mark }) => {
                self.push(Effect::ShowStale { revision: *revision, mark: mark.clone() });
            }
            Origin::Tick(Tick::Task { .. } | Tick::Fix { .. }) => self.refresh_status(),
            Origin::Tick(Tick::Allow { hash }) => {
                self.push(Effect::ShowCall { hash: hash.clone(), by: None });
            }
            Origin::Review => {}
            Origin::Line(_) => self.react_to(origin, Reaction::Confused),
        }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn react(&mut self, comment: CommentId, with: Reaction) {
        self.effects.push(Effect::React { comment, with });
    }

    /// Reacts to what somebody wrote; a label or a box has no place for it.
    pub(super) fn react_to(&mut self, origin: &Origin, with: Reaction) {
        match origin {
            Origin::Comment(comment) => self.react(*comment, with),
            Origin::Line(comment) => {
                self.effects.push(Effect::ReactOnLine { comment: *comment, with });
            }
            Origin::Label(_) | Origin::Tick(_) | Origin::Review => {}
        }
    }

    /// From here on this comment stands behind the work, and it alone.
    pub(super) fn asked_in(&mut self, comment: Option<CommentId>) {
        self.state.asked_in = comment;
        self.state.joined.clear();
    }

    /// This comment has a part in the work, too. Nobody waits for the end of a single task.
    pub(super) fn joined_by(&mut self, comment: CommentId) {
        if self.state.stage.work().is_some() {
            return;
        }
        let known = self.state.asked_in == Some(comment) || self.state.joined.contains(&comment);
        if !known && self.state.joined.len() < JOINED_MAX {
            self.state.joined.push(comment);
        }
    }

    /// Tells every comment that had a part in it that it ended well. They are remembered: GitHub
    /// may still refuse what was ordered, and then they hear of it.
    pub(super) fn ended_well(&mut self) {
        let State { asked_in, joined, .. } = &self.state;
        let comments: Vec<CommentId> = asked_in.iter().chain(joined).copied().collect();
        for comment in comments {
            self.react(comment, Reaction::Rocket);
        }
    }

    /// A person's act allows one more comment (law 11).
    pub(super) fn person_acted(&mut self) {
        self.state.allowance = (self.state.allowance + 1).min(COMMENT_ALLOWANCE + 1);
    }

    /// Posts a new comment while the allowance lasts; after that the status comment has to say it.
    pub(super) fn post(&mut self, post: Post) {
        if self.state.allowance == 0 {
            self.status();
            return;
        }
        self.state.allowance -= 1;
        self.effects.push(Effect::Post { post });
    }

    /// Posts the call to review, whose place is kept: it is made once, and it is what all the rest was
    /// for (law 11).
    pub(super) fn post_the_end(&mut self, post: Post) {
        self.effects.push(Effect::Post { post });
    }

    /// A comment that was counted was never posted, because it or what it told of was given up.
    pub(super) fn was_not_posted(&mut self) {
        self.person_acted();
    }

    /// Reminds whoever asked, unless that took the last comment from an end or a call.
    pub(super) fn remind(mut self) -> Decision {
        if self.state.allowance < 2 {
            return self.ignored(Ignored::EnoughComments);
        }
        self.post(Post::Reminder { person: self.state.requester });
        self.done()
    }

    /// The same for what goes on by itself without an answer: the last place is for a call to people,
    /// who would not hear of it otherwise.
    pub(super) fn post_unless_last(&mut self, post: Post) {
        if self.state.allowance < 2 {
            self.status();
        } else {
            self.post(post);
        }
    }

    /// Brings the status comment up to date; the first time that is a new comment.
    pub(super) fn status(&mut self) {
        if self.effects.contains(&Effect::UpsertStatus) {
            return;
        }
        if !self.state.has_status {
            if self.state.allowance == 0 {
                return;
            }
            self.state.allowance -= 1;
            self.state.has_status = true;
        }
        self.effects.push(Effect::UpsertStatus);
    }

    /// Brings the status comment up to date if there is one.
    pub(super) fn refresh_status(&mut self) {
        if self.state.has_status {
            self.status();
        }
    }

    /// Takes the signs of an approval that no longer holds away: its label, and what its
    /// announcement says.
    pub(super) fn approval_is_void(&mut self, revision: u16) {
        self.push(Effect::DropLabel { label: ControlLabel::Approved });
        self.push(Effect::ShowPlanNews { revision });
    }

    /// Moves to another stage: the old stage's timers are disarmed, the new stage's armed.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.state.epoch = self.state.epoch.wrapping_add(1);
        self.state.quiet = false;
        self.keep_built(&stage);
        self.effects.push(Effect::CancelTimers);
        for (kind, after) in timers(&stage, self.state.tier) {
            self.timer(kind, after);
        }
        self.state.stage = stage;
    }

    pub(super) fn timer(&mut self, kind: TimerKind, after: Millis) {
        self.effects.push(Effect::SetTimer { kind, due: self.now + after });
    }

    /// Ends all work: no run stays live, no timer armed.
    pub(super) fn stop(&mut self, why: Stop) {
        let held = self.state.stage.held().ended_by(why);
        self.stop_live_run();
        self.asked_in(None);
        self.enter(Stage::Stopped { why, held });
    }

    /// Ends work that nobody answered, and says so.
    pub(super) fn give_up(&mut self, why: Stop) {
        self.stop(why);
        self.post(Post::Ended { why, person: self.state.requester });
        self.status();
    }

    /// Calls a person: the one who asked.
    pub(super) fn block(&mut self, why: Block) {
        self.stop_live_run();
        self.call_a_person(why);
    }

    /// Calls a person because the run reported its own end: it is not stopped again.
    pub(super) fn run_failed(&mut self, why: RunFailure) {
        self.call_a_person(Block::Run(why));
    }

    /// Calls a person where no run is live any more.
    pub(super) fn run_is_over(&mut self, why: Block) {
        self.call_a_person(why);
    }

    fn call_a_person(&mut self, why: Block) {
        let held = self.state.stage.held().left_by(why);
        self.enter(Stage::Blocked { why, held });
        if let Some(comment) = self.state.asked_in {
            self.react(comment, Reaction::Confused);
        }
        self.asked_in(None);
        self.post(Post::Blocked { why, person: self.state.requester });
        self.status();
        self.show_plan_that_waits();
    }

    /// Where the change of a plan came to nothing it can be approved again, and its announcement
    /// says so.
    fn show_plan_that_waits(&mut self) {
        if let Some(revision) = self.state.stage.plan_that_waits().map(|it| it.revision) {
            self.push(Effect::ShowPlanNews { revision });
        }
    }

    /// Commits a plan, tells the news, and waits for people.
    pub(super) fn publish(&mut self, plan: PlanRef) {
        let revision = plan.revision;
        self.push(Effect::CommitPlan { revision });
        self.push(Effect::UpsertPullRequest { revision });
        self.enter(Stage::Planned { plan, approved: None });
        self.post(Post::PlanReady { revision });
        self.ended_well();
        self.status();
    }

    /// Goes back to what stood before an end, without spending anything. A run that was live then is
    /// not begun by that, and what it was asked for is not forgotten: people are told that it waits.
    pub(super) fn go_back_to(&mut self, held: &Held) {
        let laid_down = (held.run || held.work.is_some()).then_some(Block::Interrupted);
        // Checks that speak late would go on for whoever reopened: that is for a retry to want.
        let blocked = held.blocked.filter(|it| !matches!(it, Block::Ci(_)));
        match (blocked.or(laid_down), &held.plan) {
            (Some(why), _) => {
                self.enter(Stage::Blocked { why, held: Held { blocked: None, ..held.clone() } });
                self.show_plan_that_waits();
            }
            (None, Some(plan)) => {
                let approved = held.approved;
                self.enter(Stage::Planned { plan: plan.clone(), approved });
            }
            (None, None) => self.enter(Stage::Seen),
        }
    }

    /// Stops the live run, if there is one. What it leaves is kept before that: where the work
    /// stands is written down while whoever knows it is still there.
    pub(super) fn stop_live_run(&mut self) {
        if let Some(run) = self.state.stage.live_run().cloned() {
            self.keep_what_is_left(run.clone());
            self.effects.push(Effect::StopRun { run });
            self.forget_run();
        }
    }

    /// The run ended by its own report, without what was wanted of it: what it leaves is kept, and
    /// it is not stopped again.
    pub(super) fn run_gave_up(&mut self) {
        if let Some(run) = self.state.stage.heard_run().cloned() {
            self.keep_what_is_left(run);
        }
        self.forget_run();
    }

    /// A planning run leaves nothing but its plan.
    fn keep_what_is_left(&mut self, run: RunId) {
        if self.state.stage.work().is_some() {
            self.effects.push(Effect::Capture { run });
        }
    }

    /// The live run is over, by its own report or by being stopped: it is not stopped again.
    pub(super) fn forget_run(&mut self) {
        match &mut self.state.stage {
            Stage::Working { doing, .. } => *doing = Doing::ByHand,
            Stage::HandingOver { work, .. } | Stage::Inspecting { work, .. } => {
                self.state.stage = Stage::Working { work: work.clone(), doing: Doing::ByHand };
            }
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. }
            | Stage::Stopped { .. } => {}
        }
    }
}

/// Whether whoever is turned down is told why (law 3).
fn deserves_a_sentence(by: &Actor, refusal: &Refused) -> bool {
    let may_be_told = Right::Triage <= by.right || by.author || by.unchecked;
    may_be_told && (!by.told || *refusal == Refused::AnswerHeld)
}
