//! The encrypted particulars of a beneficiary, revealed for a recorded purpose within a daily budget.

pub mod reveal;
pub mod reveal_allowance;
pub mod reveal_budget;
