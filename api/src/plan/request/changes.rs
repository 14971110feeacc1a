//! Changes to a plan by hand: they are conditions of the next computation, as a pure function.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::NaiveDate;
use gridward_dispatch::solve::{DispatchProblem, Pin, Visit, Volunteer, WeekOffer};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::Problem;

/// The maximum number of changes of each sort.
const MOST: usize = 500;
/// The most minutes that one change adds: a day.
const MOST_MINUTES: u16 = 1_440;

/// What a supervisor decides before the plan is computed. A change that accepts a `remedy` of an
/// earlier draft applies to this plan only: it edits neither a task nor a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "more_minutes": [
    { "person_id": "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22", "minutes": 15 }
] }))]
pub struct PlanChanges {
    /// Open tasks that get this person and day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub pins: Vec<PinnedTask>,
    /// People who do not get a task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub forbidden: Vec<ForbiddenPerson>,
    /// People who carry more minutes in the weeks of the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub more_minutes: Vec<MoreMinutes>,
    /// People whose hours of a day end later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub more_time: Vec<MoreTime>,
    /// Tasks whose window ends later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub later_windows: Vec<LaterWindow>,
}

/// A task with a person and a day that the plan does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedTask {
    /// The open task.
    pub task_id: TaskId,
    /// The person.
    pub person_id: PersonId,
    /// The day of the visit.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// The start; absent: at the best time of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
}

/// A person who does not get a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForbiddenPerson {
    /// The task.
    pub task_id: TaskId,
    /// The person.
    pub person_id: PersonId,
}

/// A person who carries more minutes in one week or each week of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreMinutes {
    /// The person.
    pub person_id: PersonId,
    /// A day of the week; absent: in each week of the plan.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub week: Option<NaiveDate>,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 15)]
    pub minutes: u16,
}

/// A person whose hours of a day end later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreTime {
    /// The person.
    pub person_id: PersonId,
    /// The day.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 20)]
    pub minutes: u16,
}

/// A task whose window ends later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaterWindow {
    /// The task.
    pub task_id: TaskId,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 30)]
    pub minutes: u16,
}

