//! Queries for secondments.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{PersonId, SecondmentId};
use gridward_domain::secondment::{SecondmentSpan, SecondmentState};
use gridward_domain::word::VariantArray as _;

use super::Secondment;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::secondments;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::tx::row::{RowChange, write_versioned};
use crate::{in_range, person};

crate::table_row! {
    /// A row of `secondments`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct SecondmentRow in secondments {
        district: AreaCode,
        key {
            id: SecondmentId,
        }
        fixed {
            person: PersonId,
            home: AreaCode,
            area: AreaCode,
            first_day: NaiveDate,
            last_day: NaiveDate,
            requested_by: PersonId,
            requested_at: NaiveDateTime,
        }
        changing {
            state: SecondmentState,
            decided_by: Option<PersonId>,
            decided_at: Option<NaiveDateTime>,
            version: i64,
        }
    }
}

impl SecondmentRow {
    /// Its days.
    pub const fn span(&self) -> SecondmentSpan {
        SecondmentSpan { first_day: self.first_day, last_day: self.last_day }
    }

    /// The public representation with the name of the volunteer.
    pub fn shown(self, names: &HashMap<PersonId, String>) -> Secondment {
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Secondment {
            id: self.id,
            person_id: self.person,
            person_name: names.get(&self.person).cloned(),
            home: self.home,
            area: self.area,
            first_day: self.first_day,
            last_day: self.last_day,
            state: self.state,
            requested_by: self.requested_by,
            requested_at: local(self.requested_at),
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(local),
            version: self.version,
        }
    }
}

/// The public representations of rows of the district.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    rows: Vec<SecondmentRow>,
) -> Result<Vec<Secondment>, DbError> {
    let ids = rows.iter().map(|row| row.person).collect();
    let names = person::store::names(conn, key, &district.range(), ids)?;
    Ok(rows.into_iter().map(|row| row.shown(&names)).collect())
}

/// The secondments that the principal may see: those from and to the own area, and to one that contains
/// it; volunteers see their own.
macro_rules! visible {
    ($principal:expr) => {{
        let scope = $principal.scope();
        let mut query = secondments::table
            .filter(secondments::district.eq($principal.district()))
            .select(SecondmentRow::as_select())
            .into_boxed();
        query = if $principal.role == Role::Volunteer {
            query.filter(secondments::person.eq($principal.person))
        } else {
            let levels = Level::VARIANTS.iter();
            let around: Vec<AreaCode> =
                levels.filter_map(|level| $principal.area.ancestor(*level)).collect();
            query.filter(
                in_range!(secondments::home, &scope)
                    .or(in_range!(secondments::area, &scope))
                    .or(secondments::area.eq_any(around)),
            )
        };
        query
    }};
}

/// The secondment, if the principal may see it.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    principal: &Principal,
    id: SecondmentId,
) -> Result<Option<SecondmentRow>, DbError> {
    Ok(visible!(principal).filter(secondments::id.eq(id)).first(conn).optional()?)
}

/// A page of the secondments that the principal may see, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    principal: &Principal,
    state: Option<SecondmentState>,
    wanted: &Wanted<SecondmentId>,
) -> Result<Vec<SecondmentRow>, DbError> {
    let mut query = visible!(principal);
    if let Some(state) = state {
        query = query.filter(secondments::state.eq(state));
    }
    if let Some(id) = wanted.after {
        query = query.filter(secondments::id.lt(id));
    }
    Ok(query.order(secondments::id.desc()).limit(wanted.rows()).load(conn)?)
}

/// A requested or agreed secondment of the person that has a day in common with `span`.
///
/// # Errors
/// [`DbError`].
pub fn overlapping(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    span: SecondmentSpan,
) -> Result<Option<SecondmentRow>, DbError> {
    Ok(secondments::table
        .filter(secondments::district.eq(district))
        .filter(secondments::person.eq(person))
        .filter(secondments::state.eq_any(SecondmentState::CURRENT))
        .filter(secondments::last_day.ge(span.first_day))
        .filter(secondments::first_day.le(span.last_day))
        .order(secondments::id)
        .select(SecondmentRow::as_select())
        .first(conn)
        .optional()?)
}

/// The agreed secondments of the district with a day of the span, by first day.
///
/// # Errors
/// [`DbError`].
pub fn agreed(
    conn: &mut Conn,
    district: AreaCode,
    span: SecondmentSpan,
) -> Result<Vec<SecondmentRow>, DbError> {
    Ok(secondments::table
        .filter(secondments::district.eq(district))
        .filter(secondments::state.eq(SecondmentState::Agreed))
        .filter(secondments::last_day.ge(span.first_day))
        .filter(secondments::first_day.le(span.last_day))
        .order((secondments::first_day, secondments::id))
        .select(SecondmentRow::as_select())
        .load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(
    conn: &mut Conn,
    old: Option<&SecondmentRow>,
    new: &SecondmentRow,
) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        SecondmentRow::insert_all,
        SecondmentRow::update_all,
    )
}
