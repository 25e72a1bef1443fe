//! `baton demo`: Baton without an account, a key or a network. Without arguments it opens a
//! playground in the browser (`page`); `--script tour` tells one story on the terminal and holds it
//! against the story it should be (`tour`).

mod page;
pub mod tour;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::checkout::{self, Checkout};
use crate::settings;

/// Try Baton on this machine: no account, no key.
///
/// Opens a page on 127.0.0.1 that looks like GitHub, with the real service behind it. A model in a
/// box plans; with ANTHROPIC_API_KEY set, Claude does, and that costs money.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Run this story on the terminal instead; the exit code says whether it ended as it should.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["port", "repo"])]
    script: Option<Script>,
    /// Serve the page on this port. Default: 8321, or a free one if that is taken.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Play with the files of this folder (as one commit) instead of the bundled sample. The
    /// folder itself is only read.
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
}

/// A story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Script {
    /// From an issue to a merged pull request.
    Tour,
}

/// Runs the verb.
pub fn run(args: &DemoArgs, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return refuse(err, &format!("the runtime does not start: {problem}")),
    };
    if args.script == Some(Script::Tour) {
        return match runtime.block_on(tour::run(out)) {
            Ok(_) => ExitCode::SUCCESS,
            Err(problem) => refuse(err, &problem.to_string()),
        };
    }
    let ground = match ground(args) {
        Ok(ground) => ground,
        Err(problem) => return refuse(err, &problem),
    };
    match runtime.block_on(page::serve(ground, out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => refuse(err, &problem.to_string()),
    }
}

fn ground(args: &DemoArgs) -> Result<page::Ground, String> {
    let checkout = args.repo.as_deref().map(checkout::read).transpose();
    let checkout = checkout.map_err(|it| it.to_string())?;
    let model = settings::model_from_environment().map_err(|it| it.to_string())?;
    let files = checkout.map(|Checkout { name, files }| (name, files));
    Ok(page::Ground { port: args.port, files, model })
}

fn refuse(err: &mut dyn Write, problem: &str) -> ExitCode {
    let _ = writeln!(err, "baton demo: {problem}");
    ExitCode::FAILURE
}
