//! What a plan favours: short ways, equal shares, known people or early days.

use gridward_dispatch::routing::Weights;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::{FieldError, Problem};

/// The range of a percentage.
const RANGE: std::ops::RangeInclusive<i32> = 40..=400;

/// What a plan favours among plans that serve the same visits in time, in percent of the usual
/// weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "near": 100, "fair": 200, "familiar": 100, "soon": 100 }))]
pub struct PlanWeights {
    /// Short ways.
    #[schema(minimum = 40, maximum = 400, default = 100)]
    pub near: i32,
    /// Equal shares of what people offer.
    #[schema(minimum = 40, maximum = 400, default = 100)]
    pub fair: i32,
    /// Visits by people whom the beneficiary knows.
    #[schema(minimum = 40, maximum = 400, default = 100)]
    pub familiar: i32,
    /// Early days.
    // Servers of earlier versions, which read stored orders strictly, do not know it.
    #[serde(skip_serializing_if = "is_usual")]
    #[schema(minimum = 40, maximum = 400, default = 100)]
    pub soon: i32,
}

/// Whether a percentage is the usual one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_usual(percent: &i32) -> bool {
    *percent == 100
}

impl Default for PlanWeights {
    fn default() -> Self {
        Self { near: 100, fair: 100, familiar: 100, soon: 100 }
    }
}

impl PlanWeights {
    /// Whether nothing is favoured.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The percentages out of range.
    pub fn faults(&self) -> impl Iterator<Item = FieldError> + use<> {
        let all = [
            ("near", self.near),
            ("fair", self.fair),
            ("familiar", self.familiar),
            ("soon", self.soon),
        ];
        all.into_iter().filter(|(_, percent)| !RANGE.contains(percent)).map(|(name, _)| {
            let detail = format!("must be from {} to {}", RANGE.start(), RANGE.end());
            FieldError::new(format!("/weights/{name}"), detail)
        })
    }

    /// The weights of the solver, which are relative to travel.
    ///
    /// # Errors
    /// 422 that names the percentages out of range.
    pub fn weights(&self) -> Result<Weights, Problem> {
        Problem::refuse(self.faults())?;
        let usual = Weights::default();
        let scaled = |weight: i64, percent: i32| weight * i64::from(percent) / i64::from(self.near);
        Ok(Weights {
            fairness: scaled(usual.fairness, self.fair),
            largest_share: scaled(usual.largest_share, self.fair),
            stranger: scaled(usual.stranger, self.familiar),
            waiting: scaled(usual.waiting, self.soon),
            ..usual
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_percentages_give_the_usual_weights_and_every_other_is_valid() {
        let usual = PlanWeights::default().weights();
        assert_eq!(usual.ok(), Some(Weights::default()));
        let ends = [*RANGE.start(), *RANGE.end()];
        for choice in 0..16_usize {
            let [near, fair, familiar, soon] = [0, 1, 2, 3].map(|bit| ends[(choice >> bit) & 1]);
            let weights = PlanWeights { near, fair, familiar, soon }.weights();
            assert!(weights.is_ok_and(|weights| weights.validate().is_ok()));
        }
    }

    #[test]
    fn a_percentage_out_of_range_is_named() {
        let problem = PlanWeights { fair: -1, ..PlanWeights::default() }.weights();
        let problem = problem.expect_err("out of range").to_string();
        assert!(problem.contains("must be from 40 to 400"), "{problem}");
    }
}
