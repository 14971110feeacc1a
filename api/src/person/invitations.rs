//! Invitations of subordinates to enrol a device, and the end of their second factors.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, post};
use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::PersonState;
use super::password::event;
use super::sessions::{end_by_superior, subordinate};
use super::store::Particulars;
use super::{invitation_link, invitation_sheet as sheet};
use crate::auth::enrolment::code::Code;
use crate::auth::enrolment::invitations::{self, Purpose};
use crate::auth::second_factor::factors;
use crate::auth::{Authenticated, Enrolments, PrincipalCache, qr};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::public_origins::PublicOrigins;
use crate::idempotency::{Commands, Disclosure, IdempotencyKey};
use crate::tx::{Db, Tx};

/// An invitation to enrol a device.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "code": "7K3QD-M9XT2", "expires_at": "2026-08-08T09:00:00+08:00",
    "url": "https://gridward.example/m/enrol#7K3QD-M9XT2",
    "qr": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 37 37\"></svg>"
}))]
pub struct Invitation {
    /// The one-time code, to be handed over in person. It is shown only once.
    #[schema(max_length = 11)]
    code: String,
    /// When it expires.
    expires_at: DateTime<FixedOffset>,
    /// The address that opens the app with the code, which is not sent to the server.
    #[schema(format = "uri", max_length = 512)]
    url: String,
    /// The address as a QR code: an SVG image.
    #[schema(max_length = 65_536)]
    qr: String,
}

/// An invitation on paper.
#[derive(ToSchema)]
#[schema(as = InvitationSheet, max_length = 131_072, example = "<!doctype html>")]
#[expect(dead_code, reason = "describes a text")]
struct Page(String);

/// Invite a person
///
/// Makes a one-time code with which the person enrols a device and chooses a password. It voids
/// the previous invitation; the person's present devices stay. The answer shows the code once and
/// is never stored. Allowed roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "invite_person",
    params(("id" = PersonId, Path, description = "The person"), openapi::NeverStored),
    responses((status = OK, description = "The invitation", body = Invitation), openapi::Write),
)]
#[post("/people/{id}/invitations")]
pub(crate) async fn invite_person(
    request: HttpRequest,
    origins: Data<PublicOrigins>,
    commands: Data<Commands>,
    enrolments: Data<Enrolments>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let invite = Invite { person: *id, lifetime: enrolments.lifetime };
    let issued = commands.disclose(principal, invite).await?;
    let url = url(&origins, &request, &issued.code);
    let qr = qr::svg(&url).map_err(Problem::defect)?;
    let Issued { code, expires_at, .. } = issued;
    let invitation = Invitation { code, expires_at, url, qr };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(invitation))
}

/// Print an invitation
///
/// As `POST /v1/people/{id}/invitations`, as a page in Chinese to be printed on A4: the code, its
/// QR code and the four steps of an enrolment. It voids the previous invitation. Allowed roles:
/// admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "print_invitation",
    params(("id" = PersonId, Path, description = "The person"), openapi::NeverStored),
    responses(
        (status = OK, description = "The page", body = Page, content_type = "text/html"),
        openapi::Write,
    ),
)]
#[post("/people/{id}/invitations/sheet")]
pub(crate) async fn print_invitation(
    request: HttpRequest,
    origins: Data<PublicOrigins>,
    commands: Data<Commands>,
    enrolments: Data<Enrolments>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let invite = Invite { person: *id, lifetime: enrolments.lifetime };
    let Issued { name, code, expires_at } = commands.disclose(principal, invite).await?;
    let qr = qr::svg(&url(&origins, &request, &code)).map_err(Problem::defect)?;
    let page = sheet::Sheet { name: &name, code: &code, expires_at, qr: &qr };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, sheet::policy()))
        .content_type("text/html; charset=utf-8")
        .body(format!("{}{page}{}", sheet::head(), sheet::FOOT)))
}

/// The address of the app with the code in the fragment, which browsers keep to themselves.
pub(super) fn url(origins: &PublicOrigins, request: &HttpRequest, code: &str) -> String {
    format!("{}{}#{code}", origins.of_service(request).first(), invitation_link::PATH)
}

/// The disclosure of a one-time code to a superior.
struct Invite {
    person: PersonId,
    lifetime: TimeDelta,
}

/// A new invitation.
#[derive(Serialize)]
struct Issued {
    name: String,
    code: String,
    expires_at: DateTime<FixedOffset>,
}

impl Disclosure for Invite {
    type Shown = Issued;

    /// 404 outside the principal's area and for a person who left; 403 for a person who is not
    /// below.
    fn disclose(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Issued, Problem> {
        let row = subordinate(tx.read_unbatched(), principal, self.person)?;
        if row.state == PersonState::Left {
            return Err(Problem::not_found());
        }
        let Particulars { name, .. } = row.particulars(key)?;
        let code = Code::invitation().map_err(Problem::defect)?;
        let (whose, now) = ((row.district, row.id), tx.now);
        let issued = (Purpose::Invitation, &code);
        let conn = tx.write_unbatched();
        let until = invitations::issue(conn, key, whose, issued, self.lifetime, now)?;
        let event = event("person.invite", &row).by(principal.person);
        tx.record(event.with(json!({ "expires_at": until })));
        Ok(Issued { name, code: code.to_string(), expires_at: until.with_timezone(&china()) })
    }
}

/// End a person's second factors
///
/// Ends the enrolment of the person's devices, the authenticator app and all sessions, for
/// instance after a phone was lost. An invitation then enrols a new device. Allowed roles: admins,
/// supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "end_second_factors",
    params(("id" = PersonId, Path, description = "The person")),
    responses((status = NO_CONTENT, description = "Ended"), openapi::GiveUp),
)]
#[delete("/people/{id}/second-factors")]
pub(crate) async fn end_second_factors(
    db: Data<Db>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    end_by_superior(&db, &principals, principal, *id, |tx, person, actor| {
        Ok(factors::end_all(tx, person, actor)?)
    })
    .await
}
