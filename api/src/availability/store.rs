//! Queries for absences, dated hours and duty.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{AbsenceId, PersonId};
use gridward_domain::time::{TimeOfDay, Window};

use super::calendar::Calendars;
use super::model::{
    Absence, AbsenceDays, AbsenceReason, DatedHours, Duty, PersonAvailability, WeeklyHours,
};
use super::span::Span;
use crate::clock::china;
use crate::crypto::{SealingKey, aad};
use crate::db::schema::{absences, availability_exceptions, off_duty};
use crate::db::{Conn, DbError, batches};
use crate::person::store::PersonRow;
use crate::workday;

crate::table_row! {
    /// A row of `absences`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AbsenceRow in absences {
        district: AreaCode,
        key {
            person: PersonId,
            id: AbsenceId,
        }
        fixed {
            first_day: NaiveDate,
            last_day: NaiveDate,
            window_start: Option<TimeOfDay>,
            window_end: Option<TimeOfDay>,
            reason: AbsenceReason,
            sealed: Option<Vec<u8>>,
            created_by: PersonId,
            created_at: NaiveDateTime,
            withdrawn_at: Option<NaiveDateTime>,
        }
    }
}

crate::table_row! {
    /// A row of `availability_exceptions`.
    #[derive(Clone, Debug, PartialEq)]
    struct ExceptionRow in availability_exceptions {
        district: AreaCode,
        key {
            person: PersonId,
            day: NaiveDate,
        }
        fixed {
            window_start: Option<TimeOfDay>,
            window_end: Option<TimeOfDay>,
        }
    }
}

/// The hours of two columns.
fn window(start: Option<TimeOfDay>, end: Option<TimeOfDay>) -> Result<Option<Window>, DbError> {
    let window = start.zip(end).map(|(start, end)| Window::new(start, end));
    window.transpose().map_err(|error| DbError::corrupt("absences", error))
}

impl AbsenceRow {
    /// The days and hours.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn span(&self) -> Result<Span, DbError> {
        let window = window(self.window_start, self.window_end)?;
        Ok(Span { first: self.first_day, last: self.last_day, window })
    }

    /// The days and hours with the id.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn days(&self) -> Result<AbsenceDays, DbError> {
        let Span { first, last, window } = self.span()?;
        Ok(AbsenceDays { id: self.id, first_day: first, last_day: last, window })
    }

    /// The absence without its note.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn absence(&self) -> Result<Absence, DbError> {
        let Span { first, last, window } = self.span()?;
        Ok(Absence {
            id: self.id,
            person_id: self.person,
            first_day: first,
            last_day: last,
            window,
            reason: self.reason,
            note: None,
            created_by_id: self.created_by,
            created_at: self.created_at.and_utc().with_timezone(&china()),
        })
    }

    /// The absence with its note.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn opened(&self, key: &SealingKey) -> Result<Absence, DbError> {
        let aad = aad(self.district, "absences", self.id);
        let open = |sealed: &Vec<u8>| {
            let note = key.open(&aad, sealed).ok().and_then(|note| String::from_utf8(note).ok());
            note.ok_or_else(|| DbError::corrupt("absences", "the note is unreadable"))
        };
        let note = self.sealed.as_ref().map(open).transpose()?;
        Ok(Absence { note, ..self.absence()? })
    }
}

/// Replaces the person's dated hours.
///
/// # Errors
/// [`DbError`].
pub fn replace_exceptions(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    hours: &[DatedHours],
) -> Result<(), DbError> {
    let present = availability_exceptions::table
        .filter(availability_exceptions::district.eq(district))
        .filter(availability_exceptions::person.eq(person));
    diesel::delete(present).execute(conn)?;
    let rows = hours.iter().map(|DatedHours { day, window }| ExceptionRow {
        district,
        person,
        day: *day,
        window_start: window.map(|window| window.start()),
        window_end: window.map(|window| window.end()),
    });
    let rows: Vec<ExceptionRow> = rows.collect();
    ExceptionRow::insert_all(conn, &rows.iter().collect::<Vec<_>>())
}

/// Sets whether the person is on duty.
///
/// # Errors
/// [`DbError`].
pub fn set_duty(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    duty: Duty,
) -> Result<(), DbError> {
    diesel::delete(off_duty::table.find((district, person))).execute(conn)?;
    if duty == Duty::Off {
        diesel::insert_into(off_duty::table)
            .values((off_duty::district.eq(district), off_duty::person.eq(person)))
            .execute(conn)?;
    }
    Ok(())
}

/// The people of the district who are off duty.
///
/// # Errors
/// [`DbError`].
pub fn off_duty(conn: &mut Conn, district: AreaCode) -> Result<HashSet<PersonId>, DbError> {
    let people: Vec<PersonId> = off_duty::table
        .filter(off_duty::district.eq(district))
        .select(off_duty::person)
        .load(conn)?;
    Ok(people.into_iter().collect())
}

