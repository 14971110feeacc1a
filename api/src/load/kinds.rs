//! The kinds of record, in the order in which they are written.

use std::collections::HashSet;

use gridward_domain::id::PersonId;

use super::merge::{Merged, merge};
use super::record::{DistrictRecords, PersonRecord};
use super::report::{Fate, Loaded};
use super::rows::OutlineRow;
use super::step::{Step, Target};
use super::{LoadError, gone, leavers, rows, tasks};
use crate::area::store::AreaRow;
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::db::schema;
use crate::db::{DbError, batches};
use crate::goods::planned;
use crate::holiday::store::HolidayRow;
use crate::memorial::store::MemorialRow;
use crate::person::store::PersonRow;
use crate::station::store::StationRow;

/// Writes new and changed records of a table whose rows the step has locked; returns the keys of the changed ones. Rows without a
/// record are removed first, because a new row may need a unique value of theirs, such as
/// the grid of a manager or a phone number.
macro_rules! write_rows {
    ($step:ident, $table:ident, $id:ident, $type:ty, $records:expr, $row:expr) => {{
        use diesel::prelude::*;
        use schema::$table;
        let of_district = $table::table.filter($table::district.eq($step.district));
        let present = of_district.select(<$type>::as_select()).load($step.conn)?;
        let Merged { added, changed, unchanged, rows, missing } = merge(present, $records, $row)?;
        gone::remove_missing($step, missing)?;
        for ids in batches(&changed) {
            diesel::delete(of_district.filter($table::$id.eq_any(ids))).execute($step.conn)?;
        }
        <$type>::insert_all($step.conn, &rows.iter().collect::<Vec<_>>())?;
        $step.loaded.count(added, changed.len(), unchanged);
        changed
    }};
}

/// The tables of the kinds.
pub(super) const TABLES: &str =
    "areas, outlines, people, beneficiaries, stations, memorials, holidays";

/// Writes all kinds, each in its own transaction.
pub(super) fn write(to: &mut Target<'_>, report: &mut dyn FnMut(Loaded)) -> Result<(), LoadError> {
    let (district, key, today) = (to.district, to.key, clock::day(to.now));
    report(to.transaction("areas", |step, records| {
        write_rows!(step, areas, code, AreaRow, &records.areas, |record, before| {
            Ok(rows::area(record, today, before))
        });
        Ok(())
    })?);
    report(to.transaction("outlines", |step, records| {
        write_rows!(step, outlines, grid, OutlineRow, &records.outlines, |record, before| {
            Ok(rows::outline(record, before))
        });
        step.borders_changed()
    })?);
    report(to.transaction("people", |step, records| {
        let leavers = leavers::exclude(step, &records.people)?;
        let areas = tasks::areas_of_assignees(step)?;
        let changed =
            write_rows!(step, people, id, PersonRow, &records.people, |record, before| {
                let stays = leavers.contains(&record.id);
                if stays { Ok(None) } else { rows::person(record, key, district, before) }
            });
        tasks::release_of(step, &without_visits(&records.people, &changed), "role_changed")?;
        // People who have left have no unfinished tasks.
        tasks::release_outside(step, &records.people, &areas)
    })?);
    report(to.transaction("beneficiaries", |step, records| {
        write_rows!(
            step,
            beneficiaries,
            id,
            BeneficiaryRow,
            &records.beneficiaries,
            |record, before| { rows::beneficiary(record, key, before) }
        );
        let decided = gone::decided_ends(step, &records.beneficiaries)?;
        step.loaded.note(Fate::StillEnded, decided);
        step.moved |= planned::follow_homes(step.conn, step.district)?;
        tasks::move_with_beneficiaries(step, &records.beneficiaries)
    })?);
    report(to.transaction("stations", |step, records| {
        write_rows!(step, stations, id, StationRow, &records.stations, |record, before| {
            Ok(rows::station(record, before))
        });
        Ok(())
    })?);
    report(to.transaction("memorials", |step, records| {
        write_rows!(step, memorials, id, MemorialRow, &records.memorials, |record, before| {
            Ok(rows::memorial(record, before))
        });
        Ok(())
    })?);
    report(to.transaction("holidays", write_holidays)?);
    Ok(())
}

/// The ids of the changed people with a role that makes no visits.
fn without_visits(people: &[PersonRecord], changed: &[String]) -> Vec<PersonId> {
    let changed: HashSet<&str> = changed.iter().map(String::as_str).collect();
    let others = people.iter().filter(|one| !one.role.visits());
    let changed = others.filter(|one| changed.contains(one.id.to_string().as_str()));
    changed.map(|one| one.id).collect()
}

/// Writes holidays, which have no id: day and code together are the key.
fn write_holidays(step: &mut Step<'_>, records: &DistrictRecords) -> Result<(), DbError> {
    use diesel::prelude::*;
    use schema::holidays;
    let district = step.district;
    let present = holidays::table
        .filter(holidays::district.eq(district))
        .select(HolidayRow::as_select())
        .load(step.conn)?;
    let Merged { added, changed, unchanged, rows, missing } =
        merge(present, &records.holidays, |record, before| {
            Ok(rows::holiday(record, district, before))
        })?;
    gone::remove_missing(step, missing)?;
    for row in &rows {
        let key = (row.district, row.date, &row.code);
        diesel::delete(holidays::table.find(key)).execute(step.conn)?;
    }
    HolidayRow::insert_all(step.conn, &rows.iter().collect::<Vec<_>>())?;
    step.loaded.count(added, changed.len(), unchanged);
    Ok(())
}
