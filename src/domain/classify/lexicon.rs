//! The words that count, each as a listed set of forms, and the phrases they make.
//!
//! A word matches only by one of its forms (migrate, migrating, migration), never by a part of it:
//! "test" is not in "latest". A phrase is a row of lexemes; between two of them one article may
//! stand ("fix a typo"). The longest phrase consumes its words, so that "fix typo" is not also
//! "typo". Levels are those of the complexity table, topics feed the score per tier.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::tier::Complexity;

use Complexity::{Complex, Expert, Medium, Simple, Trivial};

/// The longest form of any word; a longer word needs no look-up.
pub(super) const FORM_BYTES_MAX: usize = 16;

macro_rules! lexemes {
    ($($name:ident: $($form:literal)+;)+) => {
        /// A word of the lexicon, whatever its form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Lexeme { $($name),+ }

        const FORMS: &[(Lexeme, &[&str])] = &[$((Lexeme::$name, &[$($form),+])),+];
    };
}

lexemes! {
    // Planning, reviewing
    Design: "design" "designs" "designing";
    Redesign: "redesign" "redesigns" "redesigning" "redesigned";
    Architecture: "architecture" "architectures" "architectural" "architect" "architecting";
    Plan: "plan" "plans" "planning";
    Review: "review" "reviews" "reviewing";
    Analyze: "analyze" "analyzes" "analyzing" "analyse" "analyses" "analysing" "analysis";
    System: "system" "systems" "subsystem" "subsystems";
    Module: "module" "modules";
    Boundary: "boundary" "boundaries";
    Topology: "topology" "topologies";
    // Data
    Schema: "schema" "schemas" "schemata";
    Table: "table" "tables";
    Column: "column" "columns";
    Migration: "migration" "migrations";
    Migrate: "migrate" "migrates" "migrating" "migrated";
    Database: "database" "databases" "postgresql" "postgres" "mysql" "mariadb" "sqlite" "mongodb"
        "dynamodb" "cassandra" "cockroachdb";
    Persistence: "persistence" "persist" "persists" "persisting" "persistent" "store" "stores"
        "storing" "storage";
    // Debugging
    Race: "race" "races";
    Data: "data";
    Condition: "condition" "conditions";
    Deadlock: "deadlock" "deadlocks" "deadlocked" "deadlocking";
    Memory: "memory";
    Leak: "leak" "leaks" "leaking" "leaked";
    Performance: "performance";
    Optimization: "optimization" "optimizations" "optimisation" "optimisations";
    Optimize: "optimize" "optimizes" "optimizing" "optimise" "optimises" "optimising";
    Vulnerability: "vulnerability" "vulnerabilities" "vulnerable";
    Security: "security";
    Distributed: "distributed";
    // Implementation
    Implement: "implement" "implements" "implementing" "implementation";
    Fix: "fix" "fixes" "fixing";
    Write: "write" "writes" "writing";
    Add: "add" "adds" "adding";
    Update: "update" "updates" "updating";
    Deploy: "deploy" "deploys" "deploying" "deployment";
    Commit: "commit" "commits" "committing";
    Run: "run" "runs" "running";
    Test: "test" "tests" "testing";
    Until: "until";
    Pass: "pass" "passes" "green";
    Loop: "loop";
    Feature: "feature" "features";
    Endpoint: "endpoint" "endpoints";
    Component: "component" "components";
    Service: "service" "services" "microservice" "microservices";
    Integration: "integration" "integrations" "integrate" "integrates" "integrating";
    Refactor: "refactor" "refactors" "refactoring" "refactored";
    Overhaul: "overhaul" "overhauls" "overhauling";
    Rewrite: "rewrite" "rewrites" "rewriting" "rewritten";
    // Small work
    Typo: "typo" "typos";
    Rename: "rename" "renames" "renaming" "renamed";
    Comment: "comment" "comments";
    Docs: "docs" "documentation";
    Document: "document" "documenting";
    Readme: "readme";
    Formatting: "formatting" "reformat" "reformatting";
    Minor: "minor";
    Small: "small";
    // Named parts
    Websocket: "websocket" "websockets";
    Web: "web";
    Socket: "socket" "sockets";
    Server: "server";
    Sent: "sent";
    Event: "event" "events";
    Sse: "sse";
    Webrtc: "webrtc";
    Long: "long";
    Polling: "polling";
    Redis: "redis" "memcached" "valkey";
    Broker: "broker" "brokers" "kafka" "rabbitmq" "nats" "pubsub";
    Cache: "cache" "caches" "caching";
    Pub: "pub" "publish";
    Sub: "sub" "subscribe";
    Message: "message";
    Queue: "queue" "queues";
    // Shortcuts
    Qplan: "qplan";
    Qcode: "qcode" "qgit";
    Qcheck: "qcheck" "qcheckf" "qcheckt";
    // Little words
    Article: "a" "an" "the" "all";
    Negation: "no" "without";
    Conjunction: "and" "then" "but";
    Preposition: "in" "for" "on" "to" "about" "at" "across" "within" "from" "throughout";
    Of: "of";
    Filler: "please" "we" "should" "need" "must" "let's" "lets" "can" "could" "you" "i" "want"
        "would" "like" "help" "me" "us";
    // First words of names that only look like keywords
    Operating: "operating" "file" "type" "build" "number";
    Info: "info" "information";
    Json: "json";
    Hash: "hash" "lookup" "routing" "pivot";
    Contents: "contents";
    Number: "width";
    Under: "under" "via" "as" "with";
}

