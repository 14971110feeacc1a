//! What a plan costs, tier by tier.
//!
//! Everything is weighed in seconds of travel. The first two tiers are set so
//! far above the others that no sum of those reaches them; the tiers below are
//! exchanged at stated rates.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What each tier weighs against a second of travel.
///
/// **The exchange rate of fairness.** A volunteer with load `l` of `o` offered
/// costs `fairness/100 * l^2 / o`. Moving a second of work from somebody at share
/// `a` to somebody at share `b` is therefore worth `2 * fairness/100 * (a - b)`
/// seconds of travel: with the default of 10, an hour's work moved from one who
/// is fully loaded to one who has nothing is worth 12 minutes on the road, and
/// moved between two who carry nearly alike it is worth next to nothing. It is
/// more than that only where somebody carries more than they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// A priority point that is left unserved.
    pub unserved: i64,
    /// A day that a visit is late, for each of its priority points; one that is left
    /// out is late by the day after the last.
    pub late: i64,
    /// Hundredths of a second of travel for a second of work moved; see above.
    pub fairness: i64,
    /// A hundredth by which the largest share of all is larger.
    pub largest_share: i64,
    /// A visit by somebody whom the beneficiary does not know although they know somebody.
    pub stranger: i64,
    /// A visit that goes to somebody else, or on another day, than the plan that stands
    /// says, or to nobody any more.
    pub moved: i64,
    /// What each costs besides from the third on: two calls are soon made, but who has
    /// to call many makes a new plan.
    pub moved_many: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            unserved: 1_000_000,
            late: 20_000,
            fairness: 10,
            largest_share: 30,
            stranger: 30,
            moved: 300,
            moved_many: 3_000,
        }
    }
}

/// A weight that is below nothing, or so large that sums of it might not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the weight {name} is 0 to {most}")]
pub struct WeightError {
    /// Which.
    pub name: &'static str,
    /// The most it may be.
    pub most: i64,
}

impl Weights {
    /// Whether they are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn validate(&self) -> Result<(), WeightError> {
        let all = [
            ("unserved", self.unserved, 10_000_000),
            ("late", self.late, 1_000_000),
            // It is multiplied by a load squared, the next by a share in millionths.
            ("fairness", self.fairness, 100),
            ("largest_share", self.largest_share, 10_000),
            ("stranger", self.stranger, 1_000_000),
            ("moved", self.moved, 1_000_000),
            ("moved_many", self.moved_many, 1_000_000),
        ];
        let outside = all.into_iter().find(|(_, weight, most)| !(0..=*most).contains(weight));
        outside.map_or(Ok(()), |(name, _, most)| Err(WeightError { name, most }))
    }

    /// How many visits may move before the others cost more.
    const FEW: i64 = 2;

    /// What so many moved visits cost beyond [`Self::moved`] for each.
    #[inline]
    pub(super) fn beyond_few(&self, moved: i64) -> i64 {
        self.moved_many * (moved - Self::FEW).max(0)
    }

    /// Travel alone, and 10,000 seconds for a priority point left unserved: how
    /// solvers that know no fairness are compared.
    pub const TRAVEL: Self = Self {
        unserved: 10_000,
        late: 0,
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
