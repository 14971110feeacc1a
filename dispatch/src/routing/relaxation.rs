//! The least relaxation of one constraint that makes an unserved visit feasible.
//!
//! A relaxation is reported only if it suffices by itself, all else staying as it is.

use serde::Serialize;

use super::draft::Draft;
use super::feasibility::over_the_offer;
use super::insertion::Gap;
use super::instance::{Bar, Seconds};
use super::misses::{Misses, TimedVisit, misses};
use super::model::{Model, ShiftData};
use super::timeline::Span;

/// A relaxation of one constraint that makes an unserved visit feasible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Relaxation {
    /// The volunteer's shift ends later.
    MoreTime {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
        /// How much later the shift ends.
        seconds: Seconds,
    },
    /// The visit's windows close later, and the volunteer makes it.
    LaterWindow {
        /// The volunteer.
        volunteer: usize,
        /// The day of the visit.
        day: i32,
        /// How much later the windows close.
        seconds: Seconds,
    },
    /// The volunteer offers more time in the period, or in a span of days.
    MoreOffered {
        /// The volunteer.
        volunteer: usize,
        /// The first day of the span, if the volunteer has offers for spans.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_day: Option<i32>,
        /// How much more.
        seconds: i64,
    },
    /// The volunteer's shift has a larger capacity.
    MoreCapacity {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
        /// How much more.
        amount: i32,
    },
    /// The volunteer has the time but lacks a skill: a volunteer like them with the skill.
    Skill {
        /// The volunteer with the time.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
    },
    /// The volunteer has the time but serves another area.
    Area {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
    },
    /// One more volunteer, with the skills and a shift in the visit's windows.
    OneMore,
}

/// The one constraint that an insertion violates, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// The visit begins after its window.
    Window(Seconds),
    /// The volunteer is home after the end of the shift.
    Time(Seconds),
    /// The volunteer carries more than they offered.
    Offer(i64),
    /// The shift's capacity is exceeded.
    Capacity(i32),
    /// The volunteer lacks a skill.
    Skill,
    /// The volunteer does not serve the area.
    Area,
}

impl Shortage {
    /// The only constraint that an insertion violates; none if it violates none or several.
    ///
    /// `capacity` and `offer` are the excess over each limit, zero or less if it is kept. A
    /// pinned visit is bound by neither bar nor offer, and its hour cannot be relaxed.
    pub(crate) fn only(
        misses: Misses,
        capacity: i32,
        offer: i64,
        bar: Bar,
        pinned: bool,
    ) -> Option<Self> {
        let (offer, bar) = if pinned { (0, Bar::None) } else { (offer, bar) };
        if misses.later > 0 {
            return None;
        }
        match (misses.own, misses.shift, capacity, offer, bar) {
            (own @ 1.., ..=0, ..=0, ..=0, Bar::None) if !pinned => Some(Self::Window(own)),
            (..=0, shift @ 1.., ..=0, ..=0, Bar::None) => Some(Self::Time(shift)),
            (..=0, ..=0, capacity @ 1.., ..=0, Bar::None) => Some(Self::Capacity(capacity)),
            (..=0, ..=0, ..=0, offer @ 1.., Bar::None) => Some(Self::Offer(offer)),
            (..=0, ..=0, ..=0, ..=0, Bar::Skill) => Some(Self::Skill),
            (..=0, ..=0, ..=0, ..=0, Bar::Area) => Some(Self::Area),
            _ => None,
        }
    }

    /// What a bar lacks, if it can be relaxed.
    fn of_bar(bar: Bar) -> Option<Self> {
        match bar {
            Bar::Skill => Some(Self::Skill),
            Bar::Area => Some(Self::Area),
            Bar::None | Bar::Forbidden => None,
        }
    }

    /// Less is easier to relax: time and offer, then capacity, then a skill, then an area.
    fn size(self) -> (u8, i64) {
        match self {
            Self::Window(seconds) | Self::Time(seconds) => (0, seconds.into()),
            Self::Offer(seconds) => (0, seconds),
            Self::Capacity(amount) => (1, amount.into()),
            Self::Skill => (2, 0),
            Self::Area => (3, 0),
        }
    }
}

/// The least relaxation: time or offer where that suffices, else capacity, else a skill or an
/// area for a volunteer with the time, else one more volunteer.
///
/// The shifts of `first` are tried before all others, which are tried only if that finds no time, offer
/// or capacity that suffices.
///
/// None where no single relaxation is known to suffice: another volunteer does not help a
/// pinned visit or one of a group that is assigned, and for a pair none is tried.
pub(super) fn least(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    first: impl Iterator<Item = usize>,
) -> Option<Relaxation> {
    let data = &model.visits[visit as usize];
    if data.partner.is_some() {
        return None;
    }
    let near = least_in(model, draft, visit, first);
    let is_bar = |(shortage, _): &(Shortage, usize)| shortage.size() >= Shortage::Skill.size();
    let best = near
        .filter(|least| !is_bar(least))
        .or_else(|| least_in(model, draft, visit, 0..model.shifts.len()));
    let is_assigned = |group: usize| draft.group_holders[group].1 > 0;
    let anyone_may = !data.pinned && !data.group.is_some_and(is_assigned);
    let least = best.map(|(shortage, shift)| relaxation(model, shortage, &model.shifts[shift]));
    least.or(anyone_may.then_some(Relaxation::OneMore))
}

