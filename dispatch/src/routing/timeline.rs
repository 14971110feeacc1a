//! The arithmetic of times within a shift: arrival, begin, and latest departure.
//!
//! Everything happens as early as possible, and neither a journey nor a service overlaps a break:
//! it waits until the break is over. Each function has a mirror image, which gives the latest time
//! for the rest to follow; together they make feasibility one comparison.

use super::instance::Seconds;

/// A span from its first to its last moment.
pub(crate) type Span = (Seconds, Seconds);

/// Later than any moment; means infeasible.
pub(super) const NEVER: Seconds = Seconds::MAX / 2;

/// The earliest moment from `from` on at which `length` seconds overlap no break; breaks are
/// sorted.
#[inline]
pub(crate) fn clear(from: Seconds, length: Seconds, breaks: &[Span]) -> Seconds {
    let mut begin = from;
    for &(opens, closes) in breaks {
        if begin < closes && begin + length > opens {
            begin = closes;
        }
    }
    begin
}

/// The latest start of `length` seconds that end by `by` and overlap no break.
#[inline]
pub(super) fn clear_before(by: Seconds, length: Seconds, breaks: &[Span]) -> Seconds {
    let mut begin = by - length;
    for &(opens, closes) in breaks.iter().rev() {
        if begin < closes && begin + length > opens {
            begin = opens - length;
        }
    }
    begin
}

/// The arrival of a journey that may start at `from`.
#[inline]
pub(crate) fn arrive(from: Seconds, way: Seconds, breaks: &[Span]) -> Seconds {
    clear(from, way, breaks) + way
}

/// The first begin from `arrive` on within one of `windows`, which are sorted; [`NEVER`] if all
/// have closed.
#[inline]
pub(super) fn begin(
    arrive: Seconds,
    service: Seconds,
    windows: &[Span],
    breaks: &[Span],
) -> Seconds {
    windows
        .iter()
        .map(|&(opens, closes)| (clear(arrive.max(opens), service, breaks), closes))
        .find(|(start, closes)| start <= closes)
        .map_or(NEVER, |(start, _)| start)
}

/// The first begin from `arrive` on, and by how much it misses the nearest of `windows`; the miss
/// comes first and is zero within a window. No window means any time.
#[inline]
pub(crate) fn begin_or_miss(
    arrive: Seconds,
    service: Seconds,
    windows: impl Iterator<Item = Span>,
    breaks: &[Span],
) -> (Seconds, Seconds) {
    windows
        .map(|(opens, closes)| {
            let start = clear(arrive.max(opens), service, breaks);
            ((start - closes).max(0), start)
        })
        .min()
        .unwrap_or_else(|| (0, clear(arrive, service, breaks)))
}

/// The mirror image of [`begin_or_miss`]: the last begin within one of `windows`, in any order, of a
/// service that ends by `by`; negative if there is none. No window means any time.
pub(super) fn last_begin(
    by: Seconds,
    service: Seconds,
    windows: impl Iterator<Item = Span>,
    breaks: &[Span],
) -> Seconds {
    let mut windows = windows.peekable();
    if windows.peek().is_none() {
        return clear_before(by, service, breaks);
    }
    let last = |(opens, closes): Span| {
        let start = clear_before(by.min(closes + service), service, breaks);
        (start >= opens).then_some(start)
    };
    windows.filter_map(last).max().unwrap_or(-NEVER)
}

/// The last begin within one of `windows` of a service that ends by `by`; negative if there is
/// none.
#[inline]
pub(super) fn begin_by(
    by: Seconds,
    service: Seconds,
    windows: &[Span],
    breaks: &[Span],
) -> Seconds {
    windows
        .iter()
        .rev()
        .map(|&(opens, closes)| (clear_before(by.min(closes + service), service, breaks), opens))
        .find(|(start, opens)| start >= opens)
        .map_or(-NEVER, |(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: [Span; 2] = [(100, 130), (200, 210)];
    const WINDOWS: [Span; 2] = [(0, 40), (150, 190)];

    #[test]
    fn a_break_is_waited_out_and_not_cut_in_two() {
        assert_eq!(clear(80, 20, &BREAKS), 80);
        assert_eq!(clear(81, 20, &BREAKS), 130);
        assert_eq!(clear(99, 75, &BREAKS), 210);
        assert_eq!(clear_before(100, 20, &BREAKS), 80);
        assert_eq!(clear_before(149, 20, &BREAKS), 80);
        assert_eq!(clear_before(205, 75, &BREAKS), 25);
    }

    #[test]
    fn late_enough_and_early_enough_are_mirrors() {
        for by in 0..300 {
            let last = begin_by(by, 15, &WINDOWS, &BREAKS);
            for arrive in 0..300 {
                let start = begin(arrive, 15, &WINDOWS, &BREAKS);
                assert_eq!(start + 15 <= by, arrive <= last, "arrive {arrive}, by {by}");
            }
        }
    }
}
