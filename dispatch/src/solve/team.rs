//! The people of one part of a problem, what they carry so far, and who of
//! them could take a visit.

use gridward_domain::word::VariantArray as _;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::problem::{Pin, Problem, Visit, Volunteer};
use super::route::{Day, Gap, Missed};
use super::split::Part;
use super::ties::Ties;
use super::travel::Travel;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::TaskId;
use gridward_domain::place::Place;

/// Everyone of a part, in the order of their ids.
pub(super) struct Team<'p> {
    /// The members.
    pub(super) members: Vec<Member<'p>>,
    /// Who named an area as one they serve.
    named: HashMap<AreaCode, Vec<usize>>,
    /// Which visits belong together.
    pub(super) ties: &'p Ties,
    travel: Travel,
}

/// One volunteer with the days they have so far.
pub(super) struct Member<'p> {
    /// Who it is.
    pub(super) volunteer: &'p Volunteer,
    /// Minutes of service and travel carried, what came before the plan with them.
    pub(super) load: u32,
    /// Their shifts, by day.
    pub(super) days: Vec<Day<'p>>,
}

/// A place in somebody's plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Whose, as a place among the members.
    pub(super) member: usize,
    /// Which of their days.
    pub(super) day: usize,
    /// Where in that day.
    pub(super) gap: Gap,
}

impl<'p> Team<'p> {
    /// The team of a part, with empty days.
    pub(super) fn new(problem: &Problem, ties: &'p Ties, part: &Part<'p>) -> Self {
        let mut volunteers = part.volunteers.clone();
        volunteers.sort_unstable_by_key(|volunteer| volunteer.id);
        let mut named: HashMap<AreaCode, Vec<usize>> = HashMap::new();
        for (member, volunteer) in volunteers.iter().enumerate() {
            for area in volunteer.widest() {
                named.entry(area).or_default().push(member);
            }
        }
        let members = volunteers.into_iter().map(Member::new).collect();
        Self { members, named, ties, travel: problem.travel }
    }

