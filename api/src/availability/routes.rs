//! The HTTP endpoints for availability: one's own, and that of subordinates.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use super::duty::SetDuty;
use super::edit;
use super::model::{AvailabilityContent, DutyChange, PersonAvailability};
use super::person_ref::PersonRef;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, openapi, versioned};
use crate::idempotency::IdempotencyKey;
use crate::tx::Db;

/// Get one's own availability
///
/// Returns the weekly hours, the coming days with other hours, the present and coming absences, and
/// whether the caller is on duty. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "get_my_availability",
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The availability is unchanged"),
        openapi::Read,
    ),
)]
#[get("/me/availability")]
pub(crate) async fn get_my_availability(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    get(&request, &db, **clock, principal, PersonRef::Caller).await
}

/// Get a person's availability
///
/// Returns the weekly hours, the coming days with other hours, the present and coming absences
/// without their reasons, and whether the person is on duty. Allowed roles: admins, supervisors and
/// managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "get_availability",
    params(("id" = PersonId, Path, description = "The person")),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The availability is unchanged"),
        openapi::Read,
    ),
)]
#[get("/people/{id}/availability")]
pub(crate) async fn get_availability(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    get(&request, &db, **clock, principal, PersonRef::Subordinate(*id)).await
}

async fn get(
    request: &HttpRequest,
    db: &Db,
    clock: Clock,
    principal: Principal,
    about: PersonRef,
) -> Result<HttpResponse, Problem> {
    let held = IfNoneMatch::of(request)?;
    let today = clock::day(clock());
    let shown = db.read(move |conn| {
        let row = about.row(conn, &principal)?;
        Ok::<_, Problem>(edit::shown(conn, &row, today)?)
    });
    let shown = shown.await?;
    Ok(versioned::unless_held(&held, shown.version, &shown))
}

/// Put one's own availability
///
/// Replaces the caller's weekly hours and the coming days with other hours. Assigned tasks stay.
/// Repeating the call changes nothing. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "put_my_availability",
    params(openapi::OwnNames),
    request_body(content = AvailabilityContent, description = "The hours"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/me/availability")]
pub(crate) async fn put_my_availability(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    _: IdempotencyKey,
    base: IfMatch,
    Body(content): Body<AvailabilityContent>,
) -> Result<HttpResponse, Problem> {
    put(&db, principal, PersonRef::Caller, base, content).await
}

/// Put a person's availability
///
/// Replaces the person's weekly hours and the coming days with other hours. Assigned tasks stay.
/// Repeating the call changes nothing. Allowed roles: admins, supervisors and managers, for people
/// below them.
#[utoipa::path(
    tag = "people",
    operation_id = "put_availability",
    params(("id" = PersonId, Path, description = "The person"), openapi::OwnNames),
    request_body(content = AvailabilityContent, description = "The hours"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/people/{id}/availability")]
pub(crate) async fn put_availability(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    _: IdempotencyKey,
    id: Path<PersonId>,
    base: IfMatch,
    Body(content): Body<AvailabilityContent>,
) -> Result<HttpResponse, Problem> {
    put(&db, principal, PersonRef::Subordinate(*id), base, content).await
}

async fn put(
    db: &Db,
    principal: Principal,
    about: PersonRef,
    base: IfMatch,
    content: AvailabilityContent,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| {
        let row = about.locked(tx, &principal)?;
        edit::put(tx, &principal, &row, &content, &base)
    });
    let shown = put.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}

/// Go on or off duty
///
/// A plan gives no new tasks to a person who is off duty; assigned tasks stay. Nobody has to check
/// in, and no time on duty is counted. Repeating the call changes nothing. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "put_my_duty",
    params(openapi::OwnNames),
    request_body(content = DutyChange, description = "On or off duty"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[put("/me/duty")]
pub(crate) async fn put_my_duty(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    _: IdempotencyKey,
    Body(DutyChange { duty }): Body<DutyChange>,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| SetDuty { duty }.run(tx, &principal));
    let shown = put.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}
