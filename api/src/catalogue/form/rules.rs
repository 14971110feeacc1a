//! The answers that update the beneficiary's entry (`x-updates`).

use gridward_domain::code::PlaqueState;
use gridward_domain::word::{UnknownWord, Word as _, unknown};
use serde_json::{Map, Value};

use super::{Faults, Object, Seen, UPDATES, VOCABULARY, below};
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::{Contact, Mobility};
use crate::vocabulary::{Vocabularies, VocabularyName};

/// A field of an entry that an answer may update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<UpdatedField>)]
pub(super) enum UpdatedField {
    /// The plaque at the door.
    Plaque,
    /// The degree of mobility.
    Mobility,
    /// Whether the beneficiary lives alone.
    LivesAlone,
    /// The preferred form of contact.
    Contact,
}

impl UpdatedField {
    /// What the field of a form must be, so that every answer is a value of the entry; `None` if it
    /// is.
    fn requirement(self, field: &Object) -> Option<String> {
        let constants = || {
            let options = field.get("oneOf").and_then(Value::as_array)?;
            options.iter().map(|option| option.get("const")?.as_str()).collect::<Option<Vec<_>>>()
        };
        let among = |words: &[&str]| {
            let all = constants().is_some_and(|all| all.iter().all(|one| words.contains(one)));
            (!all).then(|| format!("needs oneOf with the constants {}", words.join(", ")))
        };
        match self {
            Self::Plaque => {
                let states = VocabularyName::PlaqueStates.as_str();
                let is_state = field.get(VOCABULARY).and_then(Value::as_str) == Some(states);
                (!is_state).then(|| format!("needs a text of the vocabulary {states}"))
            }
            Self::LivesAlone => {
                let is_flag = field.get("type") == Some(&Value::from("boolean"));
                (!is_flag).then(|| "needs a field of the type boolean".to_owned())
            }
            Self::Mobility => among(&words::<Mobility>()),
            Self::Contact => among(&words::<Contact>()),
        }
    }

    /// Adds an answer to the changes, if it is a value of the field.
    fn add(self, answer: &Value, words: &Vocabularies, to: &mut EntryChanges) {
        let text = answer.as_str();
        match self {
            Self::Plaque => {
                let states = words.get(VocabularyName::PlaqueStates);
                let known = text.filter(|state| states.check(state).is_ok());
                to.plaque = known.and_then(|state| state.parse::<PlaqueState>().ok());
            }
            Self::LivesAlone => to.lives_alone = answer.as_bool(),
            Self::Mobility => to.mobility = text.and_then(|word| word.parse().ok()),
            Self::Contact => to.contact = text.and_then(|word| word.parse().ok()),
        }
    }
}

fn words<W: gridward_domain::word::Word>() -> Vec<&'static str> {
    W::VARIANTS.iter().map(|word| word.as_str()).collect()
}

impl Faults {
    /// Checks which field of the entry the answers update.
    pub(super) fn updates(&mut self, field: &Object, pointer: &str, seen: &mut Seen) {
        if let Some(updated) = field.get(UPDATES) {
            let pointer = below(pointer, UPDATES);
            match updated.as_str().unwrap_or_default().parse::<UpdatedField>() {
                Err(unknown) => self.add(&pointer, unknown),
                Ok(updated) => {
                    if let Some(requirement) = updated.requirement(field) {
                        self.add(&pointer, requirement);
                    }
                    if !seen.updated.insert(updated) {
                        self.add(&pointer, "is updated by another field too");
                    }
                }
            }
        }
    }
}

/// The fields of a form, with their names and pointers.
pub(super) fn fields(form: &Value) -> impl Iterator<Item = (String, &str, &Object)> {
    ["/properties", "/then/properties"].into_iter().flat_map(move |place| {
        let fields = form.pointer(place).and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(move |(name, field)| {
            Some((below(place, name), name.as_str(), field.as_object()?))
        })
    })
}

