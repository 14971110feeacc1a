//! Chance, from a seed alone: the same on any machine.

use rand_core::Rng as _;
use rand_pcg::Pcg64Mcg;

/// A stream of chances.
pub(super) struct Rng(Pcg64Mcg);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::new(u128::from(seed) << 1 | 1))
    }

    /// A number below `end`; nothing if that is nothing. Lemire's multiplication
    /// without its rejection: the bias is below `end / 2^32`, which no search can notice.
    #[inline]
    pub(super) fn below(&mut self, end: usize) -> usize {
        let wide = u64::from(self.0.next_u32()) * end as u64;
        usize::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number from 0 up to 1.
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Exponentially distributed with mean 1. By additions and multiplications
    /// alone, which every machine rounds alike: with `u = (1 + f) / 2^k`,
    /// `-ln u = (k - log2(1 + f)) ln 2`, and `log2(1 + f)` by a parabola that is
    /// off by less than 0.01.
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
