//! people.csv

use gridward_dispatch::time::{Minutes, Window};

use super::fault::Reason;
use super::table::Row;
use crate::load::record::PersonRecord;
use crate::person::{Availability, Gender, Role};

pub(super) const COLUMNS: &[&str] = &[
    "id",
    "role",
    "name",
    "gender",
    "birth_year",
    "phone",
    "area",
    "lat",
    "lon",
    "skills",
    "weekly_minutes",
    "availability",
];

/// The most minutes of a week.
const WEEK: u32 = 7 * 24 * 60;

pub(super) fn row(row: &mut Row<'_>) -> Option<PersonRecord> {
    // Every column is read before any is asked for, so that each fault is told.
    let (id, role, name) = (row.value("id"), row.value::<Role>("role"), row.text("name"));
    let (gender, birth_year) = (gender(row), row.birth_year("birth_year"));
    let (phone, area, home) = (row.phone("phone"), row.value("area"), row.place());
    let skills = row.words("skills");
    let weekly_minutes = row.read("weekly_minutes", |text| match text.parse() {
        Ok(minutes) if minutes <= WEEK => Ok(Minutes(minutes)),
        _ => Err(format!("must be a number from 0 to {WEEK}")),
    });
    let availability: Option<Availability> = row.value("availability");
    let record = PersonRecord {
        id: id?,
        role: role?,
        area: area?,
        name: name?,
        gender: gender?,
        birth_year: birth_year?,
        phone: phone?,
        home: home?,
        skills: skills?,
        weekly_minutes: weekly_minutes?,
        availability: availability?.days().collect(),
    };
    check(row, &record);
    Some(record)
}

/// What two columns must agree on.
fn check(row: &mut Row<'_>, record: &PersonRecord) {
    if !record.role.fits(record.area.level()) {
        row.fault::<()>("role", Reason::RoleLevel(record.area.level()));
    }
    let available: Minutes =
        record.availability.iter().map(|(_, window): &(_, Window)| window.length()).sum();
    if record.weekly_minutes > available {
        row.fault::<()>("weekly_minutes", Reason::MoreThanAvailable(available.0));
    }
}

/// Files write M and F.
pub(super) fn gender(row: &mut Row<'_>) -> Option<Gender> {
    row.read("gender", |text| match text {
        "M" => Ok(Gender::Male),
        "F" => Ok(Gender::Female),
        _ => Err("must be M or F".to_owned()),
    })
}
