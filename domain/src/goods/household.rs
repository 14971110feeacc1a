//! One plaque hangs in a household, however many of its members are entitled to it.

use std::collections::BTreeSet;

use crate::bounded_text::Household;
use crate::code::PlaqueState;

/// The household of an entry, if it is known, and the state of the plaque by the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaqueOfHousehold<'a> {
    /// The household.
    pub household: Option<&'a Household>,
    /// The state.
    pub plaque: &'a PlaqueState,
}

impl<'a> PlaqueOfHousehold<'a> {
    /// The household that has its plaque by the entry, since the state is one of `present`.
    pub fn with_plaque(self, present: &BTreeSet<PlaqueState>) -> Option<&'a Household> {
        self.household.filter(|_| present.contains(self.plaque))
    }
}

/// The household that gets a plaque by a change of an entry, which is refused if another entry of the household has one;
/// `None` if it gets none. The plaque is there in the states `present`. An entry that has the plaque of its household
/// keeps it in whatever of these states.
pub fn hung_in<'a>(
    present: &BTreeSet<PlaqueState>,
    was: Option<PlaqueOfHousehold<'_>>,
    is: PlaqueOfHousehold<'a>,
) -> Option<&'a Household> {
    let before = was.and_then(|was| was.with_plaque(present));
    is.with_plaque(present).filter(|household| before != Some(*household))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_hangs_a_plaque_in_a_household_that_had_none_by_the_entry() {
        let state = |code: &str| -> PlaqueState { code.parse().expect("a code") };
        let (hung, indoor, damaged) = (state("hung"), state("indoor"), state("damaged"));
        let [own, new]: [Household; 2] =
            ["02-1", "02-2"].map(|number| number.parse().expect("a number"));
        let present = BTreeSet::from([hung.clone(), indoor.clone()]);
        let of = |household, plaque| PlaqueOfHousehold { household: Some(household), plaque };
        let hung_in = |was, is| hung_in(&present, was, is);
        assert_eq!(hung_in(None, of(&own, &hung)), Some(&own), "a new entry");
        assert_eq!(hung_in(Some(of(&own, &damaged)), of(&own, &indoor)), Some(&own));
        assert_eq!(hung_in(Some(of(&own, &hung)), of(&new, &hung)), Some(&new));
        let nowhere = PlaqueOfHousehold { household: None, plaque: &hung };
        assert_eq!(hung_in(Some(nowhere), of(&own, &hung)), Some(&own));
        // None is hung.
        assert_eq!(hung_in(Some(of(&own, &hung)), of(&own, &indoor)), None);
        assert_eq!(hung_in(Some(of(&own, &hung)), of(&new, &damaged)), None);
        assert_eq!(hung_in(None, nowhere), None, "the household is not known");
    }
}
