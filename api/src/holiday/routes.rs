//! The HTTP endpoints for holidays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use chrono::NaiveDate;
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::RegisterId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Holiday, HolidayContent, HolidayId, edit, store};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::tx::Db;

/// Filter and page of holidays.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HolidayQuery {
    /// Only holidays on or after this day.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    from: Option<NaiveDate>,
    /// Only holidays on or before this day.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    to: Option<NaiveDate>,
}

/// List holidays
///
/// Lists the holidays of the district, ordered by day and code. Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "list_holidays",
    params(HolidayQuery, PageQuery),
    responses((status = OK, description = "A page of holidays", body = Page<Holiday>), openapi::Read),
)]
#[get("/holidays")]
pub(crate) async fn list_holidays(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<HolidayQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let days = store::Days { from: query.from, to: query.to };
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let holidays =
        db.read(move |conn| store::list(conn, principal.district(), days, &wanted)).await?;
    let page = page::page(holidays, limit, |holiday: &Holiday| holiday.id.clone());
    Ok(page.answer(request.path(), request.query_string()))
}

/// Get a holiday
///
/// Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "get_holiday",
    params(("id" = RegisterId, Path, description = "The holiday")),
    responses(
        (
            status = OK, description = "The holiday", body = Holiday,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The holiday is unchanged"),
        openapi::Read,
    ),
)]
#[get("/holidays/{id}")]
pub(crate) async fn get_holiday(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let held = IfNoneMatch::of(&request)?;
    let id: HolidayId = id.as_str().parse().map_err(|_| Problem::not_found())?;
    let row = db.read(move |conn| store::row(conn, principal.district(), &id)).await?;
    let row = row.filter(|row| row.valid_to.is_none()).ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, row.version, &row.holiday()))
}

/// Put a holiday
///
/// Creates the holiday of the id, its day and its code, or replaces its content, which requires
/// `If-Match`. All phones of the district receive it. Campaigns and regimes of an occasion with the code
/// take its day from here: visits that a regime has not prepared yet move with it. Repeating the call changes nothing. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "put_holiday",
    params(("id" = RegisterId, Path, description = "The holiday"), openapi::OwnNames),
    request_body(content = HolidayContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed holiday", body = Holiday,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (
            status = CREATED, description = "The new holiday", body = Holiday,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/holidays/{id}")]
pub(crate) async fn put_holiday(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
    base: IfMatch,
    Body(content): Body<HolidayContent>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageRegisters)?;
    let id: HolidayId = id.as_str().parse().map_err(|error| Problem::invalid("id", error))?;
    let put =
        db.write(principal.district(), move |tx| edit::put(tx, &principal, &id, &content, &base));
    let (holiday, is_new) = put.await?;
    let status = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(versioned::at_version(status, holiday.version).json(holiday))
}

/// End a holiday
///
/// The holiday is no longer listed, and phones delete it. Allowed roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "end_holiday",
    params(("id" = RegisterId, Path, description = "The holiday")),
    responses((status = NO_CONTENT, description = "The holiday has ended"), openapi::Remove),
)]
#[delete("/holidays/{id}")]
pub(crate) async fn end_holiday(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
    base: IfMatch,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageRegisters)?;
    let id: HolidayId = id.as_str().parse().map_err(|_| Problem::not_found())?;
    let end = db.write(principal.district(), move |tx| edit::end(tx, &principal, &id, &base));
    end.await?;
    Ok(HttpResponse::NoContent().finish())
}
