//! The nearest other visits of each visit.

use rayon::prelude::*;

use super::instance::{Instance, Seconds};
use super::model::index;
use crate::interrupt::Interrupt;

/// The number of neighbours kept for each visit.
const MOST: usize = 160;
/// For fewer visits, threads cost more than they save.
const MANY_VISITS: usize = 512;

/// The nearest other visits of each visit, the nearest first.
pub(super) struct Neighbours {
    /// As many for each visit.
    each: usize,
    visits: Vec<u32>,
}

impl Neighbours {
    /// The neighbours by the first matrix; once the interrupt is set, any visits.
    pub(super) fn of(instance: &Instance, interrupt: &Interrupt<'_>) -> Self {
        let count = instance.visits.len();
        let Some(matrix) = instance.travel.first() else {
            return Self { each: 0, visits: Vec::new() };
        };
        let each = MOST.min(count.saturating_sub(1));
        let mut visits = vec![0; count * each];
        let homes = instance.volunteers.len();
        let fill = |others: &mut Vec<u64>, (visit, near): (usize, &mut [u32])| {
            if interrupt.is_set() {
                return;
            }
            nearest(&matrix.from(instance.place(visit))[homes..], visit, others, near);
        };
        let size = each.max(1);
        if count < MANY_VISITS {
            let mut others = Vec::new();
            visits.chunks_mut(size).enumerate().for_each(|one| fill(&mut others, one));
        } else {
            visits.par_chunks_mut(size).enumerate().for_each_init(Vec::new, fill);
        }
        Self { each, visits }
    }

    /// The neighbours of a visit.
    #[inline]
    pub(super) fn of_visit(&self, visit: usize) -> &[u32] {
        &self.visits[visit * self.each..][..self.each]
    }
}

/// Fills `near` with the visits nearest to `visit` by the travel times of `row`, ties by number.
fn nearest(row: &[Seconds], visit: usize, others: &mut Vec<u64>, near: &mut [u32]) {
    // Travel times are not negative, so that such a key is in the order of the pair.
    let key =
        |(other, way): (u32, &Seconds)| u64::from(way.unsigned_abs()) << 32 | u64::from(other);
    others.clear();
    others.extend((0..).zip(row).filter(|(other, _)| *other != index(visit)).map(key));
    if others.len() > near.len() {
        others.select_nth_unstable(near.len());
        others.truncate(near.len());
    }
    others.sort_unstable();
    for (near, key) in near.iter_mut().zip(others.iter()) {
        *near = u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    }
}
