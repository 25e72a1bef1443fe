//! The one endpoint: `GET /answer?q=…`, one request after another.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::rag::Rag;

/// Serves until the process ends.
pub fn serve(rag: &Rag, port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    for stream in listener.incoming() {
        if let Err(error) = stream.and_then(|it| respond(rag, it)) {
            eprintln!("a request failed: {error}");
        }
    }
    Ok(())
}

/// The question of a request line, if it asks one.
pub fn question(request_line: &str) -> Option<String> {
    let path = request_line.strip_prefix("GET ")?.split(' ').next()?;
    Some(path.strip_prefix("/answer?q=")?.replace('+', " "))
}

fn respond(rag: &Rag, mut stream: TcpStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    match question(&line) {
        Some(question) => {
            let answer = rag.answer(&question);
            let body = format!("{}\nsources: {}\n", answer.text, answer.sources.join(", "));
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
        None => write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    }
}
