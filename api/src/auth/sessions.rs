//! Sessions: a person stays signed in on a device by refreshing the access token.
//!
//! Guarantees: a lost answer never signs anybody out; a spent refresh token ends its session;
//! an ended session is refused by every server within five seconds.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::session::{Generation, Presented, Rotation, successor};
use serde_json::json;
use uuid::Uuid;

use super::access_events::record;
use super::authenticator::PrincipalCache;
use super::device::{AuthMethod, Device, EndReason};
use super::refresh_token::RefreshToken;
use super::rotation::rotate;
use super::second_factor::policy::SecondFactorPolicy;
use super::session_rules::SessionRules;
use super::session_store::{self, SessionRow};
use super::store::{self, Account};
use super::token::{Bearer, Grant, Tokens};
use crate::clock::Clock;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::DbError;
use crate::db::column::Hash;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::{Db, ReadSet, Tx};

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

/// Opens, refreshes and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    /// Stores sessions.
    pub db: Db,
    /// The keys of refresh tokens.
    pub keys: KeyRing,
    /// Signs access tokens.
    pub tokens: Tokens,
    /// Forgets sessions when they end.
    pub principals: PrincipalCache,
    /// The clock.
    pub clock: Clock,
    /// Lifetimes and number.
    pub rules: SessionRules,
    /// The requirement of a second factor.
    pub second_factor: SecondFactorPolicy,
}

impl Sessions {
    /// Opens a session for an account that has just been authenticated by `methods`, bound to the
    /// device's `key` if it has proved one. Above the limit, the session that was not used for
    /// the longest time ends.
    ///
    /// # Errors
    /// 401 if the password or the access was changed in the meantime.
    pub async fn open(
        &self,
        account: Account,
        device: Device,
        methods: impl IntoIterator<Item = AuthMethod>,
        key: Option<Hash>,
    ) -> Result<Issued, Problem> {
        let (rules, id) = (self.rules, SessionId(Uuid::now_v7()));
        let Account { district, person, .. } = account;
        let methods: BTreeSet<AuthMethod> = methods.into_iter().collect();
        let opened = self.db.write(district, move |tx| {
            store::lock_person(tx.write()?, district, person)?;
            if !store::is_unchanged(tx.write()?, &account)? {
                return Err(ProblemCode::WrongCredentials.into());
            }
            let (opened_at, rotation) = (tx.now, Rotation::first(tx.now));
            let now = opened_at.naive_utc();
            let row = SessionRow {
                district,
                id,
                person,
                kind: device.kind,
                methods: methods.clone().into(),
                created_at: now,
                authenticated_at: Some(now),
                expires_at: now + rules.lifetime(device.kind),
                key_hash: key,
                device: device.name.clone(),
                generation: rotation.newest,
                issued_at: now,
                used_at: now,
                ended_at: None,
                end_reason: None,
                version: 1,
            };
            session_store::forget_old(tx.write()?, district, person, opened_at)?;
            let displaced = make_room(tx, &rules, person)?;
            tx.insert(row.clone());
            Ok::<_, Problem>((row, displaced))
        });
        let (row, displaced) = opened.await?;
        for ended in displaced {
            self.principals.forget_session(district, person, ended);
        }
        let key = self.key(district).await?.ok_or_else(|| Problem::defect("no key"))?;
        let first = row.generation;
        self.issued(row, first, &key)
    }

    /// The next tokens of the session of a refresh token.
    ///
    /// # Errors
    /// 401 `session_ended` or `session_reused`, or `invalid_dpop_proof` if the session is bound
    /// to another key than `key`; also if the person is not active.
    pub async fn refresh(&self, presented: &str, key: Option<Hash>) -> Result<Issued, Problem> {
        let (token, sealing) = self.genuine(presented).await?;
        let (id, number, rules) = (token.session, token.number, self.rules);
        let mut rows = ReadSet::default();
        rows.add::<SessionRow>(id);
        let change = move |tx: &mut Tx<'_>| rotate(tx, &rules, id, number, key);
        let (row, presented) = self.db.write_with(token.district, rows, change).await?;
        if presented == Presented::Reused {
            self.principals.forget_session(row.district, row.person, id);
            return Err(ProblemCode::SessionReused.into());
        }
        // After the rotation: the answer of a suspended person is lost like any other.
        self.principals.of(&self.db, row.district, row.person, Some(id)).await?.check()?;
        self.issued(row, successor(number), &sealing)
    }

