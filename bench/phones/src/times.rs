//! Sorted durations and their quantiles.

use std::fmt;
use std::time::Duration;

/// Durations in ascending order.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts the durations.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The quantile in thousandths, by nearest rank; zero without durations.
    pub fn quantile(&self, of_thousand: usize) -> Duration {
        let rank = (self.0.len() * of_thousand).div_ceil(1000);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Their number.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, longest] = [500, 990, 1000].map(|quantile| self.quantile(quantile));
        write!(f, "median {p50:.1?}, p99 {p99:.1?}, longest {longest:.1?}")
    }
}

/// The rate per second; zero for no time.
pub fn per_second(count: usize, took: Duration) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if took.is_zero() { 0.0 } else { count / took.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_measured_duration() {
        let times = Times::of((1..=100).rev().map(Duration::from_millis).collect());
        let quantiles = [0, 500, 990, 1000].map(|quantile| times.quantile(quantile).as_millis());
        assert_eq!(quantiles, [1, 50, 99, 100]);
        assert_eq!(Times::default().quantile(990), Duration::ZERO);
    }

    #[test]
    fn a_rate_is_per_second() {
        assert!((per_second(30, Duration::from_millis(1500)) - 20.0).abs() < 1e-9);
        assert!(per_second(30, Duration::ZERO).abs() < 1e-9);
    }
}
