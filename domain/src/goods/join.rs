//! What becomes of the hand-outs of two entries of one person when they are merged.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::HandoutState;
use crate::bounded_text::Occasion;
use crate::code::ItemCode;
use crate::id::HandoutId;

/// A hand-out of an entry that is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedHandout {
    /// The hand-out.
    pub id: HandoutId,
    /// The item.
    pub item: ItemCode,
    /// The occasion.
    pub occasion: Occasion,
    /// The state.
    pub state: HandoutState,
    /// Whether the district has withdrawn the goods.
    pub is_withdrawn: bool,
}

/// What a merge does with the hand-outs; an undo reverses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoutExchange {
    /// Those of the duplicate that go to the entry that stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<HandoutId>,
    /// Those of the entry that stays that go to the duplicate: one in `given` is further.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<HandoutId>,
    /// The planned ones that the duplicate has afterwards: the person has the goods, or gets them, by
    /// another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<HandoutId>,
}

impl HandoutExchange {
    /// Whether nothing changes.
    pub const fn is_empty(&self) -> bool {
        self.given.is_empty() && self.taken.is_empty() && self.dropped.is_empty()
    }
}

/// How far a hand-out is. A withdrawal by the district counts most: a merge does not undo it.
const fn progress(one: &JoinedHandout) -> u8 {
    match one.state {
        HandoutState::Returned if one.is_withdrawn => 3,
        HandoutState::Returned => 0,
        HandoutState::Planned => 1,
        HandoutState::HandedOut => 2,
    }
}

/// The exchange between the entry that stays and its duplicate. A person gets an item once for an
/// occasion: of two hand-outs the entry that stays has the one that is further, its own if both are
/// equally far.
pub fn join(kept: &[JoinedHandout], other: &[JoinedHandout]) -> HandoutExchange {
    let mut own: HashMap<(&ItemCode, &Occasion), &JoinedHandout> = HashMap::new();
    own.extend(kept.iter().map(|one| ((&one.item, &one.occasion), one)));
    let mut exchange = HandoutExchange::default();
    for theirs in other {
        let left = match own.get(&(&theirs.item, &theirs.occasion)) {
            None => {
                exchange.given.push(theirs.id);
                continue;
            }
            Some(mine) if progress(theirs) > progress(mine) => {
                exchange.given.push(theirs.id);
                exchange.taken.push(mine.id);
                *mine
            }
            Some(_) => theirs,
        };
        if left.state == HandoutState::Planned {
            exchange.dropped.push(left.id);
        }
    }
    exchange
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::word::VariantArray as _;

    fn handout(id: u128, item: &str, state: HandoutState) -> JoinedHandout {
        JoinedHandout {
            id: HandoutId(Uuid::from_u128(id)),
            item: item.parse().expect("a code"),
            occasion: "spring_festival_2027".parse().expect("an occasion"),
            state,
            is_withdrawn: false,
        }
    }

    fn side(first: u128) -> impl Strategy<Value = Vec<JoinedHandout>> {
        let state = prop::option::of(prop::sample::select(HandoutState::VARIANTS));
        prop::collection::vec(state, 4).prop_map(move |states| {
            let items = ["rice", "oil", "letter", "plaque"];
            let rows = (first..).zip(items).zip(states);
            rows.filter_map(|((id, item), state)| Some(handout(id, item, state?))).collect()
        })
    }

    proptest! {
        #[test]
        fn the_entry_that_stays_has_each_item_once_and_what_was_handed_out(
            kept in side(0), other in side(100)
        ) {
            let HandoutExchange { given, taken, dropped } = join(&kept, &other);
            let came = other.iter().filter(|one| given.contains(&one.id));
            let stayed = kept.iter().filter(|one| !taken.contains(&one.id));
            let after: Vec<&JoinedHandout> = stayed.chain(came).collect();
            for item in ["rice", "oil", "letter", "plaque"] {
                let all: Vec<_> =
                    kept.iter().chain(&other).filter(|one| one.item.as_str() == item).collect();
                let left: Vec<_> = after.iter().filter(|one| one.item.as_str() == item).collect();
                prop_assert_eq!(left.len(), usize::from(!all.is_empty()));
                let furthest = all.iter().map(|one| progress(one)).max();
                prop_assert_eq!(left.first().map(|one| progress(one)), furthest);
            }
            for id in dropped {
                prop_assert!(taken.contains(&id) || !given.contains(&id));
            }
        }
    }

    #[test]
    fn a_planned_one_makes_way_for_one_that_was_handed_out() {
        let (planned, done) = (HandoutState::Planned, HandoutState::HandedOut);
        let exchange = join(&[handout(1, "rice", planned)], &[handout(2, "rice", done)]);
        let id = |n| HandoutId(Uuid::from_u128(n));
        let expected =
            HandoutExchange { given: vec![id(2)], taken: vec![id(1)], dropped: vec![id(1)] };
        assert_eq!(exchange, expected);
        let exchange = join(&[handout(1, "rice", done)], &[handout(2, "rice", done)]);
        assert!(exchange.is_empty(), "both stay where they are: {exchange:?}");
        let withdrawn =
            JoinedHandout { is_withdrawn: true, ..handout(2, "plaque", HandoutState::Returned) };
        let exchange = join(&[handout(1, "plaque", planned)], std::slice::from_ref(&withdrawn));
        assert_eq!((exchange.given, exchange.dropped), (vec![id(2)], vec![id(1)]));
        let exchange = join(&[handout(1, "plaque", done)], &[withdrawn]);
        assert_eq!((exchange.given, exchange.taken), (vec![id(2)], vec![id(1)]));
    }
}
