//! What came of a handoff: did the successor begin (*executed*), and did it get on (*recovered*)?
//!
//! Judged from what is stored of the successor alone, never from when somebody looks: a restart or
//! a clock that was set changes nothing of it. The gap that counts is the one between two entries of
//! its conversation, so that waiting for people or for the provider is no silence.

use crate::base::Timestamp;
use crate::domain::handoff::stuck_after;
use crate::domain::tier::Tier;

/// What is stored of a successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Its rung: how long it may be silent.
    pub tier: Tier,
    /// When the work was handed to it.
    pub handed: Timestamp,
    /// The entries of its conversation, in order, as far as they tell how it began.
    pub entries: Vec<(Sign, Timestamp)>,
    /// How it ended.
    pub over: Option<Over>,
    /// When a person first got the work on after the handoff.
    pub person: Option<Timestamp>,
}

/// An entry of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The model answered.
    Answered,
    /// Tools ran, somebody spoke, or the run was taken up again.
    Other,
}

/// The end of a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Whether it ended with what it was asked for.
    pub done: bool,
    /// When.
    pub at: Timestamp,
}

/// Whether the successor really began: its model answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executed {
    /// Not yet, and it still may.
    NotYet,
    /// It did, then.
    Yes(Timestamp),
    /// It never did.
    No,
}

/// Whether the work got on within the successor's own silence threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Not yet, and it still may.
    NotYet,
    /// It did, then, by this.
    Yes(Timestamp, By),
    /// It did not.
    No,
}

/// What got the work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The successor went on after its first answer.
    Activity,
    /// It did what it was asked for.
    Task,
    /// A person settled a task.
    Person,
}

impl By {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            By::Activity => "activity",
            By::Task => "task",
            By::Person => "person",
        }
    }
}

/// Whether the successor began.
pub fn executed(trace: &Trace) -> Executed {
    let first = trace.entries.iter().find(|it| it.0 == Sign::Answered);
    match (first, trace.over) {
        (Some((_, at)), _) => Executed::Yes(*at),
        (None, Some(_)) => Executed::No,
        (None, None) => Executed::NotYet,
    }
}

/// Whether the work got on.
pub fn recovered(trace: &Trace) -> Recovered {
    let patience = stuck_after(trace.tier);
    let in_time = |since: Timestamp, at: Timestamp| at - since <= patience;
    let done = trace.over.filter(|it| it.done);
    let sign = second_sign(trace).or_else(|| Some((done?.at, trace.entries.last()?.1)));
    let began = match executed(trace) {
        Executed::Yes(at) => at,
        Executed::NotYet | Executed::No => trace.handed,
    };
    match (sign, done, trace.person) {
        (Some((at, since)), Some(done), _) if in_time(since, at) => {
            Recovered::Yes(done.at, By::Task)
        }
        (Some((at, since)), None, _) if in_time(since, at) => Recovered::Yes(at, By::Activity),
        (_, _, Some(at)) if in_time(began, at) => Recovered::Yes(at, By::Person),
        (Some(_), _, _) => Recovered::No,
        (None, _, _) if trace.over.is_some() => Recovered::No,
        (None, _, _) => Recovered::NotYet,
    }
}

/// When the model answered again, and the entry before that.
fn second_sign(trace: &Trace) -> Option<(Timestamp, Timestamp)> {
    let mut answers = trace.entries.iter().enumerate().filter(|it| it.1.0 == Sign::Answered);
    let (place, (_, at)) = answers.nth(1)?;
    // It is the second of two, so there is one before it.
    let (_, before) = trace.entries.get(place.checked_sub(1)?)?;
    Some((*at, *before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Millis;

    /// Entries by the minute after the handoff, `a` for an answer; the end with `true` for done.
    #[track_caller]
    fn check(
        entries: &[(char, i64)],
        over: Option<(bool, i64)>,
        person: Option<i64>,
        expected: (Executed, Recovered),
    ) {
        let sign = |it: char| if it == 'a' { Sign::Answered } else { Sign::Other };
        let trace = Trace {
            tier: Tier::Haiku,
            handed: minute(0),
            entries: entries.iter().map(|(it, at)| (sign(*it), minute(*at))).collect(),
            over: over.map(|(done, at)| Over { done, at: minute(at) }),
            person: person.map(minute),
        };
        assert_eq!((executed(&trace), recovered(&trace)), expected, "{trace:?}");
    }

    fn minute(n: i64) -> Timestamp {
        Timestamp(0) + Millis::minutes(n)
    }

    fn began(at: i64) -> Executed {
        Executed::Yes(minute(at))
    }

    fn got_on(at: i64, by: By) -> Recovered {
        Recovered::Yes(minute(at), by)
    }

    #[test]
    fn it_has_begun_when_its_model_has_answered() {
        check(&[], None, None, (Executed::NotYet, Recovered::NotYet));
        check(&[('o', 1)], None, None, (Executed::NotYet, Recovered::NotYet));
        check(&[('a', 90)], None, None, (began(90), Recovered::NotYet));
        check(&[], Some((false, 5)), None, (Executed::No, Recovered::No));
    }

    #[test]
    fn it_has_recovered_when_it_goes_on_within_its_own_time() {
        check(&[('a', 1), ('o', 1), ('a', 11)], None, None, (began(1), got_on(11, By::Activity)));
        check(&[('a', 1), ('o', 1), ('a', 12)], None, None, (began(1), Recovered::No));
        check(&[('a', 1), ('o', 1)], Some((false, 2)), None, (began(1), Recovered::No));
        // People took an hour to answer, the provider another: neither is the model's silence.
        check(
            &[('a', 1), ('o', 60), ('o', 120), ('a', 121)],
            None,
            None,
            (began(1), got_on(121, By::Activity)),
        );
        // A clock that was set back takes nothing away.
        check(&[('a', 9), ('o', 9), ('a', 2)], None, None, (began(9), got_on(2, By::Activity)));
    }

    #[test]
    fn what_is_done_counts_more_than_that_something_was_done() {
        let signs = [('a', 1), ('o', 1), ('a', 2), ('o', 2)];
        check(&signs, Some((true, 40)), None, (began(1), got_on(40, By::Task)));
        check(&[('a', 1), ('o', 1)], Some((true, 2)), None, (began(1), got_on(2, By::Task)));
        check(&[('a', 1), ('o', 1), ('a', 12)], Some((true, 13)), None, (began(1), Recovered::No));
    }

    #[test]
    fn a_person_may_get_the_work_on_instead() {
        check(&[('a', 1)], Some((false, 6)), Some(6), (began(1), got_on(6, By::Person)));
        check(&[], Some((false, 10)), Some(10), (Executed::No, got_on(10, By::Person)));
        check(&[], Some((false, 11)), Some(11), (Executed::No, Recovered::No));
        check(&[('a', 1)], Some((false, 30)), Some(30), (began(1), Recovered::No));
    }
}
