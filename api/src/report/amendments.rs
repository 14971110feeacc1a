//! The HTTP endpoints for amendments of a report: to make one, and to read the versions.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, FixedOffset};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::ReportId;
use gridward_domain::range::Version;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::clock::china;
use crate::crypto::KeyRing;
use crate::http::page::{self, Page, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query, openapi};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::task::commands::origin::Origin;
use crate::task::commands::read_set;
use crate::task::reports::report_amend::{self, AmendedReport, ReportAmendment};
use crate::task::reports::report_content::ReportContent;
use crate::task::reports::report_row::ReportRow;
use crate::task::reports::report_versions;
use crate::task::view::seen;
use crate::tx::{Db, ReadSet, Tx};

/// An amendment, by a call or from the outbox of a phone.
#[derive(Clone, Debug)]
pub struct NewAmendment {
    /// The report.
    pub report: ReportId,
    /// The content.
    pub amendment: ReportAmendment,
    /// Where it comes from.
    pub origin: Origin,
}

impl Effect for NewAmendment {
    type Made = AmendedReport;

    fn action(&self) -> &'static str {
        report_amend::ACTION
    }

    fn request(&self) -> Value {
        json!({ "report_id": self.report, "payload": self.amendment })
    }

    fn read_set(&self, principal: &Principal) -> ReadSet {
        read_set::of_amendment(principal, self.report, self.origin.id.as_ref())
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        report_amend::authorize(tx, principal, self.report).map(drop)
    }

    fn shown(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        made: AmendedReport,
    ) -> Result<AmendedReport, Problem> {
        let task = seen::seen_now(tx, principal, made.task)?;
        Ok(AmendedReport { task, ..made })
    }
}

/// Amend a report
///
/// Replaces the content of a report, but for its position; the content before stays readable
/// (`GET /v1/reports/{id}/versions`), and the history of the task shows both outcomes. The same
/// content again changes nothing.
///
/// `done` and `needs_follow_up` may replace each other. Needs and answers that are added create
/// their follow-ups, and changed answers change the entry; follow-ups that exist stay, also if
/// their need is removed. Any other change of the outcome is applied to the task as a report of the
/// visitor: so `not_home` becomes `done` while the task waits for the next attempt. It is refused by
/// 409 `task_phase` or `not_assignee` with the current task if its state does not allow it, as for a
/// task that is done: a supervisor reopens it instead. The report of an attempt that is stored as evidence
/// (`recorded`) changes no task. Phones do the same offline with the command `report.amend`. Allowed
/// roles: the writer of the report.
#[utoipa::path(
    tag = "reports",
    operation_id = "amend_report",
    params(("id" = ReportId, Path, description = "The report")),
    request_body(content = ReportAmendment, description = "The whole content"),
    responses(
        (status = OK, description = "The report and its task", body = AmendedReport),
        openapi::Write,
    ),
)]
#[post("/reports/{id}/amendments")]
pub(crate) async fn amend_report(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<ReportId>,
    key: IdempotencyKey,
    Body(amendment): Body<ReportAmendment>,
) -> Result<HttpResponse, Problem> {
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let new = NewAmendment { report: *id, amendment, origin };
    let amended = commands.run(principal, key, new, |new, tx, sealing, principal| {
        report_amend::amend(tx, sealing, principal, new.report, &new.amendment, &new.origin)
    });
    Ok(amended.await?.answer(HttpResponse::Ok()))
}

/// A version of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportVersion {
    /// The number of the version, from 1.
    #[schema(value_type = Version)]
    version: i64,
    /// When it arrived, by the server's clock.
    written_at: DateTime<FixedOffset>,
    /// The content.
    #[serde(flatten)]
    content: ReportContent,
}

/// List the versions of a report
///
/// Lists the contents that a report had and has, the first one first. The log records that they
/// were read. Allowed roles: managers, supervisors and admins within their area; volunteers see
/// those of their own visits.
#[utoipa::path(
    tag = "reports",
    operation_id = "list_report_versions",
    params(("id" = ReportId, Path, description = "The report"), PageQuery),
    responses(
        (status = OK, description = "A page of versions", body = Page<ReportVersion>),
        openapi::Read,
    ),
)]
#[get("/reports/{id}/versions")]
pub(crate) async fn list_report_versions(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<ReportId>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted: Wanted<i64> = query.wanted()?;
    let (keys, district) = (keys.clone(), principal.district());
    let read = db.write(district, move |tx| {
        principal.may(Action::ReadReports)?;
        let row = tx.find::<ReportRow>(*id)?.ok_or_else(Problem::not_found)?;
        let now = tx.now;
        let (task, _) = seen::visible(tx.read_unbatched(), &principal, row.task, now)?;
        let is_volunteer = principal.role == Role::Volunteer;
        if is_volunteer && row.person != principal.person {
            return Err(Problem::not_found());
        }
        let key = keys.key(tx.read_unbatched(), district)?;
        let versions = report_versions::all(tx.read_unbatched(), &key, &row)?;
        if !is_volunteer {
            let event =
                Event::new("report.read", Subject::Reading, task.id, task.grid, task.version);
            tx.record(event.by(principal.person).with(json!({ "report": row.id })));
        }
        Ok::<_, Problem>(versions)
    });
    let after = wanted.after.unwrap_or(0);
    let versions = read.await?.into_iter().filter(|one| one.version > after);
    let versions = versions.map(|one| ReportVersion {
        version: one.version,
        written_at: one.written_at.with_timezone(&china()),
        content: one.sealed.content,
    });
    let page = page::page(versions.collect(), wanted.limit, |one: &ReportVersion| one.version);
    Ok(page.answer(request.path(), request.query_string()))
}
