//! Whether the visits of a campaign fit into the hours of each area, and what would make them fit.
//!
//! A dry plan without routes: the minutes at the doors and on the way against the minutes that the
//! visitors offer beyond the work that they carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::area::{AreaCode, Level};
use crate::place::Place;

/// The most neighbours that are asked to lend.
pub const MOST_LENDERS: usize = 3;
/// The longest way to a neighbour that lends, in metres.
const LONGEST_WAY: f64 = 15_000.0;
/// Roads are longer than the straight line.
const DETOUR: f64 = 1.3;
/// The constant of the shortest tour of random points (Beardwood, Halton and Hammersley, 1959).
const TOUR: f64 = 0.7124;
/// Metres a minute on the way from door to door: half on foot, half by vehicle.
const METRES_PER_MINUTE: f64 = 200.0;

/// What the campaign asks of an area, and what the area has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AreaEffort {
    /// A village.
    pub area: AreaCode,
    /// Its middle.
    pub middle: Place,
    /// The visits.
    pub visits: u64,
    /// Minutes at the doors and on the way.
    pub needed: u64,
    /// Minutes that the visitors offer on the days of the campaign.
    pub offered: u64,
    /// Minutes of other work of these days.
    pub carried: u64,
}

/// The days of the campaign, and what it could do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The number of days.
    pub days: u64,
    /// The number of days until the first one.
    pub lead_days: u64,
    /// The minutes of a phone call; `None` if a call is in place of no visit.
    pub call_minutes: Option<u64>,
    /// The level within which people of other areas help already, so that only areas beyond it can
    /// lend; `None` if they help nowhere yet.
    pub reach: Option<Level>,
}

/// Minutes that a neighbour can lend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lending {
    /// The neighbour.
    pub from: AreaCode,
    /// The minutes.
    pub minutes: u64,
}

/// Whether the visits fit into the hours of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaFeasibility {
    /// The effort.
    pub effort: AreaEffort,
    /// The minutes that it lacks; 0 if the visits fit.
    pub lacking: u64,
    /// What neighbours can lend, the nearest first; together at most what it lacks.
    pub lend: Vec<Lending>,
    /// The number of days that the campaign would have to begin earlier, if there is the time.
    pub earlier_days: Option<u64>,
    /// The number of visits that would have to be calls instead, if that suffices.
    pub calls: Option<u64>,
}

/// What a plan with the visits of the campaign made of an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEffort {
    /// The visits of the campaign.
    pub visits: u64,
    /// Those that found no room.
    pub unserved: u64,
    /// The minutes of the others, with the way.
    pub served_minutes: u64,
    /// The minutes that those without room would take, with the way.
    pub unserved_minutes: u64,
    /// The minutes that the people of the area have left.
    pub spare: u64,
    /// The minutes that they offer on the days of the plan.
    pub offered: u64,
}

impl AreaEffort {
    /// The effort of an area as a plan has it: the area lacks the minutes of the visits that found no
    /// room, and has minutes left only if there are none.
    pub fn of_plan(area: AreaCode, middle: Place, planned: &PlannedEffort) -> Self {
        let PlannedEffort { visits, unserved, served_minutes, unserved_minutes, spare, offered } =
            *planned;
        let available = served_minutes + if unserved == 0 { spare } else { 0 };
        let offered = offered.max(available);
        let needed = served_minutes + unserved_minutes;
        Self { area, middle, visits, needed, offered, carried: offered - available }
    }

    /// Minutes for the campaign.
    pub const fn available(&self) -> u64 {
        self.offered.saturating_sub(self.carried)
    }

    const fn lacking(&self) -> u64 {
        self.needed.saturating_sub(self.available())
    }

    const fn spare(&self) -> u64 {
        self.available().saturating_sub(self.needed)
    }

    /// The fewest days by which an earlier beginning adds what is lacking.
    fn earlier_days(&self, terms: &Terms) -> Option<u64> {
        let lacking = self.lacking();
        if lacking == 0 || self.offered == 0 {
            return None;
        }
        let days = (lacking * terms.days).div_ceil(self.offered);
        (days <= terms.lead_days).then_some(days)
    }

    /// The fewest calls in place of visits that save what is lacking.
    fn calls(&self, terms: &Terms) -> Option<u64> {
        let saved = self.needed.checked_div(self.visits)?.saturating_sub(terms.call_minutes?);
        if self.lacking() == 0 || saved == 0 {
            return None;
        }
        let calls = self.lacking().div_ceil(saved);
        (calls <= self.visits).then_some(calls)
    }
}

