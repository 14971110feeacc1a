//! A property of plans: applied and undone, a plan leaves every table as it was. What people did with
//! its visits in between is left as it is and listed; the others are undone exactly, also those that the plan
//! has moved from where an earlier plan had given them.

mod dump;
mod marks;
mod random_plans;

use serde_json::Value;

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
