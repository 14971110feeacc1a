//! The HTTP endpoint for the catalogue.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ServiceKind, store};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// All kinds of service in a district.
#[derive(Serialize, ToSchema)]
pub struct Catalogue {
    /// The kinds, ordered by code.
    #[schema(max_items = 500)]
    items: Vec<ServiceKind>,
}

/// List service kinds
///
/// Lists the kinds of service and their requirements. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "list_service_kinds",
    responses((status = OK, description = "The catalogue", body = Catalogue), openapi::Read),
)]
#[get("/service-kinds")]
pub(crate) async fn list_service_kinds(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<Json<Catalogue>, Problem> {
    let items = db.read(move |conn| store::all(conn, principal.district())).await?;
    Ok(Json(Catalogue { items }))
}
