//! Converts database rows into the solver's problem.

use std::collections::{HashMap, HashSet};

use gridward_dispatch::solve::{DispatchProblem, Mode, Pin, Shift, Visit, Volunteer};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::State;
use gridward_domain::time::Minutes;

use super::earliest::Earliest;
use super::span::Span;
use crate::availability::calendar::{Calendar, Hours};
use crate::db::DbError;
use crate::person::store::PersonRow;
use crate::task::row::TaskRow;

/// The rows that a plan is computed from.
pub struct Rows {
    /// The visitors.
    pub people: Vec<PersonRow>,
    /// The dated hours and absences of the visitors in the span.
    pub calendars: HashMap<PersonId, Calendar>,
    /// Open tasks and assigned tasks.
    pub tasks: Vec<TaskRow>,
    /// Other minutes already committed per person in the weeks of the plan.
    pub carried: HashMap<PersonId, Minutes>,
    /// The last visitor of each beneficiary.
    pub last_visitors: HashMap<BeneficiaryId, PersonId>,
}

/// Builds the problem of planning `rows` for `span`, with no new visit before `earliest`.
///
/// # Errors
/// [`DbError::Corrupt`] for an invalid row.
pub fn problem(rows: &Rows, span: Span, earliest: Earliest) -> Result<DispatchProblem, DbError> {
    let known: HashSet<PersonId> = rows.people.iter().map(|row| row.id).collect();
    let mut carried = rows.carried.clone();
    let mut visits = Vec::with_capacity(rows.tasks.len());
    for row in &rows.tasks {
        let assignee = match row.life()?.state {
            State::Open => None,
            state => state.assignee(),
        };
        match (assignee, row.planned_on) {
            (None, _) => visits.push(visit(row, rows, None)?),
            // The hours of this visit have begun, and its person is free of it afterwards.
            (Some(person), Some(day))
                if row.planned_start.is_some_and(|start| earliest.has_passed(day, start)) =>
            {
                *carried.entry(person).or_default() += row.minutes.into();
            }
            (Some(person), Some(day)) if span.contains(day) && known.contains(&person) => {
                let pin = Pin { volunteer: person, day, start: row.planned_start };
                visits.push(visit(row, rows, Some(pin))?);
            }
            // Claimed without a day, or planned for another day: it still counts as
            // workload.
            (Some(person), None) => *carried.entry(person).or_default() += row.minutes.into(),
            (Some(_), Some(_)) => {}
        }
    }
    let volunteers = rows
        .people
        .iter()
        .map(|row| volunteer(row, rows, (span, earliest), &carried))
        .collect::<Result<_, DbError>>()?;
    Ok(DispatchProblem { volunteers, visits, ..DispatchProblem::default() })
}

fn volunteer(
    row: &PersonRow,
    rows: &Rows,
    (span, earliest): (Span, Earliest),
    carried: &HashMap<PersonId, Minutes>,
) -> Result<Volunteer, DbError> {
    let id = row.id;
    let undated = Calendar::default();
    let calendar = rows.calendars.get(&id).unwrap_or(&undated);
    let shifts = span.days().filter_map(|day| {
        let Hours { window, breaks } = calendar.hours_on(&row.availability, day)?;
        Some(Shift { day, window: earliest.within(day, window)?, breaks })
    });
    let skills = row.skills.members().clone();
    let drives = skills.iter().any(|skill| skill.as_str() == "driving");
    Ok(Volunteer {
        id,
        home: row.home()?,
        grid: row.area,
        also_serves: Vec::new(),
        skills,
        shifts: shifts.collect(),
        offered: Minutes(Minutes::from(row.weekly_minutes).0.saturating_mul(span.count_weeks())),
        carried: carried.get(&id).copied().unwrap_or_default(),
        mode: if drives { Mode::Motorcycle } else { Mode::Bicycle },
    })
}

fn visit(row: &TaskRow, rows: &Rows, pinned: Option<Pin>) -> Result<Visit, DbError> {
    let last = row.beneficiary.as_ref().and_then(|id| rows.last_visitors.get(id));
    Ok(Visit {
        id: row.id,
        grid: row.grid,
        place: row.place()?,
        service: row.minutes.into(),
        windows: row.window()?.into_iter().collect(),
        not_before: row.not_before,
        due: row.due_on,
        priority: row.priority,
        skills: row.skills.members().clone(),
        last: last.copied(),
        preferred: None,
        forbidden: Vec::new(),
        pinned,
    })
}
