//! Queries for the absences of a person.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{AbsenceId, PersonId};

use crate::availability::span::Span;
use crate::availability::store::AbsenceRow;
use crate::db::schema::absences;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// Inserts an absence.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &AbsenceRow) -> Result<(), DbError> {
    diesel::insert_into(absences::table).values(row).execute(conn)?;
    Ok(())
}

/// The absence of the person, withdrawn or not.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    id: AbsenceId,
) -> Result<Option<AbsenceRow>, DbError> {
    let found = absences::table.find((district, person, id)).select(AbsenceRow::as_select());
    Ok(found.first(conn).optional()?)
}

/// A page of the person's absences that end on `since` or later, earliest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    since: NaiveDate,
    wanted: &Wanted<(NaiveDate, AbsenceId)>,
) -> Result<Vec<AbsenceRow>, DbError> {
    let mut query = absences::table
        .filter(absences::district.eq(district))
        .filter(absences::person.eq(person))
        .filter(absences::last_day.ge(since))
        .filter(absences::withdrawn_at.is_null())
        .select(AbsenceRow::as_select())
        .into_boxed();
    if let Some((first_day, id)) = wanted.after {
        let same_day = absences::first_day.eq(first_day).and(absences::id.gt(id));
        query = query.filter(absences::first_day.gt(first_day).or(same_day));
    }
    Ok(query.order((absences::first_day, absences::id)).limit(wanted.rows()).load(conn)?)
}

/// An absence of the person that has time in common with `span`.
///
/// # Errors
/// [`DbError`].
pub fn overlapping(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    span: &Span,
) -> Result<Option<AbsenceRow>, DbError> {
    let rows: Vec<AbsenceRow> = absences::table
        .filter(absences::district.eq(district))
        .filter(absences::person.eq(person))
        .filter(absences::last_day.ge(span.first))
        .filter(absences::first_day.le(span.last))
        .filter(absences::withdrawn_at.is_null())
        .order((absences::first_day, absences::id))
        .select(AbsenceRow::as_select())
        .load(conn)?;
    for row in rows {
        if row.span()?.overlaps(span) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Withdraws the absence; its note is deleted.
///
/// # Errors
/// [`DbError`].
pub fn withdraw(conn: &mut Conn, row: &AbsenceRow, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::update(absences::table.find((row.district, row.person, row.id)))
        .set((
            absences::withdrawn_at.eq(now.naive_utc()),
            absences::sealed.eq(Option::<Vec<u8>>::None),
        ))
        .execute(conn)?;
    Ok(())
}
