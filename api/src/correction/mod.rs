//! Corrections of beneficiaries' entries: visitors and staff propose them, also offline; staff
//! approves or rejects them.
//!
//! An approval changes the entry in its own transaction, and only fields that are still as they
//! were when the correction was proposed. The author of a correction does not decide it. The values
//! are encrypted; the log names the fields alone.

pub mod decide;
mod model;
pub mod propose;
pub mod routes;
pub mod store;

pub use model::{Correction, CorrectionDetails, CorrectionState, ProposedCorrection};