/// Those of these people of the district, at most 500, who are off duty.
///
/// # Errors
/// [`DbError`].
pub fn off_duty_among(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
) -> Result<HashSet<PersonId>, DbError> {
    let off = off_duty::table
        .filter(off_duty::district.eq(district))
        .filter(off_duty::person.eq_any(people))
        .select(off_duty::person);
    Ok(off.load::<PersonId>(conn)?.into_iter().collect())
}

/// The calendars of the district's people from `first` to `last`.
///
/// # Errors
/// [`DbError`].
pub fn calendars(
    conn: &mut Conn,
    district: AreaCode,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Calendars, DbError> {
    read_calendars(conn, district, None, first, Some(last))
}

/// The dated hours and absences from `first` on of these people of the district, at most 500.
///
/// # Errors
/// [`DbError`].
pub fn calendars_from(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
    first: NaiveDate,
) -> Result<Calendars, DbError> {
    read_calendars(conn, district, Some(people), first, None)
}

/// The dated hours and absences from `first`, to `last` if given, of the district's people, or of
/// `people` alone.
fn read_calendars(
    conn: &mut Conn,
    district: AreaCode,
    people: Option<&[PersonId]>,
    first: NaiveDate,
    last: Option<NaiveDate>,
) -> Result<Calendars, DbError> {
    let mut away = absences::table
        .filter(absences::district.eq(district))
        .filter(absences::last_day.ge(first))
        .filter(absences::withdrawn_at.is_null())
        .select(AbsenceRow::as_select())
        .into_boxed();
    let mut dated = availability_exceptions::table
        .filter(availability_exceptions::district.eq(district))
        .filter(availability_exceptions::day.ge(first))
        .select(ExceptionRow::as_select())
        .into_boxed();
    if let Some(last) = last {
        away = away.filter(absences::first_day.le(last));
        dated = dated.filter(availability_exceptions::day.le(last));
    }
    if let Some(people) = people {
        away = away.filter(absences::person.eq_any(people));
        dated = dated.filter(availability_exceptions::person.eq_any(people));
    }
    let away: Vec<AbsenceRow> = away.load(conn)?;
    let dated: Vec<ExceptionRow> = dated.load(conn)?;
    let mut calendars = Calendars::new(workday::store::days(conn, district, first, last)?);
    for row in away {
        calendars.entry(row.person).absences.push(row.span()?);
    }
    for row in dated {
        let hours = window(row.window_start, row.window_end)?;
        calendars.entry(row.person).exceptions.insert(row.day, hours);
    }
    Ok(calendars)
}

/// The availability of these people of one district from `today` on, in their order.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    people: &[PersonRow],
    today: NaiveDate,
) -> Result<Vec<PersonAvailability>, DbError> {
    let mut all = Vec::with_capacity(people.len());
    for people in batches(people) {
        all.extend(of_chunk(conn, people, today)?);
    }
    Ok(all)
}

fn of_chunk(
    conn: &mut Conn,
    people: &[PersonRow],
    today: NaiveDate,
) -> Result<Vec<PersonAvailability>, DbError> {
    let Some(first) = people.first() else { return Ok(Vec::new()) };
    let (district, ids) = (first.district, people.iter().map(|row| row.id).collect::<Vec<_>>());
    let away: Vec<AbsenceRow> = absences::table
        .filter(absences::district.eq(district))
        .filter(absences::person.eq_any(&ids))
        .filter(absences::last_day.ge(today))
        .filter(absences::withdrawn_at.is_null())
        .order((absences::first_day, absences::id))
        .select(AbsenceRow::as_select())
        .load(conn)?;
    let dated: Vec<ExceptionRow> = availability_exceptions::table
        .filter(availability_exceptions::district.eq(district))
        .filter(availability_exceptions::person.eq_any(&ids))
        .filter(availability_exceptions::day.ge(today))
        .order(availability_exceptions::day)
        .select(ExceptionRow::as_select())
        .load(conn)?;
    let off: Vec<PersonId> = off_duty::table
        .filter(off_duty::district.eq(district))
        .filter(off_duty::person.eq_any(&ids))
        .select(off_duty::person)
        .load(conn)?;
    let availability = |row: &PersonRow| {
        let away = away.iter().filter(|absence| absence.person == row.id);
        let dated = dated.iter().filter(|hours| hours.person == row.id);
        let dated = dated.map(|hours| {
            let window = window(hours.window_start, hours.window_end)?;
            Ok(DatedHours { day: hours.day, window })
        });
        let weekly = row.availability.days();
        Ok(PersonAvailability {
            person_id: row.id,
            weekly: weekly.map(|(weekday, window)| WeeklyHours { weekday, window }).collect(),
            weekly_minutes: row.weekly_minutes,
            exceptions: dated.collect::<Result<_, DbError>>()?,
            duty: if off.contains(&row.id) { Duty::Off } else { Duty::On },
            absences: away.map(AbsenceRow::days).collect::<Result<_, DbError>>()?,
            version: row.version,
        })
    };
    people.iter().map(availability).collect()
}
