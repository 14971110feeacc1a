//! New passwords: the person's own change, and a reset by a superior.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, put};
use aws_lc_rs::rand;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::store;
use crate::auth::sign_in::SignIn;
use crate::auth::{Authenticated, credential, password_rules};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::IdempotencyKey;
use crate::limits::Prefix;
use crate::log::{Event, Subject};
use crate::{area, tx};

/// How long a one-time password is valid.
const ONE_TIME: TimeDelta = TimeDelta::hours(24);
/// The characters of a one-time password: 32 that are not mistaken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The suffixes of the kinds of area, which people leave out of a name.
const KINDS: [&str; 8] = ["街道", "社区", "网格", "区", "县", "镇", "乡", "村"];

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"old_password": "gridward-demo", "new_password": "八月桂花开满院子"}))]
pub struct PasswordChange {
    /// The current password.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    old_password: SecretString,
    /// The new password: not a common one, nor made of the phone number, the name or the area.
    #[schema(value_type = String, min_length = 8, max_length = 128, format = "password")]
    new_password: SecretString,
}

/// The old and the new password of a person who is not signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "phone": "10008888888", "old_password": "tq7m-x2kd-9vbn", "new_password": "八月桂花开满院子"
}))]
pub struct FirstPassword {
    /// The district; optional if the installation has only one.
    district: Option<AreaCode>,
    /// The phone number, as for signing in.
    #[schema(min_length = 5, max_length = 64, example = "10008888888")]
    phone: String,
    /// The current password, such as a one-time password.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    old_password: SecretString,
    /// The new password: not a common one, nor made of the phone number, the name or the area.
    #[schema(value_type = String, min_length = 8, max_length = 128, format = "password")]
    new_password: SecretString,
}

/// A one-time password.
#[derive(Serialize, ToSchema)]
pub struct PasswordReset {
    /// The password, to be handed over in person. It is shown only once.
    #[schema(max_length = 14, example = "tq7m-x2kd-9vbn")]
    one_time_password: String,
    /// When it expires.
    expires_at: DateTime<FixedOffset>,
}

/// The words that a password of the person must not consist of: phone number, name, and the names
/// of the areas, with and without their kind.
///
/// # Errors
/// [`DbError`].
pub fn personal_words(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    person: PersonId,
) -> Result<Vec<String>, DbError> {
    let Some(row) = store::row(conn, scope, person)? else { return Ok(Vec::new()) };
    let store::Particulars { name, phone } = row.particulars(key)?;
    let mut words = vec![name, phone];
    for area in area::store::path(conn, &row.area)? {
        let short = KINDS.iter().find_map(|kind| area.strip_suffix(*kind));
        words.extend(short.map(str::to_owned));
        words.push(area);
    }
    Ok(words)
}

/// Checks and stores the new password of a verified person.
async fn change(
    sign_in: &SignIn,
    district: AreaCode,
    person: PersonId,
    old: &SecretString,
    new: SecretString,
) -> Result<(), Problem> {
    if old.expose_secret() == new.expose_secret() {
        return Err(Problem::invalid("/new_password", "must differ from the old password"));
    }
    let keys = sign_in.keys.clone();
    let read = sign_in.db.read(move |conn| {
        let key = keys.key(conn, district)?;
        personal_words(conn, &key, &district.range(), person)
    });
    let personal = read.await.map_err(Problem::from)?;
    password_rules::accept(new.expose_secret(), &personal)
        .map_err(|error| Problem::invalid("/new_password", error))?;
    let hash = sign_in.passwords.hash(new).await?;
    let keys = sign_in.keys.clone();
    let changed = sign_in.db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        record(tx, &key, district, person, person, &hash, None)
    });
    changed.await
}

/// Stores a password and its event.
fn record(
    tx: &mut tx::Tx<'_>,
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    by: PersonId,
    hash: &str,
    one_time_until: Option<DateTime<Utc>>,
) -> Result<(), Problem> {
    let row = store::row(tx.read_unbatched(), &district.range(), person)?;
    let row = row.filter(|row| row.active).ok_or_else(Problem::not_found)?;
    let now = tx.now;
    credential::set(tx.write_unbatched(), key, (district, person), hash, one_time_until, now)?;
    let action = if one_time_until.is_some() { "person.password_reset" } else { "person.password" };
    let event = Event::new(action, Subject::Person, person, row.area, row.version).by(by);
    tx.record(match one_time_until {
        Some(until) => event.with(json!({ "expires_at": until })),
        None => event,
    });
    Ok(())
}

