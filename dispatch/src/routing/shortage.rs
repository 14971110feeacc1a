//! The one constraint that keeps a visit out of a tour.

use super::draft::Draft;
use super::feasibility::over_the_offer;
use super::insertion::Gap;
use super::instance::{Bar, Seconds};
use super::misses::{Insertion, Misses, TimedVisit, least_miss};
use super::model::Model;
use super::timeline::Span;

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
    /// `misses` may be a lower bound: its figure for the end of the shift is that of the result.
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
    pub(super) fn of_bar(bar: Bar) -> Option<Self> {
        match bar {
            Bar::Skill => Some(Self::Skill),
            Bar::Area => Some(Self::Area),
            Bar::None | Bar::Forbidden => None,
        }
    }

    /// Less is easier to relax: time and offer, then capacity, then a skill, then an area.
    pub(super) fn size(self) -> (u8, i64) {
        match self {
            Self::Window(seconds) | Self::Time(seconds) => (0, seconds.into()),
            Self::Offer(seconds) => (0, seconds),
            Self::Capacity(amount) => (1, amount.into()),
            Self::Skill => (2, 0),
            Self::Area => (3, 0),
        }
    }
}

/// The constraints that are the only ones violated by the visit in a gap of a tour; of the end of the
/// shift the least excess.
pub(super) fn shortages_in(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
) -> Vec<Shortage> {
    let (tour, on) = (&draft.tours[shift], &model.shifts[shift]);
    let capacity = tour.too_much(model, shift, visit);
    let bar = model.instance.bar(visit as usize, on.volunteer);
    let gaps = (0..=tour.len()).map(|at| {
        let insertion = insertion(model, draft, visit, shift, at);
        let misses = insertion.at_least(tour.stops[at + 1].latest, &on.breaks);
        let extra = tour.extra(model, shift, visit, at);
        let offer = over_the_offer(model, draft, visit, shift, Gap { at, extra });
        let pinned = model.visits[visit as usize].pinned;
        (Shortage::only(misses, capacity, offer, bar, pinned), Some(insertion))
    });
    shortages(gaps, |late| least_miss_in(model, draft, shift, late))
}

/// The shortages at the positions of a route, each with the insertion there. How much time is short is
/// computed for all positions at once, of which the least is of interest.
pub(crate) fn shortages(
    positions: impl Iterator<Item = (Option<Shortage>, Option<Insertion>)>,
    least_miss: impl FnOnce(Vec<Option<Insertion>>) -> Option<Seconds>,
) -> Vec<Shortage> {
    let (mut found, mut late) = (Vec::new(), Vec::new());
    for (shortage, insertion) in positions {
        let is_time = matches!(shortage, Some(Shortage::Time(_)));
        late.push(insertion.filter(|_| is_time));
        found.extend(shortage.filter(|_| !is_time));
    }
    found.extend(least_miss(late).map(Shortage::Time));
    found
}

/// The least by which the visit misses its own windows and the shift in any gap of a tour
/// where the visits after it keep theirs.
pub(super) fn shortest(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> Seconds {
    let gaps = 0..=draft.tours[shift].len();
    let insertions = gaps.map(|at| Some(insertion(model, draft, visit, shift, at)));
    least_miss_in(model, draft, shift, insertions).unwrap_or(Seconds::MAX)
}

/// The visit in the gap before visit `at`.
fn insertion(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Insertion {
    let (tour, on) = (&draft.tours[shift], &model.shifts[shift]);
    let (there, onward) = tour.legs_by(model, shift, visit, at);
    let visit = timed(model, draft, visit, there, 0);
    Insertion::new(tour.stops[at].depart, visit, onward, &on.breaks)
}

/// The least miss of these insertions into a tour, one for each gap, after which the later visits keep
/// their windows.
fn least_miss_in(
    model: &Model<'_>,
    draft: &Draft,
    shift: usize,
    insertions: impl IntoIterator<Item = Option<Insertion>>,
) -> Option<Seconds> {
    let (on, stops) = (&model.shifts[shift], &draft.tours[shift].stops);
    let last = stops.len() - 1;
    let route = stops[1..last].iter().map(|it| timed(model, draft, it.visit, it.leg, it.depart));
    least_miss(insertions, route, (stops[last].leg, on.close), &on.breaks, 0)
}

/// A visit as far as timing needs it, after a way and with the end of its service.
pub(super) fn timed<'m>(
    model: &'m Model<'_>,
    draft: &Draft,
    visit: u32,
    way: Seconds,
    leaves: Seconds,
) -> TimedVisit<impl Iterator<Item = Span> + Clone + use<'m>> {
    let service = model.visits[visit as usize].service;
    TimedVisit { way, service, windows: windows(model, draft, visit), leaves }
}

/// The spans within which a visit may begin, a partner's included.
fn windows<'m>(
    model: &'m Model<'_>,
    draft: &Draft,
    visit: u32,
) -> impl Iterator<Item = Span> + Clone + use<'m> {
    let windows = model.visits[visit as usize].windows.as_slice();
    let (opens, closes) = draft.hulls[visit as usize];
    let hull = windows.is_empty().then_some((opens, closes));
    let within = windows.iter().map(move |span| (span.0.max(opens), span.1.min(closes)));
    hull.into_iter().chain(within.filter(|span| span.0 <= span.1))
}
