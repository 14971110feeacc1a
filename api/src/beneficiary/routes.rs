//! The HTTP endpoints for beneficiaries.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::code::Category;
use gridward_domain::id::BeneficiaryId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Beneficiary, store};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::versioned;
use crate::tx::Db;

/// Filter and page of beneficiaries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BeneficiaryQuery {
    /// Only beneficiaries in this area and its descendants.
    area: Option<AreaCode>,
    /// Only beneficiaries that have this category.
    category: Option<Category>,
}

/// List beneficiaries
///
/// Lists the beneficiaries in the caller's area, ordered by grid. Names and phone numbers
/// are masked, and only the cell of a home is shown. Allowed roles: managers, supervisors and
/// admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "list_beneficiaries",
    params(BeneficiaryQuery, PageQuery),
    responses(
        (status = OK, description = "A page of beneficiaries", body = Page<Beneficiary>),
        openapi::Read,
    ),
)]
#[get("/beneficiaries")]
pub(crate) async fn list_beneficiaries(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<BeneficiaryQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadBeneficiaries, &area)?;
    let wanted = page.wanted()?;
    let (keys, category, limit) = (keys.clone(), query.category.clone(), wanted.limit);
    let found = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::list(conn, &key, &area.range(), category.as_ref(), &wanted)
    });
    let found = page::page(found.await.map_err(Problem::from)?, limit, |one: &Beneficiary| {
        (one.grid, one.id)
    });
    Ok(found.answer(request.path(), request.query_string()))
}

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
