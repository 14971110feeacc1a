//! The HTTP endpoints for exports.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Action;
use gridward_domain::code::KindCode;
use gridward_domain::task::Outcome;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::beneficiaries::Beneficiaries;
use super::caller::Caller;
use super::contract::ExportedFile;
use super::people::People;
use super::query::{Exported, FormatQuery};
use super::reports::Reports;
use super::run::Exports;
use super::tasks::Tasks;
use super::{engine_routes, figure_routes, programme_routes};
use crate::area;
use crate::auth::RecentAccess;
use crate::beneficiary::filter::BeneficiaryFilter;
use crate::beneficiary::find::ListRequest;
use crate::clock::{self, Clock, nearest_moment};
use crate::crypto::KeyRing;
use crate::http::deserialize;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::person::routes::PeopleQuery;
use crate::summary;
use crate::task::reports::report_list::Filter as ReportFilter;
use crate::task::view::filter::TaskQuery;
use crate::tx::Db;

/// Export tasks
///
/// The tasks of the list with these filters, masked as there, as a file. Assignees are named while
/// a task is unfinished. The file is complete: it is written before the first byte is sent. Texts
/// that a spreadsheet program would run as formulas begin with an apostrophe in CSV. The log records
/// who exported what, by which filter, and the number of rows. The caller must have been
/// authenticated recently (401 `step_up_required`). Allowed roles: supervisors, admins and
/// auditors.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_tasks",
    params(TaskQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/tasks")]
pub(crate) async fn export_tasks(
    request: HttpRequest,
    (db, keys, clock, exports): (Data<Db>, Data<KeyRing>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<TaskQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let principal = caller.principal;
    let area = query.filter.area.unwrap_or(principal.area);
    let filter = query.filter.clone().authorize(&principal, clock::day((clock)()))?;
    principal.authorize(Action::ExportWork, &area)?;
    let (keys, now) = (keys.get_ref().clone(), (clock)());
    let tasks = Tasks { keys, principal, filter, labels: caller.labels().await?, now };
    exports.answer(&db, caller.clock, caller.order(area, query), tasks).await
}

/// Filter of reports.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Only reports on tasks in this area and its descendants.
    area: Option<AreaCode>,
    /// Only reports on tasks of this kind of service.
    kind: Option<KindCode>,
    /// Only reports with this outcome.
    outcome: Option<Outcome>,
    /// Only reports that arrived at or after this time.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    since: Option<DateTime<FixedOffset>>,
    /// Only reports that arrived before this time.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    until: Option<DateTime<FixedOffset>>,
}

/// Export reports
///
/// The reports of an area, as a file: outcome, needs and flags, without free texts, answers,
/// photos, positions and authors. Otherwise as the export of tasks. The caller must have been
/// authenticated recently (401 `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_reports",
    params(ReportQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/reports")]
pub(crate) async fn export_reports(
    request: HttpRequest,
    (db, keys, clock, exports): (Data<Db>, Data<KeyRing>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<ReportQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let principal = caller.principal;
    let ReportQuery { area, kind, outcome, since, until } = query.filter.clone();
    let area = area.unwrap_or(principal.area);
    principal.authorize(Action::ReadReports, &area)?;
    principal.authorize(Action::ExportPersonal, &area)?;
    let (since, until) = (since.map(nearest_moment), until.map(nearest_moment));
    let filter = ReportFilter { kind, outcome, since, until };
    let (keys, labels) = (keys.get_ref().clone(), caller.labels().await?);
    let reports = Reports { keys, principal, area, filter, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), reports).await
}

/// Export people
///
/// The people of the list with these filters, with masked phone numbers and without homes, as a
/// file. Otherwise as the export of tasks. The caller must have been authenticated recently (401
/// `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_people",
    params(PeopleQuery, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/people")]
pub(crate) async fn export_people(
    request: HttpRequest,
    (db, keys, clock, exports): (Data<Db>, Data<KeyRing>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let principal = caller.principal;
    let (area, filter) = query.filter.clone().authorize(&principal)?;
    principal.authorize(Action::ExportPersonal, &area)?;
    let (keys, labels) = (keys.get_ref().clone(), caller.labels().await?);
    let people = People { keys, principal, area, filter, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), people).await
}

/// Export beneficiaries
///
/// The beneficiaries of the list with these filters, masked as there and without positions, as a
/// file. Otherwise as the export of tasks. The caller must have been authenticated recently (401
/// `step_up_required`). Allowed roles: supervisors and admins.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_beneficiaries",
    params(BeneficiaryFilter, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/beneficiaries")]
pub(crate) async fn export_beneficiaries(
    request: HttpRequest,
    (db, keys, clock, exports): (Data<Db>, Data<KeyRing>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<BeneficiaryFilter>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let principal = caller.principal;
    let area = query.filter.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadBeneficiaries, &area)?;
    principal.authorize(Action::ExportPersonal, &area)?;
    let today = clock::day((clock)());
    let request = ListRequest::whole(area.range(), query.filter.clone(), today);
    let (keys, labels) = (keys.get_ref().clone(), caller.labels().await?);
    let beneficiaries = Beneficiaries { keys, principal, request, labels };
    exports.answer(&db, caller.clock, caller.order(area, query), beneficiaries).await
}

/// The area of a summary and the level of its rows.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SummaryOfArea {
    /// The area; the caller's unless given.
    area: Option<AreaCode>,
    /// The level of the areas to list.
    by: Level,
}

/// Export the summary of an area
///
/// The figures of each child area on this day, as a file. Otherwise as the export of tasks. The
/// caller must have been authenticated recently (401 `step_up_required`). Allowed roles:
/// supervisors, admins and auditors.
#[utoipa::path(
    tag = "exports",
    operation_id = "export_summary",
    params(SummaryOfArea, FormatQuery),
    responses(ExportedFile, openapi::Read)
)]
#[get("/exports/summary")]
pub(crate) async fn export_summary(
    request: HttpRequest,
    (db, clock, exports): (Data<Db>, Data<Clock>, Data<Exports>),
    access: RecentAccess,
    query: Exported<SummaryOfArea>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&request, &db, **clock, access);
    let SummaryOfArea { area, by } = query.filter;
    let area = area.unwrap_or(caller.principal.area);
    caller.principal.authorize(Action::ReadPlans, &area)?;
    caller.principal.authorize(Action::ExportWork, &area)?;
    let known = db.read(move |conn| area::store::one(conn, &area)).await?;
    known.ok_or_else(Problem::not_found)?;
    let summary = summary::store::summary(&db, area, by, clock::day((clock)())).await?;
    exports.answer(&db, caller.clock, caller.order(area, query), summary).await
}

/// The paths of exports.
pub fn register(v1: &mut ServiceConfig) {
    v1.service(export_tasks)
        .service(export_reports)
        .service(export_people)
        .service(export_beneficiaries)
        .service(export_summary)
        .service(engine_routes::export_cases)
        .service(engine_routes::export_handouts)
        .service(programme_routes::export_campaigns)
        .service(programme_routes::export_regimes)
        .service(programme_routes::export_goods_movements)
        .service(figure_routes::export_goods_stocks)
        .service(figure_routes::export_campaign_report)
        .service(figure_routes::export_goods_coverage);
}