/// Minutes from the street to a door and back.
const TO_A_DOOR: u64 = 3;

/// The minutes on the way of so many visits at doors spread over `square_metres`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an estimate of minutes, not negative and far below the limits"
)]
pub fn travel_minutes(visits: u64, square_metres: f64) -> u64 {
    let metres = TOUR * DETOUR * (visits as f64 * square_metres.max(0.0)).sqrt();
    visits * TO_A_DOOR + (metres / METRES_PER_MINUTE).ceil() as u64
}

/// Whether the visits fit into the hours of each area. Areas that lack most are helped first.
pub fn assess(efforts: &[AreaEffort], terms: &Terms) -> Vec<AreaFeasibility> {
    let mut spare: BTreeMap<AreaCode, u64> =
        efforts.iter().map(|effort| (effort.area, effort.spare())).collect();
    let lenders: Vec<&AreaEffort> = efforts.iter().filter(|effort| effort.spare() > 0).collect();
    let mut order: Vec<usize> = (0..efforts.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(efforts[*at].lacking()), efforts[*at].area));
    let mut lent: BTreeMap<AreaCode, Vec<Lending>> = BTreeMap::new();
    for effort in order.into_iter().map(|at| &efforts[at]).filter(|effort| effort.lacking() > 0) {
        lent.insert(effort.area, borrow(effort, &lenders, &mut spare, terms.reach));
    }
    let assessed = efforts.iter().map(|effort| AreaFeasibility {
        effort: *effort,
        lacking: effort.lacking(),
        lend: lent.remove(&effort.area).unwrap_or_default(),
        earlier_days: effort.earlier_days(terms),
        calls: effort.calls(terms),
    });
    assessed.collect()
}

/// The straight line between two places of a district, in metres.
fn metres(from: &Place, to: &Place) -> f64 {
    /// Metres of a degree of latitude.
    const DEGREE: f64 = 111_320.0;
    let north = (from.lat() - to.lat()) * DEGREE;
    let east = (from.lon() - to.lon()) * DEGREE * from.lat().to_radians().cos();
    north.hypot(east)
}

