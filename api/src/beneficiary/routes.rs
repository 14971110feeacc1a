//! The HTTP endpoints for one beneficiary.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;

use super::{Beneficiary, store};
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// Get a beneficiary
///
/// Names and numbers are masked, and only the cell of the home is shown. Allowed roles: managers,
/// supervisors and admins, within their area.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "get_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    responses(
        (status = OK, description = "The beneficiary, masked", body = Beneficiary),
        openapi::Read,
    ),
)]
#[get("/beneficiaries/{id}")]
pub(crate) async fn get_beneficiary(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
) -> Result<Json<Beneficiary>, Problem> {
    principal.may(Action::ReadBeneficiaries)?;
    let keys = keys.clone();
    let found = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::one(conn, &key, &principal.scope(), *id)
    });
    found.await?.map(Json).ok_or_else(Problem::not_found)
}
