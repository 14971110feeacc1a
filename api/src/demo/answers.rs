//! Answers to forms, as the people of the demo give them.

use serde_json::{Map, Value};

use crate::catalogue::form::filterable_fields;

/// The first mark of an invented text.
const MARK: &str = "（演示）";

/// The answers to the fields that the form requires: the first of a list, yes, and an invented text; `None` if it
/// requires none.
pub(super) fn of(form: &Value) -> Option<Map<String, Value>> {
    let fields = form.get("properties")?.as_object()?;
    let required = form.get("required").and_then(Value::as_array).into_iter().flatten();
    let answer = |name: &Value| {
        let name = name.as_str()?;
        Some((name.to_owned(), answer(fields.get(name)?)?))
    };
    let answers: Map<String, Value> = required.filter_map(answer).collect();
    (!answers.is_empty()).then_some(answers)
}

/// The answers of the visit with this number: those above, and in turn all options of a field by which audiences filter.
pub(super) fn of_visit(form: &Value, number: usize) -> Option<Map<String, Value>> {
    let fields = form.get("properties")?.as_object()?;
    let mut answers = of(form).unwrap_or_default();
    for name in filterable_fields(form) {
        let all: Vec<Value> = fields.get(name.as_str()).into_iter().flat_map(options).collect();
        if let Some(option) = all.get(number.checked_rem(all.len()).unwrap_or_default()) {
            answers.insert(name.to_string(), option.clone());
        }
    }
    (!answers.is_empty()).then_some(answers)
}

fn answer(field: &Value) -> Option<Value> {
    if let Some(only) = field.get("const") {
        return Some(only.clone());
    }
    if let Some(first) = options(field).next() {
        return Some(first);
    }
    Some(match field.get("type")?.as_str()? {
        "boolean" => true.into(),
        "integer" | "number" => field.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        "array" => {
            let least = field.get("minItems").and_then(Value::as_u64).unwrap_or(1);
            let least = usize::try_from(least).unwrap_or(1);
            options(field.get("items")?).take(least).collect()
        }
        _ if field.get("format").is_some_and(|format| format == "date") => "2026-12-20".into(),
        _ => match field.get("x-vocabulary").and_then(Value::as_str) {
            Some("plaque_states") => "hung".into(),
            Some(_) => return None,
            None => {
                let title = field.get("title").and_then(Value::as_str).unwrap_or_default();
                format!("{MARK}{title}").into()
            }
        },
    })
}

/// The constants of a list.
fn options(field: &Value) -> impl Iterator<Item = Value> {
    let options = field.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    options.filter_map(|option| option.get("const").cloned())
}

#[cfg(test)]
mod tests {
    use super::super::services;
    use super::*;
    use crate::case::defaults;
    use crate::catalogue;

    #[test]
    fn the_answers_are_those_that_the_forms_permit() {
        let documents = services::documents().expect("documents");
        let kinds = [defaults::kinds().to_vec(), services::case_kinds(&documents)].concat();
        let steps = kinds.iter().flat_map(|kind| &kind.steps).filter_map(|step| step.form.as_ref());
        let services =
            [catalogue::defaults::kinds().to_vec(), services::kinds(&documents)].concat();
        let visits = services.iter().filter_map(|kind| kind.form.as_ref());
        let mut answered = 0;
        for form in steps.chain(visits) {
            let given = of(form).unwrap_or_default();
            answered += given.len();
            assert_eq!(catalogue::form::mismatches(form, &Value::from(given)), [], "{form}");
        }
        let home_visit = services.iter().find(|kind| kind.code.as_str() == "home_visit");
        let form = home_visit.and_then(|kind| kind.form.as_ref()).expect("a form");
        let need = |number| of_visit(form, number).unwrap_or_default()["need"].clone();
        assert_eq!([0, 1, 2, 3].map(need), ["low", "medium", "high", "low"].map(Value::from));
        assert!(answered > 20, "{answered}");
    }
}
