//! Sign-in with phone number and password.
//!
//! An attempt passes the limits ([`super::attempts`]), then the hashing slots of its lane. Unknown
//! districts and phone numbers take the same way as known ones.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::SessionId;
use gridward_domain::phone::Phone;
use moka::sync::Cache;
use secrecy::SecretString;

use super::attempts::{AccountId, Attempts, Origin, Sender};
use super::authenticated::Access;
use super::credential::{self, Credential};
use super::device::AuthMethod;
use super::known_device::Client;
use super::password::Passwords;
use super::store::{self, Account};
use super::token::{Grant, Tokens};
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::column::Hash;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::Prefix;
use crate::tx::Db;

/// Signs people in with phone number and password.
#[derive(Clone)]
pub struct SignIn {
    /// Reads people and their credentials.
    pub db: Db,
    /// The districts' keys.
    pub keys: KeyRing,
    /// Verifies passwords.
    pub passwords: Passwords,
    /// Signs access tokens.
    pub tokens: Tokens,
    /// The clock.
    pub clock: Clock,
    /// Limits the attempts.
    pub attempts: Attempts,
    /// The default district of an installation that has only one.
    pub only_district: OnlyDistrict,
}

/// The default district, cached for a minute, since finding it reads a row of every
/// district.
#[derive(Clone)]
pub struct OnlyDistrict(Cache<(), Option<AreaCode>>);

impl Default for OnlyDistrict {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(60)).build())
    }
}

impl OnlyDistrict {
    fn find(&self, conn: &mut Conn) -> Result<Option<AreaCode>, DbError> {
        if let Some(known) = self.0.get(&()) {
            return Ok(known);
        }
        let only = <[AreaCode; 1]>::try_from(districts(conn)?).ok().map(|[only]| only);
        // An empty installation may get its first district at any moment.
        if only.is_some() {
            self.0.insert((), only);
        }
        Ok(only)
    }
}

/// A person whose password was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The account.
    pub account: Account,
    /// Whether the password must be replaced before it signs in.
    pub is_one_time: bool,
}

/// The account that an attempt names.
struct Found {
    id: AccountId,
    /// The session that the person had on the client's device.
    session: Option<SessionId>,
    /// The person, if there is one.
    known: Option<Known>,
}

/// A person with a password.
struct Known {
    account: Account,
    credential: Option<Credential>,
}

impl SignIn {
    /// The account of the person with `phone` and `password` in `district` (optional if the
    /// installation has only one), for `client`.
    ///
    /// # Errors
    /// As [`Self::verify_phone`]; 403 for a one-time password.
    pub async fn sign_in(
        &self,
        client: Client,
        district: Option<AreaCode>,
        phone: Phone,
        password: SecretString,
    ) -> Result<Account, Problem> {
        let verified = self.verify_phone(client, district, phone, password).await?;
        if verified.is_one_time {
            Err(ProblemCode::PasswordChangeRequired.into())
        } else {
            Ok(verified.account)
        }
    }

    /// An access token of no session for the account of a sign-in by `methods`, bound to `key`.
    ///
    /// # Errors
    /// 401 if the password or the access was changed in the meantime.
    pub async fn token(
        &self,
        account: Account,
        methods: BTreeSet<AuthMethod>,
        key: Option<Hash>,
    ) -> Result<String, Problem> {
        if !self.db.read(move |conn| store::is_unchanged(conn, &account)).await? {
            return Err(ProblemCode::WrongCredentials.into());
        }
        let Account { district, person, .. } = account;
        let (auth_time, methods) = ((self.clock)(), methods.into_iter().collect());
        let grant = Grant { district, person, session: None, auth_time, methods, key };
        self.tokens.issue(grant, auth_time).map_err(Problem::defect)
    }

    /// The person with `phone` and `password` in `district`.
    ///
    /// # Errors
    /// 401 without saying which of the two is wrong; 422 if the district is required; 429
    /// after too many attempts.
    pub async fn verify_phone(
        &self,
        client: Client,
        district: Option<AreaCode>,
        phone: Phone,
        password: SecretString,
    ) -> Result<Verified, Problem> {
        let (keys, only, now) = (self.keys.clone(), self.only_district.clone(), (self.clock)());
        let from = client.from;
        let found = self.db.read(move |conn| {
            let district = choose(conn, district, &only)?;
            let Some(key) = keys.find(conn, district)? else {
                let id = AccountId { district, phone: Hash::sha256(phone.as_str()) };
                return Ok(Found { id, session: None, known: None });
            };
            let id = AccountId { district, phone: key.index(phone.as_str()) };
            let Some(account) = store::by_phone(conn, district, id.phone)? else {
                return Ok(Found { id, session: None, known: None });
            };
            let session = client.session(conn, &key, (district, account.person), now)?;
            let credential = credential::read(conn, &key, district, account.person)?;
            Ok::<_, Problem>(Found { id, session, known: Some(Known { account, credential }) })
        });
        self.verify(from, found.await?, password).await
    }

