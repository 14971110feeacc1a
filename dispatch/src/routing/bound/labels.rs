//! Labels set forwards in time.
//!
//! A label is a way to have served a visit by some moment, at some cost. Of two labels
//! at one visit one is dropped if the other is as early, as cheap, as little loaded and
//! remembers nothing besides, for whatever can follow the one can follow the other
//! (Desrochers, Desrosiers and Solomon, Operations Research 40(2), 1992).
//!
//! A label remembers only those of its visits that are near every visit made since, so
//! a route may come back after a long way round (ng-routes: Baldacci, Mingozzi and
//! Roberti, Operations Research 59(5), 2011). That admits more routes than there are.

use super::completions::Completions;
use super::trips::{Hours, Purse, Route};
use crate::routing::instance::Seconds;

/// No visit, or no label.
const NONE: u32 = u32::MAX;

/// By how much a label that is cheaper may be later where routes are sought fast.
const ROUGHLY: Seconds = 300;

/// At how many others a label is held before it waits to be followed.
const FEW: usize = 16;

#[derive(Clone, Copy)]
struct Label {
    cost: i64,
    /// The visits that it remembers.
    seen: u64,
    /// All its visits.
    all: u64,
    /// When it leaves.
    time: Seconds,
    /// Its service and travel; nothing where there is no limit to it.
    load: Seconds,
    from: u32,
    visit: u32,
    /// Whether it made no visit twice.
    real: bool,
}

/// What a visit could add at best, and the time that it takes at least.
struct Hope {
    visit: usize,
    value: i64,
    seconds: Seconds,
}

