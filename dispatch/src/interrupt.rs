//! Ends a computation from outside.
//!
//! The loops of the solver ask an [`Interrupt`] so often that the answer is obeyed at once. It
//! changes no decision: a computation that is not interrupted gives what it would give without.

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

/// The question whether a computation is to end. The first yes is final: the question is not asked
/// again, so that what was left half done is never taken for a result.
pub struct Interrupt<'q> {
    question: &'q (dyn Fn() -> bool + Sync),
    is_set: AtomicBool,
}

/// The computation was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the computation was interrupted")]
pub struct Interrupted;

static NEVER: Interrupt<'static> =
    Interrupt { question: &|| false, is_set: AtomicBool::new(false) };

impl<'q> Interrupt<'q> {
    /// Interrupts when the question is answered with yes.
    pub const fn when(question: &'q (dyn Fn() -> bool + Sync)) -> Self {
        Self { question, is_set: AtomicBool::new(false) }
    }

    /// Never interrupts.
    pub fn never() -> &'static Interrupt<'static> {
        &NEVER
    }

    /// Asks whether the computation is to end.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.was_set() || self.ask()
    }

    /// Whether the question was answered with yes before.
    #[inline]
    pub fn was_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    fn ask(&self) -> bool {
        let ends = (self.question)();
        if ends {
            self.is_set.store(true, Ordering::Relaxed);
        }
        ends
    }

    /// Asks, and fails once the computation is to end.
    ///
    /// # Errors
    /// [`Interrupted`].
    #[inline]
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() { Err(Interrupted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn the_first_yes_is_final() {
        let asked = AtomicUsize::new(0);
        let third = || asked.fetch_add(1, Ordering::Relaxed) == 2;
        let interrupt = Interrupt::when(&third);
        assert_eq!([interrupt.check(), interrupt.check()], [Ok(()), Ok(())]);
        assert!(!interrupt.was_set());
        assert_eq!([interrupt.check(), interrupt.check()], [Err(Interrupted), Err(Interrupted)]);
        assert!(interrupt.was_set());
        assert_eq!(asked.into_inner(), 3, "the question is not asked again");
    }
}
