//! Edits a person: by a superior, and by the person itself.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, patch};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::content::{OwnChanges, PersonChanges};
use super::content_check;
use super::me::{self, Me};
use super::store::{self, PersonRow};
use super::{Person, PersonState, write};
use crate::auth::Authenticated;
use crate::clock;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::problem::answer::Language;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::http::{IfMatch, Json as Body, openapi, versioned};
use crate::idempotency::{Commands, Done, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::tx::{Db, Tx};
use crate::vocabulary::{self, Vocabularies};

/// A saved person, as it is stored under an `Idempotency-Key`: without personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The person.
    pub id: PersonId,
    /// The version after the change.
    pub version: i64,
}

/// The person of a result as the principal sees it now.
///
/// # Errors
/// 404 if the person has left the principal's area since.
pub(super) async fn shown(
    db: &Db,
    keys: &KeyRing,
    principal: Principal,
    done: Done<Saved>,
) -> Result<Done<Person>, Problem> {
    let (keys, id) = (keys.clone(), done.made.id);
    let person = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::one(conn, &key, &principal.scope(), id)
    });
    let made = person.await?.ok_or_else(Problem::not_found)?;
    Ok(done.map(|_| made))
}

/// What the checks of a change need besides the rows.
pub struct EditContext<'a> {
    /// The district's key.
    pub key: &'a SealingKey,
    /// The person who edits.
    pub principal: &'a Principal,
    /// The words of the district.
    words: Vocabularies,
}

impl<'a> EditContext<'a> {
    /// Reads the words of the district.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        tx: &mut Tx<'_>,
        key: &'a SealingKey,
        principal: &'a Principal,
    ) -> Result<Self, DbError> {
        let words = vocabulary::store::all(tx.read_unbatched(), principal.district())?;
        Ok(Self { key, principal, words })
    }

    /// Checks the content of `next`, which replaces `before`, and that no other person of the
    /// district has its phone number.
    ///
    /// # Errors
    /// 422; 409 `phone_in_use`, which shows the other person only within the principal's area.
    pub(super) fn check(
        &self,
        tx: &mut Tx<'_>,
        next: &PersonRow,
        before: Option<&PersonRow>,
    ) -> Result<(), Problem> {
        let faults = content_check::faults(next, before, &self.words, clock::day(tx.now));
        Problem::refuse(faults)?;
        if before.map(|before| before.phone_index) == Some(next.phone_index) {
            return Ok(());
        }
        let conn = tx.read_unbatched();
        let Some(other) = store::with_phone(conn, next.district, next.phone_index)? else {
            return Ok(());
        };
        let problem = Problem::from(ProblemCode::PhoneInUse);
        let problem = problem.with(FieldError::new("/phone", "is in use in the district"));
        Err(self.showing(problem, &other)?)
    }

    /// The problem with the person of `row` in `current`, if in the principal's area.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn showing(&self, problem: Problem, row: &PersonRow) -> Result<Problem, DbError> {
        let is_inside = self.principal.area.contains(&row.area);
        Ok(if is_inside { problem.showing(&row.person(self.key)?) } else { problem })
    }
}

/// A change by a superior.
pub(super) struct Edit {
    pub(super) id: PersonId,
    /// The versions that it may be based on.
    pub(super) base: IfMatch,
    pub(super) changes: PersonChanges,
}

impl Effect for Edit {
    type Made = Saved;

    fn action(&self) -> &'static str {
        "person.change"
    }

    fn request(&self) -> Value {
        json!({ "id": self.id, "changes": self.changes })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        editable(tx.read_unbatched(), principal, self.id).map(drop)
    }
}

/// The row of the person `id`, if the principal may edit it.
///
/// # Errors
/// 404 outside the principal's area and for a person who left; 403 for a person who is not below.
fn editable(conn: &mut Conn, principal: &Principal, id: PersonId) -> Result<PersonRow, Problem> {
    principal.may(Action::EditPeople)?;
    let row = store::row(conn, &principal.scope(), id)?.ok_or_else(Problem::not_found)?;
    principal.authorize_edit(row.role, &row.area)?;
    if row.state == PersonState::Left {
        return Err(Problem::not_found());
    }
    Ok(row)
}

