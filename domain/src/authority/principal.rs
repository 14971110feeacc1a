//! The person of a request, and the decisions of authorization about it.

use thiserror::Error;

use super::{Action, Role, permits};
use crate::area::{AreaCode, AreaRange};
use crate::id::PersonId;

/// A person with the current role and area of responsibility: the subject of every decision
/// of authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub person: PersonId,
    /// The role.
    pub role: Role,
    /// The area of responsibility.
    pub area: AreaCode,
}

/// Why a principal is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// The resource is outside the principal's area and must appear not to exist.
    #[error("outside the caller's area")]
    OutOfScope,
    /// The resource is visible, but the role does not permit the action.
    #[error("not for this role")]
    Forbidden,
}

impl Principal {
    /// The district of the area: the first part of every key.
    pub fn district(&self) -> AreaCode {
        self.area.district()
    }

    /// The range of codes of the area and its descendants.
    pub fn scope(&self) -> AreaRange {
        self.area.range()
    }

    /// Checks that the role permits `action` at all.
    ///
    /// # Errors
    /// [`Denial::Forbidden`] if the table denies it.
    pub const fn may(&self, action: Action) -> Result<(), Denial> {
        if permits(self.role, action) { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Checks that the principal may perform `action` on a resource in `area`.
    ///
    /// # Errors
    /// [`Denial::OutOfScope`] takes precedence over [`Denial::Forbidden`], so that an
    /// answer never discloses the existence of a resource outside the area.
    pub fn authorize(&self, action: Action, area: &AreaCode) -> Result<(), Denial> {
        if self.area.contains(area) { self.may(action) } else { Err(Denial::OutOfScope) }
    }

    /// Checks that the principal is a superior of a person with `role` in `area`, and so may
    /// manage that person's access: an admin of all but admins, a supervisor of
    /// supervisors below and of managers and volunteers, a manager of the grid's volunteers.
    ///
    /// # Errors
    /// As [`Self::authorize`].
    pub fn authorize_over(&self, role: Role, area: &AreaCode) -> Result<(), Denial> {
        self.authorize(Action::ManageAccess, area)?;
        if self.is_above(role, area) { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Checks that the principal may create or edit a person with `role` in `area`: an admin
    /// all, others the people below them. Only an admin creates or edits a person of
    /// an equal or a higher rank, the own person included.
    ///
    /// # Errors
    /// As [`Self::authorize`].
    pub fn authorize_edit(&self, role: Role, area: &AreaCode) -> Result<(), Denial> {
        self.authorize(Action::EditPeople, area)?;
        let may = self.role == Role::Admin || self.is_above(role, area);
        if may { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Whether the principal is a superior of a person with `role` in `area`, which is in the
    /// principal's area.
    fn is_above(&self, role: Role, area: &AreaCode) -> bool {
        match (self.role, role) {
            (Role::Admin, other) => other != Role::Admin,
            (Role::Supervisor, Role::Supervisor) => self.area != *area,
            (Role::Supervisor, Role::Manager | Role::Volunteer)
            | (Role::Manager, Role::Volunteer) => true,
            _ => false,
        }
    }
}
