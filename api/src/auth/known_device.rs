//! Recognises the device of a sign-in attempt by an earlier session of the same person on it.
//!
//! A device proves the key that its session is bound to; one without a key sends its last refresh
//! token. A session that has ended counts too, since people sign in after one has ended, but not
//! one that was revoked or copied.

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SessionId};

use super::device::EndReason;
use super::refresh_token::RefreshToken;
use super::session_store::{self, SessionRow};
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::{Conn, DbError};
use crate::limits::Prefix;

/// The client of an attempt.
#[derive(Clone, Debug)]
pub struct Client {
    /// The prefix of its address.
    pub from: Prefix,
    key: Option<Hash>,
    refresh_token: Option<RefreshToken>,
}

impl Client {
    /// A client at `from` that proved the key `key` and sent `refresh_token`; an empty text is
    /// none.
    pub fn new(from: Prefix, key: Option<Hash>, refresh_token: &str) -> Self {
        Self { from, key, refresh_token: RefreshToken::parse(refresh_token) }
    }

    /// The person's newest session on the client's device; `None` for an unknown device.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn session(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        (district, person): (AreaCode, PersonId),
        now: DateTime<Utc>,
    ) -> Result<Option<SessionId>, DbError> {
        let token = self.refresh_token.as_ref();
        let token = token.filter(|token| token.district == district && token.is_genuine(key));
        let token = token.map(|token| token.session);
        if self.key.is_none() && token.is_none() {
            return Ok(None);
        }
        let rows = session_store::of_person(conn, district, person, now)?;
        Ok(newest(&rows, self.key, token))
    }
}

/// The first session of the device with this key or refresh token, unless it was revoked.
fn newest(rows: &[SessionRow], key: Option<Hash>, token: Option<SessionId>) -> Option<SessionId> {
    let mut of_device = rows.iter().filter(|row| match row.key_hash {
        // The token of a session with a key proves nothing without it.
        Some(bound) => key == Some(bound),
        None => token == Some(row.id),
    });
    of_device.next().filter(|row| !is_revoked(row)).map(|row| row.id)
}

const fn is_revoked(row: &SessionRow) -> bool {
    match row.end_reason {
        Some(
            EndReason::Revoked | EndReason::TokenReused | EndReason::Left | EndReason::FactorsEnded,
        ) => true,
        Some(
            EndReason::SignedOut
            | EndReason::Displaced
            | EndReason::Replaced
            | EndReason::PasswordChanged,
        )
        | None => false,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::auth::device::DeviceKind;

    fn session(key_hash: Option<Hash>, end_reason: Option<EndReason>) -> SessionRow {
        let now = Utc::now().naive_utc();
        SessionRow {
            district: "500116".parse().expect("a code"),
            id: SessionId(Uuid::now_v7()),
            person: PersonId(Uuid::nil()),
            kind: DeviceKind::Phone,
            methods: std::collections::BTreeSet::new().into(),
            created_at: now,
            authenticated_at: None,
            expires_at: now,
            key_hash,
            device: "phone".parse().expect("a name"),
            generation: 1,
            issued_at: now,
            used_at: now,
            ended_at: None,
            end_reason,
            version: 1,
        }
    }

    #[test]
    fn a_device_is_known_by_its_key_or_by_the_token_of_a_session_without_one() {
        let key = Hash::sha256("key");
        let (bound, free) = (session(Some(key), None), session(None, None));
        let rows = [bound.clone(), free.clone()];
        assert_eq!(newest(&rows, Some(key), None), Some(bound.id));
        assert_eq!(newest(&rows, None, Some(free.id)), Some(free.id));
        assert_eq!(newest(&rows, None, Some(bound.id)), None, "a copied token");
        assert_eq!(newest(&rows, Some(Hash::sha256("another")), None), None);
    }

    #[test]
    fn a_device_stays_known_after_its_session_unless_that_was_revoked() {
        let key = Hash::sha256("key");
        for (reason, known) in [
            (EndReason::SignedOut, true),
            (EndReason::Displaced, true),
            (EndReason::Replaced, true),
            (EndReason::PasswordChanged, true),
            (EndReason::Revoked, false),
            (EndReason::TokenReused, false),
            (EndReason::Left, false),
        ] {
            let newer = session(Some(key), Some(reason));
            let rows = [newer.clone(), session(Some(key), None)];
            assert_eq!(newest(&rows, Some(key), None), known.then_some(newer.id), "{reason}");
        }
    }
}
