//! What would have a visit made that nobody makes.
//!
//! A change is told only if it is enough by itself, all else staying as it is.

use serde::Serialize;

use super::draft::Draft;
use super::explain::over_the_offer;
use super::instance::{Bar, Seconds};
use super::model::{Model, Tourable};
use super::timeline::{self, Span};
use super::tour::Gap;

/// A change that would have a visit made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Relief {
    /// This volunteer stays so many seconds longer than the shift.
    MoreTime {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
        /// How much more.
        seconds: Seconds,
    },
    /// The visit may begin so many seconds after its last window, with this volunteer.
    LaterWindow {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
        /// How much later.
        seconds: Seconds,
    },
    /// This volunteer offers so many seconds more.
    MoreOffered {
        /// Who.
        volunteer: usize,
        /// How much more.
        seconds: i64,
    },
    /// This volunteer takes so much more with them.
    MoreCapacity {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
        /// How much more.
        amount: i32,
    },
    /// This volunteer has the time but not the skill: somebody like them with it.
    Skill {
        /// Like whom.
        volunteer: usize,
        /// On which day.
        day: i32,
    },
    /// This volunteer has the time but serves another place.
    Area {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
    },
    /// Nobody comes near: one more volunteer with the skills and a shift in its hours;
    /// two for a visit of two.
    OneMore,
}

/// The least change: a little more time or offer where that is enough, else room for
/// what is taken along, else a skill or an area for somebody who has the time.
pub(super) fn least(model: &Model<'_>, draft: &Draft, visit: u32) -> Relief {
    let (wish, call) = (&model.instance.visits[visit as usize], &model.calls[visit as usize]);
    let mut best: Option<((u8, i64), Relief)> = None;
    for (shift, on) in model.shifts.iter().enumerate() {
        let elsewhere =
            wish.pinned.is_some_and(|pin| (pin.volunteer, pin.day) != (on.volunteer, on.day));
        let early = wish.pinned.is_none() && on.day < wish.first_day;
        let alone = call.partner.is_some();
        if elsewhere || early || alone || !draft.group_allows(model, shift, visit) {
            continue;
        }
        let gaps = 0..=draft.tours[shift].len();
        for change in gaps.filter_map(|at| enough(model, draft, visit, shift, at)) {
            if best.is_none_or(|(least, _)| change.0 < least) {
                best = Some(change);
            }
        }
    }
    best.map_or(Relief::OneMore, |(_, relief)| relief)
}

/// The one change that lets the visit into a gap, and how much it is; none if there is
/// no such change, or if it takes two.
fn enough(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    at: usize,
) -> Option<((u8, i64), Relief)> {
    let (tour, &Tourable { volunteer, day, .. }) = (&draft.tours[shift], &model.shifts[shift]);
    let settled = model.calls[visit as usize].pinned;
    let Misses { window, hours } = misses(model, draft, visit, shift, at)?;
    let amount = tour.too_much(model, shift, visit);
    let extra = tour.extra(model, shift, visit, at);
    let offer = over_the_offer(model, draft, visit, shift, Gap { at, extra });
    let bar = model.instance.bar(visit as usize, volunteer);
    // What people settled is held up neither by a bar nor by what was offered.
    let (offer, bar) = if settled { (0, Bar::None) } else { (offer, bar) };
    Some(match (window, hours, amount, offer, bar) {
        (1.., ..=0, ..=0, ..=0, Bar::None) if !settled => {
            ((0, window.into()), Relief::LaterWindow { volunteer, day, seconds: window })
        }
        (..=0, 1.., ..=0, ..=0, Bar::None) => {
            ((0, hours.into()), Relief::MoreTime { volunteer, day, seconds: hours })
        }
        (..=0, ..=0, 1.., ..=0, Bar::None) => {
            ((1, amount.into()), Relief::MoreCapacity { volunteer, day, amount })
        }
        (..=0, ..=0, ..=0, 1.., Bar::None) => {
            ((0, offer), Relief::MoreOffered { volunteer, seconds: offer })
        }
        (..=0, ..=0, ..=0, ..=0, Bar::Skill) => ((2, 0), Relief::Skill { volunteer, day }),
        (..=0, ..=0, ..=0, ..=0, Bar::Area) => ((3, 0), Relief::Area { volunteer, day }),
        _ => return None,
    })
}

/// By how much a visit in a gap misses the hours, at best: the most of its own window
/// and of the shift together.
pub(super) fn shortest(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> Seconds {
    let gaps = 0..=draft.tours[shift].len();
    let missed = gaps.filter_map(|at| misses(model, draft, visit, shift, at));
    missed.map(|missed| missed.window.max(missed.hours)).min().unwrap_or(Seconds::MAX)
}

/// How late a visit in a gap is.
struct Misses {
    /// After its last window, in seconds.
    window: Seconds,
    /// How long after the shift its volunteer is home, in seconds.
    hours: Seconds,
}

/// How late the visit is in the gap before visit `at`; none if one after it would miss
/// its own windows.
fn misses(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Option<Misses> {
    let on = &model.shifts[shift];
    let ways = &model.ways[on.matrix];
    let stops = &draft.tours[shift].stops;
    let (mut left, mut place) = (stops[at].depart, stops[at].place as usize);
    let rest = stops[at + 1..stops.len() - 1].iter().map(|stop| stop.visit);
    let mut window = 0;
    for next in std::iter::once(visit).chain(rest) {
        let call = &model.calls[next as usize];
        let arrive = timeline::arrive(left, ways.way(place, call.place), &on.breaks);
        let mut start = super::tour::begin(model, next, &draft.hulls, arrive, &on.breaks);
        if start >= timeline::NEVER {
            if next != visit {
                return None;
            }
            let (opens, closes) = last_window(model, draft, visit);
            start = timeline::clear(arrive.max(opens), call.service, &on.breaks);
            window = start - closes;
        }
        left = start + call.service;
        place = call.place;
    }
    let home = timeline::arrive(left, ways.way(place, on.volunteer), &on.breaks);
    Some(Misses { window, hours: (home - on.close).max(0) })
}

fn last_window(model: &Model<'_>, draft: &Draft, visit: u32) -> Span {
    let windows = &model.calls[visit as usize].windows;
    windows.last().copied().unwrap_or(draft.hulls[visit as usize])
}
