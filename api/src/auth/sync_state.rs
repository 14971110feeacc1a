//! What the last sync of a session proved: how far the phone follows the log, an error of its last
//! commands, and its clock. The columns of the session, so that they are deleted with it; no time of
//! a sync is kept.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SessionId};

use super::device::DeviceKind;
use super::session_store::SessionRow;
use crate::db::schema::sessions;
use crate::db::{Conn, DbError};

/// The state of a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub struct SyncState {
    /// The epoch of the log that the phone follows.
    #[diesel(column_name = synced_epoch)]
    pub epoch: Option<String>,
    /// The phone has stored everything up to this event.
    #[diesel(column_name = synced_seq)]
    pub seq: Option<i64>,
    /// The minutes by which its clock is behind the server's, if that is too much.
    #[diesel(column_name = clock_behind_min)]
    pub clock_behind_min: Option<i32>,
    /// The code of the problem of a command of the last push with commands.
    #[diesel(column_name = sync_error)]
    pub error: Option<String>,
    /// When the error occurred.
    #[diesel(column_name = sync_error_at)]
    pub error_at: Option<NaiveDateTime>,
}

/// The state of a session that is in force.
///
/// # Errors
/// [`DbError`].
pub fn of_session(
    conn: &mut Conn,
    district: AreaCode,
    session: SessionId,
) -> Result<Option<SyncState>, DbError> {
    let live = sessions::table.find((district, session)).filter(sessions::ended_at.is_null());
    Ok(live.select(SyncState::as_select()).first(conn).optional()?)
}

/// Replaces the state of a session.
///
/// # Errors
/// [`DbError`].
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    session: SessionId,
    state: &SyncState,
) -> Result<(), DbError> {
    let live = sessions::table.find((district, session)).filter(sessions::ended_at.is_null());
    diesel::update(live).set(state).execute(conn)?;
    Ok(())
}

/// The phones of these people whose sessions have not ended at `now`, with their states.
///
/// # Errors
/// [`DbError`].
pub fn of_phones(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
    now: DateTime<Utc>,
) -> Result<Vec<(SessionRow, SyncState)>, DbError> {
    Ok(sessions::table
        .filter(sessions::district.eq(district))
        .filter(sessions::person.eq_any(people))
        .filter(sessions::kind.eq(DeviceKind::Phone))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .order((sessions::device, sessions::id))
        .select((SessionRow::as_select(), SyncState::as_select()))
        .load(conn)?)
}
