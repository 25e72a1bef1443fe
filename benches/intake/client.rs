//! A sender on kept-alive connections that costs as little as it can: it shares the machine with
//! what it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::payload;

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// So many deliveries over so many connections, each of which sends its next when it is answered.
pub(crate) struct Load {
    pub(crate) deliveries: usize,
    pub(crate) connections: usize,
}

/// How long it took.
pub(crate) struct Took {
    pub(crate) all: Duration,
    each: Vec<Duration>,
}

impl Took {
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.each[(self.each.len() - 1) * percent / 100]
    }
}

impl Load {
    /// Sends all; each must be answered 2xx. The ids begin with `name`.
    pub(crate) async fn run(&self, address: SocketAddr, name: &str) -> Took {
        let next = Arc::new(AtomicUsize::new(0));
        let begun = now();
        let senders: Vec<_> = (0..self.connections)
            .map(|_| {
                let sender = send_all(address, name.to_owned(), Arc::clone(&next), self.deliveries);
                tokio::spawn(sender)
            })
            .collect();
        let mut each = Vec::with_capacity(self.deliveries);
        for sender in senders {
            each.extend(sender.await.unwrap());
        }
        let all = begun.elapsed();
        each.sort_unstable();
        Took { all, each }
    }
}

async fn send_all(
    address: SocketAddr,
    name: String,
    next: Arc<AtomicUsize>,
    deliveries: usize,
) -> Vec<Duration> {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let mut each = Vec::new();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if deliveries <= n {
            return each;
        }
        let begun = now();
        let status = deliver(&mut connection, &format!("{name}-{n}"), n).await.unwrap();
        assert!((200..300).contains(&status), "{status}");
        each.push(begun.elapsed());
    }
}

/// Sends one delivery and reads its answer; gives the status.
pub(crate) async fn deliver(
    connection: &mut TcpStream,
    id: &str,
    n: usize,
) -> std::io::Result<u16> {
    connection.write_all(&payload::request(id, n)).await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if connection.read_buf(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(status) = whole(&answer) {
            return Ok(status);
        }
    }
}

/// The status, once the answer is there with its body.
fn whole(answer: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
    let complete = match length {
        Some(length) => length.parse() == Ok(body.len()),
        None if head.contains("transfer-encoding: chunked") => body.ends_with("0\r\n\r\n"),
        None => true,
    };
    complete.then(|| head[9..12].parse().unwrap())
}
