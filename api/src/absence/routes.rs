//! The HTTP endpoints for absences: one's own, and those of subordinates.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::{AbsenceId, PersonId};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::command::{AddAbsence, WithdrawAbsence};
use super::model::{AddedAbsence, NewAbsence};
use super::store;
use crate::auth::Authenticated;
use crate::availability::model::Absence;
use crate::availability::person_ref::PersonRef;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::Conn;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query, openapi};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::person::store::PersonRow;
use crate::plan::compute::planner::Planner;
use crate::task::commands::origin::Origin;
use crate::tx::{Db, Tx};

/// Filter of absences.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AbsenceQuery {
    /// Only absences that end on this day or later. Default: today.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    since: Option<NaiveDate>,
}

impl AbsenceQuery {
    /// The first day.
    fn first(self, clock: Clock) -> NaiveDate {
        clock::nearest_within_reach(self.since.unwrap_or_else(|| clock::day(clock())))
    }
}

/// List one's own absences
///
/// Lists the caller's absences with reasons and notes, earliest first; those that are over on
/// request. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "list_my_absences",
    params(AbsenceQuery, PageQuery),
    responses((status = OK, description = "A page of absences", body = Page<Absence>), openapi::Read),
)]
#[get("/me/absences")]
pub(crate) async fn list_my_absences(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    query: Paged<AbsenceQuery>,
) -> Result<HttpResponse, Problem> {
    let Paged { filter, page } = query;
    let (about, since) = (PersonRef::Caller, filter.first(**clock));
    let reading =
        Reading { keys: (**keys).clone(), principal, about, since, wanted: page.wanted()? };
    list(&request, &db, reading).await
}

/// List a person's absences
///
/// Lists the person's absences with reasons and notes, earliest first; those that are over on
/// request. The log records that they were read. Allowed roles: admins, supervisors and managers,
/// for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "list_absences",
    params(("id" = PersonId, Path, description = "The person"), AbsenceQuery, PageQuery),
    responses((status = OK, description = "A page of absences", body = Page<Absence>), openapi::Read),
)]
#[get("/people/{id}/absences")]
pub(crate) async fn list_absences(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    query: Paged<AbsenceQuery>,
) -> Result<HttpResponse, Problem> {
    let Paged { filter, page } = query;
    let (about, since) = (PersonRef::Subordinate(*id), filter.first(**clock));
    let reading =
        Reading { keys: (**keys).clone(), principal, about, since, wanted: page.wanted()? };
    list(&request, &db, reading).await
}

/// A reading of the absences of a person.
struct Reading {
    keys: KeyRing,
    principal: Principal,
    about: PersonRef,
    since: NaiveDate,
    wanted: Wanted<(NaiveDate, AbsenceId)>,
}

impl Reading {
    /// The person, and a page of absences with reasons and notes.
    fn read(&self, conn: &mut Conn) -> Result<(PersonRow, Vec<Absence>), Problem> {
        let row = self.about.row(conn, &self.principal)?;
        let key = self.keys.key(conn, row.district)?;
        let rows = store::list(conn, row.district, row.id, self.since, &self.wanted)?;
        let opened = rows.iter().map(|row| row.opened(&key)).collect::<Result<_, _>>()?;
        Ok((row, opened))
    }

    /// As [`Self::read`]; the log records the reading.
    fn recorded(&self, tx: &mut Tx<'_>) -> Result<Vec<Absence>, Problem> {
        let (row, absences) = self.read(tx.read_unbatched())?;
        if !absences.is_empty() {
            let event =
                Event::new("person.absence_read", Subject::Reading, row.id, row.area, row.version);
            tx.record(event.by(self.principal.person).with(json!({ "absences": absences.len() })));
        }
        Ok(absences)
    }
}

async fn list(request: &HttpRequest, db: &Db, reading: Reading) -> Result<HttpResponse, Problem> {
    let (limit, district) = (reading.wanted.limit, reading.principal.district());
    let absences = match reading.about {
        PersonRef::Caller => {
            db.read(move |conn| reading.read(conn).map(|(_, absences)| absences)).await?
        }
        PersonRef::Subordinate(_) => db.write(district, move |tx| reading.recorded(tx)).await?,
    };
    let page = page::page(absences, limit, |one: &Absence| (one.first_day, one.id));
    Ok(page.answer(request.path(), request.query_string()))
}

/// Whether an absence is only checked.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AbsenceCheck {
    /// Whether the answer is that of the real call, and nothing is written: what becomes of each task,
    /// and the minutes of those who would get them, before and after.
    #[serde(default)]
    #[param(required = false)]
    check: bool,
}