/// The least shortage in one of these shifts, and the shift.
fn least_in(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shifts: impl Iterator<Item = usize>,
) -> Option<(Shortage, usize)> {
    let request = &model.instance.visits[visit as usize];
    let mut best: Option<(Shortage, usize)> = None;
    for shift in shifts {
        let on = &model.shifts[shift];
        let elsewhere =
            request.pinned.is_some_and(|pin| (pin.volunteer, pin.day) != (on.volunteer, on.day));
        let impossible = request.pinned.is_none() && !request.is_possible(on.volunteer, on.day);
        if elsewhere || impossible || !draft.group_allows(model, shift, visit) {
            continue;
        }
        let bar = model.instance.bar(visit as usize, on.volunteer);
        if bar != Bar::None && request.pinned.is_none() {
            let barred = Shortage::of_bar(bar).filter(|barred| {
                let is_less = best.is_none_or(|(least, _)| barred.size() < least.size());
                is_less && fits(model, draft, visit, shift)
            });
            best = barred.map(|barred| (barred, shift)).or(best);
            continue;
        }
        let gaps = 0..=draft.tours[shift].len();
        for shortage in gaps.filter_map(|at| shortage(model, draft, visit, shift, at)) {
            if best.is_none_or(|(least, _)| shortage.size() < least.size()) {
                best = Some((shortage, shift));
            }
        }
    }
    best
}

/// Whether the visit fits into a shift, bars aside.
fn fits(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> bool {
    let tour = &draft.tours[shift];
    let mut gaps =
        (0..=tour.len()).filter_map(|at| tour.gap(model, shift, visit, &draft.hulls, at));
    gaps.any(|gap| over_the_offer(model, draft, visit, shift, gap) <= 0)
}

fn relaxation(
    model: &Model<'_>,
    shortage: Shortage,
    &ShiftData { volunteer, day, .. }: &ShiftData,
) -> Relaxation {
    match shortage {
        Shortage::Window(seconds) => Relaxation::LaterWindow { volunteer, day, seconds },
        Shortage::Time(seconds) => Relaxation::MoreTime { volunteer, day, seconds },
        Shortage::Offer(seconds) => {
            let mut quotas = model.instance.volunteers[volunteer].quotas.iter();
            let first_day = quotas.find(|quota| quota.covers(day)).map(|quota| quota.first_day);
            Relaxation::MoreOffered { volunteer, first_day, seconds }
        }
        Shortage::Capacity(amount) => Relaxation::MoreCapacity { volunteer, day, amount },
        Shortage::Skill => Relaxation::Skill { volunteer, day },
        Shortage::Area => Relaxation::Area { volunteer, day },
    }
}

/// The only constraint that the visit violates in the gap before visit `at`.
fn shortage(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    at: usize,
) -> Option<Shortage> {
    let tour = &draft.tours[shift];
    let misses = misses_in_gap(model, draft, visit, shift, at);
    let capacity = tour.too_much(model, shift, visit);
    let extra = tour.extra(model, shift, visit, at);
    let offer = over_the_offer(model, draft, visit, shift, Gap { at, extra });
    let bar = model.instance.bar(visit as usize, model.shifts[shift].volunteer);
    Shortage::only(misses, capacity, offer, bar, model.visits[visit as usize].pinned)
}

/// The least by which the visit misses its own windows and the shift in any gap of a tour
/// where the visits after it keep theirs.
pub(super) fn shortest(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> Seconds {
    let gaps = 0..=draft.tours[shift].len();
    let misses = gaps.map(|at| misses_in_gap(model, draft, visit, shift, at));
    let misses = misses.filter(|misses| misses.later == 0).map(Misses::most);
    misses.min().unwrap_or(Seconds::MAX)
}

fn misses_in_gap(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Misses {
    let on = &model.shifts[shift];
    let (ways, stops) = (&model.ways[on.matrix], &draft.tours[shift].stops);
    let place = model.visits[visit as usize].place;
    let there = ways.way(stops[at].place as usize, place);
    let onward = ways.way(place, stops[at + 1].place as usize);
    let timed = |visit: u32, way: Seconds, leaves: Seconds| TimedVisit {
        way,
        service: model.visits[visit as usize].service,
        windows: windows(model, draft, visit),
        leaves,
    };
    let (home, rest) = (stops.len() - 1, &stops[at + 1..stops.len() - 1]);
    let rest = rest.iter().enumerate().map(|(rank, stop)| {
        timed(stop.visit, if rank == 0 { onward } else { stop.leg }, stop.depart)
    });
    let home = if at + 1 == home { onward } else { stops[home].leg };
    misses(stops[at].depart, timed(visit, there, 0), rest, (home, on.close), &on.breaks)
}

/// The spans within which a visit may begin, a partner's included.
fn windows<'m>(
    model: &'m Model<'_>,
    draft: &Draft,
    visit: u32,
) -> impl Iterator<Item = Span> + use<'m> {
    let windows = model.visits[visit as usize].windows.as_slice();
    let (opens, closes) = draft.hulls[visit as usize];
    let hull = windows.is_empty().then_some((opens, closes));
    let within = windows.iter().map(move |span| (span.0.max(opens), span.1.min(closes)));
    hull.into_iter().chain(within.filter(|span| span.0 <= span.1))
}
