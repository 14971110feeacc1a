//! Offers for spans of days.

use super::instance::Seconds;

/// An offer for a span of days, such as a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// The first of the days.
    pub first_day: i32,
    /// The last of the days.
    pub last_day: i32,
    /// The most service and travel together on these days.
    pub most: Seconds,
    /// The load carried before that counts for these days.
    pub carried: Seconds,
}

impl Quota {
    /// Its numbers, without signs of days.
    pub(super) fn numbers(&self) -> [Seconds; 4] {
        let days = [self.first_day.saturating_abs(), self.last_day.saturating_abs()];
        [days[0], days[1], self.most, self.carried]
    }

    /// Whether it is for this day.
    pub fn covers(&self, day: i32) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

/// Whether no day is in two of the spans, and none ends before it begins.
pub(super) fn are_apart(quotas: &[Quota]) -> bool {
    let mut days: Vec<_> = quotas.iter().map(|quota| (quota.first_day, quota.last_day)).collect();
    days.sort_unstable();
    days.iter().all(|(first, last)| first <= last)
        && days.windows(2).all(|pair| pair[0].1 < pair[1].0)
}
