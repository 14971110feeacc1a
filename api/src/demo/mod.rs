//! Generates a demo district, the same for the same seed.
//!
//! Its towns and villages have the names and codes of Jiangjin's (public facts from
//! the National Bureau of Statistics' edition of 2023, in `jiangjin.csv`; the points
//! of the villages are invented). Everything else is invented: the outline, the grids
//! and every person. No phone or ID number is real: no phone number begins with 100,
//! and division 999999 does not exist.

mod answers;
mod campaigns;
pub mod case_documents;
mod case_positions;
mod case_words;
pub mod cases;
mod constant;
mod draw;
mod duties;
mod errand;
mod gifts;
pub mod households;
mod identity;
mod lawyers;
mod map;
pub mod mark;
mod people;
mod places;
pub mod programme;
mod rounds;
mod services;
pub mod simulated;
mod staff;
pub mod tasks;
mod visitors;
mod visits;
mod waiting;
pub mod work_calendar;

use crate::load::record::DistrictRecords;
use draw::Draw;

/// The size of a demo district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of grids, at least one.
    pub grids: usize,
}

/// Number of grids in Jiangjin.
pub const GRIDS: usize = 2395;
/// Average number of beneficiaries per grid: 62,000 in the whole district.
const HOUSEHOLDS_A_GRID: f64 = 62_000.0 / 2395.0;

/// The district of `size` for `seed`.
pub fn generate(size: Size, seed: u64) -> DistrictRecords {
    let grids = size.grids.max(1);
    let map = map::draw(grids, &mut Draw::new(seed, "map"));
    let people = people::people(&map, &mut Draw::new(seed, "people"));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count of households is small and positive"
    )]
    let households = (grids as f64 * HOUSEHOLDS_A_GRID).round() as usize;
    let beneficiaries =
        households::beneficiaries(&map, households, &mut Draw::new(seed, "households"));
    let mut draw = Draw::new(seed, "places");
    DistrictRecords {
        stations: places::stations(&map),
        memorials: places::memorials(&map, &mut draw),
        holidays: places::holidays(),
        areas: map.areas,
        outlines: map.outlines,
        people,
        beneficiaries,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use gridward_domain::area::{AreaCode, Level};

    use super::*;
    use crate::area::map::Map;
    use crate::person::Role;

    fn district(grids: usize) -> DistrictRecords {
        generate(Size { grids }, 7)
    }

    fn grids(records: &DistrictRecords) -> BTreeSet<AreaCode> {
        let grids = records.areas.iter().filter(|area| area.level() == Level::Grid);
        grids.map(|area| area.code).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_district_and_another_seed_another() {
        assert_eq!(district(20), district(20));
        assert_ne!(district(20), generate(Size { grids: 20 }, 8));
    }

    #[test]
    fn every_grid_has_one_manager_an_outline_and_its_parents() {
        for size in [1, 2, 40, 301] {
            let records = district(size);
            let grids = grids(&records);
            assert_eq!(grids.len(), size);
            let mut managers = BTreeMap::new();
            for person in records.people.iter().filter(|person| person.role == Role::Manager) {
                *managers.entry(person.area).or_insert(0) += 1;
            }
            assert!(grids.iter().all(|grid| managers.get(grid) == Some(&1)));
            assert_eq!(
                records.outlines.iter().map(|outline| outline.grid).collect::<BTreeSet<_>>(),
                grids
            );
            let codes: BTreeSet<_> = records.areas.iter().map(|area| area.code).collect();
            assert!(
                codes.iter().all(|code| code.parent().is_none_or(|parent| codes.contains(&parent)))
            );
        }
    }

    #[test]
    fn everybody_lives_in_the_grid_they_belong_to() {
        let records = district(60);
        let rings = records.outlines.iter().map(|outline| {
            (outline.grid, outline.ring.iter().map(|at| [at.lon(), at.lat()]).collect())
        });
        let map = Map::new(rings.collect());
        for one in &records.beneficiaries {
            assert_eq!(map.locate(one.place), Some(one.grid));
        }
        for person in &records.people {
            let home = person.home.and_then(|home| map.locate(home)).expect("a grid");
            assert!(person.area.contains(&home), "{} in {home}", person.area);
        }
        for area in &records.areas {
            let grid = map.locate(area.place).expect("a grid");
            assert!(area.code.contains(&grid), "{} has its point in {grid}", area.code);
        }
    }

    #[test]
    fn a_couple_shares_a_home_with_one_plaque() {
        let mut all = district(60).beneficiaries;
        households::couples(&mut all);
        let couples: Vec<_> = all
            .windows(2)
            .filter(|pair| pair[0].household.is_some() && pair[0].household == pair[1].household)
            .collect();
        assert!((20..=40).contains(&couples.len()), "{}", couples.len());
        for pair in couples {
            assert_eq!((pair[0].grid, pair[0].place), (pair[1].grid, pair[1].place));
            assert_eq!(pair[0].address, pair[1].address);
            assert!(!pair.iter().any(|one| one.lives_alone));
            let hung = pair.iter().filter(|one| one.plaque.to_string() == "hung");
            assert!(hung.count() <= 1, "one plaque");
        }
    }

    #[test]
    fn no_two_share_an_id_a_phone_or_an_id_number() {
        let records = district(60);
        let mut ids = BTreeSet::new();
        let mut phones = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for person in &records.people {
            assert!(ids.insert(person.id.0) && phones.insert(&person.phone));
            assert_eq!(person.id.0.get_version_num(), 7);
        }
        for one in &records.beneficiaries {
            assert!(ids.insert(one.id.0) && phones.insert(&one.phone));
            assert!(numbers.insert(&one.id_number), "{}", one.id_number);
        }
        assert!(phones.iter().all(|phone| phone.starts_with("100") && phone.len() == 11));
    }

    #[test]
    fn the_whole_district_has_the_shape_of_the_real_one() {
        let records = district(GRIDS);
        let count = |level| records.areas.iter().filter(|area| area.level() == level).count();
        assert_eq!(
            (count(Level::Town), count(Level::Village), count(Level::Grid)),
            (30, 301, GRIDS)
        );
        assert_eq!(records.beneficiaries.len(), 62_000);
        let volunteers =
            records.people.iter().filter(|person| person.role == Role::Volunteer).count();
        assert!((18_500..=19_800).contains(&volunteers), "{volunteers}");
        let mut households: BTreeMap<AreaCode, usize> = BTreeMap::new();
        for one in &records.beneficiaries {
            *households.entry(one.grid).or_default() += 1;
        }
        let mut sizes: Vec<usize> = households.into_values().collect();
        sizes.sort_unstable();
        assert!((8..=12).contains(&sizes[0]) && sizes[sizes.len() - 1] <= 125, "{sizes:?}");
        assert!((18..=24).contains(&sizes[sizes.len() / 2]), "{}", sizes[sizes.len() / 2]);
    }
}
