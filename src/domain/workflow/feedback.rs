//! What people choose over what Baton computed. It is remembered with the decision, so that it can be
//! told how often the router was right here.

use serde::{Deserialize, Serialize};

use crate::domain::plan::Task;
use crate::domain::tasks::Board;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::decision::Draft;
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::state::Stage;

/// One choice of a person against what was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Feedback {
    /// Another level than the text scores.
    Level {
        /// The score's.
        computed: Complexity,
        /// The person's.
        chosen: Complexity,
    },
    /// Another tier than the work would have gone to.
    Tier {
        /// Baton's.
        computed: Tier,
        /// The person's.
        chosen: Tier,
        /// In what form it was chosen.
        how: How,
    },
}

/// The form in which a tier was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The label `model: …`.
    Label,
    /// The option `--model` of a command.
    Option,
    /// A handoff, escalation or downgrade by command.
    Handoff,
    /// The tier of a row in the plan's table.
    Table,
}

impl How {
    /// The word in the database.
    pub fn name(self) -> &'static str {
        match self {
            How::Label => "label",
            How::Option => "option",
            How::Handoff => "handoff",
            How::Table => "table",
        }
    }
}

impl Draft<'_> {
    /// Remembers that somebody chose another level; agreeing is no choice.
    pub(super) fn chose_level(&mut self, chosen: Complexity) {
        let computed = self.facts.level;
        if computed != chosen {
            self.push(Effect::RecordFeedback { feedback: Feedback::Level { computed, chosen } });
        }
    }

    /// Remembers that somebody chose another tier than `computed`.
    pub(super) fn chose_tier(&mut self, computed: Tier, chosen: Tier, how: How) {
        if computed != chosen {
            let feedback = Feedback::Tier { computed, chosen, how };
            self.push(Effect::RecordFeedback { feedback });
        }
    }

    /// Remembers the tiers that people wrote into the plan's table, with its first approval: a push
    /// has no author that is known, and whoever approves the table chooses what it says. What stood
    /// in the table of the revision before is remembered already.
    pub(super) fn chose_tiers_of_table(&mut self) {
        let facts = self.facts;
        let is_known = |it: &Task| {
            facts.built_tasks.iter().any(|before| before.id == it.id && before.tier == it.tier)
        };
        for task in facts.tasks.iter().filter(|it| !is_known(it)) {
            self.chose_tier(task.complexity.tier(), task.tier(), How::Table);
        }
    }

    /// The tier that work here goes to by itself: that of the task that is built, or that a plan
    /// begins with, or the planner's.
    pub(super) fn own_tier(&self) -> Tier {
        let stage = self.state.stage.unpaused();
        let first = || {
            let board = Board::of(&self.facts.tasks, Task::tier).unwrap_or_default();
            board.next_ready().map_or(Role::Planner.tier(), |it| it.tier)
        };
        match stage.work() {
            Some(work) => work.tier,
            None if matches!(stage, Stage::Planned { .. }) => first(),
            None => Role::Planner.tier(),
        }
    }
}
