//! How to weigh and how long to search.

use serde::{Deserialize, Serialize};

use crate::time::Minutes;

/// How a plan is to be drawn up; the default is what a district runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The same seed gives the same plan. The construction makes no random
    /// choice, so today every seed gives the same plan.
    pub seed: u64,
    /// How many improvements to try after the construction. There is no
    /// improvement yet, so today this changes nothing.
    pub iterations: u64,
    /// How many minutes of travel it is worth that a visit goes to someone who
    /// carries nothing and not to someone who then carries all they offered;
    /// in between in proportion.
    pub fairness: Minutes,
    /// How many minutes of travel it is worth that the beneficiary knows the one who comes.
    pub familiarity: Minutes,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, iterations: 0, fairness: Minutes(30), familiarity: Minutes(5) }
    }
}
