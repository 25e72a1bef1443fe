//! What is known about calls of each level: P(actual level | the table's level), measured.
//!
//! Not yet filled.
