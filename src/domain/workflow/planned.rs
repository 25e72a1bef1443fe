//! `Planned`: a plan is committed and waits for people. An approval holds for exactly the content
//! that stood at the head of the branch when it was given (`trust.md`, rule 8).

use std::ops::ControlFlow::{self, Break, Continue};

use crate::base::UserId;
use crate::domain::command::Command;
use crate::domain::permission::Place;
use crate::domain::tier::Tier;
use crate::domain::workflow::always::refusal;
use crate::domain::workflow::built::begun;
use crate::domain::workflow::decision::{Decision, Draft, Ignored, PlanAtHead};
use crate::domain::workflow::effect::{Effect, Post};
use crate::domain::workflow::event::{Actor, Event, Purpose};
use crate::domain::workflow::refused::{Refused, Unapproved, Unbuilt};
use crate::domain::workflow::stale::{self, BaseNow};
use crate::domain::workflow::state::{Block, PlanRef, Stage};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::working;

impl Stage {
    /// The announced plan that waits for people: by itself, or because the run that was to change it
    /// came to nothing.
    pub fn plan_that_waits(&self) -> Option<&PlanRef> {
        match self {
            Stage::Planned { plan, .. } => Some(plan),
            Stage::Blocked { why, held } if held.work.is_none() && why.leaves_the_plan() => {
                held.plan.as_ref()
            }
            Stage::Blocked { .. }
            | Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Ready { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Stopped { .. } => None,
        }
    }
}

/// Answers `event` in `Planned`.
pub(super) fn answer(
    mut draft: Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    event: &Event,
) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Reviewed { .. }
        | Event::Answered { .. } => wished(draft, plan, approved, event),
        Event::Pushed { forced, by_bot, .. } => {
            if !by_bot {
                draft.person_acted();
            }
            pushed(draft, plan, approved, *forced)
        }
        Event::PlanMerged { by } => merged(draft, plan, approved, by),
        Event::TimerDue { kind: TimerKind::Remind, .. } => draft.remind(),
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        Event::BranchDeleted => without_branch(draft),
        Event::EffectFailed { purpose: Purpose::Publish } => {
            // The news of the plan stood behind its commit and was dropped with it.
            draft.was_not_posted();
            draft.block(Block::Publishing);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Tell } => untold(draft),
        Event::EffectFailed { purpose: Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue {
            kind:
                TimerKind::Stuck
                | TimerKind::Resume
                | TimerKind::Ci
                | TimerKind::Poke
                | TimerKind::Note
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::PullRequestClosed { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Whoever asked for the plan got it.
fn without_branch(mut draft: Draft<'_>) -> Decision {
    draft.asked_in(None);
    draft.block(Block::BranchDeleted);
    draft.done()
}

/// The news did not get through, but the plan is there, and the status comment links it. The
/// reactions stood behind the news and were dropped with it. A question that nobody read is asked
/// again.
fn untold(mut draft: Draft<'_>) -> Decision {
    draft.state.stale_asked = None;
    draft.ended_well();
    draft.refresh_status();
    draft.done()
}

fn wished(
    mut draft: Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    event: &Event,
) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { text, .. } if text.trim().is_empty() => wish.refuse(draft, Refused::PlanWaits),
        Want::Plan { model, budget, text } => wish.revise(draft, plan, text, (model, budget)),
        Want::Revise(text) => {
            let text = stale::told(text, &draft.facts.base);
            wish.revise(draft, plan, &text, (None, None))
        }
        Want::Approve { revision, start } => {
            let begins = start.then_some((false, None));
            approve_or_start(draft, (plan, approved), &wish, (revision, begins))
        }
        Want::Implement { manual, model, anyway: _ } => {
            // Whoever may start may approve; an approval that is there was bound to this content.
            let revision = approved.map(|_| plan.revision);
            let begins = Some((manual, model));
            approve_or_start(draft, (plan, approved), &wish, (revision, begins))
        }
        Want::Handoff(_) | Want::Task { .. } => wish.refuse(draft, Unbuilt::NotBuilding),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Unapprove if approved.is_none() => wish.refuse(draft, Unapproved::NotApproved),
        Want::Unapprove => {
            wish.seen(&mut draft);
            void(&mut draft, plan, approved);
            wish.done(&mut draft);
            draft.status();
            draft.done()
        }
        Want::Reject => reject(draft, &wish),
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Look(_) => wish.refuse(draft, Unbuilt::NothingBuilt),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}

/// How a plan is to begin: by hand or not, and on which tier instead of the first task's own.
type Begin = (bool, Option<Tier>);

/// Approves the plan, and begins it where that is asked for or the server says so. A stale plan
/// begins only at the word of somebody who was told what changed.
fn approve_or_start(
    mut draft: Draft<'_>,
    (plan, approved): (&PlanRef, Option<UserId>),
    wish: &Wish<'_>,
    (revision, asked): (Option<u16>, Option<Begin>),
) -> Decision {
    match (obstacle(&draft, plan, wish, revision), &draft.facts.plan_at_head) {
        (
            Some(edit @ Refused::Approval { why: Unapproved::Edited { .. } }),
            PlanAtHead::Edited(edited),
        ) => {
            let edited = edited.clone();
            was_edited(&mut draft, plan, approved, edited);
            return draft.turn_down(wish.by, &wish.origin, edit);
        }
        (Some(obstacle), _) => return wish.refuse(draft, obstacle),
        (None, _) => {}
    }
    let begins = asked.or_else(|| starts_by_itself(&draft).then_some((false, None)));
    let question = draft.before().stale_asked.as_ref();
    let facts = draft.facts;
    match (&facts.base, begins) {
        (BaseNow::NotRead | BaseNow::Unknown, _) => wish.refuse(draft, Unapproved::BaseUnread),
        (_, Some((false, _))) if asked.is_some() && !draft.facts.policy.planner_available => {
            wish.refuse(draft, Refused::NoModel)
        }
        (BaseNow::Stale(now), begins) if !wish.knows().of(question, now) => {
            let is_new = question.is_none_or(|it| it.mark != now.mark);
            match (is_new, asked) {
                (true, _) => stale::ask(draft, wish, plan, (now, begins.is_some())),
                (false, None) => approve(draft, plan, approved, wish),
                (false, Some(_)) => {
                    let (changed, of) = (now.changed.len(), now.of);
                    wish.refuse(draft, Unbuilt::Stale { changed, of })
                }
            }
        }
        (BaseNow::Same | BaseNow::Stale(_), Some((manual, model))) => {
            let by = approved.unwrap_or(wish.by.id);
            let begun = begun(&draft, plan, by, manual);
            if approved.is_none() {
                draft.chose_tiers_of_table();
            }
            working::start(draft, wish, begun, model)
        }
        (BaseNow::Same | BaseNow::Stale(_), None) => approve(draft, plan, approved, wish),
    }
}

/// Whether the server lets an approval begin the work (`product.md`, `implement.on_approval`). Where
/// nothing can begin, the approval is kept all the same: it asked for no more.
fn starts_by_itself(draft: &Draft<'_>) -> bool {
    let policy = &draft.facts.policy;
    policy.start_on_approval && policy.planner_available && !policy.halted
}

/// Why the plan cannot be approved as it stands. An approval that names no revision means the
/// newest one announced before it was given.
fn obstacle(
    draft: &Draft<'_>,
    plan: &PlanRef,
    wish: &Wish<'_>,
    revision: Option<u16>,
) -> Option<Refused> {
    let newest = plan.revision;
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    let announced_before = || {
        let announced = draft.facts.announced.as_ref();
        announced.is_some_and(|(announced, at)| *announced == newest && *at <= wish.at)
    };
    let why = match revision {
        Some(revision) if revision != newest => Unapproved::OtherRevision { newest },
        None if !announced_before() => Unapproved::AnnouncedLater { newest },
        Some(_) | None => match &draft.facts.plan_at_head {
            PlanAtHead::Same => return None,
            PlanAtHead::Edited(_) => Unapproved::Edited { newest },
            PlanAtHead::Invalid(sentence) => Unapproved::Invalid { sentence: sentence.clone() },
            PlanAtHead::Missing => Unapproved::Missing,
            PlanAtHead::NotRead | PlanAtHead::Unknown => Unapproved::Unread,
        },
    };
    Some(why.into())
}

/// Records the approval. A second one changes nothing and is answered all the same: both people
/// are told the one outcome.
fn approve(
    mut draft: Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    wish: &Wish<'_>,
) -> Decision {
    wish.seen(&mut draft);
    if approved.is_none() {
        draft.chose_tiers_of_table();
    }
    let by = approved.unwrap_or(wish.by.id);
    draft.state.stage = Stage::Planned { plan: plan.clone(), approved: Some(by) };
    draft.push(Effect::ShowPlanNews { revision: plan.revision });
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Whether merging the plan's pull request accepts the plan: it waits for people, or would if its
/// branch were not gone, which GitHub may tell of before it tells of the merge.
pub(super) fn may_be_accepted(stage: &Stage) -> bool {
    if stage.plan_that_waits().is_some() {
        return true;
    }
    match stage {
        Stage::Paused { wrapped, .. } => may_be_accepted(wrapped),
        Stage::Blocked { why: Block::BranchDeleted, held } => {
            held.work.is_none() && held.plan.is_some()
        }
        Stage::Blocked { .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Planned { .. }
        | Stage::Asking { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Stopped { .. } => false,
    }
}

/// Somebody merged the plan alone. From whoever may approve that is an approval of the content that
/// stands in the merged tree (`trust.md`, rule 8); an approval that was there goes on to hold. A
/// plan that was changed on its way is the next revision. What is built comes on a new branch with
/// a pull request of its own, and nothing is built until somebody asks for it.
pub(super) fn merged(
    mut draft: Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    by: &Actor,
) -> Decision {
    let Some((plan, approved)) = accepted(&draft, plan, approved, by) else {
        draft.stop(Stop::PlanMerged);
        // People know what they merged, and nobody would look for what a bot did.
        if by.bot {
            draft.post(Post::Ended { why: Stop::PlanMerged, person: draft.state.requester });
        }
        draft.refresh_status();
        return draft.done();
    };
    if !by.bot {
        draft.person_acted();
    }
    draft.stop_live_run();
    let revision = plan.revision;
    let is_news = draft.state.revision != revision;
    draft.state.revision = revision;
    // Whoever asked for the plan got it.
    draft.asked_in(None);
    draft.push(Effect::CommitPlan { revision });
    draft.push(Effect::UpsertPullRequest { revision });
    draft.enter(Stage::Planned { plan, approved });
    draft.state.forget_built_head();
    match is_news {
        true => draft.post(Post::PlanReady { revision }),
        false => draft.push(Effect::ShowPlanNews { revision }),
    }
    draft.status();
    draft.done()
}

/// The plan that stands in the merged tree and who has approved it, by this merge or before; `None`
/// where nobody who may has said anything of it, or it does not read.
pub(super) fn accepted(
    draft: &Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    by: &Actor,
) -> Option<(PlanRef, Option<UserId>)> {
    let approve = Command::Approve { revision: None, start: false };
    let what = approve.name();
    let may = !by.bot && refusal(draft, by, Place::BatonPullRequest, &approve, what).is_none();
    // Nobody approves what was never announced.
    let announced = draft.facts.announced.is_some_and(|(newest, _)| newest == plan.revision);
    match draft.facts.plan_at_head.clone() {
        PlanAtHead::Same if approved.is_some() => Some((plan.clone(), approved)),
        PlanAtHead::Same if may => Some((plan.clone(), announced.then_some(by.id))),
        PlanAtHead::Edited(edited) if may => Some((edited, None)),
        PlanAtHead::Same
        | PlanAtHead::Edited(_)
        | PlanAtHead::Invalid(_)
        | PlanAtHead::Missing
        | PlanAtHead::NotRead
        | PlanAtHead::Unknown => None,
    }
}

/// Breaks with an approval taken back that is only held, because work has ended or a person is called:
/// whoever goes back to the plan finds it without one.
pub(super) fn taken_back(mut draft: Draft<'_>) -> ControlFlow<Decision, Draft<'_>> {
    let (Stage::Blocked { held, .. } | Stage::Stopped { held, .. }) = &mut draft.state.stage else {
        return Continue(draft);
    };
    held.approved = None;
    if let Some(revision) = held.plan.as_ref().map(|it| it.revision) {
        draft.push(Effect::ShowPlanNews { revision });
    }
    Break(draft.done())
}

/// Takes an approval away, and the label that says it.
fn void(draft: &mut Draft<'_>, plan: &PlanRef, approved: Option<UserId>) {
    draft.state.stage = Stage::Planned { plan: plan.clone(), approved: None };
    if approved.is_some() {
        draft.approval_is_void(plan.revision);
    }
}

/// Ends the plan at somebody's word; its branch stays, so that nothing is lost.
pub(super) fn reject(mut draft: Draft<'_>, wish: &Wish<'_>) -> Decision {
    wish.seen(&mut draft);
    draft.stop(Stop::Rejected);
    draft.push(Effect::ClosePullRequest);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Somebody pushed to the plan's branch: an edited plan is the next revision, and no approval
/// outlives a plan that is no longer the one approved, or a history that was rewritten.
fn pushed(
    mut draft: Draft<'_>,
    plan: &PlanRef,
    approved: Option<UserId>,
    forced: bool,
) -> Decision {
    match &draft.facts.plan_at_head {
        // What the status says of a file that did not read as a plan may be over now. What was
        // approved was read, and the approval of what was broken is void.
        PlanAtHead::Same if approved.is_none() => {
            draft.refresh_status();
            draft.done()
        }
        PlanAtHead::Same if !forced => draft.ignored(Ignored::NothingNew),
        PlanAtHead::Edited(edited) => {
            let edited = edited.clone();
            was_edited(&mut draft, plan, approved, edited);
            draft.done()
        }
        PlanAtHead::Same
        | PlanAtHead::Invalid(_)
        | PlanAtHead::Missing
        | PlanAtHead::NotRead
        | PlanAtHead::Unknown => {
            void(&mut draft, plan, approved);
            draft.refresh_status();
            draft.done()
        }
    }
}

/// What people made of the plan in its file waits in its place. Whoever pushed it may have done so
/// while nothing listened, so it is announced wherever it is met.
fn was_edited(draft: &mut Draft<'_>, plan: &PlanRef, approved: Option<UserId>, edited: PlanRef) {
    let revision = edited.revision;
    void(draft, plan, approved);
    draft.state.revision = revision;
    draft.push(Effect::UpsertPullRequest { revision });
    draft.enter(Stage::Planned { plan: edited, approved: None });
    draft.post(Post::PlanReady { revision });
    draft.status();
}
