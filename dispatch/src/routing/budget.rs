//! The length of a search.

/// When a search ends.
#[derive(Clone, Copy)]
pub enum Budget<'b> {
    /// After this many iterations; the plan is reproducible.
    Iterations(u64),
    /// When the function returns 1. It returns the fraction of the time that is spent, by the
    /// caller's clock.
    Until(&'b (dyn Fn() -> f64 + Sync)),
}

impl Budget<'_> {
    /// The fraction that is spent after `done` iterations.
    #[expect(clippy::cast_precision_loss, reason = "a part, not a count")]
    pub(super) fn spent(&self, done: u64) -> f64 {
        match self {
            Self::Iterations(0) => 1.0,
            Self::Iterations(all) => done as f64 / *all as f64,
            Self::Until(clock) => clock(),
        }
    }
}
