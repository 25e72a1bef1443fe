//! A story told event by event, and what the newest event did.

use baton::domain::workflow::{
    Decision, Effect, Event, Facts, Stage, State, TimerKind, Verdict, decide,
};

use crate::workflow::words::{NOW, facts};

/// A story told event by event.
pub(super) struct Story {
    pub(super) state: State,
    pub(super) facts: Facts,
    pub(super) last: Option<Decision>,
}

impl Story {
    pub(super) fn new() -> Story {
        Story { state: State::new(), facts: facts(), last: None }
    }

    /// With `facts` from here on.
    pub(super) fn given(mut self, facts: Facts) -> Story {
        self.facts = facts;
        self
    }

    /// Something happens.
    pub(super) fn then(mut self, event: Event) -> Story {
        let decision = decide(&self.state, &event, &self.facts, NOW);
        self.state = decision.state.clone();
        self.last = Some(decision);
        self
    }

    /// A timer of the present epoch is due.
    pub(super) fn waits(self, kind: TimerKind) -> Story {
        let epoch = self.state.epoch;
        self.then(Event::TimerDue { kind, epoch })
    }

    pub(super) fn last(&self) -> &Decision {
        self.last.as_ref().expect("nothing has happened yet")
    }

    pub(super) fn effects(&self) -> &[Effect] {
        &self.last().effects
    }

    pub(super) fn verdict(&self) -> &Verdict {
        &self.last().verdict
    }

    pub(super) fn stage(&self) -> &Stage {
        &self.state.stage
    }
}
