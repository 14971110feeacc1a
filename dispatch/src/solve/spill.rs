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
use super::reason::reason;
use super::record::record;
use super::split::Part;
use super::team::Team;
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
    if options.reach < Level::Grid {
        take_reasons(problem, options.reach, routes, unserved, &visits);
    }
}

/// Says anew why nobody makes what is left, now that all have been asked: besides the
/// people of the area also those who live elsewhere and serve one of its grids.
fn take_reasons(
    problem: &Problem,
    reach: Level,
    routes: &[Route],
    unserved: &mut [Unserved],
    visits: &HashMap<TaskId, &Visit>,
) {
    let mut left: BTreeMap<AreaCode, Vec<&mut Unserved>> = BTreeMap::new();
    for unserved in unserved {
        if let Some(area) = visits.get(&unserved.visit).and_then(|visit| visit.grid.ancestor(reach))
        {
            left.entry(area).or_default().push(unserved);
        }
    }
    left.into_par_iter().for_each(|(area, mut left)| {
        let asked: Vec<&Visit> =
            left.iter().filter_map(|left| visits.get(&left.visit).copied()).collect();
        let serves = |who: &&Volunteer| {
            area.contains(&who.grid) || asked.iter().any(|visit| who.serves(visit.grid))
        };
        let people: Vec<Volunteer> = problem
            .volunteers
            .iter()
            .filter(serves)
            .map(|who| if area.contains(&who.grid) { who.serving_also(area) } else { who.clone() })
            .collect();
        let ids = people.iter().map(|who| who.id).collect();
        let stands = standing(routes, &ids, visits);
        let part = Part { volunteers: people.iter().collect(), visits: Vec::new() };
        let mut team = Team::new(problem, &part);
        for visit in &stands {
            team.follow(visit);
        }
        team.settle();
        for (unserved, visit) in left.iter_mut().zip(asked) {
            unserved.reason = reason(&team, visit);
        }
    });
}

/// What these people do already, pinned to its hour, in the order in which they do it.
fn standing(
    routes: &[Route],
    people: &HashSet<PersonId>,
    visits: &HashMap<TaskId, &Visit>,
) -> Vec<Visit> {
    let theirs = routes.iter().filter(|route| people.contains(&route.volunteer));
    let stops = theirs.flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let stands = stops.filter_map(|(route, stop)| {
        let pin = Pin { volunteer: route.volunteer, day: route.day, start: Some(stop.start) };
        let visit = *visits.get(&stop.visit)?;
        Some(Visit { pinned: Some(pin), ..visit.clone() })
    });
    stands.collect()
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
    let mut all = standing(routes, &people, visits);
    all.extend(left.iter().map(|visit| (*visit).clone()));
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
