//! Ranks the people within reach who could take a task on a day, the rest of their days unchanged.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use gridward_dispatch::routing::Weights;
use gridward_dispatch::solve;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PersonId, TaskId};

use super::held::{self, Held};
use super::hindrance::Hindrance;
use super::known::{Known, Skills};
use super::model::{Candidate, Candidates};
use super::sentences;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::plan::build::{self, Rows};
use crate::plan::earliest::Earliest;
use crate::plan::seconded::Seconded;
use crate::plan::settings;
use crate::plan::span::{Span, SpanError};
use crate::plan::why::VisitCost;
use crate::task::row::TaskRow;
use crate::task::{freed, perform, tie};
use crate::{availability, beneficiary, catalogue, clock, person};

/// What is asked about a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// The task.
    pub(super) task: TaskId,
    /// The day; by default the planned one, or else the first of the coming days on which anyone could go.
    pub(super) day: Option<NaiveDate>,
    /// How many candidates are returned.
    pub(super) limit: usize,
    /// The present time.
    pub(super) now: DateTime<Utc>,
}

/// The number of days that are tried where the question names none.
const DAYS_TRIED: u64 = 7;

/// The candidates for the task: on the day of the question, or else on the first of the days tried on
/// which any person could go, or on the first of them if no one could on any.
///
/// # Errors
/// 404 outside the scope; 409 for a task that has ended; 422 for a past day.
pub(super) fn candidates(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question,
) -> Result<Candidates, Problem> {
    let (task, _) = perform::visible(conn, principal, question.task, question.now)?;
    principal.authorize(Action::DirectTask, &task.grid)?;
    if !task.life()?.state.is_live() {
        return Err(ProblemCode::TaskPhase.into());
    }
    ranked(conn, key, principal, question, &task)
}

/// The candidates for the task of the question, which has not ended.
///
/// # Errors
/// 422 for a past day.
pub(super) fn ranked(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question,
    task: &TaskRow,
) -> Result<Candidates, Problem> {
    let (first, last) = days(question, task)?;
    let mut on = |day| on_day(conn, key, principal, question, task, day);
    let on_first = on(first)?;
    if on_first.possible > 0 {
        return Ok(on_first);
    }
    for day in first.iter_days().skip(1).take_while(|day| *day <= last) {
        let found = on(day)?;
        if found.possible > 0 {
            return Ok(found);
        }
    }
    Ok(on_first)
}

/// The candidates for the task on the day.
fn on_day(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question,
    task: &TaskRow,
    day: NaiveDate,
) -> Result<Candidates, Problem> {
    let span = Span::new(day, day).map_err(past)?;
    let area = within_reach(principal, task.grid);
    let Input { rows, off_duty, without_home } = input(conn, area, span, task)?;
    let earliest = Earliest::after(question.now, rows.settings.lead());
    let mut problem = build::problem(&rows, span, earliest)?;
    for volunteer in &mut problem.volunteers {
        volunteer.also_serves.push(area);
        if off_duty.contains(&volunteer.id) {
            volunteer.shifts.clear();
        }
    }
    let visit = build::visit(task, &rows, None)?;
    let ranked = solve::candidates(&problem, &visit, Weights::default());
    let mut ranked = ranked.map_err(|error| DbError::corrupt("tasks", error))?;
    // Of the own exclusion no person learns.
    ranked.retain(|one| {
        one.volunteer != principal.person || !visit.forbidden.contains(&one.volunteer)
    });
    let possible = ranked.iter().filter(|one| one.verdict.is_ok()).count();
    let first: Vec<&solve::Candidate> = ranked.iter().take(question.limit).collect();
    let by_id: HashMap<PersonId, _> = rows.people.iter().map(|row| (row.id, row)).collect();
    let shown = first.iter().filter_map(|one| by_id.get(&one.volunteer).copied());
    let known = Known::of(key, principal, shown, &without_home)?;
    let skills = Skills::read(conn, principal)?;
    let assignee = task.life()?.state.assignee();
    let is_early = day < task.not_before;
    let item = |one: &&solve::Candidate| {
        let id = one.volunteer;
        let (who, candidate) = (known.who(id), known.candidate(id));
        let (reach, is_assignee) = (Some(one.reach), assignee == Some(id));
        let candidate = Candidate { reach, is_assignee, ..candidate };
        match &one.verdict {
            Ok(cost) => {
                let cost = VisitCost::from(cost);
                let sentence = sentences::possible(who, &cost, visit.channel);
                Candidate { cost: Some(cost), sentence, ..candidate }
            }
            Err(found) => {
                let found = Hindrance::of(found, off_duty.contains(&id), is_early);
                let sentence = skills.sentence(who, &found);
                Candidate { hindrance: Some(found), sentence, ..candidate }
            }
        }
    };
    let items = first.iter().map(item).collect();
    Ok(Candidates { task_id: task.id, day, area, considered: ranked.len(), possible, items })
}

