//! Secrets that must never be seen again: in the service's settings, in files of the repository,
//! in words of people. Whoever finds one in a sink has found a leak.

use std::io;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use baton::sandbox::git::{Mode, WorkFile};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The key of the model's provider.
pub(crate) const API_KEY: &str = "sk-ant-canary-of-the-settings-0000";
/// What webhooks are signed with.
pub(super) const WEBHOOK_SECRET: &str = "canary-of-the-webhook-door";
/// In files that no model may read.
const IN_FILES: &str = "canary-in-a-secret-file";
/// In words of people, in the shape of a token.
pub(crate) const IN_WORDS: &str = "ghp_canaryInTheWordsOfPeople0123456789ab";

/// What may stand in no request, comment, commit, log line or row.
pub(super) const NOWHERE: [&str; 3] = [API_KEY, WEBHOOK_SECRET, IN_FILES];

/// Files that every repository of a world has and no model may read (trust rule 21).
pub(super) fn files() -> Vec<WorkFile> {
    let file = |path: &str, text: String| WorkFile {
        path: path.to_owned(),
        mode: Mode::File,
        bytes: text.into_bytes(),
    };
    vec![
        file(".env", format!("DATABASE_PASSWORD={IN_FILES}\n")),
        file(".env.production", format!("CACHE_PASSWORD={IN_FILES}\n")),
        file("deploy/server.pem", format!("cache key {IN_FILES}\n")),
        file("deploy/prod.tfstate", format!("{{\"cache\":\"{IN_FILES}\"}}\n")),
        file("secrets/cache.txt", format!("cache {IN_FILES}\n")),
    ]
}

static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Lines of the log in which a canary stood, whichever world wrote them.
pub(super) fn leaks_in_logs() -> Vec<String> {
    LEAKS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Reads every line that the service logs, once for all tests.
pub(super) fn watch_logs() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let filter = EnvFilter::new("warn,baton=debug");
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
        log.with_writer(Watch).init();
    });
}

/// The App's key, made by the first sandbox of this process and used by all that follow: making
/// one takes longer than most tests.
pub(super) static APP_KEY: OnceLock<String> = OnceLock::new();

/// A log that keeps nothing but leaks.
struct Watch;

impl io::Write for Watch {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if NOWHERE.iter().chain(&[IN_WORDS]).any(|it| text.contains(it)) {
            LEAKS.lock().unwrap_or_else(PoisonError::into_inner).push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watch {
    type Writer = Watch;

    fn make_writer(&self) -> Watch {
        Watch
    }
}