    /// Those who serve the visit's grid and are not to keep away from it, each once.
    pub(super) fn serving<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        let grid = visit.grid;
        let areas =
            Level::VARIANTS.iter().copied().rev().filter_map(move |level| grid.ancestor(level));
        let named = areas.filter_map(|area| self.named.get(&area)).flatten().copied();
        named.filter(|member| !visit.forbidden.contains(&self.members[*member].volunteer.id))
    }

    /// Those of them who may make it beside what it is tied to and others make.
    pub(super) fn free_for<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        self.capable(visit).filter(self.allows(visit))
    }

    /// Whether a member may make it so: who makes others of its group, and not who makes
    /// it as the other of two people.
    pub(super) fn allows(&self, visit: &Visit) -> impl Fn(&usize) -> bool + use<> {
        let holder = self.ties.fellows(visit.id).find_map(|fellow| self.seat(fellow));
        let partner = self.ties.partner(visit.id).and_then(|partner| self.seat(partner));
        move |member| {
            holder.is_none_or(|(holder, _)| holder == *member)
                && partner.is_none_or(|(partner, _)| partner != *member)
        }
    }

    /// Whether somebody makes another visit that the same person is to make.
    pub(super) fn is_begun(&self, visit: &Visit) -> bool {
        self.ties.fellows(visit.id).any(|fellow| self.seat(fellow).is_some())
    }

    /// Whether somebody makes the visit of the other person.
    pub(super) fn is_half_made(&self, visit: &Visit) -> bool {
        self.ties.partner(visit.id).is_some_and(|partner| self.seat(partner).is_some())
    }

    /// The person and the day of a pin, if that person is of the team and has that day.
    pub(super) fn pinned_day(&self, pin: Pin) -> Option<(usize, usize)> {
        let by_id = |member: &Member<'_>| member.volunteer.id;
        let member = self.members.binary_search_by_key(&pin.volunteer, by_id).ok()?;
        let day = self.members[member].days.iter().position(|day| day.shift.day == pin.day)?;
        Some((member, day))
    }

    /// Who makes a visit, and on which of their days.
    fn seat(&self, visit: TaskId) -> Option<(usize, NaiveDate)> {
        let days = |(member, who): (usize, &'_ Member<'p>)| {
            let day =
                who.days.iter().find(|day| day.calls.iter().any(|call| call.visit.id == visit));
            day.map(|day| (member, day.shift.day))
        };
        self.members.iter().enumerate().find_map(days)
    }

    /// Those of them who have the skills as well.
    pub(super) fn capable<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        self.serving(visit).filter(|member| self.is_skilled(*member, visit))
    }

    /// Whether a member has every skill that the visit needs.
    pub(super) fn is_skilled(&self, member: usize, visit: &Visit) -> bool {
        visit.skills.is_subset(&self.members[member].volunteer.skills)
    }

    /// The days of a member on which the visit may be done: no other than its partner's.
    pub(super) fn days_for(
        &self,
        member: usize,
        visit: &Visit,
    ) -> impl Iterator<Item = (usize, usize)> + use<'_, 'p> {
        let partner = self.ties.partner(visit.id).and_then(|partner| self.seat(partner));
        let (first, only) = (visit.not_before, partner.map(|(_, day)| day));
        let days = self.members[member].days.iter().enumerate();
        let days = days.filter(move |(_, day)| {
            day.shift.day >= first && only.is_none_or(|only| only == day.shift.day)
        });
        days.map(move |(day, _)| (member, day))
    }

    /// Every place for the visit in one of a member's days.
    pub(super) fn openings<'s>(
        &'s self,
        member: usize,
        day: usize,
        visit: &'s Visit,
    ) -> impl Iterator<Item = Opening> + 's {
        let who = &self.members[member];
        (0..=who.days[day].calls.len()).map(move |at| {
            let (before, after) = who.around(day, at, at);
            let there = self.travel.minutes(before, visit.place, who.volunteer.mode).0;
            let onward = self.travel.minutes(visit.place, after, who.volunteer.mode).0;
            Opening { member, day, gap: who.days[day].gap(at, there, onward) }
        })
    }

    /// The journeys from a member's home to the visit and back.
    pub(super) fn ways_from_home(&self, member: usize, visit: &Visit) -> (u32, u32) {
        let who = self.members[member].volunteer;
        let there = self.travel.minutes(who.home, visit.place, who.mode).0;
        (there, self.travel.minutes(visit.place, who.home, who.mode).0)
    }

    /// The minutes of travel that call `at` adds to the day it is in.
    pub(super) fn detour_to(&self, member: usize, day: usize, at: usize) -> u32 {
        let who = &self.members[member];
        let held = &who.days[day];
        let (before, after) = who.around(day, at, at + 1);
        let direct = self.travel.minutes(before, after, who.volunteer.mode).0;
        (held.journey(at) + held.journey(at + 1)).saturating_sub(direct)
    }

    /// Whether the member could take the visit with all else as it is.
    pub(super) fn has_room(&self, member: usize, visit: &Visit) -> bool {
        !self.is_spent(member, visit)
            && self.days_for(member, visit).any(|(member, day)| {
                self.openings(member, day, visit).any(|opening| self.fits(visit, opening))
            })
    }

    /// Whether the member's offered minutes do not even hold the service. It
    /// spares the estimate of every journey.
    pub(super) fn is_spent(&self, member: usize, visit: &Visit) -> bool {
        let who = &self.members[member];
        who.load.saturating_add(visit.service.0) > who.volunteer.offered.0
    }

    /// Whether the visit fits an opening, in time and in offered minutes.
    pub(super) fn fits(&self, visit: &Visit, opening: Opening) -> bool {
        self.short_by(visit, opening) == 0 && self.missed_by(visit, opening) == 0
    }

    /// By how many minutes the visit misses in an opening, at the most.
    pub(super) fn missed_by(&self, visit: &Visit, opening: Opening) -> u32 {
        self.misses(visit, opening).most()
    }

    /// What the visit misses in an opening.
    pub(super) fn misses(&self, visit: &Visit, opening: Opening) -> Missed {
        self.members[opening.member].days[opening.day].misses(visit, opening.gap)
    }

    /// What the member would carry with the visit in this opening.
    pub(super) fn load_with(&self, visit: &Visit, opening: Opening) -> u32 {
        let load = self.members[opening.member].load;
        load.saturating_add(visit.service.0).saturating_add(opening.gap.extra)
    }

    /// By how many minutes that is more than they offered.
    pub(super) fn short_by(&self, visit: &Visit, opening: Opening) -> u32 {
        let offered = self.members[opening.member].volunteer.offered.0;
        self.load_with(visit, opening).saturating_sub(offered)
    }

    /// Gives the visit to the member as the last of a day. What they carry is
    /// counted by [`Self::settle`].
    pub(super) fn append(&mut self, member: usize, day: usize, visit: &'p Visit) {
        if let Some(opening) = self.openings(member, day, visit).last() {
            self.members[member].days[day].insert(visit, opening.gap);
        }
    }

    /// Gives a pinned visit to its person as the last of its day, if they are of the team.
    pub(super) fn follow(&mut self, visit: &'p Visit) {
        if let Some((member, day)) = visit.pinned.and_then(|pin| self.pinned_day(pin)) {
            self.append(member, day, visit);
        }
    }

    /// Whether all that the member does is pinned, and by more than a second person's hour.
    pub(super) fn is_bound(&self, member: usize) -> bool {
        let calls = self.members[member].days.iter().flat_map(|day| &day.calls);
        calls
            .into_iter()
            .all(|call| call.visit.pinned.is_some() && self.ties.pair(call.visit.id).is_none())
    }

    /// Counts anew what everybody carries.
    pub(super) fn settle(&mut self) {
        self.members.iter_mut().for_each(|member| member.load = member.carries());
    }

    /// Gives the visit to the member.
    pub(super) fn place(&mut self, visit: &'p Visit, opening: Opening) {
        let load = self.load_with(visit, opening);
        let member = &mut self.members[opening.member];
        member.load = load;
        member.days[opening.day].insert(visit, opening.gap);
    }
}

impl<'p> Member<'p> {
    fn new(volunteer: &'p Volunteer) -> Self {
        let mut days: Vec<_> = volunteer.shifts.iter().map(Day::new).collect();
        days.sort_unstable_by_key(|day| day.shift.day);
        Self { volunteer, load: volunteer.carried.0, days }
    }

    /// Minutes of service and travel carried, counted from the days.
    pub(super) fn carries(&self) -> u32 {
        let day = |day: &Day<'_>| {
            day.travel() + day.calls.iter().map(|call| call.visit.service.0).sum::<u32>()
        };
        self.volunteer.carried.0.saturating_add(self.days.iter().map(day).sum())
    }

    /// The places that lie before call `at` and at call `next` of a day; home at both ends.
    fn around(&self, day: usize, at: usize, next: usize) -> (Place, Place) {
        let calls = &self.days[day].calls;
        let place = |call: usize| calls.get(call).map(|call| call.visit.place);
        let home = self.volunteer.home;
        (at.checked_sub(1).and_then(place).unwrap_or(home), place(next).unwrap_or(home))
    }
}
