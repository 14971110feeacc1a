//! Queries for a person's role and area, and for password hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;

use crate::db::column::Hash;
use crate::db::schema::{credentials, people};
use crate::db::{Conn, DbError};

/// The person as a principal; `None` if unknown or inactive.
///
/// # Errors
/// [`DbError`].
pub fn principal(
    conn: &mut Conn,
    district: AreaCode,
    id: PersonId,
) -> Result<Option<Principal>, DbError> {
    let row: Option<(Role, AreaCode, bool)> = people::table
        .find((district, id))
        .select((people::role, people::area, people::active))
        .first(conn)
        .optional()?;
    let Some((role, area, true)) = row else { return Ok(None) };
    Ok(Some(Principal { person: id, role, area }))
}

/// The person with this phone index, and the password hash if one is set.
///
/// # Errors
/// [`DbError`].
pub fn by_phone(
    conn: &mut Conn,
    district: AreaCode,
    phone_index: Hash,
) -> Result<Option<(PersonId, Option<String>)>, DbError> {
    let id: Option<PersonId> = people::table
        .filter(people::district.eq(district))
        .filter(people::phone_index.eq(phone_index))
        .filter(people::active.eq(true))
        .select(people::id)
        .first(conn)
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let hash = credentials::table
        .find((district, id))
        .select(credentials::password_hash)
        .first(conn)
        .optional()?;
    Ok(Some((id, hash)))
}

/// Stores the hash of a new password.
///
/// # Errors
/// [`DbError`].
pub fn set_password(
    conn: &mut Conn,
    district: AreaCode,
    id: PersonId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (credentials::password_hash.eq(hash), credentials::changed_at.eq(now.naive_utc()));
    let changed =
        diesel::update(credentials::table.find((district, id))).set(values).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(credentials::table)
            .values((
                credentials::district.eq(district),
                credentials::person.eq(id),
                credentials::password_hash.eq(hash),
                credentials::changed_at.eq(now.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(())
}
