//! When the visit of a member falls due.

use chrono::{Days, NaiveDate};

use super::phase::Phase;
use crate::range::{CadenceDays, LeadDays};

/// The rule of a regime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The first day of the first cycle.
    pub starts_on: NaiveDate,
    /// The length of a cycle in days.
    pub cadence: CadenceDays,
    /// How many days before its day a visit is prepared.
    pub lead_days: LeadDays,
}

/// A visit that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The member's day in the cycle; identifies the visit.
    pub slot: NaiveDate,
    /// The day until which it is made.
    pub due_on: NaiveDate,
}

impl Rule {
    fn days(&self) -> u64 {
        u64::from(self.cadence.get().unsigned_abs())
    }

    /// How many days before the member's day a contact satisfies the visit: a quarter of the cycle.
    pub fn tolerance(&self) -> Days {
        Days::new(self.days() / 4)
    }

    /// How many days after a visit that was not made it is prepared again: a quarter of the cycle,
    /// at most two weeks.
    pub fn pause(&self) -> Days {
        Days::new((self.days() / 4).min(14))
    }

    /// The days within which the visits of many members that were missed are made: a quarter of
    /// the cycle, at least a week.
    fn catch_up(&self) -> u64 {
        (self.days() / 4).max(7)
    }

    /// The member's last day in a cycle up to `today`, if any, and the next one. `None` beyond the
    /// calendar.
    fn slots(&self, phase: Phase, today: NaiveDate) -> Option<(Option<NaiveDate>, NaiveDate)> {
        let first = self.starts_on.checked_add_days(Days::new(phase.into()))?;
        let Ok(since) = u64::try_from(today.signed_duration_since(first).num_days()) else {
            return Some((None, first));
        };
        let cycles = since / self.days();
        let last = first.checked_add_days(Days::new(cycles * self.days()))?;
        Some((Some(last), last.checked_add_days(Days::new(self.days()))?))
    }

    /// The next visit to make from the day on; `None` beyond the calendar.
    pub fn next(&self, phase: Phase, contact: Option<NaiveDate>, from: NaiveDate) -> Option<Due> {
        let at_once = Self { lead_days: LeadDays::MIN, ..*self };
        if let Some(missed) = due(&at_once, phase, contact, from) {
            return Some(missed);
        }
        let (_, next) = self.slots(phase, from)?;
        let after = || next.checked_add_days(Days::new(self.days()));
        let slot = if self.is_satisfied(next, contact) { after()? } else { next };
        Some(Due { slot, due_on: slot })
    }

    /// Whether a contact on this day satisfies the visit of `slot`.
    pub fn is_satisfied(&self, slot: NaiveDate, contact: Option<NaiveDate>) -> bool {
        let from = slot.checked_sub_days(self.tolerance()).unwrap_or(slot);
        contact.is_some_and(|contact| contact >= from)
    }
}

/// The visit to prepare on the day `today` for a member with this day in the cycle and this last
/// contact; `None` if none falls due yet. On each later day until a contact the answer has the same
/// slot, or that of the next cycle.
///
/// A visit that was missed has to be made soon: on a day that the member's phase decides, so that
/// those of many members, after a pause of the regime, do not fall on one day.
pub fn due(rule: &Rule, phase: Phase, contact: Option<NaiveDate>, today: NaiveDate) -> Option<Due> {
    let (last, next) = rule.slots(phase, today)?;
    let lead = Days::new(u64::from(rule.lead_days.get().unsigned_abs()).min(rule.days() - 1));
    if next.checked_sub_days(lead)? <= today {
        return (!rule.is_satisfied(next, contact)).then_some(Due { slot: next, due_on: next });
    }
    let slot = last.filter(|slot| !rule.is_satisfied(*slot, contact))?;
    if slot == today {
        return Some(Due { slot, due_on: slot });
    }
    let ahead = u64::from(phase) * rule.catch_up() / rule.days();
    Some(Due { slot, due_on: today.checked_add_days(Days::new(1 + ahead))? })
}
