//! Suspends a person, restores one, or ends the access of one who left, whose work is then handed
//! over without wishes: every task opens.

use std::collections::BTreeSet;

use actix_web::patch;
use actix_web::web::{Data, Json, Path};
use gridward_domain::authority::Role;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::depart::{add_note, depart};
use super::model::{Departure, DepartureReason};
use super::situation::Decider;
use super::{ASSIGNEE_SUSPENDED, GIVEN_BACK, regimes};
use crate::auth::{self, Authenticated, PrincipalCache};
use crate::crypto::{KeyRing, SealingKey};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::person;
use crate::person::Person;
use crate::person::store::PersonRow;
use crate::task;
use crate::task::commands::release::release;
use crate::tx::{Db, Tx};

/// A person's new state.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "state": "suspended", "reason": "长期外出" }))]
pub struct StateChange {
    /// The state.
    pub state: PersonState,
    /// The reason, stored encrypted in the log.
    pub reason: CommandReason,
}

/// Change a person's state
///
/// Suspends a person, ends the access of one who left, or restores either. It is effective on
/// every server within five seconds. The unfinished tasks of a suspended person, but for visits that
/// have started, open again, and plans give them to others; the supervisors of the regimes for which the person is responsible get
/// a notice. A leaver is signed out and the leaver's
/// unfinished tasks open again; to hand them over to others, or to name the successor of a manager, use
/// `POST /v1/people/{id}/departure`. A manager who returns is a volunteer. Allowed roles: admins,
/// supervisors and managers, for people below them.
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
        auth::store::lock_person(tx.read()?, principal.district(), id)?;
        let row = person::sessions::subordinate(tx.read_unbatched(), &principal, id)?;
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        change_state(tx, &key, &row, &body, Decider::Superior(principal))?;
        person::store::one(tx.read_unbatched(), &key, &principal.scope(), id)?
            .ok_or_else(Problem::not_found)
    });
    let changed = changed.await?;
    principals.forget_all();
    Ok(Json(changed))
}

/// Changes the state of the person of `row`, which is locked.
///
/// # Errors
/// 409 for a manager who would leave a grid without one; 422 if another person has the phone
/// number of one who returns.
pub fn change_state(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &PersonRow,
    change: &StateChange,
    by: Decider,
) -> Result<(), Problem> {
    let state = change.state;
    if row.state == state {
        return Ok(());
    }
    if state == PersonState::Left {
        let note = Some(change.reason.clone());
        let departure = Departure::without_wishes(DepartureReason::Other, note);
        return depart(tx, key, by, row, (&departure, &BTreeSet::new())).map(drop);
    }
    let mut next = PersonRow { state, version: row.version + 1, ..row.clone() };
    if row.state == PersonState::Left {
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
    person::write::set_state(tx.write()?, row, &next)?;
    if state == PersonState::Suspended {
        let held = task::store::held_by(tx.read()?, row.district, row.id)?;
        for task in held.iter().filter(|task| GIVEN_BACK.contains(&task.state)) {
            let about = json!({ "because": ASSIGNEE_SUSPENDED, "was": task.state });
            release(tx, task, by.person(), about)?;
        }
        let now = tx.now;
        for event in regimes::announce(tx.write_unbatched(), row, now)? {
            tx.record(event);
        }
    }
    let mut about = json!({ "state": state });
    add_note(&mut about, key, row, Some(&change.reason))?;
    tx.record(
        Event::new(action(state), Subject::Person, row.id, row.area, next.version)
            .by(by.person())
            .assignees(Some(row.id), Some(row.id))
            .with(about),
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
