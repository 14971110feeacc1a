//! Scopes: the rules for the rows that a person's phone may have, as pure functions.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;

use super::cursor::Rest;
use crate::db::column::Hash;

/// A person's scope.
#[derive(Clone, Copy, Debug)]
pub struct Scope(pub Principal);

/// The fields of a beneficiary that a phone may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Name and phone masked, no address, no hardships.
    Masked,
    /// All fields that a visitor needs.
    Clear,
}

/// The properties of a task that determine which phones may have it.
#[derive(Clone, Copy, Debug)]
pub struct TaskVisibility {
    /// Its grid.
    pub grid: AreaCode,
    /// Its state.
    pub phase: Phase,
    /// Its assignee.
    pub assignee: Option<PersonId>,
    /// Whether it ended so long ago that phones delete it.
    pub archived: bool,
}

impl Scope {
    /// The person.
    pub const fn person(&self) -> PersonId {
        self.0.person
    }

    /// The person's area.
    pub const fn area(&self) -> AreaCode {
        self.0.area
    }

    /// Whether the person visits beneficiaries.
    pub fn visits(&self) -> bool {
        self.0.role.visits()
    }

    /// Whether the person is a volunteer of a grid, not its manager.
    pub const fn helps(&self) -> bool {
        matches!(self.0.role, Role::Volunteer)
    }

    /// Whether the phone may have all beneficiaries of the area, not only those of its
    /// tasks.
    pub const fn holds_area(&self) -> bool {
        !self.helps()
    }

    /// The person's area and the areas that contain it; notices to any of them reach the
    /// person.
    pub fn around(&self) -> Vec<AreaCode> {
        std::iter::successors(Some(self.area()), AreaCode::parent).collect()
    }

    /// Whether the phone may have the task: the person's own tasks, and those of the
    /// area; for volunteers, only the unassigned ones of the area.
    pub fn holds(&self, task: TaskVisibility) -> bool {
        let own = task.assignee == Some(self.person());
        let here = self.area().contains(&task.grid);
        let shown = !self.helps() || task.phase == Phase::Open;
        !task.archived && (own || (here && shown))
    }

    /// The view of a beneficiary in `grid` that one of the beneficiary's tasks permits.
    pub fn sees_by(&self, task: TaskVisibility) -> Option<View> {
        let own = task.assignee == Some(self.person());
        let live = Phase::UNFINISHED_ASSIGNED.contains(&task.phase);
        match () {
            () if own && live && !task.archived => Some(View::Clear),
            () if self.holds(task) => Some(View::Masked),
            () => None,
        }
    }

    /// The view of a beneficiary in `grid` that the area alone permits.
    pub fn sees_in(&self, grid: &AreaCode) -> Option<View> {
        let here = self.area().contains(grid) && self.holds_area();
        here.then_some(if self.visits() { View::Clear } else { View::Masked })
    }

    /// Whether a snapshot of this scope can continue there. A cursor grants no access, so
    /// a forged one must not lead outside the scope.
    pub fn allows(&self, rest: &Rest) -> bool {
        match rest {
            Rest::Beneficiaries(None) => self.holds_area(),
            Rest::Beneficiaries(Some((grid, _))) => self.holds_area() && self.area().contains(grid),
            Rest::Tasks(None) => true,
            Rest::Tasks(Some((grid, ..))) => self.area().contains(grid),
            Rest::Elsewhere => self.visits(),
        }
    }

    /// A fingerprint of the scope; a cursor with a different one is invalid.
    pub fn mark(&self) -> String {
        let Principal { person, role, area } = self.0;
        let hash = Hash::sha256(format!("{person}|{role}|{area}"));
        BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9])
    }

    /// Whether the area is a single grid, for which the log is indexed by area.
    pub fn is_grid(&self) -> bool {
        self.area().level() == Level::Grid
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ME: PersonId = PersonId(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId(Uuid::from_u128(2));

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn scope(role: Role, code: &str) -> Scope {
        Scope(Principal { person: ME, role, area: area(code) })
    }

    fn whose(grid: &str, phase: Phase, assignee: Option<PersonId>) -> TaskVisibility {
        TaskVisibility { grid: area(grid), phase, assignee, archived: false }
    }

    const HERE: &str = "500116001002001";
    const THERE: &str = "500116001002002";

    #[test]
    fn a_volunteer_sees_open_tasks_of_the_grid_and_own_tasks_anywhere() {
        let me = scope(Role::Volunteer, HERE);
        assert!(me.holds(whose(HERE, Phase::Open, None)));
        assert!(me.holds(whose(THERE, Phase::Accepted, Some(ME))));
        assert!(!me.holds(whose(HERE, Phase::Accepted, Some(OTHER))));
        assert!(!me.holds(whose(THERE, Phase::Open, None)));
    }

    #[test]
    fn a_manager_has_all_of_the_grid_and_a_supervisor_all_of_the_area() {
        let others = whose(HERE, Phase::Accepted, Some(OTHER));
        assert!(scope(Role::Manager, HERE).holds(others));
        assert!(scope(Role::Supervisor, "500116001").holds(others));
        assert!(!scope(Role::Manager, THERE).holds(others));
        assert!(!scope(Role::Supervisor, "500116002").holds(others));
        let archived = TaskVisibility { archived: true, ..others };
        assert!(!scope(Role::Manager, HERE).holds(archived));
    }

    #[test]
    fn only_a_current_visitor_sees_a_beneficiary_in_clear() {
        let volunteer = scope(Role::Volunteer, HERE);
        assert_eq!(volunteer.sees_by(whose(THERE, Phase::Assigned, Some(ME))), Some(View::Clear));
        assert_eq!(volunteer.sees_by(whose(HERE, Phase::Open, None)), Some(View::Masked));
        // After the visit the beneficiary's particulars leave the phone.
        assert_eq!(volunteer.sees_by(whose(HERE, Phase::Done, Some(ME))), Some(View::Masked));
        assert_eq!(volunteer.sees_by(whose(HERE, Phase::Assigned, Some(OTHER))), None);
        assert_eq!(volunteer.sees_in(&area(HERE)), None);
        assert_eq!(scope(Role::Manager, HERE).sees_in(&area(HERE)), Some(View::Clear));
        assert_eq!(scope(Role::Supervisor, "500116").sees_in(&area(HERE)), Some(View::Masked));
        assert_eq!(scope(Role::Auditor, "500116").sees_in(&area(HERE)), Some(View::Masked));
    }

    #[test]
    fn another_role_area_or_person_is_another_mark() {
        let marks = [
            scope(Role::Volunteer, HERE).mark(),
            scope(Role::Volunteer, THERE).mark(),
            scope(Role::Manager, HERE).mark(),
            Scope(Principal { person: OTHER, ..scope(Role::Volunteer, HERE).0 }).mark(),
        ];
        let different: std::collections::BTreeSet<_> = marks.iter().collect();
        assert_eq!(different.len(), marks.len());
    }
}
