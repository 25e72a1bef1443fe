//! Rules about what tests and build files read: CI runs them with its environment, where secrets
//! are, as soon as they are pushed.
//!
//! A variable that the plan names under its configuration, that the file read before, or that
//! holds nothing secret by its use (`CI`, `CARGO_MANIFEST_DIR`) may be read. The whole
//! environment, any other variable, and places of credentials are asked about; with a call to the
//! network in the same file they are refused.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Found, PlanScope, Rule, added, place, quoted};
use crate::domain::diff::{ChangeKind, FileChange};

/// Variables that say how a build runs and nothing more.
const HARMLESS: [&str; 29] = [
    "CI",
    "HOME",
    "PATH",
    "PWD",
    "TMPDIR",
    "TEMP",
    "TMP",
    "TZ",
    "LANG",
    "USER",
    "SHELL",
    "TERM",
    "DEBUG",
    "PORT",
    "HOST",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "MIX_ENV",
    "APP_ENV",
    "OUT_DIR",
    "TARGET",
    "PROFILE",
    "GOPATH",
    "GOOS",
    "GOARCH",
    "NO_COLOR",
    "COLUMNS",
    "VIRTUAL_ENV",
];

/// Beginnings of such variables.
const HARMLESS_STARTS: [&str; 6] =
    ["CARGO_", "RUST_", "LC_", "npm_package_", "PYTEST_", "GITHUB_WORKSPACE"];

/// Parts of the names of variables that hold secrets, in upper case.
const SECRET_PARTS: [&str; 14] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "API_KEY",
    "APIKEY",
    "PRIVATE",
    "ACCESS_KEY",
    "AUTH",
    "COOKIE",
    "ENCRYPTION",
    "SIGNING",
    "ACTIONS_",
];

/// The whole environment, in the ways that languages have for it.
const WHOLE: &[&str] = &[
    r"\benv\s*::\s*vars(?:_os)?\s*\(",
    r"\bprocess\.env(?:\s*[),;}\]]|\s*$)",
    r"\bDeno\.env\.toObject|\bBun\.env(?:\s*[),;}\]]|\s*$)",
    r"\bos\.environb?(?:\s*[),;}\]]|\s*$|\s+as\b|\.(?:items|copy|values|keys)\s*\()",
    r"\bos\.Environ\s*\(",
    r"\bENV\.(?:to_h|to_hash|to_a|each\w*|map|inspect|values|select|dup|clone|entries)\b|\bENV\s*[),]",
    r"\bSystem\.getenv\s*\(\s*\)|\bSystem\.get_env\s*\(\s*\)",
    r"\bgetenv\s*\(\s*\)|\$_(?:ENV|SERVER)\s*[),;]",
    r"\bGetEnvironmentVariables\s*\(|\bGet-ChildItem\s+(?:-Path\s+)?[Ee]nv:|\bdir\s+env:",
    r"\bprintenv\s*(?:[|>;&)]|$)|(?:^|[;&|(`]\s*|\$\()env\s*(?:[|>;&)]|$)",
    r"\bexport\s+-p\b|\bdeclare\s+-x\b|(?:^|[;&]\s*)set\s*\|",
    r"/proc/[^/\s]+/environ|\*\*\s*environ\b",
    r"toJSON\s*\(\s*(?:secrets|env)\s*\)",
];

