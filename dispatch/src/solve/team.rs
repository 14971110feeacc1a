//! The volunteers of one part.

use gridward_domain::word::VariantArray as _;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::member::{InsertionSlot, Member, way};
use super::problem::{Pin, Visit};
use super::split::Part;
use super::ties::Ties;
use super::timeline::ShiftTimeline;
use super::units::minutes;
use crate::routing::Weights;
use crate::routing::instance::Seconds;
use crate::routing::misses::Misses;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};

/// The volunteers of a part, ordered by id.
pub(super) struct Team<'p> {
    /// The members.
    pub(super) members: Vec<Member<'p>>,
    /// The members who named an area as one they serve.
    named: HashMap<AreaCode, Vec<usize>>,
    /// The ties between visits.
    pub(super) ties: &'p Ties,
    weights: Weights,
}

impl<'p> Team<'p> {
    /// The team of a part, with empty timelines.
    pub(super) fn new(ties: &'p Ties, part: &Part<'p>, weights: Weights) -> Self {
        let mut volunteers = part.volunteers.clone();
        volunteers.sort_unstable_by_key(|volunteer| volunteer.id);
        let mut named: HashMap<AreaCode, Vec<usize>> = HashMap::new();
        for (member, volunteer) in volunteers.iter().enumerate() {
            for area in volunteer.widest() {
                named.entry(area).or_default().push(member);
            }
        }
        let members = volunteers.into_iter().map(Member::new).collect();
        Self { members, named, ties, weights }
    }

    /// The cost of waiting until a day, in seconds of travel, but for a constant of the visit.
    pub(super) fn waiting(&self, visit: &Visit, day: NaiveDate) -> i64 {
        let days = (day - visit.not_before).num_days();
        self.weights.waiting * days * i64::from(visit.priority.get())
    }

