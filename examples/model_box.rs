//! Serves the demo's model on a free port of 127.0.0.1 until its standard input ends: for trying
//! `baton serve` against a GitHub without a key for a model. Prints the base URL.
#![expect(clippy::print_stdout, reason = "an example prints its address")]

use std::io::Read;
use std::sync::Arc;

use baton::base::SystemClock;
use baton::sandbox::model::{Mode, ModelConfig, ModelServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = ModelServer::start(ModelConfig::new(Mode::Planner, Arc::new(SystemClock))).await?;
    println!("{}", server.base_url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
