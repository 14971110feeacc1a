//! When the visit of a member falls due.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};

use super::cadence::{Cadence, birthday};
use super::phase::Phase;
use crate::range::LeadDays;

/// The rule of a regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The first day of the first cycle; no visit is due before.
    pub starts_on: NaiveDate,
    /// When the visits recur.
    pub cadence: Cadence,
    /// How many days before its day a visit is prepared.
    pub lead_days: LeadDays,
}

/// The days of a member that decide its visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberDays {
    /// The day in the cycle of a regime that spreads its visits.
    pub phase: Phase,
    /// The day that the visits of another regime follow: that of the birth, the last one of a stay in
    /// hospital, or one on which a need was found ([`followed`]). Without it no visit falls due.
    pub anchor: Option<NaiveDate>,
    /// The last contact of a form that satisfies a visit.
    pub contact: Option<NaiveDate>,
}

/// The days of the occasion that the visits of a regime follow, one in each year in which it has a known day; none
/// for a cadence that follows no occasion.
pub type OccasionDays = BTreeSet<NaiveDate>;

/// A visit that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The member's day in the cycle; identifies the visit.
    pub slot: NaiveDate,
    /// The day until which it is made.
    pub due_on: NaiveDate,
}

/// The days of a member about a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slots {
    /// The last one up to that day.
    last: Option<NaiveDate>,
    /// The first one after it.
    next: Option<NaiveDate>,
}

/// How many days before a birthday or an occasion a contact satisfies its visit, and how many days after it the visit
/// is still made.
const ABOUT_YEARLY: u64 = 7;

/// By how many days an occasion about New Year may be moved into another calendar year without a second visit, and any
/// occasion while its visit waits without being withdrawn.
const ACROSS_NEW_YEAR: u64 = 60;

/// How many days after its day a visit that follows a stay in hospital or a need is still made.
const AFTER_EVENT: u64 = 30;

/// How many days after a visit at a birthday, after a stay or a need that was not made it is prepared again.
const SHORT_PAUSE: u64 = 3;

impl Rule {
    /// How many days before the member's day a contact satisfies the visit: a quarter of the cycle, a
    /// week before a birthday or an occasion, or as many as have passed since the stay in hospital or the need.
    pub fn tolerance(&self) -> Days {
        Days::new(match self.cadence {
            Cadence::EveryDays { .. } => self.days() / 4,
            Cadence::Birthday {} | Cadence::Feast { .. } => ABOUT_YEARLY,
            Cadence::AfterHospital { .. } | Cadence::AfterNeed { .. } => self.days() - 1,
        })
    }

    /// How many days after a visit that was not made it is prepared again: a quarter of the cycle,
    /// at most two weeks.
    pub fn pause(&self) -> Days {
        Days::new(match self.cadence {
            Cadence::EveryDays { .. } => (self.days() / 4).min(14),
            Cadence::Birthday {}
            | Cadence::Feast { .. }
            | Cadence::AfterHospital { .. }
            | Cadence::AfterNeed { .. } => SHORT_PAUSE,
        })
    }

    /// The first day on which the visit may be made, if it is prepared on `today`: the greeting of a
    /// birthday is not made earlier than a contact would satisfy it.
    pub fn first_day(&self, due: Due, today: NaiveDate) -> NaiveDate {
        let from = match self.cadence {
            Cadence::Birthday {} => due.slot.checked_sub_days(self.tolerance()).unwrap_or(today),
            Cadence::EveryDays { .. }
            | Cadence::Feast { .. }
            | Cadence::AfterHospital { .. }
            | Cadence::AfterNeed { .. } => today,
        };
        from.max(today).min(due.due_on)
    }