/// The changes of the entry by these answers; an answer that is no value of its field changes
/// nothing.
pub fn updates(form: &Value, answers: &Map<String, Value>, words: &Vocabularies) -> EntryChanges {
    let mut changes = EntryChanges::default();
    for (_, name, field) in fields(form) {
        if let (Some(updated), Some(answer)) = (updated(field), answers.get(name)) {
            updated.add(answer, words, &mut changes);
        }
    }
    changes
}

/// The field of the entry that the answers to this field update.
pub(super) fn updated(field: &Object) -> Option<UpdatedField> {
    field.get(UPDATES).and_then(Value::as_str).and_then(|name| name.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check;
    use super::*;

    fn field(more: Value) -> Value {
        let mut field = json!({ "title": "x", "x-title-en": "x", "x-order": 1 });
        if let (Value::Object(field), Value::Object(more)) = (&mut field, more) {
            field.extend(more);
        }
        field
    }

    fn form(fields: Value) -> Value {
        json!({ "type": "object", "properties": fields })
    }

    fn faults(fields: Value) -> Vec<(String, String)> {
        let faults = check(&form(fields)).into_iter();
        faults.map(|fault| (fault.pointer, fault.detail)).collect()
    }

    fn option(constant: &str) -> Value {
        json!({ "const": constant, "title": "x", "x-title-en": "x" })
    }

    fn all() -> Value {
        form(json!({
            "plaque": field(json!({
                "type": "string", "x-vocabulary": "plaque_states", "x-updates": "plaque"
            })),
            "alone": field(json!({ "type": "boolean", "x-order": 2, "x-updates": "lives_alone" })),
            "walks": field(json!({
                "oneOf": [option("full"), option("homebound")], "x-order": 3,
                "x-updates": "mobility"
            })),
            "by": field(json!({
                "oneOf": [option("phone")], "x-order": 4, "x-updates": "contact"
            })),
        }))
    }

    #[test]
    fn answers_update_the_entry() {
        assert_eq!(check(&all()), []);
        let answers =
            json!({ "plaque": "damaged", "alone": false, "walks": "homebound", "by": "x" });
        let answers = answers.as_object().expect("answers");
        let changes = updates(&all(), answers, &Vocabularies::default());
        let expected =
            json!({ "plaque": "damaged", "lives_alone": false, "mobility": "homebound" });
        assert_eq!(json!(changes), expected, "an unknown answer changes nothing");
        let none = json!({ "plaque": "damged" });
        let none = none.as_object().expect("answers");
        assert_eq!(updates(&all(), none, &Vocabularies::default()), EntryChanges::default());
    }

    #[test]
    fn a_rule_names_a_field_of_the_entry_whose_values_are_the_answers() {
        let one = |more| faults(json!({ "a": field(more) }));
        let at = |detail: &str| vec![("/properties/a/x-updates".to_owned(), detail.to_owned())];
        let names = "must be one of: plaque, mobility, lives_alone, contact";
        assert_eq!(one(json!({ "type": "boolean", "x-updates": "id_number" })), at(names));
        assert_eq!(
            one(json!({ "type": "string", "maxLength": 9, "x-updates": "plaque" })),
            at("needs a text of the vocabulary plaque_states")
        );
        assert_eq!(
            one(json!({ "oneOf": [option("full"), option("some")], "x-updates": "mobility" })),
            at("needs oneOf with the constants full, limited, homebound")
        );
        assert_eq!(
            one(json!({ "type": "integer", "x-updates": "lives_alone" })),
            at("needs a field of the type boolean")
        );
        let twice = faults(json!({
            "a": field(json!({ "type": "boolean", "x-updates": "lives_alone" })),
            "b": field(json!({ "type": "boolean", "x-order": 2, "x-updates": "lives_alone" })),
        }));
        let pointer = "/properties/b/x-updates".to_owned();
        assert_eq!(twice, [(pointer, "is updated by another field too".to_owned())]);
    }
}
