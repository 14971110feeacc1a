//! Request bodies shared by many tests.

use serde_json::{Value, json};

use super::GRID;

/// A beneficiary to enter in the first grid, with the fields of `more` added or replaced.
pub fn new_beneficiary(more: Value) -> Value {
    let mut body = json!({
        "grid": GRID, "name": "王小明", "phone": "100-1234 5678",
        "id_number": "11010519491231002x", "address": "南门社区8号",
        "place": { "lat": 29.284, "lon": 106.252 }, "categories": ["combat_veteran"],
        "lives_alone": true, "mobility": "limited", "contact": "visit", "plaque": "hung"
    });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, value) in more {
        body[name] = value;
    }
    body
}

/// A home visit for `beneficiary`, with the fields of `more` added or replaced.
pub fn home_visit(beneficiary: &str, more: Value) -> Value {
    let mut body = json!({ "kind": "home_visit", "beneficiary_id": beneficiary });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, value) in more {
        body[name] = value;
    }
    body
}