impl PlanChanges {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the lengths of the lists and the minutes.
    ///
    /// # Errors
    /// 422 that names the member.
    pub fn check(&self) -> Result<(), Problem> {
        for change in self.all() {
            if change.at >= MOST {
                let detail = format!("at most {MOST} entries");
                return Err(Problem::invalid(&format!("/changes/{}", change.list), detail));
            }
            if change.minutes.is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes)) {
                let detail = format!("must be 1 to {MOST_MINUTES}");
                return Err(Problem::invalid(&change.pointer("minutes"), detail));
            }
        }
        self.check_once()?;
        self.check_pins()
    }

    /// Checks that no window, no day of a person and no person of a task is named twice. More minutes add up.
    fn check_once(&self) -> Result<(), Problem> {
        let people = second(self.forbidden.iter().map(|it| (it.task_id, it.person_id)));
        let people = people.map(|at| format!("/changes/forbidden/{at}/person_id"));
        let windows = second(self.later_windows.iter().map(|it| it.task_id));
        let windows = windows.map(|at| format!("/changes/later_windows/{at}/task_id"));
        let days = second(self.more_time.iter().map(|it| (it.person_id, it.day)));
        let days = days.map(|at| format!("/changes/more_time/{at}/day"));
        match people.or(windows).or(days) {
            Some(pointer) => Err(Problem::invalid(&pointer, "is named twice")),
            None => Ok(()),
        }
    }

    /// Checks that each task has one pin at most, and is not forbidden to its person.
    fn check_pins(&self) -> Result<(), Problem> {
        let forbidden = self.forbidden.iter().map(|it| (it.task_id, it.person_id));
        let forbidden: HashSet<(TaskId, PersonId)> = forbidden.collect();
        let mut pinned = HashSet::new();
        for (at, pin) in self.pins.iter().enumerate() {
            let invalid = |member: &str, detail: &str| {
                Err(Problem::invalid(&format!("/changes/pins/{at}/{member}"), detail))
            };
            if !pinned.insert(pin.task_id) {
                return invalid("task_id", "has another pin");
            }
            if forbidden.contains(&(pin.task_id, pin.person_id)) {
                return invalid("person_id", "must not get the task by `forbidden`");
            }
        }
        Ok(())
    }

    /// The tasks of the changes, each with a JSON pointer into the request.
    pub fn tasks(&self) -> impl Iterator<Item = (String, TaskId)> {
        self.all().filter_map(|change| Some((change.pointer("task_id"), change.task?)))
    }

    /// The people of the changes, each with a JSON pointer into the request.
    pub fn people(&self) -> impl Iterator<Item = (String, PersonId)> {
        self.all().filter_map(|change| Some((change.pointer("person_id"), change.person?)))
    }

    /// The changes of all lists.
    fn all(&self) -> impl Iterator<Item = Change> {
        let pins = self.pins.iter().enumerate().map(|(at, it)| Change {
            task: Some(it.task_id),
            person: Some(it.person_id),
            ..Change::of("pins", at)
        });
        let forbidden = self.forbidden.iter().enumerate().map(|(at, it)| Change {
            task: Some(it.task_id),
            person: Some(it.person_id),
            ..Change::of("forbidden", at)
        });
        let minutes = self.more_minutes.iter().enumerate().map(|(at, it)| Change {
            person: Some(it.person_id),
            minutes: Some(it.minutes),
            ..Change::of("more_minutes", at)
        });
        let time = self.more_time.iter().enumerate().map(|(at, it)| Change {
            person: Some(it.person_id),
            minutes: Some(it.minutes),
            ..Change::of("more_time", at)
        });
        let windows = self.later_windows.iter().enumerate().map(|(at, it)| Change {
            task: Some(it.task_id),
            minutes: Some(it.minutes),
            ..Change::of("later_windows", at)
        });
        pins.chain(forbidden).chain(minutes).chain(time).chain(windows)
    }

    /// Changes the problem. A change of a task or a person that the problem does not have, or no
    /// longer has, has no effect.
    pub fn apply(&self, problem: &mut DispatchProblem) {
        if self.is_empty() {
            return;
        }
        let mut visits: HashMap<TaskId, &mut Visit> =
            problem.visits.iter_mut().map(|visit| (visit.id, visit)).collect();
        let mut people: HashMap<PersonId, &mut Volunteer> =
            problem.volunteers.iter_mut().map(|who| (who.id, who)).collect();
        for PinnedTask { task_id, person_id, day, start } in self.pins.iter().copied() {
            if let Some(visit) = visits.get_mut(&task_id).filter(|visit| visit.pinned.is_none())
                && people.contains_key(&person_id)
            {
                visit.pinned = Some(Pin { volunteer: person_id, day, start });
            }
        }
        for ForbiddenPerson { task_id, person_id } in &self.forbidden {
            if let Some(visit) = visits.get_mut(task_id) {
                visit.forbidden.push(*person_id);
            }
        }
        for LaterWindow { task_id, minutes } in &self.later_windows {
            if let Some(visit) = visits.get_mut(task_id) {
                visit.windows.iter_mut().for_each(|window| *window = later(*window, *minutes));
            }
        }
        for MoreMinutes { person_id, week, minutes } in &self.more_minutes {
            if let Some(who) = people.get_mut(person_id) {
                let is_meant = |offer: &&mut WeekOffer| week.is_none_or(|day| offer.covers(day));
                for offer in who.weeks.iter_mut().filter(is_meant) {
                    offer.offered += Minutes((*minutes).into());
                    who.offered += Minutes((*minutes).into());
                }
            }
        }
        for MoreTime { person_id, day, minutes } in &self.more_time {
            let shifts = people.get_mut(person_id).map(|who| &mut who.shifts);
            let shift = shifts.and_then(|shifts| shifts.iter_mut().find(|it| it.day == *day));
            if let Some(shift) = shift {
                shift.window = later(shift.window, *minutes);
            }
        }
    }
}

/// What a change of any list is about.
struct Change {
    list: &'static str,
    at: usize,
    task: Option<TaskId>,
    person: Option<PersonId>,
    minutes: Option<u16>,
}

impl Change {
    const fn of(list: &'static str, at: usize) -> Self {
        Self { list, at, task: None, person: None, minutes: None }
    }

    /// A JSON pointer to the member of the change.
    fn pointer(&self, member: &str) -> String {
        format!("/changes/{}/{}/{member}", self.list, self.at)
    }
}

/// The place of the first value that is there before.
pub(in crate::plan) fn second<T: Eq + Hash>(mut values: impl Iterator<Item = T>) -> Option<usize> {
    let mut before = HashSet::new();
    values.position(|value| !before.insert(value))
}

/// The window, ending this many minutes later but within the day.
pub(in crate::plan) fn later(window: Window, minutes: u16) -> Window {
    let end = window.end().minutes().saturating_add(minutes).min(TimeOfDay::LAST.minutes());
    let end = TimeOfDay::new(end).unwrap_or(TimeOfDay::LAST);
    Window::new(window.start(), end).unwrap_or(window)
}
