//! Which checks a branch requires before something may be merged into it.

use serde::Deserialize;

use super::call::Call;
use super::error::GitHubError;
use super::pages::Pages;
use super::port::{Port, ReadPort};
use super::told::{Told, Untold};
use crate::base::AppId;
use crate::github::lenient::{Flag, List, Number, Object, Text, Texts};

/// Pages read at most: a branch has a handful of rules.
const PAGES_MAX: usize = 5;

/// A check that must be green.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequiredCheck {
    /// The name of a check run, or the context of a status.
    pub context: String,
    /// The App that must report it; `None` if any may.
    pub app: Option<AppId>,
}

impl ReadPort {
    /// The checks that `branch` requires, by rulesets and by classic protection, sorted.
    ///
    /// Protection in full is for administrators, so its part that readers see is taken. Where a
    /// protected branch shows nothing of it, and no rule does, the answer is unknown, not empty.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn required_checks(
        &self,
        branch: &str,
    ) -> Result<Told<Vec<RequiredCheck>>, GitHubError> {
        let ruled = by_rules(&self.port, branch).await?;
        let protected = by_protection(&self.port, branch).await?;
        let (mut checks, unknown) = match (ruled, protected) {
            (Told::Known(ruled), Told::Known(protected)) => ([ruled, protected].concat(), None),
            (Told::Known(checks), Told::Unknown(why)) => (checks, Some(why)),
            (Told::Unknown(_), Told::Known(checks)) => (checks, None),
            (Told::Unknown(why), Told::Unknown(_)) => (Vec::new(), Some(why)),
        };
        if let (true, Some(why)) = (checks.is_empty(), unknown) {
            return Ok(Told::Unknown(why));
        }
        checks.sort_by(|a, b| (&a.context, a.app).cmp(&(&b.context, b.app)));
        checks.dedup();
        Ok(Told::Known(checks))
    }
}

async fn by_rules(port: &Port, branch: &str) -> Result<Told<Vec<RequiredCheck>>, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/rules/branches/{ref}").with("ref", branch);
    let pages = Pages {
        most: PAGES_MAX,
        items: |it: List<WireRule>| it.0.into_iter().map(|it| Some(it.checks())).collect(),
        // Rules have no id of their own here; a rule that stands there twice requires the same.
        key: Vec::clone,
    };
    let told = port.ask_pages(&call, None, pages).await?;
    Ok(told.map(|it| it.items.concat()))
}

async fn by_protection(port: &Port, branch: &str) -> Result<Told<Vec<RequiredCheck>>, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/branches/{ref}").with("ref", branch);
    let branch = match port.ask_for::<WireBranch>(&call).await? {
        Told::Known(branch) => branch,
        Told::Unknown(why) => return Ok(Told::Unknown(why)),
    };
    let Object(Some(protection)) = branch.protection else {
        return Ok(match branch.protected.0 {
            Some(false) => Told::Known(Vec::new()),
            Some(true) => Told::Unknown(Untold::NotAllowed),
            None => Told::Unknown(Untold::NotOffered),
        });
    };
    let required = protection.required_status_checks.0.unwrap_or_default();
    let mut checks: Vec<_> = required.checks.0.into_iter().filter_map(WireCheck::read).collect();
    // Older servers know only the names.
    for context in required.contexts.0 {
        if checks.iter().all(|it| it.context != context) {
            checks.push(RequiredCheck { context, app: None });
        }
    }
    Ok(Told::Known(checks))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRule {
    #[serde(rename = "type")]
    kind: Text,
    parameters: Object<WireParameters>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireParameters {
    required_status_checks: List<WireCheck>,
}

impl WireRule {
    fn checks(self) -> Vec<RequiredCheck> {
        if self.kind.0.as_deref() != Some("required_status_checks") {
            return Vec::new();
        }
        let checks = self.parameters.0.unwrap_or_default().required_status_checks.0;
        checks.into_iter().filter_map(WireCheck::read).collect()
    }
}

/// A required check; rules and protection name the App differently.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCheck {
    context: Text,
    integration_id: Number,
    app_id: Number,
}

impl WireCheck {
    fn read(self) -> Option<RequiredCheck> {
        // Protection writes -1 for "any App".
        let app = self.integration_id.0.or(self.app_id.0).filter(|it| 0 < *it).map(AppId);
        Some(RequiredCheck { context: self.context.0?, app })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireBranch {
    protected: Flag,
    protection: Object<WireProtection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireProtection {
    required_status_checks: Object<WireRequired>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRequired {
    contexts: Texts,
    checks: List<WireCheck>,
}
