//! Splits a grid: assigns its people, beneficiaries, tasks and places to the parts.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;

use super::decide::{Fault, fault};
use super::model::{Part, Split};
use super::situation::{AreaFacts, Moving, Situation};
use crate::area::map::Map;

/// The most ids that a fault names.
const NAMED: usize = 10;

/// The parts of a split grid as lists and outlines.
struct Parts<'a> {
    split: &'a Split,
    map: Map,
    beneficiaries: BTreeMap<BeneficiaryId, AreaCode>,
    people: BTreeMap<PersonId, AreaCode>,
}

impl<'a> Parts<'a> {
    fn new(split: &'a Split) -> Self {
        let rings = split.into.iter().filter_map(|part| Some((part.code, part.outline.clone()?)));
        let beneficiaries =
            split.into.iter().flat_map(|part| part.beneficiaries.iter().map(|id| (*id, part.code)));
        let people =
            split.into.iter().flat_map(|part| part.people.iter().map(|id| (*id, part.code)));
        Self {
            split,
            map: Map::new(rings.collect()),
            beneficiaries: beneficiaries.collect(),
            people: people.collect(),
        }
    }

    /// The part of a beneficiary: by a list, otherwise by an outline.
    fn of_beneficiary(&self, id: BeneficiaryId, home: Place) -> Option<AreaCode> {
        self.beneficiaries.get(&id).copied().or_else(|| self.map.locate(home))
    }

    /// The part of a person: by a list, otherwise by an outline.
    fn of_person(&self, id: PersonId, home: Option<Place>) -> Option<AreaCode> {
        self.people.get(&id).copied().or_else(|| self.map.locate(home?))
    }

    fn first(&self) -> AreaCode {
        self.split.into.first().map_or(self.split.grid, |part| part.code)
    }
}

/// Splits the grid; returns the people without a part by list or outline, who go to the first.
///
/// # Errors
/// The [`Fault`] of the first wrong field; the situation is then of no use.
pub fn split(situation: &mut Situation, split: &Split) -> Result<Vec<PersonId>, Fault> {
    check(situation, split)?;
    let (grid, parts) = (split.grid, Parts::new(split));
    let homeless: Vec<BeneficiaryId> = of_grid(situation, grid)
        .filter(|(id, home)| {
            !situation.ended.contains(id) && parts.of_beneficiary(*id, *home).is_none()
        })
        .map(|(id, _)| id)
        .collect();
    if !homeless.is_empty() {
        let named: Vec<String> = homeless.iter().take(NAMED).map(ToString::to_string).collect();
        let detail = format!(
            "{} beneficiaries would be in no grid: {}; give an outline or a list that has them",
            homeless.len(),
            named.join(", ")
        );
        return Err(fault("/into", detail));
    }
    let managers = managers(situation, split)?;
    let visitors = situation.people.iter().filter(|(_, person)| person.area == grid);
    let by_default = visitors
        .filter(|(id, person)| {
            !managers.contains_key(id) && parts.of_person(**id, person.home).is_none()
        })
        .map(|(id, _)| *id)
        .collect();
    let first = parts.first();
    situation.move_contents(grid, |moving| match moving {
        Moving::Person(id, home) => parts.of_person(id, home).unwrap_or(first),
        Moving::Beneficiary(id, home) => parts.of_beneficiary(id, home).unwrap_or(first),
        Moving::Place(place) => parts.map.locate(place).unwrap_or(first),
    });
    appoint(situation, grid, &managers);
    replace(situation, split);
    Ok(by_default)
}

/// The beneficiaries of a grid with their homes.
fn of_grid(situation: &Situation, grid: AreaCode) -> impl Iterator<Item = (BeneficiaryId, Place)> {
    let beneficiaries = situation.beneficiaries.iter();
    beneficiaries.filter(move |(_, at)| at.grid == grid).map(|(id, at)| (*id, at.place))
}

