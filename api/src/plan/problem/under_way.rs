//! The visits that people make, are about to leave for, or were last at, while a plan of the same day is
//! computed. New visits come after them, on from their places.

use std::collections::HashMap;

use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;

use super::earliest::Earliest;
use super::reported::Reported;
use crate::db::DbError;
use crate::task::row::TaskRow;

/// What a plan knows of the last visit of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Stage {
    /// This task of the person, which is not reported.
    Held(TaskId),
    /// A task of two people: the plan has only the place that the person leaves.
    Paired(TaskId),
    /// A visit that was reported: the plan has only the place that the person leaves.
    Reported,
}

/// The last visit that a person makes or has made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) struct UnderWay {
    /// What the plan knows of it.
    pub(in crate::plan) stage: Stage,
    /// Where it is; `None` for a phone call.
    pub(in crate::plan) place: Option<Place>,
    /// When its service begins; where the plan has the place alone, when it ends.
    pub(in crate::plan) start: TimeOfDay,
    /// When its service ends.
    pub(in crate::plan) end: TimeOfDay,
}

/// The last visit of each person: one that is under way, or else the last that the person reported or
/// has accepted and planned for an earlier hour; `has_way` tells the tasks to which a person goes.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(in crate::plan) fn all(
    tasks: &[TaskRow],
    reported: &[Reported],
    earliest: Earliest,
    has_way: impl Fn(&TaskRow) -> bool,
) -> Result<HashMap<PersonId, UnderWay>, DbError> {
    let (mut all, mut over) = (HashMap::new(), HashMap::new());
    for row in tasks {
        let Some(person) = row.assignee else { continue };
        let planned = row.planned_on.zip(row.planned_start);
        let (minutes, has_way) = (row.minutes.get(), has_way(row));
        let place = if has_way { Some(row.place()?) } else { None };
        let visit = |(start, end)| match row.pair() {
            Some(_) => UnderWay { stage: Stage::Paired(row.id), place, start: end, end },
            None => UnderWay { stage: Stage::Held(row.id), place, start, end },
        };
        let was_started = row.state == Phase::InProgress;
        if let Some(span) = earliest.under_way(planned, minutes, was_started) {
            keep_last(&mut all, person, visit(span), |visit| visit.start);
        } else if row.state == Phase::Accepted
            && has_way
            && let Some(span) = earliest.over(planned, minutes)
        {
            keep_last(&mut over, person, visit(span), |visit| visit.end);
        }
    }
    for &Reported { person, place, at } in reported.iter().filter(|_| earliest.now().is_some()) {
        let visit = UnderWay { stage: Stage::Reported, place: Some(place), start: at, end: at };
        keep_last(&mut over, person, visit, |visit| visit.end);
    }
    for (person, visit) in over {
        all.entry(person).or_insert(visit);
    }
    Ok(all)
}

/// Keeps the later of the visit and the one that the person has there, by this time of each.
fn keep_last(
    all: &mut HashMap<PersonId, UnderWay>,
    person: PersonId,
    visit: UnderWay,
    time: impl Fn(&UnderWay) -> TimeOfDay,
) {
    let last = all.entry(person).or_insert(visit);
    if (time(last), last.stage) < (time(&visit), visit.stage) {
        *last = visit;
    }
}

