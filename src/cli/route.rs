//! `baton route`: the Model Router Analysis of a text, on the terminal. No account, no key, no
//! model.

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::Args;

use crate::domain::classify::{CHARS_MAX, IssueFacts, Tokens};
use crate::domain::route::{RouterSettings, analyse};
use crate::domain::tier::Tier;
use crate::render::{analysis, terminal};

/// A character of UTF-8 has at most four bytes; one more character tells that the text is longer.
const BYTES_MAX: u64 = (CHARS_MAX as u64 + 1) * 4;

/// Say which model should do a piece of work, and why.
#[derive(Args, Debug)]
pub struct RouteArgs {
    /// The request or issue text; `-` reads it from standard input. The first line is its title.
    #[arg(allow_hyphen_values = false)]
    text: String,
    /// Tokens that your session has used.
    #[arg(long, value_name = "N", requires = "tokens_limit")]
    tokens_used: Option<u64>,
    /// Tokens that your session may use.
    #[arg(long, value_name = "N", requires = "tokens_used")]
    tokens_limit: Option<u64>,
    /// Tokens that your session has left, instead of the two above.
    #[arg(long, value_name = "N", conflicts_with_all = ["tokens_used", "tokens_limit"])]
    tokens: Option<u64>,
    /// The model of your session, as you call it.
    #[arg(long, value_name = "NAME")]
    current_model: Option<String>,
    /// A label of the issue; may be repeated.
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// Use this tier whatever the scores say: haiku, sonnet or opus.
    #[arg(long, value_name = "TIER")]
    model: Option<Tier>,
    /// Prefer to save tokens.
    #[arg(long)]
    token_efficient: bool,
    /// Print one JSON object.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
    /// Print weights, evidence, complexity, probabilities and cost below the report.
    #[arg(long)]
    explain: bool,
}

/// Runs the verb: reads from `stdin` when asked to, prints the analysis to `out` and what went
/// wrong to `err`.
pub fn run(
    args: &RouteArgs,
    settings: &RouterSettings,
    stdin: &mut dyn Read,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    match report(args, settings, stdin) {
        Ok((text, cut)) => {
            if cut {
                let _ =
                    writeln!(err, "baton route: cut: only the first 20,000 characters were read");
            }
            // A closed pipe (`| head`) is the reader's choice, not a failure of ours to explain.
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
        Err(problem) => {
            let _ = writeln!(err, "baton route: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Why a text could not be analysed, for the person at the terminal.
#[derive(Debug, thiserror::Error)]
enum RouteError {
    #[error("there is no text to analyse; give it as an argument, or `-` and pipe it in")]
    Empty,
    #[error("standard input cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

fn report(
    args: &RouteArgs,
    settings: &RouterSettings,
    stdin: &mut dyn Read,
) -> Result<(String, bool), RouteError> {
    let text = match args.text.as_str() {
        "-" => read_bounded(stdin)?,
        text => text.to_owned(),
    };
    if !text.chars().any(char::is_alphanumeric) {
        return Err(RouteError::Empty);
    }
    let analysis = analyse(&facts(args, &text), settings);
    let mut res = if args.json { analysis::json(&analysis) } else { terminal::report(&analysis) };
    if args.explain {
        res.push('\n');
        res.push_str(&terminal::explanation(&analysis));
    }
    Ok((res, analysis.classification.cut))
}

/// Reads no more than can be used; the rest of a huge input is left unread. What is not UTF-8 is
/// replaced.
fn read_bounded(stdin: &mut dyn Read) -> Result<String, std::io::Error> {
    let mut bytes = Vec::new();
    stdin.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn facts(args: &RouteArgs, text: &str) -> IssueFacts {
    let tokens = match (args.tokens_used, args.tokens_limit, args.tokens) {
        (Some(used), Some(limit), _) => Some(Tokens::of(used, limit)),
        (_, _, left) => left.map(Tokens::left),
    };
    IssueFacts {
        labels: args.labels.clone(),
        tokens,
        current_model: args.current_model.clone(),
        token_efficient: args.token_efficient,
        model_override: args.model,
        ..IssueFacts::from_text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        route: RouteArgs,
    }

    /// Runs the verb and gives standard output, standard error and whether it went well.
    fn run_with(args: &[&str], stdin: &[u8]) -> (String, String, bool) {
        let cli = Cli::try_parse_from([&["route"], args].concat()).unwrap();
        let (mut out, mut err, mut stdin) = (Vec::new(), Vec::new(), stdin);
        let settings = RouterSettings::default();
        let code = run(&cli.route, &settings, &mut stdin, &mut out, &mut err);
        let text = |it| String::from_utf8(it).unwrap();
        (text(out), text(err), code == ExitCode::SUCCESS)
    }

    #[test]
    fn standard_input_is_read_like_an_argument() {
        let (typed, _, _) = run_with(&["Fix typo in SECURITY.md"], b"");
        let (piped, _, ok) = run_with(&["-"], b"Fix typo in SECURITY.md\n");
        assert!(ok && typed == piped);
        assert!(typed.contains("Recommended Model: Haiku\n🎯 Confidence: 100%"), "{typed}");
    }

    #[test]
    fn empty_text_is_refused_in_one_sentence() {
        for text in ["", "   \n", "!?"] {
            let (out, err, ok) = run_with(&[text], b"");
            assert!(!ok && out.is_empty(), "{text:?}");
            assert_eq!(err.lines().count(), 1);
            assert!(err.contains("no text to analyse"), "{err}");
        }
        assert!(!run_with(&["-"], b"").2);
    }

    #[test]
    fn huge_and_broken_input_is_bounded() {
        let huge = b"Design \xff\x00 the system. ".repeat(50_000);
        let (out, err, ok) = run_with(&["-", "--json"], &huge);
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(ok && err.contains("cut"), "{err}");
        assert_eq!(value["cut"], true);
    }

    #[test]
    fn tokens_come_in_pairs_or_as_a_rest() {
        let parse = |args: &[&str]| Cli::try_parse_from([&["route", "x"], args].concat()).is_ok();
        assert!(parse(&["--tokens", "5"]));
        assert!(parse(&["--tokens-used", "5", "--tokens-limit", "9"]));
        assert!(!parse(&["--tokens-used", "5"]));
        assert!(!parse(&["--tokens", "5", "--tokens-used", "5", "--tokens-limit", "9"]));
        assert!(!parse(&["--model", "gpt"]));
    }
}
