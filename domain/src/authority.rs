//! Authorization: one table of role by action, and each person's area of responsibility.
//!
//! The default is to deny. A resource outside the principal's area appears not to exist; a
//! resource inside it is forbidden if the role does not permit the action.
//! [`Principal::authorize`] distinguishes the two.

use crate::word::{UnknownWord, unknown};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::area::{AreaCode, AreaRange, Level};
use crate::id::PersonId;

/// A person's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Role>)]
pub enum Role {
    /// Administers the installation for a district.
    Admin,
    /// Supervises a district, a town or a village.
    Supervisor,
    /// 网格员: the full-time manager of a grid.
    Manager,
    /// 志愿者: a volunteer of a grid.
    Volunteer,
    /// Reads the log, the tasks and the plans of a district, neither people nor beneficiaries,
    /// and changes nothing.
    Auditor,
}

impl Role {
    /// The roles that visit beneficiaries.
    pub const VISITORS: [Self; 2] = [Self::Manager, Self::Volunteer];

    /// Whether a person of this role visits beneficiaries.
    pub fn visits(self) -> bool {
        Self::VISITORS.contains(&self)
    }

    /// Whether a person of this role may be responsible for an area of `level`.
    pub const fn fits(self, level: Level) -> bool {
        match self {
            Self::Admin | Self::Auditor => matches!(level, Level::District),
            Self::Supervisor => !matches!(level, Level::Grid),
            Self::Manager | Self::Volunteer => matches!(level, Level::Grid),
        }
    }
}

/// An action that the table permits or denies. Each operation of the API is declared with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Action>)]
pub enum Action {
    /// Use the service: one's own account, the catalogue, the notices, sync, one's uploads.
    UseService,
    /// Read areas, their outlines and totals.
    ReadAreas,
    /// Read the people of an area.
    ReadPeople,
    /// Create and edit people below.
    EditPeople,
    /// Appoint the manager of a grid.
    AppointManager,
    /// Change the vocabularies and the service kinds of the district.
    ConfigureDistrict,
    /// List and end the sessions of subordinates.
    ManageAccess,
    /// Read beneficiaries, masked.
    ReadBeneficiaries,
    /// Read saved audiences: filters, their words and no person.
    ReadAudiences,
    /// Count, save, change and delete audiences, and list their members.
    ManageAudiences,
    /// Read campaigns and their progress.
    ReadCampaigns,
    /// Write, approve, launch and close campaigns.
    ManageCampaigns,
    /// Read standing duties.
    ReadRegimes,
    /// Create and change standing duties.
    ManageRegimes,
    /// Read the secondments of volunteers; volunteers read their own.
    ReadSecondments,
    /// Request and withdraw the help of volunteers in another area.
    RequestSecondment,
    /// Agree to the secondment of a volunteer of the own grid, or decline it.
    DecideSecondment,
    /// Read the stocks and the movements of goods.
    ReadGoods,
    /// Receive, allot and count goods.
    ManageGoods,
    /// Read hand-outs.
    ReadHandouts,
    /// Hand goods out to beneficiaries, and take them back.
    HandOut,
    /// Reveal a beneficiary's particulars for a recorded purpose.
    RevealBeneficiary,
    /// Enter, change and move beneficiaries, and record stays and deaths.
    EditBeneficiaries,
    /// End an entitlement, take an end back, merge duplicates.
    ManageEntitlements,
    /// Propose corrections of a beneficiary's entry, and read them; volunteers propose those of the
    /// homes that they visit, and read their own.
    ProposeCorrection,
    /// Approve or reject corrections that others have proposed.
    DecideCorrection,
    /// Propose tasks for what beneficiaries need, and read proposals; volunteers read their own.
    MakeProposal,
    /// Accept or refuse proposals of others: another day for a task, or a task for a need.
    DecideProposal,
    /// Read cases and their kinds.
    ReadCases,
    /// Open and move cases.
    WorkCases,
    /// Read the reports of tasks; volunteers read their own.
    ReadReports,
    /// Read tasks.
    ReadTasks,
    /// Create a task.
    CreateTask,
    /// Claim, accept, decline, release and start a task.
    WorkTask,
    /// Report a visit: the own one, or as who directs the task that of its assignee.
    ReportVisit,
    /// Assign, reschedule, cancel or escalate a task.
    DirectTask,
    /// Reopen a finished task.
    ReopenTask,
    /// Read and export the district's log.
    ReadLog,
    /// Post a notice to an area.
    PostNotice,
    /// Edit the registers of the district: areas, stations, memorial sites, holidays.
    ManageRegisters,
    /// Run dispatch and apply its plan.
    Dispatch,
    /// Read plans.
    ReadPlans,
    /// Import files of the district.
    Import,
    /// Read and answer the feedback to the district.
    AnswerFeedback,
    /// Read dead letters: commands that the server failed to process.
    ReadDeadLetters,
    /// Export tasks, and the figures of areas.
    ExportWork,
    /// Export people, beneficiaries and reports, masked.
    ExportPersonal,
}

