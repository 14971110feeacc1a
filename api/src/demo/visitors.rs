//! The visitors of the demo.

use std::collections::BTreeMap;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};

use super::staff::Staff;
use crate::load::record::{DistrictRecords, PersonRecord};

/// The visitors of each grid, and the supervisor who assigns visits to them.
pub(super) struct Visitors<'a> {
    pub(super) of_grids: BTreeMap<AreaCode, Vec<&'a PersonRecord>>,
    pub(super) supervisor: Principal,
}

impl<'a> Visitors<'a> {
    pub(super) fn of(records: &'a DistrictRecords, staff: &Staff) -> Self {
        let mut of_grids: BTreeMap<AreaCode, Vec<&PersonRecord>> = BTreeMap::new();
        for person in records.people.iter().filter(|person| person.role.visits()) {
            of_grids.entry(person.area).or_default().push(person);
        }
        let supervisor =
            Principal { person: staff.supervisor, role: Role::Supervisor, area: staff.district };
        Self { of_grids, supervisor }
    }
}
