//! GitHub's documented ways to fail, by name. Each says where it is documented (paths below
//! `docs.github.com`), so that the sandbox does not merely share our misunderstandings.

use super::{Fault, Reply, ReplyBody};
use crate::base::Timestamp;

impl Fault {
    /// A secondary rate limit that says how long to wait: 403 with `retry-after`
    /// (`/rest/using-the-rest-api/rate-limits-for-the-rest-api`, "Exceeding the rate limit").
    pub fn secondary_limit(retry_after_seconds: u32) -> Fault {
        Fault::FailBefore(secondary(403).with("retry-after", retry_after_seconds))
    }

    /// A secondary rate limit without a hint: 403, no `retry-after`, and requests still remaining.
    /// Clients must wait at least a minute and then exponentially longer (same page).
    pub fn secondary_limit_without_hint() -> Fault {
        Fault::FailBefore(secondary(403))
    }

    /// The same limit as 429, which GitHub may choose instead of 403 (same page).
    pub fn too_many_requests(retry_after_seconds: u32) -> Fault {
        Fault::FailBefore(secondary(429).with("retry-after", retry_after_seconds))
    }

    /// The primary limit used up: 403, `x-ratelimit-remaining: 0`, and the time it is renewed
    /// (same page, "Checking the status of your rate limit").
    pub fn primary_limit(reset: Timestamp) -> Fault {
        let reply = Reply::error(403, "API rate limit exceeded for installation.")
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-used", super::super::rest::HOURLY_LIMIT)
            .with("x-ratelimit-reset", reset.0.div_euclid(1_000));
        Fault::FailBefore(reply)
    }

    /// A token that expired or was revoked: 401
    /// (`/rest/authentication/authenticating-to-the-rest-api`, "Failed login limit"; installation
    /// tokens live one hour).
    pub fn expired_token() -> Fault {
        Fault::FailBefore(Reply::error(401, "Bad credentials"))
    }

    /// A permission the installation does not have: 403
    /// (`/rest/using-the-rest-api/troubleshooting-the-rest-api`, "Resource not accessible").
    pub fn missing_permission() -> Fault {
        Fault::FailBefore(Reply::error(403, "Resource not accessible by integration"))
    }

    /// What exists but may not be seen, and what does not exist: 404 (same page, "404 Not Found
    /// for an existing resource").
    pub fn not_found() -> Fault {
        Fault::FailBefore(Reply::error(404, "Not Found"))
    }

    /// A repository without commits: 409 from the git data API (`/rest/git/refs`, "Conflict").
    pub fn empty_repository() -> Fault {
        Fault::FailBefore(Reply::error(409, "Git Repository is empty."))
    }

    /// A deleted issue: 410 (`/rest/issues/issues`, "Get an issue").
    pub fn gone() -> Fault {
        Fault::FailBefore(Reply::error(410, "This issue was deleted"))
    }

    /// Something GitHub refuses to process, or an endpoint that was spammed: 422
    /// (`/rest/using-the-rest-api/troubleshooting-the-rest-api`, "Validation failed").
    pub fn validation_failed() -> Fault {
        Fault::FailBefore(Reply::error(422, "Validation Failed"))
    }

    /// A proxy's error page before the request reached anything: status 500, 502, 503 or 504 with
    /// HTML. (GitHub documents JSON errors only; its edge answers HTML when the application does
    /// not answer, which is the reason why this exists.)
    pub fn unicorn(status: u16) -> Fault {
        Fault::FailBefore(unicorn_page(status))
    }

    /// The same page although the request took effect: the application finished after its proxy
    /// had given up (`/rest/using-the-rest-api/troubleshooting-the-rest-api`, "Timeouts": a request
    /// over ten seconds is cut off).
    pub fn unicorn_after(status: u16) -> Fault {
        Fault::FailAfter(unicorn_page(status))
    }
}

fn secondary(status: u16) -> Reply {
    Reply::error(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    )
}

fn unicorn_page(status: u16) -> Reply {
    let body = "<!DOCTYPE html>\n<html><head><title>Unicorn!</title></head>\
                <body><p>We had issues producing the response to your request.</p></body></html>\n";
    Reply { status, headers: Vec::new(), body: ReplyBody::Html(body.to_owned()) }
}