/// Checks the codes and the lists of the parts.
fn check(situation: &Situation, split: &Split) -> Result<(), Fault> {
    let grid = split.grid;
    if grid.level() != Level::Grid || !situation.areas.contains_key(&grid) {
        return Err(fault("/grid", "must be a current grid"));
    }
    if split.into.len() < 2 {
        return Err(fault("/into", "must have at least two parts"));
    }
    let (mut codes, mut beneficiaries, mut people) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (n, part) in split.into.iter().enumerate() {
        let pointer = |field: &str| format!("/into/{n}/{field}");
        let is_free = part.code == grid || situation.is_free(&part.code, Level::Grid);
        if !is_free || !codes.insert(part.code) {
            return Err(fault(pointer("code"), "must be a code that no grid has or had"));
        }
        for id in &part.beneficiaries {
            let here = situation.beneficiaries.get(id).is_some_and(|home| home.grid == grid);
            if !here || !beneficiaries.insert(*id) {
                let detail = format!("{id} is not of this grid, or is listed twice");
                return Err(fault(pointer("beneficiaries"), detail));
            }
        }
        for id in &part.people {
            let here = situation.people.get(id).is_some_and(|person| person.area == grid);
            if !here || !people.insert(*id) {
                let detail = format!("{id} is not of this grid, or is listed twice");
                return Err(fault(pointer("people"), detail));
            }
        }
        if part.outline.as_ref().is_some_and(|ring| !is_ring(ring)) {
            return Err(fault(pointer("outline"), "must be a closed ring of at least four points"));
        }
    }
    Ok(())
}

fn is_ring(ring: &[[f64; 2]]) -> bool {
    let degrees = ring.iter().all(|[lon, lat]| Place::new(*lat, *lon).is_ok());
    ring.len() >= 4 && ring.first() == ring.last() && degrees
}

/// The manager of each part: exactly one.
fn managers(situation: &Situation, split: &Split) -> Result<BTreeMap<PersonId, AreaCode>, Fault> {
    let mut managers = BTreeMap::new();
    let present = situation.manager(&split.grid);
    let named = |id: &PersonId| split.into.iter().any(|part| part.manager_id.as_ref() == Some(id));
    let mut spare = present.filter(|id| !named(id));
    for (n, part) in split.into.iter().enumerate() {
        let pointer = format!("/into/{n}/manager_id");
        let manager = part.manager_id.or_else(|| spare.take());
        let manager = manager.ok_or_else(|| fault(&pointer, "each part needs a manager"))?;
        let fits = situation.people.get(&manager).is_some_and(|person| {
            person.is_active && (person.role == Role::Volunteer || Some(manager) == present)
        });
        if (!fits && part.manager_id.is_some()) || managers.insert(manager, part.code).is_some() {
            let detail = "must be the grid's manager or an active volunteer, of one part only";
            return Err(fault(&pointer, detail));
        }
    }
    Ok(managers)
}

/// Makes each part's manager its manager, and a former manager without a part a volunteer.
fn appoint(situation: &mut Situation, grid: AreaCode, managers: &BTreeMap<PersonId, AreaCode>) {
    let parts: BTreeSet<AreaCode> = managers.values().copied().chain([grid]).collect();
    for (id, person) in &mut situation.people {
        match managers.get(id) {
            Some(part) => (person.role, person.area) = (Role::Manager, *part),
            None if person.stays
                && person.role == Role::Manager
                && parts.contains(&person.area) =>
            {
                person.role = Role::Volunteer;
            }
            None => {}
        }
    }
}

/// Replaces the area and its outline by those of the parts.
fn replace(situation: &mut Situation, split: &Split) {
    let place = situation.areas.remove(&split.grid).map(|area| area.place);
    let outline = situation.outlines.remove(&split.grid);
    if split.into.iter().all(|part| part.code != split.grid) {
        situation.former.insert(split.grid);
    }
    for (n, part) in split.into.iter().enumerate() {
        let inside = part.outline.as_deref().and_then(centre);
        let place = inside.or(place).or_else(|| Place::new(0.0, 0.0).ok());
        if let Some(place) = place {
            let name = part.name.as_str().to_owned();
            situation.areas.insert(part.code, AreaFacts { name, place });
        }
        // Without outlines the first part keeps the whole one until they are drawn.
        let kept = outline.clone().filter(|_| n == 0);
        if let Some(ring) = part.outline.clone().or(kept) {
            situation.outlines.insert(part.code, ring);
        }
    }
}

/// A point inside the ring.
fn centre(ring: &[[f64; 2]]) -> Option<Place> {
    use geo::InteriorPoint as _;
    let ring: geo::LineString = ring.iter().map(|[x, y]| geo::Coord { x: *x, y: *y }).collect();
    let point = geo::Polygon::new(ring, vec![]).interior_point()?;
    Place::new(point.y(), point.x()).ok()
}

/// The codes that a split begins from, and the part that each becomes.
pub fn successors(split: &Split) -> impl Iterator<Item = (AreaCode, AreaCode)> {
    let new = split.into.iter().filter(|part: &&Part| part.code != split.grid);
    new.map(|part| (split.grid, part.code))
}
