//! A plan as JSON.

use serde_json::{Value, json};

use super::Solved;

/// Routes by volunteer, what nobody does and why, the tiers and the bounds.
pub(super) fn json(solved: &Solved) -> String {
    let Solved { named, plan, .. } = solved;
    let routes = named.volunteers.iter().enumerate().map(|(number, id)| {
        let theirs = || plan.routes.iter().filter(move |route| route.volunteer == number);
        let visits: Vec<usize> =
            theirs().flat_map(|route| route.stops.iter().map(|stop| stop.visit)).collect();
        let stops: Vec<Value> = theirs()
            .flat_map(|route| &route.stops)
            .map(|stop| json!({ "visit": stop.visit, "arrive": stop.arrive, "start": stop.start, "leave": stop.leave }))
            .collect();
        json!({ "volunteer": id, "visits": visits, "stops": stops })
    });
    let unserved = solved.reasons.missing.iter().map(|missing| {
        let (reason, relief) = (told(&missing.reason), told(&missing.relief));
        json!({
            "visit": missing.visit,
            "reason": with_names(reason, named),
            "relief": with_names(relief, named),
        })
    });
    let mut tiers = told(&solved.tiers);
    let mut bounds = told(&solved.bounds);
    if named.per_second != 1 {
        // In the file's own unit.
        bounds["travel"] = in_units(solved.bounds.travel, named.per_second).into();
        tiers["travel"] = in_units(solved.tiers.travel, named.per_second).into();
    }
    let answer = json!({
        "routes": routes.collect::<Vec<_>>(),
        "unserved": unserved.collect::<Vec<_>>(),
        "tiers": tiers,
        "bounds": bounds,
        "reasons": solved.reasons.choices.iter().map(|choice| with_names(told(choice), named)).collect::<Vec<_>>(),
    });
    answer.to_string()
}

#[expect(clippy::cast_precision_loss, reason = "travel is far below 2^52")]
fn in_units(time: i64, units: i32) -> f64 {
    time as f64 / f64::from(units)
}

/// Plain values are JSON as they stand.
fn told(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The same with volunteers by what the file calls them.
fn with_names(mut value: Value, named: &gridward_dispatch::format::Named) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (word, field) in fields.iter_mut() {
                let number = field.as_u64().and_then(|number| usize::try_from(number).ok());
                match number.and_then(|number| named.volunteers.get(number)) {
                    Some(name) if word == "volunteer" => *field = name.clone(),
                    _ => *field = with_names(field.take(), named),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = with_names(item.take(), named);
            }
        }
        _ => {}
    }
    value
}