/// Edit a person
///
/// Changes the fields of the body; the others stay. Role, area and state are changed by other
/// operations. A phone number in use is 409 `phone_in_use`. The person's phone receives changed
/// shifts. Content that the person has already changes nothing. Requires `If-Match`. Allowed
/// roles: admins; supervisors, for supervisors of areas below, managers and volunteers; managers,
/// for volunteers.
#[utoipa::path(
    tag = "people",
    operation_id = "edit_person",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = PersonChanges, description = "The fields that change"),
    responses(
        (
            status = OK, description = "The person, changed", body = Person,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[patch("/people/{id}")]
#[expect(clippy::too_many_arguments, reason = "each is a component that the handler uses")]
pub(crate) async fn edit_person(
    db: Data<Db>,
    keys: Data<KeyRing>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(changes): Body<PersonChanges>,
) -> Result<HttpResponse, Problem> {
    let change = Edit { id: *id, base, changes };
    let edited = commands.run(principal, key, change, |change, tx, key, principal| {
        let context = EditContext::read(tx, key, principal)?;
        edit(tx, &context, change)
    });
    let done = shown(&db, &keys, principal, edited.await?).await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}

/// Changes a person below the principal.
///
/// # Errors
/// As [`editable`] and [`write`].
pub(super) fn edit(
    tx: &mut Tx<'_>,
    context: &EditContext<'_>,
    change: &Edit,
) -> Result<Saved, Problem> {
    let row = editable(tx.read_unbatched(), context.principal, change.id)?;
    write(tx, context, &row, &change.changes, &change.base)
}

/// Writes the changes of a row; none changes nothing, whatever version the caller read.
///
/// # Errors
/// 412 or 428 if the decision is not based on the current version; as [`EditContext::check`].
fn write(
    tx: &mut Tx<'_>,
    context: &EditContext<'_>,
    row: &PersonRow,
    changes: &PersonChanges,
    base: &IfMatch,
) -> Result<Saved, Problem> {
    let Some((next, fields)) = changes.apply(row, context.key)? else {
        return Ok(Saved { id: row.id, version: row.version });
    };
    base.check(row.version, &row.person(context.key)?)?;
    context.check(tx, &next, Some(row))?;
    write::edit(tx.write_unbatched(), row, &next)?;
    let event = Event::new("person.change", Subject::Person, row.id, row.area, next.version);
    let event = event.by(context.principal.person).assignees(Some(row.id), Some(row.id));
    tx.record(event.with(json!({ "fields": fields })));
    Ok(Saved { id: row.id, version: next.version })
}

/// A change of the own entry.
struct EditMe {
    base: IfMatch,
    changes: OwnChanges,
}

impl Effect for EditMe {
    type Made = Saved;

    fn action(&self) -> &'static str {
        "person.change"
    }

    fn request(&self) -> Value {
        json!({ "me": self.changes })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::UseService)?)
    }
}

/// Edit the own entry
///
/// Changes the fields of the body; the others stay: the home, the languages, the minutes offered
/// and the weekly availability. Skills can be dropped; a superior adds them, and changes the name
/// and the phone number. Content that is there already changes nothing. Requires `If-Match`, the
/// `ETag` of `GET /v1/me`. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "edit_me",
    request_body(content = OwnChanges, description = "The fields that change"),
    responses(
        (
            status = OK, description = "The caller, changed", body = Me,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[patch("/me")]
#[expect(clippy::too_many_arguments, reason = "each is a component that the handler uses")]
pub(crate) async fn edit_me(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    base: IfMatch,
    key: IdempotencyKey,
    Body(changes): Body<OwnChanges>,
) -> Result<HttpResponse, Problem> {
    let change = EditMe { base, changes };
    let edited = commands.run(principal, key, change, |change, tx, key, principal| {
        let context = EditContext::read(tx, key, principal)?;
        let row = store::row(tx.read_unbatched(), &principal.scope(), principal.person)?;
        let row = row.ok_or_else(Problem::not_found)?;
        write(tx, &context, &row, &change.changes.of(&row)?, &change.base)
    });
    let edited = edited.await?;
    let me = me::read(&db, &keys, principal, Language::of(&request)).await?;
    let answer = versioned::at_version(HttpResponse::Ok(), me.version());
    Ok(edited.map(|_| me).answer(answer))
}
