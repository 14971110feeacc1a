//! The HTTP endpoints for departures and moves of people.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use serde_json::{Value, json};

use super::apply::lock;
use super::decide::Wishes;
use super::model::{Departure, Handover, Relocation};
use super::situation::Decider;
use super::{depart, relocate};
use crate::auth::{Authenticated, PrincipalCache};
use crate::clock::Clock;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::Conn;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::person::PersonState;
use crate::person::sessions::subordinate;
use crate::person::store::PersonRow;
use crate::plan::compute::planner::Planner;
use crate::plan::upkeep::after_release;
use crate::tx::{Db, Tx};

/// What is done to the person.
enum Act {
    Depart(Departure),
    Relocate(Relocation),
}

/// A call about a person's work.
struct HandoverCall {
    person: PersonId,
    base: IfMatch,
    act: Act,
}

impl Effect for HandoverCall {
    type Made = Handover;

    fn action(&self) -> &'static str {
        match self.act {
            Act::Depart(_) => "person.leave",
            Act::Relocate(_) => "person.move",
        }
    }

    fn request(&self) -> Value {
        match &self.act {
            Act::Depart(departure) => json!({ "person_id": self.person, "payload": departure }),
            Act::Relocate(to) => json!({ "person_id": self.person, "payload": to }),
        }
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        subordinate(tx.read_unbatched(), principal, self.person).map(drop)
    }
}

impl HandoverCall {
    fn preview(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        (principal, now): (&Principal, DateTime<Utc>),
    ) -> Result<Handover, Problem> {
        self.may_plan(principal)?;
        let row = subordinate(conn, principal, self.person)?;
        let by = (Decider::Superior(*principal), now);
        match &self.act {
            Act::Depart(departure) => depart::preview(conn, key, by, &row, departure),
            Act::Relocate(to) => relocate::preview(conn, key, by, &row, to),
        }
    }

