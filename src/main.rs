//! The binary: hands the command line to [`baton::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    baton::cli::main()
}
