//! Signing in with phone and password.

use std::time::Duration;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use moka::sync::Cache;
use secrecy::SecretString;

use super::store;
use crate::app::Gridward;
use crate::problem::{Kind, Problem};
use crate::seal::store::districts;

/// After so many failures in [`WITHIN`] an account has to wait.
const FAILURES: u32 = 10;
const WITHIN: Duration = Duration::from_secs(300);

/// How often sign-in failed lately, by district and phone index.
#[derive(Clone)]
pub struct Failures(Cache<(String, Vec<u8>), u32>);

impl Default for Failures {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(WITHIN).build())
    }
}

/// Who signed in.
pub struct SignedIn {
    /// The district.
    pub district: String,
    /// The person.
    pub person: PersonId,
    /// The access token.
    pub token: String,
}

/// Signs in whoever has `phone` and `password` in `district` (which may be
/// left out where an installation has only one).
///
/// # Errors
/// 401 without saying which of the two was wrong; 422 when the district must
/// be named; 429 after too many failures.
pub async fn sign_in(
    app: &Gridward,
    district: Option<AreaCode>,
    phone: String,
    password: SecretString,
) -> Result<SignedIn, Problem> {
    let vault = app.vault.clone();
    let found = app.db.read(move |conn| {
        let district = choose(district, districts(conn)?)?;
        let index = vault.key(conn, &district)?.index(&phone);
        let known = store::by_phone(conn, &district, &index)?;
        Ok::<_, Problem>((district, index, known))
    });
    let (district, index, known) = found.await?;
    let account = (district.clone(), index);
    // Counted before the slow verifying, so that tries in parallel count too.
    let count = |before: Option<moka::Entry<_, u32>>| before.map_or(1, |n| n.into_value() + 1);
    let tries = app.failures.0.entry(account.clone()).and_upsert_with(count).into_value();
    if tries > FAILURES {
        return Err(Problem::too_many_requests(WITHIN.as_secs()));
    }
    let (person, kept) = known.unzip();
    let fits = app.passwords.verify(password, kept.flatten()).await?;
    let Some(person) = person.filter(|_| fits) else {
        return Err(Kind::WrongCredentials.into());
    };
    app.failures.0.invalidate(&account);
    let token = app.tokens.issue(&district, person, (app.clock)()).map_err(|_| Kind::Internal)?;
    Ok(SignedIn { district, person, token })
}

fn choose(named: Option<AreaCode>, known: Vec<String>) -> Result<String, Problem> {
    match (named, <[String; 1]>::try_from(known)) {
        (None, Ok([only])) => Ok(only),
        (None, Err(_)) => Err(Problem::invalid("/district", "name one of the districts")),
        (Some(code), _) if code.level() != Level::District => {
            Err(Problem::invalid("/district", "a district's code has 6 digits"))
        }
        (Some(code), Ok([only])) if only == code.as_str() => Ok(only),
        (Some(code), Err(several)) if several.iter().any(|one| one == code.as_str()) => {
            Ok(code.to_string())
        }
        // An unknown district is answered as an unknown phone.
        (Some(_), _) => Err(Kind::WrongCredentials.into()),
    }
}
