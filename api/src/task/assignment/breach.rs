//! What an assignment breaks: the rules that a plan would keep, and that a person may set aside.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::skill::Skills;
use gridward_domain::time::Window;
use gridward_domain::word::{UnknownWord, Word as _, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignees::Assignee;
use super::task_tie::TieType;
use crate::availability::Duty;
use crate::availability::calendar::Calendar;
use crate::beneficiary::visitors::VisitorChoice;
use crate::db::DbError;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person::Availability;
use crate::task::model::Task;
use crate::task::row::TaskRow;
use crate::task::schedule::overlap::OverlappingVisit;
use crate::task::schedule::possible_days::possible_days;
use crate::task::schedule::work_time::{HeldTime, held_in_week};

/// A rule that an assignment breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Breach>)]
pub enum Breach {
    /// The person lacks a skill.
    Skill,
    /// The person's minutes of the week do not suffice.
    Minutes,
    /// The person's hours do not meet the time window long enough on any day, or not the time of a visit
    /// that keeps it. The ways to the visit and back do not count.
    Window,
    /// The person is away on all days or at the time of a visit that keeps it, or off duty.
    Absence,
    /// The person must not visit the beneficiary.
    Forbidden,
    /// Another person makes the tied tasks.
    SamePerson,
    /// The person makes the other task of a visit by two people.
    TwoPeople,
    /// The person has another visit at that time, or too near to it for the way between both.
    Overlap,
}

impl Breach {
    /// What is broken, about the person of the assignment.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Skill => "lacks a skill of the task",
            Self::Minutes => "offers too few minutes in that week",
            Self::Window => "has no hours within the time window",
            Self::Absence => "is away or off duty on all days of the task",
            Self::Forbidden => "must not visit this beneficiary",
            Self::SamePerson => "another person makes the tied tasks",
            Self::TwoPeople => "makes the other task of the visit by two people",
            Self::Overlap => "has another visit at that time, or too near to it for the way",
        }
    }
}

/// The current task, and what the assignment would break.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskWithBreaches {
    /// The current task.
    pub task: Task,
    /// The broken rules.
    #[schema(max_items = 8)]
    pub breaches: BTreeSet<Breach>,
    /// The other visits of the person at that time, or too near to it for the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000)]
    pub overlaps: Vec<OverlappingVisit>,
}

/// What a task needs of its assignee.
struct Needs<'a> {
    skills: &'a Skills,
    minutes: u32,
    window: Option<Window>,
    /// The days on which it can be done.
    days: (NaiveDate, NaiveDate),
    /// The day that counts for the minutes of a week.
    day: NaiveDate,
}

/// What a person offers.
struct Offer<'a> {
    role: Role,
    skills: &'a Skills,
    weekly_minutes: u32,
    weekly: &'a Availability,
    calendar: &'a Calendar,
    duty: Duty,
    held: &'a [HeldTime],
}

/// The longest time of a task that is searched for a day.
const SEARCHED: Days = Days::new(366);

/// The rules that the assignment breaks, as a pure function.
fn breaches(needs: &Needs<'_>, offer: &Offer<'_>) -> BTreeSet<Breach> {
    let mut broken = BTreeSet::new();
    let mut add = |breach, is_broken: bool| {
        if is_broken {
            broken.insert(breach);
        }
    };
    add(Breach::Skill, !needs.skills.is_subset(offer.skills));
    let (first, last) = needs.days;
    let last = last.min(first.checked_add_days(SEARCHED).unwrap_or(last)).max(first);
    let mut days = first.iter_days().take_while(|day| *day <= last);
    let is_away = offer.duty == Duty::Off || offer.calendar.is_away((first, last), None);
    add(Breach::Absence, is_away);
    // People without any hours have not said when they visit.
    let has_hours = offer.weekly.days().next().is_some();
    let fits = days.any(|day| {
        let hours = offer.calendar.hours_on(offer.role, offer.weekly, day);
        hours.is_some_and(|hours| hours.fit(needs.window, needs.minutes))
    });
    add(Breach::Window, has_hours && !is_away && !fits);
    let held = held_in_week(offer.held, needs.day);
    add(Breach::Minutes, held + needs.minutes > offer.weekly_minutes);
    broken
}

