//! The limits of a member's load.

use super::problem::{Volunteer, WeekOffer};

/// A limit of the load on some days of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// The most minutes.
    offered: u32,
    /// The minutes that count to it, including the earlier load.
    pub(super) load: u32,
}

impl Limit {
    /// The minutes that are left.
    pub(super) fn left(self) -> u32 {
        self.offered.saturating_sub(self.load)
    }

    /// The minutes by which the load with `added` minutes exceeds the limit.
    pub(super) fn excess(self, added: u32) -> u32 {
        self.load.saturating_add(added).saturating_sub(self.offered)
    }
}

/// The limits of a volunteer with the earlier loads.
pub(super) fn unused(volunteer: &Volunteer) -> Vec<Limit> {
    if volunteer.weeks.is_empty() {
        return vec![Limit { offered: volunteer.offered.0, load: volunteer.carried.0 }];
    }
    let limit = |week: &WeekOffer| Limit { offered: week.offered.0, load: week.carried.0 };
    volunteer.weeks.iter().map(limit).collect()
}
