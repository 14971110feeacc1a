//! The HTTP endpoints for exports of what the engines made: cases and hand-outs.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use serde_json::Map;

use super::caller::Caller;
use super::cases::Cases;
use super::contract::ExportedFile;
use super::handouts::Handouts;
use super::query::{Exported, FormatQuery};
use super::run::Exports;
use crate::auth::RecentAccess;
use crate::case::filter::CaseQuery;
use crate::case::kind_store;
use crate::clock::Clock;
use crate::goods::handout_routes::HandoutQuery;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// Export cases
///
/// The cases of the list with these filters, as a file, without descriptions, answers, amounts,
/// referrals and those who acted; those of a confidential kind for the roles that it names. Otherwise
/// as the export of tasks. The caller must have been authenticated recently (401
/// `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_cases",
    params(CaseQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/cases")]
pub(crate) async fn export_cases(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<CaseQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area = authorized(&caller, query.filter.area, [Action::ReadCases, Action::ExportPersonal])?;
    let (principal, now) = (caller.principal, (clock)());
    let kinds = db.read(move |conn| kind_store::all(conn, principal.district())).await?;
    let labels = caller.labels().await?;
    let cases = Cases { principal, query: query.filter.clone(), kinds, labels, now };
    // The log names neither kind, step nor person of a confidential case, so no filter says them.
    let query = Exported { sent: Map::new(), ..query };
    exports.answer(&db, caller.clock, caller.order(area, query), cases).await
}

/// Export hand-outs
///
/// The hand-outs of the list with these filters, as a file, without receipts, notes and those who
/// handed the goods out. Otherwise as the export of tasks. The caller must have been authenticated
/// recently (401 `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_handouts",
    params(HandoutQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/handouts")]
pub(crate) async fn export_handouts(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<HandoutQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let area =
        authorized(&caller, query.filter.area, [Action::ReadHandouts, Action::ExportPersonal])?;
    let filter = query.filter.clone().filter(&caller.principal);
    let (items, labels) = (caller.items().await?, caller.labels().await?);
    let handouts = Handouts { filter, items, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), handouts).await
}

/// The area of the export, in which the caller may read the list and export it.
///
/// # Errors
/// 404 outside the caller's area; 403.
pub(super) fn authorized(
    caller: &Caller<'_>,
    area: Option<AreaCode>,
    actions: [Action; 2],
) -> Result<AreaCode, Problem> {
    let area = area.unwrap_or(caller.principal.area);
    for action in actions {
        caller.principal.authorize(action, &area)?;
    }
    Ok(area)
}
