//! From results to a verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::runs;
use super::{
    AppId, CheckRun, CommitStatus, Conclusion, Evidence, Failing, Ignored, Judged, Required,
    SETTLES_AFTER, SILENT_AFTER, Source, StatusState, UNVERIFIED_AFTER, Verdict, WhyIgnored,
};
use crate::base::{Millis, Timestamp};

/// An end that lies further ahead than this is a wrong clock, and is not waited for.
const SKEW_MAX: Millis = Millis::minutes(5);

/// The verdict of a commit at `now`. Total and deterministic.
pub fn judge(evidence: &Evidence<'_>, now: Timestamp) -> Judged {
    let head = latest(evidence.checks, evidence.statuses);
    let base = latest(evidence.base_checks, evidence.base_statuses);
    let required = required(evidence);
    let mut ignored = Vec::new();
    let mut counted = Vec::new();
    let mut proven = evidence.verify.is_none();
    let is_exact = is_reported(evidence.verify, head.keys().chain(base.keys()));
    for it in head.into_values() {
        let is_verify = evidence.verify.is_some_and(|verify| match is_exact {
            true => verify.eq_ignore_ascii_case(it.name),
            false => is_named(verify, it.name),
        });
        let why = why_ignored(&it, is_verify, evidence.own_app, &required, &base);
        let passed = is_verify && it.outcome == Outcome::Passed;
        // One of a matrix's jobs that nobody requires speaks for the task, never against the commit.
        let is_required = required.is_empty() || required.iter().any(|one| one.name == it.name);
        let is_leg = is_verify && !is_exact && !is_required;
        match why {
            // What was red at the base and passes now is what the task was for.
            None | Some(WhyIgnored::RedAtBase) if passed => {
                proven = true;
                counted.push(it);
            }
            None if is_leg => {
                let why = WhyIgnored::NotRequired;
                ignored.push(Ignored { name: it.name.to_owned(), why });
            }
            None => counted.push(it),
            Some(why) => ignored.push(Ignored { name: it.name.to_owned(), why }),
        }
    }
    let missing = missing(&required, &counted, &base);
    let runs = runs::counted(evidence, &required, &missing);
    // What a run ended without is not waited for.
    let missing = if runs.is_empty() { missing } else { Vec::new() };
    counted.extend(runs);
    let passed = counted.iter().filter(|it| it.failed_before && it.outcome == Outcome::Passed);
    let flakes = passed.map(|it| it.name.to_owned()).collect();
    let is_open = |it: &&Latest<'_>| it.outcome == Outcome::Open;
    let mut open: Vec<&str> = counted.iter().filter(is_open).map(|it| it.name).collect();
    open.extend(missing);
    let open: Vec<String> = open.into_iter().map(str::to_owned).collect();
    let (verdict, look_again) = match decide(&counted, &open, evidence.pushed_at, now) {
        (Verdict::Green | Verdict::Unverified, _) if !proven => unproven(evidence, now),
        decided => decided,
    };
    Judged { verdict, look_again, open, ignored, flakes }
}

/// Whether anything ever reported under the very name that a plan gives.
fn is_reported<'a>(verify: Option<&str>, mut of: impl Iterator<Item = &'a Key<'a>>) -> bool {
    verify.is_some_and(|verify| of.any(|(_, name)| verify.eq_ignore_ascii_case(name)))
}

/// Whether a result is the one that a plan calls `verify`, where none has that very name. People
/// write a job as GitHub's pages show it: behind its workflow's name, before the event in brackets.
/// A job of a matrix carries its values in brackets.
pub(super) fn is_named(verify: &str, name: &str) -> bool {
    let events = [" (push)", " (pull_request)"];
    let verify = events.iter().find_map(|it| verify.strip_suffix(it)).unwrap_or(verify);
    let job = verify.split_once(" / ").map_or(verify, |it| it.1);
    let plain = name.split_once(" (").map_or(name, |it| it.0);
    [verify, job].iter().any(|it| [name, plain].iter().any(|name| it.eq_ignore_ascii_case(name)))
}

/// What a commit comes to on which nothing failed, without the check of its task: that may still
/// report for a while.
fn unproven(evidence: &Evidence<'_>, now: Timestamp) -> (Verdict, Option<Timestamp>) {
    let until = evidence.pushed_at + UNVERIFIED_AFTER;
    match now < until {
        true => (Verdict::Pending { since: evidence.pushed_at }, Some(until)),
        false => {
            let check = evidence.verify.unwrap_or_default().to_owned();
            (Verdict::Unproven { check }, None)
        }
    }
}

