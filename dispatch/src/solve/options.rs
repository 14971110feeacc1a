//! Weights and length of the search.

use serde::{Deserialize, Serialize};

use crate::routing::Weights;
use gridward_domain::area::Level;

/// Options of a plan; the default is for the plan of a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The same seed and iterations give the same plan.
    pub seed: u64,
    /// Ruin-and-recreate iterations for each visit of a part.
    pub iterations: u64,
    /// The weight of each tier.
    pub weights: Weights,
    /// The level up to which volunteers help where those who serve a grid cannot make all visits;
    /// [`Level::Grid`] means no help.
    pub reach: Level,
    /// Whether the explanation of a served visit counts the other volunteers who could make it, names
    /// alternatives and says why it is on its day. Without, [`super::Why::others`] is zero,
    /// [`super::Why::next`] is empty and [`super::Why::day`] is `None`: for plans of which only the measures
    /// and the unserved visits are shown.
    pub alternatives: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            iterations: 200,
            weights: Weights::default(),
            reach: Level::Grid,
            alternatives: true,
        }
    }
}
