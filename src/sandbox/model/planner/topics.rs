//! What is known about common features: where they usually live, what they need, what goes wrong.

use super::issue::Issue;
use super::layout::Language;

/// A common feature.
#[derive(Debug)]
pub(super) struct Topic {
    /// Words of the issue that name it; a blank makes it a phrase.
    words: &'static [&'static str],
    /// Name of a new file for it, in snake case.
    pub(super) stem: &'static str,
    /// The service it depends on at run time, if any.
    pub(super) service: Option<&'static str>,
    /// Dependencies per language: name and version.
    dependencies: &'static [(Language, &'static str, &'static str)],
    /// A setting with its default and meaning.
    pub(super) setting: Option<&'static str>,
    /// What the new part does, as one sentence of a specification.
    pub(super) specification: &'static str,
    /// Cases that are easy to miss.
    pub(super) edge_cases: &'static [&'static str],
    /// What may go wrong, and what is done about it.
    pub(super) risk: (&'static str, &'static str),
    /// What a person watches after the roll-out.
    pub(super) monitoring: &'static str,
}

impl Topic {
    /// What the issue is about, if that is a common feature. The title's words count before the
    /// body's, and the longest word wins.
    pub(super) fn of(issue: &Issue) -> Option<&'static Topic> {
        in_text(&issue.title).or_else(|| in_text(&issue.body))
    }

    /// The dependency that this language would add.
    pub(super) fn dependency(&self, language: Language) -> Option<(&'static str, &'static str)> {
        let found = self.dependencies.iter().find(|it| it.0 == language);
        found.map(|(_, name, version)| (*name, *version))
    }
}

fn in_text(text: &str) -> Option<&'static Topic> {
    let words = format!(" {} ", super::issue::words(text).join(" "));
    let longest = |topic: &&Topic| {
        let found = topic.words.iter().filter(|it| words.contains(&format!(" {it} ")));
        found.map(|it| it.len()).max()
    };
    let found = TOPICS.iter().filter_map(|it| longest(&it).map(|length| (length, it)));
    found.rev().max_by_key(|it| it.0).map(|it| it.1)
}

