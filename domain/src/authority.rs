//! Who may do what: one table of role by action, and the area a person answers for.
//!
//! Everything is denied that the table does not allow. A thing outside one's
//! area does not exist for the caller; a thing inside it that the role may not
//! do is forbidden. [`Actor::authorize`] tells the two apart.

use crate::word::{UnknownWord, unknown};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::area::{AreaCode, Level};
use crate::id::PersonId;

/// What a person does in the system.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Role>)]
pub enum Role {
    /// Runs the installation for a district.
    Admin,
    /// Oversees a district, a town or a village.
    Supervisor,
    /// 网格员: the one full-time person of a grid.
    Manager,
    /// 志愿者: helps in the home grid.
    Volunteer,
    /// Reads all of a district, changes nothing.
    Auditor,
}

impl Role {
    /// Whether a person of this role answers for an area of `level`.
    pub const fn fits(self, level: Level) -> bool {
        match self {
            Self::Admin | Self::Auditor => matches!(level, Level::District),
            Self::Supervisor => !matches!(level, Level::Grid),
            Self::Manager | Self::Volunteer => matches!(level, Level::Grid),
        }
    }
}

/// What can be asked of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See areas, their outlines and counts.
    ReadAreas,
    /// See who works in an area.
    ReadPeople,
    /// Put another manager in charge of a grid.
    AppointManager,
    /// See beneficiaries, masked.
    ReadBeneficiaries,
    /// See a beneficiary's sealed particulars, for a purpose that is recorded.
    RevealBeneficiary,
    /// See tasks.
    ReadTasks,
    /// Make a task.
    CreateTask,
    /// Claim, accept, decline, release, start and report a task.
    WorkTask,
    /// Give a task to somebody, move its days, call it off, put it on the escalation_level above.
    DirectTask,
    /// Begin again with a task that is over.
    ReopenTask,
    /// Read the district's log, and export it.
    ReadLog,
    /// Tell all who work in an area something.
    PostNotice,
    /// Run dispatch and have its plan applied.
    Dispatch,
    /// See plans.
    ReadPlans,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::ReadAreas,
        Self::ReadPeople,
        Self::AppointManager,
        Self::ReadBeneficiaries,
        Self::RevealBeneficiary,
        Self::ReadTasks,
        Self::CreateTask,
        Self::WorkTask,
        Self::DirectTask,
        Self::ReopenTask,
        Self::ReadLog,
        Self::PostNotice,
        Self::Dispatch,
        Self::ReadPlans,
    ];
}

/// The table: whether `role` may ever do `action`, inside its area.
pub const fn permits(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        // An admin works through other people's hands: the one thing left out is the visit itself.
        Role::Admin | Role::Supervisor => !matches!(action, A::WorkTask),
        Role::Manager => !matches!(action, A::AppointManager | A::ReopenTask | A::ReadLog),
        Role::Volunteer => {
            matches!(action, A::ReadAreas | A::ReadTasks | A::WorkTask | A::RevealBeneficiary)
        }
        Role::Auditor => matches!(
            action,
            A::ReadAreas
                | A::ReadPeople
                | A::ReadBeneficiaries
                | A::ReadTasks
                | A::ReadPlans
                | A::ReadLog
        ),
    }
}

/// A person who asks for something: who, in which role, answering for which area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who asks.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// The area the person answers for.
    pub area: AreaCode,
}

/// Why an actor may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// The thing lies outside the actor's area and must look as if it did not exist.
    #[error("outside the caller's area")]
    OutOfScope,
    /// The thing is visible, but the role does not do this.
    #[error("not for this role")]
    Forbidden,
}

impl Actor {
    /// Whether the role may do `action` at all.
    ///
    /// # Errors
    /// [`Denial::Forbidden`] when the table says no.
    pub const fn may(&self, action: Action) -> Result<(), Denial> {
        if permits(self.role, action) { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Whether the actor may do `action` to something in `area`.
    ///
    /// # Errors
    /// [`Denial::OutOfScope`] before [`Denial::Forbidden`], so that an answer
    /// never tells that something outside the area exists.
    pub fn authorize(&self, action: Action, area: &AreaCode) -> Result<(), Denial> {
        if self.area.contains(area) { self.may(action) } else { Err(Denial::OutOfScope) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn actor(role: Role, area: &str) -> Actor {
        Actor { person: PersonId(Uuid::nil()), role, area: area.parse().expect("a code") }
    }

    #[test]
    fn outside_the_area_is_unseen_even_for_what_the_role_may_not_do() {
        let volunteer = actor(Role::Volunteer, "500116001002001");
        let own = "500116001002001".parse().expect("a code");
        let next = "500116001002002".parse().expect("a code");
        assert_eq!(volunteer.authorize(Action::WorkTask, &own), Ok(()));
        assert_eq!(volunteer.authorize(Action::Dispatch, &own), Err(Denial::Forbidden));
        assert_eq!(volunteer.authorize(Action::Dispatch, &next), Err(Denial::OutOfScope));
    }

    #[test]
    fn an_area_above_ones_own_is_out_of_scope() {
        let town = actor(Role::Supervisor, "500116001");
        let district = "500116".parse().expect("a code");
        assert_eq!(town.authorize(Action::ReadAreas, &district), Err(Denial::OutOfScope));
    }

    #[test]
    fn an_auditor_changes_nothing() {
        use Action as A;
        let changes = [
            A::AppointManager,
            A::CreateTask,
            A::WorkTask,
            A::DirectTask,
            A::ReopenTask,
            A::Dispatch,
            A::PostNotice,
        ];
        assert!(changes.into_iter().all(|action| !permits(Role::Auditor, action)));
    }

    #[test]
    fn each_role_belongs_to_its_levels() {
        assert!(Role::Manager.fits(Level::Grid) && !Role::Manager.fits(Level::Village));
        assert!(Role::Supervisor.fits(Level::Village) && !Role::Supervisor.fits(Level::Grid));
        assert!(Role::Admin.fits(Level::District) && !Role::Admin.fits(Level::Town));
    }
}
