//! The facts of a district that changes of areas concern.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::place::Place;

use crate::area::store::Ring;

/// A current area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaFacts {
    /// The name.
    pub name: String,
    /// A point inside.
    pub place: Place,
}

/// A person's position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PersonFacts {
    /// The role.
    pub role: Role,
    /// The area.
    pub area: AreaCode,
    /// Whether the person has not left.
    pub stays: bool,
    /// Whether the person may work now.
    pub is_active: bool,
    /// The home, if it is known.
    pub home: Option<Place>,
}

/// Something in a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located {
    /// The grid.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
}

/// A station: the served area, and the grid that contains it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationFacts {
    /// The area served.
    pub area: AreaCode,
    /// The location.
    pub at: Located,
}

/// The facts of the affected areas, by keys that the changes keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Situation {
    /// All current areas of the district.
    pub areas: BTreeMap<AreaCode, AreaFacts>,
    /// The codes of former areas.
    pub former: BTreeSet<AreaCode>,
    /// The outlines of affected grids.
    pub outlines: BTreeMap<AreaCode, Ring>,
    /// The people of affected areas, and those named as managers.
    pub people: BTreeMap<PersonId, PersonFacts>,
    /// The beneficiaries of affected grids, ended ones included.
    pub beneficiaries: BTreeMap<BeneficiaryId, Located>,
    /// Those that have ended: they follow their grid, and need no part of a split one.
    pub ended: BTreeSet<BeneficiaryId>,
    /// The tasks of affected grids, with their beneficiaries.
    pub tasks: BTreeMap<TaskId, (Located, Option<BeneficiaryId>)>,
    /// The stations of the district.
    pub stations: BTreeMap<String, StationFacts>,
    /// The memorial sites of the district.
    pub memorials: BTreeMap<String, Located>,
}

impl Situation {
    /// The manager of the grid, if exactly one.
    pub fn manager(&self, grid: &AreaCode) -> Option<PersonId> {
        let mut managers = self.people.iter().filter(|(_, person)| {
            person.role == Role::Manager && person.stays && person.area == *grid
        });
        let manager = managers.next().map(|(id, _)| *id);
        manager.filter(|_| managers.next().is_none())
    }

    /// Moves everything of the grid `from` to the grid that `to` chooses by id and position.
    pub fn move_contents(&mut self, from: AreaCode, to: impl Fn(Moving) -> AreaCode) {
        for (id, person) in &mut self.people {
            if person.area == from {
                person.area = to(Moving::Person(*id, person.home));
            }
        }
        let mut moved = BTreeMap::new();
        for (id, home) in &mut self.beneficiaries {
            if home.grid == from {
                home.grid = to(Moving::Beneficiary(*id, home.place));
                moved.insert(*id, home.grid);
            }
        }
        for (at, beneficiary) in self.tasks.values_mut() {
            if at.grid == from {
                // A visit at a temporary stay is not in the grid of the home.
                let home = beneficiary.and_then(|id| moved.get(&id)).copied();
                at.grid = home.unwrap_or_else(|| to(Moving::Place(at.place)));
            }
        }
        let stations = self.stations.values_mut().map(|station| &mut station.at);
        for at in stations.chain(self.memorials.values_mut()) {
            if at.grid == from {
                at.grid = to(Moving::Place(at.place));
            }
        }
    }

    /// The current areas inside `area`, not itself.
    pub fn inside(&self, area: AreaCode) -> impl Iterator<Item = AreaCode> {
        let codes = self.areas.range(area..).map(|(code, _)| *code);
        codes.take_while(move |code| area.contains(code)).filter(move |code| *code != area)
    }

    /// Whether the code may be given to an area of `level`: it was never used.
    pub fn is_free(&self, code: &AreaCode, level: Level) -> bool {
        code.level() == level && !self.areas.contains_key(code) && !self.former.contains(code)
    }
}

/// Something of a grid that gets a new grid.
#[derive(Clone, Copy, Debug)]
pub enum Moving {
    /// A person, with the home, if it is known.
    Person(PersonId, Option<Place>),
    /// A beneficiary, with the home.
    Beneficiary(BeneficiaryId, Place),
    /// A task without a beneficiary, a station or a memorial site.
    Place(Place),
}
