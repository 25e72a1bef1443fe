//! Why an event changed nothing.

/// Why an event changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The stage has no use for it.
    NotForThisStage,
    /// It comes from a run that is no longer listened to.
    NotLiveRun,
    /// The timer was set in an earlier epoch.
    OldEpoch,
    /// It is about a commit that the branch has left behind.
    NotTheHead,
    /// A bot did it.
    ByBot,
    /// Work here has ended already.
    Ended,
    /// The label says what already holds.
    NothingNew,
    /// Nothing here depends on it.
    NothingDepends,
    /// A reminder would take the last comment from what matters more.
    EnoughComments,
    /// Whoever did it has not the right to do it, and it is not answered.
    NoRight,
    /// A review that approves the pull request is no approval of its plan.
    ReviewsApproveNothing,
    /// It asks for changes and names none.
    SaysNothing,
    /// What reviews ask for was built as often as it may be.
    NoRoundLeft,
    /// The mode asks for silence.
    Quiet,
    /// Nobody without write access may comment now, and an App is such a nobody.
    Locked,
    /// Nobody builds by hand here, so that no pull request of theirs is waited for.
    NotByHand,
    /// A label that is off asks to go on, and something keeps it from that.
    CannotGoOn,
}

impl Ignored {
    /// The reason in words, for the history and the list of deliveries.
    pub fn reason(self) -> &'static str {
        match self {
            Ignored::NotForThisStage => "this stage has no use for it",
            Ignored::NotLiveRun => "it comes from a run that is no longer listened to",
            Ignored::OldEpoch => "the timer was set for an earlier stage",
            Ignored::NotTheHead => "it is about a commit that the branch has left behind",
            Ignored::ByBot => "a bot did it",
            Ignored::Ended => "work here has ended already",
            Ignored::NothingNew => "it says what already holds",
            Ignored::NothingDepends => "nothing here depends on it",
            Ignored::EnoughComments => "there were enough comments without an act of a person",
            Ignored::NoRight => "whoever did it has not the right",
            Ignored::NotByHand => "nobody builds this by hand now",
            Ignored::Locked => {
                "comments are given up until the conversation is unlocked; the work goes on"
            }
            Ignored::ReviewsApproveNothing => "a review approves no plan here",
            Ignored::SaysNothing => "it asks for changes and names none",
            Ignored::NoRoundLeft => "what reviews ask for was built as often as it may be",
            Ignored::Quiet => "the mode asks for silence",
            Ignored::CannotGoOn => "it cannot go on as things stand; the command says why",
        }
    }
}