const TOPICS: &[Topic] = &[
    Topic {
        words: &["redis", "redis cache", "redis caching", "memcached"],
        stem: "cache",
        service: Some("Redis"),
        dependencies: &[
            (Language::Rust, "redis", "1"),
            (Language::Script, "redis", "^5"),
            (Language::Python, "redis", ">=5,<6"),
            (Language::Go, "github.com/redis/go-redis/v9", "v9"),
            (Language::Ruby, "redis", "~> 5"),
        ],
        setting: Some("`REDIS_URL`: where Redis is"),
        specification: "A small cache interface with `get`, `set` (with time to live) and \
            `invalidate`; keys carry a version prefix, so that a change of the stored form never \
            reads old entries.",
        edge_cases: &[
            "Redis is unreachable at start and in the middle of a request.",
            "An entry that cannot be decoded counts as a miss and is overwritten.",
            "Many requests miss the same key at once: only one computes it.",
        ],
        risk: (
            "Stale results are served after data changed.",
            "Invalidate on every write path and \
            keep the time to live short.",
        ),
        monitoring: "Hit rate, latency of the cached path and connection errors to Redis; roll back \
            when the error rate rises.",
    },
    Topic {
        words: &["cache", "caching", "cached", "memoize"],
        stem: "cache",
        service: None,
        dependencies: &[],
        setting: Some("The cache's size and time to live, with defaults that keep it small"),
        specification: "A bounded in-process cache with a time to live; a miss computes and stores, \
            an error is never stored.",
        edge_cases: &[
            "The cache is full.",
            "Two callers miss the same key at once.",
            "An entry \
            expires between look-up and use.",
        ],
        risk: (
            "Stale results are served after data changed.",
            "Invalidate on every write path and \
            keep the time to live short.",
        ),
        monitoring: "Hit rate and memory of the process.",
    },
    Topic {
        words: &[
            "websocket",
            "websockets",
            "real time",
            "realtime",
            "notification",
            "notifications",
            "live updates",
        ],
        stem: "notifications",
        service: None,
        dependencies: &[
            (Language::Script, "ws", "^8"),
            (Language::Python, "websockets", ">=14,<15"),
            (Language::Go, "github.com/coder/websocket", "v1"),
            (Language::Rust, "tokio-tungstenite", "0.28"),
        ],
        setting: Some("The most open connections per process"),
        specification: "A hub that keeps the open connections of each user and sends each event to \
            all of them; a connection that does not read is closed after its queue is full.",
        edge_cases: &[
            "A client reconnects and must not miss or repeat an event.",
            "A slow reader must not hold back the others.",
            "The user's right to see the event ends while connected.",
        ],
        risk: (
            "Open connections use up memory under load.",
            "Limit connections and queue lengths, \
            and close idle ones.",
        ),
        monitoring: "Open connections, queue lengths and events dropped.",
    },
    Topic {
        words: &[
            "rate limit",
            "rate limits",
            "rate limiting",
            "rate limiter",
            "throttle",
            "throttling",
        ],
        stem: "rate_limit",
        service: None,
        dependencies: &[],
        setting: Some("Requests allowed per client and minute, and the burst above it"),
        specification: "A token bucket per client; over the limit the answer is 429 with \
            `Retry-After` in whole seconds.",
        edge_cases: &[
            "Clients behind one proxy share an address.",
            "The clock moves backwards.",
            "The \
            table of clients grows without end: idle ones are dropped.",
        ],
        risk: (
            "Honest clients are refused.",
            "Begin with a limit well above today's traffic and log \
            before refusing.",
        ),
        monitoring: "Refused requests per client and in total.",
    },
    Topic {
        words: &[
            "oauth",
            "login",
            "sign in",
            "authentication",
            "jwt",
            "sso",
            "session",
            "sessions",
            "password",
        ],
        stem: "auth",
        service: None,
        dependencies: &[],
        setting: Some("Secrets of the sign-in, read from the environment and never logged"),
        specification: "Checking credentials stands in one place that yields an authenticated user \
            as a value; handlers take that value and cannot be called without it.",
        edge_cases: &[
            "An expired or revoked session.",
            "A replayed or foreign `state`.",
            "Equal \
            answers for unknown users and wrong passwords.",
        ],
        risk: (
            "A mistake opens accounts to others.",
            "Review by a second person, tests for every \
            refusal, and no secret in a log.",
        ),
        monitoring: "Failed and successful sign-ins, and refusals by reason.",
    },
    Topic {
        words: &["pagination", "paginate", "paging", "page size", "infinite scroll", "cursor"],
        stem: "pagination",
        service: None,
        dependencies: &[],
        setting: Some("The page size, with a maximum"),
        specification: "Pages are cut by a stable cursor, not by an offset; the answer carries the \
            cursor of the next page or none.",
        edge_cases: &[
            "An empty result.",
            "Exactly one full page.",
            "Rows are added or removed between \
            two pages.",
            "A cursor that was tampered with.",
        ],
        risk: (
            "Existing callers expect everything at once.",
            "Keep today's default for callers that \
            give no page size.",
        ),
        monitoring: "Response size and time of the list.",
    },
    Topic {
        words: &["csv", "export", "csv export", "import", "csv import", "spreadsheet"],
        stem: "export",
        service: None,
        dependencies: &[],
        setting: None,
        specification: "Rows are written as they are read, never all in memory; fields with commas, \
            quotes or newlines are quoted, and text that begins with `=`, `+`, `-` or `@` is \
            prefixed so that spreadsheets do not run it.",
        edge_cases: &[
            "No rows at all.",
            "Quotes, commas, newlines and non-ASCII text in fields.",
            "A \
            very large export whose reader goes away.",
        ],
        risk: ("Private fields leave the system.", "An explicit list of exported fields, tested."),
        monitoring: "Size and duration of exports.",
    },
    Topic {
        words: &["retry", "retries", "backoff", "timeout", "timeouts"],
        stem: "retry",
        service: None,
        dependencies: &[],
        setting: Some("The most tries, the first wait and the longest wait"),
        specification: "Only failures that may pass are retried, with exponential waits and jitter, \
            up to a number of tries and a total time.",
        edge_cases: &[
            "A request that took effect although its answer was lost.",
            "`Retry-After` longer \
            than the total time.",
            "Cancelling while waiting.",
        ],
        risk: (
            "Retries make an outage worse.",
            "A limit on tries, jitter, and no retry of what is not \
            idempotent.",
        ),
        monitoring: "Tries per call and calls given up.",
    },
    Topic {
        words: &["metrics", "prometheus", "tracing", "telemetry", "observability", "logging"],
        stem: "metrics",
        service: None,
        dependencies: &[],
        setting: Some("Whether the endpoint is on, and on which address"),
        specification: "Counters and durations at the boundaries, with few label values; no user \
            data in names or labels.",
        edge_cases: &[
            "Label values from users would grow without end.",
            "The endpoint is reached from \
            outside.",
        ],
        risk: ("Measuring slows the measured path.", "Measure once per request, outside locks."),
        monitoring: "That the new figures arrive and agree with the logs.",
    },
    Topic {
        words: &["dark mode", "theme", "themes", "dark theme"],
        stem: "theme",
        service: None,
        dependencies: &[],
        setting: None,
        specification: "Colours become variables; the theme follows the system's preference until the \
            reader chooses, and the choice is remembered.",
        edge_cases: &[
            "No flash of the other theme while loading.",
            "Images and charts with fixed \
            colours.",
            "Contrast of at least 4.5 : 1 in both themes.",
        ],
        risk: ("Parts stay unreadable in one theme.", "Look at every page in both."),
        monitoring: "Reports about unreadable parts.",
    },
    Topic {
        words: &[
            "migration",
            "migrate",
            "schema",
            "column",
            "table",
            "postgres",
            "postgresql",
            "sqlite",
        ],
        stem: "migration",
        service: None,
        dependencies: &[],
        setting: None,
        specification: "The schema changes in a step that old and new code both bear: first add, then \
            fill, then read, and remove in a later release.",
        edge_cases: &[
            "The migration stops half-way and is run again.",
            "Old code runs beside the new \
            schema.",
            "Large tables are locked for long.",
        ],
        risk: (
            "Data is lost or the service stands still.",
            "A rehearsal on a copy and a way back.",
        ),
        monitoring: "Duration of the migration and slow queries after it.",
    },
    Topic {
        words: &["webhook", "webhooks"],
        stem: "webhooks",
        service: None,
        dependencies: &[],
        setting: Some("The secret that signs each delivery"),
        specification: "A delivery is verified over its raw bytes, stored, answered, and only then \
            handled; its id makes handling it twice harmless.",
        edge_cases: &[
            "The same delivery twice.",
            "A bad or missing signature.",
            "A body that is no JSON.",
        ],
        risk: ("Deliveries are lost during a restart.", "Store before answering."),
        monitoring: "Deliveries refused, repeated and waiting.",
    },
    Topic {
        words: &["flag", "option", "argument", "cli", "subcommand"],
        stem: "options",
        service: None,
        dependencies: &[],
        setting: None,
        specification: "The option is parsed where the others are, has a line in `--help`, and an \
            unknown value is refused with the list of known ones.",
        edge_cases: &[
            "The option is given twice.",
            "It contradicts another one.",
            "Its value is empty.",
        ],
        risk: ("Scripts that use today's behaviour break.", "The default stays as it is."),
        monitoring: "Nothing beyond bug reports: it is a local tool.",
    },
];