/// One run.
pub(super) struct Search<'s> {
    hours: &'s Hours,
    purse: &'s Purse<'s>,
    near: &'s [u64],
    completions: Option<&'s Completions>,
    /// What each visit brings.
    gains: Vec<i64>,
    /// The most for its time first.
    hopes: Vec<Hope>,
    /// What a route that starts in a slice comes to at best.
    ceilings: Vec<i64>,
    labels: Vec<Label>,
    /// Looks at a label, or at some others that might be better.
    steps: usize,
    /// The labels at each visit, the cheapest first.
    kept: Vec<Vec<Label>>,
    /// The labels not yet looked at, by the slice in which they leave.
    pending: Vec<Vec<Label>>,
    /// Whether labels are dropped that might be better.
    rough: bool,
    /// Only real routes below this are of interest.
    below: i64,
    /// The least that labels could come to which were not followed.
    open: i64,
    /// The best real route that ends with each visit, and the best other.
    real: Vec<(i64, u32)>,
    unreal: Vec<(i64, u32)>,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        hours: &'s Hours,
        purse: &'s Purse<'s>,
        near: &'s [u64],
        completions: Option<&'s Completions>,
    ) -> Self {
        let count = hours.visits.len();
        let gains: Vec<i64> = hours.visits.iter().map(|visit| purse.gains[*visit]).collect();
        let slices = usize::try_from((hours.close - hours.open) / hours.slice).unwrap_or(0) + 1;
        Self {
            hours,
            purse,
            near,
            completions,
            hopes: hopes(hours, purse.rate, &gains),
            gains,
            ceilings: Vec::new(),
            labels: Vec::new(),
            steps: 0,
            kept: vec![Vec::new(); count],
            pending: vec![Vec::new(); slices],
            rough: false,
            below: purse.below,
            open: i64::MAX,
            real: vec![(purse.below, NONE); count],
            unreal: vec![(purse.below, NONE); count],
        }
    }

    /// Follows all labels; says whether none was left open.
    pub(super) fn run(&mut self, rough: bool) -> bool {
        self.rough = rough;
        let start = Label {
            cost: 0,
            seen: 0,
            all: 0,
            time: self.hours.open,
            load: 0,
            from: NONE,
            visit: NONE,
            real: true,
        };
        self.ceilings = (0..)
            .zip(&self.pending)
            .map(|(slice, _)| {
                self.hope(&Label { time: self.hours.open + slice * self.hours.slice, ..start })
            })
            .collect();
        self.extend(&start, NONE);
        let mut order: Vec<(i64, Seconds, usize)> = Vec::new();
        for slice in 0..self.pending.len() {
            while !self.pending[slice].is_empty() {
                let labels = std::mem::take(&mut self.pending[slice]);
                order.clear();
                order.extend((0..).zip(&labels).map(|(at, label)| (label.cost, label.time, at)));
                order.sort_unstable();
                for &(.., at) in &order {
                    self.follow(&labels[at]);
                }
            }
        }
        self.open == i64::MAX
    }

    fn follow(&mut self, label: &Label) {
        self.steps += 1;
        let hope = self.hope(label);
        if hope >= self.below {
            return;
        }
        if self.steps >= self.purse.steps {
            self.open = self.open.min(hope);
            return;
        }
        let kept = &mut self.kept[label.visit as usize];
        self.steps += kept.len() / 16;
        let Some(at) = place(kept, label, self.rough, usize::MAX) else { return };
        kept.insert(at, *label);
        let number = u32::try_from(self.labels.len()).unwrap_or(NONE);
        self.labels.push(*label);
        self.end(label, number);
        self.extend(label, number);
    }

    /// What a route that goes on from the label costs at least: as if what time is left
    /// could be filled with the best of the visits that it does not remember, each at
    /// the end of its shortest way, the last in part.
    fn hope(&self, label: &Label) -> i64 {
        let hours = self.hours;
        let left = (hours.close - label.time).min(self.purse.limit - label.load);
        let mut left = (left - hours.least_back).max(0);
        let mut cost = label.cost + self.purse.rate * i64::from(hours.least_back);
        for hope in &self.hopes {
            let gone = label.seen >> hope.visit & 1 == 1;
            if gone || label.time + hours.least_in[hope.visit] > hours.latest[hope.visit] {
                continue;
            }
            if hope.seconds > left {
                let part = i128::from(hope.value) * i128::from(left);
                let part = part / i128::from(hope.seconds) + 1;
                return cost - i64::try_from(part).unwrap_or(hope.value);
            }
            left -= hope.seconds;
            cost -= hope.value;
        }
        cost
    }

    /// Goes home from the label.
    fn end(&mut self, label: &Label, number: u32) {
        let at = label.visit as usize;
        let way = self.hours.back[at];
        let cost = label.cost + self.purse.rate * i64::from(way);
        let ends = if label.real { &mut self.real[at] } else { &mut self.unreal[at] };
        if cost < ends.0
            && self.hours.arrive(label.time, way) <= self.hours.close
            && label.load + way <= self.purse.limit
        {
            *ends = (cost, number);
            if label.real {
                self.below = self.below.min(cost);
            }
        }
    }

    fn extend(&mut self, label: &Label, number: u32) {
        let hours = self.hours;
        let ways = hours.ways_from((label.visit != NONE).then_some(label.visit as usize));
        for (to, &way) in ways.iter().enumerate() {
            if label.seen >> to & 1 == 1 || label.time + way > hours.latest[to] {
                continue;
            }
            let start = hours.begin(to, hours.arrive(label.time, way));
            let load = label.load + way + hours.service[to];
            if start > hours.latest[to] || load + hours.least_home(to) > self.purse.limit {
                continue;
            }
            let time = start + hours.service[to];
            let cost = label.cost + self.purse.rate * i64::from(way) - self.gains[to];
            let slice = usize::try_from((time - hours.open) / hours.slice).unwrap_or(0);
            if cost + self.ceilings[slice] >= self.below
                || cost + self.rest(to, start, load) >= self.below
            {
                continue;
            }
            let next = Label {
                cost,
                seen: label.seen & self.near[to] | 1 << to,
                all: label.all | 1 << to,
                time,
                load: if self.purse.limit == Seconds::MAX { 0 } else { load },
                from: number,
                visit: u32::try_from(to).unwrap_or(NONE),
                real: label.real && label.all >> to & 1 == 0,
            };
            if place(&self.kept[to], &next, self.rough, FEW).is_some() {
                self.pending[slice].push(next);
            }
        }
    }

    /// What the rest of a route costs at least after a visit that begins at `start`, with
    /// so much service and travel up to its end, by the run before.
    fn rest(&self, visit: usize, start: Seconds, load: Seconds) -> i64 {
        let Some(completions) = self.completions else { return i64::MIN / 2 };
        // There, the service ended when here it begins, and it counts on both sides.
        let left = self.purse.limit - load + self.hours.service[visit];
        let rest = completions.least(visit, -start, left);
        rest.map_or(i64::MAX / 4, |rest| rest + self.gains[visit])
    }

    /// How many steps it took.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// No route costs less; at the most what was asked for.
    pub(super) fn cost(&self) -> i64 {
        let ends = self.real.iter().chain(&self.unreal).map(|end| end.0);
        ends.fold(self.purse.below.min(self.open), i64::min)
    }

    /// What was asked for, or the best real route if that is less.
    pub(super) fn below(&self) -> i64 {
        self.below
    }

    /// The best routes by their last visits, the best last.
    pub(super) fn routes(&self, real: bool) -> Vec<Route> {
        let ends = if real { &self.real } else { &self.unreal };
        let mut ends: Vec<_> = ends.iter().filter(|end| end.1 != NONE).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        ends.into_iter().map(|end| self.route(end.1)).collect()
    }

    fn route(&self, last: u32) -> Route {
        let hours = self.hours;
        let mut at = &self.labels[last as usize];
        let mut visit = at.visit as usize;
        let mut service = i64::from(hours.service[visit]);
        let mut route =
            Route { visits: vec![hours.visits[visit]], travel: hours.back[visit].into(), load: 0 };
        while at.from != NONE {
            at = &self.labels[at.from as usize];
            route.travel += i64::from(hours.ways_from(Some(at.visit as usize))[visit]);
            visit = at.visit as usize;
            route.visits.push(hours.visits[visit]);
            service += i64::from(hours.service[visit]);
        }
        route.travel += i64::from(hours.out[visit]);
        route.load = route.travel + service;
        route
    }

    /// How routes end at best, for the run after this.
    pub(super) fn completions(self) -> Completions {
        let figures = |label: &Label| (label.time, label.load, label.cost);
        let kept: Vec<Vec<_>> =
            self.kept.iter().map(|labels| labels.iter().map(figures).collect()).collect();
        Completions::of(&kept)
    }
}

