//! Senders that dawdle or break off: case 5. They are cut off, and others are served meanwhile.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{NOTHING, Posting, Served, signed};
use crate::store::on_both;

/// Far longer than an honest answer takes here, and shorter than the door's patience.
const SOON: Duration = Duration::from_secs(8);

impl Served {
    /// Sends the delivery in chunks, without a length.
    pub(super) async fn send_chunked(&self, posting: Posting) -> (u16, String) {
        let Posting { path, headers, body } = posting;
        let mut request = self.client.post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let chunks = body.chunks(50_000).map(|it| Ok::<_, std::io::Error>(it.to_vec()));
        let chunks = futures_util::stream::iter(chunks.collect::<Vec<_>>());
        let response = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Opens a connection and sends the head and the first `bytes` of the body.
    async fn begins(&self, posting: &Posting, bytes: usize) -> TcpStream {
        let mut head = format!("POST {} HTTP/1.1\r\nhost: baton\r\n", posting.path);
        for (name, value) in &posting.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", posting.body.len()));
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&posting.body[..bytes]).await.unwrap();
        stream
    }
}

/// All that the other side sends until it closes.
async fn to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut may end in a reset.
    stream.read_to_end(&mut bytes).await.ok();
    String::from_utf8(bytes).unwrap()
}

on_both! {
    /// 50 senders stop within their bodies, 20 of them in large ones; nobody waits for them.
    async fn slow_senders_keep_nobody_waiting(db: &Db) {
        let served = Served::on(db).await;
        let small = signed("slow", "push", vec![b' '; 1_000]);
        let large = signed("slow and large", "push", vec![b' '; 4 << 20]);
        let mut slow = Vec::new();
        for n in 0..50 {
            slow.push(match n % 5 {
                0 | 1 => served.begins(&large, 3 << 20).await,
                _ => served.begins(&small, 999).await,
            });
        }
        let honest = tokio::time::timeout(SOON, served.send(signed("1", "ping", NOTHING)));
        assert_eq!(honest.await.unwrap().0, 202);
        drop(slow);
        assert_eq!(served.rows().await.len(), 1);
    }

    /// So many bodies beyond what nearly all have, and no more, are in memory at once; signed or
    /// not is known only when one is whole. Small ones pass by them.
    async fn what_many_senders_hold_in_memory_is_bounded(db: &Db) {
        let served = Served::on(db).await;
        let middling = signed("slow and middling", "push", vec![b' '; 200 << 10]);
        let mut slow = Vec::new();
        for _ in 0..80 {
            slow.push(served.begins(&middling, 80 << 10).await);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut another = std::pin::pin!(served.send(signed("2", "push", vec![b' '; 200 << 10])));
        let waits = tokio::time::timeout(Duration::from_millis(500), &mut another).await;
        assert!(waits.is_err(), "{waits:?}");
        let small = tokio::time::timeout(SOON, served.send(signed("1", "ping", NOTHING)));
        assert_eq!(small.await.unwrap().0, 202);
        drop(slow);
        assert_eq!(tokio::time::timeout(SOON, another).await.unwrap().0, 202);
    }

    async fn a_slow_body_is_cut_off(db: &Db) {
        let served =
            Served::with(db, |door| door.patience.body = Duration::from_millis(100)).await;
        let delivery = signed("slow", "ping", NOTHING);
        let answer = to_end(&mut served.begins(&delivery, 1).await).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(served.rows().await.is_empty());
    }

    /// A head that never ends, and a connection that never says a word.
    async fn a_slow_head_is_cut_off(db: &Db) {
        let served =
            Served::with(db, |door| door.patience.head = Duration::from_millis(100)).await;
        for said in ["POST /webhooks/github HTTP/1.1\r\nhost: ba", ""] {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let answer = tokio::time::timeout(SOON, to_end(&mut stream)).await.unwrap();
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
    }

    /// A body that breaks off is no delivery, even if what came would be a whole object.
    async fn a_body_that_breaks_off_is_not_stored(db: &Db) {
        let served = Served::on(db).await;
        let delivery = signed("broken", "ping", "{}  ");
        let mut stream = served.begins(&delivery, 2).await;
        stream.shutdown().await.unwrap();
        let answer = to_end(&mut stream).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        assert!(served.rows().await.is_empty());
    }

    /// What is not HTTP does no harm.
    async fn noise_is_refused(db: &Db) {
        let served = Served::on(db).await;
        for noise in [&b"\x16\x03\x01\x02\x00\x01"[..], b"\r\n\r\n\r\n", b"GET\r\n\r\n", &[0; 64]] {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            stream.write_all(noise).await.unwrap();
            stream.shutdown().await.unwrap();
            let answer = to_end(&mut stream).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
        assert_eq!(served.send(signed("1", "ping", NOTHING)).await.0, 202);
    }

    /// Stopping answers what is whole and waits no longer than its patience for the rest.
    async fn stopping_does_not_wait_for_the_slow(db: &Db) {
        let served = Served::with(db, |door| {
            door.patience.stop = Duration::from_millis(100);
        })
        .await;
        let delivery = signed("slow", "ping", NOTHING);
        let mut half_body = served.begins(&delivery, 1).await;
        let mut half_head = TcpStream::connect(served.address).await.unwrap();
        half_head.write_all(b"POST /webhooks/github HT").await.unwrap();
        assert_eq!(served.send(signed("1", "ping", NOTHING)).await.0, 202);
        served.stop.cancel();
        let ends = async { (to_end(&mut half_body).await, to_end(&mut half_head).await) };
        let ends = tokio::time::timeout(SOON, ends).await.unwrap();
        assert!(!ends.0.starts_with("HTTP/1.1 2") && !ends.1.starts_with("HTTP/1.1 2"));
        assert_eq!(served.rows().await.len(), 1);
    }
}