    /// Verifies the principal's own password, in the session of the access token if it has one.
    ///
    /// # Errors
    /// 401 if it is wrong; 429 after too many attempts.
    pub async fn verify_person(
        &self,
        from: Prefix,
        Access { principal, bearer }: Access,
        password: SecretString,
    ) -> Result<Verified, Problem> {
        let (keys, person, district) = (self.keys.clone(), principal.person, principal.district());
        let found = self.db.read(move |conn| {
            let key = keys.key(conn, district)?;
            let account = store::account(conn, district, person)?;
            let (account, phone) = account.ok_or(ProblemCode::WrongCredentials)?;
            let credential = credential::read(conn, &key, district, person)?;
            let known = Some(Known { account, credential });
            let id = AccountId { district, phone };
            Ok::<_, Problem>(Found { id, session: bearer.session, known })
        });
        self.verify(from, found.await?, password).await
    }

    /// Verifies a password within the limits.
    async fn verify(
        &self,
        from: Prefix,
        found: Found,
        password: SecretString,
    ) -> Result<Verified, Problem> {
        let Found { id, session, known } = found;
        let sender = session.map_or(Sender::Address(from), Sender::Device);
        let origin = Origin { account: id, sender };
        let lane = self.attempts.admit(origin)?;
        let mut failures = self.attempts.in_turn(origin).await?;
        let (account, credential) = known.map(|known| (known.account, known.credential)).unzip();
        let credential = credential.flatten();
        let kept = credential.as_ref().map(|credential| credential.hash.clone());
        let candidate = self.passwords.candidate(id.phone, password, kept);
        if self.passwords.is_known_wrong(&candidate) {
            return Err(ProblemCode::WrongCredentials.into());
        }
        failures.check(Instant::now())?;
        // Counted before the hashing, so that a caller who hangs up is counted too.
        let before = *failures;
        failures.add(Instant::now());
        let verified = self.passwords.verify(lane, candidate).await;
        let verified = verified.inspect_err(|_| *failures = before)?;
        let now = (self.clock)();
        let valid = |credential: &Credential| {
            verified.matches && credential.one_time_until.is_none_or(|until| now < until)
        };
        let (Some(account), Some(credential)) = (account, credential.filter(valid)) else {
            return Err(ProblemCode::WrongCredentials.into());
        };
        failures.clear();
        self.attempts.succeeded(origin);
        let is_one_time = credential.one_time_until.is_some();
        self.update_hash(account, credential, verified.rehashed).await;
        Ok(Verified { account, is_one_time })
    }

    /// Replaces a hash that is not encrypted or was made with other parameters. The sign-in
    /// succeeds without it too.
    async fn update_hash(
        &self,
        Account { district, person, .. }: Account,
        credential: Credential,
        rehashed: Option<String>,
    ) {
        if credential.is_sealed() && rehashed.is_none() {
            return;
        }
        let hash = rehashed.unwrap_or_else(|| credential.hash.clone());
        let keys = self.keys.clone();
        let updated = self.db.write(district, move |tx| {
            let (key, whose) = (keys.key(tx.read_unbatched(), district)?, (district, person));
            credential::reseal(tx.write_unbatched(), &key, whose, &credential, &hash)
        });
        if let Err(error) = updated.await {
            tracing::warn!(%error, "a password hash was not updated");
        }
    }
}

/// The named district, or the only one.
///
/// # Errors
/// 422 for a code of another level, and without a name if there are several.
pub fn choose(
    conn: &mut Conn,
    named: Option<AreaCode>,
    only: &OnlyDistrict,
) -> Result<AreaCode, Problem> {
    match named {
        Some(code) if code.level() == Level::District => Ok(code),
        Some(_) => Err(Problem::invalid("/district", "must be a code of 6 digits")),
        None => only
            .find(conn)?
            .ok_or_else(|| Problem::invalid("/district", "must be one of the districts")),
    }
}
