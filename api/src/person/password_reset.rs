//! A superior's reset of a person's password, to a one-time password.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use aws_lc_rs::rand;
use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::PersonState;
use super::password::event;
use super::sessions::subordinate;
use crate::auth::credential::{self, Validity};
use crate::auth::sign_in::SignIn;
use crate::auth::store::lock_person;
use crate::auth::{Authenticated, PrincipalCache};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Disclosure, IdempotencyKey};
use crate::tx::Tx;

/// How long a one-time password is valid.
const ONE_TIME: TimeDelta = TimeDelta::hours(24);
/// The characters of a one-time password: 32 that are not mistaken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A one-time password.
#[derive(Serialize, ToSchema)]
pub struct PasswordReset {
    /// The password, to be handed over in person. It is shown only once.
    #[schema(max_length = 14, example = "tq7m-x2kd-9vbn")]
    one_time_password: String,
    /// When it expires.
    expires_at: DateTime<FixedOffset>,
}

/// Reset a person's password
///
/// Sets a one-time password that expires after 24 hours and must be replaced before it signs in.
/// All sessions of the person end. The answer shows the password once and is never stored. Allowed
/// roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "reset_password",
    params(("id" = PersonId, Path, description = "The person"), openapi::NeverStored),
    responses(
        (status = OK, description = "The one-time password", body = PasswordReset),
        openapi::Write,
    ),
)]
#[post("/people/{id}/password-reset")]
pub(crate) async fn reset_password(
    commands: Data<Commands>,
    sign_in: Data<SignIn>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let person = *id;
    // Before the costly hash.
    sign_in.db.read(move |conn| subordinate(conn, &principal, person)).await?;
    let password = one_time_password()?;
    let hash = sign_in.passwords.hash(password.clone().into()).await?;
    let reset = commands.disclose(principal, Reset { person, password, hash }).await?;
    principals.forget_all();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(reset))
}

/// The disclosure of a one-time password to a superior.
struct Reset {
    person: PersonId,
    password: String,
    hash: String,
}

impl Disclosure for Reset {
    type Shown = PasswordReset;

    /// 404 outside the principal's area and for a person who left; 403 for a person who is not
    /// below.
    fn disclose(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<PasswordReset, Problem> {
        lock_person(tx.write()?, principal.district(), self.person)?;
        let row = subordinate(tx.read_unbatched(), principal, self.person)?;
        if row.state == PersonState::Left {
            return Err(Problem::not_found());
        }
        let (now, until) = (tx.now, tx.now + ONE_TIME);
        let (person, validity) = ((row.district, row.id), Validity::OneTime { until });
        credential::set(tx.write()?, key, person, &self.hash, validity, now)?;
        let event = event("person.password_reset", &row).by(principal.person);
        tx.record(event.with(json!({ "expires_at": until })));
        let expires_at = until.with_timezone(&china());
        Ok(PasswordReset { one_time_password: self.password.clone(), expires_at })
    }
}

/// Three groups of four random characters: 60 bits.
fn one_time_password() -> Result<String, Problem> {
    let mut random = [0_u8; 12];
    rand::fill(&mut random).map_err(|_| Problem::defect("no random bytes"))?;
    let letters: Vec<char> =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password_rules;

    #[test]
    fn a_one_time_password_is_random_and_acceptable() {
        let (one, other) = (one_time_password().expect("one"), one_time_password().expect("one"));
        assert_ne!(one, other);
        assert_eq!(password_rules::accept(&one, &[]), Ok(()));
        assert_eq!((one.len(), one.split('-').count()), (14, 3));
    }
}
