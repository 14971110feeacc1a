//! The encrypted data keys of the districts in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use uuid::Uuid;

use super::installation::{InstallationKey, random};
use super::{SealingKey, aad};
use crate::db::column::Hash;
use crate::db::schema::{district_heads, districts, signing_keys};
use crate::db::{Conn, DbError};

/// The data key of `district`; `None` if the district does not exist.
///
/// # Errors
/// [`DbError`]; also if the key was encrypted with another installation key.
pub fn district_key(
    conn: &mut Conn,
    installation: &InstallationKey,
    district: AreaCode,
) -> Result<Option<SealingKey>, DbError> {
    let sealed: Option<Vec<u8>> =
        districts::table.find(district).select(districts::sealed_key).first(conn).optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = installation
        .key()
        .open(&aad(district, "districts", district), &sealed)
        .map_err(|error| DbError::corrupt("districts", error))?;
    let secret: [u8; 32] =
        bytes.try_into().map_err(|_| DbError::corrupt("districts", "a key has 32 bytes"))?;
    Ok(Some(SealingKey::new(&secret)))
}

/// The data key of `district`, and whether it is new. The key of a new district is
/// created together with the head of its log.
///
/// # Errors
/// [`DbError`].
pub fn found_district(
    conn: &mut Conn,
    installation: &InstallationKey,
    district: AreaCode,
    now: DateTime<Utc>,
) -> Result<(SealingKey, bool), DbError> {
    if let Some(key) = district_key(conn, installation, district)? {
        return Ok((key, false));
    }
    let secret: [u8; 32] = random().map_err(|error| DbError::Unavailable(error.to_string()))?;
    let sealed = installation
        .key()
        .seal(&aad(district, "districts", district), &secret)
        .map_err(|error| DbError::corrupt("districts", error))?;
    diesel::insert_into(districts::table)
        .values((
            districts::district.eq(district),
            districts::sealed_key.eq(sealed),
            districts::created_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    diesel::insert_into(district_heads::table)
        .values((
            district_heads::district.eq(district),
            district_heads::seq.eq(0),
            district_heads::hash.eq(Hash::ZERO),
            district_heads::archived_seq.eq(0),
            district_heads::archived_hash.eq(Hash::ZERO),
            district_heads::epoch.eq(Uuid::new_v4().simple().to_string()),
        ))
        .execute(conn)?;
    Ok((SealingKey::new(&secret), true))
}

/// Whether nothing in the database is encrypted yet.
///
/// # Errors
/// [`DbError`].
pub fn is_empty(conn: &mut Conn) -> Result<bool, DbError> {
    let signing_keys: i64 = signing_keys::table.count().get_result(conn)?;
    Ok(signing_keys == 0 && districts(conn)?.is_empty())
}

/// Whether `installation` decrypts the database, as far as it has a district.
///
/// # Errors
/// [`DbError`].
pub fn is_decrypted_by(conn: &mut Conn, installation: &InstallationKey) -> Result<bool, DbError> {
    let Some(district) = districts(conn)?.first().copied() else { return Ok(true) };
    match district_key(conn, installation, district) {
        Err(DbError::Corrupt { .. }) => Ok(false),
        key => key.map(|_| true),
    }
}

/// All districts of this installation, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn districts(conn: &mut Conn) -> Result<Vec<AreaCode>, DbError> {
    let codes = districts::table.select(districts::district).order(districts::district);
    Ok(codes.load(conn)?)
}
