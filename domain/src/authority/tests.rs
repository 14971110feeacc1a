//! Tests of the table and of the decisions about a principal.

use uuid::Uuid;

use super::*;
use crate::area::{AreaCode, Level};
use crate::id::PersonId;
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
