//! The `helpdesk` binary.

use std::process::ExitCode;

use helpdesk::config::Config;
use helpdesk::document::read_folder;
use helpdesk::http::serve;
use helpdesk::rag::Rag;

fn main() -> ExitCode {
    let config = match Config::parse(std::env::args().skip(1)) {
        Ok(config) => config,
        Err(message) => {
            eprintln!("helpdesk: {message}\nusage: helpdesk <folder> [port]");
            return ExitCode::from(2);
        }
    };
    let result = read_folder(&config.documents)
        .and_then(|documents| serve(&Rag::new(documents), config.port));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helpdesk: {error}");
            ExitCode::FAILURE
        }
    }
}
