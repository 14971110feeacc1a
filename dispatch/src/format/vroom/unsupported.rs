//! Rejects the features of VROOM that are not supported, by name.

use serde_json::{Map, Value};

use super::{FormatError, Input, Vehicle};

/// Rejects unsupported features.
pub(super) fn refuse(input: &Input) -> Result<(), FormatError> {
    refuse_more(input)?;
    input.vehicles.iter().try_for_each(refuse_vehicle)?;
    refuse_loads(input)
}

/// Rejects the first unsupported field.
fn refuse_more(input: &Input) -> Result<(), FormatError> {
    let breaks = input.vehicles.iter().flat_map(|vehicle| &vehicle.breaks);
    // `type` alone only names a kind of vehicle; fields that depend on it are rejected.
    std::iter::once((&input.more, ""))
        .chain(input.matrices.values().map(|matrix| (&matrix.more, "distances")))
        .chain(input.jobs.iter().map(|job| (&job.more, "")))
        .chain(input.vehicles.iter().map(|vehicle| (&vehicle.more, "type")))
        .chain(breaks.map(|pause| (&pause.more, "")))
        .try_for_each(|(more, also)| refuse_words(more, also))
}

/// Accepts descriptive and empty fields, and `also`.
fn refuse_words(more: &Map<String, Value>, also: &str) -> Result<(), FormatError> {
    for (word, value) in more {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.is_null();
        if !empty && !["description", "id", also].contains(&word.as_str()) {
            return Err(FormatError::Unsupported(word.clone()));
        }
    }
    Ok(())
}

fn refuse_vehicle(vehicle: &Vehicle) -> Result<(), FormatError> {
    let id = vehicle.id;
    let back = match (vehicle.start_index, vehicle.end_index) {
        (None, None) => vehicle.start == vehicle.end,
        (start, end) => start == end,
    };
    if !back {
        let what = format!("an end that is not the start (vehicle {id})");
        return Err(FormatError::Unsupported(what));
    }
    // VROOM's own range.
    if !(vehicle.speed_factor > 0.0 && vehicle.speed_factor <= 5.0) {
        let value = vehicle.speed_factor.to_string();
        let field = "speed_factor";
        return Err(FormatError::Range { what: "vehicle", id: id.into(), field, value });
    }
    Ok(())
}

/// Accepts one dimension of load, and either deliveries or pickups.
fn refuse_loads(input: &Input) -> Result<(), FormatError> {
    let amounts = input.jobs.iter().flat_map(|job| [&job.delivery, &job.pickup, &job.amount]);
    let capacities = input.vehicles.iter().map(|vehicle| &vehicle.capacity);
    if amounts.chain(capacities).any(|dimensions| dimensions.len() > 1) {
        return Err(FormatError::Unsupported("capacity of several dimensions".to_owned()));
    }
    let pickup = input.jobs.iter().any(|job| !job.pickup.is_empty());
    if pickup && input.jobs.iter().any(|job| !job.delivery.is_empty() || !job.amount.is_empty()) {
        return Err(FormatError::Unsupported("pickup beside delivery".to_owned()));
    }
    Ok(())
}
