//! Chance from a seed: the same on every machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of draws for one purpose, so that one more draw for people does
/// not move a house.
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

    /// A number from `from` up to, and without, `to`.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        let fraction: f64 = self.0.random();
        from + (to - from) * fraction
    }

    /// A number from 0 up to, and without, `below`.
    pub(super) fn below(&mut self, below: usize) -> usize {
        self.0.random_range(0..below.max(1) as u64).try_into().unwrap_or_default()
    }

    /// Yes, so often of a thousand times.
    pub(super) fn of_thousand(&mut self, times: usize) -> bool {
        self.below(1000) < times
    }

    /// One of `all`, which is not empty, each as likely as its weight.
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

    /// One of `all`, which is not empty.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A number around 0 with deviation 1: the sum of twelve even draws less
    /// six (the central limit theorem).
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.between(0.0, 1.0)).sum::<f64>() - 6.0
    }

    /// 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}