/// What one result says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Passed,
    Red,
    Nothing,
    NeedsPerson,
    Unknown,
}

impl Outcome {
    pub(super) fn of(conclusion: Conclusion) -> Outcome {
        match conclusion {
            Conclusion::Open => Outcome::Open,
            Conclusion::Success => Outcome::Passed,
            Conclusion::Failure | Conclusion::TimedOut | Conclusion::StartupFailure => Outcome::Red,
            Conclusion::Neutral | Conclusion::Skipped => Outcome::Nothing,
            Conclusion::ActionRequired => Outcome::NeedsPerson,
            Conclusion::Cancelled | Conclusion::Stale | Conclusion::Unknown => Outcome::Unknown,
        }
    }
}

/// The latest result of one source and name.
pub(super) struct Latest<'a> {
    pub(super) id: i64,
    /// Who reported it; a workflow run has no check run's App.
    pub(super) source: Option<Source>,
    pub(super) name: &'a str,
    pub(super) outcome: Outcome,
    /// When it began, or was set.
    pub(super) started: Option<Timestamp>,
    /// When it ended; `None` while it is open or when the server does not say.
    pub(super) ended: Option<Timestamp>,
    pub(super) url: &'a str,
    pub(super) check_run: Option<i64>,
    /// An earlier run of it was red.
    pub(super) failed_before: bool,
    /// There was an earlier run, and it had ended.
    pub(super) is_rerun: bool,
}

impl Latest<'_> {
    fn failing(&self) -> Failing {
        Failing { name: self.name.to_owned(), check_run: self.check_run, url: self.url.to_owned() }
    }
}

type Key<'a> = (Option<Source>, &'a str);

fn latest<'a>(
    checks: &'a [CheckRun],
    statuses: &'a [CommitStatus],
) -> BTreeMap<Key<'a>, Latest<'a>> {
    let mut all: Vec<Latest<'a>> = checks.iter().map(of_check).collect();
    all.extend(statuses.iter().map(of_status));
    all.sort_by_key(|it| it.id);
    let mut latest: BTreeMap<Key<'a>, Latest<'a>> = BTreeMap::new();
    for mut it in all {
        let key = (it.source, it.name);
        if let Some(earlier) = latest.get(&key) {
            it.failed_before = earlier.failed_before || earlier.outcome == Outcome::Red;
            it.is_rerun = earlier.is_rerun || earlier.outcome != Outcome::Open;
        }
        latest.insert(key, it);
    }
    latest
}

fn of_check(check: &CheckRun) -> Latest<'_> {
    let outcome = Outcome::of(check.conclusion);
    Latest {
        id: check.id,
        source: Some(Source::App(check.app)),
        name: &check.name,
        outcome,
        started: check.started_at,
        ended: check.completed_at.filter(|_| outcome != Outcome::Open),
        url: &check.url,
        check_run: Some(check.id),
        failed_before: false,
        is_rerun: false,
    }
}

fn of_status(status: &CommitStatus) -> Latest<'_> {
    let outcome = match status.state {
        StatusState::Pending => Outcome::Open,
        StatusState::Success => Outcome::Passed,
        StatusState::Failure | StatusState::Error => Outcome::Red,
    };
    Latest {
        id: status.id,
        source: status.creator.map(Source::Account),
        name: &status.context,
        outcome,
        started: Some(status.at),
        ended: Some(status.at).filter(|_| outcome != Outcome::Open),
        url: &status.url,
        check_run: None,
        failed_before: false,
        is_rerun: false,
    }
}

/// What the base branch requires of others. Baton's own checks may be required of people's merges
/// (four eyes), but the CI's verdict does not wait for them.
fn required<'a>(evidence: &Evidence<'a>) -> Vec<&'a Required> {
    let own = |name: &str| {
        let checks = evidence.checks.iter().chain(evidence.base_checks);
        checks.filter(|it| it.app == evidence.own_app).any(|it| it.name == name)
    };
    let is_own = |it: &&Required| match it.app {
        Some(app) => app == evidence.own_app,
        None => own(&it.name),
    };
    evidence.required.iter().filter(|it| !is_own(it)).collect()
}

