//! The calls to GitHub.
