//! A person's own change of the password, and the replacement of a one-time password.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, put};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::phone::Phone;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::store::{self, PersonRow};
use crate::auth::credential::{self, Validity};
use crate::auth::known_device::Client;
use crate::auth::proofs::Proofs;
use crate::auth::sign_in::{SignIn, Verified};
use crate::auth::store::Account;
use crate::auth::{Access, PrincipalCache, password_rules, refresh_cookie};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::Prefix;
use crate::log::{Event, Subject};
use crate::{area, auth};

/// The suffixes of the kinds of area, which people leave out of a name.
const KINDS: [&str; 8] = ["街道", "社区", "网格", "区", "县", "镇", "乡", "村"];

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"old_password": "tq7m-x2kd-9vbn", "new_password": "八月桂花开满院子"}))]
pub struct PasswordChange {
    /// The current password.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    old_password: SecretString,
    /// The new password: not a common one, nor made of the phone number, the name or the area.
    #[schema(value_type = String, min_length = 8, max_length = 128, format = "password")]
    new_password: SecretString,
}

/// The one-time password of a person who is not signed in, and the new password.
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
    /// The one-time password.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    old_password: SecretString,
    /// The new password: not a common one, nor made of the phone number, the name or the area.
    #[schema(value_type = String, min_length = 8, max_length = 128, format = "password")]
    new_password: SecretString,
    /// The last refresh token of this device, as for signing in.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 512, format = "password")]
    refresh_token: Option<SecretString>,
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

/// Checks and stores the new password of a verified person; the session `kept` goes on.
async fn change(
    sign_in: &SignIn,
    verified: Verified,
    kept: Option<SessionId>,
    old: &SecretString,
    new: SecretString,
) -> Result<(), Problem> {
    if old.expose_secret() == new.expose_secret() {
        return Err(Problem::invalid("/new_password", "must differ from the old password"));
    }
    let account = verified.account;
    let Account { district, person, .. } = account;
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
        auth::store::lock_person(tx.write()?, district, person)?;
        let row = store::row(tx.read_unbatched(), &district.range(), person)?;
        // A reset in the meantime counts.
        let is_unchanged = auth::store::is_unchanged(tx.read_unbatched(), &account)?;
        let row = row.filter(|_| is_unchanged).ok_or(ProblemCode::WrongCredentials)?;
        let now = tx.now;
        let validity = Validity::Permanent { kept };
        credential::set(tx.write()?, &key, (district, person), &hash, validity, now)?;
        tx.record(event("person.password", &row).by(person));
        Ok::<_, Problem>(())
    });
    changed.await
}

/// The event of a new password.
pub(super) fn event(action: &'static str, row: &PersonRow) -> Event {
    Event::new(action, Subject::Person, row.id, row.area, row.version)
        .assignees(Some(row.id), Some(row.id))
}

/// Change the caller's password
///
/// Requires the old password. The other sessions of the caller end; the own session refreshes its
/// access token. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "change_my_password",
    request_body(content = PasswordChange, description = "The old and the new password"),
    responses((status = NO_CONTENT, description = "Changed"), openapi::Write),
)]
#[put("/me/password")]
pub(crate) async fn change_my_password(
    sign_in: Data<SignIn>,
    principals: Data<PrincipalCache>,
    from: Prefix,
    access: Access,
    Body(body): Body<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let PasswordChange { old_password: old, new_password: new } = body;
    let verified = sign_in.verify_person(from, access, old.clone()).await;
    let verified = verified.map_err(not_the_password)?;
    let changed = change(&sign_in, verified, access.bearer.session, &old, new).await;
    changed.map_err(not_the_password)?;
    principals.forget_all();
    Ok(HttpResponse::NoContent().finish())
}

/// The problem of a wrong password of a signed-in person: a 401 would mean that the token is
/// invalid.
fn not_the_password(problem: Problem) -> Problem {
    match problem.kind() {
        Some(ProblemCode::WrongCredentials) => {
            Problem::invalid("/old_password", "is not the current password")
        }
        _ => problem,
    }
}

/// Replace a one-time password
///
/// Sets a new password with a one-time password, which must be replaced before it signs in. Any
/// other password is refused (422): its owner signs in, with the second factor, and changes it with
/// `PUT /v1/me/password`. All sessions of the person end. The limits of signing in apply. No
/// authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "replace_password",
    params(openapi::DpopProof),
    request_body(content = FirstPassword, description = "The one-time and the new password"),
    responses((status = NO_CONTENT, description = "Changed"), openapi::SignIn),
    security(()),
)]
#[put("/auth/password")]
pub(crate) async fn replace_password(
    request: HttpRequest,
    sign_in: Data<SignIn>,
    proofs: Data<Proofs>,
    principals: Data<PrincipalCache>,
    from: Prefix,
    Body(body): Body<FirstPassword>,
) -> Result<HttpResponse, Problem> {
    let FirstPassword { district, phone, old_password: old, new_password: new, refresh_token } =
        body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    let key = proofs.key_of(&request, None)?;
    let held = refresh_cookie::or_own(&request, refresh_token.as_ref())?;
    let client = Client::new(from, key, held.unwrap_or_default());
    let verified = sign_in.verify_phone(client, district, phone, old.clone()).await?;
    if !verified.is_one_time {
        let detail = "is not a one-time password: sign in and change it with PUT /v1/me/password";
        return Err(Problem::invalid("/old_password", detail));
    }
    change(&sign_in, verified, None, &old, new).await?;
    principals.forget_all();
    Ok(HttpResponse::NoContent().finish())
}
