//! The days of the members in the cycle of a regime.

use std::collections::BTreeMap;

use crate::area::AreaCode;
use crate::range::CadenceDays;

/// The day of a member in each cycle, from 0 to the length of the cycle exclusive.
pub type Phase = u16;

/// The days of the members, by grid and in all. Adds members where the fewest are.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The days of the members of each grid, in ascending order.
    grids: BTreeMap<AreaCode, Vec<Phase>>,
    /// The number of members on each day.
    load: Vec<u32>,
}

impl Spread {
    /// No members.
    pub fn new(cadence: CadenceDays) -> Self {
        let days = usize::try_from(cadence.get()).map_or(0, short);
        Self { grids: BTreeMap::new(), load: vec![0; days.into()] }
    }

    /// Counts a member whose day is known; a day beyond the cycle, which was longer then, counts on
    /// the last one.
    pub fn count(&mut self, grid: AreaCode, phase: Phase) {
        let phase = usize::from(phase).min(self.load.len() - 1);
        self.load[phase] += 1;
        let of_grid = self.grids.entry(grid).or_default();
        let day = short(phase);
        of_grid.insert(of_grid.partition_point(|other| *other <= day), day);
    }

    /// Adds new members of a grid; returns their days.
    ///
    /// A first group of members divides the cycle evenly, from the day on which the district has the
    /// fewest members on these days. A later member gets a day at least half as far from the others of
    /// the grid as any day is, the one on which the district has the fewest.
    pub fn add(&mut self, grid: AreaCode, members: usize) -> Vec<Phase> {
        if self.grids.get(&grid).is_none_or(Vec::is_empty) {
            let days = self.divided(members);
            for day in &days {
                self.count(grid, *day);
            }
            return days;
        }
        let mut days = Vec::with_capacity(members);
        for _ in 0..members {
            let day = self.apart_from(&grid);
            self.count(grid, day);
            days.push(day);
        }
        days
    }

    fn divided(&self, members: usize) -> Vec<Phase> {
        let cycle = self.load.len();
        if members == 0 {
            return Vec::new();
        }
        // Each start reads the load about each of its days, so it is summed once.
        let around: Vec<u64> = (0..cycle).map(|day| self.around(day).into()).collect();
        let offsets: Vec<usize> = (0..members).map(|n| n * cycle / members).collect();
        let day = |start: usize, offset: &usize| {
            let day = start + offset;
            if day < cycle { day } else { day - cycle }
        };
        let load = |start: &usize| -> u64 { offsets.iter().map(|n| around[day(*start, n)]).sum() };
        let start = (0..cycle).min_by_key(load).unwrap_or(0);
        offsets.iter().map(|offset| short(day(start, offset))).collect()
    }

    /// The members of the district on the three days about `day`: neighbouring days fill a week as
    /// well.
    fn around(&self, day: usize) -> u32 {
        let cycle = self.load.len();
        [day + cycle - 1, day, day, day + 1].iter().map(|day| self.load[day % cycle]).sum()
    }

    fn apart_from(&self, grid: &AreaCode) -> Phase {
        let cycle = self.load.len();
        let days = self.grids.get(grid).map(Vec::as_slice).unwrap_or_default();
        let distance = |day: usize| {
            let to = |other: &Phase| usize::from(*other).abs_diff(day);
            days.iter().map(|other| to(other).min(cycle - to(other))).min().unwrap_or(cycle)
        };
        let distances: Vec<usize> = (0..cycle).map(distance).collect();
        let farthest = distances.iter().copied().max().unwrap_or(0);
        let apart = (0..cycle).filter(|day| 2 * distances[*day] >= farthest);
        let on_day = |day: usize| days.iter().filter(|other| usize::from(**other) == day).count();
        short(apart.min_by_key(|day| (on_day(*day), self.around(*day))).unwrap_or(0))
    }
}

/// A day of a cycle, which has at most 1,096.
fn short(day: usize) -> Phase {
    Phase::try_from(day).unwrap_or(Phase::MAX)
}
