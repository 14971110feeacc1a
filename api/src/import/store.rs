//! Queries for imports, their faults and the agreed headings.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{ImportId, PersonId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Headings;
use super::model::{Import, ImportFault, ImportMode, ImportResult, ImportState};
use crate::db::schema::{import_faults, import_headings, imports};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

#[derive(Queryable, Insertable)]
#[diesel(table_name = imports)]
struct ImportRow {
    district: AreaCode,
    id: ImportId,
    mode: ImportMode,
    state: ImportState,
    created_by: PersonId,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    files: String,
    result: Option<String>,
}

crate::table_row! {
    /// A row of `import_faults`.
    struct FaultRow in import_faults {
        district: AreaCode,
        key {
            import_id: ImportId,
            number: i64,
        }
        fixed {
            fault: String,
        }
    }
}

fn to_json(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::corrupt("imports", error))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt("imports", error))
}

impl ImportRow {
    fn import(self) -> Result<Import, DbError> {
        Ok(Import {
            id: self.id,
            mode: self.mode,
            state: self.state,
            created_by: self.created_by,
            created_at: self.created_at.and_utc(),
            finished_at: self.finished_at.map(|time| time.and_utc()),
            files: from_json(&self.files)?,
            progress: None,
            result: self.result.as_deref().map(from_json).transpose()?,
        })
    }
}

/// Adds a running import.
///
/// # Errors
/// [`DbError`].
pub fn begin(conn: &mut Conn, district: AreaCode, import: &Import) -> Result<(), DbError> {
    diesel::insert_into(imports::table)
        .values(ImportRow {
            district,
            id: import.id,
            mode: import.mode,
            state: ImportState::Running,
            created_by: import.created_by,
            created_at: import.created_at.naive_utc(),
            finished_at: None,
            files: to_json(&import.files)?,
            result: None,
        })
        .execute(conn)?;
    Ok(())
}

/// Ends an import, with its first faults.
///
/// # Errors
/// [`DbError`].
pub fn end(
    conn: &mut Conn,
    district: AreaCode,
    id: ImportId,
    state: ImportState,
    result: &ImportResult,
    faults: &[ImportFault],
    now: NaiveDateTime,
) -> Result<(), DbError> {
    let running = imports::table.find((district, id));
    let ended = (
        imports::state.eq(state),
        imports::finished_at.eq(now),
        imports::result.eq(to_json(result)?),
    );
    diesel::update(running).set(ended).execute(conn)?;
    let mut rows = Vec::with_capacity(faults.len());
    for (number, fault) in (1..).zip(faults) {
        rows.push(FaultRow { district, import_id: id, number, fault: to_json(fault)? });
    }
    FaultRow::insert_all(conn, &rows.iter().collect::<Vec<_>>())
}

/// The import `id` of the district.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, district: AreaCode, id: ImportId) -> Result<Option<Import>, DbError> {
    let row: Option<ImportRow> = imports::table.find((district, id)).first(conn).optional()?;
    row.map(ImportRow::import).transpose()
}

/// A page of the district's imports, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    wanted: &Wanted<ImportId>,
) -> Result<Vec<Import>, DbError> {
    let mut query = imports::table.filter(imports::district.eq(district)).into_boxed();
    if let Some(id) = wanted.after {
        query = query.filter(imports::id.lt(id));
    }
    let rows: Vec<ImportRow> = query.order(imports::id.desc()).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(ImportRow::import).collect()
}

/// A page of an import's faults with their numbers, in the order of files and rows.
///
/// # Errors
/// [`DbError`].
pub fn faults(
    conn: &mut Conn,
    district: AreaCode,
    id: ImportId,
    wanted: &Wanted<i64>,
) -> Result<Vec<(i64, ImportFault)>, DbError> {
    let rows: Vec<(i64, String)> = import_faults::table
        .filter(import_faults::district.eq(district))
        .filter(import_faults::import_id.eq(id))
        .filter(import_faults::number.gt(wanted.after.unwrap_or(0)))
        .order(import_faults::number)
        .limit(wanted.rows())
        .select((import_faults::number, import_faults::fault))
        .load(conn)?;
    rows.into_iter().map(|(number, fault)| Ok((number, from_json(&fault)?))).collect()
}

/// The names of columns that the district has agreed on: file, heading and column.
///
/// # Errors
/// [`DbError`].
pub fn agreed(
    conn: &mut Conn,
    district: AreaCode,
) -> Result<Vec<(String, String, String)>, DbError> {
    Ok(import_headings::table
        .filter(import_headings::district.eq(district))
        .order((import_headings::file, import_headings::heading))
        .select((import_headings::file, import_headings::heading, import_headings::column_name))
        .load(conn)?)
}

/// The same, for reading files.
///
/// # Errors
/// [`DbError`].
pub fn headings(conn: &mut Conn, district: AreaCode) -> Result<Headings, DbError> {
    Ok(Headings::new(agreed(conn, district)?))
}

/// Replaces the agreed names.
///
/// # Errors
/// [`DbError`].
pub fn agree(
    conn: &mut Conn,
    district: AreaCode,
    names: &[(String, String, String)],
) -> Result<(), DbError> {
    let all = import_headings::table.filter(import_headings::district.eq(district));
    diesel::delete(all).execute(conn)?;
    for (file, heading, column) in names {
        diesel::insert_into(import_headings::table)
            .values((
                import_headings::district.eq(district),
                import_headings::file.eq(file),
                import_headings::heading.eq(heading),
                import_headings::column_name.eq(column),
            ))
            .execute(conn)?;
    }
    Ok(())
}
