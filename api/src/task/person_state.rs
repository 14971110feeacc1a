//! Suspends a person, restores one, or ends the access of one who left. A leaver's unfinished
//! tasks open again, in the same transaction.

use actix_web::patch;
use actix_web::web::{Data, Json, Path};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gridward_domain::authority::Role;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use gridward_domain::task::{self as life, AutomaticCommand, Transition};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::perform::{Step, write};
use super::store;
use crate::auth::device::EndReason;
use crate::auth::{self, Authenticated, PrincipalCache};
use crate::clock;
use crate::crypto::{KeyRing, SealingKey, aad};
use crate::db::DbError;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::person;
use crate::person::Person;
use crate::person::store::PersonRow;
use crate::tx::{Db, Tx};

/// A person's new state.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// The state.
    pub state: PersonState,
    /// The reason, stored encrypted in the log.
    pub reason: CommandReason,
}

/// Change a person's state
///
/// Suspends a person, ends the access of one who left, or restores either. It is effective on
/// every server within five seconds. A leaver is signed out and the leaver's unfinished tasks
/// open again; a manager leaves only after another was appointed, and one who returns is a
/// volunteer. Allowed roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "change_person_state",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = StateChange, description = "The state and the reason"),
    responses((status = OK, description = "The person", body = Person), openapi::Write),
)]
#[patch("/people/{id}/state")]
pub(crate) async fn change_person_state(
    db: Data<Db>,
    keys: Data<KeyRing>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    Body(body): Body<StateChange>,
) -> Result<Json<Person>, Problem> {
    let (keys, id) = (keys.clone(), *id);
    let changed = db.write(principal.district(), move |tx| {
        auth::store::lock_person(tx.write()?, principal.district(), id)?;
        let row = person::sessions::subordinate(tx.read_unbatched(), &principal, id)?;
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        change_state(tx, &key, &row, &body, Some(principal.person))?;
        person::store::one(tx.read_unbatched(), &key, &principal.scope(), id)?
            .ok_or_else(Problem::not_found)
    });
    let changed = changed.await?;
    principals.forget_all();
    Ok(Json(changed))
}

/// Changes the state of the person of `row`; `actor` is `None` on the command line.
///
/// # Errors
/// 409 for a manager who would leave a grid without one; 422 if another person has the phone
/// number of one who returns.
pub fn change_state(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &PersonRow,
    change: &StateChange,
    actor: Option<PersonId>,
) -> Result<(), Problem> {
    let state = change.state;
    if row.state == state {
        return Ok(());
    }
    let mut next = PersonRow { state, version: row.version + 1, ..row.clone() };
    if state == PersonState::Left {
        if row.role == Role::Manager {
            return Err(ProblemCode::ManagerRequired.into());
        }
        next.phone_index = person::store::no_phone(key, row.id);
        release_tasks(tx, row.id)?;
        let (district, now) = (tx.district, tx.now);
        auth::store::end_access(tx.write()?, district, row.id, None, EndReason::Left, now)?;
    } else if row.state == PersonState::Left {
        next.phone_index = key.index(&row.particulars(key)?.phone);
        if person::store::with_phone(tx.read_unbatched(), row.district, next.phone_index)?.is_some()
        {
            return Err(Problem::invalid("/state", "another person has the phone number"));
        }
        // The grid has had another manager since.
        if row.role == Role::Manager {
            next.role = Role::Volunteer;
        }
    }
    person::store::set_state(tx.write_unbatched(), row, &next)?;
    let reason =
        key.seal(&aad(row.district, "events", row.id), change.reason.as_str().as_bytes())?;
    tx.record(
        Event::new(action(state), Subject::Person, row.id, row.area, next.version)
            .by(actor)
            .assignees(Some(row.id), (state != PersonState::Left).then_some(row.id))
            .with(json!({ "state": state, "reason": BASE64_STANDARD.encode(reason) })),
    );
    Ok(())
}

const fn action(state: PersonState) -> &'static str {
    match state {
        PersonState::Active => "person.restore",
        PersonState::Suspended => "person.suspend",
        PersonState::Left => "person.leave",
    }
}

/// Opens the unfinished tasks of a person who may no longer do them.
fn release_tasks(tx: &mut Tx<'_>, person: PersonId) -> Result<(), DbError> {
    let (district, today) = (tx.district, clock::day(tx.now));
    for row in store::held_by(tx.read()?, district, person)? {
        let (before, command) = (row.life()?, AutomaticCommand::Release);
        match life::apply_automatic(&before, &command, today) {
            Ok(Transition::Changed(after)) => {
                let step = Step { row: &row, before, after, verb: command.verb() };
                let event = step.event().with(json!({ "because": "person_gone" }));
                write(tx, &step, None, event);
            }
            // Rows are read by the phases in which the command is valid.
            Ok(Transition::Already) => {}
            Err(rejection) => return Err(DbError::corrupt("tasks", rejection)),
        }
    }
    Ok(())
}
