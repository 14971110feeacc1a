//! Checks of the area, the tasks and the people that the order for a plan names.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;

use crate::beneficiary::visitors;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem};
use crate::plan::problem::seconded::Seconded;
use crate::plan::problem::{base, missed, movable};
use crate::plan::request::changes::Change;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::selection::{MOST_IDS, MOST_WORDS};
use crate::plan::request::single_changes::{MoreMinutes, PinnedTask};
use crate::plan::request::span::Span;
use crate::task::assignment::breach::{Breach, broken_tie};
use crate::task::row::TaskRow;
use crate::vocabulary::model::VocabularyName;
use crate::{area, catalogue, person, task, vocabulary};

/// Checks the order at `now`: its members, the area, the tasks and the people of the changes, which must be those
/// of the plan, and the plan on which it is based.
///
/// # Errors
/// 422 that names the members of the order; 409 for a base in another state, and without a necessary
/// confirmation; [`DbError`].
pub fn check(conn: &mut Conn, order: &PlanOrder, now: DateTime<Utc>) -> Result<(), Problem> {
    let today = clock::day(now);
    let mut faults = order.faults(today);
    faults.extend(faults_of_named(conn, order, now)?);
    Problem::refuse(faults)?;
    order.confirmed(today)
}

/// The errors of what the order names.
fn faults_of_named(
    conn: &mut Conn,
    order: &PlanOrder,
    now: DateTime<Utc>,
) -> Result<Vec<FieldError>, Problem> {
    if area::store::current(conn, &order.area)?.is_none() {
        return Ok(vec![FieldError::new("/area", "the area does not exist")]);
    }
    let mut faults = Vec::new();
    for (at, kind) in order.only.kinds.iter().take(MOST_WORDS).enumerate() {
        if catalogue::store::one(conn, order.area.district(), kind.as_str())?.is_none() {
            let pointer = format!("/only/kinds/{at}");
            faults.push(FieldError::new(pointer, "is no kind of service"));
        }
    }
    faults.extend(faults_of_selected(conn, order)?);
    faults.extend(base::fault(conn, order, now)?);
    // Lists that are too long are refused unread.
    if !order.changes.is_empty() && !order.changes.is_too_long() {
        faults.extend(faults_of_changes(conn, order, clock::day(now))?);
    }
    Ok(faults)
}

/// An error for each task that the order selects by id and that is not one of the area. One that has ended meanwhile
/// is not planned.
fn faults_of_selected(conn: &mut Conn, order: &PlanOrder) -> Result<Vec<FieldError>, DbError> {
    let ids = order.only.ids.get(..MOST_IDS).unwrap_or(&order.only.ids);
    let rows = task::store::rows(conn, order.area.district(), ids)?;
    let of_area = rows.iter().filter(|row| order.area.contains(&row.grid));
    let of_area: HashSet<TaskId> = of_area.map(|row| row.id).collect();
    let unknown = ids.iter().enumerate().filter(|(_, id)| !of_area.contains(*id));
    let fault = |at| FieldError::new(format!("/only/ids/{at}"), "is no task of the area");
    Ok(unknown.map(|(at, _)| fault(at)).collect())
}

/// The tasks that the changes name.
struct NamedTasks {
    /// The open ones of the area, and its missed visits as if these were open.
    open: HashMap<TaskId, TaskRow>,
    /// All tasks of the ties of the named ones; the missed visits that the plan has are as if they were open.
    tied: Vec<TaskRow>,
}

