//! Temporary stays: for some days a beneficiary lives elsewhere, with a relative or in a hospital.
//!
//! The beneficiary stays in the register of the home's grid; only the visits of those days are at
//! the stay. Where a visit is, is a pure function of its day, [`Whereabouts::on`].

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The encrypted part of a stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StayAddress {
    /// Without the name of the district.
    pub address: String,
    /// The position.
    pub place: Place,
    /// Where the beneficiary stays.
    // Absent in stays that an earlier version wrote.
    #[serde(default)]
    pub kind: StayKind,
}

/// Where a beneficiary stays. Encrypted, since a stay in hospital is about the person's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StayKind {
    /// With relatives.
    Relatives,
    /// In a hospital.
    Hospital,
    /// Elsewhere.
    #[default]
    Other,
}

/// A temporary stay.
#[derive(Clone, Debug, PartialEq)]
pub struct Stay {
    /// The grid.
    pub grid: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day, not before the first.
    pub last_day: NaiveDate,
    /// The address and the position.
    pub at: StayAddress,
}

impl Stay {
    /// Whether the beneficiary is away from home on `day`.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }

    /// Whether the stay is over on `today`.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.last_day < today
    }

    /// Whether it is one in hospital that has begun by `today`.
    pub fn is_in_hospital(&self, today: NaiveDate) -> bool {
        self.at.kind == StayKind::Hospital && self.first_day <= today
    }

    /// The last day in hospital, if the stay ends on `today` at the latest and was one there.
    pub fn hospital_until(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.is_in_hospital(today).then(|| self.last_day.min(today))
    }

    /// The stay without address and position: only the centre of its cell.
    pub fn masked(&self) -> ShownStay {
        let Self { grid, first_day, last_day, ref at } = *self;
        let cell = Some(at.place.cell());
        ShownStay { grid, first_day, last_day, kind: None, cell, place: None, address: None }
    }

    /// The stay in clear.
    pub fn revealed(self) -> ShownStay {
        let Self { grid, first_day, last_day, at: StayAddress { address, place, kind } } = self;
        let (kind, place, address) = (Some(kind), Some(place), Some(address));
        ShownStay { grid, first_day, last_day, kind, cell: None, place, address }
    }
}

/// A temporary stay as a caller sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShownStay {
    /// The grid of the stay.
    pub grid: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// Where the beneficiary stays; only in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StayKind>,
    /// The centre of the place's cell of about 500 m, WGS-84; absent in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Place>,
    /// The place, WGS-84; only in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The address; only in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "几江街道北门社区2栋301")]
    pub address: Option<String>,
}

/// A grid and a position in it: where a beneficiary is to be visited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whereabouts {
    /// The grid.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
}

impl Whereabouts {
    /// Where a beneficiary with this home and this stay is on `day`.
    #[must_use]
    pub fn on(home: Self, stay: Option<&Stay>, day: NaiveDate) -> Self {
        match stay {
            Some(stay) if stay.covers(day) => Self { grid: stay.grid, place: stay.at.place },
            _ => home,
        }
    }
}

/// The day by which an unfinished visit is placed: the planned one, if it is still to come, or
/// else the earliest.
pub fn day_of_visit(
    today: NaiveDate,
    not_before: NaiveDate,
    planned_on: Option<NaiveDate>,
) -> NaiveDate {
    let planned = planned_on.filter(|day| *day >= today);
    planned.unwrap_or_else(|| today.max(not_before))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).expect("a day")
    }

    fn whereabouts(grid: &str, lon: f64) -> Whereabouts {
        let place = Place::new(29.284, lon).expect("a place");
        Whereabouts { grid: grid.parse().expect("a code"), place }
    }

    fn stay(first: u32, last: u32) -> Stay {
        let Whereabouts { grid, place } = whereabouts("500116001002002", 106.263);
        let at = StayAddress { address: "北门2号".to_owned(), place, kind: StayKind::Hospital };
        Stay { grid, first_day: day(first), last_day: day(last), at }
    }

    #[test]
    fn a_visit_is_placed_by_its_planned_day_or_its_earliest() {
        assert_eq!(day_of_visit(day(10), day(5), None), day(10));
        assert_eq!(day_of_visit(day(10), day(12), None), day(12));
        assert_eq!(day_of_visit(day(10), day(5), Some(day(14))), day(14));
        assert_eq!(day_of_visit(day(10), day(5), Some(day(8))), day(10), "a missed plan");
    }

    #[test]
    fn a_masked_stay_shows_its_cell_and_a_revealed_one_its_address() {
        let (masked, clear) = (stay(3, 9).masked(), stay(3, 9).revealed());
        assert_eq!((masked.place, masked.address), (None, None));
        assert_eq!(masked.cell.map(|cell| cell.lon()), Some(106.2625));
        assert_eq!((clear.cell, clear.address.as_deref()), (None, Some("北门2号")));
        assert_eq!((masked.kind, clear.kind), (None, Some(StayKind::Hospital)));
    }

    #[test]
    fn a_stay_in_hospital_ends_on_its_last_day_or_earlier() {
        let until = |today| stay(3, 9).hospital_until(day(today));
        assert_eq!([until(2), until(5), until(12)], [None, Some(day(5)), Some(day(9))]);
        let at = StayAddress { kind: StayKind::Relatives, ..stay(3, 9).at };
        assert_eq!(Stay { at, ..stay(3, 9) }.hospital_until(day(12)), None);
    }

    proptest! {
        #[test]
        fn a_beneficiary_is_at_the_stay_in_its_days_and_at_home_before_and_after(
            first in 1u32..=28, length in 0u32..10, on in 1u32..=28,
        ) {
            let home = whereabouts("500116001002001", 106.251);
            let stay = stay(first, (first + length).min(30));
            let seen = Whereabouts::on(home, Some(&stay), day(on));
            let within = first <= on && on <= first + length;
            prop_assert_eq!(seen == home, !within);
            prop_assert_eq!(Whereabouts::on(home, None, day(on)), home);
            // After the last day the visit is at home again.
            prop_assert!(!stay.is_over(day(on)) || seen == home);
        }
    }
}
