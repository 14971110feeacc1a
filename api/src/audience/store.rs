//! Queries for saved audiences.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::audience::{Filter, Sentence};
use gridward_domain::bounded_text::RegisterName;
use gridward_domain::id::{AudienceId, PersonId};

use super::SavedAudience;
use super::names::DistrictNames;
use crate::clock::china;
use crate::db::column::Hash;
use crate::db::schema::audiences;
use crate::db::{Conn, DbError, changed_one};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

const TABLE: &str = "audiences";

crate::table_row! {
    /// A row of `audiences`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AudienceRow in audiences {
        district: AreaCode,
        key {
            id: AudienceId,
        }
        fixed {
            created_by: PersonId,
            created_at: NaiveDateTime,
        }
        changing {
            area: AreaCode,
            name: RegisterName,
            filter: String,
            version: i64,
        }
    }
}

impl AudienceRow {
    /// Which beneficiaries of the area belong to the audience.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn filter(&self) -> Result<Filter, DbError> {
        filter_of(TABLE, &self.filter)
    }

    /// The public representation, with the names of today.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn shown(&self, conn: &mut Conn) -> Result<SavedAudience, DbError> {
        let mut shown = shown(conn, self.district, std::slice::from_ref(self))?;
        shown.pop().ok_or(DbError::Collision)
    }
}

/// The filter of a column of the table.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn filter_of(table: &'static str, text: &str) -> Result<Filter, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(table, error))
}

/// The text of a filter in a column.
///
/// # Errors
/// None in practice: every filter has a JSON form.
pub fn text(filter: &Filter) -> Result<String, DbError> {
    serde_json::to_string(filter).map_err(|error| DbError::corrupt(TABLE, error))
}

/// The hash of the text of a filter, by which the log tells one filter from another.
pub fn hash(text: &str) -> String {
    hex::encode(Hash::sha256(text))
}

/// The public representations of rows of the district, with the names of today.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    district: AreaCode,
    rows: &[AudienceRow],
) -> Result<Vec<SavedAudience>, DbError> {
    let filters = rows.iter().map(AudienceRow::filter).collect::<Result<Vec<_>, _>>()?;
    let scopes = rows.iter().zip(&filters).map(|(row, filter)| (row.area, filter));
    let names = DistrictNames::read(conn, district, scopes)?;
    let shown = rows.iter().zip(filters).map(|(row, filter)| {
        let Sentence { zh, en } = filter.sentence(row.area, &names);
        SavedAudience {
            id: row.id,
            area: row.area,
            name: row.name.clone(),
            filter,
            sentence_zh: zh,
            sentence_en: en,
            created_by: row.created_by,
            created_at: row.created_at.and_utc().with_timezone(&china()),
            version: row.version,
        }
    });
    Ok(shown.collect())
}

/// The audience, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    scope: &AreaRange,
    id: AudienceId,
) -> Result<Option<AudienceRow>, DbError> {
    Ok(audiences::table
        .find((scope.area().district(), id))
        .filter(in_range!(audiences::area, scope))
        .select(AudienceRow::as_select())
        .first(conn)
        .optional()?)
}

/// A page of the audiences of the range, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    wanted: &Wanted<AudienceId>,
) -> Result<Vec<AudienceRow>, DbError> {
    let mut query = audiences::table
        .filter(audiences::district.eq(scope.area().district()))
        .filter(in_range!(audiences::area, scope))
        .select(AudienceRow::as_select())
        .into_boxed();
    if let Some(id) = wanted.after {
        query = query.filter(audiences::id.lt(id));
    }
    Ok(query.order(audiences::id.desc()).limit(wanted.rows()).load(conn)?)
}

/// All audiences of the district.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<AudienceRow>, DbError> {
    Ok(audiences::table
        .filter(audiences::district.eq(district))
        .order(audiences::id)
        .select(AudienceRow::as_select())
        .load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&AudienceRow>, new: &AudienceRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        AudienceRow::insert_all,
        AudienceRow::update_all,
    )
}

/// Deletes the row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn delete(conn: &mut Conn, row: &AudienceRow) -> Result<(), DbError> {
    let this = audiences::table.find((row.district, row.id));
    let this = this.filter(audiences::version.eq(row.version));
    changed_one(diesel::delete(this).execute(conn)?)
}
