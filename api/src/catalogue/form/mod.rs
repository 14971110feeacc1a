//! The forms of reports: the subset of JSON Schema (2020-12) that phones can show.
//!
//! A form is an object with at most [`MOST_FIELDS`] fields. Each field has a label in two languages
//! and a place in the order, and holds a text, a number, a day, yes or no, one of a list, or
//! several of a list; a yes or no may have to be one of them (`const`). A list is labelled in the form (`oneOf`) or is a vocabulary of the district
//! (`x-vocabulary`). An answer may update the beneficiary's entry (`x-updates`), create a follow-up
//! task (`x-follow-ups`) or open a case (`x-opens`), and coded answers may be conditions of audiences
//! (`x-filterable`). One condition (`if`, `then`) may require or add fields. Everything else is
//! refused by JSON pointer when a kind is saved, so that no phone meets what it cannot show, no
//! reference leads outside, and no pattern takes longer than the text is long.

mod by_answer;
mod field;
mod filterable;
mod mismatch;
mod pattern;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};

use crate::http::problem::FieldError;
use crate::vocabulary::VocabularyName;

pub use by_answer::{
    OpenedCase, follow_up_rules, follow_ups, hide_cases, opened_case_rules, opened_cases,
};
pub use filterable::{
    FieldWords, FilterableField, SharedField, filterable_answers, filterable_field,
    filterable_fields, shared_fields,
};
pub use rules::updates;

/// The most fields of a form.
const MOST_FIELDS: usize = 50;
/// The most bytes of a form as JSON.
const MOST_BYTES: usize = 32 * 1024;
/// The dialect of forms.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// The keyword of a list that is a vocabulary.
const VOCABULARY: &str = "x-vocabulary";

/// The keyword of the field of the entry that an answer updates.
const UPDATES: &str = "x-updates";
/// The keyword of a field whose answers are kept as plain words.
const FILTERABLE: &str = "x-filterable";
/// The keyword of the kinds of follow-ups by answer.
const FOLLOW_UPS: &str = "x-follow-ups";
/// The keyword of the cases that answers open.
const OPENS: &str = "x-opens";
/// The keywords of what follows from an answer in a report.
pub const EFFECTS: [&str; 3] = [UPDATES, FOLLOW_UPS, OPENS];

type Object = Map<String, Value>;

/// What is wrong with `form`; the pointers are relative to it. At most twenty entries.
pub fn check(form: &Value) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    if form.to_string().len() > MOST_BYTES {
        faults.add("", format!("at most {MOST_BYTES} bytes"));
    } else if let Some(form) = faults.object(form, "") {
        faults.form(form);
    }
    faults.0.truncate(20);
    faults.0
}

/// The fields of a form that hold words of a vocabulary.
pub fn vocabulary_fields(form: &Value) -> impl Iterator<Item = (&str, VocabularyName)> {
    let fields = [form.get("properties"), form.pointer("/then/properties")];
    let fields = fields.into_iter().flatten().filter_map(Value::as_object).flatten();
    fields.filter_map(|(name, field)| {
        let named = field.get(VOCABULARY).or_else(|| field.get("items")?.get(VOCABULARY))?;
        Some((name.as_str(), named.as_str()?.parse().ok()?))
    })
}

/// The form without the fields that it requires, for a visit that did not take place: what is answered all the
/// same has to be an answer.
pub fn requiring_nothing(form: &Value) -> Value {
    let mut form = form.clone();
    for place in ["", "/then"] {
        if let Some(part) = form.pointer_mut(place).and_then(Value::as_object_mut) {
            part.remove("required");
        }
    }
    form
}

/// Where the answers do not match the form; at most twenty entries. The pointers are relative to
/// the answers, and no entry shows an answer, which may be personal. An answer to a field that the form lacks
/// matches: an app may be older than the form, or newer, and no answer is lost.
pub fn mismatches(form: &Value, answers: &Value) -> Vec<FieldError> {
    let linear = jsonschema::PatternOptions::regex();
    let options = jsonschema::options().with_pattern_options(linear).should_validate_formats(true);
    let Ok(form) = options.build(form) else {
        return vec![FieldError::new("", "the form of the kind is unreadable")];
    };
    let errors = form.iter_errors(answers).take(20);
    let field_error = |error: jsonschema::ValidationError<'_>| {
        let place = match error.kind() {
            // A missing answer is at its own place, where an app can mark it.
            ValidationErrorKind::Required { property: Value::String(name) } => {
                error.instance_path().join(name.as_str()).to_string()
            }
            _ => error.instance_path().to_string(),
        };
        FieldError::new(place, mismatch::detail(error.kind()))
    };
    errors.map(field_error).collect()
}

