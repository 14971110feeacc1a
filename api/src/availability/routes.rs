//! The HTTP endpoints for availability: one's own, and that of subordinates.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use chrono::NaiveDate;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{AbsenceId, PersonId};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::model::{
    Absence, AddedAbsence, AvailabilityContent, DutyChange, NewAbsence, PersonAvailability,
};
use super::{edit, record, store};
use crate::auth::{self, Authenticated};
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::Conn;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::person::sessions::subordinate;
use crate::person::store::{self as people, PersonRow};
use crate::tx::{Db, Tx};

/// The person whose availability a call is about.
#[derive(Clone, Copy, Debug)]
enum PersonRef {
    /// The caller's own.
    Caller,
    /// That of a person below the caller.
    Subordinate(PersonId),
}

impl PersonRef {
    fn row(self, conn: &mut Conn, principal: &Principal) -> Result<PersonRow, Problem> {
        match self {
            Self::Caller => {
                principal.may(Action::UseService)?;
                let own = people::row(conn, &principal.scope(), principal.person)?;
                own.ok_or_else(Problem::not_found)
            }
            Self::Subordinate(person) => subordinate(conn, principal, person),
        }
    }

    /// The row, locked until the end of the transaction.
    fn locked(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<PersonRow, Problem> {
        let person = match self {
            Self::Caller => principal.person,
            Self::Subordinate(person) => person,
        };
        auth::store::lock_person(tx.read_unbatched(), principal.district(), person)?;
        self.row(tx.read_unbatched(), principal)
    }
}

/// Get one's own availability
///
/// Returns the weekly hours, the coming days with other hours, the present and coming absences, and
/// whether the caller is on duty. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "get_my_availability",
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The availability is unchanged"),
        openapi::Read,
    ),
)]
#[get("/me/availability")]
pub(crate) async fn get_my_availability(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    get(&request, &db, **clock, principal, PersonRef::Caller).await
}

/// Get a person's availability
///
/// Returns the weekly hours, the coming days with other hours, the present and coming absences
/// without their reasons, and whether the person is on duty. Allowed roles: admins, supervisors and
/// managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "get_availability",
    params(("id" = PersonId, Path, description = "The person")),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The availability is unchanged"),
        openapi::Read,
    ),
)]
#[get("/people/{id}/availability")]
pub(crate) async fn get_availability(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    get(&request, &db, **clock, principal, PersonRef::Subordinate(*id)).await
}

async fn get(
    request: &HttpRequest,
    db: &Db,
    clock: Clock,
    principal: Principal,
    about: PersonRef,
) -> Result<HttpResponse, Problem> {
    let held = IfNoneMatch::of(request)?;
    let today = clock::day(clock());
    let shown = db.read(move |conn| {
        let row = about.row(conn, &principal)?;
        Ok::<_, Problem>(edit::shown(conn, &row, today)?)
    });
    let shown = shown.await?;
    Ok(versioned::unless_held(&held, shown.version, &shown))
}

/// Put one's own availability
///
/// Replaces the caller's weekly hours and the coming days with other hours. Assigned tasks stay.
/// Repeating the call changes nothing. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "put_my_availability",
    params(openapi::OwnNames),
    request_body(content = AvailabilityContent, description = "The hours"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/me/availability")]
pub(crate) async fn put_my_availability(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    base: IfMatch,
    Body(content): Body<AvailabilityContent>,
) -> Result<HttpResponse, Problem> {
    put(&db, principal, PersonRef::Caller, base, content).await
}

/// Put a person's availability
///
/// Replaces the person's weekly hours and the coming days with other hours. Assigned tasks stay.
/// Repeating the call changes nothing. Allowed roles: admins, supervisors and managers, for people
/// below them.
#[utoipa::path(
    tag = "people",
    operation_id = "put_availability",
    params(("id" = PersonId, Path, description = "The person"), openapi::OwnNames),
    request_body(content = AvailabilityContent, description = "The hours"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/people/{id}/availability")]
pub(crate) async fn put_availability(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    base: IfMatch,
    Body(content): Body<AvailabilityContent>,
) -> Result<HttpResponse, Problem> {
    put(&db, principal, PersonRef::Subordinate(*id), base, content).await
}

async fn put(
    db: &Db,
    principal: Principal,
    about: PersonRef,
    base: IfMatch,
    content: AvailabilityContent,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| {
        let row = about.locked(tx, &principal)?;
        edit::put(tx, &principal, &row, &content, &base)
    });
    let shown = put.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}

/// Go on or off duty
///
/// A plan gives no new tasks to a person who is off duty; assigned tasks stay. Nobody has to check
/// in, and no time on duty is counted. Repeating the call changes nothing. Allowed roles: all.
#[utoipa::path(
    tag = "people",
    operation_id = "put_my_duty",
    params(openapi::OwnNames),
    request_body(content = DutyChange, description = "On or off duty"),
    responses(
        (
            status = OK, description = "The availability", body = PersonAvailability,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[put("/me/duty")]
pub(crate) async fn put_my_duty(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Body(DutyChange { duty }): Body<DutyChange>,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| {
        let row = PersonRef::Caller.locked(tx, &principal)?;
        edit::set_duty(tx, &principal, &row, duty)
    });
    let shown = put.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), shown.version).json(shown))
}

