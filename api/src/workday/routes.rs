//! The HTTP endpoints for the calendars of years.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::authority::Action;
use gridward_domain::range::CalendarYear;

use super::model::{WorkCalendar, WorkCalendarContent};
use super::{replace, store};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::tx::Db;

/// Get the work calendar of a year
///
/// Returns the days off and the shifted working days that the State Council announces for the year,
/// as far as they are entered. Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "get_work_calendar",
    params(("year" = CalendarYear, Path, description = "The year")),
    responses(
        (
            status = OK, description = "The calendar", body = WorkCalendar,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The calendar is unchanged"),
        openapi::Read,
    ),
)]
#[get("/work-calendars/{year}")]
pub(crate) async fn get_work_calendar(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    year: Path<CalendarYear>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let held = IfNoneMatch::of(&request)?;
    let read = db.read(move |conn| store::one(conn, principal.district(), *year)).await;
    let calendar = read.map_err(Problem::from)?;
    Ok(versioned::unless_held(&held, calendar.version, &calendar))
}

/// Replace the work calendar of a year
///
/// Enters the yearly notice of the State Council. Plans, candidates and workloads follow it from
/// then on: on a day off no person works by the weekly hours, and on a shifted working day managers
/// have the hours of a weekday; a person's dated hours say otherwise for that person. Assigned
/// tasks stay. Requires `If-Match`. Repeating the call changes nothing. Allowed roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "replace_work_calendar",
    params(("year" = CalendarYear, Path, description = "The year"), openapi::OwnNames),
    request_body(content = WorkCalendarContent, description = "The days"),
    responses(
        (
            status = OK, description = "The calendar", body = WorkCalendar,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/work-calendars/{year}")]
pub(crate) async fn replace_work_calendar(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    year: Path<CalendarYear>,
    base: IfMatch,
    Body(content): Body<WorkCalendarContent>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageRegisters)?;
    let replaced = db.write(principal.district(), move |tx| {
        replace::replace(tx, &principal, *year, content.clone(), &base)
    });
    let calendar = replaced.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), calendar.version).json(calendar))
}
