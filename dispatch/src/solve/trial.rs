//! The trial of a visit at every position of a day, in time that is linear in the visits of the day.

use super::member::InsertionSlot;
use super::problem::Visit;
use super::team::Team;
use super::timeline::{Position, ShiftTimeline, timed};
use crate::routing::instance::Seconds;
use crate::routing::misses::{Insertion, Misses, deadlines, least_miss};

/// A visit tried in a slot.
pub(super) struct Trial {
    /// The slot.
    pub(super) slot: InsertionSlot,
    /// Its misses, of which the end of the shift is a lower bound: zero only if the visit fits.
    pub(super) misses: Misses,
    /// The visit in its route; none for a call, whose misses are exact.
    pub(super) insertion: Option<Insertion>,
}

impl Trial {
    /// Whether the visit fits into the hours of the day.
    pub(super) fn fits(&self) -> bool {
        self.misses.most() == 0
    }
}

impl ShiftTimeline<'_> {
    /// `visit` at a position, but for a call.
    pub(super) fn insertion(&self, visit: &Visit, position: Position) -> Insertion {
        let visit = timed(visit, position.there, 0);
        Insertion::new(self.free_from(position.at), visit, position.onward, &self.blocked)
    }

    /// The latest arrival at each visit, and at last at home, from which no miss follows.
    pub(super) fn deadlines(&self) -> Vec<Seconds> {
        deadlines(self.route(), self.way_home(), &self.blocked)
    }

    /// The least miss of these insertions, one for each position, after which the later visits miss their
    /// windows by no more than `most_later`.
    pub(super) fn least_miss(
        &self,
        insertions: impl Iterator<Item = Option<Insertion>>,
        most_later: Seconds,
    ) -> Option<Seconds> {
        least_miss(insertions, self.route(), self.way_home(), &self.blocked, most_later)
    }
}

impl Team<'_> {
    /// The visit in every slot of one of a member's days.
    pub(super) fn trials(&self, (member, day): (usize, usize), visit: &Visit) -> Vec<Trial> {
        let timeline = &self.members[member].days[day];
        let deadlines = timeline.deadlines();
        let trial = |slot: InsertionSlot| {
            let position = slot.position;
            let insertion = (!visit.is_call()).then(|| timeline.insertion(visit, position));
            let misses = match insertion {
                Some(found) => found.at_least(deadlines[position.at], &timeline.blocked),
                None => timeline.misses(visit, position),
            };
            Trial { slot, misses, insertion }
        };
        self.slots(member, day, visit).map(trial).collect()
    }

    /// The least miss of the trials of one of a member's days.
    pub(super) fn least_miss(&self, (member, day): (usize, usize), trials: &[Trial]) -> Seconds {
        let timeline = &self.members[member].days[day];
        let insertions = trials.iter().map(|trial| trial.insertion);
        let of_calls = || trials.iter().map(|trial| trial.misses.most()).min();
        let least = timeline.least_miss(insertions, Seconds::MAX).or_else(of_calls);
        least.unwrap_or(Seconds::MAX)
    }
}