/// Filter of absences.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AbsenceQuery {
    /// Only absences that end on this day or later. Default: today.
    since: Option<NaiveDate>,
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
    Authenticated(principal): Authenticated,
    query: Paged<AbsenceQuery>,
) -> Result<HttpResponse, Problem> {
    list(&request, &db, &keys, principal, PersonRef::Caller, query).await
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
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    query: Paged<AbsenceQuery>,
) -> Result<HttpResponse, Problem> {
    list(&request, &db, &keys, principal, PersonRef::Subordinate(*id), query).await
}

async fn list(
    request: &HttpRequest,
    db: &Db,
    keys: &KeyRing,
    principal: Principal,
    about: PersonRef,
    Paged { filter, page }: Paged<AbsenceQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = page.wanted()?;
    let (limit, keys) = (wanted.limit, keys.clone());
    let absences = db.write(principal.district(), move |tx| {
        let row = about.row(tx.read_unbatched(), &principal)?;
        let key = keys.key(tx.read_unbatched(), row.district)?;
        let since = filter.since.unwrap_or_else(|| clock::day(tx.now));
        let since = clock::nearest_within_reach(since);
        let rows = store::list(tx.read_unbatched(), row.district, row.id, since, &wanted)?;
        if row.id != principal.person && !rows.is_empty() {
            let event =
                Event::new("person.absence_read", Subject::Reading, row.id, row.area, row.version);
            tx.record(event.by(principal.person).with(json!({ "absences": rows.len() })));
        }
        let opened = rows.iter().map(|row| row.opened(&key));
        Ok::<_, Problem>(opened.collect::<Result<Vec<_>, _>>()?)
    });
    let page = page::page(absences.await?, limit, |one: &Absence| (one.first_day, one.id));
    Ok(page.answer(request.path(), request.query_string()))
}

/// A call that adds an absence.
struct AddAbsence {
    about: PersonRef,
    new: NewAbsence,
}

impl Effect for AddAbsence {
    type Made = AddedAbsence;

    fn action(&self) -> &'static str {
        "person.absence"
    }

    fn request(&self) -> Value {
        match self.about {
            PersonRef::Caller => json!(self.new),
            PersonRef::Subordinate(person) => json!({ "person_id": person, "absence": self.new }),
        }
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.about.row(tx.read_unbatched(), principal).map(drop)
    }
}

/// Add one's own absence
///
/// The answer names the affected tasks: visits planned for those days, and those for which no other
/// day is left. With `release` they become open again; otherwise they stay assigned. A visit that
/// has started stays and is named. A plan gives no visits for the time of an absence. Allowed roles:
/// all.
#[utoipa::path(
    tag = "people",
    operation_id = "add_my_absence",
    request_body(content = NewAbsence, description = "The absence"),
    responses(
        (status = CREATED, description = "The absence and the affected tasks", body = AddedAbsence),
        openapi::Write,
    ),
)]
#[post("/me/absences")]
pub(crate) async fn add_my_absence(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewAbsence>,
) -> Result<HttpResponse, Problem> {
    add(&commands, principal, key, AddAbsence { about: PersonRef::Caller, new }).await
}

/// Add a person's absence
///
/// The answer names the affected tasks in the caller's area: visits planned for those days, and
/// those for which no other day is left. With `release` they become open again; otherwise they stay
/// assigned. A visit that has started stays and is named. A plan gives no visits for the time of an
/// absence. Allowed roles: admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "add_absence",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = NewAbsence, description = "The absence"),
    responses(
        (status = CREATED, description = "The absence and the affected tasks", body = AddedAbsence),
        openapi::Write,
    ),
)]
#[post("/people/{id}/absences")]
pub(crate) async fn add_absence(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    key: IdempotencyKey,
    Body(new): Body<NewAbsence>,
) -> Result<HttpResponse, Problem> {
    add(&commands, principal, key, AddAbsence { about: PersonRef::Subordinate(*id), new }).await
}

async fn add(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    call: AddAbsence,
) -> Result<HttpResponse, Problem> {
    let added = commands.run(principal, key, call, |call, tx, key, principal| {
        let row = call.about.locked(tx, principal)?;
        record::add(tx, key, principal, &row, &call.new)
    });
    let mut answer = HttpResponse::Created();
    answer.insert_header((CACHE_CONTROL, "no-store"));
    Ok(added.await?.answer(answer))
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
    let withdraw = db.write(principal.district(), move |tx| {
        let row = about.locked(tx, &principal)?;
        record::withdraw(tx, &principal, &row, absence)
    });
    withdraw.await?;
    Ok(HttpResponse::NoContent().finish())
}
