//! The minutes that a plan gives to each person, and the visits of each grid: before and after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use serde::Serialize;
use utoipa::ToSchema;

use super::changed_visits::{self, VisitChangeCounts};
use super::visit_store::{self, VisitRow};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::person::start::RouteStart;
use crate::plan::request::span::Span;
use crate::{area, person};

/// The work of a plan, by person and by grid, without the visits that were left when it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanLoads {
    /// The people with visits in the plan, or with those that it moves within its days, ordered by area and id.
    #[schema(max_items = 100_000)]
    pub people: Vec<PersonLoad>,
    /// The grids with tasks in the plan, ordered by code.
    #[schema(max_items = 100_000)]
    pub grids: Vec<GridLoad>,
    /// The number of visits by how they differ from what their tasks have now.
    pub changes: VisitChangeCounts,
}

/// The work of a person in the days of a plan. The minutes of a visit are its service and the travel that it
/// adds to its day (`extra_travel`), whose sum differs from the travel of `measures`, which is that of routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonLoad {
    /// The person.
    pub person_id: PersonId,
    /// Family and given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub name: Option<String>,
    /// The person's grid when the plan was computed.
    pub grid: AreaCode,
    /// Where the person's routes start: without a home, at the point of the grid.
    pub starts_at: RouteStart,
    /// Minutes of the visits that were assigned for these days before.
    #[schema(maximum = 1_000_000, example = 60)]
    pub minutes_before: u32,
    /// The same with the visits of the plan.
    #[schema(maximum = 1_000_000, example = 110)]
    pub minutes_after: u32,
    /// The number of visits that the plan adds, new ones and those of other people.
    #[schema(maximum = 1_000_000, example = 1)]
    pub added: u32,
}

/// The tasks of a grid in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GridLoad {
    /// The grid.
    pub grid: AreaCode,
    /// The name of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub name: Option<String>,
    /// Tasks that were assigned before.
    #[schema(maximum = 1_000_000, example = 4)]
    pub assigned_before: u32,
    /// The same with those of the plan.
    #[schema(maximum = 1_000_000, example = 9)]
    pub assigned_after: u32,
    /// Tasks that no one can do.
    #[schema(maximum = 1_000_000, example = 1)]
    pub unserved: u32,
}

/// The loads of the plan of these days with these visits.
///
/// # Errors
/// [`DbError`].
pub fn loads(
    conn: &mut Conn,
    key: &SealingKey,
    (district, plan, span): (AreaCode, PlanId, Span),
    visits: &[VisitRow],
) -> Result<PlanLoads, DbError> {
    let planned = visits.iter().map(|row| (row.task, (row.person, row.day, row.start)));
    let changes = changed_visits::counts(conn, (district, plan), planned)?;
    let moved = |visit: &VisitRow| {
        let former = visit.former_plan.filter(|_| visit.task_version.is_some());
        Some((former?, visit.task))
    };
    let moved: Vec<(PlanId, TaskId)> = visits.iter().filter_map(moved).collect();
    let former = visit_store::of_tasks(conn, district, &moved)?;
    let (people, grids) = (by_person(visits, &former, span), by_grid(visits));
    let ids: BTreeSet<PersonId> = people.iter().map(|load| load.person_id).collect();
    let codes: BTreeSet<AreaCode> = grids.iter().map(|load| load.grid).collect();
    let without_home = person::start::ids_without_home(conn, district, &ids)?;
    let mut named = person::store::names(conn, key, &district.range(), ids)?;
    let mut areas = area::store::names_of(conn, district, &codes)?;
    let with_name = |load: PersonLoad| PersonLoad {
        name: named.remove(&load.person_id),
        starts_at: RouteStart::of(!without_home.contains(&load.person_id)),
        ..load
    };
    let people = people.into_iter().map(with_name).collect();
    let with_name = |load: GridLoad| GridLoad { name: areas.remove(&load.grid), ..load };
    Ok(PlanLoads { people, grids: grids.into_iter().map(with_name).collect(), changes })
}

