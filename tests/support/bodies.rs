//! Request bodies shared by many tests.

use serde_json::{Value, json};

/// A home visit for `beneficiary`, with the fields of `more` added or replaced.
pub fn home_visit(beneficiary: &str, more: Value) -> Value {
    let mut body = json!({ "kind": "home_visit", "beneficiary_id": beneficiary });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, value) in more {
        body[name] = value;
    }
    body
}