/// The next visit of each person on the day of `earliest` that is not under way: its start and place.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(in crate::plan) fn next(
    tasks: &[TaskRow],
    earliest: Earliest,
) -> Result<HashMap<PersonId, (TimeOfDay, Place)>, DbError> {
    let mut next: HashMap<PersonId, (TimeOfDay, Place)> = HashMap::new();
    for row in tasks {
        let planned = (row.assignee, row.planned_on, row.planned_start);
        let (Some(person), Some(day), Some(start)) = planned else { continue };
        if day != earliest.day() || start < earliest.time() {
            continue;
        }
        let visit = (start, row.place()?);
        let first = next.entry(person).or_insert(visit);
        if start < first.0 {
            *first = visit;
        }
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset, TimeDelta};
    use gridward_domain::range::ServiceMinutes;
    use uuid::Uuid;

    use super::*;
    use crate::task::assignment::task_tie::{TaskTie, TieType};
    use crate::task::row::Draft;

    fn at(minutes: u16) -> TimeOfDay {
        TimeOfDay::new(minutes).expect("a time")
    }

    /// At eight o'clock, with a lead of half an hour.
    fn earliest() -> Earliest {
        let now: DateTime<FixedOffset> = "2026-12-01T08:00:00+08:00".parse().expect("a time");
        Earliest::after(now.to_utc(), TimeDelta::minutes(30))
    }

    const PERSON: PersonId = PersonId(Uuid::nil());

    fn place(lon: f64) -> Place {
        Place::new(29.0, lon).expect("a place")
    }

    /// The visit of half an hour, at its own place, that is planned for this minute of the day.
    fn visit(number: u8, start: u16, state: Phase) -> TaskRow {
        let draft = Draft {
            id: TaskId(Uuid::from_u128(number.into())),
            grid: "500116001002001".parse().expect("a code"),
            beneficiary: None,
            place: place(106.0 + f64::from(number) / 100.0),
            not_before: earliest().day(),
            due_on: earliest().day(),
            window: None,
            by: None,
            origin: None,
        };
        let kind = &crate::catalogue::defaults::kinds()[0];
        TaskRow {
            state,
            assignee: Some(PERSON),
            planned_on: Some(earliest().day()),
            planned_start: Some(at(start)),
            minutes: ServiceMinutes::of::<30>(),
            ..TaskRow::open(&draft, kind, chrono::Utc::now())
        }
    }

    #[test]
    fn the_last_visit_is_under_way_or_accepted_and_over_or_reported() {
        let reported =
            |at_minute, lon| Reported { person: PERSON, place: place(lon), at: at(at_minute) };
        let last = |tasks: &[TaskRow], reported: &[Reported]| {
            let all = all(tasks, reported, earliest(), |_| true).expect("places");
            all.get(&PERSON).map(|visit| (visit.stage, visit.start))
        };
        let held = |number: u8| Stage::Held(TaskId(Uuid::from_u128(number.into())));
        let over = visit(1, 440, Phase::Accepted);
        assert_eq!(last(std::slice::from_ref(&over), &[]), Some((held(1), at(440))));
        assert_eq!(last(&[visit(1, 440, Phase::Assigned)], &[]), None, "not accepted");
        let before = [reported(460, 106.5)];
        assert_eq!(
            last(std::slice::from_ref(&over), &before),
            Some((held(1), at(440))),
            "reported before"
        );
        let since = [reported(460, 106.5), reported(475, 106.6)];
        assert_eq!(last(std::slice::from_ref(&over), &since), Some((Stage::Reported, at(475))));
        let soon = visit(2, 490, Phase::Accepted);
        assert_eq!(last(&[over, soon.clone()], &since), Some((held(2), at(490))), "under way");
        let pair = TaskTie { r#type: TieType::TwoPeople, id: soon.id };
        let paired = (Stage::Paired(soon.id), at(520));
        assert_eq!(last(&[soon.tied(pair)], &since), Some(paired), "its end");
    }

    #[test]
    fn a_visit_is_under_way_until_its_end_or_if_it_was_started() {
        let earliest = earliest();
        let under_way = |start, minutes, was_started| {
            let planned = Some((earliest.day(), at(start)));
            earliest.under_way(planned, minutes, was_started)
        };
        assert_eq!(under_way(450, 40, false), Some((at(450), at(490))), "it goes on");
        assert_eq!(under_way(505, 30, false), Some((at(505), at(535))), "it begins soon");
        assert_eq!(under_way(420, 30, false), None, "it is over");
        assert_eq!(under_way(420, 30, true), Some((at(420), at(450))), "it is not reported");
        assert_eq!(under_way(510, 30, false), None, "it begins after the earliest moment");
        assert_eq!(under_way(900, 30, true), Some((at(480), at(510))), "it was started early");
        assert_eq!(earliest.under_way(None, 30, true), Some((at(480), at(510))), "untimed");
        let over = |day, start| earliest.over(Some((day, at(start))), 30);
        assert_eq!(over(earliest.day(), 450), Some((at(450), at(480))));
        assert_eq!(over(earliest.day(), 451), None, "it goes on");
        assert_eq!(over(earliest.day().pred_opt().expect("a day"), 450), None, "yesterday");
    }
}
