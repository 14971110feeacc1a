//! Proposals for the manager of a grid: another day for a task in hand, and help that a beneficiary
//! needs. People propose, also offline; the manager or a superior accepts or refuses.
//!
//! Accepting a day reschedules the task, and accepting a need creates a task or opens a case by the rule
//! of the catalogue, in the transaction of the decision. The author of a proposal cannot decide it. Need, note and reason are encrypted; the log has
//! none of them.

mod accept_need;
mod answer_notice;
pub mod decide;
mod life;
mod model;
mod propose;
pub mod propose_day;
pub mod raise_need;
pub mod routes;
pub mod store;

pub use model::{Acceptance, NeedProposal, NewDay, Proposal, ProposalState, ProposalSubject};
