//! What a plan costs, tier by tier.
//!
//! Everything is weighed in seconds of travel. The first two tiers are set so
//! far above the others that no sum of those reaches them; the tiers below are
//! exchanged at stated rates.

use serde::{Deserialize, Serialize};

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
#[serde(default)]
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

impl Weights {
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