/// Where a label belongs among others by cost, unless one of the `looks` before it is
/// better in all; if `rough`, whatever they remember and a little later or more loaded.
fn place(kept: &[Label], label: &Label, rough: bool, looks: usize) -> Option<usize> {
    let dearer = kept.partition_point(|other| other.cost <= label.cost);
    let slack = if rough { ROUGHLY } else { 0 };
    let better = |other: &Label| {
        other.time <= label.time + slack
            && other.load <= label.load + slack
            && (rough || other.seen & !label.seen == 0)
    };
    // Those that cost nearly as much are the likeliest to be as early.
    (!kept[..dearer].iter().rev().take(looks).any(better)).then_some(dearer)
}

fn hopes(hours: &Hours, rate: i64, gains: &[i64]) -> Vec<Hope> {
    let hope = |(visit, gain): (usize, &i64)| {
        let way = hours.least_in[visit];
        Hope { visit, value: gain - rate * i64::from(way), seconds: hours.service[visit] + way }
    };
    let mut hopes: Vec<Hope> = gains.iter().enumerate().map(hope).collect();
    hopes.retain(|hope| hope.value > 0);
    hopes.sort_by(|a, b| {
        let here = i128::from(a.value) * i128::from(b.seconds);
        let there = i128::from(b.value) * i128::from(a.seconds);
        there.cmp(&here).then(a.visit.cmp(&b.visit))
    });
    hopes
}