    /// The members who serve the visit's grid and are not forbidden, each once.
    pub(super) fn serving<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        let grid = visit.grid;
        let areas =
            Level::VARIANTS.iter().copied().rev().filter_map(move |level| grid.ancestor(level));
        let named = areas.filter_map(|area| self.named.get(&area)).flatten().copied();
        named.filter(|member| !visit.forbidden.contains(&self.members[*member].volunteer.id))
    }

    /// The capable members whom the visit's ties allow.
    pub(super) fn free_for<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        self.capable(visit).filter(self.allows(visit))
    }

    /// Whether the visit's ties allow a member: the one who makes the rest of its group, and not
    /// the one who makes the other visit of its pair.
    pub(super) fn allows(&self, visit: &Visit) -> impl Fn(&usize) -> bool + use<> {
        let holder = self.ties.fellows(visit.id).find_map(|fellow| self.assigned_route(fellow));
        let partner = self.ties.partner(visit.id).and_then(|partner| self.assigned_route(partner));
        move |member| {
            holder.is_none_or(|(holder, _)| holder == *member)
                && partner.is_none_or(|(partner, _)| partner != *member)
        }
    }

    /// Whether another visit of the group is assigned.
    pub(super) fn is_group_assigned(&self, visit: &Visit) -> bool {
        self.ties.fellows(visit.id).any(|fellow| self.assigned_route(fellow).is_some())
    }

    /// Whether the other visit of the pair is assigned.
    pub(super) fn is_partner_assigned(&self, visit: &Visit) -> bool {
        self.ties.partner(visit.id).is_some_and(|partner| self.assigned_route(partner).is_some())
    }

    /// The member with this id, if there is one.
    pub(super) fn member(&self, id: PersonId) -> Option<usize> {
        self.members.binary_search_by_key(&id, |member| member.volunteer.id).ok()
    }

    /// The member and the day of a pin, if the member is of the team and has that day.
    pub(super) fn pinned_day(&self, pin: Pin) -> Option<(usize, usize)> {
        let member = self.member(pin.volunteer)?;
        let day = self.members[member].days.iter().position(|day| day.shift.day == pin.day)?;
        Some((member, day))
    }

    /// The member and the day that a visit is assigned to.
    fn assigned_route(&self, visit: TaskId) -> Option<(usize, NaiveDate)> {
        let days = |(member, who): (usize, &'_ Member<'p>)| {
            let day = who.days.iter().find(|day| day.all().any(|stop| stop.visit.id == visit));
            day.map(|day| (member, day.shift.day))
        };
        self.members.iter().enumerate().find_map(days)
    }

    /// The serving members who have the skills.
    pub(super) fn capable<'s>(&'s self, visit: &'s Visit) -> impl Iterator<Item = usize> + 's {
        self.serving(visit).filter(|member| self.is_skilled(*member, visit))
    }

    /// Whether a member has every required skill.
    pub(super) fn is_skilled(&self, member: usize, visit: &Visit) -> bool {
        visit.skills.is_subset(&self.members[member].volunteer.skills)
    }

    /// The days of a member on which the visit may be made; of a pair that is assigned in part,
    /// only the other visit's day.
    pub(super) fn days_for(
        &self,
        member: usize,
        visit: &Visit,
    ) -> impl Iterator<Item = (usize, usize)> + use<'_, 'p> {
        let partner = self.ties.partner(visit.id).and_then(|partner| self.assigned_route(partner));
        let (first, only, grid) = (visit.not_before, partner.map(|(_, day)| day), visit.grid);
        let who = &self.members[member];
        let days = who.days.iter().enumerate().filter(move |(_, day)| {
            let day = day.shift.day;
            let serves = who.volunteer.serves_on(grid, day);
            serves && day >= first && only.is_none_or(|only| only == day)
        });
        days.map(move |(day, _)| (member, day))
    }

    /// Every slot for the visit in one of a member's days; one for a call.
    pub(super) fn slots<'s>(
        &'s self,
        member: usize,
        day: usize,
        visit: &'s Visit,
    ) -> impl Iterator<Item = InsertionSlot> + 's {
        let who = &self.members[member];
        let call = visit.is_call().then(|| who.days[day].call_position());
        let call = call.map(|position| InsertionSlot { member, day, position });
        let positions = if visit.is_call() { 0 } else { who.days[day].stops.len() + 1 };
        let visits = (0..positions).map(move |at| {
            let (before, after) = who.around(day, at, at);
            let there = way(who.volunteer, before, visit.place);
            let onward = way(who.volunteer, visit.place, after);
            InsertionSlot { member, day, position: who.days[day].position(at, there, onward) }
        });
        call.into_iter().chain(visits)
    }

    /// The slot in a member's day that adds the least travel, if the visit fits there and, unless the
    /// offer may be exceeded, into the offered minutes.
    pub(super) fn cheapest_on(
        &self,
        (member, day): (usize, usize),
        visit: &Visit,
        within_offer: bool,
    ) -> Option<InsertionSlot> {
        self.slots(member, day, visit)
            .filter(|slot| self.misses(visit, *slot).most() == 0)
            .filter(|slot| !within_offer || self.short_by(visit, *slot) == 0)
            .min_by_key(|slot| (slot.position.extra, slot.position.at))
    }

    /// Travel times from a member's home to the visit and back.
    pub(super) fn ways_from_home(&self, member: usize, visit: &Visit) -> (Seconds, Seconds) {
        if visit.is_call() {
            return (0, 0);
        }
        let who = self.members[member].volunteer;
        (way(who, who.home, visit.place), way(who, visit.place, who.home))
    }

    /// The travel time that visit `at` adds to the day it is in.
    pub(super) fn detour_to(&self, member: usize, day: usize, at: usize) -> Seconds {
        let who = &self.members[member];
        let held = &who.days[day];
        let (before, after) = who.around(day, at, at + 1);
        let direct = way(who.volunteer, before, after);
        (held.journey(at) + held.journey(at + 1) - direct).max(0)
    }

    /// A member's day without visit `at`; none if its other visits would not fit.
    fn without(&self, (member, day, at): (usize, usize, usize)) -> Option<ShiftTimeline<'p>> {
        let who = &self.members[member];
        let (before, after) = who.around(day, at, at + 1);
        who.days[day].without(at, way(who.volunteer, before, after))
    }

    /// A member's load without visit `at` of a day; none if the other visits would not fit.
    pub(super) fn load_without(&self, from: (usize, usize, usize)) -> Option<u32> {
        let rest = self.without(from)?;
        let who = &self.members[from.0];
        let others = who.load.saturating_sub(who.days[from.1].load());
        Some(others.saturating_add(rest.load()))
    }

    /// Removes visit `at` from a member's day, if its other visits fit without it.
    pub(super) fn remove(&mut self, from: (usize, usize, usize)) {
        if let Some(rest) = self.without(from) {
            let member = &mut self.members[from.0];
            member.days[from.1] = rest;
            member.recompute_loads();
        }
    }

    /// Whether the member could make the visit, the rest unchanged.
    pub(super) fn has_room(&self, member: usize, visit: &Visit) -> bool {
        !self.is_spent(member, visit)
            && self.days_for(member, visit).any(|(member, day)| {
                self.slots(member, day, visit).any(|slot| self.fits(visit, slot))
            })
    }

    /// Whether the service alone exceeds the member's offers; avoids the estimate of every journey.
    pub(super) fn is_spent(&self, member: usize, visit: &Visit) -> bool {
        let mut limits = self.members[member].limits.iter();
        limits.all(|limit| limit.excess(visit.service.0) > 0)
    }

    /// The minutes that the members have left: by their offers, and at most the length of their shifts.
    pub(super) fn minutes_left(&self) -> u64 {
        let of = |who: &Member<'_>| {
            let offered: u64 = who.limits.iter().map(|limit| u64::from(limit.left())).sum();
            let shifts = who.volunteer.shifts.iter();
            offered.min(shifts.map(|shift| u64::from(shift.window.length().0)).sum())
        };
        self.members.iter().map(of).sum()
    }

    /// Whether the visit fits into a slot, in time and in offered minutes.
    pub(super) fn fits(&self, visit: &Visit, slot: InsertionSlot) -> bool {
        self.short_by(visit, slot) == 0 && self.misses(visit, slot).most() == 0
    }

    /// The misses of the visit in a slot.
    pub(super) fn misses(&self, visit: &Visit, slot: InsertionSlot) -> Misses {
        self.members[slot.member].days[slot.day].misses(visit, slot.position)
    }

    /// The member's load in minutes with the visit in this slot.
    pub(super) fn load_with(&self, visit: &Visit, slot: InsertionSlot) -> u32 {
        self.members[slot.member].load.saturating_add(added(visit, slot))
    }

    /// The minutes by which the visit in this slot exceeds the offer.
    pub(super) fn short_by(&self, visit: &Visit, slot: InsertionSlot) -> u32 {
        self.members[slot.member].limit(slot.day).excess(added(visit, slot))
    }

    /// Appends the visit to a member's day. [`Self::recompute_loads`] updates the load.
    pub(super) fn append(&mut self, member: usize, day: usize, visit: &'p Visit) {
        if let Some(slot) = self.slots(member, day, visit).last() {
            self.members[member].days[day].insert(visit, slot.position);
        }
    }

    /// Appends a pinned visit to its day, if the member is of the team.
    pub(super) fn append_pinned(&mut self, visit: &'p Visit) {
        if let Some((member, day)) = visit.pinned.and_then(|pin| self.pinned_day(pin)) {
            self.append(member, day, visit);
        }
    }

    /// Whether all visits of the member that count to the limit of a day are pinned, and not only by
    /// a pair.
    pub(super) fn is_bound(&self, member: usize, day: usize) -> bool {
        let who = &self.members[member];
        let days = who.days.iter().zip(&who.limit_of);
        let days = days.filter(|(_, limit)| **limit == who.limit_of[day]);
        let mut stops = days.flat_map(|(day, _)| day.all());
        stops.all(|stop| stop.visit.pinned.is_some() && self.ties.pair(stop.visit.id).is_none())
    }

    /// Recomputes all loads.
    pub(super) fn recompute_loads(&mut self) {
        self.members.iter_mut().for_each(Member::recompute_loads);
    }

    /// Inserts the visit into a slot.
    pub(super) fn place(&mut self, visit: &'p Visit, slot: InsertionSlot) {
        let member = &mut self.members[slot.member];
        member.add_load(slot.day, added(visit, slot));
        member.days[slot.day].insert(visit, slot.position);
    }
}

/// The minutes that the visit adds to the load in this slot.
fn added(visit: &Visit, slot: InsertionSlot) -> u32 {
    visit.service.0.saturating_add(minutes(slot.position.extra).0)
}
