//! Insertion of pairs: two visits by two volunteers, at once or one after the other.
//!
//! While a pair is assigned, the begins of its two visits are fixed to compatible times, so that
//! every tour can still be evaluated alone; every insertion of the pair chooses them anew.

use super::draft::{Draft, UNASSIGNED};
use super::hours::begin;
use super::insertion::Gap;
use super::instance::Seconds;
use super::model::Model;
use super::timeline::Span;

/// A gap for one visit of the pair, with the span of its begin and its price.
#[derive(Clone, Copy)]
struct PairSlot {
    shift: u32,
    gap: Gap,
    span: Span,
    price: i64,
}

/// How many of the cheapest gaps of each visit are combined.
const CHEAPEST: usize = 24;

/// Inserts an unassigned pair where it costs least; the second begins within `gap` after the first.
pub(super) fn insert(
    model: &Model<'_>,
    draft: &mut Draft,
    first: u32,
    second: u32,
    gap: (Seconds, Seconds),
) {
    if draft.assigned_route[first as usize] != UNASSIGNED
        || draft.assigned_route[second as usize] != UNASSIGNED
    {
        return;
    }
    let (ours, theirs) = (options(model, draft, first), options(model, draft, second));
    let mut best: Option<(i64, PairSlot, PairSlot, (Seconds, Seconds))> = None;
    for one in &ours {
        for other in &theirs {
            let price = one.price + other.price;
            if best.is_some_and(|(least, ..)| price >= least) {
                break; // theirs are in order of price
            }
            let (here, there) =
                (&model.shifts[one.shift as usize], &model.shifts[other.shift as usize]);
            if here.volunteer == there.volunteer || here.day != there.day {
                continue;
            }
            let first_start = |visit, option: &PairSlot, from: Seconds| {
                let breaks = &model.shifts[option.shift as usize].breaks;
                let start = begin(model, visit, &draft.hulls, from.max(option.span.0), breaks);
                (start <= option.span.1).then_some(start)
            };
            let starts = agree(
                |from| first_start(first, one, from),
                |from| first_start(second, other, from),
                gap,
            );
            if let Some(starts) = starts {
                best = Some((price, *one, *other, starts));
            }
        }
    }
    if let Some((_, one, other, (here, there))) = best {
        draft.set_hull(first, (here, here));
        draft.insert(model, one.shift, first, one.gap);
        draft.set_hull(second, (there, there));
        draft.insert(model, other.shift, second, other.gap);
    }
}

/// The earliest begins that keep the gap. `first` and `second` return the earliest begin from a
/// moment on; where one waits for a window or a break, the other waits too.
fn agree(
    first: impl Fn(Seconds) -> Option<Seconds>,
    second: impl Fn(Seconds) -> Option<Seconds>,
    gap: (Seconds, Seconds),
) -> Option<(Seconds, Seconds)> {
    let mut from = 0;
    loop {
        let here = first(from)?;
        let there = second(here + gap.0)?;
        if there - here <= gap.1 {
            return Some((here, there));
        }
        from = there - gap.1;
    }
}

/// The cheapest gaps for one visit.
fn options(model: &Model<'_>, draft: &Draft, visit: u32) -> Vec<PairSlot> {
    let mut all = Vec::new();
    for &(shift, _) in model.open_to(visit as usize) {
        if !draft.group_allows(model, shift as usize, visit) {
            continue;
        }
        let tour = &draft.tours[shift as usize];
        for at in 0..=tour.len() {
            if let Some(gap) = tour.gap(model, shift as usize, visit, &draft.hulls, at)
                && let Some(price) = draft.price(model, shift as usize, visit, gap.extra)
            {
                let span = tour.span(model, shift as usize, visit, &draft.hulls, at);
                all.push(PairSlot { shift, gap, span, price });
            }
        }
    }
    all.sort_by_key(|option| (option.price, option.shift, option.gap.at));
    all.truncate(CHEAPEST);
    all
}
