//! The HTTP endpoints for weeks.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::model::Weekly;
use super::week::Week;
use super::{read, sheet};
use crate::auth::Authenticated;
use crate::catalogue;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::http::{Query, openapi};
use crate::tx::Db;

/// The week.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WeeklyQuery {
    /// The week (ISO 8601), or a day of it. Default: the last full week.
    #[param(max_length = 10, pattern = "^[0-9]{4}-(W[0-9]{2}|[0-9]{2}-[0-9]{2})$")]
    #[param(example = "2026-W48")]
    week: Option<String>,
}

impl WeeklyQuery {
    /// The week, on the day `today`.
    fn week(&self, today: NaiveDate) -> Result<Week, Problem> {
        let week = self.week.as_deref().map_or_else(|| Week::before(today), str::parse);
        week.map_err(|error| Problem::invalid("week", error))
    }
}

/// The week of an area on paper.
#[derive(ToSchema)]
#[schema(as = AreaWeekSheet, max_length = 1_048_576, example = "<!doctype html>")]
#[expect(dead_code, reason = "describes a text")]
struct Sheet(String);

/// The area and the week of a request, for a caller who may see them.
fn authorize(
    principal: &Principal,
    code: AreaCode,
    query: &WeeklyQuery,
    today: NaiveDate,
) -> Result<(AreaCode, Week), Problem> {
    principal.authorize(Action::ReadBeneficiaries, &code)?;
    Ok((code, query.week(today)?))
}

/// Get the week of an area
///
/// The needs that reports of the week found and that its visits met, the days from need to help,
/// and on this day the needs that wait, the overdue tasks, and the villages (or grids of a village)
/// of whose beneficiaries none has had a contact in the last 90 days. A need is the follow-up task
/// that a report creates. Each figure has its list; none refers to a member of the staff. Allowed
/// roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "areas",
    operation_id = "get_area_week",
    params(("code" = AreaCode, Path, description = "The area"), WeeklyQuery),
    responses((status = OK, description = "The week", body = Weekly), openapi::ReadDays),
)]
#[get("/areas/{code}/weekly")]
pub(crate) async fn get_area_week(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Query(query): Query<WeeklyQuery>,
) -> Result<HttpResponse, Problem> {
    let today = clock::day((clock)());
    let wanted = authorize(&principal, *code, &query, today)?;
    let week = db.read(move |conn| read::weekly(conn, &keys, &principal, wanted, today)).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(week))
}

/// Print the week of an area
///
/// As `GET /v1/areas/{code}/weekly`, as one page to be printed on A4, in the caller's language
/// (`Accept-Language`): the figures, and the first six lines of each list. The page loads nothing
/// and has no scripts. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "areas",
    operation_id = "print_area_week",
    params(("code" = AreaCode, Path, description = "The area"), WeeklyQuery),
    responses(
        (status = OK, description = "The page", body = Sheet, content_type = "text/html"),
        openapi::ReadDays,
    ),
)]
#[get("/areas/{code}/weekly.html")]
pub(crate) async fn print_area_week(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Query(query): Query<WeeklyQuery>,
) -> Result<HttpResponse, Problem> {
    let today = clock::day((clock)());
    let wanted = authorize(&principal, *code, &query, today)?;
    let language = Language::of(&request);
    let page = db.read(move |conn| {
        let week = read::weekly(conn, &keys, &principal, wanted, today)?;
        let kinds = catalogue::store::all(conn, principal.district())?;
        Ok::<_, Problem>(sheet::page(&week, &kinds, language))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, sheet::policy()))
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .insert_header((VARY, "Accept-Language"))
        .content_type("text/html; charset=utf-8")
        .body(page.await?))
}
