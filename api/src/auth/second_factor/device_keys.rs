//! The table of enrolled devices, and whether a person may enrol by signing in.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::PersonId;

use super::admission::DeviceProof;
use crate::db::column::Hash;
use crate::db::schema::{credentials, device_keys};
use crate::db::{Conn, DbError};

/// Whether any device of the person is enrolled, and what a device with `key` proves.
///
/// # Errors
/// [`DbError`].
pub fn find(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    key: Option<Hash>,
) -> Result<(bool, DeviceProof), DbError> {
    let of_person = device_keys::table
        .filter(device_keys::district.eq(district))
        .filter(device_keys::person.eq(person))
        .select(device_keys::key_hash);
    let enrolled: Vec<Hash> = of_person.load(conn)?;
    let proof = match key {
        None => DeviceProof::Nothing,
        Some(key) if enrolled.contains(&key) => DeviceProof::EnrolledKey,
        Some(_) => DeviceProof::Key,
    };
    Ok((!enrolled.is_empty(), proof))
}

/// Those of these people who have an enrolled device.
///
/// # Errors
/// [`DbError`].
pub fn enrolled(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, DbError> {
    let ids: Vec<PersonId> = device_keys::table
        .filter(device_keys::district.eq(district))
        .filter(device_keys::person.eq_any(people))
        .select(device_keys::person)
        .distinct()
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// Enrols a device; one that is enrolled stays so.
///
/// # Errors
/// [`DbError`].
pub fn enrol(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    key: Hash,
    device: &DeviceName,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = device_keys::table.find((district, person, key));
    if diesel::select(exists(row)).get_result(conn)? {
        return Ok(());
    }
    diesel::insert_into(device_keys::table)
        .values((
            device_keys::district.eq(district),
            device_keys::person.eq(person),
            device_keys::key_hash.eq(key),
            device_keys::device.eq(device),
            device_keys::enrolled_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends the enrolment of all devices of a person; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn end_all(conn: &mut Conn, district: AreaCode, person: PersonId) -> Result<usize, DbError> {
    let of_person = device_keys::table
        .filter(device_keys::district.eq(district))
        .filter(device_keys::person.eq(person));
    Ok(diesel::delete(of_person).execute(conn)?)
}

/// Whether the person's password is of before enrolment existed, and no factor was set up since.
///
/// # Errors
/// [`DbError`].
pub fn is_of_before(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<bool, DbError> {
    let row = credentials::table.find((district, person)).select(credentials::before_enrolment);
    Ok(row.first(conn).optional()?.unwrap_or(false))
}

/// Ends the right to enrol by signing in: a factor was set up, or ended by a superior.
///
/// # Errors
/// [`DbError`].
pub fn end_grace(conn: &mut Conn, district: AreaCode, person: PersonId) -> Result<(), DbError> {
    diesel::update(credentials::table.find((district, person)))
        .set(credentials::before_enrolment.eq(false))
        .execute(conn)?;
    Ok(())
}
