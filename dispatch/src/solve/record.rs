//! Writing down what a team has been given, as routes and unserved visits.

use super::plan::{Route, Stop, Unserved};
use super::problem::Visit;
use super::reason::{reason, why};
use super::relief::relief;
use super::team::{Member, Team};
use gridward_domain::time::{Minutes, TimeOfDay};

/// The routes of those who are `told` of and what is `left`, with the reasons.
pub(super) fn record(
    team: &Team<'_>,
    left: &[&Visit],
    told: impl Fn(&Member<'_>) -> bool,
) -> (Vec<Route>, Vec<Unserved>) {
    let members = team.members.iter().enumerate().filter(|(_, who)| told(who));
    let days = members.flat_map(|(member, who)| {
        (0..who.days.len())
            .filter(|day| !who.days[*day].calls.is_empty())
            .map(move |day| (member, day))
    });
    let routes = days.map(|(member, day)| route(team, member, day)).collect();
    let unserved = left
        .iter()
        .map(|visit| Unserved {
            visit: visit.id,
            reason: reason(team, visit),
            relief: relief(team, visit),
        })
        .collect();
    (routes, unserved)
}

fn route(team: &Team<'_>, member: usize, day: usize) -> Route {
    let who = &team.members[member];
    let held = &who.days[day];
    let stop = |(at, call): (usize, &super::route::Call<'_>)| Stop {
        visit: call.visit.id,
        arrive: time(call.arrive),
        start: time(call.start),
        leave: time(call.leave),
        travel: Minutes(call.travel),
        why: why(team, member, call.visit, team.detour_to(member, day, at)),
    };
    Route {
        volunteer: who.volunteer.id,
        day: held.shift.day,
        stops: held.calls.iter().enumerate().map(stop).collect(),
        travel: Minutes(held.travel()),
    }
}

#[expect(
    clippy::expect_used,
    reason = "every call ends before its shift does, and a shift ends at 24:00 at the latest"
)]
fn time(minutes: u32) -> TimeOfDay {
    let minutes = u16::try_from(minutes).ok();
    minutes.and_then(|minutes| TimeOfDay::new(minutes).ok()).expect("a time within a shift")
}
