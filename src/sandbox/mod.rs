//! GitHub and a model in a box, for the demo and the tests: they speak only HTTP and use nothing of
//! ours but [`base`](crate::base).

pub mod model;
