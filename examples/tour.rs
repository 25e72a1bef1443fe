//! Prints the tour of `baton demo --script tour` without holding it against what it should be:
//! `cargo run --example tour > src/cli/demo/tour/story.txt` writes the story anew.

use std::process::ExitCode;

use baton::cli::demo::tour;

#[tokio::main]
async fn main() -> ExitCode {
    match tour::tell(&mut std::io::stdout()).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!(%problem, "the tour cannot be told");
            ExitCode::FAILURE
        }
    }
}
