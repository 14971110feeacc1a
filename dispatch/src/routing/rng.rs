//! Pseudo-random numbers from a seed, the same on any machine.

use rand_core::Rng as _;
use rand_pcg::Pcg64Mcg;

/// A pseudo-random number generator.
pub(super) struct Rng(Pcg64Mcg);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::new(u128::from(seed) << 1 | 1))
    }

    /// A number below `end`; zero if that is zero. Lemire's multiplication without rejection: the
    /// bias is below `end / 2^32`, which is negligible here.
    #[inline]
    pub(super) fn below(&mut self, end: usize) -> usize {
        let wide = u64::from(self.0.next_u32()) * end as u64;
        usize::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number in [0, 1).
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Exponentially distributed with mean 1. Uses additions and multiplications only, which every
    /// machine rounds alike: with `u = (1 + f) / 2^k`, `-ln u = (k - log2(1 + f)) ln 2`, where
    /// `log2(1 + f)` is approximated by a parabola with an error below 0.01.
    #[inline]
    pub(super) fn exponential(&mut self) -> f64 {
        let bits = self.0.next_u64() | 1;
        let zeros = bits.leading_zeros();
        let mantissa = (bits << zeros) >> 32;
        let fraction =
            f64::from(u32::try_from(mantissa).unwrap_or(0) & 0x7fff_ffff) / 2_147_483_648.0;
        let log = fraction + 0.345 * fraction * (1.0 - fraction);
        (f64::from(zeros) + 1.0 - log) * std::f64::consts::LN_2
    }
}