    /// As [`Self::preview`], where tasks are spread.
    fn rehearse(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Handover, Problem> {
        self.may_plan(principal)?;
        let row = subordinate(tx.read_unbatched(), principal, self.person)?;
        let by = Decider::Superior(*principal);
        match &self.act {
            Act::Depart(departure) => {
                depart::rehearse(tx, key, by, &row, (departure, &BTreeSet::new()))
            }
            Act::Relocate(to) => relocate::rehearse(tx, key, by, &row, to),
        }
    }

    fn perform(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Handover, Problem> {
        lock(tx, principal.district(), self.person, &self.wishes())?;
        let row = subordinate(tx.read_unbatched(), principal, self.person)?;
        let by = Decider::Superior(*principal);
        self.may_plan(principal)?;
        let is_repeated = self.is_done(&row);
        if !is_repeated {
            self.base.check(row.version, &row.person(key)?)?;
        }
        let mut handover = match &self.act {
            Act::Depart(departure) => {
                depart::depart(tx, key, by, &row, (departure, &BTreeSet::new()))?
            }
            Act::Relocate(to) => relocate::relocate(tx, key, by, &row, to)?,
        };
        if self.plans() && !is_repeated {
            handover.plan_id = after_release::order(tx, principal, &handover.opened())?;
        }
        Ok(handover)
    }

    /// The wishes for the person's work.
    fn wishes(&self) -> Wishes {
        match &self.act {
            Act::Depart(departure) => departure.wishes(),
            Act::Relocate(to) => to.wishes(),
        }
    }

    /// Whether tasks are spread over the village: who gets each depends on those given before, so a preview gives
    /// them all and takes them back.
    fn spreads(&self) -> bool {
        match &self.act {
            Act::Depart(departure) => departure.spread,
            Act::Relocate(to) => to.spread,
        }
    }

    /// Whether a plan of the opened tasks is wanted.
    fn plans(&self) -> bool {
        match &self.act {
            Act::Depart(departure) => departure.plan,
            Act::Relocate(to) => to.plan,
        }
    }

    /// Checks that the principal may order the plan, if one is wanted.
    fn may_plan(&self, principal: &Principal) -> Result<(), Problem> {
        if self.plans() { Ok(principal.may(Action::Dispatch)?) } else { Ok(()) }
    }

    /// Whether the person already is as the call requires, whatever version the caller read.
    fn is_done(&self, row: &PersonRow) -> bool {
        match &self.act {
            Act::Depart(_) => row.state == PersonState::Left,
            Act::Relocate(to) => row.area == to.area && to.role.is_none_or(|role| role == row.role),
        }
    }
}

/// End a person's work
///
/// The person leaves, for instance by resignation, illness or death. Each unfinished task is
/// given to a named person or, with `spread`, to one of the village, or becomes open for the next plan; the answer names each with its
/// outcome, a visit that had started too. A manager leaves only with a successor for the grid: 409
/// lists people who could follow. All sessions, devices and invitations of the person end at once.
/// With `preview` in the body nothing is changed (a parameter `check`, as for an absence, is 400); the answer has the
/// minutes of those who would get tasks, before and after (`loads`), but not of those to whom a plan would give them; otherwise `If-Match` is required. With `plan` a draft that gives
/// the opened tasks to others is computed: look at `GET /v1/plans/{id}/loads`, then apply it. The
/// answer for a person who has left is that of the departure, without a plan. Allowed roles: admins, supervisors and managers, for people
/// below them.
#[utoipa::path(
    tag = "people",
    operation_id = "end_work_of_person",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = Departure, description = "The departure"),
    responses(
        (
            status = OK, description = "The outcome", body = Handover,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/people/{id}/departure")]
pub(crate) async fn end_work_of_person(
    resources: Resources,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(departure): Body<Departure>,
) -> Result<HttpResponse, Problem> {
    let preview = departure.preview;
    let call = HandoverCall { person: *id, base, act: Act::Depart(departure) };
    answer(resources, principal, key, call, preview).await
}

/// Move a person
///
/// Gives a person another area or role. Tasks in the new area stay with the person, as does a visit
/// that has started; each other unfinished task is given to a named person or, with `spread`, to one of the
/// village that the person leaves, or becomes open for the next plan, as at a departure, with `loads` and
/// `plan` too. The manager of a grid moves only with a successor: 409 lists people who could follow.
/// A new manager replaces the present one of the new grid, who becomes a volunteer there. With
/// `preview` in the body nothing is changed (a parameter `check`, as for an absence, is 400); otherwise `If-Match` is
/// required. Allowed roles: admins,
/// supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "move_person",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = Relocation, description = "The new area and role"),
    responses(
        (
            status = OK, description = "The outcome", body = Handover,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/people/{id}/move")]
pub(crate) async fn move_person(
    resources: Resources,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(to): Body<Relocation>,
) -> Result<HttpResponse, Problem> {
    let preview = to.preview;
    let call = HandoverCall { person: *id, base, act: Act::Relocate(to) };
    answer(resources, principal, key, call, preview).await
}

/// What a handover needs.
pub(super) type Resources =
    (Data<Db>, Data<KeyRing>, Data<Commands>, Data<PrincipalCache>, Data<Planner>, Data<Clock>);

async fn answer(
    (db, keys, commands, principals, planner, clock): Resources,
    principal: Principal,
    key: IdempotencyKey,
    call: HandoverCall,
    preview: bool,
) -> Result<HttpResponse, Problem> {
    if preview {
        let (district, now) = (principal.district(), (clock)());
        let shown = if call.spreads() {
            let rehearse = move |tx: &mut Tx<'_>| {
                let key = keys.key(tx.read_unbatched(), district)?;
                call.rehearse(tx, &key, &principal)
            };
            db.write(district, rehearse).await?
        } else {
            let preview = move |conn: &mut Conn| {
                let key = keys.key(conn, district)?;
                call.preview(conn, &key, (&principal, now))
            };
            db.read(preview).await?
        };
        return Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown));
    }
    let done = commands.run(principal, key, call, HandoverCall::perform);
    let done = done.await?;
    principals.forget_all();
    if done.made.plan_id.is_some() {
        planner.wake(principal.district());
    }
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}
