//! Sign-in with phone number and password.

use std::time::Duration;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use moka::sync::Cache;
use secrecy::SecretString;

use super::password::Passwords;
use super::store;
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

/// The result of a sign-in.
pub struct SignedIn {
    /// The district.
    pub district: AreaCode,
    /// The person.
    pub person: PersonId,
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
    /// Signs in the person with `phone` and `password` in `district` (optional if the
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
    ) -> Result<SignedIn, Problem> {
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
        let person = self.verify((district, index), known, password).await?;
        Ok(SignedIn { district, person })
    }

    /// Verifies the principal's own password.
    ///
    /// # Errors
    /// 401 if it is wrong; 429 after too many failures.
    pub async fn verify_person(
        &self,
        principal: &Principal,
        password: SecretString,
    ) -> Result<(), Problem> {
        let (district, person) = (principal.district(), principal.person);
        let found = self.db.read(move |conn| store::by_id(conn, district, person)).await?;
        let (index, hash) = found.ok_or(ProblemCode::WrongCredentials)?;
        self.verify((district, index), Some((person, hash)), password).await.map(|_| ())
    }

    /// Verifies a password of an account; counts the failures.
    async fn verify(
        &self,
        account: (AreaCode, Hash),
        known: Option<(PersonId, Option<String>)>,
        password: SecretString,
    ) -> Result<PersonId, Problem> {
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
