//! The departures of several people in one call, with an outcome for each.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, post};
use chrono::{DateTime, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PersonId, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::depart;
use super::departure_entry::DepartureEntry;
use super::model::Handover;
use super::routes::Resources;
use super::situation::{Decider, everybody};
use crate::auth::{self, Authenticated};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbFailure as _};
use crate::http::problem::answer::{Language, LocalizedProblem};
use crate::http::problem::{Kept, Problem};
use crate::http::{Json as Body, openapi};
use crate::idempotency::{Effect, IdempotencyKey};
use crate::plan::upkeep::after_release;
use crate::tx::Tx;

/// The most departures of a call.
const MOST: usize = 100;

/// Departures of several people, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "dry_run": true, "entries": [{
    "person_id": "018cc7af-0000-7000-8000-000000000021", "base_version": 3, "reason": "resigned"
}] }))]
pub struct Departures {
    /// Whether the outcomes are only reported and nothing is changed. Where an entry gives tasks to
    /// others, they are those of all departures in order; otherwise each is that of the departure alone.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether one draft of a plan for the tasks that become open by all departures is ordered, as for a
    /// single departure; `plan_id` of each of them that opens tasks names it. It gives at most 2,000 of these
    /// tasks to others, so that it may leave all tasks of a departure out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
    /// The departures, each of another person.
    #[schema(min_items = 1, max_items = 100)]
    pub entries: Vec<DepartureEntry>,
}

/// The result of one departure: `handover` or `problem`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DepartureResult {
    /// The person.
    person_id: PersonId,
    /// The outcome, as for a single departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    handover: Option<Handover>,
    /// Why the person stays. Its JSON pointers are relative to the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::http::problem::answer::Body<'static>>)]
    problem: Option<LocalizedProblem>,
}

/// The results of the departures.
#[derive(Debug, Serialize, ToSchema)]
pub struct DepartureResults {
    /// One result for each entry, in the same order.
    #[schema(max_items = 100)]
    results: Vec<DepartureResult>,
}

/// What is stored of a departure.
type Outcome = Result<Handover, Kept>;

impl Effect for Departures {
    type Made = Vec<Outcome>;

    fn action(&self) -> &'static str {
        "people.leave"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.may_plan(principal)?;
        Ok(principal.may(Action::ManageAccess)?)
    }
}

/// End the work of several people
///
/// Each person leaves as by `POST /v1/people/{id}/departure`, on its own and in order: one who may
/// not leave, such as a manager without a successor, stays and has a `problem`; the others leave, all
/// in one transaction. The answer is 200 whatever the results. With `dry_run` nothing is changed. With
/// `plan` a draft that gives the opened tasks of all of them to others is computed.
/// Allowed roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "end_work_of_people",
    request_body(content = Departures, description = "The departures"),
    responses(
        (status = OK, description = "The result of each departure", body = DepartureResults),
        openapi::Write,
    ),
)]
#[post("/people/departures")]
pub(crate) async fn end_work_of_people(
    request: HttpRequest,
    resources: Resources,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(departures): Body<Departures>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageAccess)?;
    departures.may_plan(&principal)?;
    check(&departures)?;
    let (db, keys, commands, principals, planner, clock) = resources;
    let language = Language::of(&request);
    let people: Vec<PersonId> = departures.entries.iter().map(|entry| entry.person_id).collect();
    let results = move |outcomes: Vec<Outcome>| DepartureResults {
        results: people.into_iter().zip(outcomes).map(|one| result(one, language)).collect(),
    };
    if departures.dry_run {
        let shown = if departures.entries.iter().any(|entry| entry.departure(true).gives()) {
            let rehearse = move |tx: &mut Tx<'_>| rehearsed(tx, &keys, &principal, &departures);
            db.write(principal.district(), rehearse).await?
        } else {
            let now = (clock)();
            db.read(move |conn| previewed(conn, &keys, (&principal, now), &departures)).await?
        };
        return Ok(HttpResponse::Ok().json(results(shown)));
    }
    let done = commands.run(principal, key, departures, perform).await?;
    principals.forget_all();
    if done.made.iter().flatten().any(|handover| handover.plan_id.is_some()) {
        planner.wake(principal.district());
    }
    Ok(done.map(results).answer(HttpResponse::Ok()))
}

/// Checks the number of entries, and that each is of another person.
fn check(Departures { entries, .. }: &Departures) -> Result<(), Problem> {
    if !(1..=MOST).contains(&entries.len()) {
        return Err(Problem::invalid("/entries", format!("must have from 1 to {MOST} items")));
    }
    for (n, entry) in entries.iter().enumerate() {
        if entries.iter().take(n).any(|before| before.person_id == entry.person_id) {
            return Err(Problem::invalid(&format!("/entries/{n}/person_id"), "is listed twice"));
        }
    }
    Ok(())
}

