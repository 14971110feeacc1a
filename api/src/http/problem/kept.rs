//! A refusal as stored with its command, for repeated requests: possibly months later, by a
//! server with other codes and field names.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FieldError, Problem, ProblemCode};

/// Field names in `current` of the previous version, and the names of this version.
const RENAMED: [(&str, &str); 2] = [("desk", "escalation_level"), ("holder", "assignee")];

/// A refusal as stored with its command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    code: String,
    errors: Vec<FieldError>,
    current: Option<Value>,
}

impl Problem {
    /// The parts that a repeated answer needs.
    pub fn kept(&self) -> Kept {
        let details = &self.0;
        let stored = details.stored_code.clone();
        Kept {
            code: stored.unwrap_or_else(|| details.entry().code.to_owned()),
            errors: details.errors.clone(),
            current: details.current.clone(),
        }
    }
}

impl From<Kept> for Problem {
    fn from(kept: Kept) -> Self {
        let known = ProblemCode::of_code(&kept.code);
        let mut problem = Self::from(known.unwrap_or(ProblemCode::RefusedEarlier));
        problem.0.stored_code = known.is_none().then_some(kept.code);
        problem.0.errors = kept.errors;
        problem.0.current = kept.current.map(in_todays_names);
        problem
    }
}

/// The stored `current` with the field names of this version.
fn in_todays_names(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            // Earlier servers stored the exact position of a home.
            let of_home = fields.contains_key("beneficiary_id");
            let fields = fields.into_iter().filter(|(name, _)| !(of_home && name == "place"));
            let today = |name: String| match RENAMED.iter().find(|(old, _)| *old == name) {
                Some((_, today)) => (*today).to_owned(),
                None => name,
            };
            fields.map(|(name, value)| (today(name), in_todays_names(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(in_todays_names).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::problem::answer::{Language, LocalizedProblem};

    fn answered(kept: Value) -> Value {
        let kept: Kept = serde_json::from_value(kept).expect("a kept problem");
        json!(LocalizedProblem(kept.into(), Language::English))
    }

    #[test]
    fn a_kept_problem_is_answered_again_with_the_field_names_of_today() {
        let kept = json!({
            "code": "task_already_claimed", "errors": [],
            "current": { "task": { "id": "t", "desk": "grid" }, "holder": { "name": "x" } }
        });
        let again = answered(kept);
        assert_eq!(
            (&again["code"], &again["status"]),
            (&json!("task_already_claimed"), &json!(409))
        );
        assert_eq!(
            again["current"],
            json!({ "task": { "id": "t", "escalation_level": "grid" }, "assignee": { "name": "x" } })
        );
    }

    #[test]
    fn the_home_in_a_former_problem_is_not_answered_again() {
        let (visit, other) =
            (json!({ "beneficiary_id": "b", "place": {} }), json!({ "place": {} }));
        let kept = json!({
            "code": "version_conflict", "errors": [], "current": { "task": visit, "at": other }
        });
        let current = json!({ "task": { "beneficiary_id": "b" }, "at": { "place": {} } });
        assert_eq!(answered(kept)["current"], current);
    }

    #[test]
    fn a_former_code_is_answered_by_todays() {
        for (former, current) in
            [("command_set_aside", "command_dead_lettered"), ("not_task_holder", "not_assignee")]
        {
            let again = answered(json!({ "code": former, "errors": [], "current": null }));
            assert_eq!(again["code"], current);
            assert_eq!(again.get("stored_code"), None);
        }
    }

    #[test]
    fn a_code_that_this_version_does_not_have_is_no_other_problem() {
        let again = answered(json!({ "code": "grid_closed", "errors": [], "current": null }));
        assert_eq!(
            (&again["code"], &again["status"], &again["stored_code"]),
            (&json!("refused_earlier"), &json!(409), &json!("grid_closed"))
        );
        let kept = Kept { code: "grid_closed".to_owned(), errors: Vec::new(), current: None };
        assert_eq!(Problem::from(kept).kept().code, "grid_closed");
    }
}
