//! One visit for several duties: a visit of the same kind that waits for another duty is that of this one too, if
//! both have it in time.

use chrono::NaiveDate;

use super::due::{Due, Rule};

/// The days on which a visit that is to be made for other duties may be made, as seen today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitDays {
    /// The first one, from today on.
    pub first: NaiveDate,
    /// The last one; of a visit that is late, before today.
    pub last: NaiveDate,
}

impl VisitDays {
    /// The last day of the visit if it is also the one that falls due by the rule: the earlier of both last days, so
    /// that the tighter duty decides. `None` if each duty needs a visit of its own: the one that waits begins outside
    /// the days of the other, or so early that it may be made before it satisfies the rule, or would have to be made
    /// too early for one of the `others` (the rules and slots of the duties for which it waits) that do not have it
    /// so early yet.
    pub fn shared(
        self,
        (rule, due): (&Rule, Due),
        others: &[(Rule, NaiveDate)],
        today: NaiveDate,
    ) -> Option<NaiveDate> {
        let days = rule.first_day(due, today)..=due.due_on;
        let last = self.last.min(due.due_on);
        let is_kept = || {
            let made_on = Some(last.max(today));
            last == self.last || others.iter().all(|(rule, slot)| rule.is_satisfied(*slot, made_on))
        };
        // A visit on any later day satisfies it as well.
        let is_in_time = rule.is_satisfied(due.slot, Some(self.first));
        let is_shared = days.contains(&self.first) && is_in_time && is_kept();
        is_shared.then_some(last)
    }
}
