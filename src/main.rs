//! The binary: hands the command line to [`baton::cli`].

fn main() {}
