//! Beneficiaries over HTTP.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Beneficiary, Category, store};
use crate::auth::Caller;
use crate::crypto::KeyRing;
use crate::http::Query;
use crate::http::openapi;
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::tx::Db;

/// Which beneficiaries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BeneficiaryQuery {
    /// Only those of this area and all in it.
    area: Option<AreaCode>,
    /// Only those of this category.
    category: Option<Category>,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// List beneficiaries
///
/// Those cared for in the caller's area, by grid. Names and phones are masked.
/// For every role but volunteers.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "list_beneficiaries",
    params(BeneficiaryQuery),
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
    caller: Caller,
    Query(query): Query<BeneficiaryQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(caller.actor.area);
    caller.actor.authorize(Action::ReadBeneficiaries, &area)?;
    let wanted = page::wanted(query.limit, query.cursor.as_deref())?;
    let (keys, category, limit) = (keys.clone(), query.category, wanted.limit);
    let found = db.read(move |conn| {
        let key = keys.key(conn, caller.district)?;
        store::list(conn, &key, &area.range(), category, &wanted)
    });
    let found = page::page(found.await.map_err(Problem::from)?, limit, |one: &Beneficiary| {
        (one.grid, one.id)
    });
    Ok(found.answer(request.path(), request.query_string()))
}

/// One beneficiary
///
/// Masked. For every role but volunteers, within their area.
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
    caller: Caller,
    id: Path<BeneficiaryId>,
) -> Result<Json<Beneficiary>, Problem> {
    caller.may(Action::ReadBeneficiaries)?;
    let keys = keys.clone();
    let found = db.read(move |conn| {
        let key = keys.key(conn, caller.district)?;
        store::one(conn, &key, &caller.scope(), *id)
    });
    found.await?.map(Json).ok_or_else(Problem::not_found)
}
