//! How long to search.

/// When a search ends.
#[derive(Clone, Copy)]
pub enum Budget<'b> {
    /// After so many ruins; the same plan every time.
    Iterations(u64),
    /// When this says 1: what part of the time is spent, from 0 to 1. The clock is
    /// the caller's.
    Until(&'b (dyn Fn() -> f64 + Sync)),
}

impl Budget<'_> {
    /// The part that is spent after `done` iterations.
    #[expect(clippy::cast_precision_loss, reason = "a part, not a count")]
    pub(super) fn spent(&self, done: u64) -> f64 {
        match self {
            Self::Iterations(0) => 1.0,
            Self::Iterations(all) => done as f64 / *all as f64,
            Self::Until(clock) => clock(),
        }
    }
}
