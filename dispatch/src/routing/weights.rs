//! The cost of a plan, tier by tier.
//!
//! All weights are in seconds of travel. The first two tiers are so far above the others that no
//! sum of those reaches them; the lower tiers are exchanged at stated rates.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::instance::Visit;

/// The weight of each tier against a second of travel.
///
/// **The exchange rate of fairness.** A volunteer with load `l` of `o` offered costs
/// `fairness/100 * l^2 / o`. Moving a second of work from a volunteer at share `a` to one
/// at share `b` is therefore worth `2 * fairness/100 * (a - b)` seconds of travel: with the
/// default of 10, an hour of work moved from a fully loaded volunteer to an idle one is
/// worth 12 minutes of travel, and moved between two with similar loads it is worth almost
/// nothing. It is worth more only where a load exceeds the capacity. A visit of half an hour
/// therefore goes to a stranger only where the shares differ by a third or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// An unserved priority point.
    pub unserved: i64,
    /// A day late, per priority point; an unserved visit counts as made on the day after the last.
    pub late: i64,
    /// A day from the first possible one to the visit, per priority point; an unserved visit counts
    /// as for [`Self::late`].
    pub waiting: i64,
    /// Hundredths of a second of travel for a second of work moved; see above.
    pub fairness: i64,
    /// A hundredth of the largest share.
    pub largest_share: i64,
    /// A visit by a volunteer whom the beneficiary does not know, although they know another.
    pub stranger: i64,
    /// A visit with another volunteer or day than in the previous plan, or now unserved.
    pub moved: i64,
    /// The additional cost of each moved visit from the third on: two people are soon notified,
    /// many amount to a new plan.
    pub moved_many: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            unserved: 1_000_000,
            late: 20_000,
            waiting: 4,
            fairness: 10,
            largest_share: 30,
            stranger: 120,
            moved: 300,
            moved_many: 3_000,
        }
    }
}

/// A weight that is negative, or so large that sums of it might overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the weight {name} must be 0 to {most}")]
pub struct WeightError {
    /// The name of the weight.
    pub name: &'static str,
    /// The largest allowed value.
    pub most: i64,
}

impl Weights {
    /// Validates the weights.
    ///
    /// # Errors
    /// The first weight out of range.
    pub fn validate(&self) -> Result<(), WeightError> {
        let all = [
            ("unserved", self.unserved, 10_000_000),
            ("late", self.late, 1_000_000),
            ("waiting", self.waiting, 10_000),
            // Multiplied by the square of a load; the next by a share in millionths.
            ("fairness", self.fairness, 100),
            ("largest_share", self.largest_share, 10_000),
            ("stranger", self.stranger, 1_000_000),
            ("moved", self.moved, 1_000_000),
            ("moved_many", self.moved_many, 1_000_000),
        ];
        let outside = all.into_iter().find(|(_, weight, most)| !(0..=*most).contains(weight));
        outside.map_or(Ok(()), |(name, _, most)| Err(WeightError { name, most }))
    }

    /// The cost of a day for a visit: of waiting until it, and of being late.
    pub(super) fn delay(&self, visit: &Visit, day: i32) -> i64 {
        let late = self.late.saturating_mul(visit.days_late(day));
        let waiting = self.waiting.saturating_mul(visit.days_waiting(day));
        late.saturating_add(waiting).saturating_mul(visit.priority.into())
    }

    /// How many visits may move before each further one costs more.
    const FEW: i64 = 2;

    /// The cost of this many moved visits beyond [`Self::moved`] for each.
    #[inline]
    pub(super) fn beyond_few(&self, moved: i64) -> i64 {
        self.moved_many * (moved - Self::FEW).max(0)
    }

    /// Travel only, and 10,000 seconds for an unserved priority point: for comparison with solvers
    /// without fairness.
    pub const TRAVEL: Self = Self {
        unserved: 10_000,
        late: 0,
        waiting: 0,
        fairness: 0,
        largest_share: 0,
        stranger: 0,
        moved: 0,
        moved_many: 0,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_what_is_outside_is_named() {
        assert_eq!(Weights::default().validate(), Ok(()));
        assert_eq!(Weights::TRAVEL.validate(), Ok(()));
        let backwards = Weights { stranger: -1, ..Weights::default() };
        let heavy = Weights { fairness: 101, ..Weights::default() };
        assert_eq!(backwards.validate().map_err(|error| error.name), Err("stranger"));
        assert_eq!(heavy.validate(), Err(WeightError { name: "fairness", most: 100 }));
    }
}
