//! The servers that are measured: Baton, and whatever command line is given beside it.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::client::{deliver, now};
use crate::payload::SECRET;

/// A key made for tests. It protects nothing.
const APP_KEY: &str = include_str!("../../tests/it/app-key.pem");

/// What `/proc/PID/stat` counts in: Linux tells programs hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Which server.
pub(crate) enum Kind {
    /// `baton serve`, built with the benchmark.
    Baton,
    /// A command that prints the address it listens on.
    Other { name: String, command: Vec<String> },
}

impl Kind {
    /// `NAME=COMMAND`; words of the command are separated by blanks.
    pub(crate) fn parse(text: &str) -> Kind {
        let (name, command) = text.split_once('=').unwrap();
        let command = command.split_whitespace().map(str::to_owned).collect();
        Kind::Other { name: name.to_owned(), command }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Kind::Baton => "baton",
            Kind::Other { name, .. } => name,
        }
    }
}

/// A server process. It is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first 2xx.
    pub(crate) first_answer: Duration,
    child: Child,
    tells_health: bool,
    _data: tempfile::TempDir,
}

impl Running {
    pub(crate) async fn start(kind: &Kind) -> Running {
        // On the disk of the build, because a folder in memory would make the flush free.
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut command = match kind {
            Kind::Baton => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
                command.arg("serve");
                command
            }
            Kind::Other { command, .. } => {
                let mut words = command.iter();
                let mut command = Command::new(words.next().unwrap());
                command.args(words);
                command
            }
        };
        let begun = now();
        let mut child = command
            .env("NODE_ENV", "production")
            .env("APP_ID", "7")
            .env("PRIVATE_KEY", APP_KEY)
            .env("WEBHOOK_SECRET", SECRET)
            // Nobody answers there: the mode asks GitHub for nothing.
            .env("GITHUB_API_URL", "http://127.0.0.1:9")
            .env("BATON_DATA_DIR", data.path())
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (found, address) = mpsc::channel();
        watch(child.stdout.take().unwrap(), found.clone());
        watch(child.stderr.take().unwrap(), found);
        let address = address.recv_timeout(Duration::from_secs(60)).unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let status = deliver(&mut connection, "first", 0).await.unwrap();
        assert!((200..300).contains(&status), "{status}");
        let first_answer = begun.elapsed();
        let tells_health = matches!(kind, Kind::Baton);
        Running { address, first_answer, child, tells_health, _data: data }
    }

    /// Waits until what was taken is handled. Other servers handle a delivery before they answer.
    pub(crate) async fn finishes(&self) {
        if !self.tells_health {
            return;
        }
        loop {
            let health = format!("http://{}/health", self.address);
            let told = reqwest::get(health).await.unwrap().text().await.unwrap();
            let told: serde_json::Value = serde_json::from_str(&told).unwrap();
            if told["inbox_pending"] == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Processor time of all its threads so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The second field is a name in brackets that may contain blanks.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: u32 = fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap();
        TICK * ticks
    }

    /// Memory it holds now.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Reads an output to its end, and tells the first address on it.
fn watch(output: impl Read + Send + 'static, found: mpsc::Sender<SocketAddr>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = address_in(&line) {
                found.send(address).ok();
            }
        }
    });
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = &line[line.find("127.0.0.1:")?..];
    let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.' && it != ':');
    rest[..end.unwrap_or(rest.len())].parse().ok()
}
