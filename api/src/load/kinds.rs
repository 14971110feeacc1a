//! The kinds of record, in the order in which they are written.

use std::collections::HashSet;

use super::merge::{Merged, merge};
use super::record::{DistrictRecords, PersonRecord};
use super::report::Loaded;
use super::step::{Step, Target};
use super::{LoadError, gone, rows, tasks};
use crate::clock;
use crate::db::DbError;
use crate::db::schema;
use crate::insert_all;
use crate::person::Role;

/// Writes the records that are new or different; answers the keys of the latter.
/// Rows without a record go first, since a new row may take what was theirs: a
/// grid to manage, a phone number.
macro_rules! write_rows {
    ($step:ident, $table:ident, $id:ident, $columns:literal, $records:expr, $row:expr) => {{
        use diesel::prelude::*;
        use schema::$table;
        let district = $step.district.to_string();
        let present = $table::table.filter($table::district.eq(&district)).load($step.conn)?;
        let Merged { added, changed, unchanged, rows, missing } = merge(present, $records, $row)?;
        gone::settle($step, missing)?;
        for ids in changed.chunks(500) {
            let those = $table::table.filter($table::district.eq(&district));
            diesel::delete(those.filter($table::$id.eq_any(ids))).execute($step.conn)?;
        }
        insert_all!(&mut *$step.conn, $table::table, rows, columns = $columns)?;
        $step.loaded.count(added, changed.len(), unchanged);
        changed
    }};
}

/// Writes all kinds, each in a transaction.
pub(super) fn write(
    to: &mut Target<'_>,
    records: &DistrictRecords,
    report: &mut dyn FnMut(Loaded),
) -> Result<(), LoadError> {
    let (district, key, today) = (to.district, to.key, clock::day(to.now));
    report(to.transaction("areas", |step| {
        write_rows!(step, areas, code, 10, &records.areas, |record, before| {
            Ok(rows::area(record, today, before))
        });
        Ok(())
    })?);
    report(to.transaction("outlines", |step| {
        write_rows!(step, outlines, grid, 3, &records.outlines, |record, before| {
            Ok(rows::outline(record, before))
        });
        Ok(())
    })?);
    report(to.transaction("people", |step| {
        let changed = write_rows!(step, people, id, 15, &records.people, |record, before| {
            rows::person(record, key, district, before)
        });
        tasks::open_of(step, &without_visits(&records.people, &changed), "role_changed")
    })?);
    report(to.transaction("beneficiaries", |step| {
        write_rows!(step, beneficiaries, id, 17, &records.beneficiaries, |record, before| {
            rows::beneficiary(record, key, before)
        });
        tasks::follow(step, &records.beneficiaries)
    })?);
    report(to.transaction("stations", |step| {
        write_rows!(step, stations, id, 9, &records.stations, |record, before| {
            Ok(rows::station(record, before))
        });
        Ok(())
    })?);
    report(to.transaction("memorials", |step| {
        write_rows!(step, memorials, id, 7, &records.memorials, |record, before| {
            Ok(rows::memorial(record, before))
        });
        Ok(())
    })?);
    report(to.transaction("holidays", |step| write_holidays(step, records))?);
    Ok(())
}

/// The ids of those changed people whose role makes no visits.
fn without_visits(people: &[PersonRecord], changed: &[String]) -> Vec<String> {
    let changed: HashSet<&String> = changed.iter().collect();
    let others = people.iter().filter(|one| !matches!(one.role, Role::Manager | Role::Volunteer));
    others.map(|one| one.id.to_string()).filter(|id| changed.contains(id)).collect()
}

/// Holidays have no id: day and word together are the key.
fn write_holidays(step: &mut Step<'_>, records: &DistrictRecords) -> Result<(), DbError> {
    use diesel::prelude::*;
    use schema::holidays;
    let district = step.district.to_string();
    let present = holidays::table.filter(holidays::district.eq(&district)).load(step.conn)?;
    let Merged { added, changed, unchanged, rows, missing } =
        merge(present, &records.holidays, |record, before| {
            Ok(rows::holiday(record, &district, before))
        })?;
    gone::settle(step, missing)?;
    for row in &rows {
        let key = (&row.district, row.date, &row.code);
        diesel::delete(holidays::table.find(key)).execute(step.conn)?;
    }
    insert_all!(&mut *step.conn, holidays::table, rows, columns = 6)?;
    step.loaded.count(added, changed.len(), unchanged);
    Ok(())
}
