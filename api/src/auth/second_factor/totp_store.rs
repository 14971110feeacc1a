//! The table of secrets of authenticator apps, encrypted with the district's key.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;

use super::totp;
use crate::crypto::{SealingKey, aad};
use crate::db::schema::totp_secrets;
use crate::db::{Conn, DbError};

const TABLE: &str = "totp_secrets";

crate::table_row! {
    /// A row of `totp_secrets`.
    #[derive(Clone, Debug)]
    pub struct TotpRow in totp_secrets {
        district: AreaCode,
        key {
            person: PersonId,
        }
        fixed {
            sealed: Option<Vec<u8>>,
            pending: Option<Vec<u8>>,
            last_step: i64,
            failures: i32,
            failed_at: Option<NaiveDateTime>,
        }
    }
}

/// Which of a person's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The confirmed one.
    Confirmed,
    /// The new one, until it is confirmed.
    Pending,
}

/// The outcome of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeCheck {
    /// Correct, and accepted now.
    Accepted,
    /// Wrong, or accepted before.
    Rejected,
    /// Not examined: codes were wrong too often; seconds until the next is examined.
    Throttled(u64),
    /// There is no such secret.
    NotSetUp,
}

/// The row of a person.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Option<TotpRow>, DbError> {
    let row = totp_secrets::table.find((district, person)).select(TotpRow::as_select());
    Ok(row.first(conn).optional()?)
}

/// Whether the person has confirmed an authenticator app.
///
/// # Errors
/// [`DbError`].
pub fn is_confirmed(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<bool, DbError> {
    Ok(row(conn, district, person)?.is_some_and(|row| row.sealed.is_some()))
}

/// Stores a new secret, to be confirmed; a confirmed one stays until then.
///
/// # Errors
/// [`DbError`].
pub fn set_pending(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    secret: &[u8],
) -> Result<(), DbError> {
    let sealed = key.seal(&aad(district, TABLE, person), secret);
    let sealed = sealed.map_err(|error| DbError::corrupt(TABLE, error))?;
    let pending = totp_secrets::pending.eq(Some(&sealed));
    if diesel::update(totp_secrets::table.find((district, person))).set(pending).execute(conn)? == 0
    {
        let row = TotpRow {
            district,
            person,
            sealed: None,
            pending: Some(sealed),
            last_step: 0,
            failures: 0,
            failed_at: None,
        };
        diesel::insert_into(totp_secrets::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Examines a code of one of the person's secrets. A wrong one is counted, and each time step is
/// accepted once; a correct code of a pending secret confirms it.
///
/// # Errors
/// [`DbError`].
pub fn examine(
    conn: &mut Conn,
    key: &SealingKey,
    (district, person): (AreaCode, PersonId),
    which: Which,
    code: &str,
    now: DateTime<Utc>,
) -> Result<CodeCheck, DbError> {
    let Some(row) = row(conn, district, person)? else { return Ok(CodeCheck::NotSetUp) };
    let sealed = match which {
        Which::Confirmed => row.sealed,
        Which::Pending => row.pending,
    };
    let Some(sealed) = sealed else { return Ok(CodeCheck::NotSetUp) };
    if let Some(seconds) = totp::wait(row.failures, row.failed_at.map(|at| at.and_utc()), now) {
        return Ok(CodeCheck::Throttled(seconds));
    }
    let corrupt = |error: &dyn ToString| DbError::corrupt(TABLE, error.to_string());
    let secret =
        key.open(&aad(district, TABLE, person), &sealed).map_err(|error| corrupt(&error))?;
    // A new secret has accepted no step yet.
    let last = if which == Which::Pending { 0 } else { row.last_step };
    let step = totp::accepted_step(&secret, code, last, now).map_err(|error| corrupt(&error))?;
    let this = diesel::update(totp_secrets::table.find((district, person)));
    let Some(step) = step else {
        let failed = totp_secrets::failed_at.eq(Some(now.naive_utc()));
        this.set((totp_secrets::failures.eq(row.failures + 1), failed)).execute(conn)?;
        return Ok(CodeCheck::Rejected);
    };
    let accepted = (totp_secrets::last_step.eq(step), totp_secrets::failures.eq(0));
    match which {
        Which::Confirmed => this.set(accepted).execute(conn)?,
        Which::Pending => {
            let none = totp_secrets::pending.eq(None::<Vec<u8>>);
            this.set((accepted, totp_secrets::sealed.eq(Some(sealed)), none)).execute(conn)?
        }
    };
    Ok(CodeCheck::Accepted)
}

/// Deletes a person's secrets; returns whether there were any.
///
/// # Errors
/// [`DbError`].
pub fn delete(conn: &mut Conn, district: AreaCode, person: PersonId) -> Result<bool, DbError> {
    Ok(diesel::delete(totp_secrets::table.find((district, person))).execute(conn)? > 0)
}
