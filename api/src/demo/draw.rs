//! Seeded random draws, the same on every machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of draws for one purpose: additional draws for one purpose do not change
/// another.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        for (place, byte) in key[8..].iter_mut().zip(purpose.bytes()) {
            *place = byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from `from`, inclusive, to `to`, exclusive.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        let fraction: f64 = self.0.random();
        from + (to - from) * fraction
    }

    /// A number from 0, inclusive, to `below`, exclusive.
    pub(super) fn below(&mut self, below: usize) -> usize {
        self.0.random_range(0..below.max(1) as u64).try_into().unwrap_or_default()
    }

    /// `true` with a probability in thousandths.
    pub(super) fn of_thousand(&mut self, times: usize) -> bool {
        self.below(1000) < times
    }

    /// An element of `all`, which is not empty, with a probability by weight.
    pub(super) fn weighted<T: Copy>(&mut self, all: &[(T, usize)]) -> T {
        let sum: usize = all.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(sum);
        for (one, weight) in all {
            match at.checked_sub(*weight) {
                None => return *one,
                Some(rest) => at = rest,
            }
        }
        all[all.len() - 1].0
    }

    /// An element of `all`, which is not empty.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A number with mean 0 and standard deviation 1: the sum of twelve uniform draws
    /// minus six (the central limit theorem).
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.between(0.0, 1.0)).sum::<f64>() - 6.0
    }

    /// 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}