impl NamedTasks {
    fn read(conn: &mut Conn, order: &PlanOrder, today: NaiveDate) -> Result<Self, DbError> {
        let (area, district) = (order.area, order.area.district());
        let named: HashSet<TaskId> = order.changes.tasks().map(|(_, id)| id).collect();
        let ids: Vec<TaskId> = named.iter().copied().collect();
        let mut rows = task::store::rows(conn, district, &ids)?;
        rows.retain(|row| area.contains(&row.grid));
        let ties: BTreeSet<TaskId> =
            rows.iter().filter_map(TaskRow::tie).map(|tie| tie.id).collect();
        if !ties.is_empty() {
            let others = task::assignment::tie::binding(conn, district, &ties)?;
            rows.extend(others.into_iter().filter(|row| !named.contains(&row.id)));
        }
        let missed = missed::read(conn, area, today, (&rows, &[]))?;
        // The plan has those that are named, the other one of two people's visit, and those that it selects.
        let includes = order.only.matcher();
        let is_planned = |row: &TaskRow| {
            let is_selected = includes(row) && !order.leaves_out(row.due_on, today);
            named.contains(&row.id) || row.pair().is_some() || is_selected
        };
        let planned = rows.iter_mut().filter(|row| missed.contains(&row.id) && is_planned(row));
        planned.for_each(movable::as_open);
        let is_open = |row: &&TaskRow| named.contains(&row.id) && row.state == Phase::Open;
        let open = rows.iter().filter(is_open).map(|row| (row.id, row.clone())).collect();
        rows.retain(|row| row.tie().is_some());
        Ok(Self { open, tied: rows })
    }
}

/// The errors of the changes on `today`.
fn faults_of_changes(
    conn: &mut Conn,
    order: &PlanOrder,
    today: NaiveDate,
) -> Result<Vec<FieldError>, DbError> {
    let NamedTasks { open, tied } = NamedTasks::read(conn, order, today)?;
    let unknown = order.changes.tasks().filter(|(_, id)| !open.contains_key(id));
    let unknown = unknown.map(|(at, _)| FieldError::new(at, "is no open task of the area"));
    let mut faults: Vec<FieldError> = unknown.collect();
    // Without valid days there is no plan to compare the days and the people with.
    if let Ok(span) = order.span() {
        faults.extend(faults_of_people(conn, order, span, &open)?);
        faults.extend(faults_of_days(order, span, &open));
    }
    faults.extend(faults_of_skills(conn, order)?);
    faults.extend(faults_of_choices(conn, order, &open)?);
    faults.extend(faults_of_ties(order, &open, tied));
    Ok(faults)
}

/// An error for each change of a person who is not one of the plan, and for each pin of one on a day of the plan on which
/// this person does not help where the task is.
fn faults_of_people(
    conn: &mut Conn,
    order: &PlanOrder,
    span: Span,
    open: &HashMap<TaskId, TaskRow>,
) -> Result<Vec<FieldError>, DbError> {
    let mut people = person::store::visitors(conn, &order.area.range())?;
    let seconded = Seconded::join(conn, &order.area.range(), span, &mut people)?;
    let known: HashSet<PersonId> = people.into_iter().map(|row| row.id).collect();
    let unknown = order.changes.people().filter(|(_, id)| !known.contains(id));
    let detail = "is no active manager or volunteer of the area";
    let unknown = unknown.map(|(pointer, _)| FieldError::new(pointer, detail));
    let is_elsewhere = |pin: &PinnedTask| {
        known.contains(&pin.person_id)
            && span.contains(pin.day)
            && open
                .get(&pin.task_id)
                .is_some_and(|row| !seconded.reaches(pin.person_id, row.grid, pin.day))
    };
    let pins = order.changes.pins.iter().enumerate();
    let elsewhere = pins.filter(|(_, pin)| is_elsewhere(pin)).map(|(at, _)| {
        let detail = "is no day on which the person helps in the area";
        FieldError::new(Change::of("pins", at).pointer("day"), detail)
    });
    Ok(unknown.chain(elsewhere).collect())
}

/// An error for each day of a change that is not one of the plan, for each pin to a day before the first one of its
/// task, and for each week that the plan is not in.
fn faults_of_days(
    order: &PlanOrder,
    span: Span,
    open: &HashMap<TaskId, TaskRow>,
) -> impl Iterator<Item = FieldError> {
    let changes = &order.changes;
    let pins = changes.pins.iter().enumerate().map(|(at, pin)| ("pins", at, pin.day));
    let time = changes.more_time.iter().enumerate().map(|(at, more)| ("more_time", at, more.day));
    let days = pins.chain(time).filter(move |(.., day)| !span.contains(*day));
    let days = days.map(|(list, at, _)| {
        FieldError::new(Change::of(list, at).pointer("day"), "must be a day of the plan")
    });
    let early = changes.pins.iter().enumerate().filter_map(move |(at, pin)| {
        let first = open.get(&pin.task_id)?.not_before;
        (span.contains(pin.day) && pin.day < first).then(|| {
            let pointer = Change::of("pins", at).pointer("day");
            FieldError::new(pointer, format!("must not be before {first}"))
        })
    });
    let weeks = span.weeks();
    let outside = move |more: &MoreMinutes| more.week.is_some_and(|day| !weeks.contains(day));
    let outside = changes.more_minutes.iter().enumerate().filter(move |(_, more)| outside(more));
    let outside = outside.map(|(at, _)| {
        let pointer = Change::of("more_minutes", at).pointer("week");
        FieldError::new(pointer, "must be in a week of the plan")
    });
    days.chain(early).chain(outside)
}

