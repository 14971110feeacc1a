//! The history of a beneficiary: visits, corrections, changes of the entry, cases and hand-outs, and
//! apart from these, for supervisors and admins, who read personal data. A case of a kind that the
//! reader does not see is not in it.

mod entry;
pub mod routes;
mod sources;

pub use entry::BeneficiaryHistoryEntry;
