//! The appointment of a grid's manager, by one command.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, put};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::apply::succeed;
use crate::auth::{Authenticated, PrincipalCache};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, openapi, versioned};
use crate::idempotency::IdempotencyKey;
use crate::person::{self, Person};
use crate::tx::{Db, Tx};

/// The new manager of a grid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "person_id": "018cc7af-0000-7000-8000-000000000021" }))]
pub struct Appointment {
    /// An active volunteer in the caller's area.
    person_id: PersonId,
}

/// Appoint a grid's manager
///
/// Makes a volunteer the manager of the grid; the previous manager becomes a volunteer. A
/// grid always has exactly one manager. A new manager who comes from another grid keeps the tasks of
/// this grid and started visits; the others are open again. Requires `If-Match`, the `ETag` of
/// `GET /v1/areas/{code}/manager`; the manager of the grid again changes nothing. Allowed roles:
/// admins and supervisors.
#[utoipa::path(
    tag = "people",
    operation_id = "appoint_manager",
    params(("code" = AreaCode, Path, description = "The grid"), openapi::OwnNames),
    request_body(content = Appointment, description = "The new manager"),
    responses(
        (
            status = OK, description = "The new manager", body = Person,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[expect(clippy::too_many_arguments, reason = "each is a component that the handler uses")]
#[put("/areas/{code}/manager")]
pub(crate) async fn appoint_manager(
    db: Data<Db>,
    keys: Data<KeyRing>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    _: IdempotencyKey,
    code: Path<AreaCode>,
    base: IfMatch,
    Body(body): Body<Appointment>,
) -> Result<HttpResponse, Problem> {
    if code.level() != Level::Grid {
        return Err(Problem::not_found());
    }
    let (keys, principals) = (keys.clone(), principals.clone());
    let (district, id) = (principal.district(), body.person_id);
    let appointed = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        appoint(tx, &key, &principal, *code, id, &base)
    });
    let manager = appointed.await?;
    principals.forget_all();
    Ok(versioned::at_version(HttpResponse::Ok(), manager.version).json(manager))
}

/// Makes the volunteer `person` the manager of `grid`; the previous manager becomes a volunteer.
///
/// # Errors
/// 404 outside the principal's area; 412 or 428 if the decision is not based on the current
/// manager's version; 409 when the person is not an active volunteer (a manager cannot leave a
/// grid without one).
fn appoint(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    grid: AreaCode,
    id: PersonId,
    base: &IfMatch,
) -> Result<Person, Problem> {
    principal.authorize(Action::AppointManager, &grid)?;
    let outgoing = person::superiors::manager(tx.read_unbatched(), &grid.range())?;
    let outgoing = outgoing.ok_or_else(Problem::not_found)?;
    let incoming = person::store::row(tx.read_unbatched(), &principal.scope(), id)?
        .ok_or_else(|| Problem::invalid("/person_id", "must be a person in your area"))?;
    if incoming.id != outgoing.id {
        base.check(outgoing.version, &outgoing.person(key)?)?;
        succeed(tx, &outgoing, &incoming, grid, Some(principal.person))?;
    }
    person::store::one(tx.read_unbatched(), key, &grid.range(), id)?
        .ok_or_else(|| DbError::corrupt("people", "the new manager is gone").into())
}