/// An error for each skill of the changes that is no word of the district.
fn faults_of_skills(conn: &mut Conn, order: &PlanOrder) -> Result<Vec<FieldError>, DbError> {
    if order.changes.skills.is_empty() {
        return Ok(Vec::new());
    }
    let known = vocabulary::store::one(conn, order.area.district(), VocabularyName::Skills)?;
    let mut faults = Vec::new();
    for (at, change) in order.changes.skills.iter().enumerate() {
        for skill in &change.skills {
            if let Err(unknown) = known.check(skill.as_str()) {
                let pointer = Change::of("skills", at).pointer("skills");
                faults.push(FieldError::new(pointer, format!("{skill} {unknown}")));
            }
        }
    }
    Ok(faults)
}

/// An error for each pin of a person who must not visit the beneficiary.
fn faults_of_choices(
    conn: &mut Conn,
    order: &PlanOrder,
    open: &HashMap<TaskId, TaskRow>,
) -> Result<Vec<FieldError>, DbError> {
    let beneficiary = |task: TaskId| open.get(&task).and_then(|row| row.beneficiary);
    let visited: Vec<BeneficiaryId> = order.pinned().filter_map(beneficiary).collect();
    let choices = visitors::of(conn, order.area.district(), &visited)?;
    let is_forbidden = |pin: &PinnedTask| {
        visitors::forbidden(&choices, beneficiary(pin.task_id)).contains(&pin.person_id)
    };
    let pins = order.changes.pins.iter().enumerate();
    let forbidden = pins.filter(|(_, pin)| is_forbidden(pin)).map(|(at, _)| {
        FieldError::new(Change::of("pins", at).pointer("person_id"), Breach::Forbidden.detail())
    });
    Ok(forbidden.collect())
}

/// An error for each pin that breaks the tie to another task; `tied` are the tasks of the ties.
fn faults_of_ties(
    order: &PlanOrder,
    open: &HashMap<TaskId, TaskRow>,
    mut tied: Vec<TaskRow>,
) -> Vec<FieldError> {
    let pins: HashMap<TaskId, &PinnedTask> =
        order.changes.pins.iter().map(|pin| (pin.task_id, pin)).collect();
    // A tied task counts with the person and the day that the order pins it to.
    for row in &mut tied {
        if let Some(pin) = pins.get(&row.id) {
            row.state = Phase::Assigned;
            (row.assignee, row.planned_on) = (Some(pin.person_id), Some(pin.day));
        }
    }
    let fault = |pin: &PinnedTask| {
        let row = open.get(&pin.task_id)?;
        let tie = row.tie()?;
        let others = || tied.iter().filter(|it| it.tie() == Some(tie) && it.id != row.id);
        if let Some(breach) = broken_tie(row, others(), pin.person_id) {
            return Some(("person_id", breach.detail()));
        }
        let other_day = |other: &TaskRow| {
            other.maker().is_some() && other.planned_on.is_some_and(|day| day != pin.day)
        };
        let is_on_another_day = row.pair().is_some() && others().any(other_day);
        is_on_another_day.then_some(("day", "the other person makes the visit on another day"))
    };
    let faults = order.changes.pins.iter().enumerate().filter_map(|(at, pin)| {
        let (member, detail) = fault(pin)?;
        Some(FieldError::new(Change::of("pins", at).pointer(member), detail))
    });
    faults.collect()
}
