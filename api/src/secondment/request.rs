//! Requests a secondment.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::SecondmentId;
use gridward_domain::person_state::PersonState;
use gridward_domain::secondment::{SecondmentSpan, SecondmentState};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Secondment;
use super::model::NewSecondment;
use super::store::{self, SecondmentRow};
use super::{decide, notices};
use crate::area;
use crate::auth;
use crate::clock;
use crate::crypto::SealingKey;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::person;
use crate::person::store::PersonRow;
use crate::tx::Tx;

/// The requirement for the area.
const AREA: &str =
    "must be a grid, a village or a town of your area, without the grid of the volunteer";

/// The requirement for the person.
const PERSON: &str = "must be an active volunteer of your area";

impl Effect for NewSecondment {
    type Made = Secondment;

    fn action(&self) -> &'static str {
        "secondment.request"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        permitted(tx, principal, self).map(drop)
    }
}

/// The volunteer, if the principal may request the help.
fn permitted(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewSecondment,
) -> Result<PersonRow, Problem> {
    principal.may(Action::RequestSecondment)?;
    let person = person::store::row(tx.read_unbatched(), &principal.scope(), new.person_id)?;
    let is_volunteer =
        |person: &PersonRow| (person.role, person.state) == (Role::Volunteer, PersonState::Active);
    let person = person.filter(is_volunteer);
    let person = person.ok_or_else(|| Problem::invalid("/person_id", PERSON))?;
    if is_elsewhere(principal, new.area, person.area) {
        Ok(person)
    } else {
        Err(Problem::invalid("/area", AREA))
    }
}

/// Requests the secondment, and tells the manager of the volunteer's grid.
///
/// # Errors
/// 403; 409 `secondment_overlaps` with another one of the volunteer on these days; 422.
pub fn request(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewSecondment,
) -> Result<Secondment, Problem> {
    let district = principal.district();
    let span = SecondmentSpan::from_today(new.first_day, new.last_day, clock::day(tx.now));
    let span = span.map_err(|error| Problem::invalid(error.pointer(), error))?;
    auth::store::lock_person(tx.read_unbatched(), district, new.person_id)?;
    let person = permitted(tx, principal, new)?;
    area::known::in_body(tx.read_unbatched(), new.area, "/area")?;
    if let Some(other) = store::overlapping(tx.read_unbatched(), district, person.id, span)? {
        let other = decide::shown(tx, key, other)?;
        return Err(Problem::from(ProblemCode::SecondmentOverlaps).showing(&other));
    }
    let row = SecondmentRow {
        district,
        id: SecondmentId(Uuid::now_v7()),
        person: person.id,
        home: person.area,
        area: new.area,
        first_day: span.first_day,
        last_day: span.last_day,
        requested_by: principal.person,
        requested_at: tx.now.naive_utc(),
        state: SecondmentState::Requested,
        decided_by: None,
        decided_at: None,
        version: 1,
    };
    store::put(tx.write_unbatched(), None, &row)?;
    decide::record(tx, principal, new.action(), &row);
    notices::requested(tx, principal, &row)?;
    decide::shown(tx, key, row)
}

/// Whether the area is within the principal's, smaller than a district, and has not the grid.
fn is_elsewhere(principal: &Principal, area: AreaCode, grid: AreaCode) -> bool {
    principal.area.contains(&area) && area.level() != Level::District && !area.contains(&grid)
}