/// What the nearest neighbours can still lend, those of the same town first.
fn borrow(
    effort: &AreaEffort,
    lenders: &[&AreaEffort],
    spare: &mut BTreeMap<AreaCode, u64>,
    reach: Option<Level>,
) -> Vec<Lending> {
    let town = |area: &AreaCode| area.ancestor(Level::Town);
    let helps = |area: &AreaCode| {
        reach.is_some_and(|level| area.ancestor(level) == effort.area.ancestor(level))
    };
    let mut near: Vec<(bool, f64, AreaCode)> = lenders
        .iter()
        .filter(|lender| !helps(&lender.area))
        .map(|lender| {
            let other_town = town(&lender.area) != town(&effort.area);
            (other_town, metres(&effort.middle, &lender.middle), lender.area)
        })
        .filter(|(_, metres, area)| {
            *metres <= LONGEST_WAY && spare.get(area).is_some_and(|rest| *rest > 0)
        })
        .collect();
    near.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut missing = effort.lacking();
    let mut lent = Vec::new();
    for (_, _, from) in near.into_iter().take(MOST_LENDERS) {
        let Some(rest) = spare.get_mut(&from).filter(|_| missing > 0) else { break };
        let minutes = missing.min(*rest);
        *rest -= minutes;
        missing -= minutes;
        lent.push(Lending { from, minutes });
    }
    lent
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: Terms = Terms { days: 20, lead_days: 40, call_minutes: Some(10), reach: None };

    fn effort(number: usize, visits: u64, offered: u64, carried: u64) -> AreaEffort {
        let area = format!("500116{:03}{:03}", 1 + number / 9, 1 + number % 9);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let middle = Place::new(29.2 + 0.01 * number as f64, 106.2).expect("a place");
        AreaEffort {
            area: area.parse().expect("a code"),
            middle,
            visits,
            needed: visits * 30,
            offered,
            carried,
        }
    }

    fn efforts() -> impl Strategy<Value = Vec<AreaEffort>> {
        let one = (0..200_u64, 0..6_000_u64, 0..2_000_u64);
        prop::collection::vec(one, 1..40).prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(|(number, (visits, offered, carried))| {
                    effort(number, visits, offered, carried)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn neighbours_lend_no_more_than_they_have_and_no_more_than_is_lacking(efforts in efforts()) {
            let assessed = assess(&efforts, &TERMS);
            let mut lent: BTreeMap<AreaCode, u64> = BTreeMap::new();
            for one in &assessed {
                let got: u64 = one.lend.iter().map(|lending| lending.minutes).sum();
                prop_assert!(got <= one.lacking && one.lend.len() <= MOST_LENDERS);
                for lending in &one.lend {
                    prop_assert!(lending.minutes > 0);
                    *lent.entry(lending.from).or_default() += lending.minutes;
                }
            }
            for one in &assessed {
                let given = lent.get(&one.effort.area).copied().unwrap_or_default();
                prop_assert!(given <= one.effort.available().saturating_sub(one.effort.needed));
            }
        }

        #[test]
        fn each_remedy_suffices_and_none_is_more_than_needed(
            visits in 1..500_u64, offered in 0..20_000_u64, carried in 0..5_000_u64
        ) {
            let one = effort(0, visits, offered, carried);
            let found = assess(&[one], &TERMS).remove(0);
            let lacks = |more: u64, saved: u64| one.needed - saved > one.available() + more;
            prop_assert_eq!(found.lacking > 0, lacks(0, 0));
            if let Some(days) = found.earlier_days {
                prop_assert!(!lacks(offered * days / TERMS.days + 1, 0) && days <= TERMS.lead_days);
                prop_assert!(lacks(offered * (days - 1) / TERMS.days, 0));
            }
            if let Some(calls) = found.calls {
                prop_assert!(!lacks(0, calls * 20) && lacks(0, (calls - 1) * 20));
            }
        }
    }

    #[test]
    fn the_nearest_village_of_the_town_lends_first() {
        let all = [effort(0, 100, 1_000, 0), effort(1, 10, 2_000, 0), effort(2, 10, 900, 0)];
        let found = assess(&all, &TERMS);
        assert_eq!(found[0].lacking, 2_000);
        let lent: Vec<(AreaCode, u64)> =
            found[0].lend.iter().map(|lending| (lending.from, lending.minutes)).collect();
        assert_eq!(lent, [(all[1].area, 1_700), (all[2].area, 300)]);
        assert_eq!(found[0].earlier_days, Some(40));
        assert_eq!(found[0].calls, Some(100));
        assert_eq!((found[1].lacking, found[1].earlier_days, found[1].calls), (0, None, None));
    }

    #[test]
    fn a_planned_area_lacks_what_found_no_room() {
        let planned = PlannedEffort {
            visits: 10,
            unserved: 4,
            served_minutes: 240,
            unserved_minutes: 160,
            spare: 50,
            offered: 300,
        };
        let at = effort(0, 0, 0, 0);
        let of = |planned| AreaEffort::of_plan(at.area, at.middle, &planned);
        let short = &assess(&[of(planned)], &TERMS)[0];
        assert_eq!((short.lacking, short.earlier_days, short.calls), (160, Some(11), Some(6)));
        let fits = PlannedEffort { unserved: 0, unserved_minutes: 0, ..planned };
        assert_eq!((of(fits).lacking(), of(fits).spare()), (0, 50));
    }

    #[test]
    fn an_area_whose_people_help_already_lends_no_more() {
        let all = [effort(0, 100, 1_000, 0), effort(1, 10, 2_000, 0), effort(9, 10, 900, 0)];
        let terms = Terms { reach: Some(Level::Town), ..TERMS };
        let lent: Vec<AreaCode> =
            assess(&all, &terms)[0].lend.iter().map(|lending| lending.from).collect();
        assert_eq!(lent, [all[2].area], "the other town");
    }

    #[test]
    fn goods_are_handed_out_by_no_call_and_by_no_one_who_is_lent() {
        let all = [effort(0, 100, 1_000, 0), effort(1, 10, 2_000, 0), effort(9, 10, 2_000, 0)];
        let terms = Terms { call_minutes: None, reach: Some(Level::District), ..TERMS };
        let short = &assess(&all, &terms)[0];
        assert_eq!((short.lacking, short.calls), (2_000, None));
        assert!(short.lend.is_empty(), "{:?}", short.lend);
    }

    #[test]
    fn the_way_grows_with_the_root_of_visits_and_land() {
        assert_eq!(travel_minutes(0, 1e6), 0);
        assert_eq!(travel_minutes(5, 0.0), 15);
        assert_eq!(travel_minutes(100, 4e6), 300 + 93);
        assert_eq!(travel_minutes(400, 4e6), 1_200 + 186);
    }
}
