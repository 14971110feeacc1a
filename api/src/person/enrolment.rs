//! Enrolment of a device: a one-time code and a new password, without an access token.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gridward_domain::area::AreaCode;
use gridward_domain::phone::Phone;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::password::personal_words;
use crate::auth::device::{AuthMethod, Device, DeviceKind};
use crate::auth::enrolment::code::Code;
use crate::auth::proofs::Proofs;
use crate::auth::routes::{AccessToken, answer};
use crate::auth::sign_in::SignIn;
use crate::auth::{Enrolments, PrincipalCache, Sessions, password_rules};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::limits::Prefix;

/// A one-time code, a new password and the device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "phone": "10003580282", "code": "7K3QD-M9XT2", "password": "八月桂花开满院子",
    "device": {"name": "红米 12", "kind": "phone"}
}))]
pub struct Enrolment {
    /// The district; optional if the installation has only one.
    district: Option<AreaCode>,
    /// The phone number, as for signing in.
    #[schema(min_length = 5, max_length = 64, example = "10003580282")]
    phone: String,
    /// The code of the invitation or the message. Case, blanks and hyphens do not matter.
    #[schema(value_type = String, min_length = 1, max_length = 64, format = "password")]
    code: SecretString,
    /// The new password: not a common one, nor made of the phone number, the name or the area.
    #[schema(value_type = String, min_length = 8, max_length = 128, format = "password")]
    password: SecretString,
    /// The device.
    device: Device,
}

/// The longest code that is read.
const LONGEST_CODE: usize = 64;

/// Enrol a device
///
/// Exchanges a one-time code for a password and a session on this device, and answers as a
/// sign-in does. A phone proves its key (RFC 9449), which is then its second factor. A console
/// sets up an authenticator app next; until then its session permits nothing else
/// (`set_up_second_factor`), where a second factor is required. Sessions of before end. The
/// answer is the same for an unknown phone number and a wrong code (401 `wrong_code`); after five
/// wrong codes for a number from one /24 or /64 of addresses, or five of six digits from any, the
/// answer is 429. A code is accepted once (410 `invitation_used`):
/// after a lost answer, sign in. No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "enrol",
    params(openapi::DpopProof),
    request_body(content = Enrolment, description = "The code, the password and the device"),
    responses(
        (
            status = OK, description = "Enrolled", body = AccessToken,
            headers(("DPoP-Nonce" = String, description = "The nonce of the next proofs, if the session is bound to a key")),
        ),
        openapi::Enrol,
    ),
    security(()),
)]
#[post("/auth/enrol")]
#[expect(clippy::too_many_arguments, reason = "each is a component that the handler uses")]
pub(crate) async fn enrol(
    request: HttpRequest,
    enrolments: Data<Enrolments>,
    sign_in: Data<SignIn>,
    sessions: Data<Sessions>,
    proofs: Data<Proofs>,
    principals: Data<PrincipalCache>,
    from: Prefix,
    Body(body): Body<Enrolment>,
) -> Result<HttpResponse, Problem> {
    let Enrolment { district, phone, code, password, device } = body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    if code.expose_secret().len() > LONGEST_CODE {
        return Err(Problem::invalid("/code", "must have at most 64 characters"));
    }
    let code = Code::entered(code.expose_secret());
    if code.as_str().is_empty() {
        return Err(Problem::invalid("/code", "must have letters or digits"));
    }
    // Before the code: a device without a nonce gets one at no cost.
    let key = match device.kind {
        DeviceKind::Phone => Some(proofs.required_key_of(&request)?),
        DeviceKind::Console => proofs.key_of(&request, None)?,
    };
    password_rules::accept(password.expose_secret(), &[])
        .map_err(|error| Problem::invalid("/password", error))?;
    sign_in.attempts.admit_address(from)?;
    let invited = enrolments.check(district, phone, code, from).await?;
    let (district, person) = invited.person();
    let keys = sign_in.keys.clone();
    let read = sign_in.db.read(move |conn| {
        let key = keys.key(conn, district)?;
        personal_words(conn, &key, &district.range(), person)
    });
    password_rules::accept(password.expose_secret(), &read.await.map_err(Problem::from)?)
        .map_err(|error| Problem::invalid("/password", error))?;
    let hash = sign_in.passwords.hash(password).await?;
    let account = enrolments.complete(invited, hash, device.clone(), key).await?;
    principals.forget_all();
    let proved = key.map(|_| AuthMethod::Swk);
    let methods = [AuthMethod::Pwd].into_iter().chain(proved);
    let issued = sessions.open(account, device, methods, key).await?;
    Ok(answer(&request, &sessions, &proofs, issued, true))
}
