//! Limits on money: six scopes in one fixed order, each a row of the database with a key, checked
//! together before each call (by the store, which sets the money aside in the same statement). The
//! order is fixed so that two calls that lock the rows side by side never wait for each other, and so
//! that a refusal always names the narrowest scope.
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
    fn scopes_are_ordered_and_known_by_their_prefix() {
        assert!(Scope::ALL.is_sorted());
        for scope in Scope::ALL {
            let key = scope.key(&spender(), Timestamp(0));
            let of = Scope::ALL.into_iter().find(|it| key.starts_with(it.prefix()));
            assert_eq!(of, Some(scope), "{key}");
        }
    }

    #[test]
    fn a_run_limit_by_word_only_lowers() {
        let limits = Limits::default();
        assert_eq!(limits.with_run(Some(MicroUsd::dollars(9))).run, MicroUsd::dollars(2));
        assert_eq!(limits.with_run(Some(MicroUsd::dollars(1))).run, MicroUsd::dollars(1));
        assert_eq!(limits.with_run(None).run, MicroUsd::dollars(2));
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