/// What a phrase says beyond its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Topic {
    Design,
    Architecture,
    Plan,
    Review,
    Analyze,
    ArchitectureContext,
    Schema,
    NewStore,
    Debugging,
    Implementation,
    Component,
    Testing,
    FixTestLoop,
    Docs,
    Formatting,
    Rename,
    Typo,
    Transport,
    Cache,
    Qplan,
    Qcode,
    Qcheck,
}

/// What a small-work phrase in the title does to the words after it in its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hides {
    /// Nothing.
    Nothing,
    /// They are what the small work is done *to*, whatever they are: a typo in the schema is no
    /// schema change.
    Everything,
    /// The same, but only after a preposition or a colon: "docs for the service" is about docs,
    /// "documentation service" is about a service.
    EverythingAfterPreposition,
    /// They lose their level only: a minor race condition is still a race condition.
    Levels,
}

/// A phrase and what it says.
#[derive(Debug)]
pub(super) struct Phrase {
    /// Its lexemes, in order.
    pub(super) words: &'static [Lexeme],
    /// Its row in the complexity table.
    pub(super) level: Option<Complexity>,
    /// Its topics.
    pub(super) topics: &'static [Topic],
    /// Its effect on the words after it.
    pub(super) hides: Hides,
}

const fn phrase(
    words: &'static [Lexeme],
    level: Option<Complexity>,
    topics: &'static [Topic],
) -> Phrase {
    Phrase { words, level, topics, hides: Hides::Nothing }
}

const fn hiding(hides: Hides, phrase: Phrase) -> Phrase {
    Phrase { hides, ..phrase }
}

