//! Changes to a plan by hand: they are conditions of the next computation, as a pure function.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::NaiveDate;
use gridward_dispatch::solve::{DispatchProblem, Pin, Visit, Volunteer, WeekOffer};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::single_changes::{
    ForbiddenPerson, LaterWindow, MoreMinutes, MoreTime, PersonSkills, PinnedTask,
};
use crate::http::problem::FieldError;

/// The maximum number of changes of each sort.
const MOST: usize = 500;
/// The most skills that a person gets.
const MOST_SKILLS: usize = 32;
/// The most minutes that one change adds: a day.
const MOST_MINUTES: u16 = 1_440;

/// What a supervisor decides before the plan is computed. A change that accepts a `remedy` of an
/// earlier draft applies to this plan only: it edits neither a task nor a person. With the `task_id` of the task
/// that has the remedy, and the draft as `based_on`, that task gets the place that the remedy found before all
/// others that wait; the other visits stay, but some of that person's day may begin later. A visit by two people gets no
/// such place. What one person gets for several tasks adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "more_minutes": [{
    "person_id": "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22", "minutes": 15,
    "task_id": "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c23"
}] }))]
pub struct PlanChanges {
    /// Tasks that the plan can have, open ones and those of visits whose day has passed unaccepted, that get this
    /// person and day, also if the person gave the task back before: `declined_by_ids` of the visit names such people.
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
    /// People who also make visits that require skills which they lack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub skills: Vec<PersonSkills>,
}

impl PlanChanges {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a list is longer than its maximum.
    pub fn is_too_long(&self) -> bool {
        self.all().any(|change| change.at == MOST)
    }

    /// The errors of the lengths of the lists, the minutes and the numbers of skills, and those of changes that
    /// contradict each other.
    pub fn faults(&self) -> Vec<FieldError> {
        let too_long = self.all().filter(|change| change.at == MOST).map(|change| {
            FieldError::new(format!("/changes/{}", change.list), format!("at most {MOST} entries"))
        });
        let is_wrong = |minutes: u16| !(1..=MOST_MINUTES).contains(&minutes);
        let minutes = self.all().filter(|change| change.minutes.is_some_and(is_wrong));
        let minutes = minutes.map(|change| {
            let detail = format!("must be from 1 to {MOST_MINUTES}");
            FieldError::new(change.pointer("minutes"), detail)
        });
        let skills = self.skills.iter().enumerate();
        let skills = skills.filter(|(_, it)| !(1..=MOST_SKILLS).contains(&it.skills.len()));
        let skills = skills.map(|(at, _)| {
            let detail = format!("must have from 1 to {MOST_SKILLS} items");
            FieldError::new(Change::of("skills", at).pointer("skills"), detail)
        });
        let each = too_long.chain(minutes).chain(skills);
        each.chain(self.twice()).chain(self.faults_of_pins()).collect()
    }

    /// An error for each window, day of a person, person of a task and person with skills that is named before for
    /// the same task or none. What one person gets for several tasks adds up, and so do more minutes.
    fn twice(&self) -> impl Iterator<Item = FieldError> {
        let people = repeated(self.forbidden.iter().map(|it| (it.task_id, it.person_id)));
        let people = people.map(|at| Change::of("forbidden", at).pointer("person_id"));
        let windows = repeated(self.later_windows.iter().map(|it| it.task_id));
        let windows = windows.map(|at| Change::of("later_windows", at).pointer("task_id"));
        let days = repeated(self.more_time.iter().map(|it| (it.person_id, it.day, it.task_id)));
        let days = days.map(|at| Change::of("more_time", at).pointer("day"));
        let skills = repeated(self.skills.iter().map(|it| (it.person_id, it.task_id)));
        let skills = skills.map(|at| Change::of("skills", at).pointer("person_id"));
        let all = people.chain(windows).chain(days).chain(skills);
        all.map(|pointer| FieldError::new(pointer, "is named twice"))
    }

    /// An error for each task with an earlier pin, and for each pin to a person who must not get the task.
    fn faults_of_pins(&self) -> Vec<FieldError> {
        let forbidden = self.forbidden.iter().map(|it| (it.task_id, it.person_id));
        let forbidden: HashSet<(TaskId, PersonId)> = forbidden.collect();
        let twice = repeated(self.pins.iter().map(|pin| pin.task_id)).map(|at| {
            FieldError::new(Change::of("pins", at).pointer("task_id"), "has another pin")
        });
        let pins = self.pins.iter().enumerate();
        let refused = pins.filter(|(_, pin)| forbidden.contains(&(pin.task_id, pin.person_id)));
        let refused = refused.map(|(at, _)| {
            let detail = "must not get the task by `forbidden`";
            FieldError::new(Change::of("pins", at).pointer("person_id"), detail)
        });
        twice.chain(refused).collect()
    }

    /// The tasks of the changes, each with a JSON pointer into the request.
    pub fn tasks(&self) -> impl Iterator<Item = (String, TaskId)> {
        self.all().filter_map(|change| Some((change.pointer("task_id"), change.task?)))
    }

