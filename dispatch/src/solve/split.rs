//! Splits a problem into independent parts.
//!
//! Two grids are in one part if a volunteer serves both, if a visit in one is pinned to a volunteer
//! of the other, or if visits of both are tied. A volunteer who serves only the home grid connects
//! nothing, so most grids are parts of their own and the running time is linear in their number.

use gridward_domain::word::VariantArray as _;
use std::collections::HashMap;

use super::problem::{DispatchProblem, Visit, Volunteer};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};

/// Volunteers and visits that can be planned independently.
#[derive(Debug, Default)]
pub(super) struct Part<'p> {
    /// The volunteers who serve a grid of the part.
    pub(super) volunteers: Vec<&'p Volunteer>,
    /// The visits in those grids.
    pub(super) visits: Vec<&'p Visit>,
    /// Visits that are pinned for the search only, as they were requested.
    pub(super) as_asked: HashMap<TaskId, &'p Visit>,
    /// Whether the visits are of volunteers elsewhere, whose plans keep what they have.
    pub(super) is_help: bool,
}

/// The parts of a problem that have visits.
pub(super) fn split(problem: &DispatchProblem) -> Vec<Part<'_>> {
    let mut components = Components::default();
    let mut homes: HashMap<PersonId, AreaCode> = HashMap::new();
    for volunteer in &problem.volunteers {
        homes.insert(volunteer.id, volunteer.grid);
        for area in volunteer.widest() {
            components.join(volunteer.grid, area);
        }
    }
    for visit in &problem.visits {
        for larger in Level::VARIANTS.iter().copied().filter_map(|level| visit.grid.ancestor(level))
        {
            if components.contains(larger) {
                components.join(visit.grid, larger);
            }
        }
        if let Some(home) = visit.pinned.and_then(|pin| homes.get(&pin.volunteer)) {
            components.join(visit.grid, *home);
        }
    }
    join_tied(problem, &mut components);
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut parts: Vec<Part<'_>> = Vec::new();
    for visit in &problem.visits {
        let root = components.root_of(visit.grid);
        let place = *places.entry(root).or_insert_with(|| {
            parts.push(Part::default());
            parts.len() - 1
        });
        parts[place].visits.push(visit);
    }
    for volunteer in &problem.volunteers {
        if let Some(place) = places.get(&components.root_of(volunteer.grid)) {
            parts[*place].volunteers.push(volunteer);
        }
    }
    parts
}

/// Connects the grids of tied visits.
fn join_tied(problem: &DispatchProblem, components: &mut Components) {
    if problem.ties.is_empty() {
        return;
    }
    let grids: HashMap<TaskId, AreaCode> =
        problem.visits.iter().map(|visit| (visit.id, visit.grid)).collect();
    for tie in &problem.ties {
        let tied: Vec<AreaCode> =
            tie.visits().iter().filter_map(|visit| grids.get(visit).copied()).collect();
        tied.windows(2).for_each(|grids| components.join(grids[0], grids[1]));
    }
}

/// The connected components of areas (union-find with path halving: Tarjan and van Leeuwen, 1984).
#[derive(Default)]
struct Components {
    nodes: HashMap<AreaCode, usize>,
    parents: Vec<usize>,
}

impl Components {
    fn contains(&self, area: AreaCode) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::tests::{GRID, NEXT_GRID, area, pin, village, visit, volunteer};

    const FAR_GRID: &str = "500116002001001";

    /// A volunteer and a visit in each of three grids, the first volunteer serving more.
    fn three_grids(also_serves: &[&str]) -> DispatchProblem {
        let grids = [GRID, NEXT_GRID, FAR_GRID].map(area);
        let who = |(number, grid)| Volunteer { grid, ..volunteer(number) };
        let what = |(number, grid)| Visit { grid, ..visit(number) };
        let mut volunteers: Vec<_> = (1..).zip(grids).map(who).collect();
        volunteers[0].also_serves = also_serves.iter().map(|code| area(code)).collect();
        village(volunteers, (1..).zip(grids).map(what).collect())
    }

    /// The numbers of visits and volunteers of each part.
    fn sizes(problem: &DispatchProblem) -> Vec<(usize, usize)> {
        split(problem).iter().map(|part| (part.visits.len(), part.volunteers.len())).collect()
    }

    #[test]
    fn grids_that_nobody_shares_are_parts_of_their_own() {
        assert_eq!(sizes(&three_grids(&[])), [(1, 1), (1, 1), (1, 1)]);
    }

    #[test]
    fn a_volunteer_of_a_larger_area_connects_its_grids() {
        assert_eq!(sizes(&three_grids(&[NEXT_GRID])), [(2, 2), (1, 1)]);
        assert_eq!(sizes(&three_grids(&["500116001001"])), [(2, 2), (1, 1)]);
        assert_eq!(sizes(&three_grids(&["500116002"])), [(2, 2), (1, 1)]);
        assert_eq!(sizes(&three_grids(&["500116"])), [(3, 3)]);
    }

    #[test]
    fn a_pin_binds_the_grid_of_the_visit_to_that_of_the_person() {
        let mut problem = three_grids(&[]);
        problem.visits[2].pinned = Some(pin(1, 1, None));
        assert_eq!(sizes(&problem), [(2, 2), (1, 1)]);
    }

    #[test]
    fn a_part_without_visits_is_left_out() {
        let mut problem = three_grids(&[]);
        problem.visits.truncate(1);
        assert_eq!(sizes(&problem), [(1, 1)]);
    }

    #[test]
    fn an_area_inside_another_of_the_same_person_is_not_named_twice() {
        let problem = three_grids(&[GRID, "500116001001", NEXT_GRID, "500116001001"]);
        let widest: Vec<_> = problem.volunteers[0].widest().collect();
        assert_eq!(widest, [area("500116001001")]);
    }
}