/// All phrases. A phrase without level and topics is a name that must not count.
pub(super) static PHRASES: &[Phrase] = &[
    phrase(&[Lexeme::Architecture], Some(Expert), &[Topic::Architecture]),
    phrase(&[Lexeme::Security], Some(Expert), &[]),
    phrase(&[Lexeme::Security, Lexeme::Vulnerability], Some(Expert), &[Topic::Debugging]),
    phrase(&[Lexeme::Performance, Lexeme::Optimization], Some(Expert), &[Topic::Debugging]),
    phrase(&[Lexeme::Optimize, Lexeme::Performance], Some(Expert), &[Topic::Debugging]),
    phrase(&[Lexeme::Distributed], Some(Expert), &[]),
    phrase(&[Lexeme::Distributed, Lexeme::Under], None, &[]),
    phrase(&[Lexeme::Refactor], Some(Complex), &[]),
    phrase(&[Lexeme::Migrate], Some(Complex), &[]),
    phrase(&[Lexeme::Migration], Some(Complex), &[Topic::Schema]),
    phrase(&[Lexeme::Redesign], Some(Complex), &[Topic::Design]),
    phrase(&[Lexeme::Overhaul], Some(Complex), &[]),
    phrase(&[Lexeme::Rewrite], Some(Complex), &[]),
    phrase(&[Lexeme::Feature], Some(Medium), &[]),
    phrase(&[Lexeme::Endpoint], Some(Medium), &[]),
    phrase(&[Lexeme::Component], Some(Medium), &[Topic::Component]),
    phrase(&[Lexeme::Service], Some(Medium), &[]),
    phrase(&[Lexeme::Integration], Some(Medium), &[]),
    phrase(&[Lexeme::Integration, Lexeme::Test], Some(Medium), &[Topic::Testing]),
    hiding(
        Hides::EverythingAfterPreposition,
        phrase(
            &[Lexeme::Add, Lexeme::Comment],
            Some(Simple),
            &[Topic::Implementation, Topic::Docs],
        ),
    ),
    hiding(
        Hides::EverythingAfterPreposition,
        phrase(
            &[Lexeme::Update, Lexeme::Docs],
            Some(Simple),
            &[Topic::Implementation, Topic::Docs],
        ),
    ),
    hiding(
        Hides::Everything,
        phrase(&[Lexeme::Fix, Lexeme::Typo], Some(Simple), &[Topic::Implementation, Topic::Typo]),
    ),
    hiding(
        Hides::Levels,
        phrase(&[Lexeme::Small, Lexeme::Fix], Some(Simple), &[Topic::Implementation]),
    ),
    hiding(Hides::Levels, phrase(&[Lexeme::Minor], Some(Simple), &[])),
    hiding(Hides::Everything, phrase(&[Lexeme::Typo], Some(Trivial), &[Topic::Typo])),
    hiding(Hides::Levels, phrase(&[Lexeme::Rename], Some(Trivial), &[Topic::Rename])),
    hiding(Hides::EverythingAfterPreposition, phrase(&[Lexeme::Comment], Some(Trivial), &[])),
    hiding(
        Hides::EverythingAfterPreposition,
        phrase(&[Lexeme::Docs], Some(Trivial), &[Topic::Docs]),
    ),
    hiding(
        Hides::EverythingAfterPreposition,
        phrase(&[Lexeme::Readme], Some(Trivial), &[Topic::Docs]),
    ),
    hiding(
        Hides::EverythingAfterPreposition,
        phrase(&[Lexeme::Formatting], Some(Trivial), &[Topic::Formatting]),
    ),
    phrase(&[Lexeme::Design], None, &[Topic::Design]),
    phrase(&[Lexeme::Plan], None, &[Topic::Plan]),
    phrase(&[Lexeme::Review], None, &[Topic::Review]),
    phrase(&[Lexeme::Analyze], None, &[Topic::Analyze]),
    phrase(&[Lexeme::System], None, &[Topic::ArchitectureContext]),
    phrase(&[Lexeme::Module, Lexeme::Boundary], None, &[Topic::ArchitectureContext]),
    phrase(&[Lexeme::Service, Lexeme::Boundary], Some(Medium), &[Topic::ArchitectureContext]),
    phrase(&[Lexeme::Service, Lexeme::Topology], Some(Medium), &[Topic::ArchitectureContext]),
    phrase(&[Lexeme::Operating, Lexeme::System], None, &[]),
    phrase(&[Lexeme::System, Lexeme::Info], None, &[]),
    phrase(&[Lexeme::Schema], None, &[Topic::Schema]),
    phrase(&[Lexeme::Json, Lexeme::Schema], None, &[]),
    phrase(&[Lexeme::Table], None, &[Topic::Schema]),
    phrase(&[Lexeme::Hash, Lexeme::Table], None, &[]),
    phrase(&[Lexeme::Table, Lexeme::Of, Lexeme::Contents], None, &[]),
    phrase(&[Lexeme::Column], None, &[Topic::Schema]),
    phrase(&[Lexeme::Column, Lexeme::Number], None, &[]),
    phrase(&[Lexeme::Race, Lexeme::Condition], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Data, Lexeme::Race], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Deadlock], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Memory, Lexeme::Leak], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Leak, Lexeme::Memory], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Performance], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Vulnerability], None, &[Topic::Debugging]),
    phrase(&[Lexeme::Implement], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Fix], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Write], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Add], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Update], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Deploy], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Commit], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Run], None, &[Topic::Implementation]),
    phrase(&[Lexeme::Test], None, &[Topic::Testing]),
    phrase(
        &[Lexeme::Fix, Lexeme::Test, Lexeme::Fix],
        None,
        &[Topic::FixTestLoop, Topic::Implementation, Topic::Testing],
    ),
    phrase(
        &[Lexeme::Fix, Lexeme::Test, Lexeme::Loop],
        None,
        &[Topic::FixTestLoop, Topic::Implementation, Topic::Testing],
    ),
    phrase(
        &[Lexeme::Test, Lexeme::Fix, Lexeme::Loop],
        None,
        &[Topic::FixTestLoop, Topic::Implementation, Topic::Testing],
    ),
    phrase(
        &[Lexeme::Until, Lexeme::Test, Lexeme::Pass],
        None,
        &[Topic::FixTestLoop, Topic::Testing],
    ),
    phrase(&[Lexeme::Websocket], None, &[Topic::Transport]),
    phrase(&[Lexeme::Web, Lexeme::Socket], None, &[Topic::Transport]),
    phrase(&[Lexeme::Server, Lexeme::Sent, Lexeme::Event], None, &[Topic::Transport]),
    phrase(&[Lexeme::Sse], None, &[Topic::Transport]),
    phrase(&[Lexeme::Webrtc], None, &[Topic::Transport]),
    phrase(&[Lexeme::Long, Lexeme::Polling], None, &[Topic::Transport]),
    phrase(&[Lexeme::Redis], None, &[Topic::Cache]),
    phrase(&[Lexeme::Broker], None, &[Topic::Cache]),
    phrase(&[Lexeme::Cache], None, &[Topic::Cache]),
    phrase(&[Lexeme::Pub, Lexeme::Sub], None, &[Topic::Cache]),
    phrase(&[Lexeme::Message, Lexeme::Queue], None, &[Topic::Cache]),
    phrase(&[Lexeme::Qplan], None, &[Topic::Qplan]),
    phrase(&[Lexeme::Qcode], None, &[Topic::Qcode]),
    phrase(&[Lexeme::Qcheck], None, &[Topic::Qcheck, Topic::Review]),
];

