//! The life of a case: a matter that is followed on the path of its kind, from its opening to its
//! end.
//!
//! [`faults`] refuses a path on which a decision could be skipped, a step could not be reached or
//! could not end; [`apply`] is the only function that moves a case, [`escalate`] the only one that
//! raises an overdue one to the next level. A case goes forward once
//! the documents that its step requires are stored. Days are working days of a calendar that the caller has.

mod faults;
mod life;
mod path;
mod result;
#[cfg(test)]
mod tests;
mod working_days;

use crate::authority::Role;

/// The codes of the kinds of case that every district has.
pub const SHIPPED_KINDS: [&str; 6] =
    ["three_hardships", "legal", "employment", "merit_report", "station_desk", "plaque"];

/// The codes of those that are confidential, with the roles that see them.
pub const SHIPPED_CONFIDENTIAL: [(&str, &[Role]); 1] =
    [("legal", &[Role::Admin, Role::Supervisor])];

pub use faults::{PathFault, faults};
pub use life::{
    Case, CaseActor, CaseEvent, CaseRejection, StepTask, acting_level, apply, escalate, moves_of,
    next_moves, open,
};
pub use path::{CaseMove, CasePath, CaseStep, RequiredDocument};
pub use result::{CaseResult, MoveEffect};
pub use working_days::{Calendar, after};
