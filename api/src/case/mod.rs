//! Cases: matters that are followed on the path of their kind, from their opening to their end. A
//! kind is a document of the district, which its admins change; a case keeps its version.
//!
//! Every query has the caller's area, and a confidential kind and its cases do not exist for roles
//! that it does not name. Descriptions, notes, answers, amounts and referrals are encrypted; the log
//! has none of them, and it records who reads them. The moves of cases are in
//! [`decision`](crate::decision); `casework` is about the life of a beneficiary.

pub mod defaults;
pub(crate) mod documents;
pub mod entry_store;
pub mod event;
pub mod exchange;
pub mod filter;
pub mod found;
pub mod having;
mod kind;
mod kind_check;
pub mod kind_edit;
pub mod kind_routes;
mod kind_step;
pub mod kind_store;
pub mod list;
mod model;
pub mod needs;
pub mod open;
pub mod overdue;
pub mod own_visit;
pub(crate) mod read;
mod recorded_answer;
pub mod records;
mod referral_word;
pub mod retention;
pub mod routes;
pub mod row;
pub mod scope;
mod sensitive_class;
pub mod store;
mod subject;
pub mod visit;
pub mod waiting;

pub use kind::{CaseKind, CaseKindContent, NewCaseKind};
pub use kind_step::{CaseDocumentWord, CaseMoveContent, CaseStepContent, CaseWord};
pub use model::{
    Case, CaseDetail, CaseEntry, CaseEntryAction, CaseNextMove, CaseReferral, CaseSource, NewCase,
};
pub use referral_word::CaseReferralWord;