/// What the dictionary knows of one word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Its lexeme, when it is in the lexicon.
    pub(super) lexeme: Option<Lexeme>,
    /// Whether it shows that a text is English.
    pub(super) english: bool,
    /// Whether it shows that a text is in another language.
    pub(super) foreign: bool,
}

static DICTIONARY: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let mut res: HashMap<&'static str, Known> = HashMap::with_capacity(1024);
    for (lexeme, forms) in FORMS {
        for form in *forms {
            // "a" and "no" are words of half of Europe; they prove nothing.
            let english = !matches!(*form, "a" | "no" | "in" | "me" | "all" | "data" | "plan");
            res.insert(form, Known { lexeme: Some(*lexeme), english, foreign: false });
        }
    }
    for word in super::language::ENGLISH {
        res.entry(word).or_default().english = true;
    }
    for word in super::language::FOREIGN.iter().flat_map(|it| it.split_ascii_whitespace()) {
        res.entry(word).or_default().foreign = true;
    }
    res
});

/// What the dictionary knows of `word`, in any case of its ASCII letters.
pub(super) fn look_up(word: &str) -> Known {
    let mut lower = [0_u8; FORM_BYTES_MAX];
    let Some(slot) = lower.get_mut(..word.len()) else { return Known::default() };
    slot.copy_from_slice(word.as_bytes());
    slot.make_ascii_lowercase();
    let lower = std::str::from_utf8(slot).unwrap_or("");
    DICTIONARY.get(lower).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<Lexeme>) {
        assert_eq!(look_up(word).lexeme, expected, "{word}");
    }

    #[test]
    fn words_match_by_form_and_never_by_part() {
        check("Migrating", Some(Lexeme::Migrate));
        check("TESTS", Some(Lexeme::Test));
        check("latest", None);
        check("contest", None);
        check("insecurity", None);
        check("address", None);
        check("", None);
        check("äöü", None);
        check(&"x".repeat(1000), None);
    }

    #[test]
    fn every_form_is_lower_case_fits_and_belongs_to_one_lexeme() {
        let mut seen = std::collections::HashSet::new();
        for form in FORMS.iter().flat_map(|it| it.1) {
            assert!(form.len() <= FORM_BYTES_MAX && *form == form.to_lowercase(), "{form}");
            assert!(seen.insert(form), "{form} stands twice");
        }
    }

    #[test]
    fn no_phrase_stands_twice() {
        for (i, a) in PHRASES.iter().enumerate() {
            assert!(PHRASES[..i].iter().all(|b| a.words != b.words), "{:?}", a.words);
        }
    }
}
