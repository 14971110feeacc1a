//! Beneficiaries: masked, revealed, searched, corrected, and in households.

mod corrections;
pub mod households;
mod reveals;
mod search;