/// The first and the last day to try, not before today: the day of the question or the planned one, or
/// else some days from the first possible one, of a task that is not overdue up to its due day.
fn days(question: &Question, task: &TaskRow) -> Result<(NaiveDate, NaiveDate), Problem> {
    let today = clock::day(question.now);
    let planned = task.planned_on.filter(|day| *day >= today);
    if let Some(day) = question.day.or(planned) {
        return if day < today { Err(past(SpanError::Past { today })) } else { Ok((day, day)) };
    }
    let first = task.not_before.max(today);
    let last = first.checked_add_days(Days::new(DAYS_TRIED - 1)).unwrap_or(first);
    let last = if task.due_on < first { last } else { last.min(task.due_on) };
    Ok((first, last))
}

fn past(error: SpanError) -> Problem {
    Problem::invalid("day", error.to_string())
}

/// The area whose people are considered: the town, as far as it is the caller's; for an assignee from
/// elsewhere, the grid.
fn within_reach(principal: &Principal, grid: AreaCode) -> AreaCode {
    let town = grid.ancestor(Level::Town).unwrap_or(grid);
    let areas = [town, principal.area];
    let is_reached = |area: &AreaCode| principal.area.contains(area) && area.contains(&grid);
    areas.into_iter().find(is_reached).unwrap_or(grid)
}

/// The input of the ranking.
struct Input {
    rows: Rows,
    off_duty: HashSet<PersonId>,
    without_home: HashSet<PersonId>,
}

fn input(conn: &mut Conn, area: AreaCode, span: Span, task: &TaskRow) -> Result<Input, DbError> {
    let district = area.district();
    let mut people = person::store::visitors(conn, &area.range())?;
    let seconded = Seconded::join(conn, &area.range(), span, &mut people)?;
    people
        .retain(|row| area.contains(&row.area) || seconded.helps(row.id, task.grid, span.first()));
    let without_home = person::start::at_areas(conn, district, &mut people)?;
    let ids: Vec<PersonId> = people.iter().map(|row| row.id).collect();
    let (settings, _) = settings::read(conn, district)?;
    let weeks = settings.fairness_weeks;
    let Held { mut tasks, carried } = held::of(conn, district, &ids, span, weeks)?;
    tasks.retain(|held| held.id != task.id);
    let home: Vec<_> = task.beneficiary.into_iter().collect();
    let rows = beneficiary::store::rows(conn, district, &home)?;
    let last_visitors = rows.iter().filter_map(|row| Some((row.id, row.last_visitor?))).collect();
    let visitor_choices = beneficiary::visitors::of(conn, district, &home)?;
    let work = span.of_work(weeks);
    let calendars = availability::store::calendars(conn, district, work.first(), work.last())?;
    let off_duty = availability::store::off_duty(conn, district)?;
    let refusals = freed::refusals(conn, &task.grid.range())?;
    let own_tie = task.tie().map(|tie| tie.id).into_iter().collect();
    let mut tied = tie::binding(conn, district, &own_tie)?;
    tied.retain(|other| other.id != task.id && tasks.iter().all(|held| held.id != other.id));
    let calls = catalogue::store::calls(conn, district)?;
    let rows = Rows {
        busy: HashSet::new(),
        seconded,
        people,
        calendars,
        tasks,
        tied,
        carried,
        settings,
        last_visitors,
        calls,
        visitor_choices,
        refusals,
        movable: HashMap::new(),
    };
    Ok(Input { rows, off_duty, without_home })
}
