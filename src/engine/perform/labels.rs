//! Labels: one `complexity: …` and one `model: …` at a time. Baton's own are created with colour and
//! description when they are first needed; people's are only ever taken off.

use crate::base::IssueKey;
use crate::domain::tier::Complexity;
use crate::domain::workflow::{ControlLabel, Pause, Stage};
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::github::client::NewLabel;

impl Engine {
    /// Puts the label of `level` on and takes the others of its group off.
    pub(super) async fn show_level(
        &self,
        performance: &Performance<'_>,
        level: Complexity,
    ) -> Result<Done, NotDone> {
        let number = performance.issue().number;
        if self.shown_level(performance.issue()).await? != Some(level) {
            return Err(NotDone::Needless("another level is shown by now"));
        }
        let present = performance.reader.issue(number).await?.labels;
        for label in &present {
            let other = Complexity::ALL.into_iter().find(|it| is_label_of(label, *it));
            if other.is_some_and(|it| it != level) {
                self.keep_pace(performance, 1).await?;
                performance.writer.remove_label(number, label).await?;
            }
        }
        if present.iter().any(|it| is_label_of(it, level)) {
            return Ok(Done::default());
        }
        let name = label_name(level);
        let (color, description) = look(level);
        let label = NewLabel {
            name: name.clone(),
            color: color.to_owned(),
            description: description.to_owned(),
        };
        // Making a label and putting it on are the same when done twice.
        self.keep_pace(performance, 2).await?;
        performance.writer.create_label(&label).await?;
        performance.writer.add_labels(number, &[&name]).await?;
        Ok(Done::default())
    }

    /// Takes a control label off again, unless what it says has come to hold meanwhile.
    pub(super) async fn drop_label(
        &self,
        performance: &Performance<'_>,
        dropped: ControlLabel,
    ) -> Result<Done, NotDone> {
        if self.label_holds(performance.issue(), dropped).await? {
            return Err(NotDone::Needless("somebody put it on again, and it holds"));
        }
        self.take_off(performance, |label| label == dropped).await
    }

    /// Takes the other labels of the group of `kept` off.
    pub(super) async fn drop_others(
        &self,
        performance: &Performance<'_>,
        kept: ControlLabel,
    ) -> Result<Done, NotDone> {
        if !self.label_holds(performance.issue(), kept).await? {
            return Err(NotDone::Needless("another one of them holds by now"));
        }
        self.take_off(performance, |label| label != kept && same_group(label, kept)).await
    }

    async fn take_off(
        &self,
        performance: &Performance<'_>,
        is_one: impl Fn(ControlLabel) -> bool,
    ) -> Result<Done, NotDone> {
        let number = performance.issue().number;
        let present = performance.reader.issue(number).await?.labels;
        for label in present.iter().filter(|it| ControlLabel::parse(it).is_some_and(&is_one)) {
            self.keep_pace(performance, 1).await?;
            performance.writer.remove_label(number, label).await?;
        }
        Ok(Done::default())
    }

    /// Whether the issue stands as `label` says. One that stands for an order says nothing of how
    /// things are, and an approval is void by the time its label goes.
    async fn label_holds(&self, issue: IssueKey, label: ControlLabel) -> Result<bool, NotDone> {
        let Some(subject) = self.subject_of(issue).await? else { return Ok(false) };
        let state = subject.state;
        Ok(match label {
            ControlLabel::Plan | ControlLabel::Approved | ControlLabel::Complexity(_) => false,
            ControlLabel::Pause => {
                matches!(state.stage, Stage::Paused { why: Pause::Label, .. })
            }
            ControlLabel::Manual => state.stage.work().is_some_and(|it| it.by_hand),
            ControlLabel::Model(tier) => state.override_tier == Some(tier),
        })
    }
}

/// Whether only one of two labels may be on at a time.
fn same_group(one: ControlLabel, other: ControlLabel) -> bool {
    matches!((one, other), (ControlLabel::Model(_), ControlLabel::Model(_)))
}

fn label_name(level: Complexity) -> String {
    format!("complexity: {level}")
}

/// Blanks and case do not matter in labels.
fn normal(label: &str) -> String {
    label.to_lowercase().split_whitespace().collect()
}

fn is_label_of(label: &str, level: Complexity) -> bool {
    normal(label) == normal(&label_name(level))
}

/// Colour and description, from calm to warm.
fn look(level: Complexity) -> (&'static str, &'static str) {
    match level {
        Complexity::Trivial => ("c2e0c6", "A typo, a comment, a rename"),
        Complexity::Simple => ("bfdadc", "A small, well understood change"),
        Complexity::Medium => ("fef2c0", "A feature or bug in one component"),
        Complexity::Complex => ("f9d0c4", "A refactoring, a migration, several components"),
        Complexity::Expert => ("e99695", "Architecture, security, performance of the system"),
    }
}
