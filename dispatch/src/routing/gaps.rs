//! A cache of the best gap for each visit in each tour, valid while the tour is unchanged.
//!
//! A step changes few tours; in all others the best gap stays the same.

use super::insertion::Gap;
use super::instance::Seconds;
use super::model::Model;

/// A cache entry for a visit and a tour.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The stamp of the tour it was computed for; no tour has the stamp [`NEVER`].
    stamp: u64,
    at: u32,
    /// [`NO_GAP`] if the visit fits nowhere.
    extra: Seconds,
}

const NEVER: u64 = u64::MAX;
const NO_GAP: Seconds = Seconds::MAX;
/// Nothing is cached for more pairs of a visit and a shift than this, to bound the memory: 64 MB.
const MOST: usize = 4_000_000;

/// The cached gaps, at `visit * shifts + shift`.
#[derive(Clone, Debug, Default)]
pub(super) struct GapCache(Vec<Known>);

impl GapCache {
    /// The best gap for a visit in the tour with this stamp; `look` computes it on a miss.
    #[inline]
    pub(super) fn best(
        &mut self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        stamp: u64,
        look: impl FnOnce() -> Option<Gap>,
    ) -> Option<Gap> {
        let pair = visit as usize * model.shifts.len() + shift;
        let Some(known) = self.known(model, pair) else { return look() };
        if known.stamp != stamp {
            let (at, extra) = look().map_or((0, NO_GAP), |gap| (gap.at, gap.extra));
            *known = Known { stamp, at: super::model::index(at), extra };
        }
        (known.extra != NO_GAP).then_some(Gap { at: known.at as usize, extra: known.extra })
    }

    /// The entry of a pair. The cache is allocated on first use, since most drafts never need it.
    #[inline]
    fn known(&mut self, model: &Model<'_>, pair: usize) -> Option<&mut Known> {
        if pair >= self.0.len() {
            let pairs = model.visits.len() * model.shifts.len();
            if pairs > MOST {
                return None;
            }
            self.0 = vec![Known { stamp: NEVER, at: 0, extra: NO_GAP }; pairs];
        }
        self.0.get_mut(pair)
    }
}
