//! Limits on money: six scopes in one fixed order, each a row of the database with a key, checked
//! together before each call. The order is fixed so that two calls that lock the rows side by side
//! never wait for each other, and so that a refusal always names the narrowest scope.
//!
//! Days and months are UTC.

use serde::{Deserialize, Serialize};

use crate::base::{InstallationId, IssueKey, MicroUsd, RunId, Timestamp, UserId};

/// What a limit covers, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One model run.
    Run,
    /// One issue, all its lives.
    Issue,
    /// One person who asks, per day and installation.
    RequesterDay,
    /// One repository per day.
    RepositoryDay,
    /// One installation per month.
    InstallationMonth,
    /// This server per month.
    ServerMonth,
}

/// Who spends: what the keys of the six rows are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spender {
    /// The run that calls.
    pub run: RunId,
    /// The issue it works for.
    pub issue: IssueKey,
    /// Who asked for the run.
    pub requester: UserId,
    /// The installation it belongs to.
    pub installation: InstallationId,
}

impl Scope {
    /// All scopes, in the order in which they are checked and locked.
    pub const ALL: [Scope; 6] = [
        Scope::Run,
        Scope::Issue,
        Scope::RequesterDay,
        Scope::RepositoryDay,
        Scope::InstallationMonth,
        Scope::ServerMonth,
    ];

    /// The key of this scope's row for `spender` at `at`.
    pub fn key(self, spender: &Spender, at: Timestamp) -> String {
        let day = at.date();
        let month = day.rsplit_once('-').map_or(day.as_str(), |it| it.0);
        let Spender { run, issue, requester, installation } = spender;
        match self {
            Scope::Run => format!("run:{run}"),
            Scope::Issue => format!("issue:{issue}"),
            Scope::RequesterDay => format!("requester:{installation}/{requester}:{day}"),
            Scope::RepositoryDay => format!("repository:{}:{day}", issue.repository),
            Scope::InstallationMonth => format!("installation:{installation}:{month}"),
            Scope::ServerMonth => format!("server:{month}"),
        }
    }

    /// What the keys of this scope begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Scope::Run => "run:",
            Scope::Issue => "issue:",
            Scope::RequesterDay => "requester:",
            Scope::RepositoryDay => "repository:",
            Scope::InstallationMonth => "installation:",
            Scope::ServerMonth => "server:",
        }
    }

    /// The scope as a sentence says it: "the limit of this issue".
    pub fn title(self) -> &'static str {
        match self {
            Scope::Run => "this run",
            Scope::Issue => "this issue",
            Scope::RequesterDay => "one person per day",
            Scope::RepositoryDay => "this repository per day",
            Scope::InstallationMonth => "this installation per month",
            Scope::ServerMonth => "this server per month",
        }
    }

    /// The place of this scope in [`Scope::ALL`].
    fn index(self) -> usize {
        match self {
            Scope::Run => 0,
            Scope::Issue => 1,
            Scope::RequesterDay => 2,
            Scope::RepositoryDay => 3,
            Scope::InstallationMonth => 4,
            Scope::ServerMonth => 5,
        }
    }
}

/// How much may be spent in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monthly {
    /// Up to this.
    Usd(MicroUsd),
    /// Without a limit: somebody wrote the word.
    Unlimited,
}

impl Monthly {
    /// Reads `200`, `$200.50` or `unlimited`.
    pub fn parse(text: &str) -> Option<Monthly> {
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Some(Monthly::Unlimited);
        }
        MicroUsd::parse(text.trim()).map(Monthly::Usd)
    }

    fn amount(self) -> Option<MicroUsd> {
        match self {
            Monthly::Usd(amount) => Some(amount),
            Monthly::Unlimited => None,
        }
    }
}

/// The limits of all scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Per run.
    pub run: MicroUsd,
    /// Per issue, all its lives.
    pub issue: MicroUsd,
    /// Per requester and day.
    pub requester_day: MicroUsd,
    /// Per repository and day.
    pub repository_day: MicroUsd,
    /// Per installation and month.
    pub installation_month: Monthly,
    /// Per server and month.
    pub server_month: Monthly,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            run: MicroUsd::dollars(2),
            issue: MicroUsd::dollars(5),
            requester_day: MicroUsd::dollars(10),
            repository_day: MicroUsd::dollars(20),
            installation_month: Monthly::Usd(MicroUsd::dollars(200)),
            server_month: Monthly::Usd(MicroUsd::dollars(1_000)),
        }
    }
}

