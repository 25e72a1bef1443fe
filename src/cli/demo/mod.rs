//! `baton demo`: Baton without an account, a key or a network. `--script tour` tells one story on
//! the terminal and holds it against the story it should be.

pub mod tour;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

/// Try Baton on this machine: no account, no key, nothing leaves it.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Run this story on the terminal; the exit code says whether it ended as it should.
    #[arg(long, value_name = "NAME")]
    script: Script,
}

/// A story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Script {
    /// An issue goes in, a committed plan comes out.
    Tour,
}

/// Runs the verb.
pub fn run(args: &DemoArgs, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return refuse(err, &format!("the runtime does not start: {problem}")),
    };
    let outcome = match args.script {
        Script::Tour => runtime.block_on(tour::run(out)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => refuse(err, &problem.to_string()),
    }
}

fn refuse(err: &mut dyn Write, problem: &str) -> ExitCode {
    let _ = writeln!(err, "baton demo: {problem}");
    ExitCode::FAILURE
}