    /// Ends the session of a refresh token, even of a spent one. A text that is no refresh
    /// token has no session to end (RFC 7009, 2.2).
    ///
    /// # Errors
    /// [`Problem`] if the database fails.
    pub async fn sign_out(&self, presented: &str) -> Result<(), Problem> {
        let token = match self.genuine(presented).await {
            Ok((token, _)) => token,
            Err(problem) if problem.kind().is_some() => return Ok(()),
            Err(problem) => return Err(problem),
        };
        let id = token.session;
        let end = move |tx: &mut Tx<'_>| {
            let Some(row) = tx.find::<SessionRow>(id)? else { return Ok(None) };
            if row.ended_at.is_none() {
                tx.replace(&row, row.ended(tx.now, EndReason::SignedOut));
            }
            Ok::<_, DbError>(Some(row.person))
        };
        if let Some(person) = self.db.write(token.district, end).await? {
            self.principals.forget_session(token.district, person, id);
        }
        Ok(())
    }

    /// A person's sessions, the last used first.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn list(
        &self,
        district: AreaCode,
        person: PersonId,
    ) -> Result<Vec<SessionRow>, DbError> {
        let now = (self.clock)();
        self.db.read(move |conn| session_store::of_person(conn, district, person, now)).await
    }

    /// Renames the device of a person's own session.
    ///
    /// # Errors
    /// 404.
    pub async fn rename(
        &self,
        district: AreaCode,
        person: PersonId,
        id: SessionId,
        name: DeviceName,
    ) -> Result<SessionRow, Problem> {
        let rename = move |tx: &mut Tx<'_>| {
            let row = own(tx, person, id)?;
            let version = row.version + 1;
            let renamed = SessionRow { device: name.clone(), version, ..row.clone() };
            tx.replace(&row, renamed.clone());
            Ok::<_, Problem>(renamed)
        };
        self.db.write(district, rename).await
    }

    /// Ends one of a person's own sessions; an ended one stays so.
    ///
    /// # Errors
    /// 404.
    pub async fn end(
        &self,
        district: AreaCode,
        person: PersonId,
        id: SessionId,
    ) -> Result<(), Problem> {
        self.db.write(district, move |tx| end_one(tx, person, id, person)).await?;
        self.principals.forget_session(district, person, id);
        Ok(())
    }

    /// The key of a district; `None` if there is no such district.
    async fn key(&self, district: AreaCode) -> Result<Option<SealingKey>, DbError> {
        let keys = self.keys.clone();
        match keys.opened(district) {
            Some(key) => Ok(Some(key)),
            None => self.db.read(move |conn| keys.find(conn, district)).await,
        }
    }

    /// The refresh token of a text, and the key of its district.
    async fn genuine(&self, text: &str) -> Result<(RefreshToken, SealingKey), Problem> {
        let token = RefreshToken::parse(text).ok_or(ProblemCode::SessionEnded)?;
        let key = self.key(token.district).await?.filter(|key| token.is_genuine(key));
        Ok((token, key.ok_or(ProblemCode::SessionEnded)?))
    }

    /// The tokens of a session, with refresh token `number`.
    fn issued(
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

/// The session `id` of `person`.
fn own(tx: &mut Tx<'_>, person: PersonId, id: SessionId) -> Result<SessionRow, Problem> {
    let row = tx.find::<SessionRow>(id)?.filter(|row| row.person == person);
    row.ok_or_else(Problem::not_found)
}

/// Ends the session `id` of a person, as an act of `actor`; an ended one stays so.
///
/// # Errors
/// 404.
pub fn end_one(
    tx: &mut Tx<'_>,
    person: PersonId,
    id: SessionId,
    actor: PersonId,
) -> Result<(), Problem> {
    let row = own(tx, person, id)?;
    if row.ended_at.is_none() {
        tx.replace(&row, row.ended(tx.now, EndReason::Revoked));
        record(tx, "session.end", person, actor, json!({ "session": id }))?;
    }
    Ok(())
}

/// Ends the person's sessions that are too many beside a new one; returns their ids.
fn make_room(
    tx: &mut Tx<'_>,
    rules: &SessionRules,
    person: PersonId,
) -> Result<Vec<SessionId>, DbError> {
    let (district, now) = (tx.district, tx.now);
    let rows = session_store::of_person(tx.read()?, district, person, now)?;
    let live = rows.iter().filter(|row| row.is_live(now, rules.idle));
    let displaced: Vec<_> = live.skip(rules.per_person.saturating_sub(1)).collect();
    for row in &displaced {
        tx.replace(*row, row.ended(now, EndReason::Displaced));
    }
    Ok(displaced.into_iter().map(|row| row.id).collect())
}

/// Ends all sessions of a person, as an act of the superior `actor`; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn end_all(tx: &mut Tx<'_>, person: PersonId, actor: PersonId) -> Result<usize, DbError> {
    let (district, now) = (tx.district, tx.now);
    let ended = store::end_access(tx.write()?, district, person, None, EndReason::Revoked, now)?;
    record(tx, "session.end", person, actor, json!({ "sessions": ended }))?;
    Ok(ended)
}