/// Checks that the assignment of the task to the person breaks no rule on the day `today`, given
/// the tasks that are tied to it, the person's other visits at the hour of these, and the choice of
/// the beneficiary's visitors. The person is to make the visit on `day`, or on any day on which it is possible.
///
/// # Errors
/// 409 with the broken rules; [`DbError`].
pub(in crate::task) fn check(
    row: &TaskRow,
    (tied, overlaps): (&[TaskRow], &[OverlappingVisit]),
    to: &Assignee,
    choice: &VisitorChoice,
    (today, day): (NaiveDate, Option<NaiveDate>),
) -> Result<(), Problem> {
    if row.assignee == Some(to.row.id) {
        return Ok(());
    }
    let broken = broken(row, (tied, overlaps), to, choice, (today, day))?;
    let problem = Problem::from(ProblemCode::AssignmentBreaks);
    refuse(row, (broken, overlaps.to_vec()), problem, "/person_id")
}

/// The refusal to give the task back to a person who is away at its time, or has these other visits.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(in crate::task) fn not_given_back(
    row: &TaskRow,
    overlaps: Vec<OverlappingVisit>,
) -> Result<Problem, DbError> {
    let breach = if overlaps.is_empty() { Breach::Absence } else { Breach::Overlap };
    let problem = Problem::from(ProblemCode::AssignmentBreaks);
    refused(row, (BTreeSet::from([breach]), overlaps), problem, "")
}

/// The rules that the assignment of the task to the person breaks on the day `today`, as for [`check`].
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn broken(
    row: &TaskRow,
    (tied, overlaps): (&[TaskRow], &[OverlappingVisit]),
    to: &Assignee,
    choice: &VisitorChoice,
    (today, day): (NaiveDate, Option<NaiveDate>),
) -> Result<BTreeSet<Breach>, DbError> {
    let mut broken = of(row, to, (today, day))?;
    broken.extend(broken_tie(row, tied, to.row.id));
    broken.extend(choice.forbidden.contains(&to.row.id).then_some(Breach::Forbidden));
    broken.extend((!overlaps.is_empty()).then_some(Breach::Overlap));
    Ok(broken)
}

/// Checks that the claim of the task by the person respects the choice of the beneficiary's visitors
/// and the tasks that are tied to it.
///
/// # Errors
/// 409, with the broken rule of a tie but without the reason of a choice; [`DbError`].
pub(in crate::task) fn check_claim(
    row: &TaskRow,
    tied: &[TaskRow],
    choice: &VisitorChoice,
    person: PersonId,
) -> Result<(), Problem> {
    if choice.forbidden.contains(&person) {
        return Err(ProblemCode::NotClaimable.into());
    }
    let broken = broken_tie(row, tied, person).into_iter().collect();
    refuse(row, (broken, Vec::new()), Problem::from(ProblemCode::ClaimBreaksTie), "")
}

/// The rules that are broken, and the other visits at the time of the visit.
type Broken = (BTreeSet<Breach>, Vec<OverlappingVisit>);

fn refuse(
    row: &TaskRow,
    broken: Broken,
    problem: Problem,
    pointer: &'static str,
) -> Result<(), Problem> {
    if broken.0.is_empty() { Ok(()) } else { Err(refused(row, broken, problem, pointer)?) }
}

fn refused(
    row: &TaskRow,
    (broken, overlaps): Broken,
    problem: Problem,
    pointer: &'static str,
) -> Result<Problem, DbError> {
    let errors = broken.iter().map(|breach| {
        FieldError::new(pointer, format!("{}: {}", breach.as_str(), breach.detail()))
    });
    let problem = problem.with_all(errors);
    let task = row.task(gridward_domain::visibility::View::Pool)?;
    Ok(problem.showing(&TaskWithBreaches { task, breaches: broken, overlaps }))
}

