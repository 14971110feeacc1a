//! The staff who write and approve the programme of the demo.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;

use crate::load::record::DistrictRecords;

/// The people who write and approve.
pub(super) struct Staff {
    pub(super) district: AreaCode,
    pub(super) supervisor: PersonId,
    pub(super) admin: PersonId,
}

impl Staff {
    pub(super) fn of(records: &DistrictRecords) -> Option<Self> {
        let district = records.areas.first()?.code;
        let of = |role: Role| {
            let person = records
                .people
                .iter()
                .find(|person| person.role == role && person.area == district)?;
            Some(person.id)
        };
        Some(Self { district, supervisor: of(Role::Supervisor)?, admin: of(Role::Admin)? })
    }
}
