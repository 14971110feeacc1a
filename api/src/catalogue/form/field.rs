//! One field of a form.

use gridward_domain::bounded_text::Label;
use gridward_domain::code;
use serde_json::Value;

use super::pattern;
use super::{EFFECTS, FILTERABLE, Faults, Object, Seen, VOCABULARY, below, is_scalar};
use crate::vocabulary::VocabularyName;

/// The most options of a list.
const MOST_OPTIONS: usize = 50;
/// The longest text of an answer.
const LONGEST_TEXT: u64 = 2_000;

impl Faults {
    /// Checks the fields at `pointer`, and adds them to those `seen`.
    pub(super) fn fields(&mut self, fields: &Object, pointer: &str, seen: &mut Seen) {
        for (name, field) in fields {
            let pointer = below(pointer, name);
            if let Err(error) = code::check(name) {
                self.add(&pointer, format!("the name {error}"));
            }
            if !seen.names.insert(name.clone()) {
                self.add(&pointer, "is a field of the form already");
            }
            if let Some(field) = self.object(field, &pointer) {
                self.field(field, &pointer, seen);
            }
        }
    }

    fn field(&mut self, field: &Object, pointer: &str, seen: &mut Seen) {
        self.labels(field, pointer);
        match field.get("x-order").and_then(Value::as_u64) {
            Some(order) if order <= 999 => {
                if !seen.orders.insert(order) {
                    self.add(&below(pointer, "x-order"), "is that of another field too");
                }
            }
            _ => self.add(&below(pointer, "x-order"), "must be a whole number from 0 to 999"),
        }
        let kind = field.get("type").and_then(Value::as_str);
        let own: &[&str] = match kind {
            _ if field.contains_key("oneOf") => {
                self.options(field, pointer);
                &["oneOf"]
            }
            Some("string") if field.contains_key(VOCABULARY) => {
                self.vocabulary(field, pointer);
                &[VOCABULARY]
            }
            Some("string") => {
                self.text(field, pointer);
                &["minLength", "maxLength", "pattern", "format"]
            }
            Some("integer" | "number") => {
                self.bounds(field, pointer);
                &["minimum", "maximum"]
            }
            Some("boolean") => {
                if field.get("const").is_some_and(|value| !value.is_boolean()) {
                    self.add(&below(pointer, "const"), "must be true or false");
                }
                &["const"]
            }
            Some("array") => {
                self.list(field, pointer);
                &["items", "minItems", "maxItems", "uniqueItems"]
            }
            Some("object") => {
                return self.add(&below(pointer, "type"), "a field cannot contain fields");
            }
            _ if field.contains_key("enum") || field.keys().any(|key| key.starts_with('$')) => &[],
            _ => {
                let detail = "must be string, integer, number, boolean or array";
                return self.add(&below(pointer, "type"), detail);
            }
        };
        self.updates(field, pointer, seen);
        self.by_answer(field, pointer);
        self.filterable(field, pointer);
        let known = ["type", "title", "x-title-en", "x-order", FILTERABLE];
        self.only(field, pointer, &[&known[..], &EFFECTS, own].concat());
    }

    fn labels(&mut self, object: &Object, pointer: &str) {
        for keyword in ["title", "x-title-en"] {
            let label = object.get(keyword).and_then(Value::as_str).unwrap_or_default();
            if let Err(error) = Label::check(label) {
                self.add(&below(pointer, keyword), error);
            }
        }
    }

