//! Whether the service can do its work, for load balancers and for people with a browser.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::github::client::{GitHubError, Standing};
use crate::http::Door;

/// `GET /health`: 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(door): State<Door>) -> (StatusCode, Json<Value>) {
    match door.store.health().await {
        Ok(health) => (
            StatusCode::OK,
            Json(json!({
                "status": "ok",
                "version": env!("CARGO_PKG_VERSION"),
                "github": github(door.github.standing()),
                "inbox_pending": health.inbox_pending,
                "inbox_unparsed": health.inbox_unparsed,
                "effects_pending": health.effects_pending,
                "effects_given_up": health.effects_given_up,
                "runs_live": health.runs_live,
            })),
        ),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            let body = json!({ "status": "the database does not answer" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}

/// A service that GitHub does not know, or that does not reach it, still takes deliveries, and a new
/// start would not help it; so this is told beside the status and is no failure.
fn github(standing: Standing) -> String {
    match standing {
        Standing::Fine => "ok".to_owned(),
        Standing::Unreachable => "unreachable".to_owned(),
        Standing::Refused => GitHubError::Unauthorized.to_string(),
    }
}
