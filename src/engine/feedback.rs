//! What people chose over what was computed, as it is stored.

use crate::base::UserId;
use crate::domain::workflow::Feedback;
use crate::store::NewFeedback;

/// The row of `feedback` by somebody.
pub(super) fn row(feedback: &Feedback, by: UserId) -> NewFeedback {
    let (about, computed, chosen, how) = match feedback {
        Feedback::Level { computed, chosen } => ("level", computed.name(), chosen.name(), "label"),
        Feedback::Tier { computed, chosen, how } => {
            ("tier", computed.name(), chosen.name(), how.name())
        }
    };
    NewFeedback { by, about, computed, chosen, how }
}
