//! The HTTP endpoints for one beneficiary.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;

use super::{Beneficiary, store};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::versioned;
use crate::tx::Db;

/// Get a beneficiary
///
/// Names and numbers are masked, and only the cells of the home and of a temporary stay are shown.
/// Allowed roles: managers, supervisors and admins, within their area: by the home, or by a stay
/// today.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "get_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    responses(
        (
            status = OK, description = "The beneficiary, masked", body = Beneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/beneficiaries/{id}")]
pub(crate) async fn get_beneficiary(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadBeneficiaries)?;
    let (keys, today) = (keys.clone(), clock::day((clock)()));
    let found = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::one(conn, &key, &principal.area, *id, today)
    });
    let found = found.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::at_version(HttpResponse::Ok(), found.version).json(found))
}
