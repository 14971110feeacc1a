//! What a form may be, and what is refused by pointer.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check, mismatches, requiring_nothing, vocabulary_fields};
use crate::http::problem::{FieldError, chinese};
use crate::vocabulary::VocabularyName;

/// A field with labels.
fn field(order: u64, more: Value) -> Value {
    let mut field = json!({ "title": "字段", "x-title-en": "Field", "x-order": order });
    if let (Value::Object(field), Value::Object(more)) = (&mut field, more) {
        field.extend(more);
    }
    field
}

fn form(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

/// The pointers of the faults.
fn pointers(form: &Value) -> Vec<String> {
    check(form).into_iter().map(|error| error.pointer).collect()
}

/// An option of a list.
fn option(value: &str) -> Value {
    json!({ "const": value, "title": value, "x-title-en": value })
}

/// A form with every sort of field, and answers with the fields that are wrong; the phone app is tested with it too.
const EXAMPLE: &str = include_str!("example.json");

#[test]
fn every_sort_of_field_is_accepted_and_validates_answers() {
    let example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let form = &example["form"];
    assert_eq!(check(form), []);
    for one in example["answers"].as_array().expect("a list") {
        let wrong = mismatches(form, &one["given"]).into_iter();
        // Of an item of a list, the list is wrong.
        let wrong = wrong.inspect(|FieldError { pointer, detail }| {
            assert_ne!(detail, "does not match the form", "{pointer}");
            assert!(chinese::translated(detail).is_some(), "{pointer}: {detail}");
        });
        let wrong = wrong.map(|error| error.pointer.split('/').nth(1).unwrap_or("").to_owned());
        let expected = one["faults"].as_object().expect("an object").keys().cloned();
        assert_eq!(wrong.collect::<BTreeSet<_>>(), expected.collect(), "{}", one["given"]);
    }
    let fields: Vec<_> = vocabulary_fields(form).collect();
    assert_eq!(
        fields,
        [("plaque", VocabularyName::PlaqueStates), ("wants", VocabularyName::Needs)]
    );
}

#[test]
fn a_reference_is_refused_wherever_it_is() {
    let elsewhere = "https://example.org/form.json";
    for (broken, pointer) in [
        (json!({ "$ref": elsewhere, "type": "object", "properties": {} }), "/$ref"),
        (form(json!({ "a": field(1, json!({ "$ref": "#/properties/a" })) })), "/properties/a/$ref"),
        (
            form(
                json!({ "a": field(1, json!({ "type": "array", "items": { "$ref": elsewhere } })) }),
            ),
            "/properties/a/items/$ref",
        ),
        (
            json!({ "type": "object", "$defs": {}, "properties": { "a": field(1, json!({ "type": "boolean" })) } }),
            "/$defs",
        ),
    ] {
        assert!(pointers(&broken).contains(&pointer.to_owned()), "{broken}: {:?}", check(&broken));
    }
}

fn number(value: impl Into<Value>) -> Value {
    json!({ "const": value.into(), "title": "一", "x-title-en": "One" })
}

#[test]
fn what_phones_cannot_show_is_refused_by_pointer() {
    let text = json!({ "type": "string", "maxLength": 20 });
    for (one, pointer) in [
        (json!({ "type": "object", "properties": {} }), "/type"),
        (json!({ "type": "null" }), "/type"),
        (json!({ "type": "string" }), "/maxLength"),
        (json!({ "type": "string", "maxLength": 3000 }), "/maxLength"),
        (json!({ "type": "string", "format": "email" }), "/format"),
        (json!({ "type": "string", "maxLength": 9, "pattern": "^(a+)+$" }), "/pattern"),
        (json!({ "type": "string", "x-vocabulary": "colours" }), "/x-vocabulary"),
        (json!({ "enum": ["good", "poor"] }), "/enum"),
        (json!({ "oneOf": [] }), "/oneOf"),
        (json!({ "oneOf": [option("a"), option("a")] }), "/oneOf/1/const"),
        (json!({ "oneOf": [number(1.0), number(1)] }), "/oneOf/1/const"),
        (json!({ "oneOf": [{ "const": "a" }] }), "/oneOf/0/title"),
        (json!({ "type": "integer", "oneOf": [option("a")] }), "/oneOf/0/const"),
        (json!({ "type": "integer", "minimum": 9, "maximum": 1 }), "/maximum"),
        (json!({ "type": "array", "items": { "type": "object" } }), "/items/oneOf"),
        (json!({ "type": "boolean", "default": true }), "/default"),
        (json!({ "type": "boolean", "title": " " }), "/title"),
        (json!({ "type": "boolean", "x-order": -1 }), "/x-order"),
    ] {
        let broken = form(json!({ "a": field(1, one.clone()) }));
        let expected = format!("/properties/a{pointer}");
        assert!(pointers(&broken).contains(&expected), "{one}: {:?}", check(&broken));
    }
    let twice = form(json!({ "a": field(1, text.clone()), "b": field(1, text.clone()) }));
    assert_eq!(pointers(&twice), ["/properties/b/x-order"]);
    let odd = form(json!({ "A/b": field(1, text) }));
    assert_eq!(pointers(&odd), ["/properties/A~1b"]);
}

#[test]
fn a_form_has_bounds() {
    let many = |count: u64| {
        let fields = (0..count)
            .map(|n| (format!("field_{n}"), field(n, json!({ "type": "boolean" }))))
            .collect::<serde_json::Map<_, _>>();
        form(Value::Object(fields))
    };
    assert_eq!(check(&many(50)), []);
    assert_eq!(pointers(&many(51)), ["/properties"]);
    assert_eq!(pointers(&many(2_000)), [""], "too large to look at");
    assert_eq!(pointers(&form(json!({}))), ["/properties"]);
    assert_eq!(pointers(&json!([])), [""]);
}

#[test]
fn a_condition_is_about_one_field() {
    let with = |condition: Value, then: Value| {
        let mut form = form(json!({ "a": field(1, json!({ "type": "boolean" })) }));
        form["if"] = condition;
        form["then"] = then;
        pointers(&form)
    };
    let on_a = json!({ "properties": { "a": { "const": true } }, "required": ["a"] });
    let nothing: [&str; 0] = [];
    assert_eq!(with(on_a.clone(), json!({ "required": ["a"] })), nothing);
    assert_eq!(with(on_a.clone(), json!({ "required": ["b"] })), ["/then/required"]);
    assert_eq!(with(on_a, json!({ "if": {} })), ["/then/if"]);
    let unknown = json!({ "properties": { "b": { "const": 1 } }, "required": ["b"] });
    assert_eq!(with(unknown, json!({})), ["/if"]);
    let loose = json!({ "properties": { "a": { "const": true } } });
    assert_eq!(with(loose, json!({})), ["/if/required"]);
}

#[test]
fn a_form_that_requires_nothing_checks_what_is_answered() {
    let mut form = form(json!({
        "ill": field(1, json!({ "type": "boolean" })),
        "days": field(2, json!({ "type": "integer" })),
    }));
    form["required"] = json!(["ill"]);
    form["if"] = json!({ "properties": { "ill": { "const": true } }, "required": ["ill"] });
    form["then"] = json!({ "required": ["days"] });
    assert_eq!(check(&form), []);
    let loose = requiring_nothing(&form);
    for (answers, pointer) in [(json!({}), "/ill"), (json!({ "ill": true }), "/days")] {
        let missing = mismatches(&form, &answers).into_iter().map(|error| error.pointer);
        assert_eq!(missing.collect::<Vec<_>>(), [pointer]);
        assert_eq!(mismatches(&loose, &answers), []);
    }
    let wrong = mismatches(&loose, &json!({ "days": "three", "weather": "rain" })).into_iter();
    assert_eq!(wrong.map(|error| error.pointer).collect::<Vec<_>>(), ["/days"]);
}

/// Any JSON, of the words of schemas.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!(1)),
        prop_oneof![Just("string"), Just("object"), Just("array"), Just("^(a+)+$"), Just("needs")]
            .prop_map(Value::from),
    ];
    let keyword = prop_oneof![
        Just("type"),
        Just("title"),
        Just("x-title-en"),
        Just("x-order"),
        Just("properties"),
        Just("items"),
        Just("oneOf"),
        Just("const"),
        Just("pattern"),
        Just("required"),
        Just("if"),
        Just("then"),
        Just("$ref"),
        Just("x-vocabulary"),
        Just("a"),
        Just("maxLength"),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map(keyword.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_is_refused_by_pointers_into_it_or_its_gaps(schema in schema()) {
        for error in check(&schema) {
            // The member may be missing; its parent is there.
            let (parent, _) = error.pointer.rsplit_once('/').unwrap_or_default();
            prop_assert!(schema.pointer(parent).is_some(), "{}: {schema}", error.pointer);
        }
    }

    #[test]
    fn a_form_that_is_accepted_can_validate_anything(form in schema(), answers in schema()) {
        if check(&form).is_empty() {
            let unreadable = mismatches(&form, &answers).into_iter()
                .any(|error| error.detail.contains("unreadable"));
            prop_assert!(!unreadable, "{form}");
        }
    }
}

#[test]
fn a_limit_of_one_is_said_in_the_singular() {
    let form = form(json!({
        "name": field(1, json!({ "type": "string", "minLength": 1, "maxLength": 9 })),
        "phone": field(2, json!({ "type": "string", "minLength": 5, "maxLength": 9 })),
    }));
    let wrong = mismatches(&form, &json!({ "name": "", "phone": "1" })).into_iter();
    let wrong = wrong.map(|error| (chinese::translated(&error.detail), error.detail));
    let expected = [
        ("至少1个字符", "must have at least 1 character"),
        ("至少5个字符", "must have at least 5 characters"),
    ];
    let expected = expected.map(|(zh, en)| (Some(zh.to_owned()), en.to_owned()));
    assert_eq!(wrong.collect::<Vec<_>>(), expected);
}

#[test]
fn a_yes_or_no_may_have_to_be_one_of_them() {
    let yes = form(json!({ "alone": field(1, json!({ "type": "boolean", "const": true })) }));
    assert_eq!(check(&yes), []);
    assert_eq!(mismatches(&yes, &json!({ "alone": true })), []);
    let wrong = mismatches(&yes, &json!({ "alone": false }));
    assert_eq!(wrong.iter().map(|error| &error.pointer).collect::<Vec<_>>(), ["/alone"]);
    for more in [
        json!({ "type": "boolean", "const": "yes" }),
        json!({ "type": "string", "maxLength": 9, "const": "yes" }),
    ] {
        let other = form(json!({ "alone": field(1, more) }));
        assert_eq!(pointers(&other), ["/properties/alone/const"]);
    }
}
