//! The playground of `baton demo`: one page on 127.0.0.1 that looks like GitHub, with what happens
//! behind it beside it.
//!
//! - `state`: the world, the people one can be.
//! - `pages`, `views`: what can be read. `acts`: what can be done.
//! - `pull`: reviews, threads, checks and pushes, read and done.
//! - `runs`: the runs and handoffs of an issue, with their prompts.
//! - `ci`: how the repository's CI behaves, and what it said of a commit.
//! - `markdown`: what people and Baton wrote, as HTML that cannot do anything.
//! - `log`: webhook in, decision, call out.
//! - `guard`: who may speak to the page.
//! - `samples`: what a visitor may try first.

mod acts;
mod ci;
mod guard;
mod log;
mod markdown;
mod pages;
mod pull;
mod runs;
mod samples;
mod state;
mod views;

use std::io::Write;
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use self::state::Page;
use crate::cli::world::{MovableClock, Setup, World, WorldError};
use crate::sandbox::git::WorkFile;
use crate::sandbox::github::DeliveryMode;
use crate::settings::ModelSettings;

const STYLE: &str = include_str!("../../../../static/demo/demo.css");
const SCRIPT: &str = include_str!("../../../../static/demo/demo.js");

/// What the playground begins with.
pub(super) struct Ground {
    /// Where to listen; `None` takes the usual port, or a free one if that is taken.
    pub(super) port: Option<u16>,
    /// The repository's name and files; the bundled sample when absent.
    pub(super) files: Option<(String, Vec<WorkFile>)>,
    /// The real model.
    pub(super) model: Option<ModelSettings>,
}

/// Serves the page until the process is told to stop.
///
/// # Errors
/// See [`WorldError`].
pub(super) async fn serve(ground: Ground, out: &mut dyn Write) -> Result<(), WorldError> {
    let listener = listen(ground.port).await?;
    let authority = listener.local_addr()?.to_string();
    let mut setup = Setup::sample(Arc::new(MovableClock::running()));
    if let Some((name, files)) = ground.files {
        setup.repository = name;
        setup.files = files;
    }
    setup.delivery = DeliveryMode::Immediate;
    setup.web_url = format!("http://{authority}");
    setup.model = ground.model;
    let mut world = World::start(setup).await?;
    world.run();
    ci::begins(&world.github.repo());
    let page = Arc::new(Page::new(world, authority.clone()));
    let planner = match page.paid {
        true => "Claude plans, with your ANTHROPIC_API_KEY: that costs money, at most $2.00 a run.",
        false => "A model in a box plans; nothing leaves this machine and nothing is spent.",
    };
    writeln!(out, "Baton's playground: http://{authority}/\n{planner}\nCtrl-C ends it.")?;
    out.flush()?;
    let stopped = async {
        // Without a signal handler the process simply ends on Ctrl-C.
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        served = axum::serve(listener, router(page)) => Ok(served?),
        () = stopped => Ok(()),
    }
}

async fn listen(port: Option<u16>) -> std::io::Result<TcpListener> {
    match port {
        Some(port) => TcpListener::bind(("127.0.0.1", port)).await,
        None => match TcpListener::bind(("127.0.0.1", USUAL_PORT)).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind(("127.0.0.1", 0)).await,
        },
    }
}

/// Where the page usually is, so that a bookmark keeps working.
const USUAL_PORT: u16 = 8321;

/// Every address of the page.
fn router(page: Arc<Page>) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/-/pulse", get(pages::pulse))
        .route("/-/demo.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/-/demo.js", get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/-/actor", post(acts::become_somebody))
        .route("/-/issues", post(acts::open_issue))
        .route("/-/issues/{number}/comments", post(acts::comment))
        .route("/-/issues/{number}/{act}", post(acts::on_issue))
        .route("/-/comments/{id}/{act}", post(acts::on_comment))
        .route("/-/pulls/{number}/review", post(pull::review))
        .route("/-/threads/{id}/{act}", post(pull::on_thread))
        .route("/-/checks/{id}/press", post(pull::press))
        .route("/-/push", post(pull::push))
        .route("/-/warp", post(acts::warp))
        .route("/-/fault", post(acts::fault))
        .route("/-/ci", post(acts::ci))
        .route("/{owner}/{repo}", get(pages::home))
        .route("/{owner}/{repo}/issues", get(pages::issues))
        .route("/{owner}/{repo}/issues/new", get(pages::new_issue))
        .route("/{owner}/{repo}/issues/{number}", get(pages::issue))
        .route("/{owner}/{repo}/pulls", get(pages::pulls))
        .route("/{owner}/{repo}/pull/{number}", get(pages::issue))
        .route("/{owner}/{repo}/tree/{*rest}", get(pages::tree))
        .route("/{owner}/{repo}/blob/{*rest}", get(pages::tree))
        .route("/{owner}/{repo}/commit/{*rest}", get(pages::tree))
        .fallback(pages::nothing_here)
        .layer(middleware::from_fn_with_state(Arc::clone(&page), guard::guard))
        .with_state(page)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], text)
}