/// One variable: its name, or an expression when the name is computed; perhaps an assignment.
const ONE: &str = r#"(?x)
    (?: \benv\s*::\s*var(?:_os)? | \b(?:option_)?env! | \bos\.getenv | \bos\.environ\.get | \bos\.Getenv
      | \bos\.LookupEnv | \bENV\.fetch | \bSystem\.getenv | \bSystem\.(?:get|fetch)_env!?
      | \bGetEnvironmentVariable | \bDeno\.env\.get | \bgetenv )
    \s*\(\s* (?: ["'] (?P<called>\w+) | (?P<computed>[^"'\s)]) )
  | (?: \bprocess\.env | \bos\.environ | \bENV | \.environment | \$_ENV | \$_SERVER )
    \s*\[\s* (?: ["'`] (?P<indexed>\w+) ["'`] \s* \] | (?P<computed_index>[^"'`\]]+) \] ) (?P<set>\s*=[^=>~])?
  | \bprocess\.env \. (?P<field>[A-Za-z_]\w*) (?P<set_field>\s*=[^=>])?
  | \$env: (?P<powershell>\w+)
"#;

/// A variable of the shell. Only names of secrets are looked at: every script is full of others.
const SHELL: &str = r"\$\{?(?P<name>[A-Za-z_][A-Za-z0-9_]*)";

/// Places where machines keep credentials.
const CREDENTIALS: &str = r#"(?x)
    \.ssh\b | \bid_(?:rsa|ed25519|ecdsa)\b | \.aws/ | \.netrc\b | \.npmrc\b | \.pypirc\b
  | \.docker/config\.json | \.kube/config | \.git/config\b | \.git-credentials | \.config/gh\b
  | \.config/gcloud | application_default_credentials | 169\.254\.169\.254 | 169\.254\.170\.2
  | metadata\.google\.internal | fd00:ec2::254 | /var/run/secrets | /run/secrets | docker\.sock
  | /etc/shadow | \bgit\s+config\s+.*(?:extraheader|credential) | http\..*\.extraheader
  | \bgh\s+auth\s+token\b | \bgcloud\s+auth\s+print | \baws\s+sts\b | \bsecurity\s+find-
"#;

/// A way to reach another machine.
const NETWORK: &[&str] = &[
    r"\b(?:curl|wget|ncat|netcat|nslookup|dig|scp|Invoke-WebRequest|Invoke-RestMethod)\b|\bnc\s+-?\w",
    r"\bgit\s+push\b|/dev/tcp/",
    r"\bfetch\s*\(|\baxios\b|\bXMLHttpRequest\b|new\s+WebSocket|\bsendBeacon\b|\bdns\.(?:resolve|lookup)",
    r"\bhttps?\.(?:request|get|Get|Post|NewRequest|Do)\b",
    r"\bnet\.(?:Dial|connect|createConnection|LookupHost)\w*",
    r"\brequests\.(?:get|post|put|request|Session)|\bhttpx\b|\burllib|\bhttp\.client\b|\baiohttp\b|\bsmtplib\b",
    r"\bsocket\.(?:socket|create_connection|gethostbyname)",
    r"\breqwest\b|\bureq\b|\bhyper\b|TcpStream|UdpSocket",
    r"Net::HTTP|\bHTTParty\b|\bFaraday\b|TCPSocket",
    r"HttpClient|HttpURLConnection|\bURL\s*\(.*openStream",
    r#"\bcurl_exec\b|file_get_contents\s*\(\s*["']http"#,
];

/// Something fetched that is run at once.
const DOWNLOAD_AND_RUN: &str = r#"(?x)
    \b(?:curl|wget|iwr|Invoke-WebRequest)\b [^|\n]* \| \s* (?:sudo\s+)?(?:\S*/)?(?:ba|z|da|k)?sh\b
  | \b(?:curl|wget)\b [^|\n]* \| \s* (?:sudo\s+)?(?:\S*/)?(?:python3?|node|perl|ruby|php)\b
  | \b(?:ba|z)?sh \s+ (?:-c\s+)? ["']? (?:<\(|\$\(|`) \s* (?:curl|wget)\b
  | \beval \s+ ["']? (?:\$\(|`) \s* (?:curl|wget)\b
  | \b(?:iex|Invoke-Expression)\b .* (?:iwr|Invoke-WebRequest|DownloadString)
  | \b(?:exec|eval) \s* \( .* (?:requests\.get|urlopen|urllib)
  | base64 \s+ (?:-d|--decode|-D) \b [^|\n]* \| \s* (?:ba|z)?sh\b
"#;

static WHOLE_READ: LazyLock<Regex> = LazyLock::new(|| pattern(&WHOLE.join("|")));
static ONE_READ: LazyLock<Regex> = LazyLock::new(|| pattern(ONE));
static SHELL_READ: LazyLock<Regex> = LazyLock::new(|| pattern(SHELL));
static CREDENTIAL_READ: LazyLock<Regex> = LazyLock::new(|| pattern(CREDENTIALS));
static NETWORK_CALL: LazyLock<Regex> = LazyLock::new(|| pattern(&NETWORK.join("|")));
static DOWNLOAD: LazyLock<Regex> = LazyLock::new(|| pattern(DOWNLOAD_AND_RUN));

/// What a line reads.
enum Read {
    /// Every variable.
    Whole,
    /// A variable that may hold a secret.
    Secret(String),
    /// Another variable, or one whose name is computed.
    Variable(Option<String>),
    /// A place of credentials.
    Credentials,
}

/// Looks at what is added to a test or build file.
pub(super) fn look(change: &FileChange, scope: &PlanScope, found: &mut Found) {
    if change.kind == ChangeKind::Deleted {
        return;
    }
    let is_build = place::is_build(&change.path) || place::is_ci(&change.path);
    let from =
        if is_build { Some(1) } else { place::tests_from(&change.path, change.after_text()) };
    let added = added(change);
    for (number, line) in &added {
        if (is_build || from.is_some()) && DOWNLOAD.is_match(line) {
            let says = "The line downloads something and runs it unseen.";
            found.ask(Rule::DownloadAndRun, Some(*number), says);
        }
    }
    let Some(from) = from else { return };
    let known: BTreeSet<String> = change
        .before_text()
        .lines()
        .flat_map(|it| variables(it, place::is_shell(&change.path)))
        .flatten()
        .collect();
    let mut grave = Vec::new();
    for (number, line) in added.iter().filter(|(number, _)| from <= *number) {
        for read in reads(change, line, scope, &known) {
            let number = Some(*number);
            match read {
                Read::Whole => {
                    grave.push(number);
                    let says = "The line reads the whole environment, where CI keeps its secrets.";
                    found.ask(Rule::EnvironmentRead, number, says);
                }
                Read::Secret(name) => {
                    grave.push(number);
                    let says =
                        format!("The line reads {}, which may hold a secret.", quoted(&name));
                    found.ask(Rule::SecretRead, number, says);
                }
                Read::Credentials => {
                    grave.push(number);
                    let says = "The line names a place where machines keep credentials.";
                    found.ask(Rule::SecretRead, number, says);
                }
                Read::Variable(Some(name)) => {
                    let says = format!(
                        "The line reads {} from the environment, and the plan does not name it.",
                        quoted(&name)
                    );
                    found.ask(Rule::EnvironmentRead, number, says);
                }
                Read::Variable(None) => {
                    let says =
                        "The line reads a variable of the environment that is chosen as it runs.";
                    found.ask(Rule::EnvironmentRead, number, says);
                }
            }
        }
    }
    exfiltration(change, scope, (&grave, from), found);
}

/// A grave read and a call to the network in one file, one of them new.
fn exfiltration(
    change: &FileChange,
    scope: &PlanScope,
    grave: (&[Option<usize>], usize),
    found: &mut Found,
) {
    let (new_reads, from) = grave;
    let none = BTreeSet::new();
    let is_grave = |line: &str| {
        let reads = reads(change, line, scope, &none);
        reads.iter().any(|it| matches!(it, Read::Whole | Read::Secret(_) | Read::Credentials))
    };
    let new_calls: Vec<usize> = added(change)
        .into_iter()
        .filter(|(number, line)| from <= *number && NETWORK_CALL.is_match(line))
        .map(|(number, _)| number)
        .collect();
    let lines = || change.after_text().lines().skip(from - 1);
    let says = "The file reads secrets or the whole environment and calls the network: what CI \
                knows could leave it.";
    if let Some(read) = new_reads.first()
        && lines().any(|it| NETWORK_CALL.is_match(it))
    {
        found.refuse(Rule::Exfiltration, *read, says);
    } else if let Some(call) = new_calls.first()
        && lines().any(is_grave)
    {
        found.refuse(Rule::Exfiltration, Some(*call), says);
    }
}

fn reads(
    change: &FileChange,
    line: &str,
    scope: &PlanScope,
    known: &BTreeSet<String>,
) -> Vec<Read> {
    let mut all = Vec::new();
    if CREDENTIAL_READ.is_match(line) {
        all.push(Read::Credentials);
    }
    if WHOLE_READ.is_match(line) {
        all.push(Read::Whole);
        return all;
    }
    let is_shell = place::is_shell(&change.path);
    for name in variables(line, is_shell) {
        match name {
            None => all.push(Read::Variable(None)),
            Some(name) if known.contains(&name) => {}
            Some(name) if is_secret(&name) => all.push(Read::Secret(name)),
            Some(name) if is_harmless(&name) || scope.names_setting(&name) => {}
            Some(name) => all.push(Read::Variable(Some(name))),
        }
    }
    all
}

/// The variables that a line reads; `None` for a computed name.
fn variables(line: &str, is_shell: bool) -> Vec<Option<String>> {
    let mut names = Vec::new();
    for found in ONE_READ.captures_iter(line) {
        if found.name("set").is_some() || found.name("set_field").is_some() {
            continue;
        }
        let groups = ["called", "indexed", "field", "powershell"];
        names.push(
            groups.into_iter().find_map(|it| found.name(it)).map(|it| it.as_str().to_owned()),
        );
    }
    if is_shell {
        let shell = SHELL_READ.captures_iter(line).map(|it| it["name"].to_owned());
        names.extend(shell.filter(|it| is_secret(it)).map(Some));
    }
    names
}

fn is_secret(name: &str) -> bool {
    let upper = name.to_uppercase();
    SECRET_PARTS.iter().any(|it| upper.contains(it))
        || upper.starts_with("AWS_")
        || upper.ends_with("_KEY")
        || upper.ends_with("_DSN")
        || upper.ends_with("_PAT")
}

fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name) || HARMLESS_STARTS.iter().any(|it| name.starts_with(it))
}

#[expect(clippy::unwrap_used, reason = "fixed patterns, and the corpus compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}
