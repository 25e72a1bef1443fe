//! Where a download may lead. GitHub answers a request for an archive with the address of another
//! host; a hostile or confused server could name one inside the operator's network.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::error::GitHubError;
use super::transport::is_loopback;

/// How often a download may be sent elsewhere. GitHub does it once, its mirrors twice.
pub(super) const REDIRECTS_MAX: usize = 3;

/// The path and query of an address below the API's own, as seen from there; `None` for any other
/// address. Only the former gets a token.
pub(super) fn below(api: &Url, address: &Url) -> Option<String> {
    let path = address.path().strip_prefix(api.path().trim_end_matches('/'))?;
    if api.origin() != address.origin() || !path.starts_with('/') {
        return None;
    }
    let query = address.query().map(|it| format!("?{it}"));
    Some(format!("{path}{}", query.unwrap_or_default()))
}

/// Whether a download may be followed to `to`.
///
/// # Errors
///
/// [`GitHubError::Unexpected`] if not: not https (unless the API itself is plain http), credentials
/// in the address, or an address inside a private network that does not belong to the API's host.
pub(super) fn follow(api: &Url, to: &Url) -> Result<(), GitHubError> {
    let refuse = |why: &str| Err(GitHubError::unexpected(format!("a redirect {why}")));
    if !to.username().is_empty() || to.password().is_some() {
        return refuse("with credentials in its address");
    }
    if api.origin() == to.origin() {
        return Ok(());
    }
    if !["http", "https"].contains(&to.scheme()) || to.scheme() == "http" && api.scheme() != "http"
    {
        return refuse("to an unencrypted address");
    }
    let (Some(host), Some(home)) = (to.host_str(), api.host_str()) else {
        return refuse("without a host");
    };
    let local = is_loopback(api) && is_loopback(to);
    let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let hidden = literal.is_ok_and(|it| !is_public(it)) || is_loopback(to);
    if hidden && !local && host != home {
        return refuse("into a private network");
    }
    Ok(())
}

/// A resolver that knows private addresses only for the API's host and the hosts below it
/// (`codeload.HOST` of a GitHub Enterprise Server).
pub(super) struct PublicAddresses {
    home: String,
}

impl PublicAddresses {
    pub(super) fn except(home: &str) -> PublicAddresses {
        PublicAddresses { home: home.to_ascii_lowercase() }
    }

    fn may_be_private(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let below = host.strip_suffix(&self.home).is_some_and(|it| it.ends_with('.'));
        host == self.home || below || host == "localhost" && self.home == "127.0.0.1"
    }
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.may_be_private(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|it| private || is_public(it.ip())).collect();
            if good.is_empty() {
                return Err("the host has no public address".into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is reachable from everywhere, and so is nobody's secret.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let [first, second, ..] = it.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let benchmark = first == 198 && (second == 18 || second == 19);
            // 192.0.0.0/24 is kept for protocols; one cloud has its metadata there.
            let protocols = it.octets()[..3] == [192, 0, 0];
            !(it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_multicast()
                || it.is_documentation()
                || first == 0
                || first >= 240
                || shared
                || benchmark
                || protocols)
        }
        IpAddr::V6(it) => match embedded(it) {
            Some(inner) => is_public(inner),
            None => {
                let [first, second, ..] = it.segments();
                // 2000::/3 is all that is assigned. Of it 2001::/23 is kept for protocols, among
                // them tunnels to IPv4 addresses, and 2001:db8::/32 for documentation.
                let special = first == 0x2001 && (second < 0x200 || second == 0xdb8);
                first & 0xe000 == 0x2000 && !special
            }
        },
    }
}

/// The IPv4 address inside a mapped, translated (64:ff9b::/96) or 6to4 (2002::/16) one.
fn embedded(address: Ipv6Addr) -> Option<IpAddr> {
    let segments = address.segments();
    let last = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        Some(IpAddr::from([a, b, c, d]))
    };
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return last(segments[6], segments[7]);
    }
    if segments[0] == 0x2002 {
        return last(segments[1], segments[2]);
    }
    address.to_ipv4_mapped().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOTCOM: &str = "https://api.github.com";
    const GHES: &str = "https://ghe.corp/api/v3";
    const LOCAL: &str = "http://127.0.0.1:4000";

    /// `Some(true)`: with the token. `Some(false)`: without it. `None`: not at all.
    #[track_caller]
    fn check(api: &str, to: &str, expected: Option<bool>) {
        let (api, to) = (Url::parse(api).unwrap(), Url::parse(to).unwrap());
        let with_token = follow(&api, &to).ok().map(|()| below(&api, &to).is_some());
        assert_eq!(with_token, expected, "{api} -> {to}");
    }

    #[test]
    fn the_token_stays_with_the_api() {
        check(DOTCOM, "https://api.github.com/repositories/1", Some(true));
        check(DOTCOM, "https://codeload.github.com/a/b/legacy.tar.gz/x?token=t", Some(false));
        check(DOTCOM, "https://api.github.com:444/x", Some(false));
        check(DOTCOM, "https://api.github.com.evil.example/x", Some(false));
        check(GHES, "https://codeload.ghe.corp/x", Some(false));
        check(GHES, "https://ghe.corp/api/v3/repositories/1", Some(true));
        check(GHES, "https://ghe.corp/_codeload/x", Some(false));
        check(GHES, "https://ghe.corp/api/v30/x", Some(false));
        check(LOCAL, "http://127.0.0.1:4001/x", Some(false));
        check(LOCAL, "http://localhost:4000/x", Some(false));
    }

    #[test]
    fn nothing_leads_into_a_private_network() {
        check(DOTCOM, "http://codeload.github.com/x", None);
        check(DOTCOM, "ftp://codeload.github.com/x", None);
        check(DOTCOM, "https://user:pass@codeload.github.com/x", None);
        check(DOTCOM, "https://user@api.github.com/x", None);
        check(DOTCOM, "https://127.0.0.1/x", None);
        check(DOTCOM, "https://localhost/x", None);
        check(DOTCOM, "https://169.254.169.254/latest/meta-data", None);
        check(DOTCOM, "https://10.0.0.8/x", None);
        check(DOTCOM, "https://[::1]/x", None);
        check(DOTCOM, "https://[::ffff:10.0.0.8]/x", None);
        check(DOTCOM, "https://[fd00::1]/x", None);
        check(LOCAL, "http://169.254.169.254/latest/meta-data", None);
        check(LOCAL, "http://192.168.1.1/x", None);
    }

    #[test]
    fn only_the_api_s_own_hosts_may_be_private() {
        let check = |home: &str, host: &str, expected: bool| {
            assert_eq!(PublicAddresses::except(home).may_be_private(host), expected, "{host}");
        };
        check("ghe.corp", "ghe.corp", true);
        check("ghe.corp", "codeload.GHE.corp", true);
        check("ghe.corp", "evilghe.corp", false);
        check("api.github.com", "codeload.github.com", false);
    }

    #[test]
    fn addresses_are_told_apart() {
        let check = |address: &str, expected: bool| {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        };
        check("140.82.121.4", true);
        check("2606:50c0:8000::153", true);
        for hidden in [
            "0.0.0.0",
            "100.64.0.1",
            "127.8.8.8",
            "172.16.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "64:ff9b::a00:8",
            "2002:a00:8::",
            "2001:0:a00:8::1",
            "2001:db8::1",
            "::10.0.0.8",
        ] {
            check(hidden, false);
        }
    }
}
