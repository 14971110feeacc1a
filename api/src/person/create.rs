//! Creates a person below the principal.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::word::Word as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::content::NewPerson;
use super::edit::{EditContext, Saved, shown};
use super::store::{self, PersonRow};
use super::{Person, Role, superiors, write};
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::http::{Json as Body, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::tx::{Db, Tx};

/// A person to create, and the id.
struct Create {
    new: NewPerson,
    id: PersonId,
}

impl Effect for Create {
    type Made = Saved;

    fn action(&self) -> &'static str {
        "person.add"
    }

    fn request(&self) -> Value {
        json!(self.new)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        authorized(tx, principal, &self.new)
    }
}

/// Create a person
///
/// Creates a member of staff or a volunteer in the caller's area, who then is invited to enrol a
/// device. A grid has one manager: a second one is 409 `grid_has_manager`, and
/// `PUT /v1/areas/{code}/manager` replaces the first. A phone number in use is 409 `phone_in_use`.
/// The same person with the same `id` again changes nothing. Allowed roles: admins; supervisors,
/// for supervisors of areas below, managers and volunteers; managers, for volunteers.
#[utoipa::path(
    tag = "people",
    operation_id = "create_person",
    request_body(content = NewPerson, description = "The person"),
    responses(
        (
            status = CREATED, description = "The person", body = Person,
            headers(
                ("ETag" = String, description = "The version, such as `\"v1\"`"),
                ("Location" = String, description = "The person's path"),
            ),
        ),
        openapi::Write,
    ),
)]
#[post("/people")]
pub(crate) async fn create_person(
    db: Data<Db>,
    keys: Data<KeyRing>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewPerson>,
) -> Result<HttpResponse, Problem> {
    let id = new.id.unwrap_or_else(|| PersonId(Uuid::now_v7()));
    let created = commands.run(principal, key, Create { new, id }, |it, tx, key, principal| {
        let context = EditContext::read(tx, key, principal)?;
        create(tx, &context, &it.new, it.id)
    });
    let done = shown(&db, &keys, principal, created.await?).await?;
    let mut answer = versioned::at_version(HttpResponse::Created(), done.made.version);
    answer.insert_header((LOCATION, format!("/v1/people/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Checks that the principal may create the person: in a current area of the own scope, below.
fn authorized(tx: &mut Tx<'_>, principal: &Principal, new: &NewPerson) -> Result<(), Problem> {
    principal.may(Action::EditPeople)?;
    let inside = principal.area.contains(&new.area);
    if !inside || area::store::current(tx.read_unbatched(), &new.area)?.is_none() {
        return Err(Problem::invalid("/area", "is not an area of yours"));
    }
    principal.authorize_edit(new.role, &new.area)?;
    if !new.role.fits(new.area.level()) {
        let detail = format!("a {} has no {} as area", new.role.as_str(), new.area.level());
        return Err(Problem::invalid("/role", detail));
    }
    Ok(())
}

/// Creates the person under the id.
///
/// # Errors
/// 403; 422 for an area outside, a role that does not belong to its level, and content that
/// contradicts itself or the vocabularies; 409 if the id, the phone number or the grid's manager
/// is there.
pub fn create(
    tx: &mut Tx<'_>,
    context: &EditContext<'_>,
    new: &NewPerson,
    id: PersonId,
) -> Result<Saved, Problem> {
    authorized(tx, context.principal, new)?;
    let row = new.row(context.key, id)?;
    let district = context.principal.district();
    if let Some(there) = store::row(tx.read_unbatched(), &district.range(), id)? {
        return existing(context, &row, &there);
    }
    context.check(tx, &row, None)?;
    if new.role == Role::Manager
        && let Some(manager) = superiors::manager(tx.read_unbatched(), &new.area.range())?
    {
        let detail = format!("the manager of the grid is {}", manager.id);
        let problem = Problem::from(ProblemCode::GridHasManager);
        let problem = problem.with(FieldError::new("/role", detail));
        return Err(problem.showing(&manager.person(context.key)?));
    }
    write::insert(tx.write_unbatched(), &row)?;
    let event = Event::new("person.add", Subject::Person, id, row.area, row.version);
    let event = event.by(context.principal.person).assignees(None, Some(id));
    tx.record(event.with(json!({ "role": row.role.as_str() })));
    Ok(Saved { id, version: row.version })
}

/// The answer for an id that names the person `there` already: the same if the content is.
fn existing(
    context: &EditContext<'_>,
    new: &PersonRow,
    there: &PersonRow,
) -> Result<Saved, Problem> {
    let same = PersonRow {
        sealed: there.sealed.clone(),
        version: there.version,
        tokens_not_before: there.tokens_not_before,
        ..new.clone()
    };
    if same == *there && new.particulars(context.key)? == there.particulars(context.key)? {
        return Ok(Saved { id: there.id, version: there.version });
    }
    let problem = Problem::from(ProblemCode::PersonExists);
    let problem = problem.with(FieldError::new("/id", "is that of another person"));
    Err(context.showing(problem, there)?)
}
