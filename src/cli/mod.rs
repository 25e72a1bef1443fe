//! The command line: one file for each verb.

pub mod route;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::domain::route::RouterSettings;

/// Carries a GitHub issue from opened to done with the cheapest model that can do each step.
#[derive(Parser, Debug)]
#[command(name = "baton", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    Route(route::RouteArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut stdin, mut out) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut err = std::io::stderr().lock();
    match &cli.verb {
        Verb::Route(args) => {
            route::run(args, &RouterSettings::default(), &mut stdin, &mut out, &mut err)
        }
    }
}
