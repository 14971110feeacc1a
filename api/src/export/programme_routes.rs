//! The HTTP endpoints for exports of what a district has planned: campaigns, regimes and movements of
//! goods.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::authority::Action;

use super::caller::Caller;
use super::campaigns::Campaigns;
use super::contract::ExportedFile;
use super::engine_routes::authorized;
use super::movements::Movements;
use super::query::{Exported, FormatQuery};
use super::regimes::Regimes;
use super::run::Exports;
use crate::auth::RecentAccess;
use crate::campaign::routes::CampaignQuery;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::goods::routes::MovementQuery;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::regime::routes::RegimeQuery;
use crate::tx::Db;

/// Export campaigns
///
/// The campaigns of the list with these filters and how far each has come, as a file, without
/// instructions, amounts and those who wrote and approved them. Otherwise as the export of tasks. The
/// caller must have been authenticated recently (401 `step_up_required`). Allowed roles: supervisors
/// and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_campaigns",
    params(CampaignQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/campaigns")]
pub(crate) async fn export_campaigns(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<CampaignQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area = authorized(&caller, None, [Action::ReadCampaigns, Action::ExportPersonal])?;
    let (principal, state) = (caller.principal, query.filter.state);
    let campaigns = Campaigns { principal, state, labels: caller.labels().await? };
    exports.answer(&db, caller.clock, caller.order(area, query), campaigns).await
}

/// Export regimes
///
/// The regimes of the list with these filters, as a file, without those who wrote and activated them.
/// Otherwise as the export of tasks. The caller must have been authenticated recently (401
/// `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_regimes",
    params(RegimeQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/regimes")]
pub(crate) async fn export_regimes(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    (clock, exports): (Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<RegimeQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area = authorized(&caller, None, [Action::ReadRegimes, Action::ExportPersonal])?;
    let (keys, principal, labels) =
        (keys.get_ref().clone(), caller.principal, caller.labels().await?);
    let responsible = query.filter.responsible.map(|asked| asked.id(&principal));
    let regimes = Regimes { keys, principal, responsible, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), regimes).await
}

/// Export movements of goods
///
/// The movements of the list with these filters, as a file, without notes and those who entered them.
/// Otherwise as the export of tasks. The caller must have been authenticated recently (401
/// `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_goods_movements",
    params(MovementQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/goods-movements")]
pub(crate) async fn export_goods_movements(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<MovementQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area = authorized(&caller, query.filter.area, [Action::ReadGoods, Action::ExportPersonal])?;
    let MovementQuery { item, action, .. } = query.filter.clone();
    let (items, labels) = (caller.items().await?, caller.labels().await?);
    let movements = Movements { scope: area.range(), action, item, items, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), movements).await
}
