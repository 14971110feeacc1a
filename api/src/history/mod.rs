//! The history of a beneficiary: visits, corrections and changes of the entry, and apart from
//! these, for supervisors and admins, who read personal data.

mod entry;
pub mod routes;
mod sources;

pub use entry::BeneficiaryHistoryEntry;
