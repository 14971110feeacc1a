//! The sessions of subordinates: a superior sees on which devices they are signed in, and
//! ends them, for instance after a phone was lost.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PersonId, SessionId};

use super::store::{self, PersonRow};
use crate::auth::session_routes::SessionList;
use crate::auth::{Authenticated, PrincipalCache, Sessions, session_ends};
use crate::db::Conn;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::{Db, Tx};

/// The person, if `principal` is a superior.
///
/// # Errors
/// 404 outside the principal's area; 403 for a person who is not below.
pub fn subordinate(
    conn: &mut Conn,
    principal: &Principal,
    id: PersonId,
) -> Result<PersonRow, Problem> {
    principal.may(Action::ManageAccess)?;
    let row = store::row(conn, &principal.scope(), id)?.ok_or_else(Problem::not_found)?;
    principal.authorize_over(row.role, &row.area)?;
    Ok(row)
}

/// List a person's sessions
///
/// Lists the devices on which the person is signed in. Allowed roles: admins, supervisors and
/// managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "list_sessions_of_person",
    params(("id" = PersonId, Path, description = "The person")),
    responses((status = OK, description = "The sessions", body = SessionList), openapi::Read),
)]
#[get("/people/{id}/sessions")]
pub(crate) async fn list_sessions_of_person(
    db: Data<Db>,
    sessions: Data<Sessions>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    let id = *id;
    db.read(move |conn| subordinate(conn, &principal, id)).await?;
    let rows = sessions.list(principal.district(), id).await?;
    let list = SessionList::new(rows, None, &sessions.rules);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(list))
}

/// End a person's sessions
///
/// Signs out all devices of the person. Their access tokens are refused within five seconds.
/// Allowed roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "end_sessions_of_person",
    params(("id" = PersonId, Path, description = "The person")),
    responses((status = NO_CONTENT, description = "Ended"), openapi::GiveUp),
)]
#[delete("/people/{id}/sessions")]
pub(crate) async fn end_sessions_of_person(
    db: Data<Db>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    end_by_superior(&db, &principals, principal, *id, |tx, person, actor| {
        session_ends::end_all(tx, person, actor)?;
        Ok(())
    })
    .await
}

/// End one of a person's sessions
///
/// Signs out one device of the person, for instance a lost phone. Its access token is refused
/// within five seconds. The answer is the same for a session that has ended. Allowed roles: admins,
/// supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "end_session_of_person",
    params(
        ("id" = PersonId, Path, description = "The person"),
        ("session" = SessionId, Path, description = "The session"),
    ),
    responses((status = NO_CONTENT, description = "Ended"), openapi::GiveUp),
)]
#[delete("/people/{id}/sessions/{session}")]
pub(crate) async fn end_session_of_person(
    db: Data<Db>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    path: Path<(PersonId, SessionId)>,
) -> Result<HttpResponse, Problem> {
    let (person, session) = path.into_inner();
    end_by_superior(&db, &principals, principal, person, move |tx, person, actor| {
        session_ends::end_one(tx, person, session, actor)
    })
    .await
}

/// Ends something of a person's access, as an act of a superior: `end` gets the person and the
/// superior.
///
/// # Errors
/// As [`subordinate`].
pub(super) async fn end_by_superior(
    db: &Db,
    principals: &PrincipalCache,
    principal: Principal,
    person: PersonId,
    end: impl Fn(&mut Tx<'_>, PersonId, PersonId) -> Result<(), Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let change = move |tx: &mut Tx<'_>| {
        subordinate(tx.read_unbatched(), &principal, person)?;
        end(tx, person, principal.person)
    };
    db.write(principal.district(), change).await?;
    principals.forget_all();
    Ok(HttpResponse::NoContent().finish())
}
