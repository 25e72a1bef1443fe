//! Answers questions from a folder of documents.

pub mod config;
pub mod document;
pub mod tokenize;
pub mod index;
pub mod rag;
pub mod http;
