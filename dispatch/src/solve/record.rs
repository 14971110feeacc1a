//! Converts a team's timelines into routes and unserved visits.

use super::plan::{Route, Stop, Unserved};
use super::problem::Visit;
use super::reason::{reason, why};
use super::remedy::remedy;
use super::team::{Member, Team};
use super::timeline::TimelineStop;
use super::units::minutes;
use crate::routing::instance::Seconds;
use gridward_domain::time::TimeOfDay;

/// The routes of the members that `includes` selects, and the unserved visits with their reasons.
pub(super) fn record(
    team: &Team<'_>,
    left: &[&Visit],
    alternatives: bool,
    includes: impl Fn(&Member<'_>) -> bool,
) -> (Vec<Route>, Vec<Unserved>) {
    let members = team.members.iter().enumerate().filter(|(_, who)| includes(who));
    let days = members.flat_map(|(member, who)| {
        (0..who.days.len())
            .filter(|day| who.days[*day].all().next().is_some())
            .map(move |day| (member, day))
    });
    let routes = days.map(|(member, day)| route(team, member, day, alternatives)).collect();
    let unserved = left
        .iter()
        .map(|visit| Unserved {
            visit: visit.id,
            reason: reason(team, visit),
            remedy: remedy(team, visit),
        })
        .collect();
    (routes, unserved)
}

fn route(team: &Team<'_>, member: usize, day: usize, alternatives: bool) -> Route {
    let who = &team.members[member];
    let timeline = &who.days[day];
    let visits = timeline.stops.iter().enumerate();
    let visits = visits.map(|(at, stop)| (team.detour_to(member, day, at), stop));
    let mut stops: Vec<_> = visits.chain(timeline.calls.iter().map(|call| (0, call))).collect();
    stops.sort_by_key(|(_, stop)| (stop.start, stop.leave));
    let stop = |(extra, stop): (Seconds, &TimelineStop<'_>)| Stop {
        visit: stop.visit.id,
        arrive: time_of_day(stop.arrive),
        start: time_of_day(stop.start),
        leave: time_of_day(stop.leave),
        travel: minutes(stop.travel),
        why: why(team, member, stop.visit, minutes(extra), alternatives),
    };
    Route {
        volunteer: who.volunteer.id,
        day: timeline.shift.day,
        stops: stops.into_iter().map(stop).collect(),
        travel: minutes(timeline.travel()),
    }
}

#[expect(
    clippy::expect_used,
    reason = "every visit ends before its shift does, and a shift ends at 24:00 at the latest"
)]
fn time_of_day(moment: Seconds) -> TimeOfDay {
    let minutes = u16::try_from(minutes(moment).0).ok();
    minutes.and_then(|minutes| TimeOfDay::new(minutes).ok()).expect("a time within a shift")
}
