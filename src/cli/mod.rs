//! The command line: one file for each verb.

pub mod checkout;
pub mod demo;
pub mod route;
pub mod serve;
mod terminal;
pub mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::base::{Clock, SystemClock};
use crate::engine::router_settings;

/// Carries a GitHub issue from opened to done with the cheapest model that can do each step.
#[derive(Parser, Debug)]
#[command(name = "baton", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    Demo(demo::DemoArgs),
    Route(route::RouteArgs),
    Serve(serve::ServeArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut err = std::io::stderr().lock();
    match &cli.verb {
        Verb::Route(args) => {
            let settings = router_settings(SystemClock.now());
            let (mut stdin, mut out) = (std::io::stdin().lock(), std::io::stdout().lock());
            route::run(args, &settings, &mut stdin, &mut out, &mut err)
        }
        Verb::Demo(args) => {
            drop(err);
            demo::run(args, &mut std::io::stdout(), &mut std::io::stderr())
        }
        Verb::Serve(args) => {
            drop(err);
            serve::run(args, &mut std::io::stderr())
        }
    }
}
