//! What a grid's own people cannot do is offered to their neighbours: first of the
//! village, then of the town, then of the district.
//!
//! Every plan so far stands: what somebody does already is pinned to its person and
//! hour, and only what nobody does is given out. So a village's help never
//! unsettles a grid, and the cost grows with what is left over and not with the
//! size of the area.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::construct::construct;
use super::options::Options;
use super::plan::{Route, Unserved};
use super::problem::{Pin, Problem, Visit, Volunteer};
use super::record::record;
use super::split::Part;
use crate::area::{AreaCode, Level};
use crate::id::{PersonId, TaskId};

/// The levels whose people are asked, the nearest first.
const LEVELS: [Level; 3] = [Level::Village, Level::Town, Level::District];

/// What came of asking the people of an area.
struct Help {
    people: HashSet<PersonId>,
    offered: HashSet<TaskId>,
    routes: Vec<Route>,
    unserved: Vec<Unserved>,
}

/// Offers what is unserved to the people of larger areas, up to `options.reach`.
pub(super) fn spill(
    problem: &Problem,
    options: &Options,
    routes: &mut Vec<Route>,
    unserved: &mut Vec<Unserved>,
) {
    let visits: HashMap<TaskId, &Visit> =
        problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    for level in LEVELS.into_iter().filter(|level| *level >= options.reach) {
        let mut left: BTreeMap<AreaCode, Vec<&Visit>> = BTreeMap::new();
        let waiting = unserved.iter().filter_map(|left| visits.get(&left.visit).copied());
        for visit in waiting.filter(|visit| visit.pinned.is_none()) {
            if let Some(area) = visit.grid.ancestor(level) {
                left.entry(area).or_default().push(visit);
            }
        }
        let standing = &*routes;
        let helps: Vec<Help> = left
            .into_par_iter()
            .filter_map(|(area, left)| ask(problem, options, area, &left, standing, &visits))
            .collect();
        for help in helps {
            routes.retain(|route| !help.people.contains(&route.volunteer));
            routes.extend(help.routes);
            unserved.retain(|left| !help.offered.contains(&left.visit));
            unserved.extend(help.unserved);
        }
    }
}

/// Offers `left` to everyone of the area. None if something that stood would fall.
fn ask(
    problem: &Problem,
    options: &Options,
    area: AreaCode,
    left: &[&Visit],
    routes: &[Route],
    visits: &HashMap<TaskId, &Visit>,
) -> Option<Help> {
    let volunteers: Vec<Volunteer> = problem
        .volunteers
        .iter()
        .filter(|who| area.contains(&who.grid))
        .map(|who| who.serving_also(area))
        .collect();
    let people: HashSet<PersonId> = volunteers.iter().map(|who| who.id).collect();
    let theirs = routes.iter().filter(|route| people.contains(&route.volunteer));
    let stops = theirs.flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let stands = stops.filter_map(|(route, stop)| {
        let pin = Pin { volunteer: route.volunteer, day: route.day, start: Some(stop.start) };
        let visit = *visits.get(&stop.visit)?;
        Some(Visit { pinned: Some(pin), ..visit.clone() })
    });
    let all = stands.chain(left.iter().map(|visit| (*visit).clone())).collect();
    let asked = Problem { volunteers, visits: all, travel: problem.travel };
    let part = Part {
        volunteers: asked.volunteers.iter().collect(),
        visits: asked.visits.iter().collect(),
    };
    let (routes, unserved) = record(&construct(&asked, &part, options));
    let offered: HashSet<TaskId> = left.iter().map(|visit| visit.id).collect();
    let fell = unserved.iter().any(|left| !offered.contains(&left.visit));
    (!fell).then_some(Help { people, offered, routes, unserved })
}
