//! The best gap for each visit in each tour, remembered while the tour stays as it is.
//!
//! A step changes a few tours; in all others a visit still goes best where it went
//! best before.

use super::instance::Seconds;
use super::model::Model;
use super::tour::Gap;

/// What is known of a visit and a tour.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Of which tour it is known; no tour has the stamp [`NEVER`].
    stamp: u64,
    at: u32,
    /// [`NO_GAP`] if the visit fits nowhere.
    extra: Seconds,
}

const NEVER: u64 = u64::MAX;
const NO_GAP: Seconds = Seconds::MAX;
/// Of more pairs of a visit and a shift than this nothing is remembered, to bound
/// the memory: 64 MB.
const MOST: usize = 4_000_000;

/// The best gaps that were looked up, at `visit * shifts + shift`.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps(Vec<Known>);

impl Gaps {
    /// The best gap for a visit in the tour with this stamp; `look` finds it if it
    /// is not known.
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

    /// What is kept of a pair; made when it is first asked for, for most drafts never
    /// look.
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
