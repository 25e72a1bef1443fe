//! The real binary as a child process: started on a folder, killed, started again.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::intake::{APP_KEY, SECRET};

/// How long a start may take on a busy machine before the test gives up on it.
const START: Duration = Duration::from_secs(60);

/// `baton serve` on `data` with `github` as its GitHub, not started yet.
pub(crate) fn command(data: &Path, github: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    // Nothing of the tests' own environment reaches it.
    command
        .arg("serve")
        .env_clear()
        .env("APP_ID", "7")
        .env("PRIVATE_KEY", APP_KEY)
        .env("WEBHOOK_SECRET", SECRET)
        .env("GITHUB_API_URL", format!("http://{github}"))
        .env("BATON_DATA_DIR", data)
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("LOG_FORMAT", "json")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// `baton serve`, running. It is killed when this is dropped.
pub(crate) struct Baton {
    pub(crate) address: SocketAddr,
    child: Option<Child>,
    log: Option<JoinHandle<String>>,
}

impl Baton {
    /// Starts `baton serve` on `data` with `github` as its GitHub, plus further variables, and
    /// waits until it says that it serves.
    pub(crate) async fn serve(
        data: &Path,
        github: SocketAddr,
        variables: &[(&str, &str)],
    ) -> Baton {
        let mut command = command(data, github);
        command.envs(variables.iter().copied()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (found, address) = oneshot::channel();
        let log = std::thread::spawn(move || read_log(stderr, found));
        match timeout(START, address).await {
            Ok(Ok(address)) => Baton { address, child: Some(child), log: Some(log) },
            Ok(Err(_)) | Err(_) => {
                child.kill().ok();
                child.wait().unwrap();
                panic!("baton serve did not start:\n{}", log.join().unwrap());
            }
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// SIGKILL: it cannot finish anything. Gives what it logged.
    pub(crate) async fn kill(mut self) -> String {
        self.child.as_mut().unwrap().kill().unwrap();
        self.ended().await.1
    }

    /// Sends it a signal: `TERM`, `INT`.
    pub(crate) fn signals(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// SIGTERM; how it ended, and what it logged. It must end within `grace`.
    pub(crate) async fn terminate(self, grace: Duration) -> (ExitStatus, String) {
        self.signals("TERM");
        self.ends(grace).await
    }

    /// How it ended, and what it logged. It must end within `grace`.
    pub(crate) async fn ends(mut self, grace: Duration) -> (ExitStatus, String) {
        let pid = self.id();
        match timeout(grace, self.ended()).await {
            Ok(ended) => ended,
            Err(_) => {
                // The waiting thread holds the child; the test's end must not wait for it.
                Command::new("kill").arg("-KILL").arg(pid.to_string()).status().unwrap();
                panic!("it did not stop within {grace:?}");
            }
        }
    }

    async fn ended(&mut self) -> (ExitStatus, String) {
        let (mut child, log) = (self.child.take().unwrap(), self.log.take().unwrap());
        let wait = move || (child.wait().unwrap(), log.join().unwrap());
        spawn_blocking(wait).await.unwrap()
    }
}

impl Drop for Baton {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Reads the log to its end; the address it serves on is told as soon as it is read.
fn read_log(stderr: ChildStderr, found: oneshot::Sender<SocketAddr>) -> String {
    let (mut log, mut found) = (String::new(), Some(found));
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let fields = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
        let address = fields["fields"]["address"].as_str().and_then(|it| it.parse().ok());
        if let (Some(address), Some(found)) = (address, found.take_if(|_| address.is_some())) {
            found.send(address).ok();
        }
        log.push_str(&line);
        log.push('\n');
    }
    log
}