    /// The people of the changes, each with a JSON pointer into the request.
    pub fn people(&self) -> impl Iterator<Item = (String, PersonId)> {
        self.all().filter_map(|change| Some((change.pointer("person_id"), change.person?)))
    }

    /// The tasks for which a change may accept a remedy, with its person if it names one, and the code of the remedy.
    pub fn remedied(&self) -> impl Iterator<Item = (TaskId, Option<PersonId>, &'static str)> {
        let minutes = self.more_minutes.iter();
        let minutes = minutes.map(|it| (it.task_id, Some(it.person_id), "more_minutes"));
        let time = self.more_time.iter();
        let time = time.map(|it| (it.task_id, Some(it.person_id), "more_time"));
        let skills = self.skills.iter().map(|it| (it.task_id, Some(it.person_id), "skill"));
        let windows = self.later_windows.iter().map(|it| (Some(it.task_id), None, "later_window"));
        let all = minutes.chain(time).chain(skills).chain(windows);
        all.filter_map(|(task, person, code)| Some((task?, person, code)))
    }

    /// The minutes by which the hours of people's days end later.
    pub(in crate::plan) fn time_by_day(&self) -> HashMap<(PersonId, NaiveDate), u16> {
        let mut by_day: HashMap<(PersonId, NaiveDate), u16> = HashMap::new();
        for more in &self.more_time {
            let minutes = by_day.entry((more.person_id, more.day)).or_default();
            *minutes = minutes.saturating_add(more.minutes);
        }
        by_day
    }

    /// The skills that people need not have.
    pub(in crate::plan) fn skills_by_person(&self) -> HashMap<PersonId, Skills> {
        let mut by_person: HashMap<PersonId, Skills> = HashMap::new();
        for more in &self.skills {
            by_person.entry(more.person_id).or_default().extend(more.skills.iter().cloned());
        }
        by_person
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
            task: it.task_id,
            person: Some(it.person_id),
            minutes: Some(it.minutes),
            ..Change::of("more_minutes", at)
        });
        let time = self.more_time.iter().enumerate().map(|(at, it)| Change {
            task: it.task_id,
            person: Some(it.person_id),
            minutes: Some(it.minutes),
            ..Change::of("more_time", at)
        });
        let windows = self.later_windows.iter().enumerate().map(|(at, it)| Change {
            task: Some(it.task_id),
            minutes: Some(it.minutes),
            ..Change::of("later_windows", at)
        });
        let skills = self.skills.iter().enumerate().map(|(at, it)| Change {
            task: it.task_id,
            person: Some(it.person_id),
            ..Change::of("skills", at)
        });
        pins.chain(forbidden).chain(minutes).chain(time).chain(windows).chain(skills)
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
        for MoreMinutes { person_id, week, minutes, .. } in &self.more_minutes {
            if let Some(who) = people.get_mut(person_id) {
                let is_meant = |offer: &&mut WeekOffer| week.is_none_or(|day| offer.covers(day));
                for offer in who.weeks.iter_mut().filter(is_meant) {
                    offer.offered += Minutes((*minutes).into());
                    who.offered += Minutes((*minutes).into());
                }
            }
        }
        for ((person, day), minutes) in self.time_by_day() {
            let shifts = people.get_mut(&person).map(|who| &mut who.shifts);
            let shift = shifts.and_then(|shifts| shifts.iter_mut().find(|it| it.day == day));
            if let Some(shift) = shift {
                shift.window = later(shift.window, minutes);
            }
        }
        for (person, skills) in self.skills_by_person() {
            if let Some(who) = people.get_mut(&person) {
                who.skills.extend(skills);
            }
        }
    }
}

/// What a change of any list is about.
pub(in crate::plan) struct Change {
    list: &'static str,
    at: usize,
    task: Option<TaskId>,
    person: Option<PersonId>,
    minutes: Option<u16>,
}

impl Change {
    /// That of this place in the list, about nothing yet.
    pub(in crate::plan) const fn of(list: &'static str, at: usize) -> Self {
        Self { list, at, task: None, person: None, minutes: None }
    }

    /// A JSON pointer to the member of the change.
    pub(in crate::plan) fn pointer(&self, member: &str) -> String {
        format!("/changes/{}/{}/{member}", self.list, self.at)
    }
}

/// The places of the values that are there before.
pub(in crate::plan) fn repeated<T: Eq + Hash>(
    values: impl Iterator<Item = T>,
) -> impl Iterator<Item = usize> {
    let mut before = HashSet::new();
    values.enumerate().filter_map(move |(at, value)| (!before.insert(value)).then_some(at))
}

/// The window, ending this many minutes later but within the day.
pub(in crate::plan) fn later(window: Window, minutes: u16) -> Window {
    let end = window.end().minutes().saturating_add(minutes).min(TimeOfDay::LAST.minutes());
    let end = TimeOfDay::new(end).unwrap_or(TimeOfDay::LAST);
    Window::new(window.start(), end).unwrap_or(window)
}

#[cfg(test)]
mod tests;
