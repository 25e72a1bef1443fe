//! Whole stories: people act on GitHub, and the test reads what they see.

mod planning;
