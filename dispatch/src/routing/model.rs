//! An instance prepared for the search: data of visits and shifts, and the cost of each assignment.

use super::instance::{Bar, Instance, Partner, Seconds, Volunteer};
use super::neighbours::Neighbours;
use super::timeline::Span;
use super::travel::Matrix;
use super::weights::Weights;
use crate::interrupt::Interrupt;

/// The cost of a forbidden assignment.
pub(super) const FORBIDDEN: u32 = u32::MAX;
/// The largest penalty of a visit, so that the sum of thousands does not overflow.
const MOST_PENALTY: i64 = 100_000_000_000_000;

/// The prepared form of an [`Instance`].
pub(super) struct Model<'i> {
    /// The instance.
    pub(super) instance: &'i Instance,
    /// The weights.
    pub(super) weights: Weights,
    /// Travel times from a place, one matrix for each mode of travel.
    pub(super) ways: &'i [Matrix],
    /// Travel times to a place, where the matrix is not symmetric.
    reversed: Vec<Option<Matrix>>,
    /// The shifts of all volunteers.
    pub(super) shifts: Vec<ShiftData>,
    /// The index of each volunteer's first shift, and the number of shifts.
    first_shift: Vec<usize>,
    /// The data of the visits.
    pub(super) visits: Vec<VisitData>,
    /// The capacity that each volunteer's load is a share of.
    pub(super) share_of: Vec<i64>,
    /// The limits of loads: one for each volunteer, or one for each span of days.
    pub(super) quotas: Vec<QuotaData>,
    /// The cost of a visit in a shift without travel and fairness, at `visit * shifts + shift`.
    costs: Vec<u32>,
    /// The allowed shifts of each visit, with the cost.
    open: Vec<(u32, u32)>,
    open_at: Vec<usize>,
    /// The nearest visits of each visit.
    neighbours: Neighbours,
    /// What ends the search early.
    pub(super) interrupt: &'i Interrupt<'i>,
}

/// A limit of the load of some shifts of a volunteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuotaData {
    /// The most that the volunteer carries.
    pub(super) most: i64,
    /// The load carried before.
    pub(super) carried: i64,
}

/// A shift.
#[derive(Clone, Debug)]
pub(super) struct ShiftData {
    pub(super) volunteer: usize,
    /// The limit to which its load counts.
    pub(super) quota: usize,
    pub(super) day: i32,
    pub(super) open: Seconds,
    pub(super) close: Seconds,
    pub(super) capacity: i32,
    pub(super) matrix: usize,
    pub(super) breaks: Vec<Span>,
    /// Shifts of one kind are interchangeable.
    pub(super) kind: u32,
}

/// A visit.
#[derive(Clone, Debug)]
pub(super) struct VisitData {
    pub(super) place: usize,
    pub(super) service: Seconds,
    /// From the first to the last moment of its windows.
    pub(super) hull: Span,
    /// The windows in order, if there are several.
    pub(super) windows: Vec<Span>,
    pub(super) amount: i32,
    /// The cost of leaving it unserved.
    pub(super) penalty: i64,
    pub(super) pinned: bool,
    /// The previous volunteer and day, if it may stay there.
    pub(super) previous: Option<(usize, i32)>,
    pub(super) group: Option<usize>,
    pub(super) partner: Option<Partner>,
}

impl<'i> Model<'i> {
    pub(super) fn new(instance: &'i Instance, weights: Weights) -> Self {
        Self::interruptible(instance, weights, Interrupt::never())
    }

    /// As [`Self::new`]; once the interrupt is set, no shift is open to the visits that remain.
    pub(super) fn interruptible(
        instance: &'i Instance,
        weights: Weights,
        interrupt: &'i Interrupt<'i>,
    ) -> Self {
        let (shifts, quotas) = shift_data(instance, interrupt);
        let day_after = instance.day_after();
        let visits: Vec<_> = (0..instance.visits.len())
            .map(|j| visit_data(instance, weights, day_after, j))
            .collect();
        let reversed = |matrix: &Matrix| (!matrix.is_symmetric()).then(|| matrix.reversed());
        let mut first_shift = vec![0];
        for volunteer in &instance.volunteers {
            first_shift.push(first_shift[first_shift.len() - 1] + volunteer.shifts.len());
        }
        let mut model = Self {
            instance,
            first_shift,
            weights,
            ways: &instance.travel,
            reversed: instance.travel.iter().map(reversed).collect(),
            share_of: (0..instance.volunteers.len()).map(|v| instance.share_of(v).into()).collect(),
            quotas,
            costs: vec![FORBIDDEN; visits.len() * shifts.len()],
            open: Vec::new(),
            open_at: vec![0],
            neighbours: Neighbours::of(instance, interrupt),
            interrupt,
            shifts,
            visits,
        };
        (0..model.visits.len()).for_each(|visit| model.lay_out(visit));
        model
    }