/// The errors found so far.
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: &str, detail: impl ToString) {
        self.0.push(FieldError::new(pointer, detail));
    }

    fn object<'a>(&mut self, value: &'a Value, pointer: &str) -> Option<&'a Object> {
        let object = value.as_object();
        if object.is_none() {
            self.add(pointer, "must be an object");
        }
        object
    }

    /// Notes every keyword that is not in `known`.
    fn only(&mut self, object: &Object, pointer: &str, known: &[&str]) {
        for keyword in object.keys().filter(|keyword| !known.contains(&keyword.as_str())) {
            let detail = match keyword.as_str() {
                "$ref" | "$dynamicRef" | "$id" | "$anchor" | "$defs" | "definitions" => {
                    "references are not supported"
                }
                "enum" => "use oneOf, whose entries have const, title and x-title-en",
                _ => "is not supported here",
            };
            self.add(&below(pointer, keyword), detail);
        }
    }

    fn form(&mut self, form: &Object) {
        self.only(form, "", &["$schema", "type", "properties", "required", "if", "then"]);
        if form.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
            self.add("/$schema", format!("must be {DIALECT}"));
        }
        if form.get("type") != Some(&Value::from("object")) {
            self.add("/type", "must be \"object\"");
        }
        let mut seen = Seen::default();
        let Some(fields) = form.get("properties").and_then(Value::as_object) else {
            return self.add("/properties", "must be an object with at least one field");
        };
        if fields.is_empty() {
            self.add("/properties", "must be an object with at least one field");
        }
        self.fields(fields, "/properties", &mut seen);
        self.required(form, "", &seen);
        self.condition(form, fields, &mut seen);
        if seen.names.len() > MOST_FIELDS {
            self.add("/properties", format!("at most {MOST_FIELDS} fields"));
        }
    }

    /// `if` a field of the form has a value, `then` other fields are required or added.
    fn condition(&mut self, form: &Object, fields: &Object, seen: &mut Seen) {
        let (condition, then) = match (form.get("if"), form.get("then")) {
            (None, None) => return,
            (Some(condition), Some(then)) => (condition, then),
            (Some(_), None) => return self.add("/then", "is required beside if"),
            (None, Some(_)) => return self.add("/if", "is required beside then"),
        };
        let tested = condition.get("properties").and_then(Value::as_object);
        let tested = tested.filter(|tested| tested.len() == 1).and_then(|one| one.iter().next());
        let constant = tested.filter(|(name, test)| {
            let one = test.as_object().is_some_and(|test| test.len() == 1);
            one && test.get("const").is_some_and(is_scalar) && fields.contains_key(*name)
        });
        let Some((name, _)) = constant else {
            let detail = "must be {\"properties\": {\"a_field\": {\"const\": a value}}, \
                \"required\": [\"a_field\"]}";
            return self.add("/if", detail);
        };
        if let Some(condition) = condition.as_object() {
            self.only(condition, "/if", &["properties", "required"]);
        }
        // Without it the condition holds for a report that lacks the field.
        if condition.get("required") != Some(&Value::from(vec![name.as_str()])) {
            self.add("/if/required", format!("must be [\"{name}\"]"));
        }
        let Some(then) = self.object(then, "/then") else { return };
        self.only(then, "/then", &["properties", "required"]);
        if let Some(more) = then.get("properties")
            && let Some(more) = self.object(more, "/then/properties")
        {
            self.fields(more, "/then/properties", seen);
        }
        self.required(then, "/then", seen);
    }

    fn required(&mut self, object: &Object, pointer: &str, seen: &Seen) {
        let Some(required) = object.get("required") else { return };
        let pointer = below(pointer, "required");
        let names = required.as_array();
        let known = names.is_some_and(|names| {
            let known = |name: &Value| name.as_str().is_some_and(|name| seen.names.contains(name));
            names.iter().all(known)
        });
        if !known {
            self.add(&pointer, "must be a list of names of fields");
        }
    }
}

/// The names, the places and the updated fields of the entry so far.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    orders: BTreeSet<u64>,
    updated: BTreeSet<rules::UpdatedField>,
}

const fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// The pointer of a member (RFC 6901).
fn below(pointer: &str, member: &str) -> String {
    format!("{pointer}/{}", member.replace('~', "~0").replace('/', "~1"))
}
