//! Stored password hashes.
//!
//! A hash is encrypted with the key of its district, which the installation's key encrypts; a copy
//! of the database without that key gives nothing to try passwords against. Hashes of earlier
//! versions are plain; a job encrypts them when a server starts ([`seal_plain`]).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SessionId};

use super::device::EndReason;
use super::store;
use crate::crypto::{SealingKey, aad};
use crate::db::schema::credentials;
use crate::db::{Conn, DbError};

/// The beginning of an encrypted hash; a plain one begins with `$argon2`.
const SEALED: &str = "sealed:";

/// The password of a person.
#[derive(Clone, Debug)]
pub struct Credential {
    stored: String,
    /// The hash, as a PHC string.
    pub hash: String,
    /// When a one-time password expires; `None` for a password chosen by its owner.
    pub one_time_until: Option<DateTime<Utc>>,
}

impl Credential {
    /// Whether the stored hash is encrypted.
    pub fn is_sealed(&self) -> bool {
        self.stored.starts_with(SEALED)
    }
}

fn associated_data(district: AreaCode, person: PersonId) -> String {
    aad(district, "credentials", person)
}

fn corrupt(reason: impl ToString) -> DbError {
    DbError::corrupt("credentials", reason)
}

fn seal(
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    hash: &str,
) -> Result<String, DbError> {
    let sealed = key.seal(&associated_data(district, person), hash.as_bytes()).map_err(corrupt)?;
    Ok(format!("{SEALED}{}", BASE64_STANDARD_NO_PAD.encode(sealed)))
}

fn open(
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    stored: &str,
) -> Result<String, DbError> {
    let Some(text) = stored.strip_prefix(SEALED) else { return Ok(stored.to_owned()) };
    let sealed = BASE64_STANDARD_NO_PAD.decode(text).map_err(corrupt)?;
    let hash = key.open(&associated_data(district, person), &sealed).map_err(corrupt)?;
    String::from_utf8(hash).map_err(corrupt)
}

/// The password of the person; `None` if none was set.
///
/// # Errors
/// [`DbError`].
pub fn read(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
) -> Result<Option<Credential>, DbError> {
    let row: Option<(String, Option<NaiveDateTime>)> = credentials::table
        .find((district, person))
        .select((credentials::password_hash, credentials::one_time_until))
        .first(conn)
        .optional()?;
    let Some((stored, until)) = row else { return Ok(None) };
    let hash = open(key, district, person, &stored)?;
    let one_time_until = until.map(|until| until.and_utc());
    Ok(Some(Credential { stored, hash, one_time_until }))
}

/// How long a new password is valid, and the sessions that it ends.
#[derive(Clone, Copy, Debug)]
pub enum Validity {
    /// Until it is changed. The session `kept` goes on, in which its owner chose it.
    Permanent {
        /// The session.
        kept: Option<SessionId>,
    },
    /// Once, to replace it. All sessions end.
    OneTime {
        /// When it expires.
        until: DateTime<Utc>,
    },
}

/// Stores a new password, given its hash, and ends sessions.
///
/// # Errors
/// [`DbError`].
pub fn set(
    conn: &mut Conn,
    key: &SealingKey,
    (district, person): (AreaCode, PersonId),
    hash: &str,
    validity: Validity,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let sealed = seal(key, district, person, hash)?;
    let (kept, until) = match validity {
        Validity::Permanent { kept } => (kept, None),
        Validity::OneTime { until } => (None, Some(until.naive_utc())),
    };
    store::end_access(conn, district, person, kept, EndReason::PasswordChanged, now)?;
    let values = (
        credentials::password_hash.eq(sealed),
        credentials::changed_at.eq(now.naive_utc()),
        credentials::one_time_until.eq(until),
    );
    let row = credentials::table.find((district, person));
    if diesel::update(row).set(values.clone()).execute(conn)? == 0 {
        let (hash, changed, until) = values;
        let key = (credentials::district.eq(district), credentials::person.eq(person));
        let values = (key.0, key.1, hash, changed, until);
        diesel::insert_into(credentials::table).values(values).execute(conn)?;
    }
    Ok(())
}

/// Encrypts `hash` in place of the stored hash of the same password, unless that has changed.
///
/// # Errors
/// [`DbError`].
pub fn reseal(
    conn: &mut Conn,
    key: &SealingKey,
    (district, person): (AreaCode, PersonId),
    old: &Credential,
    hash: &str,
) -> Result<(), DbError> {
    let sealed = seal(key, district, person, hash)?;
    let unchanged = credentials::table
        .find((district, person))
        .filter(credentials::password_hash.eq(&old.stored));
    diesel::update(unchanged).set(credentials::password_hash.eq(sealed)).execute(conn)?;
    Ok(())
}

/// Encrypts up to `most` plain hashes of earlier versions; returns their number. A password that is
/// set meanwhile stays.
///
/// # Errors
/// [`DbError`].
pub fn seal_plain(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    most: i64,
) -> Result<usize, DbError> {
    let plain: Vec<(PersonId, String)> = credentials::table
        .filter(credentials::district.eq(district))
        .filter(credentials::password_hash.not_like(format!("{SEALED}%")))
        .order(credentials::person)
        .limit(most)
        .select((credentials::person, credentials::password_hash))
        .load(conn)?;
    for (person, hash) in &plain {
        let old = Credential { stored: hash.clone(), hash: hash.clone(), one_time_until: None };
        reseal(conn, key, (district, *person), &old, hash)?;
    }
    Ok(plain.len())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_hash_opens_for_its_person_only_and_a_plain_one_is_still_read() {
        let key = SealingKey::new(&[7; 32]);
        let district: AreaCode = "500116".parse().expect("a code");
        let (one, other) = (PersonId(Uuid::now_v7()), PersonId(Uuid::now_v7()));
        let sealed = seal(&key, district, one, "$argon2id$x").expect("sealed");
        assert!(!sealed.contains("argon2"), "{sealed}");
        assert_eq!(open(&key, district, one, &sealed).expect("a hash"), "$argon2id$x");
        assert!(open(&key, district, other, &sealed).is_err());
        assert_eq!(open(&key, district, one, "$argon2id$x").expect("a hash"), "$argon2id$x");
    }
}
