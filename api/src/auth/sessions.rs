//! Sessions: a person stays signed in on a device by refreshing the access token.
//!
//! Guarantees: a lost answer never signs anybody out; a spent refresh token ends its session;
//! an ended session is refused by every server within five seconds.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::session::{Presented, Rotation, successor};
use uuid::Uuid;

use super::authenticator::PrincipalCache;
use super::device::{AuthMethod, Device, EndReason};
use super::rotation::rotate;
use super::second_factor::policy::SecondFactorPolicy;
use super::session_ends::{end_one, make_room, own};
use super::session_rules::SessionRules;
use super::session_store::{self, SessionRow};
use super::session_tokens::Issued;
use super::store::{self, Account};
use super::token::Tokens;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::db::column::Hash;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::{Db, ReadSet, Tx};

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
    /// device's `key` if it has proved one, whose earlier session it replaces. Above the limit, the
    /// session that was not used for the longest time ends.
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
            let displaced = make_room(tx, &rules, person, key)?;
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
}
