//! One volunteer of a part with their timelines and loads.

use chrono::NaiveDate;

use super::limit::{self, Limit};
use super::problem::Volunteer;
use super::timeline::{Position, ShiftTimeline};
use super::units::seconds;
use crate::routing::instance::Seconds;
use gridward_domain::place::Place;

/// One volunteer with their timelines.
pub(super) struct Member<'p> {
    /// The volunteer.
    pub(super) volunteer: &'p Volunteer,
    /// Load in minutes of service and travel, including the earlier load.
    pub(super) load: u32,
    /// The limits of the load, by week if there are offers for weeks, else one.
    pub(super) limits: Vec<Limit>,
    /// The timelines of their shifts, by day.
    pub(super) days: Vec<ShiftTimeline<'p>>,
    /// The index of the limit of each day.
    pub(super) limit_of: Vec<usize>,
}

/// A position for a visit in a member's timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct InsertionSlot {
    /// Index of the member.
    pub(super) member: usize,
    /// Index of the day.
    pub(super) day: usize,
    /// The position within the day.
    pub(super) position: Position,
}

impl<'p> Member<'p> {
    pub(super) fn new(volunteer: &'p Volunteer) -> Self {
        let mut days: Vec<_> = volunteer.shifts.iter().map(ShiftTimeline::new).collect();
        days.sort_unstable_by_key(|day| day.shift.day);
        let limit = |day: NaiveDate| volunteer.weeks.iter().position(|week| week.covers(day));
        // Every shift has an offer for its week, if there are any.
        let limit_of = days.iter().map(|day| limit(day.shift.day).unwrap_or(0)).collect();
        Self {
            volunteer,
            load: volunteer.carried.0,
            limits: limit::unused(volunteer),
            days,
            limit_of,
        }
    }

    /// The limit of a day.
    pub(super) fn limit(&self, day: usize) -> Limit {
        self.limits[self.limit_of[day]]
    }

    /// Adds minutes of a day to the loads.
    pub(super) fn add_load(&mut self, day: usize, minutes: u32) {
        self.load = self.load.saturating_add(minutes);
        let limit = &mut self.limits[self.limit_of[day]];
        limit.load = limit.load.saturating_add(minutes);
    }

    /// Recomputes the loads from the timelines.
    pub(super) fn recompute_loads(&mut self) {
        (self.load, self.limits) = (self.volunteer.carried.0, limit::unused(self.volunteer));
        for day in 0..self.days.len() {
            self.add_load(day, self.days[day].load());
        }
    }

    /// Load in minutes of service and travel, from the timelines.
    pub(super) fn carries(&self) -> u32 {
        self.volunteer.carried.0.saturating_add(self.days.iter().map(ShiftTimeline::load).sum())
    }

    /// The places before visit `at` and at visit `next` of a day; home at both ends.
    pub(super) fn around(&self, day: usize, at: usize, next: usize) -> (Place, Place) {
        let stops = &self.days[day].stops;
        let place = |at: usize| stops.get(at).map(|stop| stop.visit.place);
        let home = self.volunteer.home;
        (at.checked_sub(1).and_then(place).unwrap_or(home), place(next).unwrap_or(home))
    }
}

/// How long a journey takes a volunteer.
pub(super) fn way(who: &Volunteer, from: Place, to: Place) -> Seconds {
    seconds(who.mode.minutes(from, to))
}