/// Why a result does not count; the first reason of several. The check of the task itself need not
/// be required, and has to come from whom results are taken all the same.
fn why_ignored(
    it: &Latest<'_>,
    is_verify: bool,
    own_app: AppId,
    required: &[&Required],
    base: &BTreeMap<Key<'_>, Latest<'_>>,
) -> Option<WhyIgnored> {
    if it.source == Some(Source::App(own_app)) {
        return Some(WhyIgnored::Own);
    }
    let mut named = required.iter().filter(|required| required.name == it.name).peekable();
    if named.peek().is_none() && !required.is_empty() && !is_verify {
        return Some(WhyIgnored::NotRequired);
    }
    let on_base: BTreeSet<Source> = base.keys().filter_map(|(source, _)| *source).collect();
    // A required check of a named App counts from that App alone.
    let named: Vec<AppId> = named.filter_map(|required| required.app).collect();
    let expected = |app: AppId| required.iter().any(|it| it.app == Some(app));
    let is_trusted = match it.source {
        None => false,
        Some(Source::App(app)) if !named.is_empty() => named.contains(&app),
        Some(Source::Account(_)) if !named.is_empty() => false,
        Some(Source::App(app)) => expected(app) || on_base.contains(&Source::App(app)),
        Some(account @ Source::Account(_)) => on_base.contains(&account),
    };
    if !is_trusted {
        return Some(WhyIgnored::Stranger);
    }
    is_red(base.get(&(it.source, it.name))).then_some(WhyIgnored::RedAtBase)
}

fn is_red(it: Option<&Latest<'_>>) -> bool {
    it.is_some_and(|it| it.outcome == Outcome::Red)
}

/// Required checks that have not reported. One that is red at the base is not waited for.
fn missing<'a>(
    required: &[&'a Required],
    counted: &[Latest<'_>],
    base: &BTreeMap<Key<'_>, Latest<'_>>,
) -> Vec<&'a str> {
    let is_missing = |it: &&&'a Required| {
        let is_it = |source: Option<Source>, name: &str| {
            it.name == name && it.app.is_none_or(|app| source == Some(Source::App(app)))
        };
        let reported = counted.iter().any(|latest| is_it(latest.source, latest.name));
        let red_at_base =
            base.values().any(|latest| is_it(latest.source, latest.name) && is_red(Some(latest)));
        !reported && !red_at_base
    };
    required.iter().filter(is_missing).map(|it| it.name.as_str()).collect()
}

fn decide(
    counted: &[Latest<'_>],
    open: &[String],
    pushed_at: Timestamp,
    now: Timestamp,
) -> (Verdict, Option<Timestamp>) {
    let of = |outcome: Outcome| counted.iter().filter(move |it| it.outcome == outcome);
    if counted.iter().all(|it| it.outcome == Outcome::Nothing) {
        let until = pushed_at + UNVERIFIED_AFTER;
        return match now < until {
            true => (Verdict::Pending { since: pushed_at }, Some(until)),
            false => (Verdict::Unverified, None),
        };
    }
    let has_red = of(Outcome::Red).next().is_some();
    let waiting: Vec<Failing> = of(Outcome::NeedsPerson).map(Latest::failing).collect();
    let is_plainly_red = has_red && open.is_empty();
    // Waiting for the rest is no use: it may wait for the same person.
    if !waiting.is_empty() && !is_plainly_red {
        return (Verdict::NeedsPerson { waiting }, None);
    }
    let since = since(counted, pushed_at);
    if !open.is_empty() {
        let until = since + SILENT_AFTER;
        return match now < until {
            true => (Verdict::Pending { since }, Some(until)),
            false => (Verdict::Silent { open: open.to_vec() }, None),
        };
    }
    let plausible = |it: &Timestamp| *it <= now + SKEW_MAX;
    let ends = counted.iter().filter_map(|it| it.ended.or(it.started)).filter(plausible);
    let settled = ends.max().unwrap_or(pushed_at) + SETTLES_AFTER;
    if now < settled {
        return (Verdict::Pending { since }, Some(settled));
    }
    let verdict = if has_red {
        Verdict::Red { failing: of(Outcome::Red).map(Latest::failing).collect() }
    } else if of(Outcome::Unknown).next().is_some() {
        let undecided = of(Outcome::Unknown).map(|it| it.name.to_owned()).collect();
        Verdict::Unknown { undecided }
    } else {
        // Neither open, red, unknown nor waiting, and not all of it nothing: something passed.
        Verdict::Green
    };
    (verdict, None)
}

/// Since when the verdict is waited for: the push, or the latest re-run after it, so that
/// re-running an old commit does not find it silent at once.
fn since(counted: &[Latest<'_>], pushed_at: Timestamp) -> Timestamp {
    let reruns = counted.iter().filter(|it| it.is_rerun && it.outcome == Outcome::Open);
    reruns.filter_map(|it| it.started).max().map_or(pushed_at, |it| it.max(pushed_at))
}
