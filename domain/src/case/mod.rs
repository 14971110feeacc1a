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

/// The codes of the kinds of case that every district has, with those of their classes.
pub const SHIPPED_KINDS: [(&str, &[&str]); 6] = [
    ("three_hardships", &["medical", "living", "housing"]),
    ("legal", &["advice", "representation", "legal_aid"]),
    ("employment", &[]),
    (
        "merit_report",
        &[
            "august_first_medal",
            "honorary_title",
            "first_class",
            "second_class",
            "third_class",
            "good_soldier",
        ],
    ),
    ("station_desk", &["help", "policy", "jobs", "rights"]),
    ("plaque", &["hang", "replace", "withdraw", "restore"]),
];

/// The codes of those that are confidential, with the roles that see them.
pub const SHIPPED_CONFIDENTIAL: [(&str, &[Role]); 1] =
    [("legal", &[Role::Admin, Role::Supervisor])];

pub use faults::{PathFault, faults, is_decided};
pub use life::{
    Case, CaseActor, CaseEvent, CaseRejection, StepTask, acting_level, apply, escalate, moves_of,
    next_moves, open, task_end,
};
pub use path::{CaseMove, CasePath, CaseStep, RequiredDocument};
pub use result::{CaseResult, MoveEffect, TaskEnd};
pub use working_days::{Calendar, after};
