//! The HTTP endpoints for exports of figures of areas, which refer to no person.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Action;
use gridward_domain::code::ItemCode;
use gridward_domain::id::CampaignId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Caller;
use super::contract::ExportedFile;
use super::engine_routes::authorized;
use super::query::{Exported, FormatQuery};
use super::run::Exports;
use super::stocks::Stocks;
use crate::area;
use crate::auth::RecentAccess;
use crate::campaign::outcome_routes::reported;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::goods::coverage;
use crate::goods::routes::StockQuery;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// What a caller must be allowed to do with figures of goods.
const GOODS: [Action; 2] = [Action::ReadGoods, Action::ExportWork];

/// Export the stocks of goods
///
/// The stocks of the list with these filters, as a file: a row for each station and item, with its lots and the
/// first of their last days of use. CSV and XLSX name each lot with its pieces, NDJSON names the lots alone: the
/// pieces and the last day of each are in `GET /v1/goods/stocks`. Otherwise as the export of tasks. The caller must
/// have been authenticated recently (401 `step_up_required`). Allowed roles: supervisors, admins and auditors.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_goods_stocks",
    params(StockQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/goods-stocks")]
pub(crate) async fn export_goods_stocks(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<StockQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area = authorized(&caller, query.filter.area, GOODS)?;
    let (items, labels) = (caller.items().await?, caller.labels().await?);
    let stocks = Stocks { scope: area.range(), item: query.filter.item.clone(), items, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), stocks).await
}

/// A campaign and the level of the rows of its report.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportOfCampaign {
    /// The campaign.
    campaign_id: CampaignId,
    /// The level of the areas, none above the area of the figures. Default: `town`, or the level of that area if it
    /// is smaller.
    by: Option<Level>,
}

/// Export the report of a campaign
///
/// How far a campaign has come in each area of the level, as a file: its tasks, the attempts, the minutes of its
/// visits, and the hand-outs that it has planned, as its report counts them. Of a campaign of an area above the
/// caller's, the figures are those of the caller's area. Otherwise as the export of tasks. The caller must have been
/// authenticated recently (401 `step_up_required`). Allowed roles: supervisors, admins and auditors.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_campaign_report",
    params(ReportOfCampaign, FormatQuery),
    responses(ExportedFile, openapi::ReadDays)
)]
#[get("/exports/campaign-report")]
pub(crate) async fn export_campaign_report(
    request: HttpRequest,
    (db, keys, clock, exports): (Data<Db>, Data<KeyRing>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<ReportOfCampaign>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let principal = caller.principal;
    principal.may(Action::ExportWork)?;
    let ReportOfCampaign { campaign_id, by } = query.filter;
    let report = reported(&db, &keys, principal, (campaign_id, by)).await?;
    exports.answer(&db, caller.clock, caller.order(principal.area, query), report).await
}

/// A plaque, the area and the level of the rows of its coverage.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CoverageByPlaque {
    /// The item, which has a `plaque`.
    item: ItemCode,
    /// The area; the caller's unless given.
    area: Option<AreaCode>,
    /// The level of the areas to list, none above the area. Default: `grid`.
    by: Option<Level>,
}

/// Export the coverage by a plaque
///
/// The households that are entitled to an item with a `plaque`, and those of them whose plaque is there, in each area
/// of the level, as a file. A household with members in several areas counts in each, so the sum of the rows may be
/// more than the coverage of the area above. An item without a `plaque` is 404. Otherwise as the export of tasks. The
/// caller must have been authenticated recently (401 `step_up_required`). Allowed roles: supervisors, admins and
/// auditors.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_goods_coverage",
    params(CoverageByPlaque, FormatQuery),
    responses(ExportedFile, openapi::ReadDays)
)]
#[get("/exports/goods-coverage")]
pub(crate) async fn export_goods_coverage(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<CoverageByPlaque>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let CoverageByPlaque { item, area, by } = query.filter.clone();
    let area = authorized(&caller, area, GOODS)?;
    let (by, today) = (area::known::level_in(area, by, Level::Grid)?, clock::day((clock)()));
    let read = db.read(move |conn| coverage::of(conn, (area, item.clone()), Some(by), today));
    let coverage = read.await?.ok_or_else(Problem::not_found)?;
    exports.answer(&db, caller.clock, caller.order(area, query), coverage).await
}
