//! The command line: one file for each verb.

pub mod checkout;
pub mod demo;
mod forward_clock;
pub mod handoffs;
pub mod local_plan;
pub mod route;
pub mod serve;
mod terminal;
pub mod world;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::base::{Clock, SystemClock};
use crate::engine::router_settings;
use crate::render::help;

const EXAMPLES: &str = "\
Examples:
  baton demo                            a playground in the browser; no account, no key
  baton route \"Fix typo in README.md\"   which model should do this, and why

`baton help <verb>` says more about a verb, `baton help commands` what to write on GitHub.";

/// Carries a GitHub issue from opened to done with the cheapest model that can do each step.
#[derive(Parser, Debug)]
#[command(name = "baton", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    Demo(demo::DemoArgs),
    Route(route::RouteArgs),
    Try(local_plan::TryArgs),
    Serve(serve::ServeArgs),
    Handoffs(handoffs::HandoffsArgs),
    Commands(CommandsArgs),
}

/// List what can be written in comments on GitHub.
#[derive(Args, Debug)]
struct CommandsArgs {}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    // Not locked: what a verb runs in the background may log.
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    match &cli.verb {
        Verb::Demo(args) => demo::run(args, &mut out, &mut err),
        Verb::Route(args) => {
            let settings = router_settings(SystemClock.now());
            route::run(args, &settings, &mut std::io::stdin().lock(), &mut out, &mut err)
        }
        Verb::Try(args) => local_plan::run(args, &mut out, &mut err),
        Verb::Serve(args) => serve::run(args, &mut err),
        Verb::Handoffs(args) => handoffs::run(args, &mut out, &mut err),
        Verb::Commands(CommandsArgs {}) => match out.write_all(help::terminal_help().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
    }
}

/// Reads the arguments. The commands of GitHub stand in the help from their one table.
fn parse<T: Into<std::ffi::OsString> + Clone>(
    arguments: impl IntoIterator<Item = T>,
) -> Result<Cli, clap::Error> {
    let command =
        Cli::command().mut_subcommand("commands", |it| it.after_help(help::terminal_help()));
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::TABLE;

    /// What `baton` answers to these words.
    fn help_of(words: &[&str]) -> String {
        let arguments = std::iter::once("baton").chain(words.iter().copied());
        parse(arguments).map(|_| String::new()).unwrap_or_else(|it| it.to_string())
    }

    #[test]
    fn the_help_names_each_verb_with_one_line() {
        let text = help_of(&["--help"]);
        for verb in ["demo", "route", "try", "serve", "handoffs", "commands"] {
            let line = text.lines().find(|it| it.trim_start().starts_with(&format!("{verb} ")));
            assert!(line.is_some_and(|it| verb.len() + 12 < it.trim().len()), "{verb}\n{text}");
            assert!(help_of(&["help", verb]).contains("Usage:"), "{verb}");
        }
        assert!(text.contains("Examples:"), "{text}");
        assert!(text.lines().all(|it| it.chars().count() <= 100), "{text}");
    }

    #[test]
    fn the_commands_of_github_are_listed() {
        let text = help_of(&["help", "commands"]);
        for row in TABLE {
            assert!(text.contains(&format!("/baton {}", row.name)), "{}\n{text}", row.name);
        }
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_nearest() {
        assert!(help_of(&["dmeo"]).contains("'demo'"));
        assert!(help_of(&["demo", "--script", "other"]).contains("tour"));
        assert!(help_of(&["demo", "--script", "tour", "--port", "1"]).contains("cannot be used"));
    }
}
