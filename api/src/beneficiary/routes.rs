//! Beneficiaries over HTTP.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::model::{Purpose, Revealed};
use super::{Beneficiary, Category, reveal, store};
use crate::app::Gridward;
use crate::auth::Caller;
use crate::once::{self, IdempotencyKey};
use crate::openapi;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::request::{Body, Query};

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
    app: Data<Gridward>,
    caller: Caller,
    Query(query): Query<BeneficiaryQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(caller.actor.area);
    caller.actor.judge(Action::ReadBeneficiaries, &area)?;
    let wanted = page::wanted(query.limit, query.cursor.as_deref())?;
    let (vault, category, limit) = (app.vault.clone(), query.category, wanted.limit);
    let found = app.db.read(move |conn| {
        let key = vault.key(conn, &caller.district)?;
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
    app: Data<Gridward>,
    caller: Caller,
    id: Path<BeneficiaryId>,
) -> Result<Json<Beneficiary>, Problem> {
    caller.may(Action::ReadBeneficiaries)?;
    let vault = app.vault.clone();
    let found = app.db.read(move |conn| {
        let key = vault.key(conn, &caller.district)?;
        store::one(conn, &key, &caller.scope(), *id)
    });
    found.await?.map(Json).ok_or_else(Problem::not_found)
}

/// Why the particulars are wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealRequest {
    /// Goes on the log, with who asked and when.
    purpose: Purpose,
}

/// Reveal a beneficiary
///
/// Name, phone, address and hardship in clear. That they were shown, to whom
/// and why, goes on the district's log. For managers, supervisors and admins
/// within their area, and for whoever has an open task at this beneficiary's.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "reveal_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = RevealRequest, description = "The purpose"),
    responses((status = OK, description = "The particulars", body = Revealed), openapi::Write),
)]
#[post("/beneficiaries/{id}/reveal")]
pub(crate) async fn reveal_beneficiary(
    app: Data<Gridward>,
    caller: Caller,
    id: Path<BeneficiaryId>,
    key: IdempotencyKey,
    Body(body): Body<RevealRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, purpose) = (*id, body.purpose);
    let request = json!({ "id": id, "purpose": purpose });
    let revealed = once::call(&app, caller, key, "beneficiary.reveal", request, {
        move |tx, sealing, caller| reveal::reveal(tx, sealing, caller, id, purpose)
    });
    let revealed = revealed.await?.made;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(revealed))
}
