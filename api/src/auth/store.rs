//! Queries for a person's access: role, area, state and session, and the end of access.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::person_state::PersonState;

use super::device::EndReason;
use super::second_factor::{device_keys, totp_store};
use super::session_store;
use crate::db::column::Hash;
use crate::db::schema::{credentials, invitations, people, sessions};
use crate::db::{Conn, DbError};

/// A person's right to use the service, in a session if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountStatus {
    /// Role and area.
    pub principal: Principal,
    /// Whether the person may use the service.
    pub state: PersonState,
    /// Access tokens issued before this millisecond of the epoch are refused.
    pub tokens_not_before_ms: i64,
    /// The end of the session; `None` if it has ended or does not exist.
    pub session_ends: Option<DateTime<Utc>>,
}

/// The account state of a person; `None` if unknown.
///
/// # Errors
/// [`DbError`].
pub fn account_status(
    conn: &mut Conn,
    district: AreaCode,
    id: PersonId,
    session: Option<SessionId>,
) -> Result<Option<AccountStatus>, DbError> {
    let row: Option<(Role, AreaCode, PersonState, Option<NaiveDateTime>)> = people::table
        .find((district, id))
        .select((people::role, people::area, people::state, people::tokens_not_before))
        .first(conn)
        .optional()?;
    let Some((role, area, state, not_before)) = row else { return Ok(None) };
    Ok(Some(AccountStatus {
        principal: Principal { person: id, role, area },
        state,
        tokens_not_before_ms: not_before.map_or(0, |at| at.and_utc().timestamp_millis()),
        session_ends: session.map(|it| session_ends(conn, district, id, it)).transpose()?.flatten(),
    }))
}

/// The end of the person's session; `None` if it has ended or does not exist.
fn session_ends(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    session: SessionId,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let ends: Option<NaiveDateTime> = sessions::table
        .find((district, session))
        .filter(sessions::person.eq(person))
        .filter(sessions::ended_at.is_null())
        .select(sessions::expires_at)
        .first(conn)
        .optional()?;
    Ok(ends.map(|ends| ends.and_utc()))
}

/// The area and the version of a person.
///
/// # Errors
/// [`DbError`].
pub fn area(
    conn: &mut Conn,
    district: AreaCode,
    id: PersonId,
) -> Result<Option<(AreaCode, i64)>, DbError> {
    let person = people::table.find((district, id)).select((people::area, people::version));
    Ok(person.first(conn).optional()?)
}

/// A person who may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The district.
    pub district: AreaCode,
    /// The person.
    pub person: PersonId,
    /// When access was last ended; a sign-in that began before is refused.
    pub access_ended_at: Option<NaiveDateTime>,
}

/// The account of the active person with this phone index.
///
/// # Errors
/// [`DbError`].
pub fn by_phone(
    conn: &mut Conn,
    district: AreaCode,
    phone_index: Hash,
) -> Result<Option<Account>, DbError> {
    let found: Option<(PersonId, Option<NaiveDateTime>)> = people::table
        .filter(people::district.eq(district))
        .filter(people::phone_index.eq(phone_index))
        .filter(people::state.eq(PersonState::Active))
        .select((people::id, people::tokens_not_before))
        .first(conn)
        .optional()?;
    Ok(found.map(|(person, access_ended_at)| Account { district, person, access_ended_at }))
}

/// The account of an active person, and the index of the phone number.
///
/// # Errors
/// [`DbError`].
pub fn account(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Option<(Account, Hash)>, DbError> {
    let found: Option<(Option<NaiveDateTime>, Hash)> = people::table
        .find((district, person))
        .filter(people::state.eq(PersonState::Active))
        .select((people::tokens_not_before, people::phone_index))
        .first(conn)
        .optional()?;
    Ok(found.map(|(access_ended_at, phone)| (Account { district, person, access_ended_at }, phone)))
}

/// Whether the person is still active and access was not ended since `account` was read: the
/// verification of a password takes long enough for a new password or a departure.
///
/// # Errors
/// [`DbError`].
pub fn is_unchanged(conn: &mut Conn, account: &Account) -> Result<bool, DbError> {
    let ended: Option<Option<NaiveDateTime>> = people::table
        .find((account.district, account.person))
        .filter(people::state.eq(PersonState::Active))
        .select(people::tokens_not_before)
        .first(conn)
        .optional()?;
    Ok(ended == Some(account.access_ended_at))
}

/// Locks a person's row until the end of the transaction, so that a decision based on it and the
/// end of the person's access come one after the other on all servers.
///
/// # Errors
/// [`DbError`].
pub fn lock_person(conn: &mut Conn, district: AreaCode, id: PersonId) -> Result<(), DbError> {
    // On SQLite a write transaction is already exclusive.
    if let Conn::Pg(conn) = conn {
        let row = people::table.find((district, id)).select(people::id).for_no_key_update();
        row.first::<PersonId>(conn).optional()?;
    }
    Ok(())
}

/// Ends the sessions of a person but `kept`, and refuses the access tokens issued so far;
/// returns the number of sessions. A leaver's password, codes and factors are deleted: a person who
/// returns is invited anew.
///
/// # Errors
/// [`DbError`].
pub fn end_access(
    conn: &mut Conn,
    district: AreaCode,
    id: PersonId,
    kept: Option<SessionId>,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    diesel::update(people::table.find((district, id)))
        .set(people::tokens_not_before.eq(now.naive_utc()))
        .execute(conn)?;
    if reason == EndReason::Left {
        diesel::delete(credentials::table.find((district, id))).execute(conn)?;
        let codes = invitations::table
            .filter(invitations::district.eq(district))
            .filter(invitations::person.eq(id));
        diesel::delete(codes).execute(conn)?;
        device_keys::end_all(conn, district, id)?;
        totp_store::delete(conn, district, id)?;
    }
    session_store::end_all(conn, district, id, kept, reason, now)
}
