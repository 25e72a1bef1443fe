//! The rows of the table that are about labels.

use baton::domain::tier::Tier;
use baton::domain::workflow::{ControlLabel, Event};

use super::words::{ann, tom};

/// One row per label that says how things are, put on and taken off.
pub(super) fn rows() -> Vec<(String, Event)> {
    let mut rows = Vec::new();
    let model = ControlLabel::Model(Tier::Opus);
    for label in [ControlLabel::Pause, ControlLabel::Manual, model] {
        let name = format!("label `{}`", name(label));
        rows.push((name.clone(), Event::Labelled { by: ann(), label }));
        rows.push((format!("{name} taken off"), Event::Unlabelled { by: ann(), label }));
    }
    for label in [ControlLabel::Manual, model] {
        let name = format!("label `{}` by triage", name(label));
        rows.push((name, Event::Labelled { by: tom(), label }));
    }
    rows
}

/// The label as people write it.
fn name(label: ControlLabel) -> String {
    match label {
        ControlLabel::Plan => "baton:plan".to_owned(),
        ControlLabel::Approved => "baton:approved".to_owned(),
        ControlLabel::Pause => "baton:pause".to_owned(),
        ControlLabel::Manual => "baton:manual".to_owned(),
        ControlLabel::Complexity(level) => format!("complexity: {level}"),
        ControlLabel::Model(tier) => format!("model: {tier}"),
    }
}
