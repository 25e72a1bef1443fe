//! A GitHub and a model in a box: `baton demo` and the tests run the real service against them.
//!
//! Both speak HTTP on 127.0.0.1 and nothing else; they know nothing of Baton but its `base`
//! words, so that they cannot share a misunderstanding with the code they are there to try.
//!
//! * [`git`] is a real object store: what the box holds, `git log` reads.
//! * [`github`] is one stateful value served over REST, which emits signed webhooks for every
//!   change, whoever made it.
//! * [`model`] answers like Anthropic's Messages API.

pub mod git;
pub mod github;
pub mod model;
