//! When a visit may begin: its windows, narrowed to its hull, outside the breaks.

use super::instance::Seconds;
use super::model::Model;
use super::timeline::{self, Span};

/// The first begin of a visit from `arrive` on; [`timeline::NEVER`] if there is none.
#[inline]
pub(super) fn begin(
    model: &Model<'_>,
    visit: u32,
    hulls: &[Span],
    arrive: Seconds,
    breaks: &[Span],
) -> Seconds {
    let data = &model.visits[visit as usize];
    if data.windows.is_empty() {
        let (opens, closes) = hulls[visit as usize];
        if breaks.is_empty() {
            let start = arrive.max(opens);
            return if start <= closes { start } else { timeline::NEVER };
        }
        return timeline::begin(arrive, data.service, &[(opens, closes)], breaks);
    }
    let (opens, closes) = hulls[visit as usize];
    let start = timeline::begin(arrive.max(opens), data.service, &data.windows, breaks);
    if start <= closes { start } else { timeline::NEVER }
}

/// The last begin of a visit that ends by `by`; `-`[`timeline::NEVER`] if there is none.
#[inline]
pub(super) fn begin_by(
    model: &Model<'_>,
    visit: u32,
    hulls: &[Span],
    by: Seconds,
    breaks: &[Span],
) -> Seconds {
    let data = &model.visits[visit as usize];
    let (opens, closes) = hulls[visit as usize];
    if data.windows.is_empty() {
        if breaks.is_empty() {
            let start = (by - data.service).min(closes);
            return if start >= opens { start } else { -timeline::NEVER };
        }
        return timeline::begin_by(by, data.service, &[(opens, closes)], breaks);
    }
    let by = by.min(closes.saturating_add(data.service));
    let start = timeline::begin_by(by, data.service, &data.windows, breaks);
    if start >= opens { start } else { -timeline::NEVER }
}
