//! Where a person stands, and the password's hash.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::authority::Actor;
use gridward_domain::id::PersonId;

use crate::db::schema::{credentials, people};
use crate::db::{Conn, DbError};

/// The person as an actor; none if unknown or no longer active.
///
/// # Errors
/// [`DbError`].
pub fn actor(conn: &mut Conn, district: &str, id: PersonId) -> Result<Option<Actor>, DbError> {
    let row: Option<(String, String, bool)> = people::table
        .find((district, id.to_string()))
        .select((people::role, people::area, people::active))
        .first(conn)
        .optional()?;
    let Some((role, area, true)) = row else { return Ok(None) };
    let corrupt = |reason: String| DbError::corrupt("people", reason);
    Ok(Some(Actor {
        person: id,
        role: role.parse().map_err(|e| corrupt(format!("{e}")))?,
        area: area.parse().map_err(|e| corrupt(format!("{e}")))?,
    }))
}

/// Who has the phone with this index, and the hash of the password, if one was set.
///
/// # Errors
/// [`DbError`].
pub fn by_phone(
    conn: &mut Conn,
    district: &str,
    phone_index: &[u8],
) -> Result<Option<(PersonId, Option<String>)>, DbError> {
    let id: Option<String> = people::table
        .filter(people::district.eq(district))
        .filter(people::phone_index.eq(phone_index))
        .filter(people::active.eq(true))
        .select(people::id)
        .first(conn)
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let hash = credentials::table
        .find((district, &id))
        .select(credentials::password_hash)
        .first(conn)
        .optional()?;
    let id = id.parse().map_err(|error| DbError::corrupt("people", error))?;
    Ok(Some((id, hash)))
}

/// Keeps the hash of a person's new password.
///
/// # Errors
/// [`DbError`].
pub fn set_password(
    conn: &mut Conn,
    district: &str,
    id: PersonId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let id = id.to_string();
    let values = (credentials::password_hash.eq(hash), credentials::changed_at.eq(now.naive_utc()));
    let changed =
        diesel::update(credentials::table.find((district, &id))).set(values).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(credentials::table)
            .values((
                credentials::district.eq(district),
                credentials::person.eq(&id),
                credentials::password_hash.eq(hash),
                credentials::changed_at.eq(now.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(())
}
