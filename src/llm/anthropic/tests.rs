//! The client against sockets that answer by hand. Its behaviour against a whole provider is tested
//! with the model in a box (`tests/it/model_box.rs`).

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::domain::conversation::{Block, Message, Speaker, StopReason};

fn settings(base_url: &str) -> AnthropicSettings {
    AnthropicSettings::new(base_url, SecretString::from("sk-canary"))
}

fn request() -> Request {
    let text = Block::Text { text: "go".into() };
    Request {
        model: "m".into(),
        system: vec![],
        tools: vec![],
        messages: vec![Message { role: Speaker::User, content: vec![text] }],
        max_tokens: 100,
    }
}

#[track_caller]
fn check(base_url: &str, expected: Result<&str, SettingsError>) {
    let built = Anthropic::new(settings(base_url)).map(|it| it.messages.to_string());
    assert_eq!(built, expected.map(str::to_owned), "{base_url}");
}

#[test]
fn the_base_url_is_checked() {
    check("https://api.anthropic.com", Ok("https://api.anthropic.com/v1/messages"));
    check("https://gate.example/team/", Ok("https://gate.example/team/v1/messages"));
    check("https://gate.example/v1", Ok("https://gate.example/v1/messages"));
    check("http://127.0.0.1:9", Ok("http://127.0.0.1:9/v1/messages"));
    check("http://[::1]:9", Ok("http://[::1]:9/v1/messages"));
    check("http://localhost:9/", Ok("http://localhost:9/v1/messages"));
    let plain = |host: &str| Err(SettingsError::PlainHttp(host.to_owned()));
    check("http://api.anthropic.com", plain("api.anthropic.com"));
    check("http://localhost.evil.example", plain("localhost.evil.example"));
    check("api.anthropic.com", Err(SettingsError::BadUrl("api.anthropic.com".into())));
    check("ftp://host", Err(SettingsError::BadUrl("ftp://host".into())));
    check("https://me:secret@host", Err(SettingsError::UrlParts));
    check("https://host?key=secret", Err(SettingsError::UrlParts));
    check("me:secret@:host", Err(SettingsError::UrlParts));
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_without_printing_it() {
    for key in ["", " ", "sk\u{0}"] {
        let bad = AnthropicSettings::new("https://host", SecretString::from(key));
        let error = Anthropic::new(bad).unwrap_err();
        assert_eq!(error, SettingsError::BadHeader("API key"));
    }
    let client = Anthropic::new(settings("https://host")).unwrap();
    assert!(!format!("{client:?}").contains("sk-canary"));
}

#[test]
fn headers_say_when_to_try_again() {
    let read = |pairs: &[(&'static str, &'static str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        advice(&pairs.collect())
    };
    let after = |millis| Advice { should_retry: None, after: Some(Millis(millis)) };
    assert_eq!(read(&[("retry-after", "60")]), after(60_000));
    assert_eq!(read(&[("retry-after-ms", "250.5"), ("retry-after", "60")]), after(250));
    assert_eq!(read(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]), Advice::default());
    assert_eq!(read(&[("retry-after", "-1")]), Advice::default());
    assert_eq!(read(&[("x-should-retry", "false")]).should_retry, Some(false));
}

/// Serves one connection: reads the request, writes `answer` and closes. Returns what it read.
async fn serve_once(answer: &str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&read).contains("\"stream\":true") {
            let n = socket.read(&mut buffer).await.unwrap();
            read.extend_from_slice(&buffer[..n]);
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(read).unwrap()
    });
    (address, served)
}

async fn complete(answer: &str) -> Result<Answer, LlmError> {
    let (address, served) = serve_once(answer).await;
    let result = Anthropic::new(settings(&address)).unwrap().complete(&request()).await;
    served.await.unwrap();
    result
}

#[tokio::test]
async fn no_connection_was_not_billed_and_a_closed_one_may_have_been() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Anthropic::new(settings(&address)).unwrap().complete(&request()).await.unwrap_err();
    assert!(matches!(error, LlmError::Network { maybe_billed: false, .. }), "{error:?}");
    assert!(error.retryable());

    let error = complete("").await.unwrap_err();
    assert!(matches!(error, LlmError::Network { maybe_billed: true, .. }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, never) = serve_once("").await;
    let answer =
        format!("HTTP/1.1 307 Moved\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    let error = complete(&answer).await.unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
    assert!(!error.retryable() && !error.may_have_been_billed());
    assert!(!never.is_finished(), "the key reached another host");
    never.abort();
}

#[tokio::test]
async fn a_key_in_an_error_is_masked_and_html_is_no_explanation() {
    let body = json!({ "error": { "message": "bad key sk-canary" } }).to_string();
    let answer = format!("HTTP/1.1 401 No\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let error = complete(&answer).await.unwrap_err();
    assert_eq!(error, LlmError::Unauthorized { message: "bad key [key]".into() });

    let error = complete("HTTP/1.1 502 Bad\r\ncontent-length: 6\r\n\r\n<html>").await.unwrap_err();
    let message = "status 502 without an explanation".to_owned();
    assert_eq!(error, LlmError::Server { status: 502, advice: Advice::default(), message });
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_complete_once_it_said_why_it_stopped() {
    let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n\
        data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9}}}\n\n";
    let error = complete(stream).await.unwrap_err();
    let usage = Usage { input: 9, ..Usage::default() };
    let message = "the connection closed before the end".to_owned();
    assert_eq!(error, LlmError::Cut { usage, message });

    let ended = format!(
        "{stream}data: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}}}}\n\n"
    );
    let answer = complete(&ended).await.unwrap();
    assert_eq!((answer.stop_reason, answer.model.as_str()), (StopReason::EndTurn, "m"));
}

#[tokio::test]
async fn an_error_event_before_the_answer_began_is_that_error() {
    let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n\
        event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
    let error = complete(stream).await.unwrap_err();
    let advice = Advice::default();
    assert_eq!(error, LlmError::Overloaded { advice, message: "busy".into() });
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let quick = AnthropicSettings { idle_timeout: Millis(50), ..settings(&address) };
    let error = Anthropic::new(quick).unwrap().complete(&request()).await.unwrap_err();
    assert_eq!(error, LlmError::Timeout);
}
