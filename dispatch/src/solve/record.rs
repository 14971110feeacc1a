//! Converts a team's timelines into routes and unserved visits.

use std::collections::HashMap;

use super::alike::Kind;
use super::answer::{Reason, Remedy};
use super::member::Member;
use super::plan::{Route, Stop, Unserved};
use super::problem::Visit;
use super::reason::{reason, why};
use super::remedy::remedy;
use super::team::Team;
use super::timeline::TimelineStop;
use super::units::{minutes, time_of_day};
use crate::interrupt::{Interrupt, Interrupted};
use crate::routing::instance::Seconds;
use gridward_domain::id::TaskId;
use gridward_domain::time::TimeOfDay;

/// The routes of the members that `includes` selects.
pub(super) fn routes(
    team: &Team<'_>,
    alternatives: bool,
    includes: impl Fn(&Member<'_>) -> bool,
    interrupt: &Interrupt<'_>,
) -> Result<Vec<Route>, Interrupted> {
    let members = team.members.iter().enumerate().filter(|(_, who)| includes(who));
    let days = members.flat_map(|(member, who)| {
        (0..who.days.len())
            .filter(|day| who.days[*day].all().next().is_some())
            .map(move |day| (member, day))
    });
    days.map(|(member, day)| route(team, (member, day), alternatives, interrupt)).collect()
}

/// The unserved visits with their reasons.
pub(super) fn unserved(
    team: &Team<'_>,
    left: &[&Visit],
    interrupt: &Interrupt<'_>,
) -> Result<Vec<Unserved>, Interrupted> {
    let mut known: HashMap<Kind<'_>, (Reason, Option<Remedy>)> = HashMap::new();
    let by_id: HashMap<TaskId, &Visit> = left.iter().map(|visit| (visit.id, *visit)).collect();
    let explained = left.iter().map(|visit| {
        interrupt.check()?;
        let explain = || (reason(team, visit), remedy(team, visit, &by_id));
        let (reason, remedy) = match Kind::of(visit, team.ties) {
            Some(kind) => known.entry(kind).or_insert_with(explain).clone(),
            None => explain(),
        };
        Ok(Unserved { visit: visit.id, reason, remedy })
    });
    explained.collect()
}

fn route(
    team: &Team<'_>,
    (member, day): (usize, usize),
    alternatives: bool,
    interrupt: &Interrupt<'_>,
) -> Result<Route, Interrupted> {
    let who = &team.members[member];
    let timeline = &who.days[day];
    let visits = timeline.stops.iter().enumerate();
    let visits = visits.map(|(at, stop)| (team.detour_to(member, day, at), stop));
    let mut stops: Vec<_> = visits.chain(timeline.calls.iter().map(|call| (0, call))).collect();
    stops.sort_by_key(|(_, stop)| (stop.start, stop.leave));
    let stop = |(extra, stop): (Seconds, &TimelineStop<'_>)| {
        interrupt.check()?;
        Ok(Stop {
            visit: stop.visit.id,
            arrive: time(stop.arrive),
            start: time(stop.start),
            leave: time(stop.leave),
            travel: minutes(stop.travel),
            why: why(team, member, stop.visit, minutes(extra), alternatives),
        })
    };
    Ok(Route {
        volunteer: who.volunteer.id,
        day: timeline.shift.day,
        stops: stops.into_iter().map(stop).collect::<Result<_, _>>()?,
        travel: minutes(timeline.travel()),
    })
}

#[expect(
    clippy::expect_used,
    reason = "every visit ends before its shift does, and a shift ends at 24:00 at the latest"
)]
fn time(moment: Seconds) -> TimeOfDay {
    time_of_day(moment).expect("a time within a shift")
}