    fn lay_out(&mut self, visit: usize) {
        let shifts = if self.interrupt.is_set() { 0 } else { self.shifts.len() };
        for shift in 0..shifts {
            if let Some(cost) = self.cost_of(visit, &self.shifts[shift]) {
                self.costs[visit * self.shifts.len() + shift] = cost;
                self.open.push((index(shift), cost));
            }
        }
        let open = &self.open[self.open_at[visit]..];
        if !open.iter().any(|(shift, _)| self.stays(visit, *shift as usize)) {
            self.visits[visit].previous = None;
        }
        self.sort_by_home(visit);
    }

    /// Sorts the allowed shifts of the visit by travel time from home.
    fn sort_by_home(&mut self, visit: usize) {
        let (first, place) = (self.open_at[visit], self.visits[visit].place);
        let Self { open, shifts, ways, .. } = self;
        open[first..].sort_unstable_by_key(|(shift, _)| {
            let on = &shifts[*shift as usize];
            (ways[on.matrix].way(on.volunteer, place), *shift)
        });
        self.open_at.push(self.open.len());
    }

    /// The cost of the visit in the shift; none if it is not allowed at any time.
    fn cost_of(&self, visit: usize, shift: &ShiftData) -> Option<u32> {
        let (request, data) = (&self.instance.visits[visit], &self.visits[visit]);
        let settled = match request.pinned {
            Some(pin) if pin.volunteer != shift.volunteer || pin.day != shift.day => return None,
            pinned => pinned.is_some(),
        };
        let barred = self.instance.bar(visit, shift.volunteer) != Bar::None;
        let possible = !barred && request.is_possible(shift.volunteer, shift.day);
        if !settled && !possible || data.amount > shift.capacity {
            return None;
        }
        let (first, last) = data.hull;
        if last < shift.open || first.max(shift.open) + data.service > shift.close {
            return None;
        }
        let delay = self.weights.delay(request, shift.day);
        let knows = request.known.is_empty() || request.known.contains(&shift.volunteer);
        // A visit that cannot stay moves in any case, so this does not affect the choice.
        let moved =
            request.previous.is_some_and(|previous| previous != (shift.volunteer, shift.day));
        let cost = delay.min(FORBIDDEN.into())
            + if knows { 0 } else { self.weights.stranger }
            + if moved { self.weights.moved } else { 0 };
        Some(u32::try_from(cost).unwrap_or(FORBIDDEN - 1).min(FORBIDDEN - 1))
    }

    /// Whether the shift is the visit's previous one.
    #[inline]
    pub(super) fn stays(&self, visit: usize, shift: usize) -> bool {
        self.visits[visit].previous.is_some_and(|previous| {
            let on = &self.shifts[shift];
            previous == (on.volunteer, on.day)
        })
    }

    /// The cost of the visit in the shift; [`FORBIDDEN`] if not allowed.
    #[inline]
    pub(super) fn cost(&self, visit: usize, shift: usize) -> u32 {
        self.costs[visit * self.shifts.len() + shift]
    }

    /// The allowed shifts of the visit, with the cost.
    #[inline]
    pub(super) fn open_to(&self, visit: usize) -> &[(u32, u32)] {
        &self.open[self.open_at[visit]..self.open_at[visit + 1]]
    }

    /// The number of allowed pairs of a visit and a shift.
    pub(super) fn open_shifts(&self) -> usize {
        self.open.len()
    }

    /// The shifts of a volunteer.
    pub(super) fn shifts_of(&self, volunteer: usize) -> std::ops::Range<usize> {
        self.first_shift[volunteer]..self.first_shift[volunteer + 1]
    }

    /// The neighbours of a visit, the nearest first.
    #[inline]
    pub(super) fn near(&self, visit: usize) -> &[u32] {
        self.neighbours.of_visit(visit)
    }

    /// The travel times to a place, as a row.
    #[inline]
    pub(super) fn to(&self, matrix: usize, place: usize) -> &[Seconds] {
        self.reversed[matrix].as_ref().unwrap_or(&self.ways[matrix]).from(place)
    }

    /// The fairness cost of a volunteer's load.
    #[inline]
    pub(super) fn burden(&self, volunteer: usize, load: i64) -> i64 {
        if self.weights.fairness == 0 {
            return 0;
        }
        self.weights.fairness * load * load / (100 * self.share_of[volunteer])
    }

    /// A volunteer's load as a share of the capacity, in millionths.
    #[inline]
    pub(super) fn share(&self, volunteer: usize, load: i64) -> i64 {
        load * 1_000_000 / self.share_of[volunteer]
    }
}

