//! A plan as JSON, with the time unit and the ids of the input file.

use gridward_dispatch::routing::instance::Seconds;
use serde_json::{Value, json};

use super::Solved;

/// The fields that contain a duration.
const LENGTHS: [&str; 7] =
    ["travel", "load_before", "load_after", "short", "seconds", "fairness", "cost"];

/// Routes by volunteer, unserved visits with reasons, the tiers and the bounds.
pub(super) fn json(solved: &Solved) -> String {
    let Solved { named, plan, .. } = solved;
    let routes = named.volunteers.iter().enumerate().map(|(number, id)| {
        let theirs = || plan.routes.iter().filter(move |route| route.volunteer == number);
        let visits: Vec<usize> =
            theirs().flat_map(|route| route.stops.iter().map(|stop| stop.visit)).collect();
        let stops: Vec<Value> = theirs()
            .flat_map(|route| &route.stops)
            .map(|stop| {
                let at = |time| moment(time, solved);
                let (arrive, start, leave) = (at(stop.arrive), at(stop.start), at(stop.leave));
                json!({ "visit": stop.visit, "arrive": arrive, "start": start, "leave": leave })
            })
            .collect();
        json!({ "volunteer": id, "visits": visits, "stops": stops })
    });
    let mut explained = solved.reasons.missing.iter().peekable();
    let unserved = plan.unserved.iter().map(|visit| {
        let missing = explained.next_if(|missing| missing.visit == *visit);
        let relaxation = missing.and_then(|missing| missing.relaxation);
        json!({
            "visit": visit,
            "reason": missing.map(|missing| to_json(&missing.reason, solved)),
            "remedy": relaxation.map(|relaxation| to_json(&relaxation, solved)),
        })
    });
    let choices = solved.reasons.choices.iter().map(|choice| to_json(choice, solved));
    let answer = json!({
        "routes": routes.collect::<Vec<_>>(),
        "unserved": unserved.collect::<Vec<_>>(),
        "tiers": to_json(&solved.tiers, solved),
        "bounds": to_json(&solved.bounds, solved),
        "reasons": choices.collect::<Vec<_>>(),
    });
    answer.to_string()
}

/// A time in the unit of the file.
fn moment(time: Seconds, solved: &Solved) -> Value {
    match solved.named.per_second {
        1 => i64::from(time).saturating_add(solved.named.first_moment).into(),
        _ => solved.in_units(time.into()).into(),
    }
}

/// The value as JSON, with the names and the time unit of the file.
fn to_json(value: &impl serde::Serialize, solved: &Solved) -> Value {
    // Plain values always have a JSON representation.
    in_file_terms(serde_json::to_value(value).unwrap_or_default(), solved)
}

fn in_file_terms(mut value: Value, solved: &Solved) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (word, field) in fields.iter_mut() {
                let number = field.as_u64().and_then(|number| usize::try_from(number).ok());
                let name = number.and_then(|number| solved.named.volunteers.get(number));
                *field = match (word.as_str(), name, field.as_i64()) {
                    ("volunteer", Some(name), _) => name.clone(),
                    (word, _, Some(length))
                        if LENGTHS.contains(&word) && solved.named.per_second != 1 =>
                    {
                        solved.in_units(length).into()
                    }
                    _ => in_file_terms(field.take(), solved),
                };
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = in_file_terms(item.take(), solved);
            }
        }
        _ => {}
    }
    value
}
