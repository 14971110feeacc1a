//! How to weigh and how long to search.

use serde::{Deserialize, Serialize};

use crate::routing::Weights;
use gridward_domain::area::Level;

/// How a plan is to be drawn up; the default is what a district runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The same seed and iterations give the same plan.
    pub seed: u64,
    /// How often the search takes something out and puts it back, for each visit
    /// of a part.
    pub iterations: u64,
    /// What each tier weighs.
    pub weights: Weights,
    /// Up to which level people are asked to help where those who serve a grid
    /// cannot do all; [`Level::Grid`]: nobody is asked.
    pub reach: Level,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, iterations: 200, weights: Weights::default(), reach: Level::Grid }
    }
}
