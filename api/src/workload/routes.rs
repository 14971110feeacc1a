//! The HTTP endpoints for workloads.

use std::collections::HashMap;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{NaiveDate, Weekday};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::range::WeeklyMinutes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::days::{self, CarriedTime, DayWorkload, Offer, WeekWorkload};
use crate::area;
use crate::auth::Authenticated;
use crate::availability::{self, Duty};
use crate::clock::within_reach;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::day::check_period;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{Query, openapi};
use crate::person;
use crate::person::store::PersonRow;
use crate::plan::settings;
use crate::task::schedule::work_time::{self, HeldTime};
use crate::tx::Db;

/// The days after the first that a workload may cover: twelve weeks.
const MOST_DAYS: i64 = 83;

/// The days of a workload.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    /// The first day.
    #[serde(deserialize_with = "crate::http::day::exact")]
    from: NaiveDate,
    /// The last day, at most 83 days after the first: twelve weeks.
    #[serde(deserialize_with = "crate::http::day::exact")]
    to: NaiveDate,
}

/// The area and the days of a list of workloads.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkloadQuery {
    /// Only people in this area and its descendants. Default: the caller's area.
    area: Option<AreaCode>,
    /// The first day.
    #[serde(deserialize_with = "crate::http::day::exact")]
    from: NaiveDate,
    /// The last day, at most 83 days after the first: twelve weeks.
    #[serde(deserialize_with = "crate::http::day::exact")]
    to: NaiveDate,
}

/// Checks the days of a query.
fn check(from: NaiveDate, to: NaiveDate) -> Result<(), Problem> {
    for (name, day) in [("from", from), ("to", to)] {
        within_reach(&day).map_err(|error| Problem::invalid(name, error))?;
    }
    check_period(from, to, MOST_DAYS)
}

/// The workload of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Workload {
    /// The person.
    pub person_id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// The person's area.
    pub area: AreaCode,
    /// Minutes offered per week.
    pub weekly_minutes: WeeklyMinutes,
    /// The minutes of each day.
    #[schema(max_items = 84)]
    pub days: Vec<DayWorkload>,
    /// The minutes of each calendar week of these days, and what share of the offer they are.
    #[schema(max_items = 13)]
    pub weeks: Vec<WeekWorkload>,
}

/// The workloads of the people of these rows.
fn of_people(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    rows: &[PersonRow],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Workload>, DbError> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let mut held: HashMap<PersonId, Vec<HeldTime>> = HashMap::new();
    for task in work_time::held_time(conn, district, &ids)? {
        held.entry(task.assignee).or_default().push(task);
    }
    let weeks = (from.week(Weekday::Mon).first_day(), to.week(Weekday::Mon).last_day());
    let mut carried: HashMap<PersonId, Vec<CarriedTime>> = HashMap::new();
    for (person, day, minutes, _) in work_time::finished(conn, district, &ids, weeks)? {
        let Some((person, day)) = person.zip(day) else { continue };
        carried.entry(person).or_default().push((day, minutes.unwrap_or_default().unsigned_abs()));
    }
    let calendars = availability::store::calendars(conn, district, weeks.0, weeks.1)?;
    let off_duty = availability::store::off_duty(conn, district)?;
    let (settings, _) = settings::read(conn, district)?;
    let workload = |row: &PersonRow| {
        let offer = Offer {
            weekly: &row.availability,
            calendar: calendars.of(row.id),
            role: row.role,
            minutes: settings.weekly_offer(row.role, row.weekly_minutes.into()),
            duty: if off_duty.contains(&row.id) { Duty::Off } else { Duty::On },
        };
        let carried = carried.get(&row.id).map_or(&[] as &[CarriedTime], Vec::as_slice);
        let tasks = held.get(&row.id).into_iter().flatten();
        Ok(Workload {
            person_id: row.id,
            name: row.particulars(key)?.name,
            role: row.role,
            area: row.area,
            weekly_minutes: row.weekly_minutes,
            weeks: days::by_week(offer, (tasks.clone(), carried), from, to),
            days: days::by_day(offer, tasks, from, to),
        })
    };
    rows.iter().map(workload).collect()
}

/// Get the caller's workload
///
/// Minutes offered, planned and held, by day and by week, and carried, by week. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "get_my_workload",
    params(DaysQuery),
    responses((status = OK, description = "The workload", body = Workload), openapi::ReadDays),
)]
#[get("/me/workload")]
pub(crate) async fn get_my_workload(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Query(DaysQuery { from, to }): Query<DaysQuery>,
) -> Result<HttpResponse, Problem> {
    let person = principal.person;
    of_one(&db, keys.get_ref().clone(), principal, person, (from, to)).await
}

/// Get the workload of a person
///
/// Minutes offered, planned and held by a manager or volunteer, by day and by week, and carried, by week, of up to
/// twelve weeks. Visits are not counted, only their minutes. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "people",
    operation_id = "get_person_workload",
    params(("id" = PersonId, Path, description = "The person"), DaysQuery),
    responses((status = OK, description = "The workload", body = Workload), openapi::ReadDays),
)]
#[get("/people/{id}/workload")]
pub(crate) async fn get_person_workload(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    Query(DaysQuery { from, to }): Query<DaysQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPeople)?;
    of_one(&db, keys.get_ref().clone(), principal, *id, (from, to)).await
}

/// The workload of a person whom the principal may see.
async fn of_one(
    db: &Db,
    keys: KeyRing,
    principal: Principal,
    id: PersonId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<HttpResponse, Problem> {
    check(from, to)?;
    let workload = db.read(move |conn| {
        let district = principal.district();
        let key = keys.key(conn, district)?;
        let row = person::store::row(conn, &principal.scope(), id)?;
        let row = row.filter(|row| id == principal.person || row.role.visits());
        let all = of_people(conn, &key, district, row.as_slice(), (from, to))?;
        all.into_iter().next().ok_or_else(Problem::not_found)
    });
    let workload = workload.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(workload))
}

/// List workloads
///
/// Minutes offered, planned and held by the managers and volunteers of an area, by day and by week, and carried,
/// by week, ordered by area and id. Visits are not counted, only their minutes. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "people",
    operation_id = "get_people_workload",
    params(WorkloadQuery, PageQuery),
    responses(
        (status = OK, description = "A page of workloads", body = Page<Workload>),
        openapi::ReadDays,
    ),
)]
#[get("/people/workload")]
pub(crate) async fn get_people_workload(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<WorkloadQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadPeople, &area)?;
    area::known::in_query(&db, query.area).await?;
    check(query.from, query.to)?;
    let wanted = page.wanted()?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let workloads = db.read(move |conn| {
        let district = principal.district();
        let key = keys.key(conn, district)?;
        let rows = person::list_store::visitors_page(conn, &area.range(), &wanted)?;
        of_people(conn, &key, district, &rows, (query.from, query.to))
    });
    let workloads = workloads.await.map_err(Problem::from)?;
    let page = page::page(workloads, limit, |one: &Workload| (one.area, one.person_id));
    Ok(page.answer(request.path(), request.query_string()))
}
