//! Child processes that do not outlive their parent's interest.

use std::process::Child;

/// Ends a child, and only it, when dropped.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Takes charge of a child.
    #[must_use]
    pub(crate) fn new(child: Child) -> Self {
        Self(child)
    }

    /// The child.
    #[must_use]
    pub(crate) fn child(&self) -> &Child {
        &self.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A child that has ended by itself is what we want; there is nothing else to do about it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
