//! The refusal of a change of a beneficiary who has ended.

use super::EndCause;
use super::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::http::problem::{Problem, ProblemCode};

impl BeneficiaryRow {
    /// Whether the entry is a duplicate that was merged into its successor.
    pub fn is_merged(&self) -> bool {
        self.ended_because == Some(EndCause::Merged)
    }

    /// Checks that the beneficiary has not ended.
    ///
    /// # Errors
    /// 409 with the masked row.
    pub fn check_current(&self, key: &SealingKey) -> Result<(), Problem> {
        self.check_unmerged(key)?;
        if self.is_current() {
            return Ok(());
        }
        Err(Problem::from(ProblemCode::BeneficiaryEnded).showing(&self.masked(key)?))
    }

    /// Checks that the beneficiary is not a merged duplicate.
    ///
    /// # Errors
    /// 409 with the masked row, which names its successor.
    pub fn check_unmerged(&self, key: &SealingKey) -> Result<(), Problem> {
        if self.is_merged() {
            return Err(Problem::from(ProblemCode::BeneficiaryMerged).showing(&self.masked(key)?));
        }
        Ok(())
    }
}
