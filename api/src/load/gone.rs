//! Rows that the records lack. An ordinary load leaves them and says so; a load
//! of the whole district removes them, each kind in its own way, so that nothing
//! that refers to them is left without them.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::Level;
use gridward_domain::id::{BeneficiaryId, PersonId};
use serde_json::json;

use super::merge::Keyed;
use super::report::Fate;
use super::rows::{HolidayRow, MemorialRow, OutlineRow, StationRow};
use super::step::Step;
use super::tasks;
use crate::area::store::AreaRow;
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::db::DbError;
use crate::db::schema::{areas, beneficiaries, holidays, memorials, outlines, people, stations};
use crate::log::{Event, Subject};
use crate::person::Role;
use crate::person::store::PersonRow;

/// How many ids a statement names.
const CHUNK: usize = 500;

/// A row that can go.
pub(super) trait Gone: Keyed + Sized {
    /// Whether the row is not gone already.
    fn is_there(&self) -> bool {
        true
    }

    /// Removes rows that the records lack.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError>;
}

/// Settles the rows without a record.
pub(super) fn settle<Row: Gone>(step: &mut Step<'_>, mut missing: Vec<Row>) -> Result<(), DbError> {
    missing.retain(Gone::is_there);
    if missing.is_empty() || step.options.absent.contains(&step.loaded.kind) {
        return Ok(());
    }
    if step.options.whole {
        return Row::remove(step, missing);
    }
    step.loaded.note(Fate::Missing, keys(&missing));
    Ok(())
}

fn keys<Row: Keyed>(rows: &[Row]) -> Vec<String> {
    rows.iter().map(Keyed::key).collect()
}

/// Deletes the rows of a table with these ids.
macro_rules! delete {
    ($step:ident, $table:ident, $id:ident, $ids:expr) => {
        for ids in $ids.chunks(CHUNK) {
            let those = $table::table
                .filter($table::district.eq($step.district))
                .filter($table::$id.eq_any(ids));
            diesel::delete(those).execute($step.conn)?;
        }
    };
}

impl Gone for AreaRow {
    fn is_there(&self) -> bool {
        self.valid_to.is_none()
    }

    /// The area ends today; its row stays for what happened in it.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let codes = keys(&missing);
        let today: NaiveDate = clock::day(step.now);
        for codes in codes.chunks(CHUNK) {
            let those = areas::table
                .filter(areas::district.eq(step.district))
                .filter(areas::code.eq_any(codes));
            diesel::update(those)
                .set((areas::valid_to.eq(today), areas::version.eq(areas::version + 1)))
                .execute(step.conn)?;
        }
        let grids = missing.iter().filter(|row| row.level == Level::Grid);
        tasks::cancel_in(step, &grids.map(|row| row.code).collect::<Vec<_>>())?;
        for row in &missing {
            step.facts.push(
                Event::new("area.end", Subject::District, row.code, row.code, row.version + 1)
                    .with(json!({ "valid_to": today })),
            );
        }
        step.loaded.note(Fate::Ended, codes);
        Ok(())
    }
}

impl Gone for OutlineRow {
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let grids = keys(&missing);
        delete!(step, outlines, grid, grids);
        deleted(step, grids);
        Ok(())
    }
}

impl Gone for PersonRow {
    fn is_there(&self) -> bool {
        self.active
    }

    /// The person becomes inactive and holds no task. An admin stays: admins are
    /// added on the server's own terminal, and no file may lock them out.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let (admins, others): (Vec<Self>, Vec<Self>) =
            missing.into_iter().partition(|row| row.role == Role::Admin);
        for row in &others {
            // The number may be another's from now on, and no two rows may share one.
            let no_phone = step.key.index(&format!("inactive {}", row.id));
            diesel::update(people::table.find((row.district, row.id)))
                .set((
                    people::active.eq(false),
                    people::phone_index.eq(no_phone),
                    people::version.eq(row.version + 1),
                ))
                .execute(step.conn)?;
            step.facts.push(
                Event::new("person.deactivate", Subject::Person, row.id, row.area, row.version + 1)
                    .assignees(Some(row.id), None),
            );
        }
        let ids: Vec<PersonId> = others.iter().map(|row| row.id).collect();
        tasks::release_of(step, &ids, "person_gone")?;
        step.loaded.note(Fate::Inactive, keys(&others));
        step.loaded.note(Fate::AdminKept, keys(&admins));
        Ok(())
    }
}

impl Gone for BeneficiaryRow {
    /// The beneficiary is deleted, or kept for the history of its tasks, of which
    /// none stays unfinished.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = |rows: &[Self]| rows.iter().map(|row| row.id).collect::<Vec<BeneficiaryId>>();
        let with_tasks = tasks::with_tasks(step, &ids(&missing))?;
        let (kept, gone): (Vec<Self>, Vec<Self>) =
            missing.into_iter().partition(|row| with_tasks.contains(&row.id));
        tasks::cancel_of(step, &ids(&kept))?;
        delete!(step, beneficiaries, id, ids(&gone));
        for row in &gone {
            step.facts.push(Event::new(
                "beneficiary.delete",
                Subject::Beneficiary,
                row.id,
                row.grid,
                row.version + 1,
            ));
        }
        step.loaded.note(Fate::Deleted, keys(&gone));
        step.loaded.note(Fate::KeptForTasks, keys(&kept));
        Ok(())
    }
}

impl Gone for StationRow {
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = keys(&missing);
        delete!(step, stations, id, ids);
        deleted(step, ids);
        Ok(())
    }
}

impl Gone for MemorialRow {
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = keys(&missing);
        delete!(step, memorials, id, ids);
        deleted(step, ids);
        Ok(())
    }
}

impl Gone for HolidayRow {
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        for row in &missing {
            let key = (row.district, row.date, &row.code);
            diesel::delete(holidays::table.find(key)).execute(step.conn)?;
        }
        deleted(step, keys(&missing));
        Ok(())
    }
}

/// Notes rows that nothing refers to; one fact for all tells that they are gone.
fn deleted(step: &mut Step<'_>, ids: Vec<String>) {
    let (kind, count) = (step.loaded.kind, ids.len());
    step.facts.push(
        Event::new("district.remove", Subject::District, step.district, step.district, 1)
            .with(json!({ "kind": kind, "count": count })),
    );
    step.loaded.note(Fate::Deleted, ids);
}
