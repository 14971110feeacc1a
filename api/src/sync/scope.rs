//! Scopes: the rows that a person's phone may have, as pure functions. What it may see of a task
//! and of a beneficiary is the rule of [`gridward_domain::visibility`].

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role, permits};
use gridward_domain::id::PersonId;
use gridward_domain::visibility::View;

use super::cursor::Rest;
use crate::db::column::Hash;
use crate::task::row::TaskRow;

/// A person's scope.
#[derive(Clone, Copy, Debug)]
pub struct Scope(pub Principal);

/// The version of the rules: a cursor of others is invalid, so that phones drop the rows that
/// they got by them.
const RULES: u8 = 4;

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
        permits(self.0.role, Action::ReadBeneficiaries)
    }

    /// The person's area and the areas that contain it; notices to any of them reach the
    /// person.
    pub fn around(&self) -> Vec<AreaCode> {
        std::iter::successors(Some(self.area()), AreaCode::parent).collect()
    }

    /// The view of the task that the phone may have, if any; none of an archived one.
    pub fn view(&self, row: &TaskRow, now: DateTime<Utc>) -> Option<View> {
        if row.archived { None } else { row.facts().view(&self.0, now) }
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
        let hash = Hash::sha256(format!("{person}|{role}|{area}|{RULES}"));
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

    const HERE: &str = "500116001002001";
    const THERE: &str = "500116001002002";

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
