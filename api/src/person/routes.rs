//! The HTTP endpoints for people.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Role};
use gridward_domain::id::PersonId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Person, appoint, store};
use crate::auth::{Authenticated, PrincipalCache};
use crate::crypto::KeyRing;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::tx::Db;

/// Filter and page of people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only people in this area and its descendants.
    area: Option<AreaCode>,
    /// Only people with this role.
    role: Option<Role>,
}

/// List people
///
/// Lists the staff and volunteers of the caller's area, ordered by area. Phone numbers are
/// masked. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "people",
    operation_id = "list_people",
    params(PeopleQuery, PageQuery),
    responses((status = OK, description = "A page of people", body = Page<Person>), openapi::Read),
)]
#[get("/people")]
pub(crate) async fn list_people(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadPeople, &area)?;
    let wanted = page.wanted()?;
    let (keys, role, limit) = (keys.clone(), query.role, wanted.limit);
    let people = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::list(conn, &key, &area.range(), role, &wanted)
    });
    let people = page::page(people.await.map_err(Problem::from)?, limit, |person: &Person| {
        (person.area, person.id)
    });
    Ok(people.answer(request.path(), request.query_string()))
}

/// Get a person
///
/// Allowed roles: managers, supervisors and admins, within their area.
#[utoipa::path(
    tag = "people",
    operation_id = "get_person",
    params(("id" = PersonId, Path, description = "The person")),
    responses((status = OK, description = "The person", body = Person), openapi::Read),
)]
#[get("/people/{id}")]
pub(crate) async fn get_person(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<Json<Person>, Problem> {
    principal.may(Action::ReadPeople)?;
    let keys = keys.clone();
    let person = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::one(conn, &key, &principal.scope(), *id)
    });
    person.await?.map(Json).ok_or_else(Problem::not_found)
}

/// The new manager of a grid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// An active volunteer in the caller's area.
    person_id: PersonId,
}

/// Appoint a grid's manager
///
/// Makes a volunteer the manager of the grid; the previous manager becomes a volunteer. A
/// grid always has exactly one manager. Allowed roles: admins and supervisors.
#[utoipa::path(
    tag = "people",
    operation_id = "appoint_manager",
    params(("code" = AreaCode, Path, description = "The grid")),
    request_body(content = Appointment, description = "The new manager"),
    responses((status = OK, description = "The new manager", body = Person), openapi::Write),
)]
#[put("/areas/{code}/manager")]
pub(crate) async fn appoint_manager(
    db: Data<Db>,
    keys: Data<KeyRing>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Body(body): Body<Appointment>,
) -> Result<Json<Person>, Problem> {
    if code.level() != Level::Grid {
        return Err(Problem::not_found());
    }
    let (keys, principals) = (keys.clone(), principals.clone());
    let (district, person) = (principal.district(), body.person_id);
    let appointed = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        appoint::appoint(tx, &key, &principal, *code, person)
    });
    let manager = appointed.await?;
    principals.forget_all();
    Ok(Json(manager))
}
