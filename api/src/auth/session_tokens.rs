//! The tokens of a session: refresh tokens under the key of the district, and access tokens.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gridward_domain::area::AreaCode;
use gridward_domain::session::Generation;

use super::device::AuthMethod;
use super::refresh_token::RefreshToken;
use super::session_ends::own;
use super::session_store::SessionRow;
use super::sessions::Sessions;
use super::token::{Bearer, Grant};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// The tokens of a session.
pub struct Issued {
    /// The session.
    pub session: SessionRow,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// How long the refresh token is valid if it is not used.
    pub refresh_expires_in: Duration,
    /// The key of a phone's local storage.
    pub device_key: String,
    /// Whether the session can only set up a second factor.
    pub is_restricted: bool,
}

impl Sessions {
    /// The key of a district; `None` if there is no such district.
    pub(super) async fn key(&self, district: AreaCode) -> Result<Option<SealingKey>, DbError> {
        let keys = self.keys.clone();
        match keys.opened(district) {
            Some(key) => Ok(Some(key)),
            None => self.db.read(move |conn| keys.find(conn, district)).await,
        }
    }

    /// The refresh token of a text, and the key of its district.
    pub(super) async fn genuine(&self, text: &str) -> Result<(RefreshToken, SealingKey), Problem> {
        let token = RefreshToken::parse(text).ok_or(ProblemCode::SessionEnded)?;
        let key = self.key(token.district).await?.filter(|key| token.is_genuine(key));
        Ok((token, key.ok_or(ProblemCode::SessionEnded)?))
    }

    /// The tokens of a session, with refresh token `number`.
    pub(super) fn issued(
        &self,
        session: SessionRow,
        number: Generation,
        key: &SealingKey,
    ) -> Result<Issued, Problem> {
        let left = session.ends(self.rules.idle) - (self.clock)();
        let purpose = format!("device key|{}|{}", session.person, session.device.as_str());
        Ok(Issued {
            device_key: BASE64_URL_SAFE_NO_PAD.encode(key.secret(&purpose)),
            access_token: self.access_token(&session)?,
            refresh_token: RefreshToken::issue(key, session.district, session.id, number),
            refresh_expires_in: left.to_std().unwrap_or_default(),
            is_restricted: self.second_factor.restricts(session.has_second_factor()),
            session,
        })
    }

    /// An access token of a session.
    fn access_token(&self, session: &SessionRow) -> Result<String, Problem> {
        let grant = Grant {
            district: session.district,
            person: session.person,
            session: Some(session.id),
            auth_time: session.auth_time(),
            methods: session.methods.members().iter().copied().collect(),
            key: session.key_hash,
        };
        self.tokens.issue(grant, (self.clock)()).map_err(Problem::defect)
    }

    /// The access token after the bearer of one was authenticated again, by `methods`, which are
    /// added to those of the session.
    ///
    /// # Errors
    /// 401 `session_ended`.
    pub async fn authenticated_again(
        &self,
        bearer: Bearer,
        methods: BTreeSet<AuthMethod>,
    ) -> Result<String, Problem> {
        let Bearer { district, person, key, .. } = bearer;
        let Some(id) = bearer.session else {
            let (auth_time, methods) = ((self.clock)(), methods.into_iter().collect());
            let grant = Grant { district, person, session: None, auth_time, methods, key };
            return self.tokens.issue(grant, auth_time).map_err(Problem::defect);
        };
        let renew = move |tx: &mut Tx<'_>| {
            let row = own(tx, person, id)?;
            if row.ended_at.is_some() {
                return Err(ProblemCode::SessionEnded.into());
            }
            let methods: BTreeSet<_> = row.methods.members().union(&methods).copied().collect();
            let renewed = SessionRow {
                methods: methods.into(),
                authenticated_at: Some(tx.now.naive_utc()),
                version: row.version + 1,
                ..row.clone()
            };
            tx.replace(&row, renewed.clone());
            Ok::<_, Problem>(renewed)
        };
        self.access_token(&self.db.write(district, renew).await?)
    }
}
