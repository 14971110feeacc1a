//! A plan as text for the terminal.

use std::fmt::Write as _;

use gridward_dispatch::routing::Relaxation;
use gridward_dispatch::routing::explain::Feasibility;
use gridward_dispatch::routing::instance::Seconds;
use gridward_dispatch::routing::solution::share;

use super::Solved;

/// The width of a bar at full load.
const BAR: u32 = 24;

/// Routes with times, loads as bars, unserved visits, and the tiers.
pub(super) fn table(solved: &Solved) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = routes(solved, &mut text)
        .and_then(|()| unserved(solved, &mut text))
        .and_then(|()| tiers(solved, &mut text));
    text.truncate(text.trim_end().len());
    text
}

fn routes(solved: &Solved, text: &mut String) -> std::fmt::Result {
    let Solved { named, plan, .. } = solved;
    for (number, name) in named.volunteers.iter().enumerate() {
        let share = share(&named.instance, number, solved.loads[number]);
        writeln!(text, "{:<12} {} {:>4.0} %", said(name), bar(share), share * 100.0)?;
        for route in plan.routes.iter().filter(|route| route.volunteer == number) {
            for stop in &route.stops {
                let (start, leave) = (hour(stop.start, solved), hour(stop.leave, solved));
                let way = length(stop.travel.into(), solved);
                let visit = said(&named.visits[stop.visit]);
                writeln!(text, "    {start}-{leave}  visit {visit:<10} after {way} of travel")?;
            }
        }
    }
    Ok(())
}

fn unserved(solved: &Solved, text: &mut String) -> std::fmt::Result {
    let mut explained = solved.reasons.missing.iter().peekable();
    for &visit in &solved.plan.unserved {
        let missing = explained.next_if(|missing| missing.visit == visit);
        let visit = said(&solved.named.visits[visit]);
        let Some(missing) = missing else {
            writeln!(text, "unserved: visit {visit}")?;
            continue;
        };
        let reason = reason(solved, &missing.reason);
        let remedy = remedy(solved, missing.relaxation);
        writeln!(text, "unserved: visit {visit}: {reason}; {remedy}")?;
    }
    Ok(())
}

fn tiers(solved: &Solved, text: &mut String) -> std::fmt::Result {
    let tiers = &solved.tiers;
    let travel = solved.in_units(tiers.travel);
    writeln!(
        text,
        "unserved {} (priority {}), lateness {}",
        tiers.unserved, tiers.unserved_priority, tiers.lateness
    )?;
    writeln!(text, "largest share {:.2}, spread {:.2}", tiers.largest_share, tiers.share_spread)?;
    let bounds = &solved.bounds;
    writeln!(
        text,
        "lower bounds: unserved priority {}, largest share {:.2}",
        bounds.unserved_priority, bounds.largest_share
    )?;
    writeln!(text, "travel {travel:.0}, strangers {}, moved {}", tiers.strangers, tiers.moved)
}

/// The reason why a visit is unserved, as a clause.
pub(super) fn reason(solved: &Solved, feasibility: &Feasibility) -> String {
    match feasibility {
        Feasibility::Possible { .. } => "a volunteer could still make it".to_owned(),
        Feasibility::Offered { short } => {
            format!("the closest volunteer offers {} too little", length(*short, solved))
        }
        Feasibility::Room { short } => {
            format!("the closest volunteer lacks {} of free time", length((*short).into(), solved))
        }
        Feasibility::Capacity { short } => {
            format!("the closest volunteer lacks capacity for {short}")
        }
        Feasibility::Hours => "even an empty shift could not hold it".to_owned(),
        Feasibility::Shift => "no volunteer has a shift in time".to_owned(),
        Feasibility::Skill => "no volunteer has the skill".to_owned(),
        Feasibility::Area => "no volunteer serves the area".to_owned(),
        Feasibility::Partner => "no second volunteer is available at the right time".to_owned(),
        Feasibility::Forbidden => "no volunteer is allowed to make it".to_owned(),
    }
}

/// The smallest change that would suffice, as a clause.
pub(super) fn remedy(solved: &Solved, relaxation: Option<Relaxation>) -> String {
    let name = |number: usize| said(&solved.named.volunteers[number]);
    let Some(relaxation) = relaxation else {
        return "no single change is known to suffice".to_owned();
    };
    match relaxation {
        Relaxation::MoreTime { volunteer, seconds, .. } => {
            let later = length(seconds.into(), solved);
            format!("a shift of {} that ends {later} later would suffice", name(volunteer))
        }
        Relaxation::LaterWindow { volunteer, seconds, .. } => {
            let later = length(seconds.into(), solved);
            format!("a window that ends {later} later would suffice, with {}", name(volunteer))
        }
        Relaxation::MoreCapacity { volunteer, amount, .. } => {
            format!("capacity for {amount} more with {} would suffice", name(volunteer))
        }
        Relaxation::MoreOffered { volunteer, seconds, .. } => {
            format!("{} more offered by {} would suffice", length(seconds, solved), name(volunteer))
        }
        Relaxation::Skill { volunteer, .. } => {
            format!("a volunteer like {} with the skill would suffice", name(volunteer))
        }
        Relaxation::Area { volunteer, .. } => {
            format!("{} would suffice, if serving the area", name(volunteer))
        }
        Relaxation::OneMore => "one more volunteer would suffice".to_owned(),
    }
}

/// A duration: whole minutes, rounded up, or the unit of the file.
pub(super) fn length(time: i64, solved: &Solved) -> String {
    match solved.named.per_second {
        1 => format!("{} min", (time + 59) / 60),
        _ => format!("{:.1}", solved.in_units(time)),
    }
}

/// A name without the quotes of JSON.
pub(super) fn said(name: &serde_json::Value) -> String {
    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
}

/// A time of day, past 24:00 on days after the first, or in the unit of the file.
pub(super) fn hour(time: Seconds, solved: &Solved) -> String {
    match solved.named.per_second {
        1 => format!("{:02}:{:02}", time / 3_600, time / 60 % 60),
        _ => format!("{:>7.1}", solved.in_units(time.into())),
    }
}

fn bar(share: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 24")]
    let full = (share.clamp(0.0, 1.0) * f64::from(BAR)).round() as usize;
    format!("[{:.<24}]", "#".repeat(full))
}
