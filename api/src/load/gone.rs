//! Rows without a record. An ordinary load leaves them and reports them; a load of the
//! whole district removes them, each kind in its own way, so that no reference to them
//! breaks.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::Level;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use serde_json::json;

use super::merge::Keyed;
use super::record::BeneficiaryRecord;
use super::report::Fate;
use super::rows::OutlineRow;
use super::step::Step;
use super::tasks;
use crate::area::store::AreaRow;
use crate::auth::device::EndReason;
use crate::beneficiary::EndCause;
use crate::beneficiary::ends::{self, Effects};
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{answers, visitors};
use crate::db::schema::{areas, beneficiaries, holidays, memorials, outlines, stations};
use crate::db::{DbError, batches};
use crate::goods::handout_store as handouts;
use crate::handover::{ASSIGNEE_LEFT, regimes};
use crate::holiday::store::HolidayRow;
use crate::log::{Event, Subject};
use crate::memorial::store::MemorialRow;
use crate::person::store::PersonRow;
use crate::person::{PersonState, Role};
use crate::station::store::StationRow;
use crate::{auth, case, clock, correction, person, proposal, regime};

/// A row that a load can remove.
pub(super) trait Removable: Keyed + Sized {
    /// Whether the row has not been removed before, if its removal leaves it in the table.
    fn is_current(&self) -> bool {
        true
    }

    /// Removes rows without a record.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError>;
}

/// Removes or reports the rows without a record.
pub(super) fn remove_missing<Row: Removable>(
    step: &mut Step<'_>,
    mut missing: Vec<Row>,
) -> Result<(), DbError> {
    missing.retain(Removable::is_current);
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
        for ids in batches(&$ids) {
            let those = $table::table
                .filter($table::district.eq($step.district))
                .filter($table::$id.eq_any(ids));
            diesel::delete(those).execute($step.conn)?;
        }
    };
}

impl Removable for AreaRow {
    fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    /// The area is closed today; its row stays for the history of the area.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let codes = keys(&missing);
        let today: NaiveDate = clock::day(step.now);
        for codes in batches(&codes) {
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
            step.events.push(
                Event::new("area.end", Subject::District, row.code, row.code, row.version + 1)
                    .with(json!({ "valid_to": today })),
            );
        }
        step.loaded.note(Fate::Ended, codes);
        Ok(())
    }
}

impl Removable for OutlineRow {
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let grids = keys(&missing);
        delete!(step, outlines, grid, grids);
        deleted(step, grids);
        Ok(())
    }
}

impl Removable for PersonRow {
    fn is_current(&self) -> bool {
        self.state != PersonState::Left
    }

    /// The person has left: is signed out and is no longer the assignee of an unfinished task; the supervisors of the
    /// person's regimes get a notice. An
    /// admin stays: admins are added on the terminal of the server, and no file may lock
    /// them out.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let (admins, others): (Vec<Self>, Vec<Self>) =
            missing.into_iter().partition(|row| row.role == Role::Admin);
        for row in &others {
            let next = PersonRow {
                state: PersonState::Left,
                phone_index: person::row::no_phone(step.key, row.id),
                version: row.version + 1,
                ..row.clone()
            };
            person::write::set_state(step.conn, row, &next)?;
            let (district, now) = (step.district, step.now);
            auth::store::end_access(step.conn, district, row.id, None, EndReason::Left, now)?;
            step.events.push(
                Event::new("person.leave", Subject::Person, row.id, row.area, row.version + 1)
                    .assignees(Some(row.id), None)
                    .with(json!({ "because": "import" })),
            );
        }
        for row in &others {
            step.events.extend(regimes::announce(step.conn, row, step.now)?);
        }
        let ids: Vec<PersonId> = others.iter().map(|row| row.id).collect();
        let had_tasks = tasks::release_of(step, &ids, ASSIGNEE_LEFT)?;
        step.loaded.note(Fate::Inactive, keys(&others));
        step.loaded.note(Fate::LeftWithTasks, had_tasks);
        step.loaded.note(Fate::AdminKept, keys(&admins));
        Ok(())
    }
}

