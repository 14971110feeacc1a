//! The fields of a form whose answers are kept as plain coded words (`x-filterable`), so that audiences
//! can filter by them. Free text, numbers and days cannot be marked.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::code::WordCode;
use serde_json::{Map, Value};

use super::rules::fields;
use super::{FILTERABLE, Faults, Object, VOCABULARY, below};
use crate::vocabulary::VocabularyName;

/// A word in Chinese and in English.
pub type Label = (String, String);

/// The word of the answer yes.
const YES: &str = "yes";
/// The word of the answer no.
const NO: &str = "no";

/// The words that a filterable field may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldWords {
    /// These, with their labels.
    Listed(BTreeMap<WordCode, Label>),
    /// Those of a vocabulary.
    Vocabulary(VocabularyName),
}

/// A filterable field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterableField {
    /// The label.
    pub label: Label,
    /// The words.
    pub words: FieldWords,
}

impl Faults {
    /// Checks that only a field of coded answers is marked as filterable.
    pub(super) fn filterable(&mut self, field: &Object, pointer: &str) {
        let Some(mark) = field.get(FILTERABLE) else { return };
        let pointer = below(pointer, FILTERABLE);
        if !mark.is_boolean() {
            self.add(&pointer, "must be true or false");
        } else if words(field).is_none() {
            self.add(&pointer, "needs yes or no, a list of codes or a vocabulary");
        }
    }
}

/// The label of a field or of an option.
fn label(object: &Object) -> Label {
    let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("title"), text("x-title-en"))
}

/// The words of the field; `None` if its answers are not coded.
fn words(field: &Object) -> Option<FieldWords> {
    let list = field.get("items").and_then(Value::as_object).unwrap_or(field);
    if let Some(options) = list.get("oneOf").and_then(Value::as_array) {
        let option = |option: &Value| {
            let code = option.get("const")?.as_str()?.parse().ok()?;
            Some((code, label(option.as_object()?)))
        };
        return options.iter().map(option).collect::<Option<_>>().map(FieldWords::Listed);
    }
    if let Some(name) = list.get(VOCABULARY).and_then(Value::as_str) {
        // Hardships are stored encrypted.
        let name = name.parse().ok().filter(|name| *name != VocabularyName::Hardships);
        return name.map(FieldWords::Vocabulary);
    }
    let is_flag = field.get("type") == Some(&Value::from("boolean"));
    let flags = [(YES, "是", "yes"), (NO, "否", "no")].into_iter();
    let flags = flags
        .filter_map(|(code, zh, en)| Some((code.parse().ok()?, (zh.to_owned(), en.to_owned()))));
    is_flag.then(|| FieldWords::Listed(flags.collect()))
}

fn is_marked(field: &Object) -> bool {
    field.get(FILTERABLE) == Some(&Value::Bool(true))
}

/// The field with this name, if it is filterable.
pub fn filterable_field(form: &Value, name: &WordCode) -> Option<FilterableField> {
    let mut all = fields(form);
    let (_, _, field) = all.find(|(_, one, field)| *one == name.as_str() && is_marked(field))?;
    Some(FilterableField { label: label(field), words: words(field)? })
}

/// The names of the filterable fields of the form.
pub fn filterable_fields(form: &Value) -> BTreeSet<WordCode> {
    let marked = fields(form).filter(|(_, _, field)| is_marked(field) && words(field).is_some());
    marked.filter_map(|(_, name, _)| name.parse().ok()).collect()
}

/// The words of those of these answers that are filterable, by field; none for an answer that is no
/// word of its field.
pub fn filterable_answers(
    form: &Value,
    answers: &Map<String, Value>,
) -> BTreeMap<WordCode, BTreeSet<WordCode>> {
    let found = fields(form).filter_map(|(_, name, field)| {
        let (answer, words) = (answers.get(name).filter(|_| is_marked(field))?, words(field)?);
        let several = answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice);
        let codes = several.iter().filter_map(|one| {
            let text = match one {
                Value::Bool(true) => YES,
                Value::Bool(false) => NO,
                other => other.as_str()?,
            };
            let code: WordCode = text.parse().ok()?;
            let is_known = match &words {
                FieldWords::Listed(all) => all.contains_key(&code),
                FieldWords::Vocabulary(_) => true,
            };
            is_known.then_some(code)
        });
        Some((name.parse().ok()?, codes.collect()))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check;
    use super::*;

    fn form(field: Value) -> Value {
        let mut all = json!({ "title": "健康", "x-title-en": "Health", "x-order": 1 });
        if let (Value::Object(all), Value::Object(field)) = (&mut all, field) {
            all.extend(field);
        }
        json!({ "type": "object", "properties": { "health": all } })
    }

    fn option(constant: Value) -> Value {
        json!({ "const": constant, "title": "差", "x-title-en": "Poor" })
    }

    #[test]
    fn only_coded_answers_are_filterable() {
        let at = "/properties/health/x-filterable";
        for (field, is_coded) in [
            (json!({ "type": "boolean" }), true),
            (json!({ "oneOf": [option(json!("poor"))] }), true),
            (json!({ "type": "array", "items": { "oneOf": [option(json!("poor"))] } }), true),
            (json!({ "type": "string", "x-vocabulary": "needs" }), true),
            (json!({ "type": "string", "x-vocabulary": "hardships" }), false),
            (json!({ "oneOf": [option(json!(3))] }), false),
            (json!({ "oneOf": [option(json!("非常差"))] }), false),
            (json!({ "type": "string", "maxLength": 20 }), false),
            (json!({ "type": "integer" }), false),
        ] {
            let mut marked = field.clone();
            marked["x-filterable"] = json!(true);
            let faults: Vec<String> =
                check(&form(marked)).into_iter().map(|fault| fault.pointer).collect();
            let expected: &[&str] = if is_coded { &[] } else { &[at] };
            assert_eq!(faults, expected, "{field}");
        }
    }

    #[test]
    fn answers_are_kept_as_words() {
        let kept = |field: Value, answer: Value| {
            let answers = json!({ "health": answer });
            let kept = filterable_answers(&form(field), answers.as_object().expect("answers"));
            let texts = kept.into_values().flatten().map(|word| word.as_str().to_owned());
            texts.collect::<Vec<_>>()
        };
        let one = json!({ "oneOf": [option(json!("poor"))], "x-filterable": true });
        assert_eq!(kept(one.clone(), json!("poor")), ["poor"]);
        assert_eq!(kept(one, json!("王小明")), Vec::<String>::new());
        let flag = json!({ "type": "boolean", "x-filterable": true });
        assert_eq!(kept(flag, json!(true)), ["yes"]);
        assert_eq!(kept(json!({ "type": "boolean" }), json!(true)), Vec::<String>::new());
    }
}