    /// One of a list: constants with labels.
    fn options(&mut self, field: &Object, pointer: &str) {
        let pointer = below(pointer, "oneOf");
        let options = field.get("oneOf").and_then(Value::as_array);
        let Some(options) = options.filter(|all| (1..=MOST_OPTIONS).contains(&all.len())) else {
            return self.add(&pointer, format!("must be a list of 1 to {MOST_OPTIONS} options"));
        };
        let mut seen: Vec<&Value> = Vec::new();
        for (n, option) in options.iter().enumerate() {
            let pointer = below(&pointer, &n.to_string());
            let Some(option) = self.object(option, &pointer) else { continue };
            self.only(option, &pointer, &["const", "title", "x-title-en"]);
            self.labels(option, &pointer);
            match option.get("const") {
                Some(value)
                    if is_scalar(value) && !seen.iter().any(|other| is_same(other, value)) =>
                {
                    seen.push(value);
                }
                _ => {
                    let detail = "must be a text, a number, true or false of its own";
                    self.add(&below(&pointer, "const"), detail);
                }
            }
            if field.get("type").is_some_and(|kind| !is_of(kind, option.get("const"))) {
                self.add(&below(&pointer, "const"), "must be of the type of the field");
            }
        }
    }

    fn vocabulary(&mut self, field: &Object, pointer: &str) {
        let named = field.get(VOCABULARY).and_then(Value::as_str).unwrap_or_default();
        if let Err(unknown) = named.parse::<VocabularyName>() {
            self.add(&below(pointer, VOCABULARY), unknown);
        }
    }

    fn text(&mut self, field: &Object, pointer: &str) {
        let is_day = field.get("format").map(|format| format == "date");
        match (is_day, field.get("maxLength").and_then(Value::as_u64)) {
            (Some(false), _) => self.add(&below(pointer, "format"), "must be \"date\""),
            (None, Some(1..=LONGEST_TEXT)) | (Some(true), _) => {}
            (None, _) => {
                let detail = format!("must be from 1 to {LONGEST_TEXT}");
                self.add(&below(pointer, "maxLength"), detail);
            }
        }
        if field.get("minLength").is_some_and(|least| !least.is_u64()) {
            self.add(&below(pointer, "minLength"), "must be a whole number");
        }
        if let Some(text) = field.get("pattern") {
            let checked = text.as_str().map_or(Err(pattern::PatternError::Open), pattern::check);
            if let Err(error) = checked {
                self.add(&below(pointer, "pattern"), error);
            }
        }
    }

    fn bounds(&mut self, field: &Object, pointer: &str) {
        let bound = |name| field.get(name).map(Value::as_f64);
        for name in ["minimum", "maximum"] {
            if bound(name) == Some(None) {
                self.add(&below(pointer, name), "must be a number");
            }
        }
        if let (Some(Some(least)), Some(Some(most))) = (bound("minimum"), bound("maximum"))
            && most < least
        {
            self.add(&below(pointer, "maximum"), "must not be below minimum");
        }
    }

    /// Several of a list.
    fn list(&mut self, field: &Object, pointer: &str) {
        for name in ["minItems", "maxItems"] {
            if field.get(name).is_some_and(|count| !count.is_u64()) {
                self.add(&below(pointer, name), "must be a whole number");
            }
        }
        if field.get("uniqueItems").is_some_and(|unique| !unique.is_boolean()) {
            self.add(&below(pointer, "uniqueItems"), "must be true or false");
        }
        let pointer = below(pointer, "items");
        let items = field.get("items").unwrap_or(&Value::Null);
        let Some(items) = self.object(items, &pointer) else { return };
        if items.contains_key(VOCABULARY) {
            self.only(items, &pointer, &["type", VOCABULARY]);
            if items.get("type") != Some(&Value::from("string")) {
                self.add(&below(&pointer, "type"), "must be \"string\"");
            }
            self.vocabulary(items, &pointer);
        } else {
            self.only(items, &pointer, &["type", "oneOf"]);
            self.options(items, &pointer);
        }
    }
}

/// Whether the constants are one for a phone, such as 1 and 1.0.
fn is_same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number))
}

/// Whether the value is of the type.
fn is_of(kind: &Value, value: Option<&Value>) -> bool {
    match kind.as_str() {
        Some("string") => value.is_some_and(Value::is_string),
        Some("integer") => value.is_some_and(|value| value.is_i64() || value.is_u64()),
        Some("number") => value.is_some_and(Value::is_number),
        _ => false,
    }
}
