//! Asking a tool to stop: from outside, because only whoever waits for its answer knows for how
//! long, and whether still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by a tool, which looks at it again and again, and by whoever waits for the tool.
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<AtomicBool>);

impl Halt {
    /// Asks the tool to stop. There is no way back.
    pub fn call(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_called(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