impl Limits {
    /// The limit of a scope; `None` when it is unlimited.
    pub fn of(&self, scope: Scope) -> Option<MicroUsd> {
        match scope {
            Scope::Run => Some(self.run),
            Scope::Issue => Some(self.issue),
            Scope::RequesterDay => Some(self.requester_day),
            Scope::RepositoryDay => Some(self.repository_day),
            Scope::InstallationMonth => self.installation_month.amount(),
            Scope::ServerMonth => self.server_month.amount(),
        }
    }

    /// These limits under a ceiling: of each the lower one, so that nobody widens what somebody
    /// above them narrowed (trust rule 6).
    #[must_use]
    pub fn capped_by(self, ceiling: Limits) -> Limits {
        Limits {
            run: self.run.min(ceiling.run),
            issue: self.issue.min(ceiling.issue),
            requester_day: self.requester_day.min(ceiling.requester_day),
            repository_day: self.repository_day.min(ceiling.repository_day),
            installation_month: lower(self.installation_month, ceiling.installation_month),
            server_month: lower(self.server_month, ceiling.server_month),
        }
    }

    /// The most that a person's word can let one issue cost: what everything together may cost in a
    /// month. `None` when no month is limited.
    pub fn issue_ceiling(&self) -> Option<MicroUsd> {
        lower(self.installation_month, self.server_month).amount()
    }

    /// These limits with a run limit that somebody asked for, which can only lower it.
    #[must_use]
    pub fn with_run(self, run: Option<MicroUsd>) -> Limits {
        Limits { run: run.map_or(self.run, |it| it.min(self.run)), ..self }
    }
}

fn lower(ours: Monthly, ceiling: Monthly) -> Monthly {
    match (ours.amount(), ceiling.amount()) {
        (Some(ours), Some(ceiling)) => Monthly::Usd(ours.min(ceiling)),
        (Some(amount), None) | (None, Some(amount)) => Monthly::Usd(amount),
        (None, None) => Monthly::Unlimited,
    }
}

/// What is settled, assumed or reserved in each scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used([MicroUsd; 6]);

impl Used {
    /// From the scopes' rows; a scope without a row has used nothing.
    pub fn from_rows(rows: impl IntoIterator<Item = (Scope, MicroUsd)>) -> Used {
        let mut used = Used::default();
        for (scope, amount) in rows {
            if let Some(slot) = used.0.get_mut(scope.index()) {
                *slot = amount;
            }
        }
        used
    }

    /// What is used in a scope.
    pub fn of(&self, scope: Scope) -> MicroUsd {
        self.0.get(scope.index()).copied().unwrap_or(MicroUsd::ZERO)
    }
}

/// A limit that a reservation would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the limit of {} for {} is reached: {used} is used or reserved and the next call may cost {asked}", .limit, .scope.title())]
pub struct OverLimit {
    /// Whose limit.
    pub scope: Scope,
    /// The limit.
    pub limit: MicroUsd,
    /// What is used or reserved already.
    pub used: MicroUsd,
    /// What was to be reserved.
    pub asked: MicroUsd,
}

/// Whether `amount` may be reserved on top of what is used. Reaching a limit exactly is allowed.
///
/// # Errors
///
/// The first scope, narrowest first, whose limit would be passed.
pub fn check(limits: &Limits, used: &Used, amount: MicroUsd) -> Result<(), OverLimit> {
    for scope in Scope::ALL {
        let Some(limit) = limits.of(scope) else { continue };
        let used = used.of(scope);
        if limit < used + amount {
            return Err(OverLimit { scope, limit, used, asked: amount });
        }
    }
    Ok(())
}

/// How much the tightest scope leaves; `None` when every scope is unlimited.
pub fn room(limits: &Limits, used: &Used) -> Option<MicroUsd> {
    Scope::ALL.into_iter().filter_map(|it| Some(limits.of(it)?.less(used.of(it)))).min()
}

/// How far a scope's money has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Under 80 %.
    Free,
    /// 80 % and more: people are told.
    Warned,
    /// Nothing is left.
    Spent,
}