    /// Whether the member still has the visit of `slot` on the day: one after a stay in hospital has no reason
    /// once the stay has been shortened or taken back, one after a need once its report no longer finds it. A
    /// later stay or need leaves it, and needs found before [`Self::found_since`] are not known any more. One at an
    /// occasion has no reason once the occasion has moved far from it; days before the last year are not known.
    pub fn has_reason(
        &self,
        (member, occasions): (&MemberDays, &OccasionDays),
        slot: NaiveDate,
        today: NaiveDate,
    ) -> bool {
        let is_founded = || {
            let Slots { last, next } = self.of_event(member.anchor, slot);
            last.or(next).is_some_and(|of_event| of_event >= slot)
        };
        match self.cadence {
            Cadence::AfterHospital { .. } => is_founded(),
            Cadence::AfterNeed { .. } => !self.is_of_use(slot, today) || is_founded(),
            Cadence::Feast { .. } => {
                let apart =
                    |day: &NaiveDate| day.signed_duration_since(slot).num_days().unsigned_abs();
                slot.year() < today.year() - 1
                    || occasions.iter().any(|day| apart(day) <= ACROSS_NEW_YEAR)
            }
            Cadence::EveryDays { .. } | Cadence::Birthday {} => true,
        }
    }

    /// The first day of those on which a need is found whose visit would still be made on `today`, and is not due
    /// before the first day of the regime.
    pub fn found_since(&self, today: NaiveDate) -> NaiveDate {
        let before = |day: NaiveDate, days| day.checked_sub_days(Days::new(days));
        let useful = before(today, self.days() + AFTER_EVENT);
        let begun = before(self.starts_on, self.days());
        useful.max(begun).unwrap_or(NaiveDate::MIN)
    }

    /// Whether a contact on this day satisfies the visit of `slot`.
    pub fn is_satisfied(&self, slot: NaiveDate, contact: Option<NaiveDate>) -> bool {
        let from = slot.checked_sub_days(self.tolerance()).unwrap_or(slot);
        contact.is_some_and(|contact| contact >= from)
    }

    /// Whether the visit that was prepared for the day `prepared` is that of `slot`. An occasion has one day in each
    /// calendar year, so its visit is that of the year, by however many days the table has moved it since. About New
    /// Year the move may lead into another calendar year: there two days near each other are of one visit, and the
    /// first and the last days of a year are of two.
    pub fn is_same_visit(&self, prepared: NaiveDate, slot: NaiveDate) -> bool {
        let apart = prepared.signed_duration_since(slot).num_days().unsigned_abs();
        match self.cadence {
            Cadence::Feast { .. } if prepared.year() == slot.year() => {
                apart < self.days() - ACROSS_NEW_YEAR
            }
            Cadence::Feast { .. } => apart <= ACROSS_NEW_YEAR,
            Cadence::EveryDays { .. }
            | Cadence::Birthday {}
            | Cadence::AfterHospital { .. }
            | Cadence::AfterNeed { .. } => apart == 0,
        }
    }

    /// The next visit to make from the day on; `None` if there is none, or beyond the calendar.
    pub fn next(
        &self,
        member: &MemberDays,
        occasions: &OccasionDays,
        from: NaiveDate,
    ) -> Option<Due> {
        let at_once = Self { lead_days: LeadDays::MIN, ..self.clone() };
        if let Some(missed) = due(&at_once, member, occasions, from) {
            return Some(missed);
        }
        let next = self.slots(member, occasions, from).next?;
        let after = || self.slots(member, occasions, next).next;
        let slot = if self.is_satisfied(next, member.contact) { after()? } else { next };
        Some(Due { slot, due_on: slot })
    }

    /// The length of the cycle, or the days after a stay or a need.
    fn days(&self) -> u64 {
        u64::from(self.cadence.days().unsigned_abs()).max(1)
    }

    /// How many days before its day a visit is prepared: in its own cycle, and after the stay or the need.
    fn lead(&self) -> Days {
        let lead = u64::from(self.lead_days.get().unsigned_abs());
        Days::new(lead.min(self.days() - 1))
    }

    /// The days within which the visits of many members that were missed are made: a quarter of
    /// the cycle, at least a week.
    fn catch_up(&self) -> u64 {
        (self.days() / 4).max(7)
    }

    /// How many days after the day `today` a visit that was missed is made: on a day that the member's
    /// phase decides, so that those of many members, after a pause of the regime, do not fall on one
    /// day.
    fn made_up_after(&self, phase: Phase) -> Days {
        let is_spread = self.cadence.spread_over().is_some();
        let ahead = if is_spread { u64::from(phase) * self.catch_up() / self.days() } else { 0 };
        Days::new(1 + ahead)
    }

