//! `baton serve`: the service, configured by the environment.

use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::app::{Service, listen, provider};
use crate::base::SystemClock;
use crate::cli::forward_clock::ForwardClock;
use crate::github::client::{App, GitHubError, Identity, address_of_api, private_key};
use crate::settings::{self, Checks, Settings};

/// Serves webhooks and works on what they ask for.
///
/// Everything is set by environment variables: APP_ID, PRIVATE_KEY or PRIVATE_KEY_PATH,
/// WEBHOOK_SECRET, GITHUB_API_URL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, BATON_MODE, BATON_STOP,
/// BATON_BOTS, BATON_APPROVE_BY_REVIEW, BATON_IMPLEMENT_ON_APPROVAL, BATON_ESCALATE_ON,
/// BATON_CI_NONE, BATON_DATA_DIR or DATABASE_URL, HOST, PORT, LOG_LEVEL, LOG_FORMAT.
#[derive(Args, Debug)]
pub struct ServeArgs {}

/// How long until GitHub is greeted again: soon enough for somebody who watches `/health`.
const GREET_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Runs until it is told to stop by SIGTERM or SIGINT.
pub fn run(_args: &ServeArgs, err: &mut dyn Write) -> ExitCode {
    let checks = Checks {
        key: &|it| private_key(it).map(drop).map_err(|it| it.to_string()),
        api_url: &|it| address_of_api(it).map(drop).map_err(|it| it.to_string()),
        model: &|it| provider(it).map(drop).map_err(|it| it.to_string()),
    };
    let settings = match settings::from_environment(&checks) {
        Ok(settings) => settings,
        Err(problem) => return refuse(err, &problem.to_string()),
    };
    start_logging(&settings);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return refuse(err, &format!("the runtime does not start: {problem}")),
    };
    match runtime.block_on(serve(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => refuse(err, &problem.to_string()),
    }
}

fn refuse(err: &mut dyn Write, problem: &str) -> ExitCode {
    let _ = writeln!(err, "baton serve: {problem}");
    ExitCode::FAILURE
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let stop = stop_on_signals()?;
    let service = Service::build(settings, Arc::new(ForwardClock::new(SystemClock))).await?;
    let listener = listen(settings.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!(
        %address,
        mode = settings.mode.name(),
        planning = settings.model.is_some(),
        "serving; webhooks go to /webhooks/github"
    );
    if settings.model.is_none() {
        tracing::warn!("planning needs ANTHROPIC_API_KEY; routing works without");
    }
    if let Some(github) = &settings.github {
        tokio::spawn(greet(service.engine.github.clone(), github.api_url.clone()));
    }
    service.run(listener, stop).await?;
    Ok(())
}

/// Asks GitHub who the App is, so that a wrong key or address is told at once and not with the
/// first delivery. Deliveries are written down all the same. While no sensible answer comes it is
/// asked again, so that `/health` says when GitHub is back, and each trouble is told once.
async fn greet(github: App, address: String) {
    let mut told = None;
    loop {
        let error = match github.identity().await {
            Ok(Identity { slug: Some(slug), .. }) => {
                tracing::info!(slug, "GitHub knows the App");
                return;
            }
            Ok(Identity { slug: None, .. }) => return,
            Err(error) => error,
        };
        let advice = advice(&error);
        if told.replace(advice) != Some(advice) {
            tracing::warn!(address, %error, "{advice}; deliveries are written down meanwhile");
        }
        if !error.retryable() {
            return;
        }
        tokio::time::sleep(GREET_AGAIN_AFTER).await;
    }
}

/// What an operator can do about an error of the greeting.
fn advice(error: &GitHubError) -> &'static str {
    match error {
        GitHubError::Network { .. } => {
            "GITHUB_API_URL: nothing answers at this address; check it for a slip, and that this \
             machine may reach it (DNS, firewall, certificate)"
        }
        GitHubError::Unauthorized => "GitHub does not know this App by APP_ID and PRIVATE_KEY",
        GitHubError::RateLimited { .. }
        | GitHubError::SecondaryLimit { .. }
        | GitHubError::Server(_) => "GitHub has trouble or asks for patience; it is asked again",
        GitHubError::Forbidden(_)
        | GitHubError::NotFound
        | GitHubError::Gone
        | GitHubError::Conflict { .. }
        | GitHubError::Unprocessable { .. }
        | GitHubError::NotFastForward
        | GitHubError::Unexpected { .. } => {
            "GITHUB_API_URL: what answers at this address is not GitHub's API; write \
             https://api.github.com, or https://HOST/api/v3 for a GitHub Enterprise Server"
        }
    }
}

/// A token that SIGTERM and SIGINT cancel.
fn stop_on_signals() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; ask again to stop without waiting");
        cancelled.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Nothing is lost by it: what is under way is looked up and taken over after the start.
        tracing::warn!("stopped without waiting");
        std::process::exit(1);
    });
    Ok(stop)
}

fn start_logging(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log_level);
    let bad_filter = filter.as_ref().err().map(ToString::to_string);
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people: in a file or a journal their codes are noise.
    let is_watched = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_watched);
    if settings.log_json {
        builder.json().init();
    } else {
        builder.with_target(false).init();
    }
    if let Some(problem) = bad_filter {
        tracing::warn!(problem, "LOG_LEVEL cannot be read; logging at `info`");
    }
}
