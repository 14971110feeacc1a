//! The wrong codes for each phone number, known or not: both take the same way.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use crate::db::column::Hash;
use crate::db::schema::code_attempts;
use crate::db::{Conn, DbError};

/// The wrong codes after which further ones wait.
const TRIES: i32 = 5;
/// The time since the first wrong code after which the count begins anew. Longer than a code by
/// message is valid, so that each has five tries.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// The seconds until a code for the phone number is examined, if too many were wrong.
///
/// # Errors
/// [`DbError`].
pub fn wait(
    conn: &mut Conn,
    district: AreaCode,
    phone: Hash,
    now: DateTime<Utc>,
) -> Result<Option<u64>, DbError> {
    let row: Option<(NaiveDateTime, i32)> = code_attempts::table
        .find((district, phone))
        .select((code_attempts::since, code_attempts::tries))
        .first(conn)
        .optional()?;
    let ends = row.filter(|(_, tries)| *tries >= TRIES).map(|(since, _)| since + WINDOW);
    let left = ends.map(|ends| (ends - now.naive_utc()).num_seconds());
    Ok(left.and_then(|left| u64::try_from(left).ok()).filter(|left| *left > 0))
}

/// Counts a wrong code, and forgets those of before the window.
///
/// # Errors
/// [`DbError`].
pub fn count(
    conn: &mut Conn,
    district: AreaCode,
    phone: Hash,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let old = code_attempts::table
        .filter(code_attempts::district.eq(district))
        .filter(code_attempts::since.le((now - WINDOW).naive_utc()));
    diesel::delete(old).execute(conn)?;
    let counted = diesel::update(code_attempts::table.find((district, phone)))
        .set(code_attempts::tries.eq(code_attempts::tries + 1))
        .execute(conn)?;
    if counted == 0 {
        diesel::insert_into(code_attempts::table)
            .values((
                code_attempts::district.eq(district),
                code_attempts::phone_index.eq(phone),
                code_attempts::since.eq(now.naive_utc()),
                code_attempts::tries.eq(1),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets the wrong codes for a phone number: its person has a new invitation.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, phone: Hash) -> Result<(), DbError> {
    diesel::delete(code_attempts::table.find((district, phone))).execute(conn)?;
    Ok(())
}