impl Removable for BeneficiaryRow {
    fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    /// The beneficiary is deleted, or ends today if tasks, cases or hand-outs refer to it; unfinished
    /// tasks are cancelled.
    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = |rows: &[Self]| rows.iter().map(|row| row.id).collect::<Vec<BeneficiaryId>>();
        let mut referred = tasks::with_tasks(step, &ids(&missing))?;
        for ids in batches(&ids(&missing)) {
            referred.extend(case::store::with_cases(step.conn, step.district, ids)?);
            referred.extend(handouts::with_handouts(step.conn, step.district, ids)?);
        }
        let (kept, gone): (Vec<Self>, Vec<Self>) =
            missing.into_iter().partition(|row| referred.contains(&row.id));
        let mut cancelled = tasks::cancel_of(step, &ids(&kept))?;
        for row in &kept {
            end(step, row, cancelled.remove(&row.id).unwrap_or_default())?;
        }
        for ids in batches(&ids(&gone)) {
            correction::store::forget(step.conn, step.district, ids)?;
            proposal::store::forget(step.conn, step.district, ids)?;
            case::store::forget(step.conn, step.district, ids)?;
            handouts::forget(step.conn, step.district, ids)?;
            regime::members::forget(step.conn, step.district, ids)?;
            visitors::forget(step.conn, step.district, ids)?;
            answers::forget(step.conn, step.district, ids)?;
            ends::forget(step.conn, step.district, ids)?;
        }
        delete!(step, beneficiaries, id, ids(&gone));
        for row in &gone {
            step.events.push(Event::new(
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

/// The beneficiaries of these records that have ended by a decision, which files do not take back.
pub(super) fn decided_ends(
    step: &mut Step<'_>,
    records: &[BeneficiaryRecord],
) -> Result<Vec<String>, DbError> {
    let ended: Vec<(BeneficiaryId, Option<EndCause>)> = beneficiaries::table
        .filter(beneficiaries::district.eq(step.district))
        .filter(beneficiaries::valid_to.is_not_null())
        .order(beneficiaries::id)
        .select((beneficiaries::id, beneficiaries::ended_because))
        .load(step.conn)?;
    let decided = ended.into_iter().filter(|(_, why)| why.is_some_and(EndCause::is_decided));
    let decided: BTreeSet<BeneficiaryId> = decided.map(|(id, _)| id).collect();
    let recorded = records.iter().filter(|record| decided.contains(&record.id));
    Ok(recorded.map(Keyed::key).collect())
}

/// Ends a beneficiary today, which has cancelled these tasks; the row stays for the history of its
/// tasks.
fn end(step: &mut Step<'_>, row: &BeneficiaryRow, cancelled: Vec<TaskId>) -> Result<(), DbError> {
    let (today, version) = (clock::day(step.now), row.version + 1);
    diesel::update(beneficiaries::table.find((row.district, row.id)))
        .set((
            beneficiaries::valid_to.eq(today),
            beneficiaries::ended_because.eq(EndCause::NotInFiles),
            beneficiaries::version.eq(version),
        ))
        .execute(step.conn)?;
    let effects = Effects { cancelled, ..Effects::default() };
    ends::record(step.conn, row.district, row.id, step.now.naive_utc(), &effects)?;
    let event = Event::new("beneficiary.end", Subject::Beneficiary, row.id, row.grid, version);
    step.events.push(event.with(json!({ "valid_to": today, "because": "import" })));
    Ok(())
}

impl Removable for StationRow {
    fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = keys(&missing);
        delete!(step, stations, id, ids);
        deleted(step, ids);
        Ok(())
    }
}

impl Removable for MemorialRow {
    fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        let ids = keys(&missing);
        delete!(step, memorials, id, ids);
        deleted(step, ids);
        Ok(())
    }
}

impl Removable for HolidayRow {
    fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    fn remove(step: &mut Step<'_>, missing: Vec<Self>) -> Result<(), DbError> {
        for row in &missing {
            let key = (row.district, row.date, &row.code);
            diesel::delete(holidays::table.find(key)).execute(step.conn)?;
        }
        deleted(step, keys(&missing));
        Ok(())
    }
}

/// Notes deleted rows without references; one event records all of them.
fn deleted(step: &mut Step<'_>, ids: Vec<String>) {
    let (kind, count) = (step.loaded.kind, ids.len());
    step.events.push(
        Event::new("district.remove", Subject::District, step.district, step.district, 1)
            .with(json!({ "kind": kind, "count": count })),
    );
    step.loaded.note(Fate::Deleted, ids);
}
