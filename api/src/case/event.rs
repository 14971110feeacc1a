//! The events of cases.

use serde_json::{Value, json};

use super::row::PlacedCase;
use crate::log::{Event, Subject};

/// The event that `action` changed the case, with what more is to be said of it.
///
/// The log is read by roles that do not see a confidential case. Its event has neither kind, step nor
/// beneficiary, and the area of the whole district: a grid or a step would name the matter.
pub fn event(
    action: &'static str,
    is_confidential: bool,
    placed: &PlacedCase,
    more: impl IntoIterator<Item = (&'static str, Value)>,
) -> Event {
    let row = &placed.row;
    if is_confidential {
        return Event::new(action, Subject::Case, row.id, row.district, row.version);
    }
    let mut body = json!({ "kind": row.kind, "step": row.step, "beneficiary": row.beneficiary });
    for (name, value) in more {
        body[name] = value;
    }
    Event::new(action, Subject::Case, row.id, placed.area, row.version).with(body)
}
