//! The HTTP endpoint for summaries.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Action;
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::Summary;
use super::store;
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::http::Query;
use crate::http::etag;
use crate::http::if_none_match::{self, IfNoneMatch};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The level of a summary.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// The level of the areas to list.
    by: Level,
}

/// Summarize an area
///
/// The state of the work on this day, by child area: tasks that wait, by urgency and by the
/// responsible level, minutes offered and planned, and beneficiaries without a recent contact. The
/// areas are ordered by code; no figure refers to a person. Allowed roles: managers, supervisors,
/// admins and auditors.
#[utoipa::path(
    tag = "areas",
    operation_id = "summarize_area",
    params(("code" = AreaCode, Path, description = "The area"), SummaryQuery),
    responses(
        (
            status = OK, description = "The figures of each child area", body = Summary,
            headers(("ETag" = String, description = "Identifies the figures")),
        ),
        (status = NOT_MODIFIED, description = "The figures are unchanged"),
        openapi::Read,
    ),
)]
#[get("/areas/{code}/summary")]
pub(crate) async fn summarize_area(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Query(query): Query<SummaryQuery>,
) -> Result<HttpResponse, Problem> {
    let area = *code;
    principal.authorize(Action::ReadPlans, &area)?;
    let held = IfNoneMatch::of(&request)?;
    let day = clock::day((clock)());
    let known = db.read(move |conn| area::store::one(conn, &area)).await?;
    known.ok_or_else(Problem::not_found)?;
    let summary = store::summary(&db, area, query.by, day).await?;
    let body = serde_json::to_vec(&summary).map_err(Problem::defect)?;
    let etag = etag::of_content(&body);
    if held.names(&etag) {
        return Ok(if_none_match::not_modified(etag));
    }
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(body))
}
