//! The HTTP endpoints for the register of reports.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::filter::{Position, ReportQuery};
use super::model::{ReportSummary, ReportTotals};
use super::{store, totals};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::tx::Db;

/// A page of the register of reports.
#[derive(Serialize, ToSchema)]
pub struct ReportPage {
    /// The reports. With the filter `need` a page may have fewer than `limit`, though more follow.
    #[schema(max_items = 200)]
    items: Vec<ReportSummary>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
    /// The number of all matching reports, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 120)]
    count: Option<i64>,
    /// The totals of all matching reports by outcome and by day, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<ReportTotals>,
}

/// List reports
///
/// Lists the reports of visits in the caller's area that match all filters, the latest first; for
/// volunteers, their own. With the caller's own `person_id`, reports in other grids are included.
/// Notes, answers, positions and photos are not in the list: `GET /v1/tasks/{id}/reports` has them.
/// Allowed roles: all but auditors.
#[utoipa::path(
    tag = "reports",
    operation_id = "list_reports",
    params(ReportQuery, PageQuery),
    responses((status = OK, description = "A page of reports", body = ReportPage), openapi::ReadDays),
)]
#[get("/reports")]
pub(crate) async fn list_reports(
    request: HttpRequest,
    (db, keys, clock): (Data<Db>, Data<KeyRing>, Data<Clock>),
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<ReportQuery>,
) -> Result<HttpResponse, Problem> {
    let named = query.area;
    let selection = query.authorize(&principal)?;
    area::known::in_query(&db, named).await?;
    let sort = selection.query.sort.unwrap_or_default();
    let Wanted { limit, after } = page.wanted::<Position>()?;
    let after = after.map(|after| after.check(sort)).transpose()?;
    let is_counted = selection.query.count == Some(true);
    let is_totalled = selection.query.totals == Some(true);
    let today = clock::day((clock)());
    let days = is_totalled.then(|| totals::days(&selection.query, today)).transpose()?;
    let keys = keys.clone();
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let (reports, next) = store::page(conn, &key, &selection, (sort, after), limit)?;
        let items = store::summaries(conn, &key, &principal, reports)?;
        let count = is_counted.then(|| store::count(conn, &key, &selection)).transpose()?;
        let totals = days.map(|days| totals::totals(conn, &key, &selection, days)).transpose()?;
        let next_cursor = next.and_then(|next| page::cursor(&next));
        Ok::<_, DbError>(ReportPage { items, next_cursor, count, totals })
    });
    let answer = read.await?;
    let links = Page::<()> { items: Vec::new(), next_cursor: answer.next_cursor.clone() };
    Ok(links.head(request.path(), request.query_string()).json(answer))
}
