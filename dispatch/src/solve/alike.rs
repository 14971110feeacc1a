//! Visits that differ in nothing that decides whether and where they fit: what is found for one of
//! them holds for all. Thousands of visits at one point are of few kinds.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::problem::Visit;
use super::ties::Ties;
use gridward_domain::area::AreaCode;
use gridward_domain::channel::Channel;
use gridward_domain::id::PersonId;
use gridward_domain::skill::Skill;
use gridward_domain::time::{Minutes, Window};

/// All that decides where a visit fits, but for lateness, priority and acquaintance.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Kind<'p> {
    grid: AreaCode,
    place: (u64, u64),
    channel: Channel,
    service: Minutes,
    windows: &'p [Window],
    not_before: NaiveDate,
    skills: &'p BTreeSet<Skill>,
    forbidden: &'p [PersonId],
}

impl<'p> Kind<'p> {
    /// The kind of a visit; none of one that is pinned or tied to others.
    pub(super) fn of(visit: &'p Visit, ties: &Ties) -> Option<Self> {
        (visit.pinned.is_none() && !ties.binds(visit.id)).then(|| Self {
            grid: visit.grid,
            place: (visit.place.lat().to_bits(), visit.place.lon().to_bits()),
            channel: visit.channel,
            service: visit.service,
            windows: &visit.windows,
            not_before: visit.not_before,
            skills: &visit.skills,
            forbidden: &visit.forbidden,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::Tie;
    use crate::solve::tests::{GRID, area, pin, visit};
    use gridward_domain::range::Priority;

    #[test]
    fn visits_are_alike_whatever_their_priority_and_due_day_but_not_their_length() {
        let ties = Ties::default();
        let one = visit(1);
        let is_alike = |other: Visit| Kind::of(&one, &ties) == Kind::of(&other, &ties);
        assert!(is_alike(Visit { priority: Priority::of::<9>(), due: one.not_before, ..visit(2) }));
        assert!(!is_alike(Visit { service: Minutes(31), ..visit(2) }));
        assert!(!is_alike(Visit { grid: area("500116001001009"), ..visit(2) }));
        assert_eq!(one.grid, area(GRID));
    }

    #[test]
    fn a_visit_that_is_pinned_or_tied_is_like_no_other() {
        let ties = Ties::of(&[Tie::SamePerson(vec![visit(1).id, visit(2).id])]);
        assert!(Kind::of(&visit(1), &ties).is_none());
        let pinned = Visit { pinned: Some(pin(1, 1, None)), ..visit(3) };
        assert!(Kind::of(&pinned, &ties).is_none());
        assert!(Kind::of(&visit(3), &ties).is_some());
    }
}
