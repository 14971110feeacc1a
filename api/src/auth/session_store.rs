//! The table of sessions.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::session::{Generation, Rotation};

use super::device::{AuthMethod, DeviceKind, EndReason};
use crate::db::column::{Hash, SetColumn};
use crate::db::schema::sessions;
use crate::db::{Conn, DbError};
use crate::tx::row::{Row, RowChange, write_versioned};

/// How long an ended session stays in the lists of its person.
const KEPT: TimeDelta = TimeDelta::days(30);

crate::table_row! {
    /// A row of `sessions`.
    #[derive(Clone, Debug)]
    pub struct SessionRow in sessions {
        district: AreaCode,
        key {
            id: SessionId,
        }
        fixed {
            person: PersonId,
            kind: DeviceKind,
            created_at: NaiveDateTime,
            expires_at: NaiveDateTime,
            key_hash: Option<Hash>,
        }
        changing {
            methods: SetColumn<AuthMethod>,
            authenticated_at: Option<NaiveDateTime>,
            device: DeviceName,
            generation: Generation,
            issued_at: NaiveDateTime,
            used_at: NaiveDateTime,
            ended_at: Option<NaiveDateTime>,
            end_reason: Option<EndReason>,
            version: i64,
        }
    }
}

impl SessionRow {
    /// The newest refresh token.
    pub const fn rotation(&self) -> Rotation {
        Rotation { newest: self.generation, issued_at: self.issued_at.and_utc() }
    }

    /// When the person was last authenticated in it.
    pub fn auth_time(&self) -> DateTime<Utc> {
        self.authenticated_at.unwrap_or(self.created_at).and_utc()
    }

    /// Whether a second factor was among the methods.
    pub fn has_second_factor(&self) -> bool {
        self.methods.members().iter().any(|method| method.is_second_factor())
    }

    /// Whether the session is in force at `now` if an idle one ends after `idle`.
    pub fn is_live(&self, now: DateTime<Utc>, idle: TimeDelta) -> bool {
        self.ended_at.is_none() && now < self.ends(idle)
    }

    /// The end of the session if it is not used again.
    pub fn ends(&self, idle: TimeDelta) -> DateTime<Utc> {
        self.expires_at.min(self.used_at + idle).and_utc()
    }

    /// The row after the session was ended at `now`.
    pub fn ended(&self, now: DateTime<Utc>, reason: EndReason) -> Self {
        Self {
            ended_at: Some(now.naive_utc()),
            end_reason: Some(reason),
            version: self.version + 1,
            ..self.clone()
        }
    }
}

impl Row for SessionRow {
    type Key = SessionId;
    const ORDER: u8 = 5;

    fn key(&self) -> SessionId {
        self.id
    }

    fn one(conn: &mut Conn, district: AreaCode, id: &SessionId) -> Result<Option<Self>, DbError> {
        let found = sessions::table.find((district, id)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    /// Locks the sessions in the order of their keys: two uses of a token rotate it once.
    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        ids: &BTreeSet<SessionId>,
    ) -> Result<Vec<Self>, DbError> {
        let of_ids = sessions::table
            .filter(sessions::district.eq(district))
            .filter(sessions::id.eq_any(ids))
            .order(sessions::id)
            .for_no_key_update()
            .select(Self::as_select());
        Ok(of_ids.load(conn)?)
    }

    fn write(conn: &mut Conn, _: AreaCode, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        write_versioned(conn, changes, |row| row.version, Self::insert_all, Self::update_all)
    }
}

/// The sessions of a person, the last used first; ended ones for [`KEPT`].
///
/// # Errors
/// [`DbError`].
pub fn of_person(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<SessionRow>, DbError> {
    let oldest = (now - KEPT).naive_utc();
    Ok(sessions::table
        .filter(sessions::district.eq(district))
        .filter(sessions::person.eq(person))
        .filter(sessions::ended_at.is_null().or(sessions::ended_at.gt(oldest)))
        .order((sessions::used_at.desc(), sessions::id))
        .select(SessionRow::as_select())
        .load(conn)?)
}

/// Ends the sessions of a person but `kept`; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn end_all(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    kept: Option<SessionId>,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let live = sessions::table
        .filter(sessions::district.eq(district))
        .filter(sessions::person.eq(person))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.ne_all(kept));
    let values = (
        sessions::ended_at.eq(now.naive_utc()),
        sessions::end_reason.eq(reason),
        sessions::version.eq(sessions::version + 1),
    );
    Ok(diesel::update(live).set(values).execute(conn)?)
}

/// Deletes a person's sessions that ended or expired more than [`KEPT`] ago.
///
/// # Errors
/// [`DbError`].
pub fn forget_old(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let oldest = (now - KEPT).naive_utc();
    let old = sessions::table
        .filter(sessions::district.eq(district))
        .filter(sessions::person.eq(person))
        .filter(sessions::ended_at.lt(oldest).or(sessions::expires_at.lt(oldest)));
    diesel::delete(old).execute(conn)?;
    Ok(())
}