    /// Whether the visit of `slot` is still of use on the day.
    fn is_of_use(&self, slot: NaiveDate, today: NaiveDate) -> bool {
        let until = match self.cadence {
            Cadence::EveryDays { .. } => return true,
            Cadence::Birthday {} | Cadence::Feast { .. } => ABOUT_YEARLY,
            Cadence::AfterHospital { .. } | Cadence::AfterNeed { .. } => AFTER_EVENT,
        };
        slot.checked_add_days(Days::new(until)).is_none_or(|until| today <= until)
    }

    /// The member's days about `today`.
    fn slots(&self, member: &MemberDays, occasions: &OccasionDays, today: NaiveDate) -> Slots {
        match self.cadence {
            Cadence::EveryDays { .. } => self.of_cycle(member.phase, today).unwrap_or_default(),
            Cadence::Birthday {} => {
                let years = [today.year() - 1, today.year(), today.year() + 1].into_iter();
                self.about(today, years.filter_map(|year| birthday(member.anchor?, year)))
            }
            Cadence::Feast { .. } => self.about(today, occasions.iter().copied()),
            Cadence::AfterHospital { .. } | Cadence::AfterNeed { .. } => {
                self.of_event(member.anchor, today)
            }
        }
    }

    fn of_cycle(&self, phase: Phase, today: NaiveDate) -> Option<Slots> {
        let first = self.starts_on.checked_add_days(Days::new(phase.into()))?;
        let Ok(since) = u64::try_from(today.signed_duration_since(first).num_days()) else {
            return Some(Slots { last: None, next: Some(first) });
        };
        let cycles = since / self.days();
        let last = first.checked_add_days(Days::new(cycles * self.days()))?;
        let next = last.checked_add_days(Days::new(self.days()))?;
        Some(Slots { last: Some(last), next: Some(next) })
    }

    /// Those of these days, in their order, that are about `today`.
    fn about(&self, today: NaiveDate, days: impl Iterator<Item = NaiveDate>) -> Slots {
        let days = days.filter(|day| *day >= self.starts_on);
        let (past, coming): (Vec<_>, Vec<_>) = days.partition(|day| *day <= today);
        Slots { last: past.last().copied(), next: coming.first().copied() }
    }

    fn of_event(&self, day: Option<NaiveDate>, today: NaiveDate) -> Slots {
        let slot = day.and_then(|day| day.checked_add_days(Days::new(self.days())));
        match slot.filter(|slot| *slot >= self.starts_on) {
            Some(slot) if slot > today => Slots { last: None, next: Some(slot) },
            last => Slots { last, next: None },
        }
    }
}

/// Of the days on which needs of a member were found, the one that the next visit follows: the first that no later
/// contact has answered, so that a need that is found again puts no visit off; the last one if each is answered. A
/// contact on the day itself, such as the visit that has found the need, answers none.
pub fn followed(found: &BTreeSet<NaiveDate>, contact: Option<NaiveDate>) -> Option<NaiveDate> {
    let is_open = |day: &&NaiveDate| contact.is_none_or(|contact| contact <= **day);
    found.iter().find(is_open).or(found.last()).copied()
}

/// The visit to prepare on the day `today` for a member; `None` if none falls due yet. On each later day
/// until a contact the answer has the same slot, or that of the next cycle.
///
/// A visit that was missed has to be made soon, unless it is of no use any more.
pub fn due(
    rule: &Rule,
    member: &MemberDays,
    occasions: &OccasionDays,
    today: NaiveDate,
) -> Option<Due> {
    let Slots { last, next } = rule.slots(member, occasions, today);
    let is_near = |slot: &NaiveDate| {
        slot.checked_sub_days(rule.lead()).is_some_and(|prepared_on| prepared_on <= today)
    };
    if let Some(slot) = next.filter(is_near) {
        return (!rule.is_satisfied(slot, member.contact)).then_some(Due { slot, due_on: slot });
    }
    let slot = last.filter(|slot| !rule.is_satisfied(*slot, member.contact))?;
    if slot == today {
        return Some(Due { slot, due_on: slot });
    }
    let due_on = today.checked_add_days(rule.made_up_after(member.phase))?;
    rule.is_of_use(slot, today).then_some(Due { slot, due_on })
}
