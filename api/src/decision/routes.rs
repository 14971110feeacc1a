//! The HTTP endpoint for moves of cases.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::id::CaseId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::CaseMoveSent;
use super::move_case::Moving;
use crate::auth::Authenticated;
use crate::case::Case;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::task::commands::origin::Origin;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config.service(move_case);
}

/// Move a case
///
/// Takes the case to the next step: by a decision, a return for correction, or the end of the step's
/// work. A move that the present step does not permit gets 409 `case_move_not_permitted`, with
/// `may_come` in `current`. The staff of the step's level act, and those of the levels above that an
/// overdue case has reached (403 `case_other_level`); at some steps not the person who opened the case or
/// brought it there (403 `case_same_person`), but also the next level. Requires `If-Match`. As the command
/// `case.move` of an outbox it is judged and dated when it arrives. Allowed roles: managers, supervisors and
/// admins, within their area.
#[utoipa::path(
    tag = "cases",
    operation_id = "move_case",
    params(("id" = CaseId, Path, description = "The case")),
    request_body(content = CaseMoveSent, description = "The move"),
    responses(
        (
            status = OK, description = "The case after the move", body = Case,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/cases/{id}/moves")]
pub(crate) async fn move_case(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<CaseId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(sent): Body<CaseMoveSent>,
) -> Result<HttpResponse, Problem> {
    let moving = Moving { case: *id, base, sent, origin: Origin::default() };
    let moved = commands.run(principal, key, moving, |moving, tx, sealing, principal| {
        moving.run(tx, sealing, principal)
    });
    let done = moved.await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}