/// The loads in the days of `span` with these visits; `former` are those that tasks had before the plan moves them,
/// also from other days.
fn by_person(
    visits: &[VisitRow],
    former: &HashMap<TaskId, VisitRow>,
    span: Span,
) -> Vec<PersonLoad> {
    let mut loads: BTreeMap<(AreaCode, PersonId), PersonLoad> = BTreeMap::new();
    for visit in visits {
        let Some(load) = load_of(&mut loads, visit) else { continue };
        let minutes = minutes(visit);
        load.minutes_after = load.minutes_after.saturating_add(minutes);
        if visit.task_version.is_none() {
            load.minutes_before = load.minutes_before.saturating_add(minutes);
        } else if former.get(&visit.task).is_none_or(|former| former.person != visit.person) {
            load.added += 1;
        }
    }
    let is_within = |visit: &&VisitRow| visit.day.is_some_and(|day| span.contains(day));
    for visit in former.values().filter(is_within) {
        if let Some(load) = load_of(&mut loads, visit) {
            load.minutes_before = load.minutes_before.saturating_add(minutes(visit));
        }
    }
    loads.into_values().collect()
}

/// The load of the person of the visit.
fn load_of<'l>(
    loads: &'l mut BTreeMap<(AreaCode, PersonId), PersonLoad>,
    visit: &VisitRow,
) -> Option<&'l mut PersonLoad> {
    let (person_id, grid) = visit.person.zip(visit.person_grid)?;
    Some(loads.entry((grid, person_id)).or_insert(PersonLoad {
        person_id,
        name: None,
        grid,
        starts_at: RouteStart::Home,
        minutes_before: 0,
        minutes_after: 0,
        added: 0,
    }))
}

fn minutes(visit: &VisitRow) -> u32 {
    visit.minutes.unwrap_or_default().unsigned_abs()
}

fn by_grid(visits: &[VisitRow]) -> Vec<GridLoad> {
    let mut loads: BTreeMap<AreaCode, GridLoad> = BTreeMap::new();
    for visit in visits {
        let load = loads.entry(visit.grid).or_insert(GridLoad {
            grid: visit.grid,
            name: None,
            assigned_before: 0,
            assigned_after: 0,
            unserved: 0,
        });
        if visit.person.is_none() {
            load.unserved += 1;
            continue;
        }
        load.assigned_after += 1;
        if visit.task_version.is_none() || visit.former_plan.is_some() {
            load.assigned_before += 1;
        }
    }
    loads.into_values().collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use gridward_domain::time::TimeOfDay;
    use uuid::Uuid;

    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    /// A visit of half an hour by the person of this number on a day of December, which a plan moves.
    fn visit(task: u128, by: u128, day: u32) -> VisitRow {
        let grid = "500116001002001".parse().expect("a code");
        VisitRow {
            district: "500116".parse().expect("a code"),
            plan: PlanId(Uuid::nil()),
            task: TaskId(Uuid::from_u128(task)),
            grid,
            person: Some(person(by)),
            day: NaiveDate::from_ymd_opt(2026, 12, day),
            start: TimeOfDay::new(600).ok(),
            travel: Some(0),
            reason: String::new(),
            task_version: Some(1),
            minutes: Some(30),
            person_grid: Some(grid),
            former_unserved: None,
            former_plan: Some(PlanId(Uuid::nil())),
        }
    }

    #[test]
    fn what_people_had_on_other_days_than_those_of_the_plan_is_not_their_load_before_it() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 12, day).expect("a day");
        let span = Span::new(day(8), day(14)).expect("a span");
        let visits = [visit(1, 1, 8), visit(2, 1, 9), visit(3, 1, 10)];
        let former = [visit(1, 1, 1), visit(2, 2, 14), visit(3, 3, 15)];
        let former: HashMap<TaskId, VisitRow> =
            former.into_iter().map(|visit| (visit.task, visit)).collect();
        let loads = by_person(&visits, &former, span).into_iter();
        let loads: Vec<_> = loads
            .map(|load| (load.person_id, load.minutes_before, load.minutes_after, load.added))
            .collect();
        assert_eq!(loads, [(person(1), 0, 90, 2), (person(2), 30, 0, 0)]);
    }
}
