//! What the operator chooses on the command line.

use std::path::PathBuf;

/// The operator's choices.
#[derive(Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder with the documents.
    pub documents: PathBuf,
    /// The port to listen on.
    pub port: u16,
}

impl Config {
    /// Reads `<folder> [port]`.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Config, String> {
        let documents = words.next().ok_or("name the folder with the documents")?.into();
        let port = match words.next() {
            Some(port) => port.parse().map_err(|_| format!("`{port}` is not a port number"))?,
            None => 8080,
        };
        Ok(Config { documents, port })
    }
}