fn shift_data(instance: &Instance, interrupt: &Interrupt<'_>) -> (Vec<ShiftData>, Vec<QuotaData>) {
    let (mut shifts, mut quotas) = (Vec::new(), Vec::new());
    for (volunteer, who) in instance.volunteers.iter().enumerate() {
        let first_quota = quotas.len();
        quotas.extend(quota_data(who));
        for shift in &who.shifts {
            let rank = who.quotas.iter().position(|quota| quota.covers(shift.day));
            shifts.push(ShiftData {
                volunteer,
                quota: first_quota + rank.unwrap_or(who.quotas.len()),
                day: shift.day,
                open: shift.open,
                close: shift.close,
                capacity: shift.capacity.unwrap_or(i32::MAX),
                matrix: who.matrix,
                breaks: merged(shift.breaks.clone()),
                kind: index(shifts.len()),
            });
        }
    }
    for at in (0..shifts.len()).take_while(|_| !interrupt.is_set()) {
        if let Some(twin) = (0..at).find(|before| alike(instance, &shifts[*before], &shifts[at])) {
            shifts[at].kind = shifts[twin].kind;
        }
    }
    (shifts, quotas)
}

/// The limits for spans of days, and at last the one for all other days.
fn quota_data(who: &Volunteer) -> impl Iterator<Item = QuotaData> {
    let most = who.offered.filter(|_| who.quotas.is_empty()).map_or(i64::MAX, i64::from);
    let rest = QuotaData { most, carried: who.carried.into() };
    let spans = who.quotas.iter();
    let spans = spans.map(|it| QuotaData { most: it.most.into(), carried: it.carried.into() });
    spans.chain([rest])
}

/// Whether two shifts of different volunteers are interchangeable, so that of several empty ones
/// only one needs to be considered.
fn alike(instance: &Instance, one: &ShiftData, other: &ShiftData) -> bool {
    let (a, b) = (&instance.volunteers[one.volunteer], &instance.volunteers[other.volunteer]);
    one.volunteer != other.volunteer
        && (one.day, one.open, one.close) == (other.day, other.open, other.close)
        && (one.capacity, one.matrix, &one.breaks) == (other.capacity, other.matrix, &other.breaks)
        && (a.offered, a.share_of, a.carried) == (b.offered, b.share_of, b.carried)
        && a.quotas == b.quotas
        && a.shifts.len() == 1
        && b.shifts.len() == 1
        && same_ways(&instance.travel[a.matrix], one.volunteer, other.volunteer)
        && instance.visits.iter().enumerate().all(|(j, visit)| {
            instance.bar(j, one.volunteer) == instance.bar(j, other.volunteer)
                && visit.known.contains(&one.volunteer) == visit.known.contains(&other.volunteer)
                && visit.previous.is_none()
                && visit.pinned.is_none()
                && visit
                    .only
                    .iter()
                    .all(|it| ![one.volunteer, other.volunteer].contains(&it.volunteer))
        })
}

/// Whether two homes have the same travel times to and from every place.
fn same_ways(matrix: &Matrix, one: usize, other: usize) -> bool {
    let mut places = 0..matrix.places();
    matrix.from(one) == matrix.from(other)
        && places.all(|place| matrix.way(place, one) == matrix.way(place, other))
}

/// The union of the spans, sorted and disjoint.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for (opens, closes) in spans {
        match apart.last_mut() {
            Some(last) if opens <= last.1 => last.1 = last.1.max(closes),
            _ => apart.push((opens, closes)),
        }
    }
    apart
}

fn visit_data(instance: &Instance, weights: Weights, day_after: i32, visit: usize) -> VisitData {
    let request = &instance.visits[visit];
    let windows = match request.pinned.and_then(|pin| pin.start) {
        Some(start) => vec![(start, start)],
        None => merged(request.windows.clone()),
    };
    let first = windows.first().map_or(0, |window| window.0);
    let last = windows.iter().map(|window| window.1).max().unwrap_or(super::instance::MOST_SECONDS);
    // An unserved visit is late as well; otherwise the most overdue would be dropped first.
    let delay = weights.delay(request, day_after);
    // Dropping a visit of the previous plan must not be cheaper than moving it.
    let moved = if request.previous.is_some() { weights.moved } else { 0 };
    let unserved = i64::from(request.priority).saturating_mul(weights.unserved);
    let penalty = unserved.saturating_add(delay).saturating_add(moved).min(MOST_PENALTY);
    VisitData {
        place: instance.place(visit),
        service: request.service,
        hull: (first, last),
        windows: if windows.len() > 1 { windows } else { Vec::new() },
        amount: request.amount,
        // A pinned visit outweighs any number of others.
        penalty: if request.pinned.is_some() {
            penalty.max(weights.unserved).min(MOST_PENALTY / 1_000) * 1_000
        } else {
            penalty
        },
        pinned: request.pinned.is_some(),
        previous: request.previous,
        group: request.group,
        partner: request.partner,
    }
}

/// An index as stored in arrays.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
