//! Sign-in with phone number and password.

use std::time::Duration;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::phone::Phone;
use moka::sync::Cache;
use secrecy::SecretString;

use super::password::Passwords;
use super::store::{self, Account};
use super::token::Tokens;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::column::Hash;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Db;

/// The number of failures within [`WITHIN`] after which an account is locked for a while.
const FAILURES: u32 = 10;
const WITHIN: Duration = Duration::from_secs(300);

/// Recent sign-in failures, by district and phone index.
#[derive(Clone)]
pub struct Failures(Cache<(AreaCode, Hash), u32>);

impl Default for Failures {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(WITHIN).build())
    }
}

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
    /// Recent sign-in failures.
    pub failures: Failures,
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

impl SignIn {
    /// The account of the person with `phone` and `password` in `district` (optional if the
    /// installation has only one).
    ///
    /// # Errors
    /// 401 without saying which of the two is wrong; 422 if the district is required; 429
    /// after too many failures.
    pub async fn sign_in(
        &self,
        district: Option<AreaCode>,
        phone: Phone,
        password: SecretString,
    ) -> Result<Account, Problem> {
        let (keys, only) = (self.keys.clone(), self.only_district.clone());
        let found = self.db.read(move |conn| {
            let district = choose(conn, district, &only)?;
            // The answer for an unknown district equals the one for an unknown phone
            // number.
            let key = keys.find(conn, district)?.ok_or(ProblemCode::WrongCredentials)?;
            let index = key.index(phone.as_str());
            let known = store::by_phone(conn, district, index)?;
            Ok::<_, Problem>((district, index, known))
        });
        let (district, index, known) = found.await?;
        let account = (district, index);
        // Counted before the slow verification, so that parallel attempts count too.
        let count = |before: Option<moka::Entry<_, u32>>| before.map_or(1, |n| n.into_value() + 1);
        let tries = self.failures.0.entry(account).and_upsert_with(count).into_value();
        if tries > FAILURES {
            return Err(Problem::too_many_requests(WITHIN.as_secs()));
        }
        let (person, kept) = known.unzip();
        let fits = self.passwords.verify(password, kept.flatten()).await?;
        let Some(person) = person.filter(|_| fits) else {
            return Err(ProblemCode::WrongCredentials.into());
        };
        self.failures.0.invalidate(&account);
        Ok(person)
    }

    /// An access token of no session for the account of a sign-in.
    ///
    /// # Errors
    /// 401 if the password or the access was changed in the meantime.
    pub async fn token(&self, account: Account) -> Result<String, Problem> {
        if !self.db.read(move |conn| store::is_unchanged(conn, &account)).await? {
            return Err(ProblemCode::WrongCredentials.into());
        }
        let Account { district, person, .. } = account;
        self.tokens.issue(district, person, (self.clock)()).map_err(Problem::defect)
    }
}

fn choose(
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