/// Change the caller's password
///
/// Requires the old password. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "change_my_password",
    request_body(content = PasswordChange, description = "The old and the new password"),
    responses((status = NO_CONTENT, description = "Changed"), openapi::Write),
)]
#[put("/me/password")]
pub(crate) async fn change_my_password(
    sign_in: Data<SignIn>,
    from: Prefix,
    Authenticated(principal): Authenticated,
    Body(body): Body<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let PasswordChange { old_password: old, new_password: new } = body;
    let verified = sign_in.verify_person(from, &principal, old.clone()).await;
    // A 401 would mean that the token is invalid.
    let verified = verified.map_err(|problem| match problem.kind() {
        Some(ProblemCode::WrongCredentials) => {
            Problem::invalid("/old_password", "is not the current password")
        }
        _ => problem,
    })?;
    change(&sign_in, verified.district, verified.person, &old, new).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Replace a one-time password
///
/// Sets a new password with the old one, without an access token: a one-time password must be
/// replaced before it signs in. The limits of signing in apply. No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "replace_password",
    request_body(content = FirstPassword, description = "The old and the new password"),
    responses((status = NO_CONTENT, description = "Changed"), openapi::SignIn),
    security(()),
)]
#[put("/auth/password")]
pub(crate) async fn replace_password(
    sign_in: Data<SignIn>,
    from: Prefix,
    Body(body): Body<FirstPassword>,
) -> Result<HttpResponse, Problem> {
    let FirstPassword { district, phone, old_password: old, new_password: new } = body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    let verified = sign_in.verify_phone(from, district, phone, old.clone()).await?;
    change(&sign_in, verified.district, verified.person, &old, new).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reset a person's password
///
/// Sets a one-time password that expires after 24 hours and must be replaced before it signs in.
/// The answer shows it once and is never stored. Allowed roles: superiors of the person: admins for
/// all but admins, supervisors for managers and volunteers and for supervisors of areas within
/// theirs, managers for the volunteers of their grid.
#[utoipa::path(
    tag = "people",
    operation_id = "reset_password",
    params(("id" = PersonId, Path, description = "The person"), openapi::NotStored),
    responses(
        (status = OK, description = "The one-time password", body = PasswordReset),
        openapi::Write,
    ),
)]
#[post("/people/{id}/password-reset")]
pub(crate) async fn reset_password(
    sign_in: Data<SignIn>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    // Parsed so that an invalid one is rejected.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, district) = (*id, principal.district());
    let found = sign_in.db.read(move |conn| store::row(conn, &principal.scope(), id));
    let row = found.await.map_err(Problem::from)?.filter(|row| row.active);
    let row = row.ok_or_else(Problem::not_found)?;
    if !is_superior(&principal, row.role, row.area) {
        return Err(ProblemCode::Forbidden.into());
    }
    let password = one_time_password()?;
    let hash = sign_in.passwords.hash(password.clone().into()).await?;
    let until = (sign_in.clock)() + ONE_TIME;
    let keys = sign_in.keys.clone();
    let reset = sign_in.db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        record(tx, &key, district, id, principal.person, &hash, Some(until))
    });
    reset.await?;
    let expires_at = until.with_timezone(&china());
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(PasswordReset { one_time_password: password, expires_at }))
}

/// Whether the principal is a superior of a person of this role and area within the principal's.
fn is_superior(principal: &Principal, role: Role, area: AreaCode) -> bool {
    match principal.role {
        Role::Admin => role != Role::Admin,
        Role::Supervisor => match role {
            Role::Supervisor => area != principal.area,
            Role::Manager | Role::Volunteer => true,
            Role::Admin | Role::Auditor => false,
        },
        Role::Manager => role == Role::Volunteer,
        Role::Volunteer | Role::Auditor => false,
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
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_superior_has_a_higher_role_or_a_wider_area() {
        let area = |code: &str| code.parse::<AreaCode>().expect("a code");
        let (district, town, grid) = (area("500116"), area("500116001"), area("500116001002001"));
        let resets = |by: Role, of: AreaCode, role, area| {
            let person = PersonId(Uuid::nil());
            is_superior(&Principal { person, role: by, area: of }, role, area)
        };
        assert!(resets(Role::Admin, district, Role::Auditor, district));
        assert!(!resets(Role::Admin, district, Role::Admin, district));
        assert!(resets(Role::Supervisor, district, Role::Supervisor, town));
        assert!(!resets(Role::Supervisor, town, Role::Supervisor, town));
        assert!(resets(Role::Manager, grid, Role::Volunteer, grid));
        assert!(!resets(Role::Manager, grid, Role::Manager, grid));
        assert!(!resets(Role::Auditor, district, Role::Volunteer, grid));
    }

    #[test]
    fn a_one_time_password_is_random_and_acceptable() {
        let (one, other) = (one_time_password().expect("one"), one_time_password().expect("one"));
        assert_ne!(one, other);
        assert_eq!(password_rules::accept(&one, &[]), Ok(()));
        assert_eq!((one.len(), one.split('-').count()), (14, 3));
    }
}
