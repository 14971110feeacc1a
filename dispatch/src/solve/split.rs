//! Cutting a problem into parts that have nothing to do with each other.
//!
//! Two grids belong together when somebody serves both, or when a visit in one
//! is pinned to somebody of the other. Whoever only serves their own grid makes
//! no such bond, so most grids are a part of their own, and the cost of a plan
//! grows with their number and no faster.

use std::collections::HashMap;

use super::problem::{Problem, Visit, Volunteer};
use crate::area::{AreaCode, Level};
use crate::id::PersonId;

/// Volunteers and visits that can be planned without regard to any others.
#[derive(Debug, Default)]
pub(super) struct Part<'p> {
    /// Everyone who serves a grid of the part.
    pub(super) volunteers: Vec<&'p Volunteer>,
    /// Every visit in those grids.
    pub(super) visits: Vec<&'p Visit>,
}

/// The parts of a problem that have visits.
pub(super) fn split(problem: &Problem) -> Vec<Part<'_>> {
    let mut bonds = Bonds::default();
    let mut homes: HashMap<PersonId, AreaCode> = HashMap::new();
    for volunteer in &problem.volunteers {
        homes.insert(volunteer.id, volunteer.grid);
        for area in volunteer.widest() {
            bonds.join(volunteer.grid, area);
        }
    }
    for visit in &problem.visits {
        for larger in Level::ALL.into_iter().filter_map(|level| visit.grid.ancestor(level)) {
            if bonds.knows(larger) {
                bonds.join(visit.grid, larger);
            }
        }
        if let Some(home) = visit.pinned.and_then(|pin| homes.get(&pin.volunteer)) {
            bonds.join(visit.grid, *home);
        }
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut parts: Vec<Part<'_>> = Vec::new();
    for visit in &problem.visits {
        let root = bonds.root_of(visit.grid);
        let place = *places.entry(root).or_insert_with(|| {
            parts.push(Part::default());
            parts.len() - 1
        });
        parts[place].visits.push(visit);
    }
    for volunteer in &problem.volunteers {
        if let Some(place) = places.get(&bonds.root_of(volunteer.grid)) {
            parts[*place].volunteers.push(volunteer);
        }
    }
    parts
}

/// Which areas hang together (union-find with path halving: Tarjan and van Leeuwen, 1984).
#[derive(Default)]
struct Bonds {
    nodes: HashMap<AreaCode, usize>,
    parents: Vec<usize>,
}

impl Bonds {
    fn knows(&self, area: AreaCode) -> bool {
        self.nodes.contains_key(&area)
    }

    fn root_of(&mut self, area: AreaCode) -> usize {
        let next = self.parents.len();
        let mut node = *self.nodes.entry(area).or_insert(next);
        if node == next {
            self.parents.push(next);
        }
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, one: AreaCode, other: AreaCode) {
        let (one, other) = (self.root_of(one), self.root_of(other));
        self.parents[one.max(other)] = one.min(other);
    }
}
