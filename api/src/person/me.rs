//! The profile of the caller.

use actix_web::get;
use actix_web::web::{Data, Json};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The full official name of an area.
#[derive(ToSchema)]
#[schema(max_length = 64, example = "几江街道")]
#[expect(dead_code, reason = "describes the texts of a list")]
struct AreaName(String);

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Identifies the person.
    id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// The person's role.
    role: Role,
    /// The area that the person is responsible for.
    area: AreaCode,
    /// The names of the area and its ancestors, district first.
    #[schema(max_items = 4, value_type = Vec<AreaName>, example = json!(["江津区", "几江街道", "南门社区", "第1网格"]))]
    area_names: Vec<String>,
}

/// Get the caller
///
/// Returns the caller's name, role and area. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "get_me",
    responses((status = OK, description = "The caller", body = Me), openapi::Read),
)]
#[get("/me")]
pub(crate) async fn get_me(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
) -> Result<Json<Me>, Problem> {
    let keys = keys.clone();
    let me = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let person = store::one(conn, &key, &principal.scope(), principal.person)?
            .ok_or_else(Problem::not_found)?;
        let area_names = area::store::path(conn, &principal.area)?;
        Ok::<_, Problem>(Me {
            id: person.id,
            name: person.name,
            role: person.role,
            area: person.area,
            area_names,
        })
    });
    Ok(Json(me.await?))
}
