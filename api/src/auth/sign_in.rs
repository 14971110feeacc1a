//! Sign-in with phone number and password.
//!
//! An attempt passes the limits ([`super::attempts`]), then the hashing slots of its lane. Unknown
//! districts and phone numbers take the same way as known ones.

use std::time::{Duration, Instant};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use moka::sync::Cache;
use secrecy::SecretString;

use super::attempts::{Account, Attempts, Origin};
use super::password::Passwords;
use super::store;
use super::token::Tokens;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::column::Hash;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::Prefix;
use crate::tx::Db;

/// The result of a sign-in.
pub struct SignedIn {
    /// The district.
    pub district: AreaCode,
    /// The person.
    pub person: PersonId,
    /// The access token.
    pub token: String,
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

/// The account that a sign-in names.
struct Found {
    account: Account,
    /// The person and the stored hash, if there is such a person.
    known: Option<(PersonId, Option<String>)>,
}

impl SignIn {
    /// Signs in the person with `phone` and `password` in `district` (optional if the
    /// installation has only one), for a client at `from`.
    ///
    /// # Errors
    /// 401 without saying which of the two is wrong; 422 if the district is required; 429
    /// after too many attempts.
    pub async fn sign_in(
        &self,
        from: Prefix,
        district: Option<AreaCode>,
        phone: Phone,
        password: SecretString,
    ) -> Result<SignedIn, Problem> {
        let Found { account, known } = self.find(district, phone).await?;
        let origin = Origin { account, from };
        let lane = self.attempts.admit(origin)?;
        let mut failures = self.attempts.in_turn(origin).await?;
        let (person, kept) = known.unzip();
        let candidate = self.passwords.candidate(account.phone, password, kept.flatten());
        if self.passwords.is_known_wrong(&candidate) {
            return Err(ProblemCode::WrongCredentials.into());
        }
        failures.check(Instant::now())?;
        let fits = self.passwords.verify(lane, candidate).await?;
        let Some(person) = person.filter(|_| fits) else {
            failures.add(Instant::now());
            return Err(ProblemCode::WrongCredentials.into());
        };
        failures.clear();
        self.attempts.succeeded(origin);
        let district = account.district;
        let token = self.tokens.issue(district, person, (self.clock)()).map_err(Problem::defect)?;
        Ok(SignedIn { district, person, token })
    }

    async fn find(&self, district: Option<AreaCode>, phone: Phone) -> Result<Found, Problem> {
        let (keys, only) = (self.keys.clone(), self.only_district.clone());
        let found = self.db.read(move |conn| {
            let district = choose(conn, district, &only)?;
            let Some(key) = keys.find(conn, district)? else {
                let account = Account { district, phone: Hash::sha256(phone.as_str()) };
                return Ok(Found { account, known: None });
            };
            let account = Account { district, phone: key.index(phone.as_str()) };
            let known = store::by_phone(conn, district, account.phone)?;
            Ok::<_, Problem>(Found { account, known })
        });
        found.await
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