/// How far `used` has gone toward `limit`.
pub fn standing(limit: Option<MicroUsd>, used: MicroUsd) -> Standing {
    let Some(limit) = limit else { return Standing::Free };
    if limit <= used {
        Standing::Spent
    } else if i128::from(limit.0) * 80 <= i128::from(used.0) * 100 {
        Standing::Warned
    } else {
        Standing::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{IssueNumber, RepositoryId};

    fn spender() -> Spender {
        Spender {
            run: RunId("42/7/3/1".into()),
            issue: IssueKey { repository: RepositoryId(42), number: IssueNumber(7) },
            requester: UserId(9),
            installation: InstallationId(5),
        }
    }

    #[track_caller]
    fn check_key(scope: Scope, instant: &str, expected: &str) {
        let at = Timestamp::parse_iso(instant).unwrap();
        assert_eq!(scope.key(&spender(), at), expected);
    }

    #[test]
    fn keys_name_utc_days_and_months() {
        let late = "2026-11-30T23:59:59Z";
        check_key(Scope::Run, late, "run:42/7/3/1");
        check_key(Scope::Issue, late, "issue:42/7");
        check_key(Scope::RequesterDay, late, "requester:5/9:2026-11-30");
        check_key(Scope::RepositoryDay, late, "repository:42:2026-11-30");
        check_key(Scope::InstallationMonth, late, "installation:5:2026-11");
        check_key(Scope::ServerMonth, "2026-12-01T00:00:00Z", "server:2026-12");
    }

    #[test]
    fn scopes_are_ordered_as_they_are_locked() {
        assert!(Scope::ALL.is_sorted());
        for (index, scope) in Scope::ALL.into_iter().enumerate() {
            assert_eq!(scope.index(), index);
        }
    }

    #[test]
    fn a_ceiling_only_narrows() {
        let wide = Limits {
            run: MicroUsd::dollars(50),
            issue: MicroUsd::dollars(1),
            installation_month: Monthly::Unlimited,
            server_month: Monthly::Unlimited,
            ..Limits::default()
        };
        let capped = wide.capped_by(Limits::default());
        assert_eq!(capped.run, MicroUsd::dollars(2));
        assert_eq!(capped.issue, MicroUsd::dollars(1));
        assert_eq!(capped.server_month, Monthly::Usd(MicroUsd::dollars(1_000)));
        let unlimited = wide.capped_by(wide);
        assert_eq!(unlimited.of(Scope::ServerMonth), None);
        assert_eq!(capped.with_run(Some(MicroUsd::dollars(9))).run, MicroUsd::dollars(2));
        assert_eq!(capped.with_run(Some(MicroUsd::dollars(1))).run, MicroUsd::dollars(1));
    }

    #[test]
    fn no_issue_may_cost_more_than_a_month() {
        let limits = Limits::default();
        assert_eq!(limits.issue_ceiling(), Some(MicroUsd::dollars(200)));
        let limits = Limits { installation_month: Monthly::Unlimited, ..limits };
        assert_eq!(limits.issue_ceiling(), Some(MicroUsd::dollars(1_000)));
        let limits = Limits { server_month: Monthly::Unlimited, ..limits };
        assert_eq!(limits.issue_ceiling(), None);
    }

    #[test]
    fn the_narrowest_passed_limit_is_named() {
        let limits = Limits::default();
        let five = MicroUsd::dollars(5);
        let used = Used::from_rows([(Scope::Issue, five), (Scope::RepositoryDay, five)]);
        let over = check(&limits, &used, MicroUsd(1)).unwrap_err();
        assert_eq!((over.scope, over.limit, over.used), (Scope::Issue, five, five));
        let fresh = Used::default();
        assert_eq!(check(&limits, &fresh, MicroUsd::dollars(2)), Ok(()));
        assert_eq!(check(&limits, &fresh, MicroUsd(2_000_001)).unwrap_err().scope, Scope::Run);
        assert_eq!(room(&limits, &fresh), Some(MicroUsd::dollars(2)));
        assert_eq!(room(&limits, &used), Some(MicroUsd::ZERO));
    }

    #[test]
    fn warned_at_eighty_percent() {
        let limit = Some(MicroUsd::dollars(5));
        assert_eq!(standing(limit, MicroUsd(3_999_999)), Standing::Free);
        assert_eq!(standing(limit, MicroUsd::dollars(4)), Standing::Warned);
        assert_eq!(standing(limit, MicroUsd::dollars(5)), Standing::Spent);
        assert_eq!(standing(None, MicroUsd::dollars(500)), Standing::Free);
        assert_eq!(standing(Some(MicroUsd::ZERO), MicroUsd::ZERO), Standing::Spent);
    }

    #[test]
    fn months_are_read() {
        assert_eq!(Monthly::parse("Unlimited"), Some(Monthly::Unlimited));
        assert_eq!(Monthly::parse("200"), Some(Monthly::Usd(MicroUsd::dollars(200))));
        assert_eq!(Monthly::parse(""), None);
    }
}