/// The rule that the person's assignment to the task breaks, given the other tasks of its tie.
pub fn broken_tie<'r>(
    row: &TaskRow,
    others: impl IntoIterator<Item = &'r TaskRow>,
    person: PersonId,
) -> Option<Breach> {
    let mut makers = others.into_iter().filter_map(TaskRow::maker);
    match row.tie()?.r#type {
        TieType::SamePerson => makers.any(|maker| maker != person).then_some(Breach::SamePerson),
        TieType::TwoPeople => makers.any(|maker| maker == person).then_some(Breach::TwoPeople),
    }
}

fn of(
    row: &TaskRow,
    to: &Assignee,
    (today, day): (NaiveDate, Option<NaiveDate>),
) -> Result<BTreeSet<Breach>, DbError> {
    // A person who gets the task does not get a planned day that has passed.
    let upcoming = row.planned_on.filter(|planned| *planned >= today);
    let needs = Needs {
        skills: row.skills.members(),
        minutes: row.minutes.get().unsigned_abs(),
        window: row.window()?,
        days: day.map_or_else(|| possible_days(row, today), |day| (day, day)),
        day: day.or(upcoming).unwrap_or(row.due_on),
    };
    let Assignee { row: person, calendar, duty, held } = to;
    let offer = Offer {
        role: person.role,
        skills: person.skills.members(),
        weekly_minutes: person.weekly_minutes.get().unsigned_abs(),
        weekly: &person.availability,
        calendar,
        duty: *duty,
        held,
    };
    Ok(breaches(&needs, &offer))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::availability::span::Span;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).expect("a day")
    }

    fn skills(words: &[&str]) -> Skills {
        words.iter().map(|word| word.parse().expect("a skill")).collect()
    }

    fn window(text: &str) -> Window {
        let weekly: Availability = format!("mon {text}").parse().expect("hours");
        weekly.days().next().expect("a day").1
    }

    fn held(n: u32, minutes: i32) -> HeldTime {
        let assignee = PersonId(Uuid::nil());
        HeldTime { assignee, planned_on: None, due_on: day(n), minutes }
    }

    /// Of a task of 60 minutes from Monday 7 to Wednesday 9 December, for a person with hours on
    /// Tuesdays and 120 minutes a week.
    fn broken(
        at: Option<Window>,
        wanted: &[&str],
        absences: Vec<Span>,
        held: &[HeldTime],
    ) -> Vec<Breach> {
        let (wanted, own) = (skills(wanted), skills(&["driving"]));
        let weekly = "tue 0900-1200".parse().expect("hours");
        let calendar = Calendar { absences, ..Calendar::default() };
        let needs =
            Needs { skills: &wanted, minutes: 60, window: at, days: (day(7), day(9)), day: day(9) };
        let offer = Offer {
            role: Role::Volunteer,
            skills: &own,
            weekly_minutes: 120,
            weekly: &weekly,
            calendar: &calendar,
            duty: Duty::On,
            held,
        };
        breaches(&needs, &offer).into_iter().collect()
    }

    #[test]
    fn an_assignment_within_skills_hours_and_minutes_breaks_nothing() {
        let none = Vec::new;
        assert_eq!(broken(None, &["driving"], none(), &[held(13, 60), held(14, 600)]), []);
        assert_eq!(broken(None, &["medical"], none(), &[]), [Breach::Skill]);
        assert_eq!(broken(None, &[], none(), &[held(7, 61)]), [Breach::Minutes]);
        assert_eq!(broken(Some(window("1100-1300")), &[], none(), &[]), []);
        assert_eq!(broken(Some(window("1130-1300")), &[], none(), &[]), [Breach::Window]);
        let away = |first, last| vec![Span { first: day(first), last: day(last), window: None }];
        assert_eq!(broken(None, &[], away(7, 9), &[]), [Breach::Absence]);
        assert_eq!(broken(None, &[], away(8, 8), &[]), [Breach::Window], "the day with hours");
        assert_eq!(broken(None, &[], away(9, 20), &[]), []);
        let hours = |text| vec![Span { first: day(8), last: day(8), window: Some(window(text)) }];
        assert_eq!(broken(None, &[], hours("1000-1100"), &[]), []);
        assert_eq!(broken(None, &[], hours("0930-1130"), &[]), [Breach::Window], "no whole hour");
    }
}
