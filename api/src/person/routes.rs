//! The HTTP endpoints for people.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::person_state::PersonState;
use gridward_domain::skill::Skill;
use serde::Deserialize;
use utoipa::IntoParams;

use super::list_store::{self, Filter};
use super::{Person, store, superiors};
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::comma_list::CommaList;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, openapi, versioned};
use crate::tx::Db;

/// Filter and page of people.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only people in this area and its descendants.
    area: Option<AreaCode>,
    /// Only people with this role.
    role: Option<Role>,
    /// Only people in this state.
    state: Option<PersonState>,
    /// Only people with this skill.
    skill: Option<Skill>,
    /// Only people who speak this language.
    language: Option<SpokenLanguage>,
    /// Only these people: up to 100 ids, separated by commas.
    #[param(inline)]
    ids: Option<CommaList<PersonId>>,
}

impl PeopleQuery {
    /// The area and the filter, limited to what the principal may list.
    ///
    /// # Errors
    /// 404 outside the principal's area, 403 if the role may not.
    pub fn authorize(self, principal: &Principal) -> Result<(AreaCode, Filter), Problem> {
        let area = self.area.unwrap_or(principal.area);
        principal.authorize(Action::ReadPeople, &area)?;
        let filter = Filter {
            role: self.role,
            state: self.state,
            skill: self.skill,
            language: self.language,
            ids: self.ids.map(BTreeSet::from),
            phone: None,
        };
        Ok((area, filter))
    }
}

/// List people
///
/// Lists the staff and volunteers of the caller's area, ordered by area. Phone numbers are
/// masked; `POST /v1/people/search` finds people by name or phone number. Allowed roles: managers,
/// supervisors and admins.
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
    let named = query.area;
    let (area, filter) = query.authorize(&principal)?;
    area::known::in_query(&db, named).await?;
    let wanted = page.wanted()?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let people = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let rows = list_store::list(conn, &area.range(), &filter, &wanted)?;
        rows.iter().map(|row| row.person(&key)).collect::<Result<Vec<_>, DbError>>()
    });
    let people = page::page(people.await.map_err(Problem::from)?, limit, |person: &Person| {
        (person.area, person.id)
    });
    Ok(people.answer(request.path(), request.query_string()))
}

/// Get a person
///
/// With `If-None-Match`, answers 304 if the version is unchanged. Allowed roles: managers,
/// supervisors and admins, within their area.
#[utoipa::path(
    tag = "people",
    operation_id = "get_person",
    params(("id" = PersonId, Path, description = "The person")),
    responses(
        (
            status = OK, description = "The person", body = Person,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/people/{id}")]
pub(crate) async fn get_person(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPeople)?;
    let held = IfNoneMatch::of(&request)?;
    let keys = keys.clone();
    let person = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::one(conn, &key, &principal.scope(), *id)
    });
    let person = person.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, person.version, &person))
}

/// Get a grid's manager
///
/// The `ETag` is the base of `PUT /v1/areas/{code}/manager`: it is another one after each
/// appointment. Allowed roles: managers, supervisors and admins, within their area.
#[utoipa::path(
    tag = "people",
    operation_id = "get_manager",
    params(("code" = AreaCode, Path, description = "The grid")),
    responses(
        (
            status = OK, description = "The manager", body = Person,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/areas/{code}/manager")]
pub(crate) async fn get_manager(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadPeople, &code)?;
    if code.level() != Level::Grid {
        return Err(Problem::not_found());
    }
    let (keys, grid) = (keys.clone(), code.range());
    let manager = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        superiors::manager(conn, &grid)?.map(|row| row.person(&key)).transpose()
    });
    let manager = manager.await.map_err(Problem::from)?.ok_or_else(Problem::not_found)?;
    Ok(versioned::at_version(HttpResponse::Ok(), manager.version).json(manager))
}
