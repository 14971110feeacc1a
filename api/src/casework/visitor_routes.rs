//! The HTTP endpoints for the choice of a beneficiary's visitors.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, put};
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;

use super::case::Case;
use super::visitors::{self, BeneficiaryVisitors, NewVisitorChoice};
use crate::auth::Authenticated;
use crate::beneficiary::store;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::tx::Db;

/// Get the visitors of a beneficiary
///
/// Returns the person whom the beneficiary prefers and the people who must not visit, as far as
/// they are recorded. Allowed roles: managers, supervisors and admins, within their area.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "get_beneficiary_visitors",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    responses(
        (
            status = OK, description = "The visitors", body = BeneficiaryVisitors,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/beneficiaries/{id}/visitors")]
pub(crate) async fn get_beneficiary_visitors(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::EditBeneficiaries)?;
    let shown = db.read(move |conn| {
        let row = store::row(conn, &principal.scope(), *id)?;
        row.map(|row| visitors::shown(conn, &row, &principal)).transpose()
    });
    let shown = shown.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}

/// Put the visitors of a beneficiary
///
/// Records the person whom the beneficiary prefers and the people who must not visit, for instance
/// after a complaint. Plans, candidates, assignments and claims respect it: no forbidden person gets a
/// task unless a person insists. Assigned tasks stay; `held_task_ids` are those that a forbidden
/// person holds. Callers neither see nor lift their own exclusion. Requires `If-Match` with the beneficiary's version. Repeating the call changes
/// nothing. Allowed roles: managers, supervisors and admins, within their area.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "put_beneficiary_visitors",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary"), openapi::OwnNames),
    request_body(content = NewVisitorChoice, description = "The visitors"),
    responses(
        (
            status = OK, description = "The visitors", body = BeneficiaryVisitors,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/beneficiaries/{id}/visitors")]
pub(crate) async fn put_beneficiary_visitors(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    Body(new): Body<NewVisitorChoice>,
) -> Result<HttpResponse, Problem> {
    let keys = keys.clone();
    let put = db.write(principal.district(), move |tx| {
        let key = &keys.key(tx.read_unbatched(), principal.district())?;
        visitors::put(&mut Case { tx, key, principal: &principal }, *id, &new, &base)
    });
    let shown = put.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}