fn result((person_id, outcome): (PersonId, Outcome), language: Language) -> DepartureResult {
    match outcome {
        Ok(handover) => DepartureResult { person_id, handover: Some(handover), problem: None },
        Err(kept) => {
            let problem = Some(LocalizedProblem(kept.into(), language));
            DepartureResult { person_id, handover: None, problem }
        }
    }
}

/// The outcome; a failure of the server is none, so that the call fails as a whole.
fn outcome(left: Result<Handover, Problem>) -> Result<Outcome, Problem> {
    match left {
        Ok(handover) => Ok(Ok(handover)),
        Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => Err(problem),
        Err(problem) => Ok(Err(problem.kept())),
    }
}

fn previewed(
    conn: &mut Conn,
    keys: &KeyRing,
    (principal, now): (&Principal, DateTime<Utc>),
    departures: &Departures,
) -> Result<Vec<Outcome>, Problem> {
    let key = keys.key(conn, principal.district())?;
    let mut one = |entry: &DepartureEntry| {
        let row = entry.person(conn, &key, principal)?;
        let by = (Decider::Superior(*principal), now);
        depart::preview(conn, &key, by, &row, &entry.departure(true))
    };
    departures.entries.iter().map(|entry| outcome(one(entry))).collect()
}

/// As [`previewed`], where others get tasks: all departures are carried out in order, as in the call, and rolled
/// back.
fn rehearsed(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    principal: &Principal,
    departures: &Departures,
) -> Result<Vec<Outcome>, Problem> {
    let key = keys.key(tx.read_unbatched(), principal.district())?;
    let excluded = departures.leavers_and_successors();
    let one = |tx: &mut Tx<'_>, entry: &DepartureEntry| {
        let row = entry.person(tx.read_unbatched(), &key, principal)?;
        let departure = (&entry.departure(true), &excluded);
        depart::tried(tx, &key, Decider::Superior(*principal), &row, departure)
    };
    tx.preview(|tx| {
        let outcomes = departures.entries.iter();
        outcomes.map(|entry| outcome(tx.savepoint(|tx| one(tx, entry))?)).collect()
    })?
}

/// Locks everybody whom the departures concern, then ends the work of each person in a savepoint.
fn perform(
    departures: &Departures,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Vec<Outcome>, Problem> {
    let excluded = departures.leavers_and_successors();
    let mut people = excluded.clone();
    for entry in &departures.entries {
        people.extend(everybody(&entry.departure(false).wishes()));
    }
    // In the order of the ids, as each single departure does.
    let district = principal.district();
    people.into_iter().try_for_each(|id| auth::store::lock_person(tx.read()?, district, id))?;
    let mut one = |entry: &DepartureEntry| {
        let left = tx.savepoint(|tx| leave(tx, key, principal, (entry, &excluded)))?;
        // The answer is stored: a problem without the person that it may show.
        outcome(left.map_err(Problem::without_current))
    };
    let outcomes = departures.entries.iter().map(&mut one);
    let mut outcomes = outcomes.collect::<Result<Vec<Outcome>, Problem>>()?;
    if departures.plan {
        order(tx, principal, &mut outcomes)?;
    }
    Ok(outcomes)
}

/// Orders one draft of the tasks that all departures have opened.
fn order(tx: &mut Tx<'_>, principal: &Principal, outcomes: &mut [Outcome]) -> Result<(), Problem> {
    let opened: Vec<TaskId> = outcomes.iter().flatten().flat_map(Handover::opened).collect();
    let plan = after_release::order(tx, principal, &opened)?;
    for handover in outcomes.iter_mut().flatten() {
        handover.plan_id = plan.filter(|_| !handover.opened().is_empty());
    }
    Ok(())
}

impl Departures {
    /// Those to whom no tasks are spread.
    fn leavers_and_successors(&self) -> BTreeSet<PersonId> {
        let leavers = self.entries.iter().map(|entry| entry.person_id);
        leavers.chain(self.entries.iter().filter_map(|entry| entry.successor_id)).collect()
    }

    /// Checks that the principal may order the plan, if one is wanted.
    fn may_plan(&self, principal: &Principal) -> Result<(), Problem> {
        if self.plan { Ok(principal.may(Action::Dispatch)?) } else { Ok(()) }
    }
}

fn leave(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (entry, excluded): (&DepartureEntry, &BTreeSet<PersonId>),
) -> Result<Handover, Problem> {
    let row = entry.person(tx.read_unbatched(), key, principal)?;
    let departure = (&entry.departure(false), excluded);
    depart::depart(tx, key, Decider::Superior(*principal), &row, departure)
}
