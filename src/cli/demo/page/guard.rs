//! Who may speak to the page: the browser on this machine, from the page itself.
//!
//! A web page elsewhere can make a browser call 127.0.0.1, and a name elsewhere can be pointed at
//! it. So the name in the address must be ours, and what changes something must come from us.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::state::Page;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses foreign requests and sets the headers of every answer.
pub(super) async fn guard(State(page): State<Arc<Page>>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = match refusal(request.headers(), is_read, &page.authority) {
        Some(sentence) => (StatusCode::FORBIDDEN, sentence).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(headers: &HeaderMap, is_read: bool, authority: &str) -> Option<&'static str> {
    let text = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok());
    let port = authority.rsplit(':').next().unwrap_or_default();
    let ours = [authority.to_owned(), format!("localhost:{port}")];
    let is_ours = |it: &str| ours.iter().any(|name| name == it);
    if !text(header::HOST).is_some_and(is_ours) {
        return Some("This page answers on this machine only; open the address it printed.\n");
    }
    // Browsers send `null` where they hide where a form came from; then their own word decides.
    let origin = text(header::ORIGIN).filter(|it| *it != "null");
    let same_origin = origin.is_none_or(|it| it.strip_prefix("http://").is_some_and(is_ours));
    let site = headers.get("sec-fetch-site").and_then(|it| it.to_str().ok());
    let same_site = site.is_none_or(|it| matches!(it, "same-origin" | "none"));
    if is_read || (same_origin && same_site) {
        return None;
    }
    Some("This was not sent by the page itself, so nothing was done.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], is_read: bool, expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        assert_eq!(refusal(&map, is_read, "127.0.0.1:8321").is_none(), expected, "{headers:?}");
    }

    #[test]
    fn only_the_page_itself_is_heard() {
        let host = ("host", "127.0.0.1:8321");
        check(&[host], true, true);
        check(&[("host", "localhost:8321")], true, true);
        check(&[("host", "evil.test:8321")], true, false);
        check(&[], true, false);
        check(&[host, ("origin", "http://127.0.0.1:8321")], false, true);
        check(&[host, ("origin", "http://evil.test")], false, false);
        check(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")], false, true);
        check(&[host, ("origin", "null"), ("sec-fetch-site", "cross-site")], false, false);
        check(&[host, ("sec-fetch-site", "cross-site")], true, true);
    }
}