/// Whether `role` permits `action` at all, within its area.
pub const fn permits(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        // An admin works through others: the visit itself and the consent of a manager are denied.
        Role::Admin => !matches!(action, A::WorkTask | A::DecideSecondment),
        Role::Supervisor => !matches!(
            action,
            A::WorkTask
                | A::DecideSecondment
                | A::Import
                | A::ManageRegisters
                | A::ConfigureDistrict
                | A::AnswerFeedback
                | A::ReadDeadLetters
        ),
        Role::Manager => !matches!(
            action,
            A::AppointManager
                | A::RequestSecondment
                | A::ConfigureDistrict
                | A::Import
                | A::ManageRegisters
                | A::ReopenTask
                | A::ReadLog
                | A::ReadAudiences
                | A::ManageAudiences
                | A::ReadCampaigns
                | A::ManageCampaigns
                | A::ReadRegimes
                | A::ManageRegimes
                | A::ReadGoods
                | A::ManageGoods
                | A::ManageEntitlements
                | A::ExportWork
                | A::ExportPersonal
                | A::AnswerFeedback
                | A::ReadDeadLetters
        ),
        Role::Volunteer => matches!(
            action,
            A::UseService
                | A::ReadAreas
                | A::ReadTasks
                | A::WorkTask
                | A::ReportVisit
                | A::HandOut
                | A::RevealBeneficiary
                | A::ProposeCorrection
                | A::MakeProposal
                | A::ReadReports
                | A::ReadSecondments
        ),
        // The log names people and beneficiaries by id, and an audit needs no more.
        Role::Auditor => matches!(
            action,
            A::UseService
                | A::ReadAreas
                | A::ReadAudiences
                | A::ReadCampaigns
                | A::ReadRegimes
                | A::ReadGoods
                | A::ReadTasks
                | A::ReadPlans
                | A::ReadLog
                | A::ExportWork
        ),
    }
}

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
    /// manage that person's access: an admin of everybody else but admins, a supervisor of
    /// supervisors below and of managers and volunteers, a manager of the grid's volunteers.
    ///
    /// # Errors
    /// As [`Self::authorize`].
    pub fn authorize_over(&self, role: Role, area: &AreaCode) -> Result<(), Denial> {
        self.authorize(Action::ManageAccess, area)?;
        if self.is_above(role, area) { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Checks that the principal may create or edit a person with `role` in `area`: an admin
    /// everybody, others the people below them. Nobody but an admin creates or edits a person of
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::word::VariantArray as _;

    fn principal(role: Role, area: &str) -> Principal {
        Principal { person: PersonId(Uuid::nil()), role, area: area.parse().expect("a code") }
    }

    #[test]
    fn outside_the_area_is_unseen_even_for_what_the_role_may_not_do() {
        let volunteer = principal(Role::Volunteer, "500116001002001");
        let own = "500116001002001".parse().expect("a code");
        let next = "500116001002002".parse().expect("a code");
        assert_eq!(volunteer.authorize(Action::WorkTask, &own), Ok(()));
        assert_eq!(volunteer.authorize(Action::Dispatch, &own), Err(Denial::Forbidden));
        assert_eq!(volunteer.authorize(Action::Dispatch, &next), Err(Denial::OutOfScope));
    }

    #[test]
    fn an_area_above_ones_own_is_out_of_scope() {
        let town = principal(Role::Supervisor, "500116001");
        let district = "500116".parse().expect("a code");
        assert_eq!(town.authorize(Action::ReadAreas, &district), Err(Denial::OutOfScope));
    }

    #[test]
    fn a_principal_belongs_to_the_district_of_its_area_and_sees_the_area() {
        let manager = principal(Role::Manager, "500116001002001");
        assert_eq!(manager.district().as_str(), "500116");
        assert_eq!(manager.scope().area(), manager.area);
    }

    #[test]
    fn an_auditor_changes_nothing_and_sees_nobody() {
        use Action as A;
        let changes = [
            A::EditPeople,
            A::AppointManager,
            A::ConfigureDistrict,
            A::ManageAccess,
            A::CreateTask,
            A::WorkTask,
            A::ReportVisit,
            A::DirectTask,
            A::ReopenTask,
            A::Dispatch,
            A::PostNotice,
            A::ManageRegisters,
            A::EditBeneficiaries,
            A::ManageEntitlements,
            A::ManageAudiences,
            A::ManageCampaigns,
            A::ManageRegimes,
            A::ManageGoods,
            A::HandOut,
            A::ProposeCorrection,
            A::DecideCorrection,
            A::MakeProposal,
            A::DecideProposal,
            A::WorkCases,
        ];
        assert!(changes.into_iter().all(|action| !permits(Role::Auditor, action)));
        let people = [
            A::ReadPeople,
            A::ReadBeneficiaries,
            A::RevealBeneficiary,
            A::ReadReports,
            A::ReadCases,
            A::ReadHandouts,
        ];
        assert!(people.into_iter().all(|action| !permits(Role::Auditor, action)));
    }

    #[test]
    fn every_action_is_permitted_to_a_role() {
        for action in Action::VARIANTS.iter().copied() {
            let permitted = Role::VARIANTS.iter().any(|role| permits(*role, action));
            assert!(permitted, "{action:?}");
        }
    }

    #[test]
    fn access_is_managed_from_above_only() {
        let (town, grid) = ("500116001", "500116001002001");
        let may = |by: Role, of: &str, role: Role, area: &str| {
            let area = area.parse().expect("a code");
            principal(by, of).authorize_over(role, &area)
        };
        assert_eq!(may(Role::Admin, "500116", Role::Supervisor, "500116"), Ok(()));
        assert_eq!(may(Role::Admin, "500116", Role::Admin, "500116"), Err(Denial::Forbidden));
        assert_eq!(may(Role::Supervisor, town, Role::Manager, grid), Ok(()));
        assert_eq!(may(Role::Supervisor, "500116", Role::Supervisor, town), Ok(()));
        assert_eq!(may(Role::Supervisor, town, Role::Supervisor, town), Err(Denial::Forbidden));
        assert_eq!(may(Role::Supervisor, town, Role::Admin, "500116"), Err(Denial::OutOfScope));
        assert_eq!(may(Role::Manager, grid, Role::Volunteer, grid), Ok(()));
        assert_eq!(may(Role::Manager, grid, Role::Manager, grid), Err(Denial::Forbidden));
        assert_eq!(may(Role::Volunteer, grid, Role::Volunteer, grid), Err(Denial::Forbidden));
        assert_eq!(may(Role::Auditor, "500116", Role::Volunteer, grid), Err(Denial::Forbidden));
    }

    #[test]
    fn nobody_but_an_admin_creates_or_edits_an_equal_or_a_superior() {
        let codes = ["500116", "500116001", "500116001002", "500116001002001", "500116002"];
        let areas = codes.map(|code| code.parse::<AreaCode>().expect("a code"));
        let rank = |role: Role, area: &AreaCode| match role {
            Role::Admin | Role::Auditor => 0,
            Role::Supervisor => 1 + area.as_str().len(),
            Role::Manager => 100,
            Role::Volunteer => 101,
        };
        let everybody = Role::VARIANTS.iter().flat_map(|role| areas.map(|area| (*role, area)));
        for (by, own) in everybody.clone().filter(|(by, own)| by.fits(own.level())) {
            let principal = Principal { person: PersonId(Uuid::nil()), role: by, area: own };
            for (role, area) in everybody.clone().filter(|(role, area)| role.fits(area.level())) {
                let answer = principal.authorize_edit(role, &area);
                let below = rank(role, &area) > rank(by, &own) && by != Role::Auditor;
                let may = by == Role::Admin || (below && by != Role::Volunteer);
                let expected = if !own.contains(&area) {
                    Err(Denial::OutOfScope)
                } else if may {
                    Ok(())
                } else {
                    Err(Denial::Forbidden)
                };
                assert_eq!(answer, expected, "{by} of {own} and {role} of {area}");
            }
        }
    }

    #[test]
    fn each_role_belongs_to_its_levels() {
        assert!(Role::Manager.fits(Level::Grid) && !Role::Manager.fits(Level::Village));
        assert!(Role::Supervisor.fits(Level::Village) && !Role::Supervisor.fits(Level::Grid));
        assert!(Role::Admin.fits(Level::District) && !Role::Admin.fits(Level::Town));
    }
}
