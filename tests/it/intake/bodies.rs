//! What a body may be: case 5, and bytes that no text column holds.

use super::{NOTHING, Posting, Served, signed};
use crate::store::on_both;

const MEGABYTE: usize = 1024 * 1024;

/// A JSON object of exactly `bytes` bytes.
fn object_of(bytes: usize) -> Vec<u8> {
    let mut body = br#"{"filler":""#.to_vec();
    body.resize(bytes - 2, b'a');
    body.extend_from_slice(b"\"}");
    body
}

/// The body is stored byte for byte, whatever it is.
async fn check_stored(served: &Served, posting: Posting) {
    let body = posting.body.clone();
    assert_eq!(served.send(posting).await.0, 202);
    let id = &served.rows().await[0].id;
    let kept = served.store.delivery(id).await.unwrap().unwrap();
    assert!(kept.row.body == body, "{:?}", &body[..body.len().min(100)]);
}

on_both! {
    /// Case 5: GitHub's limit is ours, announced or not.
    async fn twenty_five_megabytes_are_taken_and_one_more_byte_is_not(db: &Db) {
        let served = Served::on(db).await;
        check_stored(&served, signed("whole", "push", object_of(25 * MEGABYTE))).await;
        let over = signed("over", "push", object_of(25 * MEGABYTE + 1));
        assert_eq!(served.send(over).await.0, 413);
        let (status, sentence) =
            served.send(signed("far over", "push", object_of(26 * MEGABYTE))).await;
        assert_eq!(status, 413);
        assert_eq!(sentence, "The body is larger than 25 MB, which GitHub never sends.\n");
        assert_eq!(served.rows().await.len(), 1);
    }

    /// Case 5: without a length the bytes are counted as they come.
    async fn a_body_without_length_has_the_same_limit(db: &Db) {
        let served = Served::on(db).await;
        let small = object_of(3 * MEGABYTE);
        assert_eq!(served.send_chunked(signed("small", "push", small.clone())).await.0, 202);
        let id = &served.rows().await[0].id;
        assert!(served.store.delivery(id).await.unwrap().unwrap().row.body == small);
        let over = signed("over", "push", object_of(26 * MEGABYTE));
        assert_eq!(served.send_chunked(over).await.0, 413);
        assert_eq!(served.rows().await.len(), 1);
    }

    /// Case 5: a compressed body is bytes like others. It is never unpacked, so it cannot burst.
    async fn a_compressed_body_is_not_unpacked(db: &Db) {
        let served = Served::on(db).await;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut gzip, &vec![b' '; 8 * MEGABYTE]).unwrap();
        let packed = gzip.finish().unwrap();
        let delivery = signed("packed", "issues", packed).with("content-encoding", "gzip");
        check_stored(&served, delivery).await;
        assert_eq!(served.end_of("packed").await.0, "unparsed");
    }

    /// Bodies that are no text, or no text for every database.
    async fn bytes_are_stored_as_they_come(db: &Db) {
        let served = Served::on(db).await;
        check_stored(&served, signed("nul", "issues", &b"{\"a\":\"\0\"}"[..])).await;
        check_stored(&served, signed("latin", "issues", &b"{\"a\":\"\xe9\"}"[..])).await;
        check_stored(&served, signed("noise", "issues", (0..=255).collect::<Vec<u8>>())).await;
        check_stored(&served, signed("empty", "issues", "")).await;
        check_stored(&served, signed("crlf", "issues", "{\r\n}\r\n\r\n")).await;
        for id in ["nul", "noise", "empty"] {
            assert_eq!(served.end_of(id).await.0, "unparsed", "{id}");
        }
        assert_eq!(served.end_of("crlf").await.0, "ignored");
    }

    /// Case 5: a request that is no delivery.
    async fn a_request_without_its_headers_is_refused(db: &Db) {
        let served = Served::on(db).await;
        let delivery = signed("1", "ping", NOTHING);
        let refused = [
            (delivery.clone().without("x-github-delivery"), "X-GitHub-Delivery"),
            (delivery.clone().with("x-github-delivery", " "), "X-GitHub-Delivery"),
            (delivery.clone().with("x-github-delivery", &"a".repeat(201)), "X-GitHub-Delivery"),
            (delivery.clone().without("x-github-event"), "X-GitHub-Event"),
            (delivery.clone().with("x-github-event", &"a".repeat(201)), "X-GitHub-Event"),
            (
                delivery.clone().with("content-type", "application/x-www-form-urlencoded"),
                "application/json",
            ),
        ];
        for (posting, named) in refused {
            let (status, sentence) = served.send(posting).await;
            assert_eq!(status, 400, "{sentence}");
            assert!(sentence.contains(named), "{sentence}");
        }
        assert!(served.rows().await.is_empty());
        // Other servers name it otherwise or not at all, and their ids need not be GUIDs.
        let odd = delivery.without("content-type").with("x-github-delivery", "a/b c#1");
        assert_eq!(served.send(odd).await.0, 202);
    }
}
