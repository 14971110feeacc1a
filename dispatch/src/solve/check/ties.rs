//! Checks the ties between visits.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::timeline::minute;
use super::{Index, Violation};
use crate::solve::plan::Plan;
use crate::solve::ties::{Pair, Tie};
use gridward_domain::id::{PersonId, TaskId};

/// The volunteer, the day and the minute of the begin of each assigned visit.
pub(super) type Assignments = HashMap<TaskId, (PersonId, NaiveDate, u32)>;

pub(super) fn assignments(plan: &Plan) -> Assignments {
    let stops = plan.routes.iter().flat_map(|route| route.stops.iter().map(move |s| (route, s)));
    let assignment = |(route, stop): (&crate::solve::Route, &crate::solve::Stop)| {
        (stop.visit, (route.volunteer, route.day, minute(stop.start)))
    };
    stops.map(assignment).collect()
}

/// Checks every tie.
pub(super) fn ties_are_kept(index: &Index<'_>, assignments: &Assignments) -> Result<(), Violation> {
    for tie in &index.problem.ties {
        match tie {
            Tie::SamePerson(visits) => {
                let mut made =
                    visits.iter().filter_map(|visit| Some((visit, assignments.get(visit)?.0)));
                if let Some((_, person)) = made.next()
                    && let Some((visit, _)) = made.find(|(_, other)| *other != person)
                {
                    return Err(Violation::OnePerson(*visit));
                }
            }
            Tie::TwoPeople(pair) if !is_kept(pair, assignments) => {
                return Err(Violation::TwoPeople(pair.first));
            }
            Tie::TwoPeople(_) => {}
        }
    }
    Ok(())
}

fn is_kept(pair: &Pair, assignments: &Assignments) -> bool {
    match (assignments.get(&pair.first), assignments.get(&pair.second)) {
        (None, None) => true,
        (Some((one, day, first)), Some((other, same_day, second))) => {
            let after = second.checked_sub(*first);
            one != other
                && day == same_day
                && after.is_some_and(|after| (pair.after.0..=pair.by.0).contains(&after))
        }
        _ => false,
    }
}

/// Whether the visit is tied to any other.
pub(super) fn is_tied(index: &Index<'_>, visit: TaskId) -> bool {
    index.problem.ties.iter().any(|tie| tie.visits().contains(&visit))
}

/// The volunteer of another visit of the group.
pub(super) fn holder(
    index: &Index<'_>,
    visit: TaskId,
    assignments: &Assignments,
) -> Option<PersonId> {
    let groups = index.problem.ties.iter().filter_map(|tie| match tie {
        Tie::SamePerson(visits) if visits.contains(&visit) => Some(visits),
        _ => None,
    });
    groups.flatten().find_map(|other| Some(assignments.get(other)?.0))
}
