//! The length of a search.

use crate::interrupt::Interrupt;

/// When a search ends.
#[derive(Clone, Copy)]
pub enum Budget<'b> {
    /// After this many iterations; the plan is reproducible.
    Iterations(u64),
    /// After this many iterations, or soon after the interrupt is set; then the plan is any that keeps
    /// the rules.
    Interruptible(u64, &'b Interrupt<'b>),
    /// When the function returns 1. It returns the fraction of the time that is spent, by the
    /// caller's clock.
    Until(&'b (dyn Fn() -> f64 + Sync)),
}

impl<'b> Budget<'b> {
    /// What ends the search early.
    pub(super) fn interrupt(&self) -> &'b Interrupt<'b> {
        match self {
            Self::Interruptible(_, interrupt) => interrupt,
            Self::Iterations(_) | Self::Until(_) => Interrupt::never(),
        }
    }

    /// The fraction that is spent after `done` iterations.
    #[expect(clippy::cast_precision_loss, reason = "a part, not a count")]
    pub(super) fn spent(&self, done: u64) -> f64 {
        match self {
            Self::Interruptible(_, interrupt) if interrupt.is_set() => 1.0,
            Self::Iterations(0) | Self::Interruptible(0, _) => 1.0,
            Self::Iterations(all) | Self::Interruptible(all, _) => done as f64 / *all as f64,
            Self::Until(clock) => clock(),
        }
    }
}