/// Add one's own absence
///
/// The answer names the affected tasks: visits planned for those days, and those for which no other
/// day is left. With `release` they become open again; otherwise they stay assigned. A visit that
/// has started stays and is named. A plan gives no visits for the time of an absence. Those who may
/// assign or plan also use `give_to`, `spread` and `plan`, as for another person's absence; they are
/// 403 for others. With `check` nothing is written, and an `Idempotency-Key` is ignored. Allowed
/// roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "add_my_absence",
    params(AbsenceCheck),
    request_body(content = NewAbsence, description = "The absence"),
    responses(
        (status = OK, description = "What it would do, with `check`", body = AddedAbsence),
        (status = CREATED, description = "The absence and the affected tasks", body = AddedAbsence),
        openapi::Write,
    ),
)]
#[post("/me/absences")]
pub(crate) async fn add_my_absence(
    commands: Data<Commands>,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Query(AbsenceCheck { check }): Query<AbsenceCheck>,
    Body(new): Body<NewAbsence>,
) -> Result<HttpResponse, Problem> {
    add((&commands, &planner), principal, key, PersonRef::Caller, (new, check)).await
}

/// Add a person's absence
///
/// The answer names the affected tasks in the caller's area: visits planned for those days, and those for
/// which no other day is left. With `release` they become open again; otherwise they stay assigned, or with
/// `give_to` or `spread` are given to others, as far as no rule of an assignment is broken. A visit that has
/// started stays and is named. With `plan` a draft that gives the opened tasks to others is computed: look
/// at `GET /v1/plans/{id}/loads` with `Prefer: wait=30`, then apply it. With `check` nothing is written, and
/// an `Idempotency-Key` is ignored. Tasks of which one person makes all are given together. A plan gives no
/// visits for the time of an absence. Allowed roles: admins, supervisors and managers, for people below
/// them.
#[utoipa::path(
    tag = "people",
    operation_id = "add_absence",
    params(("id" = PersonId, Path, description = "The person"), AbsenceCheck),
    request_body(content = NewAbsence, description = "The absence"),
    responses(
        (status = OK, description = "What it would do, with `check`", body = AddedAbsence),
        (status = CREATED, description = "The absence and the affected tasks", body = AddedAbsence),
        openapi::Write,
    ),
)]
#[post("/people/{id}/absences")]
pub(crate) async fn add_absence(
    commands: Data<Commands>,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    key: IdempotencyKey,
    Query(AbsenceCheck { check }): Query<AbsenceCheck>,
    Body(new): Body<NewAbsence>,
) -> Result<HttpResponse, Problem> {
    let about = PersonRef::Subordinate(*id);
    add((&commands, &planner), principal, key, about, (new, check)).await
}

async fn add(
    (commands, planner): (&Commands, &Planner),
    principal: Principal,
    key: IdempotencyKey,
    about: PersonRef,
    (new, is_check): (NewAbsence, bool),
) -> Result<HttpResponse, Problem> {
    let key = if is_check { IdempotencyKey(None) } else { key };
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let command = AddAbsence { about, new, origin, is_check };
    let added = commands.run(principal, key, command, AddAbsence::run).await?;
    if added.made.plan_id.is_some() {
        planner.wake(principal.district());
    }
    let mut answer = if is_check { HttpResponse::Ok() } else { HttpResponse::Created() };
    answer.insert_header((CACHE_CONTROL, "no-store"));
    Ok(added.answer(answer))
}

/// Withdraw one's own absence
///
/// The person is available again. Tasks that the absence opened stay open. The answer is the same
/// for an absence that was withdrawn before; one that is over stays. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "withdraw_my_absence",
    params(("id" = AbsenceId, Path, description = "The absence")),
    responses((status = NO_CONTENT, description = "Withdrawn"), openapi::GiveUp),
)]
#[delete("/me/absences/{id}")]
pub(crate) async fn withdraw_my_absence(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<AbsenceId>,
) -> Result<HttpResponse, Problem> {
    withdraw(&db, principal, PersonRef::Caller, *id).await
}

/// Withdraw a person's absence
///
/// The person is available again. Tasks that the absence opened stay open. The answer is the same
/// for an absence that was withdrawn before; one that is over stays. Allowed roles: admins,
/// supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "withdraw_absence",
    params(
        ("id" = PersonId, Path, description = "The person"),
        ("absence" = AbsenceId, Path, description = "The absence"),
    ),
    responses((status = NO_CONTENT, description = "Withdrawn"), openapi::GiveUp),
)]
#[delete("/people/{id}/absences/{absence}")]
pub(crate) async fn withdraw_absence(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    path: Path<(PersonId, AbsenceId)>,
) -> Result<HttpResponse, Problem> {
    let (person, absence) = path.into_inner();
    withdraw(&db, principal, PersonRef::Subordinate(person), absence).await
}

async fn withdraw(
    db: &Db,
    principal: Principal,
    about: PersonRef,
    absence: AbsenceId,
) -> Result<HttpResponse, Problem> {
    let withdrawal = WithdrawAbsence { about, absence, origin: Origin::default() };
    db.write(principal.district(), move |tx| withdrawal.run(tx, &principal)).await?;
    Ok(HttpResponse::NoContent().finish())
}
