//! People over HTTP.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Role};
use gridward_domain::id::PersonId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Person, appoint, store};
use crate::auth::ActorCache;
use crate::auth::Caller;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query};
use crate::tx::Db;

/// Which people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only those of this area and all in it.
    area: Option<AreaCode>,
    /// Only those of this role.
    role: Option<Role>,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// List people
///
/// Those who work in the caller's area, by area. Phones are masked. For every
/// role but volunteers.
#[utoipa::path(
    tag = "people",
    operation_id = "list_people",
    params(PeopleQuery),
    responses((status = OK, description = "A page of people", body = Page<Person>), openapi::Read),
)]
#[get("/people")]
pub(crate) async fn list_people(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    caller: Caller,
    Query(query): Query<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(caller.actor.area);
    caller.actor.authorize(Action::ReadPeople, &area)?;
    let wanted = page::wanted(query.limit, query.cursor.as_deref())?;
    let (keys, role, limit) = (keys.clone(), query.role, wanted.limit);
    let people = db.read(move |conn| {
        let key = keys.key(conn, caller.district)?;
        store::list(conn, &key, &area.range(), role, &wanted)
    });
    let people = page::page(people.await.map_err(Problem::from)?, limit, |person: &Person| {
        (person.area, person.id)
    });
    Ok(people.answer(request.path(), request.query_string()))
}

/// One person
///
/// For every role but volunteers, within their area.
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
    caller: Caller,
    id: Path<PersonId>,
) -> Result<Json<Person>, Problem> {
    caller.may(Action::ReadPeople)?;
    let keys = keys.clone();
    let person = db.read(move |conn| {
        let key = keys.key(conn, caller.district)?;
        store::one(conn, &key, &caller.scope(), *id)
    });
    person.await?.map(Json).ok_or_else(Problem::not_found)
}

/// Who is to be in charge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// An active volunteer of the caller's area.
    person_id: PersonId,
}

/// Appoint a grid's manager
///
/// Puts a volunteer in charge of the grid; who was in charge stays as a
/// volunteer. A grid never has two managers and never none. For admins and
/// supervisors.
#[utoipa::path(
    tag = "people",
    operation_id = "appoint_manager",
    params(("code" = AreaCode, Path, description = "The grid")),
    request_body(content = Appointment, description = "Who is to be in charge"),
    responses((status = OK, description = "The new manager", body = Person), openapi::Write),
)]
#[put("/areas/{code}/manager")]
pub(crate) async fn appoint_manager(
    db: Data<Db>,
    keys: Data<KeyRing>,
    actors: Data<ActorCache>,
    caller: Caller,
    code: Path<AreaCode>,
    Body(body): Body<Appointment>,
) -> Result<Json<Person>, Problem> {
    if code.level() != Level::Grid {
        return Err(Problem::not_found());
    }
    let (keys, standings) = (keys.clone(), actors.clone());
    let (district, person) = (caller.district, body.person_id);
    let appointed = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), caller.district)?;
        appoint::appoint(tx, &key, &caller, *code, person)
    });
    let manager = appointed.await?;
    standings.forget_all();
    Ok(Json(manager))
}
