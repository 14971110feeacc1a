//! The fields of a form whose answers are kept as plain coded words (`x-filterable`), so that audiences
//! can filter by them. Free text, numbers and days cannot be marked. A field that names another kind of service
//! answers the field of that kind with the same name, so that visits and calls keep one answer.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::code::{KindCode, WordCode};
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

impl FieldWords {
    /// Whether the field may have the word; the words of a vocabulary are checked where it is at hand.
    pub fn may_have(&self, word: &WordCode) -> bool {
        match self {
            Self::Listed(all) => all.contains_key(word),
            Self::Vocabulary(_) => true,
        }
    }

    /// Whether these are among the words.
    fn include(&self, others: &Self) -> bool {
        match (self, others) {
            (Self::Listed(all), Self::Listed(others)) => {
                others.keys().all(|word| all.contains_key(word))
            }
            _ => self == others,
        }
    }
}

/// A field that answers the field of the same name of another kind of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedField {
    /// Where it names the kind, relative to the form.
    pub pointer: String,
    /// The kind.
    pub kind: KindCode,
    /// The field.
    pub name: WordCode,
    words: FieldWords,
}

impl SharedField {
    /// Whether the form of the kind has the field, filterable and with these words.
    pub fn is_of(&self, form: &Value) -> bool {
        filterable_field(form, &self.name).is_some_and(|field| field.words.include(&self.words))
    }
}

impl Faults {
    /// Checks that only a field of coded answers is marked as filterable.
    pub(super) fn filterable(&mut self, field: &Object, pointer: &str) {
        let Some(mark) = field.get(FILTERABLE) else { return };
        let pointer = below(pointer, FILTERABLE);
        let names_a_kind =
            |mark: &Value| mark.as_str().is_some_and(|code| code.parse::<KindCode>().is_ok());
        if !mark.is_boolean() && !names_a_kind(mark) {
            self.add(&pointer, "must be true, false or the code of a kind of service");
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

/// The fields of the form that answer fields of other kinds.
pub fn shared_fields(form: &Value) -> Vec<SharedField> {
    let shared = fields(form).filter_map(|(pointer, name, field)| {
        let kind = field.get(FILTERABLE)?.as_str()?.parse().ok()?;
        let (name, words) = (name.parse().ok()?, words(field)?);
        Some(SharedField { pointer: below(&pointer, FILTERABLE), kind, name, words })
    });
    shared.collect()
}

/// The names of the filterable fields of the form.
pub fn filterable_fields(form: &Value) -> BTreeSet<WordCode> {
    let marked = fields(form).filter(|(_, _, field)| is_marked(field) && words(field).is_some());
    marked.filter_map(|(_, name, _)| name.parse().ok()).collect()
}

/// The words of those of these answers that are filterable, by the kind and the field that they answer; none
/// for an answer that is no word of its field. The form is that of the kind `own`.
pub fn filterable_answers(
    own: &KindCode,
    form: &Value,
    answers: &Map<String, Value>,
) -> BTreeMap<KindCode, BTreeMap<WordCode, BTreeSet<WordCode>>> {
    let mut found = BTreeMap::<KindCode, BTreeMap<_, _>>::new();
    for (_, name, field) in fields(form) {
        let kind = match field.get(FILTERABLE) {
            Some(Value::Bool(true)) => Some(own.clone()),
            Some(Value::String(other)) => other.parse().ok(),
            _ => None,
        };
        let (Some(kind), Some(answer), Ok(name)) = (kind, answers.get(name), name.parse()) else {
            continue;
        };
        if let Some(words) = words(field) {
            found.entry(kind).or_default().insert(name, known_words(&words, answer));
        }
    }
    found
}

/// The words of the answer that are among these.
fn known_words(words: &FieldWords, answer: &Value) -> BTreeSet<WordCode> {
    let several = answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice);
    let codes = several.iter().filter_map(|one| {
        let text = match one {
            Value::Bool(true) => YES,
            Value::Bool(false) => NO,
            other => other.as_str()?,
        };
        let code: WordCode = text.parse().ok()?;
        words.may_have(&code).then_some(code)
    });
    codes.collect()
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

    fn code(text: &str) -> KindCode {
        text.parse().expect("a code")
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
            let answers = answers.as_object().expect("answers");
            let kept = filterable_answers(&code("home_visit"), &form(field), answers);
            let fields = kept.into_iter().flat_map(|(kind, fields)| {
                fields.into_values().flatten().map(move |word| format!("{kind} {word}"))
            });
            fields.collect::<Vec<_>>()
        };
        let one = json!({ "oneOf": [option(json!("poor"))], "x-filterable": true });
        assert_eq!(kept(one.clone(), json!("poor")), ["home_visit poor"]);
        assert_eq!(kept(one, json!("王小明")), Vec::<String>::new());
        let flag = json!({ "type": "boolean", "x-filterable": true });
        assert_eq!(kept(flag, json!(true)), ["home_visit yes"]);
        let shared = json!({ "type": "boolean", "x-filterable": "phone_call" });
        assert_eq!(kept(shared, json!(true)), ["phone_call yes"]);
        assert_eq!(kept(json!({ "type": "boolean" }), json!(true)), Vec::<String>::new());
    }

    #[test]
    fn a_field_of_another_kind_has_words_of_that_field() {
        let field = |word: &str, mark: Value| {
            form(json!({ "oneOf": [option(json!(word))], "x-filterable": mark }))
        };
        let own = field("poor", json!(true));
        let shared = |word| shared_fields(&field(word, json!("home_visit"))).remove(0);
        assert_eq!(shared_fields(&own), []);
        assert_eq!(shared("poor").pointer, "/properties/health/x-filterable");
        assert!(shared("poor").is_of(&own));
        assert!(!shared("rich").is_of(&own), "no word of the field");
        assert!(!shared("poor").is_of(&field("poor", json!("phone_call"))), "itself of another");
        let faults: Vec<String> =
            check(&field("poor", json!("Home"))).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(faults, ["/properties/health/x-filterable"]);
    }
}
